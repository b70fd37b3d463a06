// Decisions without a store: matching, events, replies, CORS, addresses, documents.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/apigatewayv2/cors.h"
#include "services/apigatewayv2/event.h"
#include "services/apigatewayv2/http_api.h"
#include "services/apigatewayv2/open_api.h"
#include "services/apigatewayv2/reply.h"
#include "services/apigatewayv2/surface.h"

namespace cumulet::apigatewayv2 {
namespace {

RoutingTable table_of(std::initializer_list<const char*> keys) {
    RoutingTable table;
    for (const auto* key : keys) table.add({.route_key = key});
    return table;
}

TEST(RoutingTable, FindsTheMostSpecificRoute) {
    const auto table =
        table_of({"GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "ANY /pets/cat",
                  "POST /pets/cat", "GET /", "GET /shops/{shop}/pets/{pet}", "DELETE /shops/{id}/{rest+}", "$default"});
    struct Row {
        const char* method;
        const char* path;
        const char* route;
    };
    for (const auto& row : std::initializer_list<Row>{
             {"GET", "/pets/dog/1", "GET /pets/dog/1"},
             {"GET", "/pets/dog/2", "GET /pets/dog/{id}"},
             {"GET", "/pets/fish/1", "GET /pets/{proxy+}"},
             {"POST", "/test/5", "ANY /{proxy+}"},
             {"POST", "/pets/dog/2", "ANY /{proxy+}"},
             {"POST", "/pets/cat", "POST /pets/cat"},
             {"GET", "/pets/cat", "ANY /pets/cat"},
             {"GET", "/", "GET /"},
             {"POST", "/", "$default"},
             {"GET", "/shops/7/pets/rex", "GET /shops/{shop}/pets/{pet}"},
             {"DELETE", "/shops/7/pets/rex", "DELETE /shops/{id}/{rest+}"},
             {"DELETE", "/shops/7", "ANY /{proxy+}"},
             {"GET", "/pets/dog/", "GET /pets/{proxy+}"},
         }) {
        const auto match = table.find(row.method, row.path);
        ASSERT_TRUE(match) << row.method << " " << row.path;
        EXPECT_EQ(match->route->route_key, row.route) << row.method << " " << row.path;
    }
}

TEST(RoutingTable, FindsNothingWhereNoRouteLeads) {
    const auto table = table_of({"GET /pets/{id}", "GET /files/{name+}"});
    for (const auto* path : {"/", "/pets", "/pets/", "/pets/1/", "/pets/1/2", "/files", "/files/", "/PETS/1"}) {
        EXPECT_FALSE(table.find("GET", path)) << path;
    }
    EXPECT_FALSE(table.find("POST", "/pets/1"));
}

TEST(RoutingTable, DecodesPathParameters) {
    const auto table = table_of({"GET /a/{x}/b/{y}", "GET /files/{name+}", "GET /caf%C3%A9"});
    EXPECT_EQ(table.find("GET", "/a/one%20two/b/%C3%A9")->path_parameters,
              (std::map<std::string, std::string>{{"x", "one two"}, {"y", "é"}}));
    EXPECT_EQ(table.find("GET", "/files/2026/a%2Fb.txt")->path_parameters,
              (std::map<std::string, std::string>{{"name", "2026/a/b.txt"}}));
}

TEST(RoutingTable, NamesVariablesByTheRouteThatMatched) {
    const auto table = table_of({"GET /pets/{id}", "POST /pets/{name}"});
    EXPECT_TRUE(table.find("GET", "/pets/7")->path_parameters.contains("id"));
    EXPECT_TRUE(table.find("POST", "/pets/7")->path_parameters.contains("name"));
}

struct Told {
    explicit Told(std::string route_key, std::string payload_version = "2.0")
        : route{.route_key = std::move(route_key), .payload_version = std::move(payload_version)} {
        request.method = "GET";
        request.headers = {{"Host", "abc.execute-api.localhost.localstack.cloud:4566"}, {"User-Agent", "tests/1"}};
        passage.request = &request;
        passage.path = "/pets/7";
        passage.account = "000000000000";
        passage.api_id = "abc";
        passage.domain_name = "abc.execute-api.localhost.localstack.cloud";
        passage.stage = "$default";
        passage.match.route = &route;
        passage.request_id = "JKJaXmPLvHcESHA=";
        passage.source_address = "192.0.2.7";
        passage.trace = "Root=1-00000000-000000000000000000000000";
        passage.received = Time(1'795'395'300s);
    }
    json::value event() { return *parse_json(event_text(passage)); }

    RoutedTo route;
    http::Request request;
    Passage passage;
};

TEST(Event, IsPayloadFormat2AsAwsDocumentsIt) {
    Told told("GET /pets/{id}");
    told.request.set_target("/pets/7?colour=red&colour=blue&name=r%C3%A9x");
    told.request.headers.add("Accept", "a/b");
    told.request.headers.add("accept", "c/d");
    told.request.headers.add("Cookie", "one=1; two=2");
    told.passage.match.path_parameters = {{"id", "7"}};
    told.passage.stage_variables = {{"level", "high"}};
    EXPECT_EQ(told.event(), json::parse(R"({
        "version": "2.0",
        "routeKey": "GET /pets/{id}",
        "rawPath": "/pets/7",
        "rawQueryString": "colour=red&colour=blue&name=r%C3%A9x",
        "cookies": ["one=1", "two=2"],
        "headers": {
            "accept": "a/b,c/d",
            "content-length": "0",
            "host": "abc.execute-api.localhost.localstack.cloud:4566",
            "user-agent": "tests/1",
            "x-amzn-trace-id": "Root=1-00000000-000000000000000000000000",
            "x-forwarded-for": "192.0.2.7",
            "x-forwarded-port": "4566",
            "x-forwarded-proto": "http"
        },
        "queryStringParameters": {"colour": "red,blue", "name": "réx"},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "abc",
            "domainName": "abc.execute-api.localhost.localstack.cloud",
            "domainPrefix": "abc",
            "http": {"method": "GET", "path": "/pets/7", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7",
                     "userAgent": "tests/1"},
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "GET /pets/{id}",
            "stage": "$default",
            "time": "23/Nov/2026:00:55:00 +0000",
            "timeEpoch": 1795395300000
        },
        "pathParameters": {"id": "7"},
        "stageVariables": {"level": "high"},
        "isBase64Encoded": false
    })"));
}

TEST(Event, LeavesOutOf2WhatIsEmpty) {
    Told told("$default");
    const auto event = told.event().as_object();
    for (const auto* name : {"cookies", "queryStringParameters", "pathParameters", "stageVariables", "body"}) {
        EXPECT_FALSE(event.contains(name)) << name;
    }
    EXPECT_EQ(event.at("rawQueryString"), "");
}

TEST(Event, IsPayloadFormat1AsAwsDocumentsIt) {
    Told told("GET /pets/{id}", "1.0");
    told.request.set_target("/pets/7?colour=red&colour=blue");
    told.request.headers.add("Accept", "a/b");
    told.request.headers.add("Accept", "c/d");
    const auto event = told.event();
    EXPECT_EQ(event.at("version"), "1.0");
    EXPECT_EQ(event.at("resource"), "/pets/{id}");
    EXPECT_EQ(event.at("path"), "/pets/7");
    EXPECT_EQ(event.at("httpMethod"), "GET");
    EXPECT_EQ(event.at("headers").at("Accept"), "c/d");
    EXPECT_EQ(event.at("multiValueHeaders").at("Accept"), (json::array{"a/b", "c/d"}));
    EXPECT_EQ(event.at("queryStringParameters"), (json::object{{"colour", "blue"}}));
    EXPECT_EQ(event.at("multiValueQueryStringParameters"), (json::object{{"colour", json::array{"red", "blue"}}}));
    EXPECT_TRUE(event.at("pathParameters").is_null());
    EXPECT_TRUE(event.at("stageVariables").is_null());
    EXPECT_TRUE(event.at("body").is_null());
    EXPECT_EQ(event.at("isBase64Encoded"), false);
    const auto& context = event.at("requestContext");
    EXPECT_EQ(context.at("resourcePath"), "/pets/{id}");
    EXPECT_EQ(context.at("requestTime"), "23/Nov/2026:00:55:00 +0000");
    EXPECT_EQ(context.at("identity").at("sourceIp"), "192.0.2.7");
    EXPECT_TRUE(context.at("identity").at("user").is_null());
}

TEST(Event, TellsBinaryBodiesInBase64) {
    struct Row {
        std::string type;
        std::string body;
        const char* told;
        bool encoded;
    };
    for (const auto& row : std::initializer_list<Row>{
             {"application/json; charset=utf-8", "{}", "{}", false},
             {"text/plain", "hello", "hello", false},
             {"text/plain", "\xff", "/w==", true},
             {"application/octet-stream", "hello", "aGVsbG8=", true},
             {"application/x-www-form-urlencoded", "a=1", "YT0x", true},
         }) {
        Told told("$default");
        told.request.headers.add("content-type", row.type);
        told.request.body = row.body;
        const auto event = told.event();
        EXPECT_EQ(event.at("body"), row.told) << row.type;
        EXPECT_EQ(event.at("isBase64Encoded"), row.encoded) << row.type;
    }
}

TEST(Reply, OfFormat2IsAResponseWhereItHasAStatusCode) {
    const auto reply = read_reply(R"({"statusCode": "201", "headers": {"X-One": "1", "X-Two": 2, "Content-Length": "9"},
                                      "cookies": ["a=1", "b=2"], "body": "aGVsbG8=", "isBase64Encoded": true})",
                                  "2.0");
    EXPECT_EQ(reply.status, 201);
    EXPECT_EQ(reply.body, "hello");
    EXPECT_EQ(reply.headers.get("x-one"), "1");
    EXPECT_EQ(reply.headers.get("x-two"), "2");
    EXPECT_FALSE(reply.headers.has("content-length"));
    EXPECT_THAT(reply.headers.all("set-cookie"), testing::ElementsAre("a=1", "b=2"));
}

