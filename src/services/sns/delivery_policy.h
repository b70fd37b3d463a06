// When a failed delivery is tried again, how fast and as what content. Pure.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
#pragma once

#include "services/sns/subscription.h"

namespace cumulet::sns {

/// Retries in four phases: at once, `min_delay` apart, with delays that grow from `min_delay` to `max_delay`, and
/// `max_delay` apart.
struct RetryPolicy {
    enum class Backoff : uint8_t { linear, arithmetic, geometric, exponential };

    int64_t retries = 3;  ///< of all phases
    int64_t at_once = 0;
    int64_t at_min_delay = 0;
    int64_t at_max_delay = 0;
    std::chrono::seconds min_delay{20};
    std::chrono::seconds max_delay{20};
    Backoff backoff = Backoff::linear;

    /// How long to wait after so many failed attempts; nothing once all retries were made.
    std::optional<Duration> delay_after(int64_t failed_attempts) const;
};

struct DeliveryPolicy {
    RetryPolicy retries;
    int64_t most_per_second = 0;  ///< 0: as fast as the endpoint takes them
    std::string content_type;     ///< of HTTP requests; "" if it was not set
};

/// The policy of deliveries to a subscription of HTTP or HTTPS: its own, or its topic's.
DeliveryPolicy http_delivery_policy(const Topic& topic, const Subscription& subscription);
/// By the subscription's protocol. Only that of HTTP can be set.
RetryPolicy retry_policy(const Topic& topic, const Subscription& subscription);

/// Throws InvalidParameterException, in AWS's words, unless a topic's or a subscription's DeliveryPolicy may be so.
void check_topic_delivery_policy(std::string_view policy);
void check_subscription_delivery_policy(std::string_view policy, bool subscribing);

/// EffectiveDeliveryPolicy as GetTopicAttributes and GetSubscriptionAttributes show it.
std::string effective_delivery_policy(const Topic& topic);
std::string effective_delivery_policy(const Topic& topic, const Subscription& subscription);

}  // namespace cumulet::sns
