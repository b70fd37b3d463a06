#include "services/sns/fifo.h"

#include "runtime/log.h"
#include "services/sns/publication.h"
#include "services/sns/replay.h"

namespace cumulet::sns {
namespace {

constexpr size_t most_lanes = 10'000;
constexpr size_t largest_batch_bytes = 1'000'000;
constexpr auto pause_after_failure = std::chrono::seconds(1);
constexpr auto gives_up_after = std::chrono::days(23);  // 100,015 retries

std::string scope_of(const Topic& topic, const Notification& notification) {
    return topic.deduplicates_by_group() ? notification.group : "";
}

/// As many from the head as one batch may hold.
std::vector<std::shared_ptr<const Notification>> batch_of(const std::vector<LaneEntry>& head) {
    std::vector<std::shared_ptr<const Notification>> batch;
    size_t bytes = 0;
    for (const auto& entry : head) {
        bytes += 2 * size_bytes(entry.notification) + 2048;
        if (!batch.empty() && bytes > largest_batch_bytes) break;
        batch.push_back(std::make_shared<const Notification>(entry.notification));
    }
    return batch;
}

}  // namespace

Task<Accepted> append_to_lanes(store::Transaction& tx, const Audience& audience, const Notification& notification,
                               FilteredOut& filtered_out) {
    const auto& topic = audience.topic;
    const auto scope = scope_of(topic, notification);
    const auto known = co_await find_remembered(tx, topic, scope, notification.deduplication, notification.published);
    if (known) co_return Accepted{known->message_id, known->sequence_number, true};

    const auto number = co_await next_sequence(tx, topic);
    LaneEntry entry{.topic = {topic.place(), topic.name}, .number = number, .notification = notification};
    entry.notification.sequence_number = format_sequence_number(number);
    co_await remember(tx, topic, scope, notification.deduplication,
                      {notification.published, notification.id, entry.notification.sequence_number});
    const auto wanted = audience.wanted_by(notification, filtered_out);
    for (const auto place : wanted)
        save_lane_entry(tx, {topic.generation, audience.subscribers[place].subscription.id}, entry);
    if (const auto retention = topic.archive_retention()) {
        save_archived(tx, topic, number, entry.notification);
        co_await forget_archived(tx, topic, notification.published - *retention);
    }
    if (!wanted.empty()) tx.wake(std::string(lanes_topic));
    co_return Accepted{notification.id, entry.notification.sequence_number};
}

Task<bool> FifoDeliverer::hold_lease() {
    if (!with_.shared) co_return true;
    const auto now = Reactor::current().now();
    if (leased_until_ > now + lease_time / 2) co_return true;
    const bool ours = co_await with_.store.transact([&](store::Transaction& tx) -> Task<bool> {
        const auto lease = co_await find_fifo_lease(tx);
        if (lease && lease->owner != owner_ && lease->until > now) co_return false;
        save_fifo_lease(tx, {owner_, now + lease_time});
        co_return true;
    });
    leased_until_ = ours ? now + lease_time : Time();
    co_return ours;
}

Task<void> FifoDeliverer::supervise() {
    owner_ = Reactor::current().random().uuid();
    auto watch = with_.store.watch(std::string(lanes_topic));
    while (!with_.store.closing()) {
        Time until = Time::max();
        bool replaying = false;
        try {
            if (co_await hold_lease()) {
                replaying = co_await replay_a_part();
                const auto lanes =
                    co_await with_.store.transact([](store::Transaction& tx) -> Task<std::vector<LaneName>> {
                        co_return co_await all_lanes(tx, most_lanes);
                    });
                for (const auto& lane : lanes) {
                    const auto [known, is_new] = running_.try_emplace(lane.key(), false);
                    if (is_new) {
                        with_.tasks.start(drain(lane));
                    } else {
                        known->second = true;
                    }
                }
            }
            if (with_.shared) until = Reactor::current().now() + lease_time / 3;
        } catch (const std::exception& error) {
            log::warning("lanes of FIFO topics could not be read", {{"why", error.what()}});
            until = Reactor::current().now() + pause_after_failure;
        }
        if (replaying) {
            co_await Reactor::current().yield();  // lanes go first
        } else {
            co_await watch.wait(until);
        }
    }
}

Task<bool> FifoDeliverer::replay_a_part() {
    if (with_.store.closing()) co_return false;
    co_return co_await with_.store.transact(
        [&](store::Transaction& tx) -> Task<bool> { co_return co_await replay_some(tx, with_.audiences); });
}

Task<void> FifoDeliverer::drain(LaneName lane) {
    const auto key = lane.key();
    auto watch = with_.store.watch("sns/lane/" + key);
    int64_t failures = 0;
    while (!with_.store.closing()) {
        std::optional<Time> next;
        try {
            if (!co_await hold_lease()) break;
            next = co_await step(lane, failures);
        } catch (const std::exception& error) {
            log::warning("a FIFO topic's notification waits", {{"why", error.what()}});
            next = Reactor::current().now() + pause_after_failure;
        }
        if (!next) {
            // Something may have come after the look: then whoever supervises has left word.
            if (!std::exchange(running_[key], false)) break;
        } else if (*next > Reactor::current().now()) {
            co_await watch.wait(*next);
        }
    }
    running_.erase(key);
}

Task<std::optional<Time>> FifoDeliverer::step(LaneName lane, int64_t& failures) {
    auto& reactor = Reactor::current();
    std::shared_ptr<const Audience> audience;
    auto head = co_await with_.store.transact([&](store::Transaction& tx) -> Task<std::vector<LaneEntry>> {
        auto entries = co_await lane_head(tx, lane, QueueCourier::most_at_once);
        if (!entries.empty()) audience = co_await with_.audiences.find(tx, entries.front().topic);
        co_return entries;
    });
    if (head.empty()) co_return std::nullopt;
    const bool there = audience && audience->topic.generation == lane.generation;
    const auto* subscriber = there ? audience->find(lane.subscription) : nullptr;
    if (!subscriber) {
        co_await finish(lane, std::move(head));
        co_return reactor.now();
    }
    const auto batch = batch_of(head);
    const auto attempts = co_await with_.queues.deliver(audience, subscriber, batch);
    std::vector<StatusLine> lines;
    size_t ended = 0;
    while (ended < batch.size() && co_await has_ended(audience, subscriber, batch[ended], attempts[ended])) {
        auto line = status_line({audience->topic, subscriber->subscription, *batch[ended]}, attempts[ended],
                                failures + 1, reactor.now(), reactor.random().uuid(), reactor.random().fraction());
        if (line) lines.push_back(std::move(*line));
        ++ended;
    }
    with_.status.write(std::move(lines));
    if (ended > 0) {
        failures = 0;
        head.resize(ended);
        co_await finish(lane, std::move(head));
    }
    if (ended == batch.size()) co_return reactor.now();
    const auto wait = retry_policy(audience->topic, subscriber->subscription).delay_after(++failures);
    co_return reactor.now() + wait.value_or(std::chrono::seconds(20));
}

Task<bool> FifoDeliverer::has_ended(std::shared_ptr<const Audience> audience, const Subscriber* subscriber,
                                    std::shared_ptr<const Notification> notification, Attempt attempt) {
    if (attempt.result == Attempt::Result::delivered) {
        count(audience->topic, "NumberOfNotificationsDelivered");
        co_return true;
    }
    const bool late = !notification->replayed && Reactor::current().now() >= notification->published + gives_up_after;
    if (attempt.result == Attempt::Result::failed && !late) co_return false;
    if (subscriber->subscription.redrive_policy()) {
        const auto burial = co_await with_.queues.bury(audience, subscriber, notification, attempt);
        if (burial.result == Attempt::Result::failed) co_return false;
        count(audience->topic, burial.result == Attempt::Result::delivered
                                   ? "NumberOfNotificationsRedrivenToDlq"
                                   : "NumberOfNotificationsFailedToRedriveToDlq");
    }
    count(audience->topic, "NumberOfNotificationsFailed");
    co_return true;
}

Task<void> FifoDeliverer::finish(LaneName lane, std::vector<LaneEntry> done) {
    co_await with_.store.transact([&](store::Transaction& tx) -> Task<void> {
        for (const auto& entry : done) erase_lane_entry(tx, lane, entry.number);
        co_return;
    });
}

void FifoDeliverer::count(const Topic& topic, std::string_view metric) {
    const contracts::MetricScope::Dimension dimension{"TopicName", topic.name};
    with_.metrics.add({topic.account, topic.region, "AWS/SNS", {&dimension, 1}}, {{.name = metric}},
                      Reactor::current().now());
}

}  // namespace cumulet::sns
