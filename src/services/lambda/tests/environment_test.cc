// The life of an execution environment: initialisation, extensions, telemetry, streamed responses, and its end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/lambda/tests/support/workshop.h"

namespace cumulet::lambda {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view extension_head = R"(#!/usr/bin/python3 -S
import http.client, json, os, sys
api = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])
def ask(method, path, body=None, **headers):
    api.request(method, path, body and json.dumps(body), {name.replace('_', '-'): value for name, value in headers.items()})
    answer = api.getresponse()
    return answer, answer.read()
answer, about = ask('POST', '/2020-01-01/extension/register', {'events': ['INVOKE', 'SHUTDOWN']}, Lambda_Extension_Name='watch')
me = answer.headers['Lambda-Extension-Identifier']
print('about', about.decode(), flush=True)
)";
constexpr std::string_view extension_loop = R"(
while True:
    event = json.loads(ask('GET', '/2020-01-01/extension/event/next', Lambda_Extension_Identifier=me)[1])
    print('extension saw', event['eventType'], event.get('requestId') or event.get('shutdownReason'), flush=True)
    if event['eventType'] == 'SHUTDOWN':
        break
)";

/// A plan whose layers bring the extension "watch".
WorkerPlan watched_plan(Workshop& shop, std::string_view runtime, const std::string& middle = "",
                        std::string_view end = extension_loop) {
    shop.layers.write("extensions/watch", fmt::format("{}{}{}", extension_head, middle, end), true);
    auto plan = shop.plan(runtime);
    plan.room.layers = shop.layers.path();
    plan.extensions = {"watch"};
    return plan;
}

TEST(Extensions, SeeEveryEventAndTheShutdown) {
    Workshop shop;
    shop.code.write("index.js",
                    "process.on('SIGTERM', () => { console.log('told to end'); process.exit(0); });\n"
                    "exports.handler = async (event, context) => context.awsRequestId;");
    const auto plan = watched_plan(shop, "nodejs");
    EXPECT_EQ(shop.invoke(plan).payload, "\"request-1\"");
    EXPECT_EQ(shop.invoke(plan).payload, "\"request-2\"");
    EXPECT_EQ(shop.pool.processes(), 1U);
    shop.pool.retire(plan.function);
    ASSERT_TRUE(shop.eventually([&] { return shop.pool.processes() == 0; }));
    ASSERT_TRUE(shop.eventually([&] { return shop.door.has("extension saw SHUTDOWN spindown"); }));
    ASSERT_TRUE(shop.eventually([&] { return shop.door.has("told to end"); }));
    EXPECT_THAT(shop.door.lines(), Contains("extension saw INVOKE request-1"));
    EXPECT_THAT(shop.door.lines(), Contains("extension saw INVOKE request-2"));
    EXPECT_THAT(shop.door.lines(), Contains(R"(about {"functionName":"f","functionVersion":"$LATEST","handler":""})"));
    EXPECT_THAT(shop.door.lines(), Contains("EXTENSION\tName: watch\tState: Ready\tEvents: [INVOKE, SHUTDOWN]"));
}

TEST(Extensions, ThatCrashFailTheEventAndTheirEnvironment) {
    Workshop shop;
    shop.code.write("index.py", "def handler(event, context):\n    return 1\n");
    const auto plan = watched_plan(shop, "python", "sys.exit(7)\n");
    const auto outcome = shop.invoke(plan);
    EXPECT_TRUE(outcome.failed);
    EXPECT_EQ(outcome.payload,
              R"({"errorType":"Extension.Crash","errorMessage":"RequestId: request-1 Error: exit status 7"})");
    EXPECT_TRUE(shop.eventually([&] { return shop.pool.processes() == 0; }));
}

TEST(Extensions, ThatNeverEndAreKilled) {
    Workshop shop;
    shop.code.write("index.py", "def handler(event, context):\n    return 1\n");
    const auto plan =
        watched_plan(shop, "python", "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n",
                     "ask('GET', '/2020-01-01/extension/event/next', Lambda_Extension_Identifier=me)\n"
                     "ask('GET', '/2020-01-01/extension/event/next', Lambda_Extension_Identifier=me)\n"
                     "while True: time.sleep(1)\n");
    EXPECT_EQ(shop.invoke(plan).payload, "1");
    shop.pool.retire(plan.function);
    EXPECT_TRUE(shop.eventually([&] { return shop.pool.processes() == 0; }));
}

