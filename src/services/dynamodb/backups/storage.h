// The keys of backups and of logs of changes. All begin with account, region, "dynamodb":
//     "backup", table's name, id        the backup: what it says of itself, the table's description, where its items
//     are "change", log, time, digest of item_key    what the item was before it changed: see log.h
// A backup's items lie under "item" as those of a table of the backup's number: storage.h.
#pragma once

#include "services/dynamodb/storage.h"

namespace cumulet::dynamodb {

struct Backup {
    std::string table_name;
    std::string id;              ///< the end of its ARN; later ones sort behind earlier ones
    uint64_t number = 0;         ///< of its items
    std::string restoring_into;  ///< the table that is being made from it, "" if none
    aws::dynamodb::BackupDescription description;
    aws::dynamodb::TableDescription table;
};

Task<std::optional<Backup>> find_backup(store::Transaction& tx, Scope scope, std::string table_name, std::string id);
void save_backup(store::Transaction& tx, const Scope& scope, const Backup& backup);
void erase_backup(store::Transaction& tx, const Scope& scope, const Backup& backup);
/// Up to `limit` backups of a table, or ("") of all tables, behind the one named: by table, then by age.
Task<std::vector<Backup>> list_backups(store::Transaction& tx, Scope scope, std::string table_name,
                                       std::pair<std::string, std::string> after, size_t limit);

/// What an item was before a change. Nothing if it was not there.
struct PastItem {
    std::string key;  ///< of the entry in the store
    Time changed{};
    bool existed = false;
    AttributeMap item;  ///< its primary key, if it was not there
};

/// Remembers what an item was at `changed`, unless the log has that already.
Task<void> remember_past(store::Transaction& tx, Scope scope, uint64_t log, Time changed, std::string place,
                         bool existed, AttributeMap item);
/// Entries of the log from before `end` ("": the newest) back to those after `after`, newest first, up to a bound.
Task<std::vector<PastItem>> past_items(store::Transaction& tx, Scope scope, uint64_t log, Time after, std::string end);
/// Entries of the log from behind `cursor`, or from `from` on, to before `to`, oldest first, up to a bound.
Task<std::vector<PastItem>> changes_between(store::Transaction& tx, Scope scope, uint64_t log, Time from, Time to,
                                            std::string cursor);
/// Forgets what was before `time`.
void forget_past(store::Transaction& tx, const Scope& scope, uint64_t log, Time time);
/// Forgets the whole log.
void forget_log(store::Transaction& tx, const Scope& scope, uint64_t log);

}  // namespace cumulet::dynamodb
