#include "dispatch/route.h"

#include <gtest/gtest.h>

#include "contracts/apigatewayv2.h"
#include "contracts/cloudformation.h"
#include "contracts/dynamodb.h"
#include "contracts/iam.h"
#include "contracts/lambda.h"
#include "contracts/logs.h"
#include "contracts/s3.h"
#include "contracts/sqs.h"
#include "contracts/sts.h"

namespace cumulet::dispatch {
namespace {

struct NoSurface : contracts::Surface {
    Task<http::Response> serve(Call& call, http::Request request) override { co_return http::Response{}; }
};

struct World {
    contracts::AnyApi api;
    NoSurface execute_api, function_url, developer, stages;
    Catalog catalog;

    World() {
        for (const auto* service :
             {&aws::sqs::service, &aws::s3::service, &aws::lambda::service, &aws::dynamodb::service, &aws::sts::service,
              &aws::iam::service, &aws::cloudformation::service, &aws::apigatewayv2::service, &aws::logs::service}) {
            catalog.add(*service, api);
        }
        catalog.add_host_surface("execute-api", execute_api);
        catalog.add_host_surface("lambda-url", function_url);
        catalog.add_path_surface("/_aws/", developer);
        catalog.add_path_surface("/_aws/execute-api/", execute_api);
        catalog.add_path_surface("/restapis/*/*/_user_request_", stages);
    }
};

std::string signed_for(std::string_view service, std::string_view region = "us-east-1") {
    return fmt::format("AWS4-HMAC-SHA256 Credential=test/20261123/{}/{}/aws4_request, SignedHeaders=host, Signature=0",
                       region, service);
}

struct Row {
    const char* name;
    const char* method;
    const char* target;
    http::Headers headers;
    const char* body;
    const char* expected;  // "sqs.SendMessage", "501 sqs Foo"
};

std::string describe(const Route& route) {
    if (route.surface) return "surface";
    if (!route.operation) return fmt::format("501 {} {}", route.missing_service, route.missing_operation);
    std::string out = fmt::format("{}.{}", route.entry->service->name, route.operation->name);
    for (const auto& label : route.labels) out += fmt::format(" {}={}", label.name, label.value);
    if (!route.queue_url_path.empty()) out += " " + route.queue_url_path;
    return out;
}

Route route_of(const World& world, const Row& row) {
    http::Request request;
    request.method = row.method;
    request.set_target(row.target);
    request.headers = row.headers;
    request.body = row.body;
    return find_route(world.catalog, request, auth::read_claim(request), "cumulet.test");
}

void check(std::span<const Row> rows) {
    const World world;
    for (const auto& row : rows) EXPECT_EQ(describe(route_of(world, row)), row.expected) << row.name;
}

const http::Header form{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"};
const http::Header local{"Host", "localhost:4566"};

TEST(Route, FindsJsonAndCborOperationsByTheirHeaders) {
    const Row rows[] = {
        {"json 1.0", "POST", "/", {local, {"X-Amz-Target", "AmazonSQS.SendMessage"}}, "{}", "sqs.SendMessage"},
        {"json on a queue's path",
         "POST",
         "/000000000000/jobs",
         {local, {"X-Amz-Target", "AmazonSQS.SendMessage"}},
         "{}",
         "sqs.SendMessage"},
        {"dynamodb", "POST", "/", {local, {"X-Amz-Target", "DynamoDB_20120810.GetItem"}}, "{}", "dynamodb.GetItem"},
        {"logs", "POST", "/", {local, {"X-Amz-Target", "Logs_20140328.PutLogEvents"}}, "{}", "logs.PutLogEvents"},
        {"unknown operation", "POST", "/", {local, {"X-Amz-Target", "AmazonSQS.Fly"}}, "{}", "501 sqs Fly"},
        {"unknown service",
         "POST",
         "/",
         {local, {"X-Amz-Target", "AWSEvents.PutEvents"}},
         "{}",
         "501 AWSEvents PutEvents"},
        {"unknown service, signed",
         "POST",
         "/",
         {local, {"X-Amz-Target", "AWSEvents.PutEvents"}, {"Authorization", signed_for("events")}},
         "{}",
         "501 events PutEvents"},
        {"no dot", "POST", "/", {local, {"X-Amz-Target", "nonsense"}}, "{}", "501 nonsense "},
        {"smithy",
         "POST",
         "/service/AmazonSQS/operation/SendMessage",
         {local, {"Smithy-Protocol", "rpc-v2-cbor"}},
         "",
         "sqs.SendMessage"},
        {"smithy by id",
         "POST",
         "/service/DynamoDB/operation/GetItem",
         {local, {"Smithy-Protocol", "rpc-v2-cbor"}},
         "",
         "dynamodb.GetItem"},
        {"smithy, unknown",
         "POST",
         "/service/Granite/operation/PutMetricData",
         {local, {"Smithy-Protocol", "rpc-v2-cbor"}},
         "",
         "501 Granite PutMetricData"},
    };
    check(rows);
}

TEST(Route, FindsQueryOperationsByTheirAction) {
    const Row rows[] = {
        {"sts form",
         "POST",
         "/",
         {local, form, {"Authorization", signed_for("sts")}},
         "Action=GetCallerIdentity&Version=2011-06-15",
         "sts.GetCallerIdentity"},
        {"iam form",
         "POST",
         "/",
         {local, form, {"Authorization", signed_for("iam")}},
         "Action=CreateRole&Version=2010-05-08",
         "iam.CreateRole"},
        {"unsigned, by version",
         "POST",
         "/",
         {local, form},
         "Action=CreateStack&Version=2010-05-15",
         "cloudformation.CreateStack"},
        {"query string", "GET", "/?Action=GetCallerIdentity&Version=2011-06-15", {local}, "", "sts.GetCallerIdentity"},
        {"unknown action",
         "POST",
         "/",
         {local, form, {"Authorization", signed_for("iam")}},
         "Action=Fly",
         "501 iam Fly"},
        {"unknown service",
         "POST",
         "/",
         {local, form, {"Authorization", signed_for("sns")}},
         "Action=Publish&TopicArn=x",
         "501 sns Publish"},
        {"legacy sqs",
         "POST",
         "/",
         {local, form, {"Authorization", signed_for("sqs")}},
         "Action=SendMessage&QueueUrl=x",
         "sqs.SendMessage"},
        {"legacy sqs by path",
         "POST",
         "/000000000000/jobs",
         {local, form, {"Authorization", signed_for("sqs")}},
         "Action=SendMessage",
         "sqs.SendMessage /000000000000/jobs"},
        {"legacy sqs, unsigned",
         "GET",
         "/000000000000/jobs?Action=ReceiveMessage",
         {local},
         "",
         "sqs.ReceiveMessage /000000000000/jobs"},
        {"queue path with region",
         "GET",
         "/queue/eu-west-1/000000000000/jobs?Action=ReceiveMessage",
         {local},
         "",
         "sqs.ReceiveMessage /queue/eu-west-1/000000000000/jobs"},
        {"an action that others have too, unsigned, at a queue",
         "POST",
         "/000000000000/jobs",
         {local, form},
         "Action=AddPermission&Label=x",
         "sqs.AddPermission /000000000000/jobs"},
        {"queue url without action", "GET", "/000000000000/jobs", {local}, "", "501 sqs (no Action)"},
        {"queue domain",
         "POST",
         "/000000000000/jobs",
         {{"Host", "eu-west-1.queue.localhost.localstack.cloud:4566"}, form},
         "Action=PurgeQueue",
         "sqs.PurgeQueue /000000000000/jobs"},
        {"sqs by host",
         "POST",
         "/",
         {{"Host", "sqs.eu-west-1.localhost.localstack.cloud:4566"}, form},
         "Action=ListQueues",
         "sqs.ListQueues"},
        {"dynamodb does not speak query",
         "POST",
         "/",
         {local, form, {"Authorization", signed_for("dynamodb")}},
         "Action=GetItem",
         "501 dynamodb GetItem"},
    };
    check(rows);
}

TEST(Route, FindsRestOperationsByPath) {
    const http::Header lambda{"Authorization", signed_for("lambda")};
    const Row rows[] = {
        {"lambda list", "GET", "/2015-03-31/functions", {local, lambda}, "", "lambda.ListFunctions"},
        {"lambda invoke",
         "POST",
         "/2015-03-31/functions/f/invocations",
         {local, lambda},
         "",
         "lambda.Invoke FunctionName=f"},
        {"lambda, unsigned", "GET", "/2015-03-31/functions/f", {local}, "", "lambda.GetFunction FunctionName=f"},
        {"lambda, unknown", "GET", "/2015-03-31/dances", {local, lambda}, "", "501 lambda GET /2015-03-31/dances"},
        {"dated path of no one", "GET", "/2014-11-13/things/x", {local}, "", "501  GET /2014-11-13/things/x"},
        {"http api",
         "POST",
         "/v2/apis",
         {local, {"Authorization", signed_for("apigateway")}},
         "{}",
         "apigatewayv2.CreateApi"},
        {"rest api is not built",
         "POST",
         "/restapi",
         {local, {"Authorization", signed_for("apigateway")}},
         "{}",
         "501 apigatewayv2 POST /restapi"},
        {"service not there",
         "GET",
         "/v1/things",
         {local, {"Authorization", signed_for("eks")}},
         "",
         "501 eks GET /v1/things"},
        {"lambda by host",
         "GET",
         "/2015-03-31/functions",
         {{"Host", "lambda.us-east-1.amazonaws.com"}},
         "",
         "lambda.ListFunctions"},
        {"json service without target",
         "POST",
         "/",
         {local, {"Authorization", signed_for("dynamodb")}},
         "{}",
         "501 dynamodb POST /"},
    };
    check(rows);
}

TEST(Route, FindsS3ByPathAndByHost) {
    const http::Header s3{"Authorization", signed_for("s3")};
    const Row rows[] = {
        {"list buckets", "GET", "/", {local, s3}, "", "s3.ListBuckets"},
        {"unsigned is S3", "GET", "/bucket/key", {local}, "", "s3.GetObject Bucket=bucket Key=key"},
        {"put", "PUT", "/bucket/a/b%20c", {local, s3}, "x", "s3.PutObject Bucket=bucket Key=a/b c"},
        {"create bucket", "PUT", "/bucket", {local, s3}, "", "s3.CreateBucket Bucket=bucket"},
        {"list v2", "GET", "/bucket?list-type=2", {local, s3}, "", "s3.ListObjectsV2 Bucket=bucket"},
        {"multipart", "POST", "/bucket/key?uploads", {local, s3}, "", "s3.CreateMultipartUpload Bucket=bucket Key=key"},
        {"presigned",
         "GET",
         "/bucket/key?X-Amz-Credential=test%2F20261123%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Signature=0",
         {local},
         "",
         "s3.GetObject Bucket=bucket Key=key"},
        {"old presigned",
         "GET",
         "/bucket/key?AWSAccessKeyId=test&Signature=x&Expires=9",
         {local},
         "",
         "s3.GetObject Bucket=bucket Key=key"},
        {"virtual host",
         "GET",
         "/key",
         {{"Host", "bucket.s3.amazonaws.com"}},
         "",
         "s3.GetObject Bucket=bucket Key=key"},
        {"virtual host with region",
         "PUT",
         "/a/b",
         {{"Host", "my.bucket.s3.eu-west-1.localhost.localstack.cloud:4566"}, s3},
         "",
         "s3.PutObject Bucket=my.bucket Key=a/b"},
        {"virtual host, bucket itself",
         "GET",
         "/?list-type=2",
         {{"Host", "bucket.s3.localhost.localstack.cloud:4566"}, s3},
         "",
         "s3.ListObjectsV2 Bucket=bucket"},
        {"bucket before localhost",
         "GET",
         "/key",
         {{"Host", "bucket.localhost:4566"}, s3},
         "",
         "s3.GetObject Bucket=bucket Key=key"},
        {"bucket before our own name",
         "GET",
         "/key",
         {{"Host", "bucket.cumulet.test:4566"}, s3},
         "",
         "s3.GetObject Bucket=bucket Key=key"},
        {"path style at S3's host",
         "GET",
         "/bucket/key",
         {{"Host", "s3.eu-west-1.amazonaws.com"}, s3},
         "",
         "s3.GetObject Bucket=bucket Key=key"},
        {"old regional host",
         "GET",
         "/key",
         {{"Host", "bucket.s3-eu-west-1.amazonaws.com"}},
         "",
         "s3.GetObject Bucket=bucket Key=key"},
        {"action is just a parameter",
         "GET",
         "/bucket/key?Action=x",
         {local, s3},
         "",
         "s3.GetObject Bucket=bucket Key=key"},
        {"bucket named like a surface", "GET", "/restapis/x", {local, s3}, "", "s3.GetObject Bucket=restapis Key=x"},
    };
    check(rows);
}

TEST(Route, FindsSurfacesByHostAndPath) {
    const World world;
    const struct {
        const char* host;
        const char* target;
        const contracts::Surface* surface;
    } rows[] = {
        {"abc123.execute-api.localhost.localstack.cloud:4566", "/orders", &world.execute_api},
        {"abc123.execute-api.us-east-1.amazonaws.com", "/", &world.execute_api},
        {"u1.lambda-url.eu-west-1.localhost.localstack.cloud:4566", "/", &world.function_url},
        {"localhost:4566", "/_aws/sqs/messages?QueueUrl=x", &world.developer},
        {"localhost:4566", "/_aws/execute-api/abc/stage/x", &world.execute_api},
        {"localhost:4566", "/restapis/abc/prod/_user_request_/x", &world.stages},
        {"localhost:4566", "/restapis/abc/prod/_user_request_", &world.stages},
        {"localhost:4566", "/restapis/abc/stages/prod", nullptr},
        {"localhost:4566", "/restapis//prod/_user_request_", nullptr},
    };
    for (const auto& row : rows) {
        const auto route = route_of(world, {"", "GET", row.target, {{"Host", row.host}}, "", ""});
        EXPECT_EQ(route.surface, row.surface) << row.host << row.target;
    }
}

TEST(Route, AnswersUnknownCallsInTheProtocolTheyWereMadeIn) {
    using contracts::Protocol;
    const World world;
    const struct {
        Row row;
        Protocol protocol;
    } rows[] = {
        {{"", "POST", "/", {{"X-Amz-Target", "X.Y"}, {"Content-Type", "application/x-amz-json-1.0"}}, "", ""},
         Protocol::aws_json_1_0},
        {{"", "POST", "/", {{"X-Amz-Target", "X.Y"}, {"Content-Type", "application/x-amz-json-1.1"}}, "", ""},
         Protocol::aws_json_1_1},
        {{"", "POST", "/", {form}, "Action=X", ""}, Protocol::aws_query},
        {{"", "POST", "/service/X/operation/Y", {{"Smithy-Protocol", "rpc-v2-cbor"}}, "", ""}, Protocol::rpc_v2_cbor},
        {{"", "GET", "/x", {{"Authorization", signed_for("eks")}}, "", ""}, Protocol::rest_json},
    };
    for (const auto& [row, protocol] : rows) EXPECT_EQ(route_of(world, row).protocol, protocol);
}

TEST(HostNames, TellServiceRegionAndBucket) {
    const struct {
        const char* host;
        const char* service;
        const char* region;
        const char* bucket;
    } rows[] = {
        {"localhost:4566", "", "", ""},
        {"127.0.0.1:4566", "", "", ""},
        {"[::1]:4566", "", "", ""},
        {"cumulet.test", "", "", ""},
        {"localhost.localstack.cloud:4566", "", "", ""},
        {"sqs.us-west-2.amazonaws.com", "sqs", "us-west-2", ""},
        {"SQS.US-WEST-2.AMAZONAWS.COM", "sqs", "us-west-2", ""},
        {"eu-central-1.queue.amazonaws.com", "sqs", "eu-central-1", ""},
        {"queue.amazonaws.com", "sqs", "", ""},
        {"b.s3.us-west-2.amazonaws.com", "s3", "us-west-2", "b"},
        {"s3.us-west-2.amazonaws.com", "s3", "us-west-2", ""},
        {"s3.amazonaws.com", "s3", "", ""},
        {"dynamodb.us-gov-west-1.amazonaws.com", "dynamodb", "us-gov-west-1", ""},
        {"111122223333.ddb.us-west-2.amazonaws.com", "dynamodb", "us-west-2", ""},
        {"111122223333.search-ddb.us-west-2.amazonaws.com", "dynamodb", "us-west-2", ""},
        {"search-dynamodb.us-west-2.api.aws", "dynamodb", "us-west-2", ""},
        {"search-dynamodb-fips.us-west-2.amazonaws.com", "dynamodb", "us-west-2", ""},
    };
    for (const auto& row : rows) {
        const auto name = read_host(row.host, "cumulet.test");
        EXPECT_EQ(name.service, row.service) << row.host;
        EXPECT_EQ(name.region, row.region) << row.host;
        EXPECT_EQ(name.bucket, row.bucket) << row.host;
    }
}

}  // namespace
}  // namespace cumulet::dispatch
