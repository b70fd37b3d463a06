#include "services/dynamodb/tests/support/world.h"

namespace cumulet::dynamodb {
namespace {

/// A table "music" (pk S, sk N) with a global index "by-tag" (tag; INCLUDE note) and a local one "by-year" (KEYS_ONLY).
struct Music : World {
    Music() {
        make_table("albums", "");
        run(service.create_table(
            call,
            {.AttributeDefinitions = {{{.AttributeName = "pk", .AttributeType = "S"},
                                       {.AttributeName = "sk", .AttributeType = "N"},
                                       {.AttributeName = "tag", .AttributeType = "S"},
                                       {.AttributeName = "year", .AttributeType = "N"}}},
             .TableName = "music",
             .KeySchema = {{{.AttributeName = "pk", .KeyType = "HASH"}, {.AttributeName = "sk", .KeyType = "RANGE"}}},
             .LocalSecondaryIndexes = {{{.IndexName = "by-year",
                                         .KeySchema = {{{.AttributeName = "pk", .KeyType = "HASH"},
                                                        {.AttributeName = "year", .KeyType = "RANGE"}}},
                                         .Projection = {.ProjectionType = "KEYS_ONLY"}}}},
             .GlobalSecondaryIndexes = {{{.IndexName = "by-tag",
                                          .KeySchema = {{{.AttributeName = "tag", .KeyType = "HASH"}}},
                                          .Projection = {.ProjectionType = "INCLUDE",
                                                         .NonKeyAttributes = {{"note"}}}}}},
             .BillingMode = "PAY_PER_REQUEST"}));
        for (int n = 1; n <= 4; ++n) {
            put("music", fmt::format(R"({{"pk":{{"S":"{}"}},"sk":{{"N":"{}"}},"tag":{{"S":"t{}"}},"year":{{"N":"{}"}},
                                         "note":{{"S":"n"}},"other":{{"S":"o{}"}}}})",
                                     n < 4 ? "a" : "b", n, n % 2, 2000 - n, n));
        }
    }

    ExecuteStatementOutput execute(ExecuteStatementInput request) {
        return run(service.execute_statement(call, std::move(request)));
    }
    /// The items that a statement returns, as JSON, joined by blanks.
    std::string items(std::string statement, std::vector<AttributeValue> parameters = {}) {
        ExecuteStatementInput request{.Statement = std::move(statement)};
        if (!parameters.empty()) request.Parameters = std::move(parameters);
        std::string text;
        for (const auto& item : *execute(std::move(request)).Items) text += (text.empty() ? "" : " ") + item.json();
        return text;
    }
    std::string keys(std::string statement) { return range_keys(execute({.Statement = std::move(statement)})); }
    std::string error(std::string statement) {
        return refusal([&] { execute({.Statement = statement}); });
    }
};
const std::string invalid = "ValidationException: ";

TEST(Select, ReadsByKeyWhereItCanAndScansWhereItMust) {
    Music music;
    EXPECT_EQ(music.keys("SELECT * FROM music WHERE pk = 'a'"), "1 2 3");
    EXPECT_EQ(music.keys("SELECT * FROM music WHERE pk = 'a' AND sk > 1 AND other <> 'o3'"), "2");
    EXPECT_EQ(music.keys("SELECT * FROM music WHERE pk = 'a' AND sk BETWEEN 2 AND 3"), "2 3");
    EXPECT_EQ(music.keys("SELECT * FROM music WHERE pk IN ['b', 'a'] AND sk >= 3"), "4 3");
    EXPECT_EQ(music.keys("SELECT * FROM music WHERE pk = 'a' AND sk IN [1, 3]"), "1 3");
    EXPECT_EQ(music.keys("SELECT * FROM music WHERE pk = 'b' OR pk = 'a' AND sk = 2"), "4 2");
    EXPECT_EQ(music.keys("SELECT * FROM music WHERE other = 'o2' OR pk = 'b'").size(), 3u);
    EXPECT_EQ(music.keys("SELECT * FROM music WHERE pk = 'a' ORDER BY sk DESC"), "3 2 1");
    EXPECT_EQ(music.keys("SELECT * FROM music WHERE pk IN ['a', 'b'] ORDER BY pk DESC, sk DESC"), "4 3 2 1");
    EXPECT_EQ(music.keys("SELECT * FROM \"music\".\"by-tag\" WHERE tag = 't1'"), "1 3");
    EXPECT_EQ(music.keys("SELECT * FROM music.\"by-year\" WHERE pk = 'a' AND \"year\" < 1999"), "3 2");
    EXPECT_EQ(music.items("SELECT other FROM music.\"by-year\" WHERE pk = 'a' AND \"year\" = 1999"),
              R"({"other":{"S":"o1"}})");
    EXPECT_EQ(music.items("SELECT sk, other FROM music WHERE pk = ? AND sk = ?",
                          {AttributeValue::S("b"), AttributeValue::N(Decimal::from_integer(4))}),
              R"({"other":{"S":"o4"},"sk":{"N":"4"}})");
}

