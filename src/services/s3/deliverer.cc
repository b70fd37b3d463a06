#include "services/s3/deliverer.h"

#include "runtime/log.h"
#include "services/s3/record.h"

namespace cumulet::s3 {
namespace {

constexpr size_t most_waiting = 4096;  // per reactor
constexpr size_t most_together = 64;
constexpr size_t most_recovered_at_once = 1000;
constexpr auto pause_after_failure = std::chrono::milliseconds(200);
constexpr auto longest_wait = std::chrono::minutes(5);
constexpr auto given_up_after = std::chrono::hours(24);

/// The entries of a batch that go together: of one bucket for one destination.
std::vector<std::vector<const OutboxEntry*>> parcels_of(const std::vector<OutboxEntry>& batch) {
    std::vector<std::vector<const OutboxEntry*>> parcels;
    std::map<std::pair<std::string_view, std::string_view>, size_t> open;
    for (const auto& entry : batch) {
        const auto place = std::pair<std::string_view, std::string_view>(entry.bucket, entry.destination);
        const auto found = open.find(place);
        if (found != open.end() && parcels[found->second].size() < Courier::most_at_once) {
            parcels[found->second].push_back(&entry);
            continue;
        }
        if (Courier::takes_several(entry.destination)) open[place] = parcels.size();
        parcels.push_back({&entry});
    }
    return parcels;
}

}  // namespace

std::optional<Time> next_attempt(const OutboxEntry& entry, Time now) {
    const auto doublings = std::min<int64_t>(entry.attempts, 16);
    const auto wait = std::min<Duration>(std::chrono::seconds(int64_t{1} << doublings), longest_wait);
    if (now + wait > entry.since + given_up_after) return std::nullopt;
    return now + wait;
}

Deliverer::Lane& Deliverer::lane() {
    const std::lock_guard lock(mutex_);
    auto& mine = lanes_[&Reactor::current()];
    if (!mine) mine = std::make_unique<Lane>();
    return *mine;
}

Time Deliverer::due_for_new(Time now) { return lane().waiting.size() < most_waiting ? held_until(now) : now; }

void Deliverer::take(std::vector<OutboxEntry> entries) {
    if (entries.empty()) return;
    auto& mine = lane();
    for (auto& entry : entries) {
        // What was due at once is the sweep's.
        if (entry.due > entry.since) mine.waiting.push_back(std::move(entry));
    }
    if (mine.waiting.empty() || std::exchange(mine.draining, true)) return;
    tasks_.start(drain(mine));
}

Task<void> Deliverer::drain(Lane& lane) {
    while (!lane.waiting.empty() && !store_.closing()) {
        std::vector<OutboxEntry> batch;
        while (!lane.waiting.empty() && batch.size() < most_together) {
            batch.push_back(std::move(lane.waiting.front()));
            lane.waiting.pop_front();
        }
        co_await deliver(std::move(batch));
    }
    lane.draining = false;
}

Task<void> Deliverer::deliver(std::vector<OutboxEntry> batch) {
    const auto parcels = parcels_of(batch);
    std::vector<std::vector<Attempt>> attempts(parcels.size());
    const auto ship = [&](size_t i) -> Task<void> { attempts[i] = co_await courier_.deliver(parcels[i]); };
    std::vector<Task<void>> shipments;
    for (size_t i = 0; i < parcels.size(); ++i) shipments.push_back(ship(i));
    co_await all(std::move(shipments));

    const auto now = Reactor::current().now();
    std::vector<OutboxEntry> later;
    for (size_t i = 0; i < parcels.size(); ++i) {
        for (size_t j = 0; j < parcels[i].size(); ++j) {
            const auto& attempt = attempts[i][j];
            if (attempt.result == Attempt::Result::delivered) continue;
            const auto& entry = *parcels[i][j];
            const auto again = attempt.result == Attempt::Result::failed ? next_attempt(entry, now) : std::nullopt;
            if (!again) {
                log::warning("a notification was dropped: its destination did not take it",
                             {{"bucket", entry.bucket}, {"destination", entry.destination}, {"why", attempt.reason}});
                continue;
            }
            later.push_back(entry);
            later.back().due = *again;
            ++later.back().attempts;
        }
    }
    co_await settle(std::move(batch), std::move(later));
}

Task<void> Deliverer::settle(std::vector<OutboxEntry> done, std::vector<OutboxEntry> later) {
    while (true) {
        try {
            co_return co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
                for (const auto& entry : done) erase_outbox_entry(tx, entry);
                for (const auto& entry : later) save_outbox_entry(tx, entry);
                if (!later.empty()) tx.wake(std::string(outbox_topic));
                co_return;
            });
        } catch (const std::exception& failure) {
            log::warning("the end of notifications was not recorded", {{"why", failure.what()}});
        }
        if (store_.closing()) co_return;  // they are delivered again after the next start
        co_await Reactor::current().pause(pause_after_failure);
    }
}

