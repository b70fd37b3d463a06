// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
#include "services/dynamodb/update_table.h"

#include "services/dynamodb/throughput.h"
#include "services/dynamodb/vectors/definition.h"

namespace cumulet::dynamodb {

namespace {

namespace model = aws::dynamodb;

using Request = model::UpdateTableInput;

[[noreturn]] void invalid(std::string_view message) {
    throw aws::validation_error(fmt::format("One or more parameter values were invalid: {}", message));
}

[[noreturn]] void in_use(std::string_view why) {
    throw model::ResourceInUseException(fmt::format("Attempt to change a resource which is still in use: {}", why));
}

[[noreturn]] void refuse_second_index() {
    throw model::LimitExceededException(
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table");
}

const std::string& name_of(const model::GlobalSecondaryIndexUpdate& change) {
    return change.Create   ? change.Create->IndexName
           : change.Update ? change.Update->IndexName
                           : change.Delete->IndexName;
}

bool makes_or_drops(const model::GlobalSecondaryIndexUpdate& change) { return change.Create || change.Delete; }

void check_each_change(const std::vector<model::GlobalSecondaryIndexUpdate>& changes) {
    if (changes.empty()) invalid("List of GlobalSecondaryIndexUpdates is empty");
    std::set<std::string_view> names;
    for (const auto& change : changes) {
        const int given = change.Create.has_value() + change.Update.has_value() + change.Delete.has_value();
        if (given > 1) {
            invalid("Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object");
        }
        if (given == 0) {
            invalid(
                "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete must not be null");
        }
        if (change.Update) check_bounds(change.Update->IndexName, change.Update->ProvisionedThroughput);
        if (!names.insert(name_of(change)).second) {
            invalid(fmt::format("Only one global secondary index update per index is allowed simultaneously. Index: {}",
                                name_of(change)));
        }
    }
}

/// How many indexes the request makes or takes away; each of a vector index does.
size_t count_made_or_dropped(const Request& request) {
    size_t count = request.VectorIndexUpdates ? request.VectorIndexUpdates->size() : 0;
    if (const auto& changes = request.GlobalSecondaryIndexUpdates) {
        count += static_cast<size_t>(std::ranges::count_if(*changes, makes_or_drops));
    }
    return count;
}

/// How many different things the request changes.
int count_changes(const Request& request) {
    const bool throughput = request.BillingMode || request.ProvisionedThroughput;
    const bool indexes = request.GlobalSecondaryIndexUpdates && !request.GlobalSecondaryIndexUpdates->empty();
    return throughput + indexes + request.StreamSpecification.has_value() + request.SSESpecification.has_value() +
           request.ReplicaUpdates.has_value() + request.TableClass.has_value() +
           request.DeletionProtectionEnabled.has_value() + request.MultiRegionConsistency.has_value() +
           request.GlobalTableWitnessUpdates.has_value() + request.OnDemandThroughput.has_value() +
           request.WarmThroughput.has_value() + request.GlobalTableSettingsReplicationMode.has_value() +
           request.DisassociationProtectionEnabled.has_value() + request.VectorIndexUpdates.has_value();
}

void check_alone(const Request& request) {
    if (count_changes(request) < 2) return;
    // How consistent replicas are, and their witness, is said with them.
    if (request.ReplicaUpdates && count_changes(request) > 1 + request.MultiRegionConsistency.has_value() +
                                                               request.GlobalTableWitnessUpdates.has_value()) {
        invalid("Replica modification must be the only operation in the request");
    }
    if (request.SSESpecification) {
        invalid("Server-Side Encryption modification must be the only operation in the request");
    }
    if (request.TableClass) invalid("TableClass modification must be the only operation in the request");
    if (request.DeletionProtectionEnabled) {
        invalid("DeletionProtection modification must be the only operation in the request");
    }
    if (request.OnDemandThroughput && (request.StreamSpecification || request.WarmThroughput)) {
        invalid("OnDemandThroughput can only be combined with BillingMode in an UpdateTable request");
    }
    if (count_made_or_dropped(request) > 0) {
        if (request.ProvisionedThroughput) invalid("You cannot create or delete index while updating table IOPS");
        if (request.StreamSpecification) invalid("You cannot create or delete index while changing stream status");
        if (request.WarmThroughput) {
            invalid("Create global secondary index cannot be specified when updating WarmThroughput");
        }
    }
    if (request.WarmThroughput) invalid("WarmThroughput must be the only operation in the request");
    if (request.StreamSpecification && (request.ProvisionedThroughput || request.BillingMode == "PROVISIONED")) {
        invalid("You cannot modify stream status while updating table IOPS");
    }
}

bool on_demand(const model::TableDescription& description) {
    return description.BillingModeSummary && description.BillingModeSummary->BillingMode == "PAY_PER_REQUEST";
}

/// CreateTable has other words for the same. The index is "" for the table.
void check_maximums_apply(const model::OnDemandThroughput& maximums, bool billed_on_demand, std::string_view index) {
    if (billed_on_demand) return;
    invalid(fmt::format("{} for OnDemandThroughput{}{} cannot be specified when the table BillingMode is PROVISIONED",
                        maximums.MaxReadRequestUnits ? "MaxReadRequestUnits" : "MaxWriteRequestUnits",
                        index.empty() ? "" : " for index : ", index));
}

/// The throughput that the request gives to an existing index.
const model::ProvisionedThroughput* throughput_for(const Request& request, std::string_view index) {
    if (!request.GlobalSecondaryIndexUpdates) return nullptr;
    for (const auto& change : *request.GlobalSecondaryIndexUpdates) {
        if (change.Update && change.Update->IndexName == index && change.Update->ProvisionedThroughput) {
            return &*change.Update->ProvisionedThroughput;
        }
    }
    return nullptr;
}

std::span<model::GlobalSecondaryIndexDescription> global_indexes(model::TableDescription& description) {
    if (!description.GlobalSecondaryIndexes) return {};
    return *description.GlobalSecondaryIndexes;
}

void bill_on_demand(model::TableDescription& description, Time now) {
    description.BillingModeSummary = {.BillingMode = "PAY_PER_REQUEST", .LastUpdateToPayPerRequestDateTime = now};
    const auto clear = [](model::ProvisionedThroughputDescription& throughput) {
        throughput.ReadCapacityUnits = throughput.WriteCapacityUnits = 0;
    };
    clear(*description.ProvisionedThroughput);
    warm_up(*description.WarmThroughput, *description.ProvisionedThroughput);
    for (auto& index : global_indexes(description)) {
        clear(*index.ProvisionedThroughput);
        auto warmth = as_warmth<model::TableWarmThroughputDescription>(*index.WarmThroughput);
        warm_up(warmth, *index.ProvisionedThroughput);
        index.WarmThroughput = as_warmth<model::GlobalSecondaryIndexWarmThroughputDescription>(warmth);
    }
}

void bill_provisioned(model::TableDescription& description, const Request& request) {
    if (description.VectorIndexes) invalid("Vector indexes are only supported for PAY_PER_REQUEST tables");
    if (!request.ProvisionedThroughput)
        invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED");
    for (const auto& index : global_indexes(description)) {
        if (!throughput_for(request, *index.IndexName)) {
            invalid(fmt::format("ProvisionedThroughput must be specified for index: {}", *index.IndexName));
        }
    }
    description.BillingModeSummary->BillingMode = "PROVISIONED";
    description.OnDemandThroughput.reset();
    for (auto& index : global_indexes(description)) index.OnDemandThroughput.reset();
}

void change_billing(model::TableDescription& description, const Request& request, const std::string& region, Time now) {
    const bool was_on_demand = on_demand(description);
    const auto& wanted = request.ProvisionedThroughput;
    if (request.BillingMode == "PAY_PER_REQUEST" || (!request.BillingMode && was_on_demand)) {
        if (wanted) {
            invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
                "PAY_PER_REQUEST");
        }
        if (!was_on_demand) bill_on_demand(description, now);
        return;
    }
    if (request.BillingMode == "PROVISIONED" && was_on_demand) bill_provisioned(description, request);
    if (request.BillingMode == "PROVISIONED" && !wanted) {
        invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED");
    }
    if (!wanted) return;
    change_throughput({"", region}, *description.ProvisionedThroughput, *wanted, now);
    warm_up(*description.WarmThroughput, *description.ProvisionedThroughput);
}

constexpr size_t most_class_changes = 2;
constexpr auto class_changes_count_for = std::chrono::days(30);

void change_class(DescribedTable& table, const std::string& wanted, Time now) {
    auto& summary = table.description.TableClassSummary;
    const auto current = summary ? summary->TableClass.value_or("STANDARD") : "STANDARD";
    std::erase_if(table.class_changes, [&](Time time) { return time + class_changes_count_for <= now; });
    // Also for what would change nothing.
    if (table.class_changes.size() >= most_class_changes) {
        throw model::LimitExceededException(
            "Subscriber limit exceeded: Updates to TableClass are limited to 2 times in 30 day(s).");
    }
    if (current == wanted) return;
    table.class_changes.push_back(now);
    summary = {.TableClass = wanted, .LastUpdateDateTime = now};
}

constexpr size_t free_encryption_changes = 4;
constexpr auto encryption_window = std::chrono::hours(24);
constexpr std::chrono::seconds pause_between_encryption_changes = std::chrono::hours(6);

/// To name the same key again counts too, unless by its ARN, which is refused; and the limit is looked at first.
void change_encryption(DescribedTable& table, const model::SSESpecification& wanted,
                       std::optional<model::SSEDescription> becoming, Time now) {
    auto& changes = table.encryption_changes;
    if (!changes.empty() && changes.front() + encryption_window <= now) changes.clear();
    if (changes.size() >= free_encryption_changes && now < changes.back() + pause_between_encryption_changes) {
        throw model::LimitExceededException(fmt::format(
            "Subscriber limit exceeded: Encryption mode changes are limited in the 24h window ending at {}. After the "
            "first {} change, each subsequent change in the same window can be performed at most once every {} "
            "seconds. Number of updates today: {}. Last change at {}. Next changes can be made at {}.",
            format_iso8601_millis(changes.front() + encryption_window), free_encryption_changes,
            pause_between_encryption_changes.count(), changes.size(), format_iso8601_millis(changes.back()),
            format_iso8601_millis(changes.back() + pause_between_encryption_changes)));
    }
    auto& current = table.description.SSEDescription;
    if (!becoming && !current) invalid("Table is already encrypted by default");
    if (becoming == current && wanted.KMSMasterKeyId && wanted.KMSMasterKeyId->starts_with("arn:")) {
        invalid(
            "Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you want to change "
            "Master Key");
    }
    changes.push_back(now);
    current = std::move(becoming);
}

void update_index(model::TableDescription& description, model::GlobalSecondaryIndexDescription& index,
                  const model::UpdateGlobalSecondaryIndexAction& wanted, const std::string& region, Time now) {
    const ThroughputOf whose{wanted.IndexName, region};
    auto warmth = as_warmth<model::TableWarmThroughputDescription>(*index.WarmThroughput);
    if (wanted.ProvisionedThroughput) {
        if (on_demand(description)) {
            invalid(
                fmt::format("The only Updates for index: {} when TableThroughputMode is PAY_PER_REQUEST can be to "
                            "OnDemandThroughput, WarmThroughput",
                            wanted.IndexName));
        }
        change_throughput(whose, *index.ProvisionedThroughput, *wanted.ProvisionedThroughput, now);
        warm_up(warmth, *index.ProvisionedThroughput);
    }
    if (wanted.OnDemandThroughput) {
        check_maximums_apply(*wanted.OnDemandThroughput, on_demand(description), wanted.IndexName);
        change_on_demand(whose, index.OnDemandThroughput, *wanted.OnDemandThroughput, false);
    }
    if (wanted.WarmThroughput) change_warmth(whose, warmth, *wanted.WarmThroughput, false);
    index.WarmThroughput = as_warmth<model::GlobalSecondaryIndexWarmThroughputDescription>(warmth);
}

/// A key schema as DynamoDB writes it. Unverified: how several elements are joined.
std::string schema_text(const std::vector<model::KeySchemaElement>& key,
                        const std::vector<model::AttributeDefinition>& definitions) {
    std::string text;
    for (const auto& element : key) {
        const auto defined =
            std::ranges::find(definitions, element.AttributeName, &model::AttributeDefinition::AttributeName);
        if (defined == definitions.end()) continue;
        text += fmt::format("{}SchemaElement: key{{{}:{}:{}}}", text.empty() ? "" : ", ", element.AttributeName,
                            defined->AttributeType, element.KeyType);
    }
    return fmt::format("Schema:[{}]", text);
}

/// The key of the table, or else of the first index, that `attribute` belongs to.
std::vector<model::KeySchemaElement> key_with(const model::TableDescription& description,
                                              const std::string& attribute) {
    const auto has = [&](const std::vector<model::KeySchemaElement>& key) {
        return std::ranges::find(key, attribute, &model::KeySchemaElement::AttributeName) != key.end();
    };
    if (has(*description.KeySchema)) return *description.KeySchema;
    const auto of = [&](const auto& indexes) -> std::vector<model::KeySchemaElement> {
        if (!indexes) return {};
        const auto found = std::ranges::find_if(*indexes, [&](const auto& index) { return has(*index.KeySchema); });
        return found == indexes->end() ? std::vector<model::KeySchemaElement>() : *found->KeySchema;
    };
    const auto local = of(description.LocalSecondaryIndexes);
    return local.empty() ? of(description.GlobalSecondaryIndexes) : local;
}

void check_not_redefined(const model::TableDescription& description, const model::AttributeDefinition& existing,
                         const std::vector<model::AttributeDefinition>& given,
                         const std::vector<model::KeySchemaElement>& key) {
    const auto& name = existing.AttributeName;
    const auto again = std::ranges::find(given, name, &model::AttributeDefinition::AttributeName);
    if (again == given.end() || again->AttributeType == existing.AttributeType) return;
    if (std::ranges::find(key, name, &model::KeySchemaElement::AttributeName) == key.end()) return;
    invalid(fmt::format(
        "Attributes cannot be redefined. Please check that your attribute has the same type as "
        "previously defined. Existing schema: {} New schema: {}",
        schema_text(key_with(description, name), *description.AttributeDefinitions), schema_text(key, given)));
}

void add_definitions(DescribedTable& table, const Request& request,
                     const model::CreateGlobalSecondaryIndexAction& index) {
    if (!request.AttributeDefinitions || request.AttributeDefinitions->empty()) {
        invalid(fmt::format("AttributeDefinitions is not specified for index: {}", index.IndexName));
    }
    auto& definitions = *table.description.AttributeDefinitions;
    for (const auto& existing : definitions) {
        check_not_redefined(table.description, existing, *request.AttributeDefinitions, index.KeySchema);
    }
    for (const auto& definition : *request.AttributeDefinitions) {
        if (std::ranges::find(definitions, definition.AttributeName, &model::AttributeDefinition::AttributeName) ==
            definitions.end()) {
            definitions.push_back(definition);
        }
    }
    std::ranges::sort(definitions, {}, &model::AttributeDefinition::AttributeName);
}

void drop_unused_definitions(DescribedTable& table) {
    const auto used = key_names(table);
    std::erase_if(*table.description.AttributeDefinitions,
                  [&](const auto& definition) { return !used.contains(definition.AttributeName); });
}

void create_index(DescribedTable& table, const model::CreateGlobalSecondaryIndexAction& wanted, const Request& request,
                  const std::string& region) {
    const auto has_name = [&](const auto& index) { return index.name == wanted.IndexName; };
    if (std::ranges::any_of(table.indexes, has_name) || std::ranges::any_of(table.vectors, has_name)) {
        throw aws::validation_error("Attempting to create an index which already exists");
    }
    if (global_indexes(table.description).size() >= max_global_indexes) {
        throw model::LimitExceededException(
            "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of 20");
    }
    if (!on_demand(table.description) && !wanted.ProvisionedThroughput) {
        invalid(fmt::format("Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: {}",
                            wanted.IndexName));
    }
    add_definitions(table, request, wanted);
    add_global_index(table,
                     {.IndexName = wanted.IndexName,
                      .KeySchema = wanted.KeySchema,
                      .Projection = wanted.Projection,
                      .ProvisionedThroughput = wanted.ProvisionedThroughput,
                      .OnDemandThroughput = wanted.OnDemandThroughput,
                      .WarmThroughput = wanted.WarmThroughput},
                     region);
    drop_unused_definitions(table);
    table.indexes.back().readable = false;
    auto& described = table.description.GlobalSecondaryIndexes->back();
    described.IndexStatus = "CREATING";
    described.Backfilling = true;
}

/// The names of the indexes that are being made or taken away.
std::vector<std::string> indexes_with(const DescribedTable& table, std::string_view status) {
    std::vector<std::string> names;
    const auto add = [&](const auto& indexes) {
        if (!indexes) return;
        for (const auto& index : *indexes) {
            if (index.IndexStatus == status) names.push_back(*index.IndexName);
        }
    };
    add(table.description.GlobalSecondaryIndexes);
    add(table.description.VectorIndexes);
    return names;
}

[[noreturn]] void refuse_unknown_index(std::string_view name, const DescribedTable& table) {
    throw model::ResourceNotFoundException(
        fmt::format("Requested resource not found: Index {} for table {}", name, table.name));
}

/// One index comes or goes at a time; but one that is being made may be given up.
void check_one_at_a_time(const DescribedTable& table, const std::string& name, bool goes) {
    const auto being_made = indexes_with(table, "CREATING"), going = indexes_with(table, "DELETING");
    const bool gives_up = goes && being_made == std::vector{name};
    if (!(being_made.empty() && going.empty()) && !gives_up) refuse_second_index();
}

/// What cannot be changed while an index is being taken away.
void check_no_index_goes(const DescribedTable& table, const Request& request) {
    const auto going = indexes_with(table, "DELETING");
    if (going.empty()) return;
    const bool switches =
        request.BillingMode && (*request.BillingMode == "PAY_PER_REQUEST") != on_demand(table.description);
    if (switches || request.ProvisionedThroughput) {
        in_use(fmt::format("Can't change table IOPS when an index is being deleted. Table: {} Indexes: [{}]",
                           table.name, fmt::join(going, ", ")));
    }
    if (request.OnDemandThroughput) {
        in_use(fmt::format("OnDemandThroughput cannot be updated while index deletion is in progress for indexes: [{}]",
                           fmt::join(going, ", ")));
    }
}

IndexWork change_indexes(DescribedTable& table, const Request& request, const std::string& region, Time now) {
    IndexWork work;
    if (!request.GlobalSecondaryIndexUpdates) return work;
    for (const auto& change : *request.GlobalSecondaryIndexUpdates) {
        const auto& name = name_of(change);
        if (makes_or_drops(change)) check_one_at_a_time(table, name, change.Delete.has_value());
        if (change.Create) {
            create_index(table, *change.Create, request, region);
            work.build = name;
            continue;
        }
        const auto described = global_indexes(table.description);
        const auto entry = std::ranges::find(described, name, [](const auto& index) { return *index.IndexName; });
        if (entry == described.end()) refuse_unknown_index(name, table);
        if (change.Update) {
            if (entry->IndexStatus == "DELETING") {
                in_use(fmt::format("Index is being deleted. Table: {} Index: {}", table.name, name));
            }
            update_index(table.description, *entry, *change.Update, region, now);
            continue;
        }
        entry->IndexStatus = "DELETING";
        entry->Backfilling.reset();
        std::ranges::find(table.indexes, name, &Index::name)->readable = false;
        work.drop = name;
    }
    return work;
}

void change_vector_indexes(DescribedTable& table, const Request& request, IndexWork& work) {
    if (!request.VectorIndexUpdates) return;
    for (const auto& change : *request.VectorIndexUpdates) {
        const auto& name = change.Create ? change.Create->IndexName : change.Delete->IndexName;
        check_one_at_a_time(table, name, change.Delete.has_value());
        if (change.Create) {
            begin_vector_index(table, *change.Create, request.AttributeDefinitions);
            work.build = name;
            continue;
        }
        const auto index = std::ranges::find(table.vectors, name, &VectorSchema::name);
        if (index == table.vectors.end()) refuse_unknown_index(name, table);
        index->readable = false;
        for (auto& described : *table.description.VectorIndexes) {
            if (described.IndexName != name) continue;
            described.IndexStatus = "DELETING";
            described.Backfilling.reset();
        }
        work.drop = name;
    }
}

/// Takes what tells of the index out of a list.
template <typename Descriptions>
void erase_description(std::optional<Descriptions>& described, std::string_view index) {
    if (!described) return;
    std::erase_if(*described, [&](const auto& each) { return each.IndexName == index; });
    if (described->empty()) described.reset();
}

template <typename Descriptions>
void show_active(std::optional<Descriptions>& described, std::string_view index) {
    if (!described) return;
    for (auto& each : *described) {
        if (each.IndexName != index) continue;
        each.IndexStatus = "ACTIVE";
        each.Backfilling.reset();
    }
}

}  // namespace

void check_update(const Request& request) {
    if (count_changes(request) == 0) {
        throw aws::validation_error(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, "
            "SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, "
            "MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is "
            "required");
    }
    check_bounds("", request.ProvisionedThroughput);
    if (request.GlobalSecondaryIndexUpdates) check_each_change(*request.GlobalSecondaryIndexUpdates);
    if (request.VectorIndexUpdates) check_each_vector_change(*request.VectorIndexUpdates);
    if (count_made_or_dropped(request) > 1) refuse_second_index();
    check_alone(request);
}

IndexWork update_table(DescribedTable& table, const Request& request, const std::string& region,
                       const std::string& account, Time now) {
    auto& description = table.description;
    // Tables that were stored before this was known.
    if (!description.WarmThroughput) description.WarmThroughput = initial_warmth(*description.ProvisionedThroughput);
    for (auto& index : global_indexes(description)) {
        if (index.WarmThroughput) continue;
        index.WarmThroughput = as_warmth<model::GlobalSecondaryIndexWarmThroughputDescription>(
            initial_warmth(*index.ProvisionedThroughput));
    }
    check_no_index_goes(table, request);
    change_billing(description, request, region, now);
    if (request.OnDemandThroughput) {
        check_maximums_apply(*request.OnDemandThroughput, on_demand(description), "");
        change_on_demand({"", region}, description.OnDemandThroughput, *request.OnDemandThroughput, false);
    }
    if (request.WarmThroughput) {
        change_warmth({"", region}, *description.WarmThroughput, *request.WarmThroughput, false);
    }
    if (request.DeletionProtectionEnabled) description.DeletionProtectionEnabled = request.DeletionProtectionEnabled;
    if (request.TableClass) change_class(table, *request.TableClass, now);
    if (request.SSESpecification) {
        change_encryption(table, *request.SSESpecification, encryption_of(request.SSESpecification, region, account),
                          now);
    }
    auto work = change_indexes(table, request, region, now);
    change_vector_indexes(table, request, work);
    return work;
}

void finish_index(DescribedTable& table, std::string_view index) {
    const auto finish = [&](auto& indexes) {
        for (auto& each : indexes) each.readable = each.readable || each.name == index;
    };
    finish(table.indexes);
    finish(table.vectors);
    show_active(table.description.GlobalSecondaryIndexes, index);
    show_active(table.description.VectorIndexes, index);
}

void remove_index(DescribedTable& table, std::string_view index) {
    std::erase_if(table.indexes, [&](const Index& each) { return each.name == index; });
    std::erase_if(table.vectors, [&](const VectorSchema& each) { return each.name == index; });
    erase_description(table.description.GlobalSecondaryIndexes, index);
    erase_description(table.description.VectorIndexes, index);
    drop_unused_definitions(table);
}

}  // namespace cumulet::dynamodb
