// Which keys a Query reads, and whether it may begin where ExclusiveStartKey says. Pure.
#pragma once

#include "services/dynamodb/expressions/key_condition.h"
#include "services/dynamodb/storage.h"

namespace cumulet::dynamodb {

/// Fits the comparisons to the key that is queried. Throws aws::Error where they do not fit, or, attribute by attribute
/// as DynamoDB looks at them, where those of `start_key` (nullptr: none) do not.
KeyRange key_range(const KeySchema& schema, const std::vector<KeyComparison>& comparisons,
                   const AttributeMap* start_key);

/// Throws aws::Error unless `start_key` has as many attributes as the keys of the table and the index together.
void check_start_count(const Table& table, const Index* index, const AttributeMap& start_key);

/// Throws aws::Error unless the table's part of `start_key` is a key.
void check_table_start(const Table& table, const AttributeMap& start_key);
/// The same, and unless the comparisons hold for it.
void check_start(const Table& table, const KeySchema& schema, const std::vector<KeyComparison>& comparisons,
                 const AttributeMap& start_key);

constexpr std::string_view outside_query =
    "The provided starting key is outside query boundaries based on provided conditions";

}  // namespace cumulet::dynamodb
