#include "services/dynamodb/tests/support/world.h"
#include "store/memory/faulty_store.h"

namespace cumulet::dynamodb {
namespace {

constexpr std::string_view key = R"({"pk":{"S":"a"},"sk":{"S":"1"}})";
constexpr std::string_view item = R"({"n":{"N":"1"},"pk":{"S":"a"},"sk":{"S":"1"}})";

TEST(PutItem, ReplacesTheWholeItem) {
    World world;
    world.make_table("orders");
    world.put("orders", item);
    EXPECT_EQ(world.get("orders", key), item);
    world.put("orders", R"({"pk":{"S":"a"},"sk":{"S":"1"},"other":{"BOOL":true}})");
    EXPECT_EQ(world.get("orders", key), R"({"other":{"BOOL":true},"pk":{"S":"a"},"sk":{"S":"1"}})");
}

TEST(PutItem, ReturnsTheOldItemOnRequest) {
    World world;
    world.make_table("orders");
    PutItemInput request{.TableName = "orders", .Item = AttributeMap::from_json(item), .ReturnValues = "ALL_OLD"};
    EXPECT_FALSE(world.run(world.service.put_item(world.call, request)).Attributes);
    EXPECT_EQ(world.run(world.service.put_item(world.call, request)).Attributes->json(), item);
    request.ReturnValues = "UPDATED_NEW";
    EXPECT_EQ(refusal([&] { world.run(world.service.put_item(world.call, request)); }),
              "ValidationException: 1 validation error detected: ReturnValues can only be ALL_OLD or NONE");
}

TEST(PutItem, WritesOnlyWhereItsConditionHolds) {
    World world;
    world.make_table("orders");
    PutItemInput request{.TableName = "orders",
                         .Item = AttributeMap::from_json(item),
                         .ConditionExpression = "attribute_not_exists(pk)",
                         .ReturnValuesOnConditionCheckFailure = "ALL_OLD"};
    world.run(world.service.put_item(world.call, request));
    request.Item = AttributeMap::from_json(R"({"pk":{"S":"a"},"sk":{"S":"1"},"n":{"N":"2"}})");
    try {
        world.run(world.service.put_item(world.call, request));
        FAIL() << "the condition does not hold";
    } catch (const ConditionalCheckFailedException& failure) {
        EXPECT_EQ(failure.message, "The conditional request failed");
        EXPECT_EQ(failure.Item->json(), item);
    }
    EXPECT_EQ(world.get("orders", key), item);
}

TEST(Keys, AreCheckedInDynamoDBsWords) {
    World world;
    world.make_table("orders");
    const auto put = [&](std::string_view json) { return refusal([&] { world.put("orders", json); }); };
    const std::string invalid = "ValidationException: One or more parameter values were invalid: ";
    EXPECT_EQ(put(R"({"pk":{"S":"a"}})"), invalid + "Missing the key sk in the item");
    EXPECT_EQ(put(R"({"pk":{"N":"1"},"sk":{"S":"1"}})"), invalid + "Type mismatch for key pk expected: S actual: N");
    EXPECT_EQ(put(R"({"pk":{"S":""},"sk":{"S":"1"}})"),
              "ValidationException: One or more parameter values are not valid. The AttributeValue for a key attribute "
              "cannot contain an empty string value. Key: pk");
    EXPECT_EQ(put(R"({"sk":{"S":"1"},"pk":{"S":")" + std::string(2049, 'x') + "\"}}"),
              invalid + "Size of hashkey has exceeded the maximum size limit of2048 bytes");
    EXPECT_EQ(put(R"({"pk":{"S":"1"},"sk":{"S":")" + std::string(1025, 'x') + "\"}}"),
              invalid + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes");
    EXPECT_EQ(put(R"({"pk":{"S":")" + std::string(2048, 'x') + R"("},"sk":{"S":")" + std::string(1024, 'y') + "\"}}"),
              "");
    for (const auto* wrong : {R"({"pk":{"S":"a"}})", R"({"pk":{"S":"a"},"sk":{"N":"1"}})",
                              R"({"pk":{"S":"a"},"sk":{"S":"1"},"x":{"S":"1"}})"}) {
        EXPECT_EQ(refusal([&] { world.get("orders", wrong); }),
                  "ValidationException: The provided key element does not match the schema");
    }
}

TEST(PutItem, RefusesAnItemOfMoreThanFourHundredKilobytes) {
    World world;
    world.make_table("orders", "");
    const auto put = [&](size_t size) {
        return refusal([&] { world.put("orders", R"({"pk":{"S":"a"},"x":{"S":")" + std::string(size, 'x') + "\"}}"); });
    };
    EXPECT_EQ(put(400 * 1024 - 4), "");
    EXPECT_EQ(put(400 * 1024 - 3), "ValidationException: Item size has exceeded the maximum allowed size");
}

