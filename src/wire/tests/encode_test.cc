#include <gtest/gtest.h>

#include "base/hash.h"
#include "base/json.h"
#include "contracts/dynamodb.h"
#include "contracts/event_stream.h"
#include "contracts/iam.h"
#include "contracts/lambda.h"
#include "contracts/s3.h"
#include "contracts/sqs.h"
#include "wire/pattern.h"
#include "wire/wire.h"

namespace cumulet::wire {
namespace {

using contracts::encode_event;
using contracts::Event;
using contracts::EventBlob;
using contracts::EventReader;
using contracts::make_event;
using contracts::Uuid;

TEST(Errors, OfJsonServicesNameTheirTypeAndTheOlderCode) {
    const aws::sqs::QueueDoesNotExist error("The specified queue does not exist.");
    const auto response = encode_error(Protocol::aws_json_1_0, &aws::sqs::service, error, "id-1");
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.headers.get("Content-Type"), "application/x-amz-json-1.0");
    EXPECT_EQ(response.headers.get("x-amzn-RequestId"), "id-1");
    EXPECT_EQ(response.headers.get("x-amzn-query-error"), "AWS.SimpleQueueService.NonExistentQueue;Sender");
    const auto body = parse_json(response.body).value().as_object();
    EXPECT_EQ(string_or(body, "__type"), "com.amazonaws.sqs#QueueDoesNotExist");
    EXPECT_EQ(string_or(body, "message"), "The specified queue does not exist.");
}

TEST(Errors, OfDynamoDbCarryTheirOwnNamespaces) {
    const auto type = [](const aws::Error& error) {
        const auto response = encode_error(Protocol::aws_json_1_0, &aws::dynamodb::service, error, "id");
        return std::string(string_or(parse_json(response.body).value().as_object(), "__type"));
    };
    EXPECT_EQ(type(aws::dynamodb::ResourceNotFoundException("gone")),
              "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException");
    EXPECT_EQ(type(aws::validation_error("bad")), "com.amazon.coral.validate#ValidationException");
    EXPECT_EQ(type(aws::Error("SerializationException", "bad")), "com.amazon.coral.service#SerializationException");
}

TEST(Errors, OfTheQueryProtocolAreXml) {
    const aws::sqs::QueueDoesNotExist error("<gone>");
    const auto response = encode_error(Protocol::aws_query, &aws::sqs::service, error, "id-1");
    EXPECT_EQ(response.headers.get("Content-Type"), "text/xml");
    EXPECT_EQ(response.body,
              "<?xml version=\"1.0\"?><ErrorResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error>"
              "<Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code><Message>&lt;gone&gt;</Message>"
              "</Error><RequestId>id-1</RequestId></ErrorResponse>");
}

TEST(Errors, OfS3AreItsOwnAndHaveNoBodyWhenNothingChanged) {
    const auto response =
        encode_error(Protocol::rest_xml, &aws::s3::service, aws::Error("NoSuchKey", "gone", 404), "ID");
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.headers.get("x-amz-request-id"), "ID");
    EXPECT_FALSE(response.headers.get("x-amz-id-2").empty());
    EXPECT_TRUE(response.body.contains("<Error><Code>NoSuchKey</Code><Message>gone</Message><RequestId>ID</RequestId>"))
        << response.body;
    EXPECT_EQ(encode_error(Protocol::rest_xml, &aws::s3::service, aws::Error("NotModified", "same", 304), "ID").body,
              "");
}

TEST(AwsJson, AnswersOfDynamoDBCarryTheirChecksum) {
    aws::dynamodb::PutItemOutput put;
    const auto answer =
        encode(Protocol::aws_json_1_0, aws::dynamodb::service, *aws::dynamodb::service.find("PutItem"), &put, "id");
    EXPECT_EQ(answer.body, "{}");
    EXPECT_EQ(answer.headers.get("x-amz-crc32"), "2745614147");  // python3 -c 'import zlib; print(zlib.crc32(b"{}"))'
    const auto error = encode_error(Protocol::aws_json_1_0, &aws::dynamodb::service, aws::validation_error("no"), "id");
    EXPECT_EQ(error.headers.get("x-amz-crc32"), std::to_string(crc32(error.body)));
    aws::sqs::GetQueueUrlResult url;
    EXPECT_EQ(encode(Protocol::aws_json_1_0, aws::sqs::service, *aws::sqs::service.find("GetQueueUrl"), &url, "id")
                  .headers.get("x-amz-crc32"),
              "");
}

