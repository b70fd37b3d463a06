// The API's older way to say conditions: one comparison per attribute, joined by AND or OR. They become the trees that
// expressions become. Values are views into the request, which must outlive them.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
#pragma once

#include "contracts/dynamodb.h"
#include "services/dynamodb/expressions/key_condition.h"

namespace cumulet::dynamodb {

/// Expected; nothing if the request has none. `joined_by` is ConditionalOperator. Throws aws::Error
/// (ValidationException) in DynamoDB's words.
std::optional<Condition> expected_condition(
    const std::optional<std::map<std::string, aws::dynamodb::ExpectedAttributeValue>>& expected,
    const std::optional<std::string>& joined_by);

/// QueryFilter and ScanFilter, in the same way.
std::optional<Condition> filter_condition(const std::optional<std::map<std::string, aws::dynamodb::Condition>>& filter,
                                          const std::optional<std::string>& joined_by,
                                          Wording wording = Wording::current);

/// KeyConditions, in the same way. The order of the comparisons is that of the names.
std::vector<KeyComparison> key_comparisons(const std::map<std::string, aws::dynamodb::Condition>& conditions);

}  // namespace cumulet::dynamodb
