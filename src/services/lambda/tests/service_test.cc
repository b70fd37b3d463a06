// Lambda's operations on the memory store, with real processes behind Invoke.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "services/lambda/tests/support/cloud.h"
#include "services/lambda/tests/support/errors.h"

namespace cumulet::lambda {
namespace {

using namespace aws::lambda;
using namespace std::string_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const std::string echo = "def handler(event, context):\n    return event\n";

TEST(Functions, AreCreatedDescribedInvokedAndDeleted) {
    Cloud cloud;
    const auto made = cloud.create("echo", echo);
    EXPECT_EQ(made.FunctionArn, "arn:aws:lambda:us-east-1:000000000000:function:echo");
    EXPECT_EQ(made.State, "Active");
    EXPECT_EQ(made.Version, "$LATEST");
    EXPECT_EQ(made.LastModified, "2023-11-14T22:13:20.000+0000");

    const auto answer = cloud.invoke("echo", R"({"n":1})");
    EXPECT_EQ(answer.StatusCode, 200);
    EXPECT_EQ(answer.Payload, R"({"n": 1})");
    EXPECT_FALSE(answer.FunctionError.has_value());
    EXPECT_EQ(answer.ExecutedVersion, "$LATEST");
    EXPECT_THAT(from_base64(*answer.LogResult).value(), HasSubstr("REPORT RequestId: " + cloud.call.request_id));
    EXPECT_EQ(cloud.invoke("arn:aws:lambda:us-east-1:000000000000:function:echo:$LATEST", "[]").Payload, "[]");

    cloud.run(cloud.service.delete_function(cloud.call, {.FunctionName = "echo"}));
    const auto gone = message_of<ResourceNotFoundException>([&] { cloud.invoke("echo"); });
    EXPECT_EQ(gone, "Function not found: arn:aws:lambda:us-east-1:000000000000:function:echo:$LATEST");
}

TEST(Functions, RefuseWhatAwsRefuses) {
    Cloud cloud;
    cloud.create("echo", echo);
    EXPECT_EQ(message_of<ResourceConflictException>([&] { cloud.create("echo", echo); }),
              "Function already exist: echo");
    const auto create = [&](CreateFunctionRequest request) {
        return message_of<InvalidParameterValueException>(
            [&] { cloud.run(cloud.service.create_function(cloud.call, request)); });
    };
    CreateFunctionRequest request{
        .FunctionName = "f", .Runtime = "python3.11", .Role = "r", .Handler = "index.handler"};
    EXPECT_EQ(create(request), "Please provide a source for function code.");
    request.Code.ZipFile = "no archive";
    EXPECT_EQ(create(request), "Could not unzip uploaded file. Please check your file, then try to upload again.");
    request.Code.ZipFile = zip_of({{"../outside"s, "x"}});
    EXPECT_EQ(create(request), "Could not unzip uploaded file. Please check your file, then try to upload again.");
    request.Environment.emplace().Variables = {{"AWS_REGION"s, "x"}};
    EXPECT_THAT(create(request), HasSubstr("Reserved keys used in this request: AWS_REGION"));
    request.Runtime.reset();
    EXPECT_THAT(create(request), HasSubstr("Runtime and Handler are mandatory parameters"));
    EXPECT_THAT(message_of<InvalidRequestContentException>([&] { cloud.invoke("echo", "{"); }),
                HasSubstr("Could not parse request body into json"));
    EXPECT_EQ(
        message_of<RequestTooLargeException>([&] { cloud.invoke("echo", "\"" + std::string(6 << 20, 'x') + "\""); }),
        "Request must be smaller than 6291456 bytes for the InvokeFunction operation");
    EXPECT_THAT(message_of<ResourceNotFoundException>(
                    [&] { cloud.invoke("arn:aws:lambda:eu-west-1:000000000000:function:echo"); }),
                HasSubstr("Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"));
}

TEST(Functions, RunTheirNewCodeAndConfigurationFromTheNextEventOn) {
    Cloud cloud;
    cloud.create("f", "import os\ndef handler(event, context):\n    return os.environ.get('STAGE', 'none')\n");
    EXPECT_EQ(cloud.invoke("f").Payload, R"("none")");
    UpdateFunctionConfigurationRequest configure{.FunctionName = "f"};
    configure.Environment.emplace().Variables = {{"STAGE"s, "new"}};
    const auto before =
        cloud.run(cloud.service.get_function(cloud.call, {.FunctionName = "f"})).Configuration->RevisionId;
    configure.RevisionId = before;
    cloud.run(cloud.service.update_function_configuration(cloud.call, configure));
    EXPECT_EQ(cloud.invoke("f").Payload, R"("new")");
    EXPECT_THAT(message_of<PreconditionFailedException>(
                    [&] { cloud.run(cloud.service.update_function_configuration(cloud.call, configure)); }),
                HasSubstr("The Revision Id provided does not match the latest Revision Id"));
    cloud.run(cloud.service.update_function_code(
        cloud.call,
        {.FunctionName = "f", .ZipFile = zip_of({{"index.py"s, "def handler(event, context):\n    return 2\n"}})}));
    EXPECT_EQ(cloud.invoke("f").Payload, "2");
}

TEST(Functions, FindAwsVariablesAndCredentialsAroundThem) {
    Cloud cloud;
    cloud.create(
        "f", "import os\ndef handler(event, context):\n    return {name: os.environ.get(name) for name in event}\n");
    EXPECT_EQ(
        cloud
            .invoke("f",
                    R"(["AWS_LAMBDA_FUNCTION_NAME","AWS_REGION","AWS_ACCESS_KEY_ID","AWS_ENDPOINT_URL","_HANDLER"])")
            .Payload,
        R"({"AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "000000000000", )"
        R"("AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "_HANDLER": "index.handler"})");
}

