#include <gtest/gtest.h>

#include "base/bytes.h"
#include "contracts/dynamodb.h"
#include "contracts/iam.h"
#include "contracts/lambda.h"
#include "contracts/logs.h"
#include "contracts/s3.h"
#include "contracts/sqs.h"
#include "wire/wire.h"

namespace cumulet::wire {
namespace {

/// Decodes a body (or form) for an operation; the violations as AWS's message, "" if none.
template <typename Input>
std::string decode_as(Protocol protocol, const Service& service, std::string_view operation, std::string body,
                      Input& input, UriLabels labels = {}) {
    http::Request request;
    request.method = "POST";
    request.set_target("/");
    request.headers.add("Host", "localhost:4566");
    request.body = std::move(body);
    Violations violations;
    decode(protocol, service, *service.find(operation), request, labels, &input, violations);
    return violations.empty() ? "" : std::string(validation_failure(protocol, service, violations).message);
}

std::string refusal_of(Protocol protocol, const Service& service, std::string_view operation, std::string body) {
    const auto& found = *service.find(operation);
    const std::shared_ptr<void> input(found.new_input(), found.delete_input);
    http::Request request;
    request.set_target("/");
    request.body = std::move(body);
    Violations violations;
    try {
        decode(protocol, service, found, request, {}, input.get(), violations);
    } catch (const aws::Error& error) {
        return error.code + ": " + error.message;
    }
    return "";
}

TEST(AwsJson, DecodesMembersInAnyOrderAndIgnoresUnknownOnes) {
    aws::sqs::SendMessageRequest input;
    EXPECT_EQ(decode_as(Protocol::aws_json_1_0, aws::sqs::service, "SendMessage",
                        R"({"Unknown":{"a":[1,{"b":null}]},"MessageBody":"h\u00e9\n","DelaySeconds":5,"Nothing":null,
                           "MessageAttributes":{"k":{"DataType":"Binary","BinaryValue":"Zm9v"}},"QueueUrl":"u"})",
                        input),
              "");
    EXPECT_EQ(input.QueueUrl, "u");
    EXPECT_EQ(input.MessageBody, "h\u00e9\n");
    EXPECT_EQ(input.DelaySeconds, 5);
    ASSERT_TRUE(input.MessageAttributes);
    EXPECT_EQ(input.MessageAttributes->at("k").BinaryValue, "foo");
}

TEST(AwsJson, LeavesWhatIsWrongWithAValueToTheService) {
    aws::dynamodb::PutItemInput input;
    EXPECT_EQ(decode_as(Protocol::aws_json_1_0, aws::dynamodb::service, "PutItem",
                        R"({"TableName":"t","Item":{"pk":{"N":"x"},"l":{"L":[{"S":"a"},{}]}}})", input),
              "");
    ASSERT_TRUE(input.Item.refusal());
    EXPECT_EQ(input.Item.refusal()->member, "pk");
    EXPECT_EQ(input.Item.refusal()->message, "The parameter cannot be converted to a numeric value: x");
    EXPECT_EQ(input.Item.count(), 2u);
}

TEST(AwsJson, NullIsNoItem) {
    aws::dynamodb::PutItemInput input;
    EXPECT_EQ(
        decode_as(Protocol::aws_json_1_0, aws::dynamodb::service, "PutItem", R"({"TableName":"t","Item":null})", input),
        "1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be "
        "null");
}

TEST(AwsJson, NamesTheTypesOfDynamoDBAsAwsDoes) {
    const std::string package = "com.amazonaws.dynamodb.v20120810.";
    const std::string map = "Unrecognized collection type java.util.Map<java.lang.String, ";
    for (const auto& [body, message] : std::vector<std::pair<std::string, std::string>>{
             {R"("Item":[])", map + package + "AttributeValue>"},
             {R"("Item":5)", "Unexpected field type"},
             {R"("Item":{"a":"b"})", "Unexpected value type in payload"},
             {R"("Item":{"a":["b"]})", "Unrecognized collection type class " + package + "AttributeValue"},
             {R"("Item":{"a":{"S":1.5}})", "DECIMAL_VALUE cannot be converted to String"},
             {R"("Expected":[])", map + package + "ExpectedAttributeValue>"},
             {R"("Expected":{"a":[]})", "Unrecognized collection type class " + package + "ExpectedAttributeValue"},
             {R"("Expected":{"a":{"Exists":"maybe"}})", "Unexpected token received from parser"},
             {R"("ExpressionAttributeNames":[])", map + "java.lang.String>"},
         }) {
        EXPECT_EQ(refusal_of(Protocol::aws_json_1_0, aws::dynamodb::service, "PutItem", "{" + body + "}"),
                  "SerializationException: " + message)
            << body;
    }
}

