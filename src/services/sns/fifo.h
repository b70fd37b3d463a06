// FIFO topics: what is published gets a number, is deduplicated, and waits in a lane per subscription, where it is
// delivered in order.
#pragma once

#include <unordered_map>

#include "services/sns/deliverer.h"
#include "services/sns/fifo_storage.h"

namespace cumulet::sns {

/// What a publisher is told.
struct Accepted {
    std::string message_id;
    std::string sequence_number;
    bool duplicate = false;  ///< of a message of the last five minutes: nobody gets it
};

/// Numbers the notification, remembers it for deduplication and in the archive, and puts it in the lanes of those who
/// want it. The caller holds what keeps publishers of one topic apart.
Task<Accepted> append_to_lanes(store::Transaction& tx, const Audience& audience, const Notification& notification,
                               FilteredOut& filtered_out);

/// Delivers what stands in lanes: one process for all FIFO topics, the one that holds the lease.
class FifoDeliverer {
  public:
    explicit FifoDeliverer(Equipment equipment) : with_(std::move(equipment)) {}

    /// Works until the store closes.
    Task<void> supervise();

  private:
    Task<bool> hold_lease();
    Task<bool> replay_a_part();
    Task<void> drain(LaneName lane);
    /// Delivers the head of a lane. When to look again: nothing if the lane is empty.
    Task<std::optional<Time>> step(LaneName lane, int64_t& failures);
    Task<void> finish(LaneName lane, std::vector<LaneEntry> done);
    /// False if the notification, and so all behind it, must wait. Buries what its queue refused.
    Task<bool> has_ended(std::shared_ptr<const Audience> audience, const Subscriber* subscriber,
                         std::shared_ptr<const Notification> notification, Attempt attempt);
    void count(const Topic& topic, std::string_view metric);

    Equipment with_;
    std::string owner_;
    Time leased_until_{};
    std::unordered_map<std::string, bool> running_;  // lanes by their keys; true: look once more at the end
};

}  // namespace cumulet::sns
