#include "services/logs/storage.h"

#include "store/record.h"

namespace cumulet::logs {
namespace {

using store::Key;
using store::Range;

Key collection(const Place& place, std::string_view name) {
    return Key(place.account, place.region, std::string_view("logs"), name);
}
Key groups(const Place& place) { return collection(place, "group"); }
Key streams(const Place& place, const std::string& group) { return collection(place, "stream") << group; }
Key events_of(const Place& place, const std::string& group, const std::string& stream) {
    return collection(place, "event") << group << stream;
}

/// The keys below `all` whose last text part begins with `prefix` and comes after `after`.
Range named(const Key& all, const std::string& prefix, const std::string& after) {
    auto range = Range::prefix(all);
    range.begin = std::max(range.begin, std::move(Key(all).raw(prefix)).bytes());
    if (!after.empty()) range.begin = std::max(range.begin, Range::prefix(Key(all) << after).end);
    return range;
}

Group decode_group(std::string name, std::string_view bytes) {
    store::RecordReader reader(bytes);
    Group group;
    group.name = std::move(name);
    group.created = reader.time();
    if (const auto days = reader.number(); days > 0) group.retention_days = static_cast<int32_t>(days);
    group.tags = reader.texts();
    return group;
}

Stream decode_stream(std::string group, std::string name, std::string_view bytes) {
    store::RecordReader reader(bytes);
    Stream stream;
    stream.group = std::move(group);
    stream.name = std::move(name);
    stream.created = reader.time();
    if (reader.boolean()) {
        stream.first_event_millis = reader.number();
        stream.last_event_millis = reader.number();
        stream.last_ingestion = reader.time();
        stream.events = static_cast<uint64_t>(reader.number());
    }
    return stream;
}

Key at(Key key, Position position) { return std::move(key << position.timestamp_millis << position.serial); }

}  // namespace

Task<std::optional<Group>> find_group(store::Transaction& tx, const Place& place, std::string name) {
    const auto bytes = co_await tx.get(groups(place) << name);
    if (!bytes) co_return std::nullopt;
    co_return decode_group(std::move(name), *bytes);
}

Task<Group> load_group(store::Transaction& tx, const Place& place, std::string name) {
    auto group = co_await find_group(tx, place, std::move(name));
    if (!group) throw aws::logs::ResourceNotFoundException("The specified log group does not exist.");
    co_return std::move(*group);
}

void save_group(store::Transaction& tx, const Place& place, const Group& group) {
    tx.put(
        groups(place) << group.name,
        store::RecordWriter(1).time(group.created).number(group.retention_days.value_or(0)).texts(group.tags).take());
}

void erase_group(store::Transaction& tx, const Place& place, const std::string& name) {
    tx.erase(groups(place) << name);
    tx.erase_range(Range::prefix(streams(place, name)));
    tx.erase_range(Range::prefix(collection(place, "event") << name));
}

Task<std::vector<Group>> list_groups(store::Transaction& tx, const Place& place, std::string prefix, std::string after,
                                     size_t limit) {
    const auto all = groups(place);
    std::vector<Group> found;
    for (const auto& entry : co_await tx.scan(named(all, prefix, after), {.limit = limit})) {
        auto name = store::KeyReader(entry.key, all.bytes()).text();
        if (!name.starts_with(prefix)) break;
        found.push_back(decode_group(std::move(name), entry.value));
    }
    co_return found;
}

Task<std::optional<Stream>> find_stream(store::Transaction& tx, const Place& place, std::string group,
                                        std::string name) {
    const auto bytes = co_await tx.get(streams(place, group) << name);
    if (!bytes) co_return std::nullopt;
    co_return decode_stream(std::move(group), std::move(name), *bytes);
}

Task<Stream> load_stream(store::Transaction& tx, const Place& place, std::string group, std::string name) {
    auto stream = co_await find_stream(tx, place, group, std::move(name));
    if (stream) co_return std::move(*stream);
    co_await load_group(tx, place, std::move(group));  // AWS names the group if that is missing
    throw aws::logs::ResourceNotFoundException("The specified log stream does not exist.");
}

void save_stream(store::Transaction& tx, const Place& place, const Stream& stream) {
    store::RecordWriter writer(1);
    writer.time(stream.created).boolean(stream.last_ingestion.has_value());
    if (stream.last_ingestion) {
        writer.number(*stream.first_event_millis).number(*stream.last_event_millis).time(*stream.last_ingestion);
        writer.number(static_cast<int64_t>(stream.events));
    }
    tx.put(streams(place, stream.group) << stream.name, writer.take());
}

void erase_stream(store::Transaction& tx, const Place& place, const Stream& stream) {
    tx.erase(streams(place, stream.group) << stream.name);
    tx.erase_range(Range::prefix(events_of(place, stream.group, stream.name)));
}

Task<std::vector<Stream>> list_streams(store::Transaction& tx, const Place& place, std::string group,
                                       std::string prefix, std::string after, size_t limit) {
    const auto all = streams(place, group);
    std::vector<Stream> found;
    for (const auto& entry : co_await tx.scan(named(all, prefix, after), {.limit = limit})) {
        auto name = store::KeyReader(entry.key, all.bytes()).text();
        if (!name.starts_with(prefix)) break;
        found.push_back(decode_stream(group, std::move(name), entry.value));
    }
    co_return found;
}

void save_event(store::Transaction& tx, const Place& place, const std::string& group, const Event& event) {
    tx.put(at(events_of(place, group, event.stream), event.position),
           store::RecordWriter(1).time(event.ingested).text(event.message).take());
}

Task<std::vector<Event>> events(store::Transaction& tx, const Place& place, std::string group, std::string stream,
                                Position from, Position until, size_t limit, bool descending) {
    const auto all = events_of(place, group, stream);
    const Range range{at(all, from).bytes(), at(all, until).bytes()};
    std::vector<Event> found;
    if (range.begin >= range.end) co_return found;
    const auto order = descending ? store::Order::descending : store::Order::ascending;
    for (const auto& entry : co_await tx.scan(range, {.limit = limit, .order = order})) {
        store::KeyReader key(entry.key, all.bytes());
        store::RecordReader reader(entry.value);
        Event event;
        event.position.timestamp_millis = key.number();
        event.position.serial = key.unsigned_number();
        event.stream = stream;
        event.ingested = reader.time();
        event.message = reader.text();
        found.push_back(std::move(event));
    }
    co_return found;
}

}  // namespace cumulet::logs
