// Tokens of a pattern's text, with the places that AWS names when it refuses one. AWS reads patterns with the Jackson
// parser, whose places are those after the last token: a string counts with its first quote until its content is asked
// for, a name includes the start of its value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cumulet::contracts {

/// Why a pattern is refused, with the place where that is known: "…\n at [Source: (String)"…"; line: 1, column: 9]".
struct PatternFault {
    std::string text;
};

class PatternReader {
  public:
    enum class Token {
        object_start,
        object_end,
        array_start,
        array_end,
        name,
        string,
        number,
        literal,  ///< true, false, null
        end,
    };

    explicit PatternReader(std::string_view text) : text_(text) {}

    /// The next token. Throws PatternFault where the text is not JSON.
    Token next();
    Token token() const { return token_; }
    /// A name or a string without its quotes and escapes; any other token as it stands in the pattern.
    const std::string& content();
    size_t depth() const { return open_.size(); }

    /// Throws PatternFault with the present place.
    [[noreturn]] void fail(std::string_view reason) const;

  private:
    struct Open {
        bool object;
        size_t at;  // of the place after its first character
    };

    Token read();
    Token read_value();
    Token read_name();
    Token open(bool object);
    Token close(bool object);
    Token read_number();
    Token read_literal();
    void finish_string();
    void append_escape();
    void skip_space();
    char peek() const;
    std::string place(size_t offset) const;
    std::string end_of_input() const;
    [[noreturn]] void unexpected(std::string_view expected) const;

    std::string_view text_;
    size_t at_ = 0;
    Token token_ = Token::end;
    std::optional<Token> value_of_name_;  // read already, as the parser does with a name
    std::string content_;
    std::string name_;
    bool unfinished_string_ = false;
    bool first_in_container_ = true;
    std::vector<Open> open_;
};

}  // namespace cumulet::contracts
