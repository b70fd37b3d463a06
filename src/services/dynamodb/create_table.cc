// What CreateTable and UpdateTable accept: the schema's rules, and the words with which DynamoDB refuses the rest.
#include "services/dynamodb/table.h"

namespace cumulet::dynamodb {

namespace {

using aws::dynamodb::CreateTableInput;
using aws::dynamodb::KeySchemaElement;

constexpr size_t max_local_indexes = 5;
constexpr size_t max_global_indexes = 20;

[[noreturn]] void invalid(std::string_view message) {
    throw aws::validation_error(fmt::format("One or more parameter values were invalid: {}", message));
}

using Definitions = std::vector<aws::dynamodb::AttributeDefinition>;

AttributeType type_of(const Definitions& definitions, std::string_view name) {
    for (const auto& definition : definitions) {
        if (definition.AttributeName != name) continue;
        return definition.AttributeType == "S"   ? AttributeType::S
               : definition.AttributeType == "N" ? AttributeType::N
                                                 : AttributeType::B;
    }
    throw std::logic_error("a key attribute without definition");
}

KeySchema schema_of(const std::vector<KeySchemaElement>& elements, const Definitions& definitions) {
    std::vector<std::string> keys, defined;
    for (const auto& element : elements) keys.push_back(element.AttributeName);
    for (const auto& definition : definitions) defined.push_back(definition.AttributeName);
    for (const auto& name : keys) {
        if (std::ranges::find(defined, name) == defined.end()) {
            invalid(
                fmt::format("Some index key attributes are not defined in AttributeDefinitions. Keys: [{}], "
                            "AttributeDefinitions: [{}]",
                            fmt::join(keys, ", "), fmt::join(defined, ", ")));
        }
    }
    if (keys.size() > 1 && keys[0] == keys[1]) {
        throw aws::validation_error("Both the Hash Key and the Range Key element in the KeySchema have the same name");
    }
    if (elements[0].KeyType != "HASH") {
        throw aws::validation_error("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
    }
    if (elements.size() > 1 && elements[1].KeyType != "RANGE") {
        throw aws::validation_error("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
    }
    KeySchema schema{.hash = keys[0], .hash_type = type_of(definitions, keys[0])};
    if (keys.size() > 1) {
        schema.range = keys[1];
        schema.range_type = type_of(definitions, keys[1]);
    }
    return schema;
}

void check_throughput(const CreateTableInput& request) {
    const bool on_demand = request.BillingMode == "PAY_PER_REQUEST";
    const auto& throughput = request.ProvisionedThroughput;
    if (on_demand && throughput) {
        invalid(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
    }
    if (!on_demand && !throughput) {
        invalid("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED");
    }
}

/// What would change the table's meaning and is not done here is refused by name.
void refuse_unbuilt(const CreateTableInput& request) {
    const auto refuse = [](std::string_view what) { throw aws::not_implemented("dynamodb", "CreateTable", what); };
    if (request.StreamSpecification && request.StreamSpecification->StreamEnabled) refuse("StreamSpecification");
    if (request.ResourcePolicy) refuse("ResourcePolicy");
    if (request.GlobalTableSourceArn) refuse("GlobalTableSourceArn");
    if (request.VectorIndexes) refuse("VectorIndexes");
}

Index index_of(std::string_view name, const std::vector<KeySchemaElement>& elements,
               const aws::dynamodb::Projection& projection, const Definitions& definitions) {
    Index index{.name = std::string(name), .key = schema_of(elements, definitions)};
    if (!projection.ProjectionType) invalid("Unknown ProjectionType: null");
    index.projection = *projection.ProjectionType;
    if (projection.NonKeyAttributes) {
        if (index.projection != "INCLUDE") {
            invalid(fmt::format("ProjectionType is {}, but NonKeyAttributes is specified", index.projection));
        }
        index.non_key = *projection.NonKeyAttributes;
    } else if (index.projection == "INCLUDE") {
        invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
    }
    return index;
}

void add_local_indexes(DescribedTable& table, const CreateTableInput& request, const Definitions& definitions) {
    if (!request.LocalSecondaryIndexes) return;
    if (request.LocalSecondaryIndexes->empty()) invalid("List of LocalSecondaryIndexes is empty");
    if (!table.key.has_range()) {
        invalid("Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex");
    }
    auto& described = table.description.LocalSecondaryIndexes.emplace();
    for (const auto& local : *request.LocalSecondaryIndexes) {
        Index index = index_of(local.IndexName, local.KeySchema, local.Projection, definitions);
        index.global = false;
        if (!index.key.has_range()) {
            invalid(fmt::format("Index KeySchema does not have a range key for index: {}", index.name));
        }
        if (index.key.hash != table.key.hash) {
            invalid(
                fmt::format("Index KeySchema does not have the same leading hash key as table KeySchema for index: {}. "
                            "index hash key: {}, table hash key: {}",
                            index.name, index.key.hash, table.key.hash));
        }
        table.indexes.push_back(std::move(index));
        described.push_back({.IndexName = local.IndexName,
                             .KeySchema = local.KeySchema,
                             .Projection = local.Projection,
                             .IndexSizeBytes = 0,
                             .ItemCount = 0});
    }
    if (table.indexes.size() > max_local_indexes) {
        invalid("Number of LocalSecondaryIndexes exceeds per-table limit of 5");
    }
}

/// The attributes that keys of the table or its indexes name.
std::set<std::string_view> key_names(const Table& table) {
    std::set<std::string_view> names{table.key.hash, table.key.range};
    for (const auto& index : table.indexes) names.insert({index.key.hash, index.key.range});
    names.erase("");
    return names;
}

void check_names(const DescribedTable& table) {
    const auto& definitions = *table.description.AttributeDefinitions;
    std::set<std::string_view> names;
    for (const auto& index : table.indexes) {
        if (!names.insert(index.name).second) invalid(fmt::format("Duplicate index name: {}", index.name));
    }
    const auto used = key_names(table);
    if (used.size() == definitions.size()) return;
    if (table.indexes.empty()) {
        invalid(
            "Number of attributes in KeySchema does not exactly match number of attributes defined in "
            "AttributeDefinitions");
    }
    // Unverified: the order of the names in this text.
    std::vector<std::string> defined;
    for (const auto& definition : definitions) defined.push_back(definition.AttributeName);
    invalid(fmt::format("Some AttributeDefinitions are not used. AttributeDefinitions: [{}], keys used: [{}]",
                        fmt::join(defined, ", "), fmt::join(used, ", ")));
}

aws::dynamodb::ProvisionedThroughputDescription describe(
    const std::optional<aws::dynamodb::ProvisionedThroughput>& given) {
    return {.NumberOfDecreasesToday = 0,
            .ReadCapacityUnits = given ? given->ReadCapacityUnits : 0,
            .WriteCapacityUnits = given ? given->WriteCapacityUnits : 0};
}

}  // namespace

void add_global_index(DescribedTable& table, const aws::dynamodb::GlobalSecondaryIndex& global) {
    const auto& billing = table.description.BillingModeSummary;
    const bool on_demand = billing && billing->BillingMode == "PAY_PER_REQUEST";
    if (on_demand && global.ProvisionedThroughput) {
        invalid(fmt::format(
            "ProvisionedThroughput should not be specified for index: {} when BillingMode is PAY_PER_REQUEST",
            global.IndexName));
    }
    if (!on_demand && !global.ProvisionedThroughput) {
        invalid(fmt::format("ProvisionedThroughput must be specified for index: {}", global.IndexName));
    }
    table.indexes.push_back(
        index_of(global.IndexName, global.KeySchema, global.Projection, *table.description.AttributeDefinitions));
    auto& described = table.description.GlobalSecondaryIndexes;
    if (!described) described.emplace();
    described->push_back({.IndexName = global.IndexName,
                          .KeySchema = global.KeySchema,
                          .Projection = global.Projection,
                          .IndexStatus = "ACTIVE",
                          .ProvisionedThroughput = describe(global.ProvisionedThroughput),
                          .IndexSizeBytes = 0,
                          .ItemCount = 0,
                          .OnDemandThroughput = global.OnDemandThroughput});
    if (described->size() > max_global_indexes) {
        invalid("GlobalSecondaryIndex count exceeds the per-table limit of 20");
    }
}

DescribedTable table_of(const CreateTableInput& request) {
    if (!request.AttributeDefinitions || !request.KeySchema || request.KeySchema->empty()) {
        throw aws::validation_error("Invalid KeySchema: Some index key attribute have no definition");
    }
    const auto& definitions = *request.AttributeDefinitions;
    DescribedTable table;
    table.name = table_name(request.TableName);
    check_throughput(request);
    table.key = schema_of(*request.KeySchema, definitions);

    auto& description = table.description;
    description.AttributeDefinitions = definitions;
    description.TableName = table.name;
    description.KeySchema = request.KeySchema;
    description.TableStatus = "ACTIVE";
    description.ProvisionedThroughput = describe(request.ProvisionedThroughput);
    if (request.BillingMode == "PAY_PER_REQUEST") description.BillingModeSummary = {.BillingMode = "PAY_PER_REQUEST"};
    description.DeletionProtectionEnabled = request.DeletionProtectionEnabled.value_or(false);
    description.OnDemandThroughput = request.OnDemandThroughput;
    if (request.TableClass) description.TableClassSummary = {.TableClass = request.TableClass};
    if (request.SSESpecification && request.SSESpecification->Enabled.value_or(false)) {
        description.SSEDescription = {.Status = "ENABLED",
                                      .SSEType = request.SSESpecification->SSEType.value_or("KMS")};
    }

    add_local_indexes(table, request, definitions);
    if (request.GlobalSecondaryIndexes) {
        if (request.GlobalSecondaryIndexes->empty()) invalid("List of GlobalSecondaryIndexes is empty");
        for (const auto& global : *request.GlobalSecondaryIndexes) add_global_index(table, global);
    }
    check_names(table);
    refuse_unbuilt(request);
    if (request.Tags) {
        for (const auto& tag : *request.Tags) table.tags[tag.Key] = tag.Value;
    }
    return table;
}

std::vector<Index> change_indexes(DescribedTable& table, const aws::dynamodb::UpdateTableInput& request) {
    std::vector<Index> removed;
    auto& definitions = *table.description.AttributeDefinitions;
    for (const auto& definition : request.AttributeDefinitions.value_or(Definitions())) {
        if (std::ranges::find(definitions, definition.AttributeName,
                              &aws::dynamodb::AttributeDefinition::AttributeName) == definitions.end()) {
            definitions.push_back(definition);
        }
    }
    if (!request.GlobalSecondaryIndexUpdates) return removed;
    auto& described = table.description.GlobalSecondaryIndexes;
    for (const auto& change : *request.GlobalSecondaryIndexUpdates) {
        if (change.Create) {
            const auto& made = *change.Create;
            add_global_index(table, {.IndexName = made.IndexName,
                                     .KeySchema = made.KeySchema,
                                     .Projection = made.Projection,
                                     .ProvisionedThroughput = made.ProvisionedThroughput,
                                     .OnDemandThroughput = made.OnDemandThroughput});
            continue;
        }
        const auto& name = change.Delete ? change.Delete->IndexName : change.Update ? change.Update->IndexName : "";
        const auto index = std::ranges::find(table.indexes, name, &Index::name);
        if (index == table.indexes.end() || !index->global) {
            throw aws::dynamodb::ResourceNotFoundException("Requested resource not found");
        }
        const auto of_name = [&](const auto& entry) { return entry.IndexName == name; };
        if (change.Delete) {
            removed.push_back(std::move(*index));
            table.indexes.erase(index);
            std::erase_if(*described, of_name);
        } else if (change.Update->ProvisionedThroughput) {
            std::ranges::find_if(*described, of_name)->ProvisionedThroughput =
                describe(change.Update->ProvisionedThroughput);
        }
    }
    if (described && described->empty()) described.reset();
    const auto used = key_names(table);
    std::erase_if(definitions, [&](const auto& definition) { return !used.contains(definition.AttributeName); });
    check_names(table);
    return removed;
}

}  // namespace cumulet::dynamodb
