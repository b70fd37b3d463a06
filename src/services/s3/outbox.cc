#include "services/s3/storage.h"
#include "store/record.h"

namespace cumulet::s3 {
namespace {

using store::Key;
using store::Range;
using namespace std::string_view_literals;

Key outbox() { return Key(""sv, ""sv, "s3"sv, "outbox"sv); }
Key key_of(const OutboxEntry& entry) { return std::move((outbox() << entry.due).raw(entry.id)); }

OutboxEntry decode_entry(std::string_view key, std::string_view bytes) {
    store::KeyReader place(key, outbox().bytes());
    OutboxEntry entry;
    entry.due = place.time();
    entry.id = std::string(place.rest());
    store::RecordReader reader(bytes);
    entry.bucket = reader.text();
    entry.account = reader.text();
    entry.region = reader.text();
    entry.destination = reader.text();
    entry.message = reader.text();
    entry.trace = reader.text();
    entry.since = reader.time();
    entry.attempts = reader.number();
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
    writer.text(entry.bucket).text(entry.account).text(entry.region).text(entry.destination);
    writer.text(entry.message).text(entry.trace).time(entry.since).number(entry.attempts);
    tx.put(key_of(entry), writer.take());
}

void erase_outbox_entry(store::Transaction& tx, const OutboxEntry& entry) { tx.erase(key_of(entry)); }

Task<std::vector<OutboxEntry>> due_outbox_entries(store::Transaction& tx, Time until, size_t limit) {
    co_return co_await entries_in(tx, {outbox().bytes(), (outbox() << until + Duration(1)).bytes()}, limit);
}

Task<std::optional<Time>> next_outbox_due(store::Transaction& tx) {
    const auto first = co_await tx.scan(outbox_range(), {.limit = 1});
    if (first.empty()) co_return std::nullopt;
    const auto due = store::KeyReader(first.front().key, outbox().bytes()).time();
    co_return due == Time::max() ? std::nullopt : std::optional(due);
}

Task<size_t> release_outbox_entries(store::Transaction& tx, Time now, size_t limit) {
    auto held = co_await entries_in(tx, Range::prefix(outbox() << Time::max()), limit);
    for (auto& entry : held) {
        erase_outbox_entry(tx, entry);
        entry.due = now;
        save_outbox_entry(tx, entry);
    }
    co_return held.size();
}

Range outbox_range() { return Range::prefix(outbox()); }

}  // namespace cumulet::s3
