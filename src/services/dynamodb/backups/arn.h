// What requests about backups name, and the backup they mean.
#pragma once

#include "services/dynamodb/backups/storage.h"

namespace cumulet::dynamodb {

struct BackupArn {
    std::string text;
    Scope scope{"", ""};
    std::string table;
    std::string id;

    /// Throws aws::Error if `text` is no backup's ARN, or another account's.
    static BackupArn parse(const Call& call, const std::string& text);
};

/// Throws BackupNotFoundException.
Task<Backup> load_backup(store::Transaction& tx, Scope scope, BackupArn arn);

/// A new backup of `table`, without its number. `type`: USER, SYSTEM.
Backup backup_of(Call& call, const DescribedTable& table, std::string name, std::string type);

}  // namespace cumulet::dynamodb
