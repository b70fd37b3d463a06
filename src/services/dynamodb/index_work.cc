// The background work of indexes that come and go on a table with items.
#include "services/dynamodb/service.h"
#include "services/dynamodb/storage.h"
#include "services/dynamodb/update_table.h"

namespace cumulet::dynamodb {

namespace {

/// The index that the work is about; nullptr if it, or its table, is gone.
const Index* index_of(const std::optional<DescribedTable>& table, const Work& work) {
    if (!table) return nullptr;
    const auto index = std::ranges::find(table->indexes, std::stoull(work.detail), &Index::number);
    return index == table->indexes.end() ? nullptr : &*index;
}

bool goes(const DescribedTable& table, const Index& index) {
    return std::ranges::any_of(*table.description.GlobalSecondaryIndexes, [&](const auto& each) {
        return each.IndexName == index.name && each.IndexStatus == "DELETING";
    });
}

}  // namespace

Task<void> Service::build_index(Work work) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto table = co_await find_table(tx, work.scope, work.subject);
        const auto* index = index_of(table, work);
        if (!index || goes(*table, *index)) co_return co_await worker_.finish(tx, work);
        if (auto next = co_await fill_index(tx, work.scope, *table, *index, work.cursor)) {
            auto further = work;
            further.cursor = std::move(*next);
            co_return co_await worker_.keep(tx, std::move(further));
        }
        finish_index(*table, std::string(index->name));
        save_table(tx, work.scope, *table);
        co_await worker_.finish(tx, work);
    });
}

Task<void> Service::drop_index(Work work) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto table = co_await find_table(tx, work.scope, work.subject);
        if (const auto* index = index_of(table, work)) {
            erase_index(tx, work.scope, *table, *index);
            remove_index(*table, std::string(index->name));
            save_table(tx, work.scope, *table);
        }
        co_await worker_.finish(tx, work);
    });
}

}  // namespace cumulet::dynamodb
