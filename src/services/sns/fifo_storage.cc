#include "services/sns/fifo_storage.h"

#include "services/sns/records.h"

namespace cumulet::sns {
namespace {

using store::Key;
using store::Range;

constexpr size_t forgotten_at_once = 4;

Key collection(std::string_view name) {
    return Key(std::string_view(), std::string_view(), std::string_view("sns"), name);
}
Key of_topic(const Topic& topic, std::string_view name) { return collection(name) << topic.generation; }
Key remembered_key(const Topic& topic, std::string_view scope, std::string_view id) {
    return of_topic(topic, "deduplicated") << scope << id;
}
Key lane_prefix(const LaneName& lane) { return collection("lane") << lane.generation << lane.subscription; }

}  // namespace

Task<uint64_t> next_sequence(store::Transaction& tx, const Topic& topic) {
    const auto bytes = co_await tx.get(of_topic(topic, "sequence"));
    const auto number = bytes ? static_cast<uint64_t>(store::RecordReader(*bytes).number()) : 0;
    tx.put(of_topic(topic, "sequence"), store::RecordWriter(1).number(static_cast<int64_t>(number + 1)).take());
    co_return number;
}

Task<std::optional<Remembered>> find_remembered(store::Transaction& tx, const Topic& topic, std::string scope,
                                                std::string id, Time now) {
    const auto bytes = co_await tx.get(remembered_key(topic, scope, id));
    if (!bytes) co_return std::nullopt;
    store::RecordReader reader(*bytes);
    Remembered remembered;
    remembered.published = reader.time();
    remembered.message_id = reader.text();
    remembered.sequence_number = reader.text();
    if (remembered.published + deduplication_time <= now) co_return std::nullopt;
    co_return remembered;
}

Task<void> remember(store::Transaction& tx, const Topic& topic, std::string scope, std::string id,
                    Remembered remembered) {
    const Key all = of_topic(topic, "forgotten");
    const Range old{all.bytes(), (of_topic(topic, "forgotten") << remembered.published).bytes()};
    for (const auto& entry : co_await tx.scan(old, {.limit = forgotten_at_once})) {
        store::KeyReader reader(entry.key, all.bytes());
        const auto until = reader.time();
        const auto old_scope = reader.text();
        const auto old_id = reader.text();
        tx.erase(entry.key);
        // The id may have been used again since: then what is remembered is younger than this key says.
        const auto known = co_await tx.get(remembered_key(topic, old_scope, old_id));
        if (known && store::RecordReader(*known).time() + deduplication_time <= until)
            tx.erase(remembered_key(topic, old_scope, old_id));
    }
    tx.put(of_topic(topic, "forgotten") << remembered.published + deduplication_time << scope << id, "");
    tx.put(remembered_key(topic, scope, id), store::RecordWriter(1)
                                                 .time(remembered.published)
                                                 .text(remembered.message_id)
                                                 .text(remembered.sequence_number)
                                                 .take());
}

void save_lane_entry(store::Transaction& tx, const LaneName& lane, const LaneEntry& entry) {
    store::RecordWriter writer(1);
    writer.text(entry.topic.place.account).text(entry.topic.place.region).text(entry.topic.name);
    tx.put(lane_prefix(lane) << entry.number, writer.text(encode(entry.notification)).take());
}

void erase_lane_entry(store::Transaction& tx, const LaneName& lane, uint64_t number) {
    tx.erase(lane_prefix(lane) << number);
}

Task<std::vector<LaneEntry>> lane_head(store::Transaction& tx, LaneName lane, size_t limit) {
    const Key all = lane_prefix(lane);
    std::vector<LaneEntry> head;
    for (const auto& stored : co_await tx.scan(Range::prefix(all), {.limit = limit})) {
        auto& entry = head.emplace_back();
        entry.number = store::KeyReader(stored.key, all.bytes()).unsigned_number();
        store::RecordReader reader(stored.value);
        entry.topic.place.account = reader.text();
        entry.topic.place.region = reader.text();
        entry.topic.name = reader.text();
        entry.notification = decode_notification(reader.view());
    }
    co_return head;
}

Task<std::vector<LaneName>> all_lanes(store::Transaction& tx, size_t limit) {
    const Key all = collection("lane");
    auto range = Range::prefix(all);
    std::vector<LaneName> lanes;
    while (lanes.size() < limit) {
        const auto first = co_await tx.scan(range, {.limit = 1});
        if (first.empty()) break;
        store::KeyReader reader(first.front().key, all.bytes());
        const auto generation = reader.unsigned_number();
        lanes.push_back({generation, reader.text()});
        range.begin = Range::prefix(lane_prefix(lanes.back())).end;
    }
    co_return lanes;
}

Range lanes_range() { return Range::prefix(collection("lane")); }

void save_archived(store::Transaction& tx, const Topic& topic, uint64_t number, const Notification& notification) {
    tx.put(of_topic(topic, "archive") << notification.published << number, encode(notification));
}

Task<std::vector<Archived>> list_archived(store::Transaction& tx, const Topic& topic, Time from, uint64_t number,
                                          Time until, size_t limit) {
    const Key all = of_topic(topic, "archive");
    const Range range{(of_topic(topic, "archive") << from << number).bytes(),
                      (of_topic(topic, "archive") << until).bytes()};
    std::vector<Archived> found;
    for (const auto& entry : co_await tx.scan(range, {.limit = limit})) {
        store::KeyReader reader(entry.key, all.bytes());
        const auto published = reader.time();
        found.push_back({published, reader.unsigned_number(), decode_notification(entry.value)});
    }
    co_return found;
}

Task<void> forget_archived(store::Transaction& tx, const Topic& topic, Time before) {
    const Range range{of_topic(topic, "archive").bytes(), (of_topic(topic, "archive") << before).bytes()};
    for (const auto& entry : co_await tx.scan(range, {.limit = forgotten_at_once})) tx.erase(entry.key);
}

void erase_fifo(store::Transaction& tx, const Topic& topic) {
    for (const auto* name : {"deduplicated", "forgotten", "archive"})
        tx.erase_range(Range::prefix(of_topic(topic, name)));
    tx.erase(of_topic(topic, "sequence"));
}

Task<std::optional<Lease>> find_fifo_lease(store::Transaction& tx) {
    const auto bytes = co_await tx.get(collection("fifo-lease"));
    if (!bytes) co_return std::nullopt;
    store::RecordReader reader(*bytes);
    Lease lease;
    lease.owner = reader.text();
    lease.until = reader.time();
    co_return lease;
}

void save_fifo_lease(store::Transaction& tx, const Lease& lease) {
    tx.put(collection("fifo-lease"), store::RecordWriter(1).text(lease.owner).time(lease.until).take());
}

}  // namespace cumulet::sns
