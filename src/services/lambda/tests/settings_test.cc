// Function URLs, event configurations, provisioned concurrency, code signing, recursion.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/lambda/recursion.h"
#include "services/lambda/tests/support/bucket.h"
#include "services/lambda/tests/support/cloud.h"
#include "services/lambda/tests/support/errors.h"

namespace cumulet::lambda {
namespace {

using namespace aws::lambda;
using namespace std::string_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string one = "def handler(event, context):\n    return 1\n";

http::Response fetch(Cloud& cloud, const std::string& id, std::string target, std::string method = "GET",
                     std::string body = "", http::Headers headers = {}) {
    http::Request request{.method = std::move(method), .headers = std::move(headers), .body = std::move(body)};
    request.set_target(std::move(target));
    request.headers.add("Host", id + ".lambda-url.us-east-1.localhost.localstack.cloud:4566");
    return cloud.run(cloud.service.urls().serve(cloud.call, std::move(request)));
}

std::string make_url(Cloud& cloud, std::string function, CreateFunctionUrlConfigRequest request = {}) {
    request.FunctionName = std::move(function);
    if (request.AuthType.empty()) request.AuthType = "NONE";
    const auto url = cloud.run(cloud.service.create_function_url_config(cloud.call, request)).FunctionUrl;
    return url.substr(7, url.find('.') - 7);
}

TEST(Urls, ShowFunctionsTheRequestAndReturnTheirReply) {
    Cloud cloud;
    cloud.create(
        "f",
        "import json\ndef handler(event, context):\n    http = event['requestContext']['http']\n"
        "    return {'statusCode': 201, 'headers': {'X-Path': event['rawPath']}, 'cookies': ['a=1'],\n"
        "            'body': json.dumps([http['method'], event.get('queryStringParameters'), event.get('body'), "
        "event['cookies'], event['requestContext']['accountId']])}\n");
    const auto id = make_url(cloud, "f");
    EXPECT_EQ(id.size(), 32U);
    const auto response =
        fetch(cloud, id, "/a%20b?x=1&x=2", "POST", "hello", {{"Content-Type", "text/plain"}, {"Cookie", "c=d; e=f"}});
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.headers.get("x-path"), "/a b");
    EXPECT_EQ(response.headers.get("set-cookie"), "a=1");
    EXPECT_EQ(response.body, R"(["POST", {"x": "1,2"}, "hello", ["c=d", "e=f"], "anonymous"])");
    EXPECT_EQ(fetch(cloud, "nosuch", "/").status, 403);
}

TEST(Urls, AnswerWithTheResultItself) {
    struct Row {
        std::string result, body, type;
    };
    for (const auto& [result, body, type] :
         {Row{"'hello'", "hello", "application/json"}, Row{"3.1", "3.1", "application/json"},
          Row{"['a \\\\\" b', 3, True]", R"(["a \\\" b",3,true])", "application/json"},
          Row{"{'hello': 'world'}", R"({"hello":"world"})", "application/json"},
          Row{"{'statusCode': 200, 'body': 'text'}", "text", "application/json"},
          Row{"{'statusCode': 200, 'headers': {'Content-Type': 'text/html'}, 'body': 'text'}", "text", "text/html"}}) {
        Cloud cloud;
        cloud.create("f", "def handler(event, context):\n    return " + result + "\n");
        const auto response = fetch(cloud, make_url(cloud, "f"), "/");
        EXPECT_EQ(response.body, body);
        EXPECT_EQ(response.headers.get("content-type"), type) << result;
    }
}

TEST(Urls, AreForbiddenWhereTheyAreNotThere) {
    Cloud cloud;
    const auto response = fetch(cloud, "nosuch", "/");
    EXPECT_EQ(response.status, 403);
    EXPECT_EQ(response.headers.get("x-amzn-errortype"), "AccessDeniedException");
    EXPECT_EQ(response.body, R"({"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: )"
                             R"(https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"})");
}

