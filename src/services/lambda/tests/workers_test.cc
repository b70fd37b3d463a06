// Real processes of each runtime, in this machine's own sandbox.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "runtime/stopwatch.h"
#include "services/lambda/tests/support/workshop.h"

namespace cumulet::lambda {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string member(const std::string& payload, std::string_view name) {
    const auto value = parse_json(payload);
    return value && value->is_object() ? std::string(string_or(value->as_object(), name)) : "no object: " + payload;
}

TEST(NodeWorker, AnswersWithWhatAnAsynchronousHandlerGives) {
    Workshop shop;
    shop.code.write(
        "index.js",
        "exports.handler = async (event, context) => ({ doubled: event.n * 2, id: context.awsRequestId });");
    const auto plan = shop.plan("nodejs");
    EXPECT_EQ(shop.invoke(plan, R"({"n":21})").payload, R"({"doubled":42,"id":"request-1"})");
    EXPECT_EQ(shop.invoke(plan, R"({"n":4})").payload, R"({"doubled":8,"id":"request-2"})");
    EXPECT_EQ(shop.pool.processes(), 1U);
}

TEST(NodeWorker, RunsModulesCallbacksAndNestedExports) {
    Workshop shop;
    shop.code.write("module.mjs", "import { sep } from 'path'; export const handler = async () => sep;");
    shop.code.write(
        "calls.js",
        "exports.api = { late: (event, context, callback) => { setTimeout(() => callback(null, 'late'), 5); } };");
    shop.code.write("folder/deep.cjs", "exports.handler = async () => __filename.split('/').pop();");
    EXPECT_EQ(shop.invoke(shop.plan("nodejs", "module.handler")).payload, R"("/")");
    EXPECT_EQ(shop.invoke(shop.plan("nodejs", "calls.api.late")).payload, R"("late")");
    EXPECT_EQ(shop.invoke(shop.plan("nodejs", "folder/deep.handler")).payload, R"("deep.cjs")");
}

TEST(NodeWorker, GivesAnErrorItsShapeAndLivesOn) {
    Workshop shop;
    shop.code.write(
        "index.js",
        "let n = 0; exports.handler = async () => { if (++n < 2) throw new RangeError('too far'); return n; };");
    const auto plan = shop.plan("nodejs");
    const auto failed = shop.invoke(plan);
    EXPECT_TRUE(failed.failed);
    EXPECT_EQ(member(failed.payload, "errorType"), "RangeError");
    EXPECT_EQ(member(failed.payload, "errorMessage"), "too far");
    EXPECT_EQ(shop.invoke(plan).payload, "2");
}

TEST(NodeWorker, TellsWhyItCannotBegin) {
    Workshop shop;
    shop.code.write("broken.js", "exports.handler = async ( => 1;");
    shop.code.write("empty.js", "exports.other = 1;");
    shop.code.write("thrower.js", "throw new Error('at import');");
    struct Row {
        std::string handler, type, message;
    };
    for (const auto& [handler, type, message] :
         {Row{"missing.handler", "Runtime.ImportModuleError", "Cannot find module 'missing'"},
          Row{"broken.handler", "Runtime.UserCodeSyntaxError", "SyntaxError"},
          Row{"empty.handler", "Runtime.HandlerNotFound", "empty.handler is undefined"},
          Row{"nodot", "Runtime.MalformedHandlerName", "Bad handler"}, Row{"thrower.handler", "Error", "at import"}}) {
        const auto outcome = shop.invoke(shop.plan("nodejs", handler));
        EXPECT_TRUE(outcome.failed) << handler;
        EXPECT_EQ(member(outcome.payload, "errorType"), type);
        EXPECT_THAT(member(outcome.payload, "errorMessage"), HasSubstr(message));
    }
}

TEST(PythonWorker, AnswersLogsAndGivesErrorsTheirShape) {
    Workshop shop;
    shop.code.write("app.py",
                    "import logging\nlogging.getLogger().setLevel('INFO')\n"
                    "def handler(event, context):\n    print('seen', event['n'])\n    logging.info('noted')\n"
                    "    if event['n'] < 0:\n        raise ValueError('negative')\n"
                    "    return {'n': event['n'] + 1, 'id': context.aws_request_id}\n");
    const auto plan = shop.plan("python", "app.handler");
    EXPECT_EQ(shop.invoke(plan, R"({"n":1})").payload, R"({"n": 2, "id": "request-1"})");
    const auto failed = shop.invoke(plan, R"({"n":-1})");
    EXPECT_TRUE(failed.failed);
    EXPECT_EQ(member(failed.payload, "errorType"), "ValueError");
    EXPECT_THAT(failed.payload, HasSubstr("in handler"));
    EXPECT_THAT(failed.log_tail, HasSubstr("seen -1\n[INFO]\t20"));
    EXPECT_THAT(failed.log_tail, HasSubstr("request-2\tnoted\n[ERROR] ValueError: negative"));
    EXPECT_THAT(failed.log_tail, StartsWith("START RequestId: request-2 Version: $LATEST\n"));
}

TEST(PythonWorker, TellsWhyItCannotBegin) {
    Workshop shop;
    shop.code.write("broken.py", "def handler(:\n");
    shop.code.write("needs.py", "import nowhere_to_be_found\n");
    shop.code.write("empty.py", "");
    EXPECT_EQ(member(shop.invoke(shop.plan("python", "broken.handler")).payload, "errorType"),
              "Runtime.UserCodeSyntaxError");
    EXPECT_EQ(member(shop.invoke(shop.plan("python", "empty.handler")).payload, "errorMessage"),
              "Handler 'handler' missing on module 'empty'");
    EXPECT_EQ(member(shop.invoke(shop.plan("python", "needs.handler")).payload, "errorMessage"),
              "Unable to import module 'needs': No module named 'nowhere_to_be_found'");
}

constexpr std::string_view own_bootstrap = R"(#!/usr/bin/python3 -S
import http.client, os
api = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])
while True:
    api.request('GET', '/2018-06-01/runtime/invocation/next')
    event = api.getresponse()
    body = event.read()
    name = event.headers['Lambda-Runtime-Aws-Request-Id']
    api.request('POST', f'/2018-06-01/runtime/invocation/{name}/response', b'"own ' + str(len(body)).encode() + b'"')
    api.getresponse().read()
)";

