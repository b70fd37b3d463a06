#include "services/dynamodb/tests/support/world.h"

namespace cumulet::dynamodb {
namespace {

CreateTableInput simple(std::string name) {
    return {.AttributeDefinitions = {{{.AttributeName = "pk", .AttributeType = "S"}}},
            .TableName = std::move(name),
            .KeySchema = {{{.AttributeName = "pk", .KeyType = "HASH"}}},
            .BillingMode = "PAY_PER_REQUEST"};
}

TEST(CreateTable, AnswersThatItIsCreatingATableThatIsThereAlready) {
    World world;
    const auto created = world.run(world.service.create_table(world.call, simple("orders")));
    const auto& description = *created.TableDescription;
    EXPECT_EQ(description.TableStatus, "CREATING");
    EXPECT_EQ(description.TableArn, "arn:aws:dynamodb:us-east-1:000000000000:table/orders");
    EXPECT_EQ(description.CreationDateTime, world.clock.now());
    EXPECT_EQ(description.BillingModeSummary->BillingMode, "PAY_PER_REQUEST");

    world.put("orders", R"({"pk":{"S":"abc"}})");
    const auto described = world.run(world.service.describe_table(world.call, {.TableName = "orders"}));
    EXPECT_EQ(described.Table->TableStatus, "ACTIVE");
    EXPECT_EQ(described.Table->TableArn, description.TableArn);
    EXPECT_EQ(described.Table->WarmThroughput->ReadUnitsPerSecond, 12000);
    EXPECT_EQ(described.Table->WarmThroughput->WriteUnitsPerSecond, 4000);
    EXPECT_EQ(described.Table->KeySchema, simple("orders").KeySchema);
    EXPECT_EQ(described.Table->CreationDateTime, description.CreationDateTime);
    EXPECT_EQ(described.Table->ItemCount, 1);
    EXPECT_EQ(described.Table->TableSizeBytes, 5);
}

TEST(CreateTable, RefusesASecondTableOfTheName) {
    World world;
    world.make_table("orders");
    EXPECT_EQ(refusal([&] { world.make_table("orders"); }), "ResourceInUseException: Table already exists: orders");
}

TEST(CreateTable, RefusesBadSchemasInDynamoDBsWords) {
    World world;
    const auto refused = [&](auto change) {
        auto request = simple("orders");
        change(request);
        return refusal([&] { world.run(world.service.create_table(world.call, request)); });
    };
    const std::string invalid = "ValidationException: One or more parameter values were invalid: ";
    EXPECT_EQ(
        refused([](auto& request) { request.TableName = "ab"; }),
        "ValidationException: 1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 3");
    EXPECT_EQ(refused([](auto& request) { (*request.KeySchema)[0].AttributeName = "id"; }),
              invalid +
                  "Some index key attributes are not defined in AttributeDefinitions. Keys: [id], "
                  "AttributeDefinitions: [pk]");
    EXPECT_EQ(refused([](auto& request) { (*request.KeySchema)[0].KeyType = "RANGE"; }),
              "ValidationException: Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
    const auto same_name = [](auto& request) {
        request.KeySchema->push_back({.AttributeName = "pk", .KeyType = "RANGE"});
    };
    EXPECT_EQ(refused(same_name),
              "ValidationException: Invalid KeySchema: Some index key attribute have no definition");
    EXPECT_EQ(refused([&](auto& request) {
                  same_name(request);
                  request.AttributeDefinitions->push_back({.AttributeName = "x", .AttributeType = "S"});
              }),
              "ValidationException: Both the Hash Key and the Range Key element in the KeySchema have the same name");
    EXPECT_EQ(refused([](auto& request) {
                  request.AttributeDefinitions->push_back({.AttributeName = "x", .AttributeType = "S"});
              }),
              invalid +
                  "Number of attributes in KeySchema does not exactly match number of attributes defined in "
                  "AttributeDefinitions");
    EXPECT_EQ(
        refused([](auto& request) { request.AttributeDefinitions.reset(); }),
        "ValidationException: 1 validation error detected: Value null at 'attributeDefinitions' failed to satisfy "
        "constraint: Member must not be null");
    EXPECT_EQ(
        refused([](auto& request) { request.BillingMode.reset(); }),
        invalid + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED");
    EXPECT_EQ(refused([](auto& request) {
                  request.ProvisionedThroughput = {.ReadCapacityUnits = 1, .WriteCapacityUnits = 1};
              }),
              invalid +
                  "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
                  "PAY_PER_REQUEST");
    EXPECT_EQ(refused([](auto& request) { request.StreamSpecification = {.StreamEnabled = true}; }),
              invalid + "Table is being created with a stream enabled, UpdateViewType is required");
    EXPECT_EQ(refused([](auto& request) {
                  request.StreamSpecification = {.StreamEnabled = false, .StreamViewType = "KEYS_ONLY"};
              }),
              invalid + "Table is being created with a stream disabled, UpdateViewType should not be specified");
    EXPECT_EQ(refused([](auto& request) {
                  request.AttributeDefinitions = {{.AttributeName = "pk", .AttributeType = "S"},
                                                  {.AttributeName = "pk", .AttributeType = "N"}};
              }),
              "ValidationException: Attribute Name is duplicated: pk");
}

TEST(Tables, AreUnknownInTheWordsOfEachFamily) {
    World world;
    EXPECT_EQ(refusal([&] { world.run(world.service.describe_table(world.call, {.TableName = "orders"})); }),
              "ResourceNotFoundException: Requested resource not found: Table: orders not found");
    EXPECT_EQ(refusal([&] { world.get("orders", R"({"pk":{"S":"a"}})"); }),
              "ResourceNotFoundException: Requested resource not found");
}

TEST(Tables, AreSeparateByAccountAndRegion) {
    World world;
    world.make_table("orders", "");
    world.put("orders", R"({"pk":{"S":"a"}})");
    world.call.region = "eu-west-1";
    world.make_table("orders", "");
    EXPECT_EQ(world.get("orders", R"({"pk":{"S":"a"}})"), "");
    world.call.region = "us-east-1";
    EXPECT_EQ(world.get("orders", R"({"pk":{"S":"a"}})"), R"({"pk":{"S":"a"}})");
}

TEST(DeleteTable, TakesItsItemsWithIt) {
    World world;
    world.make_table("orders", "");
    world.put("orders", R"({"pk":{"S":"a"}})");
    const auto deleted = world.run(world.service.delete_table(world.call, {.TableName = "orders"}));
    EXPECT_EQ(deleted.TableDescription->TableStatus, "DELETING");
    EXPECT_EQ(deleted.TableDescription->ItemCount, 1);
    EXPECT_FALSE(deleted.TableDescription->KeySchema);
    EXPECT_FALSE(deleted.TableDescription->AttributeDefinitions);
    EXPECT_FALSE(deleted.TableDescription->CreationDateTime);
    world.make_table("orders", "");
    EXPECT_EQ(world.get("orders", R"({"pk":{"S":"a"}})"), "");
    EXPECT_EQ(world.run(world.service.scan(world.call, {.TableName = "orders"})).Count, 0);
}

TEST(DeleteTable, RefusesAProtectedTable) {
    World world;
    auto request = simple("orders");
    request.DeletionProtectionEnabled = true;
    world.run(world.service.create_table(world.call, request));
    EXPECT_EQ(refusal([&] { world.run(world.service.delete_table(world.call, {.TableName = "orders"})); }),
              "ValidationException: Resource cannot be deleted as it is currently protected against deletion. Disable "
              "deletion protection first.");
    world.run(world.service.update_table(world.call, {.TableName = "orders", .DeletionProtectionEnabled = false}));
    EXPECT_EQ(refusal([&] { world.run(world.service.delete_table(world.call, {.TableName = "orders"})); }), "");
}

TEST(ResourceArn, IsTheTableThatTheRequestNames) {
    World world;
    const auto arn = [&](std::string_view operation, const auto& input) {
        return world.service.resource_of(world.call, *service.find(operation), &input);
    };
    const std::string table = "arn:aws:dynamodb:us-east-1:000000000000:table/orders";
    EXPECT_EQ(arn("DescribeTable", DescribeTableInput{.TableName = "orders"}), table);
    EXPECT_EQ(arn("DescribeTable", DescribeTableInput{.TableName = table}), table);
    EXPECT_EQ(arn("Scan", ScanInput{.TableName = "orders", .IndexName = "by-state"}), table + "/index/by-state");
    EXPECT_EQ(arn("DescribeExport", DescribeExportInput{.ExportArn = table + "/export/1"}), table + "/export/1");
    EXPECT_EQ(arn("ListTables", ListTablesInput{}), "*");
}

TEST(ListTables, PagesThroughTheNamesInOrder) {
    World world;
    for (const auto* name : {"ccc", "aaa", "bbb"}) world.make_table(name);
    const auto first = world.run(world.service.list_tables(world.call, {.Limit = 2}));
    EXPECT_EQ(*first.TableNames, (std::vector<std::string>{"aaa", "bbb"}));
    EXPECT_EQ(first.LastEvaluatedTableName, "bbb");
    const auto rest =
        world.run(world.service.list_tables(world.call, {.ExclusiveStartTableName = first.LastEvaluatedTableName}));
    EXPECT_EQ(*rest.TableNames, std::vector<std::string>{"ccc"});
    EXPECT_FALSE(rest.LastEvaluatedTableName);
}

TEST(Tags, AreAddedListedAndRemoved) {
    World world;
    world.make_table("orders");
    const std::string arn = "arn:aws:dynamodb:us-east-1:000000000000:table/orders";
    world.run(world.service.tag_resource(
        world.call, {.ResourceArn = arn, .Tags = {{.Key = "team", .Value = "a"}, {.Key = "stage", .Value = "b"}}}));
    world.run(world.service.untag_resource(world.call, {.ResourceArn = arn, .TagKeys = {"stage"}}));
    const auto listed = world.run(world.service.list_tags_of_resource(world.call, {.ResourceArn = arn}));
    EXPECT_EQ(*listed.Tags, (std::vector<Tag>{{.Key = "team", .Value = "a"}}));
}

TEST(Tags, AreNeitherDoubleNorOfAws) {
    World world;
    world.make_table("orders");
    const std::string arn = "arn:aws:dynamodb:us-east-1:000000000000:table/orders";
    const auto refused = [&](std::vector<Tag> tags) {
        return refusal([&] { world.run(world.service.tag_resource(world.call, {.ResourceArn = arn, .Tags = tags})); });
    };
    const std::string invalid = "ValidationException: One or more parameter values were invalid: ";
    EXPECT_EQ(refused({{.Key = "a", .Value = "1"}, {.Key = "a", .Value = "2"}}), invalid + "Duplicate tag key: a");
    EXPECT_EQ(refused({{.Key = "aws:a", .Value = "1"}}), invalid + "The prefix aws: is reserved: aws:a");
    EXPECT_EQ(refused({{.Key = "aws", .Value = "1"}}), "");
    world.call.depth = 1;  // as CloudFormation calls
    EXPECT_EQ(refused({{.Key = "aws:a", .Value = "1"}}), "");
}

TEST(Tags, AreNoIndexes) {
    World world;
    world.make_table("orders");
    const std::string arn = "arn:aws:dynamodb:us-east-1:000000000000:table/orders/index/by-state";
    EXPECT_EQ(
        refusal([&] { world.run(world.service.list_tags_of_resource(world.call, {.ResourceArn = arn})); }),
        "ValidationException: One or more parameter values were invalid: Invalid resource arn provided, only table "
        "or stream is accepted. Provided resource arn: " +
            arn);
}

TEST(TimeToLive, IsDescribedAsItWasSet) {
    World world;
    world.make_table("orders");
    const auto status = [&] {
        return *world.run(world.service.describe_time_to_live(world.call, {.TableName = "orders"}))
                    .TimeToLiveDescription->TimeToLiveStatus;
    };
    EXPECT_EQ(status(), "DISABLED");
    const UpdateTimeToLiveInput enable{.TableName = "orders",
                                       .TimeToLiveSpecification = {.Enabled = true, .AttributeName = "expires"}};
    world.run(world.service.update_time_to_live(world.call, enable));
    EXPECT_EQ(status(), "ENABLED");
    EXPECT_EQ(refusal([&] { world.run(world.service.update_time_to_live(world.call, enable)); }),
              "ValidationException: TimeToLive is already enabled");
}

}  // namespace
}  // namespace cumulet::dynamodb
