// Retries by their phases, and what AWS refuses in a delivery policy.
#include "services/sns/delivery_policy.h"

#include <gmock/gmock.h>

namespace cumulet::sns {
namespace {

Subscription subscription_of(std::string protocol, std::string policy = "") {
    Subscription subscription;
    subscription.protocol = std::move(protocol);
    if (!policy.empty()) subscription.attributes["DeliveryPolicy"] = std::move(policy);
    return subscription;
}
Topic topic_with(std::string policy) {
    Topic topic;
    if (!policy.empty()) topic.attributes["DeliveryPolicy"] = std::move(policy);
    return topic;
}

/// All delays in seconds, for as long as there are retries.
std::vector<double> delays(const RetryPolicy& policy, size_t most = 1000) {
    std::vector<double> all;
    for (int64_t failed = 1; all.size() < most; ++failed) {
        const auto delay = policy.delay_after(failed);
        if (!delay) break;
        all.push_back(std::chrono::duration<double>(*delay).count());
    }
    return all;
}

RetryPolicy growing(std::string_view backoff) {
    return http_delivery_policy(topic_with(""),
                                subscription_of("http", fmt::format(R"({{"healthyRetryPolicy":{{"numRetries":5,
                   "minDelayTarget":1,"maxDelayTarget":17,"backoffFunction":"{}"}}}})",
                                                                    backoff)))
        .retries;
}

TEST(RetryPolicy, OfHttpIsThreeTimesTwentySeconds) {
    EXPECT_THAT(delays(retry_policy(topic_with(""), subscription_of("https"))), testing::ElementsAre(20, 20, 20));
}

TEST(RetryPolicy, OfQueuesIsAsAwsTells) {
    const auto policy = retry_policy(topic_with(""), subscription_of("sqs"));
    const auto first = delays(policy, 17);
    EXPECT_THAT(std::vector(first.begin(), first.begin() + 5), testing::ElementsAre(0, 0, 0, 1, 1));
    EXPECT_EQ(first[5], 1);
    EXPECT_EQ(first[14], 20);
    EXPECT_EQ(first[16], 20);
    EXPECT_TRUE(policy.delay_after(100'015));
    EXPECT_FALSE(policy.delay_after(100'016));
}

TEST(RetryPolicy, OfPhonesIsAsAwsTells) {
    const auto all = delays(retry_policy(topic_with(""), subscription_of("sms")));
    ASSERT_EQ(all.size(), 50u);
    EXPECT_EQ(all[0], 10);
    EXPECT_EQ(all[1], 10);
    EXPECT_EQ(all[2], 10);
    EXPECT_EQ(all[11], 600);
    EXPECT_EQ(all[49], 600);
}

TEST(RetryPolicy, GoesThroughItsPhases) {
    const auto policy = http_delivery_policy(topic_with(""), subscription_of("http", R"({"healthyRetryPolicy":{
        "numRetries":8,"numNoDelayRetries":1,"numMinDelayRetries":2,"numMaxDelayRetries":2,"minDelayTarget":2,
        "maxDelayTarget":10}})"));
    EXPECT_THAT(delays(policy.retries), testing::ElementsAre(0, 2, 2, 2, 6, 10, 10, 10));
}

TEST(RetryPolicy, GrowsByItsBackoffFunction) {
    EXPECT_THAT(delays(growing("linear")), testing::ElementsAre(1, 5, 9, 13, 17));
    for (const auto name : {"arithmetic", "geometric", "exponential"}) {
        const auto all = delays(growing(name));
        ASSERT_EQ(all.size(), 5u) << name;
        EXPECT_EQ(all.front(), 1) << name;
        EXPECT_EQ(all.back(), 17) << name;
        EXPECT_TRUE(std::ranges::is_sorted(all)) << name;
        EXPECT_LT(all[2], 9) << name << " starts slower than linear";
    }
}

TEST(RetryPolicy, OfATopicIsOverriddenUnlessItForbids) {
    const auto topic = [](bool fixed) {
        return topic_with(fmt::format(R"({{"http":{{"defaultHealthyRetryPolicy":{{"numRetries":1,"minDelayTarget":5,
            "maxDelayTarget":5}},"disableSubscriptionOverrides":{}}}}})",
                                      fixed));
    };
    const auto own =
        subscription_of("http", R"({"healthyRetryPolicy":{"numRetries":1,"minDelayTarget":7,"maxDelayTarget":7}})");
    EXPECT_THAT(delays(retry_policy(topic(false), own)), testing::ElementsAre(7));
    EXPECT_THAT(delays(retry_policy(topic(true), own)), testing::ElementsAre(5));
    EXPECT_THAT(delays(retry_policy(topic(false), subscription_of("http"))), testing::ElementsAre(5));
}

