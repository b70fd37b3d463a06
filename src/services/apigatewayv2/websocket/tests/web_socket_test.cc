// WebSocket APIs: how messages choose routes, what integrations are told and clients are sent, and when connections
// end.

#include <gmock/gmock.h>

#include "services/apigatewayv2/websocket/expression.h"
#include "services/apigatewayv2/websocket/tests/chat.h"

namespace cumulet::apigatewayv2 {
namespace {

using namespace aws::apigatewayv2;
using aws::apigatewaymanagementapi::GoneException;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(SelectionExpression, SaysWhatItsVariablesSay) {
    const VariableValue values = [](std::string_view name) -> std::optional<std::string> {
        if (name == "request.body.action") return "join";
        if (name == "context.stage") return "prod";
        return std::nullopt;
    };
    const struct {
        const char* expression;
        std::optional<std::string> value;
    } rows[] = {{"$request.body.action", "join"},
                {"${request.body.action}", "join"},
                {"${request.body.action}/${context.stage}", "join/prod"},
                {"\\$default", "$default"},
                {"$default", "$default"},
                {"200", "200"},
                {"$request.body.other", std::nullopt},
                {"$nothing.known", std::nullopt},
                {"${request.body.action", std::nullopt},
                {"$", std::nullopt},
                {"", ""}};
    for (const auto& row : rows) EXPECT_EQ(evaluate_selection(row.expression, values), row.value) << row.expression;
}

TEST(WebSocketConnect, TellsTheFunctionOfTheHandshake) {
    Chat chat;
    chat.to("$connect", chat.function());
    CreateStageRequest stage;
    stage.StageVariables = {{{"which", "orders"}}};
    chat.deploy(stage);
    chat.connect("/prod?room=a&room=b", {{"X-Color", "red"}});
    EXPECT_EQ(chat.event_at("/requestContext/eventType"), R"("CONNECT")");
    EXPECT_EQ(chat.event_at("/requestContext/routeKey"), R"("$connect")");
    EXPECT_EQ(chat.event_at("/requestContext/messageDirection"), R"("IN")");
    EXPECT_EQ(chat.event_at("/requestContext/stage"), R"("prod")");
    EXPECT_EQ(chat.event_at("/requestContext/apiId"), fmt::format("\"{}\"", chat.api));
    EXPECT_EQ(chat.event_at("/requestContext/domainName"), fmt::format("\"{}.execute-api.localhost\"", chat.api));
    EXPECT_EQ(chat.event_at("/requestContext/identity/userAgent"), R"("test/1")");
    EXPECT_EQ(chat.event_at("/requestContext/identity/sourceIp"), R"("127.0.0.1")");
    EXPECT_EQ(chat.event_at("/requestContext/connectedAt"), "1795395300000");
    EXPECT_EQ(chat.event_at("/headers/X-Color"), R"("red")");
    EXPECT_EQ(chat.event_at("/multiValueQueryStringParameters/room"), R"(["a","b"])");
    EXPECT_EQ(chat.event_at("/queryStringParameters/room"), R"("b")");
    EXPECT_EQ(chat.event_at("/stageVariables/which"), R"("orders")");
    EXPECT_EQ(chat.event_at("/isBase64Encoded"), "false");
    EXPECT_FALSE(chat.event().as_object().contains("body"));
    EXPECT_THAT(chat.connection_id(), testing::MatchesRegex("[A-Za-z0-9_-]+="));
    EXPECT_EQ(chat.connection_id().size(), 16u);
}

TEST(WebSocketConnect, IsRefusedAsTheFunctionSays) {
    Chat chat;
    chat.to("$connect", chat.function());
    chat.deploy();
    chat.lambda.payload = R"({"statusCode": 401, "body": "who are you"})";
    EXPECT_EQ(chat.handshake().status, 401);
    chat.lambda.payload = R"({"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "v2"}})";
    const auto taken = chat.handshake("/prod", {{"Sec-WebSocket-Protocol", "v1, v2"}});
    EXPECT_EQ(taken.status, 101);
    EXPECT_EQ(taken.headers.get("sec-websocket-protocol"), "v2");
    chat.lambda.payload = "null";
    EXPECT_EQ(chat.handshake().status, 502);
    chat.lambda.function_error = "Unhandled";
    EXPECT_EQ(chat.handshake().status, 502);
}

