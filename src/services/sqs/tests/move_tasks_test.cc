// Message move tasks: where messages go, how fast, and what stops them.

#include "base/bytes.h"
#include "services/sqs/tests/support/world.h"

namespace cumulet::sqs {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;
using Entry = aws::sqs::ListMessageMoveTasksResultEntry;

std::string arn_of(std::string_view name) { return fmt::format("arn:aws:sqs:us-east-1:000000000000:{}", name); }

/// "jobs" sends to "dead" what was received once; as many messages as asked for are there already.
struct Redrive : World {
    std::string dead = create({.QueueName = "dead"});
    Mover mover{*store};

    explicit Redrive(int messages = 0) {
        run(service.set_queue_attributes(
            call, {jobs,
                   {{"VisibilityTimeout", "0"},
                    {"RedrivePolicy",
                     fmt::format(R"({{"deadLetterTargetArn":"{}","maxReceiveCount":1}})", arn_of("dead"))}}}));
        for (int i = 0; i < messages; ++i) send({.QueueUrl = jobs, .MessageBody = std::to_string(i)});
        for (int i = 0; i <= messages; ++i) receive();
    }
    ~Redrive() { run(mover.stop()); }

    std::string start(aws::sqs::StartMessageMoveTaskRequest request = {.SourceArn = arn_of("dead")}) {
        return *run(service.start_message_move_task(call, std::move(request))).TaskHandle;
    }
    std::vector<Entry> tasks(std::optional<int32_t> most = std::nullopt) {
        return *run(service.list_message_move_tasks(call, {.SourceArn = arn_of("dead"), .MaxResults = most})).Results;
    }
    int64_t cancel(std::string handle) {
        return *run(service.cancel_message_move_task(call, {.TaskHandle = std::move(handle)}))
                    .ApproximateNumberOfMessagesMoved;
    }
    /// Moves all that may be moved at this instant.
    void move() {
        while (true) {
            const auto next = run(mover.step());
            if (!next || *next > clock.now()) return;
        }
    }
    size_t count(const std::string& url) {
        return std::stoul(
            run(service.get_queue_attributes(call, {url, std::vector<std::string>{"ApproximateNumberOfMessages"}}))
                .Attributes->at("ApproximateNumberOfMessages"));
    }
    std::string error_of(auto act) {
        try {
            act();
        } catch (const aws::Error& error) {
            return fmt::format("{} {}: {}", error.status, error.code, error.message);
        }
        return "";
    }
};

TEST(MessageMoveTask, BringsMessagesBackToTheQueuesTheyCameFrom) {
    Redrive world(3);
    world.create({.QueueName = "other",
                  .Attributes = {{{"RedrivePolicy", fmt::format(R"({{"deadLetterTargetArn":"{}","maxReceiveCount":1}})",
                                                                arn_of("dead"))},
                                  {"VisibilityTimeout", "0"}}}});
    world.send({.QueueUrl = "other", .MessageBody = "theirs"});
    world.receive_messages({.QueueUrl = "other"});
    world.receive_messages({.QueueUrl = "other"});
    ASSERT_EQ(world.count(world.dead), 4u);

    const auto handle = world.start();
    const auto running = world.tasks().at(0);
    EXPECT_EQ(running.Status, "RUNNING");
    EXPECT_EQ(running.TaskHandle, handle);
    EXPECT_EQ(running.ApproximateNumberOfMessagesToMove, 4);
    EXPECT_EQ(running.ApproximateNumberOfMessagesMoved, 0);
    EXPECT_EQ(running.SourceArn, arn_of("dead"));
    EXPECT_EQ(running.StartedTimestamp, 1'700'000'000'000);
    EXPECT_FALSE(running.DestinationArn);
    EXPECT_FALSE(running.MaxNumberOfMessagesPerSecond);

    world.move();
    const auto done = world.tasks().at(0);
    EXPECT_EQ(done.Status, "COMPLETED");
    EXPECT_EQ(done.ApproximateNumberOfMessagesMoved, 4);
    EXPECT_FALSE(done.TaskHandle);
    EXPECT_FALSE(done.FailureReason);
    EXPECT_EQ(world.count(world.dead), 0u);
    EXPECT_EQ(world.count(world.jobs), 3u);
    EXPECT_EQ(world.count("other"), 1u);
}

TEST(MessageMoveTask, MakesNewMessages) {
    Redrive world(1);
    world.advance(1h);
    const auto before = world.receive_messages({.QueueUrl = world.dead, .VisibilityTimeout = 0}).at(0);
    world.start({.SourceArn = arn_of("dead"), .DestinationArn = arn_of("jobs")});
    world.move();
    const auto after = world.receive_messages({.QueueUrl = world.jobs, .AttributeNames = {{"All"}}}).at(0);
    EXPECT_EQ(after.Body, before.Body);
    EXPECT_NE(after.MessageId, before.MessageId);
    EXPECT_EQ(after.Attributes->at("ApproximateReceiveCount"), "1");
    EXPECT_EQ(after.Attributes->at("SentTimestamp"), std::to_string(1'700'003'600'000));
    EXPECT_FALSE(after.Attributes->contains("DeadLetterQueueSourceArn"));
}

TEST(MessageMoveTask, MovesToAnyQueueOfTheSameKind) {
    Redrive world(2);
    const auto other = world.create({.QueueName = "other"});
    world.start({.SourceArn = arn_of("dead"), .DestinationArn = arn_of("other")});
    world.move();
    EXPECT_EQ(world.count(other), 2u);
    EXPECT_EQ(world.tasks().at(0).DestinationArn, arn_of("other"));
}

TEST(MessageMoveTask, KeepsItsPaceOnTheCloudsClock) {
    Redrive world(10);
    world.start({.SourceArn = arn_of("dead"), .MaxNumberOfMessagesPerSecond = 2});
    for (size_t moved = 1; moved <= 9; ++moved) {
        world.move();
        EXPECT_EQ(world.count(world.jobs), moved);
        EXPECT_EQ(world.tasks().at(0).Status, "RUNNING");
        world.advance(500ms);
    }
    world.move();
    EXPECT_EQ(world.tasks().at(0).Status, "COMPLETED");
    EXPECT_EQ(world.count(world.jobs), 10u);
}

TEST(MessageMoveTask, RunsByItselfWhileTheClockGoesOn) {
    Redrive world(3);
    world.run([](Redrive& world) -> Task<void> {
        world.mover.start();
        co_await world.service.start_message_move_task(
            world.call, {.SourceArn = arn_of("dead"), .MaxNumberOfMessagesPerSecond = 1});
        co_await world.clock.advance(3s);
    }(world));
    EXPECT_EQ(world.tasks().at(0).Status, "COMPLETED");
    EXPECT_EQ(world.count(world.jobs), 3u);
}

TEST(MessageMoveTask, GoesOnInANewProcess) {
    Redrive world(4);
    world.start({.SourceArn = arn_of("dead"), .MaxNumberOfMessagesPerSecond = 1});
    world.move();
    EXPECT_EQ(world.count(world.jobs), 1u);
    Mover next(*world.store);
    world.run([](Redrive& world, Mover& next) -> Task<void> {
        next.start();
        co_await world.clock.advance(10s);
        co_await next.stop();
    }(world, next));
    EXPECT_EQ(world.tasks().at(0).ApproximateNumberOfMessagesMoved, 4);
    EXPECT_EQ(world.count(world.jobs), 4u);
}

TEST(MessageMoveTask, StopsWhenItIsCancelled) {
    Redrive world(5);
    const auto handle = world.start({.SourceArn = arn_of("dead"), .MaxNumberOfMessagesPerSecond = 1});
    world.move();
    world.advance(1s);
    world.move();
    EXPECT_EQ(world.cancel(handle), 2);
    world.advance(10s);
    world.move();
    EXPECT_EQ(world.count(world.dead), 3u);
    EXPECT_EQ(world.tasks().at(0).Status, "CANCELLED");
    EXPECT_EQ(world.error_of([&] { world.cancel(handle); }), "404 ResourceNotFoundException: Task does not exist.");
    EXPECT_NO_THROW(world.start());
}

TEST(MessageMoveTask, FailsWhereAMessageHasNoWayBack) {
    Redrive world(1);
    world.send({.QueueUrl = world.dead, .MessageBody = "sent here"});
    world.start();
    world.move();
    auto failed = world.tasks().at(0);
    EXPECT_EQ(failed.Status, "FAILED");
    EXPECT_EQ(failed.FailureReason, "CouldNotDetermineMessageSource");
    EXPECT_EQ(failed.ApproximateNumberOfMessagesMoved.value() + static_cast<int64_t>(world.count(world.dead)), 2);

    const auto other = world.create({.QueueName = "other"});
    world.start({.SourceArn = arn_of("dead"), .DestinationArn = arn_of("other")});
    world.run(world.service.delete_queue(world.call, {other}));
    world.move();
    failed = world.tasks().at(0);
    EXPECT_EQ(failed.Status, "FAILED");
    EXPECT_EQ(failed.FailureReason, "AWS.SimpleQueueService.NonExistentQueue");
}

TEST(MessageMoveTask, KeepsTheGroupsOfAFifoQueueInOrder) {
    Redrive world;
    const std::map<std::string, std::string> fifo{{"FifoQueue", "true"}, {"ContentBasedDeduplication", "true"}};
    world.create({.QueueName = "dead.fifo", .Attributes = fifo});
    auto attributes = fifo;
    attributes["VisibilityTimeout"] = "0";
    attributes["RedrivePolicy"] =
        fmt::format(R"({{"deadLetterTargetArn":"{}","maxReceiveCount":1}})", arn_of("dead.fifo"));
    const auto jobs = world.create({.QueueName = "jobs.fifo", .Attributes = attributes});
    for (const auto* body : {"1", "2", "3"}) {
        world.send({.QueueUrl = jobs, .MessageBody = body, .MessageGroupId = "g"});
    }
    for (int i = 0; i < 5; ++i) world.receive_messages({.QueueUrl = jobs, .MaxNumberOfMessages = 10});
    ASSERT_EQ(world.count("dead.fifo"), 3u);
    EXPECT_EQ(
        world.error_of([&] { world.start({.SourceArn = arn_of("dead.fifo"), .DestinationArn = arn_of("jobs")}); }),
        "400 InvalidParameterValue: The source queue and destination queue must be of the same queue type.");
    world.start({.SourceArn = arn_of("dead.fifo")});
    world.move();
    Bodies bodies;
    for (const auto& message : world.receive_messages(
             {.QueueUrl = jobs, .AttributeNames = {{"All"}}, .MaxNumberOfMessages = 10, .VisibilityTimeout = 30})) {
        bodies.push_back(*message.Body);
        EXPECT_EQ(message.Attributes->at("MessageGroupId"), "g");
    }
    EXPECT_THAT(bodies, ElementsAre("1", "2", "3"));
}

TEST(MessageMoveTask, IsRefusedAsAtAws) {
    Redrive world(1);
    const auto start = [&](aws::sqs::StartMessageMoveTaskRequest request) {
        return world.error_of([&] { world.start(request); });
    };
    const auto dead = arn_of("dead");
    EXPECT_EQ(
        start({.SourceArn = arn_of("none")}),
        "404 ResourceNotFoundException: The resource that you specified for the SourceArn parameter doesn't exist.");
    EXPECT_EQ(start({.SourceArn = arn_of("jobs")}),
              "400 InvalidParameterValue: Source queue must be configured as a Dead Letter Queue.");
    EXPECT_EQ(start({.SourceArn = dead, .DestinationArn = arn_of("none")}),
              "404 ResourceNotFoundException: The resource that you specified for the DestinationArn parameter doesn't "
              "exist.");
    EXPECT_EQ(start({.SourceArn = dead, .DestinationArn = dead}),
              "400 InvalidParameterValue: Source queue arn and destination queue arn cannot be the same.");
    for (const int rate : {0, 501}) {
        EXPECT_EQ(start({.SourceArn = dead, .MaxNumberOfMessagesPerSecond = rate}),
                  "400 InvalidParameterValue: Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: You "
                  "must enter a number that's between 1 and 500.");
    }
    EXPECT_NE(start({.SourceArn = "dead"}), "");
    EXPECT_EQ(start({.SourceArn = dead, .MaxNumberOfMessagesPerSecond = 500}), "");
    EXPECT_EQ(
        start({.SourceArn = dead}),
        "400 InvalidParameterValue: There is already a task running. Only one active task is allowed for a source "
        "queue arn at a given time.");

    const auto cancel = [&](std::string handle) { return world.error_of([&] { world.cancel(handle); }); };
    EXPECT_EQ(cancel("foobared"), "400 InvalidParameterValue: Value for parameter TaskHandle is invalid.");
    const auto handle = [](std::string_view arn) {
        return to_base64(fmt::format(R"({{"taskId":"10f6f8e7-6b6f-4a4c-9b3a-000000000000","sourceArn":"{}"}})", arn));
    };
    EXPECT_EQ(
        cancel(handle(arn_of("none"))),
        "404 ResourceNotFoundException: The resource that you specified for the SourceArn parameter doesn't exist.");
    EXPECT_EQ(cancel(handle(dead)), "404 ResourceNotFoundException: Task does not exist.");
    EXPECT_NE(world.error_of([&] { world.tasks(11); }), "");
}

TEST(MessageMoveTask, AreListedNewestFirstAndTenAreKept) {
    Redrive world;
    for (int i = 0; i < 12; ++i) {
        world.start({.SourceArn = arn_of("dead"), .MaxNumberOfMessagesPerSecond = i + 1});
        world.move();
        world.advance(1s);
    }
    EXPECT_EQ(world.tasks().size(), 1u);
    std::vector<int32_t> rates;
    for (const auto& task : world.tasks(10)) rates.push_back(*task.MaxNumberOfMessagesPerSecond);
    EXPECT_THAT(rates, ElementsAre(12, 11, 10, 9, 8, 7, 6, 5, 4, 3));
}

TEST(MessageMoveTask, EndsWithItsQueue) {
    Redrive world(2);
    world.start({.SourceArn = arn_of("dead"), .MaxNumberOfMessagesPerSecond = 1});
    world.run(world.service.delete_queue(world.call, {world.dead}));
    EXPECT_EQ(world.run(world.mover.step()), std::nullopt);
    world.create({.QueueName = "dead"});
    EXPECT_TRUE(world.tasks().empty());
}

}  // namespace
}  // namespace cumulet::sqs
