// What CloudFormation does with HTTP APIs, as SAM's templates have them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "contracts/tests/support/direct_door.h"
#include "services/apigatewayv2/domains/domains.h"
#include "services/apigatewayv2/service.h"
#include "store/memory/memory_store.h"

namespace cumulet::apigatewayv2 {
namespace {

constexpr auto body =
    R"({"openapi": "3.0.1", "info": {"title": "shop", "version": "1.0"}, "paths": {"/orders": {"post": {
    "x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST", "payloadFormatVersion": "2.0",
        "uri": "arn:aws:lambda:us-east-1:000000000000:function:place"}, "responses": {}}}},
    "tags": [{"name": "httpapi:createdBy", "x-amazon-apigateway-tag-value": "SAM"}]})";

struct World {
    Clock clock{Time(1'795'395'300s)};
    Reactor reactor{clock, Random(1)};
    std::unique_ptr<store::Store> store = store::open_memory_store();
    contracts::DirectDoor door;
    Domains domains{*store, door};
    Service service{*store, door, domains};
    std::vector<std::unique_ptr<contracts::ResourceType>> types = resource_types(door);
    Call call{reactor, "request"};
    contracts::ResourceContext context{.stack_name = "shop",
                                       .stack_id = "arn:aws:cloudformation:us-east-1:000000000000:stack/shop/1",
                                       .logical_id = "Api",
                                       .client_token = "token-1",
                                       .stack_tags = {{"team", "pets"}},
                                       .generated_name = "shop-Api-1"};

    World() { door.add(aws::apigatewayv2::service, service); }

    template <typename T>
    T run(Task<T> task) {
        return reactor.block_on(std::move(task));
    }
    contracts::ResourceType& type(std::string_view name) {
        for (auto& type : types) {
            if (type->name() == name) return *type;
        }
        throw std::out_of_range(std::string(name));
    }
    contracts::Resource create(std::string_view name, json::object properties) {
        return run(type(name).create(call, context, std::move(properties)));
    }
    contracts::Resource update(std::string_view name, const std::string& id, json::object before, json::object after) {
        return run(type(name).update(call, context, id, std::move(before), std::move(after)));
    }
    std::vector<std::string> route_keys(const std::string& api) {
        std::vector<std::string> keys;
        for (const auto& route : *run(service.get_routes(call, {.ApiId = api})).Items) keys.push_back(route.RouteKey);
        return keys;
    }
};

TEST(ApiResource, OfADocumentHasItsRoutesAndTheStacksTags) {
    World world;
    const auto api = world.create("AWS::ApiGatewayV2::Api",
                                  {{"Body", json::parse(body)}, {"Tags", {{"own", "1"}}}, {"Name", "better"}});
    EXPECT_EQ(api.attributes.at("ApiId").as_string(), api.physical_id);
    EXPECT_EQ(api.attributes.at("ApiEndpoint").as_string(),
              "http://" + api.physical_id + ".execute-api.localhost.localstack.cloud:4566");
    EXPECT_EQ(world.route_keys(api.physical_id), std::vector<std::string>{"POST /orders"});
    const auto stored = world.run(world.service.get_api(world.call, {api.physical_id}));
    EXPECT_EQ(stored.Name, "better");
    EXPECT_EQ(*stored.Tags,
              (std::map<std::string, std::string>{{"httpapi:createdBy", "SAM"}, {"own", "1"}, {"team", "pets"}}));
}

TEST(ApiResource, MadeAgainByTheSameStepIsTheSame) {
    World world;
    const json::object properties{{"Name", "shop"}, {"ProtocolType", "HTTP"}};
    const auto first = world.create("AWS::ApiGatewayV2::Api", properties);
    EXPECT_EQ(world.create("AWS::ApiGatewayV2::Api", properties).physical_id, first.physical_id);
    world.context.client_token = "token-2";
    EXPECT_NE(world.create("AWS::ApiGatewayV2::Api", properties).physical_id, first.physical_id);
}

TEST(ApiResource, UpdatesInPlace) {
    World world;
    const json::object before{{"Body", json::parse(body)}};
    const auto api = world.create("AWS::ApiGatewayV2::Api", before);
    auto other = json::parse(body);
    auto& paths = other.at("paths").as_object();
    paths["/orders/{id}"] = json::object{{"get", paths.at("/orders").at("post")}};
    paths.erase("/orders");
    const json::object after{{"Body", other}, {"DisableExecuteApiEndpoint", "true"}};
    EXPECT_FALSE(world.type("AWS::ApiGatewayV2::Api").needs_replacement(before, after));
    EXPECT_EQ(world.update("AWS::ApiGatewayV2::Api", api.physical_id, before, after).physical_id, api.physical_id);
    EXPECT_EQ(world.route_keys(api.physical_id), std::vector<std::string>{"GET /orders/{id}"});
    EXPECT_EQ(world.run(world.service.get_api(world.call, {api.physical_id})).DisableExecuteApiEndpoint, true);
}

TEST(PartResources, MakeAnApiByHand) {
    World world;
    const auto api = world.create("AWS::ApiGatewayV2::Api", {{"Name", "shop"}, {"ProtocolType", "HTTP"}}).physical_id;
    const json::object integration{{"ApiId", api},
                                   {"IntegrationType", "AWS_PROXY"},
                                   {"IntegrationUri", "arn:aws:lambda:us-east-1:000000000000:function:place"},
                                   {"PayloadFormatVersion", "2.0"}};
    const auto target = world.create("AWS::ApiGatewayV2::Integration", integration).physical_id;
    const json::object route{{"ApiId", api}, {"RouteKey", "GET /a"}, {"Target", "integrations/" + target}};
    const auto made = world.create("AWS::ApiGatewayV2::Route", route).physical_id;
    EXPECT_EQ(world.create("AWS::ApiGatewayV2::Route", route).physical_id, made);
    auto renamed = route;
    renamed["RouteKey"] = "GET /b";
    world.update("AWS::ApiGatewayV2::Route", made, route, renamed);
    EXPECT_EQ(world.route_keys(api), std::vector<std::string>{"GET /b"});

    const json::object stage{
        {"ApiId", api}, {"StageName", "$default"}, {"AutoDeploy", "true"}, {"StageVariables", {{"a", "1"}}}};
    EXPECT_EQ(world.create("AWS::ApiGatewayV2::Stage", stage).physical_id, "$default");
    EXPECT_EQ(world.create("AWS::ApiGatewayV2::Stage", stage).physical_id, "$default");
    const json::object plain{{"ApiId", api}, {"StageName", "$default"}, {"AutoDeploy", true}};
    world.update("AWS::ApiGatewayV2::Stage", "$default", stage, plain);
    EXPECT_TRUE(world.run(world.service.get_stage(world.call, {api, "$default"})).StageVariables->empty());
    EXPECT_TRUE(
        world.type("AWS::ApiGatewayV2::Stage").needs_replacement(stage, {{"ApiId", api}, {"StageName", "dev"}}));

    const json::object deployment{{"ApiId", api}};
    const auto deployed = world.create("AWS::ApiGatewayV2::Deployment", deployment).physical_id;
    for (int i = 0; i < 2; ++i) {
        world.run(world.type("AWS::ApiGatewayV2::Deployment").remove(world.call, world.context, deployed, deployment));
        world.run(world.type("AWS::ApiGatewayV2::Stage").remove(world.call, world.context, "$default", plain));
        world.run(world.type("AWS::ApiGatewayV2::Route").remove(world.call, world.context, made, renamed));
        world.run(world.type("AWS::ApiGatewayV2::Integration").remove(world.call, world.context, target, integration));
    }
    for (int i = 0; i < 2; ++i)
        world.run(world.type("AWS::ApiGatewayV2::Api").remove(world.call, world.context, api, {}));
    EXPECT_TRUE(world.run(world.service.get_apis(world.call, {})).Items->empty());
}

TEST(PartResources, MapParametersOfIntegrations) {
    World world;
    const auto api = world.create("AWS::ApiGatewayV2::Api", {{"Name", "shop"}, {"ProtocolType", "HTTP"}}).physical_id;
    const json::object plain{{"ApiId", api},
                             {"IntegrationType", "HTTP_PROXY"},
                             {"IntegrationMethod", "GET"},
                             {"IntegrationUri", "https://site.example/"}};
    auto mapped = plain;
    mapped["RequestParameters"] = json::object{{"append:header.x", "1"}};
    mapped["ResponseParameters"] = *parse_json(R"({"200": {"ResponseParameters": [
        {"Destination": "overwrite:statuscode", "Source": "201"}, {"Destination": "append:header.y", "Source": "2"}]}})");
    const auto id = world.create("AWS::ApiGatewayV2::Integration", mapped).physical_id;
    using Texts = std::map<std::string, std::string>;
    const auto made = world.run(world.service.get_integration(world.call, {api, id}));
    EXPECT_EQ(made.ResponseParameters->at("200"), (Texts{{"overwrite:statuscode", "201"}, {"append:header.y", "2"}}));
    world.update("AWS::ApiGatewayV2::Integration", id, mapped, plain);
    const auto changed = world.run(world.service.get_integration(world.call, {api, id}));
    EXPECT_TRUE(changed.ResponseParameters->empty());
    EXPECT_TRUE(changed.RequestParameters->empty());
}

