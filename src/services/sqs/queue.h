// A queue and its decisions. Pure.
#pragma once

#include "base/time.h"
#include "contracts/sqs.h"
#include "services/sqs/redrive.h"

namespace cumulet::sqs {

constexpr size_t largest_message_bytes = 1'048'576;
constexpr int64_t longest_visibility_seconds = 43'200;

/// An attribute that is a number, its range, and what it is where it was never set.
struct NumberAttribute {
    std::string_view name;
    int64_t min;
    int64_t max;
    int64_t initial;
};
constexpr NumberAttribute number_attributes[] = {
    {"DelaySeconds", 0, 900, 0},
    {"KmsDataKeyReusePeriodSeconds", 60, 86'400, 300},
    {"MaximumMessageSize", 1024, largest_message_bytes, largest_message_bytes},
    {"MessageRetentionPeriod", 60, 1'209'600, 345'600},
    {"ReceiveMessageWaitTimeSeconds", 0, 20, 0},
    {"VisibilityTimeout", 0, longest_visibility_seconds, 30},
};
/// nullptr if `name` is none of them.
const NumberAttribute* find_number_attribute(std::string_view name);
/// Nothing unless the whole text is a number.
std::optional<int64_t> parse_number(std::string_view text);

struct Queue {
    std::string account;
    std::string region;
    std::string name;
    uint64_t generation = 0;  ///< unlike every other queue's, so that a new queue of an old name is empty
    Time created;
    Time modified;
    std::map<std::string, std::string> attributes;  ///< those that were set, by AWS's names
    std::map<std::string, std::string> tags;
    bool former_layout = false;  ///< some of its messages are where an earlier Cumulet put them
    std::string within;          ///< what all keys of what is in it begin with; storage.h knows it

    bool fifo() const { return name.ends_with(".fifo"); }
    /// True if messages without a deduplication id get one from their content.
    bool deduplicates_by_content() const { return says("ContentBasedDeduplication", "true"); }
    /// True if a deduplication id counts within its message group only.
    bool deduplicates_by_group() const { return says("DeduplicationScope", "messageGroup"); }
    std::string arn() const { return fmt::format("arn:aws:sqs:{}:{}:{}", region, account, name); }
    /// The topic that its receivers sleep on.
    std::string topic() const { return fmt::format("sqs/{:016x}", generation); }

    /// True if the attribute was set to `value`.
    bool says(const std::string& attribute, std::string_view value) const {
        const auto set = attributes.find(attribute);
        return set != attributes.end() && set->second == value;
    }
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

aws::sqs::QueueDoesNotExist queue_does_not_exist(const Call& call);
/// True if `name` is among `names`.
template <typename Names>
bool contains(const Names& names, std::string_view name) {
    return std::ranges::find(names, name) != std::ranges::end(names);
}

/// AWS's errors for parameters that no constraint of the contract covers.
aws::Error invalid_parameter(std::string message);
aws::Error missing_parameter(std::string_view name);

/// The size of a page of at most 1000. Throws InvalidParameterValue.
size_t page_limit(std::optional<int32_t> max_results);
/// What the page comes after, "" for the first. Throws InvalidParameterValue.
std::string page_start(const std::optional<std::string>& token, std::optional<int32_t> max_results);

}  // namespace cumulet::sqs
