#include "services/sns/tests/support/publishing.h"

namespace cumulet::sns {
namespace {

using namespace publishing;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

TEST(FifoTopic, DeliversInOrderWithNumbersAndGroups) {
    World world;
    world.start();
    const auto topic = world.create_fifo({{"ContentBasedDeduplication", "true"}});
    world.subscribe(topic, "sqs", fifo_jobs, {{"RawMessageDelivery", "true"}});
    world.subscribe(topic, "sqs", jobs);
    std::string last;
    for (int i = 0; i < 25; ++i) {
        const auto number = *world.publish_in_group(topic, fmt::format("m{:02}", i), "g").SequenceNumber;
        EXPECT_EQ(number.size(), 20u);
        EXPECT_GT(number, last);
        last = number;
    }
    const auto bodies = world.door.queues.bodies(at_fifo_jobs);
    ASSERT_THAT(bodies, SizeIs(25));
    EXPECT_TRUE(std::ranges::is_sorted(bodies));
    const auto& first = world.door.queues.queues[at_fifo_jobs][0];
    EXPECT_EQ(first.group, "g");
    EXPECT_EQ(first.deduplication.size(), 64u) << "the content's SHA-256";
    const auto& standard = world.door.queues.queues[at_jobs];
    ASSERT_THAT(standard, SizeIs(25));
    EXPECT_THAT(standard[24].body, HasSubstr("\"SequenceNumber\":\"" + last));
    EXPECT_EQ(standard[24].deduplication, "");
    EXPECT_EQ(world.outbox_size(), 0u);
}

TEST(FifoTopic, TakesOneIdOnceInFiveMinutes) {
    World world;
    world.start();
    const auto topic = world.create_fifo();
    world.subscribe(topic, "sqs", fifo_jobs, {{"RawMessageDelivery", "true"}});
    const auto first = world.publish_in_group(topic, "a", "g", "d");
    const auto again = world.publish_in_group(topic, "b", "h", "d");
    EXPECT_EQ(again.MessageId, first.MessageId);
    EXPECT_EQ(again.SequenceNumber, first.SequenceNumber);
    world.advance(4min + 59s);
    world.publish_in_group(topic, "c", "g", "d");
    world.advance(1s);
    world.publish_in_group(topic, "d", "g", "d");
    EXPECT_THAT(world.door.queues.bodies(at_fifo_jobs), ElementsAre("a", "d"));
}

TEST(FifoTopic, MayTellMessagesApartByGroup) {
    World world;
    world.start();
    const auto topic = world.create_fifo({{"FifoThroughputScope", "MessageGroup"}});
    world.subscribe(topic, "sqs", fifo_jobs, {{"RawMessageDelivery", "true"}});
    world.publish_in_group(topic, "a", "g", "d");
    world.publish_in_group(topic, "b", "h", "d");
    world.publish_in_group(topic, "c", "g", "d");
    EXPECT_THAT(world.door.queues.bodies(at_fifo_jobs), UnorderedElementsAre("a", "b"));
}

TEST(FifoTopic, KeepsTheOrderThroughFailures) {
    World world;
    world.start();
    const auto topic = world.create_fifo({{"ContentBasedDeduplication", "true"}});
    world.subscribe(topic, "sqs", fifo_jobs, {{"RawMessageDelivery", "true"}});
    world.door.queues.failing = {at_fifo_jobs};
    for (const auto* message : {"a", "b", "c"}) world.publish_in_group(topic, message, "g");
    world.advance(5s);
    EXPECT_THAT(world.door.queues.bodies(at_fifo_jobs), IsEmpty());
    world.door.queues.failing.clear();
    world.advance(30s);
    EXPECT_THAT(world.door.queues.bodies(at_fifo_jobs), ElementsAre("a", "b", "c"));
}

TEST(FifoTopic, AsksForGroupAndDeduplication) {
    World world;
    const auto topic = world.create_fifo();
    const std::string prefix = "InvalidParameter: Invalid parameter: ";
    EXPECT_EQ(error_of([&] { world.publish(topic, "a"); }),
              prefix + "The MessageGroupId parameter is required for FIFO topics");
    EXPECT_EQ(error_of([&] { world.publish_in_group(topic, "a", "g"); }),
              prefix +
                  "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
                  "explicitly");
}

TEST(FifoTopic, ReplaysWhatItsArchiveHasOfATime) {
    World world;
    world.start();
    const auto topic = world.create_fifo(
        {{"ContentBasedDeduplication", "true"}, {"ArchivePolicy", R"({"MessageRetentionPeriod":"1"})"}});
    for (const auto* message : {"a", "b", "c", "d"}) {
        world.publish_in_group(topic, message, "g");
        world.advance(1h);
    }
    const auto start = format_iso8601(Time(1'700'000'000s) + 1h);
    const auto end = format_iso8601(Time(1'700'000'000s) + 2h);
    const auto arn = world.subscribe(
        topic, "sqs", fifo_jobs,
        {{"RawMessageDelivery", "true"},
         {"ReplayPolicy",
          fmt::format(R"({{"PointType":"Timestamp","StartingPoint":"{}","EndingPoint":"{}"}})", start, end)}});
    world.settle();
    EXPECT_THAT(world.door.queues.bodies(at_fifo_jobs), ElementsAre("b", "c"));
    EXPECT_EQ(world.door.queues.queues[at_fifo_jobs][0].attributes["Replayed"].StringValue, "true");
    const auto attributes = *world.run(world.service->get_subscription_attributes(world.call, {arn})).Attributes;
    EXPECT_EQ(attributes.at("ReplayStatus"), "Completed");
    EXPECT_THAT(error_of([&] { world.run(world.service->delete_topic(world.call, {topic})); }),
                HasSubstr("InvalidState"));
}

TEST(FifoTopic, ReplaysAllOfOneInstant) {
    World world;
    world.start();
    const auto topic = world.create_fifo(
        {{"ContentBasedDeduplication", "true"}, {"ArchivePolicy", R"({"MessageRetentionPeriod":"1"})"}});
    for (int i = 0; i < 120; ++i) world.publish_in_group(topic, fmt::format("m{:03}", i), "g");
    world.subscribe(topic, "sqs", fifo_jobs,
                    {{"RawMessageDelivery", "true"},
                     {"ReplayPolicy", R"({"PointType":"Timestamp","StartingPoint":"2020-01-01T00:00:00Z"})"}});
    world.settle();
    const auto bodies = world.door.queues.bodies(at_fifo_jobs);
    ASSERT_THAT(bodies, SizeIs(120));
    EXPECT_TRUE(std::ranges::is_sorted(bodies));
}

}  // namespace
}  // namespace cumulet::sns
