#include "services/cloudformation/template/parameters.h"

#include <re2/re2.h>

#include <charconv>

#include "base/bytes.h"
#include "services/cloudformation/template/error.h"

namespace cumulet::cloudformation {

namespace {

constexpr size_t max_value_bytes = 4096;

/// The items of a list: split at commas, white space around each removed.
std::vector<std::string> items_of(std::string_view text) {
    std::vector<std::string> items;
    while (true) {
        const auto comma = text.find(',');
        auto item = text.substr(0, comma);
        while (!item.empty() && isspace(static_cast<unsigned char>(item.front()))) item.remove_prefix(1);
        while (!item.empty() && isspace(static_cast<unsigned char>(item.back()))) item.remove_suffix(1);
        items.emplace_back(item);
        if (comma == std::string_view::npos) return items;
        text.remove_prefix(comma + 1);
    }
}

std::optional<double> number_of(std::string_view text) {
    double number = 0;
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
    return number;
}

[[noreturn]] void broken(const ParameterDefinition& parameter, std::string reason) {
    if (!parameter.constraint_description.empty()) {
        refuse("Parameter '{}' failed to satisfy constraint: {}", parameter.name, parameter.constraint_description);
    }
    refuse("Parameter '{}' {}", parameter.name, reason);
}

void check_item(const ParameterDefinition& parameter, const std::string& item) {
    if (!parameter.allowed_values.empty() &&
        std::ranges::find(parameter.allowed_values, item) == parameter.allowed_values.end()) {
        broken(parameter, fmt::format("must be one of AllowedValues [{}]", fmt::join(parameter.allowed_values, ", ")));
    }
    if (parameter.is_number()) {
        const auto number = number_of(item);
        if (!number) broken(parameter, "must be a number");
        if (parameter.min_value && *number < *parameter.min_value) {
            broken(parameter, fmt::format("must be a number not less than {}", *parameter.min_value));
        }
        if (parameter.max_value && *number > *parameter.max_value) {
            broken(parameter, fmt::format("must be a number not greater than {}", *parameter.max_value));
        }
        return;
    }
    const auto length = static_cast<int64_t>(utf8_length(item));
    if (parameter.min_length && length < *parameter.min_length) {
        broken(parameter, fmt::format("must contain at least {} characters", *parameter.min_length));
    }
    if (parameter.max_length && length > *parameter.max_length) {
        broken(parameter, fmt::format("must contain at most {} characters", *parameter.max_length));
    }
    if (parameter.allowed_pattern.empty()) return;
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(1 << 20);
    const RE2 pattern(parameter.allowed_pattern, options);
    if (!pattern.ok()) {
        refuse("Template format error: AllowedPattern of parameter '{}' is not supported: {}", parameter.name,
               pattern.error());
    }
    if (!RE2::FullMatch(item, pattern))
        broken(parameter, fmt::format("must match pattern {}", parameter.allowed_pattern));
}

}  // namespace

void check_parameter(const ParameterDefinition& parameter, const std::string& text) {
    if (text.size() > max_value_bytes)
        refuse("Parameter '{}' must contain at most {} characters", parameter.name, max_value_bytes);
    if (!parameter.is_list()) return check_item(parameter, text);
    for (const auto& item : items_of(text)) check_item(parameter, item);
}

ParameterTexts settle_parameters(const Template& parsed, const std::vector<GivenParameter>& given,
                                 const ParameterTexts& previous) {
    ParameterTexts texts;
    std::vector<std::string> unknown, missing;
    for (const auto& parameter : given) {
        if (!parsed.parameter(parameter.key)) {
            unknown.push_back(parameter.key);
            continue;
        }
        if (!parameter.use_previous) {
            texts[parameter.key] = parameter.value;
        } else if (const auto found = previous.find(parameter.key); found != previous.end()) {
            texts[parameter.key] = found->second;
        } else {
            refuse(
                "Invalid input for parameter key {}. Cannot specify usePreviousValue as true for a parameter key not "
                "in the "
                "previous template",
                parameter.key);
        }
    }
    if (!unknown.empty()) refuse("Parameters: [{}] do not exist in the template", fmt::join(unknown, ", "));
    for (const auto& parameter : parsed.parameters) {
        if (!texts.contains(parameter.name)) {
            if (!parameter.default_value) {
                missing.push_back(parameter.name);
                continue;
            }
            texts[parameter.name] = *parameter.default_value;
        }
        check_parameter(parameter, texts[parameter.name]);
    }
    if (!missing.empty()) refuse("Parameters: [{}] must have values", fmt::join(missing, ", "));
    return texts;
}

std::map<std::string, json::value, std::less<>> parameter_values(const Template& parsed, const ParameterTexts& texts) {
    std::map<std::string, json::value, std::less<>> values;
    for (const auto& parameter : parsed.parameters) {
        const auto found = texts.find(parameter.name);
        const std::string text = found == texts.end() ? parameter.default_value.value_or("") : found->second;
        if (!parameter.is_list()) {
            values[parameter.name] = json::string(text);
            continue;
        }
        json::array list;
        for (auto& item : items_of(text)) list.emplace_back(std::move(item));
        values[parameter.name] = std::move(list);
    }
    return values;
}

}  // namespace cumulet::cloudformation