TEST(Reply, OfFormat2IsTheBodyWhereItHasNoStatusCode) {
    struct Row {
        const char* payload;
        const char* body;
    };
    for (const auto& row : {Row{R"({"message":"Hello"})", R"({"message":"Hello"})"}, Row{R"("Hello")", "Hello"},
                            Row{"[1,2]", "[1,2]"}, Row{"null", "null"}}) {
        const auto reply = read_reply(row.payload, "2.0");
        EXPECT_EQ(reply.status, 200);
        EXPECT_EQ(reply.body, row.body);
        EXPECT_EQ(reply.headers.get("content-type"), "application/json");
    }
}

TEST(Reply, OfFormat1MayHaveSeveralValuesForAHeader) {
    const auto reply = read_reply(
        R"({"statusCode": 200, "headers": {"X-Many": "0"}, "multiValueHeaders": {"X-Many": ["1", "2"]}, "body": "x"})",
        "1.0");
    EXPECT_THAT(reply.headers.all("x-many"), testing::ElementsAre("1", "2"));
}

TEST(Reply, ThatIsNoneAnswers500) {
    struct Row {
        const char* payload;
        const char* version;
    };
    for (const auto& row :
         {Row{"not json", "2.0"}, Row{R"({"statusCode": "many"})", "2.0"}, Row{R"({"statusCode": 99})", "2.0"},
          Row{R"({"statusCode": 200, "body": {}})", "2.0"}, Row{R"({"statusCode": 200, "headers": []})", "2.0"},
          Row{R"({"statusCode": 200, "headers": {"a": "1\r\nb: 2"}})", "2.0"},
          Row{R"({"statusCode": 200, "headers": {"a b": "1"}})", "2.0"},
          Row{R"({"statusCode": 200, "body": "%", "isBase64Encoded": true})", "2.0"},
          Row{R"({"message": "no status"})", "1.0"}, Row{R"("text")", "1.0"}}) {
        const auto reply = read_reply(row.payload, row.version);
        EXPECT_EQ(reply.status, 500) << row.payload;
        EXPECT_EQ(reply.body, R"({"message":"Internal Server Error"})");
    }
}

