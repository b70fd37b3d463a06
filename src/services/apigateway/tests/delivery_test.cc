// How answers and requests travel: compressed, streamed, with certificates; and what is told of them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/gzip.h"
#include "services/apigateway/tests/support/world.h"

namespace cumulet::apigateway {
namespace {

using namespace aws::apigateway;
using testing::Contains;
using testing::HasSubstr;

struct DeliveryWorld : World {
    void patch_api(std::string path, std::string value) {
        run(service.update_rest_api(
            call, {.restApiId = api, .patchOperations = {{{.op = "replace", .path = path, .value = value}}}}));
    }
    void patch_stage(std::vector<std::pair<std::string, std::string>> changes) {
        std::vector<PatchOperation> patches;
        for (auto& [path, value] : changes) patches.push_back({.op = "replace", .path = path, .value = value});
        run(service.update_stage(call, {.restApiId = api, .stageName = "prod", .patchOperations = patches}));
    }
    void let_log() {
        run(service.update_account(
            call,
            {.patchOperations = {
                 {{.op = "replace", .path = "/cloudwatchRoleArn", .value = "arn:aws:iam::000000000000:role/logs"}}}}));
    }
    void stream_function(std::string uri = "/response-streaming-invocations") {
        integration = {.type = "AWS_PROXY"};
        integration.httpMethod = "POST";
        integration.responseTransferMode = "STREAM";
        integration.uri =
            "arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/"
            "arn:aws:lambda:us-east-1:000000000000:function:tell" +
            uri;
        responses.clear();
    }
    std::vector<std::string> logged() {
        run(surface.stop());
        return logs.lines;
    }
};

std::string body_of(DeliveryWorld& world, http::Response& response) {
    return response.stream ? world.run(read_all(response.stream, 1 << 20)) : response.body;
}

TEST(Compression, IsForAnswersThatAreLargeEnough) {
    DeliveryWorld world;
    world.patch_api("/minimumCompressionSize", "20");
    world.integration = {.type = "MOCK"};
    world.integration.requestTemplates = {{{"application/json", R"({"statusCode": 200})"}}};
    const std::string text(200, 'a');
    world.response("200", "", text);
    world.deploy("/large", "GET");
    const auto ask = [&](std::string accepted) {
        return world.send("GET", "/large", "", {{"Accept-Encoding", std::move(accepted)}});
    };
    const auto packed = ask("deflate;q=0.5, gzip");
    EXPECT_EQ(packed.headers.get("content-encoding"), "gzip");
    EXPECT_EQ(gunzip(packed.body, 1000), text);
    EXPECT_EQ(undeflate(ask("deflate").body, 1000), text);
    for (const auto* none : {"", "identity", "br", "gzip;q=0"}) {
        EXPECT_EQ(ask(none).body, text) << none;
        EXPECT_FALSE(ask(none).headers.has("content-encoding")) << none;
    }
    world.patch_api("/minimumCompressionSize", "201");
    world.redeploy();
    EXPECT_EQ(ask("gzip").body, text);
}

TEST(Compression, OfRequestsIsTakenAwayBeforeTheyAreMapped) {
    DeliveryWorld world;
    world.patch_api("/minimumCompressionSize", "0");
    world.integration = {.type = "AWS_PROXY"};
    world.integration.httpMethod = "POST";
    world.integration.uri =
        "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
        "arn:aws:lambda:us-east-1:000000000000:function:tell/invocations";
    world.deploy("/", "POST");
    EXPECT_EQ(world.send("POST", "/", gzip("hello"), {{"Content-Encoding", "gzip"}}).status, 200);
    EXPECT_EQ(world.lambda.event().at("body"), "hello");
    EXPECT_EQ(world.send("POST", "/", deflated("again"), {{"Content-Encoding", "deflate"}}).status, 200);
    EXPECT_EQ(world.lambda.event().at("body"), "again");
    EXPECT_EQ(world.send("POST", "/", "hello", {{"Content-Encoding", "br"}}).status, 415);
    EXPECT_EQ(world.send("POST", "/", "no gzip", {{"Content-Encoding", "gzip"}}).status, 400);
}

TEST(Streaming, SendsAFunctionsAnswerAsItComes) {
    DeliveryWorld world;
    world.stream_function();
    world.deploy("/", "GET");
    world.lambda.pieces = {R"({"statusCode": 201, "headers": {"X-A": "a"}, "multiValueHeaders": {"X-B": ["1", "2"]},)",
                           std::string(R"("cookies": ["c=1"]})") + std::string(8, '\0') + "first", "second"};
    auto answer = world.get("/");
    EXPECT_EQ(answer.status, 201);
    ASSERT_TRUE(answer.stream);
    EXPECT_EQ(answer.headers.get("x-a"), "a");
    EXPECT_EQ(answer.headers.all("x-b").size(), 2u);
    EXPECT_EQ(answer.headers.get("set-cookie"), "c=1");
    EXPECT_EQ(body_of(world, answer), "firstsecond");
    ASSERT_EQ(world.lambda.streamed.size(), 1u);
    EXPECT_EQ(world.lambda.streamed[0].FunctionName, "arn:aws:lambda:us-east-1:000000000000:function:tell");
    EXPECT_EQ(parse_json(*world.lambda.streamed[0].Payload)->at("httpMethod"), "GET");
}

TEST(Streaming, RefusesAnswersWithoutTheirPrelude) {
    DeliveryWorld world;
    world.stream_function();
    world.deploy("/", "GET");
    const std::string end(8, '\0');
    for (const auto& pieces : std::vector<std::vector<std::string>>{{},
                                                                    {"hello"},
                                                                    {"[]" + end},
                                                                    {"{\"statusCode\": 7}" + end},
                                                                    {std::string(20'000, ' ') + "{}" + end},
                                                                    {"{\"cookies\": [7]}" + end}}) {
        world.lambda.pieces = pieces;
        EXPECT_EQ(world.get("/").status, 502);
    }
    world.lambda.pieces = {"{}" + end + "begun"};
    world.lambda.completion = R"({"ErrorCode": "Unhandled"})";
    auto broken = world.get("/");
    EXPECT_EQ(broken.status, 200) << "it began before the function failed";
    EXPECT_THROW(body_of(world, broken), StreamBroken);
}

TEST(Streaming, OfHttpEndpointsGoesThrough) {
    DeliveryWorld world;
    world.integration = {.type = "HTTP_PROXY"};
    world.integration.httpMethod = "GET";
    world.integration.uri = "http://backend/";
    world.integration.responseTransferMode = "STREAM";
    world.integration.timeoutInMillis = 900'000;
    world.deploy("/", "GET");
    world.http.response.stream = stream_of("piece by piece");
    auto answer = world.get("/");
    EXPECT_TRUE(world.http.sending->stream);
    EXPECT_EQ(world.http.sending->patience, 900s);
    EXPECT_EQ(body_of(world, answer), "piece by piece");
}

TEST(Streaming, NeedsAnIntegrationThatCan) {
    DeliveryWorld world;
    world.stream_function("/invocations");
    EXPECT_THROW(world.add("/", "GET"), BadRequestException);
    world.stream_function();
    world.integration.responseTransferMode = "BUFFERED";
    EXPECT_THROW(world.add("/a", "GET"), BadRequestException);
    world.stream_function();
    world.integration.type = "MOCK";
    EXPECT_THROW(world.add("/b", "GET"), BadRequestException);
    world.stream_function();
    world.integration.timeoutInMillis = 900'001;
    EXPECT_THROW(world.add("/c", "GET"), BadRequestException);
}

TEST(ExecutionLogs, TellTheStepsOfARequest) {
    DeliveryWorld world;
    world.let_log();
    world.mock("/pets", "GET");
    world.patch_stage({{"/*/*/logging/loglevel", "INFO"}, {"/*/*/logging/dataTrace", "true"}});
    const auto id = std::string(
        world.send("GET", "/pets?a=1", "", {{"Authorization", "very secret token"}}).headers.get("x-amzn-requestid"));
    const auto lines = world.logged();
    const auto group = "API-Gateway-Execution-Logs_" + world.api + "/prod ";
    EXPECT_EQ(world.logs.groups, std::vector{"API-Gateway-Execution-Logs_" + world.api + "/prod"});
    for (const auto* line :
         {"Starting execution for request: ", "HTTP Method: GET, Resource Path: /pets", "Method request path: {}",
          "Method request query string: {a=1}", "Method response body after transformations: blue",
          "Successfully completed execution", "Method completed with status: 200"})
        EXPECT_THAT(lines, Contains(HasSubstr(group + "(" + id + ") " + line)));
    EXPECT_THAT(lines, testing::Each(testing::Not(HasSubstr("very secret"))));
}

TEST(ExecutionLogs, TellOnlyErrorsWhereThatIsWanted) {
    DeliveryWorld world;
    world.let_log();
    world.add_mock("/good", "GET");
    world.integration = {.type = "HTTP_PROXY"};
    world.integration.httpMethod = "GET";
    world.integration.uri = "http://backend/";
    world.responses.clear();
    world.deploy("/bad", "GET");
    world.patch_stage({{"/*/*/logging/loglevel", "ERROR"}});
    world.get("/good");
    world.http.silent = true;
    EXPECT_EQ(world.get("/bad").status, 504);
    const auto lines = world.logged();
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_THAT(lines[0], HasSubstr("Execution failed due to a timeout error"));
}

TEST(ExecutionLogs, NeedTheAccountsRole) {
    DeliveryWorld world;
    world.mock("/", "GET");
    try {
        world.patch_stage({{"/*/*/logging/loglevel", "INFO"}});
        FAIL() << "there is no role";
    } catch (const BadRequestException& error) {
        EXPECT_EQ(error.message, "CloudWatch Logs role ARN must be set in account settings to enable logging");
    }
}

TEST(AccessLogs, KnowTheOutcomeOfEachStep) {
    DeliveryWorld world;
    world.integration = {.type = "AWS_PROXY"};
    world.integration.httpMethod = "POST";
    world.integration.uri =
        "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
        "arn:aws:lambda:us-east-1:000000000000:function:tell/invocations";
    world.deploy("/", "GET");
    world.patch_stage(
        {{"/accessLogSettings/destinationArn", "arn:aws:logs:us-east-1:000000000000:log-group:access"},
         {"/accessLogSettings/format",
          "$context.requestId|$context.endpointType|$context.integration.status|"
          "$context.integration.integrationStatus|$context.integrationStatus|$context.integration.error|"
          "$context.integrationErrorMessage|$context.status|$context.responseLength|$context.error.message|"
          "$context.authorizer.status|$context.isCanaryRequest"}});
    world.lambda.payload = R"({"statusCode": 404, "body": "none"})";
    const auto id = std::string(world.get("/").headers.get("x-amzn-requestid"));
    EXPECT_THAT(world.logged(), testing::ElementsAre("access " + id + "|EDGE|404|200|200|-|-|404|4|-|-|-"));
}

TEST(AccessLogs, KnowOfFunctionsThatFail) {
    DeliveryWorld world;
    world.integration = {.type = "AWS_PROXY"};
    world.integration.httpMethod = "POST";
    world.integration.uri =
        "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
        "arn:aws:lambda:us-east-1:000000000000:function:tell/invocations";
    world.deploy("/", "GET");
    world.patch_stage(
        {{"/accessLogSettings/destinationArn", "arn:aws:logs:us-east-1:000000000000:log-group:access"},
         {"/accessLogSettings/format", "$context.status|$context.integration.error|$context.integrationStatus"}});
    world.lambda.error = aws::Error("AccessDeniedException", "not for you", 403);
    EXPECT_EQ(world.get("/").status, 500);
    EXPECT_THAT(world.logged(), testing::ElementsAre("access 500|not for you|403"));
}

TEST(ClientCertificates, AreShownToEndpoints) {
    DeliveryWorld world;
    const auto made = world.run(world.service.generate_client_certificate(world.call, {.description = "ours"}));
    EXPECT_THAT(*made.pemEncodedCertificate, testing::StartsWith("-----BEGIN CERTIFICATE-----"));
    EXPECT_EQ(*made.expirationDate - *made.createdDate, std::chrono::days(365));
    const auto id = *made.clientCertificateId;
    world.integration = {.type = "HTTP_PROXY"};
    world.integration.httpMethod = "GET";
    world.integration.uri = "https://backend/";
    world.integration.tlsConfig = TlsConfig{.insecureSkipVerification = true};
    world.deploy("/", "GET");
    world.get("/");
    EXPECT_EQ(world.http.sending->client_certificate, "");
    EXPECT_TRUE(world.http.sending->trust_any_certificate);
    world.patch_stage({{"/clientCertificateId", id}});
    world.get("/");
    EXPECT_THAT(world.http.sending->client_certificate, testing::StartsWith(*made.pemEncodedCertificate));
    EXPECT_THAT(world.http.sending->client_certificate, HasSubstr("PRIVATE KEY"));
    EXPECT_THROW(world.run(world.service.delete_client_certificate(world.call, {id})), BadRequestException);
    world.patch_stage({{"/clientCertificateId", ""}});
    world.run(world.service.delete_client_certificate(world.call, {id}));
    EXPECT_THROW(world.run(world.service.get_client_certificate(world.call, {id})), NotFoundException);
    EXPECT_THROW(world.patch_stage({{"/clientCertificateId", id}}), BadRequestException);
}

TEST(TestInvokeAuthorizer, TellsWhatTheFunctionSaid) {
    DeliveryWorld world;
    const auto authorizer = world.run(world.service.create_authorizer(
        world.call, {.restApiId = world.api,
                     .name = "auth",
                     .type = "TOKEN",
                     .authorizerUri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
                                      "arn:aws:lambda:us-east-1:000000000000:function:auth/invocations",
                     .identitySource = "method.request.header.X-Token"}));
    const auto ask = [&](std::map<std::string, std::string> headers) {
        return world.run(world.service.test_invoke_authorizer(
            world.call, {.restApiId = world.api, .authorizerId = *authorizer.id, .headers = std::move(headers)}));
    };
    world.lambda.payload = R"({"principalId": "ada", "context": {"level": 7}, "policyDocument":
        {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}})";
    const auto answer = ask({{"X-Token", "abc"}});
    EXPECT_EQ(answer.clientStatus, 0);
    EXPECT_EQ(answer.principalId, "ada");
    EXPECT_EQ(parse_json(*answer.policy)->at("Version"), "2012-10-17");
    EXPECT_EQ(answer.authorization->at("level"), std::vector<std::string>{"7"});
    EXPECT_THAT(*answer.log, HasSubstr("Successfully completed authorizer execution"));
    EXPECT_EQ(world.lambda.event().at("authorizationToken"), "abc");
    EXPECT_EQ(ask({}).clientStatus, 401);
    world.lambda.payload = "7";
    EXPECT_EQ(ask({{"X-Token", "abc"}}).clientStatus, 500);
}

}  // namespace
}  // namespace cumulet::apigateway
