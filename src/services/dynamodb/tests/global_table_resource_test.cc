#include "services/dynamodb/resources/scaling.h"
#include "services/dynamodb/tests/support/stack.h"

namespace cumulet::dynamodb {
namespace {

struct GlobalStack : Stack {
    GlobalStack() : Stack("AWS::DynamoDB::GlobalTable") { begin_work(); }
    ~GlobalStack() { end_work(); }

    /// With replicas, as JSON: {"Region": …}.
    json::object with(std::initializer_list<std::string_view> replicas, std::string_view more = "") {
        auto wanted = properties(more);
        auto& list = wanted["Replicas"].emplace_array();
        for (const auto replica : replicas) list.push_back(json::parse(replica));
        return wanted;
    }
    TableDescription table_in(std::string region) {
        const auto own = std::exchange(call.region, std::move(region));
        const auto described = refusal([&] { table(); }).empty() ? table() : TableDescription();
        call.region = own;
        return described;
    }
    std::string replicas() {
        std::string text;
        for (const auto& replica : table().Replicas.value_or(std::vector<ReplicaDescription>())) {
            text += (text.empty() ? "" : " ") + *replica.RegionName;
        }
        return text;
    }
};

constexpr std::string_view here = R"({"Region":"us-east-1"})", there = R"({"Region":"eu-west-1"})";

TEST(GlobalTableResource, IsATableInItsOwnRegion) {
    GlobalStack stack;
    const auto before =
        stack.with({R"({"Region":"us-east-1","DeletionProtectionEnabled":true,"Tags":[{"Key":"team","Value":"a"}]})"});
    stack.create(before);
    EXPECT_EQ(stack.table().DeletionProtectionEnabled, true);
    EXPECT_EQ(stack.tags(), "team=a");
    const auto after = stack.with(
        {R"({"Region":"us-east-1","PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":true}})"});
    const auto updated = stack.update(before, after);
    EXPECT_EQ(stack.table().DeletionProtectionEnabled, false);
    EXPECT_EQ(updated.attributes.at("TableId").as_string(), *stack.table().TableId);
    stack.remove(after);
    EXPECT_EQ(refusal([&] { stack.create(stack.properties()); }),
              "ValidationException: Replicas must contain the region of the stack, us-east-1");
}

TEST(GlobalTableResource, GainsAndLosesReplicasInPlace) {
    GlobalStack stack;
    const auto one = stack.with({here});
    const auto two = stack.with({here, there});
    const auto others = stack.with({here, R"({"Region":"ap-south-1"})"});
    stack.create(two);
    EXPECT_EQ(stack.replicas(), "eu-west-1");
    stack.put("shop-Orders-X1", R"({"pk":{"S":"a"}})");
    EXPECT_FALSE(stack.type->needs_replacement(two, others));
    stack.update(two, others);
    EXPECT_EQ(stack.replicas(), "ap-south-1");
    EXPECT_EQ(stack.table_in("ap-south-1").ItemCount, 1);
    EXPECT_FALSE(stack.table_in("eu-west-1").TableName);
    stack.update(others, one);
    EXPECT_EQ(stack.replicas(), "");
    stack.update(one, two);
    EXPECT_EQ(stack.replicas(), "eu-west-1");
    stack.update(two, two);
    stack.remove(two);
    EXPECT_FALSE(stack.table_in("eu-west-1").TableName);
    EXPECT_FALSE(stack.table_in("us-east-1").TableName);
    stack.remove(two);
}

TEST(GlobalTableResource, FindsWhatAnInterruptedTryMade) {
    GlobalStack stack;
    const auto properties = stack.with({here, there});
    stack.create(properties);
    EXPECT_EQ(stack.create(properties).physical_id, "shop-Orders-X1");
    EXPECT_EQ(stack.replicas(), "eu-west-1");
    // An update that removed the replica and was then interrupted is made again.
    const auto after = stack.with({here});
    stack.update(properties, after);
    stack.update(properties, after);
    EXPECT_EQ(stack.replicas(), "");
}

TEST(GlobalTableResource, SetsWhatReplicasHaveOfTheirOwn) {
    GlobalStack stack;
    const auto properties = stack.with(
        {here, R"({"Region":"eu-west-1","TableClass":"STANDARD_INFREQUENT_ACCESS","DeletionProtectionEnabled":true,
                   "PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":true},
                   "Tags":[{"Key":"where","Value":"Ireland"}],
                   "ResourcePolicy":{"PolicyDocument":{"Version":"2012-10-17","Statement":[]}}})"},
        R"(,"TimeToLiveSpecification":{"AttributeName":"expires","Enabled":true})");
    stack.create(properties);
    EXPECT_EQ(stack.table_in("eu-west-1").TableClassSummary->TableClass, "STANDARD_INFREQUENT_ACCESS");
    EXPECT_EQ(stack.table_in("eu-west-1").DeletionProtectionEnabled, true);
    EXPECT_FALSE(stack.table().DeletionProtectionEnabled.value_or(false));
    stack.call.region = "eu-west-1";
    EXPECT_EQ(stack.tags(), "where=Ireland");
    EXPECT_EQ(stack.time_to_live(), "expires");
    EXPECT_EQ(stack.run(stack.service.resource_policy(stack.call, *stack.table().TableArn)),
              R"({"Version":"2012-10-17","Statement":[]})");
    stack.call.region = "us-east-1";
    const auto plain = stack.with({here, there});
    stack.update(properties, plain);
    EXPECT_EQ(stack.table_in("eu-west-1").DeletionProtectionEnabled, false);
    EXPECT_EQ(stack.time_to_live(), "none");
}

