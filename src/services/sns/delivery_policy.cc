#include "services/sns/delivery_policy.h"

#include <cmath>

#include "base/bytes.h"

namespace cumulet::sns {
namespace {

constexpr int64_t most_retries = 100;
constexpr int64_t longest_delay_seconds = 3600;
constexpr std::array backoff_names = {"linear", "arithmetic", "geometric", "exponential"};
constexpr std::array content_types = {"application/atom+xml",
                                      "application/json",
                                      "application/octet-stream",
                                      "application/soap+xml",
                                      "application/x-www-form-urlencoded",
                                      "application/xhtml+xml",
                                      "application/xml",
                                      "text/css",
                                      "text/csv",
                                      "text/html",
                                      "text/plain",
                                      "text/xml"};
constexpr std::string_view default_content_type = "text/plain; charset=UTF-8";

// AWS's own, for endpoints of its services and for those of customers: phones, mailboxes.
constexpr RetryPolicy managed_endpoints = {.retries = 100'015,
                                           .at_once = 3,
                                           .at_min_delay = 2,
                                           .at_max_delay = 100'000,
                                           .min_delay = 1s,
                                           .max_delay = 20s,
                                           .backoff = RetryPolicy::Backoff::exponential};
constexpr RetryPolicy customers_endpoints = {.retries = 50,
                                             .at_once = 0,
                                             .at_min_delay = 2,
                                             .at_max_delay = 38,
                                             .min_delay = 10s,
                                             .max_delay = 600s,
                                             .backoff = RetryPolicy::Backoff::exponential};

/// How far from the shortest delay (0) to the longest (1) a backoff is at `step` of `steps`, counted from 0.
// Unverified: AWS draws the four curves but names no formula.
double progress(RetryPolicy::Backoff backoff, int64_t step, int64_t steps, double ratio) {
    if (steps <= 1) return 0;
    const double x = static_cast<double>(step) / static_cast<double>(steps - 1);
    switch (backoff) {
        case RetryPolicy::Backoff::linear: return x;
        case RetryPolicy::Backoff::arithmetic: return x * (x + 1) / 2;
        case RetryPolicy::Backoff::geometric: return ratio > 1 ? (std::pow(ratio, x) - 1) / (ratio - 1) : x;
        case RetryPolicy::Backoff::exponential:
            return (std::exp2(x * static_cast<double>(steps - 1)) - 1) /
                   (std::exp2(static_cast<double>(steps - 1)) - 1);
    }
    return x;
}

int64_t number_or(const json::object& members, std::string_view name, int64_t fallback) {
    const auto* value = members.if_contains(name);
    return value && value->is_int64() ? value->as_int64() : fallback;
}

const json::object* object_at(const json::object& members, std::string_view name) {
    const auto* value = members.if_contains(name);
    return value ? value->if_object() : nullptr;
}

RetryPolicy read_retries(const json::object& members) {
    RetryPolicy policy;
    policy.retries = number_or(members, "numRetries", policy.retries);
    policy.at_once = number_or(members, "numNoDelayRetries", 0);
    policy.at_min_delay = number_or(members, "numMinDelayRetries", 0);
    policy.at_max_delay = number_or(members, "numMaxDelayRetries", 0);
    policy.min_delay = std::chrono::seconds(number_or(members, "minDelayTarget", policy.min_delay.count()));
    policy.max_delay = std::chrono::seconds(number_or(members, "maxDelayTarget", policy.max_delay.count()));
    const auto name = string_or(members, "backoffFunction", "linear");
    const auto found = std::ranges::find(backoff_names, name);
    if (found != backoff_names.end()) policy.backoff = static_cast<RetryPolicy::Backoff>(found - backoff_names.begin());
    return policy;
}

json::object show_retries(const RetryPolicy& policy) {
    return {{"minDelayTarget", policy.min_delay.count()},
            {"maxDelayTarget", policy.max_delay.count()},
            {"numRetries", policy.retries},
            {"numMaxDelayRetries", policy.at_max_delay},
            {"numNoDelayRetries", policy.at_once},
            {"numMinDelayRetries", policy.at_min_delay},
            {"backoffFunction", backoff_names[static_cast<size_t>(policy.backoff)]}};
}

/// Names of the members, which a topic's policy has inside "http", with "default" before them.
struct MemberNames {
    std::string_view retries, throttle, request;
};
constexpr MemberNames of_topic = {"defaultHealthyRetryPolicy", "defaultThrottlePolicy", "defaultRequestPolicy"};
constexpr MemberNames of_subscription = {"healthyRetryPolicy", "throttlePolicy", "requestPolicy"};

void read_into(DeliveryPolicy& policy, const json::object& members, const MemberNames& names) {
    if (const auto* retries = object_at(members, names.retries)) policy.retries = read_retries(*retries);
    if (const auto* throttle = object_at(members, names.throttle))
        policy.most_per_second = number_or(*throttle, "maxReceivesPerSecond", 0);
    if (const auto* request = object_at(members, names.request))
        policy.content_type = string_or(*request, "headerContentType");
}

json::object parse_object(std::string_view text) {
    auto value = parse_json(text);
    return value && value->is_object() ? std::move(value->get_object()) : json::object();
}

struct TopicPolicy {
    DeliveryPolicy policy;
    bool overridable = true;
};

TopicPolicy topic_policy(const Topic& topic) {
    TopicPolicy result;
    const auto text = parse_object(topic.attribute("DeliveryPolicy"));
    const auto* http = object_at(text, "http");
    if (!http) return result;
    read_into(result.policy, *http, of_topic);
    const auto* fixed = http->if_contains("disableSubscriptionOverrides");
    result.overridable = !(fixed && fixed->is_bool() && fixed->as_bool());
    return result;
}

/// Checks one policy, and words what is wrong with it.
class Check {
  public:
    Check(bool subscribing, std::string_view prefix) : subscribing_(subscribing), prefix_(prefix) {}

