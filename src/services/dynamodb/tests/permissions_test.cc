#include "services/dynamodb/tests/support/world.h"

namespace cumulet::dynamodb {
namespace {

/// Notes what is asked for, and refuses the actions that are named.
struct NotingGate final : contracts::Gate {
    Task<void> identify(Call&, const http::Request&, const contracts::Service&) override { co_return; }
    Task<void> permit(Call&, const contracts::Service&, std::string action, std::string resource,
                      std::string resource_policy, std::map<std::string, std::string> conditions) override {
        const auto table = resource.substr(resource.find("table/") + 6);
        std::string line = action.substr(action.find(':') + 1) + " " + table;
        for (const auto& [key, value] : conditions) line += fmt::format(" {}={}", key.substr(key.find(':') + 1), value);
        if (!resource_policy.empty()) line += " policy";
        asked.push_back(line);
        if (refused == action) throw aws::Error("AccessDeniedException", "no", 400);
        co_return;
    }

    std::vector<std::string> asked;
    std::string refused;
};

struct Guarded : World {
    explicit Guarded(std::shared_ptr<NotingGate> noting = std::make_shared<NotingGate>())
        : World({.gate = noting.get()}), gate(std::move(noting)) {
        make_table("orders", "");
        make_table("stock", "");
        call.principal.kind = Principal::Kind::user;
    }
    using Asked = std::vector<std::string>;
    /// What `task` asked for.
    template <typename T>
    Asked asked_by(std::string operation, Task<T> task) {
        call.operation = std::move(operation);
        gate->asked.clear();
        run(std::move(task));
        return gate->asked;
    }
    static AttributeMap key(std::string_view pk = "1") {
        return AttributeMap::from_json(fmt::format(R"({{"pk":{{"S":"{}"}}}})", pk));
    }

