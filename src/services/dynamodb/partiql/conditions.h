// What a WHERE clause demands, as the tree that a ConditionExpression becomes.
#pragma once

#include "services/dynamodb/partiql/values.h"

namespace cumulet::dynamodb::partiql {

/// Throws aws::Error (ValidationException) in DynamoDB's words. The condition views into `values`.
Condition condition_of(const Expression& where, Values& values);

}  // namespace cumulet::dynamodb::partiql
