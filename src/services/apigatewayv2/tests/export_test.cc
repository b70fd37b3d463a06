// What is exported imports to the same.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/apigatewayv2/open_api.h"
#include "services/apigatewayv2/tests/support/world.h"

namespace cumulet::apigatewayv2 {
namespace {

using namespace aws::apigatewayv2;

constexpr auto shop = R"({
"openapi": "3.0.1", "info": {"title": "shop", "version": "7", "description": "all of it"},
"tags": [{"name": "team", "x-amazon-apigateway-tag-value": "orders"}],
"x-amazon-apigateway-cors": {"allowOrigins": ["https://shop.example"], "allowMethods": ["GET"], "maxAge": 60},
"components": {"securitySchemes": {
  "tokens": {"type": "oauth2", "flows": {}, "x-amazon-apigateway-authorizer": {"type": "jwt",
    "identitySource": "$request.header.Authorization",
    "jwtConfiguration": {"issuer": "https://issuer.example", "audience": ["shop"]}}},
  "asked": {"type": "apiKey", "name": "x", "in": "header", "x-amazon-apigateway-authorizer": {"type": "request",
    "identitySource": "$request.header.x,$request.querystring.y", "authorizerPayloadFormatVersion": "2.0",
    "authorizerResultTtlInSeconds": 30, "enableSimpleResponses": true,
    "authorizerUri": "arn:aws:lambda:us-east-1:000000000000:function:ask"}},
  "signed": {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"}}},
"paths": {
  "/orders/{id}": {
    "get": {"operationId": "read", "security": [{"tokens": ["orders.read"]}], "responses": {},
      "x-amazon-apigateway-integration": {"type": "aws_proxy", "payloadFormatVersion": "2.0", "httpMethod": "POST",
        "uri": "arn:aws:lambda:us-east-1:000000000000:function:orders", "timeoutInMillis": 5000}},
    "x-amazon-apigateway-any-method": {"security": [{"asked": []}], "responses": {},
      "x-amazon-apigateway-integration": {"type": "http_proxy", "httpMethod": "ANY", "uri": "https://site.example/{id}",
        "payloadFormatVersion": "1.0", "requestParameters": {"append:header.x": "$context.requestId"},
        "responseParameters": {"200": {"overwrite:header.y": "1"}}}}},
  "/jobs": {"post": {"security": [{"signed": []}], "responses": {},
    "x-amazon-apigateway-integration": {"type": "aws_proxy", "integrationSubtype": "SQS-SendMessage",
      "payloadFormatVersion": "1.0", "credentials": "arn:aws:iam::000000000000:role/sender",
      "requestParameters": {"QueueUrl": "u", "MessageBody": "$request.body"}}}},
  "/$default": {"x-amazon-apigateway-any-method": {"isDefaultRoute": true, "responses": {},
    "x-amazon-apigateway-integration": {"type": "aws_proxy", "payloadFormatVersion": "1.0", "httpMethod": "POST",
      "uri": "arn:aws:lambda:us-east-1:000000000000:function:rest"}}}}})";

struct Exporting : World {
    std::string import(std::string body) {
        ImportApiRequest request;
        request.Body = std::move(body);
        return *run(service.import_api(call, request)).ApiId;
    }
    std::string exported(const std::string& api, std::string type, std::optional<std::string> stage_name = {},
                         bool extensions = true) {
        ExportApiRequest request;
        request.ApiId = api;
        request.OutputType = std::move(type);
        request.Specification = "OAS30";
        request.StageName = std::move(stage_name);
        request.IncludeExtensions = extensions;
        return *run(service.export_api(call, request)).body;
    }
};

TEST(Exports, ImportToTheSame) {
    Exporting world;
    const auto first = world.exported(world.import(shop), "JSON");
    const auto document = parse_json(first).value();
    EXPECT_EQ(world.exported(world.import(first), "JSON"), first);
    const auto yaml = world.exported(world.import(shop), "YAML");
    EXPECT_THAT(yaml, testing::StartsWith("---\n"));
    EXPECT_EQ(parse_json(world.exported(world.import(yaml), "JSON")).value(), document);

    const auto blueprint = read_open_api(first);
    EXPECT_EQ(blueprint.name, "shop");
    EXPECT_EQ(blueprint.version, "7");
    EXPECT_EQ(blueprint.tags.at("team"), "orders");
    EXPECT_EQ(blueprint.operations.size(), 4u);
    EXPECT_EQ(blueprint.authorizers.size(), 2u);
    EXPECT_EQ(blueprint.cors->MaxAge, 60);
    EXPECT_FALSE(document.as_object().contains("servers"));
}

TEST(Exports, LeaveOutWhatIsApiGatewaysOwn) {
    Exporting world;
    const auto text = world.exported(world.import(shop), "JSON", {}, false);
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("x-amazon")));
    const auto document = parse_json(text).value();
    EXPECT_TRUE(document.at("paths").at("/orders/{id}").as_object().contains("get"));
    EXPECT_EQ(document.at("paths").at("/orders/{id}").at("get").at("parameters").at(0).at("name").as_string(), "id");
}

TEST(Exports, AreOfWhatAStageServes) {
    Exporting world;
    const auto api = world.import(shop);
    CreateDeploymentRequest deployment{.ApiId = api};
    const auto id = world.run(world.service.create_deployment(world.call, deployment)).DeploymentId;
    CreateStageRequest stage;
    stage.ApiId = api;
    stage.StageName = "prod";
    stage.DeploymentId = id;
    world.run(world.service.create_stage(world.call, stage));
    world.route(api, "GET /later", world.integration(api));
    const auto document = parse_json(world.exported(api, "JSON", "prod")).value();
    EXPECT_FALSE(document.at("paths").as_object().contains("/later"));
    EXPECT_EQ(document.at("servers").at(0).at("variables").at("basePath").at("default").as_string(), "/prod");
    EXPECT_THROW(world.exported(api, "JSON", "none"), NotFoundException);
    EXPECT_THROW(world.exported(api, "XML"), BadRequestException);
}

TEST(Imports, PutTheBasePathInFrontWhereAsked) {
    const auto keys = [](std::string_view mode) {
        auto blueprint = read_open_api(R"({"openapi": "3.0.1", "info": {"title": "t", "version": "1"},
            "servers": [{"url": "https://x.example/{basePath}", "variables": {"basePath": {"default": "/shop/v1/"}}}],
            "paths": {"/": {"get": {}}, "/a": {"get": {}}, "$default": {"x-amazon-apigateway-any-method": {}}}})");
        apply_base_path(blueprint, mode);
        std::vector<std::string> all;
        for (const auto& operation : blueprint.operations) all.push_back(operation.route.RouteKey);
        return all;
    };
    EXPECT_EQ(keys("ignore"), (std::vector<std::string>{"GET /", "GET /a", "$default"}));
    EXPECT_EQ(keys("prepend"), (std::vector<std::string>{"GET /shop/v1", "GET /shop/v1/a", "$default"}));
    EXPECT_EQ(keys("split"), (std::vector<std::string>{"GET /v1", "GET /v1/a", "$default"}));
    EXPECT_THROW(keys("other"), BadRequestException);
}

}  // namespace
}  // namespace cumulet::apigatewayv2
