#include "base/json.h"

namespace cumulet {

std::expected<json::value, std::string> parse_json(std::string_view text, size_t max_depth) {
    json::parse_options options;
    options.max_depth = max_depth;
    boost::system::error_code error;
    json::value value = json::parse(json::string_view{text.data(), text.size()}, error, {}, options);
    if (error) return std::unexpected("The text is not valid JSON: " + error.message() + ".");
    return value;
}

std::string_view string_or(const json::object& object, std::string_view key, std::string_view fallback) {
    const auto* value = object.if_contains(key);
    if (!value || !value->is_string()) return fallback;
    const auto& text = value->get_string();
    return {text.data(), text.size()};
}

const json::value* find(const json::value& object, std::string_view key) {
    const auto* members = object.if_object();
    return members ? members->if_contains(key) : nullptr;
}

void append_json_string(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += '"';
    size_t plain = 0;  // start of what needs no escape and is not appended yet
    for (size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<uint8_t>(text[i]);
        if (byte >= 0x20 && byte != '"' && byte != '\\') [[likely]]
            continue;
        out.append(text, plain, i - plain);
        plain = i + 1;
        out += '\\';
        switch (byte) {
            case '"': out += '"'; break;
            case '\\': out += '\\'; break;
            case '\b': out += 'b'; break;
            case '\f': out += 'f'; break;
            case '\n': out += 'n'; break;
            case '\r': out += 'r'; break;
            case '\t': out += 't'; break;
            default:
                out += "u00";
                out += digits[byte >> 4];
                out += digits[byte & 15];
        }
    }
    out.append(text, plain, text.size() - plain);
    out += '"';
}

}  // namespace cumulet
