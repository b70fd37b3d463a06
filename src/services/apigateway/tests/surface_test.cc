// Requests to REST APIs, over the memory store and a clock that stands still. Neighbours only say what they were asked.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "contracts/error.h"
#include "services/apigateway/tests/support/world.h"

namespace cumulet::apigateway {
namespace {

using namespace aws::apigateway;

constexpr auto function_uri =
    "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
    "arn:aws:lambda:us-east-1:000000000000:function:orders/invocations";

json::value json_of(const http::Response& response) {
    auto parsed = parse_json(response.body);
    return parsed ? *parsed : json::value(response.body);
}

TEST(Mock, AnswersByItsTemplates) {
    World world;
    world.integration = {.type = "MOCK"};
    world.integration.requestTemplates.emplace()["application/json"] =
        R"-(#if($input.params('fail') == 'yes'){"statusCode": 500}#else{"statusCode": 200}#end)-";
    world.response("200", "",
                   R"-({"id": "$input.params('id')", "stage": "$context.stage", "v": "$stageVariables.colour"})-");
    world.response("500", "5\\d\\d", R"({"failed": true})");
    world.deploy("/pets/{id}", "GET");
    const auto good = world.get("/pets/7");
    EXPECT_EQ(good.status, 200) << good.body;
    EXPECT_EQ(good.body, R"({"id": "7", "stage": "prod", "v": "blue"})");
    EXPECT_EQ(good.headers.get("content-type"), "application/json");
    EXPECT_EQ(good.headers.get("x-amzn-requestid").size(), 36u);
    EXPECT_FALSE(good.headers.get("x-amz-apigw-id").empty());
    const auto bad = world.get("/pets/7?fail=yes");
    EXPECT_EQ(bad.status, 500);
    EXPECT_EQ(bad.body, R"({"failed": true})");
}

TEST(Mock, ServesCorsPreflights) {
    World world;
    world.integration = {.type = "MOCK"};
    world.integration.requestTemplates.emplace()["application/json"] = R"({"statusCode": 200})";
    world.response("200", "", "");
    world.method_response("200", {"method.response.header.Access-Control-Allow-Origin"});
    world.responses["200"].responseParameters.emplace()["method.response.header.Access-Control-Allow-Origin"] = "'*'";
    world.deploy("/pets", "OPTIONS");
    const auto response = world.send("OPTIONS", "/pets");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.headers.get("access-control-allow-origin"), "*");
}

TEST(Routing, RefusesWhatNoMethodIsFor) {
    World world;
    world.mock("/pets/{id}", "GET");
    for (const auto* path : {"/", "/cats", "/pets", "/pets/7/more"}) {
        const auto response = world.get(path);
        EXPECT_EQ(response.status, 403) << path;
        EXPECT_EQ(json_of(response), (json::object{{"message", "Missing Authentication Token"}})) << path;
        EXPECT_EQ(response.headers.get("x-amzn-errortype"), "MissingAuthenticationTokenException");
    }
    EXPECT_EQ(world.send("POST", "/pets/7").status, 403);
    EXPECT_EQ(world.get("/pets/7/").status, 200);
    EXPECT_EQ(world.get("/pets/a%2Fb").status, 200) << "an encoded slash is no end of a segment";
    EXPECT_EQ(json_of(world.at("/nothere/pets/7")), (json::object{{"message", "Forbidden"}}));
}

TEST(Routing, IsSwappedByADeploymentAtOnce) {
    World world;
    world.mock("/first", "GET");
    EXPECT_EQ(world.get("/first").status, 200);
    world.add_mock("/second", "GET");
    EXPECT_EQ(world.get("/second").status, 403) << "it is not deployed yet";
    world.redeploy();
    EXPECT_EQ(world.get("/second").status, 200);
}

TEST(Routing, PrefersWhatIsSpelledOut) {
    World world;
    world.integration = {.type = "AWS_PROXY", .httpMethod = "POST", .uri = function_uri};
    world.add("/pets/{id}", "GET");
    world.add("/pets/new", "ANY");
    world.add("/{proxy+}", "ANY");
    world.redeploy();
    const auto resource_of = [&](std::string path) {
        world.get(std::move(path));
        return std::string(world.lambda.event().at("resource").as_string());
    };
    EXPECT_EQ(resource_of("/pets/7"), "/pets/{id}");
    EXPECT_EQ(resource_of("/pets/new"), "/pets/new");
    EXPECT_EQ(resource_of("/pets/7/toys"), "/{proxy+}");
    EXPECT_EQ(world.lambda.event().at("pathParameters").at("proxy"), "pets/7/toys");
    EXPECT_EQ(resource_of("/x/"), "/{proxy+}");
    EXPECT_EQ(world.lambda.event().at("pathParameters").at("proxy"), "x");
    EXPECT_EQ(world.lambda.event().at("path"), "/x/");
}

TEST(LambdaProxy, IsToldOfTheRequest) {
    World world;
    world.integration = {.type = "AWS_PROXY", .httpMethod = "POST", .uri = function_uri};
    world.deploy("/pets/{id}", "POST");
    const auto response =
        world.send("POST", "/pets/a%20b?x=1&x=2&y=", "hello", {{"X-Thing", "one"}, {"x-thing", "two"}});
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.body, "done");
    EXPECT_EQ(response.headers.get("content-type"), "application/json");
    const auto event = world.lambda.event();
    EXPECT_EQ(event.at("resource"), "/pets/{id}");
    EXPECT_EQ(event.at("path"), "/pets/a%20b");
    EXPECT_EQ(event.at("httpMethod"), "POST");
    EXPECT_EQ(event.at("pathParameters").at("id"), "a%20b");
    EXPECT_EQ(event.at("queryStringParameters").at("x"), "2");
    EXPECT_EQ(event.at("multiValueQueryStringParameters").at("x"), (json::array{"1", "2"}));
    EXPECT_EQ(event.at("queryStringParameters").at("y"), "");
    EXPECT_EQ(event.at("body"), "hello");
    EXPECT_EQ(event.at("isBase64Encoded"), false);
    EXPECT_EQ(event.at("stageVariables").at("colour"), "blue");
    const auto& context = event.at("requestContext");
    EXPECT_EQ(context.at("accountId"), "000000000000");
    EXPECT_EQ(context.at("apiId").as_string(), world.api);
    EXPECT_EQ(context.at("stage"), "prod");
    EXPECT_EQ(context.at("path"), "/prod/pets/a%20b");
    EXPECT_EQ(context.at("resourcePath"), "/pets/{id}");
    EXPECT_EQ(context.at("requestTime"), "23/Nov/2026:00:55:00 +0000");
    EXPECT_EQ(context.at("identity").at("sourceIp"), "127.0.0.1");
    EXPECT_TRUE(context.at("identity").at("userArn").is_null());
    EXPECT_EQ(world.lambda.principals.back().service, "apigateway.amazonaws.com");
    EXPECT_EQ(world.lambda.source_arns.back(),
              fmt::format("arn:aws:execute-api:us-east-1:000000000000:{}/prod/POST/pets/{{id}}", world.api));
}

