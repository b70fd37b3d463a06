// What is left of tables that are gone.
#pragma once

#include "services/dynamodb/due.h"
#include "services/dynamodb/work.h"

namespace cumulet::dynamodb {

/// Throws aws::Error if the table is protected, or is not at rest.
void check_removable(const DescribedTable& table);

/// Takes `table` away in the region of `call`, with its stream, its policies and what lies beside it, and plans what
/// erases its items. They become a backup where it had point-in-time recovery, as AWS keeps them.
Task<std::vector<Work>> remove_table(store::Transaction& tx, Call& call, Worker& worker, DescribedTable table);

constexpr std::string_view expire_backup_kind = "expire backup";
/// Ends the automatic backup of a deleted table: the subject is the table's name, a slash, and the backup's id.
Task<bool> expire_backup(store::Transaction& tx, DueWork& work);

}  // namespace cumulet::dynamodb
