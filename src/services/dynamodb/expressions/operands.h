// What operators and functions demand of their operands before there is an item. Each function returns what is wrong,
// in DynamoDB's words, "" if nothing is.
#pragma once

#include <span>

#include "services/dynamodb/expressions/expression.h"

namespace cumulet::dynamodb {

/// A condition's function. Names are as they are written.
struct ConditionFunction {
    std::string_view name;
    Condition::Kind kind;
    size_t operands;
};
/// nullptr if there is none of that name; size is one, of kind misused, since it is no condition by itself.
const ConditionFunction* condition_function(std::string_view name);

std::string operand_count_problem(std::string_view name, size_t count);
/// "" if `function` takes so many.
std::string operand_count_problem(const ConditionFunction& function, size_t count);
std::string operand_type_problem(std::string_view name, std::string_view type);
/// Two operands may not be the same path.
std::string distinct_problem(std::string_view name, std::span<const Operand> operands);
/// <, <=, >, >= and BETWEEN take strings, numbers and binaries.
std::string order_problem(std::string_view name, std::span<const Operand> operands);
/// The bounds of operands[0] BETWEEN operands[1] AND operands[2].
std::string between_problem(std::span<const Operand> operands);
/// The operands of a function whose number is right.
std::string call_problem(const ConditionFunction& function, std::span<const Operand> operands);

}  // namespace cumulet::dynamodb
