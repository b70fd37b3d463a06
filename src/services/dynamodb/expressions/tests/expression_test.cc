#include <gtest/gtest.h>

#include "contracts/error.h"
#include "services/dynamodb/expressions/key_condition.h"
#include "services/dynamodb/expressions/parser.h"

namespace cumulet::dynamodb {
namespace {

const auto item = AttributeMap::from_json(R"({
    "text": {"S": "hello"}, "one": {"N": "1"}, "ten": {"N": "10"}, "bytes": {"B": "AAEC"}, "yes": {"BOOL": true},
    "nothing": {"NULL": true}, "words": {"SS": ["a", "b"]}, "numbers": {"NS": ["1", "2.50"]},
    "parts": {"L": [{"S": "zero"}, {"M": {"deep": {"N": "5"}}}, {"S": "two"}]},
    "box": {"M": {"x": {"S": "ex"}, "seq": {"L": [{"N": "1"}, {"N": "2"}]}}}})");

const auto values = AttributeMap::from_json(R"({
    ":hello": {"S": "hello"}, ":he": {"S": "he"}, ":ell": {"S": "ell"}, ":one": {"N": "1.0"}, ":two": {"N": "2"},
    ":five": {"N": "5"}, ":ten": {"N": "10"}, ":bytes": {"B": "AAEC"}, ":yes": {"BOOL": true}, ":null": {"NULL": true},
    ":a": {"S": "a"}, ":c": {"S": "c"}, ":words": {"SS": ["b", "a"]}, ":more": {"SS": ["b", "z"]},
    ":numbers": {"NS": ["2.5", "9"]}, ":list": {"L": [{"S": "new"}]}, ":map": {"M": {"k": {"S": "v"}}},
    ":S": {"S": "S"}, ":L": {"S": "L"}, ":wrong": {"S": "STRING"}, ":zero": {"S": "zero"}})");

const Placeholders::Names names = {{"#text", "text"}, {"#i", "box"}, {"#size", "size"}, {"#dot", "a.b"}};

std::string refusal(auto action) {
    try {
        action();
    } catch (const aws::Error& error) {
        EXPECT_EQ(error.code, "ValidationException");
        return error.message;
    }
    return "accepted";
}

bool evaluate(std::string_view text) {
    Placeholders placeholders(&names, &values);
    return holds(parse_condition("ConditionExpression", text, placeholders), item.view());
}

struct Truth {
    std::string_view text;
    bool holds;
};
class ConditionTruth : public testing::TestWithParam<Truth> {};

TEST_P(ConditionTruth, IsWhatDynamoDBSays) {
    EXPECT_EQ(evaluate(GetParam().text), GetParam().holds) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Comparisons, ConditionTruth,
    testing::Values(Truth{"#text = :hello", true}, Truth{"#text <> :hello", false}, Truth{"one = :one", true},
                    Truth{"one < :two", true}, Truth{"ten > :two", true}, Truth{"ten <= :ten", true},
                    Truth{"ten >= :two", true}, Truth{"#text < :two", false}, Truth{":two < ten", true},
                    Truth{"absent = :one", false}, Truth{"absent <> :one", true}, Truth{"absent < :one", false},
                    Truth{"absent = gone", false}, Truth{"bytes = :bytes", true}, Truth{"yes = :yes", true},
                    Truth{"nothing = :null", true}, Truth{"words = :words", true}, Truth{"words <> :more", true},
                    Truth{"one BETWEEN :one AND :two", true}, Truth{"ten between :one and :two", false},
                    Truth{"ten IN (:one, :two, :ten)", true}, Truth{"ten in (:one)", false},
                    Truth{"one IN (ten, one)", true}, Truth{"((one) = :one)", true},
                    Truth{"(one) = :one AND ((#text) = (:hello))", true},
                    Truth{"((one = :one) and ten = :ten)", true}));