TEST(Extensions, AreSentTheTelemetryTheySubscribedTo) {
    std::mutex mutex;  // these live longer than the shop, whose end sends what is left
    std::string posted;
    std::string uri;
    Workshop shop;
    shop.code.write("index.py", "def handler(event, context):\n    print('from the function')\n    return 1\n");
    auto plan = watched_plan(
        shop, "python",
        "print(ask('PUT', '/2022-07-01/telemetry', {'schemaVersion': '2022-12-13', 'types': ['platform', 'function'],\n"
        "    'buffering': {'timeoutMs': 25}, 'destination': {'protocol': 'HTTP', 'URI': "
        "'http://sandbox.localdomain:99/t'}},\n"
        "    Lambda_Extension_Identifier=me)[1].decode(), flush=True)\n");
    plan.post_telemetry = [&](std::string to, std::string body) {
        std::lock_guard lock(mutex);
        uri = std::move(to);
        posted += body;
    };
    const auto seen = [&](std::string_view part) {
        std::lock_guard lock(mutex);
        return posted.find(part) != std::string::npos;
    };
    EXPECT_EQ(shop.invoke(plan).payload, "1");
    EXPECT_TRUE(shop.eventually([&] { return seen("platform.report"); }));
    EXPECT_TRUE(seen(R"("type":"platform.initStart")")) << "from before the subscription";
    EXPECT_TRUE(seen(R"("type":"function","record":"from the function")"));
    EXPECT_TRUE(seen(R"("type":"platform.runtimeDone","record":{"requestId":"request-1","status":"success")"));
    EXPECT_FALSE(seen("extension saw")) << "it did not ask for the output of extensions";
    EXPECT_EQ(uri, "http://127.0.0.1:99/t");
    EXPECT_TRUE(shop.eventually([&] { return shop.door.has("TELEMETRY\tName: watch\tState: Subscribed"); }));
}

TEST(Extensions, HearTelemetryInANetworkOfTheirOwn) {
    Workshop shop(Sandbox::find(Network::none));
    if (!shop.sandbox->network_fault().empty()) GTEST_SKIP() << "no networks may be made here";
    shop.code.write("index.py", "def handler(event, context):\n    return 1\n");
    const auto plan = watched_plan(
        shop, "python",
        "import http.server, threading\n"
        "class Ear(http.server.BaseHTTPRequestHandler):\n"
        "    def do_POST(self):\n"
        "        for event in json.loads(self.rfile.read(int(self.headers['Content-Length']))):\n"
        "            print(self.path, 'heard', event['type'], event['record'].get('requestId'), flush=True)\n"
        "        self.send_response(200)\n        self.end_headers()\n"
        "    def log_message(self, *words): pass\n"
        "ear = http.server.HTTPServer(('0.0.0.0', 4242), Ear)\n"
        "threading.Thread(target=ear.serve_forever, daemon=True).start()\n"
        "ask('PUT', '/2022-07-01/telemetry', {'schemaVersion': '2022-12-13', 'types': ['platform'],\n"
        "    'buffering': {'timeoutMs': 25}, 'destination': {'protocol': 'HTTP', 'URI': "
        "'http://sandbox.localdomain:4242/t'}},\n"
        "    Lambda_Extension_Identifier=me)\n");
    EXPECT_EQ(shop.invoke(plan).payload, "1");
    EXPECT_TRUE(shop.eventually([&] { return shop.door.has("/t heard platform.initStart None"); }));
    EXPECT_TRUE(shop.eventually([&] { return shop.door.has("/t heard platform.report request-1"); }));
    EXPECT_EQ(shop.invoke(plan).payload, "1");
    EXPECT_TRUE(shop.eventually([&] { return shop.door.has("/t heard platform.report request-2"); }))
        << "a socket serves one post after another";
}

TEST(Initialisation, ThatTakesTooLongIsReportedAndGivesTheEventBack) {
    Workshop shop;
    shop.code.write("index.py", "import time\ntime.sleep(20)\ndef handler(event, context):\n    return 1\n");
    auto plan = shop.plan("python");
    plan.init_timeout = std::chrono::milliseconds(200);
    const auto first = shop.invoke(plan);
    EXPECT_TRUE(first.lost);
    EXPECT_TRUE(first.re_init);
    EXPECT_TRUE(shop.eventually([&] { return shop.door.has("\tPhase: init\tStatus: timeout"); }));
    plan.runtime.in_invoke = true;
    plan.timeout = std::chrono::milliseconds(300);
    plan.init_timeout = plan.timeout;
    const auto second = shop.invoke(plan);
    EXPECT_TRUE(second.failed);
    EXPECT_THAT(second.payload, HasSubstr("Task timed out after 0.30 seconds"));
    EXPECT_TRUE(shop.eventually([&] { return shop.door.has("\tPhase: invoke\tStatus: timeout"); }));
}

TEST(Initialisation, IsAnnouncedAndItsFailureReported) {
    Workshop shop;
    shop.code.write("index.py", "raise ValueError('no')\n");
    auto plan = shop.plan("python");
    plan.runtime = {.version = "python:3.12.v1", .arn = "arn:r"};
    EXPECT_TRUE(shop.invoke(plan).failed);
    ASSERT_TRUE(shop.eventually([&] { return shop.door.has("REPORT RequestId"); }));
    EXPECT_EQ(shop.door.lines().front(), "INIT_START Runtime Version: python:3.12.v1\tRuntime Version ARN: arn:r");
    EXPECT_TRUE(shop.door.has("\tPhase: init\tStatus: error\tError Type: ValueError"));
}

