// Functions packaged as container images, with an engine of ours, and with podman where it is installed.
#include "services/lambda/tests/support/images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "services/lambda/images/folders.h"
#include "services/lambda/tests/support/cloud.h"
#include "services/lambda/tests/support/errors.h"

namespace cumulet::lambda {
namespace {

using namespace aws::lambda;
using namespace std::string_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string uri = "000000000000.dkr.ecr.us-east-1.amazonaws.com/shell:1";

/// A cloud whose engine has the image `uri`.
class Images : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!Cloud::isolated()) GTEST_SKIP() << "bubblewrap is not permitted here";
    }
    CreateFunctionRequest request(std::string name = "shell") const {
        return {.FunctionName = std::move(name), .Role = "r", .Code = {.ImageUri = uri}, .PackageType = "Image"};
    }
    FunctionConfiguration create(CreateFunctionRequest asked) {
        asked.Timeout = 20;
        return cloud.run(cloud.service.create_function(cloud.call, std::move(asked)));
    }
    /// What bash writes when it runs `text` in a function.
    std::string ask(const std::string& text, const std::string& name = "shell") {
        return *cloud.invoke(name, '"' + text + '"').Payload;
    }
    template <typename Exception = InvalidParameterValueException>
    std::string refusal(CreateFunctionRequest asked) {
        return message_of<Exception>([&] { create(asked); });
    }

    ShellImage image;
    ScriptedEngine engine;
    std::string id = engine.add(uri, image.root(), ShellImage::config());
    Cloud cloud{true, {}, {.container_engine = engine.program()}};
};

TEST_F(Images, AreDescribedByTheirDigest) {
    const auto made = create(request());
    EXPECT_EQ(made.PackageType, "Image");
    EXPECT_EQ(made.State, "Active");
    EXPECT_EQ(made.CodeSize, 0);
    EXPECT_EQ(made.CodeSha256->size(), 64U);
    EXPECT_FALSE(made.Runtime || made.Handler || made.RuntimeVersionConfig || made.ImageConfigResponse);
    const auto shown = cloud.run(cloud.service.get_function(cloud.call, {.FunctionName = "shell"}));
    EXPECT_EQ(shown.Code->RepositoryType, "ECR");
    EXPECT_EQ(shown.Code->ImageUri, uri);
    EXPECT_EQ(shown.Code->ResolvedImageUri,
              "000000000000.dkr.ecr.us-east-1.amazonaws.com/shell@sha256:" + *made.CodeSha256);
    EXPECT_FALSE(shown.Code->Location);
}

TEST_F(Images, RunWithTheirOwnConfigurationAndLambdasEnvironment) {
    auto asked = request();
    asked.Environment.emplace().Variables = {{"COLOUR"s, "red"}};
    create(asked);
    EXPECT_EQ(ask("echo $words in $PWD"), R"("app.handler in /work")");
    EXPECT_EQ(ask("echo $COLOUR $SHAPE $PATH"), R"("red round /bin:/opt/bin")");
    EXPECT_EQ(ask("echo $AWS_LAMBDA_FUNCTION_NAME $AWS_REGION $LAMBDA_TASK_ROOT $TZ"),
              R"("shell us-east-1 /var/task :UTC")");
    EXPECT_EQ(ask("echo $AWS_LAMBDA_FUNCTION_VERSION ${AWS_EXECUTION_ENV-none} ${_HANDLER-none}"),
              R"("$LATEST none none")");
    EXPECT_EQ(cloud.service.warnings(), std::vector<std::string>());
}

