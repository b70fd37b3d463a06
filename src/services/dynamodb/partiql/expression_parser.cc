#include "services/dynamodb/partiql/expression_parser.h"

#include "base/bytes.h"
#include "contracts/error.h"
#include "services/dynamodb/partiql/keywords.h"

namespace cumulet::dynamodb::partiql {

namespace {

using Kind = Expression::Kind;

/// Operators that are words: none of them begins a term.
bool is_word_operator(const Token& token) {
    for (const auto word : {"and", "or", "is", "in", "like", "between"}) {
        if (token.is_keyword(word)) return true;
    }
    return false;
}

bool is_operator_symbol(const Token& token) {
    constexpr std::string_view operators[] = {"=", "<>", "!=", "<", "<=", ">", ">=", "+", "-", "/", "%", "||", "@"};
    return token.kind == Token::Kind::symbol && std::ranges::find(operators, token.text) != std::end(operators);
}

/// Functions whose names are keywords.
bool is_function_keyword(const Token& token) {
    for (const auto word : {"exists", "size", "count", "avg", "max", "min", "sum", "upper", "lower", "char_length",
                            "character_length", "coalesce", "nullif", "bit_length", "octet_length"}) {
        if (token.is_keyword(word)) return true;
    }
    return false;
}

Expression negated(Expression inner, const Token& token) {
    Expression negation{.kind = Kind::operation, .token = token, .name = "not"};
    negation.children.push_back(std::move(inner));
    return negation;
}

}  // namespace

class ExpressionParser::Depth {
  public:
    explicit Depth(ExpressionParser& parser) : parser_(parser) {
        // Unverified: the words. A statement of 8 KB nests deeper only on purpose.
        if (++parser_.depth_ > max_depth) malformed("The statement is nested too deeply");
    }
    ~Depth() { --parser_.depth_; }
    Depth(const Depth&) = delete;

