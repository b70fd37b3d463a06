// References and the expressions between a directive's parentheses.
#pragma once

#include "velocity/scanner.h"

namespace cumulet::velocity {

/// Reads from a scanner that it shares with the parser of templates.
class ExpressionParser {
  public:
    /// `depth`: how many templates in strings stand around this one.
    ExpressionParser(Scanner& scanner, int depth) : scanner_(scanner), depth_(depth) {}

    /// Nothing, and nothing read, if what stands here is no reference: "$5", "$ ".
    std::optional<Reference> reference();
    Expression expression() { return disjunction(); }
    Expression primary();

  private:
    struct Operator {
        std::string_view token;
        Expression::Kind kind;
    };
    Expression disjunction();
    Expression conjunction();
    Expression equality();
    Expression relation();
    Expression sum();
    Expression product();
    Expression unary();
    Expression binary(Expression (ExpressionParser::*operand)(), std::span<const Operator> operators);
    std::optional<Expression::Kind> take_operator(std::span<const Operator> operators);
    Expression number();
    Expression list_or_range();
    Expression map();
    Expression string();
    bool access(Reference& reference);
    std::vector<Expression> arguments();

    Scanner& scanner_;
    int depth_;
};

/// How deep expressions and blocks may nest.
inline constexpr int max_nesting = 64;

/// Reads a template in a string.
Block parse_interpolated(std::string_view text, int depth);

}  // namespace cumulet::velocity
