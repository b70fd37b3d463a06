#include "services/dynamodb/backups/storage.h"

#include "base/hash.h"
#include "contracts/reflect.h"
#include "store/record.h"

namespace cumulet::dynamodb {

namespace {

using store::Key;

constexpr size_t entries_a_step = 500;
constexpr size_t bytes_a_step = 2 << 20;

Key backups_of(const Scope& scope) { return Key(scope.account, scope.region, "dynamodb", "backup"); }
Key backup_key(const Scope& scope, std::string_view table_name, std::string_view id) {
    return backups_of(scope) << table_name << id;
}
Key log_key(const Scope& scope, uint64_t log) { return Key(scope.account, scope.region, "dynamodb", "change") << log; }

const contracts::Shape& backup_shape() { return *aws::dynamodb::service.find("DescribeBackup")->output; }
const contracts::Shape& table_shape() { return *aws::dynamodb::service.find("CreateTable")->output; }

std::string record_of(const Backup& backup) {
    const aws::dynamodb::DescribeBackupOutput described{.BackupDescription = backup.description};
    const aws::dynamodb::CreateTableOutput table{.TableDescription = backup.table};
    store::RecordWriter writer(1);
    writer.text(backup.table_name).text(backup.id).number(static_cast<int64_t>(backup.number));
    writer.text(backup.restoring_into);
    writer.text(json::serialize(contracts::to_json(backup_shape(), &described)));
    writer.text(json::serialize(contracts::to_json(table_shape(), &table)));
    return writer.take();
}

Backup read_backup(std::string_view record) {
    store::RecordReader reader(record);
    Backup backup{.table_name = reader.text(), .id = reader.text()};
    backup.number = static_cast<uint64_t>(reader.number());
    backup.restoring_into = reader.text();
    aws::dynamodb::DescribeBackupOutput described;
    contracts::from_json(backup_shape(), &described, json::parse(reader.view()));
    backup.description = std::move(*described.BackupDescription);
    aws::dynamodb::CreateTableOutput table;
    contracts::from_json(table_shape(), &table, json::parse(reader.view()));
    backup.table = std::move(*table.TableDescription);
    return backup;
}

PastItem read_past(store::Entry entry, const Key& log) {
    store::KeyReader key(entry.key, log.bytes());
    const Time changed = key.time();
    const bool existed = entry.value[0] == 1;
    return {.key = std::move(entry.key),
            .changed = changed,
            .existed = existed,
            .item = AttributeMap::from_bytes(entry.value.substr(1))};
}

Task<std::vector<PastItem>> read_log(store::Transaction& tx, store::Range range, Key log, store::Order order) {
    std::vector<PastItem> items;
    if (range.empty()) co_return items;
    const store::ScanOptions options{.limit = entries_a_step, .max_bytes = bytes_a_step, .order = order};
    for (auto& entry : co_await tx.scan(std::move(range), options)) items.push_back(read_past(std::move(entry), log));
    co_return items;
}

/// The first instant behind `time`.
Time behind(Time time) { return time + Duration(1); }

}  // namespace

Task<std::optional<Backup>> find_backup(store::Transaction& tx, Scope scope, std::string table_name, std::string id) {
    const auto record = co_await tx.get(backup_key(scope, table_name, id));
    if (!record) co_return std::nullopt;
    co_return read_backup(*record);
}

void save_backup(store::Transaction& tx, const Scope& scope, const Backup& backup) {
    tx.put(backup_key(scope, backup.table_name, backup.id), record_of(backup));
}

void erase_backup(store::Transaction& tx, const Scope& scope, const Backup& backup) {
    tx.erase(backup_key(scope, backup.table_name, backup.id));
}

Task<std::vector<Backup>> list_backups(store::Transaction& tx, Scope scope, std::string table_name,
                                       std::pair<std::string, std::string> after, size_t limit) {
    Key prefix = backups_of(scope);
    if (!table_name.empty()) prefix << table_name;
    const auto range =
        range_behind(prefix, after.second.empty() ? "" : backup_key(scope, after.first, after.second).bytes());
    std::vector<Backup> backups;
    for (const auto& entry : co_await tx.scan(range, {.limit = limit})) backups.push_back(read_backup(entry.value));
    co_return backups;
}

Task<void> remember_past(store::Transaction& tx, Scope scope, uint64_t log, Time changed, std::string place,
                         bool existed, AttributeMap item) {
    Key key = log_key(scope, log) << changed;
    key.raw(sha256(place));
    // Of several changes at one instant the first one says what was there before.
    if (co_await tx.get(key)) co_return;
    tx.put(key, std::string(1, existed ? 1 : 0) + std::string(item.bytes()));
}

Task<std::vector<PastItem>> past_items(store::Transaction& tx, Scope scope, uint64_t log, Time after, std::string end) {
    const Key prefix = log_key(scope, log);
    auto range = store::Range::from(Key(prefix) << behind(after), prefix);
    if (!end.empty()) range.end = std::move(end);
    co_return co_await read_log(tx, std::move(range), prefix, store::Order::descending);
}

Task<std::vector<PastItem>> changes_between(store::Transaction& tx, Scope scope, uint64_t log, Time from, Time to,
                                            std::string cursor) {
    const Key prefix = log_key(scope, log);
    auto range = store::Range::from(Key(prefix) << from, prefix);
    if (!cursor.empty()) range.begin = std::move(cursor) + '\0';
    if (to != Time::max()) range.end = (Key(prefix) << to).bytes();
    co_return co_await read_log(tx, std::move(range), prefix, store::Order::ascending);
}

void forget_past(store::Transaction& tx, const Scope& scope, uint64_t log, Time time) {
    const Key prefix = log_key(scope, log);
    tx.erase_range({prefix.bytes(), (Key(prefix) << time).bytes()});
}

void forget_log(store::Transaction& tx, const Scope& scope, uint64_t log) {
    tx.erase_range(store::Range::prefix(log_key(scope, log)));
}

}  // namespace cumulet::dynamodb