TEST(ProvidedWorker, ReachesTheRuntimeApiByItsAddress) {
    Workshop shop;
    shop.code.write("bootstrap", own_bootstrap, true);
    const auto plan = shop.plan("provided");
    EXPECT_EQ(shop.invoke(plan, "[1]").payload, R"("own 3")");
    EXPECT_EQ(shop.invoke(plan, std::string(6 << 20, ' ')).payload, R"("own 6291456")");
}

TEST(Worker, EndsAFunctionThatTakesTooLongWithAllItsChildren) {
    Workshop shop;
    shop.code.write("index.js",
                    "const { spawn } = require('child_process');\n"
                    "process.on('SIGTERM', () => {});\n"
                    "exports.handler = () => new Promise(() => { spawn('sleep', ['4711'], { detached: true }); "
                    "setInterval(() => {}, 1000); });");
    auto plan = shop.plan("nodejs");
    plan.timeout = std::chrono::milliseconds(400);
    const auto outcome = shop.invoke(plan);
    EXPECT_TRUE(outcome.failed);
    EXPECT_EQ(
        outcome.payload,
        R"({"errorType":"Sandbox.Timedout","errorMessage":"RequestId: request-1 Error: Task timed out after 0.40 seconds"})");
    EXPECT_THAT(outcome.log_tail,
                HasSubstr("request-1 Task timed out after 0.40 seconds\nEND RequestId: request-1\nREPORT"));
    EXPECT_TRUE(shop.eventually([&] { return shop.pool.processes() == 0; }));
    if (!shop.sandbox->isolated() && !shop.sandbox->limited())
        GTEST_SKIP() << "nothing here holds what leaves its process group";
    EXPECT_TRUE(shop.eventually([] { return !somewhere_runs("4711"); }));
}

