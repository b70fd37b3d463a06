// Queues that an earlier Cumulet stored.

#include "services/sqs/tests/support/world.h"
#include "store/record.h"

namespace cumulet::sqs {
namespace {

using store::Key;
using store::RecordWriter;

constexpr uint64_t generation = 77;
const Time sent{1'699'999'000s};

Key key(std::string_view collection) {
    return Key(std::string_view("000000000000"), std::string_view("us-east-1"), std::string_view("sqs"), collection);
}

void put_former_message(store::Transaction& tx, int number, Time visible_at, int64_t receive_count) {
    const auto id = fmt::format("00000000-0000-4000-8000-{:012}", number);
    auto waiting = key("waiting") << generation << visible_at;
    tx.put(waiting.raw(id).bytes(), RecordWriter(1).time(sent).number(receive_count).time(sent).boolean(false).take());
    auto message = key("message") << generation << sent;
    tx.put(message.raw(id).bytes(),
           RecordWriter(1).text(std::to_string(number)).text("").text("sender").time(sent).text("").number(0).take());
}

TEST(FormerStorage, IsBroughtUpToDateByWhoeverUsesTheQueue) {
    World world;
    constexpr int messages = 1200;
    world.run(world.store->transact([](store::Transaction& tx) -> Task<void> {
        tx.put(key("queue") << std::string_view("old"), RecordWriter(1)
                                                            .number(static_cast<int64_t>(generation))
                                                            .time(sent)
                                                            .time(sent)
                                                            .texts({{"VisibilityTimeout", "60"}})
                                                            .texts({})
                                                            .take());
        for (int i = 0; i < messages; ++i) {
            put_former_message(tx, i, i % 3 == 0 ? sent : Time(1'700'000'000s) + 30s, i % 3 == 1 ? 1 : 0);
        }
        co_return;
    }));
    const auto count = [&](const std::string& state) {
        const auto name = "ApproximateNumberOfMessages" + state;
        return world.run(world.service.get_queue_attributes(world.call, {"old", std::vector{name}}))
            .Attributes->at(name);
    };
    for (int i = 0; i < 3; ++i) count("");
    EXPECT_EQ(count(""), "400");
    EXPECT_EQ(count("NotVisible"), "400");
    EXPECT_EQ(count("Delayed"), "400");
    world.advance(30s);
    std::set<std::string> bodies;
    for (int i = 0; i < messages / 10; ++i) {
        for (auto& message : world.receive_messages({.QueueUrl = "old", .MaxNumberOfMessages = 10})) {
            bodies.insert(*message.Body);
            world.run(world.service.delete_message(world.call, {"old", *message.ReceiptHandle}));
        }
    }
    EXPECT_EQ(bodies.size(), static_cast<size_t>(messages));
    const auto rows = world.run(world.store->transact(
        [](store::Transaction& tx) -> Task<std::vector<store::Entry>> { return tx.scan(store::Range{}, {}); }));
    EXPECT_EQ(rows.size(), 2u);  // two queues
}

TEST(FormerStorage, KnowsWhoseDeadLettersComeWhere) {
    World world;
    const auto dead = world.create({.QueueName = "dead"});
    const std::string policy =
        R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":3})";
    world.run(world.store->transact([&](store::Transaction& tx) -> Task<void> {
        RecordWriter record(2);
        record.number(static_cast<int64_t>(generation)).time(sent).time(sent).texts({{"RedrivePolicy", policy}});
        tx.put(key("queue") << std::string_view("old"), record.texts({}).take());
        co_return;
    }));
    const auto sources = [&] {
        return world.run(world.service.list_dead_letter_source_queues(world.call, {.QueueUrl = dead})).queueUrls;
    };
    EXPECT_THAT(sources(), testing::ElementsAre(testing::EndsWith("/old")));
    world.run(
        world.service.start_message_move_task(world.call, {.SourceArn = "arn:aws:sqs:us-east-1:000000000000:dead"}));
    world.run(world.service.delete_queue(world.call, {"old"}));
    EXPECT_TRUE(sources().empty());
}

}  // namespace
}  // namespace cumulet::sqs
