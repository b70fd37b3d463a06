#include "base/bytes.h"
#include "base/hash.h"
#include "contracts/logs.h"
#include "contracts/s3.h"
#include "services/dynamodb/tests/support/world.h"
#include "services/dynamodb/transfer/compression.h"

namespace cumulet::dynamodb {
namespace {

/// Buckets in memory, and nothing else.
class Buckets final : public contracts::Door {
  public:
    Task<void> invoke(Call&, const contracts::Service& service, const contracts::Operation& operation, void* input,
                      void* output) override {
        if (service.name == "logs") {
            if (operation.name == "PutLogEvents") {
                for (const auto& event : static_cast<aws::logs::PutLogEventsRequest*>(input)->logEvents) {
                    logged.push_back(event.message);
                }
            }
            co_return;
        }
        if (operation.name == "PutObject") {
            auto& request = *static_cast<aws::s3::PutObjectRequest*>(input);
            check(request.Bucket);
            objects[request.Key] = co_await read_all(request.Body, 1 << 24);
            static_cast<aws::s3::PutObjectOutput*>(output)->ETag = "\"etag\"";
        } else if (operation.name == "GetObject") {
            auto& request = *static_cast<aws::s3::GetObjectRequest*>(input);
            check(request.Bucket);
            static_cast<aws::s3::GetObjectOutput*>(output)->Body = stream_of(objects.at(request.Key));
        } else {
            auto& request = *static_cast<aws::s3::ListObjectsV2Request*>(input);
            check(request.Bucket);
            auto& contents = static_cast<aws::s3::ListObjectsV2Output*>(output)->Contents.emplace();
            const auto prefix = request.Prefix.value_or("");
            auto object = request.StartAfter ? objects.upper_bound(*request.StartAfter) : objects.lower_bound(prefix);
            if (object != objects.end() && object->first.starts_with(prefix)) {
                contents.push_back({.Key = object->first, .Size = static_cast<int64_t>(object->second.size())});
            }
        }
    }

    std::string unzipped(const std::string& key) const {
        const auto opened = decompressor("GZIP");
        auto text = opened->add(objects.at(key));
        opened->finish();
        return text;
    }

    std::map<std::string, std::string> objects;
    std::vector<std::string> logged;

  private:
    static void check(const std::string& bucket) {
        if (bucket == "missing") throw aws::Error("NoSuchBucket", "The specified bucket does not exist", 404);
    }
};

struct Transfer {
    Buckets buckets;
    World world{{.door = &buckets}};