TEST(LambdaProxy, MustAnswerInItsForm) {
    World world;
    world.integration = {.type = "AWS_PROXY", .httpMethod = "POST", .uri = function_uri};
    world.deploy("/x", "GET");
    const auto status_of = [&](std::string payload, std::string error = "") {
        world.lambda.payload = std::move(payload);
        world.lambda.function_error = std::move(error);
        return world.get("/x").status;
    };
    EXPECT_EQ(status_of(R"({"statusCode": 201})"), 201);
    EXPECT_EQ(status_of(R"({"statusCode": "204", "headers": {"A": "b"}})"), 204);
    EXPECT_EQ(status_of(R"({})"), 200);
    for (const auto* bad : {"null", "\"text\"", "[1]", R"({"statusCode": 200, "wrong": 1})", R"({"statusCode": "x"})",
                            R"({"headers": {"a": "b\r\nInjected: 1"}})"}) {
        EXPECT_EQ(status_of(bad), 502) << bad;
        EXPECT_EQ(json_of(world.get("/x")), (json::object{{"message", "Internal server error"}})) << bad;
    }
    EXPECT_EQ(status_of(R"({"errorMessage": "x"})", "Unhandled"), 502);
    world.lambda.error = aws::access_denied("no permission");
    EXPECT_EQ(status_of("{}"), 500);
}

