// The half of the parser that reads expressions; statements stand inside expressions and hold some themselves.
#pragma once

#include "services/dynamodb/partiql/statement.h"

namespace cumulet::dynamodb::partiql {

class ExpressionParser {
  public:
    explicit ExpressionParser(std::string_view text) : tokens_(tokenize(text)) {}
    virtual ~ExpressionParser() = default;

  protected:
    static constexpr size_t max_depth = 100;

    /// How strongly operators bind; an expression ends before one that binds no stronger than its surroundings.
    enum Precedence {
        anything = 0,
        disjunction = 10,
        conjunction = 20,
        negation = 30,
        equity = 40,
        order = 50,
        sum = 60
    };

    Expression parse_expression(int surroundings = anything);
    /// A path of names and indexes, as targets and tables are.
    Expression parse_simple_path();
    /// A statement inside an expression, at its keyword.
    virtual Expression parse_statement() = 0;

    const Token& peek(size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
    Token take();
    bool accept(std::string_view symbol);
    bool accept_keyword(std::string_view word);
    void expect(std::string_view symbol, std::string_view name);
    void expect_keyword(std::string_view word);
    /// True where nothing follows but a semicolon.
    bool at_end() const;
    size_t parameters() const { return parameters_; }

  private:
    class Depth;

    Expression parse_prefixed();
    Expression parse_term();
    Expression parse_keyword_term();
    Expression parse_call();
    Expression parse_group();
    Expression parse_structure();
    void parse_elements(Expression& collection, std::string_view closing, std::string_view closing_name);
    Expression parse_operation(Expression left, int precedence);
    Expression parse_type_test(Expression operand);
    void parse_steps(Expression& path, bool simple);
    int precedence_here() const;

    std::vector<Token> tokens_;
    size_t at_ = 0;
    size_t depth_ = 0;
    size_t parameters_ = 0;
};

}  // namespace cumulet::dynamodb::partiql
