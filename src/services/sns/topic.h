// A topic and its decisions: names, attributes, policies. Pure.
#pragma once

#include "base/json.h"
#include "base/time.h"
#include "contracts/sns.h"

namespace cumulet::sns {

/// Where the topics of one account and region stand.
struct Place {
    std::string account;
    std::string region;
};

struct Subscription;

/// How many subscriptions a topic has, those whose confirmation is awaited among them.
struct SubscriptionCount {
    int64_t subscriptions = 0;
    int64_t filter_policies = 0;

    void add(const Subscription& subscription, int64_t number);
};

struct Topic {
    std::string account;
    std::string region;
    std::string name;
    uint64_t generation = 0;  ///< unlike every other topic's, so that a new topic of an old name is empty
    uint64_t revision = 0;    ///< grows with every change of the topic or its subscriptions
    Time created;
    Time archived_since;                            ///< the oldest instant whose messages its archive may hold
    int64_t subscriptions_deleted = 0;              ///< ever
    std::map<std::string, std::string> attributes;  ///< those that were set, by AWS's names
    std::map<std::string, std::string> tags;
    std::string data_protection_policy;      ///< "" if none
    std::optional<SubscriptionCount> count;  ///< nothing where an earlier Cumulet did not count

    Place place() const { return {account, region}; }
    std::string arn() const { return fmt::format("arn:aws:sns:{}:{}:{}", region, account, name); }
    bool fifo() const { return name.ends_with(".fifo"); }
    /// The attribute's value, "" if it was never set.
    const std::string& attribute(std::string_view name) const;
    bool content_based_deduplication() const { return attribute("ContentBasedDeduplication") == "true"; }
    /// True if messages are deduplicated and numbered by message group, not by topic.
    bool deduplicates_by_group() const { return attribute("FifoThroughputScope") == "MessageGroup"; }
    /// "1" or "2": how its notifications are signed.
    std::string signature_version() const;
    /// The policy that was set, or the one that AWS gives every topic.
    std::string policy() const;
    /// How long its archive keeps messages; nothing if it keeps none.
    std::optional<std::chrono::days> archive_retention() const;
};

/// A topic as callers name it. Throws InvalidParameterException unless `arn` is one of this region, in AWS's words for
/// the parameter `parameter`.
struct TopicAddress {
    Place place;
    std::string name;
};
TopicAddress parse_topic_arn(const Call& call, std::string_view arn, std::string_view parameter = "TopicArn");
/// The same for a topic of any region: whoever follows a link says none.
TopicAddress parse_any_topic_arn(std::string_view arn, std::string_view parameter = "TopicArn");

/// Throws InvalidParameterException unless AWS allows the name for such a topic.
void check_topic_name(std::string_view name, bool fifo);
/// Throws InvalidParameterException unless the attribute may have the value. `creating`: FifoTopic may stand only
/// there.
void check_topic_attribute(const std::string& name, const std::string& value, bool fifo, bool creating);
/// Throws InvalidParameterException if `wanted` or `tags` differ from what the topic has.
void check_same_topic(const Topic& existing, const std::map<std::string, std::string>& wanted,
                      const std::map<std::string, std::string>& tags);

/// Throws InvalidParameterException unless the text may be a data protection policy.
void check_data_protection_policy(std::string_view policy);

/// The policy that AWS gives a new topic.
std::string default_topic_policy(const Topic& topic);
/// The policy with one statement more. Throws InvalidParameterException where `label` is taken or an action unknown.
std::string add_statement(const Topic& topic, const std::string& label, const std::vector<std::string>& accounts,
                          const std::vector<std::string>& actions);
/// The policy without the statement `label`.
std::string remove_statement(const Topic& topic, std::string_view label);

/// Tags by key. Throws InvalidParameterException for a key that stands twice.
std::map<std::string, std::string> tags_of(const std::vector<aws::sns::Tag>& tags);

/// InvalidParameter, "Invalid parameter: <what>".
aws::sns::InvalidParameterException invalid_parameter(std::string_view what);

}  // namespace cumulet::sns
