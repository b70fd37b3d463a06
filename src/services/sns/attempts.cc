// Attempts to deliver one entry of the outbox to its one subscriber, and the sweep that takes what is due.

#include "runtime/log.h"
#include "services/sns/settlement.h"

namespace cumulet::sns {
namespace {

constexpr size_t most_claimed = 64;
constexpr size_t most_recovered_at_once = 1000;
constexpr auto pause_after_failure = std::chrono::seconds(1);
constexpr auto pause_before_again = std::chrono::milliseconds(200);

}  // namespace

Task<void> Deliverer::recover() {
    const auto now = Reactor::current().now();
    size_t moved = most_recovered_at_once;
    while (moved == most_recovered_at_once) {
        moved = co_await with_.store.transact([&](store::Transaction& tx) -> Task<size_t> {
            const auto held = co_await held_outbox_entries(tx, most_recovered_at_once);
            for (auto entry : held) {
                erase_outbox_entry(tx, entry.due, entry.id);
                entry.due = now;
                save_outbox_entry(tx, entry);
            }
            co_return held.size();
        });
    }
}

Task<std::vector<OutboxEntry>> Deliverer::claim() {
    const auto now = Reactor::current().now();
    co_return co_await with_.store.transact([&](store::Transaction& tx) -> Task<std::vector<OutboxEntry>> {
        auto entries = co_await due_outbox_entries(tx, now, most_claimed);
        for (auto& entry : entries) {
            erase_outbox_entry(tx, entry.due, entry.id);
            entry.due = held_until(now);
            save_outbox_entry(tx, entry);
        }
        co_return entries;
    });
}

Task<void> Deliverer::sweep() {
    auto watch = with_.store.watch(std::string(outbox_topic));
    while (!with_.store.closing()) {
        Time until = Time::max();
        std::vector<OutboxEntry> claimed;
        try {
            claimed = co_await claim();
            if (claimed.empty()) {
                const auto next =
                    co_await with_.store.transact([](store::Transaction& tx) -> Task<std::optional<Time>> {
                        co_return co_await next_outbox_due(tx);
                    });
                if (next) until = *next;
            }
        } catch (const std::exception& error) {
            log::warning("the outbox of topics could not be read", {{"why", error.what()}});
            until = Reactor::current().now() + pause_after_failure;
        }
        for (auto& entry : claimed) start_attempt(std::move(entry), co_await permits_.acquire());
        // Nobody tells of a lease that a process took and cannot give back.
        if (with_.shared) until = std::min(until, Reactor::current().now() + lease_time);
        if (claimed.empty()) co_await watch.wait(until);
    }
}

void Deliverer::start_attempt(OutboxEntry entry, Semaphore::Permit permit) {
    with_.tasks.start(attempt(std::move(entry), std::move(permit)));
}

Task<void> Deliverer::attempt(OutboxEntry entry, Semaphore::Permit permit) {
    while (!with_.store.closing()) {
        try {
            co_await attempt_once(entry);
            break;
        } catch (const std::exception& error) {
            log::warning("a delivery did not end: it will be tried again", {{"why", error.what()}});
        }
        co_await Reactor::current().pause(pause_before_again);
    }
}

Task<void> Deliverer::attempt_once(OutboxEntry entry) {
    auto audience = co_await with_.store.transact([&](store::Transaction& tx) -> Task<std::shared_ptr<const Audience>> {
        co_return co_await with_.audiences.find(tx, entry.topic);
    });
    if (!audience || audience->topic.generation != entry.generation) co_return co_await forget(std::move(entry));
    if (entry.subscription.empty()) co_return co_await take_whole(std::move(entry), std::move(audience));

    std::optional<Subscriber> former;
    if (entry.former) former.emplace(*entry.former);
    const auto* subscriber = former ? &*former : audience->find(entry.subscription);
    if (!subscriber) co_return co_await forget(std::move(entry));

    Settlement settlement;
    settlement.done.push_back({entry.due, entry.id});
    auto notification = std::make_shared<const Notification>(std::move(entry.notification));
    const Parcel parcel{audience->topic, subscriber->subscription, *notification};
    Attempt outcome;
    if (subscriber->way == Subscriber::Way::kept) {
        settlement.kept.emplace_back(audience->topic.place(), kept_for(parcel));
    } else if (subscriber->way == Subscriber::Way::queue) {
        outcome = (co_await with_.queues.deliver(audience, subscriber, {notification})).front();
    } else {
        auto call =
            service_call(Reactor::current(), "sns.amazonaws.com", audience->topic.account, audience->topic.region);
        const auto courier = with_.couriers.find(subscriber->subscription.protocol);
        try {
            if (courier == with_.couriers.end())
                throw aws::not_implemented("sns", "Publish", subscriber->subscription.protocol);
            outcome = co_await courier->second->deliver(call, parcel);
        } catch (const std::exception& error) {
            outcome = attempt_of(error);
        }
    }
    co_await conclude(settlement, audience, subscriber, notification, entry.attempts, std::move(outcome));
    if (former) {
        for (auto& entry_left : settlement.later) entry_left.former = former->subscription;
    }
    co_await settle(settlement);
}

Task<void> Deliverer::take_whole(OutboxEntry entry, std::shared_ptr<const Audience> audience) {
    FilteredOut ignored;  // counted when it was published
    auto wanted = audience->wanted_by(entry.notification, ignored);
    take({.audience = std::move(audience),
          .notification = std::make_shared<const Notification>(std::move(entry.notification)),
          .wanted = std::move(wanted),
          .due = entry.due,
          .id = std::move(entry.id)});
    co_return;
}

Task<void> Deliverer::forget(OutboxEntry entry) {
    co_await with_.store.transact([&](store::Transaction& tx) -> Task<void> {
        erase_outbox_entry(tx, entry.due, entry.id);
        co_return;
    });
}

}  // namespace cumulet::sns
