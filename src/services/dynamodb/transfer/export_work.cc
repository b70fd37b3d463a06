// The background work of an export: what is to be exported is gathered under a number of its own, then written to S3
// file by file, and the manifests last.
#include "base/bytes.h"
#include "base/hash.h"
#include "contracts/s3.h"
#include "services/dynamodb/backups/copy.h"
#include "services/dynamodb/service.h"
#include "services/dynamodb/transfer/arn.h"
#include "services/dynamodb/transfer/changes.h"
#include "services/dynamodb/transfer/compression.h"
#include "services/dynamodb/transfer/manifest.h"

namespace cumulet::dynamodb {

namespace {

constexpr char writing = 'w';  // a cursor that begins so goes on behind the key that follows
constexpr size_t file_bytes = 8 << 20;
constexpr size_t file_entries = 50'000;
constexpr size_t entries_before_others = 200;

/// One file's part of what was gathered.
struct Part {
    std::vector<store::Entry> entries;
    std::string next;  ///< the cursor behind it
};

Task<Part> read_part(store::Transaction& tx, Scope scope, uint64_t number, std::string cursor) {
    auto range = scan_range(scope, Table{.number = number}, nullptr, 0, 1);
    if (cursor.size() > 1) range.begin = cursor.substr(1) + '\0';
    Part part{.entries = co_await tx.scan(range, {.limit = file_entries, .max_bytes = file_bytes}),
              .next = std::move(cursor)};
    if (!part.entries.empty()) part.next = writing + part.entries.back().key;
    co_return part;
}

struct File {
    std::string bytes;
    int64_t items = 0;
    int64_t size_bytes = 0;
};

/// The file's text; "" for a change that left nothing.
std::string line_of(const Export& exported, const store::Entry& entry, File& file) {
    const auto& format = *exported.description.ExportFormat;
    const auto item = AttributeMap::from_bytes(entry.value);
    std::string line;
    if (exported.log == 0) {
        append_exported(line, format, item);
        file.size_bytes += static_cast<int64_t>(item.size_bytes());
    } else {
        auto change = change_in(item.view());
        if (!change.before && !change.after) return "";
        if (exported.description.IncrementalExportSpecification->ExportViewType == "NEW_IMAGE") change.before.reset();
        append_exported(line, format, change);
        for (const auto* image : {&change.before, &change.after}) {
            if (*image) file.size_bytes += static_cast<int64_t>((*image)->size_bytes());
        }
    }
    ++file.items;
    return line;
}

Task<File> make_file(Export exported, Part part) {
    File file;
    Gzip gzip;
    size_t done = 0;
    for (const auto& entry : part.entries) {
        gzip.add(line_of(exported, entry, file));
        if (++done % entries_before_others == 0) co_await Reactor::current().yield();
    }
    file.bytes = gzip.finish();
    co_return file;
}

/// A writer into the export's bucket.
class Bucket {
  public:
    Bucket(contracts::Door& door, Call call, const Export& exported)
        : client_(door), call_(std::move(call)), description_(exported.description) {}

    /// The ETag.
    Task<std::string> put(std::string key, std::string bytes) {
        aws::s3::PutObjectRequest request{.Body = stream_of(bytes), .Bucket = *description_.S3Bucket};
        request.ContentLength = static_cast<int64_t>(bytes.size());
        request.Key = std::move(key);
        request.ExpectedBucketOwner = description_.S3BucketOwner;
        if (description_.S3SseAlgorithm == "KMS") {
            request.ServerSideEncryption = "aws:kms";
            request.SSEKMSKeyId = description_.S3SseKmsKeyId;
        }
        const auto output = co_await client_.put_object(call_, std::move(request));
        auto etag = output.ETag.value_or("");
        std::erase(etag, '"');
        co_return etag;
    }
    Task<void> put_with_checksum(std::string folder, std::string name, std::string text) {
        const auto checksum = checksum_of(text);
        co_await put(folder + name + ".json", std::move(text));
        co_await put(folder + name + ".checksum", checksum);
    }

