// Global indexes with keys of several attributes, wherever a table comes to be other than by CreateTable.
#include "contracts/s3.h"
#include "services/dynamodb/backups/copy.h"
#include "services/dynamodb/tests/support/stack.h"
#include "store/record.h"

namespace cumulet::dynamodb {
namespace {

constexpr std::string_view index_json = R"([{"IndexName":"by-place","KeySchema":[
    {"AttributeName":"country","KeyType":"HASH"},{"AttributeName":"city","KeyType":"HASH"},
    {"AttributeName":"year","KeyType":"RANGE"},{"AttributeName":"title","KeyType":"RANGE"}],
    "Projection":{"ProjectionType":"ALL"}}])";

GlobalSecondaryIndex by_place() {
    return {.IndexName = "by-place",
            .KeySchema = {{.AttributeName = "country", .KeyType = "HASH"},
                          {.AttributeName = "city", .KeyType = "HASH"},
                          {.AttributeName = "year", .KeyType = "RANGE"},
                          {.AttributeName = "title", .KeyType = "RANGE"}},
            .Projection = {.ProjectionType = "ALL"}};
}

std::vector<AttributeDefinition> definitions() {
    std::vector<AttributeDefinition> all{{.AttributeName = "year", .AttributeType = "N"}};
    for (const char* name : {"pk", "country", "city", "title"})
        all.push_back({.AttributeName = name, .AttributeType = "S"});
    return all;
}

std::string film(std::string_view pk, int year, std::string_view title) {
    return fmt::format(R"({{"pk":{{"S":"{}"}},"country":{{"S":"fr"}},"city":{{"S":"paris"}},"year":{{"N":"{}"}},)"
                       R"("title":{{"S":"{}"}}}})",
                       pk, year, title);
}
constexpr std::string_view nowhere = R"({"pk":{"S":"0"},"country":{"S":"fr"},"year":{"N":"9"},"title":{"S":"x"}})";

void make_films(World& world) {
    world.run(world.service.create_table(world.call, {.AttributeDefinitions = definitions(),
                                                      .TableName = "films",
                                                      .KeySchema = {{{.AttributeName = "pk", .KeyType = "HASH"}}},
                                                      .GlobalSecondaryIndexes = {{by_place()}},
                                                      .BillingMode = "PAY_PER_REQUEST"}));
}

void put_films(World& world, const std::string& table) {
    world.put(table, film("1", 10, "b"));
    world.put(table, film("2", 9, "z"));
    world.put(table, film("3", 10, "a"));
    world.put(table, nowhere);
}

/// The keys of the films of Paris in the order of the index, of those since `year`.
std::string found(World& world, std::string table, int year = 0) {
    auto request = world.query_of(std::move(table), "country = :c AND city = :t AND #y >= :y",
                                  fmt::format(R"({{":c":{{"S":"fr"}},":t":{{"S":"paris"}},":y":{{"N":"{}"}}}})", year));
    request.ExpressionAttributeNames = {{{"#y", "year"}}};
    request.IndexName = "by-place";
    std::string keys;
    for (const auto& item : *world.run(world.service.query(world.call, request)).Items) {
        keys += item.find("pk").content();
    }
    return keys;
}

size_t attributes_of_key(World& world, std::string table) {
    const auto description = world.run(world.service.describe_table(world.call, {.TableName = std::move(table)})).Table;
    return (*description->GlobalSecondaryIndexes)[0].KeySchema->size();
}

TEST(MultiAttributeIndex, IsRestoredFromABackup) {
    World world;
    make_films(world);
    put_films(world, "films");
    const auto backup = world.run(world.service.create_backup(world.call, {.TableName = "films", .BackupName = "all"}));
    world.put("films", film("4", 11, "late"));
    world.run(world.service.settle());
    world.run(world.service.restore_table_from_backup(
        world.call, {.TargetTableName = "restored", .BackupArn = backup.BackupDetails->BackupArn}));
    world.run(world.service.settle());
    EXPECT_EQ(attributes_of_key(world, "restored"), 4u);
    EXPECT_EQ(found(world, "restored"), "231");
    EXPECT_EQ(found(world, "restored", 10), "31");
    world.put("restored", film("5", 8, "new"));
    EXPECT_EQ(found(world, "restored"), "5231");
}

TEST(MultiAttributeIndex, IsRestoredToAPointInTime) {
    World world;
    make_films(world);
    world.run(world.service.update_continuous_backups(
        world.call, {.TableName = "films", .PointInTimeRecoverySpecification = {.PointInTimeRecoveryEnabled = true}}));
    put_films(world, "films");
    world.clock_forward(1min);
    const auto then = world.clock.now();
    world.clock_forward(1min);
    world.put("films", film("2", 12, "moved"));
    EXPECT_EQ(found(world, "films"), "312");
    world.run(world.service.restore_table_to_point_in_time(
        world.call, {.SourceTableName = "films", .TargetTableName = "restored", .RestoreDateTime = then}));
    world.run(world.service.settle());
    EXPECT_EQ(found(world, "restored"), "231");
}

