// ListSubscriptions, ListSubscriptionsByTopic, GetSubscriptionAttributes, SetSubscriptionAttributes.
// https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html

#include "base/bytes.h"
#include "services/sns/delivery_policy.h"
#include "services/sns/limits.h"
#include "services/sns/replay.h"
#include "services/sns/service.h"

namespace cumulet::sns {

using namespace aws::sns;

namespace {

constexpr size_t page_size = 100;

aws::sns::Subscription describe(const Subscription& subscription) {
    return {.SubscriptionArn = subscription.shown_arn(),
            .Owner = subscription.owner,
            .Protocol = subscription.protocol,
            .Endpoint = subscription.shown_endpoint(),
            .TopicArn = subscription.topic_arn()};
}

std::vector<aws::sns::Subscription> describe(const std::vector<Subscription>& subscriptions, Time now) {
    std::vector<aws::sns::Subscription> described;
    for (const auto& subscription : subscriptions) {
        if (subscription.exists(now)) described.push_back(describe(subscription));
    }
    return described;
}

std::string position_in(const std::optional<std::string>& token) {
    auto position = from_base64(token.value_or(""));
    if (!position) throw invalid_parameter("NextToken");
    return std::move(*position);
}

}  // namespace

Task<ListSubscriptionsResponse> Service::list_subscriptions(Call& call, ListSubscriptionsInput request) {
    const auto after = position_in(request.NextToken);
    const auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<SubscriptionPage> {
        co_return co_await list_subscriptions_of(tx, {call.account, call.region}, after, page_size);
    });
    ListSubscriptionsResponse result{.Subscriptions = describe(page.subscriptions, call.now())};
    if (!page.next.empty()) result.NextToken = to_base64(page.next);
    co_return result;
}

Task<ListSubscriptionsByTopicResponse> Service::list_subscriptions_by_topic(Call& call,
                                                                            ListSubscriptionsByTopicInput request) {
    const auto address = parse_topic_arn(call, request.TopicArn);
    const auto after = position_in(request.NextToken);
    const auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<Subscription>> {
        const auto topic = co_await load_topic(tx, address);
        co_return co_await sns::list_subscriptions(tx, topic, after, page_size);
    });
    ListSubscriptionsByTopicResponse result{.Subscriptions = describe(page, call.now())};
    if (page.size() == page_size) result.NextToken = to_base64(page.back().id);
    co_return result;
}

Task<GetSubscriptionAttributesResponse> Service::get_subscription_attributes(Call& call,
                                                                             GetSubscriptionAttributesInput request) {
    const auto address = parse_subscription_arn(request.SubscriptionArn);
    using Attributes = std::map<std::string, std::string>;
    auto attributes = co_await store_.transact([&](store::Transaction& tx) -> Task<Attributes> {
        const auto subscription = co_await load_subscription(tx, address, call.now());
        auto all = all_attributes(subscription);
        if (!subscription.protocol.starts_with("http")) co_return all;
        const auto topic = co_await load_topic(tx, address.topic);
        all["EffectiveDeliveryPolicy"] = effective_delivery_policy(topic, subscription);
        co_return all;
    });
    co_return GetSubscriptionAttributesResponse{.Attributes = std::move(attributes)};
}

Task<SetSubscriptionAttributesResponse> Service::set_subscription_attributes(Call& call,
                                                                             SetSubscriptionAttributesInput request) {
    const auto address = parse_subscription_arn(request.SubscriptionArn);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto before = co_await load_subscription(tx, address, call.now());
        auto subscription = before;
        auto topic = co_await load_topic(tx, address.topic);
        subscription.attributes[request.AttributeName] =
            checked_attribute(topic, subscription, request.AttributeName, request.AttributeValue.value_or(""), false);
        co_await admit_subscription(tx, limits_, topic, &before, subscription, call.now());
        if (request.AttributeName == "ReplayPolicy")
            co_await set_replay(tx, topic, subscription, limits_.replays, call.now());
        save_subscription(tx, topic, subscription);
    });
    co_return SetSubscriptionAttributesResponse{};
}

}  // namespace cumulet::sns
