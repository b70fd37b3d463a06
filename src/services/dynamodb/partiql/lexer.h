// The tokens of PartiQL, as DynamoDB reads it.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cumulet::dynamodb::partiql {

struct Token {
    enum class Kind {
        identifier,  // a word that is no keyword
        quoted,      // "name"
        keyword,
        text,       // 'characters'
        number,     // digits, perhaps with a point and an exponent; never a sign
        parameter,  // ?
        symbol,     // punctuation, or an operator
        end,
    };
    Kind kind = Kind::end;
    std::string text;  ///< content without quotes; keywords in lower case
    size_t line = 1;
    size_t column = 1;  ///< in characters, from 1
    size_t length = 0;  ///< in characters, as written

    bool is(std::string_view symbol) const { return kind == Kind::symbol && text == symbol; }
    bool is_keyword(std::string_view word) const { return kind == Kind::keyword && text == word; }
    bool is_name() const { return kind == Kind::identifier || kind == Kind::quoted; }
    /// "1:8:3": where the token stands, as DynamoDB's errors say it.
    std::string position() const;
};

/// All tokens of `statement`, the last of kind end. Throws aws::Error (ValidationException) for what is no token.
std::vector<Token> tokenize(std::string_view statement);

/// Throws aws::Error: "Statement wasn't well formed, can't be processed: " and the reason.
[[noreturn]] void malformed(std::string_view reason);

}  // namespace cumulet::dynamodb::partiql
