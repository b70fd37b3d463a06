// Scenarios over the memory store, a clock that stands still, and a Lambda that only says what it was asked.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/apigatewayv2/tests/support/world.h"

namespace cumulet::apigatewayv2 {
namespace {

TEST(CreateApi, WithATargetServesAtOnce) {
    World world;
    const auto api = world.quick_api();
    const auto response = world.get(api, "/any/path?x=1");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "done");
    EXPECT_FALSE(response.headers.get("apigw-requestid").empty());
    ASSERT_EQ(world.lambda.requests.size(), 1u);
    EXPECT_EQ(world.lambda.requests[0].FunctionName, orders_arn);
    EXPECT_EQ(world.lambda.principals[0].service, "apigateway.amazonaws.com");
    EXPECT_EQ(world.lambda.event().at("routeKey"), "$default");
    EXPECT_EQ(world.lambda.event().at("requestContext").at("requestId").as_string(),
              response.headers.get("apigw-requestid"));
}

TEST(CreateApi, TakesTheIdOfATag) {
    World world;
    EXPECT_EQ(world.quick_api({{"_custom_id_", "mine"}}), "mine");
    EXPECT_THROW(world.quick_api({{"_custom_id_", "mine"}}), aws::apigatewayv2::ConflictException);
    EXPECT_THROW(world.quick_api({{"_custom_id_", "no/path"}}), aws::apigatewayv2::BadRequestException);
    EXPECT_EQ(*world.run(world.service.get_api(world.call, {"mine"})).ApiEndpoint,
              "http://mine.execute-api.localhost.localstack.cloud:4566");
}

TEST(CreateApi, RefusesWhatIsNotBuiltByName) {
    World world;
    try {
        aws::apigatewayv2::CreateApiRequest request{.Name = "orders", .ProtocolType = "HTTP"};
        request.IpAddressType = "dualstack";
        world.run(world.service.create_api(world.call, request));
        FAIL();
    } catch (const aws::Error& error) {
        EXPECT_EQ(error.status, 501);
        EXPECT_THAT(error.message, testing::HasSubstr("IpAddressType dualstack"));
    }
}

TEST(GetApi, OfAnUnknownIdSaysSoAsAwsDoes) {
    World world;
    try {
        world.run(world.service.get_api(world.call, {"nothing"}));
        FAIL();
    } catch (const aws::apigatewayv2::NotFoundException& error) {
        EXPECT_EQ(error.message, "Invalid API identifier specified 000000000000:nothing");
    }
}

TEST(GetApis, ComesInPages) {
    World world;
    for (const auto* id : {"a", "b", "c"}) world.quick_api({{"_custom_id_", id}});
    const auto first = world.run(world.service.get_apis(world.call, {.MaxResults = "2"}));
    ASSERT_EQ(first.Items->size(), 2u);
    const auto second =
        world.run(world.service.get_apis(world.call, {.MaxResults = "2", .NextToken = first.NextToken}));
    ASSERT_EQ(second.Items->size(), 1u);
    EXPECT_EQ(second.Items->at(0).ApiId, "c");
    EXPECT_FALSE(second.NextToken);
    EXPECT_THROW(world.run(world.service.get_apis(world.call, {.MaxResults = "none"})),
                 aws::apigatewayv2::BadRequestException);
}

TEST(DeleteApi, EndsItsRequests) {
    World world;
    const auto api = world.quick_api();
    world.run(world.service.delete_api(world.call, {api}));
    EXPECT_EQ(world.get(api, "/").status, 404);
    EXPECT_THROW(world.run(world.service.get_routes(world.call, {.ApiId = api})), aws::apigatewayv2::NotFoundException);
}

TEST(Routes, ReachTheirIntegrationsThroughANamedStage) {
    World world;
    const auto api = world.empty_api();
    const auto orders =
        world.integration(api, "arn:aws:lambda:us-east-1:000000000000:function:${stageVariables.which}:live");
    world.route(api, "GET /orders/{id}", orders);
    world.stage(api, "dev", true);
    EXPECT_EQ(world.get(api, "/dev/orders/a%20b").status, 200);
    const auto event = world.lambda.event();
    EXPECT_EQ(event.at("rawPath"), "/dev/orders/a b");
    EXPECT_EQ(event.at("pathParameters").at("id"), "a b");
    EXPECT_EQ(event.at("requestContext").at("stage"), "dev");
    EXPECT_EQ(event.at("stageVariables").at("which"), "orders");
    EXPECT_EQ(world.lambda.requests[0].FunctionName, orders_arn);
    EXPECT_EQ(world.lambda.requests[0].Qualifier, "live");
    for (const auto* target : {"/orders/1", "/dev", "/dev/other", "/"}) {
        const auto response = world.get(api, target);
        EXPECT_EQ(response.status, 404) << target;
        EXPECT_EQ(response.body, R"({"message":"Not Found"})");
    }
}

TEST(Routes, AreReachedByPathToo) {
    World world;
    const auto api = world.quick_api();
    world.stage(api, "dev", true);
    EXPECT_EQ(world.send("GET", "localhost:4566", "/_aws/execute-api/" + api + "/dev/x").status, 200);
    EXPECT_EQ(world.lambda.event().at("requestContext").at("stage"), "dev");
    EXPECT_EQ(world.send("GET", "localhost:4566", "/_aws/execute-api/" + api + "/$default/x").status, 200);
    EXPECT_EQ(world.lambda.event().at("rawPath"), "/x");
    EXPECT_EQ(world.send("GET", "localhost:4566", "/restapis/" + api + "/dev/_user_request_/x").status, 200);
    EXPECT_EQ(world.lambda.event().at("rawPath"), "/dev/x");
    EXPECT_EQ(world.send("GET", "localhost:4566", "/_aws/execute-api/nothing/dev/x").status, 404);
}

TEST(Routes, AreUniqueAndLeadSomewhere) {
    World world;
    const auto api = world.empty_api();
    const auto orders = world.integration(api);
    world.route(api, "GET /a", orders);
    try {
        world.route(api, "GET /a", orders);
        FAIL();
    } catch (const aws::apigatewayv2::ConflictException& error) {
        EXPECT_EQ(error.message, "Route with key GET /a already exists for this API");
    }
    EXPECT_THROW(world.route(api, "GET /b", "nothing"), aws::apigatewayv2::BadRequestException);
    EXPECT_THROW(world.route(api, "nonsense", orders), aws::apigatewayv2::BadRequestException);
    EXPECT_THROW(world.run(world.service.delete_integration(world.call, {api, orders})),
                 aws::apigatewayv2::ConflictException);
}

TEST(UpdateRoute, TakesEffectOnTheNextRequest) {
    World world;
    const auto api = world.empty_api();
    const auto route = world.route(api, "GET /before", world.integration(api));
    world.stage(api, "$default", true);
    EXPECT_EQ(world.get(api, "/before").status, 200);
    world.run(world.service.update_route(world.call, {.ApiId = api, .RouteId = route, .RouteKey = "GET /after"}));
    EXPECT_EQ(world.get(api, "/before").status, 404);
    EXPECT_EQ(world.get(api, "/after").status, 200);
    world.run(world.service.delete_route(world.call, {api, route}));
    EXPECT_EQ(world.get(api, "/after").status, 404);
}

TEST(Surface, SeesWhatAnotherProcessOverTheSameStoreChanges) {
    World world;
    Surface other(*world.store, {.door = world.door});
    const auto api = world.quick_api();
    const auto get = [&] {
        http::Request request;
        request.method = "GET";
        request.set_target("/");
        request.headers.add("Host", api + ".execute-api.localhost");
        return world.run(other.serve(world.call, std::move(request))).status;
    };
    EXPECT_EQ(get(), 200);
    aws::apigatewayv2::UpdateApiRequest update;
    update.ApiId = api;
    update.DisableExecuteApiEndpoint = true;
    world.run(world.service.update_api(world.call, update));
    EXPECT_EQ(get(), 404);
    world.run(other.stop());
}

TEST(Deployments, FreezeWhatAStageServes) {
    World world;
    const auto api = world.empty_api();
    const auto orders = world.integration(api);
    world.route(api, "GET /one", orders);
    world.stage(api, "prod", false);
    EXPECT_EQ(world.get(api, "/prod/one").status, 404);
    const auto first = world.run(world.service.create_deployment(world.call, {.ApiId = api, .StageName = "prod"}));
    EXPECT_EQ(world.get(api, "/prod/one").status, 200);
    world.route(api, "GET /two", orders);
    EXPECT_EQ(world.get(api, "/prod/two").status, 404);
    world.run(world.service.create_deployment(world.call, {.ApiId = api, .StageName = "prod"}));
    EXPECT_EQ(world.get(api, "/prod/two").status, 200);
    aws::apigatewayv2::UpdateStageRequest back;
    back.ApiId = api;
    back.StageName = "prod";
    back.DeploymentId = first.DeploymentId;
    world.run(world.service.update_stage(world.call, back));
    EXPECT_EQ(world.get(api, "/prod/two").status, 404);
    EXPECT_THROW(world.run(world.service.delete_deployment(world.call, {api, *first.DeploymentId})),
                 aws::apigatewayv2::BadRequestException);
}

TEST(Invocations, ThatFailAnswerAsAwsDoes) {
    World world;
    const auto api = world.quick_api();
    world.lambda.function_error = "Unhandled";
    EXPECT_EQ(world.get(api, "/").status, 500);
    world.lambda.function_error = "";
    world.lambda.payload = "not json";
    EXPECT_EQ(world.get(api, "/").body, R"({"message":"Internal Server Error"})");
    world.lambda.error = aws::lambda::TooManyRequestsException("Rate Exceeded.");
    EXPECT_EQ(world.get(api, "/").status, 503);
    world.lambda.error = aws::lambda::ResourceNotFoundException("Function not found");
    EXPECT_EQ(world.get(api, "/").status, 500);
}

TEST(Invocations, ThatTakeTooLongAnswer503) {
    World world;
    const auto api = world.quick_api();
    world.lambda.takes = 31s;
    const auto ask = [](World& world, std::string api, int& status) -> Task<void> {
        http::Request request;
        request.method = "GET";
        request.set_target("/");
        request.headers.add("Host", api + ".execute-api.localhost");
        status = (co_await world.surface.serve(world.call, std::move(request))).status;
    };
    int status = 0;
    TaskGroup callers;
    world.run([](World& world, TaskGroup& callers, Task<void> asking, int& status) -> Task<void> {
        callers.start(std::move(asking));
        co_await world.reactor.yield();
        co_await world.clock.advance(29s);
        EXPECT_EQ(status, 0);
        co_await world.clock.advance(1s);
        EXPECT_EQ(status, 503);
        co_await world.clock.advance(5s);
        co_await callers.stop();
    }(world, callers, ask(world, api, status), status));
}

TEST(Bodies, OfMoreThanTenMegabytesAreRefused) {
    World world;
    const auto api = world.quick_api();
    const auto host = api + ".execute-api.localhost";
    EXPECT_EQ(world.send("POST", host, "/", std::string((10 << 20) + 1, 'a')).status, 413);
    EXPECT_TRUE(world.lambda.requests.empty());
}

TEST(CorsConfiguration, AnswersPreflightsBeforeAnyRoute) {
    World world;
    const auto api = world.empty_api();
    aws::apigatewayv2::UpdateApiRequest update;
    update.ApiId = api;
    update.CorsConfiguration.emplace().AllowOrigins = {{"https://shop.example"}};
    world.run(world.service.update_api(world.call, update));
    const auto ask = [&] {
        http::Request request;
        request.method = "OPTIONS";
        request.set_target("/x");
        request.headers = {{"Host", api + ".execute-api.localhost"},
                           {"Origin", "https://shop.example"},
                           {"Access-Control-Request-Method", "GET"}};
        return world.run(world.surface.serve(world.call, std::move(request)));
    };
    EXPECT_EQ(ask().status, 204);
    EXPECT_EQ(ask().headers.get("access-control-allow-origin"), "https://shop.example");
    world.run(world.service.delete_cors_configuration(world.call, {api}));
    EXPECT_EQ(ask().status, 404);
}

TEST(Tags, BelongToApisAndStages) {
    World world;
    const auto api = world.quick_api({{"a", "1"}});
    const auto arn = "arn:aws:apigateway:us-east-1::/apis/" + api;
    world.run(world.service.tag_resource(world.call, {arn, {{{"b", "2"}}}}));
    world.run(world.service.untag_resource(world.call, {arn, {"a"}}));
    EXPECT_EQ(*world.run(world.service.get_tags(world.call, {arn})).Tags,
              (std::map<std::string, std::string>{{"b", "2"}}));
    world.run(world.service.tag_resource(world.call, {arn + "/stages/$default", {{{"c", "3"}}}}));
    EXPECT_EQ(*world.run(world.service.get_stage(world.call, {api, "$default"})).Tags,
              (std::map<std::string, std::string>{{"c", "3"}}));
    EXPECT_THROW(world.run(world.service.get_tags(world.call, {"arn:aws:apigateway:us-east-1::/apis/nothing"})),
                 aws::apigatewayv2::NotFoundException);
}

TEST(Authorization, NamesThePathOfTheResource) {
    World world;
    const auto& operation = *aws::apigatewayv2::service.find("DeleteRoute");
    const aws::apigatewayv2::DeleteRouteRequest request{"abc", "r1"};
    EXPECT_EQ(world.service.resource_of(world.call, operation, &request),
              "arn:aws:apigateway:us-east-1::/apis/abc/routes/r1");
}

}  // namespace
}  // namespace cumulet::apigatewayv2