TEST(WebSocketConnect, NeedsAStageAndTheParametersThatItsRouteRequires) {
    Chat chat;
    CreateRouteRequest route;
    route.RequestParameters.emplace()["route.request.querystring.room"].Required = true;
    chat.to("$connect", chat.function(), false, route);
    chat.deploy();
    EXPECT_EQ(chat.handshake("/other").status, 403);
    EXPECT_EQ(chat.handshake("/prod/deeper").status, 403);
    EXPECT_EQ(chat.handshake("/prod").status, 400);
    EXPECT_EQ(chat.handshake("/prod?room=1").status, 101);
    EXPECT_EQ(chat.get(chat.api, "/prod").status, 426);
}

TEST(WebSocketConnect, AsksTheAuthorizer) {
    Chat chat;
    CreateAuthorizerRequest authorizer;
    authorizer.ApiId = chat.api;
    authorizer.Name = "door";
    authorizer.AuthorizerType = "REQUEST";
    authorizer.AuthorizerUri =
        fmt::format("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{}/invocations", orders_arn);
    authorizer.IdentitySource = {"route.request.header.Auth", "route.request.querystring.room"};
    CreateRouteRequest route;
    route.AuthorizationType = "CUSTOM";
    route.AuthorizerId = chat.run(chat.service.create_authorizer(chat.call, authorizer)).AuthorizerId;
    chat.to("$connect", chat.integration_to(chat.integration_of("MOCK")), false, route);
    chat.to("$default", chat.function());
    chat.deploy();
    EXPECT_EQ(chat.handshake("/prod?room=1").status, 401);
    EXPECT_TRUE(chat.lambda.requests.empty());
    const auto verdict = [&](std::string_view effect) {
        chat.lambda.payload = fmt::format(
            R"({{"principalId":"ada","context":{{"team":"red"}},"policyDocument":{{"Version":"2012-10-17","Statement":[
                {{"Effect":"{}","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:*/prod/$connect"}}]}}}})",
            effect);
    };
    verdict("Deny");
    EXPECT_EQ(chat.handshake("/prod?room=1", {{"Auth", "x"}}).status, 403);
    EXPECT_EQ(chat.event_at("/type"), R"("REQUEST")");
    EXPECT_EQ(chat.event_at("/methodArn"),
              fmt::format("\"arn:aws:execute-api:us-east-1:000000000000:{}/prod/$connect\"", chat.api));
    verdict("Allow");
    const auto socket = chat.connect("/prod?room=1", {{"Auth", "x"}});
    chat.lambda.payload = R"({"statusCode": 200})";
    chat.say(socket, "hello");
    EXPECT_EQ(chat.event_at("/requestContext/authorizer"), R"({"team":"red","principalId":"ada"})");
}

TEST(WebSocketMessage, TakesTheRouteThatItsBodyNames) {
    Chat chat;
    chat.to("join", chat.function("arn:aws:lambda:us-east-1:000000000000:function:join"));
    chat.to("$default", chat.function("arn:aws:lambda:us-east-1:000000000000:function:rest"));
    chat.deploy();
    const auto socket = chat.connect();
    const struct {
        const char* message;
        const char* function;
    } rows[] = {{R"({"action":"join"})", "join"},     {R"({"action":"leave"})", "rest"},
                {R"({"action":"$connect"})", "rest"}, {R"({"action":{"a":1}})", "rest"},
                {"no JSON at all", "rest"},           {"", "rest"}};
    for (const auto& row : rows) {
        chat.say(socket, row.message);
        EXPECT_TRUE(chat.lambda.requests.back().FunctionName.ends_with(row.function)) << row.message;
        EXPECT_EQ(chat.event().at("body").as_string(), row.message);
        EXPECT_EQ(chat.event_at("/requestContext/eventType"), R"("MESSAGE")");
        EXPECT_TRUE(chat.event().at("requestContext").as_object().contains("messageId"));
        EXPECT_FALSE(chat.event().as_object().contains("headers"));
    }
    EXPECT_TRUE(socket->sent.empty());
}

