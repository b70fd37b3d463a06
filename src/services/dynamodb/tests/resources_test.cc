#include "contracts/s3.h"
#include "services/dynamodb/tests/support/stack.h"

namespace cumulet::dynamodb {
namespace {

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

TEST(TableResource, GainsChangesAndLosesVectorIndexes) {
    Stack stack;
    const auto with = [&](int dimensions) {
        auto wanted = stack.properties(fmt::format(R"(,"VectorIndexes":[{{"IndexName":"near","Dimensions":{},
            "VectorAttribute":{{"AttributeName":"v"}},"DistanceFunction":"COSINE",
            "SearchSchema":[{{"AttributeName":"place","SearchSchemaElementType":"HASH"}}],
            "Projection":{{"ProjectionType":"KEYS_ONLY"}}}}])",
                                                   dimensions));
        wanted["AttributeDefinitions"].as_array().push_back({{"AttributeName", "place"}, {"AttributeType", "S"}});
        return wanted;
    };
    const auto without = stack.properties();
    stack.create(with(2));
    EXPECT_EQ(stack.table().VectorIndexes->at(0).Dimensions, 2);
    EXPECT_FALSE(stack.type->needs_replacement(with(2), with(3)));
    stack.update(with(2), with(3));
    EXPECT_EQ(stack.table().VectorIndexes->at(0).Dimensions, 3);
    stack.update(with(3), without);
    EXPECT_FALSE(stack.table().VectorIndexes);
    stack.update(without, with(4));
    EXPECT_EQ(stack.table().VectorIndexes->at(0).Dimensions, 4);
    EXPECT_EQ(stack.table().VectorIndexes->at(0).IndexStatus, "ACTIVE");
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

TEST(TableResource, SendsItsChangesToAKinesisStream) {
    Stack stack;
    const auto to = [&](std::string_view stream, std::string_view precision) {
        return stack.properties(fmt::format(
            R"(,"KinesisStreamSpecification":{{"StreamArn":"arn:aws:kinesis:us-east-1:000000000000:stream/{}"
               ,"ApproximateCreationDateTimePrecision":"{}"}})",
            stream, precision));
    };
    const auto destinations = [&] {
        std::string text;
        const auto described = stack.run(
            stack.service.describe_kinesis_streaming_destination(stack.call, {.TableName = "shop-Orders-X1"}));
        for (const auto& each : *described.KinesisDataStreamDestinations) {
            text += fmt::format("{} {} {};", each.StreamArn->substr(each.StreamArn->rfind('/') + 1),
                                *each.DestinationStatus, each.ApproximateCreationDateTimePrecision.value_or("usual"));
        }
        return text;
    };
    const auto none = stack.properties(), first = to("a", "MICROSECOND"), second = to("b", "MILLISECOND");
    stack.create(first);
    EXPECT_EQ(destinations(), "a ACTIVE MICROSECOND;");
    EXPECT_EQ(
        refusal([&] {
            stack.run(stack.service.enable_kinesis_streaming_destination(
                stack.call, {.TableName = "shop-Orders-X1", .StreamArn = "arn:aws:kinesis:us-east-1:0:stream/c"}));
        }),
        "ValidationException: Table is not in a valid state to enable Kinesis Streaming "
        "Destination:EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE "
        "operation.");
    EXPECT_FALSE(stack.type->needs_replacement(first, second));
    stack.update(first, second);
    EXPECT_EQ(destinations(), "a DISABLED MICROSECOND;b ACTIVE MILLISECOND;");
    stack.update(second, none);
    EXPECT_EQ(destinations(), "a DISABLED MICROSECOND;b DISABLED MILLISECOND;");
    stack.update(none, first);
    EXPECT_EQ(destinations(), "a ACTIVE MICROSECOND;b DISABLED MILLISECOND;");
}

