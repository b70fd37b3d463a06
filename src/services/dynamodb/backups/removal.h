// What is left of tables that are gone.
#pragma once

#include "services/dynamodb/due.h"
#include "services/dynamodb/work.h"

namespace cumulet::dynamodb {

/// Takes `table` away, and plans what erases its items. Its items become a backup where it had point-in-time recovery,
/// as AWS keeps them.
Task<std::vector<Work>> remove_table(store::Transaction& tx, Call& call, Worker& worker, DescribedTable table);

constexpr std::string_view expire_backup_kind = "expire backup";
/// Ends the automatic backup of a deleted table: the subject is the table's name, a slash, and the backup's id.
Task<bool> expire_backup(store::Transaction& tx, DueWork& work);

}  // namespace cumulet::dynamodb