TEST(WebSocketMessage, IsForbiddenWithoutARoute) {
    Chat chat;
    chat.to("join", chat.function());
    chat.deploy();
    const auto socket = chat.connect();
    chat.say(socket, "hello");
    ASSERT_EQ(socket->sent.size(), 1u);
    const auto said = *parse_json(socket->sent[0]);
    EXPECT_EQ(said.at("message").as_string(), "Forbidden");
    EXPECT_TRUE(said.as_object().contains("connectionId") && said.as_object().contains("requestId"));
}

TEST(WebSocketMessage, IsAnsweredWhereTheRouteHasAResponse) {
    Chat chat;
    chat.to("ask", chat.function(), true);
    chat.to("tell", chat.function());
    chat.deploy();
    const auto socket = chat.connect();
    chat.lambda.payload = R"({"statusCode": 200, "body": "the answer"})";
    chat.say(socket, R"({"action":"tell"})");
    chat.say(socket, R"({"action":"ask"})");
    EXPECT_THAT(socket->sent, ElementsAre("the answer"));
    chat.lambda.function_error = "Unhandled";
    chat.say(socket, R"({"action":"tell"})");
    ASSERT_EQ(socket->sent.size(), 2u);
    EXPECT_THAT(socket->sent[1], HasSubstr(R"("message":"Internal server error")"));
}

TEST(WebSocketMessage, IsLimitedAsTheStageSays) {
    Chat chat;
    chat.to("$default", chat.function());
    CreateStageRequest stage;
    stage.DefaultRouteSettings.emplace().ThrottlingBurstLimit = 1;
    stage.DefaultRouteSettings->ThrottlingRateLimit = 1;
    chat.deploy(stage);
    const auto socket = chat.connect();
    chat.say(socket, "one");
    chat.say(socket, "two");
    EXPECT_EQ(chat.lambda.requests.size(), 1u);
    ASSERT_EQ(socket->sent.size(), 1u);
    EXPECT_THAT(socket->sent[0], HasSubstr("Too Many Requests"));
}

TEST(WebSocketIntegration, MapsMessagesForServices) {
    Chat chat;
    auto request = chat.integration_of("AWS", "arn:aws:apigateway:us-east-1:dynamodb:action/PutItem");
    request.CredentialsArn = "arn:aws:iam::000000000000:role/writer";
    request.RequestTemplates = {
        {{"$default", R"({"id":"$context.connectionId","text":$input.json('$.text')})"}, {"other", "unused"}}};
    request.TemplateSelectionExpression = "$request.body.kind";
    const auto id = chat.integration_to(request);
    chat.to("$default", id, true);
    chat.respond(id, "/2\\d\\d/", "stored $input.path('$.n') for $context.routeKey");
    chat.respond(id, "$default", "failed");
    chat.deploy();
    const auto socket = chat.connect();
    chat.wire.answer.body = R"({"n":3})";
    chat.say(socket, R"({"text":"hi \"there\""})");
    EXPECT_THAT(chat.wire.asked, HasSubstr(R"(dynamodb PutItem / {"id":")"));
    EXPECT_THAT(chat.wire.asked, HasSubstr(R"("text":"hi \"there\""})"));
    EXPECT_THAT(chat.wire.principal, HasSubstr("assumed-role/writer"));
    chat.wire.answer.status = 400;
    chat.say(socket, R"({"text":"again"})");
    EXPECT_THAT(socket->sent, ElementsAre("stored 3 for $default", "failed"));
}

TEST(WebSocketIntegration, SelectsResponsesByWhatAFunctionFailedWith) {
    Chat chat;
    const auto id = chat.integration_to(chat.integration_of(
        "AWS",
        fmt::format("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{}/invocations", orders_arn)));
    chat.to("$default", id, true);
    chat.respond(id, "/Sold.*/", "sold out");
    chat.deploy();
    const auto socket = chat.connect();
    chat.lambda.payload = R"({"left":2})";
    chat.say(socket, R"({"item":"tea"})");
    EXPECT_EQ(chat.lambda.requests.back().Payload, R"({"item":"tea"})");
    chat.lambda.payload = R"({"errorMessage":"Sold out"})";
    chat.lambda.function_error = "Unhandled";
    chat.say(socket, R"({"item":"tea"})");
    EXPECT_THAT(socket->sent, ElementsAre(R"({"left":2})", "sold out"));
}

