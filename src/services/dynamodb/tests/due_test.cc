#include "services/dynamodb/due.h"

#include "services/dynamodb/beside.h"
#include "services/dynamodb/tests/support/world.h"

namespace cumulet::dynamodb {
namespace {

/// Workers over one store, and what they did: "kind subject @second".
struct Workplace {
    Clock clock{Time(1'700'000'000s)};
    Reactor reactor{clock, Random(1)};
    std::unique_ptr<store::Store> store = store::open_memory_store();
    std::vector<std::string> done;
    std::vector<std::unique_ptr<DueWorker>> workers;

    ~Workplace() {
        store->wake_all();
        for (auto& worker : workers) reactor.block_on(worker->stop());
    }

    DueWorker::Step step(std::function<bool(DueWork&)> decide = [](DueWork&) { return true; }) {
        return [this, decide](store::Transaction&, DueWork& work) -> Task<bool> {
            const auto second = (Reactor::current().now() - Time(1'700'000'000s)) / 1s;
            done.push_back(fmt::format("{} {} @{}", work.kind, work.subject, second));
            ++work.handled;
            co_return decide(work);
        };
    }
    void plan(std::chrono::seconds after, std::string kind, std::string subject) {
        const DueWork work{.due = Time(1'700'000'000s) + after,
                           .kind = std::move(kind),
                           .scope = {"000000000000", "us-east-1"},
                           .subject = std::move(subject)};
        reactor.block_on(store->transact([&](store::Transaction& tx) -> Task<void> { co_await schedule(tx, work); }));
    }
    DueWorker& begin(std::map<std::string, DueWorker::Step> steps) {
        auto& worker = *workers.emplace_back(std::make_unique<DueWorker>(*store));
        for (auto& [kind, step] : steps) worker.add(kind, std::move(step));
        const auto start = [&worker]() -> Task<void> {
            worker.start();
            co_return;
        };
        reactor.block_on(start());
        return worker;
    }
    void advance(Duration by) { reactor.block_on(clock.advance(by)); }
};

using Done = std::vector<std::string>;

TEST(DueWork, IsDoneAtItsTimeWheneverItWasPlanned) {
    Workplace place;
    place.plan(20s, "a", "late");
    place.plan(-5s, "a", "over");
    place.begin({{"a", place.step()}});
    place.plan(10s, "a", "early");
    place.plan(10s, "a", "early");
    place.advance(9s);
    EXPECT_EQ(place.done, Done{"a over @0"});
    place.advance(1min);
    EXPECT_EQ(place.done, (Done{"a over @0", "a early @10", "a late @20"}));
}

TEST(DueWork, GoesOnFromWhereItsLastStepEnded) {
    Workplace place;
    place.begin({{"a", place.step([](DueWork& work) {
                      work.state += "x";
                      return work.state.size() == 3;
                  })}});
    place.plan(1s, "a", "b");
    place.advance(2s);
    EXPECT_EQ(place.done, (Done{"a b @1", "a b @1", "a b @1"}));
}

TEST(DueWork, ThatFailsIsTriedAgainAndKeepsNothingElseFromBeingDone) {
    Workplace place;
    int failures = 2;
    place.begin({{"a", place.step([&failures](DueWork&) {
                      if (failures-- > 0) throw std::runtime_error("not yet");
                      return true;
                  })},
                 {"b", place.step()}});
    place.plan(1s, "a", "first");
    place.plan(1s, "b", "second");
    place.advance(1s);
    EXPECT_EQ(place.done, (Done{"a first @1", "b second @1"}));
    place.advance(10s);
    EXPECT_EQ(place.done, (Done{"a first @1", "b second @1", "a first @1", "a first @1"}));
}

TEST(DueWork, IsLeftToWhoComesAfterARestart) {
    Workplace place;
    place.plan(5s, "a", "b");
    place.advance(1h);
    place.begin({{"a", place.step()}});
    place.advance(1s);
    EXPECT_EQ(place.done, Done{"a b @3600"});
}

TEST(DueWork, OfOneKindIsFinishedOnRequest) {
    Workplace place;
    DueWorker worker(*place.store);
    worker.add("a", place.step());
    worker.add("b", place.step());
    place.plan(0s, "b", "other");
    place.plan(0s, "a", "one");
    place.plan(-1s, "a", "two");
    place.plan(10s, "a", "later");
    place.reactor.block_on(worker.finish("a"));
    EXPECT_EQ(place.done, (Done{"a two @0", "a one @0"}));
    EXPECT_EQ(worker.take_handled("a"), 2u);
    EXPECT_EQ(worker.take_handled("a"), 0u);
}

TEST(ContributorInsights, HaveTheModeThatIsNamedLast) {
    World world;
    world.make_table("orders");
    const auto enable = [&](std::optional<std::string> mode) {
        const auto answer = world.run(world.service.update_contributor_insights(
            world.call,
            {.TableName = "orders", .ContributorInsightsAction = "ENABLE", .ContributorInsightsMode = mode}));
        const auto described =
            world.run(world.service.describe_contributor_insights(world.call, {.TableName = "orders"}));
        return fmt::format("{} {} {}", *answer.ContributorInsightsStatus, *described.ContributorInsightsMode,
                           described.ContributorInsightsRuleList->size());
    };
    EXPECT_EQ(enable({}), "ENABLING ACCESSED_AND_THROTTLED_KEYS 4");
    EXPECT_EQ(enable("THROTTLED_KEYS"), "ENABLING THROTTLED_KEYS 2");
    EXPECT_EQ(enable("THROTTLED_KEYS"), "ENABLED THROTTLED_KEYS 2");
    EXPECT_EQ(enable({}), "ENABLING ACCESSED_AND_THROTTLED_KEYS 4");
    EXPECT_EQ(enable({}), "ENABLED ACCESSED_AND_THROTTLED_KEYS 4");
}

TEST(Settings, LeaveWithTheirTable) {
    World world;
    world.make_table("orders", "");
    const std::string stream = "arn:aws:kinesis:us-east-1:000000000000:stream/changes";
    const auto destinations = [&] {
        return world.run(world.service.describe_kinesis_streaming_destination(world.call, {.TableName = "orders"}))
            .KinesisDataStreamDestinations->size();
    };
    world.run(
        world.service.enable_kinesis_streaming_destination(world.call, {.TableName = "orders", .StreamArn = stream}));
    world.run(world.service.update_contributor_insights(
        world.call, {.TableName = "orders", .ContributorInsightsAction = "ENABLE"}));
    EXPECT_EQ(refusal([&] {
                  world.run(world.service.update_contributor_insights(
                      world.call, {.TableName = "orders", .IndexName = "none", .ContributorInsightsAction = "ENABLE"}));
              }),
              "ResourceNotFoundException: Requested resource not found: Index: none not found for table: orders");
    EXPECT_EQ(destinations(), 1u);
    EXPECT_EQ(world.run(world.service.list_contributor_insights(world.call, {})).ContributorInsightsSummaries->size(),
              1u);
    world.run(world.service.delete_table(world.call, {.TableName = "orders"}));
    world.make_table("orders", "");
    EXPECT_EQ(destinations(), 0u);
    EXPECT_TRUE(
        world.run(world.service.list_contributor_insights(world.call, {})).ContributorInsightsSummaries->empty());
}

}  // namespace
}  // namespace cumulet::dynamodb
