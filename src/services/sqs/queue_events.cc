// Keys of what is remembered of a queue beside itself: whose dead letters come here, purges and deletions of late.

#include "services/sqs/storage.h"
#include "store/record.h"

namespace cumulet::sqs {
namespace {

using store::Key;
using store::Range;

Key sources(const Queue& queue, const std::string& target) {
    return Key(queue.account, queue.region, std::string_view("sqs"), std::string_view("source"), target);
}
Key deletions(const Place& place) {
    return Key(place.account, place.region, std::string_view("sqs"), std::string_view("deleted"));
}

Key purge(const Queue& queue) {
    return Key(queue.account, queue.region, std::string_view("sqs"), std::string_view("purged")) << queue.generation;
}

}  // namespace

void save_source(store::Transaction& tx, const Queue& source, const std::string& target) {
    tx.put(sources(source, target) << source.name, "");
}

void erase_source(store::Transaction& tx, const Queue& source, const std::string& target) {
    tx.erase(sources(source, target) << source.name);
}

Task<std::vector<std::string>> sources_of(store::Transaction& tx, const Queue& target, std::string after,
                                          size_t limit) {
    const Key all = sources(target, target.name);
    auto range = Range::prefix(all);
    if (!after.empty()) range.begin = Range::prefix(sources(target, target.name) << after).end;
    std::vector<std::string> names;
    for (const auto& entry : co_await tx.scan(range, {.limit = limit})) {
        names.push_back(store::KeyReader(entry.key, all.bytes()).text());
    }
    co_return names;
}

void erase_purge(store::Transaction& tx, const Queue& queue) { tx.erase(purge(queue)); }

void save_purge(store::Transaction& tx, const Queue& queue, Time now) {
    tx.put(purge(queue), store::RecordWriter(1).time(now).take());
}

Task<std::optional<Time>> last_purge(store::Transaction& tx, const Queue& queue) {
    const auto bytes = co_await tx.get(purge(queue));
    if (!bytes) co_return std::nullopt;
    co_return store::RecordReader(*bytes).time();
}

void save_deletion(store::Transaction& tx, const Queue& queue, Time now, Time oldest) {
    const Place place{queue.account, queue.region};
    tx.erase_range({deletions(place).bytes(), (deletions(place) << oldest).bytes()});
    tx.put(deletions(place) << now << queue.name, "");
}

Task<bool> deleted_since(store::Transaction& tx, Place place, std::string name, Time since) {
    const Key all = deletions(place);
    for (const auto& entry : co_await tx.scan(Range::from(deletions(place) << since, all))) {
        store::KeyReader reader(entry.key, all.bytes());
        reader.time();
        if (reader.text() == name) co_return true;
    }
    co_return false;
}

}  // namespace cumulet::sqs
