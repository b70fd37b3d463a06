// What stands behind routes other than functions: parameter mapping, HTTP endpoints, operations of other services.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/apigatewayv2/mapping.h"
#include "services/apigatewayv2/proxy.h"
#include "services/apigatewayv2/service_request.h"
#include "services/apigatewayv2/tests/support/world.h"

namespace cumulet::apigatewayv2 {
namespace {

using aws::apigatewayv2::BadRequestException;

/// An endpoint that remembers what it was asked.
class FakeEndpoint final : public contracts::HttpSender {
  public:
    Task<std::optional<http::Response>> send(std::string origin, http::Request request,
                                             contracts::Sending sending) override {
        asked = origin + request.target;
        last = request;
        waited = sending.patience;
        if (down) throw std::runtime_error("connection refused");
        if (silent) co_return std::nullopt;
        co_return answer;
    }
    http::Response answer;
    std::string asked;
    http::Request last;
    std::chrono::milliseconds waited{};
    bool down = false;
    bool silent = false;
};

class FakeWire final : public contracts::WireDoor {
  public:
    Task<http::Response> forward(Call& caller, contracts::ServiceRequest request) override {
        asked = request.service + " " + request.action + " " + request.message.body;
        line = request.message.method + " " + request.message.target;
        region = caller.region;
        principal = caller.principal.arn;
        http::Response response;
        response.headers.add("Content-Type", "text/xml");
        response.body = "<SendMessageResponse/>";
        co_return response;
    }
    std::string asked;
    std::string line;  ///< method and target
    std::string region;
    std::string principal;
};

struct Fronted : World {
    FakeEndpoint endpoint;
    FakeWire wire;
    Surface front{*store, {.door = door, .http = &endpoint, .wire = &wire}};
    std::string api = empty_api();

    Fronted() { stage(api, "$default", true); }
    ~Fronted() { run(front.stop()); }