TEST(AwsJson, AnswersOfDynamoDBWithoutMembersAreEmpty) {
    aws::dynamodb::TagResourceResponse output;
    EXPECT_EQ(encode(Protocol::aws_json_1_0, aws::dynamodb::service, *aws::dynamodb::service.find("TagResource"),
                     &output, "id")
                  .body,
              "");
}

TEST(Errors, OfRestJsonNameTheirTypeInAHeader) {
    const auto response = encode_error(Protocol::rest_json, &aws::lambda::service,
                                       aws::lambda::ResourceNotFoundException("Function not found"), "id");
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.headers.get("x-amzn-ErrorType"), "ResourceNotFoundException");
    EXPECT_TRUE(response.body.contains("Function not found"));
}

TEST(Query, WrapsResultsAndNamesTheRequest) {
    aws::sqs::GetQueueUrlResult output;
    output.QueueUrl = "http://h/q?a&b";
    const auto response =
        encode(Protocol::aws_query, aws::sqs::service, *aws::sqs::service.find("GetQueueUrl"), &output, "id-1");
    EXPECT_EQ(response.body,
              "<?xml version=\"1.0\"?><GetQueueUrlResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">"
              "<GetQueueUrlResult><QueueUrl>http://h/q?a&amp;b</QueueUrl></GetQueueUrlResult><ResponseMetadata>"
              "<RequestId>id-1</RequestId></ResponseMetadata></GetQueueUrlResponse>");
}

