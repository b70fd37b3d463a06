// Scenarios of buckets, what they are configured to do, and what CloudFormation makes of them.

#include "services/s3/tests/support/world.h"

namespace cumulet::s3 {
namespace {

TEST(CreateBucket, AgainSucceedsOnlyForItsOwnerInUsEast1) {
    World world;
    EXPECT_NO_THROW(world.create("bucket"));
    world.call.region = "eu-west-1";
    EXPECT_EQ(world.code_of([&] { world.create("plain"); }), "IllegalLocationConstraintException");
    aws::s3::CreateBucketRequest request;
    request.Bucket = "european";
    request.CreateBucketConfiguration.emplace().LocationConstraint = "eu-west-1";
    world.run(world.service.create_bucket(world.call, request));
    EXPECT_THROW(world.run(world.service.create_bucket(world.call, request)), aws::s3::BucketAlreadyOwnedByYou);
    EXPECT_EQ(world.run(world.service.get_bucket_location(world.call, {.Bucket = "european"})).LocationConstraint,
              "eu-west-1");
    world.call.account = "111111111111";
    EXPECT_THROW(world.run(world.service.create_bucket(world.call, request)), aws::s3::BucketAlreadyExists);
}

TEST(DeleteBucket, WaitsForTheLastObjectAndTakesUploadsWithIt) {
    World world;
    world.put("key", "body");
    const auto id = world.begin_upload("large");
    world.upload("large", id, 1, long_body(10'000));
    const auto remove = [&] { world.run(world.service.delete_bucket(world.call, {.Bucket = "bucket"})); };
    EXPECT_EQ(world.code_of(remove), "BucketNotEmpty");
    world.remove("key");
    EXPECT_EQ(world.code_of(remove), "");
    EXPECT_THROW(world.run(world.service.head_bucket(world.call, {.Bucket = "bucket"})), aws::s3::NoSuchBucket);
    EXPECT_EQ(world.folder.blobs(), 0u);
    EXPECT_EQ(world.code_of(remove), "NoSuchBucket");
}

TEST(ListBuckets, ListsTheAccountsOwnInPages) {
    World world;
    for (const auto* name : {"one", "two", "three"}) world.create(name);
    const auto list = [&](aws::s3::ListBucketsRequest request) {
        return world.run(world.service.list_buckets(world.call, std::move(request)));
    };
    EXPECT_EQ(list({}).Buckets->size(), 4u);
    EXPECT_EQ(list({.Prefix = "t"}).Buckets->size(), 2u);
    const auto first = list({.MaxBuckets = 3});
    ASSERT_TRUE(first.ContinuationToken);
    EXPECT_EQ(list({.MaxBuckets = 3, .ContinuationToken = first.ContinuationToken}).Buckets->at(0).Name, "two");
    world.call.account = "111111111111";
    EXPECT_TRUE(list({}).Buckets->empty());
}

TEST(BucketConfiguration, IsAnsweredAsForABucketThatHasNone) {
    World world;
    auto& s3 = world.service;
    auto& call = world.call;
    EXPECT_FALSE(world.run(s3.get_bucket_versioning(call, {"bucket"})).Status);
    EXPECT_EQ(world.code_of([&] { world.run(s3.get_bucket_policy(call, {"bucket"})); }), "NoSuchBucketPolicy");
    EXPECT_EQ(world.code_of([&] { world.run(s3.get_bucket_tagging(call, {"bucket"})); }), "NoSuchTagSet");
    EXPECT_EQ(world.code_of([&] { world.run(s3.get_bucket_cors(call, {"bucket"})); }), "NoSuchCORSConfiguration");
    const auto encryption = world.run(s3.get_bucket_encryption(call, {"bucket"}));
    EXPECT_EQ(encryption.ServerSideEncryptionConfiguration->Rules[0].ApplyServerSideEncryptionByDefault->SSEAlgorithm,
              "AES256");
    EXPECT_EQ(world.run(s3.get_public_access_block(call, {"bucket"})).PublicAccessBlockConfiguration->BlockPublicPolicy,
              true);
    EXPECT_EQ(world.code_of([&] { world.run(s3.get_bucket_cors(call, {"nowhere"})); }), "NoSuchBucket");
}

TEST(BucketPolicy, IsKeptAndMayBePublicOnlyWhereThatIsNotBlocked) {
    World world;
    const std::string open =
        R"({"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}]})";
    const auto put = [&] {
        return world.code_of([&] {
            aws::s3::PutBucketPolicyRequest request;
            request.Bucket = "bucket";
            request.Policy = open;
            world.run(world.service.put_bucket_policy(world.call, std::move(request)));
        });
    };
    EXPECT_EQ(put(), "AccessDenied");
    world.run(world.service.delete_public_access_block(world.call, {"bucket"}));
    EXPECT_EQ(put(), "");
    EXPECT_EQ(world.run(world.service.resource_policy(world.call, "arn:aws:s3:::bucket/some/key")), open);
    EXPECT_EQ(world.run(world.service.get_bucket_policy_status(world.call, {"bucket"})).PolicyStatus->IsPublic, true);
    world.run(world.service.delete_bucket_policy(world.call, {"bucket"}));
    EXPECT_EQ(world.run(world.service.resource_policy(world.call, "arn:aws:s3:::bucket")), "");
}