INSTANTIATE_TEST_SUITE_P(
    Functions, ConditionTruth,
    testing::Values(Truth{"attribute_exists(one)", true}, Truth{"attribute_exists(absent)", false},
                    Truth{"attribute_not_exists(box.y)", true}, Truth{"attribute_exists(#i.x)", true},
                    Truth{"attribute_exists(box.seq[1])", true}, Truth{"attribute_exists(box.seq[2])", false},
                    Truth{"attribute_exists(one.x)", false}, Truth{"attribute_type(#text, :S)", true},
                    Truth{"attribute_type(#text, :L)", false}, Truth{"attribute_type(absent, :S)", false},
                    Truth{"begins_with(#text, :he)", true}, Truth{"begins_with(#text, :ell)", false},
                    Truth{"begins_with(one, :he)", false}, Truth{"contains(#text, :ell)", true},
                    Truth{"contains(words, :a)", true}, Truth{"contains(words, :c)", false},
                    Truth{"contains(numbers, :one)", true}, Truth{"contains(numbers, :a)", false},
                    Truth{"contains(parts, :zero)", true}, Truth{"contains(one, :one)", false},
                    Truth{"size(#text) = :five", true}, Truth{"size(words) = :two", true},
                    Truth{"size(box) >= :two", true}, Truth{"size(one) = :one", false},
                    Truth{"size(absent) < :ten", false}));
INSTANTIATE_TEST_SUITE_P(
    Logic, ConditionTruth,
    testing::Values(Truth{"one = :one AND ten = :ten", true}, Truth{"one = :two OR ten = :ten", true},
                    Truth{"NOT one = :two", true}, Truth{"NOT NOT one = :one", true},
                    Truth{"one = :one OR one = :two AND ten = :two", true},
                    Truth{"(one = :one OR one = :two) AND ten = :two", false},
                    Truth{"NOT (one = :one AND ten = :two)", true}, Truth{"not one = :one or ten = :ten", true},
                    Truth{"one BETWEEN :one AND :two AND ten = :two", false}, Truth{"(one) = (:one)", true},
                    Truth{"parts[1].deep = :five", true}, Truth{"(size(#text)) = :five", true},
                    Truth{"(one = :one) AND (ten = :ten)", true}, Truth{"(attribute_exists(one))", true}));

struct Error {
    std::string_view text;
    std::string_view message;
};
class RefusedCondition : public testing::TestWithParam<Error> {};

TEST_P(RefusedCondition, IsRefusedInDynamoDBsWords) {
    EXPECT_EQ(refusal([] { evaluate(GetParam().text); }),
              "Invalid ConditionExpression: " + std::string(GetParam().message))
        << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RefusedCondition,
    testing::Values(
        Error{"", "The expression can not be empty;"},
        Error{"one = = :one", "Syntax error; token: \"=\", near: \"= = :one\""},
        Error{"one", "Syntax error; token: \"<EOF>\", near: \"one\""},
        Error{"_one = :one", "Syntax error; token: \"_\", near: \"_one\""},
        Error{"one = :one :two", "Syntax error; token: \":two\", near: \":one :two\""},
        Error{"one = 5", "Syntax error; token: \"5\", near: \"= 5\""},
        Error{"one $ :one", "Syntax error; token: \"$\", near: \"one $ :one\""},
        Error{"AND one = :one", "Syntax error; token: \"AND\", near: \"AND one\""},
        Error{"((one = :one))", "The expression has redundant parentheses;"},
        Error{"((one = :one)) AND name = :x", "The expression has redundant parentheses;"},
        Error{"name = :one", "Attribute name is a reserved keyword; reserved keyword: name"},
        Error{"box.Status = :one", "Attribute name is a reserved keyword; reserved keyword: Status"},
        Error{"#none = :one",
              "An expression attribute name used in the document path is not defined; attribute name: #none"},
        Error{"one = :none", "An expression attribute value used in expression is not defined; attribute value: :none"},
        Error{"exists(one)", "Invalid function name; function: exists"},
        Error{"Size(one) = :one", "Invalid function name; function: Size"},
        Error{"if_not_exists(one, one) = :one",
              "The function is not allowed in a condition expression; function: if_not_exists"},
        Error{"size(one)", "The function is not allowed to be used this way in an expression; function: size"},
        Error{"attribute_exists(one) = :one",
              "The function is not allowed to be used this way in an expression; function: attribute_exists"},
        Error{
            "attribute_exists(one, ten)",
            "Incorrect number of operands for operator or function; operator or function: attribute_exists, number of "
            "operands: 2"},
        Error{"attribute_exists(:one)",
              "Operator or function requires a document path; operator or function: attribute_exists"},
        Error{"begins_with(one, :two)",
              "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"},
        Error{"attribute_type(one, :two)",
              "Incorrect operand type for operator or function; operator or function: attribute_type, operand type: N"},
        Error{"attribute_type(one, :wrong)",
              "Invalid attribute type name found; type: STRING, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"},
        Error{"size(:two) = :one",
              "Incorrect operand type for operator or function; operator or function: size, operand type: N"},
        Error{"one < :yes",
              "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"},
        Error{"one = one",
              "The first operand must be distinct from the remaining operands for this operator or function; operator: "
              "=, "
              "first operand: [one]"},
        Error{"one BETWEEN :two AND :one",
              "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound "
              "operand: "
              "AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}"},
        Error{"one BETWEEN :two AND :a",
              "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: "
              "AttributeValue: "
              "{N:2}, upper bound operand: AttributeValue: {S:a}"}));