TEST(Urls, ShowTheModeThatTheyWereGiven) {
    Cloud cloud;
    cloud.create("f", one);
    const CreateFunctionUrlConfigRequest request{.FunctionName = "f", .AuthType = "NONE"};
    EXPECT_FALSE(cloud.run(cloud.service.create_function_url_config(cloud.call, request)).InvokeMode);
    EXPECT_EQ(cloud.run(cloud.service.get_function_url_config(cloud.call, {.FunctionName = "f"})).InvokeMode,
              "BUFFERED");
    EXPECT_FALSE(cloud.run(cloud.service.update_function_url_config(cloud.call, {.FunctionName = "f"})).InvokeMode);
}

TEST(Urls, FailWith502WhereTheFunctionFails) {
    Cloud cloud;
    cloud.create("f", "def handler(event, context):\n    raise ValueError('no')\n");
    EXPECT_EQ(fetch(cloud, make_url(cloud, "f"), "/").status, 502);
}

TEST(Urls, StreamWhatTheFunctionWrites) {
    Cloud cloud;
    cloud.create(
        "f",
        "exports.handler = awslambda.streamifyResponse(async (event, stream) => {\n"
        "    stream = awslambda.HttpResponseStream.from(stream, { statusCode: 418, headers: { 'X-A': 'b' } });\n"
        "    stream.write('short and '); stream.write('stout'); stream.end(); });",
        "nodejs20.x");
    const auto id = make_url(cloud, "f", {.InvokeMode = "RESPONSE_STREAM"});
    const auto response = fetch(cloud, id, "/");
    EXPECT_EQ(response.status, 418);
    EXPECT_EQ(response.headers.get("x-a"), "b");
    ASSERT_TRUE(response.stream);
    EXPECT_EQ(cloud.run(read_all(response.stream, 1000)), "short and stout");
}

TEST(Urls, AnswerBrowsersAsTheirCorsConfigurationSays) {
    Cloud cloud;
    cloud.create("f", one);
    CreateFunctionUrlConfigRequest request;
    request.Cors.emplace().AllowOrigins = {{"https://shop.example"}};
    request.Cors->AllowMethods = {{"GET"}};
    request.Cors->MaxAge = 60;
    const auto id = make_url(cloud, "f", request);
    const auto preflight = fetch(cloud, id, "/", "OPTIONS", "",
                                 {{"Origin", "https://shop.example"}, {"Access-Control-Request-Method", "GET"}});
    EXPECT_EQ(preflight.headers.get("access-control-allow-origin"), "https://shop.example");
    EXPECT_EQ(preflight.headers.get("access-control-max-age"), "60");
    EXPECT_EQ(fetch(cloud, id, "/", "GET", "", {{"Origin", "https://shop.example"}})
                  .headers.get("access-control-allow-origin"),
              "https://shop.example");
    EXPECT_FALSE(fetch(cloud, id, "/", "GET", "", {{"Origin", "https://evil.example"}})
                     .headers.has("access-control-allow-origin"));
}

TEST(Urls, RefuseWhatIsTooLongForAnEvent) {
    Cloud cloud;
    cloud.create("f", one);
    const auto id = make_url(cloud, "f");
    EXPECT_EQ(fetch(cloud, id, "/", "POST", std::string(6'291'456, 'x'), {{"Content-Type", "text/plain"}}).status, 413);
    http::Request request{.method = "POST"};
    request.set_target("/");
    request.headers.add("Host", id + ".lambda-url.us-east-1.localhost.localstack.cloud:4566");
    request.stream = stream_of(std::string(7'000'000, 'x'));
    EXPECT_EQ(cloud.run(cloud.service.urls().serve(cloud.call, std::move(request))).status, 413);
    EXPECT_EQ(fetch(cloud, id, "/", "POST", "short", {{"Content-Type", "text/plain"}}).status, 200);
}

TEST(Urls, AreRefusedInAwsWords) {
    Cloud cloud;
    cloud.create("f", one);
    const auto update = [&](std::string function, std::optional<std::string> qualifier = {}) {
        return message_of<ResourceNotFoundException>([&] {
            cloud.run(cloud.service.update_function_url_config(
                cloud.call, {.FunctionName = std::move(function), .Qualifier = std::move(qualifier)}));
        });
    };
    EXPECT_EQ(update("none"), "Function does not exist");
    EXPECT_EQ(update("f", "none"), "Function does not exist");
    EXPECT_EQ(update("f"), "The resource you requested does not exist.");
    EXPECT_EQ(message_of<ResourceNotFoundException>([&] { make_url(cloud, "none"); }), "Function does not exist");
}

