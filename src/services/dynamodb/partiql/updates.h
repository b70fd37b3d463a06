// What SET and REMOVE change, as the tree that an UpdateExpression becomes.
#pragma once

#include "services/dynamodb/partiql/values.h"

namespace cumulet::dynamodb::partiql {

/// Throws aws::Error (ValidationException) in DynamoDB's words. The update views into `values`.
Update update_of(const Statement& statement, Values& values);

}  // namespace cumulet::dynamodb::partiql
