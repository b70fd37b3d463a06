// The background work of indexes that come and go on a table with items.
#include "services/dynamodb/service.h"
#include "services/dynamodb/storage.h"
#include "services/dynamodb/update_table.h"
#include "services/dynamodb/vectors/rows.h"

namespace cumulet::dynamodb {

namespace {

/// The index that work is about: one of the two, or none if it, or its table, is gone.
struct Subject {
    const Index* index = nullptr;
    const VectorSchema* vectors = nullptr;

    explicit operator bool() const { return index || vectors; }
    const std::string& name() const { return index ? index->name : vectors->name; }
};

Subject subject_of(const std::optional<DescribedTable>& table, const Work& work) {
    if (!table) return {};
    const auto number = std::stoull(work.detail);
    const auto index = std::ranges::find(table->indexes, number, &Index::number);
    if (index != table->indexes.end()) return {.index = &*index};
    const auto vectors = std::ranges::find(table->vectors, number, &VectorSchema::number);
    return {.vectors = vectors == table->vectors.end() ? nullptr : &*vectors};
}

bool goes(const DescribedTable& table, const std::string& name) {
    const auto deleting = [&](const auto& indexes) {
        return indexes && std::ranges::any_of(*indexes, [&](const auto& each) {
                   return each.IndexName == name && each.IndexStatus == "DELETING";
               });
    };
    return deleting(table.description.GlobalSecondaryIndexes) || deleting(table.description.VectorIndexes);
}

Task<std::optional<std::string>> fill(store::Transaction& tx, Scope scope, const Table& table, Subject subject,
                                      std::string cursor) {
    return subject.index ? fill_index(tx, std::move(scope), table, *subject.index, std::move(cursor))
                         : fill_vectors(tx, std::move(scope), table, *subject.vectors, std::move(cursor));
}

}  // namespace

Task<void> Service::build_index(Work work) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto table = co_await find_table(tx, work.scope, work.subject);
        const auto subject = subject_of(table, work);
        if (!subject || goes(*table, subject.name())) co_return co_await worker_.finish(tx, work);
        if (auto next = co_await fill(tx, work.scope, *table, subject, work.cursor)) {
            auto further = work;
            further.cursor = std::move(*next);
            co_return co_await worker_.keep(tx, std::move(further));
        }
        finish_index(*table, subject.name());
        save_table(tx, work.scope, *table);
        co_await worker_.finish(tx, work);
    });
}

Task<void> Service::drop_index(Work work) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto table = co_await find_table(tx, work.scope, work.subject);
        if (const auto subject = subject_of(table, work)) {
            if (subject.index)
                erase_index(tx, work.scope, *table, *subject.index);
            else
                erase_vectors(tx, work.scope, *subject.vectors);
            remove_index(*table, std::string(subject.name()));
            save_table(tx, work.scope, *table);
        }
        co_await worker_.finish(tx, work);
    });
}

}  // namespace cumulet::dynamodb
