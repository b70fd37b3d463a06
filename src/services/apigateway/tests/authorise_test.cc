// Who may call: Lambda authorizers and user pools' tokens. The token and its keys were made by Node.js's crypto.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/apigateway/tests/support/world.h"

namespace cumulet::apigateway {
namespace {

using namespace aws::apigateway;

constexpr auto authorizer_uri =
    "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
    "arn:aws:lambda:us-east-1:000000000000:function:auth/invocations";
constexpr std::string_view keys =
    "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"snSQqRv-qRm_PEFa1WAWCy-Mrk1jvR-03e7ADYIBrTlnXDqo9eELRrjGtGBESL4E_RRLaLyZr"
    "1_NJjtw0kb124fAEMY7OTqbwKO0ufOwZPnRkwBdtMTYWPCZwd4b9g4jXT5-dK12xwCHiZ_9U3RRXyOMMR095h0kLJRy8xo4Sgyxt"
    "GrsxhCHrNiO5PJ3AeemjD6qBGOP1Of1CHTT-Umy77powyM4uNEq2yBfOMJQUIOUS_Z1LOChEdQZc6KGvawv-T31rV417Reimw6xr"
    "CfE8V-0Dge9I20b0Upy3YUzlV7Xo8wfSshdijk47tcXkhamEnWNXD_nMy9G4l3CLrqVnQ\",\"e\":\"AQAB\",\"kid\":\"r1\",\"use\":\""
    "sig\",\"alg\":\"RS256\"},{\"kty\":\"EC\",\"x\":\"Hwd8ugtmWbB4Cjw3lb4kNbHFvIjcZTJde9ZzhDW2mFk\",\"y\":"
    "\"5sJSrWC8GwtK1"
    "WPjrNVUkry1oWyU6xPecT46_hh44RA\",\"crv\":\"P-256\",\"kid\":\"e1\",\"use\":\"sig\"},{\"kty\":\"oct\",\"k\":"
    "\"AAAA\",\"kid\":"
    "\"o1\"}]}";
constexpr std::string_view token =
    "eyJhbGciOiJSUzI1NiIsImtpZCI6InIxIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlL3Bvb2xf"
    "MSIsInN1YiI6ImFkYSIsImF1ZCI6WyJzaG9wIl0sImNsaWVudF9pZCI6IndlYiIsInNjb3BlIjoicmVhZCB3cml0ZSIsImV4cCI6"
    "MTc5NTM5ODkwMCwibmJmIjoxNzk1Mzk1MDAwfQ.MGw4uVAZj8UUMnoSW7Abj-zAOQKnGQgeox3NGoSYfH-1QViADh6VjwPVEpL-3"
    "bpzDs1k1Z8-XSxExrPuyH3-ws0jnNV_22hMwLoYoHckEFnJ4Xm0M7RgfbGPzXrFQPh5gaf87DNMoJKv63Rbe3Zx1OSB0Q5Ejpkgq"
    "Du_6u4RyWEPAejsqJsQmj1pfRQJc6iCOVt0KczxduK9Zrd27Rsm3vJNc0vuhLcg2H8vymCdfs21liYasL0HafQOYaV1Bvw2ihbSZ"
    "r-pzYgjIulb-qHSC0bbCShW1ZhLgkuHOM3SArdsIMfTy-CISmkFOXKM4TDAmH2a-8JBC6xEEPtKAl9pVg";

std::string answer(std::string effect = "Allow", std::string resource = "*") {
    return json::serialize(json::object{
        {"principalId", "ada"},
        {"policyDocument", json::object{{"Version", "2012-10-17"},
                                        {"Statement", json::array{json::object{{"Action", "execute-api:Invoke"},
                                                                               {"Effect", effect},
                                                                               {"Resource", resource}}}}}},
        {"context", json::object{{"number", 7}, {"yes", true}, {"text", "t"}}}});
}

struct AuthorizedWorld : World {
    std::string authorizer(CreateAuthorizerRequest request) {
        request.restApiId = api;
        if (request.name.empty()) request.name = "auth";
        if (request.type != "COGNITO_USER_POOLS") request.authorizerUri = authorizer_uri;
        return *run(service.create_authorizer(call, request)).id;
    }
    /// A method that answers who its caller is.
    void protect(CreateAuthorizerRequest request, std::vector<std::string> scopes = {}) {
        method.authorizationType = request.type == "COGNITO_USER_POOLS" ? "COGNITO_USER_POOLS" : "CUSTOM";
        method.authorizerId = authorizer(std::move(request));
        if (!scopes.empty()) method.authorizationScopes = scopes;
        integration = {.type = "MOCK"};
        integration.requestTemplates.emplace()["application/json"] = R"({"statusCode": 200})";
        response("200", "",
                 "$context.authorizer.principalId $context.authorizer.number $context.authorizer.yes "
                 "$context.authorizer.claims.sub");
        add("/pets/{id}", "GET");
        add("/other", "GET");
        redeploy();
        lambda.payload = answer();
    }
    std::string ask(std::string path, std::vector<http::Header> headers) {
        const auto response = send("GET", std::move(path), "", std::move(headers));
        return fmt::format("{} {}", response.status, response.body);
    }
};

TEST(TokenAuthorizer, IsAskedForEachTokenOnce) {
    AuthorizedWorld world;
    world.protect({.type = "TOKEN", .identityValidationExpression = "[a-z]+"});
    EXPECT_EQ(world.ask("/pets/7", {}), R"(401 {"message":"Unauthorized"})");
    EXPECT_EQ(world.ask("/pets/7", {{"Authorization", "A1"}}), R"(401 {"message":"Unauthorized"})");
    EXPECT_TRUE(world.lambda.requests.empty()) << "nobody is asked about what cannot be a token";
    EXPECT_EQ(world.ask("/pets/7", {{"authorization", "abc"}}), "200 ada 7 true ");
    const auto event = world.lambda.event();
    EXPECT_EQ(event.at("type"), "TOKEN");
    EXPECT_EQ(event.at("authorizationToken"), "abc");
    EXPECT_EQ(std::string(event.at("methodArn").as_string()),
              fmt::format("arn:aws:execute-api:us-east-1:000000000000:{}/prod/GET/pets/7", world.api));
    EXPECT_THAT(world.lambda.source_arns.back(), testing::HasSubstr(world.api + "/authorizers/"));
    world.ask("/other", {{"Authorization", "abc"}});
    EXPECT_EQ(world.lambda.requests.size(), 1u);
    world.ask("/other", {{"Authorization", "xyz"}});
    EXPECT_EQ(world.lambda.requests.size(), 2u);
    world.run(world.clock.advance(301s));
    world.ask("/other", {{"Authorization", "abc"}});
    EXPECT_EQ(world.lambda.requests.size(), 3u) << "what it said is forgotten after five minutes";
    world.run(world.service.flush_stage_authorizers_cache(world.call, {world.api, "prod"}));
    world.ask("/other", {{"Authorization", "abc"}});
    EXPECT_EQ(world.lambda.requests.size(), 4u);
}

TEST(TokenAuthorizer, DecidesByItsPolicy) {
    AuthorizedWorld world;
    world.protect({.type = "TOKEN", .authorizerResultTtlInSeconds = 0});
    const auto with = [&](std::string payload, std::string error = "") {
        world.lambda.payload = std::move(payload);
        world.lambda.function_error = std::move(error);
        return world.ask("/pets/7", {{"Authorization", "abc"}});
    };
    EXPECT_EQ(with(answer("Deny")),
              R"(403 {"message":"User is not authorized to access this resource with an explicit deny"})");
    EXPECT_EQ(with(answer("Allow", "arn:aws:execute-api:*:*:*/prod/POST/*")),
              R"(403 {"message":"User is not authorized to access this resource"})");
    EXPECT_EQ(with(answer("Allow", "arn:aws:execute-api:*:*:*/prod/GET/pets/?")), "200 ada 7 true ");
    EXPECT_EQ(with("{}"), R"(500 {"message":null})");
    EXPECT_EQ(with("nonsense"), R"(500 {"message":null})");
    EXPECT_EQ(with(R"({"principalId": "x", "policyDocument": {}})"), R"(500 {"message":null})");
    EXPECT_EQ(with(R"({"errorMessage": "Unauthorized"})", "Unhandled"), R"(401 {"message":"Unauthorized"})");
    EXPECT_EQ(with(R"({"errorMessage": "boom"})", "Unhandled"), R"(500 {"message":null})");
    EXPECT_EQ(world.lambda.requests.size(), 8u) << "nothing is kept for no time";
}

TEST(RequestAuthorizer, SeesTheRequestAndNeedsItsIdentity) {
    AuthorizedWorld world;
    world.protect({.type = "REQUEST", .identitySource = "method.request.header.X-Who, method.request.querystring.key"});
    EXPECT_EQ(world.ask("/pets/7", {{"X-Who", "ada"}}), R"(401 {"message":"Unauthorized"})");
    EXPECT_EQ(world.ask("/pets/7?key=1", {{"x-who", "ada"}}), "200 ada 7 true ");
    const auto event = world.lambda.event();
    EXPECT_EQ(event.at("type"), "REQUEST");
    EXPECT_EQ(event.at("resource"), "/pets/{id}");
    EXPECT_EQ(event.at("pathParameters").at("id"), "7");
    EXPECT_EQ(event.at("queryStringParameters").at("key"), "1");
    EXPECT_EQ(event.at("headers").at("x-who"), "ada");
}

TEST(RequestAuthorizer, MayChooseTheApiKey) {
    AuthorizedWorld world;
    UpdateRestApiRequest update{.restApiId = world.api};
    update.patchOperations = {{{.op = "replace", .path = "/apiKeySource", .value = "AUTHORIZER"}}};
    world.run(world.service.update_rest_api(world.call, update));
    world.method.apiKeyRequired = true;
    world.protect({.type = "TOKEN"});
    EXPECT_EQ(world.ask("/pets/7", {{"Authorization", "abc"}}), R"(403 {"message":"Forbidden"})");
    const auto key = world.run(world.service.create_api_key(world.call, {.name = "k", .enabled = true}));
    CreateUsagePlanRequest plan{.name = "gold"};
    plan.apiStages.emplace().push_back({.apiId = world.api, .stage = "prod"});
    const auto made = world.run(world.service.create_usage_plan(world.call, plan));
    world.run(world.service.create_usage_plan_key(world.call, {*made.id, *key.id, "API_KEY"}));
    auto chosen = *parse_json(answer());
    chosen.as_object()["usageIdentifierKey"] = *key.value;
    world.lambda.payload = json::serialize(chosen);
    EXPECT_EQ(world.ask("/pets/7", {{"Authorization", "xyz"}}), "200 ada 7 true ");
}

void offer_keys(World& world) {
    world.http.bodies["/pool_1/.well-known/openid-configuration"] =
        R"({"jwks_uri": "https://issuer.example/pool_1/keys"})";
    world.http.bodies["/pool_1/keys"] = keys;
}

TEST(UserPools, LetTokensOfTheirIssuerIn) {
    AuthorizedWorld world;
    world.protect({.type = "COGNITO_USER_POOLS",
                   .providerARNs = {{"arn:aws:cognito-idp:us-east-1:000000000000:userpool/pool_1"}}});
    offer_keys(world);
    EXPECT_EQ(world.ask("/pets/7", {}), R"(401 {"message":"Unauthorized"})");
    EXPECT_EQ(world.ask("/pets/7", {{"Authorization", "nonsense"}}), R"(401 {"message":"Unauthorized"})");
    EXPECT_EQ(world.http.origin, "");
    EXPECT_EQ(world.ask("/pets/7", {{"Authorization", "Bearer " + std::string(token)}}), "200    ada");
    EXPECT_EQ(world.http.origin, "https://issuer.example");
    EXPECT_EQ(world.http.request.target, "/pool_1/keys");
    world.http.origin.clear();
    EXPECT_EQ(world.ask("/pets/7", {{"Authorization", std::string(token)}}), "200    ada");
    EXPECT_EQ(world.http.origin, "") << "keys are kept for a while";
    world.run(world.clock.advance(std::chrono::hours(1)));
    EXPECT_EQ(world.ask("/pets/7", {{"Authorization", std::string(token)}}),
              R"(401 {"message":"The incoming token has expired"})");
}

TEST(UserPools, TrustNoOtherIssuerAndNeedTheirScopes) {
    AuthorizedWorld other;
    other.protect({.type = "COGNITO_USER_POOLS",
                   .providerARNs = {{"arn:aws:cognito-idp:us-east-1:000000000000:userpool/pool_2"}}});
    offer_keys(other);
    EXPECT_EQ(other.ask("/pets/7", {{"Authorization", std::string(token)}}), R"(401 {"message":"Unauthorized"})");
    EXPECT_EQ(other.http.origin, "") << "a stranger is not even asked for keys";

    for (const auto& [scope, status] : {std::pair("read", "200"), std::pair("admin", "401")}) {
        AuthorizedWorld world;
        world.protect({.type = "COGNITO_USER_POOLS",
                       .providerARNs = {{"arn:aws:cognito-idp:us-east-1:000000000000:userpool/pool_1"}}},
                      {scope});
        offer_keys(world);
        EXPECT_THAT(world.ask("/pets/7", {{"Authorization", std::string(token)}}), testing::StartsWith(status));
    }
}

}  // namespace
}  // namespace cumulet::apigateway