TEST(LambdaProxy, SendsBytesWhereTheApiKnowsTheirTypes) {
    World world;
    world.binary_types = {"image/*"};
    world.integration = {.type = "AWS_PROXY", .httpMethod = "POST", .uri = function_uri};
    world.deploy("/x", "POST");
    world.lambda.payload = R"({"statusCode": 200, "body": "AAH/", "isBase64Encoded": true})";
    auto response =
        world.send("POST", "/x", std::string("\0\1", 2), {{"Content-Type", "image/png"}, {"Accept", "image/png"}});
    EXPECT_EQ(world.lambda.event().at("body"), "AAE=");
    EXPECT_EQ(world.lambda.event().at("isBase64Encoded"), true);
    EXPECT_EQ(response.body, std::string("\0\1\xff", 3));
    response = world.send("POST", "/x", "text", {{"Content-Type", "text/plain"}, {"Accept", "text/plain"}});
    EXPECT_EQ(world.lambda.event().at("body"), "text");
    EXPECT_EQ(response.body, "AAH/") << "who accepts no binary type gets the text";
}

TEST(LambdaProxy, EndsWithTheTimeoutOfItsIntegration) {
    World world;
    world.integration = {.type = "AWS_PROXY", .httpMethod = "POST", .uri = function_uri};
    world.integration.timeoutInMillis = 1000;
    world.deploy("/x", "GET");
    world.lambda.takes = 5s;
    http::Response response;
    auto ask = [](World& world, http::Response& response) -> Task<void> {
        response = co_await world.surface.serve(world.call, world.request("GET", "/x"));
    };
    auto move = [](World& world) -> Task<void> { co_await world.clock.advance(2s); };
    std::vector<Task<void>> both;
    both.push_back(ask(world, response));
    both.push_back(move(world));
    world.run(all(std::move(both)));
    EXPECT_EQ(response.status, 504);
    EXPECT_EQ(json_of(response), (json::object{{"message", "Endpoint request timed out"}}));
    world.run(move(world));
    world.run(move(world));
}

TEST(Lambda, IsAskedAndAnswersByTemplates) {
    World world;
    world.integration = {.type = "AWS", .httpMethod = "POST", .uri = function_uri};
    world.integration.requestTemplates.emplace()["application/json"] = R"({"name": $input.json('$.name')})";
    world.response("200", "", R"({"answer": $input.json('$.body')})");
    world.response("400", ".*\\[BadRequest\\].*", R"-({"why": "$input.path('$.errorMessage')"})-");
    world.deploy("/x", "POST");
    EXPECT_EQ(world.send("POST", "/x", R"({"name": "Ada", "age": 36})").body, R"({"answer": "done"})");
    EXPECT_EQ(world.lambda.requests.back().Payload, R"({"name": "Ada"})");
    world.lambda.payload = R"({"errorMessage": "[BadRequest] no such thing", "errorType": "E"})";
    world.lambda.function_error = "Unhandled";
    const auto refused = world.send("POST", "/x", "{}");
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.body, R"-({"why": "[BadRequest] no such thing"})-");
}

TEST(Passthrough, FollowsItsBehaviour) {
    struct Row {
        const char* behaviour;
        bool has_template;
        const char* type;
        int status;
        const char* sent;
    };
    for (const auto& row : std::initializer_list<Row>{
             {"WHEN_NO_MATCH", true, "application/json", 200, "mapped"},
             {"WHEN_NO_MATCH", true, "text/plain", 200, "body"},
             {"WHEN_NO_TEMPLATES", true, "text/plain", 415, ""},
             {"WHEN_NO_TEMPLATES", false, "text/plain", 200, "body"},
             {"NEVER", true, "application/json; charset=utf-8", 200, "mapped"},
             {"NEVER", false, "text/plain", 415, ""},
         }) {
        World world;
        world.integration = {.type = "AWS", .httpMethod = "POST", .uri = function_uri};
        world.integration.passthroughBehavior = row.behaviour;
        if (row.has_template) world.integration.requestTemplates.emplace()["application/json"] = "mapped";
        world.response("200", "", "");
        world.deploy("/x", "POST");
        const auto response = world.send("POST", "/x", "body", {{"Content-Type", row.type}});
        EXPECT_EQ(response.status, row.status) << row.behaviour << row.type;
        if (row.status == 200) {
            EXPECT_EQ(world.lambda.requests.back().Payload, row.sent) << row.behaviour << row.type;
        } else {
            EXPECT_EQ(json_of(response), (json::object{{"message", "Unsupported Media Type"}}));
        }
    }
}

