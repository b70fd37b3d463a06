#include "services/sns/settlement.h"

#include "runtime/log.h"

namespace cumulet::sns {
namespace {

constexpr auto pause_after_failure = std::chrono::milliseconds(200);

}  // namespace

OutboxEntry Deliverer::entry_for(const Audience& audience, const Subscriber& subscriber,
                                 const Notification& notification) {
    auto& reactor = Reactor::current();
    return {.due = held_until(reactor.now()),
            .id = reactor.random().hex(24),
            .topic = {audience.topic.place(), audience.topic.name},
            .generation = audience.topic.generation,
            .notification = notification,
            .subscription = subscriber.subscription.id};
}

Task<void> Deliverer::conclude(Settlement& settlement, std::shared_ptr<const Audience> audience,
                               const Subscriber* subscriber, std::shared_ptr<const Notification> notification,
                               int64_t attempts_before, Attempt attempt) {
    auto& reactor = Reactor::current();
    auto& counts = settlement.of(audience);
    if (attempt.result == Attempt::Result::postponed) {
        auto entry = entry_for(*audience, *subscriber, *notification);
        entry.attempts = attempts_before;
        entry.due = attempt.until;
        settlement.later.push_back(std::move(entry));
        co_return;
    }
    if (attempt.result == Attempt::Result::delivered) {
        ++counts.delivered;
    } else {
        const auto wait = attempt.result == Attempt::Result::failed
                              ? retry_policy(audience->topic, subscriber->subscription).delay_after(attempts_before + 1)
                              : std::nullopt;
        std::optional<Duration> again = wait;
        if (!wait) {
            ++counts.failed;
            if (subscriber->subscription.redrive_policy()) {
                const auto burial = co_await with_.queues.bury(audience, subscriber, notification, attempt);
                // The dead-letter queue is away for a while: the whole delivery is tried again.
                if (burial.result == Attempt::Result::failed) again = std::chrono::seconds(20);
                auto& after = settlement.of(audience);
                ++(burial.result == Attempt::Result::delivered ? after.buried : after.lost);
            }
        }
        if (again) {
            auto entry = entry_for(*audience, *subscriber, *notification);
            entry.attempts = attempts_before + 1;
            entry.due = reactor.now() + *again;
            settlement.later.push_back(std::move(entry));
            if (wait) co_return;  // it has not ended: nothing is logged yet
        }
    }
    if (audience->topic.attributes.empty()) co_return;
    const Parcel parcel{audience->topic, subscriber->subscription, *notification};
    auto line = status_line(parcel, attempt, attempts_before + 1, reactor.now(), reactor.random().uuid(),
                            reactor.random().fraction());
    if (line) settlement.lines.push_back(std::move(*line));
}

void Deliverer::count(const Settlement& settlement) {
    for (const auto& counts : settlement.counts) {
        const auto& topic = counts.audience->topic;
        const contracts::MetricScope::Dimension dimension{"TopicName", topic.name};
        const contracts::MetricScope scope{topic.account, topic.region, "AWS/SNS", {&dimension, 1}};
        std::array<contracts::MetricSample, 4> samples;
        size_t count = 0;
        const auto add = [&](std::string_view name, int64_t value) {
            if (value > 0) samples[count++] = {name, static_cast<double>(value)};
        };
        add("NumberOfNotificationsDelivered", counts.delivered);
        add("NumberOfNotificationsFailed", counts.failed);
        add("NumberOfNotificationsRedrivenToDlq", counts.buried);
        add("NumberOfNotificationsFailedToRedriveToDlq", counts.lost);
        if (count > 0) with_.metrics.add(scope, std::span(samples.data(), count), Reactor::current().now());
    }
}

std::vector<std::pair<OutboxEntry, Semaphore::Permit>> Deliverer::begin_attempts(Settlement& settlement) {
    std::vector<std::pair<OutboxEntry, Semaphore::Permit>> begun;
    for (auto& entry : settlement.left) {
        if (auto permit = permits_.try_acquire()) {
            begun.emplace_back(entry, std::move(*permit));
        } else {
            // Slow endpoints hold all permits: no queue shall wait for them.
            entry.due = Reactor::current().now();
            settlement.sooner = true;
        }
    }
    return begun;
}

Task<void> Deliverer::settle(Settlement& settlement) {
    auto& reactor = Reactor::current();
    std::vector<std::string> kept_ids;
    for (size_t i = 0; i < settlement.kept.size(); ++i) kept_ids.push_back(reactor.random().hex(16));
    auto first_attempts = begin_attempts(settlement);
    bool written = false;
    while (!written) {
        try {
            co_await with_.store.transact([&](store::Transaction& tx) -> Task<void> {
                for (const auto& [due, id] : settlement.done) erase_outbox_entry(tx, due, id);
                for (const auto& entry : settlement.left) save_outbox_entry(tx, entry);
                for (const auto& entry : settlement.later) save_outbox_entry(tx, entry);
                for (size_t i = 0; i < settlement.kept.size(); ++i)
                    save_kept(tx, settlement.kept[i].first, settlement.kept[i].second, reactor.now(), kept_ids[i]);
                if (settlement.sooner || !settlement.later.empty()) tx.wake(std::string(outbox_topic));
                co_return;
            });
            written = true;
        } catch (const std::exception& error) {
            log::warning("the end of deliveries was not recorded", {{"why", error.what()}});
        }
        if (written) break;
        if (with_.store.closing()) co_return;  // they are delivered again after the next start
        co_await reactor.pause(pause_after_failure);
    }
    count(settlement);
    with_.status.write(std::move(settlement.lines));
    for (auto& entry : first_attempts) start_attempt(std::move(entry.first), std::move(entry.second));
}

}  // namespace cumulet::sns
