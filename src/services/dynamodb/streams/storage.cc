#include "services/dynamodb/streams/storage.h"

#include "contracts/topics.h"
#include "store/record.h"

namespace cumulet::dynamodb {

namespace {

using store::Key;
using store::RecordReader;
using store::RecordWriter;

constexpr auto trim_step = 5min;  // records of so long leave together
constexpr size_t most_shards = 1000;
constexpr size_t max_read_bytes = 1024 * 1024;

Key base(const Scope& scope, std::string_view kind) { return Key(scope.account, scope.region, "dynamodb", kind); }
Key stream_key(const Scope& scope, std::string_view table, std::string_view label) {
    return base(scope, "stream") << table << label;
}
Key head_key(const Scope& scope, uint64_t stream) { return base(scope, "stream head") << stream; }
Key floor_key(const Scope& scope, uint64_t stream) { return base(scope, "stream floor") << stream; }
Key shards_key(const Scope& scope, uint64_t stream) { return base(scope, "stream shard") << stream; }
Key records_key(const Scope& scope, uint64_t stream) { return base(scope, "stream record") << stream; }
Key marks_key(const Scope& scope, uint64_t stream) { return base(scope, "stream mark") << stream; }

void write_key(RecordWriter& writer, const KeySchema& key) {
    writer.text(key.hash).text(name_of(key.hash_type)).text(key.range).text(name_of(key.range_type));
}

KeySchema read_key(RecordReader& reader) {
    const auto type = [&] {
        const auto name = reader.view();
        return name == "N" ? AttributeType::N : name == "B" ? AttributeType::B : AttributeType::S;
    };
    KeySchema key;
    key.hash = reader.text();
    key.hash_type = type();
    key.range = reader.text();
    key.range_type = type();
    return key;
}

std::string bytes_of(const Stream& stream) {
    RecordWriter writer(1);
    writer.number(static_cast<int64_t>(stream.number)).text(stream.view).time(stream.created);
    write_key(writer, stream.key);
    writer.boolean(stream.disabled.has_value()).time(stream.disabled.value_or(Time()));
    return writer.take();
}

Stream read_stream(std::string table, std::string label, std::string_view bytes) {
    RecordReader reader(bytes);
    Stream stream{.table = std::move(table), .label = std::move(label)};
    stream.number = static_cast<uint64_t>(reader.number());
    stream.view = reader.text();
    stream.created = reader.time();
    stream.key = read_key(reader);
    const bool disabled = reader.boolean();
    const auto when = reader.time();
    if (disabled) stream.disabled = when;
    return stream;
}

void write_shard(RecordWriter& writer, const Shard& shard) {
    writer.number(shard.serial).time(shard.opened).number(static_cast<int64_t>(shard.first));
    writer.boolean(shard.last.has_value()).number(static_cast<int64_t>(shard.last.value_or(0)));
}

Shard read_shard(RecordReader& reader) {
    Shard shard;
    shard.serial = reader.number();
    shard.opened = reader.time();
    shard.first = static_cast<uint64_t>(reader.number());
    const bool closed = reader.boolean();
    const auto last = static_cast<uint64_t>(reader.number());
    if (closed) shard.last = last;
    return shard;
}

void save_shard(store::Transaction& tx, const Scope& scope, uint64_t stream, const Shard& shard) {
    RecordWriter writer(1);
    write_shard(writer, shard);
    tx.put(shards_key(scope, stream) << shard.serial, writer.take());
}

void save_head(store::Transaction& tx, const Scope& scope, uint64_t stream, const StreamHead& head) {
    RecordWriter writer(1);
    write_shard(writer, head.shard);
    writer.number(static_cast<int64_t>(head.next)).time(head.latest).time(head.marked);
    tx.put(head_key(scope, stream), writer.take());
}

Task<std::optional<StreamHead>> find_head(store::Transaction& tx, Scope scope, uint64_t stream) {
    const auto bytes = co_await tx.get(head_key(scope, stream));
    if (!bytes) co_return std::nullopt;
    RecordReader reader(*bytes);
    StreamHead head{.shard = read_shard(reader)};
    head.next = static_cast<uint64_t>(reader.number());
    head.latest = reader.time();
    head.marked = reader.time();
    co_return head;
}

std::string bytes_of(const TableStream& stream, const Table& table, const ItemChange& change, Time time) {
    const auto& any = change.item ? *change.item : *change.old;
    RecordWriter writer(1);
    writer.text(!change.old ? "INSERT" : !change.item ? "REMOVE" : "MODIFY").time(time).boolean(change.expired);
    writer.text(table.key_of(any).bytes());
    writer.text(change.old && stream.keeps_old() ? change.old->bytes() : std::string_view());
    writer.text(change.item && stream.keeps_new() ? change.item->bytes() : std::string_view());
    return writer.take();
}

StreamRecord read_record(std::string_view bytes) {
    RecordReader reader(bytes);
    StreamRecord record{.event = reader.text()};
    record.time = reader.time();
    record.expired = reader.boolean();
    record.keys = AttributeMap::from_bytes(reader.text());
    const auto image = [&]() -> std::optional<AttributeMap> {
        auto text = reader.text();
        if (text.empty()) return std::nullopt;
        return AttributeMap::from_bytes(std::move(text));
    };
    record.old_image = image();
    record.new_image = image();
    return record;
}

std::string subject_of(uint64_t stream, Time mark) { return Key(stream, mark).bytes(); }

/// Schedules the trimming of the records from now on.
Task<void> mark(store::Transaction& tx, Scope scope, uint64_t stream, StreamHead& head) {
    head.marked = head.latest;
    tx.put(marks_key(scope, stream) << head.marked, Key(head.next).bytes());
    co_await schedule(tx, {.due = head.marked + trim_step + stream_retention,
                           .kind = std::string(trim_kind),
                           .scope = std::move(scope),
                           .subject = subject_of(stream, head.marked)});
}

/// Closes the open shard, and opens its child.
void succeed(store::Transaction& tx, const Scope& scope, uint64_t stream, StreamHead& head) {
    head.shard.last = head.next - 1;
    save_shard(tx, scope, stream, head.shard);
    head.shard = {.serial = head.shard.serial + 1, .opened = head.latest, .first = head.next};
    save_shard(tx, scope, stream, head.shard);
}

}  // namespace

Task<void> open_stream(store::Transaction& tx, Scope scope, DescribedTable& table, std::string view) {
    auto created = Reactor::current().now();
    while (co_await tx.get(stream_key(scope, table.name, stream_label(created)))) created += 1ms;
    const Stream stream{.table = table.name,
                        .label = stream_label(created),
                        .number = co_await take_number(tx, scope),
                        .view = std::move(view),
                        .key = table.key,
                        .created = created};
    const StreamHead head{.shard = {.serial = 1, .opened = created}, .latest = created, .marked = Time::min()};
    tx.put(stream_key(scope, stream.table, stream.label), bytes_of(stream));
    save_shard(tx, scope, stream.number, head.shard);
    save_head(tx, scope, stream.number, head);

    table.stream = {.number = stream.number, .label = stream.label, .view = stream.view};
    auto& description = table.description;
    description.StreamSpecification = {.StreamEnabled = true, .StreamViewType = stream.view};
    description.LatestStreamLabel = stream.label;
    description.LatestStreamArn = stream_arn(scope.account, scope.region, stream.table, stream.label);
}

Task<void> close_stream(store::Transaction& tx, Scope scope, DescribedTable& table) {
    auto stream = co_await find_stream(tx, scope, table.name, table.stream->label);
    auto head = co_await find_head(tx, scope, table.stream->number);
    stream->disabled = Reactor::current().now();
    head->shard.last = head->next - 1;
    save_shard(tx, scope, stream->number, head->shard);
    tx.erase(head_key(scope, stream->number));
    tx.put(stream_key(scope, stream->table, stream->label), bytes_of(*stream));
    tx.wake(contracts::stream_topic(stream_arn(scope.account, scope.region, stream->table, stream->label)));
    co_await schedule(tx, {.due = *stream->disabled + stream_retention + trim_step,
                           .kind = std::string(remove_stream_kind),
                           .scope = scope,
                           .subject = Key(stream->table, stream->label).bytes()});
    table.stream.reset();
    table.description.StreamSpecification.reset();
}

Task<void> append_record(store::Transaction& tx, Scope scope, const Table& table, ItemChange change) {
    const auto& stream = *table.stream;
    auto head = co_await find_head(tx, scope, stream.number);
    head->latest = std::max(head->latest, Reactor::current().now());
    if (head->latest >= head->shard.opened + shard_lifetime) succeed(tx, scope, stream.number, *head);
    if (head->marked == Time::min() || head->latest >= head->marked + trim_step) {
        co_await mark(tx, scope, stream.number, *head);
    }
    tx.put(records_key(scope, stream.number) << head->next, bytes_of(stream, table, change, head->latest));
    ++head->next;
    save_head(tx, scope, stream.number, *head);
    tx.wake(contracts::stream_topic(stream_arn(scope.account, scope.region, table.name, stream.label)));
}

Task<std::optional<Stream>> find_stream(store::Transaction& tx, Scope scope, std::string table, std::string label) {
    const auto bytes = co_await tx.get(stream_key(scope, table, label));
    if (!bytes) co_return std::nullopt;
    co_return read_stream(std::move(table), std::move(label), *bytes);
}

Task<std::vector<Stream>> list_streams(store::Transaction& tx, Scope scope, std::string only_table, std::string table,
                                       std::string label, size_t limit) {
    const Key all = base(scope, "stream");
    const auto range = range_behind(only_table.empty() ? all : Key(all) << only_table,
                                    table.empty() ? "" : stream_key(scope, table, label).bytes());
    std::vector<Stream> streams;
    for (const auto& entry : co_await tx.scan(range, {.limit = limit})) {
        store::KeyReader reader(entry.key, all.bytes());
        auto of_table = reader.text();
        streams.push_back(read_stream(std::move(of_table), reader.text(), entry.value));
    }
    co_return streams;
}

Task<std::vector<Shard>> list_shards(store::Transaction& tx, Scope scope, const Stream& stream) {
    std::vector<Shard> shards;
    const auto range = store::Range::prefix(shards_key(scope, stream.number));
    for (const auto& entry : co_await tx.scan(range, {.limit = most_shards})) {
        RecordReader reader(entry.value);
        shards.push_back(read_shard(reader));
    }
    co_return shards;
}

Task<std::optional<Shard>> find_shard(store::Transaction& tx, Scope scope, const Stream& stream, int64_t serial) {
    const auto bytes = co_await tx.get(shards_key(scope, stream.number) << serial);
    if (!bytes) co_return std::nullopt;
    RecordReader reader(*bytes);
    co_return read_shard(reader);
}

Task<uint64_t> end_of(store::Transaction& tx, Scope scope, const Stream& stream, const Shard& shard) {
    if (shard.last) co_return *shard.last + 1;
    const auto head = co_await find_head(tx, scope, stream.number);
    co_return head->next;
}

Task<uint64_t> stream_floor(store::Transaction& tx, Scope scope, const Stream& stream) {
    const auto bytes = co_await tx.get(floor_key(scope, stream.number));
    co_return bytes ? store::KeyReader(*bytes).unsigned_number() : 1;
}

Task<std::vector<NumberedRecord>> read_records(store::Transaction& tx, Scope scope, const Stream& stream, uint64_t next,
                                               std::optional<uint64_t> last, size_t limit) {
    const Key prefix = records_key(scope, stream.number);
    auto range = store::Range::from(Key(prefix) << next, prefix);
    if (last) range.end = (Key(prefix) << *last + 1).bytes();
    std::vector<NumberedRecord> records;
    if (range.empty()) co_return records;
    for (const auto& entry : co_await tx.scan(range, {.limit = limit, .max_bytes = max_read_bytes})) {
        records.push_back({.number = store::KeyReader(entry.key, prefix.bytes()).unsigned_number(),
                           .record = read_record(entry.value)});
    }
    co_return records;
}

Task<uint64_t> find_time(store::Transaction& tx, Scope scope, const Stream& stream, uint64_t next, uint64_t end,
                         Time time) {
    while (next < end) {
        const auto middle = next + (end - next) / 2;
        const auto bytes = co_await tx.get(records_key(scope, stream.number) << middle);
        if (!bytes || read_record(*bytes).time < time) {
            next = middle + 1;
        } else {
            end = middle;
        }
    }
    co_return next;
}

Task<bool> trim_stream(store::Transaction& tx, DueWork& work) {
    store::KeyReader reader(work.subject);
    const Stream stream{.number = reader.unsigned_number()};
    const auto marks = marks_key(work.scope, stream.number);
    const auto mark = Key(marks) << reader.time();
    if (!co_await tx.get(mark)) co_return true;  // the stream is gone
    tx.erase(mark);

    // What is marked next is younger; without a mark nothing was written since.
    const auto later = co_await tx.scan(store::Range::from(mark, marks), {.limit = 1});
    uint64_t floor = 0;
    const auto shards = co_await list_shards(tx, work.scope, stream);
    if (!later.empty()) {
        floor = store::KeyReader(later.front().value).unsigned_number();
    } else {
        floor = co_await end_of(tx, work.scope, stream, shards.back());
    }
    const Key records = records_key(work.scope, stream.number);
    const auto old_floor = co_await stream_floor(tx, work.scope, stream);
    tx.erase_range({(Key(records) << old_floor).bytes(), (Key(records) << floor).bytes()});
    tx.put(floor_key(work.scope, stream.number), Key(floor).bytes());
    for (const auto& shard : shards) {
        if (shard.last && *shard.last < floor && shard.serial != shards.back().serial) {
            tx.erase(shards_key(work.scope, stream.number) << shard.serial);
        }
    }
    co_return true;
}

Task<bool> remove_stream(store::Transaction& tx, DueWork& work) {
    store::KeyReader reader(work.subject);
    auto table = reader.text();
    const auto stream = co_await find_stream(tx, work.scope, table, reader.text());
    if (!stream) co_return true;
    for (const auto& key : {shards_key(work.scope, stream->number), records_key(work.scope, stream->number),
                            marks_key(work.scope, stream->number)}) {
        tx.erase_range(store::Range::prefix(key));
    }
    tx.erase(floor_key(work.scope, stream->number));
    tx.erase(stream_key(work.scope, stream->table, stream->label));
    co_return true;
}

}  // namespace cumulet::dynamodb
