// Functions that mean harm, or do it: the caller gets AWS's error shape, neighbours go on, nothing is left running.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "services/lambda/tests/support/workshop.h"

namespace cumulet::lambda {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

std::string member(const std::string& payload, std::string_view name) {
    const auto value = parse_json(payload);
    return value && value->is_object() ? std::string(string_or(value->as_object(), name)) : "no object: " + payload;
}

class Hostile : public ::testing::Test {
  protected:
    Hostile() {
        shop.code.write(
            "neighbour.py",
            "count = 0\ndef handler(event, context):\n    global count\n    count += 1\n    return count\n");
    }

    /// A function of Python's that is called `name`, around `body`.
    WorkerPlan function(const std::string& name, std::string_view body) {
        shop.code.write(name + ".py", fmt::format("import json, os, signal, socket, subprocess, sys, time\n{}", body));
        return shop.plan("python", name + ".handler");
    }
    /// The neighbour has the worker that it had from the beginning.
    void expect_neighbour_unaffected() { EXPECT_EQ(shop.invoke(neighbour).payload, std::to_string(++calls)); }
    void SetUp() override { expect_neighbour_unaffected(); }
    void expect_gone() {
        EXPECT_TRUE(shop.eventually([&] { return shop.pool.processes() == 1; })) << "only the neighbour's is left";
    }