TEST(TableResource, HasContributorInsightsOfItselfAndItsIndexes) {
    Stack stack;
    const auto with = [&](std::string_view own, std::string_view of_index) {
        auto properties = stack.properties(fmt::format(
            R"(,"ContributorInsightsSpecification":{},"GlobalSecondaryIndexes":[{{"IndexName":"by-state",
               "KeySchema":[{{"AttributeName":"state","KeyType":"HASH"}}],"Projection":{{"ProjectionType":"ALL"}},
               "ContributorInsightsSpecification":{}}}])",
            own, of_index));
        properties["AttributeDefinitions"].as_array().push_back({{"AttributeName", "state"}, {"AttributeType", "S"}});
        return properties;
    };
    const auto status = [&](std::optional<std::string> index) {
        const auto described = stack.run(stack.service.describe_contributor_insights(
            stack.call, {.TableName = "shop-Orders-X1", .IndexName = std::move(index)}));
        return *described.ContributorInsightsStatus + " " + described.ContributorInsightsMode.value_or("");
    };
    const auto on = with(R"({"Enabled":true,"Mode":"THROTTLED_KEYS"})", R"({"Enabled":true})");
    const auto off = with(R"({"Enabled":false})", R"({"Enabled":false})");
    stack.create(on);
    EXPECT_EQ(status({}), "ENABLED THROTTLED_KEYS");
    EXPECT_EQ(status("by-state"), "ENABLED ACCESSED_AND_THROTTLED_KEYS");
    EXPECT_FALSE(stack.type->needs_replacement(on, off));
    stack.update(on, off);
    EXPECT_EQ(status({}), "DISABLED THROTTLED_KEYS");
    EXPECT_EQ(status("by-state"), "DISABLED ACCESSED_AND_THROTTLED_KEYS");
    stack.update(off, with(R"({"Enabled":true,"Mode":"ACCESSED_AND_THROTTLED_KEYS"})", R"({"Enabled":true})"));
    EXPECT_EQ(status({}), "ENABLED ACCESSED_AND_THROTTLED_KEYS");
    EXPECT_EQ(status("by-state"), "ENABLED ACCESSED_AND_THROTTLED_KEYS");
}

/// One bucket with one file in it.
class OneFile final : public contracts::Door {
  public:
    Task<void> invoke(Call&, const contracts::Service& service, const contracts::Operation& operation, void* input,
                      void* output) override {
        if (service.name != "s3") co_return;
        if (operation.name == "GetObject") {
            static_cast<aws::s3::GetObjectOutput*>(output)->Body = stream_of(text);
            co_return;
        }
        auto& contents = static_cast<aws::s3::ListObjectsV2Output*>(output)->Contents.emplace();
        if (static_cast<aws::s3::ListObjectsV2Request*>(input)->StartAfter) co_return;
        contents.push_back({.Key = "in/1.csv", .Size = static_cast<int64_t>(text.size())});
    }

    std::string text = "pk,size\na,1\nb,2\n";
};

TEST(TableResource, IsImportedWhereItsSourceIsGiven) {
    OneFile file;
    Stack stack("AWS::DynamoDB::Table", {.door = &file});
    const auto properties =
        stack.properties(R"(,"ImportSourceSpecification":{"S3BucketSource":{"S3Bucket":"files","S3KeyPrefix":"in/"},
            "InputFormat":"CSV","InputCompressionType":"NONE"},"Tags":[{"Key":"team","Value":"a"}],
            "StreamSpecification":{"StreamViewType":"KEYS_ONLY"},"DeletionProtectionEnabled":true,
            "TimeToLiveSpecification":{"AttributeName":"expires","Enabled":true})");
    stack.context.client_token = "step-1";
    const auto made = stack.create(properties);
    EXPECT_EQ(made.attributes.at("Arn").as_string(), *stack.table().TableArn);
    EXPECT_EQ(stack.get("shop-Orders-X1", R"({"pk":{"S":"a"}})"), R"({"pk":{"S":"a"},"size":{"S":"1"}})");
    EXPECT_EQ(stack.table().ItemCount, 2);
    EXPECT_EQ(stack.table().StreamSpecification->StreamViewType, "KEYS_ONLY");
    EXPECT_EQ(stack.table().DeletionProtectionEnabled, true);
    EXPECT_EQ(stack.time_to_live(), "expires");
    EXPECT_EQ(stack.tags(), "team=a");
    // A step that is repeated after a crash finds the import it began.
    EXPECT_EQ(stack.create(properties).physical_id, made.physical_id);
}

