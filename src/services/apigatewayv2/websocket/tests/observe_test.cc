// What is told of connections and messages: execution logs, access logs, metrics. And limits by route.

#include <gmock/gmock.h>

#include "contracts/apigateway.h"
#include "services/apigatewayv2/websocket/tests/chat.h"

namespace cumulet::apigatewayv2 {
namespace {

using namespace aws::apigatewayv2;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct FakeLogs final : aws::logs::Api {
    Task<aws::logs::CreateLogGroupResponse> create_log_group(Call&, aws::logs::CreateLogGroupRequest) override {
        co_return aws::logs::CreateLogGroupResponse{};
    }
    Task<aws::logs::CreateLogStreamResponse> create_log_stream(Call&, aws::logs::CreateLogStreamRequest) override {
        co_return aws::logs::CreateLogStreamResponse{};
    }
    Task<aws::logs::PutLogEventsResponse> put_log_events(Call&, aws::logs::PutLogEventsRequest request) override {
        for (const auto& event : request.logEvents) by_group[request.logGroupName].push_back(event.message);
        co_return aws::logs::PutLogEventsResponse{};
    }
    std::map<std::string, std::vector<std::string>> by_group;
};

struct FakeAccount final : aws::apigateway::Api {
    Task<aws::apigateway::Account> get_account(Call&, aws::apigateway::GetAccountRequest) override {
        aws::apigateway::Account account;
        if (may_log) account.cloudwatchRoleArn = "arn:aws:iam::000000000000:role/logs";
        co_return account;
    }
    bool may_log = true;
};

struct Observed : Chat {
    FakeLogs logs;
    FakeAccount account;

