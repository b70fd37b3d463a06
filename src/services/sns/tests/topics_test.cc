// Topics and subscriptions over the memory store and a clock that stands still.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/sns/service.h"
#include "store/memory/memory_store.h"

namespace cumulet::sns {
namespace {

using Attributes = std::map<std::string, std::string>;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Key;
using testing::Not;
using testing::Pair;

/// A door to nowhere: these tests call no neighbour.
struct NoDoor : contracts::Door {
    Task<void> invoke(Call&, const contracts::Service& service, const contracts::Operation& operation, void*,
                      void*) override {
        throw aws::not_implemented(service.name, operation.name);
    }
};

struct World {
    Clock clock{Time(1'700'000'000s)};
    Reactor reactor{clock, Random(1)};
    std::unique_ptr<store::Store> store = store::open_memory_store();
    NoDoor door;
    contracts::Metrics metrics;
    Service service{*store, door, metrics};
    Call call{reactor, "request"};
    std::string orders = create("orders");

    ~World() { reactor.block_on(service.stop()); }

    template <typename T>
    T run(Task<T> task) {
        return reactor.block_on(std::move(task));
    }
    void advance(Duration by) { reactor.block_on(clock.advance(by)); }

    std::string create(std::string name, Attributes attributes = {}) {
        return *run(service.create_topic(call, {.Name = std::move(name), .Attributes = std::move(attributes)}))
                    .TopicArn;
    }
    Attributes topic(const std::string& arn) { return *run(service.get_topic_attributes(call, {arn})).Attributes; }
    std::string subscribe(const std::string& topic, std::string protocol, std::string endpoint,
                          Attributes attributes = {}) {
        return *run(service.subscribe(call, {.TopicArn = topic,
                                             .Protocol = std::move(protocol),
                                             .Endpoint = std::move(endpoint),
                                             .Attributes = std::move(attributes),
                                             .ReturnSubscriptionArn = true}))
                    .SubscriptionArn;
    }
    Attributes subscription(const std::string& arn) {
        return *run(service.get_subscription_attributes(call, {arn})).Attributes;
    }
    std::string token_of(const std::string& arn) {
        return run(store->transact([&](store::Transaction& tx) -> Task<std::string> {
            co_return (co_await find_subscription(tx, parse_subscription_arn(arn)))->token;
        }));
    }
};

const std::string queue = "arn:aws:sqs:us-east-1:000000000000:jobs";

/// The message of the error that `action` throws, "" if it throws none.
template <typename Action>
std::string error_of(Action action) {
    try {
        action();
    } catch (const aws::Error& error) {
        return error.code + ": " + error.message;
    }
    return "";
}

TEST(CreateTopic, OfTheSameNameAnswersTheSameTopicUnlessItWouldDiffer) {
    World world;
    EXPECT_EQ(world.orders, "arn:aws:sns:us-east-1:000000000000:orders");
    EXPECT_EQ(world.create("orders"), world.orders);
    EXPECT_EQ(error_of([&] { world.create("orders", {{"DisplayName", "Orders"}}); }),
              "InvalidParameter: Invalid parameter: Attributes Reason: Topic already exists with different attributes");
    const auto tagged = [&](std::string value) {
        world.run(world.service.create_topic(
            world.call, {.Name = "tagged", .Tags = {{aws::sns::Tag{.Key = "team", .Value = std::move(value)}}}}));
    };
    tagged("a");
    EXPECT_EQ(error_of([&] { tagged("a"); }), "");
    EXPECT_EQ(error_of([&] { tagged("b"); }),
              "InvalidParameter: Invalid parameter: Tags Reason: Topic already exists with different tags");
}

TEST(CreateTopic, RefusesWhatAwsRefuses) {
    World world;
    const Attributes fifo{{"FifoTopic", "true"}};
    EXPECT_EQ(error_of([&] { world.create("a b"); }), "InvalidParameter: Invalid parameter: Topic Name");
    EXPECT_EQ(error_of([&] { world.create("a.fifo"); }), "InvalidParameter: Invalid parameter: Topic Name");
    EXPECT_EQ(error_of([&] { world.create(std::string(257, 'a')); }),
              "InvalidParameter: Invalid parameter: Topic Name");
    EXPECT_THAT(error_of([&] { world.create("a", fifo); }), HasSubstr("must end with .fifo"));
    EXPECT_NE(error_of([&] { world.create("a", {{"Colour", "red"}}); }), "");
    EXPECT_NE(error_of([&] { world.create("a", {{"SignatureVersion", "3"}}); }), "");
    EXPECT_NE(error_of([&] { world.create("a", {{"ContentBasedDeduplication", "true"}}); }), "");
    EXPECT_NE(error_of([&] { world.create("a", {{"SQSSuccessFeedbackSampleRate", "101"}}); }), "");
    EXPECT_NE(error_of([&] {
                  world.create("a.fifo",
                               {{"FifoTopic", "true"}, {"ArchivePolicy", R"({"MessageRetentionPeriod":"366"})"}});
              }),
              "");
}

TEST(GetTopicAttributes, TellsWhatAwsTells) {
    World world;
    const auto attributes = world.topic(world.orders);
    EXPECT_THAT(attributes, AllOf(Contains(Pair("TopicArn", world.orders)), Contains(Pair("Owner", "000000000000")),
                                  Contains(Pair("DisplayName", "")), Contains(Pair("SubscriptionsConfirmed", "0")),
                                  Contains(Pair("Policy", HasSubstr("__default_statement_ID"))),
                                  Contains(Pair("EffectiveDeliveryPolicy", HasSubstr("numRetries"))),
                                  Not(Contains(Key("FifoTopic")))));
    const auto fifo = world.topic(world.create("a.fifo", {{"FifoTopic", "true"}}));
    EXPECT_THAT(fifo, AllOf(Contains(Pair("FifoTopic", "true")), Contains(Pair("ContentBasedDeduplication", "false"))));
    EXPECT_EQ(error_of([&] { world.topic("nonsense"); }),
              "InvalidParameter: Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1");
    EXPECT_EQ(error_of([&] { world.topic("arn:aws:sns:us-east-1:000000000000:none"); }),
              "NotFound: Topic does not exist");
    EXPECT_EQ(error_of([&] { world.topic("arn:aws:sns:eu-west-1:000000000000:orders"); }),
              "InvalidParameter: Invalid parameter: TopicArn");
}

TEST(ListTopics, GoesInPagesOfAHundred) {
    World world;
    for (int i = 0; i < 120; ++i) world.create(fmt::format("topic-{:03}", i));
    const auto first = world.run(world.service.list_topics(world.call, {}));
    EXPECT_EQ(first.Topics->size(), 100u);
    const auto second = world.run(world.service.list_topics(world.call, {first.NextToken}));
    EXPECT_EQ(second.Topics->size(), 21u);
    EXPECT_FALSE(second.NextToken);
}

TEST(AddPermission, AddsAStatementAndRemovePermissionTakesIt) {
    World world;
    const auto add = [&](std::string label, std::string action) {
        world.run(world.service.add_permission(world.call, {world.orders, label, {"111111111111"}, {action}}));
    };
    add("friends", "Publish");
    EXPECT_THAT(world.topic(world.orders)["Policy"],
                HasSubstr(R"({"Sid":"friends","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},)"
                          R"("Action":"SNS:Publish","Resource":"arn:aws:sns:us-east-1:000000000000:orders"})"));
    EXPECT_EQ(error_of([&] { add("friends", "Publish"); }),
              "InvalidParameter: Invalid parameter: Statement already exists");
    EXPECT_EQ(error_of([&] { add("others", "Fly"); }),
              "InvalidParameter: Invalid parameter: Policy statement action out of service scope!");
    world.run(world.service.remove_permission(world.call, {world.orders, "friends"}));
    EXPECT_THAT(world.topic(world.orders)["Policy"], Not(HasSubstr("friends")));
}

TEST(Subscribe, ConfirmsAtOnceWhatIsTheCallersOwn) {
    World world;
    const auto arn = world.subscribe(world.orders, "sqs", queue);
    EXPECT_THAT(world.subscription(arn),
                AllOf(Contains(Pair("PendingConfirmation", "false")), Contains(Pair("Endpoint", queue)),
                      Contains(Pair("RawMessageDelivery", "false")), Contains(Pair("Owner", "000000000000")),
                      Not(Contains(Key("FilterPolicyScope")))));
    EXPECT_EQ(world.subscribe(world.orders, "sqs", queue), arn);
    EXPECT_EQ(world.topic(world.orders)["SubscriptionsConfirmed"], "1");
    EXPECT_EQ(error_of([&] { world.subscribe(world.orders, "sqs", queue, {{"RawMessageDelivery", "true"}}); }),
              "InvalidParameter: Invalid parameter: Attributes Reason: Subscription already exists with different "
              "attributes");
}

TEST(Subscribe, WaitsForTheConfirmationOfMailboxesAndOfOthersQueues) {
    World world;
    const auto mail = world.subscribe(world.orders, "email", "someone@example.com");
    EXPECT_EQ(world.subscription(mail)["PendingConfirmation"], "true");
    const auto other = world.subscribe(world.orders, "sqs", "arn:aws:sqs:us-east-1:111111111111:jobs");
    EXPECT_EQ(world.subscription(other)["PendingConfirmation"], "true");
    const auto listed = world.run(world.service.list_subscriptions_by_topic(world.call, {world.orders}));
    EXPECT_EQ(listed.Subscriptions->at(0).SubscriptionArn, "PendingConfirmation");

    const auto confirm = [&](std::string token) {
        return world.run(world.service.confirm_subscription(world.call, {world.orders, std::move(token)}));
    };
    EXPECT_EQ(error_of([&] { confirm("wrong"); }), "InvalidParameter: Invalid parameter: Token");
    EXPECT_EQ(confirm(world.token_of(mail)).SubscriptionArn, mail);
    EXPECT_EQ(confirm(world.token_of(mail)).SubscriptionArn, mail);
    EXPECT_EQ(world.subscription(mail)["PendingConfirmation"], "false");
    EXPECT_EQ(world.topic(world.orders)["SubscriptionsPending"], "1");
}

TEST(Subscribe, ForgetsWhatIsNotConfirmedWithinTwoDays) {
    World world;
    const auto mail = world.subscribe(world.orders, "email", "someone@example.com");
    const auto token = world.token_of(mail);
    world.advance(49h);
    EXPECT_EQ(error_of([&] { world.subscription(mail); }), "NotFound: Subscription does not exist");
    EXPECT_EQ(error_of([&] { world.run(world.service.confirm_subscription(world.call, {world.orders, token})); }),
              "InvalidParameter: Invalid parameter: Token");
    EXPECT_NE(world.subscribe(world.orders, "email", "someone@example.com"), mail);
}

TEST(Subscribe, RefusesWhatAwsRefuses) {
    World world;
    const auto fifo = world.create("a.fifo", {{"FifoTopic", "true"}});
    const auto refusal = [&](const std::string& topic, std::string protocol, std::string endpoint,
                             Attributes attributes = {}) {
        return error_of([&] { world.subscribe(topic, protocol, endpoint, attributes); });
    };
    const std::string prefix = "InvalidParameter: Invalid parameter: ";
    EXPECT_EQ(refusal(world.orders, "pigeon", "x"),
              prefix + "Amazon SNS does not support this protocol string: pigeon");
    EXPECT_EQ(refusal(world.orders, "https", "http://x"), prefix + "Endpoint must match the specified protocol");
    EXPECT_EQ(refusal(world.orders, "sqs", "jobs"), prefix + "SQS endpoint ARN");
    EXPECT_EQ(refusal(world.orders, "sms", "NAA+15551234567"),
              "InvalidParameter: Invalid SMS endpoint: NAA+15551234567");
    EXPECT_EQ(refusal(world.orders, "email", "nobody"), prefix + "Email address");
    EXPECT_EQ(
        refusal(world.orders, "sqs", queue + ".fifo"),
        prefix + "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics");
    EXPECT_NE(refusal(fifo, "email", "someone@example.com"), "");
    EXPECT_EQ(refusal(fifo, "sqs", queue + ".fifo"), "");
    EXPECT_EQ(refusal(fifo, "sqs", queue), "");
    EXPECT_EQ(refusal(world.orders, "sqs", queue, {{"Colour", "red"}}), prefix + "Attributes Reason: AttributeName");
    EXPECT_EQ(refusal(world.orders, "sqs", queue, {{"FilterPolicyScope", "Moon"}}),
              prefix +
                  "Attributes Reason: FilterPolicyScope: Invalid value [Moon]. Please use either MessageBody or "
                  "MessageAttributes");
    EXPECT_EQ(refusal(world.orders, "sqs", queue, {{"RedrivePolicy", R"({"deadLetterTargetArn":"x"})"}}),
              prefix + "Attributes Reason: RedrivePolicy: deadLetterTargetArn is an invalid arn");
    EXPECT_NE(refusal(world.orders, "sqs", queue, {{"ReplayPolicy", "{}"}}), "");
}

TEST(SetSubscriptionAttributes, ChangesAndRemoves) {
    World world;
    const auto arn = world.subscribe(world.orders, "sqs", queue);
    const auto set = [&](std::string name, std::string value) {
        world.run(world.service.set_subscription_attributes(world.call, {arn, name, value}));
    };
    set("RawMessageDelivery", "True");
    set("FilterPolicy", R"({"kind":["a"]})");
    EXPECT_THAT(world.subscription(arn),
                AllOf(Contains(Pair("RawMessageDelivery", "true")), Contains(Pair("FilterPolicy", R"({"kind":["a"]})")),
                      Contains(Pair("FilterPolicyScope", "MessageAttributes"))));
    set("FilterPolicy", "{}");
    EXPECT_THAT(world.subscription(arn), Not(Contains(Key("FilterPolicy"))));
    EXPECT_EQ(error_of([&] { set("Colour", "red"); }), "InvalidParameter: Invalid parameter: AttributeName");
    EXPECT_EQ(error_of([&] { set("RawMessageDelivery", "perhaps"); }),
              "InvalidParameter: Invalid parameter: RawMessageDelivery: Invalid value [perhaps]. Must be true or "
              "false.");
}

TEST(Unsubscribe, EndsASubscriptionAndMayBeRepeated) {
    World world;
    const auto arn = world.subscribe(world.orders, "sqs", queue);
    world.run(world.service.unsubscribe(world.call, {arn}));
    world.run(world.service.unsubscribe(world.call, {arn}));
    EXPECT_EQ(error_of([&] { world.subscription(arn); }), "NotFound: Subscription does not exist");
    EXPECT_EQ(world.topic(world.orders)["SubscriptionsDeleted"], "1");
    EXPECT_EQ(error_of([&] { world.run(world.service.unsubscribe(world.call, {"nonsense"})); }),
              "InvalidParameter: Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not "
              "1");
    EXPECT_EQ(error_of([&] { world.run(world.service.unsubscribe(world.call, {world.orders})); }),
              "InvalidParameter: Invalid parameter: SubscriptionId");
}

TEST(DeleteTopic, TakesItsSubscriptionsWithItAndMayBeRepeated) {
    World world;
    const auto arn = world.subscribe(world.orders, "sqs", queue);
    world.run(world.service.delete_topic(world.call, {world.orders}));
    world.run(world.service.delete_topic(world.call, {world.orders}));
    EXPECT_EQ(error_of([&] { world.topic(world.orders); }), "NotFound: Topic does not exist");
    world.create("orders");
    EXPECT_EQ(world.topic(world.orders)["SubscriptionsConfirmed"], "0");
    EXPECT_TRUE(world.run(world.service.list_subscriptions(world.call, {})).Subscriptions->empty());
}

TEST(ListSubscriptions, TellsOnlyTheCallersOwnButOfEveryTopic) {
    World world;
    world.subscribe(world.orders, "sqs", queue);
    world.call.account = "111111111111";
    const auto theirs = world.subscribe(world.orders, "sqs", "arn:aws:sqs:us-east-1:111111111111:jobs");
    const auto listed = world.run(world.service.list_subscriptions(world.call, {}));
    ASSERT_EQ(listed.Subscriptions->size(), 1u);
    EXPECT_EQ(listed.Subscriptions->at(0).SubscriptionArn, theirs);
}

TEST(TagResource, KeepsTagsByKey) {
    World world;
    const auto tag = [&](std::vector<aws::sns::Tag> tags) {
        world.run(world.service.tag_resource(world.call, {world.orders, std::move(tags)}));
    };
    tag({{"a", "1"}, {"b", "2"}});
    tag({{"b", "3"}});
    world.run(world.service.untag_resource(world.call, {world.orders, {"a"}}));
    const auto listed = world.run(world.service.list_tags_for_resource(world.call, {world.orders}));
    EXPECT_EQ(listed.Tags, (std::vector<aws::sns::Tag>{{"b", "3"}}));
    EXPECT_EQ(error_of([&] { tag({{"a", "1"}, {"a", "2"}}); }),
              "InvalidParameter: Invalid parameter: Duplicated keys are not allowed.");
}

TEST(DataProtectionPolicy, IsKept) {
    World world;
    const auto policy = R"({"Name":"p","Version":"2021-06-01","Statement":[]})";
    world.run(world.service.put_data_protection_policy(world.call, {world.orders, policy}));
    EXPECT_EQ(world.run(world.service.get_data_protection_policy(world.call, {world.orders})).DataProtectionPolicy,
              policy);
    EXPECT_NE(error_of([&] { world.run(world.service.put_data_protection_policy(world.call, {world.orders, "{}"})); }),
              "");
}

}  // namespace
}  // namespace cumulet::sns