http::Request preflight(std::string origin) {
    http::Request request;
    request.method = "OPTIONS";
    request.headers = {{"Origin", std::move(origin)}, {"Access-Control-Request-Method", "PUT"}};
    return request;
}

TEST(Cors, AnswersAPreflightAsConfigured) {
    aws::apigatewayv2::Cors cors;
    cors.AllowOrigins = {{"https://shop.example", "http://*"}};
    cors.AllowMethods = {{"GET", "PUT"}};
    cors.AllowHeaders = {{"x-one", "x-two"}};
    cors.AllowCredentials = true;
    cors.MaxAge = 60;
    const auto reply = preflight_reply(cors, preflight("https://shop.example"));
    EXPECT_EQ(reply.status, 204);
    EXPECT_EQ(reply.headers.get("access-control-allow-origin"), "https://shop.example");
    EXPECT_EQ(reply.headers.get("access-control-allow-methods"), "GET,PUT");
    EXPECT_EQ(reply.headers.get("access-control-allow-headers"), "x-one,x-two");
    EXPECT_EQ(reply.headers.get("access-control-allow-credentials"), "true");
    EXPECT_EQ(reply.headers.get("access-control-max-age"), "60");
    EXPECT_EQ(preflight_reply(cors, preflight("http://localhost:3000")).headers.get("access-control-allow-origin"),
              "http://localhost:3000");
    EXPECT_FALSE(preflight_reply(cors, preflight("https://evil.example")).headers.has("access-control-allow-origin"));
}

