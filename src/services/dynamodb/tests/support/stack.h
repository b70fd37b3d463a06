// What CloudFormation does to a resource, against the one service of a world.
#pragma once

#include "services/dynamodb/tests/support/world.h"

namespace cumulet::dynamodb {

/// Leads straight to the one service of this world.
class ShortDoor final : public contracts::Door {
  public:
    explicit ShortDoor(contracts::AnyApi& api) : api_(api) {}
    Task<void> invoke(Call& caller, const contracts::Service&, const contracts::Operation& operation, void* input,
                      void* output) override {
        Call call = caller;
        ++call.depth;
        co_await operation.invoke(api_, call, input, output);
    }

  private:
    contracts::AnyApi& api_;
};

struct Stack : World {
    explicit Stack(std::string_view type_name = "AWS::DynamoDB::Table", Options options = {}) : World(options) {
        for (auto& each : resource_types(door)) {
            if (each->name() == type_name) type = std::move(each);
        }
    }

    ShortDoor door{service};
    std::unique_ptr<contracts::ResourceType> type;
    contracts::ResourceContext context{
        .stack_name = "shop", .stack_id = "arn:stack/1", .logical_id = "Orders", .generated_name = "shop-Orders-X1"};

    json::object properties(std::string_view more = "") {
        return json::parse(fmt::format(R"({{"AttributeDefinitions":[{{"AttributeName":"pk","AttributeType":"S"}}],
                                            "KeySchema":[{{"AttributeName":"pk","KeyType":"HASH"}}],
                                            "BillingMode":"PAY_PER_REQUEST"{}}})",
                                       more))
            .as_object();
    }
    contracts::Resource create(const json::object& wanted) { return run(type->create(call, context, wanted)); }
    contracts::Resource update(const json::object& before, const json::object& after) {
        return run(type->update(call, context, "shop-Orders-X1", before, after));
    }
    void remove(const json::object& properties) { run(type->remove(call, context, "shop-Orders-X1", properties)); }

    TableDescription table() { return *run(service.describe_table(call, {.TableName = "shop-Orders-X1"})).Table; }
    std::string time_to_live() {
        return run(service.describe_time_to_live(call, {.TableName = "shop-Orders-X1"}))
            .TimeToLiveDescription->AttributeName.value_or("none");
    }
    /// "key=value …" of the table's tags, without those of CloudFormation's own.
    std::string tags() {
        std::string text;
        for (const auto& tag : *run(service.list_tags_of_resource(call, {.ResourceArn = *table().TableArn})).Tags) {
            if (!tag.Key.starts_with("aws:")) text += (text.empty() ? "" : " ") + tag.Key + "=" + tag.Value;
        }
        return text;
    }
};

}  // namespace cumulet::dynamodb
