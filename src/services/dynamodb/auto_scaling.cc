// UpdateTableReplicaAutoScaling and DescribeTableReplicaAutoScaling: kept and described; nothing scales.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTableReplicaAutoScaling.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTableReplicaAutoScaling.html
#include "services/dynamodb/auto_scaling.h"

#include "contracts/reflect.h"
#include "services/dynamodb/beside.h"
#include "services/dynamodb/service.h"

namespace cumulet::dynamodb {

namespace {

using Settings = std::optional<AutoScalingSettingsDescription>;

constexpr double least_target = 10, most_target = 90;  // percent of the throughput

[[noreturn]] void refuse(const std::string& table, std::string_view why) {
    throw aws::validation_error(
        fmt::format("Failed to update settings for global table with name: ‘{}’{}", table, why));
}

/// DynamoDB passes on what Application Auto Scaling says.
[[noreturn]] void refuse_as_auto_scaling(const Call& call, std::string_view why) {
    throw aws::validation_error(fmt::format(
        "{} (Service: AWSApplicationAutoScaling; Status Code: 400; Error Code: ValidationException; Request ID: {}; "
        "Proxy: null)",
        why, call.request_id));
}

/// A table without replicas is none that these operations know.
Task<DescribedTable> load_global_table(store::Transaction& tx, Scope scope, std::string name) {
    auto table = co_await find_table(tx, std::move(scope), name);
    if (!table || table->replicas.empty()) {
        throw ResourceNotFoundException(fmt::format("Global table with name: '{}' does not exist.", name));
    }
    co_return std::move(*table);
}

const contracts::Shape& kept_shape() { return *aws::dynamodb::service.find("DescribeTableReplicaAutoScaling")->output; }

/// What is kept for the table in one region.
Task<ReplicaAutoScalingDescription> load_scaling(store::Transaction& tx, Scope scope, std::string table) {
    const auto found = co_await find_beside(tx, scope, scaling_kind, std::move(table), "");
    if (!found) co_return ReplicaAutoScalingDescription{};
    DescribeTableReplicaAutoScalingOutput kept;
    contracts::from_json(kept_shape(), &kept, json::parse(found->value));
    co_return std::move(kept.TableAutoScalingDescription->Replicas->front());
}

void save_scaling(store::Transaction& tx, const Scope& scope, const std::string& table,
                  ReplicaAutoScalingDescription replica) {
    const DescribeTableReplicaAutoScalingOutput kept{.TableAutoScalingDescription = {{.Replicas = {{replica}}}}};
    put_beside(tx, scope, scaling_kind,
               {.table = table, .name = "", .value = json::serialize(contracts::to_json(kept_shape(), &kept))});
}

ReplicaGlobalSecondaryIndexAutoScalingDescription& index_in(ReplicaAutoScalingDescription& replica,
                                                            const std::string& index) {
    if (!replica.GlobalSecondaryIndexes) replica.GlobalSecondaryIndexes.emplace();
    auto& indexes = *replica.GlobalSecondaryIndexes;
    const auto found =
        std::ranges::find_if(indexes, [&](const auto& described) { return described.IndexName == index; });
    return found == indexes.end()
               ? indexes.emplace_back(ReplicaGlobalSecondaryIndexAutoScalingDescription{.IndexName = index})
               : *found;
}

/// As AWS describes one region: every index of the table, and what does not scale said so.
ReplicaAutoScalingDescription shown(ReplicaAutoScalingDescription kept, std::string region, std::string status,
                                    const TableDescription& table) {
    const bool on_demand = table.BillingModeSummary && table.BillingModeSummary->BillingMode == "PAY_PER_REQUEST";
    const auto or_off = [&](Settings settings) {
        const bool off = !settings || on_demand;
        if (!settings) settings.emplace().ScalingPolicies.emplace();
        if (off) settings->AutoScalingDisabled = true;
        return settings;
    };
    ReplicaAutoScalingDescription replica{.RegionName = std::move(region),
                                          .ReplicaProvisionedReadCapacityAutoScalingSettings =
                                              or_off(std::move(kept.ReplicaProvisionedReadCapacityAutoScalingSettings)),
                                          .ReplicaProvisionedWriteCapacityAutoScalingSettings = or_off(
                                              std::move(kept.ReplicaProvisionedWriteCapacityAutoScalingSettings)),
                                          .ReplicaStatus = std::move(status)};
    if (!table.GlobalSecondaryIndexes) return replica;
    auto& indexes = replica.GlobalSecondaryIndexes.emplace();
    for (const auto& index : *table.GlobalSecondaryIndexes) {
        if (index.IndexStatus == "CREATING") continue;
        auto& known = index_in(kept, *index.IndexName);
        indexes.push_back({.IndexName = index.IndexName,
                           .IndexStatus = index.IndexStatus,
                           .ProvisionedReadCapacityAutoScalingSettings =
                               or_off(std::move(known.ProvisionedReadCapacityAutoScalingSettings)),
                           .ProvisionedWriteCapacityAutoScalingSettings =
                               or_off(std::move(known.ProvisionedWriteCapacityAutoScalingSettings))});
    }
    return replica;
}

/// The table in all its regions, by their names.
Task<TableAutoScalingDescription> describe(store::Transaction& tx, Scope scope, const DescribedTable& table) {
    const auto& description = table.description;
    TableAutoScalingDescription scaling{.TableName = table.name, .TableStatus = description.TableStatus};
    auto& replicas = scaling.Replicas.emplace();
    replicas.push_back(shown(co_await load_scaling(tx, scope, table.name), scope.region, "ACTIVE", description));
    for (const auto& replica : description.Replicas.value_or(std::vector<ReplicaDescription>())) {
        auto kept = co_await load_scaling(tx, {scope.account, *replica.RegionName}, table.name);
        replicas.push_back(shown(std::move(kept), *replica.RegionName, *replica.ReplicaStatus, description));
    }
    std::ranges::sort(replicas, {}, [](const auto& replica) { return *replica.RegionName; });
    co_return scaling;
}

/// What an update makes of settings: it replaces them, or takes them away.
Settings settings_of(const Call& call, const std::string& table, const AutoScalingSettingsUpdate& update,
                     std::string_view kind, const std::string& index) {
    const auto names = [&](bool given) {
        std::vector<std::string_view> found;
        if (update.MaximumUnits.has_value() == given) found.push_back("'MaximumUnits'");
        if (update.ScalingPolicyUpdate.has_value() == given) found.push_back("'ScalingPolicyUpdate'");
        if (update.MinimumUnits.has_value() == given) found.push_back("'MinimumUnits'");
        return found;
    };
    if (update.AutoScalingDisabled.value_or(false)) {
        if (const auto given = names(true); !given.empty()) {
            refuse(table, fmt::format(": Parameters {} must be left blank when disabling auto scaling.",
                                      fmt::join(given, ", ")));
        }
        return std::nullopt;
    }
    if (const auto missing = names(false); !missing.empty()) {
        refuse(table, fmt::format(": Parameters {} are required unless auto scaling is being disabled.",
                                  fmt::join(missing, ", ")));
    }
    if (*update.MaximumUnits < *update.MinimumUnits) {
        refuse_as_auto_scaling(call, "Maximum capacity cannot be less than minimum capacity");
    }
    const auto& policy = *update.ScalingPolicyUpdate;
    const auto& tracking = policy.TargetTrackingScalingPolicyConfiguration;
    if (tracking.TargetValue < least_target || tracking.TargetValue > most_target) {
        refuse_as_auto_scaling(
            call, fmt::format("For predefined metric type DynamoDB{}CapacityUtilization, target value must be between "
                              "'{:.1f}' and '{:.1f}', but was '{:.1f}'.",
                              kind, least_target, most_target, tracking.TargetValue));
    }
    const auto name =
        fmt::format("DynamoDB{}CapacityUtilization:table/{}{}", kind, table, index.empty() ? "" : "/index/" + index);
    const auto role = fmt::format(
        "arn:aws:iam::{}:role/aws-service-role/dynamodb.application-autoscaling.amazonaws.com/"
        "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable",
        call.account);
    return AutoScalingSettingsDescription{
        .MinimumUnits = update.MinimumUnits,
        .MaximumUnits = update.MaximumUnits,
        .AutoScalingRoleArn = update.AutoScalingRoleArn.value_or(role),
        .ScalingPolicies = {
            {{.PolicyName = policy.PolicyName.value_or(name),
              .TargetTrackingScalingPolicyConfiguration = {{.DisableScaleIn = tracking.DisableScaleIn,
                                                            .ScaleInCooldown = tracking.ScaleInCooldown,
                                                            .ScaleOutCooldown = tracking.ScaleOutCooldown,
                                                            .TargetValue = tracking.TargetValue}}}}}};
}

/// Throws ResourceNotFoundException for an index that is not there, or not yet.
const std::string& check_index(const DescribedTable& table, const std::optional<std::string>& index) {
    const auto matches = [&](const Index& each) { return each.global && each.readable && each.name == index; };
    if (!index || std::ranges::none_of(table.indexes, matches)) {
        // Unverified: the words.
        throw ResourceNotFoundException(
            fmt::format("Requested resource not found: Index {} for table {}", index.value_or("null"), table.name));
    }
    return *index;
}

/// Applies what `request` says to the settings of one region.
void change(const Call& call, const DescribedTable& table, const UpdateTableReplicaAutoScalingInput& request,
            const std::string& region, ReplicaAutoScalingDescription& replica) {
    const auto apply = [&](Settings& settings, const std::optional<AutoScalingSettingsUpdate>& update,
                           std::string_view kind, const std::string& index) {
        if (update) settings = settings_of(call, table.name, *update, kind, index);
    };
    apply(replica.ReplicaProvisionedWriteCapacityAutoScalingSettings, request.ProvisionedWriteCapacityAutoScalingUpdate,
          "Write", "");
    if (request.GlobalSecondaryIndexUpdates) {
        for (const auto& update : *request.GlobalSecondaryIndexUpdates) {
            const auto& index = check_index(table, update.IndexName);
            apply(index_in(replica, index).ProvisionedWriteCapacityAutoScalingSettings,
                  update.ProvisionedWriteCapacityAutoScalingUpdate, "Write", index);
        }
    }
    if (!request.ReplicaUpdates) return;
    for (const auto& update : *request.ReplicaUpdates) {
        if (update.RegionName != region) continue;
        apply(replica.ReplicaProvisionedReadCapacityAutoScalingSettings,
              update.ReplicaProvisionedReadCapacityAutoScalingUpdate, "Read", "");
        if (!update.ReplicaGlobalSecondaryIndexUpdates) continue;
        for (const auto& of_index : *update.ReplicaGlobalSecondaryIndexUpdates) {
            const auto& index = check_index(table, of_index.IndexName);
            apply(index_in(replica, index).ProvisionedReadCapacityAutoScalingSettings,
                  of_index.ProvisionedReadCapacityAutoScalingUpdate, "Read", index);
        }
    }
}

void check_regions(const UpdateTableReplicaAutoScalingInput& request, const DescribedTable& table,
                   const std::vector<std::string>& regions) {
    if (!request.ReplicaUpdates) return;
    std::set<std::string> seen;
    for (const auto& update : *request.ReplicaUpdates) {
        const auto& region = update.RegionName;
        if (!update.ReplicaProvisionedReadCapacityAutoScalingUpdate && !update.ReplicaGlobalSecondaryIndexUpdates) {
            refuse(table.name,
                   fmt::format(" because at least one update parameter must be specified for region: ‘{}’.", region));
        }
        if (!seen.insert(region).second) {
            refuse(table.name, fmt::format(" because the regions: ‘[{}]’ were specified more than once.", region));
        }
        if (std::ranges::find(regions, region) != regions.end()) continue;
        // Unverified: the words.
        throw ResourceNotFoundException(
            fmt::format("Global table with name: '{}' has no replica in region: '{}'.", table.name, region));
    }
}

}  // namespace

Task<void> pass_on_scaling(store::Transaction& tx, Scope from, Scope to, std::string table) {
    auto kept = co_await load_scaling(tx, std::move(from), table);
    if (kept == ReplicaAutoScalingDescription{}) co_return;
    kept.ReplicaProvisionedReadCapacityAutoScalingSettings.reset();
    if (kept.GlobalSecondaryIndexes) {
        for (auto& index : *kept.GlobalSecondaryIndexes) index.ProvisionedReadCapacityAutoScalingSettings.reset();
    }
    save_scaling(tx, to, table, std::move(kept));
}

Task<UpdateTableReplicaAutoScalingOutput> Service::update_table_replica_auto_scaling(
    Call& call, UpdateTableReplicaAutoScalingInput request) {
    const Scope scope(call);
    const auto name = table_name(request.TableName);
    auto scaling = co_await store_.transact([&](store::Transaction& tx) -> Task<TableAutoScalingDescription> {
        const auto table = co_await load_global_table(tx, scope, name);
        if (!request.ProvisionedWriteCapacityAutoScalingUpdate && !request.GlobalSecondaryIndexUpdates &&
            !request.ReplicaUpdates) {
            refuse(name, " because at least one update parameter must be specified.");
        }
        auto regions = table.replicas;
        regions.push_back(scope.region);
        check_regions(request, table, regions);
        for (const auto& region : regions) {
            const Scope there(scope.account, region);
            auto replica = co_await load_scaling(tx, there, name);
            change(call, table, request, region, replica);
            save_scaling(tx, there, name, std::move(replica));
        }
        co_return co_await describe(tx, scope, table);
    });
    scaling.TableStatus = "UPDATING";  // as AWS says while it applies them
    co_return UpdateTableReplicaAutoScalingOutput{.TableAutoScalingDescription = std::move(scaling)};
}

Task<DescribeTableReplicaAutoScalingOutput> Service::describe_table_replica_auto_scaling(
    Call& call, DescribeTableReplicaAutoScalingInput request) {
    const Scope scope(call);
    const auto name = table_name(request.TableName);
    auto scaling = co_await store_.transact([&](store::Transaction& tx) -> Task<TableAutoScalingDescription> {
        const auto table = co_await load_global_table(tx, scope, name);
        co_return co_await describe(tx, scope, table);
    });
    co_return DescribeTableReplicaAutoScalingOutput{.TableAutoScalingDescription = std::move(scaling)};
}

}  // namespace cumulet::dynamodb
