// Copying a table's items as they were at one moment, while others go on writing.
//
// Two kinds of logs remember what items were before they changed. A copy's own log is kept from the moment it was asked
// for, and has each item once; a table with point-in-time recovery has one that has them by time. A copy takes the
// items as it finds them, then undoes what its own log has, then what happened after the wanted time: newest first, so
// that what an item was at that time is written last.
#pragma once

#include "services/dynamodb/backups/storage.h"

namespace cumulet::dynamodb {

/// Which stage of a copy comes next.
enum class CopyStage : uint8_t { items, own_log, history, done };

struct Copy {
    Scope source{"", ""};
    std::string source_table;  ///< the name; "" where nobody writes: a backup
    uint64_t source_number = 0;
    uint64_t own_log = 0;  ///< 0: none
    uint64_t history = 0;  ///< the log by time, 0: the moment of asking is wanted
    Time as_of{};          ///< with `history`
    Table target;          ///< its number, key and indexes
    CopyStage stage = CopyStage::items;
    std::string cursor;  ///< within the stage
    int64_t items = 0;   ///< in the target
    int64_t size_bytes = 0;

    std::string text() const;
    static Copy parse(std::string_view text);
};

/// Copies from what `table` holds now: gives it a log of the copy's own. The caller saves the table.
Task<Copy> copy_of(store::Transaction& tx, Scope scope, DescribedTable& table);

/// A part of the copy, into `target_scope`.
Task<Copy> copy_some(store::Transaction& tx, Scope target_scope, Copy copy);
/// Takes the copy's own log away. After the last part.
Task<void> end_copy(store::Transaction& tx, Copy copy);

/// Remembers in all of the table's logs what an item is, which is about to be changed.
Task<void> log_change(store::Transaction& tx, Scope scope, const Table& table, std::string place,
                      const AttributeMap* old, const AttributeMap* item);

}  // namespace cumulet::dynamodb
