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

TEST(TableResource, HasWhatItsOtherPropertiesSay) {
    Stack stack;
    const auto before = stack.properties(R"(,"StreamSpecification":{"StreamViewType":"NEW_IMAGE"},
        "PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":true,"RecoveryPeriodInDays":3},
        "ResourcePolicy":{"PolicyDocument":{"Version":"2012-10-17","Statement":[]}},
        "OnDemandThroughput":{"MaxReadRequestUnits":10})");
    const auto made = stack.run(stack.type->create(stack.call, stack.context, before));
    const auto arn = *stack.table().TableArn;
    EXPECT_EQ(made.attributes.at("StreamArn").as_string(), *stack.table().LatestStreamArn);
    EXPECT_EQ(stack.table().OnDemandThroughput->MaxReadRequestUnits, 10);
    const auto recovery = [&] {
        return *stack.run(stack.service.describe_continuous_backups(stack.call, {.TableName = "shop-Orders-X1"}))
                    .ContinuousBackupsDescription->PointInTimeRecoveryDescription;
    };
    EXPECT_EQ(recovery().RecoveryPeriodInDays, 3);
    EXPECT_EQ(stack.run(stack.service.resource_policy(stack.call, arn)), R"({"Version":"2012-10-17","Statement":[]})");

    const auto after = stack.properties(R"(,"StreamSpecification":{"StreamViewType":"KEYS_ONLY"})");
    stack.run(stack.type->update(stack.call, stack.context, "shop-Orders-X1", before, after));
    EXPECT_EQ(stack.table().StreamSpecification->StreamViewType, "KEYS_ONLY");
    EXPECT_FALSE(stack.table().OnDemandThroughput);
    EXPECT_EQ(recovery().PointInTimeRecoveryStatus, "DISABLED");
    EXPECT_EQ(stack.run(stack.service.resource_policy(stack.call, arn)), "");
}

TEST(TableResource, ChangesHowItAndItsIndexesAreBilled) {
    Stack stack;
    const auto with = [&](std::string_view billing, std::string_view index) {
        auto properties = stack.properties(fmt::format(
            R"(,"GlobalSecondaryIndexes":[{{"IndexName":"by-state","KeySchema":[{{"AttributeName":"state",
            "KeyType":"HASH"}}],"Projection":{{"ProjectionType":"ALL"}}{}}}])",
            index));
        properties["AttributeDefinitions"].as_array().push_back({{"AttributeName", "state"}, {"AttributeType", "S"}});
        for (const auto& [name, value] : json::parse(billing).as_object()) properties[name] = value;
        return properties;
    };
    const auto on_demand = with(R"({})", "");
    const auto five = with(R"({"BillingMode":"PROVISIONED","ProvisionedThroughput":
                               {"ReadCapacityUnits":"5","WriteCapacityUnits":5}})",
                           R"(,"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1})");
    const auto six = with(R"({"BillingMode":"PROVISIONED","ProvisionedThroughput":
                              {"ReadCapacityUnits":6,"WriteCapacityUnits":6}})",
                          R"(,"ProvisionedThroughput":{"ReadCapacityUnits":2,"WriteCapacityUnits":2})");
    stack.run(stack.type->create(stack.call, stack.context, on_demand));
    const auto change = [&](const json::object& before, const json::object& after) {
        EXPECT_FALSE(stack.type->needs_replacement(before, after));
        stack.run(stack.type->update(stack.call, stack.context, "shop-Orders-X1", before, after));
    };
    change(on_demand, five);
    EXPECT_EQ(stack.table().ProvisionedThroughput->ReadCapacityUnits, 5);
    EXPECT_EQ(stack.table().GlobalSecondaryIndexes->at(0).ProvisionedThroughput->ReadCapacityUnits, 1);
    change(five, six);
    EXPECT_EQ(stack.table().ProvisionedThroughput->WriteCapacityUnits, 6);
    EXPECT_EQ(stack.table().GlobalSecondaryIndexes->at(0).ProvisionedThroughput->WriteCapacityUnits, 2);
    change(six, on_demand);
    EXPECT_EQ(stack.table().BillingModeSummary->BillingMode, "PAY_PER_REQUEST");
}