TEST(WebSocketIntegration, SendsToEndpoints) {
    Chat chat;
    auto request = chat.integration_of("HTTP_PROXY", "https://site.example/messages?x=1");
    request.IntegrationMethod = "PUT";
    request.RequestParameters = {{{"integration.request.header.connection-id", "context.connectionId"},
                                  {"integration.request.header.kind", "'chat'"},
                                  {"integration.request.querystring.who", "route.request.body.who"}}};
    chat.to("$default", chat.integration_to(request), true);
    chat.deploy();
    const auto socket = chat.connect();
    chat.endpoint.answer.body = "fine";
    chat.say(socket, R"({"who":"a b"})");
    EXPECT_EQ(chat.endpoint.asked, R"(PUT https://site.example/messages?x=1&who=a%20b {"who":"a b"})");
    EXPECT_EQ(chat.endpoint.last.headers.get("kind"), "chat");
    EXPECT_EQ(chat.endpoint.last.headers.get("connection-id").size(), 16u);
    EXPECT_THAT(socket->sent, ElementsAre("fine"));
}

TEST(WebSocketIntegration, AnswersBinaryWhereTheResponseConverts) {
    Chat chat;
    auto request = chat.integration_of("MOCK");
    request.RequestTemplates = {{{"200", R"({"statusCode":200})"}}};
    request.TemplateSelectionExpression = "200";
    const auto id = chat.integration_to(request);
    chat.to("$default", id, true);
    chat.respond(id, "/200/", "AAEC", "CONVERT_TO_BINARY");
    chat.deploy();
    const auto socket = chat.connect();
    chat.say(socket, "any");
    EXPECT_THAT(socket->binary, ElementsAre(std::string("\0\1\2", 3)));
}

TEST(WebSocketLife, TellsHowItEnded) {
    Chat chat;
    chat.to("$disconnect", chat.function());
    chat.deploy();
    const auto socket = chat.connect();
    socket->close({1000, "bye"});
    chat.settle();
    EXPECT_EQ(chat.event_at("/requestContext/eventType"), R"("DISCONNECT")");
    EXPECT_EQ(chat.event_at("/requestContext/disconnectStatusCode"), "1000");
    EXPECT_EQ(chat.event_at("/requestContext/disconnectReason"), R"("bye")");
    EXPECT_EQ(chat.event_at("/headers/Host"), fmt::format("\"{}.execute-api.localhost\"", chat.api));
}

TEST(WebSocketLife, EndsAfterTenIdleMinutesOrTwoHours) {
    Chat chat;
    chat.to("$default", chat.function());
    chat.deploy();
    const auto idle = chat.connect();
    const auto busy = chat.connect();
    for (int minutes = 5; minutes < 120; minutes += 5) {
        chat.run(chat.clock.advance(std::chrono::minutes(5)));
        chat.say(busy, "still here");
        EXPECT_EQ(idle->closed, minutes >= 10) << minutes;
        EXPECT_FALSE(busy->closed) << minutes;
    }
    EXPECT_EQ(idle->closing().code, 1001);
    chat.run(chat.clock.advance(std::chrono::minutes(5)));
    EXPECT_TRUE(busy->closed);
    EXPECT_EQ(busy->closing().code, 1001);
}

TEST(WebSocketLife, IsHeldByPings) {
    Chat chat;
    chat.to("$default", chat.function());
    chat.deploy();
    const auto socket = chat.connect();
    for (int i = 0; i < 3; ++i) {
        chat.run(chat.clock.advance(9min));
        EXPECT_FALSE(socket->closed);
        socket->ping();
    }
    chat.run(chat.clock.advance(10min));
    EXPECT_TRUE(socket->closed);
}

TEST(WebSocketLife, RefusesBinaryMessages) {
    Chat chat;
    chat.to("$default", chat.function());
    chat.deploy();
    const auto socket = chat.connect();
    socket->receive("bytes", true);
    chat.settle();
    EXPECT_EQ(socket->closing().code, 1003);
    EXPECT_TRUE(chat.lambda.requests.empty());
}