    Workshop shop;
    WorkerPlan neighbour = shop.plan("python", "neighbour.handler");
    int calls = 0;
};

TEST_F(Hostile, LeaksMemoryUntilNoneIsLeft) {
    if (!shop.sandbox->limited()) GTEST_SKIP() << "control groups are not permitted here";
    const auto plan = function("leaks",
                               "held = []\ndef handler(event, context):\n    held.append(bytearray(os.urandom(1 << "
                               "20)) * 40)\n    return len(held)\n");
    Outcome outcome;
    for (int call = 0; call < 10 && !outcome.failed; ++call) outcome = shop.invoke(plan);
    EXPECT_EQ(member(outcome.payload, "errorType"), "Runtime.OutOfMemory");
    EXPECT_THAT(member(outcome.payload, "errorMessage"), EndsWith("Runtime exited with error: signal: killed"));
    EXPECT_EQ(shop.invoke(plan).payload, "1") << "a new worker takes the next event";
    expect_neighbour_unaffected();
}

TEST_F(Hostile, ForksWithoutEndPastItsTime) {
    if (!shop.sandbox->limited()) GTEST_SKIP() << "control groups are not permitted here";
    auto plan = function("forks",
                         "def handler(event, context):\n    while True:\n        try:\n            if os.fork() == 0:\n"
                         "                os.setsid()\n                signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
                         "                os.execv('/usr/bin/sleep', ['sleep', '48151'])\n        except OSError:\n"
                         "            time.sleep(0.01)\n");
    plan.memory_mb = 3008;  // so that processes run out before it does
    plan.timeout = std::chrono::milliseconds(1500);
    EXPECT_EQ(member(shop.invoke(plan).payload, "errorType"), "Sandbox.Timedout");
    expect_gone();
    EXPECT_TRUE(shop.eventually([] { return !somewhere_runs("48151"); }));
    expect_neighbour_unaffected();
}

TEST_F(Hostile, TellsTheLoaderOfItsSandboxNothing) {
    if (!shop.sandbox->isolated()) GTEST_SKIP() << "bubblewrap is not permitted here";
    const Folder outside;
    auto plan = function("loads", "def handler(event, context):\n    return os.environ['LD_DEBUG']\n");
    // A loader that heeds this writes a file there.
    plan.environment.push_back("LD_DEBUG=libs");
    plan.environment.push_back("LD_DEBUG_OUTPUT=" + (outside.path() / "trace").string());
    EXPECT_EQ(shop.invoke(plan).payload, "\"libs\"");
    EXPECT_TRUE(std::filesystem::is_empty(outside.path()));
}

TEST_F(Hostile, FillsItsTmpAndNoOthers) {
    if (!shop.sandbox->isolated()) GTEST_SKIP() << "bubblewrap is not permitted here";
    auto plan = function(
        "fills",
        "def handler(event, context):\n    written = 0\n    try:\n        with open('/tmp/full', 'wb', 0) as file:\n"
        "            while written < 64 << 20:\n                written += file.write(bytes(1 << 20))\n"
        "    except OSError as error:\n        return [written >> 20, error.errno]\n");
    plan.room.scratch_bytes = 20 << 20;
    EXPECT_EQ(shop.invoke(plan).payload, "[20, 28]") << "no space left on device";
    const auto other = function("looks", "def handler(event, context):\n    return os.listdir('/tmp')\n");
    EXPECT_EQ(shop.invoke(other).payload, "[]");
}

TEST_F(Hostile, WritesAHundredMegabytesOfLogs) {
    auto plan = function("writes",
                         "line = 'x' * 99_999 + '\\n'\ndef handler(event, context):\n    for _ in range(1000):\n"
                         "        sys.stdout.write(line)\n    return 'done'\n");
    plan.timeout = std::chrono::seconds(30);
    const auto outcome = shop.invoke(plan);
    EXPECT_EQ(outcome.payload, "\"done\"");
    EXPECT_LE(outcome.log_tail.size(), 4096U);
    ASSERT_TRUE(
        shop.eventually([&] { return shop.door.has("REPORT RequestId: request-2"); }, std::chrono::seconds(20)));
    const auto lines = shop.door.lines();
    EXPECT_EQ(std::ranges::count_if(lines, [](const std::string& line) { return line.starts_with("xxx"); }), 1000);
    expect_neighbour_unaffected();
}

TEST_F(Hostile, WritesALineWithoutEnd) {
    auto plan = function("endless",
                         "def handler(event, context):\n    for _ in range(40):\n        os.write(1, b'y' * 100_000)\n "
                         "   return 'done'\n");
    EXPECT_EQ(shop.invoke(plan).payload, "\"done\"");
    ASSERT_TRUE(shop.eventually([&] { return shop.door.has("REPORT RequestId: request-2"); }));
    for (const auto& line : shop.door.lines()) EXPECT_LE(line.size(), 262'144U);
}

TEST_F(Hostile, OpensMoreConnectionsThanThereIsRoomForAndHasThemServedInTurn) {
    auto plan =
        function("opens",
                 "def handler(event, context):\n    host, port = os.environ['AWS_LAMBDA_RUNTIME_API'].split(':')\n"
                 "    opened = [socket.create_connection((host, int(port)), 10) for _ in range(100)]\n"
                 "    answered = 0\n    for each in opened:\n"
                 "        each.sendall(b'GET /nothing HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')\n"
                 "        answered += each.recv(4096).startswith(b'HTTP/1.1 404')\n        each.close()\n"
                 "    return answered\n");
    plan.timeout = std::chrono::seconds(20);
    EXPECT_EQ(shop.invoke(plan).payload, "100");
    expect_neighbour_unaffected();
}

TEST_F(Hostile, ClosesTheChannelToTheRuntimeApi) {
    auto plan = function("closes",
                         "def handler(event, context):\n    os.close(3)\n    if event.get('sleeps'): time.sleep(60)\n");
    plan.timeout = std::chrono::milliseconds(400);
    EXPECT_EQ(member(shop.invoke(plan, R"({"sleeps":true})").payload, "errorType"), "Sandbox.Timedout");
    const auto outcome = shop.invoke(plan);
    EXPECT_TRUE(outcome.failed);
    EXPECT_EQ(member(outcome.payload, "errorType"), "Runtime.ExitError");
    expect_gone();
    expect_neighbour_unaffected();
}

TEST_F(Hostile, AnswersMoreThanItMay) {
    const auto plan = function("large", "def handler(event, context):\n    return 'x' * event['size']\n");
    EXPECT_EQ(member(shop.invoke(plan, R"({"size":7000000})").payload, "errorType"), "Function.ResponseSizeTooLarge");
    EXPECT_EQ(member(shop.invoke(plan, R"({"size":20000000})").payload, "errorType"), "Function.ResponseSizeTooLarge")
        << "so much is not even kept";
    EXPECT_EQ(shop.invoke(plan, R"({"size":1})").payload, "\"x\"");
}

TEST_F(Hostile, AnswersForOtherRequestsAndTwice) {
    shop.code.write("bootstrap", R"(#!/usr/bin/python3 -S
import http.client, os
api = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])
def ask(method, path, body=None):
    api.request(method, '/2018-06-01/runtime/' + path, body)
    answer = api.getresponse()
    answer.body = answer.read()
    return answer
statuses = []
while True:
    event = ask('GET', 'invocation/next')
    name = event.headers['Lambda-Runtime-Aws-Request-Id']
    for other in ('request-1', 'request-999', '', '..', 'x' * 9000):
        statuses.append(ask('POST', f'invocation/{other}/response', b'"stolen"').status)
        statuses.append(ask('POST', f'invocation/{other}/error', b'{}').status)
    ask('POST', f'invocation/{name}/response', str(statuses).encode())
    statuses = [ask('POST', f'invocation/{name}/response', b'"again"').status, ask('POST', 'init/error', b'{}').status]
)",
                    true);
    const auto plan = shop.plan("provided");
    EXPECT_EQ(shop.invoke(plan).payload, "[400, 400, 400, 400, 400, 400, 400, 400, 400, 400]");
    EXPECT_EQ(shop.invoke(plan).payload, "[400, 403, 400, 400, 400, 400, 400, 400, 400, 400, 400, 400]");
    expect_neighbour_unaffected();
}