TEST(Http, IsMappedBothWays) {
    World world;
    world.integration = {
        .type = "HTTP", .httpMethod = "PUT", .uri = "http://backend:81/{where}/${stageVariables.colour}?k=v"};
    world.integration.requestParameters = {{{"integration.request.path.where", "method.request.path.id"},
                                            {"integration.request.querystring.q", "method.request.querystring.a"},
                                            {"integration.request.header.X-Stage", "context.stage"},
                                            {"integration.request.header.X-Fixed", "'fixed'"},
                                            {"integration.request.header.X-Body", "method.request.body.name"}}};
    world.response("200", "", "");
    world.method_response("200", {"method.response.header.X-Back"});
    world.responses["200"].responseParameters.emplace()["method.response.header.X-Back"] =
        "integration.response.header.x-from";
    world.response("404", "404", R"({"gone": true})");
    world.deploy("/pets/{id}", "POST");
    world.http.response.headers.add("X-From", "there");
    world.http.response.headers.add("X-Hidden", "1");
    world.http.response.body = "back";
    auto response = world.send("POST", "/pets/a%2F..%2Fb?a=1%262", R"({"name": "Ada"})", {{"X-Own", "not passed on"}});
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.body, "back");
    EXPECT_EQ(response.headers.get("x-back"), "there");
    EXPECT_FALSE(response.headers.has("x-hidden"));
    EXPECT_EQ(world.http.origin, "http://backend:81");
    EXPECT_EQ(world.http.request.method, "PUT");
    EXPECT_EQ(world.http.request.target, "/a%2F..%2Fb/blue?k=v&q=1%262");
    EXPECT_EQ(world.http.request.headers.get("x-stage"), "prod");
    EXPECT_EQ(world.http.request.headers.get("x-fixed"), "fixed");
    EXPECT_EQ(world.http.request.headers.get("x-body"), "Ada");
    EXPECT_FALSE(world.http.request.headers.has("x-own"));
    EXPECT_EQ(world.http.request.headers.get("host"), "backend:81");
    world.http.response.status = 404;
    response = world.send("POST", "/pets/7", "{}");
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.body, R"({"gone": true})");
}

TEST(HttpProxy, PassesAllOn) {
    World world;
    world.integration = {.type = "HTTP_PROXY", .httpMethod = "ANY", .uri = "http://backend/{proxy}"};
    world.integration.requestParameters.emplace()["integration.request.path.proxy"] = "method.request.path.proxy";
    world.deploy("/{proxy+}", "ANY");
    world.http.response.status = 418;
    world.http.response.headers.add("Set-Cookie", "a=1");
    world.http.response.headers.add("Set-Cookie", "b=2");
    world.http.response.headers.add("Server", "theirs");
    const auto response = world.send("DELETE", "/a/b%20c?x=1&x=2", "body", {{"X-Own", "1"}, {"Connection", "close"}});
    EXPECT_EQ(response.status, 418);
    EXPECT_EQ(response.headers.all("set-cookie").size(), 2u);
    EXPECT_EQ(response.headers.get("x-amzn-remapped-server"), "theirs");
    EXPECT_EQ(world.http.request.method, "DELETE");
    EXPECT_EQ(world.http.request.target, "/a/b%20c?x=1&x=2");
    EXPECT_EQ(world.http.request.headers.get("x-own"), "1");
    EXPECT_FALSE(world.http.request.headers.has("connection"));
    EXPECT_EQ(world.http.request.body, "body");
    world.http.fails = true;
    EXPECT_EQ(world.get("/a").status, 504);
    world.http.fails = false;
    world.http.silent = true;
    EXPECT_EQ(json_of(world.get("/a")), (json::object{{"message", "Endpoint request timed out"}}));
}

TEST(AwsService, IsAskedInItsOwnProtocolAsTheRole) {
    World world;
    world.integration = {
        .type = "AWS", .httpMethod = "POST", .uri = "arn:aws:apigateway:eu-west-1:sqs:path/000000000000/jobs"};
    world.integration.credentials = "arn:aws:iam::111122223333:role/service/writer";
    world.integration.requestParameters.emplace()["integration.request.header.Content-Type"] =
        "'application/x-www-form-urlencoded'";
    world.integration.requestTemplates.emplace()["application/json"] =
        "Action=SendMessage&MessageBody=$util.urlEncode($input.body)";
    world.response("200", "", R"({"ok": true})");
    world.deploy("/x", "POST");
    EXPECT_EQ(world.send("POST", "/x", R"({"a": "b c"})").body, R"({"ok": true})");
    EXPECT_EQ(world.wire.request.service, "sqs");
    EXPECT_EQ(world.wire.request.action, "");
    EXPECT_EQ(world.wire.request.message.path, "/000000000000/jobs");
    EXPECT_EQ(world.wire.request.message.body, "Action=SendMessage&MessageBody=%7B%22a%22%3A+%22b+c%22%7D");
    EXPECT_EQ(world.wire.region, "eu-west-1");
    EXPECT_EQ(world.wire.principal.arn, "arn:aws:sts::111122223333:assumed-role/writer/BackplaneAssumeRoleSession");
    EXPECT_EQ(world.wire.principal.account, "111122223333");
}