  private:
    ExpressionParser& parser_;
};

Token ExpressionParser::take() {
    Token token = peek();
    if (token.kind != Token::Kind::end) ++at_;
    return token;
}

bool ExpressionParser::accept(std::string_view symbol) {
    if (!peek().is(symbol)) return false;
    ++at_;
    return true;
}

bool ExpressionParser::accept_keyword(std::string_view word) {
    if (!peek().is_keyword(word)) return false;
    ++at_;
    return true;
}

void ExpressionParser::expect(std::string_view symbol, std::string_view name) {
    if (!accept(symbol)) malformed(fmt::format("Expected {}", name));
}

void ExpressionParser::expect_keyword(std::string_view word) {
    // Unverified: the words.
    if (!accept_keyword(word)) malformed(fmt::format("Expected {}", word));
}

bool ExpressionParser::at_end() const {
    return peek().kind == Token::Kind::end || (peek().is(";") && peek(1).kind == Token::Kind::end);
}

int ExpressionParser::precedence_here() const {
    const Token& token = peek().is_keyword("not") ? peek(1) : peek();
    const bool behind_not = peek().is_keyword("not");
    if (token.is_keyword("in")) return equity;
    if (token.is_keyword("between") || token.is_keyword("like")) return order;
    if (behind_not) return anything;
    if (token.is_keyword("or")) return disjunction;
    if (token.is_keyword("and")) return conjunction;
    if (token.is_keyword("is") || token.is("=") || token.is("<>") || token.is("!=")) return equity;
    if (token.is("<") || token.is("<=") || token.is(">") || token.is(">=")) return order;
    if (token.is("+") || token.is("-") || token.is("||")) return sum;
    if (token.is("*") || token.is("/") || token.is("%")) return sum + 10;
    return anything;
}

Expression ExpressionParser::parse_expression(int surroundings) {
    const Depth depth(*this);
    Expression expression = parse_prefixed();
    for (int precedence = precedence_here(); precedence > surroundings; precedence = precedence_here()) {
        expression = parse_operation(std::move(expression), precedence);
    }
    return expression;
}

Expression ExpressionParser::parse_operation(Expression left, int precedence) {
    const Token not_token = peek();
    const bool negation_before = accept_keyword("not");
    Token token = take();
    const auto right = [&] {
        if (at_end()) malformed("Missing right-hand side expression of infix operator");
        return parse_expression(precedence);
    };
    if (token.is_keyword("is")) return parse_type_test(std::move(left));

    Expression operation{.kind = Kind::operation, .token = token, .name = token.text == "!=" ? "<>" : token.text};
    operation.children.push_back(std::move(left));
    if (token.is_keyword("between")) {
        operation.kind = Kind::between;
        operation.children.push_back(right());
        expect_keyword("and");
        if (at_end()) malformed("Expected expression after AND");
        operation.children.push_back(parse_expression(precedence));
    } else if (token.is_keyword("in") && peek().is("(") && !peek(1).is_keyword("select")) {
        Expression list{.kind = Kind::list, .token = take()};
        parse_elements(list, ")", "RIGHT_PAREN");
        operation.children.push_back(std::move(list));
    } else {
        operation.children.push_back(right());
    }
    return negation_before ? negated(std::move(operation), not_token) : operation;
}

Expression ExpressionParser::parse_type_test(Expression operand) {
    const Token not_token = peek();
    const bool negation_before = accept_keyword("not");
    const auto name = to_lower(peek().text);
    const bool word = peek().kind == Token::Kind::keyword || peek().kind == Token::Kind::identifier;
    if (!word || !is_type_name(name)) malformed("Expected type name");
    Expression test{.kind = Kind::type_test, .token = take(), .name = name};
    if (name == "double") accept_keyword("precision");
    if (name == "character") accept_keyword("varying");
    test.children.push_back(std::move(operand));
    return negation_before ? negated(std::move(test), not_token) : test;
}

Expression ExpressionParser::parse_prefixed() {
    const Depth depth(*this);
    const Token token = peek();
    if (accept_keyword("not")) return negated(parse_expression(negation), token);
    if (!token.is("-") && !token.is("+")) return parse_term();
    take();
    Expression operand = parse_prefixed();
    if (operand.kind == Kind::number) {
        if (token.is("-")) {
            const bool was_negative = operand.name.starts_with('-');
            operand.name = was_negative ? operand.name.substr(1) : "-" + operand.name;
        }
        return operand;
    }
    Expression operation{.kind = Kind::operation, .token = token, .name = token.text};
    operation.children.push_back(std::move(operand));
    return operation;
}

Expression ExpressionParser::parse_term() {
    const Token token = peek();
    switch (token.kind) {
        case Token::Kind::identifier:
        case Token::Kind::quoted: {
            if (peek(1).is("(")) return parse_call();
            take();
            Expression path{.kind = Kind::path, .token = token, .path = {Step{.name = token.text}}};
            parse_steps(path, false);
            return path;
        }
        case Token::Kind::keyword: return parse_keyword_term();
        case Token::Kind::text: return {.kind = Kind::text, .token = take(), .name = token.text};
        case Token::Kind::number: return {.kind = Kind::number, .token = take(), .name = token.text};
        case Token::Kind::parameter: return {.kind = Kind::parameter, .token = take(), .parameter = parameters_++};
        case Token::Kind::symbol: break;
        case Token::Kind::end: malformed("Unexpected term");
    }
    if (token.is("(")) return parse_group();
    if (token.is("{")) return parse_structure();
    if (token.is("[")) {
        Expression list{.kind = Kind::list, .token = take()};
        parse_elements(list, "]", "RIGHT_BRACKET");
        return list;
    }
    if (token.is("<<")) {
        Expression bag{.kind = Kind::bag, .token = take()};
        parse_elements(bag, ">>", "RIGHT_DOUBLE_ANGLE_BRACKET");
        return bag;
    }
    malformed(is_operator_symbol(token) ? "Unexpected operator" : "Unexpected term");
}

Expression ExpressionParser::parse_keyword_term() {
    const Token token = peek();
    if (is_word_operator(token)) malformed("Unexpected operator");
    for (const auto word : {"select", "insert", "update", "delete", "from", "set", "remove"}) {
        if (token.is_keyword(word)) return parse_statement();
    }
    if (is_function_keyword(token) && peek(1).is("(")) return parse_call();
    if (token.is_keyword("true") || token.is_keyword("false")) {
        return {.kind = Kind::boolean, .token = take(), .name = token.text};
    }
    if (token.is_keyword("null")) return {.kind = Kind::null, .token = take()};
    if (token.is_keyword("missing")) return {.kind = Kind::missing, .token = take()};
    malformed("Unexpected keyword");
}

Expression ExpressionParser::parse_call() {
    Expression call{.kind = Kind::call, .token = take()};
    call.name = to_lower(call.token.text);
    take();
    parse_elements(call, ")", "RIGHT_PAREN");
    return call;
}

Expression ExpressionParser::parse_group() {
    Expression group{.kind = Kind::list, .token = take()};
    parse_elements(group, ")", "RIGHT_PAREN");
    if (group.children.empty()) malformed("Expression group cannot be empty");
    if (group.children.size() > 1) return group;
    Expression inner = std::move(group.children[0]);
    return inner;
}

Expression ExpressionParser::parse_structure() {
    Expression structure{.kind = Kind::structure, .token = take()};
    if (accept("}")) return structure;
    do {
        structure.children.push_back(parse_expression());
        expect(":", "COLON");
        structure.children.push_back(parse_expression());
    } while (accept(","));
    expect("}", "RIGHT_CURLY");
    return structure;
}

void ExpressionParser::parse_elements(Expression& collection, std::string_view closing, std::string_view closing_name) {
    if (accept(closing)) return;
    do collection.children.push_back(parse_expression());
    while (accept(","));
    expect(closing, closing_name);
}

Expression ExpressionParser::parse_simple_path() {
    if (!peek().is_name()) malformed("Expected identifier for simple path");
    Expression path{.kind = Kind::path, .token = take()};
    path.path.push_back({.name = path.token.text});
    parse_steps(path, true);
    return path;
}

void ExpressionParser::parse_steps(Expression& path, bool simple) {
    while (true) {
        if (accept(".")) {
            if (peek().is("*")) {
                if (simple) malformed("Invalid path dot component for simple path");
                throw aws::validation_error("Unpivot path component like a.*.b are not supported");
            }
            if (!peek().is_name()) malformed("Invalid path dot component");
            path.path.push_back({.name = take().text});
        } else if (accept("[")) {
            if (peek().is("*")) {
                throw aws::validation_error("Wildcard path component like a[*].b are not supported");
            }
            const Token index = take();
            const bool is_index =
                index.kind == Token::Kind::number && index.text.find_first_not_of("0123456789") == std::string::npos;
            if (!is_index && index.kind != Token::Kind::text) malformed("Invalid path component for simple path");
            if (is_index && index.text.size() > 9) {
                throw aws::validation_error(
                    fmt::format("List index is not within the allowable range; index: [{}]", index.text));
            }
            path.path.push_back(is_index ? Step{.index = std::stoll(index.text)} : Step{.name = index.text});
            expect("]", "RIGHT_BRACKET");
        } else {
            return;
        }
    }
}

}  // namespace cumulet::dynamodb::partiql