  private:
    aws::s3::Client client_;
    Call call_;
    ExportDescription description_;
};

struct Written {
    int64_t items;
    int64_t size_bytes;
    std::string line;  ///< of the manifest
};

Task<Written> write_file(Bucket& bucket, Export exported, Part part) {
    const auto file = co_await make_file(exported, std::move(part));
    // The same name when it is written again after a crash.
    const auto name = to_hex(sha256(exported.id + std::to_string(exported.files.size()))).substr(0, 26);
    const auto key = fmt::format("{}{}.{}.gz", data_folder_of(exported), name,
                                 exported.description.ExportFormat == "ION" ? "ion" : "json");
    const auto etag = co_await bucket.put(key, file.bytes);
    co_return Written{
        .items = file.items, .size_bytes = file.size_bytes, .line = manifest_line(key, file.bytes, etag, file.items)};
}

/// One step of an export.
class Exporter {
  public:
    Exporter(store::Store& store, Worker& worker, contracts::Door& door)
        : store_(store), worker_(worker), door_(door) {}

    Task<void> step(Work work);

  private:
    Task<void> gather(Work work, Time from, bool incremental);
    Task<void> write(Work work, Export exported);
    Task<void> end(Work work, Export exported, std::optional<TransferFailure> failure);

    store::Store& store_;
    Worker& worker_;
    contracts::Door& door_;
};

/// Gathers a part.
Task<void> Exporter::gather(Work work, Time from, bool incremental) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto next = work;
        auto copy = Copy::parse(work.cursor);
        copy = incremental ? co_await gather_some(tx, copy, from) : co_await copy_some(tx, work.scope, copy);
        next.cursor = copy.text();
        if (copy.stage == CopyStage::done) {
            co_await end_copy(tx, copy);
            next.cursor = writing;
        }
        co_await worker_.keep(tx, std::move(next));
    });
}

Task<void> Exporter::step(Work work) {
    const auto found = co_await store_.transact(
        [&](store::Transaction& tx) { return find_export(tx, work.scope, work.subject, work.detail); });
    if (!found) throw std::runtime_error("an export's record is missing");
    const bool incremental = found->log != 0;
    if (!work.cursor.starts_with(writing)) {
        const auto& window = found->description.IncrementalExportSpecification;
        co_return co_await gather(std::move(work), incremental ? *window->ExportFromTime : Time(), incremental);
    }
    auto exported = *found;
    std::optional<TransferFailure> failure;
    try {
        co_await write(work, exported);
    } catch (const aws::Error& error) {
        failure = failure_of(error);
    }
    if (failure) co_await end(std::move(work), std::move(exported), std::move(failure));
}

/// Writes a file, or after the last one the manifests.
Task<void> Exporter::write(Work work, Export exported) {
    auto part = co_await store_.transact(
        [&](store::Transaction& tx) { return read_part(tx, work.scope, exported.number, work.cursor); });
    Bucket bucket(door_, call_for(Reactor::current(), work.scope, exported.principal), exported);
    if (exported.files.empty()) co_await bucket.put(folder_of(exported) + "_started", "");
    auto& description = exported.description;
    // An empty table makes an empty file.
    if (!part.entries.empty() || exported.files.empty()) {
        auto next = work;
        next.cursor = part.next;
        const auto written = co_await write_file(bucket, exported, std::move(part));
        description.ItemCount = description.ItemCount.value_or(0) + written.items;
        description.BilledSizeBytes = description.BilledSizeBytes.value_or(0) + written.size_bytes;
        exported.files.push_back(written.line);
        co_return co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
            save_export(tx, work.scope, exported);
            co_await worker_.keep(tx, next);
        });
    }
    description.EndTime = Reactor::current().now();
    co_await bucket.put_with_checksum(folder_of(exported), "manifest-files",
                                      fmt::format("{}\n", fmt::join(exported.files, "\n")));
    co_await bucket.put_with_checksum(folder_of(exported), "manifest-summary", manifest_summary(exported));
    description.ExportManifest = folder_of(exported) + "manifest-summary.json";
    co_await end(std::move(work), std::move(exported), std::nullopt);
}

Task<void> Exporter::end(Work work, Export exported, std::optional<TransferFailure> failure) {
    auto& description = exported.description;
    description.ExportStatus = failure ? "FAILED" : "COMPLETED";
    if (!description.EndTime) description.EndTime = Reactor::current().now();
    if (failure) {
        description.FailureCode = failure->code;
        description.FailureMessage = failure->message;
        description.ItemCount.reset();
        description.BilledSizeBytes.reset();
    }
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        tx.erase_range(scan_range(work.scope, Table{.number = exported.number}, nullptr, 0, 1));
        save_export(tx, work.scope, exported);
        co_await worker_.finish(tx, work);
    });
}

}  // namespace

Task<void> Service::export_items(Work work) {
    Exporter exporter(store_, worker_, *options_.door);
    co_await exporter.step(std::move(work));
}

}  // namespace cumulet::dynamodb
