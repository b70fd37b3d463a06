// RestoreTableFromBackup and RestoreTableToPointInTime.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableFromBackup.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableToPointInTime.html
#include "services/dynamodb/backups/arn.h"
#include "services/dynamodb/backups/copy.h"
#include "services/dynamodb/backups/recovery.h"
#include "services/dynamodb/backups/restore.h"
#include "services/dynamodb/service.h"

namespace cumulet::dynamodb {

namespace {

void check_region(const Scope& target, const Scope& source, const RestoreOverrides& overrides) {
    if (source.region == target.region || overrides.encryption) return;
    throw aws::validation_error("Invalid Request: sseSpecificationOverride must be provided for cross-region restores");
}

/// Nobody may have the name yet.
Task<void> check_target(store::Transaction& tx, Scope scope, std::string name) {
    const auto existing = co_await find_table(tx, scope, name);
    if (!existing) co_return;
    const auto& summary = existing->description.RestoreSummary;
    if (!summary) throw TableAlreadyExistsException(fmt::format("Table already exists: {}", name));
    throw TableInUseException(fmt::format("Table: {} is already being restored from {}: {}", name,
                                          summary->SourceBackupArn ? "backup" : "table",
                                          summary->SourceBackupArn.value_or(summary->SourceTableArn.value_or(""))));
}

/// The table as it is while its items are on their way.
DescribedTable target_of(Call& call, const TableDescription& source, const std::string& name,
                         const RestoreOverrides& overrides) {
    auto table = table_of(restored_table(source, name, overrides), call.region, call.account);
    describe_arns(call, table, call.random().uuid());
    table.creating = true;
    auto& description = table.description;
    description.TableStatus = "CREATING";
    description.RestoreSummary = {
        .SourceTableArn = source.TableArn, .RestoreDateTime = call.now(), .RestoreInProgress = true};
    return table;
}

struct PointInTime {
    Scope scope{"", ""};
    std::string table;
};

PointInTime source_of(Call& call, const RestoreTableToPointInTimeInput& request) {
    if (request.SourceTableArn && request.SourceTableName) {
        throw aws::validation_error("Must provide exactly one of: sourceTableArn, sourceTableName");
    }
    if (request.SourceTableName) return {Scope(call), table_name(*request.SourceTableName)};
    if (!request.SourceTableArn) throw aws::validation_error("The parameter 'TableName' is required");
    const auto arn = Arn::parse(*request.SourceTableArn);
    if (!arn || !arn->resource.starts_with("table/")) {
        throw aws::validation_error("sourceTableArn is not a valid ARN");
    }
    if (arn->account != call.account) {
        throw aws::validation_error(
            "This action is only supported by accounts that match the resource owner's account");
    }
    return {Scope(arn->account, arn->region), table_name(*request.SourceTableArn)};
}

void check_time(const RestoreTableToPointInTimeInput& request) {
    const bool latest = request.UseLatestRestorableTime.value_or(false);
    if (latest && request.RestoreDateTime) {
        throw aws::validation_error(
            "Invalid Request: Both RestoreDateTime and UseLatestRestorableTime cannot be set for point-in-time restore "
            "request. Please specify either RestoreDateTime time or UseLatestRestorableTime");
    }
    if (latest || request.RestoreDateTime) return;
    throw aws::validation_error(
        "Invalid Request: Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both");
}

}  // namespace

Task<RestoreTableFromBackupOutput> Service::restore_table_from_backup(Call& call, RestoreTableFromBackupInput request) {
    const Scope scope(call);
    const auto wanted = BackupArn::parse(call, request.BackupArn);
    const auto overrides = overrides_of(request);
    check_region(scope, wanted.scope, overrides);
    std::optional<Work> begun;
    auto description = co_await store_.transact([&](store::Transaction& tx) -> Task<TableDescription> {
        Backup backup = co_await load_backup(tx, wanted.scope, wanted);
        auto table = target_of(call, backup.table, request.TargetTableName, overrides);
        co_await check_target(tx, scope, table.name);
        if (!backup.restoring_into.empty()) {
            throw BackupInUseException(fmt::format("Backup is being used to restore another table: {}", wanted.text));
        }
        if (backup.description.BackupDetails->BackupStatus == "CREATING") {
            throw BackupInUseException(
                fmt::format("Backup is being created: {}", wanted.text));  // Unverified: the words
        }
        table.description.RestoreSummary->SourceBackupArn = wanted.text;
        co_await save_numbered(tx, scope, table);
        backup.restoring_into = table.name;
        save_backup(tx, wanted.scope, backup);

        const Copy copy{.source = wanted.scope, .source_number = backup.number, .target = table};
        begun = worker_.plan(tx, {.kind = "restore",
                                  .scope = scope,
                                  .subject = table.name,
                                  .detail = wanted.text,
                                  .cursor = copy.text(),
                                  .reads_of = wanted.scope,
                                  .reads = backup.number});
        co_return std::move(table.description);
    });
    worker_.begin(std::move(*begun));
    co_return RestoreTableFromBackupOutput{.TableDescription = std::move(description)};
}

Task<RestoreTableToPointInTimeOutput> Service::restore_table_to_point_in_time(Call& call,
                                                                              RestoreTableToPointInTimeInput request) {
    const Scope scope(call);
    const auto from = source_of(call, request);
    check_time(request);
    const auto overrides = overrides_of(request);
    check_region(scope, from.scope, overrides);
    std::optional<Work> begun;
    auto description = co_await store_.transact([&](store::Transaction& tx) -> Task<TableDescription> {
        auto source = co_await load_recoverable(tx, from.scope, from.table);
        const Time time = request.RestoreDateTime.value_or(call.now());
        check_restorable(*source.recovery, time, call.now());
        auto table = target_of(call, source.description, request.TargetTableName, overrides);
        co_await check_target(tx, scope, table.name);
        table.description.RestoreSummary->RestoreDateTime = time;
        co_await save_numbered(tx, scope, table);

        auto copy = co_await copy_of(tx, from.scope, source);
        save_table(tx, from.scope, source);
        copy.history = source.recovery->log;
        copy.as_of = time;
        copy.target = table;
        begun = worker_.plan(tx, {.kind = "restore",
                                  .scope = scope,
                                  .subject = table.name,
                                  .cursor = copy.text(),
                                  .reads_of = from.scope,
                                  .reads = source.number});
        co_return std::move(table.description);
    });
    worker_.begin(std::move(*begun));
    co_return RestoreTableToPointInTimeOutput{.TableDescription = std::move(description)};
}

Task<void> Service::restore(Work work) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto next = work;
        const auto copy = co_await copy_some(tx, work.scope, Copy::parse(work.cursor));
        next.cursor = copy.text();
        if (copy.stage != CopyStage::done) co_return co_await worker_.keep(tx, std::move(next));
        co_await end_copy(tx, copy);
        if (auto table = co_await find_table(tx, work.scope, work.subject)) {
            table->creating = false;
            table->description.TableStatus = "ACTIVE";
            table->description.RestoreSummary.reset();
            save_table(tx, work.scope, *table);
        }
        if (const auto arn = Arn::parse(work.detail)) {
            const auto name = table_name(fmt::format("arn:aws:dynamodb:::{}", arn->resource));
            const auto id = arn->resource.substr(arn->resource.rfind('/') + 1);
            if (auto backup = co_await find_backup(tx, copy.source, name, id)) {
                backup->restoring_into.clear();
                save_backup(tx, copy.source, *backup);
            }
        }
        co_await worker_.finish(tx, work);
    });
}

}  // namespace cumulet::dynamodb
