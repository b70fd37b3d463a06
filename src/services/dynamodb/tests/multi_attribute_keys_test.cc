#include "services/dynamodb/tests/support/world.h"

namespace cumulet::dynamodb {
namespace {

using Elements = std::vector<KeySchemaElement>;

/// "a b/c d" names two HASH attributes and two RANGE attributes.
Elements elements_of(std::string_view text) {
    Elements elements;
    std::string kind = "HASH", name;
    const auto finish = [&] {
        if (!name.empty()) elements.push_back({.AttributeName = name, .KeyType = kind});
        name.clear();
    };
    for (const char each : text) {
        if (each != ' ' && each != '/') {
            name += each;
            continue;
        }
        finish();
        if (each == '/') kind = kind == "HASH" ? "RANGE" : "HASH";
    }
    finish();
    return elements;
}

std::vector<AttributeDefinition> definitions_of(std::string_view letters, std::string_view numbers = "") {
    std::vector<AttributeDefinition> definitions{{.AttributeName = "pk", .AttributeType = "S"}};
    for (const char each : letters)
        definitions.push_back({.AttributeName = std::string(1, each), .AttributeType = "S"});
    for (const char each : numbers)
        definitions.push_back({.AttributeName = std::string(1, each), .AttributeType = "N"});
    return definitions;
}

/// Games by tournament and region (t, r), and then by round, number and player (s, n, p).
struct Games : World {
    Games() { create("t r/s n p", "trsp", "n"); }