    Observed() {
        door.add(aws::logs::service, logs);
        door.add(aws::apigateway::service, account);
    }
    std::vector<std::string> logged() { return logs.by_group["/aws/apigateway/" + api + "/prod"]; }
    std::vector<std::string> accessed() { return logs.by_group["chats"]; }
    static CreateStageRequest logging(std::string level, bool bodies = false) {
        CreateStageRequest stage;
        stage.DefaultRouteSettings.emplace().LoggingLevel = std::move(level);
        stage.DefaultRouteSettings->DataTraceEnabled = bodies;
        return stage;
    }
    static CreateStageRequest accessing(std::string format) {
        CreateStageRequest stage;
        stage.AccessLogSettings.emplace().DestinationArn = "arn:aws:logs:us-east-1:000000000000:log-group:chats";
        stage.AccessLogSettings->Format = std::move(format);
        return stage;
    }
    /// The sums of a metric of the API, by how many dimensions they have.
    std::map<size_t, double> sums(std::string_view name) {
        std::map<size_t, double> sums;
        for (const auto& sum : taken)
            if (sum.name == name) sums[sum.dimensions.size()] += sum.sum;
        return sums;
    }
    void take_metrics() { taken = metrics.take(clock.now() + 1min); }
    std::vector<contracts::MetricSum> taken;
};

using Sums = std::map<size_t, double>;

TEST(ExecutionLog, TellsTheStepsOfConnectionsAndMessages) {
    Observed chat;
    chat.to("$connect", chat.function());
    chat.to("$disconnect", chat.function());
    chat.to("ask", chat.function(), true);
    chat.deploy(chat.logging("INFO", true));
    const auto socket = chat.connect("/prod?room=1", {{"Authorization", "very secret token"}});
    chat.say(socket, R"({"action":"ask"})");
    socket->close({1000, "bye"});
    chat.settle();
    const auto lines = chat.logged();
    for (const auto& line : std::vector<std::string>{
             "WebSocket Request Route: [$connect]", "Route request query string: {room=1}",
             "Endpoint request URI: https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/" +
                 std::string(orders_arn),
             "connected to API [" + chat.api + "] successfully.", "WebSocket Request Route: [ask]",
             R"(Route request body before transformations: {"action":"ask"})", "Received response. Status: 200",
             "Route response body after transformations: done", "Successfully completed execution",
             "Route completed with status: 200", "disconnected from API [" + chat.api + "] with code [1000]."})
        EXPECT_THAT(lines, Contains(HasSubstr(line)));
    EXPECT_THAT(lines, Each(testing::MatchesRegex("\\([A-Za-z0-9_-]+=\\) .*")));
    EXPECT_THAT(lines, Contains(HasSubstr("Route request headers: {Authorization=*********** token, ")));
}

TEST(ExecutionLog, HasBodiesOnlyWhereTheyAreWanted) {
    Observed chat;
    chat.to("$default", chat.function(), true);
    chat.deploy(chat.logging("INFO"));
    chat.say(chat.connect(), "private words");
    EXPECT_THAT(chat.logged(), Contains(HasSubstr("WebSocket Request Route: [$default]")));
    EXPECT_THAT(chat.logged(), Each(Not(HasSubstr("private words"))));
}

TEST(ExecutionLog, TellsOnlyErrorsWhereThatIsWanted) {
    Observed chat;
    chat.to("$default", chat.function());
    chat.to("quiet", chat.function());
    auto stage = chat.logging("ERROR");
    stage.RouteSettings.emplace()["quiet"].LoggingLevel = "OFF";
    chat.deploy(stage);
    const auto socket = chat.connect();
    chat.say(socket, "fine");
    EXPECT_TRUE(chat.logged().empty());
    chat.lambda.function_error = "Unhandled";
    chat.say(socket, R"({"action":"quiet"})");
    EXPECT_TRUE(chat.logged().empty());
    chat.say(socket, "wrong");
    EXPECT_THAT(chat.logged(),
                ElementsAre(HasSubstr("Execution failed due to configuration error: The function returned an error")));
}

TEST(ExecutionLog, SaysWhyAMessageDoesNotFitItsModel) {
    Observed chat;
    CreateModelRequest model;
    model.ApiId = chat.api;
    model.Name = "List";
    model.Schema = R"({"type":"array"})";
    chat.run(chat.service.create_model(chat.call, model));
    CreateRouteRequest route;
    route.ModelSelectionExpression = "$default";
    route.RequestModels = {{{"$default", "List"}}};
    chat.to("$default", chat.function(), false, route);
    chat.deploy(chat.logging("ERROR"));
    chat.say(chat.connect(), "{}");
    EXPECT_THAT(chat.logged(), ElementsAre(HasSubstr("Request validation failed: ")));
}

TEST(ExecutionLog, NeedsTheAccountsRole) {
    Observed chat;
    chat.account.may_log = false;
    chat.to("$default", chat.function());
    try {
        chat.deploy(chat.logging("INFO"));
        FAIL() << "there is no role";
    } catch (const BadRequestException& error) {
        EXPECT_EQ(error.message, "CloudWatch Logs role ARN must be set in account settings to enable logging");
    }
    chat.deploy(chat.logging("OFF"));
    UpdateStageRequest change;
    change.ApiId = chat.api;
    change.StageName = "prod";
    change.RouteSettings.emplace()["$default"].LoggingLevel = "ERROR";
    EXPECT_THROW(chat.run(chat.service.update_stage(chat.call, change)), BadRequestException);
}

TEST(ExecutionLog, IsOnlyForWebSocketApis) {
    Observed chat;
    auto stage = chat.logging("INFO");
    stage.ApiId = chat.empty_api();
    stage.StageName = "prod";
    EXPECT_THROW(chat.run(chat.service.create_stage(chat.call, stage)), BadRequestException);
}

TEST(AccessLog, KnowsWhatHappened) {
    Observed chat;
    chat.to("$connect", chat.function());
    chat.to("$disconnect", chat.function());
    chat.to("$default", chat.function(), true);
    chat.deploy(chat.accessing(
        "$context.eventType $context.routeKey $context.status $context.stage $context.apiId $context.identity.sourceIp "
        "$context.identity.userAgent $context.integration.status $context.integrationStatus "
        "$context.integration.integrationStatus $context.integrationLatency $context.integration.latency "
        "$context.connectedAt $context.requestTimeEpoch $context.domainName $context.error.message "
        "$context.integration.error $context.waf.status $context.requestId"));
    const auto socket = chat.connect();
    chat.lambda.payload = R"({"statusCode": 201, "body": "made"})";
    chat.say(socket, "hello");
    chat.lambda.function_error = "Unhandled";
    chat.say(socket, "hello");
    chat.lambda.function_error.clear();
    socket->close({1000, ""});
    chat.settle();
    const auto at = "1795395300000 1795395300000 " + chat.api + ".execute-api.localhost ";
    const auto who = " prod " + chat.api + " 127.0.0.1 test/1 ";
    EXPECT_THAT(chat.accessed(),
                ElementsAre(StartsWith("CONNECT $connect 200" + who + "200 200 200 0 0 " + at + "- - - "),
                            StartsWith("MESSAGE $default 201" + who + "201 200 200 0 0 " + at + "- - - "),
                            StartsWith("MESSAGE $default 500" + who + "200 200 200 0 0 " + at +
                                       "Internal server error The function returned an error - "),
                            StartsWith("DISCONNECT $disconnect 201" + who + "201 200 200 0 0 " + at + "- - - ")));
}

TEST(AccessLog, KnowsIdsAndRefusals) {
    Observed chat;
    chat.to("ask", chat.function());
    chat.deploy(
        chat.accessing("$context.connectionId $context.messageId $context.requestId $context.extendedRequestId "
                       "$context.error.messageString $context.error.responseType $context.requestTime"));
    chat.say(chat.connect(), "hello");
    ASSERT_EQ(chat.accessed().size(), 2u);
    EXPECT_THAT(chat.accessed()[1],
                testing::MatchesRegex("[A-Za-z0-9_-]+= [A-Za-z0-9_-]+= ([A-Za-z0-9_-]+=) [A-Za-z0-9_-]+= "
                                      "\"Forbidden\" MISSING_ROUTE ../Nov/2026:..:..:.. .0000"));
}

TEST(AccessLog, KnowsWhatTheAuthorizerSaid) {
    Observed chat;
    CreateAuthorizerRequest authorizer;
    authorizer.ApiId = chat.api;
    authorizer.Name = "door";
    authorizer.AuthorizerType = "REQUEST";
    authorizer.AuthorizerUri =
        fmt::format("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{}/invocations", orders_arn);
    CreateRouteRequest route;
    route.AuthorizationType = "CUSTOM";
    route.AuthorizerId = chat.run(chat.service.create_authorizer(chat.call, authorizer)).AuthorizerId;
    chat.to("$connect", chat.integration_to(chat.integration_of("MOCK")), false, route);
    chat.deploy(
        chat.accessing("$context.authorizer.status $context.authorizer.error $context.authorizer.latency "
                       "$context.authorizer.principalId $context.authorizer.team $context.authorize.status "
                       "$context.error.responseType $context.requestId"));
    for (const auto* effect : {"Allow", "Deny"}) {
        chat.lambda.payload = fmt::format(
            R"({{"principalId":"ada","context":{{"team":"red"}},"policyDocument":{{"Version":"2012-10-17","Statement":[
                {{"Effect":"{}","Action":"execute-api:Invoke","Resource":"*"}}]}}}})",
            effect);
        chat.handshake();
    }
    chat.settle();
    EXPECT_THAT(chat.accessed(), ElementsAre(StartsWith("200 - 0 ada red - - "), StartsWith("403 Forbidden 0 ")));
    EXPECT_THAT(chat.accessed()[1], HasSubstr(" - ACCESS_DENIED "));
}

