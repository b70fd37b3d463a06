// OpenAPI documents, and what CloudFormation does with REST APIs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/apigateway/open_api.h"
#include "services/apigateway/tests/support/world.h"

namespace cumulet::apigateway {
namespace {

using namespace aws::apigateway;

constexpr auto swagger = R"-(
swagger: "2.0"
info: {title: shop, version: "7", description: sells}
x-amazon-apigateway-binary-media-types: [image/png]
x-amazon-apigateway-request-validators: {all: {validateRequestBody: true, validateRequestParameters: true}}
x-amazon-apigateway-gateway-responses: {THROTTLED: {statusCode: 503, responseTemplates: {application/json: busy}}}
securityDefinitions:
  key: {type: apiKey, name: x-api-key, in: header}
  tokens:
    type: apiKey
    name: X-Token
    in: header
    x-amazon-apigateway-authtype: custom
    x-amazon-apigateway-authorizer: {type: token, authorizerUri: "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:auth/invocations"}
definitions:
  Pet: {type: object, required: [name], properties: {name: {type: string}, owner: {$ref: "#/definitions/Owner"}}}
  Owner: {type: object, required: [id]}
paths:
  /pets/{id}:
    parameters: [{name: id, in: path, required: true}]
    post:
      operationId: addPet
      x-amazon-apigateway-request-validator: all
      parameters: [{name: pet, in: body, schema: {$ref: "#/definitions/Pet"}}, {name: page, in: query}]
      responses: {"200": {description: good, headers: {X-A: {type: string}}, schema: {$ref: "#/definitions/Pet"}}}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        responses:
          default: {statusCode: 200, responseParameters: {method.response.header.X-A: "'a'"}, responseTemplates: {application/json: made}}
          "5\\d\\d": {statusCode: "500"}
    x-amazon-apigateway-any-method:
      security: [{tokens: []}, {key: []}]
      responses: {}
      x-amazon-apigateway-integration: {type: http_proxy, httpMethod: ANY, uri: "http://backend/"}
)-";

TEST(Import, ReadsSwagger) {
    World world;
    const auto api = world.run(world.service.import_rest_api(world.call, {.body = swagger}));
    EXPECT_EQ(api.name, "shop");
    EXPECT_EQ(api.description, "sells");
    EXPECT_EQ(api.version, "7");
    EXPECT_EQ(api.binaryMediaTypes, std::vector<std::string>{"image/png"});
    const auto resources =
        world.run(world.service.get_resources(world.call, {.restApiId = *api.id, .embed = {{"methods"}}}));
    ASSERT_EQ(resources.items->size(), 3u);
    const auto& methods = *resources.items->back().resourceMethods;
    const auto& post = methods.at("POST");
    EXPECT_EQ(post.operationName, "addPet");
    EXPECT_EQ(post.requestModels->at("application/json"), "Pet");
    EXPECT_EQ(post.requestParameters->at("method.request.path.id"), true);
    EXPECT_EQ(post.requestParameters->at("method.request.querystring.page"), false);
    EXPECT_EQ(post.methodResponses->at("200").responseModels->at("application/json"), "Pet");
    EXPECT_EQ(post.methodIntegration->integrationResponses->at("500").selectionPattern, "5\\d\\d");
    EXPECT_FALSE(post.methodIntegration->integrationResponses->at("200").selectionPattern);
    const auto& any = methods.at("ANY");
    EXPECT_EQ(any.authorizationType, "CUSTOM");
    EXPECT_EQ(any.apiKeyRequired, true);
    EXPECT_EQ(any.methodIntegration->type, "HTTP_PROXY");
    const auto authorizers = world.run(world.service.get_authorizers(world.call, {.restApiId = *api.id}));
    EXPECT_EQ(authorizers.items->front().identitySource, "method.request.header.X-Token");
    EXPECT_EQ(authorizers.items->front().type, "TOKEN");
    EXPECT_EQ(world.run(world.service.get_gateway_response(world.call, {*api.id, "THROTTLED"})).statusCode, "503");
}

TEST(Import, ServesWhatItRead) {
    World world;
    world.run(world.service.put_rest_api(world.call, {.restApiId = world.api, .mode = "overwrite", .body = swagger}));
    world.redeploy();
    const auto made = world.send("POST", "/pets/7", R"({"name": "Rex", "owner": {"id": 1}})");
    EXPECT_EQ(made.body, "made");
    EXPECT_EQ(made.headers.get("x-a"), "a");
    EXPECT_EQ(world.send("POST", "/pets/7", R"({"name": "Rex", "owner": {}})").status, 400) << "another model's rule";
}

TEST(Import, MergesOrOverwrites) {
    World world;
    world.add_mock("/old", "GET");
    const auto paths = [&] {
        std::vector<std::string> paths;
        for (const auto& resource : *world.run(world.service.get_resources(world.call, {.restApiId = world.api})).items)
            paths.push_back(*resource.path);
        return paths;
    };
    world.run(world.service.put_rest_api(world.call, {.restApiId = world.api, .mode = "merge", .body = swagger}));
    EXPECT_THAT(paths(), testing::ElementsAre("/", "/old", "/pets", "/pets/{id}"));
    world.run(world.service.put_rest_api(world.call, {.restApiId = world.api, .mode = "overwrite", .body = swagger}));
    EXPECT_THAT(paths(), testing::ElementsAre("/", "/pets", "/pets/{id}"));
}

TEST(Import, ReadsOpenApi3) {
    World world;
    const auto api = world.run(world.service.import_rest_api(world.call, {.body = R"({
        "openapi": "3.0.1", "info": {"title": "three", "version": "1"},
        "components": {"schemas": {"Pet": {"type": "object"}},
                       "parameters": {"page": {"name": "page", "in": "query", "required": true}}},
        "paths": {"/": {"put": {"parameters": [{"$ref": "#/components/parameters/page"}],
            "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}},
            "responses": {"200": {"content": {"text/plain": {"schema": {"type": "string"}}}}},
            "x-amazon-apigateway-auth": {"type": "AWS_IAM"},
            "x-amazon-apigateway-integration": {"type": "mock"}}}}})"}));
    const auto method = world.run(world.service.get_method(world.call, {*api.id, *api.rootResourceId, "PUT"}));
    EXPECT_EQ(method.authorizationType, "AWS_IAM");
    EXPECT_EQ(method.requestModels->at("application/json"), "Pet");
    EXPECT_EQ(method.requestParameters->at("method.request.querystring.page"), true);
    EXPECT_THAT(method.methodResponses->at("200").responseModels->at("text/plain"), testing::StartsWith("MODEL"));
}

TEST(Import, RefusesWhatItCannotRead) {
    World world;
    const auto refused = [&](std::string body) {
        try {
            world.run(world.service.import_rest_api(world.call, {.body = std::move(body)}));
        } catch (const aws::Error& error) {
            return fmt::format("{} {}", error.status, error.message);
        }
        return std::string();
    };
    EXPECT_EQ(refused("nonsense"), "400 Invalid OpenAPI input.");
    EXPECT_EQ(refused("{}"), "400 Invalid OpenAPI input.");
    EXPECT_THAT(refused(R"({"swagger": "2.0", "paths": {"/a b": {}}})"),
                testing::StartsWith("400 Resource's path part"));
    EXPECT_THAT(refused(R"({"swagger": "2.0", "paths": {"/": {"get": {"parameters": [{"$ref": "#/x/y"}]}}}})"),
                testing::HasSubstr("unresolvable reference #/x/y"));
}

struct StackWorld : World {
    std::vector<std::unique_ptr<contracts::ResourceType>> types = resource_types(door);
    contracts::ResourceContext context{.stack_name = "shop",
                                       .stack_id = "arn:aws:cloudformation:us-east-1:000000000000:stack/shop/1",
                                       .logical_id = "Thing",
                                       .client_token = "token-1",
                                       .stack_tags = {{"team", "pets"}},
                                       .generated_name = "shop-Thing-1"};
    contracts::ResourceType& type(std::string_view name) {
        for (auto& each : types)
            if (each->name() == fmt::format("AWS::ApiGateway::{}", name)) return *each;
        throw std::out_of_range(std::string(name));
    }
    contracts::Resource create(std::string_view name, std::string_view properties) {
        return run(type(name).create(call, context, parse_json(properties)->as_object()));
    }
    contracts::Resource update(std::string_view name, const std::string& id, std::string_view before,
                               std::string_view after) {
        return run(
            type(name).update(call, context, id, parse_json(before)->as_object(), parse_json(after)->as_object()));
    }
};

TEST(CloudFormation, MakesAnApiOfItsParts) {
    StackWorld world;
    const auto made = world.create("RestApi", R"({"Name": "parts", "BinaryMediaTypes": ["image/png"],
        "Policy": {"Statement": []}, "Tags": [{"Key": "a", "Value": "b"}]})");
    EXPECT_EQ(world.create("RestApi", R"({"Name": "parts"})").physical_id, made.physical_id) << "a repeated step";
    const auto& id = world.api = made.physical_id;
    const auto root = std::string(made.attributes.at("RootResourceId").as_string());
    const auto api = world.run(world.service.get_rest_api(world.call, {id}));
    const std::map<std::string, std::string> tags{{"a", "b"}, {"team", "pets"}};
    EXPECT_EQ(api.tags, tags);
    const auto resource = world
                              .create("Resource", fmt::format(R"({{"RestApiId": "{}", "ParentId": "{}",
        "PathPart": "pets"}})",
                                                              id, root))
                              .physical_id;
    const auto method = fmt::format(R"({{"RestApiId": "{}", "ResourceId": "{}", "HttpMethod": "GET",
        "AuthorizationType": "NONE", "MethodResponses": [{{"StatusCode": 200, "ResponseParameters":
            {{"method.response.header.X-A": "true"}}}}],
        "Integration": {{"Type": "MOCK", "RequestTemplates": {{"application/json": "{{\"statusCode\": 200}}"}},
            "IntegrationResponses": [{{"StatusCode": "200", "ResponseTemplates": {{"application/json": "hello"}},
                "ResponseParameters": {{"method.response.header.X-A": "'x'"}}}}]}}}})",
                                    id, resource);
    world.create("Method", method);
    const auto deployment = world.create("Deployment", fmt::format(R"({{"RestApiId": "{}"}})", id)).physical_id;
    const auto stage = fmt::format(R"({{"RestApiId": "{}", "StageName": "prod", "DeploymentId": "{}",
        "Variables": {{"a": 1}}, "MethodSettings": [{{"ResourcePath": "/*", "HttpMethod": "*",
            "ThrottlingRateLimit": 3}}]}})",
                                   id, deployment);
    world.create("Stage", stage);
    const auto answer = world.get("/pets");
    EXPECT_EQ(answer.body, "hello");
    EXPECT_EQ(answer.headers.get("x-a"), "x");
    auto read = world.run(world.service.get_stage(world.call, {id, "prod"}));
    EXPECT_EQ(read.variables->at("a"), "1");
    EXPECT_EQ(read.methodSettings->at("*/*").throttlingRateLimit, 3);

    world.update("Stage", "prod", stage,
                 fmt::format(R"({{"RestApiId": "{}", "StageName": "prod",
        "DeploymentId": "{}", "Variables": {{"b": "2"}}, "CacheClusterEnabled": true}})",
                             id, deployment));
    read = world.run(world.service.get_stage(world.call, {id, "prod"}));
    EXPECT_FALSE(read.variables->contains("a"));
    EXPECT_TRUE(read.methodSettings->empty());
    EXPECT_EQ(read.cacheClusterStatus, "AVAILABLE");
    const auto plan = world
                          .create("UsagePlan", fmt::format(R"({{"UsagePlanName": "gold", "ApiStages":
        [{{"ApiId": "{}", "Stage": "prod"}}], "Quota": {{"Limit": 5, "Period": "DAY"}}}})",
                                                           id))
                          .physical_id;
    const auto key = world.create("ApiKey", R"({"Enabled": "true", "Name": "k"})").physical_id;
    world.create("UsagePlanKey",
                 fmt::format(R"({{"KeyId": "{}", "KeyType": "API_KEY", "UsagePlanId": "{}"}})", key, plan));
    EXPECT_EQ(world.run(world.service.get_usage_plan_keys(world.call, {.usagePlanId = plan})).items->size(), 1u);
    world.run(world.type("UsagePlan").remove(world.call, world.context, plan, {}));
    world.run(world.type("RestApi").remove(world.call, world.context, id, {}));
    world.run(world.type("RestApi").remove(world.call, world.context, id, {}));
    EXPECT_THROW(world.run(world.service.get_rest_api(world.call, {id})), NotFoundException);
}

TEST(CloudFormation, MakesAnApiOfADocument) {
    StackWorld world;
    const auto made = world.create("RestApi", R"({"Body": {"swagger": "2.0", "info": {"title": "doc", "version": "1"},
        "paths": {"/a": {"get": {"x-amazon-apigateway-integration": {"type": "mock"}}}}}})");
    EXPECT_EQ(world.run(world.service.get_rest_api(world.call, {made.physical_id})).name, "doc");
    EXPECT_EQ(world.run(world.service.get_resources(world.call, {.restApiId = made.physical_id})).items->size(), 2u);
    EXPECT_THROW(world.create("RestApi", R"({"Colour": "blue"})"), aws::Error);
}

}  // namespace
}  // namespace cumulet::apigateway