    void create(std::string_view key, std::string_view letters, std::string_view numbers = "") {
        run(service.create_table(call, {.AttributeDefinitions = definitions_of(letters, numbers),
                                        .TableName = "games",
                                        .KeySchema = {{{.AttributeName = "pk", .KeyType = "HASH"}}},
                                        .GlobalSecondaryIndexes = {{{.IndexName = "by-round",
                                                                     .KeySchema = elements_of(key),
                                                                     .Projection = {.ProjectionType = "ALL"}}}},
                                        .BillingMode = "PAY_PER_REQUEST"}));
    }
    void play(std::string pk, std::string_view t, std::string_view r, std::string_view s, int n, std::string_view p) {
        put("games", fmt::format(R"({{"pk":{{"S":"{}"}},"t":{{"S":"{}"}},"r":{{"S":"{}"}},"s":{{"S":"{}"}},)"
                                 R"("n":{{"N":"{}"}},"p":{{"S":"{}"}}}})",
                                 pk, t, r, s, n, p));
    }
    void fill() {
        play("1", "cup", "eu", "final", 10, "ann");
        play("2", "cup", "eu", "final", 9, "bob");
        play("3", "cup", "eu", "final", 9, "ann");
        play("4", "cup", "eu", "half", -1, "ann");
        play("5", "cup", "us", "final", 9, "ann");
        play("6", "cu", "peu", "final", 9, "ann");
    }
    QueryInput asked(std::string more) {
        auto request =
            query_of("games", "t = :t AND r = :r" + more,
                     R"({":t":{"S":"cup"},":r":{"S":"eu"},":s":{"S":"final"},":n":{"N":"9"},":p":{"S":"b"}})");
        request.IndexName = "by-round";
        for (const char name : std::string_view("snp")) {
            if (!more.contains(fmt::format(":{}", name))) drop(request, fmt::format(":{}", name));
        }
        return request;
    }
    static void drop(QueryInput& request, std::string_view name) {
        std::string kept;
        for (const auto& member : request.ExpressionAttributeValues->members()) {
            if (member.name == name) continue;
            const auto type = member.value.is(contracts::AttributeType::N) ? "N" : "S";
            const auto text = type[0] == 'N' ? member.value.number().text() : std::string(member.value.content());
            kept += fmt::format(R"({}"{}":{{"{}":"{}"}})", kept.empty() ? "" : ",", member.name, type, text);
        }
        request.ExpressionAttributeValues = AttributeMap::from_json("{" + kept + "}");
    }
    /// The primary keys that the query finds, or why it is refused.
    std::string found(const QueryInput& request) {
        std::string text;
        const auto why = refusal([&] {
            for (const auto& item : *run(service.query(call, request)).Items) text += item.find("pk").content();
        });
        return text + why;
    }
    std::string found(std::string more) { return found(asked(std::move(more))); }
    std::string created(std::string_view key, std::string_view letters) {
        World world;
        return refusal([&] {
            world.run(world.service.create_table(
                world.call, {.AttributeDefinitions = definitions_of(letters),
                             .TableName = "other",
                             .KeySchema = {{{.AttributeName = "pk", .KeyType = "HASH"}}},
                             .GlobalSecondaryIndexes = {{{.IndexName = "index",
                                                          .KeySchema = elements_of(key),
                                                          .Projection = {.ProjectionType = "ALL"}}}},
                             .BillingMode = "PAY_PER_REQUEST"}));
        });
    }
};

TEST(MultiAttributeKey, HasUpToFourAttributesOfEachKind) {
    Games world;
    const std::string invalid = "ValidationException: Invalid KeySchema: ";
    EXPECT_EQ(world.created("a b c d/e f g h", "abcdefgh"), "");
    EXPECT_EQ(world.created("a b c d e", "abcde"),
              invalid + "The KeySchema exceeds the maximum allowed number of HASH key attributes");
    EXPECT_EQ(world.created("a/b c d e f", "abcdef"),
              invalid + "The KeySchema exceeds the maximum allowed number of RANGE key attributes");
    EXPECT_EQ(world.created("a/b/c", "abc"),
              invalid + "All HASH key attributes must precede RANGE key attributes in the KeySchema");
    EXPECT_EQ(world.created("/a b", "ab"), invalid + "The first KeySchemaElement is not a HASH key type");
    EXPECT_EQ(world.created("a b/a", "ab"),
              invalid + "The KeySchema contains multiple key attributes with the same name");
    EXPECT_EQ(world.created("a a", "a"), invalid + "The KeySchema contains multiple key attributes with the same name");
}

TEST(MultiAttributeKey, IsOfGlobalIndexesAlone) {
    World world;
    const auto why = refusal([&] {
        world.run(world.service.create_table(world.call,
                                             {.AttributeDefinitions = definitions_of("ab"),
                                              .TableName = "other",
                                              .KeySchema = elements_of("pk/a"),
                                              .LocalSecondaryIndexes = {{{.IndexName = "index",
                                                                          .KeySchema = elements_of("pk/a b"),
                                                                          .Projection = {.ProjectionType = "ALL"}}}},
                                              .BillingMode = "PAY_PER_REQUEST"}));
    });
    EXPECT_EQ(
        why,
        "ValidationException: 1 validation error detected: Value '[KeySchemaElement(AttributeName=pk, "
        "KeyType=HASH), KeySchemaElement(AttributeName=a, KeyType=RANGE), KeySchemaElement(AttributeName=b, "
        "KeyType=RANGE)]' at 'localSecondaryIndexes.1.member.keySchema' failed to satisfy constraint: Member must "
        "have length less than or equal to 2");
}

TEST(MultiAttributeKey, SortsByOneRangeAttributeAfterTheOther) {
    Games world;
    world.fill();
    EXPECT_EQ(world.found(""), "3214");
    auto backwards = world.asked("");
    backwards.ScanIndexForward = false;
    EXPECT_EQ(world.found(backwards), "4123");
}

TEST(MultiAttributeKey, IsReadByConditionsFromLeftToRight) {
    Games world;
    world.fill();
    struct Row {
        const char* condition;
        const char* found;
    };
    const std::string refused = "ValidationException: ";
    for (const auto& [condition, found] : {
             Row{" AND s = :s", "321"},
             Row{" AND s > :s", "4"},
             Row{" AND begins_with(s, :s)", "321"},
             Row{" AND s = :s AND n = :n", "32"},
             Row{" AND n = :n AND s = :s", "32"},
             Row{" AND s = :s AND n > :n", "1"},
             Row{" AND s = :s AND n <= :n", "32"},
             Row{" AND s = :s AND n BETWEEN :n AND :n", "32"},
             Row{" AND s = :s AND n = :n AND p < :p", "3"},
             Row{" AND s = :s AND n = :n AND begins_with(p, :p)", "2"},
         }) {
        EXPECT_EQ(world.found(condition), found) << condition;
    }
    const std::string must = " must have equality conditions specified in the query because a condition is present on ";
    EXPECT_EQ(world.found(" AND n = :n"), refused + "RANGE key attributes s" + must + "key attribute n");
    EXPECT_EQ(world.found(" AND s > :s AND n = :n"), refused + "RANGE key attributes s" + must + "key attribute n");
    EXPECT_EQ(world.found(" AND s = :s AND p = :p"), refused + "RANGE key attributes n" + must + "key attribute p");
}

TEST(MultiAttributeKey, NeedsEveryHashAttribute) {
    Games world;
    auto request = world.query_of("games", "t = :t", R"({":t":{"S":"cup"}})");
    request.IndexName = "by-round";
    const std::string refused =
        "ValidationException: HASH key attributes r must have equality conditions specified in the query";
    EXPECT_EQ(world.found(request), refused);
    request.KeyConditionExpression = "t = :t AND r > :t";
    EXPECT_EQ(world.found(request), refused);
}

TEST(MultiAttributeKey, HoldsItemsThatHaveAllOfIt) {
    Games world;
    world.fill();
    const auto change = [&](std::string expression, std::optional<std::string_view> values = {}) {
        world.update("games", R"({"pk":{"S":"3"}})", std::move(expression), values);
    };
    for (const auto* attribute : {"t", "r", "s", "n", "p"}) {
        change(fmt::format("REMOVE {}", attribute));
        EXPECT_EQ(world.found(""), "214") << attribute;
        world.play("3", "cup", "eu", "final", 9, "ann");
        EXPECT_EQ(world.found(""), "3214") << attribute;
    }
    change("SET r = :r", R"({":r":{"S":"us"}})");
    EXPECT_EQ(world.found(""), "214");
    change("SET r = :r, n = :n", R"({":r":{"S":"eu"},":n":{"N":"11"}})");
    EXPECT_EQ(world.found(""), "2134");
    world.run(world.service.delete_item(world.call,
                                        {.TableName = "games", .Key = AttributeMap::from_json(R"({"pk":{"S":"3"}})")}));
    EXPECT_EQ(world.found(""), "214");
    EXPECT_EQ(refusal([&] { world.put("games", R"({"pk":{"S":"7"},"n":{"S":"one"}})"); }),
              "ValidationException: One or more parameter values were invalid: Type mismatch for Index Key n Expected: "
              "N Actual: S IndexName: by-round");
}

TEST(IndexKey, IsAsLongAsAKeyMayBe) {
    Games world;
    const auto put = [&](std::string_view attribute, size_t length) {
        return refusal([&] {
            world.put("games",
                      fmt::format(R"({{"pk":{{"S":"7"}},"{}":{{"S":"{}"}}}})", attribute, std::string(length, 'x')));
        });
    };
    EXPECT_EQ(put("t", 2048), "");
    EXPECT_EQ(put("s", 1024), "");
    EXPECT_EQ(put("t", 2049),
              "ValidationException: One or more parameter values were invalid: Size limit exceeded for Index Key t "
              "Actual Size: 2049 bytes Max Size: 2048 bytes IndexName: by-round");
    EXPECT_EQ(put("s", 1025),
              "ValidationException: One or more parameter values were invalid: Size limit exceeded for Index Key s "
              "Actual Size: 1025 bytes Max Size: 1024 bytes IndexName: by-round");
}

TEST(MultiAttributeKey, IsAllInTheKeyThatAPageEndsWith) {
    Games world;
    world.fill();
    auto request = world.asked("");
    request.Limit = 1;
    std::string all;
    for (int pages = 0; pages < 10; ++pages) {
        const auto page = world.run(world.service.query(world.call, request));
        for (const auto& item : *page.Items) all += item.find("pk").content();
        request.ExclusiveStartKey = page.LastEvaluatedKey;
        if (!page.LastEvaluatedKey) break;
        EXPECT_EQ(page.LastEvaluatedKey->count(), 6u);
    }
    EXPECT_EQ(all, "3214");
    request.ExclusiveStartKey = AttributeMap::from_json(R"({"pk":{"S":"1"},"t":{"S":"cup"}})");
    EXPECT_EQ(world.found(request), "ValidationException: The provided starting key is invalid");
}

TEST(MultiAttributeKey, IsMadeOfATableThatHasItems) {
    Games world;
    world.fill();
    world.run(world.service.update_table(
        world.call, {.AttributeDefinitions = definitions_of("r", "n"),
                     .TableName = "games",
                     .GlobalSecondaryIndexUpdates = {{{.Create = CreateGlobalSecondaryIndexAction{
                                                           .IndexName = "by-region",
                                                           .KeySchema = elements_of("r n"),
                                                           .Projection = {.ProjectionType = "KEYS_ONLY"}}}}}}));
    world.run(world.service.settle());
    auto request = world.query_of("games", "r = :r AND n = :n", R"({":r":{"S":"eu"},":n":{"N":"9"}})");
    request.IndexName = "by-region";
    EXPECT_EQ(world.found(request), "23");
    EXPECT_EQ(world.run(world.service.scan(world.call, {.TableName = "games", .IndexName = "by-region"})).Count, 6);
}

TEST(MultiAttributeKey, IsNotReadByStatements) {
    Games world;
    world.fill();
    const auto refused = [&](std::string where) {
        return refusal([&] {
            world.run(world.service.execute_statement(world.call,
                                                      {.Statement = R"(SELECT pk FROM "games"."by-round")" + where}));
        });
    };
    const std::string message =
        "ValidationException: PartiQL statements cannot be executed on tables with multi-attribute HASH keys or "
        "multi-attribute RANGE keys.";
    EXPECT_EQ(refused(""), message);
    EXPECT_EQ(refused(" WHERE t = 5"), message);
    EXPECT_EQ(refused(" WHERE t = 'cup' AND r = 'eu'"), message);
}

}  // namespace
}  // namespace cumulet::dynamodb