TEST(WebSocketMetrics, CountConnectionsMessagesAndFailures) {
    Observed chat;
    chat.to("$connect", chat.function());
    chat.to("$default", chat.function());
    chat.to("mock", chat.integration_to(chat.integration_of("MOCK")));
    CreateStageRequest stage;
    stage.RouteSettings.emplace()["$default"].DetailedMetricsEnabled = true;
    chat.deploy(stage);
    const auto socket = chat.connect();
    chat.say(socket, "one");
    chat.say(socket, R"({"action":"mock"})");
    chat.lambda.function_error = "Unhandled";
    chat.say(socket, "two");
    aws::apigatewaymanagementapi::PostToConnectionRequest post;
    post.ConnectionId = chat.front.web_sockets().connections().ids().at(0);
    post.Data = "news";
    chat.run(chat.connections.post_to_connection(chat.call, post));
    chat.handshake("/prod", {{"Sec-WebSocket-Protocol", "x"}});
    chat.take_metrics();
    EXPECT_EQ(chat.sums("ConnectCount"), (Sums{{1, 2}, {2, 2}}));
    // Three that came in, one that says what failed, one that was posted; of the route only those that came.
    EXPECT_EQ(chat.sums("MessageCount"), (Sums{{1, 5}, {2, 5}, {3, 2}}));
    EXPECT_EQ(chat.sums("IntegrationError"), (Sums{{1, 2}, {2, 2}, {3, 1}}));
    EXPECT_EQ(chat.sums("ExecutionError"), (Sums{{1, 2}, {2, 2}, {3, 1}}));
    EXPECT_EQ(chat.sums("ClientError"), (Sums{{1, 0}, {2, 0}, {3, 0}}));
    for (const auto& sum : chat.taken) {
        if (sum.name == "IntegrationLatency" && sum.dimensions.size() == 1) EXPECT_EQ(sum.count, 4u);
        if (sum.dimensions.size() == 3)
            EXPECT_EQ(sum.dimensions.back(), (std::pair<std::string, std::string>("Route", "$default")));
    }
}