TEST(GetItem, ReturnsWhatItsProjectionNames) {
    World world;
    world.make_table("orders");
    world.put("orders", R"({"pk":{"S":"a"},"sk":{"S":"1"},"m":{"M":{"x":{"N":"1"},"y":{"N":"2"}}}})");
    const auto output = world.run(world.service.get_item(world.call, {.TableName = "orders",
                                                                      .Key = AttributeMap::from_json(key),
                                                                      .ProjectionExpression = "#m.x",
                                                                      .ExpressionAttributeNames = {{{"#m", "m"}}}}));
    EXPECT_EQ(output.Item->json(), R"({"m":{"M":{"x":{"N":"1"}}}})");
}

TEST(GetItem, CountsCapacityByFourKilobytes) {
    World world;
    world.make_table("orders", "");
    world.put("orders", R"({"pk":{"S":"a"},"x":{"S":")" + std::string(5000, 'x') + "\"}}");
    GetItemInput request{.TableName = "orders",
                         .Key = AttributeMap::from_json(R"({"pk":{"S":"a"}})"),
                         .ReturnConsumedCapacity = "TOTAL"};
    EXPECT_EQ(world.run(world.service.get_item(world.call, request)).ConsumedCapacity->CapacityUnits, 1.0);
    request.ConsistentRead = true;
    EXPECT_EQ(world.run(world.service.get_item(world.call, request)).ConsumedCapacity->CapacityUnits, 2.0);
    request.Key = AttributeMap::from_json(R"({"pk":{"S":"none"}})");
    EXPECT_EQ(world.run(world.service.get_item(world.call, request)).ConsumedCapacity->CapacityUnits, 1.0);
}

TEST(DeleteItem, RemovesTheItemAndSucceedsAgain) {
    World world;
    world.make_table("orders");
    world.put("orders", item);
    const DeleteItemInput request{
        .TableName = "orders", .Key = AttributeMap::from_json(key), .ReturnValues = "ALL_OLD"};
    EXPECT_EQ(world.run(world.service.delete_item(world.call, request)).Attributes->json(), item);
    EXPECT_FALSE(world.run(world.service.delete_item(world.call, request)).Attributes);
    EXPECT_EQ(world.get("orders", key), "");
}

TEST(UpdateItem, MakesAnItemUnlessItOnlyTakesAway) {
    World world;
    world.make_table("orders");
    for (const auto* expression : {"REMOVE n", "REMOVE n.deep", "REMOVE n[0]"}) {
        world.update("orders", key, expression);
        EXPECT_EQ(world.get("orders", key), "") << expression;
    }
    world.update("orders", key, "ADD n :one", R"({":one":{"N":"1"}})");
    EXPECT_EQ(world.get("orders", key), item);
}

TEST(UpdateItem, ReturnsWhatIsAskedFor) {
    World world;
    world.make_table("orders");
    world.put("orders", R"({"pk":{"S":"a"},"sk":{"S":"1"},"n":{"N":"1"},"m":{"N":"5"}})");
    const auto returned = [&](std::string what) {
        const auto output = world.update("orders", key, "SET n = n + :one", R"({":one":{"N":"1"}})", std::move(what));
        return output.Attributes ? output.Attributes->json() : "";
    };
    EXPECT_EQ(returned("NONE"), "");
    EXPECT_EQ(returned("UPDATED_OLD"), R"({"n":{"N":"2"}})");
    EXPECT_EQ(returned("UPDATED_NEW"), R"({"n":{"N":"4"}})");
    EXPECT_EQ(returned("ALL_OLD"), R"({"m":{"N":"5"},"n":{"N":"4"},"pk":{"S":"a"},"sk":{"S":"1"}})");
    EXPECT_EQ(returned("ALL_NEW"), R"({"m":{"N":"5"},"n":{"N":"6"},"pk":{"S":"a"},"sk":{"S":"1"}})");
}

TEST(UpdateItem, LeavesThePrimaryKeyAlone) {
    World world;
    world.make_table("orders");
    EXPECT_EQ(
        refusal([&] { world.update("orders", key, "SET sk = :x", R"({":x":{"S":"2"}})"); }),
        "ValidationException: One or more parameter values were invalid: Cannot update attribute sk. This attribute is "
        "part of the key");
}

TEST(UpdateItem, LosesNoUpdateAmongManyCallersAndConflicts) {
    World world(store::open_faulty_store(7, {.conflict = 0.3, .delay = 0.5, .sleep = 0}));
    world.make_table("orders");
    int done = 0;
    const auto increment = [&]() -> Task<void> {
        UpdateItemInput request{.TableName = "orders",
                                .Key = AttributeMap::from_json(key),
                                .UpdateExpression = "ADD n :one",
                                .ExpressionAttributeValues = AttributeMap::from_json(R"({":one":{"N":"1"}})")};
        co_await world.service.update_item(world.call, std::move(request));
        ++done;
    };
    for (int caller = 0; caller < 50; ++caller) world.reactor.start(increment());
    const auto all_done = [&]() -> Task<void> {
        while (done < 50) co_await world.reactor.yield();
    };
    world.run(all_done());
    EXPECT_EQ(world.get("orders", key), R"({"n":{"N":"50"},"pk":{"S":"a"},"sk":{"S":"1"}})");
}

