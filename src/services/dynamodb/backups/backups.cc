// CreateBackup, DescribeBackup, ListBackups and DeleteBackup.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateBackup.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeBackup.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListBackups.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteBackup.html
#include "services/dynamodb/backups/arn.h"
#include "services/dynamodb/backups/copy.h"
#include "services/dynamodb/service.h"
#include "services/dynamodb/vectors/definition.h"

namespace cumulet::dynamodb {

namespace {

constexpr size_t most_backups_listed = 100;
constexpr size_t backups_read_at_once = 200;

SourceTableDetails source_details(const TableDescription& table) {
    const auto& throughput = *table.ProvisionedThroughput;
    return {.TableName = *table.TableName,
            .TableId = *table.TableId,
            .TableArn = table.TableArn,
            .TableSizeBytes = 0,
            .KeySchema = *table.KeySchema,
            .TableCreationDateTime = *table.CreationDateTime,
            .ProvisionedThroughput = {.ReadCapacityUnits = throughput.ReadCapacityUnits.value_or(0),
                                      .WriteCapacityUnits = throughput.WriteCapacityUnits.value_or(0)},
            .OnDemandThroughput = table.OnDemandThroughput,
            .ItemCount = 0,
            .BillingMode = table.BillingModeSummary ? table.BillingModeSummary->BillingMode : "PROVISIONED"};
}

SourceTableFeatureDetails feature_details(const DescribedTable& table) {
    SourceTableFeatureDetails features;
    const auto& description = table.description;
    if (description.LocalSecondaryIndexes) {
        auto& indexes = features.LocalSecondaryIndexes.emplace();
        for (const auto& index : *description.LocalSecondaryIndexes) {
            indexes.push_back(
                {.IndexName = index.IndexName, .KeySchema = index.KeySchema, .Projection = index.Projection});
        }
    }
    if (description.GlobalSecondaryIndexes) {
        auto& indexes = features.GlobalSecondaryIndexes.emplace();
        for (const auto& index : *description.GlobalSecondaryIndexes) {
            const auto& throughput = *index.ProvisionedThroughput;
            indexes.push_back(
                {.IndexName = index.IndexName,
                 .KeySchema = index.KeySchema,
                 .Projection = index.Projection,
                 .ProvisionedThroughput = {{.ReadCapacityUnits = throughput.ReadCapacityUnits.value_or(0),
                                            .WriteCapacityUnits = throughput.WriteCapacityUnits.value_or(0)}},
                 .OnDemandThroughput = index.OnDemandThroughput});
        }
    }
    if (description.VectorIndexes) {
        auto& indexes = features.VectorIndexes.emplace();
        for (const auto& index : *description.VectorIndexes) indexes.push_back(told<VectorIndexInfo>(index));
    }
    features.StreamDescription = description.StreamSpecification;
    if (!table.time_to_live.empty()) {
        features.TimeToLiveDescription = {.TimeToLiveStatus = "ENABLED", .AttributeName = table.time_to_live};
    }
    features.SSEDescription = description.SSEDescription;
    return features;
}

BackupSummary summary_of(const Backup& backup) {
    const auto& details = *backup.description.BackupDetails;
    const auto& source = *backup.description.SourceTableDetails;
    return {.TableName = source.TableName,
            .TableId = source.TableId,
            .TableArn = source.TableArn,
            .BackupArn = details.BackupArn,
            .BackupName = details.BackupName,
            .BackupCreationDateTime = details.BackupCreationDateTime,
            .BackupExpiryDateTime = details.BackupExpiryDateTime,
            .BackupStatus = details.BackupStatus,
            .BackupType = details.BackupType,
            .BackupSizeBytes = details.BackupSizeBytes};
}

bool listed(const Backup& backup, const ListBackupsInput& request) {
    const auto& details = *backup.description.BackupDetails;
    const auto type = request.BackupType.value_or("USER");
    if (type != "ALL" && type != details.BackupType) return false;
    if (request.TimeRangeLowerBound && details.BackupCreationDateTime < *request.TimeRangeLowerBound) return false;
    return !request.TimeRangeUpperBound || details.BackupCreationDateTime < *request.TimeRangeUpperBound;
}

}  // namespace

Backup backup_of(Call& call, const DescribedTable& table, std::string name, std::string type) {
    Backup backup{.table_name = table.name, .table = table.description};
    const auto tail = type == "SYSTEM" ? std::string("00000000") : call.random().hex(8);
    backup.id = fmt::format("{:014}-{}", epoch_millis(call.now()), tail);
    backup.description.BackupDetails = {
        .BackupArn = call.arn("dynamodb", fmt::format("table/{}/backup/{}", table.name, backup.id)),
        .BackupName = std::move(name),
        .BackupSizeBytes = 0,
        .BackupStatus = "CREATING",
        .BackupType = std::move(type),
        .BackupCreationDateTime = call.now()};
    backup.description.SourceTableDetails = source_details(table.description);
    backup.description.SourceTableFeatureDetails = feature_details(table);
    return backup;
}

Task<CreateBackupOutput> Service::create_backup(Call& call, CreateBackupInput request) {
    const Scope scope(call);
    const auto name = table_name(request.TableName);
    std::optional<Work> begun;
    auto details = co_await store_.transact([&](store::Transaction& tx) -> Task<BackupDetails> {
        auto table = co_await find_table(tx, scope, name);
        if (!table || table->creating) throw TableNotFoundException(fmt::format("Table not found: {}", name));
        Backup backup = backup_of(call, *table, request.BackupName, "USER");
        auto copy = co_await copy_of(tx, scope, *table);
        backup.number = co_await take_number(tx, scope);
        copy.target.number = backup.number;
        save_table(tx, scope, *table);
        save_backup(tx, scope, backup);
        begun = worker_.plan(tx, {.kind = "back up",
                                  .scope = scope,
                                  .subject = name,
                                  .detail = backup.id,
                                  .cursor = copy.text(),
                                  .reads_of = scope,
                                  .reads = table->number});
        co_return *backup.description.BackupDetails;
    });
    worker_.begin(std::move(*begun));
    co_return CreateBackupOutput{.BackupDetails = std::move(details)};
}

Task<void> Service::back_up(Work work) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto next = work;
        const auto copy = co_await copy_some(tx, work.scope, Copy::parse(work.cursor));
        next.cursor = copy.text();
        if (copy.stage != CopyStage::done) co_return co_await worker_.keep(tx, std::move(next));
        co_await end_copy(tx, copy);
        if (auto backup = co_await find_backup(tx, work.scope, work.subject, work.detail)) {
            backup->description.BackupDetails->BackupStatus = "AVAILABLE";
            backup->description.BackupDetails->BackupSizeBytes = copy.size_bytes;
            backup->description.SourceTableDetails->TableSizeBytes = copy.size_bytes;
            backup->description.SourceTableDetails->ItemCount = copy.items;
            save_backup(tx, work.scope, *backup);
        }
        co_await worker_.finish(tx, work);
    });
}

