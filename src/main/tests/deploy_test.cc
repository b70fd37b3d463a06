// The commands against a whole cloud in this process.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "main/cloud.h"
#include "main/commands.h"

namespace cumulet {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

ServeOptions ephemeral() {
    ServeOptions options;
    options.engine = Engine::memory;
    options.listen = {"127.0.0.1:0"};
    options.reactors = 1;
    return options;
}

class CommandsTest : public testing::Test {
  protected:
    CommandsTest() : cloud_(ephemeral()) {
        auto pattern = (fs::temp_directory_path() / "cumulet-deploy-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        cloud_.start();
        target_ = {.endpoint = fmt::format("http://127.0.0.1:{}", cloud_.port()), .region = "eu-west-1"};
    }
    ~CommandsTest() override { fs::remove_all(folder_); }

    struct Result {
        int code;
        std::string out;
        std::string error;
    };
    template <typename Command>
    static Result capture(Command command) {
        testing::internal::CaptureStdout();
        testing::internal::CaptureStderr();
        const int code = command();
        std::fflush(stdout);
        auto out = testing::internal::GetCapturedStdout();
        return {code, std::move(out), testing::internal::GetCapturedStderr()};
    }
    Result deploy_template(std::string_view text, std::vector<std::string> parameters = {}) {
        std::ofstream(folder_ / "template.yaml") << text;
        return capture([&] {
            return deploy({.target = target_,
                           .template_file = folder_ / "template.yaml",
                           .stack_name = "jobs",
                           .parameters = std::move(parameters)});
        });
    }

    Cloud cloud_;
    fs::path folder_;
    TargetOptions target_;
};

constexpr std::string_view queue_template = R"(
Parameters:
  Delay: {Type: Number, Default: 0, MaxValue: 900}
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties: {QueueName: jobs, DelaySeconds: !Ref Delay}
Outputs:
  Name: {Value: !GetAtt Jobs.QueueName}
)";

TEST_F(CommandsTest, DeployCreatesThenUpdatesThenFindsNothingToDo) {
    const auto created = deploy_template(queue_template);
    EXPECT_EQ(created.code, 0) << created.error;
    EXPECT_THAT(created.out, HasSubstr("CREATE_COMPLETE"));
    EXPECT_THAT(created.out, HasSubstr("Outputs\n  Name  jobs\n"));
    EXPECT_THAT(created.out, Not(HasSubstr("\x1b"))) << "colour without a terminal";

    const auto updated = deploy_template(queue_template, {"Delay=5"});
    EXPECT_EQ(updated.code, 0) << updated.error;
    EXPECT_THAT(updated.out, HasSubstr("UPDATE_COMPLETE"));

    // The parameter keeps its value, so nothing differs.
    const auto again = deploy_template(queue_template);
    EXPECT_EQ(again.code, 0) << again.error;
    EXPECT_THAT(again.out, HasSubstr("No changes"));
    EXPECT_THAT(again.out, HasSubstr("Name  jobs"));
}

TEST_F(CommandsTest, DeployUploadsTheSameCodeOnce) {
    std::ofstream(folder_ / "index.js") << "exports.handler = async () => 1;";
    constexpr std::string_view text = R"(
Transform: AWS::Serverless-2016-10-31
Resources:
  A: {Type: AWS::Serverless::Function, Properties: {Runtime: nodejs20.x, Handler: index.handler, CodeUri: index.js}}
  B: {Type: AWS::Serverless::Function, Properties: {Runtime: nodejs20.x, Handler: index.handler, CodeUri: index.js}}
)";
    const auto deployed = deploy_template(text);
    EXPECT_EQ(deployed.code, 0) << deployed.error;
    EXPECT_THAT(deployed.out, HasSubstr("of A as s3://cumulet-deploy-eu-west-1-000000000000/"));
    EXPECT_THAT(deployed.out, HasSubstr("(unchanged)"));
}

TEST_F(CommandsTest, DeploySaysWhyItFailed) {
    const auto failed = deploy_template(R"(
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  Broken:
    Type: AWS::SQS::Queue
    DependsOn: Jobs
    Properties: {QueueName: "not a name!"}
)");
    EXPECT_EQ(failed.code, 1);
    EXPECT_THAT(failed.error, HasSubstr("stack jobs is ROLLBACK_COMPLETE"));
    EXPECT_THAT(failed.error, HasSubstr("Broken (AWS::SQS::Queue):"));
    EXPECT_THAT(failed.error, HasSubstr("cumulet delete jobs"));
}

TEST_F(CommandsTest, DeployRefusesUnknownParametersAsWrongUsage) {
    const auto refused = deploy_template(queue_template, {"Color=red"});
    EXPECT_EQ(refused.code, 2);
    EXPECT_THAT(refused.error, HasSubstr("no parameter Color"));
}

TEST_F(CommandsTest, DeployNamesTheTemplateThatCannotBeRead) {
    const auto refused = deploy_template("Resources: [");
    EXPECT_EQ(refused.code, 1);
    EXPECT_THAT(refused.error, HasSubstr("template.yaml"));
}

TEST_F(CommandsTest, DeleteTakesTheStackAwayAndIsContentWithoutOne) {
    ASSERT_EQ(deploy_template(queue_template).code, 0);
    const auto deleted = capture([&] { return delete_stack({.target = target_, .stack_name = "jobs"}); });
    EXPECT_EQ(deleted.code, 0) << deleted.error;
    EXPECT_THAT(deleted.out, HasSubstr("DELETE_COMPLETE"));
    const auto again = capture([&] { return delete_stack({.target = target_, .stack_name = "jobs"}); });
    EXPECT_EQ(again.code, 0);
    EXPECT_EQ(again.out, "There is no stack jobs\n");
}

TEST_F(CommandsTest, StatusCountsTheRegionsStacks) {
    ASSERT_EQ(deploy_template(queue_template).code, 0);
    const auto status = capture([&] { return print_status(target_); });
    EXPECT_EQ(status.code, 0) << status.error;
    EXPECT_THAT(status.out, HasSubstr("is ready"));
    EXPECT_THAT(status.out, HasSubstr("stacks      1 in eu-west-1"));
}

TEST_F(CommandsTest, LogsNameTheGroupThatIsNotThere) {
    const auto logs = capture([&] { return print_logs({.target = target_, .name = "nobody"}); });
    EXPECT_EQ(logs.code, 1);
    EXPECT_THAT(logs.error, HasSubstr("/aws/lambda/nobody"));
    EXPECT_EQ(capture([&] { return print_logs({.target = target_, .since = "soon"}); }).code, 2);
}

TEST_F(CommandsTest, EnvNeverShowsTheCallersKeys) {
    const auto env = capture([&] { return print_environment({.target = target_, .account = "123456789012"}); });
    EXPECT_EQ(env.code, 0);
    EXPECT_THAT(env.out, HasSubstr("export AWS_ENDPOINT_URL=" + target_.endpoint + "\n"));
    EXPECT_THAT(env.out, HasSubstr("export AWS_ACCESS_KEY_ID=123456789012\nexport AWS_SECRET_ACCESS_KEY=test\n"));
}

TEST(Commands, SayWhatToDoWhereNoCloudAnswers) {
    testing::internal::CaptureStderr();
    // Port 9 is discard's, where nothing of this machine listens; a refusal comes at once.
    EXPECT_EQ(print_status({.endpoint = "http://127.0.0.1:9"}), 1);
    EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("Start one with `cumulet serve`"));
}

}  // namespace
}  // namespace cumulet
