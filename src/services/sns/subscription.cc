#include "services/sns/subscription.h"

#include "services/sns/delivery_policy.h"
#include "services/sns/filter.h"

namespace cumulet::sns {
namespace {

constexpr size_t most_endpoint_bytes = 2048;

template <typename Names>
bool contains(const Names& names, std::string_view name) {
    return std::ranges::find(names, name) != std::ranges::end(names);
}

constexpr std::array protocols = {"application", "email",  "email-json", "firehose", "http",
                                  "https",       "lambda", "sms",        "sqs"};

constexpr std::array attribute_names = {"DeliveryPolicy", "FilterPolicy", "FilterPolicyScope",  "RawMessageDelivery",
                                        "RedrivePolicy",  "ReplayPolicy", "SubscriptionRoleArn"};

bool is_arn_of(std::string_view service, std::string_view text) {
    const auto arn = Arn::parse(text);
    return arn && arn->service == service && !arn->region.empty() && !arn->account.empty() && !arn->resource.empty();
}

void check_endpoint_form(std::string_view protocol, std::string_view endpoint) {
    if (protocol.starts_with("http")) {
        if (!endpoint.starts_with(fmt::format("{}://", protocol)))
            throw invalid_parameter("Endpoint must match the specified protocol");
    } else if (protocol == "sms") {
        if (!is_phone_number(endpoint)) {
            throw aws::sns::InvalidParameterException(fmt::format("Invalid SMS endpoint: {}", endpoint));
        }
    } else if (protocol.starts_with("email")) {
        const auto at = endpoint.find('@');
        if (at == endpoint.npos || at == 0 || at + 1 == endpoint.size()) throw invalid_parameter("Email address");
    } else if (protocol == "sqs") {
        if (!is_arn_of("sqs", endpoint)) throw invalid_parameter("SQS endpoint ARN");
    } else if (protocol == "lambda") {
        if (!is_arn_of("lambda", endpoint)) throw invalid_parameter("Lambda endpoint ARN");
    } else if (protocol == "firehose") {
        if (!is_arn_of("firehose", endpoint)) throw invalid_parameter("Firehose endpoint ARN");
    } else if (!is_arn_of("sns", endpoint)) {
        throw invalid_parameter("ApplicationEndpoint ARN");
    }
}

[[noreturn]] void refuse(bool subscribing, std::string_view why) {
    throw invalid_parameter(subscribing ? fmt::format("Attributes Reason: {}", why) : std::string(why));
}

void check_redrive_policy(const Topic& topic, const Subscription& subscription, std::string_view value,
                          bool subscribing) {
    const auto policy = parse_json(value);
    if (!policy || !policy->is_object()) refuse(subscribing, "RedrivePolicy: failed to parse JSON.");
    const auto target = string_or(policy->as_object(), "deadLetterTargetArn");
    const auto arn = Arn::parse(target);
    if (!arn) refuse(subscribing, "RedrivePolicy: deadLetterTargetArn is an invalid arn");
    if (arn->service != "sqs") refuse(subscribing, "RedrivePolicy: deadLetterTargetArn is not an SQS queue");
    if (topic.fifo() && subscription.endpoint.ends_with(".fifo") && !arn->resource.ends_with(".fifo")) {
        refuse(subscribing, "RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.");
    }
}

void check_replay_policy(const Topic& topic, std::string_view value, bool subscribing) {
    if (!topic.fifo()) refuse(subscribing, "ReplayPolicy is only supported for FIFO topics");
    const auto policy = parse_json(value);
    if (!policy || !policy->is_object()) refuse(subscribing, "ReplayPolicy: failed to parse JSON.");
    const auto& members = policy->as_object();
    if (members.empty()) return;  // ends a replay
    // Unverified: AWS's words for a replay policy without a starting point.
    if (string_or(members, "PointType") != "Timestamp")
        refuse(subscribing, "ReplayPolicy: PointType must be Timestamp");
    const auto start = parse_iso8601(string_or(members, "StartingPoint"));
    const auto end_text = string_or(members, "EndingPoint");
    const auto end = parse_iso8601(end_text);
    if (!start) refuse(subscribing, "ReplayPolicy: StartingPoint must be a timestamp");
    if (!end_text.empty() && (!end || *end < *start))
        refuse(subscribing, "ReplayPolicy: EndingPoint must be a timestamp after StartingPoint");
}

}  // namespace

const std::string& Subscription::attribute(std::string_view name) const {
    static const std::string none;
    const auto found = attributes.find(std::string(name));
    return found == attributes.end() ? none : found->second;
}

std::string Subscription::shown_endpoint() const {
    const auto user = endpoint.find("://");
    if (!protocol.starts_with("http") || user == endpoint.npos) return endpoint;
    const auto authority = endpoint.substr(0, endpoint.find_first_of("/?#", user + 3));
    const auto at = authority.rfind('@');
    const auto colon = authority.find(':', user + 3);
    if (at == authority.npos || colon > at) return endpoint;
    return endpoint.substr(0, colon) + ":****" + endpoint.substr(at);
}

void SubscriptionCount::add(const Subscription& subscription, int64_t number) {
    subscriptions += number;
    if (subscription.filters()) filter_policies += number;
}

std::optional<RedrivePolicy> Subscription::redrive_policy() const {
    const auto& text = attribute("RedrivePolicy");
    if (text.empty()) return std::nullopt;
    const auto policy = parse_json(text);
    if (!policy || !policy->is_object()) return std::nullopt;
    const auto target = string_or(policy->as_object(), "deadLetterTargetArn");
    if (target.empty()) return std::nullopt;
    return RedrivePolicy{std::string(target)};
}

bool is_phone_number(std::string_view text) {
    std::string digits;
    for (const char c : text) {
        if (c == '.' || c == ' ' || c == '-' || c == '(' || c == ')') continue;
        digits.push_back(c);
    }
    if (digits.starts_with('+')) digits.erase(0, 1);
    return !digits.empty() && digits.size() <= 15 && digits.front() != '0' &&
           std::ranges::all_of(digits, [](unsigned char c) { return std::isdigit(c) != 0; });
}

void check_endpoint(const Topic& topic, std::string_view protocol, std::string_view endpoint) {
    if (!contains(protocols, protocol)) {
        throw invalid_parameter(fmt::format("Amazon SNS does not support this protocol string: {}", protocol));
    }
    if (endpoint.empty() || endpoint.size() > most_endpoint_bytes) throw invalid_parameter("Endpoint");
    check_endpoint_form(protocol, endpoint);
    if (protocol == "sqs" && endpoint.ends_with(".fifo") && !topic.fifo()) {
        throw invalid_parameter(
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics");
    }
    // Unverified: AWS's words for a protocol that FIFO topics do not have.
    if (topic.fifo() && protocol != "sqs")
        throw invalid_parameter("Invalid parameter: Endpoint Reason: Please use SQS queue for FIFO topics");
}

bool needs_confirmation(std::string_view protocol, std::string_view endpoint, std::string_view account) {
    if (protocol.starts_with("http") || protocol.starts_with("email")) return true;
    if (protocol != "sqs" && protocol != "lambda") return false;
    const auto arn = Arn::parse(endpoint);
    return arn && arn->account != account;
}

std::string checked_attribute(const Topic& topic, const Subscription& subscription, const std::string& name,
                              std::string value, bool subscribing) {
    if (!contains(attribute_names, name)) refuse(subscribing, "AttributeName");
    if (name == "RawMessageDelivery") {
        for (auto& c : value) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        if (value != "true" && value != "false") {
            refuse(subscribing, fmt::format("RawMessageDelivery: Invalid value [{}]. Must be true or false.", value));
        }
    } else if (name == "FilterPolicyScope") {
        if (value != "MessageAttributes" && value != "MessageBody") {
            refuse(subscribing, fmt::format("FilterPolicyScope: Invalid value [{}]. Please use either MessageBody or "
                                            "MessageAttributes",
                                            value));
        }
        if (const auto& policy = subscription.attribute("FilterPolicy"); !policy.empty())
            check_filter_policy(policy, value == "MessageBody", subscribing);
    } else if (value.empty()) {
        return value;  // removes it
    } else if (name == "FilterPolicy") {
        const auto policy = parse_json(value);
        if (!policy || !policy->is_object()) refuse(subscribing, "FilterPolicy: failed to parse JSON.");
        if (policy->as_object().empty()) return "";
        check_filter_policy(value, subscription.filters_body(), subscribing);
    } else if (name == "DeliveryPolicy") {
        check_subscription_delivery_policy(value, subscribing);
    } else if (name == "RedrivePolicy") {
        check_redrive_policy(topic, subscription, value, subscribing);
    } else if (name == "ReplayPolicy") {
        check_replay_policy(topic, value, subscribing);
    }
    return value;
}

void check_same_subscription(const Subscription& existing, const std::map<std::string, std::string>& wanted) {
    const auto all = all_attributes(existing);
    for (const auto& [name, value] : wanted) {
        const auto found = all.find(name);
        if (value == (found == all.end() ? "" : found->second)) continue;
        throw invalid_parameter("Attributes Reason: Subscription already exists with different attributes");
    }
}

std::map<std::string, std::string> all_attributes(const Subscription& subscription) {
    auto all = subscription.attributes;
    std::erase_if(all, [](const auto& attribute) { return attribute.second.empty(); });
    all.try_emplace("RawMessageDelivery", "false");
    if (all.contains("FilterPolicy")) {
        all.try_emplace("FilterPolicyScope", "MessageAttributes");
    } else {
        all.erase("FilterPolicyScope");
    }
    all["SubscriptionArn"] = subscription.arn();
    all["TopicArn"] = subscription.topic_arn();
    all["Protocol"] = subscription.protocol;
    all["Endpoint"] = subscription.endpoint;
    all["Owner"] = subscription.owner;
    all["SubscriptionPrincipal"] = subscription.principal;
    all["PendingConfirmation"] = subscription.pending ? "true" : "false";
    all["ConfirmationWasAuthenticated"] = subscription.authenticated ? "true" : "false";
    if (!subscription.replay_status.empty()) all["ReplayStatus"] = subscription.replay_status;
    return all;
}

SubscriptionAddress parse_subscription_arn(std::string_view arn) {
    const auto parts = 1 + std::ranges::count(arn, ':');
    if (parts < 6) {
        throw invalid_parameter(
            fmt::format("SubscriptionArn Reason: An ARN must have at least 6 elements, not {}", parts));
    }
    auto topic = parse_any_topic_arn(arn, "SubscriptionArn");
    const auto colon = topic.name.rfind(':');
    if (colon == topic.name.npos) throw invalid_parameter("SubscriptionId");
    auto id = topic.name.substr(colon + 1);
    topic.name.resize(colon);
    return {std::move(topic), std::move(id)};
}

}  // namespace cumulet::sns
