// Members, revisions and words of answers, as AWS was recorded to give them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/lambda/tests/support/cloud.h"
#include "services/lambda/tests/support/errors.h"

namespace cumulet::lambda {
namespace {

using namespace aws::lambda;
using namespace std::string_literals;
using ::testing::ElementsAre;

const std::string arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
const std::string counter =
    "calls = 0\ndef handler(event, context):\n    global calls\n    calls += 1\n    return calls\n";

FunctionConfiguration show(Cloud& cloud, std::string name = "f", std::optional<std::string> qualifier = {}) {
    return cloud.run(
        cloud.service.get_function_configuration(cloud.call, {.FunctionName = name, .Qualifier = qualifier}));
}

FunctionConfiguration make(Cloud& cloud, CreateFunctionRequest request = {}) {
    request.FunctionName = "f";
    request.Handler = "index.handler";
    if (!request.Runtime) request.Runtime = "python3.11";
    request.Role = "arn:aws:iam::000000000000:role/r";
    request.Code.ZipFile = zip_of({{"index.py", counter}});
    return cloud.run(cloud.service.create_function(cloud.call, request));
}

FunctionConfiguration publish(Cloud& cloud, std::optional<std::string> description = {}) {
    return cloud.run(cloud.service.publish_version(cloud.call, {.FunctionName = "f", .Description = description}));
}

TEST(Code, ThatIsKeptOrPublishedInWaysThatAreNotBuiltIsRefusedByName) {
    Cloud cloud;
    make(cloud);
    const auto refusal = [&](auto call) -> std::string {
        try {
            cloud.run(call());
            return "";
        } catch (const aws::Error& error) {
            return fmt::format("{} {}", error.status, error.message);
        }
    };
    const auto update = [&](UpdateFunctionCodeRequest request) {
        request.FunctionName = "f";
        return refusal([&] { return cloud.service.update_function_code(cloud.call, request); });
    };
    const std::string key = "arn:aws:kms:us-east-1:000000000000:key/k";
    EXPECT_EQ(update({.S3Bucket = "b", .S3Key = "k", .S3ObjectStorageMode = "REFERENCE"}),
              "501 Cumulet does not implement lambda.UpdateFunctionCode: S3ObjectStorageMode REFERENCE");
    EXPECT_EQ(update({.ZipFile = zip_of({{"index.py", counter}}), .SourceKMSKeyArn = key}),
              "501 Cumulet does not implement lambda.UpdateFunctionCode: SourceKMSKeyArn");
    EXPECT_EQ(update({.ZipFile = zip_of({{"index.py", counter}}), .PublishTo = "LATEST_PUBLISHED"}),
              "501 Cumulet does not implement lambda.UpdateFunctionCode: PublishTo");
    EXPECT_EQ(refusal([&] {
                  return cloud.service.publish_version(cloud.call,
                                                       {.FunctionName = "f", .PublishTo = "LATEST_PUBLISHED"});
              }),
              "501 Cumulet does not implement lambda.PublishVersion: PublishTo");
}

TEST(Answers, OfAFunctionMadeWithAVersionNameBoth) {
    Cloud cloud;
    const auto made = make(cloud, {.Publish = true});
    EXPECT_EQ(made.FunctionArn, arn);
    EXPECT_EQ(made.Version, "1");
    EXPECT_EQ(show(cloud, "f", "1").FunctionArn, arn + ":1");
    EXPECT_NE(show(cloud, "f", "1").RevisionId, show(cloud).RevisionId);
}

TEST(Answers, OfListsLeaveOutTheState) {
    Cloud cloud;
    make(cloud, {.Publish = true});
    auto listed = *cloud.run(cloud.service.list_versions_by_function(cloud.call, {.FunctionName = "f"})).Versions;
    const auto all = *cloud.run(cloud.service.list_functions(cloud.call, {.FunctionVersion = "ALL"})).Functions;
    listed.insert(listed.end(), all.begin(), all.end());
    std::vector<std::string> arns;
    for (const auto& each : listed) {
        EXPECT_FALSE(each.State || each.LastUpdateStatus || each.RuntimeVersionConfig);
        arns.push_back(*each.FunctionArn);
    }
    EXPECT_THAT(arns, ElementsAre(arn + ":$LATEST", arn + ":1", arn + ":$LATEST", arn + ":1"));
    EXPECT_EQ(cloud.run(cloud.service.list_functions(cloud.call, {})).Functions->front().FunctionArn, arn);
}

TEST(Answers, ShowAnEnvironmentWithoutVariables) {
    Cloud cloud;
    EXPECT_FALSE(make(cloud).Environment);
    Environment environment;
    environment.Variables.emplace();
    const auto changed = cloud.run(
        cloud.service.update_function_configuration(cloud.call, {.FunctionName = "f", .Environment = environment}));
    ASSERT_TRUE(changed.Environment);
    EXPECT_TRUE(changed.Environment->Variables->empty());
}

TEST(Answers, NameAnotherRuntimeVersionForAnotherArchitecture) {
    Cloud cloud;
    const auto made = make(cloud);
    const auto moved =
        cloud.run(cloud.service.update_function_code(cloud.call, {.FunctionName = "f",
                                                                  .ZipFile = zip_of({{"index.py", counter}}),
                                                                  .Architectures = std::vector<std::string>{"arm64"}}));
    EXPECT_NE(moved.RuntimeVersionConfig, made.RuntimeVersionConfig);
    const auto renewed = cloud.run(
        cloud.service.update_function_configuration(cloud.call, {.FunctionName = "f", .Runtime = "python3.12"}));
    EXPECT_NE(renewed.RuntimeVersionConfig, moved.RuntimeVersionConfig);
}

TEST(Answers, OfLoggingKeepWhatIsNotChanged) {
    Cloud cloud;
    make(cloud, {.LoggingConfig = LoggingConfig{.LogFormat = "JSON", .ApplicationLogLevel = "DEBUG"}});
    const auto change = [&](LoggingConfig logging) {
        return *cloud
                    .run(cloud.service.update_function_configuration(cloud.call,
                                                                     {.FunctionName = "f", .LoggingConfig = logging}))
                    .LoggingConfig;
    };
    EXPECT_EQ(change({.LogGroup = "own"}),
              (LoggingConfig{
                  .LogFormat = "JSON", .ApplicationLogLevel = "DEBUG", .SystemLogLevel = "INFO", .LogGroup = "own"}));
    EXPECT_EQ(change({.LogFormat = "Text"}), (LoggingConfig{.LogFormat = "Text", .LogGroup = "own"}));
}

TEST(Revisions, ChangeWithWhatLiesBesideTheCodeAndLeaveWorkersAlone) {
    Cloud cloud;
    make(cloud);
    EXPECT_EQ(cloud.invoke("f").Payload, "1");
    std::set<std::string> seen{*show(cloud).RevisionId};
    const auto expect_another = [&] { EXPECT_TRUE(seen.insert(*show(cloud).RevisionId).second); };
    cloud.run(cloud.service.tag_resource(cloud.call, {.Resource = arn, .Tags = {{"a", "b"}}}));
    expect_another();
    cloud.run(cloud.service.untag_resource(cloud.call, {.Resource = arn, .TagKeys = {"a"}}));
    expect_another();
    cloud.run(cloud.service.add_permission(cloud.call, {.FunctionName = "f",
                                                        .StatementId = "s",
                                                        .Action = "lambda:InvokeFunction",
                                                        .Principal = "s3.amazonaws.com",
                                                        .RevisionId = show(cloud).RevisionId}));
    expect_another();
    EXPECT_EQ(cloud.run(cloud.service.get_policy(cloud.call, {.FunctionName = "f"})).RevisionId,
              show(cloud).RevisionId);
    const auto version = publish(cloud);
    expect_another();
    EXPECT_EQ(show(cloud, "f", "1").RevisionId, version.RevisionId);
    publish(cloud);
    EXPECT_TRUE(seen.contains(*show(cloud).RevisionId)) << "nothing was published";
    EXPECT_EQ(cloud.invoke("f").Payload, "2");
}

TEST(Revisions, OfPoliciesAreTheAliasesAndVersionsOwn) {
    Cloud cloud;
    make(cloud, {.Publish = true});
    const auto alias = cloud.run(
        cloud.service.create_alias(cloud.call, {.FunctionName = "f", .Name = "live", .FunctionVersion = "1"}));
    const auto permit = [&](std::string qualifier, std::optional<std::string> revision) {
        cloud.run(cloud.service.add_permission(cloud.call, {.FunctionName = "f",
                                                            .StatementId = "s",
                                                            .Action = "lambda:InvokeFunction",
                                                            .Principal = "*",
                                                            .Qualifier = qualifier,
                                                            .RevisionId = revision}));
        return cloud.run(cloud.service.get_policy(cloud.call, {.FunctionName = "f", .Qualifier = qualifier}))
            .RevisionId;
    };
    EXPECT_EQ(message_of<PreconditionFailedException>([&] { permit("live", "stale"); }),
              "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to "
              "retrieve the latest Revision Id");
    const auto revision = permit("live", alias.RevisionId);
    EXPECT_NE(revision, alias.RevisionId);
    EXPECT_EQ(cloud.run(cloud.service.get_alias(cloud.call, {.FunctionName = "f", .Name = "live"})).RevisionId,
              revision);
    EXPECT_EQ(permit("1", show(cloud, "f", "1").RevisionId), show(cloud, "f", "1").RevisionId);
}

TEST(Versions, AreMadeAnewForANewDescription) {
    Cloud cloud;
    make(cloud);
    EXPECT_EQ(publish(cloud, "own").Version, "1");
    EXPECT_EQ(publish(cloud).Version, "1");
    cloud.run(cloud.service.update_function_configuration(cloud.call, {.FunctionName = "f", .Description = "new"}));
    EXPECT_EQ(publish(cloud).Version, "2");
    cloud.run(cloud.service.update_function_configuration(cloud.call, {.FunctionName = "f", .Description = "new"}));
    EXPECT_EQ(publish(cloud).Version, "2") << "nothing was changed";
}

TEST(Words, OfConcurrencyAreAws) {
    Cloud cloud;
    make(cloud, {.Publish = true});
    const auto provision = [&](int32_t count, std::string qualifier = "1") {
        return message_of<InvalidParameterValueException>([&] {
            cloud.run(cloud.service.put_provisioned_concurrency_config(
                cloud.call, {.FunctionName = "f", .Qualifier = qualifier, .ProvisionedConcurrentExecutions = count}));
        });
    };
    const auto reserve = [&](int32_t count) {
        return message_of<InvalidParameterValueException>([&] {
            cloud.run(cloud.service.put_function_concurrency(
                cloud.call, {.FunctionName = "f", .ReservedConcurrentExecutions = count}));
        });
    };
    EXPECT_EQ(provision(1001),
              "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [1000].");
    EXPECT_EQ(provision(901),
              "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its "
              "minimum value of [100].");
    EXPECT_EQ(provision(2), "nothing was thrown");
    EXPECT_EQ(
        reserve(1),
        " ReservedConcurrentExecutions  1 should not be lower than function's total provisioned concurrency [2].");
    EXPECT_EQ(reserve(2), "nothing was thrown");
    cloud.run(cloud.service.update_function_configuration(cloud.call, {.FunctionName = "f", .Timeout = 9}));
    publish(cloud);
    EXPECT_EQ(provision(1, "2"),
              "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for "
              "function");
}

TEST(Words, OfRefusedNamesAreAws) {
    Cloud cloud;
    const auto delete_function = [&](std::string qualifier) {
        cloud.run(cloud.service.delete_function(cloud.call, {.FunctionName = "f", .Qualifier = std::move(qualifier)}));
    };
    const auto create = [&](std::string name) { cloud.create(std::move(name), counter); };
    EXPECT_EQ(message_of<InvalidParameterValueException>([&] { delete_function("-1"); }),
              "Deletion of aliases is not currently supported.");
    EXPECT_EQ(message_of<ResourceNotFoundException>([&] { delete_function("$latest"); }), "Function not found: " + arn);
    EXPECT_EQ(message_of<ResourceNotFoundException>([&] { cloud.invoke("f"); }),
              "Function not found: " + arn + ":$LATEST");
    EXPECT_EQ(message_of<InvalidParameterValueException>([&] { create(std::string(65, 'a')); }),
              "1 validation error detected: Value '" + std::string(65, 'a') +
                  "' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64");
    EXPECT_THROW(create("123456789012:function:f"), aws::Error);
    EXPECT_EQ(message_of<InvalidParameterValueException>([&] {
                  make(cloud, {.Runtime = "python3.11", .SnapStart = SnapStart{.ApplyOn = "PublishedVersions"}});
              }),
              "python3.11 is not supported for SnapStart enabled functions.");
}

TEST(Words, OfMissingPoliciesAreAws) {
    Cloud cloud;
    make(cloud);
    const auto add = [&](std::string qualifier) {
        return message_of<ResourceNotFoundException>([&] {
            cloud.run(cloud.service.add_permission(cloud.call, {.FunctionName = "f",
                                                                .StatementId = "s",
                                                                .Action = "lambda:InvokeFunction",
                                                                .Principal = "*",
                                                                .Qualifier = std::move(qualifier)}));
        });
    };
    EXPECT_EQ(add("nosuch"), "Cannot find alias arn: " + arn + ":nosuch");
    EXPECT_EQ(add("42"), "Function not found: " + arn + ":42");
    EXPECT_EQ(add("with-$"), "Function not found: " + arn + ":with-$");
    EXPECT_EQ(message_of<ResourceNotFoundException>(
                  [&] { cloud.run(cloud.service.get_policy(cloud.call, {.FunctionName = "f", .Qualifier = "9"})); }),
              "The resource you requested does not exist.");
    EXPECT_EQ(message_of<ResourceNotFoundException>([&] {
                  cloud.run(cloud.service.remove_permission(
                      cloud.call, {.FunctionName = "f", .StatementId = "s", .Qualifier = "nosuch"}));
              }),
              "Cannot find alias arn: " + arn + ":nosuch");
}

TEST(AccountSettings, CountThePackagesOfVersionsAndLayers) {
    Cloud cloud;
    const auto used = [&] {
        return *cloud.run(cloud.service.get_account_settings(cloud.call, {})).AccountUsage->TotalCodeSize;
    };
    const auto size = *make(cloud, {.Publish = true}).CodeSize;
    EXPECT_EQ(used(), 2 * size);
    cloud.run(cloud.service.publish_layer_version(
        cloud.call, {.LayerName = "l", .Content = {.ZipFile = zip_of({{"index.py", counter}})}}));
    EXPECT_EQ(used(), 3 * size);
}

}  // namespace
}  // namespace cumulet::lambda
