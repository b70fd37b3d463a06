#include <gtest/gtest.h>

#include "dispatch/tests/support/world.h"
#include "runtime/unavailable.h"

namespace cumulet::dispatch {
namespace {

TEST(Door, AnswersACallInItsProtocol) {
    World world;
    const auto response = world.serve(send_message());
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.headers.get("content-type"), "application/x-amz-json-1.0");
    EXPECT_EQ(json_of(response)["MessageId"], "m-1");
    EXPECT_EQ(json_of(response)["MD5OfMessageBody"], "5d41402abc4b2a76b9719d911017c592");
    EXPECT_EQ(response.headers.get("x-amzn-requestid").size(), 36u);
    EXPECT_EQ(world.sqs.body, "hello");
}

TEST(Door, AnswersTheSameCallInTheLegacyQueryProtocol) {
    World world;
    const auto response =
        world.serve(request_of("POST", "/000000000000/jobs", {{"Content-Type", "application/x-www-form-urlencoded"}},
                               "Action=SendMessage&Version=2012-11-05&MessageBody=hello"));
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_NE(response.body.find("<MessageId>m-1</MessageId>"), std::string::npos) << response.body;
    EXPECT_EQ(world.sqs.queue_url, "http://localhost:4566/000000000000/jobs");
}

TEST(Door, TakesAccountAndRegionFromTheCredentials) {
    World world;
    world.serve(signed_by(send_message(), "123456789012", "any"));
    EXPECT_EQ(world.sqs.account, "123456789012");
    EXPECT_EQ(world.sqs.region, "eu-west-1");
    EXPECT_EQ(world.sqs.principal, "arn:aws:iam::123456789012:root");
    world.serve(signed_by(send_message(), "test", "test"));
    EXPECT_EQ(world.sqs.account, "000000000000");
    world.serve(signed_by(send_message(), "AKIAANN0000000000001", "wrong, but nobody checks"));
    EXPECT_EQ(world.sqs.principal, ann);
    EXPECT_EQ(world.sqs.account, "111122223333");
    world.serve(send_message());
    EXPECT_EQ(world.sqs.region, "us-east-1");
}

TEST(Door, TakesOnlyTracesThatCanBePassedOn) {
    World world;
    for (const auto& [sent, taken] : {
             std::pair(std::string("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"),
                       std::string("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")),
             std::pair(std::string("Root=\xff\x01"), std::string()),
             std::pair(std::string(5000, 'x'), std::string()),
         }) {
        auto request = send_message();
        request.headers.set("X-Amzn-Trace-Id", sent);
        world.serve(std::move(request));
        EXPECT_EQ(world.sqs.trace, taken);
    }
}

TEST(Door, RefusesWhatItCannotReadOrDoesNotKnow) {
    World world;
    const struct {
        const char* name;
        http::Request request;
        int status;
        const char* contains;
    } rows[] = {
        {"no JSON", send_message("{\"QueueUrl\":"), 400, "SerializationException"},
        {"not an object", send_message("[1]"), 400, "SerializationException"},
        {"unknown operation", request_of("POST", "/", {{"X-Amz-Target", "AmazonSQS.Fly"}}, "{}"), 501, "sqs.Fly"},
        {"unknown service", request_of("POST", "/", {{"X-Amz-Target", "AWSEvents.PutEvents"}}, "{}"), 501, "PutEvents"},
        {"operation not built",
         request_of("POST", "/", {{"X-Amz-Target", "AmazonSQS.PurgeQueue"}}, R"({"QueueUrl":"x"})"), 501,
         "sqs.PurgeQueue"},
        {"query, unknown",
         request_of("POST", "/", {{"Content-Type", "application/x-www-form-urlencoded"}}, "Action=Fly"), 501,
         "<Code>NotImplemented</Code>"},
        {"S3, not built", request_of("GET", "/bucket/key", {}), 501, "<Code>NotImplemented</Code>"},
    };
    for (const auto& row : rows) {
        const auto response = world.serve(row.request);
        EXPECT_EQ(response.status, row.status) << row.name << ": " << response.body;
        EXPECT_NE(response.body.find(row.contains), std::string::npos) << row.name << ": " << response.body;
    }
}

TEST(Door, ChecksTheContractsConstraints) {
    World world;
    const auto response = world.serve(send_message(R"({"MessageBody":"hello"})"));
    EXPECT_EQ(response.status, 400);
    EXPECT_TRUE(world.sqs.body.empty());
}

TEST(Door, TellsNothingOfWhatBrokeButLogsIt) {
    World world;
    world.sqs.fail = [] { throw std::runtime_error("the disk is on fire"); };
    auto response = world.serve(send_message());
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(type_of(response), "InternalFailure");
    EXPECT_EQ(response.body.find("fire"), std::string::npos);
    world.sqs.fail = [] { throw Unavailable("no quorum"); };
    EXPECT_EQ(world.serve(send_message()).status, 503);
}

TEST(Neighbours, TakeTheSameStepsAndCannotCallEachOtherForEver) {
    World world;
    Call call(world.reactor, "r");
    aws::sqs::Client client(world.door);
    const auto sent = world.reactor.block_on(client.send_message(call, {.QueueUrl = "q", .MessageBody = "hi"}));
    EXPECT_EQ(sent.MessageId, "m-1");
    try {
        world.reactor.block_on(client.create_queue(call, {.QueueName = "q"}));
        ADD_FAILURE() << "endless calls were not stopped";
    } catch (const aws::Error& error) {
        EXPECT_EQ(error.code, "TooManyNestedCalls");
    }
    struct Count : RecordSink {
        size_t records = 0;
        int deepest = 0;
        void take(std::span<const Record> taken, uint64_t) override {
            records += taken.size();
            for (const auto& record : taken) deepest = std::max(deepest, record.depth);
        }
    } count;
    world.door.take_records(count);
    EXPECT_EQ(count.records, 17u);
    EXPECT_EQ(count.deepest, 16);
}

TEST(Records, KeepTheNewestAndCountTheLost) {
    World world({.records_per_reactor = 2});
    for (const auto* body : {"a", "b", "c"}) {
        world.serve(send_message(fmt::format(R"({{"QueueUrl":"q","MessageBody":"{}"}})", body)));
    }
    struct Keep : RecordSink {
        std::vector<Record> records;
        uint64_t lost = 0;
        void take(std::span<const Record> taken, uint64_t gone) override {
            records.assign(taken.begin(), taken.end());
            lost = gone;
        }
    } keep;
    world.door.take_records(keep);
    ASSERT_EQ(keep.records.size(), 2u);
    EXPECT_EQ(keep.lost, 1u);
    EXPECT_EQ(keep.records[0].operation, "SendMessage");
    EXPECT_EQ(keep.records[0].status, 200);
    EXPECT_EQ(keep.records[0].at, start);
}

TEST(Faults, FailDelayAndThrottleChosenCalls) {
    World world;
    const auto set = [&](std::string rules) {
        return world.serve(request_of("PUT", "/_cumulet/faults", {}, std::move(rules)));
    };
    EXPECT_EQ(
        set(R"([{"service":"sqs","operation":"SendMessage","error":{"code":"RequestThrottled","message":"Slow","status":400}}])")
            .status,
        200);
    EXPECT_EQ(type_of(world.serve(send_message())), "RequestThrottled");
    EXPECT_EQ(set(R"([{"service":"dynamodb","error":{"code":"X"}}])").status, 200);
    EXPECT_EQ(world.serve(send_message()).status, 200);
    EXPECT_EQ(set(R"([{"service":"sqs","callsPerSecond":1}])").status, 200);
    EXPECT_EQ(world.serve(send_message()).status, 200);
    EXPECT_EQ(type_of(world.serve(send_message())), "ThrottlingException");
    world.reactor.block_on(world.clock.advance(1s));
    EXPECT_EQ(world.serve(send_message()).status, 200);
    EXPECT_EQ(set(R"([{"probability":2,"error":{"code":"X"}}])").status, 400);
    EXPECT_EQ(world.serve(request_of("DELETE", "/_cumulet/faults", {})).body, "[]\n");
    EXPECT_EQ(world.serve(send_message()).status, 200);
}

TEST(Endpoints, KeepTheClocksSettingBeforeTheyMoveIt) {
    World world;
    std::vector<Time> kept;
    world.door.set_clock_keeper([&](Clock::Setting setting) -> Task<void> {
        EXPECT_LT(world.clock.now(), setting.cloud);
        kept.push_back(setting.cloud);
        co_return;
    });
    world.serve(request_of("POST", "/_cumulet/clock", {}, R"({"advance":"PT1H"})"));
    EXPECT_EQ(world.serve(request_of("POST", "/_cumulet/clock", {}, R"({"advance":"nonsense"})")).status, 400);
    EXPECT_EQ(kept, std::vector{start + 1h});
    EXPECT_EQ(world.clock.now(), start + 1h);
}

TEST(Endpoints, TellHealthClockStatusAndMetrics) {
    World world;
    world.door.set_ready(true);
    world.door.add_metrics([](std::string& out) { out += "cumulet_store_commits_total 7\n"; });
    auto health = json_of(world.serve(request_of("GET", "/_localstack/health", {})));
    EXPECT_EQ(health["services"].at("sqs"), "running");
    EXPECT_EQ(health["degraded"], false);
    EXPECT_EQ(world.serve(request_of("HEAD", "/_localstack/health", {})).status, 200);
    EXPECT_EQ(world.serve(request_of("GET", "/health", {})).status, 200);
    EXPECT_EQ(json_of(world.serve(request_of("GET", "/_localstack/init/ready", {})))["completed"], true);
    EXPECT_EQ(json_of(world.serve(request_of("GET", "/_cumulet/status", {})))["ready"], true);
    EXPECT_EQ(world.serve(request_of("POST", "/_localstack/state/reset", {})).status, 501);
    EXPECT_EQ(world.serve(request_of("GET", "/_cumulet/nothing", {})).status, 404);

    auto clock = json_of(world.serve(request_of("POST", "/_cumulet/clock", {}, R"({"advance":"PT1H"})")));
    EXPECT_EQ(clock["now"], "2026-11-23T01:55:00.000Z");
    clock = json_of(world.serve(request_of("POST", "/_cumulet/clock", {}, R"({"set":"2026-12-01T00:00:00Z"})")));
    EXPECT_EQ(clock["now"], "2026-12-01T00:00:00.000Z");
    for (const auto* wrong :
         {"", "[]", "{}", R"({"advance":"soon"})", R"({"set":"2020-01-01T00:00:00Z"})", R"({"factor":-1})"}) {
        EXPECT_EQ(world.serve(request_of("POST", "/_cumulet/clock", {}, wrong)).status, 400) << wrong;
    }

    world.serve(send_message());
    world.serve(send_message("{"));
    const auto metrics = world.serve(request_of("GET", "/metrics", {})).body;
    for (const auto* line : {"cumulet_calls_total{service=\"sqs\",operation=\"SendMessage\"} 2\n",
                             "cumulet_errors_total{service=\"sqs\",operation=\"SendMessage\",fault=\"client\"} 1\n",
                             "cumulet_call_duration_seconds_count{service=\"sqs\",operation=\"SendMessage\"} 2\n",
                             "cumulet_store_commits_total 7\n"}) {
        EXPECT_NE(metrics.find(line), std::string::npos) << line << metrics;
    }
}

struct Echo : contracts::Surface {
    std::string region;
    Task<http::Response> serve(Call& call, http::Request request) override {
        region = call.region;
        if (request.path == "/broken") throw std::runtime_error("secret");
        http::Response response;
        response.status = 418;
        response.body = call.host + request.path;
        co_return response;
    }
};

TEST(Surfaces, GetRequestsThatAreNoOperation) {
    World world;
    Echo echo;
    world.door.add_host_surface("execute-api", echo);
    const http::Headers host{{"Host", "abc.execute-api.eu-west-1.localhost.localstack.cloud:4566"}};
    const auto response = world.serve(request_of("GET", "/orders/7", host));
    EXPECT_EQ(response.status, 418);
    EXPECT_EQ(response.body, "abc.execute-api.eu-west-1.localhost.localstack.cloud:4566/orders/7");
    EXPECT_EQ(echo.region, "eu-west-1");
    const auto broken = world.serve(request_of("GET", "/broken", host));
    EXPECT_EQ(broken.status, 500);
    EXPECT_EQ(broken.body.find("secret"), std::string::npos);
}

TEST(Surfaces, AnswerBrowsersThemselves) {
    World world;
    Echo echo;
    world.door.add_host_surface("execute-api", echo);
    const auto response = world.serve(request_of("OPTIONS", "/orders/7",
                                                 {{"Host", "abc.execute-api.localhost.localstack.cloud:4566"},
                                                  {"Origin", "http://localhost:3000"},
                                                  {"Access-Control-Request-Method", "POST"}}));
    EXPECT_EQ(response.status, 418);
    EXPECT_FALSE(response.headers.has("access-control-allow-origin"));
}

TEST(Endpoints, SayThatDynamoDbIsWell) {
    World world;
    const auto of = [&](std::string host, std::string target) {
        return world.serve(request_of("GET", std::move(target), {{"Host", std::move(host)}})).body;
    };
    EXPECT_EQ(of("127.0.0.1:4566", "/"), "healthy: 127.0.0.1 ");
    EXPECT_EQ(of("dynamodb.us-east-1.amazonaws.com", "/"), "healthy: dynamodb.us-east-1.amazonaws.com ");
    EXPECT_FALSE(of("photos.s3.localhost.localstack.cloud", "/").contains("healthy"));
    EXPECT_FALSE(of("api.example.com", "/").contains("healthy"));
    EXPECT_FALSE(of("127.0.0.1:4566", "/?list-type=2").contains("healthy"));
}

TEST(Cors, LetsBrowsersCall) {
    World world;
    const auto preflight = world.serve(request_of("OPTIONS", "/",
                                                  {{"Origin", "http://localhost:3000"},
                                                   {"Access-Control-Request-Method", "POST"},
                                                   {"Access-Control-Request-Headers", "x-amz-target"}}));
    EXPECT_EQ(preflight.status, 204);
    EXPECT_EQ(preflight.headers.get("access-control-allow-origin"), "*");
    EXPECT_EQ(preflight.headers.get("access-control-allow-methods"), "POST");
    EXPECT_EQ(preflight.headers.get("access-control-allow-headers"), "x-amz-target");
    auto call = send_message();
    call.headers.add("Origin", "http://localhost:3000");
    EXPECT_EQ(world.serve(call).headers.get("access-control-allow-origin"), "*");
    const auto any = world.serve(request_of("OPTIONS", "/", {{"Origin", "http://localhost:3000"}}));
    EXPECT_EQ(any.headers.get("access-control-allow-origin"), "*");
    EXPECT_TRUE(any.headers.has("access-control-max-age"));
    EXPECT_FALSE(world.serve(send_message()).headers.has("access-control-allow-origin"));
}

}  // namespace
}  // namespace cumulet::dispatch
