#include "contracts/json_schema.h"

#include <re2/re2.h>

#include <cmath>
#include <map>
#include <set>

#include "base/bytes.h"

namespace cumulet::contracts {

struct JsonSchema::Documents {
    std::map<std::string, json::value, std::less<>> by_model;  ///< "" for the schema itself
    std::map<std::string, std::unique_ptr<re2::RE2>, std::less<>> patterns;
};

namespace {

/// The model that a reference names, "" for the document it stands in.
std::string model_of(std::string_view reference) {
    reference = reference.substr(0, reference.find('#'));
    const auto at = reference.rfind("/models/");
    return at == std::string_view::npos ? std::string() : std::string(reference.substr(at + 8));
}

template <typename Visit>
void walk(const json::value& value, const Visit& visit) {
    if (const auto* object = value.if_object()) {
        visit(*object);
        for (const auto& [key, member] : *object) walk(member, visit);
    } else if (const auto* array = value.if_array()) {
        for (const auto& element : *array) walk(element, visit);
    }
}

const json::value* resolve_pointer(const json::value& root, std::string_view pointer) {
    const auto* at = &root;
    while (at && pointer.starts_with('/')) {
        pointer.remove_prefix(1);
        const auto end = std::min(pointer.find('/'), pointer.size());
        at = find(*at, percent_decode(pointer.substr(0, end)));
        pointer.remove_prefix(end);
    }
    return at;
}

/// Equal values, and no others, have the same text: 1 and 1.0 have, and objects whose members stand in another order.
std::string canonical(const json::value& value) {
    if (value.is_double()) {
        const double number = value.as_double();
        const bool whole = std::floor(number) == number && std::abs(number) < 1e15;
        return whole ? std::to_string(static_cast<int64_t>(number)) : fmt::format("{}", number);
    }
    if (value.is_array()) {
        std::vector<std::string> elements;
        for (const auto& element : value.as_array()) elements.push_back(canonical(element));
        return fmt::format("[{}]", fmt::join(elements, ","));
    }
    if (!value.is_object()) return json::serialize(value);
    std::map<std::string_view, std::string> members;
    for (const auto& [name, member] : value.as_object()) members[name] = canonical(member);
    std::string text;
    for (const auto& [name, member] : members) text += json::serialize(json::string(name)) + ":" + member + ",";
    return "{" + text + "}";
}

std::string_view type_of(const json::value& value) {
    switch (value.kind()) {
        case json::kind::null: return "null";
        case json::kind::bool_: return "boolean";
        case json::kind::string: return "string";
        case json::kind::array: return "array";
        case json::kind::object: return "object";
        default: return "number";
    }
}

bool is_of_type(const json::value& value, std::string_view type) {
    if (type == "integer")
        return value.is_number() && std::floor(value.to_number<double>()) == value.to_number<double>();
    return type == "any" || type_of(value) == type;
}

}  // namespace

std::expected<JsonSchema, std::string> JsonSchema::parse(
    std::string_view text, const std::function<std::optional<std::string>(std::string_view name)>& model) {
    auto documents = std::make_shared<Documents>();
    std::vector<std::pair<std::string, std::string>> to_read{{"", std::string(text)}};
    std::string problem;
    while (!to_read.empty() && problem.empty()) {
        auto [name, source] = std::move(to_read.back());
        to_read.pop_back();
        if (documents->by_model.contains(name)) continue;
        auto document = parse_json(source);
        if (!document) return std::unexpected("Schema is not JSON: " + document.error());
        const auto& root = documents->by_model[name] = std::move(*document);
        walk(root, [&](const json::object& object) {
            if (const auto reference = string_or(object, "$ref"); !reference.empty()) {
                const auto other = model_of(reference);
                if (other.empty() || documents->by_model.contains(other)) return;
                if (auto schema = model(other)) {
                    to_read.emplace_back(other, std::move(*schema));
                } else {
                    problem = "Schema refers to a model that does not exist: " + other;
                }
            }
            const auto compile = [&](std::string_view pattern) {
                auto& compiled = documents->patterns[std::string(pattern)];
                if (!compiled) compiled = std::make_unique<re2::RE2>(std::string(pattern), re2::RE2::Quiet);
            };
            if (const auto pattern = string_or(object, "pattern"); !pattern.empty()) compile(pattern);
            if (const auto* patterns = object.if_contains("patternProperties"); patterns && patterns->is_object())
                for (const auto& [pattern, schema] : patterns->as_object()) compile(pattern);
        });
    }
    if (!problem.empty()) return std::unexpected(problem);
    JsonSchema schema;
    schema.documents_ = std::move(documents);
    return schema;
}

/// One document held against a schema.
class SchemaReading {
  public:
    explicit SchemaReading(const JsonSchema::Documents& documents) : documents_(documents) {}