TEST(Sweep, RemovesOnlyWhatNoRecordNames) {
    World world;
    const auto body = long_body(10'000);
    world.put("kept", body);
    world.run(world.blobs->put("left behind by a crash"));
    // Only what is older than the process is swept: open the folder again, later.
    for (const auto& entry : std::filesystem::recursive_directory_iterator(world.folder.path)) {
        if (entry.is_regular_file()) {
            std::filesystem::last_write_time(entry, std::filesystem::last_write_time(entry) - 1h);
        }
    }
    const auto reopened = store::open_file_blobs(world.folder.path, false, 0);
    Service service(*world.store, *reopened, world.destinations);
    EXPECT_EQ(world.run(service.sweep()), 1u);
    EXPECT_EQ(world.get("kept"), body);
}

TEST(Authorisation, NamesTheObjectOrTheBucket) {
    World world;
    const auto resource = [&](std::string_view operation, const void* input) {
        return world.service.resource_of(world.call, *aws::s3::service.find(operation), input);
    };
    const aws::s3::GetObjectRequest get{.Bucket = "bucket", .Key = "a/b"};
    EXPECT_EQ(resource("GetObject", &get), "arn:aws:s3:::bucket/a/b");
    const aws::s3::ListObjectsV2Request list{.Bucket = "bucket"};
    EXPECT_EQ(resource("ListObjectsV2", &list), "arn:aws:s3:::bucket");
    const aws::s3::ListBucketsRequest buckets;
    EXPECT_EQ(resource("ListBuckets", &buckets), "*");
}

/// Leads straight to the one service of this world.
class ShortDoor final : public contracts::Door {
  public:
    explicit ShortDoor(contracts::AnyApi& api) : api_(api) {}
    Task<void> invoke(Call& caller, const contracts::Service&, const contracts::Operation& operation, void* input,
                      void* output) override {
        auto call = caller.child("s3", std::string(operation.name));
        co_await operation.invoke(api_, call, input, output);
    }

  private:
    contracts::AnyApi& api_;
};

struct Stack : World {
    ShortDoor door{service};
    std::vector<std::unique_ptr<contracts::ResourceType>> types = resource_types(door);
    contracts::ResourceType& buckets = *types[0];
    contracts::ResourceType& policies = *types[1];
    contracts::ResourceContext context{.stack_name = "shop",
                                       .stack_id = "arn:stack/1",
                                       .logical_id = "Files",
                                       .stack_tags = {{"team", "a"}, {"aws:cloudformation:stack-name", "shop"}},
                                       .generated_name = "shop-files-x1"};

    contracts::Resource make(std::string_view properties = "{}") {
        return run(buckets.create(call, context, json::parse(properties).as_object()));
    }
    std::string tag(const std::string& key) {
        for (const auto& tag : run(service.get_bucket_tagging(call, {"shop-files-x1"})).TagSet) {
            if (tag.Key == key) return tag.Value;
        }
        return "";
    }
};

TEST(BucketResource, IsABucketWithItsAttributesAndTags) {
    Stack stack;
    const auto made = stack.make(R"({"Tags":[{"Key":"use","Value":"files"}],
        "BucketEncryption":{"ServerSideEncryptionConfiguration":[
            {"ServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"},"BucketKeyEnabled":"true"}]},
        "OwnershipControls":{"Rules":[{"ObjectOwnership":"BucketOwnerEnforced"}]},
        "PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"BlockPublicPolicy":"false"}})");
    EXPECT_EQ(made.physical_id, "shop-files-x1");
    EXPECT_EQ(made.attributes.at("Arn"), "arn:aws:s3:::shop-files-x1");
    EXPECT_EQ(made.attributes.at("RegionalDomainName"), "shop-files-x1.s3.us-east-1.amazonaws.com");
    EXPECT_EQ(stack.tag("use"), "files");
    EXPECT_EQ(stack.tag("team"), "a");
    EXPECT_EQ(stack.tag("aws:cloudformation:logical-id"), "Files");
    const auto access = stack.run(stack.service.get_public_access_block(stack.call, {"shop-files-x1"}));
    EXPECT_EQ(access.PublicAccessBlockConfiguration->BlockPublicAcls, true);
    EXPECT_EQ(access.PublicAccessBlockConfiguration->BlockPublicPolicy, false);
    const auto encryption = stack.run(stack.service.get_bucket_encryption(stack.call, {"shop-files-x1"}));
    EXPECT_EQ(encryption.ServerSideEncryptionConfiguration->Rules[0].BucketKeyEnabled, true);
}

