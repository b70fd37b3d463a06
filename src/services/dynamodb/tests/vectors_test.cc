// What vector indexes demand, how they score, and what becomes of them while items and tables change.
#include "services/dynamodb/backups/removal.h"
#include "services/dynamodb/expressions/parser.h"
#include "services/dynamodb/tests/support/world.h"
#include "services/dynamodb/update_table.h"
#include "services/dynamodb/vectors/nearest.h"
#include "services/dynamodb/vectors/search_condition.h"

namespace cumulet::dynamodb {
namespace {

using Change = aws::dynamodb::VectorIndexUpdate;

const std::string refused = "ValidationException: ";
const std::string invalid = "ValidationException: One or more parameter values were invalid: ";
const std::string one_at_a_time =
    "LimitExceededException: Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously "
    "per table";

std::string bytes_of(const std::vector<float>& vector) {
    return {reinterpret_cast<const char*>(vector.data()), vector.size() * sizeof(float)};
}

TEST(Scorer, ScoresAsTheDistanceFunctionSays) {
    constexpr float huge = 3.4e38f;
    constexpr double most = std::numeric_limits<float>::max();
    struct Row {
        Distance distance;
        std::vector<float> wanted, other;
        double score;
    };
    for (const auto& [distance, wanted, other, score] : std::vector<Row>{
             {Distance::cosine, {1, 0}, {5, 0}, 0},
             {Distance::cosine, {1, 0}, {0, 2}, 1},
             {Distance::cosine, {1, 0}, {-3, 0}, 2},
             {Distance::cosine, {1e-23f, 0}, {1e-23f, 0}, 0},
             {Distance::cosine, {0, 0}, {1, 0}, 1},
             {Distance::cosine, {1, 0}, {0, 0}, 1},
             {Distance::euclidean, {0, 0}, {3, 4}, 5},
             {Distance::euclidean, {huge, 0}, {-huge, 0}, most},
             {Distance::dot_product, {1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 1, 1, 1, 1, 1, 1, 1, 2}, 54},
             {Distance::dot_product, {1, 0}, {-2, 0}, -2},
             {Distance::dot_product, {huge, huge}, {huge, -huge}, 0},
             {Distance::dot_product, {huge, huge}, {-huge, -huge}, -most},
         }) {
        EXPECT_EQ(Scorer(distance, wanted).score(bytes_of(other)), score)
            << name_of(distance) << " " << wanted[0] << " " << other[0];
    }
}

TEST(Nearest, KeepsTheNearestAndOfEqualOnesTheFirst) {
    const Scorer near(Distance::cosine, {1}), far(Distance::dot_product, {1});
    const auto kept = [](const Scorer& scorer) {
        Nearest nearest(scorer, 3);
        int number = 0;
        for (const double score : {5, 1, 4, 1, 3, 1, 5}) {
            if (nearest.wants(score)) nearest.add(score, std::to_string(number));
            ++number;
        }
        std::string text;
        for (const auto& [score, entry] : std::move(nearest).take()) text += fmt::format("{}:{} ", score, entry);
        return text;
    };
    EXPECT_EQ(kept(near), "1:1 1:3 1:5 ");
    EXPECT_EQ(kept(far), "5:0 5:6 4:2 ");
}

VectorSchema partitioned() {
    return {.name = "by-place",
            .attribute = "v",
            .dimensions = 2,
            .hash = VectorSchema::Element{"place"},
            .filters = {{"colour"}, {"price", AttributeType::N}}};
}

TEST(SearchCondition, NamesThePartitionOnceAndAsksOfInlineFiltersWhatItLikes) {
    const auto values =
        AttributeMap::from_json(R"({":s":{"S":"x"},":t":{"S":"y"},":n":{"N":"1"},":e":{"S":""},":l":{"L":[]}})");
    const auto read = [&](const VectorSchema& index, std::string_view text) {
        return refusal([&] {
            Placeholders placeholders(nullptr, &values);
            const auto condition = parse_condition("SearchConditionExpression", text, placeholders);
            searched_partition(&condition, index);
        });
    };
    const std::string of_condition = refused + "Invalid SearchConditionExpression: ";
    const std::string comparator = of_condition + "Invalid comparator used in SearchConditionExpression";
    const std::string other_operator = of_condition + "Invalid operator used in SearchConditionExpression";
    const std::string missing = refused + "SearchConditionExpression must be provided when SearchSchema has a HASH key";
    const auto type = [](std::string_view name, std::string_view given, std::string_view wanted) {
        return fmt::format(
            "ValidationException: Type of '{}' attribute in SearchConditionExpression ({}) does not match type in "
            "search schema ({})",
            name, given, wanted);
    };
    for (const auto& [text, said] : std::vector<std::pair<std::string_view, std::string>>{
             {"place = :s", ""},
             {":s = place", ""},
             {"(place = :s) AND (colour = :t AND price = :n)", ""},
             {"place = :s AND price BETWEEN :n AND :n", ""},
             {"place = :s AND (colour IN (:s, :t) OR NOT price > :n)", ""},
             {"place = :s AND begins_with(colour, :t)", ""},
             {"place = :s AND attribute_not_exists(price)", ""},
             {"colour = :s", missing},
             {"place <> :s", comparator},
             {"place < :s", comparator},
             {"place IN (:s)", other_operator},
             {"place = :s OR colour = :t", other_operator},
             {"NOT place = :s", other_operator},
             {"place = :s AND contains(colour, :t)", other_operator},
             {"place = :s AND size(colour) > :n", other_operator},
             {"place = :s AND colour = price", other_operator},
             {"place = :s AND place = :t",
              of_condition + "SearchConditionExpression must only contain one condition per attribute"},
             {"place = :s AND colour.dark = :t",
              of_condition + "SearchConditionExpression cannot have conditions on nested attributes"},
             {"place = :s AND weight = :n",
              refused +
                  "SearchConditionExpression must not contain any attributes that is not in SearchSchema. Invalid "
                  "attribute: weight"},
             {"place = :n", type("place", "N", "S")},
             {"place = :l", type("place", "L", "S")},
             {"place = :s AND price IN (:n, :t)", type("price", "S", "N")},
             {"place = :e",
              refused + "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
                        "contain an empty string value. Key: place"},
         }) {
        EXPECT_EQ(read(partitioned(), text), said) << text;
    }
    auto whole = partitioned();
    whole.hash.reset();
    EXPECT_EQ(read(whole, "colour = :s"), "");
    EXPECT_EQ(refusal([&] { searched_partition(nullptr, whole); }), "");
    EXPECT_EQ(refusal([&] { searched_partition(nullptr, partitioned()); }), missing);
}

TEST(VectorCheck, RefusesWhatIsNoVectorOfThatManyNumbers) {
    const auto said = [](std::string_view item) {
        return refusal([&] { check_vector(partitioned(), AttributeMap::from_json(item).view()); });
    };
    const std::string wrong = refused + "One or more parameter values were invalid. Invalid ";
    EXPECT_EQ(said(R"({"v":{"L":[{"N":"1"},{"N":"0.10000000000000000001"}]},"place":{"S":"x"}})"), "");
    EXPECT_EQ(said(R"({"place":{"S":"x"}})"), "");
    EXPECT_EQ(said(R"({"v":{"L":[{"N":"1"},{"N":"1E-100"}]}})"), "");
    EXPECT_EQ(said(R"({"v":{"L":[{"N":"1"}]}})"),
              wrong + "size for parameter v, Expected: 2, Actual: 1 IndexName: by-place");
    EXPECT_EQ(said(R"({"v":{"NS":["1","2"]}})"),
              wrong + "type for parameter v, Expected: 32-bit floating point number list IndexName: by-place");
    EXPECT_EQ(
        said(R"({"v":{"L":[{"N":"1"},{"S":"x"}]}})"),
        wrong + "type for parameter v[1], Expected: 32-bit floating point number, Actual: S. IndexName: by-place");
    EXPECT_EQ(
        said(R"({"v":{"L":[{"N":"1E39"},{"N":"1"}]}})"),
        wrong + "type for parameter v[0], Expected: 32-bit floating point number, Actual: N. IndexName: by-place");
    EXPECT_EQ(said(R"({"place":{"N":"1"}})"),
              invalid + "Type mismatch for Index Key place Expected: S Actual: N IndexName: by-place");
    EXPECT_EQ(said(R"({"place":{"S":""}})"),
              refused +
                  "One or more parameter values are not valid. A value specified for a secondary index key is not "
                  "supported. The AttributeValue for a key attribute cannot contain an empty string value. "
                  "IndexName: by-place, IndexKey: place");
}

VectorIndex index(std::string name, std::string projection = "ALL") {
    return {.IndexName = std::move(name),
            .VectorAttribute = {.AttributeName = "v"},
            .Projection = {.ProjectionType = std::move(projection)},
            .Dimensions = 2,
            .DistanceFunction = "EUCLIDEAN"};
}
VectorIndex by_place() {
    auto wanted = index("by-place");
    wanted.SearchSchema = {{{.AttributeName = "place", .SearchSchemaElementType = "HASH"},
                            {.AttributeName = "price", .SearchSchemaElementType = "INLINE_FILTER"}}};
    return wanted;
}
Change create(VectorIndex wanted) {
    return {.Create = CreateVectorIndexAction{.IndexName = wanted.IndexName,
                                              .VectorAttribute = wanted.VectorAttribute,
                                              .SearchSchema = wanted.SearchSchema,
                                              .Projection = wanted.Projection,
                                              .Dimensions = wanted.Dimensions,
                                              .DistanceFunction = wanted.DistanceFunction}};
}
Change remove(std::string name) { return {.Delete = DeleteVectorIndexAction{.IndexName = std::move(name)}}; }

const std::vector<AttributeDefinition> place_and_price{{.AttributeName = "place", .AttributeType = "S"},
                                                       {.AttributeName = "price", .AttributeType = "N"}};

struct Things : World {
    explicit Things(std::vector<VectorIndex> indexes = {index("all"), by_place()}) { make("things", indexes); }

