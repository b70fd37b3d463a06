// A queue and its decisions: attributes, names, URLs. Pure.
#pragma once

#include "base/time.h"
#include "contracts/sqs.h"

namespace cumulet::sqs {

constexpr size_t largest_message_bytes = 1'048'576;
constexpr int64_t longest_visibility_seconds = 43'200;

/// Where messages go that were received too often.
struct RedrivePolicy {
    std::string target_arn;
    int64_t max_receive_count = 0;
};

struct Queue {
    std::string account;
    std::string region;
    std::string name;
    uint64_t generation = 0;  ///< unlike every other queue's, so that a new queue of an old name is empty
    Time created;
    Time modified;
    std::map<std::string, std::string> attributes;  ///< those that were set, by AWS's names
    std::map<std::string, std::string> tags;

    std::string arn() const { return fmt::format("arn:aws:sqs:{}:{}:{}", region, account, name); }
    /// The topic that its receivers sleep on.
    std::string topic() const { return fmt::format("sqs/{:016x}", generation); }

    /// The attribute's value as a number, AWS's default where it was never set.
    int64_t number(std::string_view attribute) const;
    std::chrono::seconds delay() const { return std::chrono::seconds(number("DelaySeconds")); }
    std::chrono::seconds visibility_timeout() const { return std::chrono::seconds(number("VisibilityTimeout")); }
    std::chrono::seconds retention() const { return std::chrono::seconds(number("MessageRetentionPeriod")); }
    std::chrono::seconds wait_time() const { return std::chrono::seconds(number("ReceiveMessageWaitTimeSeconds")); }
    std::optional<RedrivePolicy> redrive_policy() const;

    /// When receivers may first see a message that is sent at `now`. `delay` overrides the queue's own.
    /// Throws InvalidParameterValue if the delay is not within 0 to 900 seconds.
    Time visible_at(std::optional<int32_t> delay_seconds, Time now) const;
};

/// A queue as callers name it.
struct QueueAddress {
    std::string account;
    std::string region;
    std::string name;
};

/// Understands every form of queue URL, whatever its host: /<account>/<name>, /queue/<region>/<account>/<name>, and a
/// bare name. Parts that the URL lacks are the caller's. Throws InvalidAddress.
QueueAddress parse_queue_url(const Call& call, std::string_view url);
/// The URL by which this caller reaches the queue: built from the host that the caller used.
std::string queue_url(const Call& call, std::string_view account, std::string_view name);

/// Throws InvalidParameterValue unless AWS allows the name.
void check_queue_name(std::string_view name);
/// Throws InvalidAttributeName or InvalidAttributeValue unless every attribute may be set and has a valid value, and
/// NotImplemented for those of features that Cumulet lacks. `creating`: FifoQueue may stand only there.
void check_attributes(const std::map<std::string, std::string>& attributes, bool creating);
/// Throws QueueNameExists if `wanted` has an attribute that differs from `existing`'s.
void check_same_attributes(const Queue& existing, const std::map<std::string, std::string>& wanted);
/// Throws InvalidAttributeName if `name` is no attribute of a queue.
void check_attribute_name(std::string_view name);

aws::sqs::QueueDoesNotExist queue_does_not_exist(const Call& call);
/// True if `name` is among `names`.
template <typename Names>
bool contains(const Names& names, std::string_view name) {
    return std::ranges::find(names, name) != std::ranges::end(names);
}

/// AWS's error for parameters that no constraint of the contract covers.
aws::Error invalid_parameter(std::string message);

}  // namespace cumulet::sqs
