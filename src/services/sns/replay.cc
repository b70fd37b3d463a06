#include "services/sns/replay.h"

#include "base/json.h"
#include "store/record.h"

namespace cumulet::sns {
namespace {

constexpr size_t replayed_at_once = 50;

store::Key replays() {
    return store::Key(std::string_view(), std::string_view(), std::string_view("sns"), std::string_view("replay"));
}

/// Where a replay stands: what is before `number` at the instant `from` has been replayed.
struct Replay {
    SubscriptionAddress address;
    uint64_t generation = 0;
    Time from;
    uint64_t number = 0;
    Time until;
    std::string key;
};

std::string encode(const Replay& replay) {
    return store::RecordWriter(1)
        .text(replay.address.topic.place.account)
        .text(replay.address.topic.place.region)
        .text(replay.address.topic.name)
        .text(replay.address.id)
        .number(static_cast<int64_t>(replay.generation))
        .time(replay.from)
        .number(static_cast<int64_t>(replay.number))
        .time(replay.until)
        .take();
}

Replay decode(std::string key, std::string_view bytes) {
    store::RecordReader reader(bytes);
    Replay replay;
    replay.address.topic.place.account = reader.text();
    replay.address.topic.place.region = reader.text();
    replay.address.topic.name = reader.text();
    replay.address.id = reader.text();
    replay.generation = static_cast<uint64_t>(reader.number());
    replay.from = reader.time();
    replay.number = static_cast<uint64_t>(reader.number());
    replay.until = reader.time();
    replay.key = std::move(key);
    return replay;
}

Task<void> end(store::Transaction& tx, const Replay& replay) {
    tx.erase(replay.key);
    auto topic = co_await find_topic(tx, replay.address.topic);
    auto subscription = co_await find_subscription(tx, replay.address);
    if (!topic || topic->generation != replay.generation || !subscription) co_return;
    subscription->replay_status = "Completed";
    save_subscription(tx, *topic, *subscription);
}

/// How many replays of the topic run beside the one at `key`.
Task<int64_t> others(store::Transaction& tx, const Topic& topic, std::string key) {
    const auto running = co_await tx.scan(store::Range::prefix(replays() << topic.generation));
    co_return std::ranges::count_if(running, [&](const auto& entry) { return entry.key != key; });
}

}  // namespace

Task<void> set_replay(store::Transaction& tx, const Topic& topic, Subscription& subscription, int64_t most, Time now) {
    const auto key = (replays() << topic.generation << subscription.id).bytes();
    const auto policy = parse_json(subscription.attribute("ReplayPolicy")).value_or(json::object());
    const auto& members = policy.as_object();
    const auto from = parse_iso8601(string_or(members, "StartingPoint"));
    if (!from) {
        if (!subscription.replay_status.empty()) subscription.replay_status = "Completed";
        tx.erase(key);
        co_return;
    }
    if (co_await others(tx, topic, key) >= most) {
        // Unverified: AWS's number and words.
        throw aws::sns::ReplayLimitExceededException("Replay limit exceeded for this topic");
    }
    Replay replay;
    replay.address = {{topic.place(), topic.name}, subscription.id};
    replay.generation = topic.generation;
    replay.from = std::max(*from, topic.archived_since);
    replay.until = std::min(parse_iso8601(string_or(members, "EndingPoint")).value_or(now), now) + Duration(1);
    tx.put(key, encode(replay));
    tx.wake(std::string(lanes_topic));
    subscription.replay_status = "In progress";
}

Task<bool> replay_some(store::Transaction& tx, Audiences& audiences) {
    const auto first = co_await tx.scan(store::Range::prefix(replays()), {.limit = 1});
    if (first.empty()) co_return false;
    auto replay = decode(first.front().key, first.front().value);
    const auto audience = co_await audiences.find(tx, replay.address.topic);
    const bool there = audience && audience->topic.generation == replay.generation;
    const auto* subscriber = there ? audience->find(replay.address.id) : nullptr;
    const auto archived = subscriber ? co_await list_archived(tx, audience->topic, replay.from, replay.number,
                                                              replay.until, replayed_at_once)
                                     : std::vector<Archived>();
    for (const auto& [published, number, original] : archived) {
        replay.from = published;
        replay.number = number + 1;
        Filterable filterable(original);
        if (!subscriber->filter.wants(filterable)) continue;
        LaneEntry entry{.topic = replay.address.topic, .notification = original};
        entry.number = co_await next_sequence(tx, audience->topic);
        entry.notification.replayed = true;
        save_lane_entry(tx, {replay.generation, replay.address.id}, entry);
    }
    if (archived.size() < replayed_at_once) {
        co_await end(tx, replay);
    } else {
        tx.put(replay.key, encode(replay));
    }
    co_return true;
}

}  // namespace cumulet::sns
