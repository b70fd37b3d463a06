// What stages add to requests: limits, access logs, metrics.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/apigatewayv2/tests/support/world.h"

namespace cumulet::apigatewayv2 {
namespace {

using aws::apigatewayv2::BadRequestException;

/// Keeps the lines of each group.
class FakeLogs final : public aws::logs::Api {
  public:
    Task<aws::logs::CreateLogStreamResponse> create_log_stream(Call& call,
                                                               aws::logs::CreateLogStreamRequest request) override {
        streams.push_back(request.logGroupName + " " + request.logStreamName);
        co_return aws::logs::CreateLogStreamResponse{};
    }
    Task<aws::logs::PutLogEventsResponse> put_log_events(Call& call, aws::logs::PutLogEventsRequest request) override {
        for (const auto& event : request.logEvents) lines.push_back(event.message);
        principal = call.principal.service;
        co_return aws::logs::PutLogEventsResponse{};
    }
    std::vector<std::string> streams;
    std::vector<std::string> lines;
    std::string principal;
};

struct Staged : World {
    FakeLogs logs;
    contracts::Metrics metrics;
    Surface measured{*store, {.door = door, .metrics = &metrics}};
    std::string api = empty_api();

    Staged() {
        door.add(aws::logs::service, logs);
        const auto orders = integration(api);
        route(api, "GET /orders/{id}", orders);
        route(api, "GET /free", orders);
        stage(api, "$default", true);
    }
    ~Staged() { run(measured.stop()); }

    void update(aws::apigatewayv2::UpdateStageRequest request) {
        request.ApiId = api;
        request.StageName = "$default";
        run(service.update_stage(call, std::move(request)));
    }
    http::Response ask(std::string target) {
        http::Request request;
        request.method = "GET";
        request.set_target(std::move(target));
        request.headers = {{"Host", api + ".execute-api.localhost"}, {"User-Agent", "tests/1"}};
        return run(measured.serve(call, std::move(request)));
    }
    void settle() {
        run([](Reactor& reactor) -> Task<void> {
            for (int i = 0; i < 10; ++i) co_await reactor.yield();
        }(reactor));
    }
};

aws::apigatewayv2::RouteSettings limits(double rate, int32_t burst) {
    aws::apigatewayv2::RouteSettings settings;
    settings.ThrottlingRateLimit = rate;
    settings.ThrottlingBurstLimit = burst;
    return settings;
}

TEST(Throttling, AnswersTooManyRequestsUntilTheClockGivesMore) {
    Staged world;
    aws::apigatewayv2::UpdateStageRequest request;
    request.DefaultRouteSettings = limits(2, 2);
    request.RouteSettings = {{{"GET /free", limits(0, 1)}}};
    world.update(request);
    EXPECT_EQ(world.ask("/orders/1").status, 200);
    EXPECT_EQ(world.ask("/orders/2").status, 200);
    const auto refused = world.ask("/orders/3");
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.body, R"({"message":"Too Many Requests"})");
    world.run(world.clock.advance(500ms));
    EXPECT_EQ(world.ask("/orders/4").status, 200);
    EXPECT_EQ(world.ask("/orders/5").status, 429);
    EXPECT_EQ(world.ask("/free").status, 200);
    world.run(world.clock.advance(1h));
    EXPECT_EQ(world.ask("/free").status, 429);
    world.run(world.service.delete_route_settings(world.call, {world.api, "GET /free", "$default"}));
    EXPECT_THROW(world.run(world.service.delete_route_settings(world.call, {world.api, "GET /free", "$default"})),
                 aws::apigatewayv2::NotFoundException);
}

TEST(AccessLogs, HaveALinePerRequest) {
    Staged world;
    aws::apigatewayv2::UpdateStageRequest request;
    request.AccessLogSettings.emplace() = {
        .DestinationArn = "arn:aws:logs:us-east-1:000000000000:log-group:/api/orders:*",
        .Format =
            "$context.requestId $context.routeKey $context.status $context.identity.sourceIp "
            "$context.responseLength $context.integrationStatus $context.error.message $context.nothing."};
    world.update(request);
    const auto answered = world.ask("/orders/7");
    world.settle();
    world.ask("/nowhere");
    world.settle();
    ASSERT_EQ(world.logs.lines.size(), 2u);
    EXPECT_EQ(world.logs.lines[0],
              std::string(answered.headers.get("apigw-requestid")) + " GET /orders/{id} 200 127.0.0.1 4 200 - -.");
    EXPECT_THAT(world.logs.lines[1], testing::HasSubstr(" - 404 127.0.0.1 23 - Not Found -."));
    EXPECT_EQ(world.logs.principal, "apigateway.amazonaws.com");
    ASSERT_EQ(world.logs.streams.size(), 1u);
    EXPECT_THAT(world.logs.streams[0], testing::StartsWith("/api/orders "));
    world.run(world.service.delete_access_log_settings(world.call, {world.api, "$default"}));
    world.ask("/orders/7");
    world.settle();
    EXPECT_EQ(world.logs.lines.size(), 2u);
}

TEST(AccessLogs, NeedAGroupAndAFormatThatNamesTheRequest) {
    Staged world;
    const std::string group = "arn:aws:logs:us-east-1:000000000000:log-group:api";
    const auto refused = [&](std::string arn, std::string format) {
        aws::apigatewayv2::UpdateStageRequest request;
        request.AccessLogSettings.emplace() = {.DestinationArn = std::move(arn), .Format = std::move(format)};
        EXPECT_THROW(world.update(request), aws::Error);
    };
    refused("arn:aws:sqs:us-east-1:000000000000:jobs", "$context.requestId");
    refused("arn:aws:firehose:us-east-1:000000000000:deliverystream/x", "$context.requestId");
    refused(group, "");
    refused(group, "$context.status");
    refused(group, "$context.requestId\n$context.status");
}

TEST(ApiMetrics, CountRequestsByApiAndStage) {
    Staged world;
    world.ask("/orders/7");
    world.ask("/nowhere");
    world.run(world.clock.advance(2min));
    std::map<std::string, double> sums;
    for (const auto& sum : world.metrics.take(world.clock.now())) {
        EXPECT_EQ(sum.metric_namespace, "AWS/ApiGateway");
        std::string key(sum.name);
        for (const auto& [name, value] : sum.dimensions) key += " " + name;
        sums[key] = sum.sum;
    }
    EXPECT_EQ(sums.at("Count ApiId"), 2);
    EXPECT_EQ(sums.at("Count ApiId Stage"), 2);
    EXPECT_EQ(sums.at("4xx ApiId"), 1);
    EXPECT_EQ(sums.at("5xx ApiId"), 0);
    EXPECT_EQ(sums.at("DataProcessed ApiId"), 27);
    EXPECT_TRUE(sums.contains("Latency ApiId"));
    EXPECT_TRUE(sums.contains("IntegrationLatency ApiId"));
    EXPECT_FALSE(sums.contains("Count ApiId Stage Method Resource"));
}

}  // namespace
}  // namespace cumulet::apigatewayv2
