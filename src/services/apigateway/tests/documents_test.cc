// What becomes of definitions as documents: exports, base paths, documentation, models as one schema.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "contracts/document_text.h"
#include "contracts/model_schema.h"
#include "services/apigateway/tests/support/world.h"
#include "velocity/mapping.h"

namespace cumulet::apigateway {
namespace {

using namespace aws::apigateway;

constexpr auto whole = R"-(
openapi: "3.0.1"
info: {title: shop, version: "7", description: sells}
x-amazon-apigateway-binary-media-types: [image/png]
x-amazon-apigateway-minimum-compression-size: 100
x-amazon-apigateway-api-key-source: AUTHORIZER
x-amazon-apigateway-policy: {Version: "2012-10-17", Statement: {Effect: Allow, Principal: "*", Action: "*", Resource: "*"}}
x-amazon-apigateway-request-validators: {all: {validateRequestBody: true, validateRequestParameters: false}}
x-amazon-apigateway-gateway-responses: {THROTTLED: {statusCode: "503", responseParameters: {gatewayresponse.header.X: "'1'"}, responseTemplates: {application/json: busy}}}
x-amazon-apigateway-documentation: {version: "1", documentationParts: [{location: {type: METHOD, path: /pets, method: GET}, properties: {description: lists}}]}
components:
  schemas:
    Pet: {type: object, properties: {name: {type: string}, owner: {$ref: "#/components/schemas/Owner"}}}
    Owner: {type: object}
  securitySchemes:
    api_key: {type: apiKey, name: x-api-key, in: header}
    sigv4: {type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4}
    pool: {type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: cognito_user_pools, x-amazon-apigateway-authorizer: {type: cognito_user_pools, providerARNs: ["arn:aws:cognito-idp:us-east-1:000000000000:userpool/pool_1"]}}
    asked: {type: apiKey, name: Unused, in: header, x-amazon-apigateway-authtype: custom, x-amazon-apigateway-authorizer: {type: request, identitySource: "method.request.header.A, method.request.querystring.b", authorizerResultTtlInSeconds: 60, authorizerUri: "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:auth/invocations"}}
paths:
  /pets:
    get:
      operationId: listPets
      x-amazon-apigateway-request-validator: all
      security: [{asked: []}, {api_key: []}]
      parameters: [{name: page, in: query, required: true, schema: {type: string}}, {name: X-A, in: header, schema: {type: string}}]
      responses: {"200": {description: good, headers: {X-B: {schema: {type: string}}}, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        passthroughBehavior: when_no_templates
        responses:
          default: {statusCode: "200", responseParameters: {method.response.header.X-B: "'b'"}, responseTemplates: {application/json: "made\n"}}
          "5\\d\\d": {statusCode: "500", contentHandling: CONVERT_TO_TEXT}
    post:
      security: [{pool: [read, write]}]
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
      responses: {}
      x-amazon-apigateway-integration: {type: http, httpMethod: PUT, uri: "http://backend/", timeoutInMillis: 1000, cacheKeyParameters: [method.request.querystring.page], cacheNamespace: own, tlsConfig: {insecureSkipVerification: true}, requestParameters: {integration.request.header.X: "'x'"}}
  /pets/{id+}:
    x-amazon-apigateway-any-method:
      security: [{sigv4: []}]
      responses: {}
      x-amazon-apigateway-integration: {type: http_proxy, httpMethod: ANY, uri: "http://backend/{id}", requestParameters: {integration.request.path.id: method.request.path.id}}
)-";

json::value export_of(World& world, const std::string& api, std::string type,
                      std::string accepts = "application/json") {
    world.run(world.service.create_deployment(world.call, {.restApiId = api, .stageName = "prod"}));
    const auto answer = world.run(world.service.get_export(world.call, {.restApiId = api,
                                                                        .stageName = "prod",
                                                                        .exportType = std::move(type),
                                                                        .parameters = {{{"extensions", "apigateway"}}},
                                                                        .accepts = accepts}));
    EXPECT_EQ(answer.contentType, accepts);
    return *contracts::parse_document(answer.body.value_or(""));
}

/// Without what says where the API is.
json::value placeless(json::value document) {
    for (const auto* own : {"servers", "host"}) document.as_object().erase(own);
    return document;
}

TEST(Export, IsWhatAnImportMakesAgain) {
    for (const auto* type : {"oas30", "swagger"}) {
        World world;
        const auto made = world.run(world.service.import_rest_api(world.call, {.body = whole}));
        const auto first = export_of(world, *made.id, type);
        const auto again = world.run(world.service.import_rest_api(world.call, {.body = json::serialize(first)}));
        EXPECT_EQ(placeless(export_of(world, *again.id, type)), placeless(first)) << type;
        EXPECT_EQ(placeless(export_of(world, *again.id, type, "application/yaml")), placeless(first)) << type;
    }
}

TEST(Export, KeepsWhatADocumentSaid) {
    World world;
    const auto made = world.run(world.service.import_rest_api(world.call, {.body = whole}));
    const auto document = export_of(world, *made.id, "oas30");
    const auto source = *contracts::parse_document(whole);
    for (const auto* member :
         {"info", "x-amazon-apigateway-binary-media-types", "x-amazon-apigateway-minimum-compression-size",
          "x-amazon-apigateway-api-key-source", "x-amazon-apigateway-policy", "x-amazon-apigateway-request-validators"})
        EXPECT_EQ(document.at(member), source.at(member)) << member;
    const auto& get = document.at("paths").at("/pets").at("get");
    EXPECT_EQ(get.at("operationId"), "listPets");
    EXPECT_EQ(get.at("security"),
              (json::array{json::object{{"asked", json::array()}}, json::object{{"api_key", json::array()}}}));
    EXPECT_EQ(get.at("x-amazon-apigateway-request-validator"), "all");
    EXPECT_EQ(get.at("x-amazon-apigateway-integration").at("responses"),
              source.at("paths").at("/pets").at("get").at("x-amazon-apigateway-integration").at("responses"));
    EXPECT_EQ(document.at("paths").at("/pets").at("post").at("security").at(0).at("pool"),
              (json::array{"read", "write"}));
    EXPECT_EQ(document.at("components").at("schemas").at("Pet"), source.at("components").at("schemas").at("Pet"));
    EXPECT_EQ(document.at("components").at("securitySchemes"), source.at("components").at("securitySchemes"));
    EXPECT_TRUE(document.at("paths").at("/pets/{id+}").as_object().contains("x-amazon-apigateway-any-method"));
    const auto& parts = document.at("x-amazon-apigateway-documentation").at("documentationParts").as_array();
    EXPECT_EQ(parts.at(0).at("properties"), *parse_json(R"({"description": "lists"})"));
    const auto& server = document.at("servers").at(0);
    EXPECT_EQ(server.at("variables").at("basePath").at("default"), "/prod");
}

TEST(Export, HasOnlyTheExtensionsThatWereAskedFor) {
    World world;
    world.mock("/pets", "GET");
    const auto text = [&](std::optional<std::map<std::string, std::string>> parameters) {
        return *world
                    .run(world.service.get_export(world.call, {.restApiId = world.api,
                                                               .stageName = "prod",
                                                               .exportType = "swagger",
                                                               .parameters = std::move(parameters)}))
                    .body;
    };
    EXPECT_THAT(text({}), testing::Not(testing::HasSubstr("x-amazon-apigateway")));
    EXPECT_THAT(text({{{"extensions", "integrations,authorizers"}}}),
                testing::HasSubstr("x-amazon-apigateway-integration"));
    try {
        text({{{"extensions", "postman"}}});
        FAIL() << "postman is not built";
    } catch (const aws::Error& error) {
        EXPECT_EQ(error.status, 501);
        EXPECT_THAT(error.message, testing::HasSubstr("postman"));
    }
    EXPECT_THROW(world.run(world.service.get_export(
                     world.call, {.restApiId = world.api, .stageName = "prod", .exportType = "raml"})),
                 BadRequestException);
    EXPECT_THROW(world.run(world.service.get_export(
                     world.call, {.restApiId = world.api, .stageName = "none", .exportType = "oas30"})),
                 NotFoundException);
}

TEST(Import, PutsTheBasePathWhereItIsTold) {
    const auto paths = [](const std::string& document, std::optional<std::string> basepath) {
        World world;
        std::optional<std::map<std::string, std::string>> parameters;
        if (basepath) parameters = {{{"basepath", *basepath}}};
        const auto api =
            world.run(world.service.import_rest_api(world.call, {.parameters = parameters, .body = document}));
        std::vector<std::string> paths;
        for (const auto& resource :
             *world.run(world.service.get_resources(world.call, {.restApiId = *api.id, .limit = 500})).items)
            paths.push_back(*resource.path);
        return paths;
    };
    using testing::ElementsAre;
    const auto rest = R"("info": {"title": "t", "version": "1"}, "paths": {"/e": {}, "/f": {}}})";
    const auto swagger = std::string(R"({"swagger": "2.0", "basePath": "/a/b/c", )") + rest;
    EXPECT_THAT(paths(swagger, {}), ElementsAre("/", "/e", "/f"));
    EXPECT_THAT(paths(swagger, "ignore"), ElementsAre("/", "/e", "/f"));
    EXPECT_THAT(paths(swagger, "prepend"), ElementsAre("/", "/a", "/a/b", "/a/b/c", "/a/b/c/e", "/a/b/c/f"));
    EXPECT_THAT(paths(swagger, "split"), ElementsAre("/", "/b", "/b/c", "/b/c/e", "/b/c/f"));
    const auto variable = std::string(
        R"({"openapi": "3.0.1", "servers": [{"url": "/{basePath}", "variables": {"basePath": {"default": "v1"}}}], )");
    EXPECT_THAT(paths(variable + rest, "prepend"), ElementsAre("/", "/v1", "/v1/e", "/v1/f"));
    const auto url = std::string(R"({"openapi": "3.0.1", "servers": [{"url": "https://example.com/v2/"}], )");
    EXPECT_THAT(paths(url + rest, "prepend"), ElementsAre("/", "/v2", "/v2/e", "/v2/f"));
    EXPECT_THAT(paths(url + rest, "split"), ElementsAre("/", "/e", "/f"));
}

TEST(Documentation, IsImportedAndKeptByVersions) {
    World world;
    const auto import = [&](std::string properties, std::string mode) {
        return world.run(world.service.import_documentation_parts(
            world.call, {.restApiId = world.api,
                         .mode = mode,
                         .body = R"({"openapi": "3.0.1", "x-amazon-apigateway-documentation": {"documentationParts": [
                             {"location": {"type": "API"}, "properties": )" +
                                 properties + "}]}}"}));
    };
    world.run(world.service.create_documentation_part(
        world.call, {.restApiId = world.api, .location = {.type = "RESOURCE", .path = "/"}, .properties = "{}"}));
    const auto parts = [&] {
        return *world.run(world.service.get_documentation_parts(world.call, {.restApiId = world.api})).items;
    };
    EXPECT_EQ(import(R"({"description": "first"})", "merge").ids->size(), 1u);
    EXPECT_EQ(parts().size(), 2u);
    world.run(
        world.service.create_documentation_version(world.call, {.restApiId = world.api, .documentationVersion = "1"}));
    import(R"({"description": "second"})", "merge");
    EXPECT_EQ(parts().size(), 2u) << "the part of the same location is replaced";
    import(R"({"description": "third"})", "overwrite");
    ASSERT_EQ(parts().size(), 1u);
    EXPECT_EQ(parts()[0].properties, R"({"description":"third"})");

    world.mock("/", "GET");
    world.run(world.service.update_stage(
        world.call, {.restApiId = world.api,
                     .stageName = "prod",
                     .patchOperations = {{{.op = "replace", .path = "/documentationVersion", .value = "1"}}}}));
    const auto exported =
        *world
             .run(world.service.get_export(world.call, {.restApiId = world.api,
                                                        .stageName = "prod",
                                                        .exportType = "oas30",
                                                        .parameters = {{{"extensions", "documentation"}}}}))
             .body;
    EXPECT_THAT(exported, testing::HasSubstr("first"));
    EXPECT_THAT(exported, testing::Not(testing::HasSubstr("third")));
    EXPECT_THROW(import("7", "merge"), BadRequestException);
}

const std::map<std::string, std::string> pets{
    {"Pet", R"({"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"},
                "owner": {"$ref": "https://apigateway.amazonaws.com/restapis/abc/models/Owner"},
                "tags": {"type": "array", "items": {"type": "string"}}}})"},
    {"Owner", R"({"type": "object", "properties": {"pets": {"type": "array",
                  "items": {"$ref": "https://apigateway.amazonaws.com/restapis/abc/models/Pet"}}}})"}};