/// What decoding a GetItem with this Content-Encoding throws, "" if nothing, and which table it names.
std::pair<std::string, std::string> encoded(std::string encoding, std::string body) {
    aws::dynamodb::GetItemInput input;
    http::Request request;
    request.method = "POST";
    request.set_target("/");
    request.headers.add("Content-Encoding", std::move(encoding));
    request.body = std::move(body);
    Violations violations;
    try {
        decode(Protocol::aws_json_1_0, aws::dynamodb::service, *aws::dynamodb::service.find("GetItem"), request, {},
               &input, violations);
    } catch (const aws::Error& error) {
        return {fmt::format("{} {}", error.status, error.code), ""};
    }
    return {"", input.TableName};
}

TEST(AwsJson, UnpacksCompressedRequests) {
    // printf of it | gzip -n | base64
    const auto packed = *from_base64("H4sIAAAAAAAAA6tWCklMykn1S8xNVbJSKlGqBQB8cjbXEQAAAA==");
    const std::pair<std::string, std::string> read{"", "t"}, refused{"500 InternalServerError", ""};
    EXPECT_EQ(encoded("gzip", packed), read);
    EXPECT_EQ(encoded("identity", R"({"TableName":"t"})"), read);
    EXPECT_EQ(encoded("amz-1.0", R"({"TableName":"t"})"), read);
    EXPECT_EQ(encoded("gzip", R"({"TableName":"t"})"), refused);
    EXPECT_EQ(encoded("gzip", ""), refused);
    EXPECT_EQ(encoded("garbage", R"({"TableName":"t"})"), refused);
}

TEST(AwsJson, BoundsRequestsOfDynamoDB) {
    const std::string spaces(16ul * 1024 * 1024, ' ');
    EXPECT_EQ(refusal_of(Protocol::aws_json_1_0, aws::dynamodb::service, "ListTables", "{" + spaces + "}"),
              "RequestEntityTooLarge: The request is larger than 16 MB");
}

TEST(AwsJson, AnEmptyBodyIsAnEmptyObject) {
    aws::sqs::ListQueuesRequest input;
    EXPECT_EQ(decode_as(Protocol::aws_json_1_0, aws::sqs::service, "ListQueues", "", input), "");
    EXPECT_EQ(decode_as(Protocol::aws_json_1_0, aws::sqs::service, "ListQueues", " {} ", input), "");
}

TEST(AwsJson, RefusesWhatDoesNotFitInTheWordsOfAws) {
    struct Row {
        std::string body, message;
    };
    std::string deep = R"({"MessageBody":)";
    for (int i = 0; i < 300; ++i) deep += "[";
    for (const Row& row : {
             Row{"{", "Unable to parse the request as JSON"},
             Row{"{} x", "Unable to parse the request as JSON"},
             Row{"\xff", "Unable to parse the request as JSON"},
             Row{"{\"MessageBody\":\"\xff\"}", "Unable to parse the request as JSON"},
             Row{R"({"MessageBody":1})", "NUMBER_VALUE cannot be converted to String"},
             Row{R"({"MessageBody":1.5})", "DECIMAL_VALUE cannot be converted to String"},
             Row{R"({"MessageBody":true})", "TRUE_VALUE cannot be converted to String"},
             Row{R"({"MessageBody":[]})", "Unrecognized collection type class java.lang.String"},
             Row{R"({"MessageBody":{}})", "Start of structure or map found where not expected"},
             Row{R"({"DelaySeconds":"5"})", "STRING_VALUE cannot be converted to Integer"},
             Row{R"({"DelaySeconds":99999999999})", "NUMBER_VALUE cannot be converted to Integer"},
             Row{R"({"DelaySeconds":1e300})", "NUMBER_VALUE cannot be converted to Integer"},
             Row{R"({"MessageAttributes":"x"})", "Unexpected field type"},
             Row{R"({"MessageAttributes":{"a":{"BinaryValue":"Zg"}}})",
                 "Base64 encoded length is expected a multiple of 4 bytes but found: 2"},
             Row{R"({"MessageAttributes":{"a":{"BinaryValue":5}}})",
                 "only base-64-encoded strings are convertible to bytes"},
             Row{R"({"Other":)" + deep, "The request is nested too deeply"},
         }) {
        EXPECT_EQ(refusal_of(Protocol::aws_json_1_0, aws::sqs::service, "SendMessage", row.body),
                  "SerializationException: " + row.message)
            << row.body;
    }
}