    void route_to(std::string key, aws::apigatewayv2::CreateIntegrationRequest request) {
        request.ApiId = api;
        route(api, std::move(key), *run(service.create_integration(call, request)).IntegrationId);
    }
    static aws::apigatewayv2::CreateIntegrationRequest proxy(std::string uri, std::string method = "ANY") {
        aws::apigatewayv2::CreateIntegrationRequest request;
        request.IntegrationType = "HTTP_PROXY";
        request.IntegrationUri = std::move(uri);
        request.IntegrationMethod = std::move(method);
        return request;
    }
    static aws::apigatewayv2::CreateIntegrationRequest to_service(std::string subtype, Mappings parameters) {
        aws::apigatewayv2::CreateIntegrationRequest request;
        request.IntegrationType = "AWS_PROXY";
        request.IntegrationSubtype = std::move(subtype);
        request.CredentialsArn = "arn:aws:iam::000000000000:role/sender";
        request.RequestParameters = std::move(parameters);
        return request;
    }
    http::Response ask(std::string method, std::string target, http::Headers headers = {}, std::string body = "") {
        http::Request request;
        request.method = std::move(method);
        request.set_target(std::move(target));
        request.headers = std::move(headers);
        request.headers.add("Host", api + ".execute-api.localhost");
        request.body = std::move(body);
        return run(front.serve(call, std::move(request)));
    }
};

TEST(HttpProxy, SendsOnWithPathVariablesAndQuery) {
    Fronted world;
    world.route_to("ANY /files/{name}/{rest+}", world.proxy("https://site.example:8443/v1/{name}?key=1&at={rest}"));
    world.endpoint.answer.status = 201;
    world.endpoint.answer.headers = {{"X-Answer", "yes"}, {"Connection", "x-hop"}, {"X-Hop", "1"}};
    world.endpoint.answer.body = "made";
    const auto answer = world.ask("PUT", "/files/a%2Fb/c/d%20e?q=2",
                                  {{"X-Custom", "v"}, {"Connection", "close, X-Secret"}, {"X-Secret", "s"}}, "body");
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.body, "made");
    EXPECT_EQ(answer.headers.get("x-answer"), "yes");
    EXPECT_FALSE(answer.headers.has("x-hop"));
    EXPECT_EQ(world.endpoint.asked, "https://site.example:8443/v1/a%2Fb?key=1&at=c/d%20e&q=2");
    EXPECT_EQ(world.endpoint.last.method, "PUT");
    EXPECT_EQ(world.endpoint.last.body, "body");
    EXPECT_EQ(world.endpoint.last.headers.get("x-custom"), "v");
    EXPECT_FALSE(world.endpoint.last.headers.has("x-secret"));
    EXPECT_FALSE(world.endpoint.last.headers.has("host"));
    EXPECT_THAT(world.endpoint.last.headers.get("forwarded"), testing::HasSubstr("host=" + world.api));
    EXPECT_EQ(world.endpoint.waited, 30s);
}

TEST(HttpProxy, AnswersServiceUnavailableWhereTheEndpointDoesNot) {
    Fronted world;
    auto request = world.proxy("http://site.example/", "POST");
    request.TimeoutInMillis = 500;
    world.route_to("GET /a", request);
    world.endpoint.silent = true;
    EXPECT_EQ(world.ask("GET", "/a").body, R"({"message":"Service Unavailable"})");
    EXPECT_EQ(world.endpoint.waited, 500ms);
    EXPECT_EQ(world.endpoint.last.method, "POST");
    world.endpoint.down = true;
    EXPECT_EQ(world.ask("GET", "/a").status, 503);
}

TEST(HttpProxy, IsQuicklyCreatedByATarget) {
    Fronted world;
    aws::apigatewayv2::CreateApiRequest request;
    request.Name = "quick";
    request.ProtocolType = "HTTP";
    request.Target = "https://site.example/all";
    world.api = *world.run(world.service.create_api(world.call, request)).ApiId;
    EXPECT_EQ(world.ask("DELETE", "/x").status, 200);
    EXPECT_EQ(world.endpoint.asked, "https://site.example/all");
    EXPECT_EQ(world.endpoint.last.method, "DELETE");
}

TEST(ParameterMapping, ChangesRequestsAndResponses) {
    Fronted world;
    auto request = world.proxy("https://site.example/old");
    request.RequestParameters = {{{"append:header.x-all", "$request.header.x-one"},
                                  {"overwrite:header.x-two", "${request.path.id} of $request.path.id"},
                                  {"remove:header.x-three", "''"},
                                  {"append:querystring.color", "$request.body.paint.color"},
                                  {"remove:querystring.secret", ""},
                                  {"overwrite:header.x-missing", "$request.header.nothing"},
                                  {"overwrite:path", "/new/$request.path.id"},
                                  {"overwrite:header.x-stage", "$context.stage"}}};
    request.ResponseParameters = {{{"200",
                                    {{"overwrite:statuscode", "203"},
                                     {"append:header.x-of-body", "$response.body.id"},
                                     {"overwrite:header.x-server", "$response.header.x-backend"},
                                     {"remove:header.x-backend", ""}}},
                                   {"404", {{"overwrite:statuscode", "400"}}}}};
    world.route_to("POST /pets/{id}", request);
    world.endpoint.answer.headers = {{"X-Backend", "b1"}};
    world.endpoint.answer.body = R"({"id": 7})";
    const auto answer = world.ask("POST", "/pets/7?secret=1&color=red",
                                  {{"X-One", "a"}, {"X-One", "b"}, {"X-Two", "old"}, {"X-Three", "gone"}},
                                  R"({"paint": {"color": "dark blue"}})");
    const auto& sent = world.endpoint.last;
    EXPECT_EQ(sent.headers.get("x-all"), "a,b");
    EXPECT_EQ(sent.headers.all("x-two"), (std::vector<std::string_view>{"7 of $request.path.id"}));
    EXPECT_FALSE(sent.headers.has("x-three"));
    EXPECT_FALSE(sent.headers.has("x-missing"));
    EXPECT_EQ(sent.headers.get("x-stage"), "$default");
    EXPECT_EQ(sent.path, "/new/%24request.path.id");  // a text: only a whole value is an expression without braces
    EXPECT_EQ(sent.query, "color=red&color=dark%20blue");
    EXPECT_EQ(answer.status, 203);
    EXPECT_EQ(answer.headers.get("x-of-body"), "7");
    EXPECT_EQ(answer.headers.get("x-server"), "b1");
    EXPECT_FALSE(answer.headers.has("x-backend"));
    world.endpoint.answer.status = 404;
    EXPECT_EQ(world.ask("POST", "/pets/7").status, 400);
}

TEST(ParameterMapping, BringsNoLineEndsIntoHeaders) {
    Fronted world;
    auto request = world.proxy("https://site.example/");
    request.RequestParameters = {{{"append:header.x-evil", "$request.querystring.q"}}};
    world.route_to("GET /a", request);
    world.ask("GET", "/a?q=x%0D%0AX-Injected:%201");
    EXPECT_FALSE(world.endpoint.last.headers.has("x-evil"));
}

TEST(ParameterMapping, OfFunctionsChangesWhatTheyAreTold) {
    Fronted world;
    aws::apigatewayv2::CreateIntegrationRequest request;
    request.IntegrationType = "AWS_PROXY";
    request.IntegrationUri = orders_arn;
    request.PayloadFormatVersion = "2.0";
    request.RequestParameters = {{{"overwrite:header.x-id", "$request.path.id"}, {"overwrite:path", "/mapped"}}};
    request.ResponseParameters = {{{"200", {{"append:header.x-mapped", "yes"}}}}};
    world.route_to("GET /pets/{id}", request);
    EXPECT_EQ(world.ask("GET", "/pets/7").headers.get("x-mapped"), "yes");
    const auto event = world.lambda.event();
    EXPECT_EQ(event.at("headers").at("x-id"), "7");
    EXPECT_EQ(event.at("rawPath"), "/mapped");
}

TEST(ParameterMapping, RefusesWhatAwsKeepsToItself) {
    for (const auto* key : {"append:header.Authorization", "overwrite:header.x-amzn-trace-id", "remove:header.Host",
                            "overwrite:header.access-control-allow-origin", "append:path", "overwrite:body",
                            "append:header.", "header.x", "replace:header.x", "append:header.x y"})
        EXPECT_THROW(check_request_mappings({{key, "x"}}), BadRequestException) << key;
    check_request_mappings({{"append:header.x", "1"}, {"remove:querystring.y", ""}, {"overwrite:path", "/"}});
    EXPECT_THROW(check_response_mappings({{"99", {}}}), BadRequestException);
    EXPECT_THROW(check_response_mappings({{"200", {{"append:querystring.x", "1"}}}}), BadRequestException);
    check_response_mappings({{"500", {{"overwrite:statuscode", "200"}, {"append:header.x", "1"}}}});
}

TEST(ServiceIntegrations, CallQueuesAsTheirRole) {
    Fronted world;
    world.route_to("POST /jobs/{kind}",
                   world.to_service("SQS-SendMessage", {{"QueueUrl", "http://localhost:4566/000000000000/jobs"},
                                                        {"MessageBody", "$request.body.text"},
                                                        {"MessageGroupId", "$request.path.kind"},
                                                        {"DelaySeconds", "$request.header.x-delay"},
                                                        {"MessageAttributes", "$request.body.attributes"}}));
    const auto answer =
        world.ask("POST", "/jobs/fast", {},
                  R"({"text": "a & b", "attributes": {"kind": {"DataType": "String", "StringValue": "x"}}})");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "<SendMessageResponse/>");
    EXPECT_EQ(answer.headers.get("content-type"), "text/xml");
    EXPECT_EQ(world.wire.asked,
              "sqs SendMessage MessageAttribute.1.Name=kind&MessageAttribute.1.Value.DataType=String&"
              "MessageAttribute.1.Value.StringValue=x&MessageBody=a%20%26%20b&MessageGroupId=fast&"
              "QueueUrl=http%3A%2F%2Flocalhost%3A4566%2F000000000000%2Fjobs");
    EXPECT_EQ(world.wire.principal, "arn:aws:sts::000000000000:assumed-role/sender/apigateway");
    world.route_to("GET /jobs", world.to_service("SQS-ReceiveMessage", {{"QueueUrl", "u"}, {"AttributeNames", "All"}}));
    world.ask("GET", "/jobs");
    EXPECT_EQ(world.wire.asked, "sqs ReceiveMessage AttributeName.1=All&QueueUrl=u");
}

