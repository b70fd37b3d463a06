// SearchConditionExpression: what of a vector index a search looks at. Pure.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/VectorSearchFilterReference.html
#pragma once

#include "services/dynamodb/expressions/expression.h"
#include "services/dynamodb/vectors/schema.h"

namespace cumulet::dynamodb {

/// The partition that a search reads; nothing where the index has none. `condition`, which may be nullptr, equates its
/// key with a value, once and for all items, and may ask further things of inline filters. Throws aws::Error
/// (ValidationException) for all that is no condition on the index's search schema.
AttributeView searched_partition(const Condition* condition, const VectorSchema& index);

}  // namespace cumulet::dynamodb
