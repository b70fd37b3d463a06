// AWS::DynamoDB::Table for CloudFormation, as calls of the service's own operations.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-dynamodb-table.html
#include "services/dynamodb/resources/global_table.h"
#include "services/dynamodb/resources/table_calls.h"
#include "services/dynamodb/service.h"

namespace cumulet::dynamodb {

namespace {

std::string view_of(const json::object& properties) {
    return std::string(string_or(object_or_empty(properties, "StreamSpecification"), "StreamViewType"));
}

json::object schema_of(const json::object& properties, const std::string& table) {
    auto members = same_in_api(properties, {"AttributeDefinitions", "KeySchema", "BillingMode", "ProvisionedThroughput",
                                            "OnDemandThroughput"});
    const auto indexes = indexes_of(properties);
    if (!indexes.empty()) {
        auto& list = members["GlobalSecondaryIndexes"].emplace_array();
        for (const auto& [name, index] : indexes) list.push_back(index);
    }
    const auto encryption = object_or_empty(properties, "SSESpecification");
    if (!encryption.empty()) members["SSESpecification"] = encryption_in_api(encryption);
    members["TableName"] = table;
    return members;
}

class TableResource final : public contracts::ResourceType {
  public:
    explicit TableResource(contracts::Door& door) : calls_(door) {}
    std::string_view name() const override { return "AWS::DynamoDB::Table"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        check(properties);
        const std::string table(string_or(properties, "TableName", context.generated_name));
        if (properties.contains("ImportSourceSpecification"))
            co_await import(call, context, table, properties);
        else
            co_await create_table(call, context, table, properties);
        co_await set_more(call, table, {}, properties);
        co_return co_await calls_.describe(call, table);
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(
                   before, after, {"TableName", "KeySchema", "LocalSecondaryIndexes", "ImportSourceSpecification"}) ||
               redefines_attribute(before, after);
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object before, json::object after) override {
        check(after);
        co_await calls_.set_throughput(call, physical_id, before, after);
        co_await calls_.set_indexes(call, physical_id, before, after);
        co_await calls_.set_alone(call, physical_id, before, after);
        co_await calls_.set_stream(call, physical_id, view_of(after));
        co_await set_more(call, physical_id, before, after);
        co_await calls_.set_tags(call, physical_id, tags_of(before), tags_of(after));
        co_return co_await calls_.describe(call, physical_id);
    }

    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id, json::object) override {
        co_await calls_.remove(call, std::move(physical_id));
    }

  private:
    void check(const json::object& properties) const {
        check_known(properties, name(),
                    {"AttributeDefinitions",
                     "BillingMode",
                     "ContributorInsightsSpecification",
                     "DeletionProtectionEnabled",
                     "GlobalSecondaryIndexes",
                     "ImportSourceSpecification",
                     "KeySchema",
                     "KinesisStreamSpecification",
                     "LocalSecondaryIndexes",
                     "OnDemandThroughput",
                     "PointInTimeRecoverySpecification",
                     "ProvisionedThroughput",
                     "ResourcePolicy",
                     "SSESpecification",
                     "StreamSpecification",
                     "TableClass",
                     "TableName",
                     "Tags",
                     "TimeToLiveSpecification",
                     "WarmThroughput"});
    }

    Task<void> create_table(Call& call, contracts::ResourceContext context, std::string table,
                            json::object properties) {
        auto members = schema_of(properties, table);
        for (const std::string_view name :
             {"LocalSecondaryIndexes", "TableClass", "DeletionProtectionEnabled", "WarmThroughput"}) {
            if (const auto* value = properties.if_contains(name)) members[name] = *value;
        }
        if (const auto view = view_of(properties); !view.empty()) {
            members["StreamSpecification"] = {{"StreamEnabled", true}, {"StreamViewType", view}};
        }
        auto request = request_of<CreateTableInput>("CreateTable", members);
        request.Tags = TableCalls::tags_for(context, tags_of(properties));
        co_await calls_.create(call, std::move(context), std::move(request));
    }

    Task<void> import(Call& call, contracts::ResourceContext context, std::string table, json::object properties) {
        auto members = object_or_empty(properties, "ImportSourceSpecification");
        members["TableCreationParameters"] = schema_of(properties, table);
        const auto tags = TableCalls::tags_for(context, tags_of(properties));
        co_await calls_.import(call, std::move(context), std::move(members));
        std::map<std::string, std::string> wanted;
        for (const auto& tag : tags) wanted[tag.Key] = tag.Value;
        co_await calls_.set_tags(call, table, {}, std::move(wanted));
        co_await calls_.set_alone(call, table, same_in_api(properties, {"SSESpecification"}), properties);
        co_await calls_.set_stream(call, table, view_of(properties));
    }

    /// What has operations of its own.
    Task<void> set_more(Call& call, std::string table, json::object before, json::object after) {
        co_await calls_.set_time_to_live(call, table, object_or_empty(after, "TimeToLiveSpecification"));
        co_await calls_.set_recovery(call, table, before, after);
        co_await calls_.set_policies(call, table, before, after);
        co_await calls_.set_insights(call, table, before, after);
        co_await calls_.set_kinesis(call, table, before, after);
    }

    TableCalls calls_;
};

}  // namespace

std::vector<std::unique_ptr<contracts::ResourceType>> resource_types(contracts::Door& door) {
    std::vector<std::unique_ptr<contracts::ResourceType>> types;
    types.push_back(std::make_unique<TableResource>(door));
    types.push_back(global_table_type(door));
    return types;
}

}  // namespace cumulet::dynamodb
