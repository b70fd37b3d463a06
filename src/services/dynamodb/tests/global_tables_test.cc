#include "services/dynamodb/streams/service.h"
#include "services/dynamodb/tests/support/world.h"

namespace cumulet::dynamodb {
namespace {

struct GlobalWorld : World {
    explicit GlobalWorld(bool works = true) {
        make_table("orders", "");
        if (works) begin_work();
    }
    ~GlobalWorld() { end_work(); }

    void go(std::string region) { call.region = std::move(region); }
    TableDescription change(ReplicationGroupUpdate update) {
        return *run(service.update_table(call, {.TableName = "orders", .ReplicaUpdates = {{std::move(update)}}}))
                    .TableDescription;
    }
    void add(std::string region) { change({.Create = {{.RegionName = std::move(region)}}}); }
    void remove(std::string region) { change({.Delete = {{.RegionName = std::move(region)}}}); }
    TableDescription describe() { return *run(service.describe_table(call, {.TableName = "orders"})).Table; }
    /// "eu-west-1 ACTIVE, …" of the table's replicas.
    std::string replicas() {
        std::vector<std::string> all;
        for (const auto& replica : describe().Replicas.value_or(std::vector<ReplicaDescription>())) {
            all.push_back(*replica.RegionName + " " + *replica.ReplicaStatus);
        }
        return fmt::format("{}", fmt::join(all, ", "));
    }
    void put(std::string_view pk, int n) {
        World::put("orders", fmt::format(R"({{"pk":{{"S":"{}"}},"n":{{"N":"{}"}}}})", pk, n));
    }
    std::string get(std::string_view pk) { return World::get("orders", fmt::format(R"({{"pk":{{"S":"{}"}}}})", pk)); }
    size_t count() { return static_cast<size_t>(*run(service.scan(call, {.TableName = "orders"})).Count); }
};

constexpr const char* one = R"({"n":{"N":"1"},"pk":{"S":"a"}})";

TEST(Replicas, HoldWhatTheTableHeldAndWhatIsWrittenInAnyRegion) {
    GlobalWorld world;
    world.put("a", 1);
    world.add("eu-west-1");
    EXPECT_EQ(world.replicas(), "eu-west-1 ACTIVE");
    EXPECT_EQ(world.describe().GlobalTableVersion, "2019.11.21");
    world.go("eu-west-1");
    EXPECT_EQ(world.replicas(), "us-east-1 ACTIVE");
    EXPECT_EQ(world.describe().TableArn, "arn:aws:dynamodb:eu-west-1:000000000000:table/orders");
    EXPECT_EQ(world.get("a"), one);
    world.put("b", 2);
    world.update("orders", R"({"pk":{"S":"a"}})", "SET n = n + :one", R"({":one":{"N":"1"}})");
    world.go("us-east-1");
    EXPECT_EQ(world.get("b"), R"({"n":{"N":"2"},"pk":{"S":"b"}})");
    EXPECT_EQ(world.get("a"), R"({"n":{"N":"2"},"pk":{"S":"a"}})");
    world.run(world.service.delete_item(
        world.call, {.TableName = "orders", .Key = AttributeMap::from_json(R"({"pk":{"S":"a"}})")}));
    world.go("eu-west-1");
    EXPECT_EQ(world.get("a"), "");
    EXPECT_EQ(world.count(), 1u);
}

TEST(Replicas, OfManyItemsAreCopiedWhileOthersWrite) {
    GlobalWorld world(false);
    for (int n = 0; n < 1000; ++n) world.put("item " + std::to_string(n), n);
    world.add("eu-west-1");
    EXPECT_EQ(world.replicas(), "eu-west-1 CREATING");
    world.put("new", 1);
    world.put("item 7", 700);
    world.run(world.service.delete_item(
        world.call, {.TableName = "orders", .Key = AttributeMap::from_json(R"({"pk":{"S":"item 8"}})")}));
    world.begin_work();
    world.run(world.clock.advance(1s));
    EXPECT_EQ(world.replicas(), "eu-west-1 ACTIVE");
    world.go("eu-west-1");
    EXPECT_EQ(world.count(), 1000u);
    EXPECT_EQ(world.get("new"), R"({"n":{"N":"1"},"pk":{"S":"new"}})");
    EXPECT_EQ(world.get("item 7"), R"({"n":{"N":"700"},"pk":{"S":"item 7"}})");
    EXPECT_EQ(world.get("item 8"), "");
}

TEST(Replicas, AreAddedAndRemovedOneByOne) {
    GlobalWorld world;
    world.add("eu-west-1");
    world.add("ap-south-1");
    EXPECT_EQ(world.replicas(), "eu-west-1 ACTIVE, ap-south-1 ACTIVE");
    world.go("ap-south-1");
    EXPECT_EQ(world.replicas(), "eu-west-1 ACTIVE, us-east-1 ACTIVE");
    world.put("a", 1);
    world.remove("us-east-1");
    EXPECT_EQ(world.replicas(), "eu-west-1 ACTIVE");
    world.go("us-east-1");
    EXPECT_EQ(refusal([&] { world.get("a"); }), "ResourceNotFoundException: Requested resource not found");
    world.go("eu-west-1");
    EXPECT_EQ(world.get("a"), one);
    world.run(world.service.delete_table(world.call, {.TableName = "orders"}));
    world.go("ap-south-1");
    EXPECT_EQ(world.replicas(), "");
    const auto description = world.describe();
    EXPECT_FALSE(description.Replicas);
    EXPECT_FALSE(description.GlobalTableVersion);
    EXPECT_EQ(description.StreamSpecification->StreamViewType, "NEW_AND_OLD_IMAGES");
    EXPECT_EQ(world.get("a"), one);
}

TEST(Replicas, HaveTheTablesIndexesAndTimeToLive) {
    GlobalWorld world;
    world.add("eu-west-1");
    world.run(world.service.update_time_to_live(
        world.call, {.TableName = "orders", .TimeToLiveSpecification = {.Enabled = true, .AttributeName = "n"}}));
    world.run(world.service.update_table(
        world.call,
        {.AttributeDefinitions = {{{.AttributeName = "color", .AttributeType = "S"}}},
         .TableName = "orders",
         .GlobalSecondaryIndexUpdates = {{{.Create = {{.IndexName = "by-color",
                                                       .KeySchema = {{.AttributeName = "color", .KeyType = "HASH"}},
                                                       .Projection = {.ProjectionType = "ALL"}}}}}}}));
    world.run(world.service.settle());
    world.World::put("orders", R"({"pk":{"S":"a"},"color":{"S":"red"},"n":{"N":"1700000010"}})");
    world.go("eu-west-1");
    auto query = world.query_of("orders", "color = :c", R"({":c":{"S":"red"}})");
    query.IndexName = "by-color";
    EXPECT_EQ(*world.run(world.service.query(world.call, query)).Count, 1);
    EXPECT_EQ(world.run(world.service.describe_time_to_live(world.call, {.TableName = "orders"}))
                  .TimeToLiveDescription->AttributeName,
              "n");
    world.run(world.clock.advance(1min));
    EXPECT_EQ(world.count(), 0u);
    world.go("us-east-1");
    EXPECT_EQ(world.count(), 0u);
}

TEST(Replicas, AreRefusedInDynamoDBsWords) {
    GlobalWorld world;
    EXPECT_EQ(refusal([&] { world.add("us-east-1"); }),
              "ValidationException: Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, "
              "DeleteTable, or UpdateTable as required.");
    EXPECT_EQ(refusal([&] { world.remove("eu-west-1"); }),
              "ValidationException: Update global table operation failed because one or more replicas were not part of "
              "the global table.");
    world.add("eu-west-1");
    EXPECT_EQ(
        refusal([&] { world.add("eu-west-1"); }),
        "ValidationException: Failed to create a the new replica of table with name: 'orders' because one or more "
        "replicas already existed as tables.");
    EXPECT_EQ(refusal([&] {
                  world.run(world.service.update_table(
                      world.call, {.TableName = "orders", .StreamSpecification = {{.StreamEnabled = false}}}));
              }),
              "ValidationException: Disabling the stream is not allowed for a Global Table: TableName: orders");
}

TEST(Replicas, ComeAndGoOneAtATimeAndAlone) {
    GlobalWorld world;
    const auto refused = [&](UpdateTableInput request) {
        request.TableName = "orders";
        return refusal([&] { world.run(world.service.update_table(world.call, std::move(request))); });
    };
    const ReplicationGroupUpdate add{.Create = {{.RegionName = "eu-west-1"}}};
    EXPECT_EQ(refused({.ReplicaUpdates = {{add, {.Create = {{.RegionName = "ap-south-1"}}}}}}),
              "ValidationException: Update table operation with more than one create or delete replica actions not "
              "allowed");
    auto both = add;
    both.Delete = {{.RegionName = "eu-west-1"}};
    EXPECT_EQ(refused({.ReplicaUpdates = {{both}}}),
              "ValidationException: Update table operation with more than one type of replica actions not allowed");
    EXPECT_EQ(refused({.ReplicaUpdates = {{add}}, .DeletionProtectionEnabled = true}),
              "ValidationException: One or more parameter values were invalid: Replica modification must be the only "
              "operation in the request");
    EXPECT_EQ(world.replicas(), "");
}

TEST(Replicas, AreRemovedWithTheirPolicyWhileTheirBackupsStay) {
    GlobalWorld world;
    for (int n = 0; n < 1800; ++n) world.put("item " + std::to_string(n), n);
    world.add("eu-west-1");
    world.run(world.clock.advance(1s));
    world.go("eu-west-1");
    EXPECT_EQ(world.replicas(), "us-east-1 ACTIVE");
    const std::string arn = "arn:aws:dynamodb:eu-west-1:000000000000:table/orders";
    world.run(world.service.put_resource_policy(
        world.call, {.ResourceArn = arn, .Policy = R"({"Version":"2012-10-17","Statement":[]})"}));
    world.run(world.service.update_continuous_backups(
        world.call, {.TableName = "orders", .PointInTimeRecoverySpecification = {.PointInTimeRecoveryEnabled = true}}));
    const auto backup =
        world.run(world.service.create_backup(world.call, {.TableName = "orders", .BackupName = "kept"}));
    world.go("us-east-1");
    world.remove("eu-west-1");
    world.run(world.service.settle());
    world.go("eu-west-1");
    EXPECT_EQ(refusal([&] { world.get("item 1"); }), "ResourceNotFoundException: Requested resource not found");
    EXPECT_EQ(world.run(world.service.resource_policy(world.call, arn)), "");
    const auto described =
        *world.run(world.service.describe_backup(world.call, {.BackupArn = backup.BackupDetails->BackupArn}))
             .BackupDescription;
    EXPECT_EQ(described.BackupDetails->BackupStatus, "AVAILABLE");
    EXPECT_EQ(described.SourceTableDetails->ItemCount, 1800);
    const auto system = world.run(world.service.list_backups(world.call, {.BackupType = "SYSTEM"}));
    EXPECT_EQ(system.BackupSummaries->size(), 1u);
}

TEST(Replicas, AreNotDeletedWhileAnotherIsCopiedFromThem) {
    GlobalWorld world(false);
    for (int n = 0; n < 1000; ++n) world.put("item " + std::to_string(n), n);
    world.add("eu-west-1");
    const auto remove = [&] { world.run(world.service.delete_table(world.call, {.TableName = "orders"})); };
    EXPECT_EQ(refusal(remove),
              "ResourceInUseException: Attempt to change a resource which is still in use: Table: orders is in "
              "the process of being updated.");
    world.begin_work();
    world.run(world.clock.advance(1s));
    EXPECT_EQ(refusal(remove), "");
}

TEST(Replicas, GainAndLoseIndexesWithTheTable) {
    GlobalWorld world;
    for (int n = 0; n < 20; ++n) world.put("item " + std::to_string(n), n % 2);
    world.add("eu-west-1");
    world.add("ap-south-1");
    const auto change = [&](GlobalSecondaryIndexUpdate update) {
        world.run(world.service.update_table(world.call,
                                             {.AttributeDefinitions = {{{.AttributeName = "n", .AttributeType = "N"}}},
                                              .TableName = "orders",
                                              .GlobalSecondaryIndexUpdates = {{std::move(update)}}}));
        world.run(world.service.settle());
    };
    change({.Create = {{.IndexName = "by-n",
                        .KeySchema = {{.AttributeName = "n", .KeyType = "HASH"}},
                        .Projection = {.ProjectionType = "ALL"}}}});
    auto query = world.query_of("orders", "n = :n", R"({":n":{"N":"1"}})");
    query.IndexName = "by-n";
    for (const auto* region : {"us-east-1", "eu-west-1", "ap-south-1"}) {
        world.go(region);
        EXPECT_EQ(*world.run(world.service.query(world.call, query)).Count, 10) << region;
    }
    change({.Delete = {{.IndexName = "by-n"}}});
    for (const auto* region : {"us-east-1", "eu-west-1", "ap-south-1"}) {
        world.go(region);
        EXPECT_FALSE(world.describe().GlobalSecondaryIndexes) << region;
        EXPECT_EQ(world.describe().AttributeDefinitions->size(), 1u) << region;
    }
}

TEST(Replicas, AreDescribedAsTheyWereChanged) {
    GlobalWorld world;
    world.add("eu-west-1");
    world.change({.Update = {{.RegionName = "eu-west-1", .TableClassOverride = "STANDARD_INFREQUENT_ACCESS"}}});
    EXPECT_EQ(world.describe().Replicas->front().ReplicaTableClassSummary->TableClass, "STANDARD_INFREQUENT_ACCESS");
}

struct StrongWorld : GlobalWorld {
    UpdateTableInput request(std::vector<std::string> regions, std::string witness = "") {
        UpdateTableInput wanted{.TableName = "orders", .MultiRegionConsistency = "STRONG"};
        wanted.ReplicaUpdates.emplace();
        for (auto& region : regions) wanted.ReplicaUpdates->push_back({.Create = {{.RegionName = region}}});
        if (!witness.empty()) wanted.GlobalTableWitnessUpdates = {{{.Create = {{.RegionName = witness}}}}};
        return wanted;
    }
    std::string refused(const UpdateTableInput& wanted) {
        return refusal([&] { run(service.update_table(call, wanted)); });
    }
    std::string mode() { return describe().MultiRegionConsistency.value_or("none"); }
};

constexpr const char* needs_two =
    "ValidationException: One or more parameter values were invalid: Multi-Region strong consistency needs two "
    "replicas, or a replica and a witness, beside this Region";

TEST(StrongConsistency, IsOfThreeRegionsOfWhichOneMayBeAWitness) {
    StrongWorld world;
    EXPECT_EQ(world.mode(), "none");
    EXPECT_EQ(world.refused(world.request({"eu-west-1"})), needs_two);
    EXPECT_EQ(world.refused(world.request({"eu-west-1", "ap-south-1"}, "eu-north-1")), needs_two);
    EXPECT_EQ(world.refused(world.request({"us-west-2"}, "us-east-2")), "");
    EXPECT_EQ(world.mode(), "STRONG");
    EXPECT_EQ(world.replicas(), "us-west-2 ACTIVE");
    world.go("us-west-2");
    EXPECT_EQ(world.mode(), "STRONG");
    ASSERT_TRUE(world.describe().GlobalTableWitnesses);
    EXPECT_EQ(world.describe().GlobalTableWitnesses->at(0).RegionName, "us-east-2");
    EXPECT_EQ(world.describe().GlobalTableWitnesses->at(0).WitnessStatus, "ACTIVE");
    world.put("a", 1);
    world.go("us-east-1");
    EXPECT_EQ(world.get("a"), one);
    world.go("us-east-2");
    EXPECT_EQ(refusal([&] { world.get("a"); }), "ResourceNotFoundException: Requested resource not found");
}

TEST(StrongConsistency, ComesAndGoesWithAllRegions) {
    StrongWorld world;
    world.run(world.service.update_table(world.call, world.request({"us-west-2"}, "us-east-2")));
    const std::string invalid = "ValidationException: One or more parameter values were invalid: ";
    EXPECT_EQ(refusal([&] { world.add("eu-west-1"); }),
              invalid + "Regions cannot be added to a global table with multi-Region strong consistency");
    EXPECT_EQ(
        refusal([&] { world.remove("us-west-2"); }),
        invalid + "All other Regions of a global table with multi-Region strong consistency must be removed together");
    EXPECT_EQ(world.refused({.TableName = "orders",
                             .ReplicaUpdates = {{{.Delete = {{.RegionName = "us-west-2"}}}}},
                             .GlobalTableWitnessUpdates = {{{.Delete = {{.RegionName = "us-east-2"}}}}}}),
              "");
    EXPECT_EQ(world.mode(), "none");
    EXPECT_FALSE(world.describe().GlobalTableWitnesses);
    world.put("a", 1);
    EXPECT_EQ(world.refused(world.request({"us-west-2", "us-east-2"})),
              invalid + "The table must be empty for multi-Region strong consistency");
    world.add("eu-west-1");
    EXPECT_EQ(world.mode(), "EVENTUAL");
    EXPECT_EQ(world.refused(
                  {.TableName = "orders", .GlobalTableWitnessUpdates = {{{.Create = {{.RegionName = "us-east-2"}}}}}}),
              invalid + "A witness is only supported with multi-Region strong consistency");
}

TEST(GlobalTables, OfTheOlderVersionAreNotBegunAnyMore) {
    GlobalWorld world;
    EXPECT_EQ(refusal([&] {
                  world.run(world.service.create_global_table(
                      world.call, {.GlobalTableName = "orders", .ReplicationGroup = {{.RegionName = "eu-west-1"}}}));
              }),
              "ValidationException: DynamoDB global tables version 2017.11.29 is not supported. We recommend using "
              "DynamoDB global tables version 2019.11.21, instead of version 2017.11.29 (Legacy).");
    EXPECT_EQ(
        refusal([&] { world.run(world.service.describe_global_table(world.call, {.GlobalTableName = "orders"})); }),
        "GlobalTableNotFoundException: Global table with name 'orders' does not exist.");
    EXPECT_TRUE(world.run(world.service.list_global_tables(world.call, {})).GlobalTables->empty());
}

}  // namespace
}  // namespace cumulet::dynamodb
