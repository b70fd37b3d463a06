#include "services/dynamodb/partiql/lexer.h"

#include "base/bytes.h"
#include "contracts/error.h"
#include "services/dynamodb/partiql/keywords.h"

namespace cumulet::dynamodb::partiql {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

class Lexer {
  public:
    explicit Lexer(std::string_view statement) : rest_(statement) {}

    std::vector<Token> all() {
        std::vector<Token> tokens;
        do tokens.push_back(next());
        while (tokens.back().kind != Token::Kind::end);
        return tokens;
    }

  private:
    char peek(size_t ahead = 0) const { return ahead < rest_.size() ? rest_[ahead] : '\0'; }

    /// Takes `bytes` and counts lines and characters.
    std::string_view take(size_t bytes) {
        const auto taken = rest_.substr(0, bytes);
        for (const char c : taken) {
            if (c == '\n') {
                ++line_;
                column_ = 1;
            } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
                ++column_;
            }
        }
        rest_.remove_prefix(taken.size());
        return taken;
    }

    void skip_blanks() {
        while (!rest_.empty()) {
            if (is_space(peek())) {
                take(1);
            } else if (rest_.starts_with("--")) {
                take(std::min(rest_.find('\n'), rest_.size()));
            } else if (rest_.starts_with("/*")) {
                const auto end = rest_.find("*/", 2);
                if (end == std::string_view::npos) malformed("");
                take(end + 2);
            } else {
                return;
            }
        }
    }

    Token next() {
        skip_blanks();
        Token token{.line = line_, .column = column_};
        if (rest_.empty()) return token;
        const auto before = rest_;
        const char first = peek();
        if (is_letter(first))
            read_word(token);
        else if (is_digit(first) || (first == '.' && is_digit(peek(1))))
            read_number(token);
        else if (first == '\'' || first == '"')
            read_quoted(token, first);
        else
            read_symbol(token);
        token.length = utf8_length(before.substr(0, before.size() - rest_.size()));
        return token;
    }

    void read_word(Token& token) {
        size_t length = 1;
        while (is_letter(peek(length)) || is_digit(peek(length))) ++length;
        const auto word = take(length);
        auto lower = to_lower(word);
        const bool keyword = is_keyword(lower);
        token.kind = keyword ? Token::Kind::keyword : Token::Kind::identifier;
        token.text = keyword ? std::move(lower) : std::string(word);
    }

    void read_number(Token& token) {
        size_t length = 0;
        const auto digits = [&] {
            while (is_digit(peek(length))) ++length;
        };
        digits();
        if (peek(length) == '.') {
            ++length;
            digits();
        }
        if (peek(length) == 'e' || peek(length) == 'E') {
            const size_t sign = peek(length + 1) == '+' || peek(length + 1) == '-' ? 1 : 0;
            if (is_digit(peek(length + 1 + sign))) {
                length += 1 + sign;
                digits();
            }
        }
        token.kind = Token::Kind::number;
        token.text = take(length);
        if (!has_scale(token.text)) malformed("");
    }

    /// DynamoDB reads a number as Java's BigDecimal does, whose scale is an integer of 32 bits.
    static bool has_scale(std::string_view number) {
        const auto mark = number.find_first_of("eE");
        if (mark == std::string_view::npos) return true;
        auto digits = number.substr(mark + 1);
        const bool negative = digits.starts_with('-');
        if (negative || digits.starts_with('+')) digits.remove_prefix(1);
        digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
        if (digits.size() > 10) return false;
        const int64_t magnitude = digits.empty() ? 0 : std::stoll(std::string(digits));
        const auto point = number.find('.');
        const auto decimals = point == std::string_view::npos ? 0 : static_cast<int64_t>(mark - point - 1);
        const int64_t exponent = negative ? -magnitude : magnitude;
        return std::abs(exponent) <= INT32_MAX && decimals - exponent <= INT32_MAX;
    }

    void read_quoted(Token& token, char quote) {
        token.kind = quote == '\'' ? Token::Kind::text : Token::Kind::quoted;
        take(1);
        while (true) {
            const auto end = rest_.find(quote);
            if (end == std::string_view::npos) malformed("");
            token.text += take(end);
            take(1);
            if (peek() != quote) return;
            token.text += take(1);  // doubled: the quote itself
        }
    }

    void read_symbol(Token& token) {
        constexpr std::string_view pairs[] = {"<<", ">>", "<=", ">=", "<>", "!=", "||"};
        constexpr std::string_view singles = "()[]{},.:;*=<>+-/%@";
        if (peek() == '?') {
            token.kind = Token::Kind::parameter;
            token.text = take(1);
            return;
        }
        token.kind = Token::Kind::symbol;
        if (std::ranges::find(pairs, rest_.substr(0, 2)) != std::end(pairs))
            token.text = take(2);
        else if (singles.find(peek()) != std::string_view::npos)
            token.text = take(1);
        else
            malformed("");
    }

    std::string_view rest_;
    size_t line_ = 1;
    size_t column_ = 1;
};

}  // namespace

std::string Token::position() const { return fmt::format("{}:{}:{}", line, column, length); }

std::vector<Token> tokenize(std::string_view statement) { return Lexer(statement).all(); }

void malformed(std::string_view reason) {
    throw aws::validation_error(fmt::format("Statement wasn't well formed, can't be processed: {}", reason));
}

}  // namespace cumulet::dynamodb::partiql