TEST(BucketResource, FindsWhatAnInterruptedTryMadeAndNothingElse) {
    Stack stack;
    stack.make();
    EXPECT_EQ(stack.make().physical_id, "shop-files-x1");
    EXPECT_EQ(stack.code_of([&] { stack.make(R"({"BucketName":"bucket"})"); }), "BucketAlreadyOwnedByYou");
    stack.context.stack_id = "arn:stack/2";
    EXPECT_EQ(stack.code_of([&] { stack.make(); }), "BucketAlreadyOwnedByYou");
}

constexpr auto notifying = R"({"NotificationConfiguration":{
    "QueueConfigurations":[{"Event":"s3:ObjectCreated:*","Queue":"arn:aws:sqs:us-east-1:000000000000:jobs",
        "Filter":{"S3Key":{"Rules":[{"Name":"prefix","Value":"in/"},{"Name":"suffix","Value":".jpg"}]}}}],
    "TopicConfigurations":[{"Event":"s3:ObjectRemoved:*","Topic":"arn:aws:sns:us-east-1:000000000000:news"}],
    "LambdaConfigurations":[
        {"Event":"s3:ObjectTagging:Put","Function":"arn:aws:lambda:us-east-1:000000000000:function:tag"},
        {"Event":"s3:ObjectTagging:Delete","Function":"arn:aws:lambda:us-east-1:000000000000:function:tag"}]}})";

