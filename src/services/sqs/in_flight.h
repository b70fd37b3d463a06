// How many messages of a queue may be in flight.
#pragma once

#include <mutex>
#include <unordered_map>

#include "services/sqs/contents.h"

namespace cumulet::sqs {

/// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
constexpr int64_t most_in_flight = 120'000;

/// Counts a queue's messages in flight only where they may have become too many since they were last counted. Half of
/// what was free may be handed out without another look, so that two processes together stay below the limit.
class InFlightLimit {
  public:
    /// How many of the `wanted` messages may be handed out.
    Task<size_t> allow(store::Transaction& tx, const Queue& queue, size_t wanted, Time now);
    /// `count` messages of the queue of this generation were handed out.
    void handed_out(uint64_t generation, size_t count);

  private:
    static constexpr size_t most_queues = 100'000;

    std::mutex mutex_;
    std::unordered_map<uint64_t, int64_t> free_;  // by the queue's generation
};

}  // namespace cumulet::sqs
