#include "services/dynamodb/tests/support/world.h"

namespace cumulet::dynamodb {
namespace {

/// Leads straight to the one service of this world.
class ShortDoor final : public contracts::Door {
  public:
    explicit ShortDoor(contracts::AnyApi& api) : api_(api) {}
    Task<void> invoke(Call& caller, const contracts::Service&, const contracts::Operation& operation, void* input,
                      void* output) override {
        co_await operation.invoke(api_, caller, input, output);
    }

  private:
    contracts::AnyApi& api_;
};

struct Stack : World {
    ShortDoor door{service};
    std::unique_ptr<contracts::ResourceType> type = std::move(resource_types(door).front());
    contracts::ResourceContext context{
        .stack_name = "shop", .stack_id = "arn:stack/1", .logical_id = "Orders", .generated_name = "shop-Orders-X1"};

    json::object properties(std::string_view more = "") {
        return json::parse(fmt::format(R"({{"AttributeDefinitions":[{{"AttributeName":"pk","AttributeType":"S"}}],
                                            "KeySchema":[{{"AttributeName":"pk","KeyType":"HASH"}}],
                                            "BillingMode":"PAY_PER_REQUEST"{}}})",
                                       more))
            .as_object();
    }
    TableDescription table() { return *run(service.describe_table(call, {.TableName = "shop-Orders-X1"})).Table; }
    std::string time_to_live() {
        return run(service.describe_time_to_live(call, {.TableName = "shop-Orders-X1"}))
            .TimeToLiveDescription->AttributeName.value_or("none");
    }
};

TEST(TableResource, IsATableWithItsArnTagsAndTimeToLive) {
    Stack stack;
    const auto made = stack.run(
        stack.type->create(stack.call, stack.context,
                           stack.properties(R"(,"TimeToLiveSpecification":{"AttributeName":"expires","Enabled":"true"},
                             "Tags":[{"Key":"team","Value":"a"}],"SSESpecification":{"SSEEnabled":true})")));
    EXPECT_EQ(made.physical_id, "shop-Orders-X1");
    EXPECT_EQ(made.attributes.at("Arn").as_string(), *stack.table().TableArn);
    EXPECT_EQ(stack.time_to_live(), "expires");
    EXPECT_EQ(stack.table().SSEDescription->Status, "ENABLED");
}

TEST(TableResource, FindsWhatAnInterruptedTryMadeAndNothingElse) {
    Stack stack;
    stack.run(stack.type->create(stack.call, stack.context, stack.properties()));
    const auto again = stack.run(stack.type->create(stack.call, stack.context, stack.properties()));
    EXPECT_EQ(again.physical_id, "shop-Orders-X1");
    stack.context.stack_id = "arn:stack/2";
    EXPECT_EQ(refusal([&] { stack.run(stack.type->create(stack.call, stack.context, stack.properties())); }),
              "ResourceInUseException: Table already exists: shop-Orders-X1");
}

TEST(TableResource, IsUpdatedInPlaceWhereItsKeysStay) {
    Stack stack;
    const auto before = stack.properties();
    stack.run(stack.type->create(stack.call, stack.context, before));
    const auto after = stack.properties(R"(,"DeletionProtectionEnabled":true,
                                            "TimeToLiveSpecification":{"AttributeName":"expires","Enabled":true})");
    EXPECT_FALSE(stack.type->needs_replacement(before, after));
    stack.run(stack.type->update(stack.call, stack.context, "shop-Orders-X1", before, after));
    EXPECT_EQ(stack.table().DeletionProtectionEnabled, true);
    EXPECT_EQ(stack.time_to_live(), "expires");
    stack.run(stack.type->update(stack.call, stack.context, "shop-Orders-X1", after, before));
    EXPECT_EQ(stack.table().DeletionProtectionEnabled, false);
    EXPECT_EQ(stack.time_to_live(), "none");

    auto other_key = before;
    other_key["KeySchema"] = json::array{{{"AttributeName", "id"}, {"KeyType", "HASH"}}};
    EXPECT_TRUE(stack.type->needs_replacement(before, other_key));
}

TEST(TableResource, GainsAndLosesGlobalIndexes) {
    Stack stack;
    const auto before = stack.properties();
    stack.run(stack.type->create(stack.call, stack.context, before));
    auto after = stack.properties(R"(,"GlobalSecondaryIndexes":[{"IndexName":"by-state",
        "KeySchema":[{"AttributeName":"state","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}])");
    after["AttributeDefinitions"].as_array().push_back({{"AttributeName", "state"}, {"AttributeType", "S"}});
    stack.run(stack.type->update(stack.call, stack.context, "shop-Orders-X1", before, after));
    EXPECT_EQ((*stack.table().GlobalSecondaryIndexes)[0].IndexName, "by-state");
    stack.run(stack.type->update(stack.call, stack.context, "shop-Orders-X1", after, before));
    EXPECT_FALSE(stack.table().GlobalSecondaryIndexes);
}

TEST(TableResource, IsRemovedTwiceWithoutComplaint) {
    Stack stack;
    stack.run(stack.type->create(stack.call, stack.context, stack.properties()));
    stack.run(stack.type->remove(stack.call, stack.context, "shop-Orders-X1", stack.properties()));
    stack.run(stack.type->remove(stack.call, stack.context, "shop-Orders-X1", stack.properties()));
    EXPECT_EQ(refusal([&] { stack.table(); }),
              "ResourceNotFoundException: Requested resource not found: Table: shop-Orders-X1 not found");
}

TEST(TableResource, RefusesPropertiesThatAreNotBuilt) {
    Stack stack;
    EXPECT_EQ(
        refusal([&] {
            stack.run(stack.type->create(stack.call, stack.context,
                                         stack.properties(R"(,"StreamSpecification":{"StreamViewType":"NEW_IMAGE"})")));
        }).substr(0, 14),
        "NotImplemented");
}

}  // namespace
}  // namespace cumulet::dynamodb
