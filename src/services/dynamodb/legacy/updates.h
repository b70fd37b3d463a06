// AttributeUpdates: the API's older way to say what UpdateItem changes. It becomes the tree that an UpdateExpression
// becomes. Values are views into the request, which must outlive them.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.AttributeUpdates.html
#pragma once

#include "contracts/dynamodb.h"
#include "services/dynamodb/expressions/expression.h"

namespace cumulet::dynamodb {

/// Throws aws::Error (ValidationException) in DynamoDB's words.
Update update_of(const std::map<std::string, aws::dynamodb::AttributeValueUpdate>& updates);

}  // namespace cumulet::dynamodb
