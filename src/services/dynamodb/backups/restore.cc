#include "services/dynamodb/backups/restore.h"

#include "services/dynamodb/vectors/definition.h"

namespace cumulet::dynamodb {

namespace {

namespace model = aws::dynamodb;

[[noreturn]] void refuse(std::string message) { throw aws::validation_error(std::move(message)); }

bool provisioned(const model::TableDescription& table) {
    return !table.BillingModeSummary || table.BillingModeSummary->BillingMode == "PROVISIONED";
}

std::optional<model::ProvisionedThroughput> throughput_of(
    const std::optional<model::ProvisionedThroughputDescription>& described) {
    if (!described || described->ReadCapacityUnits.value_or(0) == 0) return std::nullopt;
    return model::ProvisionedThroughput{.ReadCapacityUnits = *described->ReadCapacityUnits,
                                        .WriteCapacityUnits = *described->WriteCapacityUnits};
}

void check_billing(const RestoreOverrides& overrides, bool on_demand) {
    const auto& mode = overrides.billing_mode;
    if (mode == "PROVISIONED" && !overrides.throughput) {
        refuse("Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED");
    }
    if (on_demand && overrides.throughput) {
        refuse("Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED");
    }
    if (!on_demand && overrides.on_demand) {
        refuse(fmt::format("Cannot override {} for OnDemandThroughput unless BillingModeOverride is PAY_PER_REQUEST",
                           overrides.on_demand->MaxReadRequestUnits ? "MaxReadRequestUnits" : "MaxWriteRequestUnits"));
    }
}

/// True if `one` and `other` hold the same: an index may only change its name.
template <typename One, typename Other>
bool same_index(const One& one, const Other& other) {
    if (one.KeySchema != *other.KeySchema) return false;
    if (one.Projection.ProjectionType != other.Projection->ProjectionType) return false;
    auto mine = one.Projection.NonKeyAttributes.value_or(std::vector<std::string>());
    auto theirs = other.Projection->NonKeyAttributes.value_or(std::vector<std::string>());
    std::ranges::sort(mine);
    std::ranges::sort(theirs);
    return mine == theirs;
}

bool same_index(const model::VectorIndex& one, const model::VectorIndexDescription& other) {
    auto theirs = told<model::VectorIndex>(other);
    theirs.IndexName = one.IndexName;
    return one == theirs;
}

template <typename Wanted, typename Existing>
void check_indexes(const Wanted& wanted, const Existing& existing) {
    for (const auto& index : wanted) {
        if (existing && std::ranges::any_of(*existing, [&](const auto& other) { return same_index(index, other); })) {
            continue;
        }
        refuse(fmt::format(
            "Index {} does not match a secondary index that existed in the source table and cannot be created during "
            "the restore operation",
            index.IndexName));
    }
}

std::vector<model::LocalSecondaryIndex> local_indexes_of(const model::TableDescription& source) {
    std::vector<model::LocalSecondaryIndex> indexes;
    if (!source.LocalSecondaryIndexes) return indexes;
    for (const auto& index : *source.LocalSecondaryIndexes) {
        indexes.push_back(
            {.IndexName = *index.IndexName, .KeySchema = *index.KeySchema, .Projection = *index.Projection});
    }
    return indexes;
}

std::vector<model::GlobalSecondaryIndex> global_indexes_of(const model::TableDescription& source, bool on_demand) {
    std::vector<model::GlobalSecondaryIndex> indexes;
    if (!source.GlobalSecondaryIndexes) return indexes;
    for (const auto& index : *source.GlobalSecondaryIndexes) {
        if (index.IndexStatus == "DELETING") continue;
        indexes.push_back(
            {.IndexName = *index.IndexName, .KeySchema = *index.KeySchema, .Projection = *index.Projection});
        if (on_demand)
            indexes.back().OnDemandThroughput = index.OnDemandThroughput;
        else
            indexes.back().ProvisionedThroughput = throughput_of(index.ProvisionedThroughput);
    }
    return indexes;
}

std::vector<model::VectorIndex> vector_indexes_of(const model::TableDescription& source) {
    std::vector<model::VectorIndex> indexes;
    if (!source.VectorIndexes) return indexes;
    for (const auto& index : *source.VectorIndexes) {
        if (index.IndexStatus != "DELETING") indexes.push_back(told<model::VectorIndex>(index));
    }
    return indexes;
}

void check_index_billing(const std::vector<model::GlobalSecondaryIndex>& indexes, bool on_demand) {
    for (const auto& index : indexes) {
        if (on_demand && index.ProvisionedThroughput) {
            refuse(fmt::format(
                "Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST for index {}",
                index.IndexName));
        }
        if (!on_demand && !index.ProvisionedThroughput) {
            refuse(fmt::format("Must specify provisioned throughput for index {}", index.IndexName));
        }
    }
}

template <typename Indexes>
void add_key_names(std::set<std::string_view>& names, const Indexes& indexes) {
    for (const auto& index : indexes) {
        for (const auto& element : index.KeySchema) names.insert(element.AttributeName);
    }
}

void add_search_names(std::set<std::string_view>& names, const std::vector<model::VectorIndex>& indexes) {
    for (const auto& index : indexes) {
        if (!index.SearchSchema) continue;
        for (const auto& element : *index.SearchSchema) names.insert(element.AttributeName);
    }
}

}  // namespace

model::CreateTableInput restored_table(const model::TableDescription& source, std::string name,
                                       const RestoreOverrides& overrides) {
    const bool on_demand =
        overrides.billing_mode.value_or(provisioned(source) ? "PROVISIONED" : "PAY_PER_REQUEST") == "PAY_PER_REQUEST";
    check_billing(overrides, on_demand);
    auto local = overrides.local_indexes.value_or(local_indexes_of(source));
    auto global = overrides.global_indexes.value_or(global_indexes_of(source, on_demand));
    auto vectors = overrides.vector_indexes.value_or(vector_indexes_of(source));
    check_indexes(local, source.LocalSecondaryIndexes);
    check_indexes(global, source.GlobalSecondaryIndexes);
    check_indexes(vectors, source.VectorIndexes);
    check_index_billing(global, on_demand);

    model::CreateTableInput request{.TableName = std::move(name), .KeySchema = source.KeySchema};
    request.BillingMode = on_demand ? "PAY_PER_REQUEST" : "PROVISIONED";
    if (on_demand)
        request.OnDemandThroughput = overrides.on_demand ? overrides.on_demand : source.OnDemandThroughput;
    else
        request.ProvisionedThroughput =
            overrides.throughput ? overrides.throughput : throughput_of(source.ProvisionedThroughput);
    std::set<std::string_view> used;
    for (const auto& element : *source.KeySchema) used.insert(element.AttributeName);
    add_key_names(used, local);
    add_key_names(used, global);
    add_search_names(used, vectors);
    request.AttributeDefinitions.emplace();
    for (const auto& definition : *source.AttributeDefinitions) {
        if (used.contains(definition.AttributeName)) request.AttributeDefinitions->push_back(definition);
    }
    if (overrides.encryption)
        request.SSESpecification = overrides.encryption;
    else if (source.SSEDescription)
        request.SSESpecification = {.Enabled = true, .KMSMasterKeyId = source.SSEDescription->KMSMasterKeyArn};
    if (!local.empty()) request.LocalSecondaryIndexes = std::move(local);
    if (!global.empty()) request.GlobalSecondaryIndexes = std::move(global);
    if (!vectors.empty()) request.VectorIndexes = std::move(vectors);
    return request;
}

}  // namespace cumulet::dynamodb