TEST(BucketResource, HasNotificationsWhileItsTemplateSays) {
    Stack stack;
    const auto configured = [&] {
        return stack.run(stack.service.get_bucket_notification_configuration(stack.call, {"shop-files-x1"}));
    };
    stack.make(notifying);
    const auto made = configured();
    EXPECT_EQ(made.QueueConfigurations->at(0).QueueArn, "arn:aws:sqs:us-east-1:000000000000:jobs");
    EXPECT_EQ(made.QueueConfigurations->at(0).Filter->Key->FilterRules->at(1).Value, ".jpg");
    EXPECT_EQ(made.TopicConfigurations->at(0).Events, std::vector<std::string>{"s3:ObjectRemoved:*"});
    EXPECT_EQ(made.LambdaFunctionConfigurations->size(), 2u);
    const auto update = [&](std::string_view after) {
        stack.run(stack.buckets.update(stack.call, stack.context, "shop-files-x1", json::parse(notifying).as_object(),
                                       json::parse(after).as_object()));
    };
    const auto calls = stack.destinations.calls;
    update(notifying);
    EXPECT_EQ(stack.destinations.calls, calls);
    update("{}");
    EXPECT_EQ(configured(), aws::s3::NotificationConfiguration());
}

TEST(BucketResource, IsNotLeftBehindWhereNotificationsCannotBeDelivered) {
    Stack stack;
    stack.destinations.judge = [](const Destinations::Asked&) { throw aws::sqs::QueueDoesNotExist("none"); };
    EXPECT_EQ(stack.code_of([&] { stack.make(notifying); }), "InvalidArgument");
    EXPECT_EQ(stack.code_of([&] { stack.run(stack.service.head_bucket(stack.call, {"shop-files-x1"})); }),
              "NoSuchBucket");
}

TEST(BucketResource, RefusesByNameWhatIsNotBuilt) {
    Stack stack;
    EXPECT_EQ(stack.code_of([&] {
        stack.make(R"({"NotificationConfiguration":{"EventBridgeConfiguration":{"EventBridgeEnabled":true}}})");
    }),
              "NotImplemented");
    EXPECT_EQ(stack.code_of([&] {
        stack.make(R"({"NotificationConfiguration":{"EventBridgeConfiguration":{"EventBridgeEnabled":false}}})");
    }),
              "");
    EXPECT_EQ(stack.code_of([&] { stack.make(R"({"NotificationConfiguration":{"QueueConfigurations":[{}]}})"); }),
              "ValidationException");
    EXPECT_EQ(stack.code_of([&] { stack.make(R"({"VersioningConfiguration":{"Status":"Enabled"}})"); }),
              "NotImplemented");
    EXPECT_EQ(stack.code_of([&] { stack.make(R"({"AccessControl":"PublicRead"})"); }), "NotImplemented");
    EXPECT_EQ(stack.code_of([&] { stack.make(R"({"AccessControl":"Private"})"); }), "");
}

TEST(BucketResource, IsRemovedOnlyWhenEmptyAndOnceIsEnough) {
    Stack stack;
    stack.make(R"({"BucketName":"other"})");
    const auto remove = [&](const std::string& name) {
        return stack.code_of([&] { stack.run(stack.buckets.remove(stack.call, stack.context, name, {})); });
    };
    stack.put("key", "body");
    EXPECT_EQ(remove("bucket"), "BucketNotEmpty");
    EXPECT_EQ(remove("other"), "");
    EXPECT_EQ(remove("other"), "");
}

TEST(BucketPolicyResource, IsTheBucketsPolicyWhileItExists) {
    Stack stack;
    const auto properties =
        json::parse(R"({"Bucket":"bucket","PolicyDocument":{"Statement":[{"Effect":"Deny","Principal":"*"}]}})")
            .as_object();
    EXPECT_EQ(stack.run(stack.policies.create(stack.call, stack.context, properties)).physical_id, "bucket");
    const auto policy = stack.run(stack.service.resource_policy(stack.call, "arn:aws:s3:::bucket"));
    EXPECT_EQ(json::parse(policy), properties.at("PolicyDocument"));
    stack.run(stack.policies.remove(stack.call, stack.context, "bucket", properties));
    EXPECT_EQ(stack.run(stack.service.resource_policy(stack.call, "arn:aws:s3:::bucket")), "");
    EXPECT_EQ(stack.code_of([&] { stack.run(stack.policies.remove(stack.call, stack.context, "nowhere", {})); }), "");
}

}  // namespace
}  // namespace cumulet::s3
