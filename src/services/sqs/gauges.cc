#include "services/sqs/gauges.h"

#include "services/sqs/contents.h"

namespace cumulet::sqs {
namespace {

constexpr size_t queues_at_once = 1000;
constexpr size_t looked_at = 100;  // of each kind of row, for the oldest message

struct Standing {
    Counts counts;
    Time oldest;  ///< when the oldest message was sent
    int64_t groups_in_flight = 0;
};

Task<Time> oldest_message(store::Transaction& tx, const Queue& queue, Time now) {
    Time oldest = now;
    const auto look = [&](const std::vector<Stored>& messages) {
        for (const auto& stored : messages) {
            if (!expired(queue, stored, now)) oldest = std::min(oldest, stored.message.sent);
        }
    };
    for (const auto& group : co_await scan_groups(tx, queue, Time::min(), Time::max(), looked_at)) {
        look(co_await scan_group(tx, queue, group.id, 1));
    }
    if (queue.fifo()) co_return oldest;
    for (const auto where : {Stored::Where::ready, Stored::Where::held}) {
        look(co_await scan_messages(tx, queue, where, Time::min(), Time::max(), looked_at));
    }
    co_return oldest;
}

Task<int64_t> groups_in_flight(store::Transaction& tx, const Queue& queue, Time now) {
    constexpr size_t most = 20'000;  // as many messages may be in flight
    const auto later = co_await scan_groups(tx, queue, now + Duration(1), Time::max(), most);
    co_return std::ranges::count_if(later, [](const Group& group) { return group.in_flight > 0; });
}

Task<std::optional<Standing>> standing_of(store::Transaction& tx, Place place, std::string name, Time now) {
    const auto queue = co_await find_queue(tx, std::move(place), std::move(name));
    if (!queue) co_return std::nullopt;
    Standing standing;
    standing.counts = co_await count_messages(tx, *queue, now);
    standing.oldest = co_await oldest_message(tx, *queue, now);
    if (queue->fifo()) standing.groups_in_flight = co_await groups_in_flight(tx, *queue, now);
    co_return standing;
}

void tell(contracts::Metrics& metrics, const Place& place, const std::string& name, const Standing& standing,
          Time now) {
    const auto count = [](std::string_view of, int64_t value) {
        return contracts::MetricSample{.name = of, .value = static_cast<double>(value)};
    };
    const auto age = std::chrono::duration<double>(now - standing.oldest).count();
    const contracts::MetricScope::Dimension queue{"QueueName", name};
    const contracts::MetricScope scope{place.account, place.region, "AWS/SQS", {&queue, 1}};
    metrics.add(scope,
                {count("ApproximateNumberOfMessagesVisible", standing.counts.visible),
                 count("ApproximateNumberOfMessagesNotVisible", standing.counts.in_flight),
                 count("ApproximateNumberOfMessagesDelayed", standing.counts.delayed),
                 {.name = "ApproximateAgeOfOldestMessage", .value = age, .unit = "Seconds"}},
                now);
    if (name.ends_with(".fifo"))
        metrics.add(scope, {count("ApproximateNumberOfGroupsWithInflightMessages", standing.groups_in_flight)}, now);
}

}  // namespace

Task<void> Gauges::sample(contracts::Metrics& metrics, Time now) {
    const auto places = co_await store_.transact([](store::Transaction& tx) { return places_of_queues(tx); });
    for (const auto& place : places) {
        std::string after;
        bool more = true;
        while (more) {
            const auto queues = co_await store_.transact(
                [&](store::Transaction& tx) { return list_queues(tx, place, "", after, queues_at_once); });
            for (const auto& queue : queues) {
                const auto standing = co_await store_.transact(
                    [&](store::Transaction& tx) { return standing_of(tx, place, queue.name, now); });
                if (standing) tell(metrics, place, queue.name, *standing, now);
            }
            more = queues.size() == queues_at_once;
            if (more) after = queues.back().name;
        }
    }
}

}  // namespace cumulet::sqs
