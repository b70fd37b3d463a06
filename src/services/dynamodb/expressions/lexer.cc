#include "services/dynamodb/expressions/lexer.h"

#include "base/bytes.h"

namespace cumulet::dynamodb {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_part(char c) { return is_letter(c) || is_digit(c) || c == '_'; }

template <typename Test>
size_t run_length(std::string_view text, size_t from, Test test) {
    size_t end = from;
    while (end < text.size() && test(text[end])) ++end;
    return end - from;
}

Token next(std::string_view text, size_t at) {
    using Kind = Token::Kind;
    const char first = text[at];
    if (is_letter(first)) return {Kind::identifier, text.substr(at, run_length(text, at, is_part)), at};
    if (is_digit(first)) return {Kind::number, text.substr(at, run_length(text, at, is_digit)), at};
    if (first == '#' || first == ':') {
        const size_t length = run_length(text, at + 1, is_part);
        const auto kind = length == 0 ? Kind::symbol : first == '#' ? Kind::name : Kind::value;
        return {kind, text.substr(at, length + 1), at};
    }
    const auto pair = text.substr(at, 2);
    if (pair == "<=" || pair == ">=" || pair == "<>") return {Kind::symbol, pair, at};
    // A character of several bytes is one token, so that an error never cuts it.
    const size_t rest = run_length(text, at + 1, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; });
    return {Kind::symbol, text.substr(at, 1 + rest), at};
}

}  // namespace

bool Token::is_word(std::string_view upper) const {
    return kind == Kind::identifier && equal_ignoring_case(text, upper);
}

std::vector<Token> tokenize(std::string_view text) {
    std::vector<Token> tokens;
    tokens.reserve(text.size() / 4 + 2);
    for (size_t at = 0; at < text.size();) {
        if (is_space(text[at])) {
            ++at;
            continue;
        }
        tokens.push_back(next(text, at));
        at += tokens.back().text.size();
    }
    tokens.push_back({Token::Kind::end, "<EOF>", text.size()});
    return tokens;
}

}  // namespace cumulet::dynamodb
