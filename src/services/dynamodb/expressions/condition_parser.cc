#include "contracts/error.h"
#include "services/dynamodb/expressions/operands.h"
#include "services/dynamodb/expressions/parser.h"

namespace cumulet::dynamodb {

namespace {

using Kind = Condition::Kind;

constexpr std::pair<std::string_view, Comparator> comparators[] = {
    {"=", Comparator::equal},          {"<>", Comparator::not_equal}, {"<", Comparator::less},
    {"<=", Comparator::less_or_equal}, {">", Comparator::greater},    {">=", Comparator::greater_or_equal},
};

bool is_keyword(const Token& token) {
    for (const std::string_view word : {"AND", "OR", "NOT", "IN", "BETWEEN"}) {
        if (token.is_word(word)) return true;
    }
    return false;
}

class ConditionParser : Parser {
  public:
    using Parser::Parser;

    Condition parse() {
        Condition condition = parse_any();
        expect_end();
        throw_first({Problem::parentheses, Problem::unknown_function, Problem::misused_function, Problem::reserved_word,
                     Problem::condition});
        return condition;
    }

  private:
    Condition parse_any() { return parse_chain(Kind::any, "OR", &ConditionParser::parse_all); }
    Condition parse_all() { return parse_chain(Kind::all, "AND", &ConditionParser::parse_not); }

    Condition parse_chain(Kind kind, std::string_view word, Condition (ConditionParser::*part)()) {
        Condition first = (this->*part)();
        if (!peek().is_word(word)) return first;
        Condition chain{.kind = kind};
        chain.parts.push_back(std::move(first));
        while (peek().is_word(word)) {
            take();
            count_operator();
            chain.parts.push_back((this->*part)());
        }
        return chain;
    }

    Condition parse_not() {
        const Depth depth(*this);
        if (!peek().is_word("NOT")) return parse_primary();
        take();
        count_operator();
        Condition negation{.kind = Kind::negation};
        negation.parts.push_back(parse_not());
        return negation;
    }

    Condition parse_primary() {
        if (peek().is("(") && !operand_in_parentheses()) {
            check_parentheses();
            take();
            Condition inner = parse_any();
            expect(")");
            return inner;
        }
        Condition condition = parse_simple();
        settle();
        return condition;
    }

    /// The gravest problem of the first condition that has one is what the caller hears.
    void settle() {
        for (const auto kind : {Problem::undefined_name, Problem::undefined_value, Problem::operand_count,
                                Problem::not_distinct, Problem::function}) {
            if (!problem(kind).empty()) note(Problem::condition, problem(kind));
        }
    }

    /// Looks ahead whether the '(' here encloses an operand and not a condition: "(a.b) = :v", "(size(a)) > :v".
    bool operand_in_parentheses() const {
        const size_t closing = closing_ahead();
        if (closing == 0 || !is_operator(peek(closing + 1))) return false;
        for (size_t ahead = 1; ahead < closing; ++ahead) {
            if (is_operator(peek(ahead)) || is_keyword(peek(ahead))) return false;
        }
        return true;
    }

    /// True for what stands behind the first operand of a condition.
    static bool is_operator(const Token& token) {
        return is_comparator(token) || token.is_word("BETWEEN") || token.is_word("IN");
    }

    static bool is_comparator(const Token& token) {
        for (const auto& [symbol, comparator] : comparators) {
            if (token.is(symbol)) return true;
        }
        return false;
    }

    Condition parse_simple() {
        if (at_function()) {
            std::string_view name;
            Condition call = parse_call(name);
            if (!is_operator(peek())) {
                if (call.kind == Kind::misused && name == "size") note_misuse(name);
                return call;
            }
            return parse_operators(operand_of(std::move(call), name));
        }
        return parse_operators(parse_operand());
    }

    Condition parse_operators(Operand first) {
        Condition condition;
        condition.operands.push_back(std::move(first));
        const Token token = peek();
        if (token.is_word("BETWEEN")) {
            take();
            count_operator();
            condition.kind = Kind::between;
            condition.operands.push_back(parse_operand());
            if (!peek().is_word("AND")) syntax_error();
            take();
            condition.operands.push_back(parse_operand());
            note(Problem::function, between_problem(condition.operands));
            return condition;
        }
        if (token.is_word("IN")) {
            take();
            count_operator();
            condition.kind = Kind::in;
            expect("(");
            do condition.operands.push_back(parse_operand());
            while (accept(","));
            expect(")");
            if (condition.operands.size() - 1 > max_in_operands) {
                note(Problem::operand_count,
                     fmt::format("The IN operator is provided with too many operands; number of operands: {}",
                                 condition.operands.size() - 1));
            }
            return condition;
        }
        condition.kind = Kind::comparison;
        for (const auto& [symbol, comparator] : comparators) {
            if (!token.is(symbol)) continue;
            take();
            count_operator();
            condition.comparator = comparator;
            condition.operands.push_back(parse_operand());
            note(Problem::not_distinct, distinct_problem(symbol, condition.operands));
            if (comparator != Comparator::equal && comparator != Comparator::not_equal) {
                note(Problem::function, order_problem(symbol, condition.operands));
            }
            return condition;
        }
        syntax_error();
    }

    bool at_function() const {
        return peek().kind == Token::Kind::identifier && !is_keyword(peek()) && peek(1).is("(");
    }

    Operand parse_operand() {
        const Depth depth(*this);
        if (peek().is("(")) {
            check_parentheses();
            take();
            Operand operand = parse_operand();
            expect(")");
            return operand;
        }
        if (peek().kind == Token::Kind::value) return {.kind = Operand::Kind::value, .value = parse_value()};
        if (at_function()) {
            std::string_view name;
            Condition call = parse_call(name);
            return operand_of(std::move(call), name);
        }
        if (is_keyword(peek())) syntax_error();
        return {.kind = Operand::Kind::path, .path = parse_path()};
    }

    /// A function where an operand stands: only size gives a value.
    Operand operand_of(Condition call, std::string_view name) {
        if (name != "size") note_misuse(name);
        return {.kind = Operand::Kind::size, .arguments = std::move(call.operands)};
    }

    void note_misuse(std::string_view name) {
        note(Problem::misused_function,
             fmt::format("The function is not allowed to be used this way in an expression; function: {}", name));
    }

    Condition parse_call(std::string_view& name) {
        name = take().text;
        count_operator();
        expect("(");
        Condition call;
        do call.operands.push_back(parse_operand());
        while (accept(","));
        expect(")");
        const auto* function = condition_function(name);
        if (!function) {
            const bool updates = name == "if_not_exists" || name == "list_append";
            note(
                Problem::unknown_function,
                fmt::format("{}; function: {}",
                            updates ? "The function is not allowed in a condition expression" : "Invalid function name",
                            name));
            return call;
        }
        call.kind = function->kind;
        if (auto problem = operand_count_problem(*function, call.operands.size()); !problem.empty()) {
            note(Problem::operand_count, std::move(problem));
            return call;
        }
        note(Problem::not_distinct, distinct_problem(name, call.operands));
        note(Problem::function, call_problem(*function, call.operands));
        return call;
    }
};

}  // namespace

Condition parse_condition(std::string_view parameter, std::string_view text, Placeholders& placeholders) {
    return ConditionParser(parameter, text, placeholders).parse();
}

}  // namespace cumulet::dynamodb