Task<void> Deliverer::recover() {
    const auto now = Reactor::current().now();
    size_t moved = most_recovered_at_once;
    while (moved == most_recovered_at_once) {
        moved = co_await store_.transact([&](store::Transaction& tx) -> Task<size_t> {
            co_return co_await release_outbox_entries(tx, now, most_recovered_at_once);
        });
    }
}

Task<std::vector<OutboxEntry>> Deliverer::claim() {
    const auto now = Reactor::current().now();
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<OutboxEntry>> {
        auto entries = co_await due_outbox_entries(tx, now, most_together);
        for (auto& entry : entries) {
            erase_outbox_entry(tx, entry);
            entry.due = held_until(now);
            save_outbox_entry(tx, entry);
        }
        co_return entries;
    });
}

Task<void> Deliverer::sweep() {
    auto watch = store_.watch(std::string(outbox_topic));
    while (!store_.closing()) {
        Time until = Time::max();
        bool failed = false;
        std::vector<OutboxEntry> claimed;
        try {
            claimed = co_await claim();
            if (claimed.empty()) {
                const auto next = co_await store_.transact([](store::Transaction& tx) -> Task<std::optional<Time>> {
                    co_return co_await next_outbox_due(tx);
                });
                if (next) until = *next;
            }
        } catch (const std::exception& failure) {
            log::warning("the outbox of buckets could not be read", {{"why", failure.what()}});
            failed = true;
        }
        if (failed) {
            co_await Reactor::current().pause(pause_after_failure);
            continue;
        }
        if (!claimed.empty()) {
            co_await deliver(std::move(claimed));
            continue;
        }
        // Nobody tells of a lease that a process took and cannot give back.
        if (shared_) until = std::min(until, Reactor::current().now() + lease_time);
        co_await watch.wait(until);
    }
}

Notices::Notices(Call& call, const Bucket& bucket, Deliverer& deliverer, Sequencer& sequencer)
    : call_(call), bucket_(bucket), deliverer_(deliverer), sequencer_(sequencer) {
    if (!bucket.notifications.empty()) rules_ = decode_rules(bucket.notifications);
}

void Notices::put(store::Transaction& tx, const Event& event) {
    const auto* rule = rule_for(rules_, event.name, event.key);
    const auto now = call_.now();
    OutboxEntry entry{.due = deliverer_.due_for_new(now),
                      .id = call_.random().hex(24),
                      .bucket = bucket_.name,
                      .account = bucket_.account,
                      .region = bucket_.region,
                      .destination = rule->destination,
                      .message = event_message(call_, bucket_, rule->id, event, now, sequencer_.next(now)),
                      .trace = call_.trace,
                      .since = now};
    save_outbox_entry(tx, entry);
    if (entry.due == now) tx.wake(std::string(outbox_topic));
    added_.push_back(std::move(entry));
}

}  // namespace cumulet::s3
