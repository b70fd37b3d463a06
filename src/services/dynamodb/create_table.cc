// What CreateTable accepts: the schema's rules, and the words with which DynamoDB refuses the rest.
#include "base/hash.h"
#include "services/dynamodb/table.h"
#include "services/dynamodb/tags.h"
#include "services/dynamodb/throughput.h"
#include "services/dynamodb/vectors/definition.h"

namespace cumulet::dynamodb {

namespace {

using aws::dynamodb::CreateTableInput;
using aws::dynamodb::KeySchemaElement;

constexpr size_t max_local_indexes = 5;
constexpr size_t max_attributes_a_kind = 4;

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

/// What has a key; those of local indexes are like a table's.
enum class Keyed { table, global_index };

[[noreturn]] void refuse_schema(std::string_view reason) {
    throw aws::validation_error(fmt::format("Invalid KeySchema: {}", reason));
}

/// A global index's key: up to four HASH attributes, then up to four RANGE attributes.
void check_long_key(const std::vector<KeySchemaElement>& elements) {
    const auto is_hash = [](const KeySchemaElement& element) { return element.KeyType == "HASH"; };
    if (!std::ranges::is_partitioned(elements, is_hash)) {
        refuse_schema("All HASH key attributes must precede RANGE key attributes in the KeySchema");
    }
    const auto hashes = static_cast<size_t>(std::ranges::count_if(elements, is_hash));
    for (const auto& [kind, count] : {std::pair("HASH", hashes), std::pair("RANGE", elements.size() - hashes)}) {
        if (count <= max_attributes_a_kind) continue;
        refuse_schema(fmt::format("The KeySchema exceeds the maximum allowed number of {} key attributes", kind));
    }
    std::set<std::string_view> names;
    for (const auto& element : elements) {
        if (names.insert(element.AttributeName).second) continue;
        refuse_schema("The KeySchema contains multiple key attributes with the same name");
    }
}

void add_attribute(KeySchema& schema, const KeySchemaElement& element, AttributeType type) {
    const bool hash = element.KeyType == "HASH";
    auto& first = hash ? schema.hash : schema.range;
    if (!first.empty()) {
        (hash ? schema.more_hash : schema.more_range).push_back({element.AttributeName, type});
        return;
    }
    first = element.AttributeName;
    (hash ? schema.hash_type : schema.range_type) = type;
}

KeySchema schema_of(const std::vector<KeySchemaElement>& elements, const Definitions& definitions, Keyed keyed) {
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
    const bool pair = keys.size() == 2 && elements[1].KeyType == "RANGE";
    if (keys.size() > 1 && keys[0] == keys[1] && (pair || keyed == Keyed::table)) {
        throw aws::validation_error("Both the Hash Key and the Range Key element in the KeySchema have the same name");
    }
    if (elements[0].KeyType != "HASH") refuse_schema("The first KeySchemaElement is not a HASH key type");
    if (keyed == Keyed::table && elements.size() > 1 && !pair) {
        refuse_schema("The second KeySchemaElement is not a RANGE key type");
    }
    if (keyed == Keyed::global_index) check_long_key(elements);
    KeySchema schema;
    for (const auto& element : elements) add_attribute(schema, element, type_of(definitions, element.AttributeName));
    return schema;
}

/// Only global indexes have keys of more than two attributes.
void check_key_length(const std::vector<KeySchemaElement>& elements, std::string_view place,
                      std::vector<std::string>& broken) {
    if (elements.size() <= 2) return;
    std::vector<std::string> shown;
    for (const auto& element : elements) {
        shown.push_back(
            fmt::format("KeySchemaElement(AttributeName={}, KeyType={})", element.AttributeName, element.KeyType));
    }
    broken.push_back(fmt::format(
        "Value '[{}]' at '{}' failed to satisfy constraint: Member must have length less than or equal to 2",
        fmt::join(shown, ", "), place));
}

/// The contract leaves them open for replicas that are made alone, which are not built.
void check_schema_given(const CreateTableInput& request) {
    std::vector<std::string> broken;
    if (!request.AttributeDefinitions) {
        broken.push_back("Value null at 'attributeDefinitions' failed to satisfy constraint: Member must not be null");
    }
    if (!request.KeySchema) {
        broken.push_back("Value null at 'keySchema' failed to satisfy constraint: Member must not be null");
    } else {
        check_key_length(*request.KeySchema, "keySchema", broken);
    }
    if (request.LocalSecondaryIndexes) {
        size_t number = 0;
        for (const auto& local : *request.LocalSecondaryIndexes) {
            check_key_length(local.KeySchema, fmt::format("localSecondaryIndexes.{}.member.keySchema", ++number),
                             broken);
        }
    }
    if (!broken.empty()) {
        throw aws::validation_error(fmt::format("{} validation error{} detected: {}", broken.size(),
                                                broken.size() == 1 ? "" : "s", fmt::join(broken, "; ")));
    }
}

void check_throughput(const CreateTableInput& request) {
    const bool on_demand = request.BillingMode == "PAY_PER_REQUEST";
    if (on_demand && request.ProvisionedThroughput) {
        invalid(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
    }
    if (!on_demand && !request.ProvisionedThroughput) {
        invalid("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED");
    }
    check_bounds("", request.ProvisionedThroughput);
    check_on_demand(request.OnDemandThroughput, on_demand, "");
}

/// DynamoDB keeps them by name.
Definitions sorted(Definitions definitions) {
    std::ranges::sort(definitions, {}, &aws::dynamodb::AttributeDefinition::AttributeName);
    for (size_t at = 1; at < definitions.size(); ++at) {
        if (definitions[at].AttributeName != definitions[at - 1].AttributeName) continue;
        throw aws::validation_error(fmt::format("Attribute Name is duplicated: {}", definitions[at].AttributeName));
    }
    return definitions;
}

/// What would change the table's meaning and is not done here is refused by name.
void refuse_unbuilt(const CreateTableInput& request) {
    const auto refuse = [](std::string_view what) { throw aws::not_implemented("dynamodb", "CreateTable", what); };
    if (request.GlobalTableSourceArn) refuse("GlobalTableSourceArn");
}

aws::dynamodb::Projection described(const Index& index) {
    aws::dynamodb::Projection projection{.ProjectionType = index.projection};
    if (!index.non_key.empty()) projection.NonKeyAttributes = index.non_key;
    return projection;
}

Index index_of(std::string_view name, KeySchema key, const aws::dynamodb::Projection& projection) {
    Index index{.name = std::string(name), .key = std::move(key)};
    index.projection = projection_kind(projection);
    index.non_key = projected_names(projection);
    return index;
}

void add_local_indexes(DescribedTable& table, const CreateTableInput& request, const Definitions& definitions) {
    if (!request.LocalSecondaryIndexes) return;
    if (request.LocalSecondaryIndexes->empty()) invalid("List of LocalSecondaryIndexes is empty");
    if (!table.key.has_range()) {
        invalid("Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex");
    }
    auto& entries = table.description.LocalSecondaryIndexes.emplace();
    for (const auto& local : *request.LocalSecondaryIndexes) {
        auto key = schema_of(local.KeySchema, definitions, Keyed::table);
        if (!key.has_range()) {
            invalid(fmt::format("Index KeySchema does not have a range key for index: {}", local.IndexName));
        }
        if (key.hash != table.key.hash) {
            invalid(
                fmt::format("Index KeySchema does not have the same leading hash key as table KeySchema for index: {}. "
                            "index hash key: {}, table hash key: {}",
                            local.IndexName, key.hash, table.key.hash));
        }
        Index index = index_of(local.IndexName, std::move(key), local.Projection);
        index.global = false;
        entries.push_back({.IndexName = local.IndexName,
                           .KeySchema = local.KeySchema,
                           .Projection = described(index),
                           .IndexSizeBytes = 0,
                           .ItemCount = 0});
        table.indexes.push_back(std::move(index));
    }
    if (table.indexes.size() > max_local_indexes) {
        invalid("Number of LocalSecondaryIndexes exceeds per-table limit of 5");
    }
}

void check_index_names(const Table& table) {
    std::set<std::string_view> names;
    const auto add = [&](std::string_view name) {
        if (!names.insert(name).second) invalid(fmt::format("Duplicate index name: {}", name));
    };
    for (const auto& index : table.indexes) add(index.name);
    for (const auto& index : table.vectors) add(index.name);
}

template <typename Indexes>
void add_key_names(std::set<std::string_view>& names, const std::optional<Indexes>& indexes) {
    if (!indexes) return;
    for (const auto& index : *indexes) {
        for (const auto& element : index.KeySchema) names.insert(element.AttributeName);
    }
}

/// Also the vectors' own attributes, which may not be defined: that is said elsewhere.
void add_search_names(std::set<std::string_view>& names, const CreateTableInput& request) {
    if (!request.VectorIndexes) return;
    for (const auto& index : *request.VectorIndexes) {
        names.insert(index.VectorAttribute.AttributeName);
        if (!index.SearchSchema) continue;
        for (const auto& element : *index.SearchSchema) names.insert(element.AttributeName);
    }
}

/// Every definition is some key's or search schema's: DynamoDB looks at this before anything else about indexes.
void check_definitions_used(const CreateTableInput& request) {
    std::set<std::string_view> used;
    for (const auto& element : *request.KeySchema) used.insert(element.AttributeName);
    add_key_names(used, request.LocalSecondaryIndexes);
    add_key_names(used, request.GlobalSecondaryIndexes);
    add_search_names(used, request);
    std::vector<std::string> defined;
    for (const auto& definition : *request.AttributeDefinitions) defined.push_back(definition.AttributeName);
    if (std::ranges::all_of(defined, [&](const std::string& name) { return used.contains(name); })) return;
    if (!request.LocalSecondaryIndexes && !request.GlobalSecondaryIndexes && !request.VectorIndexes) {
        invalid(
            "Number of attributes in KeySchema does not exactly match number of attributes defined in "
            "AttributeDefinitions");
    }
    // Unverified: the order of the names in this text.
    invalid(fmt::format("Some AttributeDefinitions are not used. AttributeDefinitions: [{}], keys used: [{}]",
                        fmt::join(defined, ", "), fmt::join(used, ", ")));
}

bool billed_on_demand(const aws::dynamodb::TableDescription& description) {
    return description.BillingModeSummary && description.BillingModeSummary->BillingMode == "PAY_PER_REQUEST";
}

}  // namespace

std::string projection_kind(const aws::dynamodb::Projection& projection) {
    if (!projection.ProjectionType) invalid("Unknown ProjectionType: null");
    if (projection.NonKeyAttributes && projection.ProjectionType != "INCLUDE") {
        invalid(fmt::format("ProjectionType is {}, but NonKeyAttributes is specified", *projection.ProjectionType));
    }
    if (!projection.NonKeyAttributes && projection.ProjectionType == "INCLUDE") {
        invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
    }
    return *projection.ProjectionType;
}

std::vector<std::string> projected_names(const aws::dynamodb::Projection& projection) {
    if (!projection.NonKeyAttributes) return {};
    auto names = *projection.NonKeyAttributes;
    std::ranges::sort(names);
    const auto twice = std::ranges::adjacent_find(names);
    if (twice != names.end()) invalid(fmt::format("Duplicate element in NonKeyAttributes: {}", *twice));
    return names;
}

void check_on_demand(const std::optional<aws::dynamodb::OnDemandThroughput>& throughput, bool on_demand,
                     const std::string& index) {
    if (!throughput || on_demand) return;
    const std::string_view name = throughput->MaxReadRequestUnits ? "MaxReadRequestUnits" : "MaxWriteRequestUnits";
    if (index.empty()) {
        invalid(
            fmt::format("{} for OnDemandThroughput cannot be specified when table BillingMode is PROVISIONED.", name));
    }
    invalid(fmt::format(
        "{} for OnDemandThroughput for index: {} cannot be specified when table BillingMode is PROVISIONED.", name,
        index));
}

void check_index_throughput(const aws::dynamodb::GlobalSecondaryIndex& global, bool on_demand) {
    if (on_demand && global.ProvisionedThroughput) {
        invalid(fmt::format(
            "ProvisionedThroughput should not be specified for index: {} when BillingMode is PAY_PER_REQUEST",
            global.IndexName));
    }
    if (!on_demand && !global.ProvisionedThroughput) {
        invalid(fmt::format("ProvisionedThroughput is not specified for index: {}", global.IndexName));
    }
    check_on_demand(global.OnDemandThroughput, on_demand, global.IndexName);
}

void add_global_index(DescribedTable& table, const aws::dynamodb::GlobalSecondaryIndex& global,
                      const std::string& region) {
    check_index_throughput(global, billed_on_demand(table.description));
    auto key = schema_of(global.KeySchema, *table.description.AttributeDefinitions, Keyed::global_index);
    Index index = index_of(global.IndexName, std::move(key), global.Projection);
    const ThroughputOf whose{global.IndexName, region};
    aws::dynamodb::GlobalSecondaryIndexDescription entry{
        .IndexName = global.IndexName,
        .KeySchema = global.KeySchema,
        .Projection = described(index),
        .IndexStatus = "ACTIVE",
        .ProvisionedThroughput = new_throughput(whose, global.ProvisionedThroughput),
        .IndexSizeBytes = 0,
        .ItemCount = 0};
    if (global.OnDemandThroughput) {
        change_on_demand(whose, entry.OnDemandThroughput, *global.OnDemandThroughput, true);
    }
    auto warmth = initial_warmth(*entry.ProvisionedThroughput);
    if (global.WarmThroughput) change_warmth(whose, warmth, *global.WarmThroughput, true);
    entry.WarmThroughput = as_warmth<aws::dynamodb::GlobalSecondaryIndexWarmThroughputDescription>(warmth);
    table.indexes.push_back(std::move(index));
    auto& entries = table.description.GlobalSecondaryIndexes;
    if (!entries) entries.emplace();
    entries->push_back(std::move(entry));
}

namespace {

constexpr auto aws_managed_key = "alias/aws/dynamodb";

/// Of an account in a region always the same, in the form of a UUID.
std::string id_of_managed_key(const std::string& region, const std::string& account) {
    const auto digest = sha256_hex(fmt::format("{} {} {}", aws_managed_key, region, account));
    const std::string_view text(digest);
    return fmt::format("{}-{}-{}-{}-{}", text.substr(0, 8), text.substr(8, 4), text.substr(12, 4), text.substr(16, 4),
                       text.substr(20, 12));
}

void check_encryption(const aws::dynamodb::SSESpecification& wanted) {
    if (wanted.Enabled == false && wanted.SSEType) invalid("SSEType can not be specified if Enabled is false");
    if (wanted.Enabled == false && wanted.KMSMasterKeyId) {
        invalid("KMSMasterKeyId can not be specified if Enabled is false");
    }
    if (wanted.SSEType == "AES256") invalid("SSEType AES256 is not supported");
    if (wanted.KMSMasterKeyId && !wanted.SSEType) invalid("SSEType KMS is required if KMSMasterKeyId is specified");
}

}  // namespace

std::optional<aws::dynamodb::SSEDescription> encryption_of(const std::optional<aws::dynamodb::SSESpecification>& wanted,
                                                           const std::string& region, const std::string& account) {
    if (!wanted) return std::nullopt;
    check_encryption(*wanted);
    if (!wanted->Enabled.value_or(wanted->SSEType.has_value())) return std::nullopt;
    auto key = wanted->KMSMasterKeyId.value_or(aws_managed_key);
    if (key == aws_managed_key) key = id_of_managed_key(region, account);
    const auto resource = key.starts_with("alias/") ? key : "key/" + key;
    return aws::dynamodb::SSEDescription{
        .Status = "ENABLED",
        .SSEType = wanted->SSEType.value_or("KMS"),
        .KMSMasterKeyArn =
            key.starts_with("arn:") ? key : fmt::format("arn:aws:kms:{}:{}:{}", region, account, resource)};
}

DescribedTable table_of(const CreateTableInput& request, const std::string& region, const std::string& account) {
    check_schema_given(request);
    refuse_unbuilt(request);
    DescribedTable table;
    table.name = table_name(request.TableName);
    check_throughput(request);
    if (request.KeySchema->empty() || request.KeySchema->size() > request.AttributeDefinitions->size()) {
        throw aws::validation_error("Invalid KeySchema: Some index key attribute have no definition");
    }
    const auto definitions = sorted(*request.AttributeDefinitions);
    table.key = schema_of(*request.KeySchema, definitions, Keyed::table);
    check_definitions_used(request);

    auto& description = table.description;
    description.AttributeDefinitions = definitions;
    description.TableName = table.name;
    description.KeySchema = request.KeySchema;
    description.TableStatus = "ACTIVE";
    description.ProvisionedThroughput = new_throughput({"", region}, request.ProvisionedThroughput);
    if (request.BillingMode == "PAY_PER_REQUEST") description.BillingModeSummary = {.BillingMode = "PAY_PER_REQUEST"};
    description.DeletionProtectionEnabled = request.DeletionProtectionEnabled.value_or(false);
    if (request.OnDemandThroughput) {
        change_on_demand({"", region}, description.OnDemandThroughput, *request.OnDemandThroughput, true);
    }
    description.WarmThroughput = initial_warmth(*description.ProvisionedThroughput);
    if (request.WarmThroughput) {
        change_warmth({"", region}, *description.WarmThroughput, *request.WarmThroughput, true);
    }
    if (request.TableClass) description.TableClassSummary = {.TableClass = request.TableClass};
    description.SSEDescription = encryption_of(request.SSESpecification, region, account);

    add_local_indexes(table, request, definitions);
    if (request.GlobalSecondaryIndexes) {
        if (request.GlobalSecondaryIndexes->empty()) invalid("List of GlobalSecondaryIndexes is empty");
        if (request.GlobalSecondaryIndexes->size() > max_global_indexes) {
            invalid("GlobalSecondaryIndex count exceeds the per-table limit of 20");
        }
        for (const auto& global : *request.GlobalSecondaryIndexes) add_global_index(table, global, region);
    }
    add_vector_indexes(table, request);
    check_index_names(table);
    if (request.Tags) add_tags(table.tags, *request.Tags);
    return table;
}

}  // namespace cumulet::dynamodb