TEST_F(Hostile, KeepsChildrenRunningAfterItsAnswer) {
    if (!shop.sandbox->isolated() && !shop.sandbox->limited())
        GTEST_SKIP() << "nothing here holds what leaves its group";
    const auto plan = function(
        "keeps",
        "def handler(event, context):\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0:\n"
        "            os.execv('/usr/bin/sleep', ['sleep', '48152'])\n        os._exit(0)\n    os.wait()\n    return "
        "'kept'\n");
    EXPECT_EQ(shop.invoke(plan).payload, "\"kept\"");
    EXPECT_TRUE(shop.eventually([] { return somewhere_runs("48152"); }));
    shop.pool.retire(plan.key);
    expect_gone();
    EXPECT_TRUE(shop.eventually([] { return !somewhere_runs("48152"); }));
}

TEST_F(Hostile, SeesNothingOfCumuletsFolderAndChangesNothingOfItsCode) {
    if (!shop.sandbox->isolated()) GTEST_SKIP() << "bubblewrap is not permitted here";
    shop.layers.write("secret", "of the host");
    const auto plan = function(
        "looks",
        "def handler(event, context):\n    tried = []\n    for path in ('/var/task/x', "
        "'/var/runtime/bootstrap.py', '/opt/x', '/etc/x',\n"
        "                 '/usr/x', '/proc/sys/kernel/core_pattern', '/proc/sys/vm/overcommit_memory', '/sys/x'):\n"
        "        try:\n            open(path, 'r+b' if os.path.exists(path) else 'wb').close()\n            "
        "tried.append(path)\n"
        "        except OSError:\n            pass\n"
        "    seen = [path for path in event['paths'] if os.path.exists(path)]\n"
        "    try:\n        os.kill(event['pid'], 0)\n        seen.append('the host')\n    except OSError:\n   "
        "     pass\n"
        "    return [tried, seen, os.getuid() == 0]\n");
    const auto event = json::serialize(json::object{
        {"paths", json::array{shop.code.path().string(), (shop.layers.path() / "secret").string(), "/etc/shadow",
                              "/etc/hostname", "/etc/ssl/private/ssl-cert-snakeoil.key", "/var/lib", "/run",
                              "/sys/fs/cgroup", "/root", fmt::format("/proc/{}", ::getpid())}},
        {"pid", ::getpid()}});
    EXPECT_THAT(shop.invoke(plan, event).payload, HasSubstr("[[], [], "));
}

TEST_F(Hostile, SpeaksToTheRuntimeApiOnMoreConnectionsThanItMay) {
    shop.code.write("bootstrap", R"(#!/usr/bin/python3 -S
import http.client, os, socket
host, port = os.environ['AWS_LAMBDA_RUNTIME_API'].split(':')
links = [socket.create_connection((host, int(port))) for _ in range(100)]
for link in links[:5]: link.sendall(b'POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n' + b'x' * 100_000)
for link in links: link.close()
while True:
    api = http.client.HTTPConnection(host, int(port))
    try:
        api.request('GET', '/2018-06-01/runtime/invocation/next')
        event = api.getresponse()
    except ConnectionError:
        continue  # the others are not yet seen to be closed
    event.read()
    name = event.headers['Lambda-Runtime-Aws-Request-Id']
    api.request('POST', f'/2018-06-01/runtime/invocation/{name}/response', b'"served"')
    api.getresponse().read()
    api.close()
)",
                    true);
    const auto plan = shop.plan("provided");
    for (int call = 0; call < 2; ++call) {
        const auto outcome = shop.invoke(plan);
        EXPECT_EQ(outcome.payload, "\"served\"") << outcome.log_tail;
    }
    expect_neighbour_unaffected();
}

}  // namespace
}  // namespace cumulet::lambda
