// What an index demands of the items that have its key's attributes. Pure.
#pragma once

#include "services/dynamodb/table.h"

namespace cumulet::dynamodb {

/// Throws aws::Error (ValidationException) if an attribute of the index's key is in `item` and cannot stand in a key.
void check_index_key(const Index& index, AttributeView item);

/// True if `item`, which may be older than the index, has the index's key, and each of its attributes can stand in one.
bool fits_index(const Index& index, AttributeView item);

}  // namespace cumulet::dynamodb