TEST(Functions, WriteToTheirLogGroup) {
    Cloud cloud;
    cloud.create("f", "def handler(event, context):\n    print('hello from inside')\n");
    cloud.invoke("f");
    EXPECT_TRUE(cloud.eventually([&] { return cloud.door.has("REPORT"); }));
    EXPECT_THAT(cloud.door.lines(), ::testing::Contains("hello from inside"));
}

TEST(Functions, AreRefusedPastTheirReservedConcurrency) {
    Cloud cloud;
    cloud.create("f", echo);
    cloud.run(
        cloud.service.put_function_concurrency(cloud.call, {.FunctionName = "f", .ReservedConcurrentExecutions = 1}));
    EXPECT_EQ(cloud.invoke("f", "1").Payload, "1");
    cloud.run(
        cloud.service.put_function_concurrency(cloud.call, {.FunctionName = "f", .ReservedConcurrentExecutions = 0}));
    EXPECT_EQ(message_of<TooManyRequestsException>([&] { cloud.invoke("f"); }), "Rate Exceeded.");
    EXPECT_EQ(cloud.invoke("f", "1", "Event").StatusCode, 202);
    cloud.run(cloud.service.delete_function_concurrency(cloud.call, {.FunctionName = "f"}));
    EXPECT_EQ(cloud.invoke("f", "2").Payload, "2");
}

TEST(Functions, AreListedPageByPage) {
    Cloud cloud;
    for (const std::string name : {"a", "b", "c"}) cloud.create(name, echo);
    const auto first = cloud.run(cloud.service.list_functions(cloud.call, {.MaxItems = 2}));
    EXPECT_EQ(first.Functions->size(), 2U);
    const auto second =
        cloud.run(cloud.service.list_functions(cloud.call, {.Marker = first.NextMarker, .MaxItems = 2}));
    ASSERT_EQ(second.Functions->size(), 1U);
    EXPECT_EQ(second.Functions->front().FunctionName, "c");
    EXPECT_FALSE(second.NextMarker.has_value());
}

TEST(Versions, KeepTheirCodeWhileAliasesMove) {
    Cloud cloud;
    cloud.create("f", "def handler(event, context):\n    return 1\n");
    EXPECT_EQ(cloud.run(cloud.service.publish_version(cloud.call, {.FunctionName = "f"})).Version, "1");
    EXPECT_EQ(cloud.run(cloud.service.publish_version(cloud.call, {.FunctionName = "f"})).Version, "1")
        << "nothing changed";
    cloud.run(cloud.service.create_alias(cloud.call, {.FunctionName = "f", .Name = "live", .FunctionVersion = "1"}));
    const auto updated = cloud.run(cloud.service.update_function_code(
        cloud.call, {.FunctionName = "f",
                     .ZipFile = zip_of({{"index.py"s, "def handler(event, context):\n    return 2\n"}}),
                     .Publish = true}));
    EXPECT_EQ(updated.FunctionArn, "arn:aws:lambda:us-east-1:000000000000:function:f:2");
    EXPECT_EQ(cloud.invoke("f:live").Payload, "1");
    EXPECT_EQ(cloud.invoke("f").Payload, "2");
    EXPECT_THAT(message_of<ResourceConflictException>([&] {
                    cloud.run(cloud.service.delete_function(cloud.call, {.FunctionName = "f", .Qualifier = "1"}));
                }),
                HasSubstr("currently referenced by an alias"));
    cloud.run(cloud.service.update_alias(cloud.call, {.FunctionName = "f", .Name = "live", .FunctionVersion = "2"}));
    const auto answer = cloud.invoke("f:live");
    EXPECT_EQ(answer.Payload, "2");
    EXPECT_EQ(answer.ExecutedVersion, "2");
    const auto versions = cloud.run(cloud.service.list_versions_by_function(cloud.call, {.FunctionName = "f"}));
    EXPECT_EQ(versions.Versions->size(), 3U);
    EXPECT_EQ(message_of<ResourceNotFoundException>([&] { cloud.invoke("f:none"); }),
              "Function not found: arn:aws:lambda:us-east-1:000000000000:function:f:none");
}

