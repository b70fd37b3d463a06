#include "services/dynamodb/expiry.h"
#include "services/dynamodb/streams/service.h"
#include "services/dynamodb/tests/support/world.h"

namespace cumulet::dynamodb {
namespace {

constexpr int64_t now = 1'700'000'000;

struct ExpiryWorld : World {
    ExpiryWorld() {
        make_table("sessions", "");
        begin_work();
    }
    ~ExpiryWorld() { end_work(); }

    void set(bool enabled, std::string attribute = "ends") {
        run(service.update_time_to_live(
            call, {.TableName = "sessions",
                   .TimeToLiveSpecification = {.Enabled = enabled, .AttributeName = std::move(attribute)}}));
    }
    void put(std::string_view pk, int64_t ends) {
        World::put("sessions", fmt::format(R"({{"pk":{{"S":"{}"}},"ends":{{"N":"{}"}}}})", pk, ends));
    }
    /// The keys that are there, in their order.
    std::string there() {
        std::set<std::string> keys;
        const auto output = run(service.scan(call, {.TableName = "sessions"}));
        for (const auto& item : *output.Items) keys.emplace(item.find("pk").content());
        return fmt::format("{}", fmt::join(keys, " "));
    }
    void advance(Duration by) { run(clock.advance(by)); }
};

TEST(Expiry, IsANumberOfSecondsOfTheLastFiveYearsOrLater) {
    const Time at{std::chrono::seconds(now)};
    const auto ends = [&](std::string_view value) {
        return expiry_of(AttributeMap::from_json(fmt::format(R"({{"ends":{}}})", value)), "ends", at);
    };
    EXPECT_EQ(ends(R"({"N":"1700000010"})"), Time(1'700'000'010s));
    EXPECT_EQ(ends(R"({"N":"1700000010.9"})"), Time(1'700'000'010s));
    EXPECT_EQ(ends(R"({"N":"1600000000"})"), Time(1'600'000'000s));
    for (const auto* none : {R"({"S":"1700000010"})", R"({"N":"-5"})", R"({"N":"1500000000"})", R"({"N":"1E30"})",
                             R"({"N":"1700000010000"})"}) {
        EXPECT_EQ(ends(none), std::nullopt) << none;
    }
    EXPECT_EQ(expiry_of(AttributeMap::from_json("{}"), "ends", at), std::nullopt);
}

TEST(TimeToLive, RemovesItemsAtTheirTime) {
    ExpiryWorld world;
    world.set(true);
    world.put("a", now + 10);
    world.put("b", now + 3600);
    world.put("c", now + 20);
    world.put("c", now + 40);  // later after all
    world.World::put("sessions", R"({"pk":{"S":"d"}})");
    world.advance(9s);
    EXPECT_EQ(world.there(), "a b c d");
    world.advance(1s);
    EXPECT_EQ(world.there(), "b c d");
    world.advance(11s);
    EXPECT_EQ(world.there(), "b c d");
    world.advance(1h);
    EXPECT_EQ(world.there(), "d");
}

TEST(TimeToLive, RemovesWhatWasThereBeforeItWasEnabled) {
    ExpiryWorld world;
    for (int number = 0; number < 250; ++number) world.put(std::to_string(number), now + 5);
    world.put("later", now + 50);
    world.set(true);
    world.advance(10s);
    EXPECT_EQ(world.there(), "later");
}

TEST(TimeToLive, LeavesItemsAloneOnceItIsDisabled) {
    ExpiryWorld world;
    world.set(true);
    world.put("a", now + 10);
    world.set(false);
    world.advance(1h);
    EXPECT_EQ(world.there(), "a");
    world.set(true);
    world.advance(1s);
    EXPECT_EQ(world.there(), "");
}

TEST(TimeToLive, TellsTheStreamWhoRemovedTheItem) {
    ExpiryWorld world;
    Streams streams(*world.store);
    world.set(true);
    const auto arn =
        *world
             .run(world.service.update_table(
                 world.call, {.TableName = "sessions",
                              .StreamSpecification = {{.StreamEnabled = true, .StreamViewType = "OLD_IMAGE"}}}))
             .TableDescription->LatestStreamArn;
    world.put("a", now + 10);
    world.advance(1min);
    const auto shard =
        *world.run(streams.describe_stream(world.call, {.StreamArn = arn})).StreamDescription->Shards->front().ShardId;
    const auto iterator = world.run(streams.get_shard_iterator(
        world.call, {.StreamArn = arn, .ShardId = shard, .ShardIteratorType = "TRIM_HORIZON"}));
    const auto records =
        *world.run(streams.get_records(world.call, {.ShardIterator = *iterator.ShardIterator})).Records;
    ASSERT_EQ(records.size(), 2u);
    EXPECT_FALSE(records[0].userIdentity);
    EXPECT_EQ(records[1].eventName, "REMOVE");
    EXPECT_EQ(records[1].userIdentity->PrincipalId, "dynamodb.amazonaws.com");
    EXPECT_EQ(records[1].userIdentity->Type, "Service");
    EXPECT_EQ(records[1].dynamodb->OldImage->json(), R"({"ends":{"N":"1700000010"},"pk":{"S":"a"}})");
}

TEST(TimeToLive, IsChangedInDynamoDBsWords) {
    ExpiryWorld world;
    const auto refused = [&](bool enabled, std::string attribute = "ends") {
        return refusal([&] { world.set(enabled, std::move(attribute)); });
    };
    EXPECT_EQ(refused(false), "ValidationException: TimeToLive is already disabled");
    world.set(true);
    EXPECT_EQ(refused(true), "ValidationException: TimeToLive is already enabled");
    const std::string different =
        "ValidationException: TimeToLive is active on a different AttributeName: current AttributeName is ends";
    EXPECT_EQ(refused(true, "other"), different);
    EXPECT_EQ(refused(false, "other"), different);
    const auto described = world.run(world.service.describe_time_to_live(world.call, {.TableName = "sessions"}));
    EXPECT_EQ(described.TimeToLiveDescription->TimeToLiveStatus, "ENABLED");
    EXPECT_EQ(described.TimeToLiveDescription->AttributeName, "ends");
}

TEST(ExpiredItems, AreCountedByTheDevelopersEndpoint) {
    ExpiryWorld world;
    world.set(true);
    const auto ask = [&](std::string method = "DELETE") {
        http::Request request{.method = std::move(method)};
        request.set_target(std::string(Service::expired_path));
        return world.run(world.service.developer_surface().serve(world.call, std::move(request)));
    };
    EXPECT_EQ(ask().body, R"({"ExpiredItems": 0})");
    world.put("a", now - 10);
    world.put("b", now + 120);
    EXPECT_EQ(ask().body, R"({"ExpiredItems": 1})");
    EXPECT_EQ(world.there(), "b");
    EXPECT_EQ(ask().body, R"({"ExpiredItems": 0})");
    EXPECT_EQ(ask("GET").status, 404);
}

}  // namespace
}  // namespace cumulet::dynamodb