TEST(Cors, ReplacesWhatAFunctionSays) {
    aws::apigatewayv2::Cors cors;
    cors.AllowOrigins = {{"*"}};
    http::Response response;
    response.headers = {{"access-control-allow-origin", "https://other.example"}, {"access-control-max-age", "9"}};
    apply_cors(cors, preflight("https://shop.example"), response);
    EXPECT_THAT(response.headers.all("access-control-allow-origin"), testing::ElementsAre("*"));
    EXPECT_FALSE(response.headers.has("access-control-max-age"));
}

TEST(RouteKey, IsCheckedAsAwsDoes) {
    for (const auto* key : {"$default", "GET /", "ANY /{proxy+}", "POST /a/{b}/c", "GET /a/{b}/{c+}", "GET /a.b-c_d"}) {
        EXPECT_NO_THROW(check_route_key(key)) << key;
    }
    for (const auto* key : {"", "GET", "GET/a", "get /a", "TRACE /a", "GET a", "GET /{a+}/b", "GET /{}", "GET /a{b}",
                            "GET /{a}/{a}", "GET /a b"}) {
        EXPECT_THROW(check_route_key(key), aws::apigatewayv2::BadRequestException) << key;
    }
}

TEST(IntegrationUri, NamesItsFunctionInEitherForm) {
    constexpr auto arn = "arn:aws:lambda:us-east-1:000000000000:function:orders";
    EXPECT_EQ(function_of(arn), arn);
    EXPECT_EQ(
        function_of(fmt::format("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{}/invocations", arn)),
        arn);
    EXPECT_FALSE(function_of("https://example.com"));
    EXPECT_FALSE(function_of("arn:aws:sqs:us-east-1:000000000000:orders"));
    EXPECT_FALSE(function_of(""));
    EXPECT_EQ(with_stage_variables("a:${stageVariables.x}:b", {{"x", "1"}}), "a:1:b");
    EXPECT_FALSE(with_stage_variables("a:${stageVariables.y}:b", {{"x", "1"}}));
}

