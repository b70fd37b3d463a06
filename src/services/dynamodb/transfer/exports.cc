// ExportTableToPointInTime, DescribeExport and ListExports.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExportTableToPointInTime.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeExport.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListExports.html
#include "services/dynamodb/backups/copy.h"
#include "services/dynamodb/backups/recovery.h"
#include "services/dynamodb/request.h"
#include "services/dynamodb/service.h"
#include "services/dynamodb/transfer/arn.h"
#include "services/dynamodb/transfer/changes.h"

namespace cumulet::dynamodb {

namespace {

constexpr size_t most_exports_listed = 25;
constexpr auto shortest_window = 15min;
constexpr auto longest_window = 24h;

[[noreturn]] void invalid(std::string_view message) {
    throw aws::validation_error(fmt::format("Invalid Request: {}", message));
}

bool incremental(const ExportTableToPointInTimeInput& request) { return request.ExportType == "INCREMENTAL_EXPORT"; }

std::string table_of_arn(const Call& call, const std::string& text) {
    const auto arn = Arn::parse(text);
    if (!arn) throw aws::validation_error("One or more parameter values were invalid: tableArn is not a valid ARN");
    if (arn->service != "dynamodb" || !arn->resource.starts_with("table/") ||
        arn->resource.find('/', 6) != std::string::npos) {
        invalid("Table ARN is invalid.");
    }
    if (arn->account != call.account) throw aws::access_denied("Access is denied");
    return table_name(text);
}

void check_request(const ExportTableToPointInTimeInput& request) {
    const auto& window = request.IncrementalExportSpecification;
    if (window && !request.ExportType) {
        invalid("Export Type expected to be Incremental Export when incremental export specification is provided");
    }
    if (window && !incremental(request)) {
        invalid("When Export Type is Full Export , Incremental Export Specification should not be provided");
    }
    if (incremental(request) && !window) {
        invalid("Incremental Export Specification expected when export type is set as Incremental Export");
    }
    if (window && !window->ExportFromTime) invalid("ExportFromTime must be provided in IncrementalExportSpecification");
    if (request.S3SseKmsKeyId && request.S3SseAlgorithm != "KMS") {
        invalid("KMS Key Id is not supported for this encryption type");
    }
    if (request.FilterSpecification) {
        throw aws::not_implemented("dynamodb", "ExportTableToPointInTime", "FilterSpecification");
    }
}

IncrementalExportSpecification check_window(IncrementalExportSpecification window, const DescribedTable& table,
                                            const Recovery& recovery, Time now) {
    const auto refuse = [](std::string message) { throw InvalidExportTimeException(std::move(message)); };
    const Time from = *window.ExportFromTime, to = window.ExportToTime.value_or(now);
    if (from < std::chrono::floor<std::chrono::seconds>(*table.description.CreationDateTime)) {
        refuse(fmt::format("Incremental export period from time cannot be less than the table creation time : {}",
                           format_iso8601(from)));
    }
    if (to > now) {
        refuse(fmt::format("Incremental export period to time cannot be greater than the current time : {}",
                           format_iso8601(to)));
    }
    if (to - from < shortest_window) {
        refuse("Difference between export period from time and export period to time is less than 15 minutes");
    }
    if (to - from > longest_window) {
        refuse("Difference between export period from time and export period to time is greater than 24 hours");
    }
    if (from < earliest_restorable(recovery, now)) {  // Unverified: the words
        refuse("Incremental export period from time is not within the point in time recovery window");
    }
    return {.ExportFromTime = from,
            .ExportToTime = to,
            .ExportViewType = window.ExportViewType.value_or("NEW_AND_OLD_IMAGES")};
}

ExportDescription describe(Call& call, const ExportTableToPointInTimeInput& request, const DescribedTable& table,
                           const std::string& id) {
    return {.ExportArn = call.arn("dynamodb", fmt::format("table/{}/export/{}", table.name, id)),
            .ExportStatus = "IN_PROGRESS",
            .StartTime = call.now(),
            .TableArn = table.description.TableArn,
            .TableId = table.description.TableId,
            .ClientToken = request.ClientToken.value_or(call.random().uuid()),
            .S3Bucket = request.S3Bucket,
            .S3BucketOwner = request.S3BucketOwner,
            .S3Prefix = request.S3Prefix,
            .S3SseAlgorithm = request.S3SseAlgorithm.value_or("AES256"),
            .S3SseKmsKeyId = request.S3SseKmsKeyId,
            .ExportFormat = request.ExportFormat.value_or("DYNAMODB_JSON"),
            .ExportType = request.ExportType};
}

}  // namespace

Task<ExportTableToPointInTimeOutput> Service::export_table_to_point_in_time(Call& call,
                                                                            ExportTableToPointInTimeInput request) {
    const Scope scope(call);
    const auto name = table_of_arn(call, request.TableArn);
    check_request(request);
    const auto token = request.ClientToken.value_or("");
    const auto digest = digest_of("ExportTableToPointInTime", &request);

    std::optional<Work> begun;
    auto description = co_await store_.transact([&](store::Transaction& tx) -> Task<ExportDescription> {
        begun.reset();
        if (const auto known = co_await find_transfer(tx, scope, "export", token, call.now())) {
            if (known->digest != digest) {
                throw ExportConflictException(
                    "Export conflict: Duplicate request detected with conflicting parameters");
            }
            co_return (co_await find_export(tx, scope, known->table_name, known->id))->description;
        }
        if (!co_await find_schema(tx, scope, name)) {
            throw TableNotFoundException(fmt::format("Table not found: {}", request.TableArn));
        }
        auto table = co_await load_recoverable(tx, scope, name);
        Export exported{.table_name = name, .id = new_transfer_id(call), .principal = call.principal};
        exported.table_number = table.number;
        exported.description = describe(call, request, table, exported.id);
        Work work{.kind = "export",
                  .scope = scope,
                  .subject = name,
                  .detail = exported.id,
                  .reads_of = scope,
                  .reads = table.number};
        exported.number = co_await take_number(tx, scope);
        if (incremental(request)) {
            exported.log = table.recovery->log;
            const auto window =
                check_window(*request.IncrementalExportSpecification, table, *table.recovery, call.now());
            exported.description.IncrementalExportSpecification = window;
            work.cursor = changes_of(scope, table, exported.number, *window.ExportToTime).text();
        } else {
            const Time time = request.ExportTime.value_or(call.now());
            if (time > call.now() || time < earliest_restorable(*table.recovery, call.now())) {
                throw InvalidExportTimeException("Export Time is invalid");
            }
            exported.description.ExportTime = time;
            auto copy = co_await copy_of(tx, scope, table);
            save_table(tx, scope, table);
            copy.history = table.recovery->log;
            copy.as_of = time;
            copy.target.number = exported.number;
            work.cursor = copy.text();
        }
        begun = worker_.plan(tx, std::move(work));
        save_export(tx, scope, exported);
        if (!token.empty()) {
            save_transfer(
                tx, scope, "export", token,
                {.digest = digest, .id = exported.id, .table_name = name, .until = call.now() + token_counts_for});
        }
        co_return std::move(exported.description);
    });
    if (begun) worker_.begin(std::move(*begun));
    co_return ExportTableToPointInTimeOutput{.ExportDescription = std::move(description)};
}

Task<DescribeExportOutput> Service::describe_export(Call& call, DescribeExportInput request) {
    const auto arn = TransferArn::parse(call, "export", request.ExportArn);
    if (arn.region != call.region) throw ExportNotFoundException("Export not found: Invalid export arn");
    auto exported = co_await store_.transact([&](store::Transaction& tx) -> Task<std::optional<Export>> {
        co_return co_await find_export(tx, Scope(call), arn.table, arn.id);
    });
    if (!exported) {
        throw ExportNotFoundException(fmt::format("Export not found: Export not found: {}", request.ExportArn));
    }
    exported->description.ExportType.reset();  // AWS does not tell it either
    co_return DescribeExportOutput{.ExportDescription = std::move(exported->description)};
}

Task<ListExportsOutput> Service::list_exports(Call& call, ListExportsInput request) {
    const Scope scope(call);
    const auto name = request.TableArn ? table_name(*request.TableArn) : std::string();
    const auto limit = static_cast<size_t>(request.MaxResults.value_or(most_exports_listed));
    std::pair<std::string, std::string> after;
    if (request.NextToken) {
        const auto place = place_of(*request.NextToken);
        const auto slash = std::min(place.find('/'), place.size());
        after = {place.substr(0, slash), place.substr(std::min(slash + 1, place.size()))};
    }
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<ListExportsOutput> {
        ListExportsOutput output{.ExportSummaries = std::vector<ExportSummary>()};
        const auto table = name.empty() ? std::nullopt : co_await find_table(tx, scope, name);
        if (!name.empty() && !table) co_return output;
        auto exports = co_await dynamodb::list_exports(tx, scope, name, after, limit + 1);
        if (exports.size() > limit) {
            exports.pop_back();
            output.NextToken = page_token(exports.back().table_name + "/" + exports.back().id);
        }
        for (const auto& exported : exports) {
            const auto& description = exported.description;
            // Those of an earlier table of the name are not this one's.
            if (table && description.TableId != table->description.TableId) continue;
            output.ExportSummaries->push_back({.ExportArn = description.ExportArn,
                                               .ExportStatus = description.ExportStatus,
                                               .ExportType = exported.log ? "INCREMENTAL_EXPORT" : "FULL_EXPORT"});
        }
        co_return output;
    });
}

}  // namespace cumulet::dynamodb