struct Called {
    std::string_view subtype;
    Mappings parameters;
    std::string_view asked;
    std::string_view line = "POST /";
};

TEST(ServiceIntegrations, AskEachServiceInItsOwnProtocol) {
    const auto state_machine = "arn:aws:states:us-east-1:000000000000:stateMachine:orders";
    const Called rows[] = {
        {"EventBridge-PutEvents",
         {{"Detail", "$request.body"},
          {"DetailType", "order"},
          {"Source", "shop"},
          {"Time", "2026-11-23T00:55:00Z"},
          {"Resources", R"(["arn:aws:sqs:us-east-1:000000000000:jobs"])"},
          {"EventBusName", "$request.querystring.bus"}},
         R"(events PutEvents {"Entries":[{"Detail":"{\"n\":1}","DetailType":"order","EventBusName":"main",)"
         R"("Resources":["arn:aws:sqs:us-east-1:000000000000:jobs"],"Source":"shop","Time":1.7953953E9}]})"},
        {"Kinesis-PutRecord",
         {{"StreamName", "orders"}, {"Data", "$request.body"}, {"PartitionKey", "$request.querystring.bus"}},
         R"(kinesis PutRecord {"Data":"eyJuIjoxfQ==","PartitionKey":"main","StreamName":"orders"})"},
        {"StepFunctions-StartExecution",
         {{"StateMachineArn", state_machine}, {"Input", "$request.body"}},
         R"(states StartExecution {"input":"{\"n\":1}",)"
         R"("stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:orders"})"},
        {"StepFunctions-StartSyncExecution",
         {{"StateMachineArn", state_machine}, {"Name", "first"}, {"TraceHeader", "Root=1"}},
         R"(states StartSyncExecution {"name":"first",)"
         R"("stateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:orders","traceHeader":"Root=1"})"},
        {"StepFunctions-StopExecution",
         {{"ExecutionArn", "$request.querystring.bus"}, {"Cause", "late"}, {"Error", "E"}},
         R"(states StopExecution {"cause":"late","error":"E","executionArn":"main"})"},
        {"AppConfig-GetConfiguration",
         {{"Application", "shop"},
          {"Environment", "prod & test"},
          {"Configuration", "flags"},
          {"ClientId", "$request.querystring.bus"},
          {"ClientConfigurationVersion", "7"}},
         "appconfig  ",
         "GET /applications/shop/environments/prod%20%26%20test/configurations/flags?client_id=main&"
         "client_configuration_version=7"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.subtype);
        Fronted world;
        auto parameters = row.parameters;
        parameters["Region"] = "eu-west-1";
        world.route_to("POST /call", world.to_service(std::string(row.subtype), parameters));
        EXPECT_EQ(world.ask("POST", "/call?bus=main", {}, R"({"n":1})").status, 200);
        EXPECT_EQ(world.wire.asked, row.asked);
        EXPECT_EQ(world.wire.line, row.line);
        EXPECT_EQ(world.wire.region, "eu-west-1");
    }
}