    void members(const json::object& members, std::initializer_list<std::string_view> known,
                 std::string_view in) const {
        for (const auto& member : members) {
            if (std::ranges::find(known, std::string_view(member.key())) == known.end())
                refuse(fmt::format("unexpected JSON member: {}{}", in.empty() ? "" : fmt::format("{}.", in),
                                   std::string_view(member.key())));
        }
    }

    void retries(const json::object& policy, std::string_view name) const {
        members(policy,
                {"minDelayTarget", "maxDelayTarget", "numRetries", "numMaxDelayRetries", "numNoDelayRetries",
                 "numMinDelayRetries", "backoffFunction"},
                name);
        for (const auto required : {"minDelayTarget", "maxDelayTarget", "numRetries"}) {
            if (!policy.contains(required)) refuse(fmt::format("{}.{} must be specified", full(name), required));
        }
        const auto least = number(policy, name, "minDelayTarget", 1, longest_delay_seconds);
        const auto most = number(policy, name, "maxDelayTarget", 1, longest_delay_seconds);
        if (most < least)
            refuse(fmt::format("{}.maxDelayTarget must be greater than or equal to minDelayTarget", full(name)));
        const auto total = number(policy, name, "numRetries", 0, most_retries);
        int64_t sum = 0;
        for (const auto phase : {"numNoDelayRetries", "numMinDelayRetries", "numMaxDelayRetries"})
            sum += number(policy, name, phase, 0, most_retries);
        if (sum > total) {
            refuse(
                fmt::format("{}.numRetries must be greater than or equal to the sum of numNoDelayRetries, "
                            "numMinDelayRetries and numMaxDelayRetries",
                            full(name)));
        }
        const auto backoff = string_or(policy, "backoffFunction", policy.contains("backoffFunction") ? "?" : "linear");
        if (std::ranges::find(backoff_names, backoff) == backoff_names.end())
            refuse(fmt::format("{}.backoffFunction must be one of linear, arithmetic, geometric, exponential",
                               full(name)));
        check_total_time(read_retries(policy), name);
    }

    void throttle(const json::object& policy, std::string_view name) const {
        members(policy, {"maxReceivesPerSecond"}, name);
        number(policy, name, "maxReceivesPerSecond", 1, 1'000'000);
    }

    void request(const json::object& policy, std::string_view name) const {
        members(policy, {"headerContentType"}, name);
        const auto type = to_lower(string_or(policy, "headerContentType"));
        const auto plain = type.substr(0, type.find(';'));
        if (std::ranges::find(content_types, plain) == content_types.end())
            refuse(fmt::format("{}.headerContentType is not a supported content type", full(name)));
    }

    void all(const json::object& policy, const MemberNames& names) const {
        if (const auto* retries_policy = object_at(policy, names.retries)) retries(*retries_policy, names.retries);
        if (const auto* throttle_policy = object_at(policy, names.throttle)) throttle(*throttle_policy, names.throttle);
        if (const auto* request_policy = object_at(policy, names.request)) request(*request_policy, names.request);
    }

    [[noreturn]] void refuse(std::string_view why) const {
        throw invalid_parameter(fmt::format("{}DeliveryPolicy: {}", subscribing_ ? "Attributes Reason: " : "", why));
    }

  private:
    std::string full(std::string_view name) const {
        return prefix_.empty() ? std::string(name) : fmt::format("{}.{}", prefix_, name);
    }

