// Who may take a route, over the memory store: tokens of an issuer, functions that decide, signatures.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "contracts/tests/support/token_signer.h"
#include "services/apigatewayv2/tests/support/world.h"

namespace cumulet::apigatewayv2 {
namespace {

using aws::apigatewayv2::BadRequestException;
constexpr auto issuer = "https://id.example/pool";
constexpr auto guard_arn = "arn:aws:lambda:us-east-1:000000000000:function:guard";

class FakeIssuer final : public contracts::HttpSender {
  public:
    Task<std::optional<http::Response>> send(std::string, http::Request request, contracts::Sending) override {
        ++asked;
        http::Response response;
        response.body = request.target == "/keys" ? keys : R"({"jwks_uri": "https://id.example/keys"})";
        co_return response;
    }
    std::string keys;
    int asked = 0;
};

/// Knows who signed by a header, and lets in only those whose resource it expects.
class FakeGate final : public contracts::Gate {
  public:
    Task<void> identify(Call& call, const http::Request& request, const contracts::Service& service) override {
        signing_name = service.signing_name;
        if (!request.headers.has("authorization")) throw aws::Error("MissingAuthenticationToken", "", 403);
        call.principal = {.kind = Principal::Kind::user,
                          .account = "000000000000",
                          .arn = "arn:aws:iam::000000000000:user/ada",
                          .user_id = "AIDA1",
                          .access_key_id = "AKIA1"};
        co_return;
    }
    Task<void> permit(Call& call, const contracts::Service&, std::string action, std::string resource, std::string,
                      std::map<std::string, std::string>) override {
        asked = call.principal.arn + " " + action + " " + resource;
        if (!resource.ends_with("/GET/orders/7")) throw aws::Error("AccessDeniedException", "", 403);
        co_return;
    }
    std::string signing_name;
    std::string asked;
};

/// An API of one route "GET /orders/{id}" behind an authorizer.
struct Guarded : World {
    FakeIssuer site;
    FakeGate gate;
    Surface door_of_apis{*store, {.door = door, .gate = &gate, .http = &site}};
    contracts::TokenSigner signer{"k1"};
    std::string api = empty_api();
    aws::apigatewayv2::CreateRouteRequest guarded;

    Guarded() {
        site.keys = signer.key_set();
        stage(api, "$default", true);
        guarded.ApiId = api;
        guarded.RouteKey = "GET /orders/{id}";
        guarded.Target = "integrations/" + integration(api);
    }
    ~Guarded() { run(door_of_apis.stop()); }