Task<DescribeBackupOutput> Service::describe_backup(Call& call, DescribeBackupInput request) {
    const auto wanted = BackupArn::parse(call, request.BackupArn);
    const auto backup = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<Backup> { co_return co_await load_backup(tx, Scope(call), wanted); });
    co_return DescribeBackupOutput{.BackupDescription = backup.description};
}

Task<ListBackupsOutput> Service::list_backups(Call& call, ListBackupsInput request) {
    const Scope scope(call);
    const auto table = request.TableName ? table_name(*request.TableName) : std::string();
    const auto limit = static_cast<size_t>(request.Limit.value_or(most_backups_listed));
    if (request.TimeRangeLowerBound && request.TimeRangeUpperBound &&
        *request.TimeRangeLowerBound > *request.TimeRangeUpperBound) {
        throw aws::validation_error("Time range lower bound must be less than or equal to upper bound");
    }
    std::pair<std::string, std::string> after;
    if (request.ExclusiveStartBackupArn) {
        const auto arn = BackupArn::parse(call, *request.ExclusiveStartBackupArn);
        after = {arn.table, arn.id};
    }
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<ListBackupsOutput> {
        ListBackupsOutput output{.BackupSummaries = std::vector<BackupSummary>()};
        auto place = after;
        while (true) {
            const auto backups = co_await dynamodb::list_backups(tx, scope, table, place, backups_read_at_once);
            for (const auto& backup : backups) {
                if (!listed(backup, request)) continue;
                if (output.BackupSummaries->size() == limit) {
                    output.LastEvaluatedBackupArn = output.BackupSummaries->back().BackupArn;
                    co_return output;
                }
                output.BackupSummaries->push_back(summary_of(backup));
            }
            if (backups.size() < backups_read_at_once) co_return output;
            place = {backups.back().table_name, backups.back().id};
        }
    });
}

Task<DeleteBackupOutput> Service::delete_backup(Call& call, DeleteBackupInput request) {
    const Scope scope(call);
    const auto wanted = BackupArn::parse(call, request.BackupArn);
    std::optional<Work> begun;
    auto description = co_await store_.transact([&](store::Transaction& tx) -> Task<BackupDescription> {
        Backup backup = co_await load_backup(tx, scope, wanted);
        auto& details = *backup.description.BackupDetails;
        if (details.BackupType == "SYSTEM") {
            throw aws::validation_error(  // Unverified: the words
                fmt::format("Backup {} is a system backup and cannot be deleted", details.BackupArn));
        }
        if (!backup.restoring_into.empty()) {
            throw BackupInUseException(fmt::format("Backup is being used to restore table: {}", details.BackupArn));
        }
        if (details.BackupStatus == "CREATING") {
            throw BackupInUseException(
                fmt::format("Backup is being created: {}", details.BackupArn));  // Unverified: the words
        }
        erase_backup(tx, scope, backup);
        begun = worker_.plan(tx, {.kind = "drop items", .scope = scope, .subject = std::to_string(backup.number)});
        details.BackupStatus = "DELETED";
        co_return std::move(backup.description);
    });
    worker_.begin(std::move(*begun));
    co_return DeleteBackupOutput{.BackupDescription = std::move(description)};
}

}  // namespace cumulet::dynamodb
