#include "services/dynamodb/storage.h"

#include "base/hash.h"
#include "contracts/reflect.h"
#include "services/dynamodb/index_keys.h"
#include "services/dynamodb/vectors/rows.h"

namespace cumulet::dynamodb {

namespace {

using store::Key;

constexpr size_t longest_plain_hash = 256;
constexpr size_t items_a_step = 500;
constexpr size_t bytes_a_step = 2 << 20;
constexpr int bucket_bits = 16;
constexpr int64_t buckets = int64_t{1} << bucket_bits;

Key base(const Scope& scope) { return Key(scope.account, scope.region, "dynamodb"); }
Key table_key(const Scope& scope, std::string_view name) { return base(scope) << "table" << name; }

std::string bounded(std::string_view content) {
    if (content.size() <= longest_plain_hash) return "s" + std::string(content);
    return "d" + sha256(content);
}

uint64_t bucket_of(std::string_view content) { return crc32(content) >> (32 - bucket_bits); }

/// Up to the hash key, which is where all items of one collection begin.
Key hash_key(const Scope& scope, uint64_t number, std::string_view content) {
    return base(scope) << "item" << ((number << bucket_bits) | bucket_of(content)) << bounded(content);
}

Key bucket_key(const Scope& scope, uint64_t number, int64_t bucket) {
    return base(scope) << "item" << ((number << bucket_bits) + static_cast<uint64_t>(bucket));
}

/// The item's primary key as the last part of an index's key: it makes equal index keys different.
std::string primary_of(const Table& table, AttributeView item) {
    Key key;
    key << item.find(table.key.hash).content();
    if (table.key.has_range()) key << item.find(table.key.range).content();
    return bounded(key.bytes());
}

/// One content for the values of several HASH attributes; they are in the key's order.
std::string joined(const std::vector<AttributeView>& hash) {
    if (hash.size() == 1) return std::string(hash.front().content());
    Key key;
    for (const auto value : hash) key << value.content();
    return std::move(key).bytes();
}

std::string hash_content(const KeySchema& key, AttributeView item) {
    if (key.more_hash.empty()) return std::string(item.find(key.hash).content());
    std::vector<AttributeView> values{item.find(key.hash)};
    for (const auto& more : key.more_hash) values.push_back(item.find(more.name));
    return joined(values);
}

std::string index_key(const Scope& scope, const Table& table, const Index& index, AttributeView item) {
    Key key = hash_key(scope, index.number, hash_content(index.key, item));
    if (index.key.has_range()) key << item.find(index.key.range).content();
    for (const auto& more : index.key.more_range) key << item.find(more.name).content();
    key << primary_of(table, item);
    return std::move(key).bytes();
}

// A table's record is an attribute map: flat, and open to new members.

void write_schema(AttributeWriter& writer, const KeySchema& key) {
    writer.begin(AttributeType::L);
    const auto write = [&](std::string_view name, AttributeType type) {
        writer.string(name);
        writer.string(name_of(type));
    };
    const bool more = !key.more_hash.empty() || !key.more_range.empty();
    write(key.hash, key.hash_type);
    if (key.has_range() || more) write(key.range, key.range_type);
    for (const auto& [kind, attributes] : {std::pair("HASH", &key.more_hash), std::pair("RANGE", &key.more_range)}) {
        for (const auto& attribute : *attributes) {
            writer.string(kind);
            write(attribute.name, attribute.type);
        }
    }
    writer.end();
}

AttributeType type_named(std::string_view name) {
    return name == "S" ? AttributeType::S : name == "N" ? AttributeType::N : AttributeType::B;
}

KeySchema read_schema(AttributeView list) {
    KeySchema key{.hash = std::string(list.at(0).content()), .hash_type = type_named(list.at(1).content())};
    if (list.count() > 2) {
        key.range = list.at(2).content();
        key.range_type = type_named(list.at(3).content());
    }
    for (size_t at = 4; at < list.count(); at += 3) {
        auto& more = list.at(at).content() == "HASH" ? key.more_hash : key.more_range;
        more.push_back({std::string(list.at(at + 1).content()), type_named(list.at(at + 2).content())});
    }
    return key;
}

void write_index(AttributeWriter& writer, const Index& index) {
    writer.begin(AttributeType::M);
    writer.key("name");
    writer.string(index.name);
    writer.key("number");
    writer.string(std::to_string(index.number));
    writer.key("global");
    writer.boolean(index.global);
    writer.key("key");
    write_schema(writer, index.key);
    writer.key("projection");
    writer.string(index.projection);
    writer.key("non_key");
    writer.begin(AttributeType::L);
    for (const auto& name : index.non_key) writer.string(name);
    writer.end();
    if (!index.readable) {
        writer.key("unreadable");
        writer.boolean(true);
    }
    writer.end();
}

uint64_t read_number(AttributeView text) { return std::stoull(std::string(text.content())); }

Index read_index(AttributeView record) {
    Index index{.name = std::string(record.find("name").content()),
                .number = read_number(record.find("number")),
                .global = record.find("global").boolean(),
                .key = read_schema(record.find("key")),
                .projection = std::string(record.find("projection").content()),
                .readable = !record.find("unreadable")};
    for (const auto name : record.find("non_key").elements()) index.non_key.emplace_back(name.content());
    return index;
}

void write_stream(AttributeWriter& writer, const TableStream& stream) {
    writer.key("stream");
    writer.begin(AttributeType::L);
    writer.string(std::to_string(stream.number));
    writer.string(stream.label);
    writer.string(stream.view);
    writer.end();
}

void write_logs(AttributeWriter& writer, const DescribedTable& table) {
    if (!table.logs.empty()) {
        writer.key("logs");
        writer.begin(AttributeType::L);
        for (const auto& log : table.logs) writer.string(fmt::format("{}{}", log.number, log.once ? " once" : ""));
        writer.end();
    }
    if (!table.recovery) return;
    writer.key("recovery");
    writer.begin(AttributeType::L);
    writer.string(std::to_string(table.recovery->log));
    writer.string(std::to_string(table.recovery->since.time_since_epoch().count()));
    writer.string(std::to_string(table.recovery->period_days));
    writer.end();
}

TableLog read_log(std::string_view text) {
    return {.number = std::stoull(std::string(text)), .once = text.ends_with(" once")};
}

const contracts::Shape& description_shape() {
    static const auto& shape = *aws::dynamodb::service.find("CreateTable")->output;
    return shape;
}

void write_times(AttributeWriter& writer, std::string_view name, const std::vector<Time>& times) {
    if (times.empty()) return;
    writer.key(name);
    writer.begin(AttributeType::L);
    for (const auto time : times) writer.string(std::to_string(time.time_since_epoch().count()));
    writer.end();
}

std::vector<Time> read_times(AttributeView list) {
    std::vector<Time> times;
    if (!list) return times;
    for (const auto time : list.elements()) times.push_back(Time(Duration(read_number(time))));
    return times;
}

std::string record_of(const DescribedTable& table) {
    std::string bytes;
    AttributeWriter writer(bytes);
    writer.begin(AttributeType::M);
    writer.key("number");
    writer.string(std::to_string(table.number));
    writer.key("key");
    write_schema(writer, table.key);
    writer.key("indexes");
    writer.begin(AttributeType::L);
    for (const auto& index : table.indexes) write_index(writer, index);
    writer.end();
    if (!table.vectors.empty()) {
        writer.key("vectors");
        write_vectors(writer, table.vectors);
    }
    writer.key("time_to_live");
    writer.string(table.time_to_live);
    if (table.stream) write_stream(writer, *table.stream);
    if (!table.replicas.empty()) {
        writer.key("replicas");
        writer.begin(AttributeType::L);
        for (const auto& region : table.replicas) writer.string(region);
        writer.end();
    }
    write_logs(writer, table);
    write_times(writer, "class_changes", table.class_changes);
    write_times(writer, "encryption_changes", table.encryption_changes);
    if (table.creating) {
        writer.key("creating");
        writer.boolean(true);
    }
    writer.key("tags");
    writer.begin(AttributeType::M);
    for (const auto& [key, value] : table.tags) {
        writer.key(key);
        writer.string(value);
    }
    writer.end();
    const aws::dynamodb::CreateTableOutput described{.TableDescription = table.description};
    writer.key("description");
    writer.string(json::serialize(contracts::to_json(description_shape(), &described)));
    writer.end();
    return bytes;
}

Table read_schema_of(std::string name, AttributeView record) {
    Table table{
        .name = std::move(name), .number = read_number(record.find("number")), .key = read_schema(record.find("key"))};
    for (const auto index : record.find("indexes").elements()) table.indexes.push_back(read_index(index));
    table.vectors = read_vectors(record.find("vectors"));
    table.time_to_live = record.find("time_to_live").content();
    if (const auto stream = record.find("stream")) {
        table.stream = {.number = read_number(stream.at(0)),
                        .label = std::string(stream.at(1).content()),
                        .view = std::string(stream.at(2).content())};
    }
    if (const auto replicas = record.find("replicas")) {
        for (const auto region : replicas.elements()) table.replicas.emplace_back(region.content());
    }
    if (const auto logs = record.find("logs")) {
        for (const auto log : logs.elements()) table.logs.push_back(read_log(log.content()));
    }
    table.creating = bool(record.find("creating"));
    return table;
}

DescribedTable read_table(std::string name, AttributeView record) {
    DescribedTable table{read_schema_of(std::move(name), record)};
    if (const auto recovery = record.find("recovery")) {
        table.recovery = {.log = read_number(recovery.at(0)),
                          .since = Time(Duration(read_number(recovery.at(1)))),
                          .period_days = static_cast<int32_t>(read_number(recovery.at(2)))};
    }
    table.class_changes = read_times(record.find("class_changes"));
    table.encryption_changes = read_times(record.find("encryption_changes"));
    for (const auto& tag : record.find("tags").members()) {
        table.tags.emplace(std::string(tag.name), std::string(tag.value.content()));
    }
    aws::dynamodb::CreateTableOutput described;
    contracts::from_json(description_shape(), &described, json::parse(record.find("description").content()));
    table.description = std::move(*described.TableDescription);
    return table;
}

[[noreturn]] void refuse_unknown(std::string_view name) {
    throw aws::dynamodb::ResourceNotFoundException(
        fmt::format("Requested resource not found: Table: {} not found", name));
}

/// The least key behind all that begin with `key`.
std::string behind(const Key& key) { return store::Range::prefix(key).end; }

}  // namespace

Task<std::optional<DescribedTable>> find_table(store::Transaction& tx, Scope scope, std::string name) {
    const auto record = co_await tx.get(table_key(scope, name));
    if (!record) co_return std::nullopt;
    co_return read_table(std::move(name), AttributeView(*record));
}

Task<std::optional<Table>> find_schema(store::Transaction& tx, Scope scope, std::string name) {
    const auto record = co_await tx.get(table_key(scope, name));
    if (!record) co_return std::nullopt;
    co_return read_schema_of(std::move(name), AttributeView(*record));
}

Task<Table> load_table(store::Transaction& tx, Scope scope, std::string name) {
    auto table = co_await find_schema(tx, std::move(scope), std::move(name));
    if (!table || table->creating) throw aws::dynamodb::ResourceNotFoundException("Requested resource not found");
    co_return std::move(*table);
}

Task<DescribedTable> load_named_table(store::Transaction& tx, Scope scope, std::string name) {
    auto table = co_await find_table(tx, std::move(scope), name);
    if (!table || table->creating) refuse_unknown(name);
    co_return std::move(*table);
}

Task<Table> load_named_schema(store::Transaction& tx, Scope scope, std::string name) {
    auto table = co_await find_schema(tx, std::move(scope), name);
    if (!table || table->creating) refuse_unknown(name);
    co_return std::move(*table);
}

Task<uint64_t> take_number(store::Transaction& tx, Scope scope) {
    const auto key = base(scope) << "next";
    const auto stored = co_await tx.get(key);
    const uint64_t number = stored ? std::stoull(*stored) : 1;
    tx.put(key, std::to_string(number + 1));
    co_return number;
}

Task<void> save_numbered(store::Transaction& tx, Scope scope, DescribedTable& table) {
    if (table.number == 0) table.number = co_await take_number(tx, scope);
    for (auto& index : table.indexes) {
        if (index.number == 0) index.number = co_await take_number(tx, scope);
    }
    for (auto& index : table.vectors) {
        if (index.number == 0) index.number = co_await take_number(tx, scope);
    }
    save_table(tx, scope, table);
}

void save_table(store::Transaction& tx, const Scope& scope, const DescribedTable& table) {
    tx.put(table_key(scope, table.name), record_of(table));
}

Task<std::optional<std::string>> fill_index(store::Transaction& tx, Scope scope, const Table& table, const Index& index,
                                            std::string cursor) {
    auto range = scan_range(scope, table, nullptr, 0, 1);
    if (!cursor.empty()) range.begin = std::move(cursor) + '\0';
    const auto entries = co_await tx.scan(range, {.limit = items_a_step, .max_bytes = bytes_a_step});
    if (entries.empty()) co_return std::nullopt;
    for (const auto& entry : entries) {
        const auto item = AttributeMap::from_bytes(entry.value);
        if (!fits_index(index, item.view())) continue;  // DynamoDB leaves out what it would refuse now
        tx.put(index_key(scope, table, index, item.view()), table.projected(item, index).bytes());
    }
    co_return entries.back().key;
}

void erase_index(store::Transaction& tx, const Scope& scope, const Table& table, const Index& index) {
    tx.erase_range(scan_range(scope, table, &index, 0, 1));
}

void forget_table(store::Transaction& tx, const Scope& scope, const Table& table) {
    tx.erase(table_key(scope, table.name));
    if (!table.time_to_live.empty()) erase_expiries(tx, scope, table);
}

store::Range range_behind(const Key& prefix, std::string after) {
    auto range = store::Range::prefix(prefix);
    // A place outside of the list is at its beginning or its end.
    if (!after.empty()) range.begin = std::clamp(std::move(after) + '\0', range.begin, range.end);
    return range;
}

Task<std::vector<std::string>> list_tables(store::Transaction& tx, Scope scope, std::string after, size_t limit) {
    const Key prefix = base(scope) << "table";
    const auto range = range_behind(prefix, after.empty() ? "" : table_key(scope, after).bytes());
    const auto entries = co_await tx.scan(range, {.limit = limit});
    std::vector<std::string> names;
    for (const auto& entry : entries) names.push_back(store::KeyReader(entry.key, prefix.bytes()).text());
    co_return names;
}

std::string item_key(const Scope& scope, const Table& table, AttributeView key) {
    Key built = hash_key(scope, table.number, key.find(table.key.hash).content());
    if (table.key.has_range()) built << key.find(table.key.range).content();
    return std::move(built).bytes();
}

Task<std::optional<AttributeMap>> load_item(store::Transaction& tx, std::string item_key) {
    auto bytes = co_await tx.get(std::move(item_key));
    if (!bytes) co_return std::nullopt;
    co_return AttributeMap::from_bytes(std::move(*bytes));
}

void save_item(store::Transaction& tx, const Scope& scope, const Table& table, const std::string& item_key,
               const AttributeMap* old, const AttributeMap* item) {
    for (const auto& index : table.indexes) {
        const auto place_of = [&](const AttributeMap* of) {
            return of && index.covers(of->view()) ? index_key(scope, table, index, of->view()) : std::string();
        };
        const auto old_place = place_of(old), new_place = place_of(item);
        if (!old_place.empty() && old_place != new_place) tx.erase(old_place);
        if (!new_place.empty()) tx.put(new_place, table.projected(*item, index).bytes());
    }
    save_vectors(tx, scope, table, old, item);
    if (item)
        tx.put(item_key, std::string(item->bytes()));
    else
        tx.erase(item_key);
}

namespace {

Key expiries_of(const Scope& scope, const Table& table) { return base(scope) << "expiry" << table.number; }

}  // namespace

void put_expiry(store::Transaction& tx, const Scope& scope, const Table& table, const AttributeMap& item, Time ends) {
    tx.put(expiries_of(scope, table) << ends << primary_of(table, item.view()), table.key_of(item).bytes());
}

void erase_expiry(store::Transaction& tx, const Scope& scope, const Table& table, const AttributeMap& item, Time ends) {
    tx.erase(expiries_of(scope, table) << ends << primary_of(table, item.view()));
}

void erase_expiries(store::Transaction& tx, const Scope& scope, const Table& table) {
    tx.erase_range(store::Range::prefix(expiries_of(scope, table)));
}

Task<std::vector<Expiry>> list_expired(store::Transaction& tx, Scope scope, const Table& table, Time now,
                                       size_t limit) {
    const Key prefix = expiries_of(scope, table);
    auto range = store::Range::prefix(prefix);
    range.end = (Key(prefix) << now + Duration(1)).bytes();
    std::vector<Expiry> expired;
    for (auto& entry : co_await tx.scan(range, {.limit = limit})) {
        expired.push_back({.ends = store::KeyReader(entry.key, prefix.bytes()).time(),
                           .key = AttributeMap::from_bytes(std::move(entry.value))});
    }
    co_return expired;
}

store::Range query_range(const Scope& scope, const Table& table, const Index* index, const KeyRange& keys) {
    using Kind = RangeCondition::Kind;
    const auto& condition = keys.range;
    Key collection = hash_key(scope, index ? index->number : table.number, joined(keys.hash));
    for (const auto value : keys.equal) collection << value.content();
    auto range = store::Range::prefix(collection);
    const auto at = [&](AttributeView value) { return Key(collection) << value.content(); };
    switch (condition.kind) {
        case Kind::any: break;
        case Kind::equal: range = store::Range::prefix(at(condition.first)); break;
        case Kind::less: range.end = at(condition.first).bytes(); break;
        case Kind::less_or_equal: range.end = behind(at(condition.first)); break;
        case Kind::greater: range.begin = behind(at(condition.first)); break;
        case Kind::greater_or_equal: range.begin = at(condition.first).bytes(); break;
        case Kind::between:
            range.begin = at(condition.first).bytes();
            range.end = behind(at(condition.second));
            break;
        case Kind::begins_with: {
            auto prefix = at(condition.first).bytes();
            prefix.resize(prefix.size() - 2);  // without the mark that ends a text
            range = store::Range::prefix(prefix);
            break;
        }
    }
    return range;
}

store::Range scan_range(const Scope& scope, const Table& table, const Index* index, int64_t segment, int64_t segments) {
    const uint64_t number = index ? index->number : table.number;
    return {bucket_key(scope, number, buckets * segment / segments).bytes(),
            bucket_key(scope, number, buckets * (segment + 1) / segments).bytes()};
}

std::string position(const Scope& scope, const Table& table, const Index* index, AttributeView key) {
    return index ? index_key(scope, table, *index, key) : item_key(scope, table, key);
}

std::string vector_place(const Scope& scope, const Table& table, const VectorSchema& index, AttributeView item) {
    const auto partition = index.hash ? item.find(index.hash->name).content() : std::string_view();
    return std::move(hash_key(scope, index.number, partition) << primary_of(table, item)).bytes();
}

store::Range vector_range(const Scope& scope, const VectorSchema& index, AttributeView hash) {
    return store::Range::prefix(hash_key(scope, index.number, hash ? hash.content() : std::string_view()));
}

Task<std::optional<std::string>> find_token(store::Transaction& tx, Scope scope, std::string token, Time now) {
    const auto record = co_await tx.get(base(scope) << "token" << token);
    if (!record) co_return std::nullopt;
    store::KeyReader reader(*record);
    if (reader.time() <= now) co_return std::nullopt;
    co_return reader.text();
}

void remember_token(store::Transaction& tx, const Scope& scope, const std::string& token, const std::string& digest,
                    Time until) {
    tx.put(base(scope) << "token" << token, std::move(Key() << until << digest).bytes());
    tx.put(base(scope) << "token due" << until << token, "");
}

Task<void> forget_tokens(store::Transaction& tx, Scope scope, Time now) {
    const Key prefix = base(scope) << "token due";
    auto range = store::Range::prefix(prefix);
    range.end = (Key(prefix) << now).bytes();
    for (const auto& entry : co_await tx.scan(range, {.limit = 1000})) {
        store::KeyReader reader(entry.key, prefix.bytes());
        reader.time();
        const auto token = reader.text();
        // A token that was used again since then is due later.
        if (!co_await find_token(tx, scope, token, now)) tx.erase(base(scope) << "token" << token);
        tx.erase(entry.key);
    }
}

}  // namespace cumulet::dynamodb
