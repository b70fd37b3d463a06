#include "services/sqs/queue.h"

#include <charconv>

#include "base/bytes.h"

namespace cumulet::sqs {
namespace {

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
struct NumberAttribute {
    std::string_view name;
    int64_t min;
    int64_t max;
    int64_t initial;
};
constexpr NumberAttribute number_attributes[] = {
    {"DelaySeconds", 0, 900, 0},
    {"MaximumMessageSize", 1024, largest_message_bytes, largest_message_bytes},
    {"MessageRetentionPeriod", 60, 1'209'600, 345'600},
    {"ReceiveMessageWaitTimeSeconds", 0, 20, 0},
    {"VisibilityTimeout", 0, longest_visibility_seconds, 30},
};

constexpr std::string_view computed_attributes[] = {"ApproximateNumberOfMessages",
                                                    "ApproximateNumberOfMessagesDelayed",
                                                    "ApproximateNumberOfMessagesNotVisible",
                                                    "CreatedTimestamp",
                                                    "LastModifiedTimestamp",
                                                    "QueueArn"};

constexpr std::string_view other_attributes[] = {"All",
                                                 "ContentBasedDeduplication",
                                                 "DeduplicationScope",
                                                 "FifoQueue",
                                                 "FifoThroughputLimit",
                                                 "KmsDataKeyReusePeriodSeconds",
                                                 "KmsMasterKeyId",
                                                 "Policy",
                                                 "RedriveAllowPolicy",
                                                 "RedrivePolicy",
                                                 "SqsManagedSseEnabled"};

const NumberAttribute* find_number_attribute(std::string_view name) {
    const auto found = std::ranges::find(number_attributes, name, &NumberAttribute::name);
    return found == std::end(number_attributes) ? nullptr : found;
}

std::optional<int64_t> parse_number(std::string_view text) {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<RedrivePolicy> parse_redrive_policy(std::string_view text) {
    const auto parsed = parse_json(text, 8);
    if (!parsed || !parsed->is_object()) return std::nullopt;
    RedrivePolicy policy;
    policy.target_arn = string_or(parsed->as_object(), "deadLetterTargetArn");
    if (const auto* count = find(*parsed, "maxReceiveCount")) {
        if (count->is_int64()) policy.max_receive_count = count->as_int64();
        if (count->is_string())
            policy.max_receive_count = parse_number(std::string_view(count->as_string())).value_or(0);
    }
    if (policy.target_arn.empty() || policy.max_receive_count < 1 || policy.max_receive_count > 1000)
        return std::nullopt;
    return policy;
}

void check_number(const NumberAttribute& attribute, std::string_view value) {
    const auto number = parse_number(value);
    if (!number || *number < attribute.min || *number > attribute.max) {
        throw aws::sqs::InvalidAttributeValue(fmt::format("Invalid value for the parameter {}.", attribute.name));
    }
}

void check_other(std::string_view name, std::string_view value, bool creating) {
    if (name == "RedrivePolicy") {
        if (!value.empty() && !parse_redrive_policy(value)) {
            throw invalid_parameter(
                fmt::format("Value {} for parameter RedrivePolicy is invalid. Reason: Redrive policy is "
                            "not a valid JSON map.",
                            value));
        }
    } else if (name == "Policy" || name == "RedriveAllowPolicy") {
        if (!value.empty() && !parse_json(value)) {
            throw aws::sqs::InvalidAttributeValue(fmt::format("Invalid value for the parameter {}.", name));
        }
    } else if (name == "SqsManagedSseEnabled") {
        if (value != "true" && value != "false") {
            throw aws::sqs::InvalidAttributeValue("Invalid value for the parameter SqsManagedSseEnabled.");
        }
    } else if (name == "FifoQueue" && !creating) {
        throw aws::sqs::InvalidAttributeName("Unknown Attribute FifoQueue.");
    } else if (!value.empty() && value != "false") {
        throw aws::not_implemented("sqs", creating ? "CreateQueue" : "SetQueueAttributes",
                                   fmt::format("attribute {}", name));
    }
}

bool is_queue_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

}  // namespace

aws::Error invalid_parameter(std::string message) {
    return aws::Error("InvalidParameterValue", std::move(message), 400);
}

aws::sqs::QueueDoesNotExist queue_does_not_exist(const Call& call) {
    return aws::sqs::QueueDoesNotExist(call.query_compatible
                                           ? "The specified queue does not exist for this wsdl version."
                                           : "The specified queue does not exist.");
}

int64_t Queue::number(std::string_view attribute) const {
    if (const auto set = attributes.find(std::string(attribute)); set != attributes.end()) {
        return parse_number(set->second).value_or(0);
    }
    const auto* known = find_number_attribute(attribute);
    return known ? known->initial : 0;
}

std::optional<RedrivePolicy> Queue::redrive_policy() const {
    const auto set = attributes.find("RedrivePolicy");
    return set == attributes.end() ? std::nullopt : parse_redrive_policy(set->second);
}

Time Queue::visible_at(std::optional<int32_t> delay_seconds, Time now) const {
    if (!delay_seconds) return now + delay();
    if (*delay_seconds < 0 || *delay_seconds > 900) {
        throw invalid_parameter(
            fmt::format("Value {} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be "
                        ">= 0 and <= 900.",
                        *delay_seconds));
    }
    return now + std::chrono::seconds(*delay_seconds);
}

QueueAddress parse_queue_url(const Call& call, std::string_view url) {
    std::string_view path = url;
    if (const auto scheme = path.find("://"); scheme != std::string_view::npos) {
        path.remove_prefix(scheme + 3);
        const auto slash = path.find('/');
        if (slash == std::string_view::npos) {
            throw aws::sqs::InvalidAddress(fmt::format("The address {} is not valid for this endpoint.", url));
        }
        path.remove_prefix(slash);
    }
    std::vector<std::string_view> segments;
    while (!path.empty()) {
        const auto slash = path.find('/');
        const auto segment = path.substr(0, slash);
        if (!segment.empty()) segments.push_back(segment);
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
        if (segments.size() > 4) break;
    }
    QueueAddress address{call.account, call.region, ""};
    if (segments.size() == 4 && segments[0] == "queue") {
        address.region = segments[1];
        segments.erase(segments.begin(), segments.begin() + 2);
    }
    if (segments.empty() || segments.size() > 2) {
        throw aws::sqs::InvalidAddress(fmt::format("The address {} is not valid for this endpoint.", url));
    }
    address.name = segments.back();
    // "queue" stands for the caller's account in URLs of some older tools.
    if (segments.size() == 2 && segments[0] != "queue") address.account = segments[0];
    return address;
}

std::string queue_url(const Call& call, std::string_view account, std::string_view name) {
    return fmt::format("{}/{}/{}", call.base_url(), account, name);
}

void check_queue_name(std::string_view name) {
    if (name.ends_with(".fifo")) throw aws::not_implemented("sqs", "CreateQueue", "FIFO queues");
    if (name.empty() || name.size() > 80 || !std::ranges::all_of(name, is_queue_name_character)) {
        throw invalid_parameter("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
    }
}

void check_attributes(const std::map<std::string, std::string>& attributes, bool creating) {
    for (const auto& [name, value] : attributes) {
        if (const auto* number = find_number_attribute(name)) {
            check_number(*number, value);
        } else if (contains(other_attributes, name) && name != "All") {
            check_other(name, value, creating);
        } else {
            throw aws::sqs::InvalidAttributeName(fmt::format("Unknown Attribute {}.", name));
        }
    }
}

void check_same_attributes(const Queue& existing, const std::map<std::string, std::string>& wanted) {
    for (const auto& [name, value] : wanted) {
        const auto set = existing.attributes.find(name);
        const auto* number = find_number_attribute(name);
        const auto present = set != existing.attributes.end() ? set->second
                             : number                         ? std::to_string(number->initial)
                                                              : "";
        if (present != value) {
            throw aws::sqs::QueueNameExists(
                fmt::format("A queue already exists with the same name and a different value for attribute {}", name));
        }
    }
}

void check_attribute_name(std::string_view name) {
    if (!find_number_attribute(name) && !contains(computed_attributes, name) && !contains(other_attributes, name)) {
        throw aws::sqs::InvalidAttributeName(fmt::format("Unknown Attribute {}.", name));
    }
}

}  // namespace cumulet::sqs
