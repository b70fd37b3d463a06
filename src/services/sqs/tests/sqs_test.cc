// Scenarios over the memory store and a clock that stands still.

#include "base/hash.h"
#include "services/sqs/tests/support/world.h"

namespace cumulet::sqs {
namespace {

TEST(CreateQueue, AnswersTheUrlOfTheHostThatTheCallerUsed) {
    World world;
    world.call.host = "sqs.us-east-1.localhost.localstack.cloud:4566";
    EXPECT_EQ(world.create({.QueueName = "other"}),
              "http://sqs.us-east-1.localhost.localstack.cloud:4566/000000000000/other");
}

TEST(CreateQueue, OfTheSameNameSucceedsOnlyWithTheSameAttributes) {
    World world;
    const std::map<std::string, std::string> slow{{"VisibilityTimeout", "60"}};
    world.create({.QueueName = "other", .Attributes = slow});
    EXPECT_NO_THROW(world.create({.QueueName = "other", .Attributes = slow}));
    EXPECT_THROW(world.create({.QueueName = "jobs", .Attributes = slow}), aws::sqs::QueueNameExists);
}

TEST(CreateQueue, RefusesWhatAwsRefuses) {
    World world;
    EXPECT_THROW(world.create({.QueueName = "no spaces"}), aws::Error);
    EXPECT_THROW(world.create({.QueueName = std::string(81, 'a')}), aws::Error);
    EXPECT_THROW(world.create({.QueueName = "q", .Attributes = {{{"VisibilityTimeout", "43201"}}}}),
                 aws::sqs::InvalidAttributeValue);
    EXPECT_THROW(world.create({.QueueName = "q", .Attributes = {{{"Colour", "red"}}}}), aws::sqs::InvalidAttributeName);
}

TEST(DeleteQueue, ForgetsItsMessagesEvenIfTheNameIsUsedAgain) {
    World world;
    world.send({.QueueUrl = world.jobs, .MessageBody = "old"});
    world.run(world.service.delete_queue(world.call, {world.jobs}));
    EXPECT_THROW(world.receive(), aws::sqs::QueueDoesNotExist);
    world.create({.QueueName = "jobs"});
    EXPECT_EQ(world.receive(), Bodies{});
}

TEST(ListQueues, FindsByPrefixInPages) {
    World world;
    for (const auto* name : {"a-1", "a-2", "a-3", "b-1"}) world.create({.QueueName = name});
    const auto list = [&](aws::sqs::ListQueuesRequest request) {
        return world.run(world.service.list_queues(world.call, std::move(request)));
    };
    EXPECT_EQ(list({.QueueNamePrefix = "a-"}).QueueUrls->size(), 3u);
    EXPECT_EQ(list({}).QueueUrls->size(), 5u);
    EXPECT_FALSE(list({.QueueNamePrefix = "c"}).QueueUrls);
    const auto first = list({.QueueNamePrefix = "a-", .MaxResults = 2});
    EXPECT_EQ(first.QueueUrls->size(), 2u);
    const auto second = list({.QueueNamePrefix = "a-", .NextToken = first.NextToken, .MaxResults = 2});
    EXPECT_EQ(*second.QueueUrls, std::vector<std::string>{"http://localhost:4566/000000000000/a-3"});
    EXPECT_FALSE(second.NextToken);
}

TEST(SendMessage, StaysHiddenUntilItsDelayEnds) {
    World world;
    world.send({.QueueUrl = world.jobs, .MessageBody = "hello", .DelaySeconds = 30});
    EXPECT_EQ(world.receive(), Bodies{});
    EXPECT_EQ(world.attribute("ApproximateNumberOfMessagesDelayed"), "1");
    world.advance(30s);
    EXPECT_EQ(world.receive(), Bodies{"hello"});
}

TEST(SendMessage, AnswersTheChecksumsThatClientsVerify) {
    World world;
    aws::sqs::MessageAttributeValue number;
    number.DataType = "Number";
    number.StringValue = "7";
    const auto sent =
        world.send({.QueueUrl = world.jobs, .MessageBody = "hello", .MessageAttributes = {{{"count", number}}}});
    EXPECT_EQ(sent.MD5OfMessageBody, "5d41402abc4b2a76b9719d911017c592");
    // The four lengths are big-endian; 1 marks a string.
    const std::string bytes = std::string("\0\0\0\5", 4) + "count" + std::string("\0\0\0\6", 4) + "Number" + "\1" +
                              std::string("\0\0\0\1", 4) + "7";
    EXPECT_EQ(sent.MD5OfMessageAttributes, md5_hex(bytes));
}

TEST(SendMessage, RefusesWhatAwsRefuses) {
    World world;
    aws::sqs::MessageAttributeValue untyped;
    untyped.DataType = "Colour";
    untyped.StringValue = "red";
    const auto send = [&](std::string body, std::map<std::string, aws::sqs::MessageAttributeValue> attributes = {}) {
        world.send(
            {.QueueUrl = world.jobs, .MessageBody = std::move(body), .MessageAttributes = std::move(attributes)});
    };
    EXPECT_THROW(send(""), aws::Error);
    EXPECT_THROW(send(std::string("\x01")), aws::sqs::InvalidMessageContents);
    EXPECT_THROW(send(std::string(largest_message_bytes + 1, 'a')), aws::Error);
    EXPECT_NO_THROW(send(std::string(largest_message_bytes, 'a')));
    EXPECT_THROW(send("body", {{"colour", untyped}}), aws::Error);
    EXPECT_THROW(world.send({.QueueUrl = world.jobs, .MessageBody = "late", .DelaySeconds = 901}), aws::Error);
}

TEST(SendMessageBatch, TellsEachEntrysOwnError) {
    World world;
    const auto result = world.run(world.service.send_message_batch(
        world.call, {world.jobs, {{.Id = "good", .MessageBody = "hello"}, {.Id = "bad", .MessageBody = ""}}}));
    ASSERT_EQ(result.Successful.size(), 1u);
    EXPECT_EQ(result.Successful[0].Id, "good");
    ASSERT_EQ(result.Failed.size(), 1u);
    EXPECT_EQ(result.Failed[0].Id, "bad");
    EXPECT_EQ(world.receive(), Bodies{"hello"});
}

TEST(SendMessageBatch, RefusesABatchThatIsNone) {
    World world;
    const auto send = [&](std::vector<aws::sqs::SendMessageBatchRequestEntry> entries) {
        world.run(world.service.send_message_batch(world.call, {world.jobs, std::move(entries)}));
    };
    EXPECT_THROW(send({}), aws::sqs::EmptyBatchRequest);
    EXPECT_THROW(send({{.Id = "a", .MessageBody = "1"}, {.Id = "a", .MessageBody = "2"}}),
                 aws::sqs::BatchEntryIdsNotDistinct);
    EXPECT_THROW(send({{.Id = "a b", .MessageBody = "1"}}), aws::sqs::InvalidBatchEntryId);
    EXPECT_THROW(send({{.Id = "a", .MessageBody = std::string(600'000, 'a')},
                       {.Id = "b", .MessageBody = std::string(600'000, 'b')}}),
                 aws::sqs::BatchRequestTooLong);
    EXPECT_EQ(world.attribute("ApproximateNumberOfMessages"), "0");
}

TEST(ReceiveMessage, HidesAMessageForItsVisibilityTimeout) {
    World world;
    world.send({.QueueUrl = world.jobs, .MessageBody = "hello"});
    EXPECT_EQ(world.receive(), Bodies{"hello"});
    EXPECT_EQ(world.receive(), Bodies{});
    EXPECT_EQ(world.attribute("ApproximateNumberOfMessagesNotVisible"), "1");
    world.advance(30s);
    const auto again = world.receive_messages({.QueueUrl = world.jobs, .AttributeNames = {{"All"}}});
    ASSERT_EQ(again.size(), 1u);
    EXPECT_EQ(again[0].Attributes->at("ApproximateReceiveCount"), "2");
    EXPECT_EQ(again[0].Attributes->at("ApproximateFirstReceiveTimestamp"), "1700000000000");
}

TEST(ReceiveMessage, ShowsTheAttributesThatWereAskedFor) {
    World world;
    aws::sqs::MessageAttributeValue text;
    text.DataType = "String";
    text.StringValue = "x";
    world.send({.QueueUrl = world.jobs,
                .MessageBody = "hello",
                .MessageAttributes = {{{"order.id", text}, {"order.kind", text}, {"other", text}}}});
    const auto names = [&](std::vector<std::string> asked) {
        const auto messages =
            world.receive_messages({.QueueUrl = world.jobs, .MessageAttributeNames = asked, .VisibilityTimeout = 0});
        std::vector<std::string> shown;
        if (messages.at(0).MessageAttributes) {
            for (const auto& [name, value] : *messages[0].MessageAttributes) shown.push_back(name);
        }
        return shown;
    };
    EXPECT_EQ(names({}), std::vector<std::string>{});
    EXPECT_EQ(names({"other"}), std::vector<std::string>{"other"});
    EXPECT_EQ(names({"order.*"}), (std::vector<std::string>{"order.id", "order.kind"}));
    EXPECT_EQ(names({"All"}).size(), 3u);
}

TEST(ReceiveMessage, ForgetsWhatIsOlderThanTheRetentionPeriod) {
    World world;
    world.send({.QueueUrl = world.jobs, .MessageBody = "old"});
    world.advance(4 * 24h);
    EXPECT_EQ(world.attribute("ApproximateNumberOfMessages"), "0");
    EXPECT_EQ(world.receive(), Bodies{});
}

TEST(ReceiveMessage, WaitsForAMessage) {
    World world;
    TaskGroup group;
    std::optional<aws::sqs::ReceiveMessageResult> result;
    world.run([](World& world, TaskGroup& group, auto& result) -> Task<void> {
        group.start([](World& world, auto& result) -> Task<void> {
            Call call = world.make_call();
            result = co_await world.service.receive_message(call, {.QueueUrl = world.jobs, .WaitTimeSeconds = 20});
        }(world, result));
        co_await world.clock.advance(5s);
        EXPECT_FALSE(result);
        co_await world.service.send_message(world.call, {.QueueUrl = world.jobs, .MessageBody = "hello"});
        co_await group.stop();
    }(world, group, result));
    ASSERT_TRUE(result->Messages);
    EXPECT_EQ(result->Messages->at(0).Body, "hello");
}

TEST(ReceiveMessage, AnswersNothingAtTheEndOfItsWait) {
    World world;
    TaskGroup group;
    std::optional<aws::sqs::ReceiveMessageResult> result;
    world.run([](World& world, TaskGroup& group, auto& result) -> Task<void> {
        group.start([](World& world, auto& result) -> Task<void> {
            Call call = world.make_call();
            result = co_await world.service.receive_message(call, {.QueueUrl = world.jobs, .WaitTimeSeconds = 20});
        }(world, result));
        co_await world.clock.advance(19s);
        EXPECT_FALSE(result);
        co_await world.clock.advance(1s);
        EXPECT_TRUE(result);
        co_await group.stop();
    }(world, group, result));
    EXPECT_FALSE(result->Messages);
}

TEST(ReceiveMessage, SeesADelayedMessageWhenItsTimeComesWithinTheWait) {
    World world;
    world.send({.QueueUrl = world.jobs, .MessageBody = "later", .DelaySeconds = 10});
    TaskGroup group;
    std::optional<aws::sqs::ReceiveMessageResult> result;
    world.run([](World& world, TaskGroup& group, auto& result) -> Task<void> {
        group.start([](World& world, auto& result) -> Task<void> {
            Call call = world.make_call();
            result = co_await world.service.receive_message(call, {.QueueUrl = world.jobs, .WaitTimeSeconds = 20});
        }(world, result));
        co_await world.clock.advance(10s);
        co_await group.stop();
    }(world, group, result));
    ASSERT_TRUE(result->Messages);
}

TEST(DeleteMessage, RemovesItForGood) {
    World world;
    world.send({.QueueUrl = world.jobs, .MessageBody = "hello"});
    const auto handle = *world.receive_messages({.QueueUrl = world.jobs}).at(0).ReceiptHandle;
    world.run(world.service.delete_message(world.call, {world.jobs, handle}));
    world.advance(1h);
    EXPECT_EQ(world.receive(), Bodies{});
    EXPECT_NO_THROW(world.run(world.service.delete_message(world.call, {world.jobs, handle})));
    EXPECT_THROW(world.run(world.service.delete_message(world.call, {world.jobs, "nonsense"})),
                 aws::sqs::ReceiptHandleIsInvalid);
}

TEST(DeleteMessage, WorksAfterTheVisibilityWasChanged) {
    World world;
    world.send({.QueueUrl = world.jobs, .MessageBody = "hello"});
    const auto handle = *world.receive_messages({.QueueUrl = world.jobs}).at(0).ReceiptHandle;
    world.run(world.service.change_message_visibility(world.call, {world.jobs, handle, 600}));
    world.advance(5min);
    EXPECT_EQ(world.receive(), Bodies{});
    world.run(world.service.delete_message(world.call, {world.jobs, handle}));
    world.advance(1h);
    EXPECT_EQ(world.receive(), Bodies{});
}

TEST(ChangeMessageVisibility, OfZeroGivesTheMessageBackAtOnce) {
    World world;
    world.send({.QueueUrl = world.jobs, .MessageBody = "hello"});
    const auto handle = *world.receive_messages({.QueueUrl = world.jobs}).at(0).ReceiptHandle;
    world.run(world.service.change_message_visibility(world.call, {world.jobs, handle, 0}));
    EXPECT_EQ(world.receive(), Bodies{"hello"});
}

TEST(ChangeMessageVisibility, RefusesAMessageThatIsNotInFlight) {
    World world;
    world.send({.QueueUrl = world.jobs, .MessageBody = "hello"});
    const auto handle = *world.receive_messages({.QueueUrl = world.jobs}).at(0).ReceiptHandle;
    world.advance(31s);
    EXPECT_THROW(world.run(world.service.change_message_visibility(world.call, {world.jobs, handle, 60})),
                 aws::sqs::MessageNotInflight);
}

TEST(ChangeMessageVisibility, ByAnEarlierReceiverLeavesTheMessageToItsHolder) {
    World world;
    world.send({.QueueUrl = world.jobs, .MessageBody = "hello"});
    const auto earlier = *world.receive_messages({.QueueUrl = world.jobs}).at(0).ReceiptHandle;
    world.run(world.service.change_message_visibility(world.call, {world.jobs, earlier, 0}));
    // Received at the same instant for the same time: still another receipt.
    const auto holders = *world.receive_messages({.QueueUrl = world.jobs}).at(0).ReceiptHandle;
    EXPECT_NE(holders, earlier);
    EXPECT_THROW(world.run(world.service.change_message_visibility(world.call, {world.jobs, earlier, 0})),
                 aws::sqs::MessageNotInflight);
    world.run(world.service.delete_message(world.call, {world.jobs, earlier}));
    EXPECT_EQ(world.attribute("ApproximateNumberOfMessagesNotVisible"), "1");
    world.run(world.service.change_message_visibility(world.call, {world.jobs, holders, 0}));
    EXPECT_EQ(world.receive(), Bodies{"hello"});
}

TEST(RedrivePolicy, MovesAMessageThatWasReceivedTooOften) {
    World world;
    const auto dead = world.create({.QueueName = "dead"});
    world.run(world.service.set_queue_attributes(
        world.call, {world.jobs,
                     {{"RedrivePolicy", R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead",)"
                                        R"("maxReceiveCount":2})"}}}));
    world.send({.QueueUrl = world.jobs, .MessageBody = "poison"});
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(world.receive(), Bodies{"poison"});
        world.advance(30s);
    }
    EXPECT_EQ(world.receive(), Bodies{});
    const auto moved = world.receive_messages({.QueueUrl = dead, .AttributeNames = {{"All"}}});
    ASSERT_EQ(moved.size(), 1u);
    EXPECT_EQ(moved[0].Attributes->at("DeadLetterQueueSourceArn"), "arn:aws:sqs:us-east-1:000000000000:jobs");
}

TEST(PurgeQueue, RemovesWhatIsVisibleAndInFlight) {
    World world;
    world.send({.QueueUrl = world.jobs, .MessageBody = "one"});
    world.send({.QueueUrl = world.jobs, .MessageBody = "two"});
    EXPECT_EQ(world.receive(1).size(), 1u);
    world.run(world.service.purge_queue(world.call, {world.jobs}));
    world.advance(1h);
    EXPECT_EQ(world.receive(), Bodies{});
}

TEST(QueueUrl, IsUnderstoodInAllItsForms) {
    World world;
    world.send({.QueueUrl = world.jobs, .MessageBody = "hello"});
    for (const auto* url :
         {"http://localhost:4566/000000000000/jobs", "http://localhost:4566/queue/us-east-1/000000000000/jobs",
          "https://sqs.us-east-1.amazonaws.com/000000000000/jobs", "http://us-east-1.queue.localhost/000000000000/jobs",
          "jobs"}) {
        EXPECT_EQ(world.receive_messages({.QueueUrl = url, .VisibilityTimeout = 0}).size(), 1u) << url;
    }
    EXPECT_THROW(world.receive_messages({.QueueUrl = "http://localhost:4566"}), aws::sqs::InvalidAddress);
    EXPECT_THROW(world.receive_messages({.QueueUrl = "http://localhost:4566/000000000000/none"}),
                 aws::sqs::QueueDoesNotExist);
}

TEST(Queues, OfOtherAccountsAndRegionsAreOthers) {
    World world;
    world.call.region = "eu-west-1";
    EXPECT_THROW(world.receive(), aws::sqs::QueueDoesNotExist);
    world.call.region = "us-east-1";
    world.call.account = "111111111111";
    EXPECT_THROW(world.run(world.service.get_queue_url(world.call, {.QueueName = "jobs"})),
                 aws::sqs::QueueDoesNotExist);
}

}  // namespace
}  // namespace cumulet::sqs
