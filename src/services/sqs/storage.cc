#include "services/sqs/storage.h"

#include "services/sqs/former_storage.h"
#include "services/sqs/records.h"
#include "store/count.h"
#include "store/record.h"

namespace cumulet::sqs {
namespace {

using store::Key;
using store::Range;

constexpr size_t id_bytes = 16;
constexpr size_t largest_inline_bytes = 4096;  // larger content is not written again with each receive

Key queues(const Place& place) {
    return Key(place.account, place.region, std::string_view("sqs"), std::string_view("queue"));
}

Key prefix_of(const Queue& queue) {
    return Key(queue.account, queue.region, std::string_view("sqs"), std::string_view("in")) << queue.generation;
}
Key within(const Queue& queue) { return queue.within.empty() ? prefix_of(queue) : std::move(Key().raw(queue.within)); }
Key within(const Queue& queue, std::string_view collection) { return within(queue) << collection; }

std::string_view collection_of(Stored::Where where) { return where == Stored::Where::held ? "held" : "ready"; }

Range all_of(const Queue& queue, Stored::Where where) { return Range::prefix(within(queue, collection_of(where))); }

std::string key_of(const Queue& queue, const Stored& stored) {
    const auto id = pack_id(stored.message.id);
    if (stored.where == Stored::Where::waiting) {
        auto key = within(queue, "waiting") << stored.message.group_id;
        if (queue.fifo()) {
            key << stored.message.sequence;
        } else {
            key << stored.delivery.visible_at;
        }
        return std::move(key.raw(id)).bytes();
    }
    return std::move((within(queue, collection_of(stored.where)) << stored.delivery.visible_at).raw(id)).bytes();
}

std::string body_key(const Queue& queue, std::string_view id) {
    return std::move(within(queue, "body").raw(pack_id(id))).bytes();
}
std::string moved_key(const Queue& queue, std::string_view id) {
    return std::move(within(queue, "moved").raw(pack_id(id))).bytes();
}
std::string due_key(const Queue& queue, const Group& group) {
    return std::move((within(queue, "due") << group.due << group.turns).raw(group.id)).bytes();
}
std::string group_key(const Queue& queue, std::string_view id) {
    return std::move(within(queue, "group").raw(id)).bytes();
}

int64_t slot_of(Time time) { return time.time_since_epoch() / remembered; }

Key slot_key(const Queue& queue, std::string_view collection, int64_t slot) {
    return within(queue, collection) << slot;
}
std::string once_key(const Queue& queue, int64_t slot, std::string_view scope, std::string_view id) {
    return std::move((slot_key(queue, "once", slot) << scope).raw(id)).bytes();
}
std::string attempt_key(const Queue& queue, int64_t slot, std::string_view id) {
    return std::move(slot_key(queue, "attempt", slot).raw(id)).bytes();
}

/// Removes some of what was remembered in slots that nobody asks for any more: more than is added.
Task<void> forget(store::Transaction& tx, const Queue& queue, std::string_view collection, Time now) {
    constexpr size_t some = 3;
    const Range range{within(queue, collection).bytes(), slot_key(queue, collection, slot_of(now) - 1).bytes()};
    for (auto& entry : co_await tx.scan(range, {.limit = some})) tx.erase(std::move(entry.key));
}

Task<std::vector<Stored>> scan(store::Transaction& tx, Stored::Where where, Range range, size_t limit) {
    std::vector<Stored> found;
    auto entries = co_await tx.scan(std::move(range), {.limit = limit});
    found.reserve(entries.size());
    for (const auto& entry : entries) {
        const auto id = std::string_view(entry.key).substr(entry.key.size() - id_bytes);
        found.push_back(decode_stored(where, unpack_id(id), entry.value));
    }
    co_return found;
}

}  // namespace

Task<std::optional<Queue>> find_queue(store::Transaction& tx, Place place, std::string name) {
    const auto bytes = co_await tx.get(queues(place) << name);
    if (!bytes) co_return std::nullopt;
    auto queue = decode_queue(place, std::move(name), *bytes);
    queue.within = prefix_of(queue).bytes();
    if (queue.former_layout) co_await bring_up_to_date(tx, queue);
    co_return std::move(queue);
}

Task<Queue> load_queue(store::Transaction& tx, const Call& call, std::string url) {
    return load_queue(tx, call, parse_queue_url(call, url));
}

Task<Queue> load_queue(store::Transaction& tx, const Call& call, QueueAddress address) {
    auto queue =
        co_await find_queue(tx, {std::move(address.account), std::move(address.region)}, std::move(address.name));
    if (!queue) throw queue_does_not_exist(call);
    co_return std::move(*queue);
}

void save_queue(store::Transaction& tx, const Queue& queue) {
    tx.put(queues({queue.account, queue.region}) << queue.name, encode(queue));
}

Task<std::vector<Queue>> list_queues(store::Transaction& tx, Place place, std::string prefix, std::string after,
                                     size_t limit) {
    const Key all = queues(place);
    auto range = Range::prefix(all);
    if (!after.empty()) range.begin = Range::prefix(queues(place) << after).end;
    // Names are plain text, so those with a prefix stand together from the prefix itself on.
    const auto first = std::move(queues(place).raw(prefix)).bytes();
    range.begin = std::max(range.begin, first);
    std::vector<Queue> found;
    for (auto& entry : co_await tx.scan(range, {.limit = limit})) {
        store::KeyReader reader(entry.key, all.bytes());
        auto name = reader.text();
        if (!name.starts_with(prefix)) break;
        found.push_back(decode_queue(place, std::move(name), entry.value));
    }
    co_return found;
}

Task<std::vector<Place>> places_of_queues(store::Transaction& tx) {
    std::vector<Place> places;
    Range rest;
    while (true) {
        const auto next = co_await tx.scan(rest, {.limit = 1});
        if (next.empty()) co_return places;
        store::KeyReader reader(next.front().key);
        Place place{reader.text(), reader.text()};
        rest.begin = Range::prefix(Key(place.account, place.region)).end;
        if (!(co_await list_queues(tx, place, "", "", 1)).empty()) places.push_back(std::move(place));
    }
}

void erase_queue(store::Transaction& tx, const Queue& queue) {
    if (queue.former_layout) erase_former_messages(tx, queue);
    tx.erase_range(Range::prefix(within(queue)));
    tx.erase(queues({queue.account, queue.region}) << queue.name);
}

void erase_messages(store::Transaction& tx, const Queue& queue) {
    if (queue.former_layout) erase_former_messages(tx, queue);
    for (const auto collection : {"attempt", "body", "due", "group", "held", "moved", "ready", "waiting"}) {
        tx.erase_range(Range::prefix(within(queue, collection)));
    }
}

void keep_at_hand(store::Store& store, const Queue& queue) {
    store.keep_resident(Range::from(within(queue, "due"), within(queue)));
    if (!queue.fifo()) store::keep_count(store, all_of(queue, Stored::Where::ready));
}

void put_message(store::Transaction& tx, const Queue& queue, const Stored& stored) {
    tx.put(key_of(queue, stored), encode(stored));
}

void put_new_message(store::Transaction& tx, const Queue& queue, Stored& stored) {
    size_t content_bytes = stored.message.body.size();
    for (const auto& [name, value] : stored.message.attributes) {
        const auto& text = value.BinaryValue ? value.BinaryValue : value.StringValue;
        content_bytes += name.size() + (text ? text->size() : 0);
    }
    stored.apart = content_bytes > largest_inline_bytes;
    if (stored.apart) tx.put(body_key(queue, stored.message.id), encode_content(stored.message));
    put_message(tx, queue, stored);
}

void take_message(store::Transaction& tx, const Queue& queue, const Stored& stored) {
    tx.erase(key_of(queue, stored));
    if (stored.delivery.moved) tx.erase(moved_key(queue, stored.message.id));
}

void erase_message(store::Transaction& tx, const Queue& queue, const Stored& stored) {
    take_message(tx, queue, stored);
    if (stored.apart) tx.erase(body_key(queue, stored.message.id));
}

Task<void> complete_message(store::Transaction& tx, const Queue& queue, Stored& stored) {
    if (!stored.apart || !stored.message.body.empty()) co_return;
    const auto bytes = co_await tx.get(body_key(queue, stored.message.id));
    if (!bytes) throw std::runtime_error("a message's body is missing");
    decode_content(stored.message, *bytes);
}

Task<std::vector<Stored>> scan_messages(store::Transaction& tx, const Queue& queue, Stored::Where where, Time from,
                                        Time until, size_t limit) {
    const auto collection = collection_of(where);
    return scan(tx, where, {(within(queue, collection) << from).bytes(), (within(queue, collection) << until).bytes()},
                limit);
}

Task<std::vector<Stored>> scan_group(store::Transaction& tx, const Queue& queue, std::string group_id, size_t limit) {
    return scan(tx, Stored::Where::waiting, Range::prefix(within(queue, "waiting") << group_id), limit);
}

Task<std::vector<Stored>> scan_waiting(store::Transaction& tx, const Queue& queue, const Stored* after, size_t limit) {
    auto range = Range::prefix(within(queue, "waiting"));
    if (after) range.begin = key_of(queue, *after) + '\0';
    return scan(tx, Stored::Where::waiting, std::move(range), limit);
}

Task<int64_t> count_rows(store::Transaction& tx, const Queue& queue, Stored::Where where, Time from, Time until) {
    const auto collection = collection_of(where);
    co_return static_cast<int64_t>(co_await store::count(
        tx, {(within(queue, collection) << from).bytes(), (within(queue, collection) << until).bytes()}));
}

Task<int64_t> count_all(store::Transaction& tx, const Queue& queue, Stored::Where where) {
    co_return static_cast<int64_t>(co_await store::count(tx, all_of(queue, where)));
}

Task<int64_t> count_waiting(store::Transaction& tx, const Queue& queue) {
    co_return static_cast<int64_t>(co_await store::count(tx, Range::prefix(within(queue, "waiting"))));
}

Task<std::optional<Stored>> find_message(store::Transaction& tx, const Queue& queue, Receipt receipt) {
    Stored sought;
    sought.where = queue.fifo() ? Stored::Where::waiting : Stored::Where::held;
    sought.message.id = receipt.message_id;
    sought.message.group_id = receipt.group_id;
    sought.message.sequence = receipt.sequence;
    sought.delivery.visible_at = receipt.visible_at;
    auto bytes = co_await tx.get(key_of(queue, sought));
    if (!bytes && !queue.fifo()) {
        const auto moved = co_await tx.get(moved_key(queue, receipt.message_id));
        if (!moved) co_return std::nullopt;
        store::RecordReader reader(*moved);
        sought.delivery.visible_at = reader.time();
        bytes = co_await tx.get(key_of(queue, sought));
    }
    if (!bytes) co_return std::nullopt;
    auto stored = decode_stored(sought.where, std::move(receipt.message_id), *bytes);
    if (stored.delivery.receive_count != receipt.receive_count) co_return std::nullopt;
    co_return std::move(stored);
}

void move_message(store::Transaction& tx, const Queue& queue, Stored& stored, Time visible_at) {
    take_message(tx, queue, stored);
    stored.delivery.visible_at = visible_at;
    stored.delivery.moved = true;
    put_message(tx, queue, stored);
    tx.put(moved_key(queue, stored.message.id), store::RecordWriter(1).time(visible_at).take());
}

Task<int64_t> next_sequence(store::Transaction& tx, const Queue& queue) {
    auto key = within(queue, "sequence").bytes();
    const auto bytes = co_await tx.get(key);
    const int64_t next = bytes ? store::RecordReader(*bytes).number() + 1 : 1;
    tx.put(std::move(key), store::RecordWriter(1).number(next).take());
    co_return next;
}

Task<std::optional<Group>> find_group(store::Transaction& tx, const Queue& queue, std::string group_id) {
    const auto bytes = co_await tx.get(group_key(queue, group_id));
    if (!bytes) co_return std::nullopt;
    auto group = decode_group(*bytes);
    group.id = std::move(group_id);
    co_return std::move(group);
}

void put_group(store::Transaction& tx, const Queue& queue, const std::optional<Group>& before, const Group& group) {
    if (before == group) return;
    if (before) tx.erase(due_key(queue, *before));
    const auto bytes = encode(group);
    tx.put(due_key(queue, group), bytes);
    tx.put(group_key(queue, group.id), bytes);
}

void erase_group(store::Transaction& tx, const Queue& queue, const Group& group) {
    tx.erase(due_key(queue, group));
    tx.erase(group_key(queue, group.id));
}

Task<std::vector<Group>> scan_groups(store::Transaction& tx, const Queue& queue, Time from, Time until, size_t limit) {
    const auto all = within(queue, "due");
    const Range range{(within(queue, "due") << from).bytes(), (within(queue, "due") << until).bytes()};
    std::vector<Group> found;
    for (const auto& entry : co_await tx.scan(range, {.limit = limit})) {
        auto group = decode_group(entry.value);
        store::KeyReader reader(entry.key, all.bytes());
        reader.time();
        reader.number();
        group.id = reader.rest();
        found.push_back(std::move(group));
    }
    co_return found;
}

Task<std::optional<Once>> find_once(store::Transaction& tx, const Queue& queue, std::string scope, std::string id,
                                    Time now) {
    for (const auto slot : {slot_of(now), slot_of(now) - 1}) {
        const auto bytes = co_await tx.get(once_key(queue, slot, scope, id));
        if (!bytes) continue;
        auto once = decode_once(*bytes);
        if (once.sent + remembered > now) co_return std::move(once);
    }
    co_return std::nullopt;
}

Task<void> save_once(store::Transaction& tx, const Queue& queue, std::string scope, std::string id, Once once) {
    co_await forget(tx, queue, "once", once.sent);
    tx.put(once_key(queue, slot_of(once.sent), scope, id), encode(once));
}

Task<std::optional<Attempt>> find_attempt(store::Transaction& tx, const Queue& queue, std::string id, Time now) {
    for (const auto slot : {slot_of(now), slot_of(now) - 1}) {
        const auto bytes = co_await tx.get(attempt_key(queue, slot, id));
        if (!bytes) continue;
        auto attempt = decode_attempt(*bytes);
        if (attempt.received + remembered > now) co_return std::move(attempt);
    }
    co_return std::nullopt;
}

Task<void> save_attempt(store::Transaction& tx, const Queue& queue, std::string id, Attempt attempt) {
    co_await forget(tx, queue, "attempt", attempt.received);
    tx.put(attempt_key(queue, slot_of(attempt.received), id), encode(attempt));
}

}  // namespace cumulet::sqs