    using Refusal = std::optional<std::string>;

    Refusal check(const json::value& schema, const json::value& root, const json::value& value, int depth) {
        if (depth > JsonSchema::max_depth || ++checks_ > JsonSchema::max_checks) return "the schema is too deep";
        const auto* object = schema.if_object();
        if (!object) return std::nullopt;
        if (const auto reference = string_or(*object, "$ref"); !reference.empty())
            return follow(reference, root, value, depth);
        for (auto step : {&SchemaReading::check_kind, &SchemaReading::check_combination, &SchemaReading::check_number,
                          &SchemaReading::check_text, &SchemaReading::check_array, &SchemaReading::check_object}) {
            if (auto refusal = (this->*step)(*object, root, value, depth)) return refusal;
        }
        return std::nullopt;
    }

  private:
    Refusal follow(std::string_view reference, const json::value& root, const json::value& value, int depth) {
        const auto name = model_of(reference);
        const auto* document = &root;
        if (!name.empty()) {
            const auto found = documents_.by_model.find(name);
            if (found == documents_.by_model.end()) return fmt::format("unknown reference {}", reference);
            document = &found->second;
        }
        const auto hash = reference.find('#');
        const auto* target = resolve_pointer(
            *document, hash == std::string_view::npos ? std::string_view() : reference.substr(hash + 1));
        if (!target) return fmt::format("unknown reference {}", reference);
        return check(*target, *document, value, depth + 1);
    }

    Refusal check_kind(const json::object& schema, const json::value&, const json::value& value, int) {
        if (const auto* type = schema.if_contains("type")) {
            bool fits = !type->is_string() && !type->is_array();
            if (type->is_string()) fits = is_of_type(value, type->as_string());
            if (type->is_array()) {
                for (const auto& each : type->as_array())
                    fits = fits || (each.is_string() && is_of_type(value, each.as_string()));
            }
            if (!fits)
                return fmt::format("instance type ({}) does not match any allowed primitive type", type_of(value));
        }
        if (const auto* known = schema.if_contains("enum"); known && known->is_array()) {
            const auto text = canonical(value);
            if (std::ranges::none_of(known->as_array(), [&](const auto& each) { return canonical(each) == text; }))
                return "instance value is not found in enum";
        }
        return std::nullopt;
    }

    Refusal check_combination(const json::object& schema, const json::value& root, const json::value& value,
                              int depth) {
        const auto matching = [&](const char* name) -> std::optional<std::pair<size_t, size_t>> {
            const auto* schemas = schema.if_contains(name);
            if (!schemas || !schemas->is_array()) return std::nullopt;
            size_t matched = 0;
            for (const auto& each : schemas->as_array()) matched += !check(each, root, value, depth + 1);
            return std::pair(matched, schemas->as_array().size());
        };
        if (const auto all = matching("allOf"); all && all->first != all->second)
            return "instance failed to match all required schemas";
        if (const auto any = matching("anyOf"); any && any->first == 0)
            return "instance failed to match at least one required schema";
        if (const auto one = matching("oneOf"); one && one->first != 1)
            return "instance failed to match exactly one schema";
        if (const auto* other = schema.if_contains("not"); other && !check(*other, root, value, depth + 1))
            return "instance matched a schema which it should not have";
        return std::nullopt;
    }

    Refusal check_number(const json::object& schema, const json::value&, const json::value& value, int) {
        if (!value.is_number()) return std::nullopt;
        const auto number = value.to_number<double>();
        const auto limit = [&](const char* name) -> std::optional<double> {
            const auto* found = schema.if_contains(name);
            return found && found->is_number() ? std::optional(found->to_number<double>()) : std::nullopt;
        };
        const auto excluded = [&](const char* name) {
            const auto* found = schema.if_contains(name);
            return found && found->is_bool() && found->as_bool();
        };
        if (const auto least = limit("minimum");
            least && (number < *least || (number == *least && excluded("exclusiveMinimum"))))
            return "numeric instance is lower than the required minimum";
        if (const auto most = limit("maximum");
            most && (number > *most || (number == *most && excluded("exclusiveMaximum"))))
            return "numeric instance is greater than the required maximum";
        if (const auto step = limit("multipleOf"); step && *step > 0) {
            const auto quotient = number / *step;
            if (std::abs(quotient - std::round(quotient)) > 1e-9) return "remainder of division is not zero";
        }
        return std::nullopt;
    }

    static Refusal check_count(const json::object& schema, const char* least, const char* most, size_t count) {
        const auto of = [&](const char* name) { return schema.if_contains(name); };
        if (const auto* limit = of(least); limit && limit->is_number() && count < limit->to_number<double>())
            return fmt::format("{} is not reached", least);
        if (const auto* limit = of(most); limit && limit->is_number() && count > limit->to_number<double>())
            return fmt::format("{} is exceeded", most);
        return std::nullopt;
    }

