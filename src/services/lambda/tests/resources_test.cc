// What CloudFormation makes of Lambda's smaller resource types, and what their mappings say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "services/lambda/tests/support/cloud.h"

namespace cumulet::lambda {
namespace {

using contracts::Resource;
using ::testing::HasSubstr;

const std::string echo = "def handler(event, context):\n    return event\n";
const std::string function_arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
const std::string queue_arn = "arn:aws:sqs:us-east-1:000000000000:jobs";

/// A cloud with the function "f", where a stack makes resources.
struct Stack : Cloud {
    Stack() { Cloud::create("f", echo); }
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

}  // namespace
}  // namespace cumulet::lambda
