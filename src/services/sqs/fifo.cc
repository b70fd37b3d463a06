// FIFO queues, and what they share with standard ones: messages in groups.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html

#include "services/sqs/contents.h"

namespace cumulet::sqs {
namespace {

/// A group's messages in flight were received together, so they are among its first ones.
constexpr size_t most_in_flight_of_group = 10;

/// Where a group of a FIFO queue stands, by its first messages: blocked while the first of all is in flight. Once that
/// one is visible again it may be received, also while others that were received with it are still held, as at AWS.
Group fifo_group(std::string id, const std::vector<Stored>& first, Time now) {
    return {.id = std::move(id),
            .due = first.front().delivery.visible_at,
            .in_flight = std::ranges::count_if(first, [&](const Stored& stored) { return stored.in_flight(now); })};
}

/// Where a group of a standard queue stands: last among those that are due, once it was served.
Group fair_group(const Group& before, const Stored& first, Time now, bool served) {
    Group group = before;
    group.due = std::max(first.delivery.visible_at, served ? now : before.due);
    group.turns += served;
    return group;
}

}  // namespace

Task<void> refresh_group(store::Transaction& tx, const Queue& queue, std::string group_id, Time now, bool served) {
    const auto before = co_await find_group(tx, queue, group_id);
    const auto first = co_await scan_group(tx, queue, group_id, queue.fifo() ? most_in_flight_of_group : 1);
    if (first.empty()) {
        if (before) erase_group(tx, queue, *before);
        co_return;
    }
    const auto known = before.value_or(Group{.id = group_id});
    const auto group = queue.fifo() ? fifo_group(group_id, first, now) : fair_group(known, first.front(), now, served);
    put_group(tx, queue, before, group);
    if (group.due <= now) tx.wake(queue.topic());
}

Task<std::vector<Stored>> fifo_receivable(store::Transaction& tx, const Queue& queue, Time now, size_t limit) {
    std::vector<Stored> found;
    // As many as possible of one group, before the next.
    for (const auto& group : co_await scan_groups(tx, queue, Time::min(), now + Duration(1), limit)) {
        for (auto& stored : co_await scan_group(tx, queue, group.id, limit - found.size())) {
            if (stored.delivery.visible_at > now) break;
            found.push_back(std::move(stored));
        }
        if (found.size() == limit) break;
    }
    co_return found;
}

Task<void> hide(store::Transaction& tx, const Queue& queue, Stored& stored, Time visible_at, Time now) {
    co_await complete_message(tx, queue, stored);
    if (!queue.fifo()) {
        take_message(tx, queue, stored);
        stored.where = Stored::Where::held;
    }
    auto& delivery = stored.delivery;
    delivery.visible_at = visible_at;
    if (delivery.receive_count++ == 0) delivery.first_received = now;
    delivery.moved = false;
    put_message(tx, queue, stored);
}

}  // namespace cumulet::sqs
