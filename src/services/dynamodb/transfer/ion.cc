#include "services/dynamodb/transfer/ion.h"

#include <charconv>

#include "base/bytes.h"
#include "contracts/error.h"

namespace cumulet::dynamodb {

namespace {

using contracts::AttributeType;
using contracts::AttributeValue;
using contracts::AttributeView;
using contracts::AttributeWriter;
using contracts::Decimal;

constexpr std::array<std::string_view, 8> reserved = {"null", "true", "false", "nan", "blob", "clob", "list", "struct"};

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

void append_quoted(std::string& out, std::string_view text, char quote) {
    out.push_back(quote);
    for (const char c : text) {
        if (c == quote || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\r') {
            out += "\\r";
        } else if (c == '\t') {
            out += "\\t";
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
            out.push_back(c);
        }
    }
    out.push_back(quote);
}

void append_symbol(std::string& out, std::string_view name) {
    const bool plain = !name.empty() && letter(name[0]) && name[0] != '$' &&
                       std::ranges::all_of(name, [](char c) { return letter(c) || digit(c); }) &&
                       std::ranges::find(reserved, name) == reserved.end();
    if (plain)
        out += name;
    else
        append_quoted(out, name, '\'');
}

void append_value(std::string& out, AttributeView value);

void append_list(std::string& out, AttributeView list) {
    out.push_back('[');
    bool first = true;
    for (const auto element : list.elements()) {
        if (!std::exchange(first, false)) out.push_back(',');
        append_value(out, element);
    }
    out.push_back(']');
}

void append_value(std::string& out, AttributeView value) {
    switch (value.type()) {
        case AttributeType::S: append_quoted(out, value.content(), '"'); break;
        case AttributeType::N: {
            const auto text = value.number().text();
            out += text;
            if (!text.contains('.')) out.push_back('.');  // without it, it would be an int
            break;
        }
        case AttributeType::B: out += "{{" + to_base64(value.content()) + "}}"; break;
        case AttributeType::BOOL: out += value.boolean() ? "true" : "false"; break;
        case AttributeType::NULL_: out += "null"; break;
        case AttributeType::SS:
        case AttributeType::NS:
        case AttributeType::BS:
            out += fmt::format("$dynamodb_{}::", contracts::name_of(value.type()));
            append_list(out, value);
            break;
        case AttributeType::L: append_list(out, value); break;
        case AttributeType::M: append_ion(out, value); break;
    }
}

/// Reads one value by recursive descent into an attribute's stored form.
class Reader {
  public:
    explicit Reader(std::string_view text) : text_(text) {}

    std::string_view rest() const { return text_; }

    /// False at the end of the text.
    bool skip_to_value() {
        while (true) {
            skip_space();
            if (text_.empty()) return false;
            if (!text_.starts_with("$ion_1_0")) return true;
            text_.remove_prefix(8);
        }
    }

    void value(AttributeWriter& writer, int depth) {
        if (depth > contracts::max_attribute_nesting) fail("nested too deeply");
        const auto annotation = read_annotations();
        if (annotation.starts_with("$dynamodb_")) return set(writer, annotation);
        plain_value(writer, depth);
    }

  private:
    [[noreturn]] static void fail(std::string_view why) { throw BadIon(std::string(why)); }
    char next() const { return text_.empty() ? '\0' : text_[0]; }
    bool take(std::string_view token) {
        if (!text_.starts_with(token)) return false;
        text_.remove_prefix(token.size());
        return true;
    }
    void expect(std::string_view token) {
        skip_space();
        if (!take(token)) fail(fmt::format("'{}' expected", token));
    }

    void skip_space() {
        while (!text_.empty()) {
            const char c = text_[0];
            if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f') {
                text_.remove_prefix(1);
            } else if (text_.starts_with("//")) {
                text_.remove_prefix(std::min(text_.find('\n'), text_.size()));
            } else if (text_.starts_with("/*")) {
                const auto end = text_.find("*/");
                if (end == std::string_view::npos) fail("a comment does not end");
                text_.remove_prefix(end + 2);
            } else {
                return;
            }
        }
    }

