#include "services/sns/records.h"
#include "services/sns/storage.h"

namespace cumulet::sns {
namespace {

using store::Key;
using store::Range;

Key outbox() {
    return Key(std::string_view(), std::string_view(), std::string_view("sns"), std::string_view("outbox"));
}

OutboxEntry decode_entry(std::string_view key, std::string_view bytes) {
    store::KeyReader place(key, outbox().bytes());
    OutboxEntry entry;
    entry.due = place.time();
    entry.id = std::string(place.rest());
    store::RecordReader reader(bytes);
    entry.topic.place.account = reader.text();
    entry.topic.place.region = reader.text();
    entry.topic.name = reader.text();
    entry.generation = static_cast<uint64_t>(reader.number());
    entry.subscription = reader.text();
    entry.attempts = reader.number();
    entry.notification = decode_notification(reader.view());
    if (reader.boolean()) {
        auto id = reader.text();
        entry.former = decode_subscription({entry.topic, std::move(id)}, reader.view());
    }
    return entry;
}

Task<std::vector<OutboxEntry>> entries_in(store::Transaction& tx, Range range, size_t limit) {
    std::vector<OutboxEntry> found;
    for (const auto& entry : co_await tx.scan(std::move(range), {.limit = limit}))
        found.push_back(decode_entry(entry.key, entry.value));
    co_return found;
}

}  // namespace

void save_outbox_entry(store::Transaction& tx, const OutboxEntry& entry) {
    store::RecordWriter writer(1);
    writer.text(entry.topic.place.account).text(entry.topic.place.region).text(entry.topic.name);
    writer.number(static_cast<int64_t>(entry.generation))
        .text(entry.subscription)
        .number(entry.attempts)
        .text(encode(entry.notification));
    writer.boolean(entry.former.has_value());
    if (entry.former) writer.text(entry.former->id).text(encode(*entry.former));
    tx.put(std::move((outbox() << entry.due).raw(entry.id)), writer.take());
}

void erase_outbox_entry(store::Transaction& tx, Time due, std::string_view id) {
    tx.erase(std::move((outbox() << due).raw(id)));
}

Task<std::vector<OutboxEntry>> due_outbox_entries(store::Transaction& tx, Time until, size_t limit) {
    co_return co_await entries_in(tx, {outbox().bytes(), (outbox() << until + Duration(1)).bytes()}, limit);
}

Task<std::vector<OutboxEntry>> held_outbox_entries(store::Transaction& tx, size_t limit) {
    co_return co_await entries_in(tx, Range::prefix(outbox() << Time::max()), limit);
}

Task<std::optional<Time>> next_outbox_due(store::Transaction& tx) {
    const auto first = co_await tx.scan(outbox_range(), {.limit = 1});
    if (first.empty()) co_return std::nullopt;
    const auto due = store::KeyReader(first.front().key, outbox().bytes()).time();
    co_return due == Time::max() ? std::nullopt : std::optional(due);
}

Range outbox_range() { return Range::prefix(outbox()); }

}  // namespace cumulet::sns
