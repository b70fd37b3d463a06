#include "services/dynamodb/write.h"

#include "services/dynamodb/backups/copy.h"
#include "services/dynamodb/expiry.h"
#include "services/dynamodb/streams/storage.h"

namespace cumulet::dynamodb {

namespace {

/// The change in one region.
Task<void> write_here(store::Transaction& tx, Scope scope, const Table& table, std::string place,
                      const AttributeMap* old, const AttributeMap* item, Writer writer) {
    if (old ? item && *old == *item : !item) co_return;
    save_item(tx, scope, table, place, old, item);
    if (!table.logs.empty()) co_await log_change(tx, scope, table, place, old, item);
    if (!table.time_to_live.empty()) co_await move_expiry(tx, scope, table, old, item);
    if (table.stream) {
        co_await append_record(tx, scope, table, {.old = old, .item = item, .expired = writer == Writer::time_to_live});
    }
}

/// The same change in another region, which may lack the item: its replica may still be in the making.
Task<void> write_there(store::Transaction& tx, Scope scope, std::string name, const AttributeMap& key,
                       const AttributeMap* item) {
    const auto replica = co_await load_table(tx, scope, std::move(name));
    auto place = item_key(scope, replica, key.view());
    const auto old = co_await load_item(tx, place);
    co_await write_here(tx, scope, replica, std::move(place), old ? &*old : nullptr, item, Writer::caller);
}

}  // namespace

Task<void> write_item(store::Transaction& tx, Scope scope, const Table& table, std::string place,
                      const AttributeMap* old, const AttributeMap* item, Writer writer) {
    if (!table.needs_old()) {
        save_item(tx, scope, table, place, nullptr, item);
        co_return;
    }
    for (const auto& region : table.replicas) {
        if (const auto* any = item ? item : old) {
            co_await write_there(tx, {scope.account, region}, table.name, *any, item);
        }
    }
    co_await write_here(tx, std::move(scope), table, std::move(place), old, item, writer);
}

}  // namespace cumulet::dynamodb