TEST(S3, NamesTheRootOfItsAnswers) {
    aws::s3::ListBucketsOutput buckets;
    const auto list =
        encode(Protocol::rest_xml, aws::s3::service, *aws::s3::service.find("ListBuckets"), &buckets, "i");
    EXPECT_TRUE(list.body.contains("<ListAllMyBucketsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""))
        << list.body;
    aws::s3::GetBucketLocationOutput location;
    location.LocationConstraint = "eu-west-1";
    const auto where =
        encode(Protocol::rest_xml, aws::s3::service, *aws::s3::service.find("GetBucketLocation"), &location, "i");
    EXPECT_TRUE(where.body.ends_with(">eu-west-1</LocationConstraint>")) << where.body;
}

TEST(S3, AnswersAPartOfAnObjectAsPartial) {
    aws::s3::GetObjectOutput output;
    const auto& operation = *aws::s3::service.find("GetObject");
    EXPECT_EQ(encode(Protocol::rest_xml, aws::s3::service, operation, &output, "i").status, 200);
    output.ContentRange = "bytes 0-3/10";
    EXPECT_EQ(encode(Protocol::rest_xml, aws::s3::service, operation, &output, "i").status, 206);
}

TEST(Headers, CannotBeSplitByAValue) {
    aws::s3::HeadObjectOutput output;
    output.ContentType = "text/plain\r\nSet-Cookie: x";
    const auto response =
        encode(Protocol::rest_xml, aws::s3::service, *aws::s3::service.find("HeadObject"), &output, "i");
    EXPECT_EQ(response.headers.get("Content-Type"), "text/plain");
}

TEST(EventStream, ReadsWhatItWritesInAnyPieces) {
    Event event = make_event("Records", "application/octet-stream", "payload");
    event.headers.push_back({"flag", true});
    event.headers.push_back({"count", int32_t{-7}});
    event.headers.push_back({"when", Time{std::chrono::milliseconds{1'600'000'000'123}}});
    event.headers.push_back({"bytes", EventBlob{std::string("\0\1", 2)}});
    event.headers.push_back({"id", Uuid{"0123456789abcdef"}});
    const std::string frame = encode_event(event);
    EventReader reader;
    for (size_t i = 0; i < frame.size(); ++i) {
        EXPECT_FALSE(reader.next());
        reader.feed({&frame[i], 1});
    }
    EXPECT_EQ(reader.next(), event);
    EXPECT_TRUE(reader.at_boundary());
    EXPECT_EQ(event.header(":event-type"), "Records");
}

TEST(EventStream, RefusesABitThatFlippedAndASizeThatLies) {
    const std::string frame = encode_event(make_event("a", "b", "payload"));
    for (size_t i = 0; i < frame.size(); ++i) {
        std::string broken = frame;
        broken[i] = char(broken[i] ^ 0x40);
        EventReader reader;
        reader.feed(broken);
        EXPECT_THROW(reader.next(), aws::Error) << i;
    }
}

TEST(EventStream, MatchesTheFrameOfTheSpecification) {
    // The smallest frame: no headers, no payload, and its two checksums.
    EXPECT_EQ(encode_event({}), std::string("\x00\x00\x00\x10\x00\x00\x00\x00\x05\xc2\x48\xeb\x7d\x98\xc8\xff", 16));
}

TEST(Pattern, MeansWhatJavaMeans) {
    struct Row {
        std::string_view pattern, text;
        bool matches;
    };
    for (const Row& row : {
             Row{"[a-z]+", "abc", true},
             Row{"[a-z]+", "abc1", false},
             Row{"^[a-z]+$", "abc", true},
             Row{"^arn:", "arn:aws", true},
             Row{"^(?!aws:).+", "aws:x", false},
             Row{"^(?!aws:).+", "x", true},
             Row{"(?=.*[a-z])[a-z0-9]{2,}", "12", false},
             Row{"[0-9A-Za-z\\.\\-_]*(?<!\\.)", "a.", false},
             Row{"[0-9A-Za-z\\.\\-_]*(?<!\\.)", "a.b", true},
             Row{"[a-z]{1,2048}", std::string_view("abc"), true},
             Row{"a++b", "aaab", true},
             Row{"\\++b", "++b", true},
             Row{"[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\t]*", "tab\t😀é", true},
             Row{"[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\t]*", "line\n", false},
             Row{"\\p{Print}+", "a b", true},
             Row{"[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+", "Größe 1", true},
             Row{"[a-zA-Z0-9-_]+", "a-b_c", true},
         }) {
        EXPECT_EQ(Pattern(row.pattern).matches(row.text), row.matches) << row.pattern << " on " << row.text;
        EXPECT_TRUE(Pattern(row.pattern).is_enforced()) << row.pattern;
    }
}

void collect_patterns(const Shape& shape, std::set<const Shape*>& seen, std::set<std::string_view>& patterns) {
    if (!seen.insert(&shape).second) return;
    if (!shape.pattern.empty()) patterns.insert(shape.pattern);
    for (const auto& member : shape.members) collect_patterns(*member.shape, seen, patterns);
    if (shape.element) collect_patterns(*shape.element, seen, patterns);
    if (shape.key) collect_patterns(*shape.key, seen, patterns);
}

TEST(Pattern, EveryContractsIsEnforcedOrNamedHere) {
    // Lookaheads inside a group: an alias is not all digits, a name has no two hyphens in a row, none begins "system.".
    constexpr std::string_view relaxed[] = {"(?!\\d+$)", "(?!^\\d+$)", "-(?!-)", "(?!(system\\x2e))"};
    for (const auto* service :
         {&aws::sqs::service, &aws::dynamodb::service, &aws::s3::service, &aws::lambda::service, &aws::iam::service}) {
        std::set<const Shape*> seen;
        std::set<std::string_view> patterns;
        for (const auto& operation : service->operations) collect_patterns(*operation.input, seen, patterns);
        for (const auto pattern : patterns) {
            const bool named = std::ranges::any_of(relaxed, [&](auto part) { return pattern.contains(part); });
            EXPECT_TRUE(named || Pattern(pattern).is_enforced()) << service->name << ' ' << pattern;
        }
    }
}

}  // namespace
}  // namespace cumulet::wire
