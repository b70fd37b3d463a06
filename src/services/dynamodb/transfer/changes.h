// What changed in a table between two moments, gathered from its log: one entry per item, with what it was and what it
// became.
#pragma once

#include "services/dynamodb/backups/copy.h"
#include "services/dynamodb/transfer/items.h"

namespace cumulet::dynamodb {

/// Gathers under `number`, as of `to`. Its stages are those of a copy: first the items that changed, with what they are
/// now; then what happened after `to` is undone.
Copy changes_of(Scope scope, const DescribedTable& table, uint64_t number, Time to);
/// A part of it, of changes from `from` on.
Task<Copy> gather_some(store::Transaction& tx, Copy gathering, Time from);
/// The change that an entry holds.
ExportedChange change_in(AttributeView entry);

}  // namespace cumulet::dynamodb
