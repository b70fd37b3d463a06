#include "services/dynamodb/update_table.h"

#include "services/dynamodb/tests/support/world.h"

namespace cumulet::dynamodb {
namespace {

using Change = GlobalSecondaryIndexUpdate;

const std::string invalid = "ValidationException: One or more parameter values were invalid: ";
const std::string one_at_a_time =
    "LimitExceededException: Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously "
    "per table";

Change create(std::string name, std::string hash) {
    return {.Create =
                CreateGlobalSecondaryIndexAction{.IndexName = std::move(name),
                                                 .KeySchema = {{.AttributeName = std::move(hash), .KeyType = "HASH"}},
                                                 .Projection = {.ProjectionType = "ALL"}}};
}
Change remove(std::string name) { return {.Delete = DeleteGlobalSecondaryIndexAction{.IndexName = std::move(name)}}; }
Change update(std::string name, int64_t reads, int64_t writes) {
    return {.Update = UpdateGlobalSecondaryIndexAction{
                .IndexName = std::move(name),
                .ProvisionedThroughput = {{.ReadCapacityUnits = reads, .WriteCapacityUnits = writes}}}};
}

struct Tables : World {
    Tables() {
        make_table("orders");
        for (int number = 0; number < 3; ++number) {
            put("orders", fmt::format(R"({{"pk":{{"S":"p"}},"sk":{{"S":"{}"}},"state":{{"S":"open"}}}})", number));
        }
    }
    TableDescription send(UpdateTableInput request) {
        if (request.TableName.empty()) request.TableName = "orders";
        return *run(service.update_table(call, std::move(request))).TableDescription;
    }
    TableDescription send(std::vector<Change> changes, std::string attribute = "state") {
        return send({.AttributeDefinitions = {{{.AttributeName = std::move(attribute), .AttributeType = "S"}}},
                     .GlobalSecondaryIndexUpdates = std::move(changes)});
    }
    TableDescription table() { return *run(service.describe_table(call, {.TableName = "orders"})).Table; }
    GlobalSecondaryIndexDescription index(size_t at = 0) { return table().GlobalSecondaryIndexes->at(at); }
    int32_t count(std::string index) {
        return *run(service.scan(call, {.TableName = "orders", .IndexName = std::move(index)})).Count;
    }
    void provision(int64_t reads, int64_t writes) {
        send({.ProvisionedThroughput = {{.ReadCapacityUnits = reads, .WriteCapacityUnits = writes}}});
    }
};

TEST(IndexCreate, IsFilledInTheBackgroundAndReadOnlyThen) {
    Tables world;
    const auto answer = world.send({create("by-state", "state")});
    EXPECT_EQ(answer.TableStatus, "UPDATING");
    EXPECT_EQ(answer.GlobalSecondaryIndexes->at(0).IndexStatus, "CREATING");
    EXPECT_EQ(answer.GlobalSecondaryIndexes->at(0).Backfilling, false);
    EXPECT_EQ(answer.GlobalSecondaryIndexes->at(0).IndexArn, *answer.TableArn + "/index/by-state");
    world.run(world.service.settle());
    EXPECT_EQ(world.index().IndexStatus, "ACTIVE");
    EXPECT_FALSE(world.index().Backfilling);
    EXPECT_EQ(world.count("by-state"), 3);
}

TEST(IndexCreate, SeesWhatIsWrittenWhileItIsFilled) {
    Tables world;
    // More than a step's items, so that writers come in between.
    for (int number = 0; number < 1500; ++number) {
        world.put("orders", fmt::format(R"({{"pk":{{"S":"{}"}},"sk":{{"S":"x"}},"state":{{"S":"open"}}}})", number));
    }
    world.send({create("by-state", "state")});
    EXPECT_EQ(refusal([&] { world.count("by-state"); }),
              "ValidationException: Cannot read from backfilling global secondary index: by-state");
    EXPECT_EQ(refusal([&] { world.send({create("by-other", "other")}, "other"); }), one_at_a_time);
    EXPECT_EQ(refusal([&] { world.run(world.service.delete_table(world.call, {.TableName = "orders"})); }),
              "ResourceInUseException: Attempt to change a resource which is still in use: Cannot delete table while "
              "indexes are being created, updated, or deleted.");
    for (int number = 0; number < 1500; number += 3) {
        world.update("orders", fmt::format(R"({{"pk":{{"S":"{}"}},"sk":{{"S":"x"}}}})", number), "REMOVE #s", {}, {},
                     {{{"#s", "state"}}});
    }
    world.run(world.service.settle());
    EXPECT_EQ(world.count("by-state"), 1003);
}

TEST(IndexCreate, DoesNotGiveAnAttributeASecondType) {
    Tables world;
    world.send({create("by-state", "state")});
    world.run(world.service.settle());
    const auto refused = [&](std::string attribute) {
        return refusal([&] {
            world.send({.AttributeDefinitions = {{{.AttributeName = attribute, .AttributeType = "N"},
                                                  {.AttributeName = "other", .AttributeType = "S"}}},
                        .GlobalSecondaryIndexUpdates = {{create("by-number", attribute)}}});
        });
    };
    const std::string redefined =
        invalid +
        "Attributes cannot be redefined. Please check that your attribute has the same type as previously defined. ";
    EXPECT_EQ(refused("state"), redefined +
                                    "Existing schema: Schema:[SchemaElement: key{state:S:HASH}] New schema: "
                                    "Schema:[SchemaElement: key{state:N:HASH}]");
    EXPECT_TRUE(refused("sk").starts_with(redefined));
    EXPECT_EQ(refused("fresh"), "");
}

TEST(IndexCreate, GoesOnAfterARestart) {
    auto store = store::open_memory_store();
    Clock clock{Time(1'700'000'000s)};
    Reactor reactor{clock, Random(1)};
    Call call{reactor, "request-1"};
    {
        Service service(*store);
        const auto run = [&](auto task) { return reactor.block_on(std::move(task)); };
        run(service.create_table(call, {.AttributeDefinitions = {{{.AttributeName = "pk", .AttributeType = "S"}}},
                                        .TableName = "orders",
                                        .KeySchema = {{{.AttributeName = "pk", .KeyType = "HASH"}}},
                                        .BillingMode = "PAY_PER_REQUEST"}));
        for (int number = 0; number < 3000; ++number) {
            run(service.put_item(call, {.TableName = "orders",
                                        .Item = AttributeMap::from_json(
                                            fmt::format(R"({{"pk":{{"S":"{}"}},"state":{{"S":"open"}}}})", number))}));
        }
        run(service.update_table(call, {.AttributeDefinitions = {{{.AttributeName = "state", .AttributeType = "S"}}},
                                        .TableName = "orders",
                                        .GlobalSecondaryIndexUpdates = {{create("by-state", "state")}}}));
        run(service.stop());
    }
    Service service(*store);
    reactor.block_on(service.start());
    reactor.block_on(service.settle());
    const auto page =
        reactor.block_on(service.scan(call, {.TableName = "orders", .IndexName = "by-state", .Select = "COUNT"}));
    EXPECT_EQ(page.Count, 3000);
    reactor.block_on(service.stop());
}

TEST(IndexDelete, TakesItsAttributeDefinitionsAlong) {
    Tables world;
    world.send({create("by-state", "state")});
    world.run(world.service.settle());
    EXPECT_EQ(world.table().AttributeDefinitions->size(), 3u);
    const auto answer = world.send({remove("by-state")});
    EXPECT_EQ(answer.TableStatus, "UPDATING");
    EXPECT_EQ(answer.GlobalSecondaryIndexes->at(0).IndexStatus, "DELETING");
    world.run(world.service.settle());
    EXPECT_FALSE(world.table().GlobalSecondaryIndexes);
    EXPECT_EQ(world.table().AttributeDefinitions->size(), 2u);
    EXPECT_EQ(refusal([&] { world.count("by-state"); }),
              "ValidationException: The table does not have the specified index: by-state");
}

TEST(IndexDelete, GivesUpAnIndexThatIsBeingMade) {
    Tables world;
    world.send({create("by-state", "state")});
    world.send({remove("by-state")});
    world.run(world.service.settle());
    EXPECT_FALSE(world.table().GlobalSecondaryIndexes);
    world.send({create("by-state", "state")});
    world.run(world.service.settle());
    EXPECT_EQ(world.count("by-state"), 3);
}

TEST(UpdateTable, RefusesInDynamoDBsWords) {
    Tables world;
    const auto refused = [&](UpdateTableInput request) { return refusal([&] { world.send(request); }); };
    const auto indexes = [&](std::vector<Change> changes) { return refusal([&] { world.send(changes); }); };
    const std::string nothing =
        "ValidationException: At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
        "GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, "
        "ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput "
        "or TableClass is required";
    EXPECT_EQ(refused({}), nothing);
    EXPECT_EQ(refused({.TableName = "missing"}), nothing);
    EXPECT_EQ(refused({.GlobalSecondaryIndexUpdates = {std::vector<Change>()}}), nothing);
    EXPECT_EQ(refused({.GlobalSecondaryIndexUpdates = {std::vector<Change>()}, .DeletionProtectionEnabled = true}),
              invalid + "List of GlobalSecondaryIndexUpdates is empty");
    EXPECT_EQ(indexes({Change()}), invalid +
                                       "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                                       "GlobalSecondaryIndexUpdate.Delete must not be null");
    EXPECT_EQ(indexes({create("one", "state"), remove("one")}),
              invalid + "Only one global secondary index update per index is allowed simultaneously. Index: one");
    EXPECT_EQ(indexes({create("one", "state"), create("two", "state")}), one_at_a_time);
    EXPECT_EQ(indexes({remove("none")}),
              "ResourceNotFoundException: Requested resource not found: Index none for table orders");
    EXPECT_EQ(refused({.GlobalSecondaryIndexUpdates = {{create("one", "state")}}}),
              invalid + "AttributeDefinitions is not specified for index: one");
    EXPECT_EQ(refused({.TableClass = "STANDARD", .DeletionProtectionEnabled = true}),
              invalid + "TableClass modification must be the only operation in the request");
    EXPECT_EQ(refused({.BillingMode = "PROVISIONED"}),
              invalid + "ProvisionedThroughput must be specified when BillingMode is PROVISIONED");
    EXPECT_EQ(refused({.ProvisionedThroughput = {{.ReadCapacityUnits = 1, .WriteCapacityUnits = 1}}}),
              invalid +
                  "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
                  "PAY_PER_REQUEST");
    EXPECT_EQ(refused({.WarmThroughput = {{.ReadUnitsPerSecond = 100}}}),
              invalid +
                  "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than current WarmThroughput, "
                  "decreasing WarmThroughput is not supported");
    world.send({create("one", "state")});
    world.run(world.service.settle());
    EXPECT_EQ(indexes({create("one", "state")}),
              "ValidationException: Attempting to create an index which already exists");
    EXPECT_EQ(indexes({update("one", 1, 1)}),
              invalid +
                  "The only Updates for index: one when TableThroughputMode is PAY_PER_REQUEST can be to "
                  "OnDemandThroughput, WarmThroughput");
    EXPECT_EQ(refused({.BillingMode = "PROVISIONED",
                       .ProvisionedThroughput = {{.ReadCapacityUnits = 1, .WriteCapacityUnits = 1}}}),
              invalid + "ProvisionedThroughput must be specified for index: one");
}

TEST(UpdateTable, SwitchesBetweenTheWaysOfBilling) {
    Tables world;
    world.send({.OnDemandThroughput = {{.MaxReadRequestUnits = 10, .MaxWriteRequestUnits = 20}}});
    EXPECT_EQ(world.table().OnDemandThroughput->MaxWriteRequestUnits, 20);
    world.send({.OnDemandThroughput = {{.MaxReadRequestUnits = -1}}});
    EXPECT_FALSE(world.table().OnDemandThroughput->MaxReadRequestUnits);
    const auto answer = world.send(
        {.BillingMode = "PROVISIONED", .ProvisionedThroughput = {{.ReadCapacityUnits = 5, .WriteCapacityUnits = 6}}});
    EXPECT_EQ(answer.TableStatus, "UPDATING");
    EXPECT_EQ(world.table().TableStatus, "ACTIVE");
    EXPECT_EQ(world.table().BillingModeSummary->BillingMode, "PROVISIONED");
    EXPECT_EQ(world.table().ProvisionedThroughput->WriteCapacityUnits, 6);
    EXPECT_FALSE(world.table().OnDemandThroughput);
    EXPECT_EQ(refusal([&] { world.send({.OnDemandThroughput = {{.MaxReadRequestUnits = 10}}}); }),
              invalid +
                  "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode "
                  "is PROVISIONED");
    world.clock_forward(1h);
    world.send({.BillingMode = "PAY_PER_REQUEST"});
    EXPECT_EQ(world.table().ProvisionedThroughput->WriteCapacityUnits, 0);
    EXPECT_EQ(world.table().BillingModeSummary->LastUpdateToPayPerRequestDateTime, world.clock.now());
}

TEST(UpdateTable, CountsDecreasesOfADay) {
    Tables world;
    world.send(
        {.BillingMode = "PROVISIONED", .ProvisionedThroughput = {{.ReadCapacityUnits = 50, .WriteCapacityUnits = 50}}});
    EXPECT_EQ(refusal([&] { world.provision(50, 50); }),
              "ValidationException: The provisioned throughput for the table will not change. The requested value "
              "equals the current value. Current ReadCapacityUnits provisioned for the table: 50. Requested "
              "ReadCapacityUnits: 50. Current WriteCapacityUnits provisioned for the table: 50. Requested "
              "WriteCapacityUnits: 50. Refer to the Amazon DynamoDB Developer Guide for current limits and how to "
              "request higher limits.");
    for (int64_t units = 49; units > 45; --units) world.provision(units, 50);
    EXPECT_EQ(world.table().ProvisionedThroughput->NumberOfDecreasesToday, 4);
    // The world's clock stands at Tuesday, November 14, 2023, 22:13:20.
    EXPECT_EQ(
        refusal([&] { world.provision(40, 50); }),
        "LimitExceededException: Subscriber limit exceeded: Provisioned throughput decreases are limited within a "
        "given UTC day. After the first 4 decreases, each subsequent decrease in the same UTC day can be "
        "performed at most once every 3600 seconds. Number of decreases today: 4. Last decrease at Tuesday, "
        "November 14, 2023 at 10:13:20 PM Coordinated Universal Time. Next decrease can be made at Tuesday, "
        "November 14, 2023 at 11:13:20 PM Coordinated Universal Time");
    world.provision(60, 60);
    EXPECT_EQ(world.table().ProvisionedThroughput->LastIncreaseDateTime, world.clock.now());
    world.clock_forward(1h);
    world.provision(40, 50);
    EXPECT_EQ(world.table().ProvisionedThroughput->NumberOfDecreasesToday, 5);
    world.clock_forward(1h);
    EXPECT_EQ(world.table().ProvisionedThroughput->NumberOfDecreasesToday, 0);
    EXPECT_EQ(
        refusal([&] { world.provision(40'001, 50); }),
        "LimitExceededException: The requested ReadCapacityUnits, 40001, is above the per table maximum for the "
        "account in us-east-1. Per table maximum: 40000. Refer to the Amazon DynamoDB Developer Guide for current "
        "limits and how to request higher limits.");
}

TEST(UpdateTable, ChangesWhatStandsAlone) {
    Tables world;
    world.send({.TableClass = "STANDARD_INFREQUENT_ACCESS"});
    EXPECT_EQ(world.table().TableClassSummary->TableClass, "STANDARD_INFREQUENT_ACCESS");
    world.send({.SSESpecification = {{.Enabled = true, .SSEType = "KMS", .KMSMasterKeyId = "alias/orders"}}});
    EXPECT_EQ(world.table().SSEDescription->KMSMasterKeyArn, "arn:aws:kms:us-east-1:000000000000:alias/orders");
    world.send({.SSESpecification = {{.Enabled = false}}});
    EXPECT_FALSE(world.table().SSEDescription);
    world.send({.WarmThroughput = {{.ReadUnitsPerSecond = 13'000}}});
    EXPECT_EQ(world.table().WarmThroughput->ReadUnitsPerSecond, 13'000);
    EXPECT_EQ(world.table().WarmThroughput->WriteUnitsPerSecond, 4'000);
}

TEST(UpdateTable, ChangesTheTableClassTwiceInThirtyDays) {
    Tables world;
    const auto change = [&](std::string table_class) {
        return refusal([&] { world.send({.TableClass = table_class}); });
    };
    const std::string limit =
        "LimitExceededException: Subscriber limit exceeded: Updates to TableClass are limited to 2 times in 30 day(s).";
    EXPECT_EQ(change("STANDARD"), "");  // as it is: no change
    EXPECT_EQ(change("STANDARD_INFREQUENT_ACCESS"), "");
    world.clock_forward(std::chrono::days(10));
    EXPECT_EQ(change("STANDARD"), "");
    EXPECT_EQ(change("STANDARD_INFREQUENT_ACCESS"), limit);
    EXPECT_EQ(change("STANDARD"), limit);
    world.clock_forward(std::chrono::days(20));
    EXPECT_EQ(change("STANDARD_INFREQUENT_ACCESS"), "");
    EXPECT_EQ(change("STANDARD"), limit);
    EXPECT_EQ(world.table().TableClassSummary->TableClass, "STANDARD_INFREQUENT_ACCESS");
}

TEST(UpdateTable, RefusesEncryptionsThatContradictThemselves) {
    Tables world;
    const auto refused = [&](aws::dynamodb::SSESpecification wanted) {
        return refusal([&] { world.send({.SSESpecification = wanted}); });
    };
    EXPECT_EQ(refused({.Enabled = false, .SSEType = "KMS", .KMSMasterKeyId = "alias/orders"}),
              invalid + "SSEType can not be specified if Enabled is false");
    EXPECT_EQ(refused({.Enabled = false, .KMSMasterKeyId = "alias/orders"}),
              invalid + "KMSMasterKeyId can not be specified if Enabled is false");
    EXPECT_EQ(refused({.Enabled = true, .SSEType = "AES256"}), invalid + "SSEType AES256 is not supported");
    EXPECT_EQ(refused({.Enabled = true, .KMSMasterKeyId = "alias/orders"}),
              invalid + "SSEType KMS is required if KMSMasterKeyId is specified");
}

TEST(UpdateTable, RefusesChangesThatDoNotGoTogether) {
    Tables world;
    const auto refused = [&](UpdateTableInput request) { return refusal([&] { world.send(request); }); };
    const std::string alone = " modification must be the only operation in the request";
    const aws::dynamodb::StreamSpecification stream{.StreamEnabled = true, .StreamViewType = "KEYS_ONLY"};
    const ProvisionedThroughput five{.ReadCapacityUnits = 5, .WriteCapacityUnits = 5};
    UpdateTableInput request{.DeletionProtectionEnabled = true, .WarmThroughput = {{.ReadUnitsPerSecond = 13'000}}};
    EXPECT_EQ(refused(request), invalid + "DeletionProtection" + alone);
    request.TableClass = "STANDARD";
    EXPECT_EQ(refused(request), invalid + "TableClass" + alone);
    request.SSESpecification = {.Enabled = true};
    EXPECT_EQ(refused(request), invalid + "Server-Side Encryption" + alone);
    EXPECT_EQ(refused({.BillingMode = "PAY_PER_REQUEST", .WarmThroughput = {{.ReadUnitsPerSecond = 13'000}}}),
              invalid + "WarmThroughput must be the only operation in the request");
    EXPECT_EQ(refused({.StreamSpecification = stream, .OnDemandThroughput = {{.MaxReadRequestUnits = 10}}}),
              invalid + "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request");
    EXPECT_EQ(refused({.ProvisionedThroughput = five, .StreamSpecification = stream}),
              invalid + "You cannot modify stream status while updating table IOPS");
    EXPECT_EQ(refused({.BillingMode = "PAY_PER_REQUEST", .StreamSpecification = stream}), "");
}

TEST(UpdateTable, AnswersWithWhatThereWas) {
    Tables world;
    EXPECT_EQ(world.send({.DeletionProtectionEnabled = true}).TableStatus, "ACTIVE");
    EXPECT_EQ(world.send({.StreamSpecification = {{.StreamEnabled = true, .StreamViewType = "KEYS_ONLY"}}}).TableStatus,
              "UPDATING");

    const auto enabling = world.send({.SSESpecification = {{.Enabled = true}}});
    EXPECT_EQ(enabling.TableStatus, "ACTIVE");
    EXPECT_EQ(enabling.SSEDescription->Status, "UPDATING");
    EXPECT_FALSE(enabling.SSEDescription->KMSMasterKeyArn);
    const auto enabled = *world.table().SSEDescription;
    EXPECT_EQ(enabled.Status, "ENABLED");
    const auto disabling = *world.send({.SSESpecification = {{.Enabled = false}}}).SSEDescription;
    EXPECT_EQ(disabling.Status, "UPDATING");
    EXPECT_EQ(disabling.KMSMasterKeyArn, enabled.KMSMasterKeyArn);
    EXPECT_FALSE(world.table().SSEDescription);

    const auto infrequent = world.send({.TableClass = "STANDARD_INFREQUENT_ACCESS"});
    EXPECT_EQ(infrequent.TableStatus, "UPDATING");
    EXPECT_FALSE(infrequent.TableClassSummary);
    EXPECT_EQ(world.table().TableClassSummary->TableClass, "STANDARD_INFREQUENT_ACCESS");
}

TEST(UpdateTable, AnswersWithTheThroughputThereWas) {
    Tables world;
    world.send({create("by-state", "state")});
    world.run(world.service.settle());
    const ProvisionedThroughput five{.ReadCapacityUnits = 5, .WriteCapacityUnits = 5},
        six{.ReadCapacityUnits = 6, .WriteCapacityUnits = 4};
    const auto index = [](const auto& table) { return (*table.GlobalSecondaryIndexes)[0]; };
    const Change to_five{.Update = {{.IndexName = "by-state", .ProvisionedThroughput = five}}};
    const auto provisioned = world.send(
        {.BillingMode = "PROVISIONED", .ProvisionedThroughput = five, .GlobalSecondaryIndexUpdates = {{to_five}}});
    EXPECT_EQ(provisioned.ProvisionedThroughput->ReadCapacityUnits, 5);
    EXPECT_EQ(index(provisioned).ProvisionedThroughput->ReadCapacityUnits, 5);

    EXPECT_EQ(refusal([&] {
                  world.send({Change{
                      .Update = {{.IndexName = "by-state", .OnDemandThroughput = {{.MaxReadRequestUnits = 10}}}}}});
              }),
              invalid +
                  "MaxReadRequestUnits for OnDemandThroughput for index : by-state cannot be specified when the table "
                  "BillingMode is PROVISIONED");

    const auto table = world.send({.ProvisionedThroughput = six});
    EXPECT_EQ(table.TableStatus, "UPDATING");
    EXPECT_EQ(table.ProvisionedThroughput->ReadCapacityUnits, 5);
    EXPECT_EQ(table.ProvisionedThroughput->NumberOfDecreasesToday, 0);
    EXPECT_EQ(table.ProvisionedThroughput->LastDecreaseDateTime, world.clock.now());
    EXPECT_EQ(world.table().ProvisionedThroughput->ReadCapacityUnits, 6);
    EXPECT_EQ(world.table().ProvisionedThroughput->NumberOfDecreasesToday, 1);

    const auto changed = world.send({Change{.Update = {{.IndexName = "by-state", .ProvisionedThroughput = six}}}});
    EXPECT_EQ(changed.TableStatus, "ACTIVE");
    EXPECT_EQ(index(changed).IndexStatus, "UPDATING");
    EXPECT_EQ(index(changed).ProvisionedThroughput->ReadCapacityUnits, 5);
    EXPECT_EQ(index(world.table()).IndexStatus, "ACTIVE");
    EXPECT_EQ(index(world.table()).ProvisionedThroughput->ReadCapacityUnits, 6);
}

TEST(UpdateTable, TakesAnEncryptionThatNamesItsTypeAsWanted) {
    Tables world;
    EXPECT_EQ(refusal([&] { world.send({.SSESpecification = aws::dynamodb::SSESpecification{}}); }),
              invalid + "Table is already encrypted by default");
    EXPECT_FALSE(world.table().SSEDescription);
    world.send({.SSESpecification = {{.SSEType = "KMS"}}});
    EXPECT_EQ(world.table().SSEDescription->Status, "ENABLED");
}

TEST(UpdateTable, ChangesTheEncryptionFourTimesADayAndThenEverySixHours) {
    Tables world;
    const auto change = [&](bool enabled, std::optional<std::string> key = {}) {
        const std::optional<std::string> type = key ? std::optional<std::string>("KMS") : std::nullopt;
        return refusal(
            [&] { world.send({.SSESpecification = {{.Enabled = enabled, .SSEType = type, .KMSMasterKeyId = key}}}); });
    };
    EXPECT_EQ(change(false), invalid + "Table is already encrypted by default");
    EXPECT_EQ(change(true), "");
    EXPECT_EQ(change(true, world.table().SSEDescription->KMSMasterKeyArn),
              invalid +
                  "Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you want "
                  "to change Master Key");
    EXPECT_EQ(change(true), "");  // the same key, which counts
    EXPECT_EQ(change(false), "");
    EXPECT_EQ(change(true), "");
    // The world's clock stands at 2023-11-14T22:13:20Z.
    const std::string limit =
        "LimitExceededException: Subscriber limit exceeded: Encryption mode changes are limited in the 24h window "
        "ending at 2023-11-15T22:13:20.000Z. After the first 4 change, each subsequent change in the same window can "
        "be performed at most once every 21600 seconds. Number of updates today: {}. Last change at {}. Next changes "
        "can be made at {}.";
    EXPECT_EQ(change(false),
              fmt::format(fmt::runtime(limit), 4, "2023-11-14T22:13:20.000Z", "2023-11-15T04:13:20.000Z"));
    world.clock_forward(6h);
    EXPECT_EQ(change(false), "");
    EXPECT_EQ(change(true),
              fmt::format(fmt::runtime(limit), 5, "2023-11-15T04:13:20.000Z", "2023-11-15T10:13:20.000Z"));
    world.clock_forward(18h);
    EXPECT_EQ(change(true), "");
    EXPECT_EQ(change(false), "");
}

}  // namespace
}  // namespace cumulet::dynamodb
