// The background work of an import: the files under a prefix, one after the other, in batches of one transaction each.
// How many records of a file have been handled is stored with them, so that nothing is counted twice.
#include "contracts/logs.h"
#include "contracts/s3.h"
#include "runtime/log.h"
#include "services/dynamodb/backups/removal.h"
#include "services/dynamodb/service.h"
#include "services/dynamodb/transfer/arn.h"
#include "services/dynamodb/transfer/compression.h"
#include "services/dynamodb/transfer/items.h"

namespace cumulet::dynamodb {

namespace {

constexpr size_t batch_records = 200;
constexpr size_t batch_bytes = 1 << 20;
constexpr std::string_view error_group = "/aws-dynamodb/imports";

struct Batch {
    std::vector<AttributeMap> items;
    std::vector<std::string> errors;  ///< as the log has them
    int64_t records = 0;
    size_t size_bytes = 0;
};

ItemReader::Options reader_options(const Import& imported, const DescribedTable& table) {
    ItemReader::Options options{.format = *imported.description.InputFormat};
    for (const auto& definition : *table.description.AttributeDefinitions) {
        const auto type = definition.AttributeType;
        options.key_types[definition.AttributeName] = type == "S"   ? AttributeType::S
                                                      : type == "N" ? AttributeType::N
                                                                    : AttributeType::B;
    }
    const auto& given = imported.description.InputFormatOptions;
    if (!given || !given->Csv) return options;
    if (given->Csv->Delimiter) options.delimiter = (*given->Csv->Delimiter)[0];
    if (given->Csv->HeaderList) options.header = *given->Csv->HeaderList;
    return options;
}

std::string error_line(const Import& imported, int64_t record, std::string_view message) {
    return json::serialize(json::object{
        {"itemS3Pointer",
         {{"bucket", imported.description.S3BucketSource->S3Bucket}, {"key", imported.object}, {"itemIndex", record}}},
        {"importArn", *imported.description.ImportArn},
        {"errorMessages", json::array{message}}});
}

/// Adds a record that was read to the batch.
void take(Batch& batch, const Import& imported, const Table& table, ImportedItem read) {
    ++batch.records;
    if (read.error.empty()) {
        try {
            table.check_item(read.item);
        } catch (const aws::Error& error) {
            read.error = error.message;
        }
    }
    if (!read.error.empty()) {
        batch.errors.push_back(error_line(imported, imported.records + batch.records, read.error));
        return;
    }
    batch.size_bytes += read.item.bytes().size();
    batch.items.push_back(std::move(read.item));
}

Task<void> write_items(store::Transaction& tx, Scope scope, const Table& table,
                       const std::vector<AttributeMap>& items) {
    for (const auto& item : items) {
        const auto place = item_key(scope, table, item.view());
        std::optional<AttributeMap> old;
        if (table.has_indexes()) old = co_await load_item(tx, place);
        save_item(tx, scope, table, place, old ? &*old : nullptr, &item);
    }
}

/// Where AWS's users look for what was wrong. The import goes on without it.
Task<void> log_errors(contracts::Door& door, Call call, const Import& imported, std::vector<std::string> errors) {
    aws::logs::Client logs(door);
    const auto group = std::string(error_group), stream = imported.id + "/error";
    const auto quietly = [](Task<void> attempt) -> Task<void> {
        try {
            co_await std::move(attempt);
        } catch (const aws::Error& error) {
            if (error.code == "ResourceAlreadyExistsException") co_return;
            log::warning("an import's errors could not be logged", {{"reason", error.message}});
        }
    };
    const auto make_group = [&]() -> Task<void> { co_await logs.create_log_group(call, {.logGroupName = group}); };
    const auto make_stream = [&]() -> Task<void> {
        co_await logs.create_log_stream(call, {.logGroupName = group, .logStreamName = stream});
    };
    const auto put = [&]() -> Task<void> {
        aws::logs::PutLogEventsRequest request{.logGroupName = group, .logStreamName = stream};
        for (auto& error : errors) {
            request.logEvents.push_back({.timestamp = epoch_millis(call.now()), .message = std::move(error)});
        }
        co_await logs.put_log_events(call, std::move(request));
    };
    co_await quietly(make_group());
    co_await quietly(make_stream());
    co_await quietly(put());
}

/// One step of an import.
class Importer {
  public:
    Importer(store::Store& store, Worker& worker, contracts::Door& door)
        : store_(store), worker_(worker), door_(door) {}

    Task<void> step(Work work);

  private:
    Task<void> next_object(Work work, Import imported);
    Task<void> import_object(Work work, Import imported);
    Task<Import> save_batch(Work work, Import imported, Table table, Batch batch);
    Task<void> end(Work work, Import imported, std::optional<TransferFailure> failure);

