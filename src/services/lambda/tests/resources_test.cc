// What CloudFormation makes of Lambda's smaller resource types, and what their mappings say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/lambda/tests/support/bucket.h"

namespace cumulet::lambda {
namespace {

using contracts::Resource;
using ::testing::HasSubstr;

const std::string echo = "def handler(event, context):\n    return event\n";
const std::string function_arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
const std::string queue_arn = "arn:aws:sqs:us-east-1:000000000000:jobs";

/// A cloud with the function "f", where a stack makes resources.
struct Stack : Cloud {
    Stack() {
        door.apis["s3"] = &packages;
        Cloud::create("f", echo);
    }
    contracts::ResourceType& type(std::string_view name) {
        for (const auto& each : types) {
            if (each->name() == name) return *each;
        }
        throw std::runtime_error("no such type");
    }
    Resource make(std::string_view name, json::object properties) {
        return run(type(name).create(call, context, std::move(properties)));
    }
    Resource change(std::string_view name, const Resource& made, json::object before, json::object after) {
        EXPECT_FALSE(type(name).needs_replacement(before, after));
        return run(type(name).update(call, context, made.physical_id, std::move(before), std::move(after)));
    }
    /// As a stack that is deleted twice.
    void remove(std::string_view name, const Resource& made, json::object properties) {
        run(type(name).remove(call, context, made.physical_id, properties));
        run(type(name).remove(call, context, made.physical_id, properties));
    }