TEST(Condition, IsBoundedInSizeOperatorsAndDepth) {
    const std::string long_text = "one = :" + std::string(4096, 'x');
    EXPECT_EQ(
        refusal([&] { evaluate(long_text); }),
        "Invalid ConditionExpression: Expression size has exceeded the maximum allowed size; expression size: 4103");
    std::string negations;
    for (int count = 0; count < 190; ++count) negations += "NOT ";
    EXPECT_NE(refusal([&] { evaluate(std::string(3000, '(') + "one = :one"); }), "accepted");
    EXPECT_EQ(refusal([&] { evaluate(negations + "one = :one"); }), "accepted");
    std::string many = "one = :one";
    for (int count = 0; count < 160; ++count) many += " OR one = :one";
    EXPECT_NE(refusal([&] { evaluate(many); }), "accepted");
}

TEST(Placeholders, MustAllBeUsedAndWellFormed) {
    const Placeholders::Names two = {{"#a", "one"}, {"#b", "two"}};
    const auto one = AttributeMap::from_json(R"({":x":{"N":"1"},":y":{"N":"2"}})");
    Placeholders placeholders(&two, &one);
    EXPECT_EQ(refusal([&] { placeholders.check_all_used(); }),
              "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b}");
    parse_condition("FilterExpression", "#a = :x OR #b = :x", placeholders);
    EXPECT_EQ(refusal([&] { placeholders.check_all_used(); }),
              "Value provided in ExpressionAttributeValues unused in expressions: keys: {:y}");
    const Placeholders::Names bad = {{"a", "one"}}, empty;
    EXPECT_EQ(refusal([&] { Placeholders(&bad, nullptr); }),
              "ExpressionAttributeNames contains invalid key: Syntax error; key: \"a\"");
    EXPECT_EQ(refusal([&] { Placeholders(&empty, nullptr); }), "ExpressionAttributeNames must not be empty");
}

std::string update(std::string_view text, const AttributeMap& before = item) {
    Placeholders placeholders(&names, &values);
    const auto parsed = parse_update(text, placeholders);
    return project(parsed.paths(), apply(parsed, before).view()).json();
}

struct UpdateRow {
    std::string_view text;
    std::string_view changed;  ///< what lies at the update's paths afterwards
};
class UpdateResult : public testing::TestWithParam<UpdateRow> {};

TEST_P(UpdateResult, IsWhatDynamoDBWrites) {
    EXPECT_EQ(update(GetParam().text), GetParam().changed) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, UpdateResult,
    testing::Values(
        UpdateRow{"SET one = :five", R"({"one":{"N":"5"}})"},
        UpdateRow{"set fresh = :a, one = ten", R"({"fresh":{"S":"a"},"one":{"N":"10"}})"},
        UpdateRow{"SET one = ten, ten = one", R"({"one":{"N":"10"},"ten":{"N":"1"}})"},
        UpdateRow{"SET one = one + :five", R"({"one":{"N":"6"}})"},
        UpdateRow{"SET one = one - ten", R"({"one":{"N":"-9"}})"},
        UpdateRow{"SET one = (one + :five)", R"({"one":{"N":"6"}})"},
        UpdateRow{"SET one = (one) + (:five)", R"({"one":{"N":"6"}})"},
        UpdateRow{"SET n = if_not_exists(n, :five) + :one", R"({"n":{"N":"6"}})"},
        UpdateRow{"SET one = if_not_exists(one, :five)", R"({"one":{"N":"1"}})"},
        UpdateRow{"SET more = list_append(box.seq, :list)", R"({"more":{"L":[{"N":"1"},{"N":"2"},{"S":"new"}]}})"},
        UpdateRow{"SET fresh = list_append(if_not_exists(fresh, :list), :list)",
                  R"({"fresh":{"L":[{"S":"new"},{"S":"new"}]}})"},
        UpdateRow{"SET box.y = :a, #i.x = :c", R"({"box":{"M":{"x":{"S":"c"},"y":{"S":"a"}}}})"},
        UpdateRow{"SET parts[1].deep = :a", R"({"parts":{"L":[{"M":{"deep":{"S":"a"}}}]}})"},
        UpdateRow{"SET parts[99] = :a", R"({})"}, UpdateRow{"REMOVE one, absent", R"({})"},
        UpdateRow{"ADD one :five", R"({"one":{"N":"6"}})"}, UpdateRow{"ADD fresh :five", R"({"fresh":{"N":"5"}})"},
        UpdateRow{"ADD words :more", R"({"words":{"SS":["a","b","z"]}})"},
        UpdateRow{"ADD fresh :more", R"({"fresh":{"SS":["b","z"]}})"},
        UpdateRow{"DELETE words :more", R"({"words":{"SS":["a"]}})"}, UpdateRow{"DELETE words :words", R"({})"},
        UpdateRow{"DELETE absent :words", R"({})"}, UpdateRow{"DELETE numbers :numbers", R"({"numbers":{"NS":["1"]}})"},
        UpdateRow{"REMOVE one SET fresh = one", R"({"fresh":{"N":"1"}})"},
        UpdateRow{"SET #dot = :a", R"({"a.b":{"S":"a"}})"}));

