// Delivers what stands in the outbox, and removes it once it has been delivered or given up.
//
// Whoever publishes puts an entry there, commits, and hands it over in memory: to the lane of its reactor, which takes
// all that waits and sends it to each queue in batches. What does not go to a queue, and what failed, becomes an entry
// of its own for one subscriber. An entry's key begins with the instant at which anyone may take it: while it is held
// by a process that is the end of a lease, or never where no other process uses the store.
#pragma once

#include <deque>
#include <unordered_map>

#include "contracts/metrics.h"
#include "services/sns/delivery_policy.h"
#include "services/sns/kept.h"
#include "services/sns/queue_courier.h"
#include "services/sns/status_log.h"

namespace cumulet::sns {

/// For how long a process may deliver what others may not.
constexpr auto lease_time = std::chrono::seconds(60);

/// A notification that was just published, with those who want it.
struct Handed {
    std::shared_ptr<const Audience> audience;
    std::shared_ptr<const Notification> notification;
    std::vector<uint32_t> wanted;  ///< places in the audience
    Time due;                      ///< with `id`, the outbox entry's key
    std::string id;
};

/// What deliveries stand on.
struct Equipment {
    store::Store& store;
    contracts::Door& door;
    contracts::Metrics& metrics;
    TaskGroup& tasks;
    Audiences& audiences;
    QueueCourier& queues;
    StatusLog& status;
    std::map<std::string, Courier*, std::less<>> couriers;  ///< by protocol
    bool shared = true;                                     ///< other processes may use the store too
};

class Deliverer {
  public:
    explicit Deliverer(Equipment equipment) : with_(std::move(equipment)) {}

    /// When an entry that this process is going to deliver may be taken by others.
    Time held_until(Time now) const;
    /// True if this reactor's lane takes more. Otherwise an entry must be due at once, for whoever has time.
    bool has_room();
    /// Delivers soon, on this reactor. After the commit that put its entry in the outbox.
    void take(Handed handed);

    /// Makes due what a process held that is gone. Before the first call, where no other process uses the store.
    Task<void> recover();
    /// Takes what is due, until the store closes.
    Task<void> sweep();

  private:
    struct Lane {
        std::deque<Handed> waiting;
        bool draining = false;
    };
    struct Shipment;    // up to ten notifications for one queue
    struct Settlement;  // what follows from a batch of deliveries, to be written at once

    // deliverer.cc
    Lane& lane();
    Task<void> drain(Lane& lane);
    Task<void> deliver(std::vector<Handed> batch);
    Task<void> ship(Shipment& shipment);

    // attempts.cc
    Task<std::vector<OutboxEntry>> claim();
    Task<void> attempt(OutboxEntry entry, Semaphore::Permit permit);
    Task<void> attempt_once(OutboxEntry entry);
    Task<void> take_whole(OutboxEntry entry, std::shared_ptr<const Audience> audience);
    Task<void> forget(OutboxEntry entry);
    void start_attempt(OutboxEntry entry, Semaphore::Permit permit);

    // settlement.cc
    /// Decides what follows from an attempt for one subscriber: nothing more, another attempt, or the dead-letter
    /// queue.
    Task<void> conclude(Settlement& settlement, std::shared_ptr<const Audience> audience, const Subscriber* subscriber,
                        std::shared_ptr<const Notification> notification, int64_t attempts_before, Attempt attempt);
    Task<void> settle(Settlement& settlement);
    void count(const Settlement& settlement);
    /// The new entries that this process tries at once; the others become due for whoever sweeps.
    std::vector<std::pair<OutboxEntry, Semaphore::Permit>> begin_attempts(Settlement& settlement);
    OutboxEntry entry_for(const Audience& audience, const Subscriber& subscriber, const Notification& notification);

    Equipment with_;
    std::mutex mutex_;
    std::unordered_map<Reactor*, std::unique_ptr<Lane>> lanes_;
    Semaphore permits_{256};  // of attempts for one subscriber
};

}  // namespace cumulet::sns