TEST(GlobalTableResource, ScalesByItsSettings) {
    GlobalStack stack;
    const auto tracked = [](int least, int most) {
        return fmt::format(R"({{"MinCapacity":{},"MaxCapacity":{},
                               "TargetTrackingScalingPolicyConfiguration":{{"TargetValue":70}}}})",
                           least, most);
    };
    const auto properties = [&](int least) {
        const auto replica = fmt::format(
            R"({{"Region":"us-east-1","ReadProvisionedThroughputSettings":{{"ReadCapacityAutoScalingSettings":{}}}}})",
            tracked(least, 50));
        auto wanted =
            stack.with({replica, there},
                       fmt::format(R"(,"WriteProvisionedThroughputSettings":{{"WriteCapacityAutoScalingSettings":{}}})",
                                   tracked(2, 20)));
        wanted["BillingMode"] = "PROVISIONED";
        return wanted;
    };
    const auto read_bounds = [&] {
        const auto answer =
            stack.run(stack.service.describe_table_replica_auto_scaling(stack.call, {.TableName = "shop-Orders-X1"}));
        const auto& settings =
            *answer.TableAutoScalingDescription->Replicas->at(1).ReplicaProvisionedReadCapacityAutoScalingSettings;
        return fmt::format("{}-{}", settings.MinimumUnits.value_or(0), settings.MaximumUnits.value_or(0));
    };
    stack.create(properties(3));
    EXPECT_EQ(stack.table().ProvisionedThroughput->ReadCapacityUnits, 3);
    EXPECT_EQ(stack.table().ProvisionedThroughput->WriteCapacityUnits, 2);
    EXPECT_EQ(read_bounds(), "3-50");
    stack.update(properties(3), properties(4));
    EXPECT_EQ(read_bounds(), "4-50");
}

TEST(GlobalTableResource, IsStronglyConsistentWhereThatIsWanted) {
    GlobalStack stack;
    const auto properties =
        stack.with({here, R"({"Region":"us-west-2"})"},
                   R"(,"MultiRegionConsistency":"STRONG","GlobalTableWitnesses":[{"Region":"us-east-2"}])");
    stack.create(properties);
    EXPECT_EQ(stack.table().MultiRegionConsistency, "STRONG");
    EXPECT_EQ(stack.table().GlobalTableWitnesses->at(0).RegionName, "us-east-2");
    stack.update(properties, properties);
    stack.remove(properties);
    EXPECT_FALSE(stack.table_in("us-west-2").TableName);
}

TEST(GlobalTableResource, IsReplacedForTheseChangesAndUpdatedForAllOthers) {
    GlobalStack stack;
    const auto before = stack.with({here});
    struct Row {
        std::string_view property;
        std::string_view value;
        bool replaced;
    };
    for (const auto& row :
         {Row{"TableName", R"("other")", true}, Row{"KeySchema", R"([{"AttributeName":"id","KeyType":"HASH"}])", true},
          Row{"LocalSecondaryIndexes", R"([{"IndexName":"l"}])", true},
          Row{"AttributeDefinitions", R"([{"AttributeName":"pk","AttributeType":"B"}])", true},
          Row{"BillingMode", R"("PROVISIONED")", false}, Row{"GlobalSecondaryIndexes", R"([{"IndexName":"g"}])", false},
          Row{"Replicas", R"([{"Region":"us-east-1"},{"Region":"eu-west-1"}])", false},
          Row{"SSESpecification", R"({"SSEEnabled":true})", false},
          Row{"StreamSpecification", R"({"StreamViewType":"KEYS_ONLY"})", false},
          Row{"TimeToLiveSpecification", R"({"Enabled":true})", false},
          Row{"WriteOnDemandThroughputSettings", R"({"MaxWriteRequestUnits":5})", false},
          Row{"WriteProvisionedThroughputSettings", R"({"WriteCapacityUnits":5})", false}}) {
        auto after = before;
        after[row.property] = json::parse(row.value);
        EXPECT_EQ(stack.type->needs_replacement(before, after), row.replaced) << row.property;
    }
}

}  // namespace
}  // namespace cumulet::dynamodb
