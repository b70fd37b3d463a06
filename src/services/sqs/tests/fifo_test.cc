// FIFO queues and message groups, over the memory store and a clock that stands still.

#include "services/sqs/tests/support/world.h"

namespace cumulet::sqs {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

struct FifoWorld : World {
    std::string orders = create_fifo("orders.fifo");

    std::string create_fifo(std::string name, std::map<std::string, std::string> attributes = {}) {
        attributes.emplace("FifoQueue", "true");
        return create({.QueueName = std::move(name), .Attributes = std::move(attributes)});
    }
    aws::sqs::SendMessageResult put(std::string group, std::string body, std::string id = "") {
        return send({.QueueUrl = orders,
                     .MessageBody = body,
                     .MessageDeduplicationId = id.empty() ? body : id,
                     .MessageGroupId = std::move(group)});
    }
    std::vector<aws::sqs::Message> take(int32_t most = 10, std::optional<std::string> attempt = std::nullopt) {
        return receive_messages({.QueueUrl = orders,
                                 .AttributeNames = {{"All"}},
                                 .MaxNumberOfMessages = most,
                                 .ReceiveRequestAttemptId = attempt});
    }
    void erase(const aws::sqs::Message& message) {
        run(service.delete_message(call, {orders, *message.ReceiptHandle}));
    }
    void show(const aws::sqs::Message& message, int32_t seconds) {
        run(service.change_message_visibility(call, {orders, *message.ReceiptHandle, seconds}));
    }
    void set(std::map<std::string, std::string> attributes) {
        run(service.set_queue_attributes(call, {orders, std::move(attributes)}));
    }
    std::string count(const std::string& state) {
        const auto name = "ApproximateNumberOfMessages" + state;
        return run(service.get_queue_attributes(call, {orders, std::vector{name}})).Attributes->at(name);
    }
};

Bodies bodies(const std::vector<aws::sqs::Message>& messages) {
    Bodies bodies;
    for (const auto& message : messages) bodies.push_back(*message.Body);
    return bodies;
}

TEST(FifoQueue, HandsOutAGroupInTheOrderItWasSent) {
    FifoWorld world;
    for (const auto* body : {"1", "2", "3", "4"}) world.put("a", body);
    EXPECT_THAT(bodies(world.take(3)), ElementsAre("1", "2", "3"));
}

TEST(FifoQueue, BlocksAGroupWhileOneOfItsMessagesIsInFlight) {
    FifoWorld world;
    world.put("a", "a1");
    world.put("a", "a2");
    world.put("b", "b1");
    const auto first = world.take(1);
    EXPECT_THAT(bodies(first), ElementsAre("a1"));
    EXPECT_THAT(bodies(world.take()), ElementsAre("b1"));
    EXPECT_THAT(world.take(), SizeIs(0));
    world.erase(first[0]);
    EXPECT_THAT(bodies(world.take()), ElementsAre("a2"));
}

TEST(FifoQueue, StaysBlockedWhileTheFirstMessageLeftIsInFlight) {
    FifoWorld world;
    for (const auto* body : {"1", "2", "3", "4"}) world.put("a", body);
    const auto batch = world.take(3);
    world.erase(batch[0]);
    EXPECT_THAT(world.take(), SizeIs(0));
    world.show(batch[2], 0);  // behind the second, which is held
    EXPECT_THAT(world.take(), SizeIs(0));
    world.erase(batch[1]);
    EXPECT_THAT(bodies(world.take()), ElementsAre("3", "4"));
}

TEST(FifoQueue, HandsOutAgainWhatIsVisibleBeforeWhatIsHeld) {
    FifoWorld world;
    for (const auto* body : {"1", "2", "3"}) world.put("a", body);
    const auto batch = world.take(2);
    world.show(batch[0], 5);
    EXPECT_THAT(world.take(), SizeIs(0));
    world.advance(5s);
    EXPECT_EQ(world.count("NotVisible"), "1");
    EXPECT_THAT(bodies(world.take()), ElementsAre("1"));
    world.advance(25s);
    EXPECT_THAT(world.take(), SizeIs(0)) << "the second is visible, but not the first";
    world.advance(5s);
    EXPECT_THAT(bodies(world.take()), ElementsAre("1", "2", "3"));
}

TEST(FifoQueue, RefusesAWholeBatchThatLacksAnOrder) {
    FifoWorld world;
    const auto error = [&](aws::sqs::SendMessageBatchRequestEntry second) {
        second.Id = "b";
        second.MessageBody = "2";
        const aws::sqs::SendMessageBatchRequestEntry first{
            .Id = "a", .MessageBody = "1", .MessageDeduplicationId = "1", .MessageGroupId = "g"};
        return error_of(
            [&] { world.run(world.service.send_message_batch(world.call, {world.orders, {first, second}})); });
    };
    EXPECT_EQ(error({.MessageDeduplicationId = "2"}),
              "MissingParameter: The request must contain the parameter MessageGroupId.");
    EXPECT_THAT(error({.MessageGroupId = "g"}), testing::StartsWith("InvalidParameterValue: The queue should either"));
    EXPECT_THAT(world.take(), SizeIs(0));
}

TEST(FifoQueue, ReturnsMessagesInOrderWhenTheirVisibilityTimeoutEnds) {
    FifoWorld world;
    for (const auto* body : {"1", "2", "3"}) world.put("a", body);
    world.take(2);
    world.advance(30s);
    EXPECT_THAT(bodies(world.take()), ElementsAre("1", "2", "3"));
}

TEST(FifoQueue, NumbersMessagesInRisingOrderOfTwentyDigits) {
    FifoWorld world;
    const auto first = *world.put("a", "1").SequenceNumber;
    const auto second = *world.put("b", "2").SequenceNumber;
    EXPECT_EQ(first.size(), 20u);
    EXPECT_LT(first, second);
    const auto received = world.take();
    EXPECT_EQ(received.at(0).Attributes->at("SequenceNumber"), first);
    EXPECT_EQ(received.at(0).Attributes->at("MessageGroupId"), "a");
    EXPECT_EQ(received.at(0).Attributes->at("MessageDeduplicationId"), "1");
}

TEST(FifoQueue, KeepsTheOrderOfABatch) {
    FifoWorld world;
    std::vector<aws::sqs::SendMessageBatchRequestEntry> entries;
    Bodies expected;
    for (int i = 0; i < 10; ++i) {
        expected.push_back(std::to_string(i));
        entries.push_back({.Id = std::to_string(9 - i),
                           .MessageBody = expected.back(),
                           .MessageDeduplicationId = expected.back(),
                           .MessageGroupId = "a"});
    }
    world.run(world.service.send_message_batch(world.call, {world.orders, entries}));
    EXPECT_EQ(bodies(world.take()), expected);
}

TEST(FifoQueue, DelaysMessagesByTheQueuesOwnDelayOnly) {
    FifoWorld world;
    world.set({{"DelaySeconds", "10"}});
    world.put("a", "1");
    EXPECT_EQ(world.count("Delayed"), "1");
    EXPECT_THAT(world.take(), SizeIs(0));
    world.advance(10s);
    EXPECT_THAT(bodies(world.take()), ElementsAre("1"));
    EXPECT_EQ(error_of([&] {
                  world.send({.QueueUrl = world.orders,
                              .MessageBody = "x",
                              .DelaySeconds = 5,
                              .MessageDeduplicationId = "x",
                              .MessageGroupId = "a"});
              }),
              "InvalidParameterValue: Value 5 for parameter DelaySeconds is invalid. Reason: The request include "
              "parameter that is not valid for this queue type.");
}

TEST(FifoQueue, WakesAWaitingReceiverWhenAGroupIsFreeAgain) {
    FifoWorld world;
    world.put("a", "1");
    world.put("a", "2");
    const auto first = world.take(1);
    TaskGroup group;
    std::optional<aws::sqs::ReceiveMessageResult> result;
    world.run([](FifoWorld& world, TaskGroup& group, auto& result, const aws::sqs::Message& first) -> Task<void> {
        group.start([](FifoWorld& world, auto& result) -> Task<void> {
            Call call = world.make_call();
            result = co_await world.service.receive_message(call, {.QueueUrl = world.orders, .WaitTimeSeconds = 20});
        }(world, result));
        co_await world.clock.advance(1s);
        EXPECT_FALSE(result);
        co_await world.service.delete_message(world.call, {world.orders, *first.ReceiptHandle});
        co_await group.stop();
    }(world, group, result, first[0]));
    ASSERT_TRUE(result->Messages);
    EXPECT_EQ(result->Messages->at(0).Body, "2");
}

TEST(FifoQueue, RefusesAnExpiredReceiptHandle) {
    FifoWorld world;
    world.put("a", "1");
    const auto first = world.take();
    world.advance(31s);
    EXPECT_THAT(error_of([&] { world.erase(first[0]); }), testing::HasSubstr("The receipt handle has expired."));
    EXPECT_THAT(bodies(world.take()), ElementsAre("1"));
}

TEST(FifoQueue, RefusesWhatAwsRefuses) {
    FifoWorld world;
    EXPECT_EQ(error_of([&] { world.send({.QueueUrl = world.orders, .MessageBody = "x"}); }),
              "MissingParameter: The request must contain the parameter MessageGroupId.");
    EXPECT_EQ(error_of([&] { world.send({.QueueUrl = world.orders, .MessageBody = "x", .MessageGroupId = "a"}); }),
              "InvalidParameterValue: The queue should either have ContentBasedDeduplication enabled or "
              "MessageDeduplicationId provided explicitly");
    EXPECT_EQ(error_of([&] { world.put("a b", "x"); }),
              "InvalidParameterValue: Value a b for parameter MessageGroupId is invalid. Reason: MessageGroupId can "
              "only include alphanumeric and punctuation characters. 1 to 128 in length.");
    EXPECT_THAT(error_of([&] { world.put("a", "x", std::string(129, 'i')); }),
                testing::HasSubstr("MessageDeduplicationId can only include"));
    EXPECT_THAT(
        error_of([&] { world.send({.QueueUrl = world.jobs, .MessageBody = "x", .MessageDeduplicationId = "i"}); }),
        testing::HasSubstr("not valid for this queue type"));
}

TEST(FifoQueue, IsMadeAndChangedAsAwsAllows) {
    FifoWorld world;
    EXPECT_EQ(error_of([&] { world.create_fifo("orders"); }),
              "InvalidParameterValue: The name of a FIFO queue can only include alphanumeric characters, hyphens, or "
              "underscores, must end with .fifo suffix and be 1 to 80 in length.");
    EXPECT_THAT(error_of([&] { world.create({.QueueName = "a.fifo"}); }), testing::HasSubstr("Can only include"));
    EXPECT_EQ(error_of([&] { world.create({.QueueName = "q", .Attributes = {{{"FifoQueue", "false"}}}}); }),
              "InvalidAttributeName: Unknown Attribute FifoQueue.");
    EXPECT_THAT(error_of([&] { world.set({{"FifoQueue", "false"}}); }),
                testing::HasSubstr("Modifying queue type is not supported."));
    EXPECT_THAT(error_of([&] { world.set({{"FifoThroughputLimit", "perMessageGroupId"}}); }),
                testing::HasSubstr("DeduplicationScope is messageGroup"));
    EXPECT_EQ(error_of([&] {
                  world.set({{"FifoThroughputLimit", "perMessageGroupId"}, {"DeduplicationScope", "messageGroup"}});
              }),
              "");
    EXPECT_THAT(error_of([&] { world.set({{"DeduplicationScope", "queue"}}); }),
                testing::HasSubstr("DeduplicationScope is messageGroup"));
}

TEST(Deduplication, AnswersTheFirstMessageAgainForFiveMinutes) {
    FifoWorld world;
    const auto first = world.put("a", "one", "id");
    world.advance(5min - 1s);
    const auto again = world.put("a", "another", "id");
    EXPECT_EQ(again.MessageId, first.MessageId);
    EXPECT_EQ(again.SequenceNumber, first.SequenceNumber);
    EXPECT_THAT(bodies(world.take()), ElementsAre("one"));
    world.advance(1s);
    EXPECT_NE(world.put("b", "another", "id").MessageId, first.MessageId);
}

TEST(Deduplication, OutlivesTheDeletionOfTheMessage) {
    FifoWorld world;
    world.put("a", "one", "id");
    world.erase(world.take().at(0));
    world.put("a", "one", "id");
    EXPECT_THAT(world.take(), SizeIs(0));
}

TEST(Deduplication, OutlivesTheMoveToADeadLetterQueue) {
    FifoWorld world;
    const auto dead = world.create_fifo("dead.fifo");
    world.set({{"RedrivePolicy", R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead.fifo",)"
                                 R"("maxReceiveCount":1})"}});
    world.put("a", "one", "id");
    world.take();
    world.advance(30s);
    EXPECT_THAT(world.take(), SizeIs(0));
    world.put("a", "one", "id");
    EXPECT_THAT(world.take(), SizeIs(0));
    EXPECT_THAT(bodies(world.receive_messages({.QueueUrl = dead})), ElementsAre("one"));
}

TEST(Deduplication, ByContentTakesTheBodyOnly) {
    FifoWorld world;
    world.set({{"ContentBasedDeduplication", "true"}});
    for (int i = 0; i < 2; ++i) {
        world.send({.QueueUrl = world.orders, .MessageBody = "same", .MessageGroupId = std::to_string(i)});
    }
    EXPECT_THAT(world.take(), SizeIs(1));
}

TEST(Deduplication, CountsWithinAGroupWhereTheQueueSaysSo) {
    FifoWorld world;
    world.set({{"DeduplicationScope", "messageGroup"}});
    world.put("a", "one", "id");
    world.put("b", "two", "id");
    world.put("b", "three", "id");
    EXPECT_THAT(bodies(world.take()), ElementsAre("one", "two"));
}

TEST(Deduplication, ForgetsWhatIsOver) {
    FifoWorld world;
    const auto rows = [&] {
        return world
            .run(world.store->transact(
                [](store::Transaction& tx) -> Task<std::vector<store::Entry>> { return tx.scan(store::Range{}, {}); }))
            .size();
    };
    const auto empty = rows();
    for (int i = 0; i < 20; ++i) world.put("a", std::to_string(i));
    for (int i = 0; i < 10; ++i) {
        world.advance(10min);
        world.put("a", "later" + std::to_string(i));
    }
    for (auto messages = world.take(); !messages.empty(); messages = world.take()) {
        for (const auto& message : messages) world.erase(message);
    }
    // The sequence, and the id of the last message.
    EXPECT_EQ(rows(), empty + 2);
}

TEST(DeadLetterQueue, OfAFifoQueueMustBeAFifoQueue) {
    FifoWorld world;
    EXPECT_THAT(error_of([&] {
                    world.set({{"RedrivePolicy", R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:jobs",)"
                                                 R"("maxReceiveCount":1})"}});
                }),
                testing::HasSubstr("Dead-letter queue must be same type of queue as the source."));
}

TEST(DeadLetterQueue, LetsTheRestOfTheGroupGoOnInOrder) {
    FifoWorld world;
    const auto dead = world.create_fifo("dead.fifo");
    world.set({{"RedrivePolicy", R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead.fifo",)"
                                 R"("maxReceiveCount":2})"}});
    for (const auto* body : {"poison", "2", "3"}) world.put("a", body);
    for (int i = 0; i < 2; ++i) {
        EXPECT_THAT(bodies(world.take(1)), ElementsAre("poison"));
        world.advance(30s);
    }
    EXPECT_THAT(bodies(world.take()), ElementsAre("2", "3"));
    const auto moved = world.receive_messages({.QueueUrl = dead, .AttributeNames = {{"All"}}});
    ASSERT_THAT(moved, SizeIs(1));
    EXPECT_EQ(moved[0].Attributes->at("MessageGroupId"), "a");
    EXPECT_EQ(moved[0].Attributes->at("DeadLetterQueueSourceArn"), "arn:aws:sqs:us-east-1:000000000000:orders.fifo");
}

TEST(ReceiveRequestAttemptId, AnswersTheSameMessagesAndHandlesAgain) {
    FifoWorld world;
    for (const auto* body : {"1", "2"}) world.put("a", body);
    const auto first = world.take(10, "attempt");
    world.advance(20s);
    const auto again = world.take(10, "attempt");
    ASSERT_THAT(again, SizeIs(2));
    EXPECT_EQ(again[0].ReceiptHandle, first[0].ReceiptHandle);
    EXPECT_EQ(again[0].Attributes->at("ApproximateReceiveCount"), "1");
    world.advance(20s);  // hidden anew
    EXPECT_THAT(world.take(), SizeIs(0));
    world.erase(first[0]);
    EXPECT_THAT(world.take(10, "attempt"), SizeIs(0));
}

TEST(ReceiveRequestAttemptId, IsForFifoQueuesOnly) {
    FifoWorld world;
    EXPECT_THAT(
        error_of([&] { world.receive_messages({.QueueUrl = world.jobs, .ReceiveRequestAttemptId = "attempt"}); }),
        testing::HasSubstr("not valid for this queue type"));
}

TEST(FairQueue, LetsAGroupWithFewMessagesGoBetweenThoseOfANoisyOne) {
    World world;
    const auto put = [&](std::string group, std::string body) {
        world.send({.QueueUrl = world.jobs, .MessageBody = std::move(body), .MessageGroupId = std::move(group)});
    };
    for (int i = 0; i < 50; ++i) put("noisy", "n");
    put("quiet", "q");
    put("other", "o");
    for (const auto most : {1, 4}) {
        Bodies seen;
        for (int i = 0; i < 4; ++i) std::ranges::move(world.receive(most), std::back_inserter(seen));
        if (most == 1) EXPECT_THAT(seen, testing::UnorderedElementsAre("n", "n", "o", "q"));
    }
}

TEST(FairQueue, HandsEverythingOutAndTakesUngroupedMessagesToo) {
    World world;
    for (int i = 0; i < 30; ++i) {
        aws::sqs::SendMessageRequest request{.QueueUrl = world.jobs, .MessageBody = std::to_string(i)};
        if (i % 3 > 0) request.MessageGroupId = "g" + std::to_string(i % 3);
        if (i % 5 == 0) request.DelaySeconds = 10;
        world.send(std::move(request));
    }
    EXPECT_EQ(world.attribute("ApproximateNumberOfMessages"), "24");
    std::set<std::string> seen;
    for (int round = 0; round < 10; ++round) {
        for (auto& body : world.receive(5)) EXPECT_TRUE(seen.insert(std::move(body)).second);
        if (round == 6) world.advance(10s);
    }
    EXPECT_THAT(seen, SizeIs(30));
    EXPECT_EQ(world.attribute("ApproximateNumberOfMessagesNotVisible"), "30");
    world.advance(30s);
    EXPECT_EQ(world.attribute("ApproximateNumberOfMessages"), "30");
}

TEST(ReceiveMessage, HandsAMessageToOneOfManyWaitingReceiversAndLetsTheOthersWait) {
    World world;
    TaskGroup group;
    Bodies received;
    int answered = 0;
    world.run([](World& world, TaskGroup& group, Bodies& received, int& answered) -> Task<void> {
        for (int i = 0; i < 20; ++i) {
            group.start([](World& world, Bodies& received, int& answered) -> Task<void> {
                Call call = world.make_call();
                auto result = co_await world.service.receive_message(
                    call, {.QueueUrl = world.jobs, .MaxNumberOfMessages = 2, .WaitTimeSeconds = 20});
                ++answered;
                if (!result.Messages) co_return;
                for (auto& message : *result.Messages) received.push_back(*message.Body);
            }(world, received, answered));
        }
        co_await world.clock.advance(1s);
        for (const auto* body : {"1", "2", "3"}) {
            co_await world.service.send_message(world.call, {.QueueUrl = world.jobs, .MessageBody = body});
        }
        co_await world.clock.advance(18s);
        EXPECT_THAT(received, testing::UnorderedElementsAre("1", "2", "3"));
        EXPECT_LE(answered, 3);
        co_await world.clock.advance(1s);
        EXPECT_EQ(answered, 20);
        co_await group.stop();
    }(world, group, received, answered));
}

TEST(ReceiveMessage, StopsAtTheLimitOfMessagesInFlight) {
    World world;
    constexpr int all = 120'010;
    for (int i = 0; i < all; i += 10) {
        std::vector<aws::sqs::SendMessageBatchRequestEntry> entries;
        for (int j = 0; j < 10; ++j) entries.push_back({.Id = std::to_string(j), .MessageBody = "x"});
        world.run(world.service.send_message_batch(world.call, {world.jobs, std::move(entries)}));
    }
    int received = 0;
    std::string handle;
    const auto error = error_of([&] {
        while (true) {
            const auto messages = world.receive_messages({.QueueUrl = world.jobs,
                                                          .MaxNumberOfMessages = received < 119'995 ? 10 : 7,
                                                          .VisibilityTimeout = 3600});
            ASSERT_FALSE(messages.empty());
            handle = *messages.front().ReceiptHandle;
            received += static_cast<int>(messages.size());
        }
    });
    EXPECT_THAT(error, testing::StartsWith("OverLimit"));
    EXPECT_EQ(received, 120'000);
    EXPECT_EQ(world.attribute("ApproximateNumberOfMessagesNotVisible"), "120000");
    EXPECT_EQ(world.attribute("ApproximateNumberOfMessages"), "10");
    world.run(world.service.delete_message(world.call, {world.jobs, handle}));
    EXPECT_THAT(world.receive(), SizeIs(1));
}

}  // namespace
}  // namespace cumulet::sqs
