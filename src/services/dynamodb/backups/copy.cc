#include "services/dynamodb/backups/copy.h"

#include "services/dynamodb/vectors/rows.h"
#include "store/record.h"

namespace cumulet::dynamodb {

namespace {

constexpr size_t items_a_step = 500;
constexpr size_t bytes_a_step = 2 << 20;
constexpr Time once{};  // where a copy's own log has its entries

constexpr uint8_t with_more_attributes = 2;  // the version of records since keys may have more than two
constexpr uint8_t with_vectors = 3;          // and since tables may have vector indexes

void write_more(store::RecordWriter& writer, const std::vector<KeyAttribute>& attributes) {
    writer.number(static_cast<int64_t>(attributes.size()));
    for (const auto& each : attributes) writer.text(each.name).number(static_cast<int64_t>(each.type));
}

void read_more(store::RecordReader& reader, std::vector<KeyAttribute>& attributes) {
    for (auto left = reader.number(); left > 0; --left) {
        auto name = reader.text();
        attributes.push_back({std::move(name), static_cast<AttributeType>(reader.number())});
    }
}

void write_key(store::RecordWriter& writer, const KeySchema& key) {
    writer.text(key.hash).number(static_cast<int64_t>(key.hash_type)).text(key.range);
    writer.number(static_cast<int64_t>(key.range_type));
    write_more(writer, key.more_hash);
    write_more(writer, key.more_range);
}

KeySchema read_key(store::RecordReader& reader) {
    KeySchema key{.hash = reader.text(), .hash_type = static_cast<AttributeType>(reader.number())};
    key.range = reader.text();
    key.range_type = static_cast<AttributeType>(reader.number());
    if (reader.version() < with_more_attributes) return key;
    read_more(reader, key.more_hash);
    read_more(reader, key.more_range);
    return key;
}

void write_index(store::RecordWriter& writer, const Index& index) {
    writer.text(index.name).number(static_cast<int64_t>(index.number)).boolean(index.global);
    write_key(writer, index.key);
    writer.text(index.projection).number(static_cast<int64_t>(index.non_key.size()));
    for (const auto& name : index.non_key) writer.text(name);
}

Index read_index(store::RecordReader& reader) {
    Index index{.name = reader.text(), .number = static_cast<uint64_t>(reader.number()), .global = reader.boolean()};
    index.key = read_key(reader);
    index.projection = reader.text();
    for (auto left = reader.number(); left > 0; --left) index.non_key.push_back(reader.text());
    return index;
}

/// Puts the item where the target has it; counts what that changes.
Task<void> place_item(store::Transaction& tx, Scope scope, Copy& copy, const AttributeMap& item, bool exists) {
    const auto place = item_key(scope, copy.target, item.view());
    std::optional<AttributeMap> old;
    if (copy.stage != CopyStage::items) old = co_await load_item(tx, place);
    save_item(tx, scope, copy.target, place, old ? &*old : nullptr, exists ? &item : nullptr);
    copy.items += (exists ? 1 : 0) - (old ? 1 : 0);
    copy.size_bytes += static_cast<int64_t>(exists ? item.size_bytes() : 0);
    copy.size_bytes -= static_cast<int64_t>(old ? old->size_bytes() : 0);
}

void next_stage(Copy& copy) {
    copy.cursor.clear();
    if (copy.stage == CopyStage::items && copy.own_log)
        copy.stage = CopyStage::own_log;
    else if (copy.stage != CopyStage::history && copy.history)
        copy.stage = CopyStage::history;
    else
        copy.stage = CopyStage::done;
}

Task<void> copy_items(store::Transaction& tx, Scope scope, Copy& copy) {
    const Table source{.number = copy.source_number, .key = copy.target.key};
    auto range = scan_range(copy.source, source, nullptr, 0, 1);
    if (!copy.cursor.empty()) range.begin = copy.cursor + '\0';
    auto entries = co_await tx.scan(range, {.limit = items_a_step, .max_bytes = bytes_a_step});
    if (entries.empty()) co_return next_stage(copy);
    for (auto& entry : entries) {
        const auto item = AttributeMap::from_bytes(std::move(entry.value));
        co_await place_item(tx, scope, copy, item, true);
    }
    copy.cursor = std::move(entries.back().key);
}

Task<void> undo(store::Transaction& tx, Scope scope, Copy& copy, uint64_t log, Time after) {
    const auto past = co_await past_items(tx, copy.source, log, after, copy.cursor);
    if (past.empty()) co_return next_stage(copy);
    for (const auto& each : past) co_await place_item(tx, scope, copy, each.item, each.existed);
    copy.cursor = past.back().key;
}

}  // namespace

std::string Copy::text() const {
    store::RecordWriter writer(with_vectors);
    writer.text(source.account).text(source.region).text(source_table).number(static_cast<int64_t>(source_number));
    writer.number(static_cast<int64_t>(own_log)).number(static_cast<int64_t>(history)).time(as_of);
    writer.text(target.name).number(static_cast<int64_t>(target.number));
    write_key(writer, target.key);
    writer.number(static_cast<int64_t>(target.indexes.size()));
    for (const auto& index : target.indexes) write_index(writer, index);
    writer.number(static_cast<int64_t>(stage)).text(cursor).number(items).number(size_bytes);
    std::string vectors;
    AttributeWriter vectors_writer(vectors);
    write_vectors(vectors_writer, target.vectors);
    writer.text(vectors);
    return writer.take();
}

Copy Copy::parse(std::string_view text) {
    store::RecordReader reader(text);
    Copy copy;
    copy.source.account = reader.text();
    copy.source.region = reader.text();
    copy.source_table = reader.text();
    copy.source_number = static_cast<uint64_t>(reader.number());
    copy.own_log = static_cast<uint64_t>(reader.number());
    copy.history = static_cast<uint64_t>(reader.number());
    copy.as_of = reader.time();
    copy.target.name = reader.text();
    copy.target.number = static_cast<uint64_t>(reader.number());
    copy.target.key = read_key(reader);
    for (auto left = reader.number(); left > 0; --left) copy.target.indexes.push_back(read_index(reader));
    copy.stage = static_cast<CopyStage>(reader.number());
    copy.cursor = reader.text();
    copy.items = reader.number();
    copy.size_bytes = reader.number();
    if (reader.version() >= with_vectors) copy.target.vectors = read_vectors(AttributeView(reader.view()));
    return copy;
}

Task<Copy> copy_of(store::Transaction& tx, Scope scope, DescribedTable& table) {
    Copy copy{.source = scope, .source_table = table.name, .source_number = table.number};
    copy.own_log = co_await take_number(tx, scope);
    table.logs.push_back({.number = copy.own_log, .once = true});
    copy.target.key = table.key;
    co_return copy;
}

Task<Copy> copy_some(store::Transaction& tx, Scope target_scope, Copy copy) {
    switch (copy.stage) {
        case CopyStage::items: co_await copy_items(tx, target_scope, copy); break;
        case CopyStage::own_log: co_await undo(tx, target_scope, copy, copy.own_log, once - Duration(1)); break;
        case CopyStage::history: co_await undo(tx, target_scope, copy, copy.history, copy.as_of); break;
        case CopyStage::done: break;
    }
    co_return copy;
}

Task<void> end_copy(store::Transaction& tx, Copy copy) {
    if (copy.own_log == 0) co_return;
    forget_log(tx, copy.source, copy.own_log);
    auto table = co_await find_table(tx, copy.source, copy.source_table);
    if (!table || table->number != copy.source_number) co_return;
    std::erase_if(table->logs, [&](const TableLog& log) { return log.number == copy.own_log; });
    save_table(tx, copy.source, *table);
}

Task<void> log_change(store::Transaction& tx, Scope scope, const Table& table, std::string place,
                      const AttributeMap* old, const AttributeMap* item) {
    // After the item was read: whoever changed it before has an earlier time.
    const Time now = Reactor::current().now();
    for (const auto& log : table.logs) {
        co_await remember_past(tx, scope, log.number, log.once ? once : now, place, old != nullptr,
                               old ? *old : table.key_of(*item));
    }
}

}  // namespace cumulet::dynamodb