TEST(ServiceIntegrations, ThatCannotWorkAreRefused) {
    Fronted world;
    const auto refused = [&](aws::apigatewayv2::CreateIntegrationRequest request) -> std::string {
        request.ApiId = world.api;
        try {
            world.run(world.service.create_integration(world.call, request));
        } catch (const aws::Error& error) {
            return fmt::format("{} {}", error.status, error.message);
        }
        return "";
    };
    EXPECT_THAT(refused(world.to_service("EventBridge-PutEvents", {{"Detail", "{}"}, {"Source", "shop"}})),
                testing::AllOf(testing::StartsWith("400"), testing::HasSubstr("DetailType")));
    EXPECT_THAT(refused(world.to_service("Kinesis-PutRecord", {{"StreamName", "s"}, {"Data", "d"}})),
                testing::AllOf(testing::StartsWith("400"), testing::HasSubstr("PartitionKey")));
    EXPECT_THAT(refused(world.to_service("SNS-Publish", {})), testing::StartsWith("400"));
    EXPECT_THAT(refused(world.to_service("SQS-SendMessage", {{"QueueUrl", "u"}})),
                testing::AllOf(testing::StartsWith("400"), testing::HasSubstr("MessageBody")));
    EXPECT_THAT(refused(world.to_service("SQS-PurgeQueue", {{"QueueUrl", "u"}, {"Other", "x"}})),
                testing::StartsWith("400"));
    auto open = world.to_service("SQS-PurgeQueue", {{"QueueUrl", "u"}});
    open.CredentialsArn.reset();
    EXPECT_THAT(refused(open), testing::StartsWith("400"));
    EXPECT_THAT(refused(world.proxy("https://site.example/", "FETCH")), testing::StartsWith("400"));
    EXPECT_THAT(refused(world.proxy("site.example")), testing::StartsWith("400"));
    auto linked = world.proxy("https://site.example/");
    linked.ConnectionType = "VPC_LINK";
    EXPECT_THAT(refused(linked), testing::AllOf(testing::StartsWith("501"), testing::HasSubstr("VPC_LINK")));
}

}  // namespace
}  // namespace cumulet::apigatewayv2
