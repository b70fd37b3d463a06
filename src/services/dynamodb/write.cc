#include "services/dynamodb/write.h"

#include "services/dynamodb/expiry.h"
#include "services/dynamodb/streams/storage.h"

namespace cumulet::dynamodb {

Task<void> write_item(store::Transaction& tx, Scope scope, const Table& table, std::string place,
                      const AttributeMap* old, const AttributeMap* item, Writer writer) {
    if (!table.needs_old()) {
        save_item(tx, scope, table, place, nullptr, item);
        co_return;
    }
    if (old ? item && *old == *item : !item) co_return;
    save_item(tx, scope, table, place, old, item);
    if (!table.time_to_live.empty()) co_await move_expiry(tx, scope, table, old, item);
    if (table.stream) {
        co_await append_record(tx, scope, table, {.old = old, .item = item, .expired = writer == Writer::time_to_live});
    }
}

}  // namespace cumulet::dynamodb
