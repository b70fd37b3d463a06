// A topic with its subscribers, decoded and compiled once: publishing asks it who wants a notification.
#pragma once

#include <mutex>
#include <unordered_map>

#include "services/sns/filter.h"
#include "services/sns/storage.h"

namespace cumulet::sns {

/// Who gets a subscription's notifications, as far as they concern its delivery.
struct Subscriber {
    enum class Way : uint8_t {
        queue,    ///< SQS: many at once
        courier,  ///< an endpoint that answers: one by one, tried again
        kept,     ///< a phone, a mailbox, a stream: written down where people can read it
    };

    explicit Subscriber(Subscription of);

    Subscription subscription;
    Way way;
    bool raw;
    bool fifo_queue = false;
    std::string queue_url;     ///< of a queue
    std::string queue_region;  ///< of a queue
    Filter filter;
};

/// Why subscribers did not want a notification, counted as CloudWatch's metrics do.
struct FilteredOut {
    int64_t by_attributes = 0;
    int64_t without_attributes = 0;
    int64_t by_body = 0;
    int64_t by_invalid_body = 0;
    int64_t all() const { return by_attributes + without_attributes + by_body + by_invalid_body; }
};

struct Audience {
    Topic topic;
    std::vector<Subscriber> subscribers;  ///< by id; those not confirmed too

    /// Places in `subscribers` of those who want it.
    std::vector<uint32_t> wanted_by(const Notification& notification, FilteredOut& filtered_out) const;
    /// nullptr if there is none of that id.
    const Subscriber* find(std::string_view id) const;
};

/// The audiences of topics, as long as neither topic nor subscriptions change. Shared by all reactors.
class Audiences {
  public:
    /// The topic's audience as the transaction sees it, nullptr where there is no such topic.
    Task<std::shared_ptr<const Audience>> find(store::Transaction& tx, TopicAddress address);

  private:
    static constexpr size_t most_entries = 4096;
    struct Entry {
        std::string record;
        std::shared_ptr<const Audience> audience;
    };
    std::mutex mutex_;
    std::unordered_map<std::string, Entry> entries_;  // by ARN
};

}  // namespace cumulet::sns