TEST(TableResource, HasItsStacksTagsUnderItsOwn) {
    Stack stack;
    stack.context.stack_tags = {{"team", "stack"}, {"stage", "test"}};
    const auto before = stack.properties(R"(,"Tags":[{"Key":"team","Value":"a"}])");
    stack.create(before);
    EXPECT_EQ(stack.tags(), "stage=test team=a");
    const auto after = stack.properties(R"(,"Tags":[{"Key":"owner","Value":"b"}])");
    stack.context.stack_tags = {{"team", "stack"}, {"stage", "production"}};
    stack.update(before, after);
    EXPECT_EQ(stack.tags(), "owner=b stage=production team=stack");
}

TEST(TableResource, IsReplacedForTheseChangesAndUpdatedForAllOthers) {
    Stack stack;
    const auto before = stack.properties();
    struct Row {
        std::string_view property;
        std::string_view value;
        bool replaced;
    };
    for (const auto& row :
         {Row{"TableName", R"("other")", true},
          Row{"KeySchema", R"([{"AttributeName":"id","KeyType":"HASH"}])", true},
          Row{"LocalSecondaryIndexes", R"([{"IndexName":"l"}])", true},
          Row{"ImportSourceSpecification", R"({"InputFormat":"CSV"})", true},
          Row{"AttributeDefinitions", R"([{"AttributeName":"pk","AttributeType":"N"}])", true},
          Row{"AttributeDefinitions",
              R"([{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"b","AttributeType":"S"}])", false},
          Row{"BillingMode", R"("PROVISIONED")", false},
          Row{"ContributorInsightsSpecification", R"({"Enabled":true})", false},
          Row{"DeletionProtectionEnabled", "true", false},
          Row{"GlobalSecondaryIndexes", R"([{"IndexName":"g"}])", false},
          Row{"KinesisStreamSpecification", R"({"StreamArn":"arn"})", false},
          Row{"OnDemandThroughput", R"({"MaxReadRequestUnits":1})", false},
          Row{"PointInTimeRecoverySpecification", R"({"PointInTimeRecoveryEnabled":true})", false},
          Row{"ProvisionedThroughput", R"({"ReadCapacityUnits":1})", false},
          Row{"ResourcePolicy", R"({"PolicyDocument":{}})", false},
          Row{"SSESpecification", R"({"SSEEnabled":true})", false},
          Row{"StreamSpecification", R"({"StreamViewType":"KEYS_ONLY"})", false},
          Row{"TableClass", R"("STANDARD_INFREQUENT_ACCESS")", false},
          Row{"Tags", R"([{"Key":"a","Value":"b"}])", false},
          Row{"TimeToLiveSpecification", R"({"Enabled":true})", false},
          Row{"WarmThroughput", R"({"ReadUnitsPerSecond":13000})", false}}) {
        auto after = before;
        after[row.property] = json::parse(row.value);
        EXPECT_EQ(stack.type->needs_replacement(before, after), row.replaced) << row.property;
    }
}