    std::string authorizer(aws::apigatewayv2::CreateAuthorizerRequest request) {
        request.ApiId = api;
        request.Name = "guard";
        return *run(service.create_authorizer(call, request)).AuthorizerId;
    }
    void route_behind(std::string type, std::optional<std::string> authorizer_id) {
        guarded.AuthorizationType = std::move(type);
        guarded.AuthorizerId = std::move(authorizer_id);
        run(service.create_route(call, guarded));
    }
    void behind_tokens(std::vector<std::string> scopes = {}) {
        aws::apigatewayv2::CreateAuthorizerRequest request;
        request.AuthorizerType = "JWT";
        request.IdentitySource = {"$request.header.Authorization"};
        request.JwtConfiguration.emplace() = {.Audience = {{"shop"}}, .Issuer = issuer};
        if (!scopes.empty()) guarded.AuthorizationScopes = std::move(scopes);
        route_behind("JWT", authorizer(request));
    }
    static aws::apigatewayv2::CreateAuthorizerRequest function_request(std::string version, bool simple) {
        aws::apigatewayv2::CreateAuthorizerRequest request;
        request.AuthorizerType = "REQUEST";
        request.AuthorizerUri =
            std::string("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/") + guard_arn + "/invocations";
        request.AuthorizerPayloadFormatVersion = std::move(version);
        request.EnableSimpleResponses = simple;
        request.IdentitySource = {"$request.header.Authorization"};
        return request;
    }
    /// Claims that are valid now.
    json::object claims() const {
        const auto now = epoch_millis(clock.now()) / 1000;
        return {{"iss", issuer}, {"aud", "shop"}, {"sub", "ada"}, {"exp", now + 60}, {"nbf", now}, {"iat", now}};
    }
    http::Response ask(std::string authorization = "", std::string path = "/orders/7") {
        http::Request request;
        request.method = "GET";
        request.set_target(std::move(path));
        request.headers.add("Host", api + ".execute-api.localhost");
        if (!authorization.empty()) request.headers.add("Authorization", std::move(authorization));
        return run(door_of_apis.serve(call, std::move(request)));
    }
    void advance(Duration by) { run(clock.advance(by)); }
};

TEST(Tokens, OfTheIssuerLetTheirBearersIn) {
    Guarded world;
    world.behind_tokens();
    auto claims = world.claims();
    claims["roles"] = json::array{"buyer", "seller"};
    claims["verified"] = true;
    EXPECT_EQ(world.ask("Bearer " + world.signer.sign(claims)).status, 200);
    const auto event = world.lambda.event();
    const json::value told = event.at("requestContext").at("authorizer").at("jwt");
    EXPECT_EQ(told.at("claims").at("sub"), "ada");
    EXPECT_EQ(told.at("claims").at("roles"), "[buyer seller]");
    EXPECT_EQ(told.at("claims").at("verified"), "true");
    EXPECT_EQ(told.at("claims").at("exp").as_string(), std::to_string(epoch_millis(world.clock.now()) / 1000 + 60));
    EXPECT_TRUE(told.at("scopes").is_null());
    EXPECT_EQ(world.ask(world.signer.sign(claims)).status, 200);  // without "Bearer"
    EXPECT_EQ(world.site.asked, 2);
}

TEST(Tokens, ThatAreWrongInAnyWayAreUnauthorized) {
    Guarded world;
    world.behind_tokens();
    const auto now = epoch_millis(world.clock.now()) / 1000;
    const auto with = [&](std::string_view name, json::value value) {
        auto claims = world.claims();
        claims[name] = std::move(value);
        return world.signer.sign(claims);
    };
    const auto without = [&](std::string_view name) {
        auto claims = world.claims();
        claims.erase(name);
        return world.signer.sign(claims);
    };
    const auto headed = [&](json::object header) { return world.signer.sign(header, world.claims()); };
    for (const auto& [name, token] :
         std::map<std::string, std::string>{{"wrong issuer", with("iss", "https://other.example")},
                                            {"no issuer", without("iss")},
                                            {"wrong audience", with("aud", "other")},
                                            {"wrong audience, though the client is right",
                                             [&] {
                                                 auto claims = world.claims();
                                                 claims["aud"] = "other";
                                                 claims["client_id"] = "shop";
                                                 return world.signer.sign(claims);
                                             }()},
                                            {"no audience", without("aud")},
                                            {"expired", with("exp", now)},
                                            {"without end", without("exp")},
                                            {"end that is no number", with("exp", "tomorrow")},
                                            {"not yet", with("nbf", now + 1)},
                                            {"issued later", with("iat", now + 1)},
                                            {"no kid", headed({{"alg", "ES256"}})},
                                            {"unknown kid", headed({{"alg", "ES256"}, {"kid", "k2"}})},
                                            {"alg none", headed({{"alg", "none"}, {"kid", "k1"}})},
                                            {"alg of another kind", headed({{"alg", "RS256"}, {"kid", "k1"}})},
                                            {"symmetric alg", headed({{"alg", "HS256"}, {"kid", "k1"}})},
                                            {"another's key", contracts::TokenSigner("k1").sign(world.claims())},
                                            {"no signature", world.signer.sign(world.claims()).substr(0, 60) + "."},
                                            {"no token", "nonsense"}}) {
        const auto answer = world.ask("Bearer " + token);
        EXPECT_EQ(answer.status, 401) << name;
        EXPECT_EQ(answer.body, R"({"message":"Unauthorized"})") << name;
        EXPECT_THAT(answer.headers.get("www-authenticate"), testing::HasSubstr(R"(error="invalid_token")")) << name;
    }
    EXPECT_EQ(world.ask().status, 401);
    EXPECT_TRUE(world.lambda.requests.empty());
    EXPECT_EQ(world.ask(with("aud", json::array{"other", "shop"})).status, 200);
    auto client = world.claims();
    client.erase("aud");
    client["client_id"] = "shop";
    EXPECT_EQ(world.ask(world.signer.sign(client)).status, 200);
}

TEST(Tokens, EndByTheClockOfTheCloud) {
    Guarded world;
    world.behind_tokens();
    const auto token = world.signer.sign(world.claims());
    world.advance(59s);
    EXPECT_EQ(world.ask(token).status, 200);
    world.advance(1s);
    const auto answer = world.ask(token);
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.headers.get("www-authenticate"),
              R"(Bearer scope="" error="invalid_token" error_description="the token has expired")");
}

TEST(Tokens, NeedOneOfTheRoutesScopes) {
    Guarded world;
    world.behind_tokens({"orders.read", "orders.all"});
    auto claims = world.claims();
    const auto refused = world.ask(world.signer.sign(claims));
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(refused.body, R"({"message":"Forbidden"})");
    claims["scope"] = "orders.write profile";
    EXPECT_EQ(world.ask(world.signer.sign(claims)).status, 403);
    claims["scope"] = "profile orders.read";
    EXPECT_EQ(world.ask(world.signer.sign(claims)).status, 200);
    EXPECT_EQ(world.lambda.event().at("requestContext").at("authorizer").at("jwt").at("scopes"),
              (json::array{"profile", "orders.read"}));
    claims.erase("scope");
    claims["scp"] = json::array{"orders.all"};
    EXPECT_EQ(world.ask(world.signer.sign(claims)).status, 200);
}

TEST(LambdaAuthorizers, DecideWithSimpleResponses) {
    Guarded world;
    world.route_behind("CUSTOM", world.authorizer(world.function_request("2.0", true)));
    EXPECT_EQ(world.ask().status, 401);
    EXPECT_TRUE(world.lambda.requests.empty());

    world.lambda.payload = R"({"isAuthorized": false})";
    const auto refused = world.ask("one");
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(refused.body, R"({"message":"Forbidden"})");
    ASSERT_EQ(world.lambda.requests.size(), 1u);
    EXPECT_EQ(world.lambda.requests[0].FunctionName, guard_arn);
    const auto event = world.lambda.event();
    EXPECT_EQ(event.at("type"), "REQUEST");
    EXPECT_EQ(event.at("version"), "2.0");
    EXPECT_EQ(event.at("routeArn").as_string(),
              "arn:aws:execute-api:us-east-1:000000000000:" + world.api + "/$default/GET/orders/7");
    EXPECT_EQ(event.at("identitySource"), json::array{"one"});
    EXPECT_FALSE(event.as_object().contains("body"));

    world.lambda.payload = R"({"isAuthorized": true, "context": {"tier": "gold", "limits": [1, 2]}})";
    EXPECT_EQ(world.ask("two").status, 200);
    ASSERT_EQ(world.lambda.requests.size(), 3u);
    const json::value told = world.lambda.event().at("requestContext").at("authorizer").at("lambda");
    EXPECT_EQ(told.at("tier"), "gold");
    EXPECT_EQ(told.at("limits"), (json::array{1, 2}));
}

TEST(LambdaAuthorizers, DecideWithPolicies) {
    Guarded world;
    world.guarded.RouteKey = "ANY /{proxy+}";
    world.route_behind("CUSTOM", world.authorizer(world.function_request("1.0", false)));
    world.lambda.payload = R"({"principalId": "ada", "context": {"tier": "gold"}, "policyDocument": {
        "Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:*:*:*/GET/orders/*"},
            {"Effect": "Deny", "Action": "execute-api:*", "Resource": "arn:aws:execute-api:*:*:*/GET/orders/9"}]}})";
    EXPECT_EQ(world.ask("token").status, 200);
    const auto event = *parse_json(*world.lambda.requests.at(0).Payload);
    EXPECT_EQ(event.at("version"), "1.0");
    EXPECT_EQ(event.at("authorizationToken"), "token");
    EXPECT_EQ(event.at("methodArn").as_string(),
              "arn:aws:execute-api:us-east-1:000000000000:" + world.api + "/$default/GET/orders/7");
    EXPECT_EQ(world.lambda.event().at("requestContext").at("authorizer").at("lambda").at("tier"), "gold");
    // Kept, and asked for each route anew.
    EXPECT_EQ(world.ask("token", "/orders/9").status, 403);
    EXPECT_EQ(world.ask("token", "/users").status, 403);
    EXPECT_EQ(world.ask("token", "/orders/8").status, 200);
}