TEST(WebSocketLife, EndsAClientThatTakesNothing) {
    Chat chat;
    chat.to("ask", chat.function(), true);
    chat.deploy();
    const auto socket = chat.connect();
    socket->congested = true;
    chat.say(socket, R"({"action":"ask"})");
    EXPECT_EQ(socket->closing().code, 1008);
}

TEST(WebSocketLife, HandlesSixteenMessagesOfAConnectionAtOnceAndLetsOthersWait) {
    Chat chat;
    chat.to("$default", chat.function());
    chat.deploy();
    const auto socket = chat.connect();
    chat.lambda.takes = 1s;
    for (int i = 0; i < 100; ++i) socket->incoming.push_back({"flood", false});
    chat.say(socket, "flood");
    EXPECT_EQ(chat.lambda.requests.size(), OpenConnection::most_at_once);
    EXPECT_GE(socket->incoming.size(), 100 - OpenConnection::most_at_once);
    for (int i = 0; i < 7; ++i) {
        chat.run(chat.clock.advance(1s));
        chat.settle();
    }
    EXPECT_EQ(chat.lambda.requests.size(), 101u);
}

TEST(AtConnections, PostsReadsAndDeletes) {
    Chat chat;
    chat.to("$connect", chat.function());
    chat.deploy();
    const auto socket = chat.connect();
    const auto id = chat.connection_id();
    const auto at_api = fmt::format("{}/prod/{}", chat.api, id);
    const auto post = [&](std::string to, std::string data) {
        aws::apigatewaymanagementapi::PostToConnectionRequest request;
        request.ConnectionId = std::move(to);
        request.Data = std::move(data);
        chat.run(chat.connections.post_to_connection(chat.call, std::move(request)));
    };
    post(id, "news");
    post(at_api, "more");
    EXPECT_THAT(socket->sent, ElementsAre("news", "more"));
    const auto read = chat.run(chat.connections.get_connection(chat.call, {id}));
    EXPECT_EQ(read.ConnectedAt, chat.clock.now());
    EXPECT_EQ(read.Identity->UserAgent, "test/1");

    EXPECT_THROW(chat.run(chat.connections.get_connection(chat.call, {fmt::format("{}/other/{}", chat.api, id)})),
                 GoneException);
    EXPECT_THROW(post(id, std::string((128 << 10) + 1, 'x')), aws::apigatewaymanagementapi::PayloadTooLargeException);
    socket->congested = true;
    EXPECT_THROW(post(id, "x"), aws::apigatewaymanagementapi::LimitExceededException);

    chat.run(chat.connections.delete_connection(chat.call, {id}));
    chat.settle();
    EXPECT_TRUE(socket->closed);
    EXPECT_THROW(post(id, "x"), GoneException);
}

TEST(AtConnections, AreNamedForPolicies) {
    Chat chat;
    const auto& operation = *aws::apigatewaymanagementapi::service.find("PostToConnection");
    aws::apigatewaymanagementapi::PostToConnectionRequest request;
    request.ConnectionId = "abc/prod/id=";
    EXPECT_EQ(chat.connections.resource_of(chat.call, operation, &request),
              "arn:aws:execute-api:us-east-1:000000000000:abc/prod/POST/@connections/id=");
}

TEST(AtConnections, AreFoundByPathAndByHost) {
    Chat chat;
    chat.to("$connect", chat.function());
    chat.deploy();
    const auto host = chat.api + ".execute-api.localhost:4566";
    const auto ask = [&](std::string where, std::string target) {
        http::Request request;
        request.method = "POST";
        request.set_target(std::move(target));
        request.headers.add("Host", std::move(where));
        chat.wire.asked.clear();
        chat.run(chat.front.serve(chat.call, std::move(request)));
        return chat.wire.asked;
    };
    const auto wanted = fmt::format("execute-api  /@connections/{}%2Fprod%2Fid%3D ", chat.api);
    EXPECT_EQ(ask(host, "/prod/@connections/id%3D"), wanted);
    EXPECT_EQ(ask(host, "/prod/%40connections/id%3D"), wanted);
    EXPECT_EQ(ask("localhost:4566", fmt::format("/_aws/execute-api/{}/prod/@connections/id=", chat.api)), wanted);
    EXPECT_EQ(ask("localhost:4566", fmt::format("/restapis/{}/prod/_user_request_/@connections/id=", chat.api)),
              wanted);
}

