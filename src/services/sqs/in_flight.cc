#include "services/sqs/in_flight.h"

namespace cumulet::sqs {

Task<size_t> InFlightLimit::allow(store::Transaction& tx, const Queue& queue, size_t wanted, Time now) {
    {
        std::lock_guard lock(mutex_);
        const auto known = free_.find(queue.generation);
        if (known != free_.end() && known->second >= static_cast<int64_t>(wanted)) co_return wanted;
    }
    const auto left = std::max<int64_t>(0, most_in_flight - co_await count_in_flight(tx, queue, now));
    std::lock_guard lock(mutex_);
    if (free_.size() >= most_queues) free_.clear();
    free_[queue.generation] = left / 2;
    co_return std::min(wanted, static_cast<size_t>(left));
}

void InFlightLimit::handed_out(uint64_t generation, size_t count) {
    std::lock_guard lock(mutex_);
    if (const auto known = free_.find(generation); known != free_.end()) {
        known->second -= static_cast<int64_t>(count);
    }
}

}  // namespace cumulet::sqs
