#include "services/dynamodb/partiql/conditions.h"

#include "base/text.h"
#include "contracts/error.h"
#include "services/dynamodb/expressions/operands.h"

namespace cumulet::dynamodb::partiql {

namespace {

using Kind = Expression::Kind;
using To = Condition::Kind;

[[noreturn]] void refuse(std::string message) { throw aws::validation_error(std::move(message)); }
void require_none(std::string problem) {
    if (!problem.empty()) refuse(std::move(problem));
}

constexpr std::pair<std::string_view, Comparator> comparators[] = {
    {"=", Comparator::equal},          {"<>", Comparator::not_equal}, {"<", Comparator::less},
    {"<=", Comparator::less_or_equal}, {">", Comparator::greater},    {">=", Comparator::greater_or_equal},
};

/// The types that IS knows, by their names.
constexpr std::pair<std::string_view, AttributeType> types[] = {
    {"null", AttributeType::NULL_}, {"bool", AttributeType::BOOL}, {"boolean", AttributeType::BOOL},
    {"blob", AttributeType::B},     {"string", AttributeType::S},  {"numeric", AttributeType::N},
    {"struct", AttributeType::M},   {"tuple", AttributeType::M},   {"list", AttributeType::L},
};

/// A function that is a condition by itself, and not a value.
bool is_condition_call(const Expression& expression) {
    if (expression.kind != Kind::call) return false;
    const auto* function = condition_function(expression.name);
    return function && function->kind != To::misused;
}

class Reader {
  public:
    explicit Reader(Values& values) : values_(values) {}

    Condition read(const Expression& expression) {
        switch (expression.kind) {
            case Kind::call: return read_call(expression);
            case Kind::between: return read_between(expression);
            case Kind::type_test: return read_type_test(expression);
            case Kind::operation: break;
            default: refuse("WHERE clause must contain an expression that resolves to a boolean");
        }
        if (expression.name == "and" || expression.name == "or") return read_chain(expression);
        if (expression.name == "not") return read_negation(expression);
        if (expression.name == "in") return read_in(expression);
        return read_comparison(expression);
    }

  private:
    static bool is_condition(const Expression& expression) {
        return expression.kind == Kind::operation || expression.kind == Kind::between ||
               expression.kind == Kind::type_test || expression.kind == Kind::call;
    }

    Condition read_chain(const Expression& expression) {
        Condition chain{.kind = expression.name == "and" ? To::all : To::any};
        for (const auto& child : expression.children) {
            if (!is_condition(child)) refuse("The arguments to AND/OR must be Expressions");
            Condition part = read(child);
            if (part.kind == chain.kind)
                std::ranges::move(part.parts, std::back_inserter(chain.parts));
            else
                chain.parts.push_back(std::move(part));
        }
        return chain;
    }

    Condition read_negation(const Expression& expression) {
        if (!is_condition(expression.children[0])) refuse("The argument to NOT must be a Type or Expression");
        Condition negation{.kind = To::negation};
        negation.parts.push_back(read(expression.children[0]));
        return negation;
    }

    Condition read_comparison(const Expression& expression) {
        const auto* comparator = std::ranges::find(comparators, std::string_view(expression.name),
                                                   &std::pair<std::string_view, Comparator>::first);
        if (comparator == std::end(comparators) || expression.children.size() != 2) {
            refuse(fmt::format("Unsupported operator in Condition Expression. Operator: {}", expression.name));
        }
        for (size_t index = 0; index < 2; ++index) {
            if (is_condition_call(expression.children[index])) {
                return read_truth(expression.children[index], expression.children[1 - index], comparator->second);
            }
        }
        Condition condition{.kind = To::comparison, .comparator = comparator->second};
        for (const auto& child : expression.children) condition.operands.push_back(operand_of(child));
        require_none(distinct_problem(expression.name, condition.operands));
        if (comparator->second != Comparator::equal && comparator->second != Comparator::not_equal) {
            require_none(order_problem(expression.name, condition.operands));
        }
        return condition;
    }

    /// "attribute_exists(a) = true": a condition compared with what it may be.
    Condition read_truth(const Expression& call, const Expression& truth, Comparator comparator) {
        if (truth.kind != Kind::boolean || (comparator != Comparator::equal && comparator != Comparator::not_equal)) {
            refuse(fmt::format("The function is not allowed to be used this way in an expression; function: {}",
                               call.name));
        }
        Condition condition = read_call(call);
        if ((truth.name == "true") == (comparator == Comparator::equal)) return condition;
        Condition negation{.kind = To::negation};
        negation.parts.push_back(std::move(condition));
        return negation;
    }

