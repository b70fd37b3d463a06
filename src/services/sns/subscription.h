// A subscription and its decisions: protocols, endpoints, attributes, confirmation. Pure.
#pragma once

#include "services/sns/topic.h"

namespace cumulet::sns {

constexpr auto confirmation_time = std::chrono::days(2);

/// Where notifications go that could not be delivered.
struct RedrivePolicy {
    std::string queue_arn;
};

struct Subscription {
    Place place;  ///< of its topic
    std::string topic_name;
    std::string id;         ///< a UUID, the last part of its ARN
    std::string owner;      ///< account of who subscribed
    std::string principal;  ///< ARN of who subscribed
    std::string protocol;
    std::string endpoint;
    Time created;
    bool pending = false;                           ///< not confirmed yet
    bool authenticated = false;                     ///< confirmed by a signed call
    bool authenticated_unsubscribe = false;         ///< only its owner and the topic's may end it
    std::string token;                              ///< what confirms it
    std::map<std::string, std::string> attributes;  ///< those that were set, by AWS's names
    std::string replay_status;                      ///< "" if nothing was ever replayed

    std::string topic_arn() const {
        return fmt::format("arn:aws:sns:{}:{}:{}", place.region, place.account, topic_name);
    }
    std::string arn() const { return topic_arn() + ":" + id; }
    /// The attribute's value, "" if it was never set.
    const std::string& attribute(std::string_view name) const;
    bool raw() const { return attribute("RawMessageDelivery") == "true"; }
    bool filters() const { return !attribute("FilterPolicy").empty(); }
    bool filters_body() const { return attribute("FilterPolicyScope") == "MessageBody"; }
    std::optional<RedrivePolicy> redrive_policy() const;
    /// False once the time to confirm it has passed: it is as good as deleted.
    bool exists(Time now) const { return !pending || now < created + confirmation_time; }
    /// What a caller of Subscribe and the lists is told: "PendingConfirmation" or its ARN.
    std::string shown_arn() const { return pending ? "PendingConfirmation" : arn(); }
    /// What the lists tell of its endpoint: a URL without its password.
    std::string shown_endpoint() const;
};

/// Throws InvalidParameterException unless such an endpoint may be subscribed to the topic by this protocol.
void check_endpoint(const Topic& topic, std::string_view protocol, std::string_view endpoint);
/// True if whoever has the endpoint must confirm the subscription that `account` asks for.
bool needs_confirmation(std::string_view protocol, std::string_view endpoint, std::string_view account);
/// The attribute's value as it is kept. Throws InvalidParameterException unless it may have it. `subscribing`: in
/// Subscribe, whose words differ.
std::string checked_attribute(const Topic& topic, const Subscription& subscription, const std::string& name,
                              std::string value, bool subscribing);
/// Throws InvalidParameterException if an attribute in `wanted` differs from the subscription's.
void check_same_subscription(const Subscription& existing, const std::map<std::string, std::string>& wanted);
/// What GetSubscriptionAttributes answers.
std::map<std::string, std::string> all_attributes(const Subscription& subscription);

/// A subscription as callers name it, of any region. Throws InvalidParameterException unless `arn` is one.
struct SubscriptionAddress {
    TopicAddress topic;
    std::string id;
};
SubscriptionAddress parse_subscription_arn(std::string_view arn);

/// True for "+" and 1 to 15 digits, perhaps with separators as people write them.
bool is_phone_number(std::string_view text);

}  // namespace cumulet::sns
