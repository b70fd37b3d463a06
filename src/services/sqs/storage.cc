#include "services/sqs/storage.h"

#include "store/record.h"

namespace cumulet::sqs {
namespace {

using store::Key;
using store::Range;

Key queues(const Place& place) {
    return Key(place.account, place.region, std::string_view("sqs"), std::string_view("queue"));
}

Key of_queue(const Queue& queue, std::string_view collection) {
    return Key(queue.account, queue.region, std::string_view("sqs"), collection) << queue.generation;
}
Key waiting_key(const Queue& queue, Time visible_at, std::string_view message_id) {
    return std::move((of_queue(queue, "waiting") << visible_at).raw(message_id));
}
Key message_key(const Queue& queue, Time sent, std::string_view id) {
    return std::move((of_queue(queue, "message") << sent).raw(id));
}
Key moved_key(const Queue& queue, std::string_view id) { return std::move(of_queue(queue, "moved").raw(id)); }

std::string encode(const Queue& queue) {
    return store::RecordWriter(1)
        .number(static_cast<int64_t>(queue.generation))
        .time(queue.created)
        .time(queue.modified)
        .texts(queue.attributes)
        .texts(queue.tags)
        .take();
}

Queue decode_queue(const Place& place, std::string name, std::string_view bytes) {
    store::RecordReader reader(bytes);
    Queue queue;
    queue.account = place.account;
    queue.region = place.region;
    queue.name = std::move(name);
    queue.generation = static_cast<uint64_t>(reader.number());
    queue.created = reader.time();
    queue.modified = reader.time();
    queue.attributes = reader.texts();
    queue.tags = reader.texts();
    return queue;
}

std::string encode(const Message& message) {
    store::RecordWriter writer(1);
    writer.text(message.body).text(message.trace_header).text(message.sender_id).time(message.sent);
    writer.text(message.dead_letter_source).number(static_cast<int64_t>(message.attributes.size()));
    for (const auto& [name, value] : message.attributes) {
        writer.text(name).text(value.DataType).optional_text(value.StringValue).optional_text(value.BinaryValue);
    }
    return writer.take();
}

Message decode_message(std::string id, std::string_view bytes) {
    store::RecordReader reader(bytes);
    Message message;
    message.id = std::move(id);
    message.body = reader.text();
    message.trace_header = reader.text();
    message.sender_id = reader.text();
    message.sent = reader.time();
    message.dead_letter_source = reader.text();
    for (auto left = reader.number(); left > 0; --left) {
        auto name = reader.text();
        aws::sqs::MessageAttributeValue value;
        value.DataType = reader.text();
        value.StringValue = reader.optional_text();
        value.BinaryValue = reader.optional_text();
        message.attributes.emplace(std::move(name), std::move(value));
    }
    return message;
}

std::string encode(const Delivery& delivery) {
    return store::RecordWriter(1)
        .time(delivery.sent)
        .number(delivery.receive_count)
        .time(delivery.first_received)
        .boolean(delivery.moved)
        .take();
}

Delivery decode_delivery(Time visible_at, std::string_view bytes) {
    store::RecordReader reader(bytes);
    Delivery delivery;
    delivery.visible_at = visible_at;
    delivery.sent = reader.time();
    delivery.receive_count = reader.number();
    delivery.first_received = reader.time();
    delivery.moved = reader.boolean();
    return delivery;
}

}  // namespace

Task<std::optional<Queue>> find_queue(store::Transaction& tx, Place place, std::string name) {
    const auto bytes = co_await tx.get(queues(place) << name);
    if (!bytes) co_return std::nullopt;
    co_return decode_queue(place, std::move(name), *bytes);
}

Task<Queue> load_queue(store::Transaction& tx, const Call& call, std::string url) {
    auto address = parse_queue_url(call, url);
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

Range deliveries_of(const Queue& queue) { return Range::prefix(of_queue(queue, "waiting")); }

void erase_messages(store::Transaction& tx, const Queue& queue) {
    tx.erase_range(deliveries_of(queue));
    tx.erase_range(Range::prefix(of_queue(queue, "message")));
    tx.erase_range(Range::prefix(of_queue(queue, "moved")));
}

void erase_queue(store::Transaction& tx, const Queue& queue) {
    erase_messages(tx, queue);
    tx.erase(queues({queue.account, queue.region}) << queue.name);
}

void save_message(store::Transaction& tx, const Queue& queue, const Message& message) {
    tx.put(message_key(queue, message.sent, message.id), encode(message));
}

Task<std::optional<Message>> find_message(store::Transaction& tx, const Queue& queue, std::string id, Time sent) {
    const auto bytes = co_await tx.get(message_key(queue, sent, id));
    if (!bytes) co_return std::nullopt;
    co_return decode_message(std::move(id), *bytes);
}

void save_delivery(store::Transaction& tx, const Queue& queue, std::string_view message_id, const Delivery& delivery) {
    tx.put(waiting_key(queue, delivery.visible_at, message_id), encode(delivery));
}

void erase_delivery(store::Transaction& tx, const Queue& queue, std::string_view message_id, const Delivery& delivery) {
    tx.erase(waiting_key(queue, delivery.visible_at, message_id));
    if (delivery.moved) tx.erase(moved_key(queue, message_id));
}

Task<std::vector<Waiting>> deliveries(store::Transaction& tx, const Queue& queue, Time from, Time until, size_t limit) {
    const Key all = of_queue(queue, "waiting");
    const Range range{(of_queue(queue, "waiting") << from).bytes(), (of_queue(queue, "waiting") << until).bytes()};
    std::vector<Waiting> found;
    for (const auto& entry : co_await tx.scan(range, {.limit = limit})) {
        store::KeyReader reader(entry.key, all.bytes());
        const Time visible_at = reader.time();
        found.push_back({std::string(reader.rest()), decode_delivery(visible_at, entry.value)});
    }
    co_return found;
}

Task<std::optional<Delivery>> find_delivery(store::Transaction& tx, const Queue& queue, Receipt receipt) {
    Time visible_at = receipt.visible_at;
    auto bytes = co_await tx.get(waiting_key(queue, visible_at, receipt.message_id));
    if (!bytes) {
        const auto moved = co_await tx.get(moved_key(queue, receipt.message_id));
        if (!moved) co_return std::nullopt;
        store::RecordReader reader(*moved);
        visible_at = reader.time();
        bytes = co_await tx.get(waiting_key(queue, visible_at, receipt.message_id));
        if (!bytes) co_return std::nullopt;
    }
    auto delivery = decode_delivery(visible_at, *bytes);
    if (delivery.receive_count != receipt.receive_count) co_return std::nullopt;
    co_return delivery;
}

void move_delivery(store::Transaction& tx, const Queue& queue, std::string_view message_id, Delivery delivery,
                   Time visible_at) {
    erase_delivery(tx, queue, message_id, delivery);
    delivery.visible_at = visible_at;
    delivery.moved = true;
    save_delivery(tx, queue, message_id, delivery);
    tx.put(moved_key(queue, message_id), store::RecordWriter(1).time(visible_at).take());
}

void erase_message(store::Transaction& tx, const Queue& queue, std::string_view message_id, const Delivery& delivery) {
    erase_delivery(tx, queue, message_id, delivery);
    tx.erase(message_key(queue, delivery.sent, message_id));
}

}  // namespace cumulet::sqs