TEST(DeliveryPolicy, HasThrottleAndContentType) {
    const auto policy =
        http_delivery_policy(topic_with(""), subscription_of("http", R"({"throttlePolicy":{"maxReceivesPerSecond":5},
                                                    "requestPolicy":{"headerContentType":"application/json"}})"));
    EXPECT_EQ(policy.most_per_second, 5);
    EXPECT_EQ(policy.content_type, "application/json");
    EXPECT_EQ(delays(policy.retries).size(), 3u);
}

TEST(EffectiveDeliveryPolicy, ShowsWhatWasNotSetToo) {
    const auto shown =
        json::parse(effective_delivery_policy(topic_with(""), subscription_of("http", R"({"throttlePolicy":null})")));
    EXPECT_EQ(shown, json::parse(R"({"healthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,
        "numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},
        "sicklyRetryPolicy":null,"throttlePolicy":null,
        "requestPolicy":{"headerContentType":"text/plain; charset=UTF-8"},"guaranteed":false})"));
    EXPECT_EQ(json::parse(effective_delivery_policy(topic_with(""))), json::parse(R"({"http":{
        "defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,
        "numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,
        "defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}})"));
}

struct RefusalRow {
    const char* retries;
    const char* text;
};

TEST(CheckDeliveryPolicy, RefusesWhatAwsRefuses) {
    constexpr RefusalRow rows[] = {
        {R"({"minDelayTarget":0,"maxDelayTarget":1,"numRetries":1})",
         "healthyRetryPolicy.minDelayTarget must be greater than or equal to 1"},
        {R"({"minDelayTarget":1,"maxDelayTarget":1})", "healthyRetryPolicy.numRetries must be specified"},
        {R"({"maxDelayTarget":1,"numRetries":1})", "healthyRetryPolicy.minDelayTarget must be specified"},
        {R"({"minDelayTarget":1,"numRetries":1})", "healthyRetryPolicy.maxDelayTarget must be specified"},
        {R"({"minDelayTarget":3,"maxDelayTarget":2,"numRetries":1})",
         "healthyRetryPolicy.maxDelayTarget must be greater than or equal to minDelayTarget"},
        {R"({"minDelayTarget":1,"maxDelayTarget":3601,"numRetries":1})",
         "healthyRetryPolicy.maxDelayTarget must be less than or equal to 3600"},
        {R"({"minDelayTarget":1,"maxDelayTarget":1,"numRetries":101})",
         "healthyRetryPolicy.numRetries must be less than or equal to 100"},
        {R"({"minDelayTarget":1,"maxDelayTarget":1,"numRetries":"3"})",
         "healthyRetryPolicy.numRetries must be an integer"},
        {R"({"minDelayTarget":1,"maxDelayTarget":1,"numRetries":2,"numNoDelayRetries":2,"numMinDelayRetries":1})",
         "healthyRetryPolicy.numRetries must be greater than or equal to the sum of numNoDelayRetries, "
         "numMinDelayRetries and numMaxDelayRetries"},
        {R"({"minDelayTarget":1,"maxDelayTarget":1,"numRetries":2,"backoffFunction":"quadratic"})",
         "healthyRetryPolicy.backoffFunction must be one of linear, arithmetic, geometric, exponential"},
        {R"({"minDelayTarget":100,"maxDelayTarget":100,"numRetries":37})",
         "healthyRetryPolicy: the total retry time must be less than or equal to 3600 seconds"},
        {R"({"minDelayTarget":1,"maxDelayTarget":1,"numRetries":2,"x":1})",
         "unexpected JSON member: healthyRetryPolicy.x"},
    };
    for (const auto& row : rows) {
        try {
            check_subscription_delivery_policy(fmt::format(R"({{"healthyRetryPolicy":{}}})", row.retries), true);
            ADD_FAILURE() << row.retries << " was accepted";
        } catch (const aws::sns::InvalidParameterException& refusal) {
            EXPECT_EQ(refusal.message,
                      std::string("Invalid parameter: Attributes Reason: DeliveryPolicy: ") + row.text);
        }
    }
}

TEST(CheckDeliveryPolicy, AcceptsWhatAwsShows) {
    check_subscription_delivery_policy(R"({"healthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":60,
        "numRetries":50,"numNoDelayRetries":3,"numMinDelayRetries":2,"numMaxDelayRetries":35,
        "backoffFunction":"exponential"},"throttlePolicy":{"maxReceivesPerSecond":10},
        "requestPolicy":{"headerContentType":"application/json"},"sicklyRetryPolicy":null,"guaranteed":false})",
                                       true);
    check_topic_delivery_policy(effective_delivery_policy(topic_with("")));
    EXPECT_THROW(check_topic_delivery_policy("{}"), aws::sns::InvalidParameterException);
    EXPECT_THROW(check_topic_delivery_policy("x"), aws::sns::InvalidParameterException);
    EXPECT_THROW(check_subscription_delivery_policy(R"({"requestPolicy":{"headerContentType":"image/png"}})", false),
                 aws::sns::InvalidParameterException);
}

}  // namespace
}  // namespace cumulet::sns
