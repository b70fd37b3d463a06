#include "contracts/event_pattern_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"

namespace cumulet::contracts {
namespace {

constexpr size_t shown_source_bytes = 500;
constexpr size_t max_open = 1000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; }

void append_utf8(std::string& out, uint32_t point) {
    if (point < 0x80) {
        out += static_cast<char>(point);
    } else if (point < 0x800) {
        out += static_cast<char>(0xC0 | point >> 6);
        out += static_cast<char>(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
        out += static_cast<char>(0xE0 | point >> 12);
        out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
        out += static_cast<char>(0x80 | (point & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | point >> 18);
        out += static_cast<char>(0x80 | (point >> 12 & 0x3F));
        out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
        out += static_cast<char>(0x80 | (point & 0x3F));
    }
}

std::optional<uint32_t> hex4(std::string_view text) {
    if (text.size() < 4) return {};
    const auto bytes = from_hex(text.substr(0, 4));
    if (!bytes) return {};
    return static_cast<uint8_t>((*bytes)[0]) << 8 | static_cast<uint8_t>((*bytes)[1]);
}

constexpr std::string_view any_value = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

}  // namespace

PatternReader::Token PatternReader::next() {
    if (value_of_name_) return token_ = *std::exchange(value_of_name_, {});
    if (unfinished_string_) finish_string();
    return token_ = read();
}

const std::string& PatternReader::content() {
    if (token_ == Token::name) return name_;
    if (unfinished_string_) finish_string();
    return content_;
}

void PatternReader::fail(std::string_view reason) const {
    throw PatternFault{fmt::format("{}\n at {}", reason, place(at_))};
}

PatternReader::Token PatternReader::read() {
    skip_space();
    if (open_.empty()) return at_ == text_.size() ? Token::end : read_value();
    if (at_ == text_.size()) throw PatternFault{end_of_input()};
    const bool object = open_.back().object;
    if (peek() == '}' || peek() == ']') return close(peek() == '}');
    if (!std::exchange(first_in_container_, false)) {
        if (peek() != ',')
            unexpected(fmt::format("was expecting comma to separate {} entries", object ? "Object" : "Array"));
        ++at_;
        skip_space();
        if (at_ == text_.size()) throw PatternFault{end_of_input()};
    }
    return object ? read_name() : read_value();
}

PatternReader::Token PatternReader::read_name() {
    if (peek() != '"') unexpected("was expecting double-quote to start field name");
    ++at_;
    finish_string();
    name_ = content_;
    skip_space();
    if (at_ == text_.size() || peek() != ':') unexpected("was expecting a colon to separate field name and value");
    ++at_;
    skip_space();
    if (at_ == text_.size()) throw PatternFault{end_of_input()};
    value_of_name_ = read_value();
    return Token::name;
}

PatternReader::Token PatternReader::read_value() {
    const char c = peek();
    if (c == '{' || c == '[') return open(c == '{');
    if (c == '"') {
        ++at_;
        unfinished_string_ = true;
        return Token::string;
    }
    if (c == '-' || is_digit(c)) return read_number();
    if (is_word(c)) return read_literal();
    unexpected(fmt::format("expected a valid value {}", any_value));
}

PatternReader::Token PatternReader::open(bool object) {
    content_ = text_[at_++];
    open_.push_back({object, at_});
    first_in_container_ = true;
    if (open_.size() > max_open)
        fail(fmt::format("Document nesting depth ({}) exceeds the maximum allowed ({})", open_.size(), max_open));
    return object ? Token::object_start : Token::array_start;
}

PatternReader::Token PatternReader::close(bool object) {
    content_ = text_[at_++];
    if (open_.back().object != object) {
        fail(fmt::format("Unexpected close marker '{}': expected '{}' (for {} starting at {})", content_,
                         object ? ']' : '}', object ? "Array" : "Object", place(open_.back().at)));
    }
    open_.pop_back();
    first_in_container_ = false;
    return object ? Token::object_end : Token::array_end;
}

PatternReader::Token PatternReader::read_number() {
    const size_t start = at_;
    const auto digits = [&] {
        const size_t first = at_;
        while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
        return at_ - first;
    };
    if (text_[at_] == '-') ++at_;
    const size_t whole = at_;
    if (digits() == 0) unexpected("expected digit (0-9) to follow minus sign, for valid numeric value");
    if (at_ - whole > 1 && text_[whole] == '0') fail("Invalid numeric value: Leading zeroes not allowed");
    if (at_ < text_.size() && text_[at_] == '.') {
        ++at_;
        if (digits() == 0) unexpected("Decimal point not followed by a digit");
    }
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
        ++at_;
        if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
        if (digits() == 0) unexpected("Exponent indicator not followed by a digit");
    }
    content_ = text_.substr(start, at_ - start);
    return Token::number;
}

PatternReader::Token PatternReader::read_literal() {
    const size_t start = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    content_ = text_.substr(start, at_ - start);
    if (content_ != "true" && content_ != "false" && content_ != "null")
        fail(fmt::format("Unrecognized token '{}': was expecting {}", content_.substr(0, 256), any_value));
    return Token::literal;
}

void PatternReader::finish_string() {
    unfinished_string_ = false;
    content_.clear();
    while (true) {
        if (at_ == text_.size()) fail("Unexpected end-of-input: was expecting closing quote for a string value");
        const char c = text_[at_++];
        if (c == '"') return;
        if (c == '\\') {
            append_escape();
        } else if (static_cast<uint8_t>(c) < 0x20) {
            fail(fmt::format(
                "Illegal unquoted character ((CTRL-CHAR, code {})): has to be escaped using backslash to be "
                "included in string value",
                static_cast<int>(c)));
        } else {
            content_ += c;
        }
    }
}

void PatternReader::append_escape() {
    if (at_ == text_.size()) fail("Unexpected end-of-input in character escape sequence");
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    const char c = text_[at_++];
    if (const auto found = letters.find(c); found != letters.npos) {
        content_ += meanings[found];
        return;
    }
    if (c != 'u') fail(fmt::format("Unrecognized character escape '{}' (code {})", c, static_cast<uint8_t>(c)));
    auto point = hex4(text_.substr(at_));
    if (!point) unexpected("expected a hex-digit for character escape sequence");
    at_ += 4;
    const auto rest = text_.substr(at_);
    if (*point >= 0xD800 && *point < 0xDC00 && rest.starts_with("\\u")) {
        const auto low = hex4(rest.substr(2));
        if (low && *low >= 0xDC00 && *low < 0xE000) {
            point = 0x10000 + ((*point - 0xD800) << 10) + (*low - 0xDC00);
            at_ += 6;
        }
    }
    const bool lone_surrogate = *point >= 0xD800 && *point < 0xE000;
    append_utf8(content_, lone_surrogate ? 0xFFFD : *point);
}

void PatternReader::skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
        ++at_;
}