TEST(Models, AreFlattenedWithAllThatTheyReferTo) {
    const auto flat = *parse_json(contracts::flattened_schema(pets.at("Pet"), pets));
    EXPECT_EQ(flat.at("properties").at("owner").at("$ref"), "#/definitions/Owner");
    EXPECT_EQ(flat.at("definitions").at("Owner").at("properties").at("pets").at("items").at("$ref"),
              "#/definitions/Pet");
    EXPECT_TRUE(flat.at("definitions").as_object().contains("Pet"));
    EXPECT_EQ(contracts::flattened_schema("{}", pets), "{}");
    EXPECT_EQ(contracts::flattened_schema("no JSON", pets), "no JSON");
}

TEST(Models, HaveATemplateThatMakesASample) {
    World world;
    world.model("Point", R"({"type": "object", "properties": {"x": {"type": "number"}, "name": {"type": "string"},
                             "on": {"type": "boolean"}, "list": {"type": "array", "items": {"type": "integer"}}}})");
    const auto text = *world.run(world.service.get_model_template(world.call, {world.api, "Point"})).value;
    EXPECT_THAT(text, testing::StartsWith("#set($inputRoot = $input.path('$'))\n{\n  \"x\" : 42.0,\n"));
    const auto parsed = velocity::Template::parse(text);
    ASSERT_TRUE(parsed);
    auto variables = velocity::mapping_variables({.body = R"({"list": [1, 2]})"});
    const auto sample = parse_json(*parsed->render(variables));
    ASSERT_TRUE(sample) << text;
    EXPECT_EQ(*sample, *parse_json(R"({"x": 42.0, "name": "foo", "on": true, "list": [42, 42]})"));
    EXPECT_THROW(world.run(world.service.get_model_template(world.call, {world.api, "None"})), NotFoundException);
}

TEST(Models, ThatReferToThemselvesHaveABoundedSample) {
    EXPECT_LT(contracts::sample_template(pets.at("Pet"), pets).size(), 1u << 20);
}

}  // namespace
}  // namespace cumulet::apigateway