constexpr auto sam_document = R"({
    "openapi": "3.0.1",
    "info": {"version": "1.0", "title": "orders"},
    "paths": {
        "/orders": {"post": {"x-amazon-apigateway-integration": {"httpMethod": "POST", "type": "aws_proxy",
            "uri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:place/invocations",
            "payloadFormatVersion": "2.0"}, "responses": {}}},
        "$default": {"x-amazon-apigateway-any-method": {"isDefaultRoute": true, "x-amazon-apigateway-integration": {
            "httpMethod": "POST", "type": "aws_proxy", "payloadFormatVersion": "1.0",
            "uri": "arn:aws:lambda:us-east-1:000000000000:function:rest"}, "responses": {}}}
    },
    "tags": [{"name": "httpapi:createdBy", "x-amazon-apigateway-tag-value": "SAM"}],
    "x-amazon-apigateway-cors": {"allowOrigins": ["*"], "maxAge": 600}
})";

TEST(OpenApi, OfSamBecomesRoutesAndIntegrations) {
    const auto blueprint = read_open_api(sam_document);
    EXPECT_EQ(blueprint.name, "orders");
    EXPECT_EQ(blueprint.version, "1.0");
    EXPECT_EQ(blueprint.tags.at("httpapi:createdBy"), "SAM");
    EXPECT_EQ(*blueprint.cors->AllowOrigins, std::vector<std::string>{"*"});
    EXPECT_EQ(blueprint.cors->MaxAge, 600);
    ASSERT_EQ(blueprint.operations.size(), 2u);
    EXPECT_EQ(blueprint.operations[0].route.RouteKey, "POST /orders");
    EXPECT_EQ(blueprint.operations[0].integration->IntegrationType, "AWS_PROXY");
    EXPECT_EQ(blueprint.operations[1].route.RouteKey, "$default");
    EXPECT_EQ(blueprint.operations[1].integration->PayloadFormatVersion, "1.0");
}

TEST(OpenApi, MayBeYaml) {
    const auto blueprint = read_open_api(
        "openapi: '3.0.1'\ninfo:\n  title: pets\n  version: '2'\npaths:\n  /pets/{id}:\n"
        "    get:\n      operationId: getPet\n");
    ASSERT_EQ(blueprint.operations.size(), 1u);
    EXPECT_EQ(blueprint.operations[0].route.RouteKey, "GET /pets/{id}");
    EXPECT_EQ(blueprint.operations[0].route.OperationName, "getPet");
    EXPECT_EQ(blueprint.version, "2");
}

TEST(OpenApi, WithWhatIsNotBuiltIsRefusedByName) {
    const auto with = [](std::string extra) {
        return R"({"openapi": "3.0.1", "info": {"title": "a"}, "paths": {"/a": {"get": {)" + extra + "}}}}";
    };
    const auto refused = [](const std::string& document) -> std::string {
        try {
            read_open_api(document);
        } catch (const aws::Error& error) {
            return fmt::format("{} {}", error.status, error.message);
        }
        return "";
    };
    EXPECT_EQ(refused(with("")), "");
    EXPECT_THAT(
        refused(with(R"("x-amazon-apigateway-request-validator": "all")")),
        testing::AllOf(testing::StartsWith("501"), testing::HasSubstr("x-amazon-apigateway-request-validator")));
    EXPECT_THAT(refused(with(R"("security": [{"jwt": []}])")), testing::StartsWith("501"));
    EXPECT_THAT(
        refused(with(R"("x-amazon-apigateway-integration": {"type": "http_proxy", "connectionType": "VPC_LINK"})")),
        testing::AllOf(testing::StartsWith("501"), testing::HasSubstr("VPC_LINK")));
    EXPECT_THAT(refused(R"({"swagger": "2.0"})"), testing::StartsWith("400"));
    EXPECT_THAT(refused("{nonsense"), testing::StartsWith("400"));
}

}  // namespace
}  // namespace cumulet::apigatewayv2
