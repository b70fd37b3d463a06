// Point-in-time recovery of a table: since when, and how far back.
#pragma once

#include "services/dynamodb/due.h"

namespace cumulet::dynamodb {

constexpr int32_t longest_recovery_days = 35;

/// The earliest moment that the table can be restored to at `now`.
Time earliest_restorable(const Recovery& recovery, Time now);
/// Throws InvalidRestoreTimeException unless the table can be restored to `time` at `now`.
void check_restorable(const Recovery& recovery, Time time, Time now);
/// What the API tells of it.
aws::dynamodb::ContinuousBackupsDescription describe(const std::optional<Recovery>& recovery, Time now);

constexpr std::string_view trim_changes_kind = "trim changes";
/// Forgets what is older than a table's recovery period, once in a while.
Task<bool> trim_changes(store::Transaction& tx, DueWork& work);

/// Throws TableNotFoundException, or PointInTimeRecoveryUnavailableException if the table has none.
Task<DescribedTable> load_recoverable(store::Transaction& tx, Scope scope, std::string name);

}  // namespace cumulet::dynamodb
