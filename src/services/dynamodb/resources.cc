// AWS::DynamoDB::Table for CloudFormation, as calls of the service's own operations.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-dynamodb-table.html
#include "services/dynamodb/resources/global_table.h"
#include "services/dynamodb/resources/table_calls.h"
#include "services/dynamodb/service.h"

namespace cumulet::dynamodb {

namespace {

class TableResource final : public contracts::ResourceType {
  public:
    explicit TableResource(contracts::Door& door) : calls_(door) {}
    std::string_view name() const override { return "AWS::DynamoDB::Table"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        check(properties);
        const std::string table(string_or(properties, "TableName", context.generated_name));
        if (properties.contains("ImportSourceSpecification"))
            co_await calls_.import(call, context, table, std::move(properties));
        else
            co_await calls_.create(call, context, table, std::move(properties));
        co_return co_await calls_.describe(call, table);
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(
                   before, after, {"TableName", "KeySchema", "LocalSecondaryIndexes", "ImportSourceSpecification"}) ||
               redefines_attribute(before, after);
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                                     json::object before, json::object after) override {
        check(after);
        co_await calls_.change(call, context, physical_id, std::move(before), std::move(after));
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
                     "VectorIndexes",
                     "WarmThroughput"});
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
