// The control plane over the memory store and a clock that stands still.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/apigateway/service.h"
#include "store/memory/memory_store.h"

namespace cumulet::apigateway {
namespace {

using namespace aws::apigateway;

struct World {
    Clock clock{Time(1'795'395'300s)};
    Reactor reactor{clock, Random(1)};
    std::unique_ptr<store::Store> store = store::open_memory_store();
    Service service{*store};
    Call call{reactor, "request"};

    template <typename T>
    T run(Task<T> task) {
        return reactor.block_on(std::move(task));
    }
    /// The message of the error, "" if there is none.
    template <typename T>
    std::string error_of(Task<T> task) {
        try {
            run(std::move(task));
        } catch (const aws::Error& error) {
            return fmt::format("{} {}", error.code, error.message);
        }
        return "";
    }
    RestApi api() { return run(service.create_rest_api(call, {.name = "shop"})); }
    Resource resource(const std::string& api, const std::string& parent, std::string part) {
        return run(service.create_resource(call, {.restApiId = api, .parentId = parent, .pathPart = std::move(part)}));
    }
    void mock(const std::string& api, const std::string& resource) {
        run(service.put_method(
            call, {.restApiId = api, .resourceId = resource, .httpMethod = "GET", .authorizationType = "NONE"}));
        run(service.put_integration(call,
                                    {.restApiId = api, .resourceId = resource, .httpMethod = "GET", .type = "MOCK"}));
    }
};

TEST(RestApi, BeginsWithARootAndTwoModels) {
    World world;
    const auto api = world.api();
    EXPECT_EQ(api.apiKeySource, "HEADER");
    EXPECT_EQ(api.endpointConfiguration->types, std::vector<std::string>{"EDGE"});
    EXPECT_EQ(api.endpointConfiguration->ipAddressType, "ipv4");
    EXPECT_FALSE(api.tags);
    const auto resources = world.run(world.service.get_resources(world.call, {.restApiId = *api.id}));
    ASSERT_EQ(resources.items->size(), 1u);
    EXPECT_EQ(resources.items->front().path, "/");
    EXPECT_EQ(resources.items->front().id, api.rootResourceId);
    const auto models = world.run(world.service.get_models(world.call, {.restApiId = *api.id}));
    ASSERT_EQ(models.items->size(), 2u);
    EXPECT_EQ(models.items->front().name, "Empty");
}

TEST(RestApi, IsUnknownByTheCallersAccount) {
    World world;
    EXPECT_EQ(world.error_of(world.service.get_rest_api(world.call, {"nope"})),
              "NotFoundException Invalid API identifier specified 000000000000:nope");
}

TEST(RestApi, TakesTheIdOfATag) {
    World world;
    const auto api =
        world.run(world.service.create_rest_api(world.call, {.name = "shop", .tags = {{{"_custom_id_", "mine"}}}}));
    EXPECT_EQ(api.id, "mine");
    EXPECT_THAT(
        world.error_of(world.service.create_rest_api(world.call, {.name = "b", .tags = {{{"_custom_id_", "mine"}}}})),
        testing::StartsWith("ConflictException"));
}

TEST(RestApi, ShowsItsPolicyAsEscapedText) {
    World world;
    const auto api =
        world.run(world.service.create_rest_api(world.call, {.name = "shop", .policy = R"({"Statement":[]})"}));
    EXPECT_EQ(api.policy, R"({\"Statement\":[]})");
}

TEST(RestApi, IsClonedWithAllThatBelongsToIt) {
    World world;
    const auto first = world.api();
    world.resource(*first.id, *first.rootResourceId, "pets");
    const auto second = world.run(world.service.create_rest_api(world.call, {.name = "copy", .cloneFrom = *first.id}));
    const auto resources = world.run(world.service.get_resources(world.call, {.restApiId = *second.id}));
    ASSERT_EQ(resources.items->size(), 2u);
    EXPECT_EQ(resources.items->back().path, "/pets");
}

TEST(RestApi, LeavesNothingBehind) {
    World world;
    const auto api =
        world.run(world.service.create_rest_api(world.call, {.name = "shop", .tags = {{{"_custom_id_", "mine"}}}}));
    world.resource("mine", *api.rootResourceId, "pets");
    world.run(world.service.delete_rest_api(world.call, {"mine"}));
    EXPECT_THAT(world.error_of(world.service.get_resources(world.call, {.restApiId = "mine"})),
                testing::StartsWith("NotFoundException"));
    const auto again =
        world.run(world.service.create_rest_api(world.call, {.name = "shop", .tags = {{{"_custom_id_", "mine"}}}}));
    EXPECT_EQ(world.run(world.service.get_resources(world.call, {.restApiId = "mine"})).items->size(), 1u);
}

TEST(RestApis, ComeInPages) {
    World world;
    for (int i = 0; i < 5; ++i) world.api();
    std::vector<std::string> ids;
    std::optional<std::string> position;
    do {
        const auto page = world.run(world.service.get_rest_apis(world.call, {.position = position, .limit = 2}));
        EXPECT_LE(page.items->size(), 2u);
        for (const auto& api : *page.items) ids.push_back(*api.id);
        position = page.position;
    } while (position);
    EXPECT_EQ(ids.size(), 5u);
    EXPECT_TRUE(std::ranges::is_sorted(ids));
}

TEST(Resources, AreNamedByTheirPlaceInTheTree) {
    World world;
    const auto api = world.api();
    const auto pets = world.resource(*api.id, *api.rootResourceId, "pets");
    const auto pet = world.resource(*api.id, *pets.id, "{id}");
    EXPECT_EQ(pet.path, "/pets/{id}");
    UpdateResourceRequest update{.restApiId = *api.id, .resourceId = *pets.id};
    update.patchOperations.emplace().push_back({.op = "replace", .path = "/pathPart", .value = "animals"});
    world.run(world.service.update_resource(world.call, update));
    EXPECT_EQ(world.run(world.service.get_resource(world.call, {.restApiId = *api.id, .resourceId = *pet.id})).path,
              "/animals/{id}");
    update.patchOperations->front() = {.op = "replace", .path = "/parentId", .value = *pet.id};
    EXPECT_EQ(world.error_of(world.service.update_resource(world.call, update)),
              "BadRequestException Resources cannot be cyclical.");
    world.run(world.service.delete_resource(world.call, {*api.id, *pets.id}));
    EXPECT_EQ(world.error_of(world.service.get_resource(world.call, {.restApiId = *api.id, .resourceId = *pet.id})),
              "NotFoundException Invalid Resource identifier specified");
}

TEST(Resources, RefuseSiblingsThatCannotBeToldApart) {
    World world;
    const auto api = world.api();
    const auto& root = *api.rootResourceId;
    const auto greedy = world.resource(*api.id, root, "{proxy+}");
    world.resource(*api.id, root, "{id}");
    const auto attempt = [&](const std::string& parent, std::string part) {
        return world.error_of(world.service.create_resource(
            world.call, {.restApiId = *api.id, .parentId = parent, .pathPart = std::move(part)}));
    };
    EXPECT_EQ(attempt(root, "{other}"),
              "BadRequestException A sibling ({id}) of this resource already has a variable "
              "path part -- only one is allowed");
    EXPECT_EQ(attempt(root, "{id}"),
              "ConflictException Another resource with the same parent already has this name: {id}");
    EXPECT_EQ(attempt(*greedy.id, "x"),
              "BadRequestException Cannot create a child of a resource with a greedy path variable: {proxy+}");
    EXPECT_EQ(attempt("nope", "x"), "NotFoundException Invalid Resource identifier specified");
}

TEST(Methods, AreCheckedAgainstTheRestOfTheApi) {
    World world;
    const auto api = world.api();
    PutMethodRequest request{.restApiId = *api.id, .resourceId = *api.rootResourceId, .httpMethod = "GET"};
    request.authorizationType = "CUSTOM";
    EXPECT_THAT(world.error_of(world.service.put_method(world.call, request)),
                testing::StartsWith("BadRequestException Invalid authorizer ID specified."));
    request.authorizationType = "NONE";
    request.requestModels.emplace()["application/json"] = "petModel";
    EXPECT_EQ(world.error_of(world.service.put_method(world.call, request)),
              "BadRequestException Invalid model identifier specified: petModel");
    request.requestModels.emplace()["application/json"] = "Empty";
    request.requestParameters = {{"method.request.header.a", true}, {"method.request.path.a", true}};
    EXPECT_EQ(world.error_of(world.service.put_method(world.call, request)),
              "BadRequestException Parameter names must be unique across querystring, header and path");
    request.requestParameters = {{"true", true}};
    EXPECT_EQ(world.error_of(world.service.put_method(world.call, request)),
              "BadRequestException Invalid mapping expression specified: Validation Result: warnings : [], errors : "
              "[Invalid mapping expression specified: true]");
    request.requestParameters.reset();
    EXPECT_EQ(world.run(world.service.put_method(world.call, request)).apiKeyRequired, false);
    EXPECT_THAT(world.error_of(world.service.put_method(world.call, request)),
                testing::StartsWith("ConflictException"));
    EXPECT_EQ(world.error_of(world.service.delete_model(world.call, {*api.id, "Empty"})),
              "ConflictException Cannot delete model 'Empty', is referenced in method request: //GET");
}

TEST(Integrations, HaveDefaultsAndAreChecked) {
    World world;
    const auto api = world.api();
    world.mock(*api.id, *api.rootResourceId);
    const auto made = world.run(world.service.get_integration(
        world.call, {.restApiId = *api.id, .resourceId = *api.rootResourceId, .httpMethod = "GET"}));
    EXPECT_EQ(made.timeoutInMillis, 29'000);
    EXPECT_EQ(made.passthroughBehavior, "WHEN_NO_MATCH");
    EXPECT_EQ(made.cacheNamespace, api.rootResourceId);
    EXPECT_EQ(made.cacheKeyParameters, std::vector<std::string>{});
    PutIntegrationRequest request{.restApiId = *api.id, .resourceId = *api.rootResourceId, .httpMethod = "GET"};
    const auto attempt = [&](std::string type, std::optional<std::string> method, std::optional<std::string> uri) {
        request.type = std::move(type);
        request.integrationHttpMethod = std::move(method);
        request.uri = std::move(uri);
        return world.error_of(world.service.put_integration(world.call, request));
    };
    EXPECT_EQ(attempt("HTTP", std::nullopt, "http://x"),
              "BadRequestException Enumeration value for HttpMethod must be non-empty");
    EXPECT_EQ(attempt("HTTP", "GET", "x"), "BadRequestException Invalid HTTP endpoint specified for URI");
    EXPECT_EQ(attempt("AWS", "POST", "x"), "BadRequestException Invalid ARN specified in the request");
    EXPECT_EQ(attempt("AWS", "POST", "arn:aws:apigateway:us-east-1:sqs:jobs"),
              "BadRequestException AWS ARN for integration must contain path or action");
    EXPECT_EQ(attempt("AWS_PROXY", "POST", "arn:aws:apigateway:us-east-1:sqs:path/jobs"),
              "BadRequestException Integrations of type 'AWS_PROXY' currently only supports Lambda function and "
              "Firehose stream invocations.");
}

TEST(Deployments, AreCopiesThatStagesServe) {
    World world;
    const auto api = world.api();
    EXPECT_EQ(world.error_of(world.service.create_deployment(world.call, {.restApiId = *api.id})),
              "BadRequestException The REST API doesn't contain any methods");
    world.run(world.service.put_method(
        world.call,
        {.restApiId = *api.id, .resourceId = *api.rootResourceId, .httpMethod = "GET", .authorizationType = "NONE"}));
    EXPECT_EQ(world.error_of(world.service.create_deployment(world.call, {.restApiId = *api.id})),
              "BadRequestException No integration defined for method");
    world.run(world.service.put_integration(
        world.call, {.restApiId = *api.id, .resourceId = *api.rootResourceId, .httpMethod = "GET", .type = "MOCK"}));
    const auto first =
        world.run(world.service.create_deployment(world.call, {.restApiId = *api.id, .stageName = "prod"}));
    const auto whole = world.run(world.service.get_deployment(
        world.call, {.restApiId = *api.id, .deploymentId = *first.id, .embed = {{"apisummary"}}}));
    EXPECT_EQ(whole.apiSummary->at("/").at("GET").authorizationType, "NONE");
    const auto stage = world.run(world.service.get_stage(world.call, {*api.id, "prod"}));
    EXPECT_EQ(stage.deploymentId, first.id);
    EXPECT_EQ(world.error_of(world.service.delete_deployment(world.call, {*api.id, *first.id})),
              "BadRequestException Active stages pointing to this deployment must be moved or deleted");
    const auto second =
        world.run(world.service.create_deployment(world.call, {.restApiId = *api.id, .stageName = "prod"}));
    world.run(world.service.delete_deployment(world.call, {*api.id, *first.id}));
    EXPECT_EQ(world.run(world.service.get_stage(world.call, {*api.id, "prod"})).deploymentId, second.id);
    EXPECT_EQ(world.error_of(world.service.create_stage(
                  world.call, {.restApiId = *api.id, .stageName = "x", .deploymentId = "nope"})),
              "BadRequestException Deployment id does not exist");
}

TEST(GatewayResponses, ReturnToTheirDefaults) {
    World world;
    const auto api = *world.api().id;
    const auto all = world.run(world.service.get_gateway_responses(world.call, {.restApiId = api}));
    EXPECT_EQ(all.items->size(), 21u);
    PutGatewayResponseRequest request{.restApiId = api, .responseType = "THROTTLED", .statusCode = "503"};
    EXPECT_EQ(world.run(world.service.put_gateway_response(world.call, request)).defaultResponse, false);
    EXPECT_EQ(world.run(world.service.get_gateway_response(world.call, {api, "THROTTLED"})).statusCode, "503");
    world.run(world.service.delete_gateway_response(world.call, {api, "THROTTLED"}));
    const auto usual = world.run(world.service.get_gateway_response(world.call, {api, "THROTTLED"}));
    EXPECT_EQ(usual.statusCode, "429");
    EXPECT_EQ(usual.defaultResponse, true);
    EXPECT_EQ(world.error_of(world.service.delete_gateway_response(world.call, {api, "THROTTLED"})),
              "NotFoundException Gateway response type not defined on api");
}

TEST(UsagePlans, KnowTheirStagesAndKeys) {
    World world;
    const auto api = world.api();
    world.mock(*api.id, *api.rootResourceId);
    world.run(world.service.create_deployment(world.call, {.restApiId = *api.id, .stageName = "prod"}));
    CreateUsagePlanRequest request{.name = "gold"};
    request.apiStages.emplace().push_back({.apiId = *api.id, .stage = "prod"});
    request.quota = {.limit = 10, .offset = {}, .period = "DAY"};
    const auto plan = world.run(world.service.create_usage_plan(world.call, request));
    EXPECT_EQ(plan.quota->offset, 0);
    const auto key = world.run(world.service.create_api_key(world.call, {.name = "k", .enabled = true}));
    EXPECT_GE(key.value->size(), 20u);
    EXPECT_FALSE(world.run(world.service.get_api_key(world.call, {.apiKey = *key.id})).value);
    EXPECT_EQ(world.run(world.service.get_api_key(world.call, {.apiKey = *key.id, .includeValue = true})).value,
              key.value);
    world.run(world.service.create_usage_plan_key(world.call, {*plan.id, *key.id, "API_KEY"}));
    const auto usage = world.run(world.service.get_usage(
        world.call, {.usagePlanId = *plan.id, .startDate = "2026-11-22", .endDate = "2026-11-23"}));
    const std::vector<std::vector<int64_t>> nothing_used = {{0, 10}, {0, 10}};
    EXPECT_EQ(usage.items->at(*key.id), nothing_used);
    UpdateUsagePlanRequest update{.usagePlanId = *plan.id};
    update.patchOperations.emplace().push_back(
        {.op = "replace",
         .path = fmt::format("/apiStages/{}:prod/throttle/~1pets~1GET/rateLimit", *api.id),
         .value = "3"});
    update.patchOperations->push_back({.op = "replace", .path = "/throttle/burstLimit", .value = "7"});
    const auto changed = world.run(world.service.update_usage_plan(world.call, update));
    EXPECT_EQ(changed.apiStages->front().throttle->at("/pets/GET").rateLimit, 3);
    EXPECT_EQ(changed.throttle->burstLimit, 7);
    EXPECT_THAT(world.error_of(world.service.delete_usage_plan(world.call, {*plan.id})),
                testing::StartsWith("BadRequestException Cannot delete usage plan"));
    world.run(world.service.delete_api_key(world.call, {*key.id}));
    EXPECT_TRUE(world.run(world.service.get_usage_plan_keys(world.call, {.usagePlanId = *plan.id})).items->empty());
}

TEST(ApiKeys, AreImportedFromCsv) {
    World world;
    const auto ids =
        world.run(world.service.import_api_keys(world.call, {.body = "Name,key,description,Enabled,usageplanIds\n"
                                                                     "one,apikeyabcd1234ef5678,\"a, b\",TRUE,\r\n"
                                                                     "two,apikeyefgh1234ef5678,,FALSE,\n",
                                                             .format = "csv"}));
    ASSERT_EQ(ids.ids->size(), 2u);
    const auto one = world.run(world.service.get_api_key(world.call, {.apiKey = ids.ids->front()}));
    EXPECT_EQ(one.name, "one");
    EXPECT_EQ(one.description, "a, b");
    EXPECT_EQ(one.enabled, true);
    EXPECT_THAT(world.error_of(world.service.create_api_key(world.call, {.value = "apikeyabcd1234ef5678"})),
                testing::StartsWith("ConflictException"));
    EXPECT_EQ(world.error_of(world.service.create_api_key(world.call, {.value = "short"})),
              "BadRequestException API Key value should be at least 20 characters");
}

}  // namespace
}  // namespace cumulet::apigateway
