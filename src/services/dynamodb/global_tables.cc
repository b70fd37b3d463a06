// Operations of global tables beside UpdateTable's: of version 2017.11.29, which AWS no longer lets anybody begin with,
// and what auto scaling knows of replicas.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateGlobalTable.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTableReplicaAutoScaling.html
#include "services/dynamodb/service.h"
#include "services/dynamodb/storage.h"

namespace cumulet::dynamodb {

namespace {

[[noreturn]] void refuse_unknown(const std::string& name) {
    throw GlobalTableNotFoundException(fmt::format("Global table with name '{}' does not exist.", name));
}

ReplicaAutoScalingDescription describe_scaling(std::string region, std::string status,
                                               const TableDescription& description) {
    const AutoScalingSettingsDescription off{.AutoScalingDisabled = true};
    ReplicaAutoScalingDescription replica{.RegionName = std::move(region),
                                          .ReplicaProvisionedReadCapacityAutoScalingSettings = off,
                                          .ReplicaProvisionedWriteCapacityAutoScalingSettings = off,
                                          .ReplicaStatus = std::move(status)};
    if (!description.GlobalSecondaryIndexes) return replica;
    auto& indexes = replica.GlobalSecondaryIndexes.emplace();
    for (const auto& index : *description.GlobalSecondaryIndexes) {
        indexes.push_back({.IndexName = index.IndexName,
                           .IndexStatus = index.IndexStatus,
                           .ProvisionedReadCapacityAutoScalingSettings = off,
                           .ProvisionedWriteCapacityAutoScalingSettings = off});
    }
    return replica;
}

}  // namespace

Task<CreateGlobalTableOutput> Service::create_global_table(Call&, CreateGlobalTableInput) {
    throw aws::validation_error(
        "DynamoDB global tables version 2017.11.29 is not supported. We recommend using DynamoDB global tables version "
        "2019.11.21, instead of version 2017.11.29 (Legacy).");
}

Task<DescribeGlobalTableOutput> Service::describe_global_table(Call&, DescribeGlobalTableInput request) {
    refuse_unknown(request.GlobalTableName);
}

Task<DescribeGlobalTableSettingsOutput> Service::describe_global_table_settings(
    Call&, DescribeGlobalTableSettingsInput request) {
    refuse_unknown(request.GlobalTableName);
}

Task<UpdateGlobalTableOutput> Service::update_global_table(Call&, UpdateGlobalTableInput request) {
    refuse_unknown(request.GlobalTableName);
}

Task<UpdateGlobalTableSettingsOutput> Service::update_global_table_settings(Call&,
                                                                            UpdateGlobalTableSettingsInput request) {
    refuse_unknown(request.GlobalTableName);
}

Task<ListGlobalTablesOutput> Service::list_global_tables(Call&, ListGlobalTablesInput) {
    co_return ListGlobalTablesOutput{.GlobalTables = std::vector<GlobalTable>()};
}

Task<DescribeTableReplicaAutoScalingOutput> Service::describe_table_replica_auto_scaling(
    Call& call, DescribeTableReplicaAutoScalingInput request) {
    const Scope scope(call);
    const auto name = table_name(request.TableName);
    const auto table = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<DescribedTable> { co_return co_await load_named_table(tx, scope, name); });
    const auto& description = table.description;
    TableAutoScalingDescription scaling{.TableName = name, .TableStatus = description.TableStatus};
    auto& replicas = scaling.Replicas.emplace();
    replicas.push_back(describe_scaling(scope.region, "ACTIVE", description));
    for (const auto& replica : description.Replicas.value_or(std::vector<ReplicaDescription>())) {
        replicas.push_back(describe_scaling(*replica.RegionName, *replica.ReplicaStatus, description));
    }
    co_return DescribeTableReplicaAutoScalingOutput{.TableAutoScalingDescription = std::move(scaling)};
}

}  // namespace cumulet::dynamodb