TEST(Update, AppendsBeyondTheEndAndClosesGapsOfLists) {
    const auto list = AttributeMap::from_json(R"({"l":{"L":[{"S":"0"},{"S":"1"},{"S":"2"}]}})");
    Placeholders placeholders(nullptr, &values);
    const auto after = [&](std::string_view text) { return apply(parse_update(text, placeholders), list).json(); };
    EXPECT_EQ(after("SET l[9] = :c, l[7] = :a"), R"({"l":{"L":[{"S":"0"},{"S":"1"},{"S":"2"},{"S":"a"},{"S":"c"}]}})");
    EXPECT_EQ(after("REMOVE l[0], l[2], l[9]"), R"({"l":{"L":[{"S":"1"}]}})");
    EXPECT_EQ(after("REMOVE l[1] SET l[0] = :a"), R"({"l":{"L":[{"S":"a"},{"S":"2"}]}})");
}

class RefusedUpdate : public testing::TestWithParam<Error> {};

TEST_P(RefusedUpdate, IsRefusedInDynamoDBsWords) {
    EXPECT_EQ(refusal([] { update(GetParam().text); }), GetParam().message) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RefusedUpdate,
    testing::Values(
        Error{"", "Invalid UpdateExpression: The expression can not be empty;"},
        Error{"one = :one", "Invalid UpdateExpression: Syntax error; token: \"one\", near: \"one =\""},
        Error{"SET one", "Invalid UpdateExpression: Syntax error; token: \"<EOF>\", near: \"one\""},
        Error{"SET one = :one,", "Invalid UpdateExpression: Syntax error; token: \"<EOF>\", near: \",\""},
        Error{"SET one = :one + :two + :two",
              "Invalid UpdateExpression: Syntax error; token: \"+\", near: \":two + :two\""},
        Error{"SET one = :one SET ten = :one",
              "Invalid UpdateExpression: The \"SET\" section can only be used once in an update expression;"},
        Error{
            "SET one = :one REMOVE one",
            "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these "
            "paths; path one: [one], path two: [one]"},
        Error{
            "SET box.x = :a, box = :map",
            "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these "
            "paths; path one: [box, x], path two: [box]"},
        Error{"SET box.x = :a, box[1] = :map",
              "Invalid UpdateExpression: Two document paths conflict with each other; must remove or rewrite one of "
              "these "
              "paths; path one: [box, x], path two: [box, [1]]"},
        Error{"SET one = :none",
              "Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute "
              "value: "
              ":none"},
        Error{"SET data = :one",
              "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: data"},
        Error{"SET one = size(ten)",
              "Invalid UpdateExpression: The function is not allowed in an update expression; function: size"},
        Error{"SET one = longest(ten)", "Invalid UpdateExpression: Invalid function name; function: longest"},
        Error{"SET one = :a + :one",
              "Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: +, "
              "operand "
              "type: S"},
        Error{"SET seq = list_append(list_append(:list, :list), :list)",
              "Invalid UpdateExpression: The function is not allowed to be used this way in an expression; function: "
              "list_append"},
        Error{"SET seq = if_not_exists(seq, list_append(:list, :list))",
              "Invalid UpdateExpression: The function is not allowed to be used this way in an expression; function: "
              "list_append"},
        Error{"SET one = list_append(:a, :list)",
              "Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: "
              "list_append, "
              "operand type: S"},
        Error{"ADD one :a",
              "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: "
              "STRING"},
        Error{"DELETE words :list",
              "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: DELETE, operand "
              "type: "
              "LIST"},
        Error{"DELETE words :one",
              "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: DELETE, operand "
              "type: "
              "NUMBER"},
        Error{"SET one = absent", "The provided expression refers to an attribute that does not exist in the item"},
        Error{"SET one = #text + :one", "An operand in the update expression has an incorrect data type"},
        Error{"SET one = list_append(one, :list)", "An operand in the update expression has an incorrect data type"},
        Error{"ADD #text :one", "An operand in the update expression has an incorrect data type"},
        Error{"DELETE words :numbers", "An operand in the update expression has an incorrect data type"},
        Error{"SET absent.x = :a", "The document path provided in the update expression is invalid for update"},
        Error{"SET one.x = :a", "The document path provided in the update expression is invalid for update"},
        Error{"SET box[0] = :a", "The document path provided in the update expression is invalid for update"},
        Error{"REMOVE absent.x", "The document path provided in the update expression is invalid for update"}));