TEST(AwsService, IsNamedWithItsActionOrSubdomain) {
    World world;
    world.integration = {
        .type = "AWS", .httpMethod = "POST", .uri = "arn:aws:apigateway:us-east-1:dynamodb:action/PutItem"};
    world.integration.credentials = "arn:aws:iam::000000000000:role/writer";
    world.response("200", "", "");
    world.deploy("/x", "POST");
    world.send("POST", "/x", "{}");
    EXPECT_EQ(world.wire.request.service, "dynamodb");
    EXPECT_EQ(world.wire.request.action, "PutItem");

    World storage;
    storage.integration = {
        .type = "AWS", .httpMethod = "GET", .uri = "arn:aws:apigateway:us-east-1:{bucket}.s3:path/{key}"};
    storage.integration.credentials = "arn:aws:iam::000000000000:role/reader";
    storage.integration.requestParameters = {{{"integration.request.path.bucket", "'pictures'"},
                                              {"integration.request.path.key", "method.request.path.key"}}};
    storage.response("200", "", "");
    storage.deploy("/{key}", "GET");
    storage.get("/a%2Fb.png");
    EXPECT_EQ(storage.wire.request.service, "s3");
    EXPECT_EQ(storage.wire.request.subdomain, "pictures");
    EXPECT_EQ(storage.wire.request.message.target, "/a%2Fb.png");
}

TEST(AwsService, NeedsARole) {
    World world;
    world.integration = {
        .type = "AWS", .httpMethod = "POST", .uri = "arn:aws:apigateway:us-east-1:dynamodb:action/PutItem"};
    world.response("200", "", "");
    world.deploy("/x", "POST");
    EXPECT_EQ(world.send("POST", "/x", "{}").status, 500);
}

TEST(Overrides, ComeFromTemplates) {
    World world;
    world.integration = {.type = "HTTP", .httpMethod = "GET", .uri = "http://backend/{where}"};
    world.integration.requestTemplates.emplace()["application/json"] =
        "#set($context.requestOverride.header.X-New = 'made')"
        "#set($context.requestOverride.path.where = 'other')"
        "#set($context.requestOverride.querystring.q = '1')";
    world.response("200", "",
                   "#set($context.responseOverride.status = 202)"
                   "#set($context.responseOverride.header.X-Back = 'made too')ok");
    world.deploy("/x", "GET");
    const auto response = world.get("/x");
    EXPECT_EQ(world.http.request.target, "/other?q=1");
    EXPECT_EQ(world.http.request.headers.get("x-new"), "made");
    EXPECT_EQ(response.status, 202);
    EXPECT_EQ(response.headers.get("x-back"), "made too");
    EXPECT_EQ(response.body, "ok");
}

TEST(Mappings, InjectNoHeaders) {
    World world;
    world.integration = {.type = "HTTP", .httpMethod = "GET", .uri = "http://backend/"};
    world.integration.requestParameters.emplace()["integration.request.header.X-A"] = "method.request.querystring.a";
    world.response("200", "", "#set($context.responseOverride.header.X-B = $input.params('a'))ok");
    world.deploy("/x", "GET");
    const auto response = world.get("/x?a=1%0d%0aInjected:%201");
    EXPECT_FALSE(world.http.request.headers.has("x-a"));
    EXPECT_FALSE(response.headers.has("x-b"));
    EXPECT_EQ(response.status, 200);
}

