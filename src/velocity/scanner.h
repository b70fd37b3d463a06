// A place in a template's text, and what stands there.
#pragma once

#include "velocity/syntax.h"

namespace cumulet::velocity {

inline bool begins_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }
inline bool continues_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-'; }

class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    bool at_end() const { return at_ >= text_.size(); }
    size_t position() const { return at_; }
    void go_to(size_t position) { at_ = position; }
    void skip(size_t bytes) { at_ += bytes; }
    char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
    char next() { return text_[at_++]; }
    std::string_view rest() const { return text_.substr(at_); }
    std::string_view between(size_t from, size_t until) const { return text_.substr(from, until - from); }

    bool take(std::string_view token) {
        if (!rest().starts_with(token)) return false;
        at_ += token.size();
        return true;
    }
    /// A word that no name's character follows.
    bool take_word(std::string_view word) {
        if (!rest().starts_with(word) || continues_name(peek(word.size()))) return false;
        at_ += word.size();
        return true;
    }
    /// "" if no name stands here.
    std::string take_name() {
        const auto begin = at_;
        if (begins_name(peek()))
            while (continues_name(peek())) ++at_;
        return std::string(text_.substr(begin, at_ - begin));
    }
    void skip_blanks() {
        while (peek() == ' ' || peek() == '\t') ++at_;
    }
    void skip_spaces() {
        while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
    }
    /// What Velocity eats behind a directive: blanks and the end of the line, if nothing else stands there.
    void skip_end_of_line() {
        const auto before = at_;
        skip_blanks();
        if (take("\r\n") || take("\n") || take("\r")) return;
        at_ = before;
    }
    void expect(std::string_view token) {
        skip_spaces();
        if (!take(token)) fail(fmt::format("'{}' is expected", token));
    }
    [[noreturn]] void fail(std::string_view why) const {
        const auto line = 1 + std::ranges::count(text_.substr(0, std::min(at_, text_.size())), '\n');
        throw Malformed{fmt::format("Line {}: {}.", line, why)};
    }

  private:
    std::string_view text_;
    size_t at_ = 0;
};

}  // namespace cumulet::velocity
