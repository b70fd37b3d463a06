// How much of everything there may be: AWS's quotas as every account begins with them.
// https://docs.aws.amazon.com/general/latest/gr/sns.html
#pragma once

#include "services/sns/storage.h"

namespace cumulet::sns {

struct Limits {
    int64_t standard_topics = 100'000;  ///< of an account in a region
    int64_t fifo_topics = 1'000;
    int64_t standard_subscriptions = 12'500'000;  ///< of a topic
    int64_t fifo_subscriptions = 100;
    int64_t filter_policies = 200;  ///< of a topic
    int64_t replays = 50;           ///< of a topic, at once
};

/// Counts a new topic. Throws TopicLimitExceededException.
Task<void> admit_topic(store::Transaction& tx, Limits limits, const Topic& topic);
/// No longer counts a topic, which must still be stored.
Task<void> release_topic(store::Transaction& tx, const Topic& topic);
/// Counts `after` instead of `before` (nullptr: it is new) in the topic, which the caller saves. Throws
/// SubscriptionLimitExceededException or FilterPolicyLimitExceededException.
Task<void> admit_subscription(store::Transaction& tx, Limits limits, Topic& topic, const Subscription* before,
                              const Subscription& after, Time now);

}  // namespace cumulet::sns