    std::string_view identifier() {
        size_t length = 0;
        while (length < text_.size() && (letter(text_[length]) || digit(text_[length]))) ++length;
        const auto name = text_.substr(0, length);
        text_.remove_prefix(length);
        return name;
    }

    /// The last of the annotations before a value; "" if there is none.
    std::string read_annotations() {
        std::string last;
        while (true) {
            skip_space();
            const auto before = text_;
            std::string name;
            if (next() == '\'' && !text_.starts_with("'''"))
                name = quoted('\'');
            else if (letter(next()))
                name = identifier();
            else
                return last;
            skip_space();
            if (!take("::")) {
                text_ = before;
                return last;
            }
            last = std::move(name);
        }
    }

    void plain_value(AttributeWriter& writer, int depth) {
        skip_space();
        const char c = next();
        if (text_.starts_with("{{")) return writer.binary(blob());
        if (c == '{') return structure(writer, depth);
        if (c == '[') return list(writer, depth);
        if (c == '"') return writer.string(quoted('"'));
        if (text_.starts_with("'''")) return writer.string(long_string());
        if (c == '\'') return writer.string(quoted('\''));
        if (digit(c) || c == '-' || c == '+') return writer.number(number());
        const auto word = identifier();
        if (word == "true" || word == "false") return writer.boolean(word == "true");
        if (word == "null") {
            if (take(".")) identifier();
            return writer.null();
        }
        fail(word.empty() ? std::string("a value expected") : fmt::format("'{}' is no value of DynamoDB", word));
    }

    void structure(AttributeWriter& writer, int depth) {
        text_.remove_prefix(1);
        writer.begin(AttributeType::M);
        skip_space();
        while (!take("}")) {
            writer.key(field_name());
            expect(":");
            value(writer, depth + 1);
            skip_space();
            if (!take(",") && next() != '}') fail("',' or '}' expected");
            skip_space();
        }
        if (writer.end() > 0) fail("a field stands twice in a struct");
    }

    std::string field_name() {
        skip_space();
        if (next() == '"') return quoted('"');
        if (text_.starts_with("'''")) return long_string();
        if (next() == '\'') return quoted('\'');
        const auto name = identifier();
        if (name.empty()) fail("a field's name expected");
        return std::string(name);
    }

    void list(AttributeWriter& writer, int depth) {
        writer.begin(AttributeType::L);
        elements([&] { value(writer, depth + 1); });
        writer.end();
    }

    template <typename Element>
    void elements(Element element) {
        expect("[");
        skip_space();
        while (!take("]")) {
            element();
            skip_space();
            if (!take(",") && next() != ']') fail("',' or ']' expected");
            skip_space();
        }
    }

    void set(AttributeWriter& writer, std::string_view annotation) {
        const auto type = annotation.substr(10);
        const auto kind = type == "SS"   ? AttributeType::SS
                          : type == "NS" ? AttributeType::NS
                          : type == "BS" ? AttributeType::BS
                                         : AttributeType::M;
        if (kind == AttributeType::M) fail(fmt::format("'{}' is no annotation of DynamoDB", annotation));
        writer.begin(kind);
        elements([&] {
            skip_space();
            if (kind == AttributeType::SS)
                writer.string(text_.starts_with("'''") ? long_string() : quoted('"'));
            else if (kind == AttributeType::NS)
                writer.number(number());
            else
                writer.binary(blob());
        });
        if (writer.count() == 0) fail("a set is empty");
        if (writer.end() > 0) fail("a set has an element twice");
    }

    Decimal number() {
        size_t length = 0;
        std::string digits;
        while (length < text_.size() &&
               (digit(text_[length]) || std::string_view("+-._dDeE").contains(text_[length]))) {
            const char c = text_[length++];
            if (c != '_') digits.push_back(c == 'd' || c == 'D' ? 'E' : c);
        }
        if (length == 0) fail("a number expected");
        text_.remove_prefix(length);
        if (digits.ends_with('.')) digits.pop_back();
        if (const auto point = digits.find(".E"); point != std::string::npos) digits.erase(point, 1);
        try {
            return Decimal::parse(digits);
        } catch (const aws::Error& error) {
            fail(error.message);
        }
    }