TEST(Select, ComesInPagesThatGoOnWhereTheLastEnded) {
    Music music;
    ExecuteStatementInput request{.Statement = "SELECT * FROM music WHERE pk IN ['a', 'b']", .Limit = 1};
    std::string seen;
    for (int page = 0; page < 10; ++page) {
        const auto output = music.execute(request);
        for (const auto& item : *output.Items) seen += item.find("sk").number().text() + " ";
        request.NextToken = output.NextToken;
        if (!output.NextToken) break;
    }
    EXPECT_EQ(seen, "1 2 3 4 ");
    const auto first = music.execute(request = {.Statement = "SELECT * FROM music WHERE pk = 'a'", .Limit = 1});
    EXPECT_EQ(first.LastEvaluatedKey->json(), R"({"pk":{"S":"a"},"sk":{"N":"1"}})");
    request.Statement = "SELECT * FROM music WHERE pk = 'b'";
    request.NextToken = first.NextToken;
    EXPECT_EQ(refusal([&] { music.execute(request); }), invalid + "NextToken does not match request");
    request.NextToken = "nonsense";
    EXPECT_EQ(refusal([&] { music.execute(request); }), invalid + "Invalid NextToken");
}

TEST(Select, RefusesInDynamoDBsWords) {
    Music music;
    const std::string parameter = invalid + "One or more parameter values were invalid: ";
    EXPECT_EQ(music.error("SELECT * FROM nowhere WHERE pk = 'a'"),
              "ResourceNotFoundException: Requested resource not found");
    EXPECT_EQ(music.error("SELECT * FROM music.nope WHERE pk = 'a'"),
              invalid + "The table does not have the specified index");
    EXPECT_EQ(music.error("SELECT other, x FROM music.\"by-tag\" WHERE tag = 't1'"),
              parameter + "Global secondary index by-tag does not project [other, x]");
    EXPECT_EQ(music.error("SELECT pk FROM music.\"by-tag\" WHERE tag = 't1' AND other = 'o'"),
              parameter + "Secondary index by-tag does not project one or more filter attributes: [other]");
    EXPECT_EQ(music.error("SELECT pk FROM music.\"by-year\" WHERE pk = 'a' AND other = 'o'"),
              parameter + "Secondary index by-year does not project one or more filter attributes: [other]");
    EXPECT_EQ(
        refusal([&] {
            music.execute({.Statement = "SELECT * FROM music.\"by-tag\" WHERE tag = 't'", .ConsistentRead = true});
        }),
        invalid + "Strongly consistent read is not supported on Global Secondary Indexes");
    EXPECT_EQ(music.error("SELECT sk FROM music ORDER BY sk"),
              invalid + "Must have WHERE clause in the statement when using ORDER BY clause.");
    EXPECT_EQ(music.error("SELECT sk FROM music WHERE pk = 'a' ORDER BY other"),
              invalid + "Attribute other in ORDER BY clause must be part of the primary key");
    EXPECT_EQ(
        music.error("SELECT sk FROM music WHERE pk > 'a' ORDER BY sk"),
        invalid + "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.");
    EXPECT_EQ(music.error("SELECT sk FROM music WHERE pk IN ['a', 'b'] ORDER BY sk"),
              invalid +
                  "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE "
                  "clause.");
    EXPECT_EQ(music.error("SELECT * FROM music WHERE pk = 'a' AND other = '1' OR pk = 'a' AND sk = 2"),
              invalid + "Overlapping conditions with range keys are not supported in where clause");
    EXPECT_EQ(music.keys("SELECT * FROM music WHERE pk = 'a' AND NOT sk = 1 OR pk = 'a' AND sk = 2"), "2 3");
    EXPECT_EQ(music.error("EXISTS(SELECT * FROM music WHERE pk = 'a' AND sk = 1 AND other IS MISSING)"),
              invalid + "EXISTS can only be used in ExecuteTransaction write requests.");
}

