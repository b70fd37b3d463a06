#include "services/apigatewayv2/model_template.h"

namespace cumulet::apigatewayv2 {
namespace {

constexpr int deepest = 16;
constexpr size_t largest_bytes = 64 << 10;

class Writer {
  public:
    void write(const json::value& schema, int depth) {
        const auto* object = schema.if_object();
        const auto type = object ? string_or(*object, "type") : std::string_view();
        if (depth > deepest || text_.size() > largest_bytes) {
            text_ += "{ }";
        } else if (type == "array") {
            write_array(*object, depth);
        } else if (object && (type == "object" || object->contains("properties"))) {
            write_object(*object, depth);
        } else {
            text_ += example(type);
        }
    }
    std::string take() { return std::move(text_); }

  private:
    static std::string_view example(std::string_view type) {
        if (type == "string") return "\"foo\"";
        if (type == "integer") return "42";
        if (type == "number") return "123.45";
        if (type == "boolean") return "true";
        return type == "null" ? "null" : "{ }";
    }
    void line(int depth) { text_.append("\n").append(static_cast<size_t>(depth) * 2, ' '); }

    void write_object(const json::object& schema, int depth) {
        const auto* properties = schema.if_contains("properties");
        if (!properties || !properties->is_object() || properties->as_object().empty()) {
            text_ += "{ }";
            return;
        }
        text_ += '{';
        bool first = true;
        for (const auto& [name, described] : properties->as_object()) {
            if (!std::exchange(first, false)) text_ += ',';
            line(depth + 1);
            append_json_string(text_, name);
            text_ += " : ";
            write(described, depth + 1);
        }
        line(depth);
        text_ += '}';
    }

    void write_array(const json::object& schema, int depth) {
        const auto* items = schema.if_contains("items");
        text_ +=
            "[\n##TODO: Update this foreach loop to reference array from input json\n#foreach($elem in $inputRoot)";
        line(depth + 1);
        write(items ? *items : json::value(json::object()), depth + 1);
        text_ += "#if($foreach.hasNext),#end\n#end";
        line(depth);
        text_ += ']';
    }

    std::string text_;
};

}  // namespace

// Unverified: the template's exact form.
std::string model_template(const json::value& schema) {
    Writer writer;
    writer.write(schema, 0);
    return "#set($inputRoot = $input.path('$'))\n" + writer.take();
}

}  // namespace cumulet::apigatewayv2
