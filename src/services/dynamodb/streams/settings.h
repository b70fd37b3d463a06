// What CreateTable and UpdateTable say about a table's stream.
#pragma once

#include "services/dynamodb/streams/storage.h"

namespace cumulet::dynamodb {

enum class StreamOf { new_table, table };

/// Throws aws::Error (ValidationException) unless view type and switch fit each other.
void check_stream(StreamOf whose, const std::optional<aws::dynamodb::StreamSpecification>& wanted);

/// Enables or disables the stream of a table that is there already; saving the table is left to the caller. Throws
/// aws::Error (ValidationException) if it is so already.
Task<void> update_stream(store::Transaction& tx, Scope scope, DescribedTable& table,
                         aws::dynamodb::StreamSpecification wanted);

}  // namespace cumulet::dynamodb