TEST(Validation, RequiresParametersAndBodies) {
    World world;
    world.validator(true, true);
    world.model("Pet", R"({"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}},
                           "additionalProperties": false})");
    world.method.requestModels.emplace()["application/json"] = "Pet";
    world.method.requestParameters = {{{"method.request.querystring.page", true},
                                       {"method.request.header.X-Who", true},
                                       {"method.request.header.X-Maybe", false}}};
    world.integration = {.type = "AWS_PROXY", .httpMethod = "POST", .uri = function_uri};
    world.deploy("/pets", "POST");
    const auto message_of = [](const http::Response& response) {
        return fmt::format("{} {}", response.status, std::string_view(json_of(response).at("message").as_string()));
    };
    EXPECT_EQ(message_of(world.send("POST", "/pets", "{}")), "400 Missing required request parameters: [X-Who, page]");
    const auto post = [&](std::string body, std::string type = "application/json") {
        return world.send("POST", "/pets?page=1", std::move(body),
                          {{"x-who", "me"}, {"Content-Type", std::move(type)}});
    };
    EXPECT_EQ(post(R"({"name": "Rex"})").status, 200);
    for (const auto* bad : {"", "{}", "nonsense", R"({"name": 7})", R"({"name": "Rex", "age": 1})"})
        EXPECT_EQ(message_of(post(bad)), "400 Invalid request body") << bad;
    EXPECT_EQ(post("x", "text/plain").status, 200) << "no model is for that type";
}

TEST(GatewayResponses, AreTheApisOwnWhereItHasThem) {
    World world;
    PutGatewayResponseRequest own{
        .restApiId = world.api, .responseType = "MISSING_AUTHENTICATION_TOKEN", .statusCode = "404"};
    own.responseParameters = {{{"gatewayresponse.header.X-Why", "'nowhere'"},
                               {"gatewayresponse.header.X-Asked", "method.request.querystring.q"}}};
    own.responseTemplates.emplace()["application/json"] =
        R"({"m": $context.error.messageString, "t": "$context.error.responseType", "s": "$context.stage"})";
    world.run(world.service.put_gateway_response(world.call, own));
    world.run(world.service.put_gateway_response(
        world.call, {.restApiId = world.api, .responseType = "DEFAULT_5XX", .statusCode = "599"}));
    world.integration = {.type = "AWS_PROXY", .httpMethod = "POST", .uri = function_uri};
    world.deploy("/x", "GET");
    const auto missing = world.get("/y?q=1");
    EXPECT_EQ(missing.status, 404);
    EXPECT_EQ(missing.headers.get("x-why"), "nowhere");
    EXPECT_EQ(missing.headers.get("x-asked"), "1");
    EXPECT_EQ(missing.body,
              R"({"m": "Missing Authentication Token", "t": "MISSING_AUTHENTICATION_TOKEN", "s": "prod"})");
    world.lambda.payload = "null";
    EXPECT_EQ(world.get("/x").status, 599);
}

TEST(ApiKeys, OpenMethodsThatAskForThem) {
    World world;
    world.method.apiKeyRequired = true;
    world.mock_at("/x", "GET");
    const auto key = world.run(world.service.create_api_key(world.call, {.name = "k", .enabled = true}));
    CreateUsagePlanRequest plan{.name = "gold"};
    plan.apiStages.emplace().push_back({.apiId = world.api, .stage = "prod"});
    plan.quota = {.limit = 3, .offset = {}, .period = "DAY"};
    plan.throttle = {.burstLimit = 2, .rateLimit = 1};
    const auto made = world.run(world.service.create_usage_plan(world.call, plan));
    const auto ask = [&](std::string value) { return world.send("GET", "/x", "", {{"x-api-key", std::move(value)}}); };
    EXPECT_EQ(json_of(world.get("/x")), (json::object{{"message", "Forbidden"}}));
    EXPECT_EQ(ask(*key.value).status, 403) << "no plan has the key yet";
    world.run(world.service.create_usage_plan_key(world.call, {*made.id, *key.id, "API_KEY"}));
    EXPECT_EQ(ask("wrong").status, 403);
    EXPECT_EQ(ask(*key.value).status, 200);
    EXPECT_EQ(ask(*key.value).status, 200);
    EXPECT_EQ(json_of(ask(*key.value)), (json::object{{"message", "Too Many Requests"}}));
    world.run(world.clock.advance(1s));
    EXPECT_EQ(ask(*key.value).status, 200);
    world.run(world.clock.advance(5s));
    const auto used_up = ask(*key.value);
    EXPECT_EQ(used_up.status, 429);
    EXPECT_EQ(json_of(used_up), (json::object{{"message", "Limit Exceeded"}}));
    world.run(world.clock.advance(std::chrono::hours(24)));
    EXPECT_EQ(ask(*key.value).status, 200) << "another day";
    const auto usage = world.run(world.service.get_usage(
        world.call, {.usagePlanId = *made.id, .startDate = "2026-11-23", .endDate = "2026-11-24"}));
    const std::vector<std::vector<int64_t>> expected = {{3, 0}, {1, 2}};
    EXPECT_EQ(usage.items->at(*key.id), expected);
}

