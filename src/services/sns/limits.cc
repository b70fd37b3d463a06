#include "services/sns/limits.h"

namespace cumulet::sns {
namespace {

constexpr size_t page = 1000;

Task<TopicCount> topics_of(store::Transaction& tx, Place place) {
    if (const auto known = co_await find_topic_count(tx, place)) co_return *known;
    TopicCount count;
    std::string after;
    while (true) {
        const auto topics = co_await list_topics(tx, place, after, page);
        for (const auto& topic : topics) ++count.of(topic);
        if (topics.size() < page) co_return count;
        after = topics.back().name;
    }
}

/// Counts the subscriptions of a topic that an earlier Cumulet stored without their number.
Task<void> count_anew(store::Transaction& tx, Topic& topic) {
    SubscriptionCount count;
    std::string after;
    while (true) {
        const auto found = co_await list_subscriptions(tx, topic, after, page);
        for (const auto& subscription : found) count.add(subscription, 1);
        if (found.size() < page) break;
        after = found.back().id;
    }
    topic.count = count;
}

/// Makes room: subscriptions whose confirmation never came are there no more.
Task<void> erase_unconfirmed(store::Transaction& tx, Topic& topic, Time now) {
    for (const auto& subscription : co_await list_subscriptions(tx, topic, "", page)) {
        if (!subscription.exists(now)) erase_subscription(tx, topic, subscription);
    }
}

}  // namespace

// Unverified: AWS's words for each of these errors.
Task<void> admit_topic(store::Transaction& tx, Limits limits, const Topic& topic) {
    auto count = co_await topics_of(tx, topic.place());
    if (++count.of(topic) > (topic.fifo() ? limits.fifo_topics : limits.standard_topics))
        throw aws::sns::TopicLimitExceededException("Topic limit exceeded for this account");
    save_topic_count(tx, topic.place(), count);
}

Task<void> release_topic(store::Transaction& tx, const Topic& topic) {
    auto count = co_await topics_of(tx, topic.place());
    --count.of(topic);
    save_topic_count(tx, topic.place(), count);
}

Task<void> admit_subscription(store::Transaction& tx, Limits limits, Topic& topic, const Subscription* before,
                              const Subscription& after, Time now) {
    if (!topic.count) co_await count_anew(tx, topic);
    const auto most = topic.fifo() ? limits.fifo_subscriptions : limits.standard_subscriptions;
    if (!before && topic.count->subscriptions >= most) co_await erase_unconfirmed(tx, topic, now);
    if (before) topic.count->add(*before, -1);
    topic.count->add(after, 1);
    if (topic.count->subscriptions > most)
        throw aws::sns::SubscriptionLimitExceededException("Subscription limit exceeded for this topic");
    const bool one_more = after.filters() && !(before && before->filters());
    if (one_more && topic.count->filter_policies > limits.filter_policies)
        throw aws::sns::FilterPolicyLimitExceededException("Filter policy limit exceeded for this topic");
}

}  // namespace cumulet::sns