TEST(AwsJson, BoundsTheElementsOfAMessage) {
    std::string body = R"({"Entries":[{})";
    for (int i = 0; i < 250'000; ++i) body += ",{}";
    EXPECT_EQ(refusal_of(Protocol::aws_json_1_0, aws::sqs::service, "SendMessageBatch", body + "]}"),
              "SerializationException: The request has too many elements");
}

TEST(Cbor, RefusesWhatIsCutOffLiesOrIsOfAnotherType) {
    using namespace std::string_literals;
    for (const auto& [body, message] : std::vector<std::pair<std::string, std::string>>{
             {"\xa1"s, "Unable to parse the request as CBOR"},
             {"\xbf\x69Table"s, "Unable to parse the request as CBOR"},
             {"\xa0\xa0"s, "Unable to parse the request as CBOR"},
             {"\xa1\x61z\x9b\xff\xff\xff\xff\xff\xff\xff\xff"s, "Unable to parse the request as CBOR"},
             {"\xa1\x61z"s + std::string(300, '\x81'), "Unable to parse the request as CBOR"},
             {"\x81\x01"s, "Unexpected value type in payload at ''"},
             {"\xa1\x6clogGroupName\x05"s, "Unexpected value type in payload at 'logGroupName'"}}) {
        EXPECT_EQ(refusal_of(Protocol::rpc_v2_cbor, aws::logs::service, "CreateLogGroup", body),
                  "SerializationException: " + message);
    }
}

TEST(Cbor, ReadsIndefiniteLengthsHalfFloatsAndChunks) {
    using namespace std::string_literals;
    aws::logs::PutRetentionPolicyRequest input;
    EXPECT_EQ(decode_as(Protocol::rpc_v2_cbor, aws::logs::service, "PutRetentionPolicy",
                        "\xbf\x7f\x63log\x69GroupName\xff\x7f\x62"
                        "ab\x61"
                        "c\xff\x6fretentionInDays\xf9\x47\x00\xff"s,
                        input),
              "");
    EXPECT_EQ(input.logGroupName, "abc");
    EXPECT_EQ(input.retentionInDays, 7);
}

TEST(Validation, NamesMissingMembersByTheirPath) {
    aws::dynamodb::CreateTableInput table;
    EXPECT_EQ(decode_as(Protocol::aws_json_1_0, aws::dynamodb::service, "CreateTable",
                        R"({"TableName":"t","KeySchema":[{"AttributeName":"a","KeyType":"HASH"},{"KeyType":"RANGE"}]})",
                        table),
              "1 validation error detected: Value null at 'keySchema.2.member.attributeName' failed to satisfy "
              "constraint: Member must not be null");
    aws::sqs::SendMessageRequest message;
    EXPECT_EQ(decode_as(Protocol::aws_json_1_0, aws::sqs::service, "SendMessage", R"({"QueueUrl":"u"})", message),
              "The request must contain the parameter MessageBody.");
}

TEST(Validation, CollectsEveryBrokenConstraint) {
    aws::dynamodb::CreateTableInput table;
    EXPECT_EQ(decode_as(Protocol::aws_json_1_0, aws::dynamodb::service, "CreateTable",
                        R"({"TableName":"","KeySchema":[{"AttributeName":"a","KeyType":"X"}]})", table),
              "2 validation errors detected: Value '' at 'tableName' failed to satisfy constraint: Member must have "
              "length greater than or equal to 1; Value 'X' at 'keySchema.1.member.keyType' failed to satisfy "
              "constraint: Member must satisfy enum value set: [HASH, RANGE]");
    aws::iam::CreateRoleRequest role;
    EXPECT_EQ(decode_as(Protocol::aws_query, aws::iam::service, "CreateRole",
                        "Action=CreateRole&RoleName=a%20b&AssumeRolePolicyDocument=x&MaxSessionDuration=5"
                        "&Tags.member.1.Key=k&Tags.member.1.Value=v",
                        role),
              "2 validation errors detected: Value 'a b' at 'roleName' failed to satisfy constraint: Member must "
              "satisfy regular expression pattern: [\\w+=,.@-]+; Value '5' at 'maxSessionDuration' failed to satisfy "
              "constraint: Member must have value greater than or equal to 3600");
}

TEST(Validation, GivesEachServiceItsOwnCode) {
    const Violations missing{{"name", "null", "Member must not be null"}};
    struct Row {
        Protocol protocol;
        const Service& service;
        std::string_view code;
    };
    for (const Row& row : {Row{Protocol::aws_json_1_0, aws::dynamodb::service, "ValidationException"},
                           Row{Protocol::aws_query, aws::iam::service, "ValidationError"},
                           Row{Protocol::rest_json, aws::lambda::service, "ValidationException"},
                           Row{Protocol::aws_json_1_1, aws::logs::service, "InvalidParameterException"},
                           Row{Protocol::aws_json_1_0, aws::sqs::service, "MissingParameter"}}) {
        EXPECT_EQ(validation_failure(row.protocol, row.service, missing).code, row.code);
    }
}

TEST(Query, DecodesTheOlderClientsOfSqs) {
    aws::sqs::SendMessageBatchRequest batch;
    EXPECT_EQ(decode_as(Protocol::aws_query, aws::sqs::service, "SendMessageBatch",
                        "Action=SendMessageBatch&QueueUrl=http%3A%2F%2Fh%2Fq"
                        "&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageBody=one+1"
                        "&SendMessageBatchRequestEntry.2.Id=b&SendMessageBatchRequestEntry.2.MessageBody=two"
                        "&SendMessageBatchRequestEntry.2.MessageAttribute.1.Name=k"
                        "&SendMessageBatchRequestEntry.2.MessageAttribute.1.Value.DataType=String"
                        "&SendMessageBatchRequestEntry.2.MessageAttribute.1.Value.StringValue=v",
                        batch),
              "");
    ASSERT_EQ(batch.Entries.size(), 2u);
    EXPECT_EQ(batch.Entries[0].MessageBody, "one 1");
    EXPECT_EQ(batch.Entries[1].MessageAttributes->at("k").StringValue, "v");
    for (const auto operation : {"SendMessageBatch", "DeleteMessageBatch", "ChangeMessageVisibilityBatch"}) {
        aws::sqs::SendMessageBatchRequest empty;
        EXPECT_EQ(decode_as(Protocol::aws_query, aws::sqs::service, operation, "QueueUrl=http%3A%2F%2Fh%2Fq", empty),
                  "");
        EXPECT_TRUE(empty.Entries.empty());
    }

    http::Request posted_to_queue;
    posted_to_queue.set_target("/000000000000/jobs");
    posted_to_queue.headers.add("Host", "localhost:4566");
    posted_to_queue.body = "Action=PurgeQueue";
    aws::sqs::PurgeQueueRequest purge;
    Violations violations;
    decode(Protocol::aws_query, aws::sqs::service, *aws::sqs::service.find("PurgeQueue"), posted_to_queue, {}, &purge,
           violations);
    EXPECT_EQ(purge.QueueUrl, "http://localhost:4566/000000000000/jobs");
    EXPECT_TRUE(violations.empty());
}

TEST(Query, RefusesTooManyPartsAndWrongTypes) {
    std::string deep = "A";
    for (int i = 0; i < 300; ++i) deep += ".1";
    EXPECT_EQ(refusal_of(Protocol::aws_query, aws::sqs::service, "SendMessage", deep + "=1"),
              "MalformedQueryString: A parameter's name has too many parts");
    EXPECT_EQ(refusal_of(Protocol::aws_query, aws::sqs::service, "SendMessage", "DelaySeconds=x"),
              "SerializationException: 'x' can not be converted to an Integer");
}

TEST(RestXml, RefusesMalformedDocuments) {
    for (const auto* body : {"<a", "", "text",
                             "<CompleteMultipartUpload><Part><PartNumber>x</PartNumber></Part>"
                             "</CompleteMultipartUpload>",
                             "<!DOCTYPE a [<!ENTITY b \"c\">]><CompleteMultipartUpload/>"}) {
        const auto refusal = refusal_of(Protocol::rest_xml, aws::s3::service, "CompleteMultipartUpload", body);
        EXPECT_EQ(refusal.substr(0, refusal.find(':')), *body ? "MalformedXML" : "") << body;
    }
}

std::string routed(const Routes& routes, std::string method, std::string target, http::Headers headers = {}) {
    http::Request request;
    request.method = std::move(method);
    request.set_target(std::move(target));
    request.headers = std::move(headers);
    const auto match = routes.find(request);
    if (!match) return "nothing";
    std::string text(match->operation->name);
    for (const auto& label : match->labels) text += fmt::format(" {}={}", label.name, label.value);
    return text;
}

TEST(Routes, TellS3OperationsApart) {
    const Routes routes(aws::s3::service);
    struct Row {
        std::string method, target;
        http::Headers headers;
        std::string wanted;
    };
    for (const Row& row : {
             Row{"GET", "/", {}, "ListBuckets"},
             Row{"PUT", "/b", {}, "CreateBucket Bucket=b"},
             Row{"GET", "/b/", {}, "ListObjects Bucket=b"},
             Row{"GET", "/b?list-type=2&prefix=x", {}, "ListObjectsV2 Bucket=b"},
             Row{"GET", "/b?list-type=1", {}, "ListObjects Bucket=b"},
             Row{"GET", "/b?location", {}, "GetBucketLocation Bucket=b"},
             Row{"GET", "/b/k%20/x//y/?x-id=GetObject", {}, "GetObject Bucket=b Key=k /x//y/"},
             Row{"HEAD", "/b/k", {}, "HeadObject Bucket=b Key=k"},
             Row{"PUT", "/b/k", {}, "PutObject Bucket=b Key=k"},
             Row{"PUT", "/b/k", {{"x-amz-copy-source", "/a/c"}}, "CopyObject Bucket=b Key=k"},
             Row{"PUT", "/b/k?partNumber=1&uploadId=u", {}, "UploadPart Bucket=b Key=k"},
             Row{"PUT",
                 "/b/k?partNumber=1&uploadId=u",
                 {{"X-Amz-Copy-Source", "/a/c"}},
                 "UploadPartCopy Bucket=b Key=k"},
             Row{"POST", "/b/k?uploads", {}, "CreateMultipartUpload Bucket=b Key=k"},
             Row{"POST", "/b/k?uploadId=u", {}, "CompleteMultipartUpload Bucket=b Key=k"},
             Row{"DELETE", "/b/k?uploadId=u", {}, "AbortMultipartUpload Bucket=b Key=k"},
             Row{"DELETE", "/b/k", {}, "DeleteObject Bucket=b Key=k"},
             Row{"POST", "/b?delete", {}, "DeleteObjects Bucket=b"},
             Row{"PATCH", "/b", {}, "nothing"},
         }) {
        EXPECT_EQ(routed(routes, row.method, row.target, row.headers), row.wanted) << row.method << ' ' << row.target;
    }
}

TEST(Routes, FollowLiteralsBeforeLabels) {
    const Routes routes(aws::lambda::service);
    EXPECT_EQ(routed(routes, "GET", "/2015-03-31/functions/"), "ListFunctions");
    EXPECT_EQ(routed(routes, "GET", "/2015-03-31/functions"), "ListFunctions");
    EXPECT_EQ(routed(routes, "POST", "/2015-03-31/functions/arn%3Aaws%3Alambda%3Ax/invocations"),
              "Invoke FunctionName=arn:aws:lambda:x");
    EXPECT_EQ(routed(routes, "POST", "/2015-03-31/nothing"), "nothing");
}

TEST(Streams, PassThroughTheDecoder) {
    EXPECT_TRUE(takes_stream(*aws::s3::service.find("PutObject")));
    EXPECT_FALSE(takes_stream(*aws::s3::service.find("CompleteMultipartUpload")));
    EXPECT_FALSE(takes_stream(*aws::lambda::service.find("Invoke")));
    http::Request request;
    request.set_target("/b/k");
    request.headers = {{"x-amz-meta-Owner", "me"}, {"Content-Type", "text/plain"}};
    request.stream = stream_of("content");
    const auto* stream = request.stream.get();
    aws::s3::PutObjectRequest input;
    Violations violations;
    decode(Protocol::rest_xml, aws::s3::service, *aws::s3::service.find("PutObject"), request,
           {{"Bucket", "b"}, {"Key", "k"}}, &input, violations);
    EXPECT_TRUE(violations.empty());
    EXPECT_EQ(input.Body.get(), stream);
    EXPECT_EQ(input.Metadata->at("owner"), "me");
    EXPECT_EQ(input.ContentType, "text/plain");
}

}  // namespace
}  // namespace cumulet::wire
