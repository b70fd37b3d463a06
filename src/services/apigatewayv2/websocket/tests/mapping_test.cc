// Models that messages must fit, parameters and content of integrations, and what their responses make of handshakes.

#include <gmock/gmock.h>

#include "services/apigatewayv2/websocket/tests/chat.h"

namespace cumulet::apigatewayv2 {
namespace {

using namespace aws::apigatewayv2;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Mapped : Chat {
    std::string model(std::string name, std::string schema) {
        CreateModelRequest request;
        request.ApiId = api;
        request.Name = std::move(name);
        request.Schema = std::move(schema);
        return *run(service.create_model(call, request)).ModelId;
    }
    CreateRouteRequest modelled(std::string expression, std::map<std::string, std::string> models) {
        CreateRouteRequest route;
        route.ModelSelectionExpression = std::move(expression);
        route.RequestModels = std::move(models);
        return route;
    }
    /// An integration that answers "taken" to every message.
    std::string mock() {
        auto request = integration_of("MOCK");
        request.RequestTemplates = {{{"$default", R"({"statusCode":200})"}}};
        const auto id = integration_to(request);
        respond(id, "$default", "taken");
        return id;
    }
};

TEST(WebSocketModel, IsChosenByTheMessage) {
    Mapped chat;
    chat.model("Mail", R"({"type":"object","required":["address"]})");
    chat.model("Number", R"({"type":"integer"})");
    chat.model("Text", R"({"properties":{"n":{"$ref":"https://apigateway.amazonaws.com/restapis/x/models/Number"}}})");
    chat.to("$default", chat.mock(), true, chat.modelled("$request.body.kind", {{"mail", "Mail"}, {"text", "Text"}}));
    chat.deploy();
    const struct {
        const char* message;
        bool fits;
    } rows[] = {{R"({"kind":"mail","address":"a@b"})", true},
                {R"({"kind":"mail"})", false},
                {R"({"kind":"text","n":3})", true},
                {R"({"kind":"text","n":"3"})", false},
                {R"({"kind":"other"})", false},
                {R"({})", false},
                {"no JSON", false}};
    const auto socket = chat.connect();
    for (const auto& row : rows) {
        socket->sent.clear();
        chat.say(socket, row.message);
        ASSERT_EQ(socket->sent.size(), 1u) << row.message;
        if (row.fits) {
            EXPECT_EQ(socket->sent[0], "taken") << row.message;
            continue;
        }
        const auto told = *parse_json(socket->sent[0]);
        EXPECT_EQ(told.at("message").as_string(), "Invalid request body") << row.message;
        EXPECT_EQ(told.at("connectionId").as_string().size(), 16u);
        EXPECT_TRUE(told.as_object().contains("requestId"));
    }
}

TEST(WebSocketModel, FallsBackToTheDefaultAndOnlyCountsWithAnExpression) {
    Mapped chat;
    chat.model("List", R"({"type":"array"})");
    chat.to("$default", chat.mock(), true, chat.modelled("$request.body.kind", {{"$default", "List"}}));
    chat.to("free", chat.mock(), true, chat.modelled("", {{"$default", "List"}}));
    chat.deploy();
    const auto socket = chat.connect();
    chat.say(socket, "[1]");
    chat.say(socket, R"({"action":"free"})");
    EXPECT_THAT(socket->sent, ElementsAre("taken", "taken"));
}

TEST(WebSocketModel, IsDeployedWithItsRoute) {
    Mapped chat;
    const auto id = chat.model("Text", R"({"type":"object"})");
    chat.to("$default", chat.mock(), true, chat.modelled("\\$default", {{"$default", "Text"}}));
    chat.deploy();
    UpdateModelRequest change;
    change.ApiId = chat.api;
    change.ModelId = id;
    change.Schema = R"({"type":"null"})";
    chat.run(chat.service.update_model(chat.call, change));
    const auto socket = chat.connect();
    chat.say(socket, "{}");
    EXPECT_THAT(socket->sent, ElementsAre("taken"));
    UpdateStageRequest current;
    current.ApiId = chat.api;
    current.StageName = "prod";
    current.AutoDeploy = true;
    chat.run(chat.service.update_stage(chat.call, current));
    chat.say(socket, "{}");
    EXPECT_THAT(socket->sent.back(), HasSubstr("Invalid request body"));
}

TEST(WebSocketModel, MustBeThereAndReadable) {
    Mapped chat;
    chat.model("Broken", R"({"$ref":"https://apigateway.amazonaws.com/restapis/x/models/Missing"})");
    const auto route = [&](std::string key, std::string expression, std::string model) {
        return chat.to(std::move(key), chat.mock(), false, chat.modelled(std::move(expression), {{"a", model}}));
    };
    EXPECT_THROW(route("x", "$request.body.a", "Unknown"), BadRequestException);
    EXPECT_THROW(route("x", "$what.ever", "Broken"), BadRequestException);
    EXPECT_THROW(route("$connect", "$request.body.a", "Broken"), BadRequestException);
    route("x", "$request.body.a", "Broken");
    EXPECT_THROW(chat.run(chat.service.create_deployment(chat.call, {.ApiId = chat.api})), BadRequestException);
    UpdateApiRequest lenient;
    lenient.ApiId = chat.api;
    lenient.DisableSchemaValidation = true;
    chat.run(chat.service.update_api(chat.call, lenient));
    chat.deploy();
    const auto socket = chat.connect();
    chat.say(socket, R"({"action":"x","a":"a"})");
    EXPECT_THAT(socket->sent, ElementsAre(HasSubstr("Invalid request body")));
}

TEST(RouteResponse, KeepsItsModelsAndParameters) {
    Mapped chat;
    chat.model("Answer", R"({"type":"object"})");
    CreateRouteResponseRequest request;
    request.ApiId = chat.api;
    request.RouteId = chat.to("ask", chat.mock());
    request.RouteResponseKey = "$default";
    request.ModelSelectionExpression = "$default";
    request.ResponseModels = {{{"$default", "Answer"}}};
    request.ResponseParameters.emplace()["route.response.header.X-Kind"].Required = false;
    const auto made = chat.run(chat.service.create_route_response(chat.call, request));
    EXPECT_EQ(made.ResponseModels->at("$default"), "Answer");
    UpdateRouteResponseRequest change;
    change.ApiId = chat.api;
    change.RouteId = request.RouteId;
    change.RouteResponseId = *made.RouteResponseId;
    change.ResponseModels = {{{"$default", "Unknown"}}};
    EXPECT_THROW(chat.run(chat.service.update_route_response(chat.call, change)), BadRequestException);
    change.ResponseModels.reset();
    change.ResponseParameters.emplace()["X-Kind"].Required = false;
    EXPECT_THROW(chat.run(chat.service.update_route_response(chat.call, change)), BadRequestException);
}

TEST(RequestParameters, ComeFromTheHandshakeTheBodyTheContextAndStageVariables) {
    Mapped chat;
    auto request = chat.integration_of("HTTP", "https://site.example/rooms/{room}/join");
    request.IntegrationMethod = "POST";
    request.RequestParameters = {{{"integration.request.path.room", "route.request.querystring.room"},
                                  {"integration.request.header.one", "route.request.header.X-Color"},
                                  {"integration.request.header.all", "route.request.multivalueheader.X-Color"},
                                  {"integration.request.header.rooms", "route.request.multivaluequerystring.room"},
                                  {"integration.request.header.stage", "stageVariables.which"},
                                  {"integration.request.header.missing", "route.request.header.None"},
                                  {"integration.request.header.route", "context.routeKey"},
                                  {"integration.request.header.split", "route.request.querystring.split"}}};
    const auto id = chat.integration_to(request);
    chat.respond(id, "$default", "");
    chat.to("$connect", id);
    CreateStageRequest stage;
    stage.StageVariables = {{{"which", "blue"}}};
    chat.deploy(stage);
    chat.connect("/prod?room=a&room=b/c&split=x%0d%0aY:z", {{"X-Color", "red"}, {"X-Color", "green"}});
    EXPECT_THAT(chat.endpoint.asked, HasSubstr("POST https://site.example/rooms/b%2Fc/join "));
    const auto& headers = chat.endpoint.last.headers;
    EXPECT_EQ(headers.get("one"), "green");
    EXPECT_EQ(headers.get("all"), "red,green");
    EXPECT_EQ(headers.get("rooms"), "a,b/c");
    EXPECT_EQ(headers.get("stage"), "blue");
    EXPECT_EQ(headers.get("route"), "$connect");
    EXPECT_FALSE(headers.has("missing"));
    EXPECT_FALSE(headers.has("split"));
}

TEST(RequestParameters, MayHaveAFunctionInvokedWithoutWaiting) {
    Mapped chat;
    auto request = chat.integration_of(
        "AWS", fmt::format("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{}/invocations", orders_arn));
    request.RequestParameters = {{{"integration.request.header.X-Amz-Invocation-Type", "'Event'"}}};
    chat.to("$default", chat.integration_to(request));
    chat.deploy();
    chat.say(chat.connect(), "{}");
    EXPECT_EQ(chat.lambda.requests.back().InvocationType, "Event");
}

TEST(ContentHandling, TurnsBase64IntoBytes) {
    Mapped chat;
    auto request = chat.integration_of("HTTP_PROXY", "https://site.example/");
    request.IntegrationMethod = "POST";
    request.ContentHandlingStrategy = "CONVERT_TO_BINARY";
    chat.to("$default", chat.integration_to(request), true);
    auto proxy = chat.integration_of("AWS_PROXY", orders_arn);
    proxy.ContentHandlingStrategy = "CONVERT_TO_BINARY";
    chat.to("$connect", chat.integration_to(proxy));
    chat.deploy();
    const auto socket = chat.connect();
    EXPECT_EQ(chat.event_at("/isBase64Encoded"), "false");
    chat.endpoint.answer.body = "\xff\xfe";
    chat.say(socket, "AAEC");
    EXPECT_EQ(chat.endpoint.last.body, std::string("\0\1\2", 3));
    EXPECT_THAT(socket->binary, ElementsAre("\xff\xfe"));
    chat.say(socket, "?");
    EXPECT_THAT(socket->sent, ElementsAre(HasSubstr("Internal server error")));
}

TEST(ContentHandling, TellsFunctionsOfBytes) {
    Mapped chat;
    auto proxy = chat.integration_of("AWS_PROXY", orders_arn);
    proxy.ContentHandlingStrategy = "CONVERT_TO_BINARY";
    chat.to("$default", chat.integration_to(proxy));
    chat.deploy();
    const auto socket = chat.connect();
    chat.say(socket, "AAEC");
    EXPECT_EQ(chat.event_at("/isBase64Encoded"), "true");
    EXPECT_EQ(chat.event_at("/body"), R"("AAEC")");
}

TEST(Passthrough, IsAsTheIntegrationSays) {
    const struct {
        const char* behaviour;
        bool with_template;
        bool passes;
    } rows[] = {{"WHEN_NO_MATCH", true, true},      {"WHEN_NO_MATCH", false, true}, {"WHEN_NO_TEMPLATES", true, false},
                {"WHEN_NO_TEMPLATES", false, true}, {"NEVER", true, false},         {"NEVER", false, false}};
    for (const auto& row : rows) {
        Mapped chat;
        auto request = chat.integration_of("HTTP", "https://site.example/");
        request.IntegrationMethod = "POST";
        request.PassthroughBehavior = row.behaviour;
        request.TemplateSelectionExpression = "$request.body.kind";
        if (row.with_template) request.RequestTemplates = {{{"known", "mapped"}}};
        const auto id = chat.integration_to(request);
        chat.respond(id, "$default", "answered");
        chat.to("$default", id, true);
        chat.deploy();
        const auto socket = chat.connect();
        chat.say(socket, R"({"kind":"unknown"})");
        EXPECT_THAT(socket->sent, ElementsAre(HasSubstr(row.passes ? "answered" : "Internal server error")))
            << row.behaviour;
    }
}

TEST(IntegrationResponse, MapsHeadersIntoTheHandshake) {
    Mapped chat;
    auto request = chat.integration_of("HTTP", "https://site.example/");
    request.IntegrationMethod = "POST";
    const auto id = chat.integration_to(request);
    CreateIntegrationResponseRequest response;
    response.ApiId = chat.api;
    response.IntegrationId = id;
    response.IntegrationResponseKey = "$default";
    response.ResponseParameters = {
        {{"route.response.header.Sec-WebSocket-Protocol", "integration.response.header.x-protocol"},
         {"method.response.header.X-Room", "integration.response.body.room"},
         {"route.response.header.X-Kind", "'chat'"},
         {"route.response.header.X-All", "integration.response.multivalueheader.x-many"},
         {"route.response.header.X-Api", "context.apiId"},
         {"route.response.header.Connection", "'close'"}}};
    chat.run(chat.service.create_integration_response(chat.call, response));
    chat.to("$connect", id);
    chat.deploy();
    chat.endpoint.answer.headers = {{"x-protocol", "v2"}, {"x-many", "a"}, {"x-many", "b"}, {"x-secret", "no"}};
    chat.endpoint.answer.body = R"({"room":"blue"})";
    for (const int status : {200, 401}) {
        chat.endpoint.answer.status = status;
        const auto answer = chat.handshake();
        EXPECT_EQ(answer.status, status == 200 ? 101 : 401);
        EXPECT_EQ(answer.headers.get("sec-websocket-protocol"), "v2");
        EXPECT_EQ(answer.headers.get("x-room"), "blue");
        EXPECT_EQ(answer.headers.get("x-kind"), "chat");
        EXPECT_EQ(answer.headers.get("x-all"), "a,b");
        EXPECT_EQ(answer.headers.get("x-api"), chat.api);
        EXPECT_FALSE(answer.headers.has("x-secret"));
        EXPECT_NE(answer.headers.get("connection"), "close");
    }
    chat.endpoint.answer.body = R"({"room":"blue\r\nX-Injected: yes"})";
    EXPECT_FALSE(chat.handshake().headers.has("x-room"));
}

TEST(Timeout, OfAnIntegrationIsToldToTheClient) {
    Mapped chat;
    auto request = chat.integration_of("AWS_PROXY", orders_arn);
    request.TimeoutInMillis = 50;
    chat.to("$default", chat.integration_to(request));
    auto service = chat.integration_of("AWS", "arn:aws:apigateway:us-east-1:sqs:action/ReceiveMessage");
    service.CredentialsArn = "arn:aws:iam::000000000000:role/reader";
    service.TimeoutInMillis = 60;
    chat.to("wait", chat.integration_to(service));
    chat.deploy();
    const auto socket = chat.connect();
    chat.lambda.takes = 1s;
    chat.wire.takes = 1s;
    chat.say(socket, "{}");
    chat.say(socket, R"({"action":"wait"})");
    EXPECT_THAT(socket->sent, IsEmpty());
    chat.run(chat.clock.advance(100ms));
    chat.settle();
    EXPECT_THAT(socket->sent,
                ElementsAre(HasSubstr("Endpoint request timed out"), HasSubstr("Endpoint request timed out")));
    chat.run(chat.clock.advance(1s));
}

TEST(IntegrationMembers, AreRefusedWhereAwsRefusesThem) {
    Mapped chat;
    const auto integration = [&](auto change) {
        auto request = chat.integration_of("HTTP", "https://site.example/");
        request.IntegrationMethod = "POST";
        request.ApiId = chat.api;
        change(request);
        chat.run(chat.service.create_integration(chat.call, request));
    };
    EXPECT_THROW(integration([](auto& request) { request.TlsConfig.emplace(); }), BadRequestException);
    EXPECT_THROW(integration([](auto& request) { request.ResponseParameters.emplace()["200"]; }), BadRequestException);
    for (const auto* source : {"route.request.path.id", "method.request.header.a", "route.request.header.", "text"}) {
        EXPECT_THROW(integration([&](auto& request) {
                         request.RequestParameters = {{{"integration.request.header.a", source}}};
                     }),
                     BadRequestException)
            << source;
    }
    const auto id = chat.mock();
    const auto response = [&](std::string target, std::string source) {
        CreateIntegrationResponseRequest request;
        request.ApiId = chat.api;
        request.IntegrationId = id;
        request.IntegrationResponseKey = "/4../";
        request.ResponseParameters = {{{std::move(target), std::move(source)}}};
        chat.run(chat.service.create_integration_response(chat.call, request));
    };
    EXPECT_THROW(response("X-Kind", "'a'"), BadRequestException);
    EXPECT_THROW(response("route.response.header.a b", "'a'"), BadRequestException);
    EXPECT_THROW(response("route.response.header.a", "route.request.header.a"), BadRequestException);
}

}  // namespace
}  // namespace cumulet::apigatewayv2
