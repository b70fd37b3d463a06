// The network that functions have, workers that are kept ready, and code that runs from where it is written.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "services/lambda/hot_reload.h"
#include "services/lambda/tests/support/cloud.h"
#include "services/lambda/tests/support/errors.h"

namespace cumulet::lambda {
namespace {

using namespace aws::lambda;
using namespace std::string_literals;
using ::testing::HasSubstr;

/// A port of this machine that says what it is told, in capitals.
class Shouter {
  public:
    Shouter() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
        socklen_t size = sizeof address;
        ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size);
        ::listen(listener_.get(), 16);
        ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
        port = ntohs(address.sin_port);
        thread_ = std::thread([this] {
            while (true) {
                const Descriptor link(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
                if (!link) return;
                std::array<char, 4096> buffer;
                for (ssize_t got; (got = ::recv(link.get(), buffer.data(), buffer.size(), 0)) > 0;) {
                    for (ssize_t i = 0; i < got; ++i) buffer[i] = static_cast<char>(std::toupper(buffer[i]));
                    [[maybe_unused]] const auto sent =
                        ::send(link.get(), buffer.data(), static_cast<size_t>(got), MSG_NOSIGNAL);
                }
            }
        });
    }
    ~Shouter() {
        ::shutdown(listener_.get(), SHUT_RDWR);
        thread_.join();
    }
    uint16_t port = 0;

  private:
    Descriptor listener_;
    std::thread thread_;
};

constexpr std::string_view caller = R"(
import socket
def ask(host, port, text):
    try:
        with socket.create_connection((host, port), 2) as link:
            link.sendall(text)
            link.shutdown(socket.SHUT_WR)
            heard = b''
            while piece := link.recv(65536):
                heard += piece
        return len(heard) if len(heard) > 99 else heard.decode()
    except OSError:
        return None
def handler(event, context):
    return [ask('127.0.0.1', event['cloud'], b'hello'), ask('127.0.0.1', event['cloud'], b'x' * 2_000_000),
            ask('127.0.0.1', event['other'], b'hello'), ask('192.0.2.1', 80, b'hello')]
)";

class Networks : public ::testing::Test {
  protected:
    std::string ask(Network network) {
        Workshop shop(Sandbox::find(network));
        if (!shop.sandbox->network_fault().empty()) return "not here";
        shop.code.write("app.py", caller);
        auto plan = shop.plan("python", "app.handler");
        plan.cloud_port = cloud.port;
        plan.timeout = std::chrono::seconds(20);
        return shop.invoke(plan, fmt::format(R"({{"cloud":{},"other":{}}})", cloud.port, other.port)).payload;
    }
    Shouter cloud;
    Shouter other;
};

TEST_F(Networks, OfALoopbackReachTheServersOfThisMachineAndNothingBeyond) {
    const auto answer = ask(Network::loopback);
    if (answer == "not here") GTEST_SKIP() << "no networks may be made here";
    EXPECT_EQ(answer, R"(["HELLO", 2000000, "HELLO", null])");
}

TEST_F(Networks, OfNoneReachNothing) {
    const auto answer = ask(Network::none);
    if (answer == "not here") GTEST_SKIP() << "no networks may be made here";
    EXPECT_EQ(answer, "[null, null, null, null]");
}

TEST_F(Networks, OfTheHostReachWhatTheHostDoes) {
    EXPECT_THAT(ask(Network::host), HasSubstr(R"(["HELLO", 2000000, "HELLO", )"));
}

TEST_F(Networks, OfTheirOwnHaveTheRuntimeApi) {
    Workshop shop(Sandbox::find(Network::none));
    if (!shop.sandbox->network_fault().empty()) GTEST_SKIP() << "no networks may be made here";
    shop.code.write("bootstrap", R"(#!/usr/bin/python3 -S
import http.client, os
address = os.environ['AWS_LAMBDA_RUNTIME_API']
api = http.client.HTTPConnection(address)
while True:
    api.request('GET', '/2018-06-01/runtime/invocation/next')
    event = api.getresponse()
    event.read()
    name = event.headers['Lambda-Runtime-Aws-Request-Id']
    api.request('POST', f'/2018-06-01/runtime/invocation/{name}/response', f'"{address}"')
    api.getresponse().read()
)",
                    true);
    EXPECT_EQ(shop.invoke(shop.plan("provided")).payload, R"("127.0.0.1:9001")");
}

// ---- Spares ----

