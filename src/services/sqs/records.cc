#include "services/sqs/records.h"

#include "store/record.h"

namespace cumulet::sqs {
namespace {

void write_content(store::RecordWriter& writer, const Message& message) {
    writer.text(message.body).number(static_cast<int64_t>(message.attributes.size()));
    for (const auto& [name, value] : message.attributes) {
        writer.text(name).text(value.DataType).optional_text(value.StringValue).optional_text(value.BinaryValue);
    }
}

void read_content(store::RecordReader& reader, Message& message) {
    message.body = reader.text();
    for (auto left = reader.number(); left > 0; --left) {
        auto name = reader.text();
        aws::sqs::MessageAttributeValue value;
        value.DataType = reader.text();
        value.StringValue = reader.optional_text();
        value.BinaryValue = reader.optional_text();
        message.attributes.emplace(std::move(name), std::move(value));
    }
}

}  // namespace

std::string encode(const Queue& queue) {
    return store::RecordWriter(queue.former_layout ? queue_record_version - 1 : queue_record_version)
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
    queue.former_layout = reader.version() < queue_record_version;
    queue.generation = static_cast<uint64_t>(reader.number());
    queue.created = reader.time();
    queue.modified = reader.time();
    queue.attributes = reader.texts();
    queue.tags = reader.texts();
    return queue;
}

std::string encode(const Stored& stored) {
    const auto& message = stored.message;
    const auto& delivery = stored.delivery;
    store::RecordWriter writer(1);
    writer.reserve(message.body.size() + 128);
    writer.number(delivery.receive_count).time(delivery.visible_at).time(delivery.first_received);
    writer.boolean(delivery.moved).boolean(stored.apart).time(message.sent);
    writer.text(message.sender_id).text(message.trace_header).text(message.dead_letter_source);
    writer.text(message.group_id).text(message.deduplication_id).number(message.sequence);
    if (!stored.apart) write_content(writer, message);
    return writer.take();
}

Stored decode_stored(Stored::Where where, std::string id, std::string_view bytes) {
    store::RecordReader reader(bytes);
    Stored stored;
    stored.where = where;
    auto& message = stored.message;
    auto& delivery = stored.delivery;
    message.id = std::move(id);
    delivery.receive_count = reader.number();
    delivery.visible_at = reader.time();
    delivery.first_received = reader.time();
    delivery.moved = reader.boolean();
    stored.apart = reader.boolean();
    message.sent = reader.time();
    message.sender_id = reader.text();
    message.trace_header = reader.text();
    message.dead_letter_source = reader.text();
    message.group_id = reader.text();
    message.deduplication_id = reader.text();
    message.sequence = reader.number();
    if (!stored.apart) read_content(reader, message);
    return stored;
}

std::string encode_content(const Message& message) {
    store::RecordWriter writer(1);
    writer.reserve(message.body.size() + 128);
    write_content(writer, message);
    return writer.take();
}

void decode_content(Message& message, std::string_view bytes) {
    store::RecordReader reader(bytes);
    read_content(reader, message);
}

std::string encode(const Group& group) {
    return store::RecordWriter(1).time(group.due).number(group.turns).number(group.in_flight).take();
}

Group decode_group(std::string_view bytes) {
    store::RecordReader reader(bytes);
    Group group;
    group.due = reader.time();
    group.turns = reader.number();
    group.in_flight = reader.number();
    return group;
}

std::string encode(const Once& once) {
    return store::RecordWriter(1).text(once.message_id).number(once.sequence).time(once.sent).take();
}

Once decode_once(std::string_view bytes) {
    store::RecordReader reader(bytes);
    Once once;
    once.message_id = reader.text();
    once.sequence = reader.number();
    once.sent = reader.time();
    return once;
}

std::string encode(const Attempt& attempt) {
    store::RecordWriter writer(1);
    writer.time(attempt.received).number(static_cast<int64_t>(attempt.receipts.size()));
    for (const auto& receipt : attempt.receipts) {
        writer.text(receipt.message_id).number(receipt.receive_count).number(receipt.sequence).text(receipt.group_id);
        writer.time(receipt.visible_at);
    }
    return writer.take();
}

Attempt decode_attempt(std::string_view bytes) {
    store::RecordReader reader(bytes);
    Attempt attempt;
    attempt.received = reader.time();
    for (auto left = reader.number(); left > 0; --left) {
        auto& receipt = attempt.receipts.emplace_back();
        receipt.message_id = reader.text();
        receipt.receive_count = reader.number();
        receipt.sequence = reader.number();
        receipt.group_id = reader.text();
        receipt.visible_at = reader.time();
    }
    return attempt;
}

}  // namespace cumulet::sqs
