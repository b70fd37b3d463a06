// Time to live: when items expire, and how they leave.
#pragma once

#include "services/dynamodb/due.h"

namespace cumulet::dynamodb {

/// When `item` expires by its attribute `attribute`; nothing if that holds no number of seconds since 1970, or a moment
/// more than five years before `now`: such items stay.
std::optional<Time> expiry_of(const AttributeMap& item, std::string_view attribute, Time now);

/// Keeps the table's order of expiry true to a change of an item.
Task<void> move_expiry(store::Transaction& tx, Scope scope, const Table& table, const AttributeMap* old,
                       const AttributeMap* item);

/// Sees to it that the items which a table has already expire too: its time to live was enabled just now.
Task<void> schedule_expiry(store::Transaction& tx, Scope scope, const Table& table);

/// Steps of background work.
constexpr std::string_view fill_expiry_kind = "fill expiry";
Task<bool> fill_expiry(store::Transaction& tx, DueWork& work);
constexpr std::string_view expire_kind = "expire";
Task<bool> expire_items(store::Transaction& tx, DueWork& work);

}  // namespace cumulet::dynamodb
