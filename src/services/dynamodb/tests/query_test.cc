#include "services/dynamodb/tests/support/world.h"

namespace cumulet::dynamodb {
namespace {

struct Numbered : World {
    Numbered() {
        make_table("orders", "N");
        for (const auto* number : {"-10", "-2.5", "0", "1", "2", "10", "100"}) {
            put("orders", fmt::format(R"({{"pk":{{"S":"a"}},"sk":{{"N":"{}"}},"even":{{"BOOL":{}}}}})", number,
                                      std::stod(number) / 2 == std::floor(std::stod(number) / 2)));
        }
        put("orders", R"({"pk":{"S":"b"},"sk":{"N":"5"}})");
    }
    std::string found(std::string range_condition, std::string_view values = "") {
        return range_keys(run(service.query(
            call, query_of("orders", "pk = :a" + range_condition, fmt::format(R"({{":a":{{"S":"a"}}{}}})", values)))));
    }
};

TEST(Query, SortsNumbersByValue) {
    Numbered world;
    EXPECT_EQ(world.found(""), "-10 -2.5 0 1 2 10 100");
}

TEST(Query, ReadsTheRangeThatItsConditionNames) {
    Numbered world;
    const std::string_view two = R"(,":x":{"N":"2"})";
    EXPECT_EQ(world.found(" AND sk = :x", two), "2");
    EXPECT_EQ(world.found(" AND sk < :x", two), "-10 -2.5 0 1");
    EXPECT_EQ(world.found(" AND sk <= :x", two), "-10 -2.5 0 1 2");
    EXPECT_EQ(world.found(" AND sk > :x", two), "10 100");
    EXPECT_EQ(world.found(" AND :x <= sk", two), "2 10 100");
    EXPECT_EQ(world.found(" AND sk BETWEEN :x AND :y", R"(,":x":{"N":"-2.5"},":y":{"N":"1.5"})"), "-2.5 0 1");
}

TEST(Query, FindsTextsByTheirBeginning) {
    World world;
    world.make_table("orders");
    for (const auto* sk : {"a", "ab", "ab\\u0000c", "abc", "b", "B", "aé"}) {
        world.put("orders", fmt::format(R"({{"pk":{{"S":"a"}},"sk":{{"S":"{}"}}}})", sk));
    }
    const auto found = [&](std::string_view prefix) {
        return world
            .run(world.service.query(world.call,
                                     world.query_of("orders", "pk = :a AND begins_with(sk, :x)",
                                                    fmt::format(R"({{":a":{{"S":"a"}},":x":{{"S":"{}"}}}})", prefix))))
            .Count;
    };
    EXPECT_EQ(found("ab"), 3);
    EXPECT_EQ(found("a"), 5);
    EXPECT_EQ(found("abc"), 1);
    EXPECT_EQ(found("x"), 0);
}

TEST(Query, RunsBackwardsOnRequest) {
    Numbered world;
    auto request = world.query_of("orders", "pk = :a", R"({":a":{"S":"a"}})");
    request.ScanIndexForward = false;
    EXPECT_EQ(range_keys(world.run(world.service.query(world.call, request))), "100 10 2 1 0 -2.5 -10");
}

TEST(Query, PagesByLimitInBothDirections) {
    Numbered world;
    for (const bool forward : {true, false}) {
        auto request = world.query_of("orders", "pk = :a", R"({":a":{"S":"a"}})");
        request.ScanIndexForward = forward;
        request.Limit = 3;
        std::string all;
        int pages = 0;
        do {
            const auto page = world.run(world.service.query(world.call, request));
            all += range_keys(page) + "|";
            request.ExclusiveStartKey = page.LastEvaluatedKey;
        } while (request.ExclusiveStartKey && ++pages < 10);
        EXPECT_EQ(all, forward ? "-10 -2.5 0|1 2 10|100|" : "100 10 2|1 0 -2.5|-10|");
    }
}

TEST(Query, FiltersAfterCounting) {
    Numbered world;
    auto request = world.query_of("orders", "pk = :a", R"({":a":{"S":"a"},":yes":{"BOOL":true}})");
    request.FilterExpression = "even = :yes";
    request.Limit = 4;
    const auto page = world.run(world.service.query(world.call, request));
    EXPECT_EQ(range_keys(page), "-10 0");
    EXPECT_EQ(page.Count, 2);
    EXPECT_EQ(page.ScannedCount, 4);
    EXPECT_EQ(page.LastEvaluatedKey->json(), R"({"pk":{"S":"a"},"sk":{"N":"1"}})");
    request.FilterExpression = "sk = :yes";
    EXPECT_EQ(refusal([&] { world.run(world.service.query(world.call, request)); }),
              "ValidationException: Filter Expression can only contain non-primary key attributes: Primary key "
              "attribute: sk");
}

TEST(Query, CountsWithoutItems) {
    Numbered world;
    auto request = world.query_of("orders", "pk = :a", R"({":a":{"S":"a"}})");
    request.Select = "COUNT";
    const auto page = world.run(world.service.query(world.call, request));
    EXPECT_EQ(page.Count, 7);
    EXPECT_FALSE(page.Items);
}

TEST(Query, EndsAPageAfterOneMegabyte) {
    World world;
    world.make_table("orders", "N");
    const std::string body(100'000, 'x');
    for (int number = 0; number < 25; ++number) {
        world.put("orders", fmt::format(R"({{"pk":{{"S":"a"}},"sk":{{"N":"{}"}},"body":{{"S":"{}"}}}})", number, body));
    }
    auto request = world.query_of("orders", "pk = :a", R"({":a":{"S":"a"}})");
    std::vector<int> counts;
    do {
        const auto page = world.run(world.service.query(world.call, request));
        counts.push_back(*page.Count);
        request.ExclusiveStartKey = page.LastEvaluatedKey;
    } while (request.ExclusiveStartKey && counts.size() < 10);
    EXPECT_EQ(counts, (std::vector<int>{11, 11, 3}));
}

TEST(Query, RefusesConditionsThatDoNotFitTheKey) {
    Numbered world;
    const auto refused = [&](std::string condition, std::string_view values) {
        return refusal(
            [&] { world.run(world.service.query(world.call, world.query_of("orders", condition, values))); });
    };
    EXPECT_EQ(refused("sk = :x", R"({":x":{"N":"1"}})"),
              "ValidationException: Query condition missed key schema element: pk");
    EXPECT_EQ(refused("pk = :x AND more = :x", R"({":x":{"S":"1"}})"),
              "ValidationException: Query condition missed key schema element: sk");
    EXPECT_EQ(refused("pk > :x", R"({":x":{"S":"1"}})"), "ValidationException: Query key condition not supported");
    EXPECT_EQ(refused("pk = :x AND sk = :x AND more = :x", R"({":x":{"S":"1"}})"),
              "ValidationException: The number of query conditions (3) exceeds the number of key attributes defined in "
              "the schema (2)");
    EXPECT_EQ(refused("pk = :x", R"({":x":{"N":"1"}})"),
              "ValidationException: One or more parameter values were invalid: Condition parameter type does not match "
              "schema "
              "type");
    EXPECT_EQ(
        refusal([&] { world.run(world.service.query(world.call, {.TableName = "orders"})); }),
        "ValidationException: Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
        "request.");
    auto request = world.query_of("orders", "pk = :a", R"({":a":{"S":"a"}})");
    request.ExclusiveStartKey = AttributeMap::from_json(R"({"pk":{"S":"b"},"sk":{"N":"1"}})");
    EXPECT_EQ(
        refusal([&] { world.run(world.service.query(world.call, request)); }),
        "ValidationException: The provided starting key is outside query boundaries based on provided conditions");
}

TEST(Query, BeginsOnlyWhereItsConditionsHold) {
    World world;
    world.make_table("orders");
    const auto refused = [&](std::string condition, std::string_view start) {
        auto request = world.query_of("orders", "pk = :a" + condition, R"({":a":{"S":"a"}})");
        request.ExclusiveStartKey = AttributeMap::from_json(start);
        return refusal([&] { world.run(world.service.query(world.call, request)); });
    };
    const std::string invalid = "ValidationException: The provided starting key is invalid";
    EXPECT_EQ(refused("", R"({"pk":{"S":"a"}})"), invalid);
    EXPECT_EQ(refused("", R"({"pk":{"S":"a"},"zz":{"S":"a"}})"), invalid);
    EXPECT_EQ(refused("", R"({"pk":{"S":"a"},"sk":{"N":"1"}})"),
              "ValidationException: The provided key element does not match the schema");
    EXPECT_EQ(refused(" AND sk > :a", R"({"pk":{"S":"a"},"sk":{"S":"a"}})"),
              "ValidationException: The provided starting key does not match the range key predicate");
    EXPECT_EQ(refused(" AND sk = :a", R"({"pk":{"S":"b"},"sk":{"S":"a"}})"),
              "ValidationException: The query can return at most one row and cannot be restarted");
    EXPECT_EQ(refused(" AND begins_with(sk, :a)", R"({"pk":{"S":"a"},"sk":{"S":"abc"}})"), "");
}

TEST(Scan, ReadsEveryItemOnceWhateverTheSegmentsAndPages) {
    World world;
    world.make_table("orders", "");
    std::set<std::string> expected;
    for (int number = 0; number < 200; ++number) {
        world.put("orders", fmt::format(R"({{"pk":{{"S":"item{}"}}}})", number));
        expected.insert(fmt::format("item{}", number));
    }
    for (const int segments : {1, 3, 100}) {
        std::multiset<std::string> seen;
        for (int segment = 0; segment < segments; ++segment) {
            ScanInput request{.TableName = "orders", .Limit = 7, .TotalSegments = segments, .Segment = segment};
            do {
                const auto page = world.run(world.service.scan(world.call, request));
                for (const auto& item : *page.Items) seen.emplace(item.find("pk").content());
                request.ExclusiveStartKey = page.LastEvaluatedKey;
            } while (request.ExclusiveStartKey);
        }
        EXPECT_EQ(std::vector<std::string>(seen.begin(), seen.end()),
                  std::vector<std::string>(expected.begin(), expected.end()));
    }
}

TEST(Scan, RefusesSegmentsThatDoNotExist) {
    World world;
    world.make_table("orders", "");
    EXPECT_EQ(refusal([&] {
                  world.run(world.service.scan(world.call, {.TableName = "orders", .TotalSegments = 2, .Segment = 2}));
              }),
              "ValidationException: The Segment parameter is zero-based and must be less than parameter TotalSegments: "
              "Segment: 2 is not less than TotalSegments: 2");
}

struct Indexed : World {
    Indexed() {
        const auto attribute = [](std::string name) {
            return AttributeDefinition{.AttributeName = std::move(name), .AttributeType = "S"};
        };
        run(service.create_table(
            call,
            {.AttributeDefinitions = {{attribute("pk"), attribute("sk"), attribute("state"), attribute("at")}},
             .TableName = "orders",
             .KeySchema = {{{.AttributeName = "pk", .KeyType = "HASH"}, {.AttributeName = "sk", .KeyType = "RANGE"}}},
             .LocalSecondaryIndexes = {{{.IndexName = "by-at",
                                         .KeySchema = {{.AttributeName = "pk", .KeyType = "HASH"},
                                                       {.AttributeName = "at", .KeyType = "RANGE"}},
                                         .Projection = {.ProjectionType = "KEYS_ONLY"}}}},
             .GlobalSecondaryIndexes = {{{.IndexName = "by-state",
                                          .KeySchema = {{.AttributeName = "state", .KeyType = "HASH"}},
                                          .Projection = {.ProjectionType = "INCLUDE",
                                                         .NonKeyAttributes = {{"note"}}}}}},
             .BillingMode = "PAY_PER_REQUEST"}));
        put("orders",
            R"({"pk":{"S":"a"},"sk":{"S":"1"},"state":{"S":"open"},"at":{"S":"9"},"note":{"S":"n"},"x":{"S":"y"}})");
        put("orders", R"({"pk":{"S":"a"},"sk":{"S":"2"},"state":{"S":"open"},"at":{"S":"8"}})");
        put("orders", R"({"pk":{"S":"a"},"sk":{"S":"3"}})");
    }
    QueryOutput open() {
        auto request = query_of("orders", "#s = :open", R"({":open":{"S":"open"}})");
        request.IndexName = "by-state";
        request.ExpressionAttributeNames = {{{"#s", "state"}}};
        return run(service.query(call, request));
    }
};

TEST(GlobalIndex, HoldsItsProjectionOfTheItemsThatHaveItsKey) {
    Indexed world;
    const auto output = world.open();
    ASSERT_EQ(output.Count, 2);
    EXPECT_EQ((*output.Items)[0].json(), R"({"note":{"S":"n"},"pk":{"S":"a"},"sk":{"S":"1"},"state":{"S":"open"}})");
}

TEST(GlobalIndex, FollowsEveryChangeOfItsItems) {
    Indexed world;
    auto request = UpdateItemInput{.TableName = "orders",
                                   .Key = AttributeMap::from_json(R"({"pk":{"S":"a"},"sk":{"S":"1"}})"),
                                   .UpdateExpression = "SET #s = :x",
                                   .ExpressionAttributeNames = {{{"#s", "state"}}},
                                   .ExpressionAttributeValues = AttributeMap::from_json(R"({":x":{"S":"done"}})")};
    world.run(world.service.update_item(world.call, request));
    EXPECT_EQ(range_keys(world.open()), "2");
    request.ExpressionAttributeValues = AttributeMap::from_json(R"({":x":{"S":"open"}})");
    world.run(world.service.update_item(world.call, request));
    EXPECT_EQ(world.open().Count, 2);
    world.run(world.service.delete_item(
        world.call, {.TableName = "orders", .Key = AttributeMap::from_json(R"({"pk":{"S":"a"},"sk":{"S":"2"}})")}));
    EXPECT_EQ(range_keys(world.open()), "1");
    world.put("orders", R"({"pk":{"S":"a"},"sk":{"S":"1"}})");
    EXPECT_EQ(world.open().Count, 0);
    request.ExpressionAttributeValues = AttributeMap::from_json(R"({":x":{"N":"5"}})");
    EXPECT_EQ(
        refusal([&] { world.run(world.service.update_item(world.call, request)); }),
        "ValidationException: The update expression attempted to update the secondary index key to unsupported type");
}

TEST(GlobalIndex, IsFilledWhenItIsAddedAndGoneWhenItIsRemoved) {
    World world;
    world.make_table("orders");
    world.put("orders", R"({"pk":{"S":"a"},"sk":{"S":"1"},"rank":{"N":"5"}})");
    world.put("orders", R"({"pk":{"S":"b"},"sk":{"S":"2"},"rank":{"N":"5"}})");
    world.put("orders", R"({"pk":{"S":"c"},"sk":{"S":"3"},"rank":{"S":"no number"}})");
    const auto definition = [](std::string name, std::string type) {
        return AttributeDefinition{.AttributeName = std::move(name), .AttributeType = std::move(type)};
    };
    const auto updated = world.run(world.service.update_table(
        world.call,
        {.AttributeDefinitions = {{definition("pk", "S"), definition("sk", "S"), definition("rank", "N")}},
         .TableName = "orders",
         .GlobalSecondaryIndexUpdates = {{{.Create = {{.IndexName = "by-rank",
                                                       .KeySchema = {{.AttributeName = "rank", .KeyType = "HASH"}},
                                                       .Projection = {.ProjectionType = "ALL"}}}}}}}));
    EXPECT_EQ((*updated.TableDescription->GlobalSecondaryIndexes)[0].IndexArn,
              "arn:aws:dynamodb:us-east-1:000000000000:table/orders/index/by-rank");
    auto request = world.query_of("orders", "#r = :five", R"({":five":{"N":"5"}})");
    request.IndexName = "by-rank";
    request.ExpressionAttributeNames = {{{"#r", "rank"}}};
    world.run(world.service.settle());
    EXPECT_EQ(world.run(world.service.query(world.call, request)).Count, 2);
    world.put("orders", R"({"pk":{"S":"d"},"sk":{"S":"4"},"rank":{"N":"5"}})");
    EXPECT_EQ(world.run(world.service.query(world.call, request)).Count, 3);

    world.run(world.service.update_table(
        world.call,
        {.TableName = "orders", .GlobalSecondaryIndexUpdates = {{{.Delete = {{.IndexName = "by-rank"}}}}}}));
    world.run(world.service.settle());
    EXPECT_EQ(refusal([&] { world.run(world.service.query(world.call, request)); }),
              "ValidationException: The table does not have the specified index: by-rank");
}

TEST(LocalIndex, SortsByItsOwnRangeKeyAndFetchesWhatItLacks) {
    Indexed world;
    auto request = world.query_of("orders", "pk = :a", R"({":a":{"S":"a"}})");
    request.IndexName = "by-at";
    EXPECT_EQ(range_keys(world.run(world.service.query(world.call, request))), "2 1");
    request.Select = "ALL_ATTRIBUTES";
    const auto whole = world.run(world.service.query(world.call, request));
    EXPECT_EQ((*whole.Items)[1].find("x").content(), "y");
    request.Select.reset();
    request.Limit = 1;
    const auto page = world.run(world.service.query(world.call, request));
    EXPECT_EQ(page.LastEvaluatedKey->json(), R"({"at":{"S":"8"},"pk":{"S":"a"},"sk":{"S":"2"}})");
    request.ExclusiveStartKey = page.LastEvaluatedKey;
    EXPECT_EQ(range_keys(world.run(world.service.query(world.call, request))), "1");
}

TEST(Index, MustExistAndGlobalOnesAreNeverReadConsistently) {
    Indexed world;
    auto request = world.query_of("orders", "pk = :a", R"({":a":{"S":"a"}})");
    request.IndexName = "none";
    EXPECT_EQ(refusal([&] { world.run(world.service.query(world.call, request)); }),
              "ValidationException: The table does not have the specified index: none");
    request.IndexName = "by-state";
    request.ConsistentRead = true;
    EXPECT_EQ(refusal([&] { world.run(world.service.query(world.call, request)); }),
              "ValidationException: Consistent reads are not supported on global secondary indexes");
}

}  // namespace
}  // namespace cumulet::dynamodb
