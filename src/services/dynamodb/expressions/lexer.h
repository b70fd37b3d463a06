// The tokens of DynamoDB's expression languages, which all five share.
#pragma once

#include <string_view>
#include <vector>

namespace cumulet::dynamodb {

struct Token {
    enum class Kind {
        identifier,  // a word, which begins with a letter: an attribute's name, a function's, or a keyword
        name,        // #placeholder
        value,       // :placeholder
        number,      // digits
        symbol,      // one or two characters of punctuation, or one character that has no meaning here
        end,
    };
    Kind kind;
    std::string_view text;  ///< as written; "<EOF>" at the end
    size_t begin;           ///< byte offset in the expression

    bool is(std::string_view symbol_text) const { return kind == Kind::symbol && text == symbol_text; }
    /// True for the word `upper`, in any case.
    bool is_word(std::string_view upper) const;
};

/// All tokens of `text`, the last of kind end. Views into `text`.
std::vector<Token> tokenize(std::string_view text);

}  // namespace cumulet::dynamodb
