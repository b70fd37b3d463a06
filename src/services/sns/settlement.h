// What follows from deliveries: counted, logged, and written in one transaction.
#pragma once

#include "services/sns/deliverer.h"

namespace cumulet::sns {

struct Deliverer::Settlement {
    struct Key {
        Time due;
        std::string id;
    };
    std::vector<Key> done;           ///< entries that are no longer needed
    std::vector<OutboxEntry> left;   ///< those that take their place, to be attempted at once
    std::vector<OutboxEntry> later;  ///< those that take their place, to be attempted when they are due
    std::vector<std::pair<Place, Kept>> kept;
    std::vector<StatusLine> lines;
    bool sooner = false;  ///< `left` has some for whoever sweeps

    /// What is counted per topic.
    struct Counts {
        std::shared_ptr<const Audience> audience;
        int64_t delivered = 0;
        int64_t failed = 0;
        int64_t buried = 0;
        int64_t lost = 0;
    };
    std::vector<Counts> counts;
    Counts& of(const std::shared_ptr<const Audience>& audience) {
        for (auto& known : counts) {
            if (known.audience == audience) return known;
        }
        return counts.emplace_back(Counts{.audience = audience});
    }
};

struct Deliverer::Shipment {
    std::shared_ptr<const Audience> audience;
    const Subscriber* subscriber;
    std::vector<std::shared_ptr<const Notification>> notifications;
    size_t size_bytes = 0;
    std::vector<Attempt> attempts = {};
};

}  // namespace cumulet::sns
