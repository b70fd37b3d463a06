#include "services/sqs/former_storage.h"

#include "services/sqs/storage.h"
#include "store/record.h"

namespace cumulet::sqs {
namespace {

using store::Key;
using store::Range;

constexpr size_t at_once = 500;

Key former(const Queue& queue, std::string_view collection) {
    return Key(queue.account, queue.region, std::string_view("sqs"), collection) << queue.generation;
}

void read_delivery(Stored& stored, std::string_view bytes) {
    store::RecordReader reader(bytes);
    stored.message.sent = reader.time();
    stored.delivery.receive_count = reader.number();
    stored.delivery.first_received = reader.time();
    stored.where = stored.delivery.receive_count > 0 ? Stored::Where::held : Stored::Where::ready;
}

void read_message(Message& message, std::string_view bytes) {
    store::RecordReader reader(bytes);
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
}

}  // namespace

Task<void> bring_up_to_date(store::Transaction& tx, Queue& queue) {
    const auto all = former(queue, "waiting");
    const auto deliveries = co_await tx.scan(Range::prefix(all), {.limit = at_once});
    for (const auto& entry : deliveries) {
        store::KeyReader reader(entry.key, all.bytes());
        Stored stored;
        stored.delivery.visible_at = reader.time();
        stored.message.id = reader.rest();
        read_delivery(stored, entry.value);
        auto key = former(queue, "message") << stored.message.sent;
        key.raw(stored.message.id);
        tx.erase(entry.key);
        const auto bytes = co_await tx.get(key.bytes());
        if (!bytes) continue;
        read_message(stored.message, *bytes);
        tx.erase(key.bytes());
        put_new_message(tx, queue, stored);
    }
    if (deliveries.size() == at_once) co_return;
    erase_former_messages(tx, queue);
    queue.former_layout = false;
    save_queue(tx, queue);
}

void erase_former_messages(store::Transaction& tx, const Queue& queue) {
    for (const auto collection : {"waiting", "message", "moved"})
        tx.erase_range(Range::prefix(former(queue, collection)));
}

}  // namespace cumulet::sqs