TEST(Projection, KeepsTheStructureOfWhatItNames) {
    Placeholders placeholders(&names, nullptr);
    const auto projected = [&](std::string_view text) {
        return project(parse_projection(text, placeholders), item.view()).json();
    };
    EXPECT_EQ(projected("one, absent"), R"({"one":{"N":"1"}})");
    EXPECT_EQ(projected("parts[2], parts[0]"), R"({"parts":{"L":[{"S":"zero"},{"S":"two"}]}})");
    EXPECT_EQ(projected("#i.x, parts[1].deep"),
              R"({"box":{"M":{"x":{"S":"ex"}}},"parts":{"L":[{"M":{"deep":{"N":"5"}}}]}})");
    EXPECT_EQ(projected("box.nothing, one.x, parts[7]"), "{}");
    EXPECT_EQ(
        refusal([&] { projected("one, one"); }),
        "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these "
        "paths; path one: [one], path two: [one]");
    EXPECT_EQ(refusal([&] { projected("parts["); }),
              "Invalid ProjectionExpression: Syntax error; token: \"<EOF>\", near: \"[\"");
    EXPECT_EQ(refusal([&] { projected("comment"); }),
              "Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: comment");
}

std::string keys(std::string_view text) {
    Placeholders placeholders(nullptr, &values);
    std::string said;
    for (const auto& comparison : key_comparisons(parse_condition("KeyConditionExpression", text, placeholders))) {
        said += fmt::format("{}/{} ", comparison.attribute, static_cast<int>(comparison.kind));
    }
    return said;
}

TEST(KeyCondition, ReadsComparisonsEitherWayRound) {
    EXPECT_EQ(keys("pk = :a"), "pk/0 ");
    EXPECT_EQ(keys("pk = :a AND sk < :c"), "pk/0 sk/1 ");
    EXPECT_EQ(keys(":c < sk AND (pk = :a)"), "sk/3 pk/0 ");
    EXPECT_EQ(keys("pk = :a AND sk BETWEEN :a AND :c"), "pk/0 sk/5 ");
    EXPECT_EQ(keys("pk = :a AND begins_with(sk, :c)"), "pk/0 sk/6 ");
}

struct KeyRefusal {
    std::string_view text;
    std::string_view message;
};

TEST(KeyCondition, RefusesWhatIsNoConditionOnKeys) {
    for (const auto& [text, message] : {
             KeyRefusal{"pk = :a OR sk = :c", "Invalid operator used in KeyConditionExpression: OR"},
             KeyRefusal{"NOT pk = :a", "Invalid operator used in KeyConditionExpression: NOT"},
             KeyRefusal{"pk IN (:a)", "Invalid operator used in KeyConditionExpression: IN"},
             KeyRefusal{"pk <> :a", "Invalid operator used in KeyConditionExpression: <>"},
             KeyRefusal{"contains(pk, :a)", "Invalid operator used in KeyConditionExpression: contains"},
             KeyRefusal{"size(pk) = :one", "KeyConditionExpressions cannot contain nested operations"},
             KeyRefusal{"pk.x = :a", "KeyConditionExpressions cannot have conditions on nested attributes"},
             KeyRefusal{"pk = sk",
                        "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"},
             KeyRefusal{":a = :c", "Invalid condition in KeyConditionExpression: No key attribute specified"},
             KeyRefusal{
                 "pk = :a AND pk > :c",
                 "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key"},
         }) {
        EXPECT_EQ(refusal([&] { keys(text); }), message) << text;
    }
}

}  // namespace
}  // namespace cumulet::dynamodb