TEST(MultiAttributeIndex, IsNotInCopiesOfOlderStores) {
    store::RecordWriter writer(1);
    writer.text("000000000000").text("us-east-1").text("films").number(7).number(8).number(0).time(Time{});
    writer.text("restored").number(9).text("pk").number(static_cast<int64_t>(AttributeType::S)).text("").number(0);
    writer.number(0).number(0).text("cursor").number(3).number(40);
    const auto copy = Copy::parse(writer.take());
    EXPECT_EQ(copy.target.key.hash, "pk");
    EXPECT_EQ(copy.target.key.count(), 1u);
    EXPECT_EQ(copy.cursor, "cursor");
    EXPECT_EQ(Copy::parse(copy.text()).size_bytes, 40);
}

/// A bucket with one object.
class OneObject final : public contracts::Door {
  public:
    Task<void> invoke(Call&, const contracts::Service& service, const contracts::Operation& operation, void*,
                      void* output) override {
        if (service.name == "s3" && operation.name == "GetObject") {
            static_cast<aws::s3::GetObjectOutput*>(output)->Body = stream_of(text);
        }
        if (service.name == "s3" && operation.name == "ListObjectsV2" && !std::exchange(listed_, true)) {
            static_cast<aws::s3::ListObjectsV2Output*>(output)->Contents = {
                {{.Key = "films.json", .Size = static_cast<int64_t>(text.size())}}};
        }
        co_return;
    }
    std::string text;

  private:
    bool listed_ = false;
};

TEST(MultiAttributeIndex, IsFilledByAnImport) {
    OneObject bucket;
    for (const auto& item : {film("1", 10, "b"), film("2", 9, "z"), film("3", 10, "a"), std::string(nowhere)}) {
        bucket.text += fmt::format("{{\"Item\":{}}}\n", item);
    }
    World world({.door = &bucket});
    const auto begun = world.run(world.service.import_table(
        world.call, {.S3BucketSource = {.S3Bucket = "files"},
                     .InputFormat = "DYNAMODB_JSON",
                     .TableCreationParameters = {.TableName = "films",
                                                 .AttributeDefinitions = definitions(),
                                                 .KeySchema = {{.AttributeName = "pk", .KeyType = "HASH"}},
                                                 .BillingMode = "PAY_PER_REQUEST",
                                                 .GlobalSecondaryIndexes = {{by_place()}}}}));
    world.run(world.service.settle());
    const auto ended =
        world.run(world.service.describe_import(world.call, {.ImportArn = *begun.ImportTableDescription.ImportArn}));
    EXPECT_EQ(ended.ImportTableDescription.ImportStatus, "COMPLETED");
    EXPECT_EQ(ended.ImportTableDescription.ImportedItemCount, 4);
    EXPECT_EQ(attributes_of_key(world, "films"), 4u);
    EXPECT_EQ(found(world, "films"), "231");
}

TEST(MultiAttributeIndex, IsInEachReplica) {
    World world;
    make_films(world);
    world.begin_work();
    put_films(world, "films");
    world.run(world.service.update_table(
        world.call, {.TableName = "films", .ReplicaUpdates = {{{.Create = {{.RegionName = "eu-west-1"}}}}}}));
    world.call.region = "eu-west-1";
    EXPECT_EQ(attributes_of_key(world, "films"), 4u);
    EXPECT_EQ(found(world, "films"), "231");
    world.put("films", film("2", 12, "moved"));
    world.call.region = "us-east-1";
    EXPECT_EQ(found(world, "films"), "312");
    world.end_work();
}

TEST(MultiAttributeIndex, IsMadeAndChangedByATemplate) {
    Stack stack;
    const auto with_index = [&](std::string_view indexes) {
        auto properties = stack.properties();
        auto& all = properties["AttributeDefinitions"].as_array();
        for (const char* name : {"country", "city", "title"})
            all.push_back({{"AttributeName", name}, {"AttributeType", "S"}});
        all.push_back({{"AttributeName", "year"}, {"AttributeType", "N"}});
        properties["GlobalSecondaryIndexes"] = json::parse(indexes);
        return properties;
    };
    const auto before = stack.properties();
    const auto after = with_index(index_json);
    stack.create(before);
    put_films(stack, "shop-Orders-X1");
    stack.update(before, after);
    stack.run(stack.service.settle());
    EXPECT_EQ(attributes_of_key(stack, "shop-Orders-X1"), 4u);
    EXPECT_EQ(found(stack, "shop-Orders-X1"), "231");
    stack.update(after, before);
    EXPECT_FALSE(stack.table().GlobalSecondaryIndexes);
    stack.remove(before);
    stack.create(after);
    put_films(stack, "shop-Orders-X1");
    EXPECT_EQ(found(stack, "shop-Orders-X1", 10), "31");
}

}  // namespace
}  // namespace cumulet::dynamodb