TEST(TableResource, IsUpdatedInWhatStandsAlone) {
    Stack stack;
    const auto before = stack.properties();
    const auto after = stack.properties(R"(,"TableClass":"STANDARD_INFREQUENT_ACCESS","SSESpecification":
        {"SSEEnabled":true,"SSEType":"KMS","KMSMasterKeyId":"alias/orders"},"WarmThroughput":{"ReadUnitsPerSecond":13000,
        "WriteUnitsPerSecond":5000})");
    stack.create(before);
    stack.update(before, after);
    EXPECT_EQ(stack.table().TableClassSummary->TableClass, "STANDARD_INFREQUENT_ACCESS");
    EXPECT_EQ(stack.table().SSEDescription->KMSMasterKeyArn, "arn:aws:kms:us-east-1:000000000000:alias/orders");
    EXPECT_EQ(stack.table().WarmThroughput->WriteUnitsPerSecond, 5000);
    stack.update(after, before);
    EXPECT_EQ(stack.table().TableClassSummary->TableClass, "STANDARD");
    EXPECT_FALSE(stack.table().SSEDescription);
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
    const std::string missing =
        "PolicyNotFoundException: Resource-based policy not found for the provided ResourceArn: ";
    EXPECT_EQ(refusal([&] { put("NO_POLICY", policy + " "); }),
              missing +
                  "Requested policy update expecting none to be present for table orders, but a policy exists "
                  "with revision id " +
                  *first + ".");
    EXPECT_EQ(refusal([&] { put("7", policy + " "); }),
              missing +
                  "Requested update for policy with revision id 7, but the policy associated to target table "
                  "orders has revision id " +
                  *first + ".");
    EXPECT_NE(put(first, policy + " "), first);
    EXPECT_NE(refusal([&] { put({}, "no policy"); }), "");
    EXPECT_EQ(world.run(world.service.resource_policy(world.call, arn + "/index/by-state")), policy + " ");
    world.run(world.service.delete_resource_policy(world.call, {.ResourceArn = arn}));
    EXPECT_EQ(world.run(world.service.resource_policy(world.call, arn)), "");
    put({}, policy);
    world.run(world.service.delete_table(world.call, {.TableName = "orders"}));
    EXPECT_EQ(refusal(get).substr(0, 25), "ResourceNotFoundException");
    world.make_table("orders");
    EXPECT_EQ(refusal(get), missing + arn);
}

TEST(ResourcePolicy, IsOfATableOrAStreamOfTheCaller) {
    World world;
    world.make_table("orders");
    const std::string invalid = "ValidationException: One or more parameter values were invalid: ";
    const std::string here = "arn:aws:dynamodb:us-east-1:000000000000:table/";
    const auto asked = [&](std::string arn) {
        return refusal([&] { world.run(world.service.get_resource_policy(world.call, {.ResourceArn = arn})); });
    };
    EXPECT_EQ(asked("orders"), invalid + "ARNs must start with 'arn:': orders");
    EXPECT_EQ(asked(here + "orders/backup/1"),
              invalid + "Provided Arn is not a DynamoDB resource arn: " + here + "orders/backup/1");
    EXPECT_EQ(asked(here + "orders/index/by-state"),
              invalid + "Invalid resource arn provided, only table or stream is accepted. Provided resource arn: " +
                  here + "orders/index/by-state");
    const std::string elsewhere = "arn:aws:dynamodb:eu-west-1:000000000000:table/orders";
    EXPECT_EQ(asked(elsewhere), invalid + "Invalid resource Arn: " + elsewhere);
    EXPECT_EQ(asked("arn:aws:dynamodb:us-east-1:111111111111:table/orders"),
              "ValidationException: This action is only supported by accounts that match the resource owner\u2019s "
              "account.");
    EXPECT_EQ(asked(here + "stock"), "ResourceNotFoundException: Requested resource not found: Table: stock not found");
    EXPECT_EQ(asked(here + "orders/stream/2000-01-01T00:00:00.000"),
              "ResourceNotFoundException: Requested resource not found: Stream: 2000-01-01T00:00:00.000 not found for "
              "Table: orders");
}

}  // namespace
}  // namespace cumulet::dynamodb