    std::string blob() {
        expect("{{");
        const auto end = text_.find("}}");
        if (end == std::string_view::npos) fail("a blob does not end");
        std::string encoded;
        for (const char c : text_.substr(0, end)) {
            if (!std::string_view(" \t\r\n").contains(c)) encoded.push_back(c);
        }
        text_.remove_prefix(end + 2);
        auto bytes = from_base64(encoded);
        if (!bytes) fail("a blob is no Base64");
        return std::move(*bytes);
    }

    std::string quoted(char quote) {
        if (next() != quote) fail("a string expected");
        text_.remove_prefix(1);
        std::string out;
        while (true) {
            if (text_.empty() || text_[0] == '\n') fail("a string does not end");
            const char c = text_[0];
            text_.remove_prefix(1);
            if (c == quote) return checked(std::move(out));
            if (c == '\\')
                escape(out);
            else
                out.push_back(c);
        }
    }

    std::string long_string() {
        std::string out;
        while (take("'''")) {
            while (!take("'''")) {
                if (text_.empty()) fail("a string does not end");
                const char c = text_[0];
                text_.remove_prefix(1);
                if (c == '\\')
                    escape(out);
                else
                    out.push_back(c);
            }
            skip_space();
        }
        return checked(std::move(out));
    }

    static std::string checked(std::string text) {
        if (!valid_utf8(text)) fail("a string is no UTF-8");
        return text;
    }

    void escape(std::string& out) {
        static const std::map<char, char> simple = {{'a', '\a'},  {'b', '\b'}, {'t', '\t'}, {'n', '\n'},  {'f', '\f'},
                                                    {'r', '\r'},  {'v', '\v'}, {'"', '"'},  {'\'', '\''}, {'?', '?'},
                                                    {'\\', '\\'}, {'/', '/'},  {'0', '\0'}};
        const char c = next();
        if (text_.empty()) fail("a string does not end");
        text_.remove_prefix(1);
        if (const auto found = simple.find(c); found != simple.end()) return out.push_back(found->second);
        if (c == '\n') return;
        if (c != 'x' && c != 'u' && c != 'U') fail("an unknown escape in a string");
        auto code = hex(c == 'x' ? 2 : c == 'u' ? 4 : 8);
        if (code >= 0xd800 && code < 0xdc00 && take("\\u")) {
            const auto low = hex(4);
            if (low < 0xdc00 || low > 0xdfff) fail("half a character in a string");
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
        append_character(out, code);
    }

    uint32_t hex(size_t digits) {
        if (text_.size() < digits) fail("a string does not end");
        uint32_t code = 0;
        const auto [end, error] = std::from_chars(text_.data(), text_.data() + digits, code, 16);
        if (error != std::errc() || end != text_.data() + digits) fail("a bad escape in a string");
        text_.remove_prefix(digits);
        return code;
    }

    static void append_character(std::string& out, uint32_t code) {
        if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) fail("no character of Unicode");
        const auto byte = [&](uint32_t bits) { out.push_back(static_cast<char>(bits)); };
        if (code < 0x80) return byte(code);
        if (code < 0x800) {
            byte(0xc0 | code >> 6);
        } else {
            if (code < 0x10000) {
                byte(0xe0 | code >> 12);
            } else {
                byte(0xf0 | code >> 18);
                byte(0x80 | (code >> 12 & 0x3f));
            }
            byte(0x80 | (code >> 6 & 0x3f));
        }
        byte(0x80 | (code & 0x3f));
    }

    std::string_view text_;
};

}  // namespace

void append_ion(std::string& out, AttributeView map) {
    out.push_back('{');
    bool first = true;
    for (const auto& member : map.members()) {
        if (!std::exchange(first, false)) out.push_back(',');
        append_symbol(out, member.name);
        out.push_back(':');
        append_value(out, member.value);
    }
    out.push_back('}');
}

std::optional<AttributeValue> read_ion(std::string_view& text) {
    Reader reader(text);
    if (!reader.skip_to_value()) {
        text = {};
        return std::nullopt;
    }
    std::string bytes;
    AttributeWriter writer(bytes);
    reader.value(writer, 0);
    text = reader.rest();
    return AttributeValue::from_bytes(std::move(bytes));
}

}  // namespace cumulet::dynamodb