TEST(WebSocketMetrics, CountRefusalsAsTheClients) {
    Observed chat;
    chat.to("ask", chat.function());
    chat.deploy();
    chat.say(chat.connect(), "nobody takes this");
    chat.take_metrics();
    EXPECT_EQ(chat.sums("ClientError"), (Sums{{1, 1}, {2, 1}}));
    EXPECT_EQ(chat.sums("ExecutionError"), (Sums{{1, 0}, {2, 0}}));
    EXPECT_EQ(chat.sums("IntegrationError"), Sums());
}

TEST(WebSocketLimits, AreTheRoutesOwnOverTheStages) {
    Observed chat;
    chat.to("$default", chat.function());
    chat.to("$connect", chat.function());
    chat.to("slow", chat.function());
    CreateStageRequest stage;
    auto& slow = stage.RouteSettings.emplace()["slow"];
    slow.ThrottlingBurstLimit = 1;
    slow.ThrottlingRateLimit = 1;
    stage.RouteSettings->emplace("$connect", slow);
    chat.deploy(stage);
    const auto socket = chat.connect();
    for (int i = 0; i < 3; ++i) chat.say(socket, "many");
    EXPECT_TRUE(socket->sent.empty());
    chat.say(socket, R"({"action":"slow"})");
    chat.say(socket, R"({"action":"slow"})");
    EXPECT_THAT(socket->sent, ElementsAre(HasSubstr(R"({"message":"Too Many Requests","connectionId":")")));
    const auto refused = chat.handshake();
    EXPECT_EQ(refused.status, 429);
    EXPECT_THAT(refused.body, HasSubstr("Too Many Requests"));
    chat.run(chat.clock.advance(1s));
    EXPECT_EQ(chat.handshake().status, 101);
    chat.say(socket, R"({"action":"slow"})");
    EXPECT_EQ(socket->sent.size(), 1u);
}

}  // namespace
}  // namespace cumulet::apigatewayv2
