// Layers: their operations, and what functions find at /opt.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/lambda/tests/support/cloud.h"
#include "services/lambda/tests/support/errors.h"

namespace cumulet::lambda {
namespace {

using namespace aws::lambda;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Files = std::map<std::string, std::string>;

PublishLayerVersionResponse publish(Cloud& cloud, std::string name, const Files& files,
                                    std::optional<std::vector<std::string>> runtimes = {}) {
    return cloud.run(cloud.service.publish_layer_version(cloud.call, {.LayerName = std::move(name),
                                                                      .Content = {.ZipFile = zip_of(files)},
                                                                      .CompatibleRuntimes = std::move(runtimes)}));
}

void give_layers(Cloud& cloud, std::string function, std::vector<std::string> arns) {
    cloud.run(cloud.service.update_function_configuration(
        cloud.call, {.FunctionName = std::move(function), .Layers = std::move(arns)}));
}

TEST(Layers, LieAtOptInTheirOrder) {
    Cloud cloud;
    cloud.create("f",
                 "import tool, os\ndef handler(event, context):\n    return [tool.name, sorted(os.listdir('/opt')), "
                 "open('/opt/note').read()]\n");
    const auto first = publish(cloud, "one", {{"python/tool.py", "name = 'first'"}, {"note", "old"}, {"a", "x"}});
    const auto second = publish(cloud, "two", {{"note", "new"}, {"b", "x"}});
    EXPECT_EQ(first.LayerVersionArn, "arn:aws:lambda:us-east-1:000000000000:layer:one:1");
    give_layers(cloud, "f", {*first.LayerVersionArn, *second.LayerVersionArn});
    const auto shown = cloud.run(cloud.service.get_function_configuration(cloud.call, {.FunctionName = "f"}));
    ASSERT_EQ(shown.Layers->size(), 2U);
    EXPECT_EQ(shown.Layers->at(1).Arn, second.LayerVersionArn);
    EXPECT_EQ(shown.Layers->at(1).CodeSize, second.Content->CodeSize);
    if (!cloud.isolated()) GTEST_SKIP() << "without bubblewrap there is no /opt";
    EXPECT_EQ(cloud.invoke("f").Payload, R"(["first", ["a", "b", "note", "python"], "new"])");
    give_layers(cloud, "f", {});
    EXPECT_THAT(*cloud.invoke("f").Payload, HasSubstr("No module named 'tool'"));
}

TEST(Layers, StayWithTheirFunctionsWhenTheyAreDeleted) {
    Cloud cloud;
    cloud.create("f", "import tool\ndef handler(event, context):\n    return tool.name\n");
    const auto layer = publish(cloud, "one", {{"python/tool.py", "name = 'kept'"}});
    give_layers(cloud, "f", {*layer.LayerVersionArn});
    cloud.run(cloud.service.delete_layer_version(cloud.call, {.LayerName = "one", .VersionNumber = 1}));
    EXPECT_EQ(cloud.invoke("f").Payload, R"("kept")");
    EXPECT_EQ(message_of<ResourceNotFoundException>([&] {
                  cloud.run(cloud.service.get_layer_version(cloud.call, {.LayerName = "one", .VersionNumber = 1}));
              }),
              "The resource you requested does not exist.");
    EXPECT_EQ(message_of<InvalidParameterValueException>([&] { give_layers(cloud, "f", {*layer.LayerVersionArn}); }),
              "Layer version arn:aws:lambda:us-east-1:000000000000:layer:one:1 does not exist.");
    EXPECT_EQ(publish(cloud, "one", {{"x", "y"}}).Version, 2) << "no number is given twice";
}

TEST(Layers, AreListedByTheirNewestMatchingVersion) {
    Cloud cloud;
    publish(cloud, "a", {{"x", "1"}}, {{"python3.12"}});
    publish(cloud, "a", {{"x", "2"}}, {{"nodejs20.x"}});
    publish(cloud, "b", {{"x", "3"}});
    const auto all = cloud.run(cloud.service.list_layers(cloud.call, {}));
    ASSERT_EQ(all.Layers->size(), 2U);
    EXPECT_EQ(all.Layers->at(0).LatestMatchingVersion->Version, 2);
    const auto python = cloud.run(cloud.service.list_layers(cloud.call, {.CompatibleRuntime = "python3.12"}));
    EXPECT_EQ(python.Layers->at(0).LatestMatchingVersion->Version, 1);
    const auto page = cloud.run(cloud.service.list_layers(cloud.call, {.MaxItems = 1}));
    EXPECT_EQ(page.NextMarker, "a");
    const auto rest = cloud.run(cloud.service.list_layers(cloud.call, {.Marker = page.NextMarker, .MaxItems = 1}));
    EXPECT_EQ(rest.Layers->at(0).LayerName, "b");
    EXPECT_FALSE(rest.NextMarker.has_value());
    const auto versions = cloud.run(cloud.service.list_layer_versions(cloud.call, {.LayerName = "a"}));
    EXPECT_EQ(versions.LayerVersions->at(0).Version, 2);
    EXPECT_EQ(versions.LayerVersions->size(), 2U);
}

TEST(Layers, AreRefusedWhereAwsRefusesThem) {
    Cloud cloud;
    cloud.create("f", "def handler(event, context):\n    return 1\n");
    std::vector<std::string> arns;
    for (const std::string name : {"a", "b", "c", "d", "e", "f"}) {
        arns.push_back(*publish(cloud, name, {{"x", name}}).LayerVersionArn);
    }
    const auto second = *publish(cloud, "a", {{"x", "again"}}).LayerVersionArn;
    const auto refused = [&](std::vector<std::string> layers) {
        return message_of<InvalidParameterValueException>([&] { give_layers(cloud, "f", layers); });
    };
    EXPECT_EQ(refused(arns), "Cannot reference more than 5 layers.");
    EXPECT_EQ(refused({arns[0], second}),
              "Two different versions of the same layer are not allowed to be referenced in the same function. "
              "arn:aws:lambda:us-east-1:000000000000:layer:a:1 and arn:aws:lambda:us-east-1:000000000000:layer:a:2 are "
              "versions of the same layer.");
    EXPECT_EQ(refused({"arn:aws:lambda:eu-west-1:000000000000:layer:a:1"}),
              "Layers are not in the same region as the function. Layers are expected to be in region us-east-1.");
}

TEST(Layers, ReachOtherAccountsByTheirPermissions) {
    Cloud cloud;
    const auto layer = publish(cloud, "shared", {{"x", "1"}});
    cloud.call.account = "111111111111";
    cloud.create("f", "def handler(event, context):\n    return 1\n");
    EXPECT_THROW(give_layers(cloud, "f", {*layer.LayerVersionArn}), aws::Error);
    cloud.call.account = "000000000000";
    const AddLayerVersionPermissionRequest request{.LayerName = "shared",
                                                   .VersionNumber = 1,
                                                   .StatementId = "friends",
                                                   .Action = "lambda:GetLayerVersion",
                                                   .Principal = "111111111111"};
    const auto added = cloud.run(cloud.service.add_layer_version_permission(cloud.call, request));
    EXPECT_THAT(*added.Statement, HasSubstr(R"("Resource":"arn:aws:lambda:us-east-1:000000000000:layer:shared:1")"));
    EXPECT_EQ(cloud.run(cloud.service.get_layer_version_policy(cloud.call, {.LayerName = "shared", .VersionNumber = 1}))
                  .RevisionId,
              added.RevisionId);
    cloud.call.account = "111111111111";
    give_layers(cloud, "f", {*layer.LayerVersionArn});
    EXPECT_EQ(cloud.invoke("f").Payload, "1");
    cloud.call.account = "000000000000";
    cloud.run(cloud.service.remove_layer_version_permission(
        cloud.call, {.LayerName = "shared", .VersionNumber = 1, .StatementId = "friends"}));
    EXPECT_EQ(
        message_of<ResourceNotFoundException>([&] {
            cloud.run(cloud.service.get_layer_version_policy(cloud.call, {.LayerName = "shared", .VersionNumber = 1}));
        }),
        "No policy is associated with the given resource.");
}

TEST(Runtimes, AreRefusedByNameWhereTheyAreUnknownOrRetired) {
    Cloud cloud;
    const auto refused = [&](std::string runtime) {
        return message_of<InvalidParameterValueException>([&] { cloud.create("f", "", std::move(runtime)); });
    };
    EXPECT_THAT(refused("cobol85"), HasSubstr("Value cobol85 at 'runtime' failed to satisfy constraint: Member must "
                                              "satisfy enum value set: ["));
    EXPECT_EQ(
        refused("nodejs12.x"),
        "The runtime parameter of nodejs12.x is no longer supported for creating or updating AWS Lambda functions. "
        "We recommend you use the new runtime (nodejs18.x) while creating or updating functions.");
}

}  // namespace
}  // namespace cumulet::lambda
