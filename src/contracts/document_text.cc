#include "contracts/document_text.h"

#include <yaml-cpp/yaml.h>

#include <charconv>

namespace cumulet::contracts {
namespace {

constexpr int deepest = 64;
constexpr size_t most_nodes = 200'000;  // aliases may repeat a part many times over

json::value scalar(const YAML::Node& node) {
    const auto& text = node.Scalar();
    if (node.Tag() == "!") return json::value(text);  // quoted
    if (text == "true" || text == "false") return text == "true";
    if (text == "null" || text == "~") return nullptr;
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) return number;
    return json::value(text);
}

json::value convert(const YAML::Node& node, int depth, size_t& nodes) {
    if (depth > deepest || ++nodes > most_nodes) throw YAML::Exception(node.Mark(), "too deep or too large");
    if (node.IsMap()) {
        json::object object;
        for (const auto& entry : node) object[entry.first.as<std::string>()] = convert(entry.second, depth + 1, nodes);
        return object;
    }
    if (node.IsSequence()) {
        json::array array;
        for (const auto& item : node) array.push_back(convert(item, depth + 1, nodes));
        return array;
    }
    if (node.IsScalar()) return scalar(node);
    return nullptr;
}

void emit(YAML::Emitter& out, const json::value& value) {
    if (const auto* object = value.if_object()) {
        out << YAML::BeginMap;
        for (const auto& [name, member] : *object) {
            const bool plain =
                std::ranges::all_of(name, [](unsigned char c) { return std::isalpha(c) || c == '-' || c == '/'; });
            out << YAML::Key;
            if (!plain || name.empty() || name == "true" || name == "false" || name == "null")
                out << YAML::DoubleQuoted;
            out << std::string(name) << YAML::Value;
            emit(out, member);
        }
        out << YAML::EndMap;
    } else if (const auto* array = value.if_array()) {
        out << YAML::BeginSeq;
        for (const auto& element : *array) emit(out, element);
        out << YAML::EndSeq;
    } else if (const auto* text = value.if_string()) {
        out << YAML::DoubleQuoted << std::string(*text);
    } else if (value.is_null()) {
        out << YAML::Null;
    } else {
        out << json::serialize(value);
    }
}

}  // namespace

std::string write_yaml(const json::value& value) {
    YAML::Emitter out;
    emit(out, value);
    return "---\n" + std::string(out.c_str()) + "\n";
}

std::optional<json::value> parse_document(const std::string& text) {
    if (auto parsed = parse_json(text, deepest)) return std::move(*parsed);
    if (text.contains('\t') || text.starts_with('{')) return std::nullopt;  // YAML's own braces nest without a bound
    try {
        size_t nodes = 0;
        return convert(YAML::Load(text), 0, nodes);
    } catch (const YAML::Exception&) {
        return std::nullopt;
    }
}

}  // namespace cumulet::contracts
