#include "velocity/mapping.h"

#include "base/bytes.h"
#include "base/json_path.h"

namespace cumulet::velocity {
namespace {

using Arguments = std::span<const Value>;

Map map_of(const MappingInput::Parameters& parameters) {
    Map map;
    for (const auto& [name, value] : parameters) map.put(name, value);
    return map;
}

/// $input
class Input final : public Object {
  public:
    explicit Input(MappingInput input) : input_(std::move(input)) {
        if (auto document = parse_json(input_.body)) document_ = std::move(*document);
    }

    std::optional<Value> member(std::string_view name) const override {
        if (name == "body") return input_.body;
        return std::nullopt;
    }

    std::optional<Value> call(std::string_view method, Arguments arguments) const override {
        if (method == "params") return arguments.empty() ? all_parameters() : parameter(to_text(arguments[0]));
        if (method == "path" && !arguments.empty()) {
            const auto found = read(to_text(arguments[0]));
            return found ? from_json(*found) : Value();
        }
        if (method == "json" && !arguments.empty()) {
            const auto found = read(to_text(arguments[0]));
            // Unverified: that what is missing is written as an empty string.
            return found ? json::serialize(*found) : std::string("\"\"");
        }
        return std::nullopt;
    }

  private:
    std::optional<json::value> read(std::string_view text) const {
        const auto path = JsonPath::parse(text);
        return path && document_ ? path->read(*document_) : std::nullopt;
    }

    Value all_parameters() const {
        Map all;
        all.put("path", map_of(input_.path));
        all.put("querystring", map_of(input_.querystring));
        all.put("header", map_of(input_.header));
        return all;
    }

    Value parameter(std::string_view wanted) const {
        for (const auto* parameters : {&input_.path, &input_.querystring, &input_.header})
            for (const auto& [name, value] : *parameters)
                if (name == wanted) return value;
        return "";
    }

    MappingInput input_;
    std::optional<json::value> document_;
};

/// $util
struct Utilities final : Object {
    std::optional<Value> call(std::string_view method, Arguments arguments) const override {
        if (arguments.size() != 1) return std::nullopt;
        if (arguments[0].is_null()) return Value();
        const auto text = to_text(arguments[0]);
        if (method == "escapeJavaScript") return escape_javascript(text);
        if (method == "urlEncode") return form_encode(text);
        if (method == "urlDecode") return percent_decode(text, true);
        if (method == "base64Encode") return to_base64(text);
        if (method == "base64Decode") {
            auto bytes = from_base64(text);
            return bytes ? Value(std::move(*bytes)) : Value();
        }
        if (method == "parseJson") {
            const auto document = parse_json(text);
            return document ? from_json(*document) : Value();
        }
        return std::nullopt;
    }
};

char32_t next_character(std::string_view text, size_t& at) {
    const auto lead = static_cast<unsigned char>(text[at++]);
    const size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    char32_t character = more == 0 ? lead : lead & (0x3F >> more);
    for (size_t i = 0; i < more && at < text.size(); ++i) {
        character = (character << 6) | (static_cast<unsigned char>(text[at++]) & 0x3F);
    }
    return character;
}

void append_unicode_escape(std::string& out, char32_t character) {
    if (character > 0xFFFF) {
        const auto offset = character - 0x10000;
        append_unicode_escape(out, 0xD800 + (offset >> 10));
        character = 0xDC00 + (offset & 0x3FF);
    }
    fmt::format_to(std::back_inserter(out), "\\u{:04X}", static_cast<uint32_t>(character));
}

}  // namespace

std::string form_encode(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) || std::string_view(".-*_").contains(c)) {
            out.push_back(c);
        } else if (c == ' ') {
            out.push_back('+');
        } else {
            fmt::format_to(std::back_inserter(out), "%{:02X}", byte);
        }
    }
    return out;
}

std::string escape_javascript(std::string_view text) {
    static constexpr std::pair<char, char> letters[] = {{'\b', 'b'}, {'\n', 'n'},  {'\t', 't'}, {'\f', 'f'},
                                                        {'\r', 'r'}, {'\'', '\''}, {'"', '"'},  {'\\', '\\'}};
    std::string out;
    for (size_t at = 0; at < text.size();) {
        const auto character = next_character(text, at);
        const auto* letter = std::ranges::find(letters, static_cast<char>(character), &std::pair<char, char>::first);
        if (character < 0x80 && letter != std::end(letters)) {
            out.append(1, '\\').push_back(letter->second);
        } else if (character < 0x20 || character > 0x7F) {
            append_unicode_escape(out, character);
        } else {
            out.push_back(static_cast<char>(character));
        }
    }
    return out;
}

Variables mapping_variables(MappingInput input) {
    Variables variables;
    variables.emplace("context", Value(std::move(input.context)));
    variables.emplace("stageVariables", Value(std::move(input.stage_variables)));
    variables.emplace("util", Value(std::shared_ptr<const Object>(std::make_shared<Utilities>())));
    variables.emplace("input", Value(std::shared_ptr<const Object>(std::make_shared<Input>(std::move(input)))));
    return variables;
}

}  // namespace cumulet::velocity