TEST(Scratch, IsFullWhenItsSizeIsWritten) {
    Workshop shop;
    if (!shop.sandbox->isolated()) GTEST_SKIP() << "bubblewrap is not permitted here";
    shop.code.write("index.py",
                    "def handler(event, context):\n    try:\n        with open('/tmp/x', 'wb') as file:\n"
                    "            for _ in range(64): file.write(bytes(1 << 20))\n"
                    "    except OSError as error:\n        return error.errno\n");
    auto plan = shop.plan("python");
    plan.room.scratch_bytes = 8 << 20;
    plan.memory_mb = 256;
    EXPECT_EQ(shop.invoke(plan).payload, "28") << "ENOSPC";
}

TEST(PlatformLog, IsJsonWhereTheFunctionWantsIt) {
    Workshop shop;
    shop.code.write("index.py", "def handler(event, context):\n    return 1\n");
    auto plan = shop.plan("python");
    plan.log_format = {.json = true, .system_level = "INFO"};
    const auto outcome = shop.invoke(plan);
    EXPECT_THAT(outcome.log_tail,
                HasSubstr(R"("type":"platform.start","record":{"requestId":"request-1","version":"$LATEST"}})"));
    EXPECT_THAT(outcome.log_tail, HasSubstr(R"("type":"platform.report")"));
    EXPECT_THAT(outcome.log_tail, Not(HasSubstr("runtimeDone"))) << "that is for the level DEBUG";
    plan.key += "-quiet";
    plan.log_format.system_level = "WARN";
    EXPECT_EQ(shop.invoke(plan).log_tail, "");
}

TEST(Restore, IsAnsweredByTheFirstEvent) {
    Workshop shop;
    shop.code.write("bootstrap", R"(#!/usr/bin/python3 -S
import http.client, os
api = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])
def ask(method, path, body=None):
    api.request(method, '/2018-06-01/runtime/' + path, body)
    answer = api.getresponse()
    return answer, answer.read()
print('restored', ask('GET', 'restore/next')[0].status, flush=True)
while True:
    event, body = ask('GET', 'invocation/next')
    ask('POST', f"invocation/{event.headers['Lambda-Runtime-Aws-Request-Id']}/response", body)
)",
                    true);
    EXPECT_EQ(shop.invoke(shop.plan("provided"), "[1]").payload, "[1]");
    EXPECT_TRUE(shop.eventually([&] { return shop.door.has("restored 200"); }));
}

TEST(Streaming, PassesPiecesOnAsTheHandlerWritesThem) {
    Workshop shop;
    shop.code.write("index.js",
                    "exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {\n"
                    "    stream.setContentType('text/plain');\n"
                    "    for (const word of ['one ', 'two ', 'three']) stream.write(word);\n"
                    "    stream.end();\n});");
    const auto streamed = shop.stream(shop.plan("nodejs"));
    EXPECT_EQ(streamed.content_type, "text/plain");
    EXPECT_EQ(streamed.body, "one two three");
    EXPECT_FALSE(streamed.outcome.failed);
    EXPECT_EQ(shop.invoke(shop.plan("nodejs")).payload, "one two three") << "gathered where nobody streams";
}

TEST(Streaming, WaitsForASlowReader) {
    Workshop shop;
    shop.code.write(
        "index.js",
        "exports.handler = awslambda.streamifyResponse(async (event, stream) => {\n"
        "    for (let i = 0; i < 64; ++i) { stream.write(Buffer.alloc(131072, 'x')); console.log('wrote ' + i); }\n"
        "    stream.end();\n});");
    bool all_written = true;
    const auto streamed = shop.stream(shop.plan("nodejs"), [&] {
        shop.eventually([&] { return shop.door.has("wrote 0"); });
        shop.eventually([&] { return shop.door.has("wrote 63"); }, std::chrono::milliseconds(300));
        all_written = shop.door.has("wrote 63");
    });
    EXPECT_FALSE(all_written);
    EXPECT_EQ(streamed.body.size(), 64U * 131072);
}

TEST(Streaming, TellsOfAnErrorAfterItsBeginning) {
    Workshop shop;
    shop.code.write("index.js",
                    "exports.handler = awslambda.streamifyResponse(async (event, stream) => {\n"
                    "    stream.write('half'); throw new RangeError('too far'); });");
    const auto streamed = shop.stream(shop.plan("nodejs"));
    EXPECT_EQ(streamed.body, "half");
    EXPECT_TRUE(streamed.outcome.failed);
    EXPECT_THAT(streamed.outcome.payload, StartsWith(R"({"errorType":"RangeError","errorMessage":"too far")"));
}

TEST(Streaming, EndsWithAFunctionThatDies) {
    Workshop shop;
    shop.code.write("index.js",
                    "exports.handler = awslambda.streamifyResponse(async (event, stream) => {\n"
                    "    stream.write('half'); process.exit(3); });");
    const auto streamed = shop.stream(shop.plan("nodejs"));
    EXPECT_TRUE(streamed.outcome.failed);
    EXPECT_THAT(streamed.outcome.payload, HasSubstr("Runtime.ExitError"));
}

}  // namespace
}  // namespace cumulet::lambda
