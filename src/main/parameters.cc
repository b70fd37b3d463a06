#include "main/parameters.h"

#include <stdexcept>

namespace cumulet {
namespace {

constexpr size_t max_stack_name = 128;

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

}  // namespace

std::map<std::string, std::string> parse_parameters(const std::vector<std::string>& arguments) {
    std::map<std::string, std::string> parameters;
    for (const auto& argument : arguments) {
        const auto equals = argument.find('=');
        if (equals == argument.npos || equals == 0) {
            throw std::invalid_argument(fmt::format("'{}' is not a parameter: Key=Value", argument));
        }
        if (!parameters.emplace(argument.substr(0, equals), argument.substr(equals + 1)).second) {
            throw std::invalid_argument(fmt::format("Parameter {} is given twice", argument.substr(0, equals)));
        }
    }
    return parameters;
}

std::vector<ChosenParameter> choose_parameters(const json::object& document,
                                               const std::map<std::string, std::string>& given,
                                               const std::set<std::string>& known_to_stack) {
    const auto* section = document.if_contains("Parameters");
    const auto declared = section && section->is_object() ? section->get_object() : json::object{};
    for (const auto& [key, value] : given) {
        if (declared.contains(key)) continue;
        std::vector<std::string_view> names;
        for (const auto& parameter : declared) names.emplace_back(parameter.key());
        throw std::invalid_argument(
            names.empty() ? fmt::format("The template has no parameter {}: it has none", key)
                          : fmt::format("The template has no parameter {}: it has {}", key, fmt::join(names, ", ")));
    }
    std::vector<ChosenParameter> chosen;
    for (const auto& parameter : declared) {
        const std::string key(parameter.key());
        if (const auto value = given.find(key); value != given.end()) {
            chosen.push_back({key, value->second, false});
        } else if (known_to_stack.contains(key)) {
            chosen.push_back({key, "", true});
        }
    }
    return chosen;
}

std::string stack_name_from(std::string_view name) {
    std::string out;
    for (const char c : name.substr(0, max_stack_name)) {
        if (out.empty() && !is_alphanumeric(c)) continue;
        out += is_alphanumeric(c) ? c : '-';
    }
    if (out.empty()) return "stack";
    // AWS wants a letter first.
    return out.front() >= '0' && out.front() <= '9' ? ("stack-" + out).substr(0, max_stack_name) : out;
}

}  // namespace cumulet
