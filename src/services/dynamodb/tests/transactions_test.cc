#include "services/dynamodb/tests/support/world.h"

namespace cumulet::dynamodb {
namespace {

AttributeMap key(std::string_view pk) { return AttributeMap::from_json(fmt::format(R"({{"pk":{{"S":"{}"}}}})", pk)); }
AttributeMap item(std::string_view pk, int n) {
    return AttributeMap::from_json(fmt::format(R"({{"pk":{{"S":"{}"}},"n":{{"N":"{}"}}}})", pk, n));
}

struct Accounts : World {
    Accounts() {
        make_table("accounts", "");
        run(service.put_item(call, {.TableName = "accounts", .Item = item("a", 100)}));
        run(service.put_item(call, {.TableName = "accounts", .Item = item("b", 0)}));
    }
    TransactWriteItem add(std::string pk, int amount, std::optional<std::string> condition = {}) {
        return {.Update = {{.Key = key(pk),
                            .UpdateExpression = "SET n = n + :x",
                            .TableName = "accounts",
                            .ConditionExpression = std::move(condition),
                            .ExpressionAttributeValues =
                                AttributeMap::from_json(fmt::format(R"({{":x":{{"N":"{}"}}}})", amount)),
                            .ReturnValuesOnConditionCheckFailure = "ALL_OLD"}}};
    }
    std::string amount(std::string_view pk) {
        const auto found = run(service.get_item(call, {.TableName = "accounts", .Key = key(pk)}));
        return found.Item ? found.Item->find("n").number().text() : "none";
    }
};

TEST(TransactWriteItems, MakesEveryChange) {
    Accounts world;
    world.run(world.service.transact_write_items(
        world.call, {.TransactItems = {world.add("a", -30),
                                       world.add("b", 30),
                                       {.Put = {{.Item = item("c", 7), .TableName = "accounts"}}},
                                       {.ConditionCheck = {{.Key = key("d"),
                                                            .TableName = "accounts",
                                                            .ConditionExpression = "attribute_not_exists(pk)"}}}}}));
    EXPECT_EQ(world.amount("a"), "70");
    EXPECT_EQ(world.amount("b"), "30");
    EXPECT_EQ(world.amount("c"), "7");
    EXPECT_EQ(world.amount("d"), "none");
}

TEST(TransactWriteItems, MakesNoChangeIfOneConditionFailsAndSaysWhich) {
    Accounts world;
    try {
        world.run(world.service.transact_write_items(
            world.call, {.TransactItems = {world.add("b", 300),
                                           world.add("a", -300, "n >= :x AND attribute_not_exists(pk)"),
                                           {.Delete = {{.Key = key("c"), .TableName = "accounts"}}}}}));
        FAIL() << "the condition does not hold";
    } catch (const TransactionCanceledException& cancelled) {
        EXPECT_EQ(cancelled.message,
                  "Transaction cancelled, please refer cancellation reasons for specific reasons [None, "
                  "ConditionalCheckFailed, None]");
        ASSERT_EQ(cancelled.CancellationReasons->size(), 3u);
        EXPECT_EQ((*cancelled.CancellationReasons)[1].Item, item("a", 100));
    }
    EXPECT_EQ(world.amount("a"), "100");
    EXPECT_EQ(world.amount("b"), "0");
}

TEST(TransactWriteItems, RefusesTwoChangesOfOneItem) {
    Accounts world;
    EXPECT_EQ(refusal([&] {
                  world.run(world.service.transact_write_items(
                      world.call, {.TransactItems = {world.add("a", 1), world.add("a", 2)}}));
              }),
              "ValidationException: Transaction request cannot include multiple operations on one item");
}

TEST(TransactWriteItems, GivesWhatIsWrongWithAKeyAsAReason) {
    Accounts world;
    const auto put = [&](std::string_view json) {
        return refusal([&] {
            world.run(world.service.transact_write_items(
                world.call,
                {.TransactItems = {world.add("a", 1),
                                   {.Put = {{.Item = AttributeMap::from_json(json), .TableName = "accounts"}}}}}));
        });
    };
    EXPECT_EQ(put(R"({"pk":{"N":"1"}})"),
              "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for specific "
              "reasons [None, ValidationError]");
    EXPECT_EQ(put(R"({"pk":{"S":""}})"),
              "ValidationException: One or more parameter values are not valid. The AttributeValue for a key attribute "
              "cannot contain an empty string value. Key: pk");
    EXPECT_EQ(world.amount("a"), "100");
}

TEST(TransactWriteItems, NamesTheFirstPartThatIsWrongAndLooksAtNoCondition) {
    Accounts world;
    const auto put = [&](std::string_view json, std::optional<std::string> condition = {}) {
        return TransactWriteItem{.Put = {{.Item = AttributeMap::from_json(json),
                                          .TableName = "accounts",
                                          .ConditionExpression = std::move(condition)}}};
    };
    EXPECT_EQ(refusal([&] {
                  world.run(world.service.transact_write_items(
                      world.call, {.TransactItems = {put(R"({"pk":{"N":"1"}})"), put(R"({"pk":{"N":"2"}})"),
                                                     put(R"({"pk":{"S":"none"}})", "attribute_exists(pk)")}}));
              }),
              "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for specific "
              "reasons [ValidationError, None, None]");
}

TEST(TransactWriteItems, CountsATokenOnceForTenMinutes) {
    Accounts world;
    const TransactWriteItemsInput request{
        .TransactItems = {world.add("a", 1)}, .ReturnConsumedCapacity = "TOTAL", .ClientRequestToken = "token-1"};
    const auto first = world.run(world.service.transact_write_items(world.call, request));
    EXPECT_EQ(first.ConsumedCapacity->at(0).WriteCapacityUnits, 2);
    const auto second = world.run(world.service.transact_write_items(world.call, request));
    EXPECT_EQ(second.ConsumedCapacity->at(0).ReadCapacityUnits, 2);
    EXPECT_FALSE(second.ConsumedCapacity->at(0).WriteCapacityUnits);
    EXPECT_EQ(world.amount("a"), "101");
    const TransactWriteItemsInput other{.TransactItems = {world.add("a", 2)}, .ClientRequestToken = "token-1"};
    EXPECT_EQ(refusal([&] { world.run(world.service.transact_write_items(world.call, other)); }).substr(0, 36),
              "IdempotentParameterMismatchException");
    world.run(world.clock.advance(11min));
    world.run(world.service.transact_write_items(world.call, other));
    EXPECT_EQ(world.amount("a"), "103");
}

TEST(TransactGetItems, AnswersInTheOrderOfTheRequest) {
    Accounts world;
    const auto output = world.run(world.service.transact_get_items(
        world.call,
        {.TransactItems = {{.Get = {.Key = key("b"), .TableName = "accounts"}},
                           {.Get = {.Key = key("none"), .TableName = "accounts"}},
                           {.Get = {.Key = key("a"), .TableName = "accounts", .ProjectionExpression = "n"}}},
         .ReturnConsumedCapacity = "TOTAL"}));
    ASSERT_EQ(output.Responses->size(), 3u);
    EXPECT_EQ((*output.Responses)[0].Item, item("b", 0));
    EXPECT_FALSE((*output.Responses)[1].Item);
    EXPECT_EQ((*output.Responses)[2].Item->json(), R"({"n":{"N":"100"}})");
    EXPECT_EQ((*output.ConsumedCapacity)[0].CapacityUnits, 6.0);
}

TEST(TransactGetItems, ReadsUpToFourMegabytes) {
    Accounts world;
    const std::string text(399'000, 'x');
    std::vector<TransactGetItem> gets;
    for (int number = 0; number < 11; ++number) {
        const auto pk = std::to_string(number);
        world.put("accounts", fmt::format(R"({{"pk":{{"S":"{}"}},"text":{{"S":"{}"}}}})", pk, text));
        gets.push_back({.Get = {.Key = key(pk), .TableName = "accounts"}});
    }
    const auto read = [&] {
        return refusal([&] { world.run(world.service.transact_get_items(world.call, {.TransactItems = gets})); });
    };
    EXPECT_EQ(read(), "ValidationException: Transaction payload size cannot exceed 4 MB");
    gets.pop_back();
    EXPECT_EQ(read(), "");
}

}  // namespace
}  // namespace cumulet::dynamodb
