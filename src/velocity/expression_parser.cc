#include "velocity/expression_parser.h"

#include <charconv>

namespace cumulet::velocity {
namespace {

using Kind = Expression::Kind;

Expression constant(Value value) { return {.kind = Kind::constant, .constant = std::move(value)}; }

class Nested {
  public:
    Nested(Scanner& scanner, int& depth) : depth_(depth) {
        if (++depth_ > max_nesting) scanner.fail("it is nested too deeply");
    }
    ~Nested() { --depth_; }

  private:
    int& depth_;
};

}  // namespace

std::optional<Reference> ExpressionParser::reference() {
    const auto begin = scanner_.position();
    Reference reference;
    scanner_.skip(1);  // '$'
    reference.quiet = scanner_.take("!");
    const bool braced = scanner_.take("{");
    reference.name = scanner_.take_name();
    if (reference.name.empty()) {
        scanner_.go_to(begin);
        return std::nullopt;
    }
    while (access(reference)) {
    }
    if (braced) scanner_.expect("}");
    reference.source = scanner_.between(begin, scanner_.position());
    return reference;
}

bool ExpressionParser::access(Reference& reference) {
    if (scanner_.peek() == '.' && begins_name(scanner_.peek(1))) {
        scanner_.skip(1);
        Access access{.name = scanner_.take_name()};
        if (scanner_.peek() == '(') {
            access.kind = Access::Kind::method;
            access.arguments = arguments();
        }
        reference.accesses.push_back(std::move(access));
        return true;
    }
    if (scanner_.peek() != '[') return false;
    const auto begin = scanner_.position();
    scanner_.skip(1);
    scanner_.skip_spaces();
    Access access{.kind = Access::Kind::index};
    try {
        access.arguments.push_back(primary());
        scanner_.expect("]");
    } catch (const Malformed&) {  // text that happens to follow, such as "$name[x"
        scanner_.go_to(begin);
        return false;
    }
    reference.accesses.push_back(std::move(access));
    return true;
}

std::vector<Expression> ExpressionParser::arguments() {
    std::vector<Expression> arguments;
    scanner_.expect("(");
    scanner_.skip_spaces();
    while (!scanner_.take(")")) {
        if (!arguments.empty()) scanner_.expect(",");
        arguments.push_back(expression());
        scanner_.skip_spaces();
        if (scanner_.at_end()) scanner_.fail("')' is expected");
    }
    return arguments;
}

std::optional<Kind> ExpressionParser::take_operator(std::span<const Operator> operators) {
    scanner_.skip_spaces();
    for (const auto& [token, kind] : operators) {
        const bool word = begins_name(token.front());
        if (word ? scanner_.take_word(token) : scanner_.take(token)) return kind;
    }
    return std::nullopt;
}

Expression ExpressionParser::binary(Expression (ExpressionParser::*operand)(), std::span<const Operator> operators) {
    auto left = (this->*operand)();
    for (int chained = 0; const auto kind = take_operator(operators); ++chained) {
        if (chained > max_nesting) scanner_.fail("an expression has too many operators");
        Expression whole{.kind = *kind};
        whole.children.push_back(std::move(left));
        whole.children.push_back((this->*operand)());
        left = std::move(whole);
    }
    return left;
}

Expression ExpressionParser::disjunction() {
    static constexpr Operator operators[] = {{"||", Kind::disjunction}, {"or", Kind::disjunction}};
    return binary(&ExpressionParser::conjunction, operators);
}

Expression ExpressionParser::conjunction() {
    static constexpr Operator operators[] = {{"&&", Kind::conjunction}, {"and", Kind::conjunction}};
    return binary(&ExpressionParser::equality, operators);
}

Expression ExpressionParser::equality() {
    static constexpr Operator operators[] = {
        {"==", Kind::equal}, {"eq", Kind::equal}, {"!=", Kind::unequal}, {"ne", Kind::unequal}};
    return binary(&ExpressionParser::relation, operators);
}

Expression ExpressionParser::relation() {
    static constexpr Operator operators[] = {
        {"<=", Kind::less_or_equal},    {"le", Kind::less_or_equal}, {">=", Kind::greater_or_equal},
        {"ge", Kind::greater_or_equal}, {"<", Kind::less},           {"lt", Kind::less},
        {">", Kind::greater},           {"gt", Kind::greater}};
    return binary(&ExpressionParser::sum, operators);
}

Expression ExpressionParser::sum() {
    static constexpr Operator operators[] = {{"+", Kind::add}, {"-", Kind::subtract}};
    return binary(&ExpressionParser::product, operators);
}

Expression ExpressionParser::product() {
    static constexpr Operator operators[] = {{"*", Kind::multiply}, {"/", Kind::divide}, {"%", Kind::remainder}};
    return binary(&ExpressionParser::unary, operators);
}

Expression ExpressionParser::unary() {
    const Nested nested(scanner_, depth_);
    scanner_.skip_spaces();
    const bool negated = scanner_.take_word("not") || (scanner_.peek() == '!' && scanner_.take("!"));
    if (!negated) return primary();
    Expression negation{.kind = Kind::negation};
    negation.children.push_back(unary());
    return negation;
}

Expression ExpressionParser::primary() {
    const Nested nested(scanner_, depth_);
    scanner_.skip_spaces();
    switch (scanner_.peek()) {
        case '$': {
            auto found = reference();
            if (!found) scanner_.fail("a reference is expected");
            return {.kind = Kind::reference, .reference = std::move(*found)};
        }
        case '"':
        case '\'': return string();
        case '[': return list_or_range();
        case '{': return map();
        case '(': {
            scanner_.skip(1);
            auto inner = expression();
            scanner_.expect(")");
            return inner;
        }
        default: break;
    }
    if (scanner_.take_word("true")) return constant(true);
    if (scanner_.take_word("false")) return constant(false);
    return number();
}

Expression ExpressionParser::number() {
    const auto rest = scanner_.rest();
    size_t size = rest.starts_with('-') ? 1 : 0;
    const auto digits = [&] {
        const auto before = size;
        while (size < rest.size() && std::isdigit(static_cast<unsigned char>(rest[size]))) ++size;
        return size > before;
    };
    if (!digits()) scanner_.fail("a value is expected");
    bool real = false;
    if (size + 1 < rest.size() && rest[size] == '.' && std::isdigit(static_cast<unsigned char>(rest[size + 1]))) {
        real = true;
        ++size;
        digits();
    }
    if (size < rest.size() && (rest[size] == 'e' || rest[size] == 'E')) {
        const auto before = size++;
        if (size < rest.size() && (rest[size] == '+' || rest[size] == '-')) ++size;
        if (digits()) {
            real = true;
        } else {
            size = before;
        }
    }
    const auto text = rest.substr(0, size);
    int64_t integer = 0;
    double number = 0;
    const bool whole = !real && std::from_chars(text.data(), text.data() + size, integer).ec == std::errc();
    if (!whole) std::from_chars(text.data(), text.data() + size, number);
    scanner_.skip(size);
    return constant(whole ? Value(integer) : Value(number));
}

Expression ExpressionParser::list_or_range() {
    scanner_.skip(1);
    Expression list{.kind = Kind::list};
    scanner_.skip_spaces();
    while (!scanner_.take("]")) {
        if (!list.children.empty()) scanner_.expect(",");
        list.children.push_back(expression());
        scanner_.skip_spaces();
        if (list.children.size() == 1 && scanner_.take("..")) {
            list.kind = Kind::range;
            list.children.push_back(expression());
            scanner_.expect("]");
            return list;
        }
        if (scanner_.at_end()) scanner_.fail("']' is expected");
    }
    return list;
}

Expression ExpressionParser::map() {
    scanner_.skip(1);
    Expression map{.kind = Kind::map};
    scanner_.skip_spaces();
    while (!scanner_.take("}")) {
        if (!map.children.empty()) scanner_.expect(",");
        map.children.push_back(expression());
        scanner_.expect(":");
        map.children.push_back(expression());
        scanner_.skip_spaces();
        if (scanner_.at_end()) scanner_.fail("'}' is expected");
    }
    return map;
}

Expression ExpressionParser::string() {
    const char quote = scanner_.next();
    std::string text;
    while (true) {
        if (scanner_.at_end()) scanner_.fail("a string does not end");
        const char c = scanner_.next();
        if (c != quote) {
            text.push_back(c);
        } else if (scanner_.peek() == quote) {  // doubled: the quote itself
            text.push_back(quote);
            scanner_.skip(1);
        } else {
            break;
        }
    }
    if (quote == '\'' || text.find_first_of("$#") == std::string::npos) return constant(std::move(text));
    return {.kind = Kind::interpolated, .block = parse_interpolated(text, depth_ + 1)};
}

}  // namespace cumulet::velocity
