#include "services/dynamodb/allowance.h"
#include "services/dynamodb/tests/support/world.h"

namespace cumulet::dynamodb {
namespace {

TEST(Allowance, GrowsByTheSecondAndKeepsFiveMinutes) {
    const Time start(1'700'000'000s);
    struct Row {
        std::string_view name;
        double units;
        Duration taken_at;
        double taken;
        Duration asked_at;
        double left;
    };
    for (const auto& row :
         {Row{"the first second's worth is there at once", 5, 0s, 0, 0s, 5},
          Row{"what is taken is gone", 5, 0s, 3, 0s, 2}, Row{"it comes back", 5, 0s, 5, 1s, 5},
          Row{"by fractions", 5, 0s, 5, 100ms, 0.5}, Row{"what is not used is kept", 5, 0s, 0, 10s, 55},
          Row{"for 300 seconds", 5, 0s, 0, 1h, 1500}, Row{"what was overdrawn is paid back first", 5, 0s, 20, 2s, -5},
          Row{"nothing is taken twice for an earlier moment", 5, 10s, 1, 5s, 54}}) {
        Allowance allowance(row.units, start);
        allowance.take(row.taken, row.units, start + row.taken_at);
        EXPECT_NEAR(allowance.left(row.units, start + row.asked_at), row.left, 1e-9) << row.name;
    }
}

constexpr const char* of_table =
    "ProvisionedThroughputExceededException: The level of configured provisioned throughput for the table was "
    "exceeded. "
    "Consider increasing your provisioning level with the UpdateTable API.";
constexpr const char* of_index =
    "ProvisionedThroughputExceededException: The level of configured provisioned throughput for one or more global "
    "secondary indexes of the table was exceeded. Consider increasing your provisioning level for the "
    "under-provisioned "
    "global secondary indexes with the UpdateTable API.";
constexpr const char* of_maximum =
    "ThrottlingException: Throughput exceeds the maximum OnDemandThroughput configured on table or index";

struct Throttled : World {
    explicit Throttled(bool throttling = true) : World({.throttling = throttling}) {}

    CreateTableInput request() {
        return {.AttributeDefinitions = {{{.AttributeName = "pk", .AttributeType = "S"}}},
                .TableName = "orders",
                .KeySchema = {{{.AttributeName = "pk", .KeyType = "HASH"}}}};
    }
    void make_provisioned(int64_t reads, int64_t writes) {
        auto wanted = request();
        wanted.ProvisionedThroughput = {.ReadCapacityUnits = reads, .WriteCapacityUnits = writes};
        run(service.create_table(call, wanted));
    }
    /// The same with an index of the attribute "state", with its own units.
    void make_indexed(int64_t reads, int64_t writes) {
        auto wanted = request();
        wanted.ProvisionedThroughput = {.ReadCapacityUnits = 100, .WriteCapacityUnits = 100};
        wanted.AttributeDefinitions->push_back({.AttributeName = "state", .AttributeType = "S"});
        wanted.GlobalSecondaryIndexes = {
            {{.IndexName = "by-state",
              .KeySchema = {{.AttributeName = "state", .KeyType = "HASH"}},
              .Projection = {.ProjectionType = "ALL"},
              .ProvisionedThroughput = {{.ReadCapacityUnits = reads, .WriteCapacityUnits = writes}}}}};
        run(service.create_table(call, wanted));
    }
    void make_on_demand(std::optional<OnDemandThroughput> maximum) {
        auto wanted = request();
        wanted.BillingMode = "PAY_PER_REQUEST";
        wanted.OnDemandThroughput = maximum;
        run(service.create_table(call, wanted));
    }
    static AttributeMap item(int number) {
        return AttributeMap::from_json(fmt::format(R"({{"pk":{{"S":"{}"}},"state":{{"S":"open"}}}})", number));
    }
    static AttributeMap key(int number) {
        return AttributeMap::from_json(fmt::format(R"({{"pk":{{"S":"{}"}}}})", number));
    }
    void put(int number) { run(service.put_item(call, {.TableName = "orders", .Item = item(number)})); }
    void get(int number) {
        run(service.get_item(call, {.TableName = "orders", .Key = key(number), .ConsistentRead = true}));
    }
    /// How often `action` may be called before it is refused, and with what.
    std::pair<int, std::string> times(auto action) {
        for (int done = 0; done < 1000; ++done) {
            if (auto said = refusal([&] { action(done); }); !said.empty()) return {done, said};
        }
        return {1000, ""};
    }
};

using Times = std::pair<int, std::string>;

TEST(Throttling, IsOffUnlessItIsWanted) {
    Throttled world(false);
    world.make_provisioned(1, 1);
    EXPECT_EQ(world.times([&](int number) { world.put(number % 7); }).first, 1000);
}

TEST(Throttling, HoldsATableToItsUnitsAndLetsItSaveThem) {
    Throttled world;
    world.make_provisioned(2, 5);
    const auto put = [&](int number) { world.put(number); };
    const auto get = [&](int number) { world.get(number); };
    EXPECT_EQ(world.times(put), Times(5, of_table));
    EXPECT_EQ(world.times(get), Times(2, of_table));
    world.clock_forward(1s);
    EXPECT_EQ(world.times(put).first, 5);
    world.clock_forward(10s);
    EXPECT_EQ(world.times(put).first, 50);
    world.clock_forward(24h);
    EXPECT_EQ(world.times(get).first, 600);
}

TEST(Throttling, SaysWhatIsShort) {
    Throttled world;
    world.make_provisioned(1, 1);
    world.put(1);
    try {
        world.put(2);
        FAIL();
    } catch (const ProvisionedThroughputExceededException& error) {
        ASSERT_TRUE(error.ThrottlingReasons);
        EXPECT_EQ(error.ThrottlingReasons->at(0).reason, "TableWriteProvisionedThroughputExceeded");
        EXPECT_EQ(error.ThrottlingReasons->at(0).resource, "arn:aws:dynamodb:us-east-1:000000000000:table/orders");
    }
}

TEST(Throttling, CountsEveryKindOfSingleRequest) {
    Throttled world;
    world.make_provisioned(1, 1);
    const std::vector<std::pair<std::string, std::function<void()>>> writes = {
        {"PutItem", [&] { world.put(1); }},
        {"UpdateItem", [&] { world.update("orders", R"({"pk":{"S":"1"}})", "SET n = :n", R"({":n":{"N":"1"}})"); }},
        {"DeleteItem",
         [&] { world.run(world.service.delete_item(world.call, {.TableName = "orders", .Key = world.key(1)})); }},
        {"INSERT", [&] {
             world.run(
                 world.service.execute_statement(world.call, {.Statement = "INSERT INTO orders VALUE {'pk': '1'}"}));
         }}};
    for (const auto& [name, write] : writes) {
        EXPECT_EQ(refusal(write), "") << name;
        EXPECT_EQ(refusal([&] { world.put(2); }), of_table) << name;
        EXPECT_EQ(refusal(write), of_table) << name;
        world.clock_forward(1s);
    }
    const std::vector<std::pair<std::string, std::function<void()>>> reads = {
        {"GetItem", [&] { world.get(1); }},
        {"Query",
         [&] {
             auto query = world.query_of("orders", "pk = :pk", R"({":pk":{"S":"1"}})");
             query.ConsistentRead = true;
             world.run(world.service.query(world.call, query));
         }},
        {"Scan", [&] { world.run(world.service.scan(world.call, {.TableName = "orders", .ConsistentRead = true})); }},
        {"SELECT", [&] {
             world.run(world.service.execute_statement(
                 world.call, {.Statement = "SELECT * FROM orders WHERE pk = '1'", .ConsistentRead = true}));
         }}};
    world.times([&](int) { world.get(1); });  // what was saved until now
    for (const auto& [name, read] : reads) {
        world.clock_forward(1s);
        EXPECT_EQ(refusal(read), "") << name;
        EXPECT_EQ(refusal(read), of_table) << name;
    }
}

TEST(Throttling, CountsAWriteThatItsConditionStops) {
    Throttled world;
    world.make_provisioned(1, 2);
    world.put(1);
    const auto put_new = [&] {
        world.run(world.service.put_item(
            world.call,
            {.TableName = "orders", .Item = world.item(1), .ConditionExpression = "attribute_not_exists(pk)"}));
    };
    EXPECT_EQ(refusal(put_new), "ConditionalCheckFailedException: The conditional request failed");
    EXPECT_EQ(refusal(put_new), of_table);
}

TEST(Throttling, LetsInWhatIsLargerThanASecondsWorthAndMakesTheNextWait) {
    Throttled world;
    world.make_provisioned(1, 1);
    const auto large =
        AttributeMap::from_json(fmt::format(R"({{"pk":{{"S":"1"}},"b":{{"S":"{}"}}}})", std::string(9 * 1024, 'x')));
    world.run(world.service.put_item(world.call, {.TableName = "orders", .Item = large}));
    world.clock_forward(5s);
    EXPECT_EQ(refusal([&] { world.put(2); }), of_table);
    world.clock_forward(5s);
    EXPECT_EQ(refusal([&] { world.put(2); }), "");
}

TEST(Throttling, HoldsAGlobalIndexToItsOwnUnits) {
    Throttled world;
    world.make_indexed(1, 3);
    EXPECT_EQ(world.times([&](int number) { world.put(number); }), Times(3, of_index));
    // What does not touch the index goes on.
    world.run(world.service.put_item(world.call, {.TableName = "orders", .Item = world.key(9)}));
    auto query = world.query_of("orders", "#s = :s", R"({":s":{"S":"open"}})");
    query.ExpressionAttributeNames = {{{"#s", "state"}}};
    query.IndexName = "by-state";
    const auto ask = [&](int) { world.run(world.service.query(world.call, query)); };
    EXPECT_EQ(world.times(ask), Times(2, of_index));
    EXPECT_EQ(refusal([&] { world.get(1); }), "");
    try {
        world.put(100);
        FAIL();
    } catch (const ProvisionedThroughputExceededException& error) {
        EXPECT_EQ(error.ThrottlingReasons->at(0).reason, "IndexWriteProvisionedThroughputExceeded");
        EXPECT_EQ(error.ThrottlingReasons->at(0).resource,
                  "arn:aws:dynamodb:us-east-1:000000000000:table/orders/index/by-state");
    }
}

TEST(Throttling, OnDemandHasOnlyItsMaximum) {
    Throttled world;
    world.make_on_demand({{.MaxWriteRequestUnits = 4}});
    EXPECT_EQ(world.times([&](int number) { world.put(number); }), Times(4, of_maximum));
    EXPECT_EQ(world.times([&](int number) { world.get(number); }).first, 1000);
    world.run(world.service.update_table(
        world.call, {.TableName = "orders", .OnDemandThroughput = {{.MaxWriteRequestUnits = -1}}}));
    EXPECT_EQ(world.times([&](int number) { world.put(number); }).first, 1000);
}

TEST(Throttling, FollowsAChangeOfTheTable) {
    Throttled world;
    world.make_provisioned(1, 1);
    EXPECT_EQ(world.times([&](int number) { world.put(number); }).first, 1);
    world.run(world.service.update_table(
        world.call,
        {.TableName = "orders", .ProvisionedThroughput = {{.ReadCapacityUnits = 1, .WriteCapacityUnits = 20}}}));
    world.clock_forward(1s);
    EXPECT_EQ(world.times([&](int number) { world.put(number); }).first, 20);
    world.run(world.service.delete_table(world.call, {.TableName = "orders"}));
    world.make_provisioned(1, 3);
    EXPECT_EQ(world.times([&](int number) { world.put(number); }).first, 3);
}

TEST(Throttling, LeavesPartsOfABatchUnprocessed) {
    Throttled world;
    world.make_provisioned(3, 3);
    BatchWriteItemInput writes;
    for (int number = 0; number < 5; ++number) {
        writes.RequestItems["orders"].push_back({.PutRequest = {{.Item = world.item(number)}}});
    }
    const auto written = world.run(world.service.batch_write_item(world.call, writes));
    EXPECT_EQ(written.UnprocessedItems->at("orders").size(), 2u);
    EXPECT_EQ(written.UnprocessedItems->at("orders")[0].PutRequest->Item, world.item(3));
    EXPECT_EQ(refusal([&] { world.run(world.service.batch_write_item(world.call, writes)); }), of_table);

    BatchGetItemInput reads;
    reads.RequestItems["orders"].ConsistentRead = true;
    for (int number = 0; number < 5; ++number) reads.RequestItems["orders"].Keys.push_back(world.key(number));
    const auto read = world.run(world.service.batch_get_item(world.call, reads));
    EXPECT_EQ(read.Responses->at("orders").size(), 3u);
    EXPECT_EQ(read.UnprocessedKeys->at("orders").Keys.size(), 2u);
    EXPECT_EQ(read.UnprocessedKeys->at("orders").ConsistentRead, true);
    EXPECT_EQ(refusal([&] { world.run(world.service.batch_get_item(world.call, reads)); }), of_table);
}

/// The codes of a cancelled transaction's parts, "" if it was not cancelled.
std::string codes(auto action) {
    try {
        action();
    } catch (const TransactionCanceledException& error) {
        std::vector<std::string> all;
        for (const auto& reason : *error.CancellationReasons) all.push_back(*reason.Code);
        return fmt::format("{}", fmt::join(all, " "));
    }
    return "";
}

TEST(Throttling, CancelsTransactionsWithAReasonForEachPart) {
    Throttled world;
    world.make_provisioned(4, 4);
    const auto write = [&] {
        TransactWriteItemsInput request;
        for (int number = 0; number < 3; ++number) {
            request.TransactItems.push_back({.Put = {{.Item = world.item(number), .TableName = "orders"}}});
        }
        world.run(world.service.transact_write_items(world.call, request));
    };
    EXPECT_EQ(codes(write), "None None ProvisionedThroughputExceeded");
    world.clock_forward(1s);
    EXPECT_EQ(codes(write), "");
    EXPECT_EQ(codes(write), "None ProvisionedThroughputExceeded ProvisionedThroughputExceeded");
    const auto read = [&] {
        TransactGetItemsInput request;
        for (int number = 0; number < 5; ++number) {
            request.TransactItems.push_back({.Get = {.Key = world.key(number), .TableName = "orders"}});
        }
        world.run(world.service.transact_get_items(world.call, request));
    };
    EXPECT_EQ(codes(read), "None None None None ProvisionedThroughputExceeded");

    Throttled on_demand;
    on_demand.make_on_demand({{.MaxWriteRequestUnits = 1}});
    on_demand.put(1);
    EXPECT_EQ(codes([&] {
                  on_demand.run(on_demand.service.execute_transaction(
                      on_demand.call, {.TransactStatements = {{.Statement = "DELETE FROM orders WHERE pk = '1'"}}}));
              }),
              "ThrottlingError");
}

TEST(Throttling, FailsStatementsOfABatchAlone) {
    Throttled world;
    world.make_provisioned(1, 1);
    const auto answered = world.run(world.service.batch_execute_statement(
        world.call, {.Statements = {{.Statement = "INSERT INTO orders VALUE {'pk': '1'}"},
                                    {.Statement = "INSERT INTO orders VALUE {'pk': '2'}"}}}));
    EXPECT_FALSE(answered.Responses->at(0).Error);
    EXPECT_EQ(answered.Responses->at(1).Error->Code, "ProvisionedThroughputExceeded");
}

}  // namespace
}  // namespace cumulet::dynamodb