char PatternReader::peek() const { return text_[at_]; }

std::string PatternReader::place(size_t offset) const {
    const auto before = text_.substr(0, offset);
    const auto line = std::ranges::count(before, '\n') + 1;
    const auto line_start = before.rfind('\n') == before.npos ? 0 : before.rfind('\n') + 1;
    auto shown = text_.substr(0, shown_source_bytes);
    if (shown.size() < text_.size()) {
        while (!shown.empty() && (static_cast<uint8_t>(text_[shown.size()]) & 0xC0) == 0x80) shown.remove_suffix(1);
    }
    const auto truncated = text_.size() > shown.size()
                               ? fmt::format("[truncated {} chars]", utf16_length(text_) - utf16_length(shown))
                               : std::string();
    return fmt::format("[Source: (String)\"{}\"{}; line: {}, column: {}]", shown, truncated, line,
                       utf16_length(before.substr(line_start)) + 1);
}

std::string PatternReader::end_of_input() const {
    return fmt::format("Unexpected end-of-input: expected close marker for {} (start marker at {})\n at {}",
                       open_.back().object ? "Object" : "Array", place(open_.back().at), place(at_));
}

void PatternReader::unexpected(std::string_view expected) const {
    if (at_ == text_.size()) {
        if (!open_.empty()) throw PatternFault{end_of_input()};
        fail("Unexpected end-of-input");
    }
    const auto c = static_cast<uint8_t>(text_[at_]);
    throw PatternFault{fmt::format("Unexpected character ('{}' (code {})): {}\n at {}", c < 0x80 ? text_[at_] : '?', c,
                                   expected, place(at_ + 1))};
}

}  // namespace cumulet::contracts
