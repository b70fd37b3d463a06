// A stage's cache and its access log.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/apigateway/tests/support/world.h"

namespace cumulet::apigateway {
namespace {

using namespace aws::apigateway;

struct CachedWorld : World {
    /// A method whose answers tell one request from another.
    CachedWorld() {
        integration = {.type = "MOCK"};
        integration.requestTemplates.emplace()["application/json"] =
            R"-(#if($input.params('fail') == '1'){"statusCode": 500}#else{"statusCode": 200}#end)-";
        integration.cacheKeyParameters = {{"method.request.querystring.page"}};
        response("200", "", "$context.requestId");
        response("500", "500", "failed $context.requestId");
        add("/x", "GET");
        add("/x", "POST");
        redeploy();
        patch({{"/cacheClusterEnabled", "true"}, {"/*/*/caching/enabled", "true"}});
    }
    void patch(std::initializer_list<std::pair<const char*, const char*>> patches) {
        UpdateStageRequest update{.restApiId = api, .stageName = "prod"};
        update.patchOperations.emplace();
        for (const auto& [path, value] : patches)
            update.patchOperations->push_back({.op = "replace", .path = path, .value = value});
        run(service.update_stage(call, update));
    }
    std::string body(std::string path, std::vector<http::Header> headers = {}) {
        return send("GET", std::move(path), "", std::move(headers)).body;
    }
};

TEST(Cache, KeepsAnswersByTheirKeyUntilTheyAreOld) {
    CachedWorld world;
    const auto first = world.body("/x?page=1");
    EXPECT_EQ(world.body("/x?page=1"), first);
    EXPECT_EQ(world.body("/x?page=1&other=2"), first) << "only the key counts";
    EXPECT_NE(world.body("/x?page=2"), first);
    world.run(world.clock.advance(299s));
    EXPECT_EQ(world.body("/x?page=1"), first);
    world.run(world.clock.advance(1s));
    EXPECT_NE(world.body("/x?page=1"), first);
}

TEST(Cache, IsForGetUnlessAMethodIsNamed) {
    CachedWorld world;
    const auto post = [&] { return world.send("POST", "/x?page=1").body; };
    EXPECT_NE(post(), post());
    world.patch({{"/~1x/POST/caching/enabled", "true"}});
    const auto first = post();
    EXPECT_EQ(post(), first);
}

TEST(Cache, KeepsNoFailures) {
    CachedWorld world;
    EXPECT_NE(world.body("/x?page=1&fail=1"), world.body("/x?page=1&fail=1"));
}

TEST(Cache, IsFlushedAndSwitchedOff) {
    CachedWorld world;
    const auto first = world.body("/x?page=1");
    world.run(world.service.flush_stage_cache(world.call, {world.api, "prod"}));
    const auto second = world.body("/x?page=1");
    EXPECT_NE(second, first);
    world.patch({{"/cacheClusterEnabled", "false"}});
    EXPECT_NE(world.body("/x?page=1"), world.body("/x?page=1"));
}

TEST(Cache, IsInvalidatedOnlyByWhoMay) {
    CachedWorld world;
    const std::vector<http::Header> fresh = {{"Cache-Control", "max-age=0"}};
    const auto first = world.body("/x?page=1");
    const auto ignored = world.send("GET", "/x?page=1", "", fresh);
    EXPECT_EQ(ignored.body, first);
    EXPECT_THAT(std::string(ignored.headers.get("warning")), testing::StartsWith("199 "));
    world.patch({{"/*/*/caching/unauthorizedCacheControlHeaderStrategy", "FAIL_WITH_403"}});
    EXPECT_EQ(world.send("GET", "/x?page=1", "", fresh).status, 403);
    world.patch({{"/*/*/caching/requireAuthorizationForCacheControl", "false"}});
    const auto second = world.body("/x?page=1");
    const auto third = world.body("/x?page=1", fresh);
    EXPECT_NE(third, second);
    EXPECT_EQ(world.body("/x?page=1"), third) << "the fresh answer is kept";
}

TEST(AccessLog, WritesWhatItsFormatNames) {
    World world;
    world.mock("/pets/{id}", "GET");
    UpdateStageRequest update{.restApiId = world.api, .stageName = "prod"};
    update.patchOperations = {
        {{.op = "replace",
          .path = "/accessLogSettings/destinationArn",
          .value = "arn:aws:logs:us-east-1:000000000000:log-group:requests"},
         {.op = "replace",
          .path = "/accessLogSettings/format",
          .value = R"({"s": $context.status, "m": "$context.httpMethod", "p": "$context.resourcePath",
"ip": "$context.identity.sourceIp", "none": "$context.nothing", "e": "$context.error.message."})"}}};
    world.run(world.service.update_stage(world.call, update));
    world.get("/pets/7");
    world.get("/nothing");
    world.run(world.surface.stop());
    ASSERT_EQ(world.logs.lines.size(), 2u);
    EXPECT_EQ(world.logs.lines[0],
              "requests {\"s\": 200, \"m\": \"GET\", \"p\": \"/pets/{id}\",\n\"ip\": \"127.0.0.1\", "
              "\"none\": \"-\", \"e\": \"-.\"}");
    EXPECT_THAT(world.logs.lines[1], testing::HasSubstr(R"("s": 403)"));
    EXPECT_THAT(world.logs.lines[1], testing::HasSubstr(R"("e": "Missing Authentication Token.")"));
    update.patchOperations->front().value = "arn:aws:firehose:us-east-1:000000000000:deliverystream/x";
    EXPECT_THROW(world.run(world.service.update_stage(world.call, update)), aws::Error);
}

}  // namespace
}  // namespace cumulet::apigateway