TEST(TableResource, IsReplacedForAnotherSchemaOnly) {
    Stack stack;
    const auto before = stack.properties();
    auto after = before;
    after["AttributeDefinitions"].as_array()[0].as_object()["AttributeType"] = "N";
    EXPECT_TRUE(stack.type->needs_replacement(before, after));
    after = before;
    after["TableClass"] = "STANDARD_INFREQUENT_ACCESS";
    EXPECT_FALSE(stack.type->needs_replacement(before, after));
}

TEST(TableResource, RefusesPropertiesThatThereAreNot) {
    Stack stack;
    EXPECT_EQ(refusal([&] {
                  stack.run(stack.type->create(stack.call, stack.context, stack.properties(R"(,"Colour":"red")")));
              }),
              "ValidationException: Encountered unsupported property Colour of AWS::DynamoDB::Table");
}

TEST(GlobalTableResource, IsATableInItsOwnRegion) {
    Stack stack;
    const auto type = std::move(resource_types(stack.door)[1]);
    const auto with = [&](std::string_view replica) {
        auto properties = stack.properties();
        properties["Replicas"] = json::array{json::parse(fmt::format(R"({{"Region":"us-east-1"{}}})", replica))};
        return properties;
    };
    const auto before = with(R"(,"DeletionProtectionEnabled":true,"Tags":[{"Key":"team","Value":"a"}])");
    stack.run(type->create(stack.call, stack.context, before));
    EXPECT_EQ(stack.table().DeletionProtectionEnabled, true);
    const auto after = with(R"(,"PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":true})");
    const auto updated = stack.run(type->update(stack.call, stack.context, "shop-Orders-X1", before, after));
    EXPECT_EQ(stack.table().DeletionProtectionEnabled, false);
    EXPECT_EQ(updated.attributes.at("TableId").as_string(), *stack.table().TableId);
    stack.run(type->remove(stack.call, stack.context, "shop-Orders-X1", after));
    EXPECT_EQ(refusal([&] { stack.run(type->create(stack.call, stack.context, stack.properties())); }),
              "ValidationException: Replicas must contain the region of the stack, us-east-1");
}

TEST(ResourcePolicy, HasARevisionAndCoversIndexes) {
    World world;
    world.make_table("orders");
    const std::string arn = "arn:aws:dynamodb:us-east-1:000000000000:table/orders";
    const std::string policy = R"({"Version":"2012-10-17","Statement":[]})";
    const auto put = [&](std::optional<std::string> expected, std::string text) {
        return world
            .run(world.service.put_resource_policy(
                world.call, {.ResourceArn = arn, .Policy = std::move(text), .ExpectedRevisionId = std::move(expected)}))
            .RevisionId;
    };
    const auto get = [&] { return world.run(world.service.get_resource_policy(world.call, {.ResourceArn = arn})); };
    EXPECT_EQ(refusal(get).substr(0, 23), "PolicyNotFoundException");
    const auto first = put("NO_POLICY", policy);
    EXPECT_EQ(get().Policy, policy);
    EXPECT_EQ(put({}, policy), first);
    EXPECT_EQ(refusal([&] { put("NO_POLICY", policy + " "); }).substr(0, 23), "PolicyNotFoundException");
    EXPECT_EQ(refusal([&] { put("other", policy + " "); }).substr(0, 23), "PolicyNotFoundException");
    EXPECT_NE(put(first, policy + " "), first);
    EXPECT_NE(refusal([&] { put({}, "no policy"); }), "");
    EXPECT_EQ(world.run(world.service.resource_policy(world.call, arn + "/index/by-state")), policy + " ");
    world.run(world.service.delete_resource_policy(world.call, {.ResourceArn = arn}));
    EXPECT_EQ(world.run(world.service.resource_policy(world.call, arn)), "");
    put({}, policy);
    world.run(world.service.delete_table(world.call, {.TableName = "orders"}));
    EXPECT_EQ(refusal(get).substr(0, 25), "ResourceNotFoundException");
    world.make_table("orders");
    EXPECT_EQ(refusal(get).substr(0, 23), "PolicyNotFoundException");
}

}  // namespace
}  // namespace cumulet::dynamodb