    Transfer() {
        world.make_table("orders", "");
        world.run(world.service.update_continuous_backups(
            world.call,
            {.TableName = "orders", .PointInTimeRecoverySpecification = {.PointInTimeRecoveryEnabled = true}}));
    }
    void put(int number, std::string_view note = "") {
        world.put("orders", fmt::format(R"({{"pk":{{"S":"{:04}"}},"note":{{"S":"{}"}}}})", number, note));
    }
    ExportDescription send(ExportTableToPointInTimeInput request) {
        request.TableArn = "arn:aws:dynamodb:us-east-1:000000000000:table/orders";
        if (request.S3Bucket.empty()) request.S3Bucket = "files";
        return *world.run(world.service.export_table_to_point_in_time(world.call, std::move(request)))
                    .ExportDescription;
    }
    ExportDescription finished(const std::string& arn) {
        world.run(world.service.settle());
        return *world.run(world.service.describe_export(world.call, {.ExportArn = arn})).ExportDescription;
    }
    ImportTableDescription import(ImportTableInput request) {
        if (request.S3BucketSource.S3Bucket.empty()) request.S3BucketSource.S3Bucket = "files";
        auto& wanted = request.TableCreationParameters;
        if (wanted.TableName.empty()) wanted.TableName = "imported";
        if (wanted.AttributeDefinitions.empty())
            wanted.AttributeDefinitions = {{.AttributeName = "pk", .AttributeType = "S"}};
        wanted.KeySchema = {{.AttributeName = "pk", .KeyType = "HASH"}};
        wanted.BillingMode = "PAY_PER_REQUEST";
        const auto begun = world.run(world.service.import_table(world.call, std::move(request))).ImportTableDescription;
        EXPECT_EQ(begun.ImportStatus, "IN_PROGRESS");
        world.run(world.service.settle());
        return world.run(world.service.describe_import(world.call, {.ImportArn = *begun.ImportArn}))
            .ImportTableDescription;
    }
    int32_t count(std::string table) {
        return *world.run(world.service.scan(world.call, {.TableName = std::move(table), .Select = "COUNT"})).Count;
    }
    std::string refused(ExportTableToPointInTimeInput request) {
        return refusal([&] { send(std::move(request)); });
    }
};

TEST(Export, HasTheTableAsItWasAndItsManifests) {
    Transfer transfer;
    for (int number = 0; number < 1200; ++number) transfer.put(number);
    const auto begun = transfer.send({.S3Prefix = "daily"});
    transfer.put(7, "too late");
    transfer.put(5000);
    EXPECT_EQ(begun.ExportStatus, "IN_PROGRESS");
    EXPECT_EQ(begun.ExportFormat, "DYNAMODB_JSON");
    EXPECT_EQ(begun.S3SseAlgorithm, "AES256");
    const auto done = transfer.finished(*begun.ExportArn);
    EXPECT_EQ(done.ExportStatus, "COMPLETED") << done.FailureMessage.value_or("");
    EXPECT_EQ(done.ItemCount, 1200);
    const auto id = begun.ExportArn->substr(begun.ExportArn->rfind('/') + 1);
    const auto folder = "daily/AWSDynamoDB/" + id + "/";
    EXPECT_EQ(done.ExportManifest, folder + "manifest-summary.json");
    const auto& objects = transfer.buckets.objects;
    EXPECT_EQ(objects.at(folder + "_started"), "");
    for (const auto* name : {"manifest-files", "manifest-summary"}) {
        EXPECT_EQ(objects.at(folder + name + ".checksum"), to_base64(md5(objects.at(folder + name + ".json"))));
    }
    const auto summary = json::parse(objects.at(folder + "manifest-summary.json")).as_object();
    EXPECT_EQ(summary.at("version"), "2020-06-30");
    EXPECT_EQ(summary.at("itemCount"), 1200);
    EXPECT_EQ(summary.at("exportArn").as_string(), *begun.ExportArn);
    EXPECT_EQ(summary.at("manifestFilesS3Key").as_string(), folder + "manifest-files.json");
    const auto file = json::parse(objects.at(folder + "manifest-files.json")).as_object();
    const std::string key(file.at("dataFileS3Key").as_string());
    EXPECT_TRUE(key.starts_with(folder + "data/") && key.ends_with(".json.gz")) << key;
    EXPECT_EQ(file.at("md5Checksum").as_string(), to_base64(md5(objects.at(key))));
    const auto text = transfer.buckets.unzipped(key);
    EXPECT_EQ(std::ranges::count(text, '\n'), 1200);
    EXPECT_FALSE(text.contains("too late"));

    const auto imported = transfer.import({.S3BucketSource = {.S3KeyPrefix = folder + "data/"},
                                           .InputFormat = "DYNAMODB_JSON",
                                           .InputCompressionType = "GZIP"});
    EXPECT_EQ(imported.ImportStatus, "COMPLETED") << imported.FailureMessage.value_or("");
    EXPECT_EQ(imported.ImportedItemCount, 1200);
    EXPECT_EQ(transfer.count("imported"), 1200);
}

TEST(Export, TellsWhatChangedBetweenTwoMoments) {
    Transfer transfer;
    auto& world = transfer.world;
    for (int number = 0; number < 6; ++number) transfer.put(number, "before");
    world.clock_forward(1h);
    const auto from = world.clock.now();
    transfer.put(1, "first");
    transfer.put(1, "second");
    world.run(world.service.delete_item(
        world.call, {.TableName = "orders", .Key = AttributeMap::from_json(R"({"pk":{"S":"0002"}})")}));
    transfer.put(10, "new");
    world.clock_forward(30min);
    const auto to = world.clock.now();
    world.clock_forward(1min);
    transfer.put(1, "after");
    transfer.put(3, "after");
    transfer.put(2, "again");
    const auto begun =
        transfer.send({.ExportType = "INCREMENTAL_EXPORT",
                       .IncrementalExportSpecification = {{.ExportFromTime = from, .ExportToTime = to}}});
    const auto done = transfer.finished(*begun.ExportArn);
    EXPECT_EQ(done.ExportStatus, "COMPLETED") << done.FailureMessage.value_or("");
    EXPECT_EQ(done.ItemCount, 3);
    std::string text;
    for (const auto& [key, bytes] : transfer.buckets.objects) {
        if (key.starts_with("AWSDynamoDB/data/")) text += transfer.buckets.unzipped(key);
    }
    const auto has = [&](std::string_view line) { return text.contains(line); };
    EXPECT_TRUE(has(R"("OldImage":{"note":{"S":"before"},"pk":{"S":"0001"}},"NewImage":{"note":{"S":"second"},)"))
        << text;
    EXPECT_TRUE(has(R"("Keys":{"pk":{"S":"0002"}},"OldImage":{"note":{"S":"before"},"pk":{"S":"0002"}}})")) << text;
    EXPECT_TRUE(has(R"("Keys":{"pk":{"S":"0010"}},"NewImage":{"note":{"S":"new"})")) << text;
    EXPECT_FALSE(has(R"("S":"0003")"));
}

TEST(Export, IsRefusedOrFailsClearly) {
    Transfer transfer;
    using Window = IncrementalExportSpecification;
    const auto now = transfer.world.clock.now();
    EXPECT_EQ(transfer.refused({.ExportTime = now + 1h}), "InvalidExportTimeException: Export Time is invalid");
    EXPECT_EQ(
        transfer.refused({.ExportType = "INCREMENTAL_EXPORT"}),
        "ValidationException: Invalid Request: Incremental Export Specification expected when export type is set as "
        "Incremental Export");
    EXPECT_EQ(
        transfer.refused({.IncrementalExportSpecification = Window{.ExportFromTime = now}}),
        "ValidationException: Invalid Request: Export Type expected to be Incremental Export when incremental export "
        "specification is provided");
    EXPECT_EQ(
        transfer.refused(
            {.ExportType = "INCREMENTAL_EXPORT", .IncrementalExportSpecification = Window{.ExportFromTime = now}}),
        "InvalidExportTimeException: Difference between export period from time and export period to time is less "
        "than 15 minutes");
    EXPECT_EQ(transfer.refused({.S3SseKmsKeyId = "alias/x"}),
              "ValidationException: Invalid Request: KMS Key Id is not supported for this encryption type");
    transfer.world.make_table("plain", "");
    ExportTableToPointInTimeInput plain{.TableArn = "arn:aws:dynamodb:us-east-1:000000000000:table/plain",
                                        .S3Bucket = "files"};
    EXPECT_EQ(refusal([&] {
                  transfer.world.run(transfer.world.service.export_table_to_point_in_time(transfer.world.call, plain));
              }),
              "PointInTimeRecoveryUnavailableException: Point in time recovery is not enabled for table 'plain'");

    const auto failed = transfer.finished(*transfer.send({.S3Bucket = "missing"}).ExportArn);
    EXPECT_EQ(failed.ExportStatus, "FAILED");
    EXPECT_EQ(failed.FailureCode, "S3NoSuchBucket");

    const auto first = transfer.send({.ClientToken = "token"});
    EXPECT_EQ(transfer.send({.ClientToken = "token"}).ExportArn, first.ExportArn);
    EXPECT_EQ(transfer.refused({.ClientToken = "token", .S3Prefix = "other"}),
              "ExportConflictException: Export conflict: Duplicate request detected with conflicting parameters");
    transfer.world.run(transfer.world.service.settle());
    const auto listed = transfer.world.run(transfer.world.service.list_exports(transfer.world.call, {.MaxResults = 1}));
    EXPECT_EQ(listed.ExportSummaries->size(), 1u);
    EXPECT_EQ(
        transfer.world.run(transfer.world.service.list_exports(transfer.world.call, {.NextToken = listed.NextToken}))
            .ExportSummaries->size(),
        1u);
}

TEST(Import, CountsWhatItCannotTake) {
    Transfer transfer;
    transfer.buckets.objects["in/1.csv"] = "pk,size\na,1\nb,2\n";
    transfer.buckets.objects["in/2.csv"] = "pk,size\n,3\nc,4\n";
    transfer.buckets.objects["other.csv"] = "pk\nz\n";
    const auto done = transfer.import({.S3BucketSource = {.S3KeyPrefix = "in/"}, .InputFormat = "CSV"});
    EXPECT_EQ(done.ImportStatus, "FAILED");
    EXPECT_EQ(done.FailureCode, "ItemValidationError");
    EXPECT_EQ(done.ProcessedItemCount, 4);
    EXPECT_EQ(done.ImportedItemCount, 3);
    EXPECT_EQ(done.ErrorCount, 1);
    EXPECT_EQ(transfer.count("imported"), 3);
    ASSERT_EQ(transfer.buckets.logged.size(), 1u);
    EXPECT_TRUE(transfer.buckets.logged[0].contains("Missing the key pk in the item")) << transfer.buckets.logged[0];
    EXPECT_EQ(transfer.world.get("imported", R"({"pk":{"S":"c"}})"), R"({"pk":{"S":"c"},"size":{"S":"4"}})");
}

TEST(Import, OfNothingMakesAnEmptyTableAndOfNoBucketNone) {
    Transfer transfer;
    EXPECT_EQ(transfer.import({.InputFormat = "ION"}).ImportStatus, "COMPLETED");
    EXPECT_EQ(transfer.count("imported"), 0);
    const auto failed = transfer.import({.S3BucketSource = {.S3Bucket = "missing"},
                                         .InputFormat = "ION",
                                         .TableCreationParameters = {.TableName = "nothing"}});
    EXPECT_EQ(failed.ImportStatus, "FAILED");
    EXPECT_EQ(failed.FailureCode, "S3NoSuchBucket");
    EXPECT_NE(refusal([&] { transfer.count("nothing"); }), "");
    const auto listed = transfer.world.run(transfer.world.service.list_imports(transfer.world.call, {}));
    EXPECT_EQ(listed.ImportSummaryList->size(), 2u);
}

TEST(Import, FillsTheTablesIndexes) {
    Transfer transfer;
    std::string text;
    for (int number = 0; number < 900; ++number) {
        text += fmt::format("$ion_1_0 {{Item:{{pk:\"{}\",state:\"{}\"}}}}\n", number, number % 3);
    }
    transfer.buckets.objects["items.ion"] = text;
    ImportTableInput request{.InputFormat = "ION"};
    request.TableCreationParameters.AttributeDefinitions = {{.AttributeName = "pk", .AttributeType = "S"},
                                                            {.AttributeName = "state", .AttributeType = "S"}};
    request.TableCreationParameters.GlobalSecondaryIndexes = {
        {{.IndexName = "by-state",
          .KeySchema = {{.AttributeName = "state", .KeyType = "HASH"}},
          .Projection = {.ProjectionType = "KEYS_ONLY"}}}};
    EXPECT_EQ(transfer.import(request).ImportStatus, "COMPLETED");
    auto query = transfer.world.query_of("imported", "#s = :s", R"({":s":{"S":"1"}})");
    query.IndexName = "by-state";
    query.ExpressionAttributeNames = {{{"#s", "state"}}};
    EXPECT_EQ(transfer.world.run(transfer.world.service.query(transfer.world.call, query)).Count, 300);
}

}  // namespace
}  // namespace cumulet::dynamodb