TEST(Urls, HaveTheIdOfTheTagAndGoWithTheirFunction) {
    Cloud cloud;
    cloud.create("f", one);
    cloud.run(cloud.service.tag_resource(cloud.call, {.Resource = "arn:aws:lambda:us-east-1:000000000000:function:f",
                                                      .Tags = {{"_custom_id_", "mine"}}}));
    EXPECT_EQ(make_url(cloud, "f"), "mine");
    EXPECT_THAT(message_of<ResourceConflictException>([&] { make_url(cloud, "f"); }),
                HasSubstr("FunctionUrlConfig exists for this Lambda function"));
    EXPECT_EQ(
        cloud.run(cloud.service.list_function_url_configs(cloud.call, {.FunctionName = "f"})).FunctionUrlConfigs.size(),
        1U);
    cloud.run(cloud.service.delete_function(cloud.call, {.FunctionName = "f"}));
    EXPECT_EQ(fetch(cloud, "mine", "/").status, 403);
}

TEST(StreamedInvocation, IsFramedAsEvents) {
    Cloud cloud;
    cloud.create("f", "exports.handler = awslambda.streamifyResponse(async (e, s) => { s.write('abc'); s.end(); });",
                 "nodejs20.x");
    cloud.call.request_id = "r-1";
    const auto answer =
        cloud.run(cloud.service.invoke_with_response_stream(cloud.call, {.FunctionName = "f", .LogType = "Tail"}));
    const auto frames = cloud.run(read_all(answer.EventStream, 100'000));
    EXPECT_THAT(frames, HasSubstr("PayloadChunk"));
    EXPECT_THAT(frames, HasSubstr("abc"));
    EXPECT_THAT(frames, HasSubstr("InvokeComplete"));
    EXPECT_THAT(frames, HasSubstr("LogResult"));
}

TEST(EventConfigs, SendTheEndsOfEventsToTheirDestinations) {
    Cloud cloud;
    cloud.create("f",
                 "def handler(event, context):\n    if event['fail']: raise ValueError('no')\n    return 'done'\n");
    PutFunctionEventInvokeConfigRequest request{.FunctionName = "f", .MaximumRetryAttempts = 0};
    const std::string queue = "arn:aws:sqs:us-east-1:000000000000:ends";
    request.DestinationConfig.emplace().OnSuccess.emplace().Destination = queue;
    request.DestinationConfig->OnFailure.emplace().Destination = queue;
    const auto config = cloud.run(cloud.service.put_function_event_invoke_config(cloud.call, request));
    EXPECT_EQ(config.FunctionArn, "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST");
    const auto ended = [&](std::string payload) {
        cloud.invoke("f", std::move(payload), "Event");
        EXPECT_TRUE(cloud.eventually([&] { return !cloud.queues.visible.empty(); }));
        auto body = json::parse(*cloud.queues.visible.at(0).Body).as_object();
        cloud.queues.visible.clear();
        return body;
    };
    const auto success = ended(R"({"fail":false})");
    EXPECT_EQ(success.at("requestContext").at("condition"), "Success");
    EXPECT_EQ(success.at("responsePayload"), "done");
    EXPECT_EQ(success.at("requestPayload").at("fail"), false);
    const auto failure = ended(R"({"fail":true})");
    EXPECT_EQ(failure.at("requestContext").at("condition"), "RetriesExhausted");
    EXPECT_EQ(failure.at("requestContext").at("approximateInvokeCount"), 1);
    EXPECT_EQ(failure.at("responseContext").at("functionError"), "Unhandled");
    EXPECT_EQ(failure.at("responsePayload").at("errorType"), "ValueError");
    cloud.run(
        cloud.service.put_function_concurrency(cloud.call, {.FunctionName = "f", .ReservedConcurrentExecutions = 0}));
    const auto not_run = ended("{}");
    EXPECT_EQ(not_run.at("requestContext").at("condition"), "ZeroReservedConcurrency");
    EXPECT_EQ(not_run.at("requestContext").at("approximateInvokeCount"), 0);
    EXPECT_FALSE(not_run.contains("responseContext"));
}

/// The words are those that AWS was recorded to answer with.
TEST(EventConfigs, RefuseDestinationsInAwsWords) {
    Cloud cloud;
    cloud.create("f", one);
    const auto refusal = [&](std::string target) {
        PutFunctionEventInvokeConfigRequest request{.FunctionName = "f"};
        request.DestinationConfig.emplace().OnSuccess.emplace().Destination = std::move(target);
        return message_of<InvalidParameterValueException>(
            [&] { cloud.run(cloud.service.put_function_event_invoke_config(cloud.call, request)); });
    };
    const std::string functions = "arn:aws:lambda:us-east-1:000000000000:function:";
    EXPECT_EQ(refusal(functions + "none"), "The destination ARN " + functions + "none is invalid.");
    EXPECT_EQ(refusal(functions + "f"), "You can't specify the function as a destination for itself.");
    EXPECT_EQ(refusal("arn:aws:iam:us-east-1:000000000000:x"),
              "The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=arn:aws:iam:us-east-1:"
              "000000000000:x), onFailure=null) is invalid.");
    for (const std::string target : {"arn:aws:events:us-east-1:000000000000:event-bus/b", "kafka://topic"}) {
        try {
            refusal(target);
            ADD_FAILURE() << target;
        } catch (const aws::Error& error) {
            EXPECT_EQ(error.status, 501) << target;
        }
    }
}

TEST(EventConfigs, SendToABucket) {
    Bucket bucket;
    Cloud cloud;
    cloud.door.apis["s3"] = &bucket;
    cloud.create("f", one);
    PutFunctionEventInvokeConfigRequest request{.FunctionName = "f"};
    request.DestinationConfig.emplace().OnSuccess.emplace().Destination = "arn:aws:s3:::ends";
    cloud.run(cloud.service.put_function_event_invoke_config(cloud.call, request));
    cloud.invoke("f", "{}", "Event");
    EXPECT_TRUE(cloud.eventually([&] { return !bucket.objects.empty(); }));
    const auto& [key, body] = *bucket.objects.begin();
    EXPECT_THAT(key, ::testing::StartsWith("ends/aws/lambda/async/f/2023/11/14/"));
    EXPECT_EQ(json::parse(body).at("requestContext").at("condition"), "Success");
}

TEST(Settings, RefuseInAwsWords) {
    Cloud cloud;
    cloud.create("f", one);
    const auto reserve = [&](std::string function) {
        cloud.run(cloud.service.put_function_concurrency(
            cloud.call, {.FunctionName = std::move(function), .ReservedConcurrentExecutions = 1}));
    };
    EXPECT_EQ(message_of<ResourceNotFoundException>([&] { reserve("none"); }),
              "Function not found: arn:aws:lambda:us-east-1:000000000000:function:none:$LATEST");
    EXPECT_THAT(message_of<InvalidParameterValueException>([&] { reserve("f:1"); }),
                HasSubstr("This operation is permitted on Lambda functions only."));
    EXPECT_EQ(message_of<InvalidParameterValueException>([&] {
                  cloud.run(cloud.service.tag_resource(
                      cloud.call, {.Resource = "arn:aws:lambda:us-east-1:000000000000:function:f"}));
              }),
              "An error occurred and the request cannot be processed.");
    const auto tags_of = [&](std::string resource) {
        cloud.run(cloud.service.list_tags(
            cloud.call, {.Resource = "arn:aws:lambda:us-east-1:000000000000:" + std::move(resource)}));
    };
    EXPECT_EQ(message_of<ResourceNotFoundException>(
                  [&] { tags_of("event-source-mapping:26b5a0c2-7f0e-4b7a-9a55-6b8f1c4a0001"); }),
              "The resource you requested does not exist.");
    EXPECT_THROW(tags_of("code-signing-config:csc-00000000000000000"), ResourceNotFoundException);
    const auto alias = [&](std::string function, std::string version, std::string other) {
        CreateAliasRequest request{
            .FunctionName = std::move(function), .Name = "live", .FunctionVersion = std::move(version)};
        if (!other.empty()) request.RoutingConfig.emplace().AdditionalVersionWeights = {{other, 0.5}};
        cloud.run(cloud.service.create_alias(cloud.call, request));
    };
    cloud.run(cloud.service.publish_version(cloud.call, {.FunctionName = "f"}));
    EXPECT_EQ(message_of<ResourceNotFoundException>([&] { alias("none", "1", ""); }),
              "Function not found: arn:aws:lambda:us-east-1:000000000000:function:none:1");
    EXPECT_EQ(message_of<ResourceNotFoundException>([&] { alias("f", "1", "10"); }),
              "Function not found: arn:aws:lambda:us-east-1:000000000000:function:f:10");
    alias("f", "1", "");
    EXPECT_EQ(cloud.run(cloud.service.get_function(cloud.call, {.FunctionName = "f:live"})).Configuration->FunctionArn,
              "arn:aws:lambda:us-east-1:000000000000:function:f:live");
}

TEST(EventConfigs, AreChangedListedAndDeleted) {
    Cloud cloud;
    cloud.create("f", one);
    EXPECT_EQ(
        message_of<ResourceNotFoundException>(
            [&] { cloud.run(cloud.service.get_function_event_invoke_config(cloud.call, {.FunctionName = "f"})); }),
        "The function arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST doesn't have an EventInvokeConfig");
    cloud.run(
        cloud.service.put_function_event_invoke_config(cloud.call, {.FunctionName = "f", .MaximumRetryAttempts = 1}));
    cloud.run(cloud.service.update_function_event_invoke_config(cloud.call,
                                                                {.FunctionName = "f", .MaximumEventAgeInSeconds = 60}));
    const auto config = cloud.run(cloud.service.get_function_event_invoke_config(cloud.call, {.FunctionName = "f"}));
    EXPECT_EQ(config.MaximumRetryAttempts, 1);
    EXPECT_EQ(config.MaximumEventAgeInSeconds, 60);
    EXPECT_EQ(cloud.run(cloud.service.list_function_event_invoke_configs(cloud.call, {.FunctionName = "f"}))
                  .FunctionEventInvokeConfigs->size(),
              1U);
    cloud.run(cloud.service.delete_function_event_invoke_config(cloud.call, {.FunctionName = "f"}));
    EXPECT_THAT(cloud.run(cloud.service.list_function_event_invoke_configs(cloud.call, {.FunctionName = "f"}))
                    .FunctionEventInvokeConfigs.value(),
                IsEmpty());
}

TEST(ProvisionedConcurrency, KeepsWorkersReady) {
    Cloud cloud;
    cloud.create("f",
                 "import os\ndef handler(event, context):\n    return os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']\n");
    cloud.run(cloud.service.publish_version(cloud.call, {.FunctionName = "f"}));
    const auto put = cloud.run(cloud.service.put_provisioned_concurrency_config(
        cloud.call, {.FunctionName = "f", .Qualifier = "1", .ProvisionedConcurrentExecutions = 2}));
    EXPECT_EQ(put.Status, "IN_PROGRESS");
    const auto get = [&] {
        return cloud.run(
            cloud.service.get_provisioned_concurrency_config(cloud.call, {.FunctionName = "f", .Qualifier = "1"}));
    };
    EXPECT_TRUE(cloud.eventually([&] { return get().Status == "READY"; }));
    EXPECT_EQ(get().AllocatedProvisionedConcurrentExecutions, 2);
    EXPECT_EQ(cloud.invoke("f:1").Payload, R"("provisioned-concurrency")");
    EXPECT_EQ(message_of<InvalidParameterValueException>([&] {
                  cloud.run(cloud.service.put_provisioned_concurrency_config(
                      cloud.call, {.FunctionName = "f", .Qualifier = "$LATEST", .ProvisionedConcurrentExecutions = 1}));
              }),
              "Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
    const auto conflict = [&](std::string qualifier) {
        return message_of<ResourceConflictException>([&] {
            cloud.run(cloud.service.put_provisioned_concurrency_config(
                cloud.call,
                {.FunctionName = "f", .Qualifier = std::move(qualifier), .ProvisionedConcurrentExecutions = 1}));
        });
    };
    cloud.run(cloud.service.create_alias(cloud.call, {.FunctionName = "f", .Name = "live", .FunctionVersion = "1"}));
    EXPECT_EQ(conflict("live"),
              "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version");
    cloud.run(cloud.service.delete_provisioned_concurrency_config(cloud.call, {.FunctionName = "f", .Qualifier = "1"}));
    cloud.run(cloud.service.delete_provisioned_concurrency_config(cloud.call, {.FunctionName = "f", .Qualifier = "1"}));
    cloud.run(cloud.service.put_provisioned_concurrency_config(
        cloud.call, {.FunctionName = "f", .Qualifier = "live", .ProvisionedConcurrentExecutions = 1}));
    EXPECT_EQ(conflict("1"), "Version is pointed by a Provisioned Concurrency alias");
    cloud.run(cloud.service.delete_alias(cloud.call, {.FunctionName = "f", .Name = "live"}));
    EXPECT_EQ(message_of<ResourceNotFoundException>([&] {
                  cloud.run(cloud.service.get_provisioned_concurrency_config(
                      cloud.call, {.FunctionName = "f", .Qualifier = "live"}));
              }),
              "Cannot find alias arn: arn:aws:lambda:us-east-1:000000000000:function:f:live");
    EXPECT_THAT(message_of<ProvisionedConcurrencyConfigNotFoundException>([&] { get(); }),
                HasSubstr("No Provisioned Concurrency Config found"));
}

TEST(CodeSigning, RefusesUnsignedCodeWhereItIsEnforced) {
    Cloud cloud;
    CreateCodeSigningConfigRequest request;
    request.AllowedPublishers.SigningProfileVersionArns = {
        "arn:aws:signer:us-east-1:000000000000:/signing-profiles/p/v"};
    request.CodeSigningPolicies.emplace().UntrustedArtifactOnDeployment = "Enforce";
    const auto config = cloud.run(cloud.service.create_code_signing_config(cloud.call, request)).CodeSigningConfig;
    cloud.create("f", one);
    cloud.run(cloud.service.put_function_code_signing_config(
        cloud.call, {.CodeSigningConfigArn = config.CodeSigningConfigArn, .FunctionName = "f"}));
    const auto update = [&] {
        cloud.run(cloud.service.update_function_code(cloud.call,
                                                     {.FunctionName = "f", .ZipFile = zip_of({{"index.py"s, one}})}));
    };
    EXPECT_THAT(message_of<CodeVerificationFailedException>(update), HasSubstr("Lambda cannot deploy the function."));
    EXPECT_EQ(cloud
                  .run(cloud.service.list_functions_by_code_signing_config(
                      cloud.call, {.CodeSigningConfigArn = config.CodeSigningConfigArn}))
                  .FunctionArns->size(),
              1U);
    cloud.run(cloud.service.delete_function_code_signing_config(cloud.call, {.FunctionName = "f"}));
    update();
}

TEST(Recursion, IsCountedByTheTraceHeader) {
    std::string trace = "Root=1-2-3;Sampled=0";
    for (int run = 1; run <= 20; ++run) {
        const auto lineage = count_run(trace, "arn:a");
        EXPECT_EQ(lineage.runs, run);
        EXPECT_THAT(lineage.trace, HasSubstr("Root=1-2-3;Sampled=0;Lineage="));
        trace = count_run(lineage.trace, "arn:other").trace;
    }
}

TEST(Recursion, IsStoppedUnlessTheFunctionAllowsIt) {
    Cloud cloud;
    cloud.create("f", one);
    std::string trace = "Root=1-2-3";
    for (int run = 0; run < most_loops; ++run) {
        trace = count_run(trace, "arn:aws:lambda:us-east-1:000000000000:function:f").trace;
    }
    cloud.call.trace = trace;
    EXPECT_THAT(message_of<RecursiveInvocationException>([&] { cloud.invoke("f"); }), HasSubstr("recursive loop"));
    cloud.run(cloud.service.put_function_recursion_config(cloud.call, {.FunctionName = "f", .RecursiveLoop = "Allow"}));
    EXPECT_EQ(cloud.invoke("f").Payload, "1");
}

}  // namespace
}  // namespace cumulet::lambda