TEST(Events, AreTriedThreeTimesAndThenSentToTheDeadLetterQueue) {
    Cloud cloud;
    cloud.create(
        "f",
        "def handler(event, context):\n    print('attempt', context.aws_request_id)\n    raise ValueError('no')\n");
    UpdateFunctionConfigurationRequest configure{.FunctionName = "f"};
    configure.DeadLetterConfig.emplace().TargetArn = "arn:aws:sqs:us-east-1:000000000000:dead";
    cloud.run(cloud.service.update_function_configuration(cloud.call, configure));
    EXPECT_EQ(cloud.invoke("f", R"({"n":1})", "Event").StatusCode, 202);
    const auto attempts = [&] {
        size_t count = 0;
        for (const auto& line : cloud.door.lines()) count += line.starts_with("attempt " + cloud.call.request_id);
        return count;
    };
    EXPECT_TRUE(cloud.eventually([&] { return attempts() == 1; }));
    cloud.advance(61s);
    EXPECT_TRUE(cloud.eventually([&] { return attempts() == 2; }));
    EXPECT_THAT(cloud.queues.visible, IsEmpty());
    cloud.advance(121s);
    EXPECT_TRUE(cloud.eventually([&] { return attempts() == 3; }));
    ASSERT_TRUE(cloud.eventually([&] { return cloud.queues.visible.size() == 1; }));
    const auto& dead = cloud.queues.visible.front();
    EXPECT_EQ(dead.Body, R"({"n":1})");
    EXPECT_EQ(dead.MessageAttributes->at("RequestID").StringValue, cloud.call.request_id);
    EXPECT_EQ(dead.MessageAttributes->at("ErrorMessage").StringValue, "no");
}

TEST(Events, GoToTheDeadLetterQueueAtOnceWhereNoneMayRun) {
    Cloud cloud;
    cloud.create("f", echo);
    UpdateFunctionConfigurationRequest configure{.FunctionName = "f"};
    configure.DeadLetterConfig.emplace().TargetArn = "arn:aws:sqs:us-east-1:000000000000:dead";
    cloud.run(cloud.service.update_function_configuration(cloud.call, configure));
    configure.DeadLetterConfig.emplace();
    const auto kept = cloud.run(cloud.service.update_function_configuration(cloud.call, configure));
    EXPECT_TRUE(kept.DeadLetterConfig.has_value()) << "only an empty ARN takes it away";
    cloud.run(
        cloud.service.put_function_concurrency(cloud.call, {.FunctionName = "f", .ReservedConcurrentExecutions = 0}));
    cloud.invoke("f", R"({"n":1})", "Event");
    ASSERT_TRUE(cloud.eventually([&] { return cloud.queues.visible.size() == 1; }));
    EXPECT_EQ(cloud.queues.visible.front().Body, R"({"n":1})");
    configure.DeadLetterConfig->TargetArn = "";
    const auto removed = cloud.run(cloud.service.update_function_configuration(cloud.call, configure));
    EXPECT_FALSE(removed.DeadLetterConfig.has_value());
}

