// KeyConditionExpression: which keys a Query reads.
#pragma once

#include "services/dynamodb/expressions/expression.h"

namespace cumulet::dynamodb {

/// One key attribute compared with one value, or two.
struct KeyComparison {
    /// other: an operator of KeyConditions that no key can be looked up by.
    enum class Kind { equal, less, less_or_equal, greater, greater_or_equal, between, begins_with, other };
    std::string attribute;
    Kind kind = Kind::equal;
    AttributeView first;
    AttributeView second;  // between: the upper bound
};

/// The comparisons that `condition` joins by AND. Throws aws::Error (ValidationException) for all that is no condition
/// on keys.
std::vector<KeyComparison> key_comparisons(const Condition& condition);

}  // namespace cumulet::dynamodb