TEST(PartResources, GuardRoutesWithAuthorizers) {
    World world;
    const auto api = world.create("AWS::ApiGatewayV2::Api", {{"Name", "shop"}, {"ProtocolType", "HTTP"}}).physical_id;
    const json::object authorizer{
        {"ApiId", api},
        {"Name", "users"},
        {"AuthorizerType", "JWT"},
        {"IdentitySource", json::array{"$request.header.Authorization"}},
        {"JwtConfiguration", json::object{{"Issuer", "https://id.example"}, {"Audience", json::array{"shop"}}}}};
    const auto made = world.create("AWS::ApiGatewayV2::Authorizer", authorizer);
    EXPECT_EQ(made.attributes.at("AuthorizerId").as_string(), made.physical_id);
    EXPECT_EQ(world.create("AWS::ApiGatewayV2::Authorizer", authorizer).physical_id, made.physical_id);
    auto renamed = authorizer;
    renamed["Name"] = "people";
    world.update("AWS::ApiGatewayV2::Authorizer", made.physical_id, authorizer, renamed);
    EXPECT_EQ(world.run(world.service.get_authorizer(world.call, {api, made.physical_id})).Name, "people");

    const json::object open{{"ApiId", api}, {"RouteKey", "GET /a"}};
    auto guarded = open;
    guarded["AuthorizationType"] = "JWT";
    guarded["AuthorizerId"] = made.physical_id;
    guarded["AuthorizationScopes"] = json::array{"read"};
    const auto route = world.create("AWS::ApiGatewayV2::Route", guarded).physical_id;
    EXPECT_EQ(world.run(world.service.get_route(world.call, {api, route})).AuthorizerId, made.physical_id);
    world.update("AWS::ApiGatewayV2::Route", route, guarded, open);
    EXPECT_EQ(world.run(world.service.get_route(world.call, {api, route})).AuthorizationType, "NONE");
    for (int i = 0; i < 2; ++i) {
        world.run(
            world.type("AWS::ApiGatewayV2::Authorizer").remove(world.call, world.context, made.physical_id, renamed));
    }
    EXPECT_THROW(world.run(world.service.get_authorizer(world.call, {api, made.physical_id})),
                 aws::apigatewayv2::NotFoundException);
}

