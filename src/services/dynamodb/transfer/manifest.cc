#include "services/dynamodb/transfer/manifest.h"

#include "base/bytes.h"
#include "base/hash.h"

namespace cumulet::dynamodb {

namespace {

json::value text_or_null(const std::optional<std::string>& text) { return text ? json::value(*text) : json::value(); }

std::string prefix_of(const Export& exported) {
    auto prefix = exported.description.S3Prefix.value_or("");
    if (!prefix.empty() && !prefix.ends_with('/')) prefix += '/';
    return prefix + "AWSDynamoDB/";
}

}  // namespace

std::string folder_of(const Export& exported) { return prefix_of(exported) + exported.id + "/"; }

std::string data_folder_of(const Export& exported) {
    return (exported.log ? prefix_of(exported) : folder_of(exported)) + "data/";
}

std::string manifest_line(const std::string& key, std::string_view bytes, const std::string& etag, int64_t items) {
    return json::serialize(json::object{
        {"itemCount", items}, {"md5Checksum", to_base64(md5(bytes))}, {"etag", etag}, {"dataFileS3Key", key}});
}

std::string manifest_summary(const Export& exported) {
    const auto& description = exported.description;
    const bool incremental = exported.log != 0;
    json::object summary{{"version", incremental ? "2023-08-01" : "2020-06-30"},
                         {"exportArn", *description.ExportArn},
                         {"startTime", format_iso8601_millis(*description.StartTime)},
                         {"endTime", format_iso8601_millis(*description.EndTime)},
                         {"tableArn", *description.TableArn},
                         {"tableId", *description.TableId}};
    if (incremental) {
        const auto& window = *description.IncrementalExportSpecification;
        summary["exportFromTime"] = format_iso8601_millis(*window.ExportFromTime);
        summary["exportToTime"] = format_iso8601_millis(*window.ExportToTime);
    } else {
        summary["exportTime"] = format_iso8601_millis(*description.ExportTime);
    }
    summary["s3Bucket"] = *description.S3Bucket;
    summary["s3Prefix"] = text_or_null(description.S3Prefix);
    summary["s3SseAlgorithm"] = text_or_null(description.S3SseAlgorithm);
    summary["s3SseKmsKeyId"] = text_or_null(description.S3SseKmsKeyId);
    summary["manifestFilesS3Key"] = folder_of(exported) + "manifest-files.json";
    summary["billedSizeBytes"] = *description.BilledSizeBytes;
    summary["itemCount"] = *description.ItemCount;
    summary["outputFormat"] = *description.ExportFormat;
    if (incremental) summary["outputView"] = *description.IncrementalExportSpecification->ExportViewType;
    summary["exportType"] = incremental ? "INCREMENTAL_EXPORT" : "FULL_EXPORT";
    return json::serialize(summary);
}

std::string checksum_of(std::string_view bytes) { return to_base64(md5(bytes)); }

}  // namespace cumulet::dynamodb
