#include "services/sqs/contents.h"

namespace cumulet::sqs {
namespace {

/// The queue where messages go that were received too often; nothing if there is none.
Task<std::optional<Queue>> dead_letter_queue_of(store::Transaction& tx, const Queue& queue, RedrivePolicy policy) {
    const auto arn = Arn::parse(policy.target_arn);
    if (!arn) co_return std::nullopt;
    auto found = co_await find_queue(tx, {arn->account, arn->region}, arn->resource);
    if (!found || found->fifo() != queue.fifo()) co_return std::nullopt;
    co_return std::move(found);
}

std::set<std::string> groups_of(const std::vector<Stored>& messages) {
    std::set<std::string> groups;
    for (const auto& stored : messages) {
        if (stored.where == Stored::Where::waiting) groups.insert(stored.message.group_id);
    }
    return groups;
}

}  // namespace

Task<void> append(store::Transaction& tx, const Queue& queue, Stored& stored) {
    const auto& message = stored.message;
    const auto& delivery = stored.delivery;
    if (queue.fifo()) stored.message.sequence = co_await next_sequence(tx, queue);
    stored.where = message.group_id.empty() ? Stored::Where::ready : Stored::Where::waiting;
    put_new_message(tx, queue, stored);
    tx.wake(queue.topic());
    if (message.group_id.empty()) co_return;
    const auto before = co_await find_group(tx, queue, message.group_id);
    auto group = before.value_or(Group{.id = message.group_id, .due = delivery.visible_at});
    // In a standard queue a message may overtake one of its group that is delayed.
    if (!queue.fifo()) group.due = std::min(group.due, delivery.visible_at);
    put_group(tx, queue, before, group);
}

Task<void> remove(store::Transaction& tx, const Queue& queue, Stored stored, Time now) {
    erase_message(tx, queue, stored);
    if (stored.where == Stored::Where::waiting) {
        co_await refresh_group(tx, queue, stored.message.group_id, now, false);
    }
}

Task<void> postpone(store::Transaction& tx, const Queue& queue, Stored stored, Time visible_at, Time now) {
    if (stored.where == Stored::Where::waiting) {
        stored.delivery.visible_at = visible_at;
        put_message(tx, queue, stored);
        co_await refresh_group(tx, queue, stored.message.group_id, now, false);
    } else {
        move_message(tx, queue, stored, visible_at);
    }
    tx.wake(queue.topic());
}

Task<void> bury(store::Transaction& tx, const Queue& queue, Stored stored, const Queue& dead_letter_queue, Time now) {
    co_await complete_message(tx, queue, stored);
    erase_message(tx, queue, stored);
    stored.message.dead_letter_source = queue.arn();
    // Retention still counts from when it was first sent, except on FIFO queues:
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    if (queue.fifo()) stored.message.sent = now;
    stored.delivery.visible_at = now;
    stored.delivery.moved = false;
    co_await append(tx, dead_letter_queue, stored);
}

Task<std::vector<Stored>> receivable(store::Transaction& tx, const Queue& queue, Time now, size_t limit) {
    return queue.fifo() ? fifo_receivable(tx, queue, now, limit) : standard_receivable(tx, queue, now, limit);
}

Task<std::vector<Stored>> claim(store::Transaction& tx, const Queue& queue, Asked asked, Time now) {
    constexpr int most_rounds = 100;  // of messages that are expired or dead
    const auto policy = queue.redrive_policy();
    std::vector<Stored> claimed;
    for (int round = 0; round < most_rounds && claimed.size() < asked.most; ++round) {
        const size_t wanted = asked.most - claimed.size();
        auto found = co_await receivable(tx, queue, now, wanted);
        const auto groups = groups_of(found);
        const size_t before = claimed.size();
        for (auto& stored : found) {
            if (expired(queue, stored, now)) {
                erase_message(tx, queue, stored);
                continue;
            }
            if (policy && stored.delivery.receive_count >= policy->max_receive_count) {
                if (const auto target = co_await dead_letter_queue_of(tx, queue, *policy)) {
                    co_await bury(tx, queue, std::move(stored), *target, now);
                    continue;
                }
            }
            co_await hide(tx, queue, stored, now + asked.visibility_timeout, now);
            claimed.push_back(std::move(stored));
        }
        for (const auto& group : groups) co_await refresh_group(tx, queue, group, now, true);
        // With a visibility timeout of zero a message stays visible: the next round would find it again.
        if (found.size() < wanted || claimed.size() - before == found.size()) break;
    }
    co_return claimed;
}

Task<std::optional<Time>> next_visible(store::Transaction& tx, const Queue& queue, Time now) {
    std::optional<Time> next;
    const auto consider = [&](Time time) { next = std::min(next.value_or(time), time); };
    const Time from = now + Duration(1);
    for (const auto& group : co_await scan_groups(tx, queue, from, Time::max(), 1)) consider(group.due);
    if (queue.fifo()) co_return next;
    for (const auto where : {Stored::Where::ready, Stored::Where::held}) {
        for (const auto& stored : co_await scan_messages(tx, queue, where, from, Time::max(), 1)) {
            consider(stored.delivery.visible_at);
        }
    }
    co_return next;
}

Task<std::vector<Stored>> all_messages(store::Transaction& tx, const Queue& queue, size_t limit) {
    std::vector<Stored> all;
    if (!queue.fifo()) {
        for (const auto where : {Stored::Where::ready, Stored::Where::held}) {
            std::ranges::move(co_await scan_messages(tx, queue, where, Time::min(), Time::max(), limit - all.size()),
                              std::back_inserter(all));
        }
    }
    std::ranges::move(co_await scan_waiting(tx, queue, nullptr, limit - all.size()), std::back_inserter(all));
    for (auto& stored : all) co_await complete_message(tx, queue, stored);
    co_return all;
}

Task<int64_t> count_in_flight(store::Transaction& tx, const Queue& queue, Time now) {
    const Time from = now + Duration(1);
    if (!queue.fifo()) co_return co_await count_rows(tx, queue, Stored::Where::held, from, Time::max());
    int64_t in_flight = 0;
    for (const auto& group : co_await scan_groups(tx, queue, from, Time::max(), SIZE_MAX)) {
        in_flight += group.in_flight;
    }
    co_return in_flight;
}

namespace {

/// By looking at each of a few messages.
Task<Counts> count_each(store::Transaction& tx, const Queue& queue, Time now) {
    Counts counts;
    const auto count = [&](const std::vector<Stored>& messages) {
        for (const auto& stored : messages) {
            if (expired(queue, stored, now)) continue;
            ++(stored.delivery.visible_at <= now ? counts.visible
               : stored.in_flight(now)           ? counts.in_flight
                                                 : counts.delayed);
        }
    };
    for (const auto where : {Stored::Where::ready, Stored::Where::held}) {
        count(co_await scan_messages(tx, queue, where, Time::min(), Time::max(), SIZE_MAX));
    }
    count(co_await scan_waiting(tx, queue, nullptr, SIZE_MAX));
    co_return counts;
}

/// By where they lie.
Task<Counts> count_places(store::Transaction& tx, const Queue& queue, Time now) {
    const Time past = now + Duration(1);
    Counts counts;
    counts.in_flight = co_await count_in_flight(tx, queue, now);
    counts.delayed = co_await count_rows(tx, queue, Stored::Where::ready, past, Time::max());
    // What became visible a whole retention period ago, and is not removed yet.
    const Time oldest = now - queue.retention() + Duration(1);
    const auto over = co_await count_rows(tx, queue, Stored::Where::ready, Time::min(), oldest);
    counts.visible = co_await count_all(tx, queue, Stored::Where::ready) - counts.delayed - over +
                     co_await count_rows(tx, queue, Stored::Where::held, oldest, past);
    const auto waiting = co_await count_waiting(tx, queue);
    counts.visible += queue.fifo() ? waiting - counts.in_flight : waiting;
    co_return counts;
}

}  // namespace

Task<Counts> count_messages(store::Transaction& tx, const Queue& queue, Time now) {
    constexpr int64_t few = 10'000;
    int64_t all = co_await count_waiting(tx, queue);
    for (const auto where : {Stored::Where::ready, Stored::Where::held}) all += co_await count_all(tx, queue, where);
    if (all <= few) co_return co_await count_each(tx, queue, now);
    co_return co_await count_places(tx, queue, now);
}

}  // namespace cumulet::sqs