TEST(PartResources, RefuseAPropertyThatTheyDoNotHave) {
    World world;
    EXPECT_THROW(
        world.create("AWS::ApiGatewayV2::Api", {{"Name", "shop"}, {"ProtocolType", "HTTP"}, {"Colour", "red"}}),
        aws::Error);
}

TEST(WebSocketResources, AreMadeChangedAndRemoved) {
    World world;
    const auto api = world
                         .create("AWS::ApiGatewayV2::Api", {{"Name", "chat"},
                                                            {"ProtocolType", "WEBSOCKET"},
                                                            {"RouteSelectionExpression", "$request.body.action"}})
                         .physical_id;
    const json::object mock{{"ApiId", api},
                            {"IntegrationType", "MOCK"},
                            {"TemplateSelectionExpression", "200"},
                            {"RequestTemplates", {{"200", R"({"statusCode":200})"}}}};
    const auto integration = world.create("AWS::ApiGatewayV2::Integration", mock).physical_id;
    const json::object route{{"ApiId", api},
                             {"RouteKey", "join"},
                             {"RouteResponseSelectionExpression", "$default"},
                             {"Target", "integrations/" + integration}};
    const auto route_id = world.create("AWS::ApiGatewayV2::Route", route).physical_id;
    const json::object answer{{"ApiId", api}, {"RouteId", route_id}, {"RouteResponseKey", "$default"}};
    const auto made = world.create("AWS::ApiGatewayV2::RouteResponse", answer);
    EXPECT_EQ(made.attributes.at("RouteResponseId").as_string(), made.physical_id);
    EXPECT_EQ(world.create("AWS::ApiGatewayV2::RouteResponse", answer).physical_id, made.physical_id);
    const json::object mapped{{"ApiId", api},
                              {"IntegrationId", integration},
                              {"IntegrationResponseKey", "/200/"},
                              {"ResponseTemplates", {{"$default", "one"}}}};
    const auto response = world.create("AWS::ApiGatewayV2::IntegrationResponse", mapped).physical_id;
    EXPECT_EQ(world.create("AWS::ApiGatewayV2::IntegrationResponse", mapped).physical_id, response);

    auto after = mapped;
    after["ResponseTemplates"] = json::object{{"$default", "two"}};
    auto& type = world.type("AWS::ApiGatewayV2::IntegrationResponse");
    EXPECT_FALSE(type.needs_replacement(mapped, after));
    world.update("AWS::ApiGatewayV2::IntegrationResponse", response, mapped, after);
    const auto found = world.run(world.service.get_integration_response(world.call, {api, integration, response}));
    EXPECT_EQ(found.ResponseTemplates->at("$default"), "two");
    auto elsewhere = mapped;
    elsewhere["IntegrationId"] = "other";
    EXPECT_TRUE(type.needs_replacement(mapped, elsewhere));

    auto silent = route;
    silent.erase("RouteResponseSelectionExpression");
    world.update("AWS::ApiGatewayV2::Route", route_id, route, silent);
    EXPECT_EQ(world.run(world.service.get_route(world.call, {api, route_id})).RouteResponseSelectionExpression, "");
    world.update("AWS::ApiGatewayV2::Integration", integration, mock, {{"ApiId", api}, {"IntegrationType", "MOCK"}});
    EXPECT_TRUE(world.run(world.service.get_integration(world.call, {api, integration})).RequestTemplates->empty());

    for (int i = 0; i < 2; ++i) {  // removing what is gone succeeds
        world.run(type.remove(world.call, world.context, response, mapped));
        world.run(
            world.type("AWS::ApiGatewayV2::RouteResponse").remove(world.call, world.context, made.physical_id, answer));
    }
    EXPECT_THROW(world.run(world.service.get_integration_response(world.call, {api, integration, response})),
                 aws::apigatewayv2::NotFoundException);
}

}  // namespace
}  // namespace cumulet::apigatewayv2