TEST(Worker, TellsHowAProcessEnded) {
    Workshop shop;
    shop.code.write("exits.js", "exports.handler = async () => process.exit(3);");
    shop.code.write("atimport.js", "process.exit(1);");
    shop.code.write("never.js", "exports.handler = () => new Promise(() => {});");
    EXPECT_EQ(member(shop.invoke(shop.plan("nodejs", "exits.handler")).payload, "errorMessage"),
              "RequestId: request-1 Error: Runtime exited with error: exit status 3");
    EXPECT_EQ(member(shop.invoke(shop.plan("nodejs", "atimport.handler")).payload, "errorType"), "Runtime.ExitError");
    EXPECT_EQ(member(shop.invoke(shop.plan("nodejs", "never.handler")).payload, "errorMessage"),
              "RequestId: request-3 Error: Runtime exited without providing a reason");
}

TEST(Worker, KeepsAllOfAFloodOfOutput) {
    Workshop shop;
    shop.code.write(
        "index.js",
        "exports.handler = async () => { for (let i = 0; i < 10240; ++i) console.log('x'.repeat(1000)); };");
    auto plan = shop.plan("nodejs");
    plan.timeout = std::chrono::seconds(20);
    const auto outcome = shop.invoke(plan);
    EXPECT_FALSE(outcome.failed);
    EXPECT_LE(outcome.log_tail.size(), 4096U);
    EXPECT_THAT(outcome.log_tail, HasSubstr("REPORT RequestId: request-1"));
    ASSERT_TRUE(shop.eventually([&] { return shop.door.has("REPORT"); }));
    EXPECT_EQ(shop.door.lines().size(), 10240U + 4);
}

TEST(Worker, CannotForkWithoutEndOrUseMoreMemoryThanItHas) {
    Workshop shop;
    if (!shop.sandbox->limited()) GTEST_SKIP() << "control groups are not permitted here";
    shop.code.write(
        "forks.py",
        "import os, time\ndef handler(event, context):\n    count = 0\n    try:\n        while count < 5000:\n"
        "            if os.fork() == 0:\n                time.sleep(60)\n                os._exit(0)\n            "
        "count += 1\n"
        "    except OSError:\n        pass\n    return count < 1024\n");
    shop.code.write("eats.py", "def handler(event, context):\n    held = bytearray(400 << 20)\n    return len(held)\n");
    auto forks = shop.plan("python", "forks.handler");
    forks.memory_mb = 1024;
    EXPECT_EQ(shop.invoke(forks).payload, "true");
    EXPECT_EQ(member(shop.invoke(shop.plan("python", "eats.handler")).payload, "errorType"), "Runtime.OutOfMemory");
}

TEST(Worker, AnswersGarbageOnTheRuntimeApiAndServesTheNext) {
    Workshop shop;
    shop.code.write("bootstrap", R"(#!/usr/bin/python3 -S
import os, socket
host, port = os.environ['AWS_LAMBDA_RUNTIME_API'].split(':')
def say(text):
    link = socket.create_connection((host, int(port)))
    link.sendall(text)
    answer = link.recv(65536)
    return link, answer
assert b' 400 ' in say(b'\x00\x01garbage\r\n\r\n')[1]
assert b' 404 ' in say(b'GET /nothing HTTP/1.1\r\n\r\n')[1]
assert b' 400 ' in say(b'POST /2018-06-01/runtime/invocation/wrong/response HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}')[1]
assert b' 400 ' in say(b'POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n')[1]
link, event = say(b'GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n')
name = event.decode().split('Request-Id: ')[1].split('\r')[0]
link.sendall(f'POST /2018-06-01/runtime/invocation/{name}/response HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n"c\r\n3;x=y\r\nut"\r\n0\r\nTrailer: 1\r\n\r\n'.encode())
link.recv(1000)
link.recv(1000)
)",
                    true);
    EXPECT_EQ(shop.invoke(shop.plan("provided")).payload, R"("cut")");
}