TEST(Insert, MakesAnItemThatWasNotThere) {
    Music music;
    EXPECT_EQ(music.items("INSERT INTO albums VALUE {'pk': 'x', 'l': [1, {'m': null}], 's': <<'b', 'a'>>, 'f': false}"),
              "");
    EXPECT_EQ(
        music.get("albums", R"({"pk":{"S":"x"}})"),
        R"({"f":{"BOOL":false},"l":{"L":[{"N":"1"},{"M":{"m":{"NULL":true}}}]},"pk":{"S":"x"},"s":{"SS":["a","b"]}})");
    EXPECT_EQ(music.error("INSERT INTO albums VALUE {'pk': 'x'}"),
              "DuplicateItemException: Duplicate primary key exists in table");
    EXPECT_EQ(music.items("INSERT INTO albums VALUE {'pk': 'x'} ON CONFLICT DO NOTHING"), "");
    EXPECT_NE(music.get("albums", R"({"pk":{"S":"x"}})"), R"({"pk":{"S":"x"}})");
}

TEST(Update, ChangesOnlyAnItemThatIsThereAndFits) {
    Music music;
    const std::string failed = "ConditionalCheckFailedException: The conditional request failed";
    EXPECT_EQ(music.items("UPDATE music SET note = 'm', other = note REMOVE tag WHERE pk = 'a' AND sk = 1 RETURNING "
                          "MODIFIED NEW *"),
              R"({"note":{"S":"m"},"other":{"S":"n"}})");
    EXPECT_EQ(
        music.items("UPDATE music SET note = 'x' WHERE pk = 'a' AND sk = 1 AND note = 'm' RETURNING MODIFIED OLD *"),
        R"({"note":{"S":"m"}})");
    EXPECT_EQ(music.items("FROM music WHERE pk = 'a' AND sk = 1 REMOVE note RETURNING MODIFIED NEW *"), "");
    EXPECT_EQ(music.error("UPDATE music SET note = 'x' WHERE pk = 'a' AND sk = 1 AND note = 'other'"), failed);
    EXPECT_EQ(music.error("UPDATE music SET note = 'x' WHERE pk = 'none' AND sk = 1"), failed);
    EXPECT_EQ(music.error("UPDATE music SET note = 'x' WHERE pk = 'none' AND sk = 1 AND attribute_not_exists(pk)"),
              failed);
    const std::string no_key = invalid + "Where clause does not contain a mandatory equality on all key attributes";
    EXPECT_EQ(music.error("UPDATE music SET note = 'x' WHERE pk = 'a'"), no_key);
    EXPECT_EQ(music.error("FROM music SET note = 'x'"), no_key);
    EXPECT_EQ(music.error("DELETE FROM music WHERE note = 'x'"), no_key);
    EXPECT_EQ(music.error("UPDATE albums SET ss = set_add(ss, <<1>>) WHERE pk = 'none'"), failed);
    EXPECT_EQ(music.error("UPDATE music SET note = set_add(note, <<1>>) WHERE pk = 'a' AND sk = 2"),
              invalid + "An operand in the update expression has an incorrect data type");
}

TEST(Delete, OfWhatIsNotThereSucceeds) {
    Music music;
    EXPECT_EQ(music.items("DELETE FROM music WHERE pk = 'none' AND sk = 1 AND note = 'x' RETURNING ALL OLD *"), "");
    EXPECT_EQ(music.error("DELETE FROM music WHERE pk = 'a' AND sk = 1 AND note = 'x'"),
              "ConditionalCheckFailedException: The conditional request failed");
    EXPECT_NE(music.items("DELETE FROM music WHERE pk = 'a' AND sk = 1 AND note = 'n' RETURNING ALL OLD *"), "");
    EXPECT_EQ(music.keys("SELECT * FROM music WHERE pk = 'a'"), "2 3");
}

TEST(BatchExecuteStatement, FailsOnlyWhatFails) {
    Music music;
    const auto output = music.run(music.service.batch_execute_statement(
        music.call, {.Statements = {{.Statement = "SELECT * FROM music WHERE pk = 'a' AND sk = 1"},
                                    {.Statement = "SELECT * FROM nowhere WHERE pk = 'a'"},
                                    {.Statement = "SELECT * FROM music WHERE pk = 'a'"},
                                    {.Statement = "SELECT * FROM music.\"by-tag\" WHERE tag = 't1'"},
                                    {.Statement = "SLECT * FROM music WHERE pk = 'a'"}},
                     .ReturnConsumedCapacity = "TOTAL"}));
    const auto& responses = *output.Responses;
    EXPECT_TRUE(responses[0].Item);
    EXPECT_EQ(responses[0].TableName, "music");
    EXPECT_EQ(responses[1].Error->Code, "ResourceNotFound");
    for (const size_t index : {2, 3}) {
        EXPECT_EQ(responses[index].Error->Code, "ValidationError");
        EXPECT_EQ(responses[index].Error->Message,
                  "Select statements within BatchExecuteStatement must specify the primary key in the where clause.");
    }
    EXPECT_EQ(responses[4].Error->Message,
              "Statement wasn't well formed, can't be processed: Expected data manipulation");
    EXPECT_EQ(output.ConsumedCapacity->at(0).CapacityUnits, 0.5);
}