TEST_F(Images, SeeTheirOwnFilesOnlyAndCannotChangeThem) {
    create(request());
    EXPECT_EQ(ask("echo $(</greeting)"), R"("hello")");
    const auto root = ask("echo /*");
    EXPECT_THAT(root, HasSubstr("/greeting"));
    EXPECT_THAT(root, Not(HasSubstr("/home")));
    EXPECT_THAT(root, Not(HasSubstr("/root")));
    EXPECT_EQ(ask("echo /usr/bin/*"), R"("/usr/bin/*")");
    EXPECT_EQ(ask(fmt::format("[ -e {} ] && echo seen || echo hidden", cloud.folder.path().string())), R"("hidden")");
    EXPECT_THAT(ask("echo x > /greeting"), HasSubstr("Read-only file system"));
    EXPECT_THAT(ask("echo x > /etc/made"), HasSubstr("Read-only file system"));
    EXPECT_EQ(ask("echo x > /tmp/made && echo /tmp/*"), R"("/tmp/made")");
    EXPECT_EQ(ask("exec 7< /proc/1/cmdline; read -r -d '' name <&7; echo $name $UID"), R"("/usr/bin/bwrap 993")");
}

TEST_F(Images, AreOverriddenByTheFunctionsImageConfig) {
    image.write("other/entry", "#!/bin/bash\nexec /bootstrap entered \"$@\"\n", true);
    auto asked = request();
    asked.ImageConfig = {.EntryPoint = {{"/other/entry"}}, .Command = {{"a b", "c"}}, .WorkingDirectory = "/other"};
    const auto made = create(asked);
    EXPECT_EQ(made.ImageConfigResponse->ImageConfig, asked.ImageConfig);
    EXPECT_EQ(ask("echo $words in $PWD"), R"("entered a b c in /other")");

    const auto change = [&](ImageConfig config) {
        return cloud.run(cloud.service.update_function_configuration(
            cloud.call, {.FunctionName = "shell", .ImageConfig = std::move(config)}));
    };
    change({.Command = {{"later.handler"}}});
    EXPECT_EQ(ask("echo $words in $PWD"), R"("later.handler in /work")");
    change({.EntryPoint = {{"/other/entry"}}});
    EXPECT_EQ(ask("echo $words in $PWD"), R"("entered in /work")") << "the image's command is for its own entry point";
    EXPECT_FALSE(change({}).ImageConfigResponse);
    EXPECT_EQ(ask("echo $words in $PWD"), R"("app.handler in /work")");
}

TEST_F(Images, WhoseEntryIsMissingSayWhich) {
    struct Row {
        ImageConfig config;
        std::string type;
        std::string part;
    };
    const std::vector<Row> rows{
        {{.EntryPoint = {{"/missing"}}}, "Runtime.InvalidEntrypoint", "fork/exec /missing: no such file or directory"},
        {{.EntryPoint = {{"/greeting"}}}, "Runtime.InvalidEntrypoint", "fork/exec /greeting: permission denied"},
        {{.EntryPoint = {{"missing"}}}, "Runtime.InvalidEntrypoint", "executable file not found in $PATH"},
        {{.EntryPoint = {{"/etc/../../../bin/true"}}}, "Runtime.InvalidEntrypoint", "no such file or directory"},
        {{.WorkingDirectory = "/nowhere"}, "Runtime.InvalidWorkingDir", "/nowhere"},
    };
    create(request());
    for (const auto& row : rows) {
        cloud.run(cloud.service.update_function_configuration(cloud.call,
                                                              {.FunctionName = "shell", .ImageConfig = row.config}));
        const auto answer = cloud.invoke("shell");
        EXPECT_EQ(answer.FunctionError, "Unhandled");
        EXPECT_THAT(*answer.Payload, HasSubstr(R"("errorType":")" + row.type + '"'));
        EXPECT_THAT(*answer.Payload, HasSubstr(json::serialize(json::string(row.part)).substr(1, row.part.size())));
    }
}

TEST(ImagesThatCannotStart, TellEveryEventOfIt) {
    Workshop shop;
    WorkerPlan plan{.key = "k", .function = "0/us-east-1/f", .program = {"/bootstrap"}};
    plan.room = {.image = shop.code.path(), .working_directory = "/"};
    plan.output = shop.book.open("000000000000", "us-east-1", "/aws/lambda/f", "stream");
    const auto worker = std::make_shared<Worker>(shop.loop, *shop.sandbox, shop.clock, plan);
    auto place = shop.reactor.block_on(shop.pool.acquire(plan.key));
    shop.pool.start(worker);
    EXPECT_FALSE(shop.reactor.block_on(worker->initialised()));
    const auto outcome = shop.reactor.block_on(worker->run({.request_id = "late", .payload = "{}"}));
    EXPECT_TRUE(outcome.failed);
    EXPECT_EQ(outcome.payload,
              R"({"errorType":"Runtime.InvalidEntrypoint","errorMessage":"RequestId: late Error: fork/exec )"
              R"(/bootstrap: no such file or directory"})");
}

TEST_F(Images, StartAsAwsBaseImagesDo) {
    image.write(
        "lambda-entrypoint.sh",
        "#!/bin/bash\n[ $# = 1 ] || exit 142\nexport _HANDLER=$1\n[ -n \"$AWS_LAMBDA_RUNTIME_API\" ] || exit 1\n"
        "exec /var/runtime/bootstrap\n",
        true);
    image.write("var/runtime/bootstrap", "#!/bin/bash\nexec /bootstrap $_HANDLER as $AWS_LAMBDA_FUNCTION_NAME\n", true);
    std::filesystem::create_directories(image.root() / "var/task");
    engine.add("base:2", image.root(),
               {{"Entrypoint", json::array{"/lambda-entrypoint.sh"}},
                {"Cmd", json::array{"app.handler"}},
                {"Env", json::array{"LAMBDA_TASK_ROOT=/var/task", "LD_LIBRARY_PATH=/var/lang/lib:/nowhere"}},
                {"WorkingDir", "/var/task"}});
    auto asked = request();
    asked.Code.ImageUri = "base:2";
    create(asked);
    EXPECT_EQ(ask("echo $words in $PWD with $LD_LIBRARY_PATH"),
              R"("app.handler as shell in /var/task with /var/lang/lib:/nowhere")");
}

TEST_F(Images, BringTheirOwnExtensions) {
    image.write("opt/extensions/watch", R"sh(#!/bin/bash
exec 9<>"/dev/tcp/${AWS_LAMBDA_RUNTIME_API%:*}/${AWS_LAMBDA_RUNTIME_API#*:}"
printf 'POST /2020-01-01/extension/register HTTP/1.1\r\nHost: x\r\nLambda-Extension-Name: watch\r\nContent-Length: 21\r\n\r\n{"events":["INVOKE"]}' >&9
while IFS= read -r line <&9 && line=${line%$'\r'} && [ -n "$line" ]; do
    case ${line,,} in lambda-extension-identifier:*) me=${line#*: } ;; esac
done
exec 8<>"/dev/tcp/${AWS_LAMBDA_RUNTIME_API%:*}/${AWS_LAMBDA_RUNTIME_API#*:}"
printf 'GET /2020-01-01/extension/event/next HTTP/1.1\r\nHost: x\r\nLambda-Extension-Identifier: %s\r\n\r\n' "$me" >&8
read -r line <&8
echo "the extension heard $line"
read -r line <&9
)sh",
                true);
    std::filesystem::create_symlink("bash", image.root() / "bin/sh");
    create(request());
    EXPECT_EQ(ask("echo $words"), R"("app.handler")");
    EXPECT_TRUE(cloud.eventually([&] { return cloud.door.has("the extension heard HTTP/1.1 200"); }));
}

TEST_F(Images, RefuseWhatAwsRefuses) {
    const std::string both =
        "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image.";
    auto asked = request();
    asked.Handler = "a.b";
    EXPECT_EQ(refusal(asked), both);
    asked = request();
    asked.Runtime = "python3.11";
    EXPECT_EQ(refusal(asked), both);
    asked = request();
    asked.Layers = {{"arn:aws:lambda:us-east-1:000000000000:layer:l:1"}};
    EXPECT_EQ(refusal(asked), both);
    asked = request();
    asked.PackageType.reset();
    EXPECT_EQ(refusal(asked),
              "Runtime and Handler are mandatory parameters for functions created with deployment packages.");
    asked.Runtime = "python3.11";
    asked.Handler = "a.b";
    EXPECT_EQ(refusal(asked), "Please provide a source for function code.");
    asked.ImageConfig.emplace().WorkingDirectory = "/";
    EXPECT_THAT(refusal(asked), HasSubstr("ImageConfig"));
    asked = request();
    asked.Code = {.ZipFile = "x"};
    EXPECT_THAT(refusal(asked), HasSubstr("Please provide ImageUri"));
    asked = request();
    asked.SnapStart.emplace().ApplyOn = "PublishedVersions";
    EXPECT_THAT(refusal(asked), HasSubstr("SnapStart"));
    for (const auto* name : {"--rm", "a b", "UPPER CASE", "host:5000/", "name@sha256:12", "name:", "/name", "$(id)"}) {
        asked = request();
        asked.Code.ImageUri = name;
        EXPECT_EQ(refusal(asked), fmt::format("Source image {} is not valid. Provide a valid source image.", name));
    }
    asked = request();
    asked.Code.ImageUri = "missing:1";
    EXPECT_EQ(refusal(asked), "Source image missing:1 does not exist. Provide a valid source image.");
}

TEST_F(Images, AreUpdatedByAnotherImageAndNothingElse) {
    create(request());
    EXPECT_EQ(ask("echo $(</greeting)"), R"("hello")");
    const auto update = [&](UpdateFunctionCodeRequest asked) {
        asked.FunctionName = "shell";
        return cloud.run(cloud.service.update_function_code(cloud.call, std::move(asked)));
    };
    const auto refused = [&](UpdateFunctionCodeRequest asked) {
        return message_of<InvalidParameterValueException>([&] { update(asked); });
    };
    const std::string image_wanted = "Please provide ImageUri when updating a function with packageType Image.";
    EXPECT_EQ(refused({.ZipFile = "x"}), image_wanted);
    EXPECT_EQ(refused({.S3Bucket = "b", .S3Key = "k"}), image_wanted);
    EXPECT_EQ(refused({}), image_wanted);
    EXPECT_EQ(message_of<InvalidParameterValueException>([&] {
                  cloud.run(cloud.service.update_function_configuration(cloud.call,
                                                                        {.FunctionName = "shell", .Handler = "a.b"}));
              }),
              "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image.");
    cloud.create("zipped", "def handler(event, context):\n    return event\n");
    EXPECT_EQ(
        message_of<InvalidParameterValueException>([&] {
            cloud.run(cloud.service.update_function_code(cloud.call, {.FunctionName = "zipped", .ImageUri = uri}));
        }),
        "Please don't provide ImageUri when updating a function with packageType Zip.");

    const auto first = cloud.run(cloud.service.publish_version(cloud.call, {.FunctionName = "shell"}));
    const ShellImage next;
    next.write("greeting", "good evening");
    engine.add(uri, next.root(), ShellImage::config());  // the same tag
    const auto second = update({.ImageUri = uri, .Publish = true});
    EXPECT_NE(first.CodeSha256, second.CodeSha256);
    EXPECT_EQ(ask("echo $(</greeting)"), R"("good evening")");
    EXPECT_EQ(ask("echo $(</greeting)", "shell:2"), R"("good evening")");
    EXPECT_EQ(ask("echo $(</greeting)", "shell:1"), R"("hello")") << "a version keeps its digest";
}

TEST_F(Images, ArePulledWhereTheEngineDoesNotHaveThem) {
    engine.publish("registry.test:5000/team/shell:3", image.root(), ShellImage::config());
    auto asked = request();
    asked.Code.ImageUri = "registry.test:5000/team/shell:3";
    create(asked);
    EXPECT_EQ(ask("echo $(</greeting)"), R"("hello")");
    EXPECT_THAT(engine.calls(), Contains("pull --quiet registry.test:5000/team/shell:3"));
    EXPECT_EQ(std::ranges::count_if(engine.calls(), [](const auto& call) { return call.starts_with("export"); }), 1)
        << "unpacked once";
}

TEST_F(Images, ThatTheEngineHasLostFailClearlyUntilItHasThemAgain) {
    create(request());
    const auto kept = image.root();
    // Another process of the cloud, or this one after a restart: it has unpacked nothing yet.
    Service second(*cloud.store, *cloud.blobs, cloud.door, cloud.threads, cloud.clock,
                   {.folder = cloud.folder.path() / "second", .settings = {.container_engine = engine.program()}});
    cloud.run([](Service& service) -> Task<void> {
        service.start("http://127.0.0.1:4566");
        co_return;
    }(second));
    const auto invoke = [&] {
        return cloud.run(second.invoke(cloud.call, {.FunctionName = "shell", .Payload = R"("echo $words")"}));
    };
    const auto state = [&] {
        return cloud.run(cloud.service.get_function_configuration(cloud.call, {.FunctionName = "shell"}));
    };
    engine.forget(uri);
    EXPECT_THAT(message_of<CodeArtifactUserDeletedException>(invoke), HasSubstr("manifest unknown"));
    EXPECT_EQ(state().State, "Failed");
    EXPECT_EQ(state().StateReasonCode, "ImageDeleted");
    EXPECT_THAT(*state().StateReason, HasSubstr("not there any more"));
    EXPECT_THAT(message_of<CodeArtifactUserDeletedException>(invoke), HasSubstr("manifest unknown"));

    const auto digest = *state().CodeSha256;
    engine.publish("000000000000.dkr.ecr.us-east-1.amazonaws.com/shell@sha256:" + digest, kept, ShellImage::config());
    EXPECT_EQ(invoke().Payload, R"("app.handler")");
    EXPECT_EQ(state().State, "Active");
    EXPECT_FALSE(state().StateReason || state().StateReasonCode);
    cloud.run(second.stop());
}

TEST(ImagesWithoutAnEngine, AreRefusedByItsName) {
    if (!Cloud::isolated()) GTEST_SKIP() << "bubblewrap is not permitted here";
    Cloud cloud(true, {}, {.container_engine = "/nowhere/podman"});
    EXPECT_EQ(
        message_of<InvalidParameterValueException>([&] {
            cloud.run(cloud.service.create_function(
                cloud.call, {.FunctionName = "f", .Role = "r", .Code = {.ImageUri = uri}, .PackageType = "Image"}));
        }),
        "The container engine /nowhere/podman is no program that may be run.");
}

TEST_F(Images, AreMadeByCloudFormation) {
    std::unique_ptr<contracts::ResourceType> type;
    for (auto& each : resource_types(cloud.door)) {
        if (each->name() == "AWS::Lambda::Function") type = std::move(each);
    }
    json::object properties{{"FunctionName", "shell"},
                            {"Role", "r"},
                            {"Timeout", 20},
                            {"PackageType", "Image"},
                            {"Code", json::object{{"ImageUri", uri}}},
                            {"ImageConfig", json::object{{"Command", json::array{"from.template"}}}}};
    const contracts::ResourceContext context{.generated_name = "generated"};
    cloud.run(type->create(cloud.call, context, properties));
    EXPECT_EQ(ask("echo $words"), R"("from.template")");

    const ShellImage next;
    next.write("greeting", "good evening");
    engine.add("shell:2", next.root(), ShellImage::config());
    auto changed = properties;
    changed["Code"] = json::object{{"ImageUri", "shell:2"}};
    changed.erase("ImageConfig");
    EXPECT_FALSE(type->needs_replacement(properties, changed));
    cloud.run(type->update(cloud.call, context, "shell", properties, changed));
    EXPECT_EQ(ask("echo $words: $(</greeting)"), R"("app.handler: good evening")");
}

// ---- An engine of this machine ----

/// Podman with a store of its own.
class Podman : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!Cloud::isolated()) GTEST_SKIP() << "bubblewrap is not permitted here";
        folder.write("podman",
                     fmt::format("#!/bin/sh\nexec podman --root {0}/store --runroot {0}/run --storage-driver vfs "
                                 "--cgroup-manager cgroupfs \"$@\"\n",
                                 folder.path().string()),
                     true);
        const auto script = fmt::format(
            "tar -C {1} -cf {0}/image.tar . && {0}/podman import -c 'ENTRYPOINT [\"/bootstrap\"]' -c 'CMD "
            "[\"app.handler\"]' -c 'ENV COLOUR=blue' -c 'WORKDIR /work' {0}/image.tar localhost/shell:1",
            folder.path().string(), image.root().string());
        if (run_quietly({"/bin/sh", "-c", script}, std::chrono::seconds(60)) != 0)
            GTEST_SKIP() << "podman is not installed, or not permitted";
    }
    Folder folder;
    ShellImage image;
};

TEST_F(Podman, GivesTheImagesThatFunctionsRunIn) {
    Cloud cloud(true, {}, {.container_engine = (folder.path() / "podman").string()});
    const auto made = cloud.run(cloud.service.create_function(cloud.call, {.FunctionName = "shell",
                                                                           .Role = "r",
                                                                           .Code = {.ImageUri = "localhost/shell:1"},
                                                                           .Timeout = 20,
                                                                           .PackageType = "Image"}));
    EXPECT_EQ(made.State, "Active");
    const auto answer = cloud.invoke("shell", R"~("echo $words $COLOUR $PWD $(</greeting)")~");
    EXPECT_EQ(answer.Payload, R"("app.handler blue /work hello")");
    EXPECT_EQ(message_of<InvalidParameterValueException>([&] {
                  cloud.run(cloud.service.update_function_code(
                      cloud.call, {.FunctionName = "shell", .ImageUri = "localhost/missing:1"}));
              }),
              "Source image localhost/missing:1 does not exist. Provide a valid source image.");
}

}  // namespace
}  // namespace cumulet::lambda
