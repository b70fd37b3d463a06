// Which process polls a mapping, and what another one's end means for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/lambda/poller.h"
#include "services/lambda/tests/support/cloud.h"
#include "store/memory/memory_store.h"

namespace cumulet::lambda {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;

/// One process of a cloud, which polls what it may, and a store that another one has used.
class Process {
  public:
    explicit Process(bool shared) : pollers_(*store, door_, tasks_, shared, hooks()) {
        queues.store = store.get();
        door_.apis = {{"sqs", &queues}};
        save([&](store::Transaction& tx) {
            save_mapping(tx, name, mapping());
            save_lease(tx, name.uuid, "another");
        });
    }
    static Mapping mapping() {
        Mapping mapping;
        mapping.configuration.EventSourceArn = "arn:aws:sqs:us-east-1:000000000000:jobs";
        mapping.configuration.FunctionArn = "arn:aws:lambda:us-east-1:000000000000:function:f";
        return mapping;
    }
    ~Process() {
        holds = false;
        held_.wake("");
        store->wake_all();
        reactor.block_on(tasks_.stop());
    }

    void save(std::function<void(store::Transaction&)> change) {
        reactor.block_on(store->transact([&](store::Transaction& tx) -> Task<void> {
            change(tx);
            co_return;
        }));
    }
    void start() {
        reactor.block_on([](Process& process) -> Task<void> {
            process.tasks_.start(process.pollers_.supervise());
            co_await process.queues.send_message(process.call, {.QueueUrl = "jobs", .MessageBody = "x"});
        }(*this));
        settle();
    }
    void settle() {
        while (reactor.run_ready()) {
        }
    }
    /// Lets the functions that run end, once.
    void let_go() {
        held_.wake("");
        settle();
    }
    void advance(Duration by) {
        reactor.block_on(clock.advance(by));
        settle();
    }

    const MappingName name{.account = "000000000000", .region = "us-east-1", .uuid = "m"};
    Clock clock{Time(std::chrono::seconds(1'700'000'000))};
    Reactor reactor{clock, Random(1)};
    std::unique_ptr<store::Store> store = store::open_memory_store();
    Queues queues;
    Call call{reactor, "request"};
    bool holds = false;  // functions run until they are let go
    size_t running = 0;

  private:
    PollerHooks hooks() {
        return {.run = [this](Call&, FunctionName, std::string) -> Task<PollerHooks::Ran> {
                    ++running;
                    if (holds) co_await held_.wait("", held_.version(""), Time::max());
                    --running;
                    co_return PollerHooks::Ran{.outcome = {.payload = "null"}, .version = "1"};
                },
                .deliver = [](Call&, std::string, std::string, std::string) -> Task<bool> { co_return true; },
                .measure = [](const FunctionName&, contracts::MetricSample) {},
                .measure_mapping = [](const MappingName&, contracts::MetricSample) {},
                .rest = {},
                .most_batches = 12};
    }

    Gates held_{1};
    CloudDoor door_;
    TaskGroup tasks_;
    Pollers pollers_;
};

TEST(QueuePollers, HaveMoreBatchesAtOnceWhileMessagesAreLeft) {
    Process process(false);
    process.holds = true;
    process.start();
    for (int message = 0; message < 200; ++message) {
        process.reactor.block_on(
            process.queues.send_message(process.call, {.QueueUrl = "jobs", .MessageBody = std::to_string(message)}));
    }
    process.settle();
    EXPECT_EQ(process.running, 12U) << "as many as the hooks allow";
    process.save([&](store::Transaction& tx) {
        Mapping mapping = process.mapping();
        mapping.configuration.ScalingConfig.emplace().MaximumConcurrency = 2;
        save_mapping(tx, process.name, mapping);
    });
    process.let_go();
    EXPECT_EQ(process.running, 2U);
    process.holds = false;
    for (int round = 0; round < 30; ++round) process.let_go();
    EXPECT_EQ(process.queues.deleted.size(), 201U);
}

TEST(Leases, OfAnEarlierLifeAreTakenOverAtOnceWhereTheStoreIsOwn) {
    Process process(false);
    process.save([&](store::Transaction& tx) { save_heartbeat(tx, "another", process.clock.now() + 10s); });
    process.start();
    EXPECT_THAT(process.queues.deleted, Contains("x"));
}

TEST(Leases, OfAProcessThatLivesAreLeftToItUntilItFallsSilent) {
    Process process(true);
    process.save([&](store::Transaction& tx) { save_heartbeat(tx, "another", process.clock.now() + 10s); });
    process.start();
    EXPECT_THAT(process.queues.deleted, IsEmpty());
    process.advance(9s);
    EXPECT_THAT(process.queues.deleted, IsEmpty());
    process.advance(4s);
    EXPECT_THAT(process.queues.deleted, Contains("x"));
}

TEST(Leases, OfAProcessThatNobodyKnowsAreTakenOverAtOnce) {
    Process process(true);
    process.start();
    EXPECT_THAT(process.queues.deleted, Contains("x"));
}

TEST(Leases, AreKeptByHeartbeats) {
    Process process(true);
    process.start();
    process.advance(1h);
    const auto lives = process.reactor.block_on(process.store->transact([&](store::Transaction& tx) -> Task<bool> {
        const auto until = co_await find_heartbeat(tx, co_await find_lease(tx, process.name.uuid));
        co_return until && *until > process.clock.now();
    }));
    EXPECT_TRUE(lives);
}

}  // namespace
}  // namespace cumulet::lambda
