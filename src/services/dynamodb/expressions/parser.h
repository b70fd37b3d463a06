// Reads DynamoDB's expressions. `parameter` is the request's member, for the words of errors ("FilterExpression").
// Every reader throws aws::Error (ValidationException) in DynamoDB's words: syntax errors at once, others after the
// whole expression was read, the gravest first, as DynamoDB does.
#pragma once

#include <array>
#include <string_view>

#include "services/dynamodb/expressions/expression.h"
#include "services/dynamodb/expressions/lexer.h"
#include "services/dynamodb/expressions/placeholders.h"

namespace cumulet::dynamodb {

/// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
/// ConditionExpression, FilterExpression and KeyConditionExpression.
Condition parse_condition(std::string_view parameter, std::string_view text, Placeholders& placeholders);
/// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
Update parse_update(std::string_view text, Placeholders& placeholders);
/// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ProjectionExpressions.html
std::vector<Path> parse_projection(std::string_view text, Placeholders& placeholders);

/// True for a word that may stand in an expression only behind a #placeholder.
bool is_reserved_word(std::string_view word);

/// What the readers share: tokens, paths, placeholders, and problems gathered by gravity.
class Parser {
  public:
    static constexpr size_t max_expression_bytes = 4096;
    static constexpr size_t max_operators = 300;
    static constexpr size_t max_depth = 200;
    static constexpr size_t max_in_operands = 100;

    Parser(std::string_view parameter, std::string_view text, Placeholders& placeholders);

  protected:
    enum class Problem {
        parentheses,
        unknown_function,
        misused_function,
        reserved_word,
        section,
        undefined_name,
        undefined_value,
        condition,  // the first of the next ones in the first condition that has one
        path_overlap,
        path_conflict,
        operand_count,
        not_distinct,
        operand_type,
        function,
        count_,
    };
    /// Keeps the first problem of each kind.
    void note(Problem problem, std::string text);
    std::string& problem(Problem kind) { return problems_[static_cast<size_t>(kind)]; }
    /// Throws the first of `order` that was noted.
    void throw_first(std::initializer_list<Problem> order);
    [[noreturn]] void refuse(std::string_view message) const;
    [[noreturn]] void syntax_error() const;

    const Token& peek(size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
    Token take();
    bool accept(std::string_view symbol);
    void expect(std::string_view symbol);
    void expect_end();

    Path parse_path();
    AttributeView parse_value();
    /// How many tokens ahead the ')' of the '(' here is; 0 if it has none.
    size_t closing_ahead() const { return closing_[at_] == 0 ? 0 : closing_[at_] - at_; }
    /// Notes a problem if the group of '(' at the current token holds nothing but another group.
    void check_parentheses();
    void count_operator();
    /// Adds to the paths of this expression; notes an overlap or a conflict with an earlier one.
    void add_path(const Path& path);

    /// Guards recursion.
    class Depth {
      public:
        explicit Depth(Parser& parser) : parser_(parser) {
            if (++parser_.depth_ > max_depth) parser_.refuse("The expression has redundant parentheses;");
        }
        ~Depth() { --parser_.depth_; }
        Depth(const Depth&) = delete;

      private:
        Parser& parser_;
    };

  private:
    std::string parse_name();

    std::string_view parameter_;
    std::string_view text_;
    Placeholders& placeholders_;
    std::vector<Token> tokens_;
    std::vector<size_t> closing_;  // of each '(', the index of its ')'
    size_t at_ = 0;
    size_t depth_ = 0;
    size_t operators_ = 0;
    std::array<std::string, static_cast<size_t>(Problem::count_)> problems_;
    PathSet paths_;
};

}  // namespace cumulet::dynamodb
