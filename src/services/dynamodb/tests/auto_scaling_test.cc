#include "services/dynamodb/tests/support/world.h"

namespace cumulet::dynamodb {
namespace {

struct Scaled : World {
    Scaled() {
        run(service.create_table(
            call, {.AttributeDefinitions = {{{.AttributeName = "pk", .AttributeType = "S"},
                                             {.AttributeName = "state", .AttributeType = "S"}}},
                   .TableName = "orders",
                   .KeySchema = {{{.AttributeName = "pk", .KeyType = "HASH"}}},
                   .GlobalSecondaryIndexes = {{{.IndexName = "by-state",
                                                .KeySchema = {{.AttributeName = "state", .KeyType = "HASH"}},
                                                .Projection = {.ProjectionType = "ALL"},
                                                .ProvisionedThroughput = {{.ReadCapacityUnits = 1,
                                                                           .WriteCapacityUnits = 1}}}}},
                   .ProvisionedThroughput = {{.ReadCapacityUnits = 5, .WriteCapacityUnits = 5}}}));
    }
    void add_replica(std::string region) {
        run(service.update_table(
            call, {.TableName = "orders", .ReplicaUpdates = {{{.Create = {{.RegionName = std::move(region)}}}}}}));
    }
    TableAutoScalingDescription update(UpdateTableReplicaAutoScalingInput request) {
        request.TableName = "orders";
        return *run(service.update_table_replica_auto_scaling(call, std::move(request))).TableAutoScalingDescription;
    }
    /// Of each region: "region read write index-read index-write", each "off" or its bounds.
    std::string described() {
        const auto shown = [](const std::optional<AutoScalingSettingsDescription>& settings) -> std::string {
            if (!settings->MinimumUnits) return settings->AutoScalingDisabled == true ? "off" : "?";
            return fmt::format("{}-{}", *settings->MinimumUnits, *settings->MaximumUnits);
        };
        std::string text;
        const auto answer = run(service.describe_table_replica_auto_scaling(call, {.TableName = "orders"}));
        for (const auto& replica : *answer.TableAutoScalingDescription->Replicas) {
            const auto& index = replica.GlobalSecondaryIndexes->at(0);
            text += fmt::format("{}{} {} {} {} {}", text.empty() ? "" : ", ", *replica.RegionName,
                                shown(replica.ReplicaProvisionedReadCapacityAutoScalingSettings),
                                shown(replica.ReplicaProvisionedWriteCapacityAutoScalingSettings),
                                shown(index.ProvisionedReadCapacityAutoScalingSettings),
                                shown(index.ProvisionedWriteCapacityAutoScalingSettings));
        }
        return text;
    }
};

AutoScalingSettingsUpdate between(int64_t least, int64_t most) {
    return {.MinimumUnits = least,
            .MaximumUnits = most,
            .ScalingPolicyUpdate = {{.TargetTrackingScalingPolicyConfiguration = {.TargetValue = 70}}}};
}

constexpr const char* no_global_table = "ResourceNotFoundException: Global table with name: 'orders' does not exist.";

TEST(AutoScaling, IsOfGlobalTablesOnly) {
    Scaled world;
    EXPECT_EQ(refusal([&] { world.described(); }), no_global_table);
    EXPECT_EQ(refusal([&] { world.update({.ProvisionedWriteCapacityAutoScalingUpdate = between(1, 10)}); }),
              no_global_table);
    world.add_replica("eu-west-1");
    EXPECT_EQ(world.described(), "eu-west-1 off off off off, us-east-1 off off off off");
    world.run(world.service.update_table(
        world.call, {.TableName = "orders", .ReplicaUpdates = {{{.Delete = {{.RegionName = "eu-west-1"}}}}}}));
    EXPECT_EQ(refusal([&] { world.described(); }), no_global_table);
}

TEST(AutoScaling, OfWritesIsSharedByAllRegionsAndOfReadsIsEachRegionsOwn) {
    Scaled world;
    world.add_replica("eu-west-1");
    const auto answer = world.update(
        {.GlobalSecondaryIndexUpdates = {{{.IndexName = "by-state",
                                           .ProvisionedWriteCapacityAutoScalingUpdate = between(2, 20)}}},
         .ProvisionedWriteCapacityAutoScalingUpdate = between(1, 10),
         .ReplicaUpdates = {
             {{.RegionName = "eu-west-1",
               .ReplicaGlobalSecondaryIndexUpdates = {{{.IndexName = "by-state",
                                                        .ProvisionedReadCapacityAutoScalingUpdate = between(4, 40)}}},
               .ReplicaProvisionedReadCapacityAutoScalingUpdate = between(3, 30)}}}});
    EXPECT_EQ(answer.TableStatus, "UPDATING");
    EXPECT_EQ(answer.Replicas->size(), 2u);
    EXPECT_EQ(world.described(), "eu-west-1 3-30 1-10 4-40 2-20, us-east-1 off 1-10 off 2-20");
    world.call.region = "eu-west-1";
    EXPECT_EQ(world.described(), "eu-west-1 3-30 1-10 4-40 2-20, us-east-1 off 1-10 off 2-20");
    world.add_replica("ap-south-1");
    EXPECT_EQ(world.described().substr(0, 28), "ap-south-1 off 1-10 off 2-20");
    world.update({.ProvisionedWriteCapacityAutoScalingUpdate = {{.AutoScalingDisabled = true}}});
    world.call.region = "us-east-1";
    EXPECT_EQ(world.described().substr(0, 27), "ap-south-1 off off off 2-20");
}

TEST(AutoScaling, NamesItsPolicyAndItsRole) {
    Scaled world;
    world.add_replica("eu-west-1");
    const auto answer = world.update({.ProvisionedWriteCapacityAutoScalingUpdate = between(1, 10)});
    const auto& settings = *answer.Replicas->at(0).ReplicaProvisionedWriteCapacityAutoScalingSettings;
    EXPECT_EQ(settings.AutoScalingRoleArn,
              "arn:aws:iam::000000000000:role/aws-service-role/dynamodb.application-autoscaling.amazonaws.com/"
              "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable");
    EXPECT_FALSE(settings.AutoScalingDisabled);
    EXPECT_EQ(settings.ScalingPolicies->at(0).PolicyName, "DynamoDBWriteCapacityUtilization:table/orders");
    EXPECT_EQ(settings.ScalingPolicies->at(0).TargetTrackingScalingPolicyConfiguration->TargetValue, 70);
}

TEST(AutoScaling, GoesWithItsTableAndRestsWhileItIsBilledOnDemand) {
    Scaled world;
    world.add_replica("eu-west-1");
    world.update({.ProvisionedWriteCapacityAutoScalingUpdate = between(1, 10)});
    world.run(world.service.update_table(world.call, {.TableName = "orders", .BillingMode = "PAY_PER_REQUEST"}));
    const auto writes = [&] {
        const auto answer =
            world.run(world.service.describe_table_replica_auto_scaling(world.call, {.TableName = "orders"}));
        return *answer.TableAutoScalingDescription->Replicas->at(1).ReplicaProvisionedWriteCapacityAutoScalingSettings;
    };
    EXPECT_EQ(writes().MaximumUnits, 10);
    EXPECT_EQ(writes().AutoScalingDisabled, true);
    world.run(world.service.delete_table(world.call, {.TableName = "orders"}));
    world.make_table("orders");
    world.call.region = "eu-west-1";
    world.run(world.service.delete_table(world.call, {.TableName = "orders"}));
    world.call.region = "us-east-1";
    world.add_replica("eu-west-1");
    EXPECT_FALSE(writes().MaximumUnits);
}

TEST(AutoScaling, RefusesInDynamoDBsWords) {
    Scaled world;
    world.add_replica("eu-west-1");
    const auto refused = [&](UpdateTableReplicaAutoScalingInput request) {
        return refusal([&] { world.update(std::move(request)); });
    };
    const auto writes = [&](AutoScalingSettingsUpdate update) {
        return refused({.ProvisionedWriteCapacityAutoScalingUpdate = std::move(update)});
    };
    const std::string failed = "ValidationException: Failed to update settings for global table with name: ‘orders’";
    const std::string passed_on =
        " (Service: AWSApplicationAutoScaling; Status Code: 400; Error Code: ValidationException; Request ID: "
        "request-1; Proxy: null)";
    EXPECT_EQ(writes({.MinimumUnits = 1}),
              failed +
                  ": Parameters 'MaximumUnits', 'ScalingPolicyUpdate' are required unless auto scaling is being "
                  "disabled.");
    EXPECT_EQ(writes({.AutoScalingDisabled = false}),
              failed +
                  ": Parameters 'MaximumUnits', 'ScalingPolicyUpdate', 'MinimumUnits' are required unless auto "
                  "scaling is being disabled.");
    EXPECT_EQ(writes({.MinimumUnits = 1, .MaximumUnits = 2, .AutoScalingDisabled = true}),
              failed + ": Parameters 'MaximumUnits', 'MinimumUnits' must be left blank when disabling auto scaling.");
    EXPECT_EQ(writes(between(5, 4)),
              "ValidationException: Maximum capacity cannot be less than minimum capacity" + passed_on);
    auto target = between(1, 10);
    target.ScalingPolicyUpdate->TargetTrackingScalingPolicyConfiguration.TargetValue = 90.1;
    EXPECT_EQ(writes(target),
              "ValidationException: For predefined metric type DynamoDBWriteCapacityUtilization, target value must be "
              "between '10.0' and '90.0', but was '90.1'." +
                  passed_on);
    EXPECT_EQ(
        refused({.GlobalSecondaryIndexUpdates = {{{.IndexName = "none",
                                                   .ProvisionedWriteCapacityAutoScalingUpdate = between(1, 10)}}}}),
        "ResourceNotFoundException: Requested resource not found: Index none for table orders");
    EXPECT_EQ(refused({}), failed + " because at least one update parameter must be specified.");
    EXPECT_EQ(refused({.ReplicaUpdates = {{{.RegionName = "eu-west-1"}}}}),
              failed + " because at least one update parameter must be specified for region: ‘eu-west-1’.");
    const ReplicaAutoScalingUpdate there{.RegionName = "eu-west-1",
                                         .ReplicaProvisionedReadCapacityAutoScalingUpdate = between(1, 2)};
    EXPECT_EQ(refused({.ReplicaUpdates = {{there, there}}}),
              failed + " because the regions: ‘[eu-west-1]’ were specified more than once.");
}

}  // namespace
}  // namespace cumulet::dynamodb
