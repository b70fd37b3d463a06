#include "contracts/model_schema.h"

#include <fmt/format.h>

#include <set>

#include "base/json.h"

namespace cumulet::contracts {
namespace {

using Schemas = std::map<std::string, std::string>;

constexpr int deepest = 32;
constexpr size_t largest_template_bytes = 300 << 10;

/// Rewrites references to models as references to definitions, and notes their names.
json::value with_definitions(const json::value& schema, std::set<std::string>& names) {
    if (const auto* array = schema.if_array()) {
        json::array copy;
        for (const auto& element : *array) copy.push_back(with_definitions(element, names));
        return copy;
    }
    const auto* object = schema.if_object();
    if (!object) return schema;
    json::object copy;
    for (const auto& [name, member] : *object) {
        const auto* text = member.if_string();
        const auto model = text && name == "$ref" ? referred_model(*text) : std::string_view();
        if (model.empty()) {
            copy[name] = with_definitions(member, names);
        } else {
            names.emplace(model);
            copy[name] = fmt::format("#/definitions/{}", model);
        }
    }
    return copy;
}

/// A sample's text, as API Gateway's own has it.
class Sample {
  public:
    Sample(const json::object& root, const Schemas& schemas) : root_(root), schemas_(schemas) {}

    std::string whole() {
        text_ = "#set($inputRoot = $input.path('$'))\n";
        write(root_, "$inputRoot", 0, 0);
        return std::move(text_);
    }

  private:
    /// What a schema refers to, if it does. `owned` keeps another model's while it is used.
    const json::object* resolved(const json::object& schema, json::value& owned) const {
        const auto reference = string_or(schema, "$ref");
        if (reference.empty()) return &schema;
        if (const auto model = referred_model(reference); !model.empty()) {
            const auto found = schemas_.find(std::string(model));
            auto parsed = parse_json(found == schemas_.end() ? "" : found->second);
            if (!parsed) return nullptr;
            owned = std::move(*parsed);
            return owned.if_object();
        }
        constexpr std::string_view prefix = "#/definitions/";
        if (!reference.starts_with(prefix)) return nullptr;
        const auto* definitions = root_.if_contains("definitions");
        const auto* found = definitions ? find(*definitions, reference.substr(prefix.size())) : nullptr;
        return found ? found->if_object() : nullptr;
    }

    void line(int indent, std::string_view text) { text_.append(static_cast<size_t>(indent), ' ').append(text); }

    // Unverified: the layout, but for the first line, the note on loops, and the sample values.
    void write(const json::object& given, const std::string& path, int indent, int depth) {
        json::value owned;
        const auto* schema =
            depth < deepest && text_.size() < largest_template_bytes ? resolved(given, owned) : nullptr;
        if (!schema) {
            text_ += "{}";
            return;
        }
        const auto type = string_or(*schema, "type", schema->contains("properties") ? "object" : "string");
        if (type == "object") {
            write_object(*schema, path, indent, depth);
        } else if (type == "array") {
            write_array(*schema, path, indent, depth);
        } else {
            text_ += type == "integer" ? "42" : type == "number" ? "42.0" : type == "boolean" ? "true" : "\"foo\"";
        }
    }

    void write_object(const json::object& schema, const std::string& path, int indent, int depth) {
        const auto* properties = schema.if_contains("properties");
        text_ += "{";
        std::string_view joint = "\n";
        if (properties && properties->is_object()) {
            for (const auto& [name, member] : properties->as_object()) {
                text_ += joint;
                joint = ",\n";
                line(indent + 2, "");
                append_json_string(text_, name);
                text_ += " : ";
                write(member.is_object() ? member.as_object() : json::object(),
                      fmt::format("{}.{}", path, std::string_view(name)), indent + 2, depth + 1);
            }
        }
        text_ += "\n";
        line(indent, "}");
    }

    void write_array(const json::object& schema, const std::string& path, int indent, int depth) {
        const auto* items = schema.if_contains("items");
        text_ += "[\n##TODO: Update this foreach loop to reference array from input json\n";
        text_ += fmt::format("#foreach($elem in {})\n", path);
        line(indent + 2, "");
        write(items && items->is_object() ? items->as_object() : json::object(), "$elem", indent + 2, depth + 1);
        text_ += "\n#if($foreach.hasNext),#end\n#end\n";
        line(indent, "]");
    }

    const json::object& root_;
    const Schemas& schemas_;
    std::string text_;
};

}  // namespace

std::string_view referred_model(std::string_view reference) {
    constexpr std::string_view prefix = "https://apigateway.amazonaws.com/restapis/";
    constexpr std::string_view models = "/models/";
    if (!reference.starts_with(prefix)) return "";
    const auto at = reference.find(models, prefix.size());
    return at == std::string_view::npos ? "" : reference.substr(at + models.size());
}

std::string flattened_schema(const std::string& schema, const Schemas& schemas_by_model) {
    const auto parsed = parse_json(schema);
    if (!parsed || !parsed->is_object()) return schema;
    std::set<std::string> wanted;
    auto flat = with_definitions(*parsed, wanted);
    json::object definitions;
    if (const auto* own = find(flat, "definitions"); own && own->is_object()) definitions = own->as_object();
    while (!wanted.empty()) {
        const auto name = wanted.extract(wanted.begin()).value();
        if (definitions.contains(name)) continue;
        const auto found = schemas_by_model.find(name);
        const auto other = parse_json(found == schemas_by_model.end() ? "{}" : found->second);
        definitions[name] = json::object();  // seen, where models refer to each other
        auto definition = with_definitions(other ? *other : json::value(json::object()), wanted);
        definitions[name] = std::move(definition);
    }
    if (!definitions.empty()) flat.as_object()["definitions"] = std::move(definitions);
    return json::serialize(flat);
}

std::string sample_template(const std::string& schema, const Schemas& schemas_by_model) {
    const auto parsed = parse_json(schema);
    const json::object none;
    return Sample(parsed && parsed->is_object() ? parsed->as_object() : none, schemas_by_model).whole();
}

}  // namespace cumulet::contracts
