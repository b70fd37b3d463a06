// Reads PartiQL: SELECT, INSERT, UPDATE (also in the form FROM … SET), DELETE and EXISTS.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.statements.html
#pragma once

#include "services/dynamodb/partiql/statement.h"

namespace cumulet::dynamodb::partiql {

/// Throws aws::Error (ValidationException) in DynamoDB's words.
Statement parse(std::string_view text);

}  // namespace cumulet::dynamodb::partiql