    Refusal check_text(const json::object& schema, const json::value&, const json::value& value, int) {
        if (!value.is_string()) return std::nullopt;
        const auto text = std::string_view(value.as_string());
        if (auto refusal = check_count(schema, "minLength", "maxLength", utf8_length(text))) return refusal;
        if (const auto pattern = string_or(schema, "pattern"); !pattern.empty() && !matches(pattern, text))
            return "regex does not match input string";
        return std::nullopt;
    }

    Refusal check_array(const json::object& schema, const json::value& root, const json::value& value, int depth) {
        const auto* array = value.if_array();
        if (!array) return std::nullopt;
        if (auto refusal = check_count(schema, "minItems", "maxItems", array->size())) return refusal;
        if (const auto* unique = schema.if_contains("uniqueItems"); unique && unique->is_bool() && unique->as_bool()) {
            std::set<std::string> seen;
            for (const auto& element : *array)
                if (!seen.insert(canonical(element)).second) return "array must not contain duplicate elements";
        }
        const auto* items = schema.if_contains("items");
        const auto* more = schema.if_contains("additionalItems");
        for (size_t i = 0; i < array->size(); ++i) {
            const json::value* applies = items;
            if (items && items->is_array()) {
                applies = i < items->as_array().size() ? &items->as_array()[i] : more;
                if (applies == more && more && more->is_bool() && !more->as_bool())
                    return "array has too many elements";
            }
            if (!applies) continue;
            if (auto refusal = check(*applies, root, (*array)[i], depth + 1)) return refusal;
        }
        return std::nullopt;
    }

    Refusal check_object(const json::object& schema, const json::value& root, const json::value& value, int depth) {
        const auto* object = value.if_object();
        if (!object) return std::nullopt;
        if (auto refusal = check_count(schema, "minProperties", "maxProperties", object->size())) return refusal;
        if (const auto* required = schema.if_contains("required"); required && required->is_array()) {
            for (const auto& name : required->as_array()) {
                if (name.is_string() && !object->contains(name.as_string()))
                    return fmt::format("object has missing required properties ([\"{}\"])",
                                       std::string_view(name.as_string()));
            }
        }
        for (const auto& [name, member] : *object) {
            if (auto refusal = check_member(schema, root, name, member, depth)) return refusal;
        }
        return check_dependencies(schema, root, value, depth);
    }

    Refusal check_member(const json::object& schema, const json::value& root, std::string_view name,
                         const json::value& member, int depth) {
        bool known = false;
        if (const auto* properties = schema.if_contains("properties"); properties && properties->is_object()) {
            if (const auto* own = properties->as_object().if_contains(name)) {
                known = true;
                if (auto refusal = check(*own, root, member, depth + 1)) return refusal;
            }
        }
        if (const auto* patterns = schema.if_contains("patternProperties"); patterns && patterns->is_object()) {
            for (const auto& [pattern, own] : patterns->as_object()) {
                if (!matches(pattern, name)) continue;
                known = true;
                if (auto refusal = check(own, root, member, depth + 1)) return refusal;
            }
        }
        const auto* more = schema.if_contains("additionalProperties");
        if (known || !more) return std::nullopt;
        if (more->is_bool() && !more->as_bool())
            return fmt::format("object instance has properties which are not allowed by the schema: [\"{}\"]", name);
        return check(*more, root, member, depth + 1);
    }

    Refusal check_dependencies(const json::object& schema, const json::value& root, const json::value& value,
                               int depth) {
        const auto* dependencies = schema.if_contains("dependencies");
        if (!dependencies || !dependencies->is_object()) return std::nullopt;
        for (const auto& [name, needs] : dependencies->as_object()) {
            if (!value.as_object().contains(name)) continue;
            if (needs.is_array()) {
                for (const auto& other : needs.as_array()) {
                    if (other.is_string() && !value.as_object().contains(other.as_string()))
                        return "property has missing dependencies";
                }
            } else if (auto refusal = check(needs, root, value, depth + 1)) {
                return refusal;
            }
        }
        return std::nullopt;
    }

    bool matches(std::string_view pattern, std::string_view text) const {
        const auto found = documents_.patterns.find(pattern);
        // A pattern that RE2 does not have (look-around, back references) matches nothing.
        return found != documents_.patterns.end() && found->second->ok() &&
               re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *found->second);
    }

    const JsonSchema::Documents& documents_;
    size_t checks_ = 0;
};

std::optional<std::string> JsonSchema::refusal(const json::value& document) const {
    const auto& root = documents_->by_model.find("")->second;
    return SchemaReading(*documents_).check(root, root, document, 0);
}

}  // namespace cumulet::contracts