    Condition read_in(const Expression& expression) {
        constexpr auto words =
            "IN operator must have a left hand argument of type Variable Reference and right hand argument of type Seq "
            "with at least one member";
        const auto& list = expression.children[1];
        Condition condition{.kind = To::in};
        condition.operands.push_back(operand_of(expression.children[0]));
        if (condition.operands[0].kind == Operand::Kind::value) refuse(words);
        if (list.kind == Kind::list || list.kind == Kind::bag) {
            for (const auto& child : list.children) condition.operands.push_back(operand_of(child));
        } else if (list.kind == Kind::parameter && values_.value_of(list).is(AttributeType::L)) {
            for (const auto element : values_.value_of(list).elements()) {
                condition.operands.push_back({.kind = Operand::Kind::value, .value = element});
            }
        }
        if (condition.operands.size() < 2) refuse(words);
        if (condition.operands.size() > 101) {
            refuse(fmt::format("The IN operator is provided with too many operands; number of operands: {}",
                               condition.operands.size() - 1));
        }
        return condition;
    }

    Condition read_between(const Expression& expression) {
        Condition condition{.kind = To::between};
        for (const auto& child : expression.children) condition.operands.push_back(operand_of(child));
        require_none(between_problem(condition.operands));
        return condition;
    }

    Condition read_type_test(const Expression& expression) {
        const auto& subject = expression.children[0];
        if (subject.kind != Kind::path && !Values::is_value(subject)) {
            refuse("The left hand side argument to IS must be a Variable Reference, Literal, or Path");
        }
        Condition condition{.kind = To::attribute_not_exists};
        condition.operands.push_back(operand_of(subject));
        if (expression.name == "missing") return condition;
        const auto* type = std::ranges::find(types, std::string_view(expression.name),
                                             &std::pair<std::string_view, AttributeType>::first);
        if (type == std::end(types)) {
            refuse(
                fmt::format("Unsupported data type for IS operator: {}. Supported data types are [MISSING, NULL, "
                            "BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST]",
                            to_upper(expression.name)));
        }
        condition.kind = To::attribute_type;
        Expression name{.kind = Kind::text, .token = expression.token, .name = std::string(name_of(type->second))};
        condition.operands.push_back({.kind = Operand::Kind::value, .value = values_.value_of(name)});
        return condition;
    }

    Condition read_call(const Expression& call) {
        const auto& function = known(call);
        if (function.kind == To::misused) {
            refuse(fmt::format("The function is not allowed to be used this way in an expression; function: {}",
                               call.name));
        }
        Condition condition{.kind = function.kind, .operands = operands_of(call, function)};
        return condition;
    }

    static const ConditionFunction& known(const Expression& call) {
        const auto* function = condition_function(call.name);
        if (!function) refuse(fmt::format("Unrecognized function: {} at {}", call.name, call.token.position()));
        return *function;
    }

    std::vector<Operand> operands_of(const Expression& call, const ConditionFunction& function) {
        require_none(operand_count_problem(function, call.children.size()));
        std::vector<Operand> operands;
        for (const auto& child : call.children) operands.push_back(operand_of(child));
        require_none(distinct_problem(function.name, operands));
        require_none(call_problem(function, operands));
        return operands;
    }

    Operand operand_of(const Expression& expression) {
        if (expression.kind == Kind::path) return {.kind = Operand::Kind::path, .path = expression.path};
        if (Values::is_value(expression)) {
            return {.kind = Operand::Kind::value, .value = values_.value_of(expression)};
        }
        if (expression.kind == Kind::call) {
            const auto& function = known(expression);
            if (function.kind != To::misused) {
                refuse(fmt::format("The function is not allowed to be used this way in an expression; function: {}",
                                   expression.name));
            }
            return {.kind = Operand::Kind::size, .arguments = operands_of(expression, function)};
        }
        refuse(fmt::format("Unsupported operator in Condition Expression. Operator: {}", expression.name));
    }

    Values& values_;
};

}  // namespace

Condition condition_of(const Expression& where, Values& values) { return Reader(values).read(where); }

}  // namespace cumulet::dynamodb::partiql