TEST(LambdaAuthorizers, AreAskedAgainOnceTheirResultsAreTooOld) {
    Guarded world;
    auto request = world.function_request("2.0", true);
    request.AuthorizerResultTtlInSeconds = 60;
    world.route_behind("CUSTOM", world.authorizer(request));
    world.lambda.payload = R"({"isAuthorized": false})";
    const auto asked = [&](std::string token) {
        const auto before = world.lambda.requests.size();
        world.ask(std::move(token));
        return world.lambda.requests.size() - before;
    };
    EXPECT_EQ(asked("one"), 1u);
    EXPECT_EQ(asked("one"), 0u);
    EXPECT_EQ(asked("two"), 1u);
    world.advance(59s);
    EXPECT_EQ(asked("one"), 0u);
    world.advance(1s);
    EXPECT_EQ(asked("one"), 1u);
    world.run(world.service.reset_authorizers_cache(world.call, {world.api, "$default"}));
    EXPECT_EQ(asked("one"), 1u);
    EXPECT_THROW(world.run(world.service.reset_authorizers_cache(world.call, {world.api, "none"})),
                 aws::apigatewayv2::NotFoundException);
}

TEST(LambdaAuthorizers, ThatFailLetNobodyIn) {
    Guarded world;
    auto request = world.function_request("2.0", true);
    request.AuthorizerResultTtlInSeconds = 0;
    world.route_behind("CUSTOM", world.authorizer(request));
    for (const auto* payload :
         {"", "null", "[]", "{}", R"({"isAuthorized": "true"})", R"({"isAuthorized": true, "context": 7})"}) {
        world.lambda.payload = payload;
        EXPECT_EQ(world.ask("token").status, 500) << payload;
    }
    world.lambda.function_error = "Unhandled";
    world.lambda.payload = R"({"errorMessage": "oh no"})";
    EXPECT_EQ(world.ask("token").status, 500);
    world.lambda.payload = R"({"errorMessage": "Unauthorized"})";
    EXPECT_EQ(world.ask("token").status, 401);
    world.lambda.error = aws::lambda::ResourceNotFoundException("Function not found");
    EXPECT_EQ(world.ask("token").status, 500);
}