TEST(Expressions, MustFitTheParametersBesideThem) {
    const std::string introduced = "ValidationException: 1 validation error detected: ";
    World world;
    world.make_table("orders");
    PutItemInput request{.TableName = "orders", .Item = AttributeMap::from_json(item)};
    request.ExpressionAttributeValues = AttributeMap::from_json(R"({":x":{"N":"1"}})");
    EXPECT_EQ(refusal([&] { world.run(world.service.put_item(world.call, request)); }),
              introduced + "ExpressionAttributeValues can only be specified when using expressions");
    request.ConditionExpression = "attribute_exists(n)";
    EXPECT_EQ(refusal([&] { world.run(world.service.put_item(world.call, request)); }),
              introduced + "Value provided in ExpressionAttributeValues unused in expressions: keys: {:x}");
    request.Expected.emplace();
    EXPECT_EQ(refusal([&] { world.run(world.service.put_item(world.call, request)); }),
              introduced +
                  "Can not use both expression and non-expression parameters in the same request: "
                  "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}");
}

TEST(BatchWriteItem, PutsAndDeletesInSeveralTables) {
    World world;
    world.make_table("orders");
    world.make_table("users", "");
    world.put("orders", item);
    BatchWriteItemInput request;
    request.RequestItems["orders"] = {{.DeleteRequest = {{.Key = AttributeMap::from_json(key)}}}};
    request.RequestItems["users"] = {{.PutRequest = {{.Item = AttributeMap::from_json(R"({"pk":{"S":"u1"}})")}}},
                                     {.PutRequest = {{.Item = AttributeMap::from_json(R"({"pk":{"S":"u2"}})")}}}};
    EXPECT_TRUE(world.run(world.service.batch_write_item(world.call, request)).UnprocessedItems->empty());
    EXPECT_EQ(world.get("orders", key), "");

    BatchGetItemInput gets;
    for (const auto* name : {"u1", "u2", "u3"}) {
        gets.RequestItems["users"].Keys.push_back(
            AttributeMap::from_json(fmt::format(R"({{"pk":{{"S":"{}"}}}})", name)));
    }
    EXPECT_EQ(world.run(world.service.batch_get_item(world.call, gets)).Responses->at("users").size(), 2u);
    gets.RequestItems["users"].Keys.push_back(AttributeMap::from_json(R"({"pk":{"S":"u1"}})"));
    EXPECT_EQ(refusal([&] { world.run(world.service.batch_get_item(world.call, gets)); }),
              "ValidationException: Provided list of item keys contains duplicates");
}

TEST(BatchGetItem, LeavesTheRestForLaterAfterSixteenMegabytes) {
    World world;
    world.make_table("orders", "");
    BatchGetItemInput gets;
    auto& wanted = gets.RequestItems["orders"];
    wanted.ConsistentRead = true;
    for (int number = 10; number < 65; ++number) {
        const auto key = fmt::format(R"("pk":{{"S":"{}"}})", number);
        const std::string text(300 * 1024 - 5, 'x');  // less the key and the names
        world.put("orders", fmt::format(R"({{{},"t":{{"S":"{}"}}}})", key, text));
        wanted.Keys.push_back(AttributeMap::from_json("{" + key + "}"));
    }
    const auto output = world.run(world.service.batch_get_item(world.call, gets));
    EXPECT_EQ(output.Responses->at("orders").size(), 52u);
    const auto& rest = output.UnprocessedKeys->at("orders");
    EXPECT_EQ(rest.ConsistentRead, true);
    ASSERT_EQ(rest.Keys.size(), 3u);
    EXPECT_EQ(rest.Keys.back().json(), R"({"pk":{"S":"64"}})");
}

TEST(BatchWriteItem, WritesNothingWhenOneTableIsUnknown) {
    World world;
    world.make_table("orders");
    BatchWriteItemInput request;
    request.RequestItems["orders"] = {{.PutRequest = {{.Item = AttributeMap::from_json(item)}}}};
    request.RequestItems["zzz"] = {{.PutRequest = {{.Item = AttributeMap::from_json(item)}}}};
    EXPECT_EQ(refusal([&] { world.run(world.service.batch_write_item(world.call, request)); }),
              "ResourceNotFoundException: Requested resource not found");
    EXPECT_EQ(world.get("orders", key), "");
}

}  // namespace
}  // namespace cumulet::dynamodb