TEST(WebSocketApi, RefusesWhatAwsRefuses) {
    Chat chat;
    const auto api = [&](auto change) {
        CreateApiRequest request;
        request.Name = "x";
        request.ProtocolType = "WEBSOCKET";
        request.RouteSelectionExpression = "$request.body.action";
        change(request);
        chat.run(chat.service.create_api(chat.call, request));
    };
    EXPECT_THROW(api([](auto& request) { request.RouteSelectionExpression.reset(); }), BadRequestException);
    EXPECT_THROW(api([](auto& request) { request.RouteSelectionExpression = "$what.ever"; }), BadRequestException);
    EXPECT_THROW(api([](auto& request) { request.Target = orders_arn; }), BadRequestException);

    const auto route = [&](auto change) {
        CreateRouteRequest request;
        request.ApiId = chat.api;
        request.RouteKey = "join";
        change(request);
        chat.run(chat.service.create_route(chat.call, request));
    };
    EXPECT_THROW(route([](auto& request) { request.RouteKey = "$other"; }), BadRequestException);
    EXPECT_THROW(route([](auto& request) { request.AuthorizationType = "AWS_IAM"; }), BadRequestException);
    EXPECT_THROW(route([](auto& request) { request.AuthorizationType = "JWT"; }), BadRequestException);
    EXPECT_THROW(route([](auto& request) { request.RouteResponseSelectionExpression = "x"; }), BadRequestException);

    const auto integration = [&](auto change) {
        auto request = chat.integration_of("AWS_PROXY", orders_arn);
        request.ApiId = chat.api;
        change(request);
        return chat.run(chat.service.create_integration(chat.call, request));
    };
    EXPECT_THROW(integration([](auto& request) { request.TimeoutInMillis = 29'001; }), BadRequestException);
    EXPECT_THROW(integration([](auto& request) { request.PayloadFormatVersion = "2.0"; }), BadRequestException);
    EXPECT_THROW(integration([](auto& request) {
                     request.RequestTemplates = {{{"$default", "#if("}}};
                 }),
                 BadRequestException);
    EXPECT_THROW(integration([](auto& request) { request.IntegrationUri = "https://x.example"; }), BadRequestException);
    EXPECT_EQ(integration([](auto&) {}).TimeoutInMillis, 29'000);

    const auto stage = [&](auto change) {
        CreateStageRequest request;
        request.ApiId = chat.api;
        request.StageName = "prod";
        change(request);
        chat.run(chat.service.create_stage(chat.call, request));
    };
    EXPECT_THROW(stage([](auto& request) { request.StageName = "$default"; }), BadRequestException);
    const auto http_api = chat.empty_api();
    CreateRouteResponseRequest response;
    response.ApiId = http_api;
    response.RouteId = chat.route(http_api, "GET /", chat.integration(http_api));
    response.RouteResponseKey = "$default";
    EXPECT_THROW(chat.run(chat.service.create_route_response(chat.call, response)), BadRequestException);
}

TEST(WebSocketApi, ServesWhatWasDeployedAndNotWhatIsEdited) {
    Chat chat;
    const auto id = chat.to("ask", chat.function(), true);
    chat.deploy();
    const auto socket = chat.connect();
    chat.run(chat.service.delete_route(chat.call, {chat.api, id}));
    chat.lambda.payload = R"({"statusCode": 200, "body": "deployed"})";
    chat.say(socket, R"({"action":"ask"})");
    EXPECT_THAT(socket->sent, ElementsAre("deployed"));
}

TEST(WebSocketApi, IsReachedByAWebSocketsUrl) {
    Chat chat;
    chat.call.host = "localhost:4566";
    EXPECT_EQ(chat.run(chat.service.get_api(chat.call, {chat.api})).ApiEndpoint,
              fmt::format("ws://{}.execute-api.localhost.localstack.cloud:4566", chat.api));
    chat.call.tls = true;
    EXPECT_THAT(*chat.run(chat.service.get_api(chat.call, {chat.api})).ApiEndpoint, testing::StartsWith("wss://"));
}

}  // namespace
}  // namespace cumulet::apigatewayv2