TEST(ExecuteTransaction, IsAllOrNothing) {
    Music music;
    const auto execute = [&](std::vector<std::string> statements, std::optional<std::string> token = {}) {
        ExecuteTransactionInput request{.ClientRequestToken = std::move(token)};
        for (auto& statement : statements) request.TransactStatements.push_back({.Statement = std::move(statement)});
        return music.run(music.service.execute_transaction(music.call, std::move(request)));
    };
    const auto error = [&](std::vector<std::string> statements) { return refusal([&] { execute(statements); }); };
    const auto reads =
        execute({"SELECT sk FROM music WHERE pk = 'a' AND sk = 1", "SELECT sk FROM music WHERE pk = 'a' AND sk = 9"});
    EXPECT_EQ(reads.Responses->at(0).Item->json(), R"({"sk":{"N":"1"}})");
    EXPECT_FALSE(reads.Responses->at(1).Item);
    EXPECT_TRUE(execute({"UPDATE music SET n = 1 WHERE pk = 'a' AND sk = 1", "INSERT INTO albums VALUE {'pk': 'x'}",
                         "EXISTS(SELECT * FROM music WHERE pk = 'b' AND sk = 4 AND n IS MISSING)"},
                        "token")
                    .Responses->empty());
    EXPECT_EQ(music.items("SELECT n FROM music WHERE pk = 'a' AND sk = 1"), R"({"n":{"N":"1"}})");
    EXPECT_EQ(error({"UPDATE music SET n = 2 WHERE pk = 'a' AND sk = 1", "INSERT INTO albums VALUE {'pk': 'x'}"}),
              "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for specific "
              "reasons [None, DuplicateItem]");
    EXPECT_EQ(music.items("SELECT n FROM music WHERE pk = 'a' AND sk = 1"), R"({"n":{"N":"1"}})");
    const std::string member = invalid + "Validation failed in TransactStatements[0]: ";
    EXPECT_EQ(error({"SELECT * FROM music WHERE pk = 'a' AND sk = 1 AND attribute_exists(n)"}),
              member + "Select statements within ExecuteTransaction must specify the primary key in the where clause.");
    EXPECT_EQ(error({"SELECT * FROM music.\"by-tag\" WHERE tag = 't1'"}),
              member + "Reads on indices are not supported within transactions.");
    EXPECT_EQ(error({"UPDATE music SET n = 1 WHERE pk = 'a' AND sk = 1 RETURNING ALL NEW *"}),
              member + "RETURNING clause is not supported in ExecuteTransaction.");
    EXPECT_EQ(error({"EXISTS(SELECT * FROM music WHERE pk = 'a' AND sk = 1)"}),
              member + "EXISTS() must contain a single item read with additional condition");
    EXPECT_EQ(error({"SELECT * FROM music WHERE"}),
              member + "Statement wasn't well formed, can't be processed: Unexpected term");
    EXPECT_EQ(error({"SELECT * FROM music WHERE pk = 'a' AND sk = 1", "DELETE FROM music WHERE pk = 'a' AND sk = 1"}),
              invalid + "ExecuteTransaction API does not support both read and write requests.");
}

TEST(ExecuteTransaction, RunsOnceForOneToken) {
    Music music;
    music.put("albums", R"({"pk":{"S":"n"},"n":{"N":"1"}})");
    ExecuteTransactionInput request{.TransactStatements = {{.Statement = "UPDATE albums SET n = n + 1 WHERE pk = 'n'"}},
                                    .ClientRequestToken = "once"};
    for (int times = 0; times < 2; ++times) music.run(music.service.execute_transaction(music.call, request));
    EXPECT_EQ(music.items("SELECT n FROM albums WHERE pk = 'n'"), R"({"n":{"N":"2"}})");
    request.TransactStatements[0].Statement = "UPDATE albums SET n = n + 2 WHERE pk = 'n'";
    EXPECT_TRUE(refusal([&] {
                    music.run(music.service.execute_transaction(music.call, request));
                }).starts_with("IdempotentParameterMismatchException"));
}

}  // namespace
}  // namespace cumulet::dynamodb
