#include "services/dynamodb/resources/table_calls.h"

namespace cumulet::dynamodb {

using namespace aws::dynamodb;

namespace {

constexpr std::string_view stack_tag = "aws:cloudformation:stack-id";
constexpr std::string_view logical_tag = "aws:cloudformation:logical-id";
constexpr auto pause_between_looks = 20ms;
constexpr int most_looks = 180'000;  // an hour's worth

json::array change_of(std::string_view action, json::object index) {
    json::object change;
    change[action] = std::move(index);
    return {std::move(change)};
}

/// What changes in an index that stays.
json::object index_changes(const json::object& before, const json::object& after) {
    json::object changes;
    for (const std::string_view name : {"ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput"}) {
        if (after.contains(name) && contracts::any_differs(before, after, {name})) changes[name] = after.at(name);
    }
    if (!changes.empty()) changes["IndexName"] = after.at("IndexName");
    return changes;
}

/// Indexes of one kind as they were and are to be.
struct IndexChange {
    std::string_view updates;  ///< UpdateTable's member for them
    std::map<std::string, json::object> old, wanted;
    bool (*is_other)(const json::object& before, const json::object& after);
};

/// Calls `visit` with each of `from` that is not as it is in `to`, by name.
void each_missing(const IndexChange& change, const std::map<std::string, json::object>& from,
                  const std::map<std::string, json::object>& to, const auto& visit) {
    for (const auto& [name, index] : from) {
        const auto there = to.find(name);
        if (there == to.end() || change.is_other(index, there->second)) visit(name, index);
    }
}

/// One at a time, as DynamoDB wants it: those that go first.
std::vector<json::object> index_steps(const json::object& before, const json::object& after) {
    const auto differ = [](const json::object& one, const json::object& other) { return !(one == other); };
    const IndexChange changes[] = {{"GlobalSecondaryIndexUpdates", indexes_of(before), indexes_of(after), other_index},
                                   {"VectorIndexUpdates", vector_indexes_of(before), vector_indexes_of(after), differ}};
    std::vector<json::object> steps;
    for (const auto& change : changes) {
        each_missing(change, change.old, change.wanted, [&](const std::string& name, const json::object&) {
            steps.emplace_back()[change.updates] = change_of("Delete", {{"IndexName", name}});
        });
    }
    for (const auto& change : changes) {
        each_missing(change, change.wanted, change.old, [&](const std::string&, const json::object& index) {
            steps.push_back(same_in_api(after, {"AttributeDefinitions"}));
            steps.back()[change.updates] = change_of("Create", index);
        });
    }
    return steps;
}

/// The settings of contributor insights by index; "" is the table.
std::map<std::string, json::object> insights_of(const json::object& properties) {
    constexpr std::string_view member = "ContributorInsightsSpecification";
    std::map<std::string, json::object> all{{"", object_or_empty(properties, member)}};
    const auto* indexes = properties.if_contains("GlobalSecondaryIndexes");
    if (!indexes || !indexes->is_array()) return all;
    for (const auto& index : indexes->as_array()) {
        if (!index.is_object()) continue;
        all.emplace(string_or(index.as_object(), "IndexName"), object_or_empty(index.as_object(), member));
    }
    return all;
}

/// The table's tags, and those by which its stack knows it again.
std::map<std::string, std::string> tags_for(const contracts::ResourceContext& context, const json::object& properties) {
    auto tags = contracts::merged_tags(context, properties);
    tags["aws:cloudformation:stack-name"] = context.stack_name;
    tags[std::string(stack_tag)] = context.stack_id;
    tags[std::string(logical_tag)] = context.logical_id;
    return tags;
}

}  // namespace

Task<bool> TableCalls::made_by(Call& call, contracts::ResourceContext context, std::string arn) {
    if (context.stack_id.empty()) co_return false;
    const auto listed = co_await client_.list_tags_of_resource(call, {.ResourceArn = arn});
    const auto has = [&](std::string_view key, const std::string& value) {
        return std::ranges::any_of(*listed.Tags, [&](const Tag& tag) { return tag.Key == key && tag.Value == value; });
    };
    co_return has(stack_tag, context.stack_id) && has(logical_tag, context.logical_id);
}

Task<void> TableCalls::create(Call& call, contracts::ResourceContext context, std::string table,
                              json::object properties) {
    auto request = request_of<CreateTableInput>("CreateTable", table_in_api(properties, table));
    request.Tags.emplace();
    for (const auto& [key, value] : tags_for(context, properties))
        request.Tags->push_back({.Key = key, .Value = value});
    std::optional<ResourceInUseException> taken;
    try {
        co_await client_.create_table(call, std::move(request));
    } catch (const ResourceInUseException& error) {
        taken = error;
    }
    if (taken && !co_await made_by(call, context, call.arn("dynamodb", "table/" + table))) throw *taken;
    co_await wait_until_at_rest(call, table);
    co_await set_time_to_live(call, table, object_or_empty(properties, "TimeToLiveSpecification"));
    co_await set_beside(call, table, {}, properties);
}

Task<void> TableCalls::import(Call& call, contracts::ResourceContext context, std::string table,
                              json::object properties) {
    auto members = object_or_empty(properties, "ImportSourceSpecification");
    members["TableCreationParameters"] = schema_in_api(properties, table);
    co_await run_import(call, context, std::move(members));
    co_await set_tags(call, table, {}, tags_for(context, properties));
    co_await set_alone(call, table, same_in_api(properties, {"SSESpecification"}), properties);
    co_await set_stream(call, table, view_of(properties));
    co_await set_time_to_live(call, table, object_or_empty(properties, "TimeToLiveSpecification"));
    co_await set_beside(call, table, {}, properties);
}

Task<void> TableCalls::change(Call& call, contracts::ResourceContext context, std::string table, json::object before,
                              json::object after) {
    co_await set_throughput(call, table, before, after);
    co_await set_indexes(call, table, before, after);
    co_await set_alone(call, table, before, after);
    co_await set_stream(call, table, view_of(after));
    co_await set_time_to_live(call, table, object_or_empty(after, "TimeToLiveSpecification"));
    co_await set_beside(call, table, before, after);
    co_await set_tags(call, table, tags_of(before), contracts::merged_tags(context, after));
}

Task<void> TableCalls::run_import(Call& call, contracts::ResourceContext context, json::object members) {
    auto request = request_of<ImportTableInput>("ImportTable", members);
    request.ClientToken = context.client_token;
    const auto begun = co_await client_.import_table(call, std::move(request));
    const auto arn = *begun.ImportTableDescription.ImportArn;
    for (int look = 0; look < most_looks; ++look) {
        const auto described = co_await client_.describe_import(call, {.ImportArn = arn});
        const auto& import = described.ImportTableDescription;
        if (import.ImportStatus == "COMPLETED") co_return;
        if (import.ImportStatus != "IN_PROGRESS") {
            throw aws::Error("ImportFailed", fmt::format("The import failed: {}: {}", import.FailureCode.value_or(""),
                                                         import.FailureMessage.value_or("")));
        }
        co_await call.reactor().pause(pause_between_looks);
    }
    throw aws::internal_failure(fmt::format("The import {} did not end in time", arn));
}

Task<void> TableCalls::remove(Call& call, std::string table) {
    try {
        co_await wait_until_at_rest(call, table);
        co_await client_.delete_table(call, {.TableName = table});
    } catch (const ResourceNotFoundException&) {
        // gone already
    }
}

Task<void> TableCalls::update(Call& call, std::string table, json::object members) {
    members["TableName"] = table;
    co_await client_.update_table(call, request_of<UpdateTableInput>("UpdateTable", members));
    co_await wait_until_at_rest(call, table);
}

Task<void> TableCalls::set_throughput(Call& call, std::string table, json::object before, json::object after) {
    const auto old = indexes_of(before), wanted = indexes_of(after);
    const bool billed_otherwise = contracts::any_differs(before, after, {"BillingMode"});
    if (billed_otherwise || contracts::any_differs(before, after, {"ProvisionedThroughput"})) {
        auto members = same_in_api(after, {"BillingMode", "ProvisionedThroughput"});
        if (!members.contains("BillingMode")) members["BillingMode"] = "PROVISIONED";
        // Indexes that stay must be given their throughput together with the table's.
        json::array changes;
        for (const auto& [name, index] : wanted) {
            const auto was = old.find(name);
            if (!billed_otherwise || was == old.end() || !index.contains("ProvisionedThroughput")) continue;
            changes.push_back({{"Update", same_in_api(index, {"IndexName", "ProvisionedThroughput"})}});
        }
        if (!changes.empty()) members["GlobalSecondaryIndexUpdates"] = std::move(changes);
        co_await update(call, table, std::move(members));
    }
    for (const std::string_view name : {"OnDemandThroughput", "WarmThroughput"}) {
        if (!contracts::any_differs(before, after, {name})) continue;
        auto members = same_in_api(after, {name});
        if (members.empty() && name == "OnDemandThroughput") {
            members[name] = {{"MaxReadRequestUnits", -1}, {"MaxWriteRequestUnits", -1}};
        }
        if (!members.empty()) co_await update(call, table, std::move(members));
    }
    for (const auto& [name, index] : wanted) {
        const auto was = old.find(name);
        if (was == old.end() || other_index(was->second, index)) continue;
        auto changes = index_changes(was->second, index);
        if (billed_otherwise) changes.erase("ProvisionedThroughput");
        if (changes.size() < 2) continue;
        co_await update(call, table, {{"GlobalSecondaryIndexUpdates", change_of("Update", std::move(changes))}});
    }
}

Task<void> TableCalls::set_indexes(Call& call, std::string table, json::object before, json::object after) {
    for (auto& members : index_steps(before, after)) co_await update(call, table, std::move(members));
}

Task<void> TableCalls::set_alone(Call& call, std::string table, json::object before, json::object after) {
    if (contracts::any_differs(before, after, {"TableClass"})) {
        auto members = same_in_api(after, {"TableClass"});
        if (members.empty()) members["TableClass"] = "STANDARD";
        co_await update(call, table, std::move(members));
    }
    if (contracts::any_differs(before, after, {"DeletionProtectionEnabled"})) {
        auto members = same_in_api(after, {"DeletionProtectionEnabled"});
        if (members.empty()) members["DeletionProtectionEnabled"] = false;
        co_await update(call, table, std::move(members));
    }
    if (contracts::any_differs(before, after, {"SSESpecification"})) {
        const auto enabled = [](const boost::json::object& encryption) {
            const auto* flag = encryption.if_contains("Enabled");
            return flag && *flag == true;
        };
        auto wanted = encryption_in_api(object_or_empty(after, "SSESpecification"));
        if (!enabled(wanted) && !enabled(encryption_in_api(object_or_empty(before, "SSESpecification")))) co_return;
        if (wanted.empty()) wanted["Enabled"] = false;
        co_await update(call, table, {{"SSESpecification", std::move(wanted)}});
    }
}

Task<void> TableCalls::set_stream(Call& call, std::string table, std::string view) {
    const auto described = co_await client_.describe_table(call, {.TableName = table});
    const auto& stream = described.Table->StreamSpecification;
    const std::string current = stream && stream->StreamEnabled ? stream->StreamViewType.value_or("") : "";
    if (current == view) co_return;
    // The view of a stream cannot change: it ends, and another begins.
    if (!current.empty()) co_await update(call, table, {{"StreamSpecification", {{"StreamEnabled", false}}}});
    if (view.empty()) co_return;
    co_await update(call, table, {{"StreamSpecification", {{"StreamEnabled", true}, {"StreamViewType", view}}}});
}

Task<void> TableCalls::set_time_to_live(Call& call, std::string table, json::object specification) {
    const bool wanted = is_true(specification, "Enabled");
    const std::string attribute(wanted ? string_or(specification, "AttributeName") : "");
    const auto described = co_await client_.describe_time_to_live(call, {.TableName = table});
    const auto current = described.TimeToLiveDescription->AttributeName.value_or("");
    if (current == attribute) co_return;
    const auto set = [&](std::string name, bool enabled) {
        return client_.update_time_to_live(
            call,
            {.TableName = table, .TimeToLiveSpecification = {.Enabled = enabled, .AttributeName = std::move(name)}});
    };
    if (!current.empty()) co_await set(current, false);
    if (wanted) co_await set(attribute, true);
}

Task<void> TableCalls::set_beside(Call& call, std::string table, json::object before, json::object after) {
    co_await set_recovery(call, table, before, after);
    co_await set_policies(call, table, before, after);
    co_await set_insights(call, table, before, after);
    co_await set_kinesis(call, table, before, after);
}

Task<void> TableCalls::set_recovery(Call& call, std::string table, json::object before, json::object after) {
    if (!contracts::any_differs(before, after, {"PointInTimeRecoverySpecification"})) co_return;
    auto wanted = object_or_empty(after, "PointInTimeRecoverySpecification");
    if (!is_true(wanted, "PointInTimeRecoveryEnabled")) wanted = {{"PointInTimeRecoveryEnabled", false}};
    co_await client_.update_continuous_backups(
        call, request_of<UpdateContinuousBackupsInput>(
                  "UpdateContinuousBackups",
                  json::object{{"TableName", table}, {"PointInTimeRecoverySpecification", std::move(wanted)}}));
}

Task<void> TableCalls::set_insights(Call& call, std::string table, json::object before, json::object after) {
    const auto set = [&](const json::object& specification, std::optional<std::string> index) {
        UpdateContributorInsightsInput request{.TableName = table, .IndexName = std::move(index)};
        request.ContributorInsightsAction = is_true(specification, "Enabled") ? "ENABLE" : "DISABLE";
        if (specification.contains("Mode")) request.ContributorInsightsMode = string_or(specification, "Mode");
        return client_.update_contributor_insights(call, std::move(request));
    };
    const auto was = insights_of(before);
    for (const auto& [index, is] : insights_of(after)) {
        const auto known = was.find(index);
        const auto old = known == was.end() ? json::object() : known->second;
        if (old == is || (!is_true(old, "Enabled") && !is_true(is, "Enabled"))) continue;
        co_await set(is, index.empty() ? std::nullopt : std::optional(index));
    }
}

Task<void> TableCalls::set_kinesis(Call& call, std::string table, json::object before, json::object after) {
    const auto old = object_or_empty(before, "KinesisStreamSpecification");
    const auto wanted = object_or_empty(after, "KinesisStreamSpecification");
    if (old == wanted) co_return;
    const auto stream = [](const json::object& specification) {
        return std::string(string_or(specification, "StreamArn"));
    };
    if (!old.empty()) {
        co_await client_.disable_kinesis_streaming_destination(call, {.TableName = table, .StreamArn = stream(old)});
    }
    if (wanted.empty()) co_return;
    json::object members{{"TableName", table}, {"StreamArn", stream(wanted)}};
    const auto precision = same_in_api(wanted, {"ApproximateCreationDateTimePrecision"});
    if (!precision.empty()) members["EnableKinesisStreamingConfiguration"] = precision;
    co_await client_.enable_kinesis_streaming_destination(
        call, request_of<KinesisStreamingDestinationInput>("EnableKinesisStreamingDestination", members));
}

Task<void> TableCalls::set_policy(Call& call, std::string arn, json::object before, json::object after) {
    const auto old = object_or_empty(before, "ResourcePolicy"), wanted = object_or_empty(after, "ResourcePolicy");
    if (old == wanted) co_return;
    if (wanted.empty()) {
        co_await client_.delete_resource_policy(call, {.ResourceArn = arn});
        co_return;
    }
    const auto* document = wanted.if_contains("PolicyDocument");
    if (!document) throw aws::validation_error("ResourcePolicy needs a PolicyDocument");
    co_await client_.put_resource_policy(call, {.ResourceArn = arn, .Policy = json::serialize(*document)});
}

Task<void> TableCalls::set_policies(Call& call, std::string table, json::object before, json::object after) {
    co_await set_policy(call, call.arn("dynamodb", "table/" + table), before, after);
    const auto old = object_or_empty(before, "StreamSpecification"),
               wanted = object_or_empty(after, "StreamSpecification");
    if (!wanted.contains("ResourcePolicy")) co_return;  // an old stream takes its policy along
    const auto described = co_await client_.describe_table(call, {.TableName = table});
    co_await set_policy(call, described.Table->LatestStreamArn.value_or(""),
                        contracts::any_differs(old, wanted, {"StreamViewType"}) ? json::object() : old, wanted);
}

Task<void> TableCalls::set_tags(Call& call, std::string table, std::map<std::string, std::string> before,
                                std::map<std::string, std::string> after) {
    const auto arn = call.arn("dynamodb", "table/" + table);
    UntagResourceInput removed{.ResourceArn = arn};
    for (const auto& [key, value] : before) {
        if (!after.contains(key)) removed.TagKeys.push_back(key);
    }
    TagResourceInput added{.ResourceArn = arn};
    for (const auto& [key, value] : after) {
        const auto was = before.find(key);
        if (was == before.end() || was->second != value) added.Tags.push_back({.Key = key, .Value = value});
    }
    if (!removed.TagKeys.empty()) co_await client_.untag_resource(call, std::move(removed));
    if (!added.Tags.empty()) co_await client_.tag_resource(call, std::move(added));
}

Task<void> TableCalls::wait_until_at_rest(Call& call, std::string table) {
    for (int look = 0; look < most_looks; ++look) {
        const auto described = co_await client_.describe_table(call, {.TableName = table});
        bool rests = described.Table->TableStatus == "ACTIVE";
        const auto look_at = [&](const auto& indexes) {
            if (!indexes) return;
            for (const auto& index : *indexes) rests = rests && index.IndexStatus == "ACTIVE";
        };
        look_at(described.Table->GlobalSecondaryIndexes);
        look_at(described.Table->VectorIndexes);
        if (described.Table->Replicas) {
            for (const auto& replica : *described.Table->Replicas) {
                rests = rests && replica.ReplicaStatus.value_or("ACTIVE") == "ACTIVE";
            }
        }
        if (rests) co_return;
        co_await call.reactor().pause(pause_between_looks);
    }
    throw aws::internal_failure(fmt::format("Table {} did not become ACTIVE in time", table));
}

Task<contracts::Resource> TableCalls::describe(Call& call, std::string table) {
    const auto described = co_await client_.describe_table(call, {.TableName = table});
    contracts::Resource resource{.physical_id = table};
    resource.attributes["Arn"] = *described.Table->TableArn;
    resource.attributes["TableId"] = *described.Table->TableId;
    if (described.Table->LatestStreamArn) resource.attributes["StreamArn"] = *described.Table->LatestStreamArn;
    co_return resource;
}

Task<std::optional<TableDescription>> TableCalls::find(Call& call, std::string table) {
    try {
        co_return std::move((co_await client_.describe_table(call, {.TableName = std::move(table)})).Table);
    } catch (const ResourceNotFoundException&) {
        co_return std::nullopt;
    }
}

Task<void> TableCalls::set_scaling(Call& call, json::object members) {
    co_await client_.update_table_replica_auto_scaling(
        call, request_of<UpdateTableReplicaAutoScalingInput>("UpdateTableReplicaAutoScaling", std::move(members)));
}

}  // namespace cumulet::dynamodb
