// The API's older parameters: what they mean, and what DynamoDB says of those that mean nothing.
#include "services/dynamodb/legacy/conditions.h"
#include "services/dynamodb/legacy/updates.h"
#include "services/dynamodb/tests/support/world.h"

namespace cumulet::dynamodb {
namespace {

using Conditions = std::map<std::string, aws::dynamodb::Condition>;
using Expected = std::map<std::string, ExpectedAttributeValue>;
using Updates = std::map<std::string, AttributeValueUpdate>;

AttributeValue value_of(std::string_view json) {
    return AttributeValue(AttributeMap::from_json(fmt::format(R"({{"v":{}}})", json)).find("v"));
}
std::vector<AttributeValue> values_of(std::initializer_list<std::string_view> all) {
    std::vector<AttributeValue> values;
    for (const auto json : all) values.push_back(value_of(json));
    return values;
}
aws::dynamodb::Condition condition(std::string name, std::initializer_list<std::string_view> values) {
    return {.AttributeValueList = values_of(values), .ComparisonOperator = std::move(name)};
}
std::string said(auto action) {
    const auto text = refusal(action);
    return text.starts_with("ValidationException: ") ? text.substr(21) : text;
}
const std::string invalid = "One or more parameter values were invalid: ";

TEST(LegacyConditions, CompareAsTheirNamesSay) {
    const auto item = AttributeMap::from_json(
        R"({"n":{"N":"5"},"s":{"S":"hello"},"b":{"B":"aGVsbG8="},"ns":{"NS":["1","2"]},"l":{"L":[{"N":"1"}]},
            "none":{"NULL":true},"t":{"BOOL":true}})");
    struct Row {
        std::string_view attribute, name;
        std::initializer_list<std::string_view> values;
        bool holds;
    };
    const Row rows[] = {
        {"n", "EQ", {R"({"N":"5.0"})"}, true},
        {"n", "EQ", {R"({"S":"5"})"}, false},
        {"missing", "EQ", {R"({"N":"5"})"}, false},
        {"ns", "EQ", {R"({"NS":["2","1"]})"}, true},
        {"n", "NE", {R"({"S":"5"})"}, true},
        {"missing", "NE", {R"({"N":"5"})"}, true},
        {"n", "NE", {R"({"N":"5"})"}, false},
        {"n", "LT", {R"({"N":"6"})"}, true},
        {"n", "LT", {R"({"N":"5"})"}, false},
        {"n", "LT", {R"({"S":"6"})"}, false},
        {"n", "LE", {R"({"N":"5"})"}, true},
        {"s", "GT", {R"({"S":"hell"})"}, true},
        {"b", "GE", {R"({"B":"aGVsbG8="})"}, true},
        {"n", "BETWEEN", {R"({"N":"5"})", R"({"N":"7"})"}, true},
        {"missing", "BETWEEN", {R"({"N":"5"})", R"({"N":"7"})"}, false},
        {"n", "IN", {R"({"N":"4"})", R"({"N":"5"})"}, true},
        {"n", "IN", {R"({"N":"4"})"}, false},
        {"s", "BEGINS_WITH", {R"({"S":"hell"})"}, true},
        {"n", "BEGINS_WITH", {R"({"S":"5"})"}, false},
        {"s", "CONTAINS", {R"({"S":"ell"})"}, true},
        {"ns", "CONTAINS", {R"({"N":"2"})"}, true},
        {"l", "CONTAINS", {R"({"N":"1"})"}, true},
        {"s", "CONTAINS", {R"({"N":"1"})"}, false},
        {"s", "NOT_CONTAINS", {R"({"S":"dog"})"}, true},
        {"s", "NOT_CONTAINS", {R"({"N":"1"})"}, true},
        {"s", "NOT_CONTAINS", {R"({"S":"ell"})"}, false},
        {"missing", "NOT_CONTAINS", {R"({"N":"1"})"}, false},
        {"none", "NOT_NULL", {}, true},
        {"missing", "NOT_NULL", {}, false},
        {"missing", "NULL", {}, true},
        {"none", "NULL", {}, false},
    };
    for (const auto& row : rows) {
        const std::optional<Conditions> filter = {
            {{std::string(row.attribute), condition(std::string(row.name), row.values)}}};
        EXPECT_EQ(holds(*filter_condition(filter, std::nullopt), item.view()), row.holds)
            << row.attribute << " " << row.name;
    }
}

TEST(LegacyConditions, AreJoinedByAndUnlessOrIsAsked) {
    const auto item = AttributeMap::from_json(R"({"a":{"N":"1"},"b":{"N":"2"}})");
    const std::optional<Conditions> filter = {
        {{"a", condition("EQ", {R"({"N":"1"})"})}, {"b", condition("EQ", {R"({"N":"3"})"})}}};
    EXPECT_FALSE(holds(*filter_condition(filter, std::nullopt), item.view()));
    EXPECT_FALSE(holds(*filter_condition(filter, "AND"), item.view()));
    EXPECT_TRUE(holds(*filter_condition(filter, "OR"), item.view()));
}

TEST(LegacyConditions, TakeOnlyValuesThatFitTheirOperator) {
    const std::initializer_list<std::string_view> none = {}, number = {R"({"N":"1"})"}, list = {R"({"L":[]})"},
                                                  two = {R"({"N":"1"})", R"({"N":"2"})"};
    struct Row {
        std::string name;
        std::initializer_list<std::string_view> values;
        std::string error;
    };
    const auto count = [](const std::string& name) {
        return invalid + "Invalid number of argument(s) for the " + name + " ComparisonOperator";
    };
    const auto type = [](const std::string& name, const std::string& of) {
        return invalid + "ComparisonOperator " + name + " is not valid for " + of + " AttributeValue type";
    };
    const Row rows[] = {
        {"EQ", none, count("EQ")},
        {"EQ", two, count("EQ")},
        {"NULL", number, count("NULL")},
        {"BETWEEN", number, count("BETWEEN")},
        {"IN", none, count("IN")},
        {"LT", list, type("LT", "L")},
        {"IN", list, type("IN", "L")},
        {"CONTAINS", list, type("CONTAINS", "L")},
        {"BEGINS_WITH", number, type("BEGINS_WITH", "N")},
        {"IN",
         {R"({"N":"1"})", R"({"S":"a"})"},
         invalid + "AttributeValues inside AttributeValueList must be of same type"},
        {"BETWEEN",
         {R"({"N":"2"})", R"({"N":"1"})"},
         "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"},
        {"EQ", list, ""},
    };
    for (const auto& row : rows) {
        const std::optional<Conditions> filter = {{{"a", condition(row.name, row.values)}}};
        EXPECT_EQ(said([&] { filter_condition(filter, std::nullopt); }), row.error) << row.name;
    }
}

TEST(LegacyConditions, NeedSomethingToJoin) {
    const std::optional<Conditions> one = {{{"a", condition("NULL", {})}}};
    EXPECT_EQ(said([&] { filter_condition(one, "AND"); }),
              "ConditionalOperator can only be used when Filter or Expected has two or more elements");
    EXPECT_EQ(said([&] { filter_condition(std::nullopt, "OR"); }),
              "ConditionalOperator cannot be used without Filter or Expected");
    EXPECT_EQ(said([&] { expected_condition(Expected(), "OR"); }),
              "ConditionalOperator cannot be used without Filter or Expected");
    EXPECT_FALSE(expected_condition(Expected(), std::nullopt));
}

TEST(Expected, TakesEitherAnOperatorOrAValueOrExistence) {
    const auto one = value_of(R"({"N":"1"})");
    struct Row {
        ExpectedAttributeValue expected;
        std::string error;
    };
    const Row rows[] = {
        {{.Value = one, .AttributeValueList = {{one}}},
         "Value and AttributeValueList cannot be used together for Attribute: a"},
        {{.Exists = false, .ComparisonOperator = "EQ", .AttributeValueList = {{one}}},
         "Exists and ComparisonOperator cannot be used together for Attribute: a"},
        {{.ComparisonOperator = "EQ"},
         "Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: a"},
        {{.AttributeValueList = {{one}}},
         "AttributeValueList can only be used with a ComparisonOperator for Attribute: a"},
        {{}, "Value must be provided when Exists is null for Attribute: a"},
        {{.Exists = true}, "Value must be provided when Exists is true for Attribute: a"},
        {{.Value = one, .Exists = false}, "Value cannot be used when Exists is false for Attribute: a"},
    };
    for (const auto& [expected, error] : rows) {
        EXPECT_EQ(said([&] { expected_condition(Expected{{"a", expected}}, std::nullopt); }), invalid + error);
    }
    const auto item = AttributeMap::from_json(R"({"a":{"N":"1"}})");
    const auto holds_for = [&](ExpectedAttributeValue expected) {
        const Expected all = {{"a", std::move(expected)}};
        return holds(*expected_condition(all, std::nullopt), item.view());
    };
    EXPECT_TRUE(holds_for({.Value = one}));
    EXPECT_TRUE(holds_for({.Value = one, .Exists = true}));
    EXPECT_TRUE(holds_for({.Value = one, .ComparisonOperator = "GE"}));
    EXPECT_FALSE(holds_for({.Value = value_of(R"({"N":"2"})")}));
    EXPECT_FALSE(holds_for({.Exists = false}));
}

TEST(AttributeUpdates, PutAddAndDelete) {
    const auto item = AttributeMap::from_json(
        R"({"l":{"L":[{"N":"1"}]},"n":{"N":"1"},"old":{"S":"x"},"ss":{"SS":["a","b"]},"s.d":{"S":"y"}})");
    const auto after = [&](Updates updates) { return apply(update_of(updates), item).json(); };
    EXPECT_EQ(after({{"l", {.Value = value_of(R"({"L":[{"N":"2"}]})"), .Action = "ADD"}},
                     {"n", {.Value = value_of(R"({"N":"2"})"), .Action = "ADD"}},
                     {"new", {.Value = value_of(R"({"N":"7"})"), .Action = "ADD"}},
                     {"old", {.Action = "DELETE"}},
                     {"s.d", {.Value = value_of(R"({"S":"z"})")}},
                     {"ss", {.Value = value_of(R"({"SS":["a","c"]})"), .Action = "DELETE"}}}),
              R"({"l":{"L":[{"N":"1"},{"N":"2"}]},"n":{"N":"3"},"new":{"N":"7"},"s.d":{"S":"z"},"ss":{"SS":["b"]}})");
    const auto error = [&](AttributeValueUpdate update) {
        return said([&] { apply(update_of({{"n", update}}), item); });
    };
    EXPECT_EQ(error({.Action = "ADD"}), invalid + "Only DELETE action is allowed when no attribute value is specified");
    EXPECT_EQ(error({}), invalid + "Only DELETE action is allowed when no attribute value is specified");
    EXPECT_EQ(error({.Value = value_of(R"({"N":"1"})"), .Action = "DELETE"}),
              invalid + "DELETE action with value is not supported for the type N");
    EXPECT_EQ(error({.Value = value_of(R"({"S":"1"})"), .Action = "ADD"}),
              invalid + "ADD action is not supported for the type S");
    EXPECT_EQ(error({.Value = value_of(R"({"NS":["1"]})"), .Action = "ADD"}), "Type mismatch for attribute to update");
    EXPECT_EQ(error({.Value = value_of(R"({"NS":["1"]})"), .Action = "DELETE"}),
              "Type mismatch for attribute to update");
}

TEST(LegacyParameters, DoNotMixWithExpressions) {
    World world;
    world.make_table("orders");
    const auto key = AttributeMap::from_json(R"({"pk":{"S":"a"},"sk":{"S":"1"}})");
    const std::string introduction = "1 validation error detected: ";
    const std::string mixed =
        "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: ";
    EXPECT_EQ(said([&] {
                  world.run(world.service.update_item(world.call, {.TableName = "orders",
                                                                   .Key = key,
                                                                   .AttributeUpdates = Updates(),
                                                                   .Expected = Expected(),
                                                                   .ConditionExpression = "attribute_exists(a)"}));
              }),
              introduction + mixed + "{AttributeUpdates, Expected} Expression parameters: {ConditionExpression}");
    EXPECT_EQ(said([&] {
                  world.run(world.service.query(
                      world.call,
                      {.TableName = "orders", .KeyConditions = Conditions(), .KeyConditionExpression = "a = :a"}));
              }),
              mixed + "{KeyConditions} Expression parameters: {KeyConditionExpression}");
    EXPECT_EQ(said([&] {
                  world.run(world.service.get_item(
                      world.call, {.TableName = "orders", .Key = key, .AttributesToGet = {{"a", "b", "a"}}}));
              }),
              invalid + "Duplicate value in attribute name: a");
}

TEST(LegacyParameters, WorkInEveryOperation) {
    World world;
    world.make_table("orders", "N");
    for (int n = 1; n <= 4; ++n) {
        world.put("orders", fmt::format(R"({{"pk":{{"S":"a"}},"sk":{{"N":"{0}"}},"v":{{"N":"{0}"}}}})", n));
    }
    const auto key = AttributeMap::from_json(R"({"pk":{"S":"a"},"sk":{"N":"1"}})");
    const Conditions keys = {{"pk", condition("EQ", {R"({"S":"a"})"})}, {"sk", condition("GT", {R"({"N":"1"})"})}};
    EXPECT_EQ(range_keys(world.run(world.service.query(world.call, {.TableName = "orders", .KeyConditions = keys}))),
              "2 3 4");
    EXPECT_EQ(range_keys(world.run(world.service.query(
                  world.call, {.TableName = "orders",
                               .KeyConditions = keys,
                               .QueryFilter = Conditions{{"v", condition("LT", {R"({"N":"4"})"})}}}))),
              "2 3");
    EXPECT_EQ(range_keys(world.run(world.service.scan(
                  world.call, {.TableName = "orders",
                               .ScanFilter = Conditions{{"v", condition("IN", {R"({"N":"1"})", R"({"N":"3"})"})}}}))),
              "1 3");
    const auto updated = world.run(world.service.update_item(
        world.call, {.TableName = "orders",
                     .Key = key,
                     .AttributeUpdates = Updates{{"v", {.Value = value_of(R"({"N":"9"})"), .Action = "ADD"}}},
                     .Expected = Expected{{"v", {.Value = value_of(R"({"N":"1"})")}}},
                     .ReturnValues = "UPDATED_NEW"}));
    EXPECT_EQ(updated.Attributes->json(), R"({"v":{"N":"10"}})");
    EXPECT_EQ(refusal([&] {
                  world.run(world.service.delete_item(
                      world.call, {.TableName = "orders", .Key = key, .Expected = Expected{{"v", {.Exists = false}}}}));
              }),
              "ConditionalCheckFailedException: The conditional request failed");
}

TEST(KeyConditions, StandBesideExpressionsOfOtherParameters) {
    World world;
    world.make_table("orders", "N");
    world.put("orders", R"({"pk":{"S":"a"},"sk":{"N":"1"},"v":{"N":"1"}})");
    const auto found = world.run(
        world.service.query(world.call, {.TableName = "orders",
                                         .KeyConditions = Conditions{{"pk", condition("EQ", {R"({"S":"a"})"})}},
                                         .FilterExpression = "attribute_exists(v)"}));
    EXPECT_EQ(found.Count, 1);
}

TEST(KeyConditions, NameTheKeyAndNothingElse) {
    World world;
    world.make_table("orders", "N");
    const auto query = [&](Conditions keys, std::optional<Conditions> filter = {}) {
        return said([&] {
            world.run(
                world.service.query(world.call, {.TableName = "orders", .KeyConditions = keys, .QueryFilter = filter}));
        });
    };
    const auto a = condition("EQ", {R"({"S":"a"})"}), one = condition("EQ", {R"({"N":"1"})"});
    EXPECT_EQ(query({}), "Conditions can be of length 1 or 2 only");
    EXPECT_EQ(query({{"pk", a}, {"sk", one}, {"v", one}}),
              "The number of query conditions (3) exceeds the number of key attributes defined in the schema (2)");
    EXPECT_EQ(query({{"sk", one}}), "Query condition missed key schema element: pk");
    EXPECT_EQ(query({{"pk", a}, {"v", one}}), "Query condition missed key schema element: sk");
    EXPECT_EQ(query({{"pk", condition("LT", {R"({"S":"a"})"})}}), "Query key condition not supported");
    EXPECT_EQ(query({{"pk", a}, {"sk", condition("NE", {R"({"N":"1"})"})}}),
              "Attempted conditional constraint is not an indexable operation");
    EXPECT_EQ(query({{"pk", one}}), invalid + "Condition parameter type does not match schema type");
    EXPECT_EQ(query({{"pk", a}}, Conditions{{"sk", one}}),
              "QueryFilter can only contain non-primary key attributes: Primary key attribute: sk");
}

}  // namespace
}  // namespace cumulet::dynamodb
