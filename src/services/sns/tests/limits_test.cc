// How many topics, subscriptions, filter policies and replays there may be.
#include "services/sns/tests/support/publishing.h"

namespace cumulet::sns {
namespace {

using namespace publishing;
using testing::StartsWith;

constexpr Limits small{.standard_topics = 3,
                       .fifo_topics = 1,
                       .standard_subscriptions = 2,
                       .fifo_subscriptions = 2,
                       .filter_policies = 1,
                       .replays = 1};

/// A cloud, of which one topic exists, where all limits are low.
struct LimitedWorld : World {
    LimitedWorld() {
        service = std::make_unique<Service>(*store, door, metrics, Options{.shared = false, .limits = small});
    }
    std::string subscribe_queue(const std::string& topic, const std::string& queue, Attributes attributes = {}) {
        return subscribe(topic, "sqs", "arn:aws:sqs:us-east-1:000000000000:" + queue, std::move(attributes));
    }
    void set(const std::string& subscription, std::string name, std::string value) {
        run(service->set_subscription_attributes(call, {subscription, std::move(name), std::move(value)}));
    }
    void erase_topic(const std::string& arn) { run(service->delete_topic(call, {arn})); }
};

const Attributes filtered{{"FilterPolicy", R"({"kind":["a"]})"}};
const std::string from_the_beginning = R"({"PointType":"Timestamp","StartingPoint":"2020-01-01T00:00:00Z"})";

TEST(Limits, OfTopicsAreApartForBothKinds) {
    LimitedWorld world;
    const auto second = world.create("second");
    world.create("third");
    EXPECT_EQ(world.create("third"), world.orders.substr(0, world.orders.rfind(':')) + ":third") << "it is there";
    EXPECT_THAT(error_of([&] { world.create("fourth"); }), StartsWith("TopicLimitExceeded: "));
    world.create_fifo();
    EXPECT_THAT(error_of([&] { world.create("b.fifo", {{"FifoTopic", "true"}}); }), StartsWith("TopicLimitExceeded: "));
    world.erase_topic(second);
    EXPECT_EQ(error_of([&] { world.create("fourth"); }), "");
    world.call.region = "eu-west-1";
    EXPECT_EQ(error_of([&] { world.create("elsewhere"); }), "");
}

TEST(Limits, OfSubscriptionsCountThoseOfOneTopic) {
    LimitedWorld world;
    const auto first = world.subscribe_queue(world.orders, "a");
    world.subscribe(world.orders, "email", "ann@example.com");
    EXPECT_EQ(error_of([&] { world.subscribe_queue(world.orders, "a"); }), "") << "it is there";
    EXPECT_THAT(error_of([&] { world.subscribe_queue(world.orders, "b"); }), StartsWith("SubscriptionLimitExceeded: "));
    EXPECT_EQ(error_of([&] { world.subscribe_queue(world.create("other"), "b"); }), "");
    world.run(world.service->unsubscribe(world.call, {first}));
    world.subscribe_queue(world.orders, "b");
    world.advance(confirmation_time);
    EXPECT_EQ(error_of([&] { world.subscribe_queue(world.orders, "c"); }), "") << "the mailbox never answered";
    EXPECT_THAT(error_of([&] { world.subscribe_queue(world.orders, "d"); }), StartsWith("SubscriptionLimitExceeded: "));
}

TEST(Limits, OfFilterPoliciesFollowTheirChanges) {
    LimitedWorld world;
    const auto first = world.subscribe_queue(world.orders, "a", filtered);
    const auto refused = [&](auto action) { return error_of(action).starts_with("FilterPolicyLimitExceeded: "); };
    EXPECT_TRUE(refused([&] { world.subscribe_queue(world.orders, "b", filtered); }));
    const auto second = world.subscribe_queue(world.orders, "b");
    const auto filter_second = [&] { world.set(second, "FilterPolicy", filtered.at("FilterPolicy")); };
    EXPECT_TRUE(refused(filter_second));
    world.set(first, "FilterPolicy", R"({"kind":["b"]})");
    EXPECT_TRUE(refused(filter_second)) << "one policy instead of another";
    world.set(first, "FilterPolicy", "{}");
    EXPECT_EQ(error_of(filter_second), "");
    world.run(world.service->unsubscribe(world.call, {second}));
    EXPECT_EQ(error_of([&] { world.subscribe_queue(world.orders, "c", filtered); }), "");
}

TEST(Limits, OfReplaysCountThoseThatRun) {
    LimitedWorld world;
    const auto topic = world.create_fifo({{"ArchivePolicy", R"({"MessageRetentionPeriod":"1"})"}});
    const auto first = world.subscribe_queue(topic, "a.fifo", {{"ReplayPolicy", from_the_beginning}});
    const auto second = world.subscribe_queue(topic, "b.fifo");
    const auto replay = [&](const std::string& subscription) {
        return error_of([&] { world.set(subscription, "ReplayPolicy", from_the_beginning); });
    };
    EXPECT_THAT(replay(second), StartsWith("ReplayLimitExceeded: "));
    EXPECT_EQ(replay(first), "") << "it takes the place of its own";
    world.set(first, "ReplayPolicy", "{}");
    EXPECT_EQ(replay(second), "");
}

TEST(Limits, HoldForWhatAnEarlierCumuletStoredUncounted) {
    World before;
    for (const auto name : {"a", "b"}) before.subscribe(before.orders, "sqs", jobs + name, filtered);
    before.create("second");
    before.create("third");
    before.run(before.store->transact([](store::Transaction& tx) -> Task<void> {
        const Place place{"000000000000", "us-east-1"};
        auto topic = co_await load_topic(tx, {place, "orders"});
        topic.count.reset();
        save_topic(tx, topic);
        tx.erase(store::Key(place.account, place.region, std::string_view("sns"), std::string_view("topics")));
    }));
    Service service(*before.store, before.door, before.metrics, {.limits = small});
    const auto create = [&] { before.run(service.create_topic(before.call, {.Name = "fourth"})); };
    EXPECT_THAT(error_of(create), StartsWith("TopicLimitExceeded: "));
    before.run(service.delete_topic(before.call, {before.orders.substr(0, before.orders.rfind(':')) + ":third"}));
    EXPECT_EQ(error_of(create), "");
    EXPECT_THAT(error_of([&] {
                    before.run(service.subscribe(
                        before.call, {.TopicArn = before.orders, .Protocol = "sqs", .Endpoint = jobs + "c"}));
                }),
                StartsWith("SubscriptionLimitExceeded: "));
}

}  // namespace
}  // namespace cumulet::sns