TEST(Worker, SeesNeitherTheHostsFilesNorItsProcesses) {
    Workshop shop;
    if (!shop.sandbox->isolated()) GTEST_SKIP() << "bubblewrap is not permitted here";
    shop.code.write(
        "index.py",
        "import os\ndef handler(event, context):\n    def can(path):\n        try:\n            open(path, 'w')\n      "
        "      return True\n"
        "        except OSError:\n            return False\n"
        "    return {'home': os.path.exists('/root') or os.path.exists('/home'), 'code': can('/var/task/x'), 'root': "
        "can('/x'),\n"
        "            'tmp': can('/tmp/x'), 'processes': len([p for p in os.listdir('/proc') if p.isdigit()]) < 10,\n"
        "            'files': sorted(os.listdir('/proc/self/fd'))[:4], 'environment': 'HOME' in os.environ}\n");
    EXPECT_EQ(
        shop.invoke(shop.plan("python")).payload,
        R"({"home": false, "code": false, "root": false, "tmp": true, "processes": true, "files": ["0", "1", "2", "3"], "environment": false})");
}

TEST(Worker, HasAUserWithAHomeAsProgramsExpect) {
    Workshop shop;
    if (!shop.sandbox->isolated()) GTEST_SKIP() << "bubblewrap is not permitted here";
    shop.code.write("index.js",
                    "exports.handler = async () => [require('os').homedir(), require('os').userInfo().username];");
    EXPECT_EQ(shop.invoke(shop.plan("nodejs")).payload, R"(["/home/sbx_user1051","sbx_user1051"])");
}

TEST(Worker, RunsAsAPlainProcessWhereNothingElseIsPermitted) {
    Workshop shop(Sandbox::plain("a test"));
    shop.code.write("index.js", "exports.handler = async () => 'plain';");
    shop.code.write("app.py", "def handler(event, context):\n    return 'plain'\n");
    EXPECT_EQ(shop.invoke(shop.plan("nodejs")).payload, R"("plain")");
    EXPECT_EQ(shop.invoke(shop.plan("python", "app.handler")).payload, R"("plain")");
    EXPECT_EQ(shop.sandbox->warnings().size(), 1U);
}

TEST(Pool, StartsNoMoreThanItsBoundAndMakesRoomForOtherFunctions) {
    Workshop shop(Sandbox::find(), {.workers = 1});
    shop.code.write("a.py", "def handler(event, context):\n    return 'a'\n");
    shop.code.write("b.py", "def handler(event, context):\n    return 'b'\n");
    EXPECT_EQ(shop.invoke(shop.plan("python", "a.handler")).payload, R"("a")");
    EXPECT_EQ(shop.invoke(shop.plan("python", "b.handler")).payload, R"("b")");
    EXPECT_EQ(shop.pool.processes(), 1U);
}

TEST(Pool, GivesNoEventToWorkersOfARetiredFunction) {
    Workshop shop;
    shop.code.write(
        "app.py",
        "import os\ncount = 0\ndef handler(event, context):\n    global count\n    count += 1\n    return count\n");
    const auto plan = shop.plan("python", "app.handler");
    EXPECT_EQ(shop.invoke(plan).payload, "1");
    EXPECT_EQ(shop.invoke(plan).payload, "2");
    shop.pool.retire(plan.function);
    EXPECT_EQ(shop.invoke(plan).payload, "1");
}

}  // namespace
}  // namespace cumulet::lambda