    int64_t number(const json::object& policy, std::string_view in, std::string_view name, int64_t least,
                   int64_t most) const {
        const auto* value = policy.if_contains(name);
        if (!value || value->is_null()) return 0;
        if (!value->is_int64()) refuse(fmt::format("{}.{} must be an integer", full(in), name));
        if (value->as_int64() < least)
            refuse(fmt::format("{}.{} must be greater than or equal to {}", full(in), name, least));
        if (value->as_int64() > most)
            refuse(fmt::format("{}.{} must be less than or equal to {}", full(in), name, most));
        return value->as_int64();
    }

    void check_total_time(const RetryPolicy& policy, std::string_view name) const {
        Duration total{};
        for (int64_t failed = 1; const auto delay = policy.delay_after(failed); ++failed) total += *delay;
        if (total > std::chrono::seconds(longest_delay_seconds))
            refuse(fmt::format("{}: the total retry time must be less than or equal to 3600 seconds", full(name)));
    }

    bool subscribing_;
    std::string_view prefix_;
};

}  // namespace

std::optional<Duration> RetryPolicy::delay_after(int64_t failed_attempts) const {
    if (failed_attempts > retries) return {};
    int64_t retry = failed_attempts - 1;  // of all, from 0
    if (retry < at_once) return Duration{};
    retry -= at_once;
    if (retry < at_min_delay) return min_delay;
    retry -= at_min_delay;
    const auto growing = retries - at_once - at_min_delay - at_max_delay;
    if (retry >= growing) return max_delay;
    const double least = static_cast<double>(min_delay.count());
    const double most = static_cast<double>(max_delay.count());
    const double seconds = least + (most - least) * progress(backoff, retry, growing, most / least);
    return std::chrono::round<std::chrono::milliseconds>(std::chrono::duration<double>(seconds));
}

DeliveryPolicy http_delivery_policy(const Topic& topic, const Subscription& subscription) {
    auto [policy, overridable] = topic_policy(topic);
    if (overridable) read_into(policy, parse_object(subscription.attribute("DeliveryPolicy")), of_subscription);
    return policy;
}

RetryPolicy retry_policy(const Topic& topic, const Subscription& subscription) {
    const auto& protocol = subscription.protocol;
    if (protocol == "http" || protocol == "https") return http_delivery_policy(topic, subscription).retries;
    if (protocol == "sqs" || protocol == "lambda" || protocol == "firehose") return managed_endpoints;
    return customers_endpoints;
}

void check_topic_delivery_policy(std::string_view text) {
    const Check check(false, "http");
    const auto policy = parse_json(text);
    if (!policy || !policy->is_object()) check.refuse("failed to parse JSON.");
    check.members(policy->as_object(), {"http"}, "");
    const auto* http = object_at(policy->as_object(), "http");
    if (!http) check.refuse("http must be specified");
    check.members(*http,
                  {"defaultHealthyRetryPolicy", "defaultSicklyRetryPolicy", "defaultThrottlePolicy",
                   "defaultRequestPolicy", "disableSubscriptionOverrides"},
                  "http");
    check.all(*http, of_topic);
}

void check_subscription_delivery_policy(std::string_view text, bool subscribing) {
    const Check check(subscribing, "");
    const auto policy = parse_json(text);
    if (!policy || !policy->is_object()) check.refuse("failed to parse JSON.");
    check.members(policy->as_object(),
                  {"healthyRetryPolicy", "sicklyRetryPolicy", "throttlePolicy", "requestPolicy", "guaranteed"}, "");
    check.all(policy->as_object(), of_subscription);
}

std::string effective_delivery_policy(const Topic& topic) {
    const auto [policy, overridable] = topic_policy(topic);
    json::object http{{"defaultHealthyRetryPolicy", show_retries(policy.retries)},
                      {"disableSubscriptionOverrides", !overridable}};
    if (policy.most_per_second > 0)
        http["defaultThrottlePolicy"] = json::object{{"maxReceivesPerSecond", policy.most_per_second}};
    http["defaultRequestPolicy"] =
        json::object{{"headerContentType", policy.content_type.empty() ? default_content_type : policy.content_type}};
    return json::serialize(json::object{{"http", std::move(http)}});
}

std::string effective_delivery_policy(const Topic& topic, const Subscription& subscription) {
    const auto policy = http_delivery_policy(topic, subscription);
    json::object shown{{"healthyRetryPolicy", show_retries(policy.retries)}, {"sicklyRetryPolicy", nullptr}};
    shown["throttlePolicy"] =
        policy.most_per_second == 0 ? json::value() : json::object{{"maxReceivesPerSecond", policy.most_per_second}};
    shown["requestPolicy"] =
        json::object{{"headerContentType", policy.content_type.empty() ? default_content_type : policy.content_type}};
    shown["guaranteed"] = false;
    return json::serialize(shown);
}

}  // namespace cumulet::sns