TEST(Events, AreAlsoQueuedByInvokeAsync) {
    Cloud cloud;
    cloud.create("f", "def handler(event, context):\n    print('handled', event['n'])\n");
    const auto answer =
        cloud.run(cloud.service.invoke_async(cloud.call, {.FunctionName = "f", .InvokeArgs = stream_of(R"({"n":7})")}));
    EXPECT_EQ(answer.Status, 202);
    EXPECT_TRUE(cloud.eventually([&] { return cloud.door.has("handled 7"); }));
    EXPECT_THAT(
        message_of<InvalidRequestContentException>([&] {
            cloud.run(cloud.service.invoke_async(cloud.call, {.FunctionName = "f", .InvokeArgs = stream_of("{")}));
        }),
        HasSubstr("Could not parse request body into json"));
}

TEST(Events, OfAnEarlierLifeAreTriedAtOnceWhereTheStoreIsOwn) {
    Clock clock{Time(std::chrono::seconds(1'700'000'000))};
    for (const bool shared : {false, true}) {
        Cloud cloud(shared, [&](store::Transaction& tx) {
            // What a process leaves that was killed while it tried an event.
            save_event(tx, {.due = clock.now() + 33s,
                            .id = "e",
                            .account = "000000000000",
                            .region = "us-east-1",
                            .function = "gone",
                            .received = clock.now(),
                            .hold = 33s,
                            .claimed = true});
        });
        const auto left = [&] {
            return cloud.run(cloud.store->transact([](store::Transaction& tx) -> Task<bool> {
                const auto next = co_await next_event_due(tx);
                co_return next.has_value();
            }));
        };
        for (int round = 0; round < 100; ++round) cloud.reactor.run_ready();
        EXPECT_EQ(left(), shared);
        cloud.advance(34s);
        for (int round = 0; round < 100; ++round) cloud.reactor.run_ready();
        EXPECT_FALSE(left());
    }
}

TEST(Events, CountWhatTheirDestinationsRefuse) {
    Cloud cloud;
    cloud.create("f", "def handler(event, context):\n    raise ValueError('no')\n");
    UpdateFunctionConfigurationRequest configure{.FunctionName = "f"};
    configure.DeadLetterConfig.emplace().TargetArn = "arn:aws:sqs:us-east-1:000000000000:refused";
    cloud.run(cloud.service.update_function_configuration(cloud.call, configure));
    PutFunctionEventInvokeConfigRequest config{.FunctionName = "f", .MaximumRetryAttempts = 0};
    config.DestinationConfig.emplace().OnFailure.emplace().Destination = "arn:aws:sqs:us-east-1:000000000000:refused";
    cloud.run(cloud.service.put_function_event_invoke_config(cloud.call, config));
    cloud.invoke("f", "{}", "Event");
    std::map<std::string_view, double> sums;
    EXPECT_TRUE(cloud.eventually([&] {
        for (const auto& sum : cloud.metrics.take(Time::max())) sums[sum.name] += sum.sum;
        return sums.contains("DestinationDeliveryFailures");
    }));
    EXPECT_EQ(sums["DestinationDeliveryFailures"], 1);
    EXPECT_EQ(sums["DeadLetterErrors"], 1);
}

TEST(Mappings, HandOverMessagesAndDeleteOnlyThoseThatWereHandled) {
    Cloud cloud;
    cloud.create("f",
                 "def handler(event, context):\n"
                 "    return {'batchItemFailures': [{'itemIdentifier': r['messageId']} for r in event['Records'] if "
                 "r['body'] == 'bad']}\n");
    const auto mapping = cloud.run(cloud.service.create_event_source_mapping(
        cloud.call, {.EventSourceArn = "arn:aws:sqs:us-east-1:000000000000:jobs",
                     .FunctionName = "f",
                     .FunctionResponseTypes = std::vector<std::string>{"ReportBatchItemFailures"}}));
    EXPECT_EQ(mapping.State, "Creating");
    for (const std::string body : {"good", "bad", "fine"}) {
        cloud.run(
            cloud.queues.send_message(cloud.call, {.QueueUrl = "http://x/000000000000/jobs", .MessageBody = body}));
    }
    EXPECT_TRUE(cloud.eventually([&] { return cloud.queues.deleted.size() == 2; }));
    EXPECT_THAT(cloud.queues.deleted, UnorderedElementsAre("good", "fine"));

    cloud.run(cloud.service.update_event_source_mapping(cloud.call, {.UUID = *mapping.UUID, .Enabled = false}));
    EXPECT_EQ(cloud.run(cloud.service.get_event_source_mapping(cloud.call, {.UUID = *mapping.UUID})).State, "Disabled");
    cloud.run(cloud.service.delete_event_source_mapping(cloud.call, {.UUID = *mapping.UUID}));
    EXPECT_EQ(message_of<ResourceNotFoundException>(
                  [&] { cloud.run(cloud.service.get_event_source_mapping(cloud.call, {.UUID = *mapping.UUID})); }),
              "The resource you requested does not exist.");
}

TEST(Mappings, DropMessagesThatNoFilterTakes) {
    Cloud cloud;
    cloud.create("f", "def handler(event, context):\n    for r in event['Records']: print('got', r['body'])\n");
    CreateEventSourceMappingRequest request{.EventSourceArn = "arn:aws:sqs:us-east-1:000000000000:jobs",
                                            .FunctionName = "f"};
    request.FilterCriteria.emplace().Filters = std::vector<Filter>{{.Pattern = R"({"body":{"kind":["wanted"]}})"}};
    cloud.run(cloud.service.create_event_source_mapping(cloud.call, request));
    for (const std::string body : {R"({"kind":"wanted"})", R"({"kind":"other"})", "no JSON"}) {
        cloud.run(
            cloud.queues.send_message(cloud.call, {.QueueUrl = "http://x/000000000000/jobs", .MessageBody = body}));
    }
    EXPECT_TRUE(cloud.eventually([&] { return cloud.queues.deleted.size() == 3; }));
    EXPECT_TRUE(cloud.eventually([&] { return cloud.door.has(R"(got {"kind":"wanted"})"); }));
    EXPECT_FALSE(cloud.door.has("got no JSON"));
    request.FilterCriteria->Filters = std::vector<Filter>{{.Pattern = "{"}};
    EXPECT_EQ(message_of<InvalidParameterValueException>(
                  [&] { cloud.run(cloud.service.create_event_source_mapping(cloud.call, request)); }),
              "Invalid filter pattern definition.");
}

TEST(Mappings, RestOnceTheirFunctionIsGone) {
    Cloud cloud;
    cloud.create("f", echo);
    const auto mapping = cloud.run(cloud.service.create_event_source_mapping(
        cloud.call, {.EventSourceArn = "arn:aws:sqs:us-east-1:000000000000:jobs", .FunctionName = "f"}));
    cloud.run(cloud.service.delete_function(cloud.call, {.FunctionName = "f"}));
    cloud.run(cloud.queues.send_message(cloud.call, {.QueueUrl = "http://x/000000000000/jobs", .MessageBody = "x"}));
    const auto state = [&] {
        return cloud.run(cloud.service.get_event_source_mapping(cloud.call, {.UUID = *mapping.UUID}));
    };
    EXPECT_TRUE(cloud.eventually([&] { return state().State == "Disabled"; }));
    EXPECT_THAT(*state().StateTransitionReason, HasSubstr("Function not found"));
}

TEST(Mappings, RefuseQueuesThatAreMissingOrShowTheirMessagesTooSoon) {
    Cloud cloud;
    cloud.create("f", echo);
    const auto create = [&](std::string queue, std::string function) {
        return message_of<InvalidParameterValueException>([&] {
            cloud.run(cloud.service.create_event_source_mapping(
                cloud.call,
                {.EventSourceArn = "arn:aws:sqs:us-east-1:000000000000:" + queue, .FunctionName = function}));
        });
    };
    EXPECT_EQ(create("missing", "f"),
              "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error "
              "Message: The "
              "specified queue does not exist.");
    EXPECT_EQ(create("jobs", "none"), "Function does not exist");
    UpdateFunctionConfigurationRequest slow{.FunctionName = "f", .Timeout = 60};
    cloud.run(cloud.service.update_function_configuration(cloud.call, slow));
    EXPECT_EQ(create("jobs", "f"), "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds");
}

TEST(Permissions, AreStatementsOfTheFunctionsPolicy) {
    Cloud cloud;
    cloud.create("f", echo);
    AddPermissionRequest request{.FunctionName = "f",
                                 .StatementId = "api",
                                 .Action = "lambda:InvokeFunction",
                                 .Principal = "apigateway.amazonaws.com",
                                 .SourceArn = "arn:aws:execute-api:us-east-1:000000000000:x/*"};
    EXPECT_EQ(
        *cloud.run(cloud.service.add_permission(cloud.call, request)).Statement,
        R"({"Sid":"api","Effect":"Allow","Principal":{"Service":"apigateway.amazonaws.com"},"Action":"lambda:InvokeFunction",)"
        R"("Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","Condition":{"ArnLike":{"AWS:SourceArn":)"
        R"("arn:aws:execute-api:us-east-1:000000000000:x/*"}}})");
    EXPECT_THAT(
        message_of<ResourceConflictException>([&] { cloud.run(cloud.service.add_permission(cloud.call, request)); }),
        HasSubstr("The statement id (api) provided already exists."));
    EXPECT_THAT(*cloud.run(cloud.service.get_policy(cloud.call, {.FunctionName = "f"})).Policy,
                HasSubstr(R"("Sid":"api")"));
    cloud.run(cloud.service.remove_permission(cloud.call, {.FunctionName = "f", .StatementId = "api"}));
    EXPECT_EQ(message_of<ResourceNotFoundException>(
                  [&] { cloud.run(cloud.service.get_policy(cloud.call, {.FunctionName = "f"})); }),
              "The resource you requested does not exist.");
}

TEST(Permissions, AreReplacedAsAWholeWithTheirPolicy) {
    Cloud cloud;
    cloud.create("f", echo);
    const std::string arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
    const auto put = [&](std::string policy, std::optional<std::string> revision = {}) {
        return cloud.run(cloud.service.put_resource_policy(
            cloud.call, {.ResourceArn = arn, .Policy = std::move(policy), .RevisionId = std::move(revision)}));
    };
    const auto made =
        put(R"({"Version":"2012-10-17","Statement":{"Sid":"a","Effect":"Allow","Principal":"*","Action":"lambda:*"}})");
    const auto read = cloud.run(cloud.service.get_resource_policy(cloud.call, {.ResourceArn = arn}));
    EXPECT_EQ(read.RevisionId, made.RevisionId);
    EXPECT_THAT(*cloud.run(cloud.service.get_policy(cloud.call, {.FunctionName = "f"})).Policy,
                HasSubstr(R"("Statement":[{"Sid":"a")"));
    EXPECT_THAT(message_of<PreconditionFailedException>([&] { put(*read.Policy, "another"); }),
                HasSubstr("does not match the latest Revision Id"));
    EXPECT_THAT(message_of<InvalidParameterValueException>([&] { put("no JSON"); }), HasSubstr("not a JSON object"));
    EXPECT_THAT(message_of<InvalidParameterValueException>([&] { put("{}"); }), HasSubstr("no statements"));
    cloud.run(cloud.service.remove_permission(cloud.call, {.FunctionName = "f", .StatementId = "a"}));
    EXPECT_EQ(message_of<ResourceNotFoundException>(
                  [&] { cloud.run(cloud.service.delete_resource_policy(cloud.call, {.ResourceArn = arn})); }),
              "The resource you requested does not exist.");
}

TEST(CloudFormation, MakesAFunctionOfSourceTextAndChangesIt) {
    Cloud cloud;
    const auto types = resource_types(cloud.door);
    const auto& function = *types.front();
    ASSERT_EQ(function.name(), "AWS::Lambda::Function");
    const contracts::ResourceContext context{.stack_name = "s", .logical_id = "F", .generated_name = "s-F-1"};
    const auto properties = [](std::string answer) {
        return json::object{{"Handler", "index.handler"},
                            {"Runtime", "nodejs20.x"},
                            {"Role", "arn:aws:iam::000000000000:role/r"},
                            {"Timeout", "5"},
                            {"Code", {{"ZipFile", "exports.handler = async () => '" + answer + "';"}}}};
    };
    auto made =
        cloud.run(const_cast<contracts::ResourceType&>(function).create(cloud.call, context, properties("one")));
    EXPECT_EQ(made.physical_id, "s-F-1");
    EXPECT_EQ(made.attributes.at("Arn"), "arn:aws:lambda:us-east-1:000000000000:function:s-F-1");
    EXPECT_EQ(cloud.invoke("s-F-1").Payload, R"("one")");
    const auto tags = cloud.run(cloud.service.get_function(cloud.call, {.FunctionName = "s-F-1"})).Tags;
    EXPECT_EQ(tags->at("aws:cloudformation:stack-name"), "s");
    EXPECT_EQ(tags->at("aws:cloudformation:logical-id"), "F");
    auto& type = const_cast<contracts::ResourceType&>(function);
    cloud.run(type.update(cloud.call, context, made.physical_id, properties("one"), properties("two")));
    EXPECT_EQ(cloud.invoke("s-F-1").Payload, R"("two")");
    cloud.run(type.remove(cloud.call, context, made.physical_id, properties("two")));
    cloud.run(type.remove(cloud.call, context, made.physical_id, properties("two")));
}

}  // namespace
}  // namespace cumulet::lambda
