// Keys of what is remembered of a queue beside itself: whose dead letters come here, move tasks, purges and
// deletions of late.

#include "services/sqs/storage.h"
#include "store/record.h"

namespace cumulet::sqs {
namespace {

using store::Key;
using store::Range;

Key sources(const Queue& queue, const std::string& target) {
    return Key(queue.account, queue.region, std::string_view("sqs"), std::string_view("source"), target);
}
Key all_sources_known(const Place& place) {
    return Key(place.account, place.region, std::string_view("sqs"), std::string_view("sources"));
}
Key deletions(const Place& place) {
    return Key(place.account, place.region, std::string_view("sqs"), std::string_view("deleted"));
}

Key move_tasks(const Queue& queue) {
    return Key(queue.account, queue.region, std::string_view("sqs"), std::string_view("move")) << queue.generation;
}

Key all_running_moves() {
    return Key(std::string_view(), std::string_view(), std::string_view("sqs"), std::string_view("moving"));
}

Key running_key(const RunningMove& move) {
    return std::move(all_running_moves() << move.place.account << move.place.region << move.source << move.id);
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

Task<bool> knows_sources(store::Transaction& tx, Place place) {
    co_return (co_await tx.get(all_sources_known(place).bytes())).has_value();
}

void save_knows_sources(store::Transaction& tx, const Place& place) { tx.put(all_sources_known(place).bytes(), ""); }

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

void save_move_task(store::Transaction& tx, const Queue& queue, const MoveTask& task) {
    tx.put(move_tasks(queue) << task.started << task.id, task.text());
    const auto running = running_key({{queue.account, queue.region}, queue.name, task.id});
    if (task.status == MoveTask::Status::running) {
        tx.put(running.bytes(), "");
    } else {
        tx.erase(running.bytes());
    }
}

Task<std::vector<MoveTask>> recent_move_tasks(store::Transaction& tx, const Queue& queue, size_t limit) {
    std::vector<MoveTask> tasks;
    const store::ScanOptions newest_first{.limit = limit, .order = store::Order::descending};
    for (const auto& entry : co_await tx.scan(Range::prefix(move_tasks(queue)), newest_first)) {
        auto& task = tasks.emplace_back(MoveTask::parse(entry.value));
        task.account = queue.account;
        task.region = queue.region;
        task.source = queue.name;
    }
    co_return tasks;
}

void erase_move_tasks(store::Transaction& tx, const Queue& queue, std::optional<Time> before) {
    auto range = Range::prefix(move_tasks(queue));
    if (before) range.end = (move_tasks(queue) << *before).bytes();
    tx.erase_range(std::move(range));
}

Task<std::vector<RunningMove>> running_moves(store::Transaction& tx) {
    std::vector<RunningMove> moves;
    const Key all = all_running_moves();
    for (const auto& entry : co_await tx.scan(Range::prefix(all))) {
        store::KeyReader reader(entry.key, all.bytes());
        auto& move = moves.emplace_back();
        move.place.account = reader.text();
        move.place.region = reader.text();
        move.source = reader.text();
        move.id = reader.text();
    }
    co_return moves;
}

void erase_running_move(store::Transaction& tx, const RunningMove& move) { tx.erase(running_key(move)); }

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
