// Global tables: the same table in several regions of one account, version 2019.11.21.
// A write in one region is a write in all of them, in one transaction: replicas never differ, and no write is lost.
#pragma once

#include "services/dynamodb/due.h"
#include "services/dynamodb/work.h"

namespace cumulet::dynamodb {

/// The table in the other regions that hold it, by region.
Task<std::map<std::string, DescribedTable>> load_replicas(store::Transaction& tx, Scope scope, const Table& table);

/// Makes, changes and removes replicas of `table` as `request` says, and describes them there; saving the table itself
/// is left to the caller, and beginning the work that erases what removed replicas held. A replica of a table with many
/// items is CREATING until the background work has copied them. Throws aws::Error (ValidationException) for what
/// DynamoDB refuses.
Task<std::vector<Work>> update_replicas(store::Transaction& tx, const Call& call, Worker& worker, DescribedTable& table,
                                        const aws::dynamodb::UpdateTableInput& request);

/// The table is going to be deleted in this region: the others no longer count it as a replica.
Task<void> leave_replicas(store::Transaction& tx, Scope scope, const DescribedTable& table);

/// A step of background work.
constexpr std::string_view copy_replica_kind = "copy replica";
Task<bool> copy_replica(store::Transaction& tx, DueWork& work);

}  // namespace cumulet::dynamodb