    Bucket packages;
    std::vector<std::unique_ptr<contracts::ResourceType>> types = resource_types(door);
    contracts::ResourceContext context{.stack_name = "s", .logical_id = "R", .generated_name = "s-R-1"};
};

TEST(CloudFormation, GivesAFunctionItsUrl) {
    Stack stack;
    const json::object before{{"TargetFunctionArn", function_arn}, {"AuthType", "NONE"}};
    const auto made = stack.make("AWS::Lambda::Url", before);
    EXPECT_EQ(made.physical_id, function_arn);
    EXPECT_THAT(made.attributes.at("FunctionUrl").as_string().c_str(), HasSubstr("http"));
    EXPECT_EQ(stack.make("AWS::Lambda::Url", before).attributes, made.attributes) << "the step was tried again";
    stack.change("AWS::Lambda::Url", made, before, {{"TargetFunctionArn", function_arn}, {"AuthType", "AWS_IAM"}});
    const auto config = stack.run(stack.service.get_function_url_config(stack.call, {.FunctionName = "f"}));
    EXPECT_EQ(config.AuthType, "AWS_IAM");
    stack.remove("AWS::Lambda::Url", made, before);
    EXPECT_THROW(stack.run(stack.service.get_function_url_config(stack.call, {.FunctionName = "f"})),
                 aws::lambda::ResourceNotFoundException);
}

TEST(CloudFormation, SetsWhatBecomesOfEvents) {
    Stack stack;
    const json::object before{{"FunctionName", "f"}, {"Qualifier", "$LATEST"}, {"MaximumRetryAttempts", "1"}};
    const auto made = stack.make("AWS::Lambda::EventInvokeConfig", before);
    const auto config = [&] {
        return stack.run(stack.service.get_function_event_invoke_config(stack.call, {.FunctionName = "f"}));
    };
    EXPECT_EQ(config().MaximumRetryAttempts, 1);
    stack.change("AWS::Lambda::EventInvokeConfig", made, before,
                 {{"FunctionName", "f"}, {"Qualifier", "$LATEST"}, {"MaximumEventAgeInSeconds", 120}});
    EXPECT_EQ(config().MaximumEventAgeInSeconds, 120);
    EXPECT_FALSE(config().MaximumRetryAttempts.has_value());
    stack.remove("AWS::Lambda::EventInvokeConfig", made, before);
    EXPECT_THROW(config(), aws::lambda::ResourceNotFoundException);
}

TEST(CloudFormation, MakesConfigurationsOfCodeSigning) {
    Stack stack;
    const json::object before{
        {"Description", "one"},
        {"AllowedPublishers",
         {{"SigningProfileVersionArns", {"arn:aws:signer:us-east-1:000000000000:/signing-profiles/p/abcdefghij"}}}}};
    const auto made = stack.make("AWS::Lambda::CodeSigningConfig", before);
    EXPECT_EQ(made.attributes.at("CodeSigningConfigArn"), json::value(made.physical_id));
    auto after = before;
    after["Description"] = "two";
    stack.change("AWS::Lambda::CodeSigningConfig", made, before, after);
    const auto config =
        stack.run(stack.service.get_code_signing_config(stack.call, {.CodeSigningConfigArn = made.physical_id}));
    EXPECT_EQ(config.CodeSigningConfig.Description, "two");
    stack.remove("AWS::Lambda::CodeSigningConfig", made, before);
}

TEST(CloudFormation, MapsAQueueAndSetsBackWhatATemplateNoLongerNames) {
    Stack stack;
    const json::object before{{"EventSourceArn", queue_arn}, {"FunctionName", "f"}, {"BatchSize", "3"}};
    const auto made = stack.make("AWS::Lambda::EventSourceMapping", before);
    const auto mapping = [&] {
        return stack.run(stack.service.get_event_source_mapping(stack.call, {.UUID = made.physical_id}));
    };
    EXPECT_EQ(mapping().BatchSize, 3);
    EXPECT_EQ(stack.make("AWS::Lambda::EventSourceMapping", before).physical_id, made.physical_id);
    stack.change("AWS::Lambda::EventSourceMapping", made, before,
                 {{"EventSourceArn", queue_arn}, {"FunctionName", "f"}, {"Enabled", "false"}});
    EXPECT_EQ(mapping().BatchSize, 10);
    EXPECT_EQ(mapping().State, "Disabled");
    EXPECT_TRUE(stack.type("AWS::Lambda::EventSourceMapping")
                    .needs_replacement(before, {{"EventSourceArn", queue_arn + "2"}, {"FunctionName", "f"}}));
    stack.remove("AWS::Lambda::EventSourceMapping", made, before);
}

TEST(CloudFormation, PublishesLayersAndLetsOthersHaveThem) {
    Stack stack;
    const json::object layer{{"LayerName", "shared"},
                             {"Content", {{"S3Bucket", "b"}, {"S3Key", "layer.zip"}}},
                             {"CompatibleRuntimes", json::array{"python3.11"}}};
    const auto made = stack.make("AWS::Lambda::LayerVersion", layer);
    EXPECT_EQ(made.physical_id, "arn:aws:lambda:us-east-1:000000000000:layer:shared:1");
    const json::object permission{
        {"LayerVersionArn", made.physical_id}, {"Action", "lambda:GetLayerVersion"}, {"Principal", "123456789012"}};
    const auto permitted = stack.make("AWS::Lambda::LayerVersionPermission", permission);
    EXPECT_EQ(stack.make("AWS::Lambda::LayerVersionPermission", permission).physical_id, permitted.physical_id);
    const auto policy = [&] {
        return *stack
                    .run(
                        stack.service.get_layer_version_policy(stack.call, {.LayerName = "shared", .VersionNumber = 1}))
                    .Policy;
    };
    EXPECT_THAT(policy(), HasSubstr("arn:aws:iam::123456789012:root"));
    auto other = permission;
    other["Principal"] = "*";
    EXPECT_TRUE(stack.type("AWS::Lambda::LayerVersionPermission").needs_replacement(permission, other));
    stack.remove("AWS::Lambda::LayerVersionPermission", permitted, permission);
    EXPECT_THROW(policy(), aws::lambda::ResourceNotFoundException);
    stack.remove("AWS::Lambda::LayerVersion", made, layer);
    EXPECT_THROW(stack.run(stack.service.get_layer_version(stack.call, {.LayerName = "shared", .VersionNumber = 1})),
                 aws::lambda::ResourceNotFoundException);
}

TEST(CloudFormation, PublishesVersionsAndMovesAliasesWithTheirWorkers) {
    Stack stack;
    const json::object version_properties{{"FunctionName", "f"}, {"Description", "one"}};
    const auto version = stack.make("AWS::Lambda::Version", version_properties);
    EXPECT_EQ(version.attributes.at("Version"), "1");
    const json::object before{{"FunctionName", "f"},
                              {"Name", "live"},
                              {"FunctionVersion", "1"},
                              {"ProvisionedConcurrencyConfig", {{"ProvisionedConcurrentExecutions", "1"}}}};
    const auto alias = stack.make("AWS::Lambda::Alias", before);
    EXPECT_EQ(alias.physical_id, function_arn + ":live");
    EXPECT_EQ(stack.make("AWS::Lambda::Alias", before).physical_id, alias.physical_id) << "the step was tried again";
    const auto provisioned = [&] {
        return stack.run(
            stack.service.get_provisioned_concurrency_config(stack.call, {.FunctionName = "f", .Qualifier = "live"}));
    };
    EXPECT_EQ(provisioned().RequestedProvisionedConcurrentExecutions, 1);
    EXPECT_TRUE(stack.eventually([&] { return provisioned().Status == "READY"; }));

    stack.run(stack.service.update_function_code(
        stack.call,
        {.FunctionName = "f", .ZipFile = zip_of({{"index.py", "def handler(e, c): return 2\n"}}), .Publish = true}));
    json::object after{{"FunctionName", "f"}, {"Name", "live"}, {"FunctionVersion", "1"}};
    json::array weights;
    weights.push_back(json::object{{"FunctionVersion", "2"}, {"FunctionWeight", 0.25}});
    after["RoutingConfig"] = json::object{{"AdditionalVersionWeights", std::move(weights)}};
    stack.change("AWS::Lambda::Alias", alias, before, after);
    EXPECT_THROW(provisioned(), aws::lambda::ProvisionedConcurrencyConfigNotFoundException);
    const auto shown = stack.run(stack.service.get_alias(stack.call, {.FunctionName = "f", .Name = "live"}));
    EXPECT_EQ(shown.RoutingConfig->AdditionalVersionWeights->at("2"), 0.25);
    auto moved = before;
    moved["Name"] = "other";
    EXPECT_TRUE(stack.type("AWS::Lambda::Alias").needs_replacement(before, moved));
    stack.remove("AWS::Lambda::Alias", alias, after);
    stack.remove("AWS::Lambda::Version", version, version_properties);
}

TEST(CloudFormation, LetsOthersInvokeAFunction) {
    Stack stack;
    const json::object properties{{"FunctionName", "f"},
                                  {"Action", "lambda:InvokeFunction"},
                                  {"Principal", "s3.amazonaws.com"},
                                  {"SourceAccount", "000000000000"}};
    const auto made = stack.make("AWS::Lambda::Permission", properties);
    EXPECT_EQ(made.physical_id, "s-R-1");
    EXPECT_EQ(stack.make("AWS::Lambda::Permission", properties).physical_id, made.physical_id);
    const auto policy = [&] { return *stack.run(stack.service.get_policy(stack.call, {.FunctionName = "f"})).Policy; };
    EXPECT_THAT(policy(), HasSubstr(R"("AWS:SourceAccount":"000000000000")"));
    auto other = properties;
    other["Principal"] = "sns.amazonaws.com";
    EXPECT_TRUE(stack.type("AWS::Lambda::Permission").needs_replacement(properties, other));
    stack.remove("AWS::Lambda::Permission", made, properties);
    EXPECT_THROW(policy(), aws::lambda::ResourceNotFoundException);
}

TEST(CloudFormation, RefusesPropertiesThatItDoesNotKnow) {
    Stack stack;
    for (const std::string_view type :
         {"AWS::Lambda::Alias", "AWS::Lambda::Version", "AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping",
          "AWS::Lambda::Url", "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::CodeSigningConfig",
          "AWS::Lambda::LayerVersion", "AWS::Lambda::LayerVersionPermission"}) {
        json::object properties{{"NoSuchProperty", 1}};
        if (type == "AWS::Lambda::LayerVersionPermission") {
            properties["LayerVersionArn"] = "arn:aws:lambda:us-east-1:000000000000:layer:shared:1";
        }
        try {
            stack.make(type, properties);
            ADD_FAILURE() << type;
        } catch (const aws::Error& error) {
            EXPECT_THAT(error.message, HasSubstr("NoSuchProperty")) << type;
        }
    }
}

}  // namespace
}  // namespace cumulet::lambda