    store::Store& store_;
    Worker& worker_;
    contracts::Door& door_;
};

Task<void> Importer::step(Work work) {
    auto imported =
        co_await store_.transact([&](store::Transaction& tx) { return find_import(tx, work.scope, work.detail); });
    if (!imported) throw std::runtime_error("an import's record is missing");
    std::optional<TransferFailure> failure;
    try {
        if (imported->object.empty() || imported->object_read)
            co_await next_object(work, *imported);
        else
            co_await import_object(work, *imported);
    } catch (const aws::Error& error) {
        failure = failure_of(error);
    }
    if (failure) co_await end(std::move(work), std::move(*imported), std::move(failure));
}

/// Goes on to the next file under the prefix; ends the import behind the last.
Task<void> Importer::next_object(Work work, Import imported) {
    const auto& source = *imported.description.S3BucketSource;
    auto call = call_for(Reactor::current(), work.scope, imported.principal);
    aws::s3::ListObjectsV2Request request{.Bucket = source.S3Bucket, .MaxKeys = 1, .Prefix = source.S3KeyPrefix};
    if (!imported.object.empty()) request.StartAfter = imported.object;
    request.ExpectedBucketOwner = source.S3BucketOwner;
    const auto listed = co_await aws::s3::Client(door_).list_objects_v2(call, std::move(request));
    if (!listed.Contents || listed.Contents->empty()) {
        co_return co_await end(std::move(work), std::move(imported), std::nullopt);
    }
    const auto& object = listed.Contents->front();
    imported.object = *object.Key;
    imported.records = 0;
    imported.object_read = false;
    auto& size_bytes = imported.description.ProcessedSizeBytes;
    size_bytes = size_bytes.value_or(0) + object.Size.value_or(0);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        save_import(tx, work.scope, imported);
        co_await worker_.keep(tx, work);
    });
}

/// Reads one file to its end.
Task<void> Importer::import_object(Work work, Import imported) {
    const auto table = co_await store_.transact(
        [&](store::Transaction& tx) { return find_table(tx, work.scope, imported.table_name); });
    if (!table) throw std::runtime_error("an import's table is missing");
    auto call = call_for(Reactor::current(), work.scope, imported.principal);
    const auto& source = *imported.description.S3BucketSource;
    aws::s3::GetObjectRequest request{.Bucket = source.S3Bucket, .Key = imported.object};
    request.ExpectedBucketOwner = source.S3BucketOwner;
    const auto file = co_await aws::s3::Client(door_).get_object(call, std::move(request));

    ItemReader reader(reader_options(imported, *table));
    const auto decompressed = decompressor(*imported.description.InputCompressionType);
    Batch batch;
    int64_t skipped = 0;
    const int64_t known = imported.records;
    bool complete = false;
    while (!complete && !worker_.stopping()) {
        const auto piece = co_await file.Body->read();
        std::string broken;
        try {
            if (piece)
                reader.add(decompressed->add(*piece));
            else
                decompressed->finish();
        } catch (const BadArchive& error) {
            broken = error.what();
        }
        complete = !piece || !broken.empty();
        while (auto read = reader.next(complete)) {
            if (skipped++ < known) continue;
            complete = complete || read->hopeless;
            const bool hopeless = read->hopeless;
            take(batch, imported, *table, std::move(*read));
            if (batch.records == batch_records || batch.size_bytes > batch_bytes) {
                imported = co_await save_batch(work, std::move(imported), *table, std::exchange(batch, {}));
            }
            if (hopeless) break;
        }
        if (!broken.empty()) take(batch, imported, *table, {.error = std::move(broken)});
    }
    if (!complete) co_return;  // the next process goes on
    imported.object_read = true;
    co_await save_batch(std::move(work), std::move(imported), *table, std::move(batch));
}

/// Writes a batch, and what is known of the import then.
Task<Import> Importer::save_batch(Work work, Import imported, Table table, Batch batch) {
    if (!batch.errors.empty()) {
        co_await log_errors(door_, call_for(Reactor::current(), work.scope, imported.principal), imported,
                            batch.errors);
    }
    auto& description = imported.description;
    imported.records += batch.records;
    description.ProcessedItemCount = *description.ProcessedItemCount + batch.records;
    description.ImportedItemCount = *description.ImportedItemCount + static_cast<int64_t>(batch.items.size());
    description.ErrorCount = *description.ErrorCount + static_cast<int64_t>(batch.errors.size());
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await write_items(tx, work.scope, table, batch.items);
        save_import(tx, work.scope, imported);
        co_await worker_.keep(tx, work);
    });
    co_return imported;
}

Task<void> Importer::end(Work work, Import imported, std::optional<TransferFailure> failure) {
    auto& description = imported.description;
    if (!failure && *description.ErrorCount > 0) {
        failure = TransferFailure{.code = "ItemValidationError",
                                  .message =
                                      "Some of the items failed validation checks and were not imported. Please "
                                      "check CloudWatch error logs for more details."};
    }
    description.ImportStatus = failure ? "FAILED" : "COMPLETED";
    description.EndTime = Reactor::current().now();
    if (failure) {
        description.FailureCode = failure->code;
        description.FailureMessage = failure->message;
    }
    const bool nothing_read = *description.ProcessedItemCount == 0;
    auto call = call_for(Reactor::current(), work.scope, imported.principal);
    std::vector<Work> begun;
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        begun.clear();
        auto table = co_await find_table(tx, work.scope, imported.table_name);
        if (table && failure && nothing_read) {
            begun = co_await remove_table(tx, call, worker_, *table);
        } else if (table) {
            table->creating = false;
            table->description.TableStatus = "ACTIVE";
            save_table(tx, work.scope, *table);
        }
        save_import(tx, work.scope, imported);
        co_await worker_.finish(tx, work);
    });
    for (auto& each : begun) worker_.begin(std::move(each));
}

}  // namespace

Task<void> Service::import_items(Work work) {
    Importer importer(store_, worker_, *options_.door);
    co_await importer.step(std::move(work));
}

}  // namespace cumulet::dynamodb
