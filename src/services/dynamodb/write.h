// The way of every change of an item.
#pragma once

#include "services/dynamodb/storage.h"

namespace cumulet::dynamodb {

/// Who changes an item: somebody who asked for it, or DynamoDB, because the item's time to live is over.
enum class Writer { caller, time_to_live };

/// Replaces `old`, which is the item at `place` (item_key) as it is, by `item`; nullptr stands for no item. In the same
/// transaction: the table's record, its indexes, when it expires, its record in the table's stream, and the replicas in
/// other regions. Where the table does not need it (Table::needs_old), `old` need not be known. What changes nothing
/// leaves no trace.
/// Call it after all that may refuse the write: the place in the stream is taken here, and others wait for it.
Task<void> write_item(store::Transaction& tx, Scope scope, const Table& table, std::string place,
                      const AttributeMap* old, const AttributeMap* item, Writer writer = Writer::caller);

}  // namespace cumulet::dynamodb