    std::shared_ptr<NotingGate> gate;
};

TEST(Permissions, OfABatchAreAskedForEachTable) {
    Guarded world;
    world.run(world.service.put_resource_policy(world.call,
                                                {.ResourceArn = "arn:aws:dynamodb:us-east-1:000000000000:table/stock",
                                                 .Policy = R"({"Version":"2012-10-17","Statement":[]})"}));
    BatchWriteItemInput writes;
    writes.RequestItems["orders"].push_back({.PutRequest = {{.Item = world.key()}}});
    writes.RequestItems["stock"].push_back({.DeleteRequest = {{.Key = world.key()}}});
    EXPECT_EQ(world.asked_by("BatchWriteItem", world.service.batch_write_item(world.call, writes)),
              (Guarded::Asked{"BatchWriteItem orders LeadingKeys=1", "BatchWriteItem stock LeadingKeys=1 policy"}));
    BatchGetItemInput reads;
    reads.RequestItems["orders"].Keys = {world.key(), world.key("2")};
    EXPECT_EQ(world.asked_by("BatchGetItem", world.service.batch_get_item(world.call, reads)),
              (Guarded::Asked{"BatchGetItem orders LeadingKeys=1", "BatchGetItem orders LeadingKeys=2"}));
}

TEST(Permissions, OfATransactionAreThoseOfItsParts) {
    Guarded world;
    TransactWriteItemsInput writes;
    writes.TransactItems = {
        {.ConditionCheck = {{.Key = world.key("1"),
                             .TableName = "stock",
                             .ConditionExpression = "attribute_not_exists(pk)"}}},
        {.Put = {{.Item = world.key("2"), .TableName = "orders"}}},
        {.Delete = {{.Key = world.key("3"), .TableName = "orders"}}},
        {.Update = {{.Key = world.key("4"), .UpdateExpression = "REMOVE n", .TableName = "orders"}}},
        {.Put = {{.Item = world.key("5"), .TableName = "orders"}}}};
    EXPECT_EQ(world.asked_by("TransactWriteItems", world.service.transact_write_items(world.call, writes)),
              (Guarded::Asked{"ConditionCheckItem stock EnclosingOperation=TransactWriteItems LeadingKeys=1",
                              "DeleteItem orders EnclosingOperation=TransactWriteItems LeadingKeys=3",
                              "PutItem orders EnclosingOperation=TransactWriteItems LeadingKeys=2",
                              "PutItem orders EnclosingOperation=TransactWriteItems LeadingKeys=5",
                              "UpdateItem orders EnclosingOperation=TransactWriteItems LeadingKeys=4"}));
    TransactGetItemsInput reads;
    reads.TransactItems = {{.Get = {.Key = world.key(), .TableName = "orders"}},
                           {.Get = {.Key = world.key(), .TableName = "stock"}}};
    EXPECT_EQ(world.asked_by("TransactGetItems", world.service.transact_get_items(world.call, reads)),
              (Guarded::Asked{"GetItem orders EnclosingOperation=TransactGetItems LeadingKeys=1",
                              "GetItem stock EnclosingOperation=TransactGetItems LeadingKeys=1"}));
}

TEST(Permissions, OfAStatementAreByWhatItDoes) {
    Guarded world;
    const auto execute = [&](std::string statement) {
        return world.asked_by("ExecuteStatement",
                              world.service.execute_statement(world.call, {.Statement = std::move(statement)}));
    };
    EXPECT_EQ(execute("INSERT INTO orders VALUE {'pk': '1'}"), Guarded::Asked{"PartiQLInsert orders LeadingKeys=1"});
    EXPECT_EQ(execute("UPDATE orders SET n = 1 WHERE pk = '1'"), Guarded::Asked{"PartiQLUpdate orders LeadingKeys=1"});
    EXPECT_EQ(execute("SELECT * FROM orders WHERE pk = '1'"),
              Guarded::Asked{"PartiQLSelect orders FullTableScan=false LeadingKeys=1"});
    EXPECT_EQ(execute("SELECT * FROM orders WHERE n = 1"), Guarded::Asked{"PartiQLSelect orders FullTableScan=true"});
    EXPECT_EQ(execute("DELETE FROM orders WHERE pk = '1'"), Guarded::Asked{"PartiQLDelete orders LeadingKeys=1"});
    EXPECT_EQ(refusal([&] { execute("SELECT * FROM \"orders\".\"by-state\""); }).substr(0, 19), "ValidationException");
    EXPECT_EQ(world.gate->asked, Guarded::Asked{"PartiQLSelect orders/index/by-state FullTableScan=true"});
}

TEST(Permissions, OfStatementsTogetherAreOfEachOfThem) {
    Guarded world;
    EXPECT_EQ(world.asked_by(
                  "ExecuteTransaction",
                  world.service.execute_transaction(
                      world.call,
                      {.TransactStatements = {{.Statement = "INSERT INTO orders VALUE {'pk': '1'}"},
                                              {.Statement =
                                                   "EXISTS(SELECT * FROM stock WHERE pk = '1' AND n IS MISSING)"}}})),
              (Guarded::Asked{"PartiQLInsert orders EnclosingOperation=ExecuteTransaction LeadingKeys=1",
                              "PartiQLSelect stock EnclosingOperation=ExecuteTransaction LeadingKeys=1"}));
    world.gate->refused = "dynamodb:PartiQLDelete";
    const auto answered = world.run(world.service.batch_execute_statement(
        world.call, {.Statements = {{.Statement = "UPDATE orders SET n = 1 WHERE pk = '1'"},
                                    {.Statement = "DELETE FROM orders WHERE pk = '1'"}}}));
    EXPECT_FALSE(answered.Responses->at(0).Error);
    EXPECT_EQ(answered.Responses->at(1).Error->Code, "AccessDenied");
}

TEST(Permissions, OfSingleItemsNameTheirHashKey) {
    Guarded world;
    const auto asked = [&](std::string operation, auto task) {
        return world.asked_by(std::move(operation), std::move(task));
    };
    auto& service = world.service;
    EXPECT_EQ(
        asked("PutItem",
              service.put_item(world.call, {.TableName = "orders", .Item = world.key("7"), .ReturnValues = "ALL_OLD"})),
        Guarded::Asked{"PutItem orders LeadingKeys=7 ReturnValues=ALL_OLD"});
    EXPECT_EQ(asked("GetItem", service.get_item(world.call, {.TableName = "orders", .Key = world.key("7")})),
              Guarded::Asked{"GetItem orders LeadingKeys=7"});
    auto query = world.query_of("orders", "pk = :pk", R"({":pk":{"S":"7"}})");
    query.Select = "COUNT";
    EXPECT_EQ(asked("Query", service.query(world.call, query)),
              Guarded::Asked{"Query orders LeadingKeys=7 Select=COUNT"});
    EXPECT_EQ(asked("DeleteItem", service.delete_item(world.call, {.TableName = "orders", .Key = world.key("7")})),
              Guarded::Asked{"DeleteItem orders LeadingKeys=7 ReturnValues=NONE"});
    // The owner of the account is not asked about.
    world.call.principal.kind = Principal::Kind::root;
    EXPECT_EQ(asked("GetItem", service.get_item(world.call, {.TableName = "orders", .Key = world.key("7")})),
              Guarded::Asked{});
}

TEST(Permissions, ThatLackLeaveEverythingAsItWas) {
    Guarded world;
    world.gate->refused = "dynamodb:DeleteItem";
    TransactWriteItemsInput writes;
    writes.TransactItems = {{.Put = {{.Item = world.key("1"), .TableName = "orders"}}},
                            {.Delete = {{.Key = world.key("2"), .TableName = "orders"}}}};
    EXPECT_EQ(refusal([&] { world.run(world.service.transact_write_items(world.call, writes)); }),
              "AccessDeniedException: no");
    EXPECT_EQ(world.get("orders", R"({"pk":{"S":"1"}})"), "");
}

}  // namespace
}  // namespace cumulet::dynamodb
