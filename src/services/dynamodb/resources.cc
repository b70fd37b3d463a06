// AWS::DynamoDB::Table for CloudFormation, as calls of the service's own operations.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-dynamodb-table.html
#include "contracts/reflect.h"
#include "services/dynamodb/service.h"

namespace cumulet::dynamodb {

namespace {

constexpr std::string_view stack_tag = "aws:cloudformation:stack-id";
constexpr std::string_view logical_tag = "aws:cloudformation:logical-id";
constexpr auto pause_between_looks = 20ms;
constexpr int most_looks = 180'000;  // an hour's worth

/// Properties that CreateTable and UpdateTable take under the same name and in the same form.
json::object same_in_api(const json::object& properties, std::initializer_list<std::string_view> names) {
    json::object taken;
    for (const auto name : names) {
        if (const auto* value = properties.if_contains(name)) taken[name] = *value;
    }
    return taken;
}

template <typename Input>
Input request_of(std::string_view operation, const json::value& members) {
    Input request;
    contracts::from_json(*aws::dynamodb::service.find(operation)->input, &request, members);
    return request;
}

bool is_true(const json::value* value) {
    if (!value) return false;
    return (value->is_bool() && value->as_bool()) || (value->is_string() && value->as_string() == "true");
}

/// SSESpecification names its switch otherwise than the API.
void rename_encryption(const json::object& properties, json::object& members) {
    const auto* given = properties.if_contains("SSESpecification");
    if (!given || !given->is_object()) return;
    json::object renamed = given->as_object();
    if (const auto* enabled = renamed.if_contains("SSEEnabled")) {
        renamed["Enabled"] = *enabled;
        renamed.erase("SSEEnabled");
    }
    members["SSESpecification"] = std::move(renamed);
}

void refuse_unbuilt(const json::object& properties) {
    const auto refuse = [](std::string_view what) {
        throw aws::not_implemented("dynamodb", "AWS::DynamoDB::Table", what);
    };
    for (const std::string_view name :
         {"StreamSpecification", "KinesisStreamSpecification", "ImportSourceSpecification", "ResourcePolicy"}) {
        if (properties.contains(name)) refuse(name);
    }
    if (const auto* recovery = properties.if_contains("PointInTimeRecoverySpecification")) {
        if (is_true(cumulet::find(*recovery, "PointInTimeRecoveryEnabled"))) refuse("PointInTimeRecoverySpecification");
    }
    if (const auto* insights = properties.if_contains("ContributorInsightsSpecification")) {
        if (is_true(cumulet::find(*insights, "Enabled"))) refuse("ContributorInsightsSpecification");
    }
}

std::map<std::string, std::string> tags_of(const json::object& properties) {
    std::map<std::string, std::string> tags;
    const auto* given = properties.if_contains("Tags");
    if (!given || !given->is_array()) return tags;
    for (const auto& tag : given->as_array()) {
        if (!tag.is_object()) continue;
        tags[std::string(string_or(tag.as_object(), "Key"))] = string_or(tag.as_object(), "Value");
    }
    return tags;
}

std::map<std::string, json::value> indexes_of(const json::object& properties) {
    std::map<std::string, json::value> indexes;
    const auto* given = properties.if_contains("GlobalSecondaryIndexes");
    if (!given || !given->is_array()) return indexes;
    for (const auto& index : given->as_array()) {
        if (index.is_object()) indexes.emplace(string_or(index.as_object(), "IndexName"), index);
    }
    return indexes;
}

class TableResource final : public contracts::ResourceType {
  public:
    explicit TableResource(contracts::Door& door) : client_(door) {}
    std::string_view name() const override { return "AWS::DynamoDB::Table"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        refuse_unbuilt(properties);
        auto members =
            same_in_api(properties, {"AttributeDefinitions", "KeySchema", "LocalSecondaryIndexes",
                                     "GlobalSecondaryIndexes", "BillingMode", "ProvisionedThroughput", "TableClass",
                                     "DeletionProtectionEnabled", "OnDemandThroughput", "WarmThroughput"});
        rename_encryption(properties, members);
        const std::string table(string_or(properties, "TableName", context.generated_name));
        members["TableName"] = table;
        auto request = request_of<CreateTableInput>("CreateTable", members);
        request.Tags = tags_for(context, properties);
        co_await create_once(call, context, std::move(request));
        co_await set_time_to_live(call, table, properties);
        co_return co_await describe(call, table);
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"TableName", "KeySchema", "LocalSecondaryIndexes"});
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                                     json::object before, json::object after) override {
        refuse_unbuilt(after);
        co_await set_settings(call, physical_id, before, after);
        co_await set_indexes(call, physical_id, before, after);
        co_await set_time_to_live(call, physical_id, after);
        co_await set_tags(call, physical_id, tags_of(before), tags_of(after));
        co_return co_await describe(call, physical_id);
    }

    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id, json::object) override {
        try {
            co_await client_.delete_table(call, {.TableName = physical_id});
        } catch (const ResourceNotFoundException&) {
            // gone already
        }
    }

  private:
    static std::vector<Tag> tags_for(const contracts::ResourceContext& context, const json::object& properties) {
        std::vector<Tag> tags;
        for (const auto& [key, value] : context.stack_tags) {
            if (value.is_string()) tags.push_back({.Key = std::string(key), .Value = std::string(value.as_string())});
        }
        for (const auto& [key, value] : tags_of(properties)) tags.push_back({.Key = key, .Value = value});
        tags.push_back({.Key = "aws:cloudformation:stack-name", .Value = context.stack_name});
        tags.push_back({.Key = std::string(stack_tag), .Value = context.stack_id});
        tags.push_back({.Key = std::string(logical_tag), .Value = context.logical_id});
        return tags;
    }

    /// A table that this stack made for this resource before a crash is the one that is wanted.
    Task<void> create_once(Call& call, contracts::ResourceContext context, CreateTableInput request) {
        const auto arn = call.arn("dynamodb", "table/" + request.TableName);
        try {
            co_await client_.create_table(call, std::move(request));
            co_return;
        } catch (const ResourceInUseException&) {
            if (context.stack_id.empty()) throw;
        }
        const auto listed = co_await client_.list_tags_of_resource(call, {.ResourceArn = arn});
        const auto has = [&](std::string_view key, const std::string& value) {
            return std::ranges::any_of(*listed.Tags,
                                       [&](const Tag& tag) { return tag.Key == key && tag.Value == value; });
        };
        if (!has(stack_tag, context.stack_id) || !has(logical_tag, context.logical_id)) {
            throw ResourceInUseException(fmt::format("Table already exists: {}", arn.substr(arn.rfind('/') + 1)));
        }
    }

    Task<void> update_with(Call& call, std::string table, json::object members) {
        members["TableName"] = table;
        co_await client_.update_table(call, request_of<UpdateTableInput>("UpdateTable", members));
        co_await wait_until_at_rest(call, table);
    }

    /// DynamoDB takes each of these in a request of its own.
    Task<void> set_settings(Call& call, std::string table, json::object before, json::object after) {
        const auto differs = [&](std::initializer_list<std::string_view> names) {
            return contracts::any_differs(before, after, names);
        };
        if (differs({"BillingMode", "ProvisionedThroughput"})) {
            co_await update_with(call, table, same_in_api(after, {"BillingMode", "ProvisionedThroughput"}));
        }
        for (const std::string_view name : {"OnDemandThroughput", "WarmThroughput", "TableClass"}) {
            if (differs({name}) && after.contains(name)) co_await update_with(call, table, same_in_api(after, {name}));
        }
        if (differs({"DeletionProtectionEnabled"})) {
            auto members = same_in_api(after, {"DeletionProtectionEnabled"});
            if (members.empty()) members["DeletionProtectionEnabled"] = false;
            co_await update_with(call, table, std::move(members));
        }
        if (differs({"SSESpecification"})) {
            json::object members;
            rename_encryption(after, members);
            if (members.empty()) members["SSESpecification"] = {{"Enabled", false}};
            co_await update_with(call, table, std::move(members));
        }
    }

    /// Deletes the global indexes that `after` lacks or has otherwise, then creates what is new: one at a time, as
    /// DynamoDB wants it.
    Task<void> set_indexes(Call& call, std::string table, json::object before, json::object after) {
        if (!contracts::any_differs(before, after, {"GlobalSecondaryIndexes"})) co_return;
        const auto old = indexes_of(before), wanted = indexes_of(after);
        const auto same = [](const auto& one, const auto& other, const std::string& name) {
            const auto found = other.find(name);
            return found != other.end() && found->second == one.at(name);
        };
        for (const auto& [name, index] : old) {
            if (same(old, wanted, name)) continue;
            json::object gone{{"Delete", {{"IndexName", name}}}};
            co_await update_with(call, table, {{"GlobalSecondaryIndexUpdates", json::array{std::move(gone)}}});
        }
        for (const auto& [name, index] : wanted) {
            if (same(wanted, old, name)) continue;
            auto members = same_in_api(after, {"AttributeDefinitions"});
            members["GlobalSecondaryIndexUpdates"] = json::array{json::object{{"Create", index}}};
            co_await update_with(call, table, std::move(members));
        }
    }

    Task<void> wait_until_at_rest(Call& call, std::string table) {
        for (int look = 0; look < most_looks; ++look) {
            const auto described = co_await client_.describe_table(call, {.TableName = table});
            bool rests = described.Table->TableStatus == "ACTIVE";
            if (described.Table->GlobalSecondaryIndexes) {
                for (const auto& index : *described.Table->GlobalSecondaryIndexes) {
                    rests = rests && index.IndexStatus == "ACTIVE";
                }
            }
            if (rests) co_return;
            co_await call.reactor().pause(pause_between_looks);
        }
        throw aws::internal_failure(fmt::format("Table {} did not become ACTIVE in time", table));
    }

    /// Brings the table from whatever it has to what `properties` say.
    Task<void> set_time_to_live(Call& call, std::string table, json::object properties) {
        const auto* given = properties.if_contains("TimeToLiveSpecification");
        const bool wanted = given && is_true(cumulet::find(*given, "Enabled"));
        const std::string attribute(wanted ? string_or(given->as_object(), "AttributeName") : "");
        const auto described = co_await client_.describe_time_to_live(call, {.TableName = table});
        const auto current = described.TimeToLiveDescription->AttributeName.value_or("");
        if (current == attribute) co_return;
        const auto set = [&](std::string name, bool enabled) {
            return client_.update_time_to_live(
                call, {.TableName = table,
                       .TimeToLiveSpecification = {.Enabled = enabled, .AttributeName = std::move(name)}});
        };
        if (!current.empty()) co_await set(current, false);
        if (wanted) co_await set(attribute, true);
    }

    Task<void> set_tags(Call& call, std::string table, std::map<std::string, std::string> before,
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

    Task<contracts::Resource> describe(Call& call, std::string table) {
        const auto described = co_await client_.describe_table(call, {.TableName = table});
        contracts::Resource resource{.physical_id = table};
        resource.attributes["Arn"] = *described.Table->TableArn;
        resource.attributes["TableId"] = *described.Table->TableId;
        co_return resource;
    }

    aws::dynamodb::Client client_;
};

}  // namespace

std::vector<std::unique_ptr<contracts::ResourceType>> resource_types(contracts::Door& door) {
    std::vector<std::unique_ptr<contracts::ResourceType>> types;
    types.push_back(std::make_unique<TableResource>(door));
    return types;
}

}  // namespace cumulet::dynamodb