    void make(std::string name, std::optional<std::vector<VectorIndex>> indexes, std::string mode = "PAY_PER_REQUEST") {
        CreateTableInput request{.AttributeDefinitions = {{{.AttributeName = "pk", .AttributeType = "S"}}},
                                 .TableName = std::move(name),
                                 .KeySchema = {{{.AttributeName = "pk", .KeyType = "HASH"}}},
                                 .BillingMode = mode};
        if (mode == "PROVISIONED") request.ProvisionedThroughput = {.ReadCapacityUnits = 1, .WriteCapacityUnits = 1};
        if (indexes && std::ranges::any_of(*indexes, [](const auto& each) { return each.SearchSchema.has_value(); })) {
            std::ranges::copy(place_and_price, std::back_inserter(*request.AttributeDefinitions));
        }
        if (indexes && !indexes->empty()) request.VectorIndexes = std::move(indexes);
        run(service.create_table(call, request));
    }
    static std::string thing(std::string_view pk, double x, double y, std::string_view more = "") {
        return fmt::format(R"({{"pk":{{"S":"{}"}},"v":{{"L":[{{"N":"{}"}},{{"N":"{}"}}]}}{}}})", pk, x, y, more);
    }
    void put(std::string_view pk, double x, double y, std::string_view more = "", std::string table = "things") {
        World::put(std::move(table), thing(pk, x, y, more));
    }
    SearchVectorsInput search_for(std::string index, double x, double y, int32_t limit = 10) {
        const auto number = [](double of) { return AttributeValue::N(Decimal::parse(fmt::format("{}", of))); };
        return {.TableName = "things",
                .IndexName = std::move(index),
                .SearchVector = {number(x), number(y)},
                .TopK = limit};
    }
    std::vector<SearchResultItem> results(SearchVectorsInput request) {
        return *run(service.search_vectors(call, std::move(request))).SearchResults;
    }
    /// The keys of what is found, the nearest first, joined by blanks.
    std::string found(SearchVectorsInput request) {
        std::string text;
        for (const auto& result : results(std::move(request))) {
            text += (text.empty() ? "" : " ") + std::string(result.Item->find("pk").content());
        }
        return text;
    }
    std::string near(std::string index, double x = 0, double y = 0) {
        return found(search_for(std::move(index), x, y));
    }
    std::string in_place(std::string_view place, std::string more = "", std::string_view values = "") {
        auto request = search_for("by-place", 0, 0);
        request.SearchConditionExpression = "place = :p" + more;
        request.ExpressionAttributeValues =
            AttributeMap::from_json(fmt::format(R"({{":p":{{"S":"{}"}}{}}})", place, values));
        return found(std::move(request));
    }
    TableDescription change(std::vector<Change> changes) {
        return *run(service.update_table(call, {.AttributeDefinitions = place_and_price,
                                                .TableName = "things",
                                                .VectorIndexUpdates = std::move(changes)}))
                    .TableDescription;
    }
    TableDescription table(std::string name = "things") {
        return *run(service.describe_table(call, {.TableName = std::move(name)})).Table;
    }
    std::optional<std::map<std::string, VectorCapacity>> cost_of(std::string_view item) {
        return run(service.put_item(call, {.TableName = "things",
                                           .Item = AttributeMap::from_json(item),
                                           .ReturnConsumedCapacity = "INDEXES"}))
            .ConsumedCapacity->VectorIndexes;
    }
};

TEST(VectorIndexCreation, IsRefusedForWhatDynamoDbRefuses) {
    Things world;
    const auto with = [&](auto change) {
        auto wanted = by_place();
        change(wanted);
        return refusal([&] { world.make("other", {{wanted}}); });
    };
    EXPECT_EQ(refusal([&] { world.make("other", {{index("all")}}, "PROVISIONED"); }),
              invalid + "Vector indexes are only supported for PAY_PER_REQUEST tables");
    EXPECT_EQ(refusal([&] {
                  world.make("other", std::vector{index("i-1"), index("i-2"), index("i-3"), index("i-4"), index("i-5"),
                                                  index("i-6")});
              }),
              invalid + "VectorIndex count exceeds the per-table limit of 5");
    EXPECT_EQ(refusal([&] {
                  world.make("other", std::vector{index("same"), index("same")});
              }),
              invalid + "Duplicate index name: same");
    EXPECT_EQ(with([](auto& wanted) { wanted.Dimensions = 4097; }),
              invalid + "Number of dimensions must be between 1 and 4096 inclusive.");
    EXPECT_EQ(with([](auto& wanted) {
                  wanted.SearchSchema->push_back({"weight", "INLINE_FILTER"});
              }),
              invalid + "One element in SearchSchema is not defined in attribute definitions");
    EXPECT_EQ(with([](auto& wanted) { wanted.SearchSchema->at(1).SearchSchemaElementType = "HASH"; }),
              invalid + "SearchSchema must not have more than one HASH element");
    EXPECT_EQ(with([](auto& wanted) { wanted.VectorAttribute.AttributeName = "pk"; }),
              invalid +
                  "Conflicting attribute definition for 'pk'. An attribute cannot be defined in "
                  "AttributeDefinitions when used as a VectorAttribute.");
    EXPECT_EQ(with([](auto& wanted) { wanted.Projection.ProjectionType = "INCLUDE"; }),
              invalid + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
    auto longer = index("longer");
    longer.Dimensions = 3;
    EXPECT_EQ(refusal([&] {
                  world.make("other", std::vector{index("all"), longer});
              }),
              invalid +
                  "Conflicting attribute definition for 'v'. All VectorIndexes on the same vector attribute must "
                  "use the same dimensions.");
}

TEST(VectorIndexCreation, IsTold) {
    Things world;
    world.put("a", 1, 0, R"(,"place":{"S":"x"})");
    world.put("b", 2, 0);
    const auto described = world.table();
    ASSERT_EQ(described.VectorIndexes->size(), 2u);
    const auto& told = described.VectorIndexes->at(1);
    EXPECT_EQ(told.IndexName, "by-place");
    EXPECT_EQ(told.IndexArn, *described.TableArn + "/index/by-place");
    EXPECT_EQ(told.IndexStatus, "ACTIVE");
    EXPECT_FALSE(told.Backfilling);
    EXPECT_EQ(told.SearchSchema, by_place().SearchSchema);
    EXPECT_EQ(told.DistanceFunction, "EUCLIDEAN");
    EXPECT_EQ(told.Dimensions, 2);
    EXPECT_EQ(told.ItemCount, 1);
    EXPECT_EQ(described.VectorIndexes->at(0).ItemCount, 2);
    EXPECT_GT(*told.IndexSizeBytes, 0);
}

TEST(VectorSearch, FindsTheNearestOfThePartition) {
    Things world;
    world.put("far", 9, 9, R"(,"place":{"S":"x"},"price":{"N":"1"})");
    world.put("near", 1, 0, R"(,"place":{"S":"x"},"price":{"N":"20"})");
    world.put("middle", 3, 4, R"(,"place":{"S":"x"})");
    world.put("elsewhere", 0, 0, R"(,"place":{"S":"y"},"price":{"N":"3"})");
    world.put("nowhere", 0.5, 0);
    EXPECT_EQ(world.near("all"), "elsewhere nowhere near middle far");
    EXPECT_EQ(world.found(world.search_for("all", 9, 9, 2)), "far middle");
    EXPECT_EQ(world.in_place("x"), "near middle far");
    EXPECT_EQ(world.in_place("z"), "");
    EXPECT_EQ(world.in_place("x", " AND price = :n", R"(,":n":{"N":"20.0"})"), "near");
    EXPECT_EQ(world.in_place("x", " AND price > :n", R"(,":n":{"N":"0"})"), "near far");
    EXPECT_EQ(world.results(world.search_for("all", 0, 0, 4)).back().Score, 5);
}

TEST(VectorSearch, IsRefusedForWhatDynamoDbRefuses) {
    Things world;
    const auto said = [&](auto change) {
        auto request = world.search_for("all", 1, 2);
        change(request);
        return refusal([&] { world.results(request); });
    };
    const std::string no_vector =
        refused +
        "Search vector contains invalid values. All values in the search vector must be a 32-bit "
        "floating-point number attribute";
    EXPECT_EQ(
        said([](auto& request) { request.TopK = 101; }),
        refused + "Provided TopK value '101' is out of valid range. The value must be between 1 and 100 inclusive");
    EXPECT_EQ(said([](auto& request) { request.SearchVector.pop_back(); }),
              refused + "Input search vector dimension 1 does not match vector index dimension 2");
    EXPECT_EQ(said([](auto& request) { request.SearchVector = {AttributeValue::S("x")}; }), no_vector);
    EXPECT_EQ(said([](auto& request) { request.SearchVector[0] = AttributeValue::N(Decimal::parse("1E39")); }),
              no_vector);
    EXPECT_EQ(said([](auto& request) { request.TableName = "nothing"; }),
              "ResourceNotFoundException: Requested resource not found");
    EXPECT_EQ(said([](auto& request) { request.IndexName = "none"; }),
              refused + "The table does not have the specified index: none");
    EXPECT_EQ(
        said([](auto& request) { request.ExpressionAttributeValues = AttributeMap::from_json(R"({":v":{"N":"1"}})"); }),
        refused + "ExpressionAttributeValues can only be specified when using expressions");
    EXPECT_EQ(refusal([&] { world.run(world.service.scan(world.call, {.TableName = "things", .IndexName = "all"})); }),
              refused + "Scan operation not supported on this index type");
    EXPECT_EQ(refusal([&] {
                  world.run(world.service.execute_statement(
                      world.call, {.Statement = R"(SELECT * FROM "things"."all" WHERE pk = 'a')"}));
              }),
              refused + "Scan operation not supported on this index type");
}

TEST(VectorSearch, IsAskedOfPoliciesForTheIndex) {
    Things world;
    auto request = world.search_for("all", 1, 2);
    const auto& operation = *aws::dynamodb::service.find("SearchVectors");
    EXPECT_EQ(world.service.resource_of(world.call, operation, &request), *world.table().TableArn + "/index/all");
}

TEST(VectorSearch, ReturnsWhatTheIndexProjects) {
    auto some = index("some", "INCLUDE");
    some.Projection.NonKeyAttributes = {{"title"}};
    auto with_vector = index("vector", "INCLUDE");
    with_vector.Projection.NonKeyAttributes = {{"v"}};
    Things world({index("all"), index("keys", "KEYS_ONLY"), some, with_vector});
    world.put("a", 0.1, -2, R"(,"title":{"S":"t"},"body":{"S":"b"})");
    const auto item = [&](std::string name, std::optional<std::string> projection = {}) {
        auto request = world.search_for(std::move(name), 0, 0);
        request.ProjectionExpression = std::move(projection);
        return world.results(request).at(0).Item->json();
    };
    EXPECT_EQ(item("all"), R"({"body":{"S":"b"},"pk":{"S":"a"},"title":{"S":"t"}})");
    EXPECT_EQ(item("keys"), R"({"pk":{"S":"a"}})");
    EXPECT_EQ(item("some"), R"({"pk":{"S":"a"},"title":{"S":"t"}})");
    EXPECT_EQ(item("all", "v, title"), R"({"title":{"S":"t"},"v":{"L":[{"N":"0.1"},{"N":"-2"}]}})");
    EXPECT_EQ(item("vector", "pk, v[0]"), R"({"pk":{"S":"a"},"v":{"L":[{"N":"0.1"}]}})");
    EXPECT_EQ(item("some", "pk, v, body"), R"({"pk":{"S":"a"}})");
}

TEST(VectorIndexRows, FollowEveryChangeOfTheirItems) {
    Things world;
    const std::string key = R"({"pk":{"S":"a"}})";
    world.put("a", 1, 0, R"(,"place":{"S":"x"})");
    world.update("things", key, "SET place = :y", R"({":y":{"S":"y"}})");
    EXPECT_EQ(world.in_place("x"), "");
    EXPECT_EQ(world.in_place("y"), "a");
    world.update("things", key, "REMOVE place");
    EXPECT_EQ(world.in_place("y"), "");
    EXPECT_EQ(world.near("all"), "a");
    world.update("things", key, "REMOVE v");
    EXPECT_EQ(world.near("all"), "");
    world.put("a", 7, 0);
    EXPECT_EQ(world.results(world.search_for("all", 0, 0)).at(0).Score, 7);
    EXPECT_EQ(refusal([&] { world.update("things", key, "SET v = :n", R"({":n":{"N":"1"}})"); }),
              refused +
                  "One or more parameter values were invalid. Invalid type for parameter v, Expected: 32-bit "
                  "floating point number list IndexName: all");
    world.run(world.service.delete_item(world.call, {.TableName = "things", .Key = AttributeMap::from_json(key)}));
    EXPECT_EQ(world.near("all"), "");
}

TEST(VectorIndexRows, AreWrittenByBatchesAndTransactions) {
    Things world;
    const auto item = [](std::string_view pk, double x) { return AttributeMap::from_json(Things::thing(pk, x, 0)); };
    const auto key = AttributeMap::from_json(R"({"pk":{"S":"batch"}})");
    world.run(world.service.batch_write_item(
        world.call, {.RequestItems = {{"things", {{.PutRequest = {{.Item = item("batch", 1)}}}}}}}));
    const auto written = world.run(world.service.transact_write_items(
        world.call, {.TransactItems = {{.Put = {{.Item = item("transaction", 2), .TableName = "things"}}}},
                     .ReturnConsumedCapacity = "INDEXES"}));
    EXPECT_EQ(written.ConsumedCapacity->at(0).VectorIndexes->at("all").VectorWriteRequestBytes, 1024);
    EXPECT_EQ(written.ConsumedCapacity->at(0).Table->CapacityUnits, 2);
    world.run(world.service.execute_statement(
        world.call, {.Statement = R"(INSERT INTO "things" VALUE {'pk': 'statement', 'v': [3, 0]})"}));
    EXPECT_EQ(world.near("all"), "batch transaction statement");
    world.run(world.service.batch_write_item(world.call,
                                             {.RequestItems = {{"things", {{.DeleteRequest = {{.Key = key}}}}}}}));
    EXPECT_EQ(world.near("all"), "transaction statement");
}

TEST(VectorIndexRows, LeaveWithItemsWhoseTimeToLiveEnds) {
    Things world;
    world.begin_work();
    world.run(world.service.update_time_to_live(
        world.call, {.TableName = "things", .TimeToLiveSpecification = {.Enabled = true, .AttributeName = "ends"}}));
    world.put("short", 1, 0, R"(,"ends":{"N":"1700000060"})");
    world.put("long", 2, 0);
    EXPECT_EQ(world.near("all"), "short long");
    world.clock_forward(2min);
    EXPECT_EQ(world.near("all"), "long");
    world.end_work();
}

TEST(VectorCapacity, IsTheBytesOfWhatChangesInTheIndex) {
    Things world({index("all"), by_place()});
    const std::string title = R"(,"title":{"S":")" + std::string(2000, 't') + R"("})";
    const auto bytes = [](const std::optional<std::map<std::string, VectorCapacity>>& cost, const std::string& name) {
        return cost && cost->contains(name) ? *cost->at(name).VectorWriteRequestBytes : 0;
    };
    const auto made = world.cost_of(Things::thing("a", 1, 0, title));
    // Two numbers of four bytes and "v", "pk" and "a", "title" and its text.
    EXPECT_EQ(bytes(made, "all"), 9 + 3 + 2005);
    EXPECT_EQ(bytes(made, "by-place"), 0);
    EXPECT_FALSE(world.cost_of(Things::thing("a", 1, 0, title)));
    const auto moved_in = world.cost_of(Things::thing("a", 1, 0, R"(,"place":{"S":"x"})"));
    EXPECT_EQ(bytes(moved_in, "all"), 9 + 3 + 2005);
    EXPECT_EQ(bytes(moved_in, "by-place"), 1024);
    EXPECT_EQ(bytes(world.cost_of(Things::thing("a", 1, 0, R"(,"place":{"S":"y"})")), "by-place"), 2048);
    auto search = world.search_for("all", 0, 0);
    search.ReturnConsumedCapacity = "TOTAL";
    EXPECT_EQ(world.run(world.service.search_vectors(world.call, search)).ConsumedCapacity->VectorSearchRequestBytes,
              1024);
}

TEST(VectorIndexUpdate, IsFilledInTheBackgroundAndSearchedOnlyThen) {
    Things world({});
    world.put("a", 1, 0, R"(,"place":{"S":"x"})");
    world.put("b", 2, 0);
    world.World::put("things", R"({"pk":{"S":"short"},"v":{"L":[{"N":"1"}]},"place":{"S":"x"}})");
    world.World::put("things", R"({"pk":{"S":"text"},"v":{"S":"1"},"place":{"N":"1"}})");
    const auto answer = world.change({create(by_place())});
    EXPECT_EQ(answer.TableStatus, "UPDATING");
    EXPECT_EQ(answer.VectorIndexes->at(0).IndexStatus, "CREATING");
    EXPECT_EQ(answer.VectorIndexes->at(0).Backfilling, false);
    EXPECT_EQ(answer.AttributeDefinitions->size(), 3u);
    world.put("c", 3, 0, R"(,"place":{"S":"x"})");
    world.run(world.service.settle());
    EXPECT_EQ(world.in_place("x"), "a c");
    EXPECT_EQ(world.table().VectorIndexes->at(0).IndexStatus, "ACTIVE");
    EXPECT_FALSE(world.table().VectorIndexes->at(0).Backfilling);
    // What was written before the index may stay, and go.
    world.run(world.service.delete_item(
        world.call, {.TableName = "things", .Key = AttributeMap::from_json(R"({"pk":{"S":"text"}})")}));
    EXPECT_EQ(world.change({remove("by-place")}).VectorIndexes->at(0).IndexStatus, "DELETING");
    world.run(world.service.settle());
    EXPECT_FALSE(world.table().VectorIndexes);
    EXPECT_EQ(world.table().AttributeDefinitions->size(), 1u);
    EXPECT_EQ(refusal([&] { world.in_place("x"); }), refused + "The table does not have the specified index: by-place");
}

TEST(VectorIndexUpdate, IsRefusedForWhatDynamoDbRefuses) {
    Things world({index("i-1"), index("i-2"), index("i-3"), index("i-4")});
    const auto said = [&](std::vector<Change> changes) { return refusal([&] { world.change(changes); }); };
    EXPECT_EQ(said({create(index("one")), create(index("two"))}), one_at_a_time);
    EXPECT_EQ(said({create(index("i-1"))}), refused + "Attempting to create an index which already exists");
    EXPECT_EQ(said({remove("none")}),
              "ResourceNotFoundException: Requested resource not found: Index none for table things");
    EXPECT_EQ(said({{}}), invalid + "One of VectorIndexUpdate.Create, VectorIndexUpdate.Delete must not be null");
    auto of_key = index("key");
    of_key.VectorAttribute.AttributeName = "pk";
    EXPECT_EQ(said({create(of_key)}),
              invalid +
                  "Attributes cannot be redefined. Please check that your attribute has the same type as "
                  "previously defined. Existing schema: Schema:[SchemaElement: key{pk:S:HASH}] New schema: "
                  "VectorIndexSchema:[VectorAttribute: key{pk:L:2}]");
    EXPECT_EQ(refusal([&] {
                  world.run(world.service.update_table(
                      world.call, {.TableName = "things", .VectorIndexUpdates = {{create(by_place())}}}));
              }),
              invalid + "One element in SearchSchema is not defined in attribute definitions");
    EXPECT_EQ(refusal([&] {
                  world.run(world.service.update_table(
                      world.call, {.TableName = "things",
                                   .BillingMode = "PROVISIONED",
                                   .ProvisionedThroughput = {{.ReadCapacityUnits = 1, .WriteCapacityUnits = 1}}}));
              }),
              invalid + "Vector indexes are only supported for PAY_PER_REQUEST tables");
    world.change({create(index("i-5"))});
    world.run(world.service.settle());
    EXPECT_EQ(said({create(index("i-6"))}),
              "LimitExceededException: Subscriber limit exceeded: Number of vector secondary indexes exceeds per-table "
              "limit of 5");
}

TEST(VectorIndexUpdate, LeavesTheTableBusyUntilTheIndexIsThere) {
    auto table = table_of({.AttributeDefinitions = {{{.AttributeName = "pk", .AttributeType = "S"}}},
                           .TableName = "things",
                           .KeySchema = {{{.AttributeName = "pk", .KeyType = "HASH"}}},
                           .BillingMode = "PAY_PER_REQUEST"},
                          "us-east-1", "000000000000");
    const auto change = [&](Change change) {
        return update_table(table, {.TableName = "things", .VectorIndexUpdates = {{change}}}, "us-east-1",
                            "000000000000", Time());
    };
    EXPECT_EQ(change(create(index("near"))).build, "near");
    EXPECT_EQ(table.description.VectorIndexes->at(0).IndexStatus, "CREATING");
    EXPECT_EQ(table.description.VectorIndexes->at(0).Backfilling, true);
    EXPECT_EQ(refusal([&] { table.vector_index("near"); }), refused + "Cannot search backfilling vector index: near");
    EXPECT_EQ(refusal([&] { check_removable(table); }),
              "ResourceInUseException: Attempt to change a resource which is still in use: Cannot delete table while "
              "indexes are being created, updated, or deleted.");
    EXPECT_EQ(refusal([&] { change(create(index("next"))); }), one_at_a_time);
    EXPECT_EQ(change(remove("near")).drop, "near");  // given up
    EXPECT_EQ(table.description.VectorIndexes->at(0).IndexStatus, "DELETING");
    EXPECT_FALSE(table.description.VectorIndexes->at(0).Backfilling);
    EXPECT_EQ(refusal([&] { change(remove("near")); }), one_at_a_time);
    remove_index(table, "near");
    EXPECT_EQ(change(create(index("next"))).build, "next");
    finish_index(table, "next");
    EXPECT_EQ(table.vector_index("next").dimensions, 2u);
    EXPECT_EQ(table.description.VectorIndexes->at(0).IndexStatus, "ACTIVE");
}

TEST(VectorIndexUpdate, GivesUpAnIndexThatIsBeingMade) {
    Things world({});
    world.put("a", 1, 0);
    world.change({create(index("all"))});
    world.change({remove("all")});
    world.run(world.service.settle());
    EXPECT_FALSE(world.table().VectorIndexes);
}

TEST(VectorIndexRestore, BringsIndexesBackOrOnlyThoseThatAreWanted) {
    Things world;
    world.put("a", 1, 0, R"(,"place":{"S":"x"})");
    const auto backup =
        world.run(world.service.create_backup(world.call, {.TableName = "things", .BackupName = "one"})).BackupDetails;
    world.run(world.service.settle());
    const auto features = world.run(world.service.describe_backup(world.call, {.BackupArn = backup->BackupArn}))
                              .BackupDescription->SourceTableFeatureDetails;
    ASSERT_EQ(features->VectorIndexes->size(), 2u);
    EXPECT_EQ(features->VectorIndexes->at(1).SearchSchema, by_place().SearchSchema);
    const auto restore = [&](std::string name, std::optional<std::vector<VectorIndex>> wanted) {
        world.run(world.service.restore_table_from_backup(
            world.call,
            {.TargetTableName = name, .BackupArn = backup->BackupArn, .VectorIndexOverride = std::move(wanted)}));
        world.run(world.service.settle());
    };
    const auto near = [&](std::string table, std::string name) {
        auto request = world.search_for(std::move(name), 0, 0);
        request.TableName = std::move(table);
        return world.found(std::move(request));
    };
    restore("whole", std::nullopt);
    EXPECT_EQ(near("whole", "all"), "a");
    EXPECT_EQ(world.table("whole").VectorIndexes->size(), 2u);
    restore("renamed", {{index("other")}});
    EXPECT_EQ(near("renamed", "other"), "a");
    EXPECT_EQ(world.table("renamed").AttributeDefinitions->size(), 1u);
    restore("bare", std::vector<VectorIndex>());
    EXPECT_FALSE(world.table("bare").VectorIndexes);
    auto longer = index("all");
    longer.Dimensions = 3;
    EXPECT_EQ(refusal([&] { restore("wrong", {{longer}}); }),
              refused +
                  "Index all does not match a secondary index that existed in the source table and cannot be "
                  "created during the restore operation");
}

TEST(VectorIndexOfGlobalTable, IsInEveryRegion) {
    Things world;
    world.put("a", 1, 0);
    world.run(world.service.update_table(
        world.call, {.TableName = "things", .ReplicaUpdates = {{{.Create = {{.RegionName = "eu-west-1"}}}}}}));
    world.run(world.service.settle());
    world.put("b", 2, 0);
    world.call.region = "eu-west-1";
    EXPECT_EQ(world.near("all"), "a b");
}

}  // namespace
}  // namespace cumulet::dynamodb
