// PartiQL as text: what is read, and what DynamoDB says of what cannot be read.
#include <gtest/gtest.h>

#include "contracts/error.h"
#include "services/dynamodb/partiql/conditions.h"
#include "services/dynamodb/partiql/parser.h"
#include "services/dynamodb/partiql/updates.h"

namespace cumulet::dynamodb::partiql {
namespace {

std::string said(auto action) {
    try {
        action();
    } catch (const aws::Error& error) {
        return error.message;
    }
    return "";
}
std::string refusal_of(std::string_view text) {
    return said([&] { parse(text); });
}
const std::string malformed_text = "Statement wasn't well formed, can't be processed: ";

struct Refused {
    std::string statement;
    std::string message;
};

TEST(PartiQL, RefusesInDynamoDBsWordsWhatItCannotRead) {
    const std::string leftover = malformed_text + "Unexpected token after expression";
    const std::string aliasing = "Aliasing is not supported";
    const Refused rows[] = {
        {"SELECT * FROM t WHERE pk = 1 foo", leftover},
        {"SELECT * FROM t WHERE pk = 1 e5", leftover},
        {"INSERT INTO t VALUE {'pk': 1} foo", leftover},
        {"UPDATE t SET a = 9 WHERE pk = 2 foo", leftover},
        {"DELETE FROM t WHERE pk = 3 foo", leftover},
        {"SELECT * FROM t WHERE pk = 1)", leftover},
        {"DELETE FROM t WHERE pk = 4 ORDER BY pk", leftover},
        {"SELECT * FROM t ORDER BY pk WHERE pk = 1", leftover},
        {"INSERT INTO t x VALUE {'pk': 'x'}", leftover},
        {"FROM t SET c = 1 WHERE pk = 'x'", leftover},
        {"SELECT * FROM t WHERE pk = 1e2147483648", malformed_text},
        {"SELECT * FROM t WHERE pk = 1e99999999999", malformed_text},
        {"SELECT * FROM t WHERE pk = 1.5e-2147483647", malformed_text},
        {"SELECT * FROM t WHERE pk = 1 # note", malformed_text},
        {"SELECT * FROM t WHERE pk = 1 /* note", malformed_text},
        {"SELECT * FROM \"t", malformed_text},
        {"SELECT * FROM t x WHERE pk = 'x'", aliasing},
        {"SELECT * FROM t AS x WHERE pk = 'x'", aliasing},
        {"UPDATE t x SET a = 3 WHERE pk = 'x'", aliasing},
        {"DELETE FROM t x WHERE pk = 'x'", aliasing},
        {"SELECT * FROM t WHERE", malformed_text + "Unexpected term"},
        {"SELECT * FROM t WHERE;", malformed_text + "Unexpected term"},
        {"UPDATE t SET a = 1 WHERE", malformed_text + "Unexpected term"},
        {"SELECT * FROM t WHERE NOT", malformed_text + "Unexpected term"},
        {"SELECT * FROM t WHERE (", malformed_text + "Unexpected term"},
        {"SELECT * FROM", malformed_text + "Unexpected term"},
        {"SELECT * FROM t WHERE pk = 'a' AND", malformed_text + "Missing right-hand side expression of infix operator"},
        {"SELECT * FROM t WHERE pk = 'a' OR", malformed_text + "Missing right-hand side expression of infix operator"},
        {"SELECT * FROM t WHERE ORDER BY pk", malformed_text + "Unexpected keyword"},
        {"SELECT * FROM t WHERE pk = 'a' AND x IS FOO", malformed_text + "Expected type name"},
        {"SELECT * FROM t WHERE IS NULL", malformed_text + "Unexpected operator"},
        {"SELECT * FROM t WHERE pk = LIKE", malformed_text + "Unexpected operator"},
        {"DELETE FROM", malformed_text + "Expected identifier for simple path"},
        {"DELETE FROM;", malformed_text + "Expected identifier for simple path"},
        {"DELETE FROM WHERE pk = 'a'", malformed_text + "Expected identifier for simple path"},
        {"SLECT * FROM t WHERE pk = 'a'", malformed_text + "Expected data manipulation"},
        {"x IS INT4", "Unsupported operation: IsType"},
        {"x IS DOUBLE PRECISION", "Unsupported operation: IsType"},
        {"x IS CHARACTER VARYING", "Unsupported operation: IsType"},
        {"SELECT * FROM t WHERE attribute_exists(m.inner)", malformed_text + "Invalid path dot component"},
        {"SELECT attribute_exists(ss) FROM t WHERE pk = 'a'", "Unexpected path component at 1:8:16"},
        {"SELECT * FROM t.i.extra WHERE pk = 'p'", "A path may contain at most 2 components in the FROM clause"},
        {"SELECT * FROM t.\"\" WHERE pk = 'p'", "Path component cannot be an empty string"},
        {"SELECT * FROM \"\" WHERE pk = 'p'", "Path component cannot be an empty string"},
        {"SELECT * FROM t, u", "Only select from a single table or index is supported."},
        {"DELETE FROM t WHERE pk = 'x' RETURNING MODIFIED OLD *",
         "Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed in DELETE "
         "statements."},
        {"DELETE FROM t WHERE pk = 'x' RETURNING ALL NEW *",
         "Invalid returning clause: RETURNING ALL NEW *. Only RETURNING ALL OLD * is allowed in DELETE statements."},
    };
    for (const auto& row : rows) EXPECT_EQ(refusal_of(row.statement), row.message) << row.statement;
}

TEST(PartiQL, ReadsCommentsSpacesAndKeywordsInAnyCase) {
    for (const auto* text :
         {"-- a note\nSELECT * FROM t WHERE pk = 'x'", "select * from t /* a */ where pk = 'x';",
          "SELECT * FROM t WHERE pk = 'x' -- note",
          "UPDATE t SET a = 1 SET b = 2 REMOVE c WHERE pk = 'x' RETURNING ALL NEW *", "from t where pk = 'x' set a = 1",
          "SELECT a.b[0], \"c d\" FROM \"t-1\".\"i\" WHERE pk IN ['a', ?] ORDER BY sk DESC",
          "EXISTS(SELECT * FROM t WHERE pk = 'a' AND b IS MISSING)",
          "INSERT INTO t VALUE {'pk': .5, 'l': [1, true, null, {'x': <<1, 2>>}]}"}) {
        EXPECT_EQ(refusal_of(text), "") << text;
    }
    const auto statement = parse("SELECT a.b[0], \"c\"\"d\" FROM \"t-1\".i WHERE pk = 'it''s' ORDER BY sk DESC");
    EXPECT_EQ(statement.table, "t-1");
    EXPECT_EQ(statement.index, "i");
    EXPECT_EQ(text_of(statement.projection[0].path), "[a, b, [0]]");
    EXPECT_EQ(statement.projection[1].path[0].name, "c\"d");
    EXPECT_EQ(statement.where->children[1].name, "it's");
    EXPECT_TRUE(statement.order[0].descending);
}

/// What DynamoDB says of the WHERE clause of a statement that can be read, and of its changes.
std::string refusal_of_meaning(std::string_view text, std::vector<AttributeValue> parameters = {}) {
    return said([&] {
        const auto statement = parse(text);
        Values values(statement, &parameters);
        if (statement.where) condition_of(*statement.where, values);
        update_of(statement, values);
        if (statement.item) values.item_of(*statement.item);
    });
}

TEST(PartiQL, RefusesInDynamoDBsWordsWhatMeansNothing) {
    const auto where = [](std::string condition) { return "SELECT * FROM t WHERE " + condition; };
    const auto set = [](std::string change) { return "UPDATE t SET " + change + " WHERE pk = 'a'"; };
    const std::string overflow =
        "Number overflow. Attempting to store a number with magnitude larger than supported range under ";
    const Refused rows[] = {
        {where("attribute_exists('ss')"),
         "Operator or function requires a document path; operator or function: attribute_exists"},
        {where("attribute_exists()"),
         "Incorrect number of operands for operator or function; operator or function: attribute_exists, number of "
         "operands: 0"},
        {where("ATTRIBUTE_EXISTS(ss, ns)"),
         "Incorrect number of operands for operator or function; operator or function: attribute_exists, number of "
         "operands: 2"},
        {where("EXISTS(ss)"), "Unrecognized function: exists at 1:23:6"},
        {where("set_add(ss, <<'x'>>) = ss"), "Unrecognized function: set_add at 1:23:7"},
        {where("val < true"),
         "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"},
        {where("val = <<>>"), "Empty bags are not supported"},
        {where("pk = 1e126"), overflow + "root"},
        {"INSERT INTO t VALUE {'pk': 1e126}", overflow + "root"},
        {"INSERT INTO t VALUE {'pk': 1, 'm': {'x': 1e126}}", overflow + "root.x"},
        {"INSERT INTO t VALUE {'pk': 1, 'l': [1, 1e126]}", overflow + "root[1]"},
        {"INSERT INTO t VALUE {'pk': 'a', 'ss': set_add(<<'a'>>, <<'b'>>)}",
         "Unsupported data type: set_add under key root at 1:39:7"},
        {"INSERT INTO t VALUE 'x'",
         "Unsupported format in item expression. Please use struct format {...} to express item values for insert "
         "statement."},
        {"INSERT INTO t VALUE {'pk': 1, 'pk': 2}", "Duplicate keys in tuple. Key: pk under root"},
        {set("t = set_add(ss, <<'x'>>)"), "The first argument to SET_ADD must equal the assignment value at 1:18:7"},
        {set("ss = set_add(ss, 'x')"), "The second argument to SET_ADD must be a value with type SET at 1:27:2"},
        {set("ss = set_add(ss)"), "SET_ADD must have exactly two arguments at 1:19:7"},
        {set("ss = set_delete(ss, ['a'])"),
         "The second argument to SET_DELETE must be a value with type SET at 1:30:2"},
        {set("ss = set_add(ss, <<'x', 'x'>>)"),
         "One or more parameter values were invalid: Input collection [x, x] contains duplicates."},
        {set("a = upper(b)"), "Unrecognized function: upper at 1:18:5"},
        {set("a = 1, a.b = 2"),
         "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path "
         "two: [a, b]"},
        {where("a = ?"), "Number of parameters in request and statement don't match."},
        {where("a IN []"),
         "IN operator must have a left hand argument of type Variable Reference and right hand argument of type Seq "
         "with at least one member"},
        {where("a = missing"), "MISSING must be compared using IS operator"},
    };
    for (const auto& row : rows) EXPECT_EQ(refusal_of_meaning(row.statement), row.message) << row.statement;
}

TEST(PartiQL, ConditionsHoldAsTheySay) {
    const auto item = AttributeMap::from_json(
        R"({"pk":{"S":"a"},"n":{"N":"5"},"s":{"S":"str"},"ss":{"SS":["a","b"]},"nul":{"NULL":true},"flag":{"BOOL":true},
            "m":{"M":{"sub":{"S":"x"}}},"l":{"L":[{"N":"7"}]}})");
    const auto holds_for = [&](std::string condition, std::vector<AttributeValue> parameters = {}) {
        const auto statement = parse("SELECT * FROM t WHERE " + condition);
        Values values(statement, &parameters);
        return holds(condition_of(*statement.where, values), item.view());
    };
    for (const auto* condition : {"n = 5",
                                  "5 = n",
                                  "n = 0.5e1",
                                  "n <> 4",
                                  "n != 4",
                                  "n BETWEEN 5 AND 6",
                                  "n IN [4, 5]",
                                  "n IN (4, 5)",
                                  "n > -1",
                                  "NOT n = 4",
                                  "n NOT IN [4]",
                                  "n NOT BETWEEN 6 AND 7",
                                  "NOT (n = 4) AND s = 'str'",
                                  "attribute_exists(ss)",
                                  "ATTRIBUTE_EXISTS(\"ss\")",
                                  "attribute_not_exists(nope)",
                                  "attribute_exists(ss) = true",
                                  "attribute_exists(nope) = false",
                                  "attribute_exists(m.sub)",
                                  "size(s) = 3",
                                  "attribute_type(ss, 'SS')",
                                  "contains(ss, 'a')",
                                  "begins_with(s, 'st')",
                                  "nul IS NULL",
                                  "s IS NOT NULL",
                                  "flag IS BOOL",
                                  "s IS STRING",
                                  "m IS STRUCT",
                                  "l IS LIST",
                                  "n IS NUMERIC",
                                  "nope IS MISSING",
                                  "s IS NOT MISSING",
                                  "l[0] = 7",
                                  "m.sub = 'x'",
                                  "m['sub'] = 'x'",
                                  "ss = <<'b', 'a'>>",
                                  "m = {'sub': 'x'}",
                                  "l = [7]",
                                  "nul = null",
                                  "flag = true",
                                  "(n = 4 OR n = 5) AND s = 'str'"}) {
        EXPECT_TRUE(holds_for(condition)) << condition;
    }
    for (const auto* condition :
         {"n = 4", "n = '5'", "attribute_exists(nope)", "s IS NULL", "nul IS NOT NULL", "s IS BOOL", "s IS MISSING",
          "NOT begins_with(s, 'st')", "n NOT IN [5]", "n = 4 OR s = 'x'"}) {
        EXPECT_FALSE(holds_for(condition)) << condition;
    }
    EXPECT_TRUE(holds_for(
        "s = ? AND n IN ?",
        {AttributeValue::S("str"), AttributeValue(AttributeMap::from_json(R"({"v":{"L":[{"N":"5"}]}})").find("v"))}));
}

TEST(PartiQL, UpdatesChangeAsTheySay) {
    const auto item =
        AttributeMap::from_json(R"({"l":{"L":[{"N":"1"}]},"n":{"N":"5"},"old":{"S":"x"},"ss":{"SS":["a"]}})");
    const auto statement = parse(
        "UPDATE t SET n = n + 1, l = list_append(l, [2]) SET ss = set_add(ss, <<'b'>>) SET m = {'k': ?} REMOVE old "
        "WHERE "
        "pk = 'a'");
    const std::vector<AttributeValue> parameters = {AttributeValue::S("v")};
    Values values(statement, &parameters);
    EXPECT_EQ(apply(update_of(statement, values), item).json(),
              R"({"l":{"L":[{"N":"1"},{"N":"2"}]},"m":{"M":{"k":{"S":"v"}}},"n":{"N":"6"},"ss":{"SS":["a","b"]}})");
}

}  // namespace
}  // namespace cumulet::dynamodb::partiql
