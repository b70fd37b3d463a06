// Delivers what stands in the outbox, at least once, and removes it when it has been delivered or given up.
//
// Who changes an object puts an entry there in the same transaction, commits, and hands it over in memory to the lane
// of its reactor. What failed stays, due later. An entry's key begins with the instant at which anyone may take it:
// while a process holds it that is the end of a lease, or never where no other process uses the store.
#pragma once

#include <deque>
#include <mutex>
#include <unordered_map>

#include "services/s3/courier.h"
#include "services/s3/event.h"
#include "services/s3/notification.h"

namespace cumulet::s3 {

/// For how long a process may deliver what others may not.
constexpr auto lease_time = std::chrono::seconds(60);

/// When an entry is tried again whose latest attempt failed at `now`: seconds later at first, minutes in the end;
/// nothing once it is a day old.
std::optional<Time> next_attempt(const OutboxEntry& entry, Time now);

class Deliverer {
  public:
    /// `shared`: other processes may use the store too.
    Deliverer(store::Store& store, contracts::Door& door, TaskGroup& tasks, bool shared)
        : store_(store), courier_(door), tasks_(tasks), shared_(shared) {}

    /// When a new entry may be taken by others: at once where this reactor has enough to deliver.
    Time due_for_new(Time now);
    /// Delivers soon, on this reactor. After the commit that put them in the outbox.
    void take(std::vector<OutboxEntry> entries);

    /// Makes due what a process held that is gone. Before the first call, where no other process uses the store.
    Task<void> recover();
    /// Takes what is due, until the store closes.
    Task<void> sweep();

  private:
    struct Lane {
        std::deque<OutboxEntry> waiting;
        bool draining = false;
    };
    Lane& lane();
    Time held_until(Time now) const { return shared_ ? now + lease_time : Time::max(); }
    Task<void> drain(Lane& lane);
    Task<void> deliver(std::vector<OutboxEntry> batch);
    Task<std::vector<OutboxEntry>> claim();
    /// Writes what follows from the attempts, as long as the store is there.
    Task<void> settle(std::vector<OutboxEntry> done, std::vector<OutboxEntry> later);

    store::Store& store_;
    Courier courier_;
    TaskGroup& tasks_;
    const bool shared_;
    std::mutex mutex_;
    std::unordered_map<Reactor*, std::unique_ptr<Lane>> lanes_;
};

/// The notifications of one transaction about objects of one bucket.
class Notices {
  public:
    Notices(Call& call, const Bucket& bucket, Deliverer& deliverer, Sequencer& sequencer);

    /// True if a rule takes the event.
    bool wanted(std::string_view event, std::string_view key) const { return rule_for(rules_, event, key) != nullptr; }
    /// Puts a notification into the outbox if a rule takes the event: the object is new, or new in part.
    void add(store::Transaction& tx, std::string_view event, const Object& object) {
        if (wanted(event, object.key)) put(tx, event_of(event, object));
    }
    /// The same of an object that is gone.
    void add_removal(store::Transaction& tx, std::string_view event, std::string key) {
        if (wanted(event, key)) put(tx, {.name = event, .key = std::move(key), .size_bytes = {}, .etag = {}});
    }
    /// What was added.
    std::vector<OutboxEntry> take() && { return std::move(added_); }

  private:
    void put(store::Transaction& tx, const Event& event);

    Call& call_;
    const Bucket& bucket_;
    Deliverer& deliverer_;
    Sequencer& sequencer_;
    std::vector<NotificationRule> rules_;
    std::vector<OutboxEntry> added_;
};

}  // namespace cumulet::s3