/// How many processes the threads of this one have started, and that still run.
size_t own_children() {
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream file(entry.path() / "children");
        for (pid_t child; file >> child;) ++count;
    }
    return count;
}

TEST(Spares, BecomeWorkersWithTheEnvironmentThatTheyWereGiven) {
    Workshop shop;
    shop.launcher.spares().prepare(*shop.sandbox);
    if (!shop.eventually([&] { return shop.launcher.spares().count() == Spares::most; }, std::chrono::seconds(2)))
        GTEST_SKIP() << "control groups or bubblewrap are not permitted here";
    shop.code.write(
        "app.py",
        "import os\ndef handler(event, context):\n    seen = dict(os.environ)\n    for known in "
        "('AWS_LAMBDA_RUNTIME_API', "
        "'LC_CTYPE'): seen.pop(known, None)\n    return [sorted(seen.items()), sorted(os.listdir('/proc/self/fd')), "
        "os.getcwd(), os.umask(0)]\n");
    auto plan = shop.plan("python", "app.handler");
    plan.environment = {"PATH=/usr/bin",        "LAMBDA_TASK_ROOT=/var/task",
                        "_HANDLER=app.handler", "QUOTES='\"$(touch /tmp/x)`\\ ü",
                        "LINES=a\nb",           "EMPTY="};
    const auto by_spare = shop.invoke(plan).payload;
    EXPECT_THAT(by_spare, HasSubstr(R"(["QUOTES", "'\"$(touch /tmp/x)`\\ ü"], )"));
    // A name that no shell takes is given directly: all else is the same.
    plan.key += "/direct";
    plan.environment.push_back("not-a-name=1");
    auto direct = shop.invoke(plan).payload;
    const std::string_view extra = R"(, ["not-a-name", "1"])";
    const auto at = direct.find(extra);
    ASSERT_NE(at, direct.npos) << direct;
    direct.erase(at, extra.size());
    EXPECT_EQ(by_spare, direct);
}

TEST(Spares, AreFewAndEndWithTheirLauncher) {
    {
        Workshop shop;
        shop.launcher.spares().prepare(*shop.sandbox);
        if (!shop.eventually([&] { return shop.launcher.spares().count() == Spares::most; }, std::chrono::seconds(2)))
            GTEST_SKIP() << "control groups or bubblewrap are not permitted here";
        EXPECT_EQ(own_children(), Spares::most);
    }
    EXPECT_EQ(own_children(), 0U);
}

// ---- Workers that are kept ready ----

TEST(ProvisionedConcurrency, ReplacesWorkersThatDie) {
    Cloud cloud;
    cloud.create("f",
                 "import os\nnumber = os.urandom(8).hex()\ndef handler(event, context):\n    if event.get('die'): "
                 "os._exit(1)\n    return number\n");
    cloud.run(cloud.service.publish_version(cloud.call, {.FunctionName = "f"}));
    cloud.run(cloud.service.put_provisioned_concurrency_config(
        cloud.call, {.FunctionName = "f", .Qualifier = "1", .ProvisionedConcurrentExecutions = 1}));
    const auto ready = [&] {
        return cloud
                   .run(cloud.service.get_provisioned_concurrency_config(cloud.call,
                                                                         {.FunctionName = "f", .Qualifier = "1"}))
                   .Status == "READY";
    };
    ASSERT_TRUE(cloud.eventually(ready));
    const auto first = cloud.invoke("f:1").Payload;
    EXPECT_EQ(cloud.invoke("f:1", R"({"die":true})").FunctionError, "Unhandled");
    ASSERT_TRUE(cloud.eventually(ready)) << "without an event";
    EXPECT_NE(cloud.invoke("f:1").Payload, first);
    // A change of $LATEST leaves the workers of versions alone.
    const auto second = cloud.invoke("f:1").Payload;
    cloud.run(cloud.service.update_function_code(
        cloud.call,
        {.FunctionName = "f", .ZipFile = zip_of({{"index.py"s, "def handler(event, context):\n    return 2\n"}})}));
    EXPECT_EQ(cloud.invoke("f:1").Payload, second);
    cloud.run(cloud.service.delete_function(cloud.call, {.FunctionName = "f"}));
}

TEST(ProvisionedConcurrency, TriesAgainLaterWhereInitialisationFails) {
    Cloud cloud;
    cloud.create("f", "raise RuntimeError('not today')\n");
    cloud.run(cloud.service.publish_version(cloud.call, {.FunctionName = "f"}));
    cloud.run(cloud.service.put_provisioned_concurrency_config(
        cloud.call, {.FunctionName = "f", .Qualifier = "1", .ProvisionedConcurrentExecutions = 1}));
    const auto attempts = [&] {
        const auto lines = cloud.door.lines();
        return std::ranges::count_if(lines, [](const std::string& line) { return line.starts_with("INIT_START"); });
    };
    ASSERT_TRUE(cloud.eventually([&] { return attempts() == 1; }));
    ASSERT_TRUE(cloud.eventually([&] {
        cloud.advance(std::chrono::seconds(2));
        return attempts() >= 2;
    }));
    EXPECT_LE(attempts(), 3) << "each pause is longer than the one before";
}

// ---- Hot reload ----

TEST(HotReload, RunsTheFolderAsItIsNow) {
    Cloud cloud;
    Folder code;
    code.write("index.py", "import part\ndef handler(event, context):\n    return part.answer\n");
    code.write("deep/part.py", "");
    code.write("part.py", "answer = 'first'\n");
    CreateFunctionRequest request{.FunctionName = "hot",
                                  .Runtime = "python3.11",
                                  .Role = "arn:aws:iam::000000000000:role/r",
                                  .Handler = "index.handler"};
    request.Code.S3Bucket = "hot-reload";
    request.Code.S3Key = code.path().string();
    cloud.run(cloud.service.create_function(cloud.call, request));
    EXPECT_EQ(cloud.invoke("hot").Payload, R"("first")");
    EXPECT_EQ(cloud.invoke("hot").Payload, R"("first")");
    code.write("part.py", "answer = 'second'\n");
    EXPECT_EQ(cloud.invoke("hot").Payload, R"("second")");
    EXPECT_EQ(cloud.run(cloud.service.get_function(cloud.call, {.FunctionName = "hot"})).Code->Location,
              "file://" + code.path().string());
    EXPECT_THAT(message_of<InvalidParameterValueException>([&] {
                    cloud.run(cloud.service.update_function_code(
                        cloud.call, {.FunctionName = "hot", .S3Bucket = "hot-reload", .S3Key = "/nowhere/at/all"}));
                }),
                HasSubstr("is not a folder"));
    cloud.run(cloud.service.update_function_code(
        cloud.call, {.FunctionName = "hot",
                     .ZipFile = zip_of({{"index.py"s, "def handler(event, context):\n    return 'packed'\n"}})}));
    EXPECT_EQ(cloud.invoke("hot").Payload, R"("packed")");
    cloud.run(cloud.service.delete_function(cloud.call, {.FunctionName = "hot"}));
    EXPECT_TRUE(std::filesystem::exists(code.path() / "part.py"));
}

TEST(HotReload, ShowsNothingOfCumuletsOwn) {
    Folder own;
    own.write("store/CURRENT", "x");
    const auto refused = [&](const std::filesystem::path& folder) { return hot_reload_fault(folder, own.path()); };
    EXPECT_THAT(refused(own.path() / "store"), HasSubstr("holds what Cumulet keeps"));
    EXPECT_THAT(refused(own.path().parent_path()), HasSubstr("holds what Cumulet keeps"));
    EXPECT_THAT(refused("/"), HasSubstr("holds what Cumulet keeps"));
    EXPECT_THAT(refused("code"), HasSubstr("not the absolute path"));
    EXPECT_EQ(refused("/usr/lib"), "");
    Folder other;
    std::filesystem::create_directory_symlink(own.path() / "store", other.path() / "link");
    EXPECT_THAT(refused(other.path() / "link"), HasSubstr("holds what Cumulet keeps"));
}

TEST(HotReload, SeesEveryChangeOfAFile) {
    Folder code;
    code.write("a/b.py", "1");
    const auto first = folder_mark(code.path());
    EXPECT_EQ(folder_mark(code.path()), first);
    std::filesystem::permissions(code.path() / "a/b.py", std::filesystem::perms(0755));
    const auto second = folder_mark(code.path());
    EXPECT_NE(second, first);
    std::filesystem::rename(code.path() / "a/b.py", code.path() / "a/c.py");
    const auto third = folder_mark(code.path());
    EXPECT_NE(third, second);
    code.write("new", "");
    EXPECT_NE(folder_mark(code.path()), third);
}

}  // namespace
}  // namespace cumulet::lambda
