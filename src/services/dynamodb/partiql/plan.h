// Which keys a statement reads or writes, decided by its WHERE clause and the table's schema. Pure.
#pragma once

#include "services/dynamodb/partiql/statement.h"
#include "services/dynamodb/storage.h"

namespace cumulet::dynamodb::partiql {

/// The reads that together see every item which may satisfy `where`; none: the whole table or index must be scanned.
/// Throws aws::Error (ValidationException) for what DynamoDB refuses.
std::vector<KeyRange> plan_reads(const Condition* where, const KeySchema& schema);

/// True if the rows of `statement` come in descending order. Throws aws::Error for an ORDER BY that DynamoDB does not
/// do; sorts `reads` if the hash key is ordered.
bool plan_order(const Statement& statement, const KeySchema& schema, std::vector<KeyRange>& reads);

/// The one item that `where` names by its primary key, and what it demands besides.
struct Target {
    AttributeMap key;
    std::optional<Condition> condition;
};
/// Nothing if `where` does not equate every key attribute. Throws aws::Error for two equations of the same.
std::optional<Target> find_target(const Condition* where, const Table& table);

}  // namespace cumulet::dynamodb::partiql