TEST(Stages, LimitTheirMethods) {
    World world;
    world.mock("/x", "GET");
    UpdateStageRequest update{.restApiId = world.api, .stageName = "prod"};
    update.patchOperations = {{{.op = "replace", .path = "/*/*/throttling/rateLimit", .value = "1"},
                               {.op = "replace", .path = "/*/*/throttling/burstLimit", .value = "1"}}};
    world.run(world.service.update_stage(world.call, update));
    EXPECT_EQ(world.get("/x").status, 200);
    EXPECT_EQ(world.get("/x").status, 429);
    world.run(world.clock.advance(1s));
    EXPECT_EQ(world.get("/x").status, 200);
}

TEST(Canary, TakesItsShareOfRequests) {
    World world;
    world.mock("/x", "GET");
    CreateDeploymentRequest deployment{.restApiId = world.api, .stageName = "prod"};
    deployment.canarySettings = {.percentTraffic = 30,
                                 .stageVariableOverrides = {{{"colour", "green"}, {"more", "1"}}}};
    world.run(world.service.create_deployment(world.call, deployment));
    int green = 0;
    for (int i = 0; i < 1000; ++i) green += world.get("/x").body.contains("green");
    EXPECT_GT(green, 230);
    EXPECT_LT(green, 370);
}

TEST(Hostile, RequestsAreRefusedAsWhatTheyAre) {
    World world;
    world.integration = {.type = "AWS_PROXY", .httpMethod = "POST", .uri = function_uri};
    world.deploy("/{proxy+}", "ANY");
    EXPECT_EQ(world.send("POST", "/x", std::string((10 << 20) + 1, 'x')).status, 413);
    EXPECT_EQ(world.send("GET", "/x", "", {{"X-Large", std::string(11'000, 'x')}}).status, 431);
    world.send("GET", "/%ff%fe/..%2f..%2fetc/passwd?%ff=%fe&a&=b", "", {{"X-Bad", "\xff"}});
    const auto event = world.lambda.event();  // it is JSON, so it is UTF-8
    EXPECT_EQ(event.at("pathParameters").at("proxy"), "%ff%fe/..%2f..%2fetc/passwd");
    EXPECT_EQ(event.at("headers").at("X-Bad"), "%FF");
}

TEST(TestInvoke, AsksTheMethodAsItIsEdited) {
    World world;
    world.integration = {.type = "MOCK"};
    world.integration.requestTemplates.emplace()["application/json"] = R"({"statusCode": 200})";
    world.response("200", "", R"-({"petId": "$input.params('petId')", "v": "$stageVariables.v"})-");
    world.add("/pets/{petId}", "GET");
    TestInvokeMethodRequest request{.restApiId = world.api, .resourceId = world.method.resourceId, .httpMethod = "GET"};
    request.pathWithQueryString = "/pets/123?foo=bar";
    request.stageVariables = {{{"v", "1"}, {"w", "2"}}};
    const auto answer = world.run(world.service.test_invoke_method(world.call, request));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, R"({"petId": "123", "v": "1"})");
    EXPECT_EQ(answer.headers->at("Content-Type"), "application/json");
    EXPECT_THAT(*answer.log, testing::StartsWith("Execution log for request "));
    for (const auto* line :
         {"Mon Nov 23 00:55:00 UTC 2026 : HTTP Method: GET, Resource Path: /pets/123\n",
          " : Method request path: {petId=123}\n", " : Method request query string: {foo=bar}\n",
          " : Method response headers: {Content-Type=application/json}\n", " : Method completed with status: 200\n"})
        EXPECT_THAT(*answer.log, testing::HasSubstr(line));
    request.resourceId = "nope";
    EXPECT_THROW(world.run(world.service.test_invoke_method(world.call, request)), NotFoundException);
}

TEST(Surface, LeavesOtherApisToOthers) {
    World world;
    const auto response = world.at_host("unknown", "/prod/x");
    EXPECT_EQ(response.status, 299) << "the other surface answers";
}

}  // namespace
}  // namespace cumulet::apigateway