TEST(Signatures, LetInWhomPoliciesAllow) {
    Guarded world;
    world.guarded.RouteKey = "ANY /{proxy+}";
    world.route_behind("AWS_IAM", std::nullopt);
    EXPECT_EQ(world.ask("AWS4-HMAC-SHA256 …").status, 200);
    EXPECT_EQ(world.gate.signing_name, "execute-api");
    EXPECT_EQ(world.gate.asked,
              "arn:aws:iam::000000000000:user/ada execute-api:Invoke arn:aws:execute-api:us-east-1:"
              "000000000000:" +
                  world.api + "/$default/GET/orders/7");
    const json::value told = world.lambda.event().at("requestContext").at("authorizer").at("iam");
    EXPECT_EQ(told.at("userArn"), "arn:aws:iam::000000000000:user/ada");
    EXPECT_EQ(told.at("accessKey"), "AKIA1");
    const auto other = world.ask("AWS4-HMAC-SHA256 …", "/users");
    EXPECT_EQ(other.status, 403);
    EXPECT_EQ(other.body, R"({"message":"Forbidden"})");
    EXPECT_EQ(world.ask().status, 403);
}

TEST(CreateAuthorizer, RefusesWhatCannotDecide) {
    Guarded world;
    const auto refused = [&](auto change) {
        auto request = world.function_request("2.0", true);
        change(request);
        EXPECT_THROW(world.authorizer(request), BadRequestException);
    };
    refused([](auto& request) { request.AuthorizerUri = "http://example.com"; });
    refused([](auto& request) { request.AuthorizerPayloadFormatVersion.reset(); });
    refused([](auto& request) { request.AuthorizerPayloadFormatVersion = "1.0"; });
    refused([](auto& request) { request.IdentitySource = {"Authorization"}; });
    refused([](auto& request) {
        request.IdentitySource = {};
        request.AuthorizerResultTtlInSeconds = 10;
    });
    const auto refused_token = [&](auto change) {
        aws::apigatewayv2::CreateAuthorizerRequest request;
        request.AuthorizerType = "JWT";
        request.IdentitySource = {"$request.header.Authorization"};
        request.JwtConfiguration.emplace() = {.Audience = {{"shop"}}, .Issuer = issuer};
        change(request);
        EXPECT_THROW(world.authorizer(request), BadRequestException);
    };
    refused_token([](auto& request) { request.JwtConfiguration.reset(); });
    refused_token([](auto& request) { request.JwtConfiguration->Issuer = "id.example"; });
    refused_token([](auto& request) { request.JwtConfiguration->Audience.reset(); });
    refused_token([](auto& request) { request.IdentitySource = {"$context.routeKey"}; });
    refused_token([](auto& request) { request.AuthorizerUri = guard_arn; });
}

TEST(Routes, NeedAnAuthorizerOfTheirKind) {
    Guarded world;
    const auto id = world.authorizer(world.function_request("2.0", true));
    EXPECT_THROW(world.route_behind("JWT", id), BadRequestException);
    EXPECT_THROW(world.route_behind("CUSTOM", "none"), BadRequestException);
    EXPECT_THROW(world.route_behind("CUSTOM", std::nullopt), BadRequestException);
    EXPECT_THROW(world.route_behind("AWS_IAM", id), BadRequestException);
    world.route_behind("CUSTOM", id);
    EXPECT_THROW(world.run(world.service.delete_authorizer(world.call, {world.api, id})),
                 aws::apigatewayv2::ConflictException);
    const auto routes = world.run(world.service.get_routes(world.call, {.ApiId = world.api}));
    aws::apigatewayv2::UpdateRouteRequest open;
    open.ApiId = world.api;
    open.RouteId = *routes.Items->at(0).RouteId;
    open.AuthorizationType = "NONE";
    EXPECT_FALSE(world.run(world.service.update_route(world.call, open)).AuthorizerId);
    world.run(world.service.delete_authorizer(world.call, {world.api, id}));
    EXPECT_EQ(world.ask().status, 200);
}

}  // namespace
}  // namespace cumulet::apigatewayv2
