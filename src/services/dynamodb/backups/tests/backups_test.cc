#include "services/dynamodb/tests/support/world.h"

namespace cumulet::dynamodb {
namespace {

constexpr std::string_view shown = "arn:aws:dynamodb:us-east-1:000000000000:table/";

struct Backups : World {
    Backups() {
        run(service.create_table(
            call, {.AttributeDefinitions = {{{.AttributeName = "pk", .AttributeType = "S"},
                                             {.AttributeName = "state", .AttributeType = "S"}}},
                   .TableName = "orders",
                   .KeySchema = {{{.AttributeName = "pk", .KeyType = "HASH"}}},
                   .GlobalSecondaryIndexes = {{{.IndexName = "by-state",
                                                .KeySchema = {{.AttributeName = "state", .KeyType = "HASH"}},
                                                .Projection = {.ProjectionType = "ALL"}}}},
                   .BillingMode = "PAY_PER_REQUEST"}));
    }
    void put_order(int number, std::string_view state = "open", std::string table = "orders") {
        put(std::move(table), fmt::format(R"({{"pk":{{"S":"{:05}"}},"state":{{"S":"{}"}}}})", number, state));
    }
    void remove_order(int number) {
        run(service.delete_item(call,
                                {.TableName = "orders",
                                 .Key = AttributeMap::from_json(fmt::format(R"({{"pk":{{"S":"{:05}"}}}})", number))}));
    }
    /// How many items of the index have that state.
    int32_t count(std::string table, std::string_view state) {
        int32_t found = 0;
        QueryInput request{
            .TableName = std::move(table),
            .IndexName = "by-state",
            .Select = "COUNT",
            .KeyConditionExpression = "#s = :s",
            .ExpressionAttributeNames = {{{"#s", "state"}}},
            .ExpressionAttributeValues = AttributeMap::from_json(fmt::format(R"({{":s":{{"S":"{}"}}}})", state))};
        do {
            auto page = run(service.query(call, request));
            found += *page.Count;
            request.ExclusiveStartKey = page.LastEvaluatedKey;
        } while (request.ExclusiveStartKey);
        return found;
    }
    std::string back_up(std::string name = "nightly") {
        return run(service.create_backup(call, {.TableName = "orders", .BackupName = std::move(name)}))
            .BackupDetails->BackupArn;
    }
    BackupDescription describe(std::string arn) {
        return *run(service.describe_backup(call, {.BackupArn = std::move(arn)})).BackupDescription;
    }
    TableDescription restore(std::string arn, std::string table = "restored",
                             RestoreTableFromBackupInput request = {}) {
        request.TargetTableName = std::move(table);
        request.BackupArn = std::move(arn);
        return *run(service.restore_table_from_backup(call, std::move(request))).TableDescription;
    }
    TableDescription table(std::string name) {
        return *run(service.describe_table(call, {.TableName = std::move(name)})).Table;
    }
    void recover(bool enabled, std::optional<int32_t> days = {}, std::string table = "orders") {
        run(service.update_continuous_backups(
            call, {.TableName = std::move(table),
                   .PointInTimeRecoverySpecification = {.PointInTimeRecoveryEnabled = enabled,
                                                        .RecoveryPeriodInDays = days}}));
    }
    PointInTimeRecoveryDescription recovery() {
        return *run(service.describe_continuous_backups(call, {.TableName = "orders"}))
                    .ContinuousBackupsDescription->PointInTimeRecoveryDescription;
    }
    void restore_to(std::optional<Time> time, std::string table) {
        run(service.restore_table_to_point_in_time(call, {.SourceTableName = "orders",
                                                          .TargetTableName = std::move(table),
                                                          .UseLatestRestorableTime = !time,
                                                          .RestoreDateTime = time}));
    }
    std::vector<std::string> names(ListBackupsInput request = {}) {
        std::vector<std::string> found;
        for (const auto& backup : *run(service.list_backups(call, std::move(request))).BackupSummaries) {
            found.push_back(*backup.BackupName);
        }
        return found;
    }
};

TEST(Backup, IsRestoredAsTheTableWasWhenItWasAskedFor) {
    Backups world;
    for (int number = 0; number < 1800; ++number) world.put_order(number);
    const auto arn = world.back_up();
    // The copy has hardly begun: all of this comes too late for it.
    for (int number = 0; number < 1800; number += 2) world.put_order(number, "closed");
    for (int number = 1; number < 1800; number += 10) world.remove_order(number);
    for (int number = 5000; number < 5100; ++number) world.put_order(number);
    world.run(world.service.settle());
    EXPECT_EQ(world.describe(arn).BackupDetails->BackupStatus, "AVAILABLE");
    EXPECT_EQ(world.describe(arn).SourceTableDetails->ItemCount, 1800);

    const auto answer = world.restore(arn);
    EXPECT_EQ(answer.TableStatus, "CREATING");
    EXPECT_EQ(answer.RestoreSummary->SourceBackupArn, arn);
    EXPECT_EQ(answer.RestoreSummary->RestoreInProgress, true);
    EXPECT_EQ(refusal([&] { world.get("restored", R"({"pk":{"S":"00000"}})"); }),
              "ResourceNotFoundException: Requested resource not found");
    EXPECT_EQ(refusal([&] { world.run(world.service.delete_backup(world.call, {.BackupArn = arn})); }),
              "BackupInUseException: Backup is being used to restore table: " + arn);
    EXPECT_EQ(refusal([&] { world.restore(arn, "another"); }),
              "BackupInUseException: Backup is being used to restore another table: " + arn);
    EXPECT_EQ(refusal([&] { world.restore(arn, "restored"); }),
              "TableInUseException: Table: restored is already being restored from backup: " + arn);
    world.run(world.service.settle());
    EXPECT_EQ(world.table("restored").TableStatus, "ACTIVE");
    EXPECT_FALSE(world.table("restored").RestoreSummary);
    EXPECT_EQ(world.count("restored", "open"), 1800);
    EXPECT_EQ(world.count("restored", "closed"), 0);
    EXPECT_EQ(world.count("orders", "closed"), 900);
    EXPECT_EQ(refusal([&] { world.restore(arn, "restored"); }),
              "TableAlreadyExistsException: Table already exists: restored");
}

TEST(Backup, SeesNothingOfWhatIsWrittenWhileItIsCopied) {
    Backups world;
    for (int number = 0; number < 1600; ++number) world.put_order(number);
    const auto arn = world.back_up();
    for (int round = 0; round < 3; ++round) {
        for (int number = round; number < 1600; number += 7) {
            world.put_order(number, "closed");  // each call lets the copy go on
            world.remove_order(1600 - 1 - number);
        }
    }
    world.run(world.service.settle());
    world.restore(arn);
    world.run(world.service.settle());
    EXPECT_EQ(world.count("restored", "open"), 1600);
    EXPECT_EQ(world.count("restored", "closed"), 0);
}

TEST(Backup, OutlivesItsTable) {
    Backups world;
    world.put_order(1);
    const auto arn = world.back_up();
    world.run(world.service.delete_table(world.call, {.TableName = "orders"}));
    world.run(world.service.settle());
    world.restore(arn, "orders");
    world.run(world.service.settle());
    EXPECT_EQ(world.count("orders", "open"), 1);
    const auto gone = world.run(world.service.delete_backup(world.call, {.BackupArn = arn}));
    EXPECT_EQ(gone.BackupDescription->BackupDetails->BackupStatus, "DELETED");
    EXPECT_EQ(refusal([&] { world.describe(arn); }), "BackupNotFoundException: Backup not found: " + arn);
}

TEST(Backup, IsListedByTableTimeAndType) {
    Backups world;
    const auto start = world.clock.now();
    for (const auto* name : {"one", "two", "three"}) {
        world.back_up(name);
        world.run(world.service.settle());
        world.clock_forward(1min);
    }
    EXPECT_EQ(world.names(), (std::vector<std::string>{"one", "two", "three"}));
    EXPECT_EQ(world.names({.TableName = "other"}), std::vector<std::string>());
    EXPECT_EQ(world.names({.TimeRangeLowerBound = start + 1min, .TimeRangeUpperBound = start + 2min}),
              std::vector<std::string>{"two"});
    EXPECT_EQ(world.names({.BackupType = "SYSTEM"}), std::vector<std::string>());
    const auto first = world.run(world.service.list_backups(world.call, {.Limit = 2}));
    EXPECT_EQ(first.BackupSummaries->size(), 2u);
    EXPECT_EQ(world.names({.ExclusiveStartBackupArn = first.LastEvaluatedBackupArn}),
              std::vector<std::string>{"three"});
}

TEST(Restore, TakesOverrides) {
    Backups world;
    world.put_order(1);
    const auto arn = world.back_up();
    world.run(world.service.settle());
    const auto refused = [&](RestoreTableFromBackupInput request) {
        return refusal([&] { world.restore(arn, "other", std::move(request)); });
    };
    const ProvisionedThroughput five{.ReadCapacityUnits = 5, .WriteCapacityUnits = 5};
    const GlobalSecondaryIndex renamed{.IndexName = "renamed",
                                       .KeySchema = {{.AttributeName = "state", .KeyType = "HASH"}},
                                       .Projection = {.ProjectionType = "ALL"}};
    EXPECT_EQ(refused({.ProvisionedThroughputOverride = five}),
              "ValidationException: Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED");
    EXPECT_EQ(refused({.BillingModeOverride = "PROVISIONED"}),
              "ValidationException: Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED");
    auto foreign = renamed;
    foreign.Projection.ProjectionType = "KEYS_ONLY";
    EXPECT_EQ(
        refused({.GlobalSecondaryIndexOverride = {{foreign}}}),
        "ValidationException: Index renamed does not match a secondary index that existed in the source table and "
        "cannot be created during the restore operation");
    EXPECT_EQ(refused({.BillingModeOverride = "PROVISIONED",
                       .GlobalSecondaryIndexOverride = {{renamed}},
                       .ProvisionedThroughputOverride = five}),
              "ValidationException: Must specify provisioned throughput for index renamed");
    EXPECT_EQ(refusal([&] { world.restore(std::string(shown) + "orders", "other"); }),
              "ValidationException: Invalid Backup ARN");

    world.restore(arn, "bare", {.GlobalSecondaryIndexOverride = std::vector<GlobalSecondaryIndex>()});
    world.run(world.service.settle());
    EXPECT_FALSE(world.table("bare").GlobalSecondaryIndexes);
    EXPECT_EQ(world.table("bare").AttributeDefinitions->size(), 1u);
    auto provisioned = renamed;
    provisioned.ProvisionedThroughput = five;
    world.restore(arn, "provisioned",
                  {.BillingModeOverride = "PROVISIONED",
                   .GlobalSecondaryIndexOverride = {{provisioned}},
                   .ProvisionedThroughputOverride = five});
    world.run(world.service.settle());
    EXPECT_EQ(world.table("provisioned").GlobalSecondaryIndexes->at(0).IndexName, "renamed");
    EXPECT_EQ(world.table("provisioned").ProvisionedThroughput->ReadCapacityUnits, 5);
}

TEST(PointInTime, RestoresTheTableAsItWas) {
    Backups world;
    world.put_order(1);
    world.put_order(2);
    world.recover(true);
    world.clock_forward(10min);
    world.put_order(1, "closed");
    world.remove_order(2);
    world.put_order(3);
    world.clock_forward(10min);
    const auto then = world.clock.now();
    world.clock_forward(10min);
    world.put_order(1, "lost");
    world.put_order(2, "again");
    world.remove_order(3);

    world.restore_to(then - 20min, "first");
    world.restore_to(then, "second");
    world.restore_to({}, "latest");
    world.put_order(1, "too late");
    world.run(world.service.settle());
    EXPECT_EQ(world.count("first", "open"), 2);
    EXPECT_EQ(world.get("second", R"({"pk":{"S":"00001"}})"), R"({"pk":{"S":"00001"},"state":{"S":"closed"}})");
    EXPECT_EQ(world.get("second", R"({"pk":{"S":"00002"}})"), "");
    EXPECT_EQ(world.get("second", R"({"pk":{"S":"00003"}})"), R"({"pk":{"S":"00003"},"state":{"S":"open"}})");
    EXPECT_EQ(world.count("second", "open"), 1);
    EXPECT_EQ(world.get("latest", R"({"pk":{"S":"00001"}})"), R"({"pk":{"S":"00001"},"state":{"S":"lost"}})");
    EXPECT_EQ(world.get("latest", R"({"pk":{"S":"00003"}})"), "");
}

TEST(PointInTime, ReachesBackAsFarAsItsPeriod) {
    Backups world;
    EXPECT_EQ(world.recovery().PointInTimeRecoveryStatus, "DISABLED");
    EXPECT_FALSE(world.recovery().RecoveryPeriodInDays);
    EXPECT_EQ(refusal([&] { world.restore_to({}, "other"); }),
              "PointInTimeRecoveryUnavailableException: Point in time recovery is not enabled for table 'orders'");
    world.recover(true, 2);
    const auto start = world.clock.now();
    EXPECT_EQ(world.recovery().RecoveryPeriodInDays, 2);
    EXPECT_EQ(world.recovery().EarliestRestorableDateTime, start);
    EXPECT_EQ(refusal([&] { world.restore_to(start - 1h, "other"); }),
              "InvalidRestoreTimeException: RestoreDateTime '2023-11-14T21:13:20Z' must be within "
              "EarliestRestorableDateTime '2023-11-14T22:13:20Z' and LatestRestorableDateTime '2023-11-14T22:13:20Z'");
    world.clock_forward(std::chrono::days(3));
    EXPECT_EQ(world.recovery().EarliestRestorableDateTime, start + std::chrono::days(1));
    world.recover(true, 1);
    EXPECT_EQ(world.recovery().EarliestRestorableDateTime, start + std::chrono::days(2));
    world.recover(false);
    EXPECT_EQ(world.recovery().PointInTimeRecoveryStatus, "DISABLED");
}

TEST(PointInTime, ForgetsWhatIsTooOldAndKeepsWhatIsNot) {
    Backups world;
    world.run(world.service.start());
    world.recover(true, 1);
    for (int day = 0; day < 5; ++day) {
        world.put_order(1, fmt::format("day {}", day));
        world.clock_forward(std::chrono::days(1));
    }
    const auto keys_before = world.store->statistics().keys;
    world.put_order(1, "last");
    world.restore_to(world.clock.now() - 12h, "yesterday");
    world.run(world.service.settle());
    EXPECT_EQ(world.count("yesterday", "day 4"), 1);
    // Five changes were made; those of the first days are forgotten.
    world.clock_forward(std::chrono::days(4));
    EXPECT_LE(world.store->statistics().keys, keys_before + 20);
    world.run(world.service.delete_table(world.call, {.TableName = "yesterday"}));
}

TEST(PointInTime, LeavesABackupOfADeletedTableFor35Days) {
    Backups world;
    world.run(world.service.start());
    world.put_order(1);
    world.recover(true);
    world.run(world.service.delete_table(world.call, {.TableName = "orders"}));
    world.run(world.service.settle());
    EXPECT_EQ(world.names(), std::vector<std::string>());
    const auto kept = *world.run(world.service.list_backups(world.call, {.BackupType = "ALL"})).BackupSummaries;
    ASSERT_EQ(kept.size(), 1u);
    EXPECT_EQ(kept[0].BackupName, "orders$DeletedTableBackup");
    EXPECT_EQ(kept[0].BackupType, "SYSTEM");
    EXPECT_EQ(kept[0].BackupExpiryDateTime, world.clock.now() + std::chrono::days(35));
    EXPECT_NE(refusal([&] { world.run(world.service.delete_backup(world.call, {.BackupArn = *kept[0].BackupArn})); }),
              "");
    world.restore(*kept[0].BackupArn, "orders");
    world.run(world.service.settle());
    EXPECT_EQ(world.count("orders", "open"), 1);
    world.clock_forward(std::chrono::days(36));
    EXPECT_EQ(world.names({.BackupType = "ALL"}), std::vector<std::string>());
}

}  // namespace
}  // namespace cumulet::dynamodb
