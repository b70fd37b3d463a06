#include "dispatch/door.h"

#include <gtest/gtest.h>

#include "auth/sigv4.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "contracts/s3.h"
#include "contracts/sqs.h"
#include "contracts/sts.h"
#include "runtime/byte_stream.h"
#include "runtime/unavailable.h"

namespace cumulet::dispatch {
namespace {

const Time start = *parse_iso8601("2026-11-23T00:55:00Z");
const std::string ann = "arn:aws:iam::111122223333:user/ann";

/// Two operations of SQS: one answers, one asks itself again.
struct FakeSqs : aws::sqs::Api {
    Door* door = nullptr;
    std::string body;
    std::string queue_url;
    std::string account, region, principal;
    std::function<void()> fail;
    std::string owner;  ///< account of the queue, the caller's where it is empty
    std::string policy;

    Task<aws::sqs::SendMessageResult> send_message(Call& call, aws::sqs::SendMessageRequest request) override {
        account = call.account;
        region = call.region;
        principal = call.principal.arn;
        body = request.MessageBody;
        queue_url = request.QueueUrl;
        if (fail) fail();
        co_return aws::sqs::SendMessageResult{.MD5OfMessageBody = md5_hex(request.MessageBody), .MessageId = "m-1"};
    }
    Task<aws::sqs::CreateQueueResult> create_queue(Call& call, aws::sqs::CreateQueueRequest request) override {
        aws::sqs::Client self(*door);
        co_return co_await self.create_queue(call, std::move(request));
    }
    std::string resource_of(const Call& call, const contracts::Operation&, const void*) const override {
        return owner.empty() ? call.arn("sqs", "jobs") : "arn:aws:sqs:eu-west-1:" + owner + ":jobs";
    }
    Task<std::string> resource_policy(Call&, std::string) override { co_return policy; }
};

struct FakeS3 : aws::s3::Api {
    std::string stored;
    std::string key;
    std::string algorithm;
    Task<aws::s3::PutObjectOutput> put_object(Call& call, aws::s3::PutObjectRequest request) override {
        key = request.Bucket + "/" + request.Key;
        algorithm = request.ChecksumAlgorithm.value_or("");
        stored = co_await read_all(std::move(request.Body), 1 << 20);
        co_return aws::s3::PutObjectOutput{.ETag = "\"e\""};
    }
};

struct FakeIdentities : contracts::IdentitySource {
    contracts::PrincipalPolicies policies;
    std::optional<Time> expires;
    Task<std::optional<contracts::Credentials>> find(std::string access_key_id) override {
        if (access_key_id != "AKIAANN0000000000001" && access_key_id != "ASIAANN0000000000001") co_return std::nullopt;
        contracts::Credentials credentials;
        credentials.secret_access_key = "anns secret";
        credentials.principal = {
            .kind = Principal::Kind::user, .account = "111122223333", .arn = ann, .user_id = "AIDAANN"};
        if (access_key_id.starts_with("ASIA")) {
            credentials.session_token = "token";
            credentials.expires = expires;
        }
        co_return credentials;
    }
    Task<contracts::PrincipalPolicies> policies_of(Principal) override { co_return policies; }
};

struct World {
    Clock clock{start};
    Reactor reactor{clock, Random(1)};
    FakeSqs sqs;
    FakeS3 s3;
    aws::sts::Api sts;
    FakeIdentities identities;
    Door door;

    explicit World(Settings settings = {}) : door(std::move(settings), clock, &identities) {
        sqs.door = &door;
        door.add(aws::sqs::service, sqs);
        door.add(aws::s3::service, s3);
        door.add(aws::sts::service, sts);
    }
    http::Response serve(http::Request request) { return reactor.block_on(door.serve(std::move(request))); }
};

http::Request request_of(std::string method, std::string target, http::Headers headers, std::string body = "") {
    http::Request request;
    request.method = std::move(method);
    request.set_target(std::move(target));
    request.headers = std::move(headers);
    if (!request.headers.has("host")) request.headers.add("Host", "localhost:4566");
    request.body = std::move(body);
    request.remote_address = "127.0.0.1";
    return request;
}

http::Request send_message(
    std::string body = R"({"QueueUrl":"http://localhost:4566/000000000000/jobs","MessageBody":"hello"})") {
    return request_of("POST", "/",
                      {{"Content-Type", "application/x-amz-json-1.0"}, {"X-Amz-Target", "AmazonSQS.SendMessage"}},
                      std::move(body));
}

http::Request signed_by(http::Request request, std::string key, std::string secret, Time now = start,
                        std::string service = "sqs", std::string region = "eu-west-1", std::string token = "") {
    auth::sign(request, {std::move(key), std::move(secret), std::move(token)}, region, service, now);
    return request;
}

json::object json_of(const http::Response& response) {
    auto value = parse_json(response.body);
    return value && value->is_object() ? value->get_object() : json::object{};
}
std::string type_of(const http::Response& response) {
    const auto object = json_of(response);
    const auto type = std::string(string_or(object, "__type"));
    return type.substr(type.rfind('#') + 1);
}

TEST(Door, AnswersACallInItsProtocol) {
    World world;
    const auto response = world.serve(send_message());
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.headers.get("content-type"), "application/x-amz-json-1.0");
    EXPECT_EQ(json_of(response)["MessageId"], "m-1");
    EXPECT_EQ(json_of(response)["MD5OfMessageBody"], "5d41402abc4b2a76b9719d911017c592");
    EXPECT_EQ(response.headers.get("x-amzn-requestid").size(), 36u);
    EXPECT_EQ(world.sqs.body, "hello");
}

TEST(Door, AnswersTheSameCallInTheLegacyQueryProtocol) {
    World world;
    const auto response =
        world.serve(request_of("POST", "/000000000000/jobs", {{"Content-Type", "application/x-www-form-urlencoded"}},
                               "Action=SendMessage&Version=2012-11-05&MessageBody=hello"));
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_NE(response.body.find("<MessageId>m-1</MessageId>"), std::string::npos) << response.body;
    EXPECT_EQ(world.sqs.queue_url, "http://localhost:4566/000000000000/jobs");
}

TEST(Door, TakesAccountAndRegionFromTheCredentials) {
    World world;
    world.serve(signed_by(send_message(), "123456789012", "any"));
    EXPECT_EQ(world.sqs.account, "123456789012");
    EXPECT_EQ(world.sqs.region, "eu-west-1");
    EXPECT_EQ(world.sqs.principal, "arn:aws:iam::123456789012:root");
    world.serve(signed_by(send_message(), "test", "test"));
    EXPECT_EQ(world.sqs.account, "000000000000");
    world.serve(signed_by(send_message(), "AKIAANN0000000000001", "wrong, but nobody checks"));
    EXPECT_EQ(world.sqs.principal, ann);
    EXPECT_EQ(world.sqs.account, "111122223333");
    world.serve(send_message());
    EXPECT_EQ(world.sqs.region, "us-east-1");
}

TEST(Door, RefusesWhatItCannotReadOrDoesNotKnow) {
    World world;
    const struct {
        const char* name;
        http::Request request;
        int status;
        const char* contains;
    } rows[] = {
        {"no JSON", send_message("{\"QueueUrl\":"), 400, "SerializationException"},
        {"not an object", send_message("[1]"), 400, "SerializationException"},
        {"unknown operation", request_of("POST", "/", {{"X-Amz-Target", "AmazonSQS.Fly"}}, "{}"), 501, "sqs.Fly"},
        {"unknown service", request_of("POST", "/", {{"X-Amz-Target", "AWSEvents.PutEvents"}}, "{}"), 501, "PutEvents"},
        {"operation not built",
         request_of("POST", "/", {{"X-Amz-Target", "AmazonSQS.PurgeQueue"}}, R"({"QueueUrl":"x"})"), 501,
         "sqs.PurgeQueue"},
        {"query, unknown",
         request_of("POST", "/", {{"Content-Type", "application/x-www-form-urlencoded"}}, "Action=Fly"), 501,
         "<Code>NotImplemented</Code>"},
        {"S3, not built", request_of("GET", "/bucket/key", {}), 501, "<Code>NotImplemented</Code>"},
    };
    for (const auto& row : rows) {
        const auto response = world.serve(row.request);
        EXPECT_EQ(response.status, row.status) << row.name << ": " << response.body;
        EXPECT_NE(response.body.find(row.contains), std::string::npos) << row.name << ": " << response.body;
    }
}

TEST(Door, ChecksTheContractsConstraints) {
    World world;
    const auto response = world.serve(send_message(R"({"MessageBody":"hello"})"));
    EXPECT_EQ(response.status, 400);
    EXPECT_TRUE(world.sqs.body.empty());
}

TEST(Door, TellsNothingOfWhatBrokeButLogsIt) {
    World world;
    world.sqs.fail = [] { throw std::runtime_error("the disk is on fire"); };
    auto response = world.serve(send_message());
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(type_of(response), "InternalFailure");
    EXPECT_EQ(response.body.find("fire"), std::string::npos);
    world.sqs.fail = [] { throw Unavailable("no quorum"); };
    EXPECT_EQ(world.serve(send_message()).status, 503);
}

struct SignatureRow {
    const char* name;
    http::Request request;
    int status;
    const char* code;
};

TEST(Signatures, AreCheckedWhereTheModeSaysSo) {
    World world({.signatures = SignatureMode::check});
    world.identities.expires = start + 1h;
    auto changed = signed_by(send_message(), "test", "test");
    changed.body[5] = 'X';
    auto expired = signed_by(send_message(), "test", "test", start - 16min);
    const SignatureRow rows[] = {
        {"good", signed_by(send_message(), "test", "test"), 200, ""},
        {"an account", signed_by(send_message(), "123456789012", "test"), 200, ""},
        {"an issued key", signed_by(send_message(), "AKIAANN0000000000001", "anns secret"), 200, ""},
        {"a session",
         signed_by(send_message(), "ASIAANN0000000000001", "anns secret", start, "sqs", "eu-west-1", "token"), 200, ""},
        {"unsigned", send_message(), 400, "MissingAuthenticationTokenException"},
        {"wrong secret", signed_by(send_message(), "AKIAANN0000000000001", "guess"), 400, "InvalidSignatureException"},
        {"unknown key", signed_by(send_message(), "AKIANOBODY0000000001", "x"), 400, "UnrecognizedClientException"},
        {"wrong token",
         signed_by(send_message(), "ASIAANN0000000000001", "anns secret", start, "sqs", "eu-west-1", "other"), 400,
         "UnrecognizedClientException"},
        {"changed body", changed, 400, "InvalidSignatureException"},
        {"too old", expired, 400, "InvalidSignatureException"},
        {"for another service", signed_by(send_message(), "test", "test", start, "sns"), 400,
         "InvalidSignatureException"},
    };
    for (const auto& row : rows) {
        const auto response = world.serve(row.request);
        EXPECT_EQ(response.status, row.status) << row.name << ": " << response.body;
        EXPECT_EQ(type_of(response), row.code) << row.name;
    }
}

TEST(Signatures, SessionsEndOnTheCloudsClock) {
    World world({.signatures = SignatureMode::check});
    world.identities.expires = start + 1h;
    world.reactor.block_on(world.clock.advance(1h));
    const auto late =
        signed_by(send_message(), "ASIAANN0000000000001", "anns secret", start + 1h, "sqs", "eu-west-1", "token");
    EXPECT_EQ(type_of(world.serve(late)), "ExpiredTokenException");
}

TEST(Signatures, PresignedUrlsExpireOnTheCloudsClock) {
    World world({.signatures = SignatureMode::check});
    auto url = request_of("PUT", "/bucket/key", {}, "body");
    auth::presign(url, {"test", "test", ""}, "us-east-1", "s3", start, 600);
    EXPECT_EQ(world.serve(url).status, 200);
    EXPECT_EQ(world.s3.stored, "body");
    world.reactor.block_on(world.clock.advance(11min));
    const auto late = world.serve(url);
    EXPECT_EQ(late.status, 403);
    EXPECT_NE(late.body.find("<Message>Request has expired</Message>"), std::string::npos) << late.body;
    EXPECT_NE(late.body.find("<X-Amz-Expires>600</X-Amz-Expires>"), std::string::npos) << late.body;
}

TEST(Signatures, CoverTheHostOfAVirtualHostRequest) {
    World world({.signatures = SignatureMode::check});
    const auto put = [](std::string host) {
        return signed_by(request_of("PUT", "/a%20b/c+d", {{"Host", std::move(host)}}, "body"), "test", "test", start,
                         "s3");
    };
    EXPECT_EQ(world.serve(put("bucket.s3.localhost.localstack.cloud:4566")).status, 200);
    EXPECT_EQ(world.s3.key, "bucket/a b/c+d");
    auto elsewhere = put("bucket.s3.localhost.localstack.cloud:4566");
    elsewhere.headers.set("host", "other.s3.localhost.localstack.cloud:4566");
    EXPECT_EQ(world.serve(elsewhere).status, 403);
}

TEST(Signatures, S3SaysWhatItSigned) {
    World world({.signatures = SignatureMode::check});
    auto request = request_of("PUT", "/bucket/key", {}, "body");
    const auto response = world.serve(signed_by(request, "test", "guess", start, "s3"));
    EXPECT_EQ(response.status, 403);
    for (const auto* part : {"<Code>SignatureDoesNotMatch</Code>", "<AWSAccessKeyId>test</AWSAccessKeyId>",
                             "<StringToSign>", "<CanonicalRequest>PUT\n/bucket/key"}) {
        EXPECT_NE(response.body.find(part), std::string::npos) << part << response.body;
    }
}

/// The aws-chunked form of `body` in chunks of `size`, signed after `request`.
std::string chunked(const http::Request& request, std::string_view secret, std::string_view body, size_t size) {
    const auto seed = *auth::read_signature(request, auth::Dialect::s3);
    auth::ChunkVerifier signer(auth::signing_key(secret, seed.scope), seed);
    std::string out;
    for (;;) {
        const auto chunk = body.substr(0, size);
        body.remove_prefix(chunk.size());
        signer.add(chunk);
        out += fmt::format("{:x};chunk-signature={}\r\n{}\r\n", chunk.size(), signer.next_signature(), chunk);
        if (chunk.empty()) return out;
    }
}

http::Request chunked_put(std::string_view body) {
    auto request = request_of(
        "PUT", "/bucket/key",
        {{"Content-Encoding", "aws-chunked"}, {"x-amz-decoded-content-length", std::to_string(body.size())}});
    auth::sign(request, {"test", "test", ""}, "us-east-1", "s3", start, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    return request;
}

TEST(StreamedBodies, AreDecodedAndTheirChunksVerified) {
    World world({.signatures = SignatureMode::check});
    auto good = chunked_put("hello world");
    EXPECT_TRUE(world.door.wants_stream(good));
    good.stream = stream_of(chunked(good, "test", "hello world", 4));
    EXPECT_EQ(world.serve(good).status, 200);
    EXPECT_EQ(world.s3.stored, "hello world");

    world.s3.stored.clear();
    auto tampered = chunked_put("hello world");
    auto bytes = chunked(tampered, "test", "hello world", 4);
    bytes[bytes.find("hell")] = 'j';
    tampered.stream = stream_of(bytes);
    const auto refused = world.serve(tampered);
    EXPECT_EQ(refused.status, 403);
    EXPECT_NE(refused.body.find("SignatureDoesNotMatch"), std::string::npos);
    EXPECT_EQ(world.s3.stored, "");

    auto cut = chunked_put("hello world");
    bytes = chunked(cut, "test", "hello world", 4);
    cut.stream = stream_of(bytes.substr(0, bytes.size() / 2));
    const auto incomplete = world.serve(cut);
    EXPECT_EQ(incomplete.status, 400);
    EXPECT_NE(incomplete.body.find("IncompleteBody"), std::string::npos) << incomplete.body;
}

TEST(StreamedBodies, AreComparedWithTheChecksumThatTrailsThem) {
    World world;
    const auto put = [&](std::string checksum) {
        auto request = request_of("PUT", "/bucket/key",
                                  {{"x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
                                   {"x-amz-trailer", "x-amz-checksum-crc32"},
                                   {"x-amz-decoded-content-length", "5"}});
        request.stream = stream_of("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:" + checksum + "\r\n\r\n");
        return world.serve(std::move(request));
    };
    const auto right = put(to_base64(big_endian(crc32("hello"))));
    EXPECT_EQ(right.status, 200) << right.body;
    EXPECT_EQ(world.s3.stored, "hello");
    EXPECT_EQ(world.s3.algorithm, "CRC32");
    const auto wrong = put("AAAAAA==");
    EXPECT_EQ(wrong.status, 400);
    EXPECT_NE(wrong.body.find("The CRC32 you specified did not match the calculated checksum."), std::string::npos)
        << wrong.body;
}

TEST(StreamedBodies, AreComparedWithTheDigestThatWasSigned) {
    World world({.signatures = SignatureMode::check});
    auto request = request_of("PUT", "/bucket/key", {}, "hello");
    request = signed_by(request, "test", "test", start, "s3");
    request.stream = stream_of("hellO");
    request.body.clear();
    const auto response = world.serve(request);
    EXPECT_EQ(response.status, 400);
    EXPECT_NE(response.body.find("XAmzContentSHA256Mismatch"), std::string::npos) << response.body;
}

constexpr auto allow_send =
    R"({"Version":"2012-10-17","Statement":[{"Sid":"Send","Effect":"Allow","Action":"sqs:SendMessage","Resource":"arn:aws:sqs:*:111122223333:jobs"}]})";
constexpr auto deny_by_address =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}}]})";

TEST(Authorisation, AsksTheCallersPolicies) {
    const auto call = [] { return signed_by(send_message(), "AKIAANN0000000000001", "anns secret"); };
    World world({.authorisation = AuthorisationMode::enforce});
    auto refused = world.serve(call());
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(type_of(refused), "AccessDeniedException");
    EXPECT_EQ(refused.headers.get("x-amzn-query-error"), "AccessDenied;Sender");
    const auto body = json_of(refused);
    EXPECT_EQ(
        string_or(body, "message", string_or(body, "Message")),
        "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: sqs:sendmessage on resource: "
        "arn:aws:sqs:eu-west-1:111122223333:jobs because no identity-based policy allows the sqs:sendmessage action");
    EXPECT_EQ(refused.headers.get("x-cumulet-decision"),
              "denied because no identity-based policy allows the sqs:SendMessage action");

    world.identities.policies.identity = {allow_send};
    auto allowed = world.serve(call());
    EXPECT_EQ(allowed.status, 200);
    EXPECT_EQ(allowed.headers.get("x-cumulet-decision"), "allowed by identity-policy-1/Send");

    world.identities.policies.identity = {allow_send, deny_by_address};
    EXPECT_EQ(world.serve(call()).headers.get("x-cumulet-decision"), "denied by identity-policy-2/#2");

    world.identities.policies.identity = {};
    world.sqs.policy =
        R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/ann"},"Action":"sqs:*","Resource":"*"}]})";
    EXPECT_EQ(world.serve(call()).headers.get("x-cumulet-decision"), "allowed by resource-policy/#1");
}

TEST(Authorisation, OnlySaysSoInModeLogAndLetsRootPass) {
    World logs({.authorisation = AuthorisationMode::log});
    const auto response = logs.serve(signed_by(send_message(), "AKIAANN0000000000001", "x"));
    EXPECT_EQ(response.status, 200);
    EXPECT_TRUE(response.headers.get("x-cumulet-decision").starts_with("denied"));
    World enforces({.authorisation = AuthorisationMode::enforce});
    EXPECT_EQ(enforces.serve(signed_by(send_message(), "123456789012", "x")).status, 200);
    EXPECT_EQ(enforces.serve(send_message()).status, 403) << "an anonymous caller has no policy";
}

TEST(Authorisation, LetsAnAccountsOwnerIntoAnotherAccountOnlyWhereItsPolicySaysSo) {
    World world({.authorisation = AuthorisationMode::enforce});
    const auto call = [] { return signed_by(send_message(), "222233334444", "x"); };
    world.sqs.owner = "111122223333";
    EXPECT_EQ(world.serve(call()).status, 403);
    world.sqs.policy =
        R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"222233334444"},"Action":"sqs:*","Resource":"*"}]})";
    EXPECT_EQ(world.serve(call()).status, 200);
}

TEST(Authorisation, LetsAServiceInWhereTheResourcesPolicyNamesItsSource) {
    World world({.authorisation = AuthorisationMode::enforce});
    aws::sqs::Client client(world.door);
    auto call = service_call(world.reactor, "sns.amazonaws.com", "111122223333", "eu-west-1");
    const auto error_of_sending = [&] {
        try {
            world.reactor.block_on(client.send_message(call, {.QueueUrl = "q", .MessageBody = "hi"}));
            return std::string();
        } catch (const aws::Error& error) {
            return error.code;
        }
    };
    EXPECT_EQ(error_of_sending(), "") << "what a service does for itself needs no permission";

    call.source_arn = "arn:aws:sns:eu-west-1:111122223333:orders";
    EXPECT_EQ(error_of_sending(), "AccessDeniedException");
    world.sqs.policy =
        R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*","Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:eu-west-1:111122223333:orders"}}}]})";
    EXPECT_EQ(error_of_sending(), "");
    call.source_arn = "arn:aws:sns:eu-west-1:111122223333:others";
    EXPECT_EQ(error_of_sending(), "AccessDeniedException");
    call.source_arn = "arn:aws:sns:eu-west-1:111122223333:orders";
    call.principal.service = "events.amazonaws.com";
    EXPECT_EQ(error_of_sending(), "AccessDeniedException");
    call.principal.service = "sns.amazonaws.com";
    call.principal.account = "444455556666";
    EXPECT_EQ(error_of_sending(), "") << "the policy's word is enough for a service of another account";
}

TEST(Neighbours, TakeTheSameStepsAndCannotCallEachOtherForEver) {
    World world;
    Call call(world.reactor, "r");
    aws::sqs::Client client(world.door);
    const auto sent = world.reactor.block_on(client.send_message(call, {.QueueUrl = "q", .MessageBody = "hi"}));
    EXPECT_EQ(sent.MessageId, "m-1");
    try {
        world.reactor.block_on(client.create_queue(call, {.QueueName = "q"}));
        ADD_FAILURE() << "endless calls were not stopped";
    } catch (const aws::Error& error) {
        EXPECT_EQ(error.code, "TooManyNestedCalls");
    }
    struct Count : RecordSink {
        size_t records = 0;
        int deepest = 0;
        void take(std::span<const Record> taken, uint64_t) override {
            records += taken.size();
            for (const auto& record : taken) deepest = std::max(deepest, record.depth);
        }
    } count;
    world.door.take_records(count);
    EXPECT_EQ(count.records, 17u);
    EXPECT_EQ(count.deepest, 16);
}

TEST(Records, KeepTheNewestAndCountTheLost) {
    World world({.records_per_reactor = 2});
    for (const auto* body : {"a", "b", "c"}) {
        world.serve(send_message(fmt::format(R"({{"QueueUrl":"q","MessageBody":"{}"}})", body)));
    }
    struct Keep : RecordSink {
        std::vector<Record> records;
        uint64_t lost = 0;
        void take(std::span<const Record> taken, uint64_t gone) override {
            records.assign(taken.begin(), taken.end());
            lost = gone;
        }
    } keep;
    world.door.take_records(keep);
    ASSERT_EQ(keep.records.size(), 2u);
    EXPECT_EQ(keep.lost, 1u);
    EXPECT_EQ(keep.records[0].operation, "SendMessage");
    EXPECT_EQ(keep.records[0].status, 200);
    EXPECT_EQ(keep.records[0].at, start);
}

TEST(Faults, FailDelayAndThrottleChosenCalls) {
    World world;
    const auto set = [&](std::string rules) {
        return world.serve(request_of("PUT", "/_cumulet/faults", {}, std::move(rules)));
    };
    EXPECT_EQ(
        set(R"([{"service":"sqs","operation":"SendMessage","error":{"code":"RequestThrottled","message":"Slow","status":400}}])")
            .status,
        200);
    EXPECT_EQ(type_of(world.serve(send_message())), "RequestThrottled");
    EXPECT_EQ(set(R"([{"service":"dynamodb","error":{"code":"X"}}])").status, 200);
    EXPECT_EQ(world.serve(send_message()).status, 200);
    EXPECT_EQ(set(R"([{"service":"sqs","callsPerSecond":1}])").status, 200);
    EXPECT_EQ(world.serve(send_message()).status, 200);
    EXPECT_EQ(type_of(world.serve(send_message())), "ThrottlingException");
    world.reactor.block_on(world.clock.advance(1s));
    EXPECT_EQ(world.serve(send_message()).status, 200);
    EXPECT_EQ(set(R"([{"probability":2,"error":{"code":"X"}}])").status, 400);
    EXPECT_EQ(world.serve(request_of("DELETE", "/_cumulet/faults", {})).body, "[]\n");
    EXPECT_EQ(world.serve(send_message()).status, 200);
}

TEST(Endpoints, KeepTheClocksSettingBeforeTheyMoveIt) {
    World world;
    std::vector<Time> kept;
    world.door.set_clock_keeper([&](Clock::Setting setting) -> Task<void> {
        EXPECT_LT(world.clock.now(), setting.cloud);
        kept.push_back(setting.cloud);
        co_return;
    });
    world.serve(request_of("POST", "/_cumulet/clock", {}, R"({"advance":"PT1H"})"));
    EXPECT_EQ(world.serve(request_of("POST", "/_cumulet/clock", {}, R"({"advance":"nonsense"})")).status, 400);
    EXPECT_EQ(kept, std::vector{start + 1h});
    EXPECT_EQ(world.clock.now(), start + 1h);
}

TEST(Endpoints, TellHealthClockStatusAndMetrics) {
    World world;
    world.door.set_ready(true);
    world.door.add_metrics([](std::string& out) { out += "cumulet_store_commits_total 7\n"; });
    auto health = json_of(world.serve(request_of("GET", "/_localstack/health", {})));
    EXPECT_EQ(health["services"].at("sqs"), "running");
    EXPECT_EQ(world.serve(request_of("HEAD", "/_localstack/health", {})).status, 200);
    EXPECT_EQ(world.serve(request_of("GET", "/health", {})).status, 200);
    EXPECT_EQ(json_of(world.serve(request_of("GET", "/_localstack/init/ready", {})))["completed"], true);
    EXPECT_EQ(json_of(world.serve(request_of("GET", "/_cumulet/status", {})))["ready"], true);
    EXPECT_EQ(world.serve(request_of("POST", "/_localstack/state/reset", {})).status, 501);
    EXPECT_EQ(world.serve(request_of("GET", "/_cumulet/nothing", {})).status, 404);

    auto clock = json_of(world.serve(request_of("POST", "/_cumulet/clock", {}, R"({"advance":"PT1H"})")));
    EXPECT_EQ(clock["now"], "2026-11-23T01:55:00.000Z");
    clock = json_of(world.serve(request_of("POST", "/_cumulet/clock", {}, R"({"set":"2026-12-01T00:00:00Z"})")));
    EXPECT_EQ(clock["now"], "2026-12-01T00:00:00.000Z");
    for (const auto* wrong :
         {"", "[]", "{}", R"({"advance":"soon"})", R"({"set":"2020-01-01T00:00:00Z"})", R"({"factor":-1})"}) {
        EXPECT_EQ(world.serve(request_of("POST", "/_cumulet/clock", {}, wrong)).status, 400) << wrong;
    }

    world.serve(send_message());
    world.serve(send_message("{"));
    const auto metrics = world.serve(request_of("GET", "/metrics", {})).body;
    for (const auto* line : {"cumulet_calls_total{service=\"sqs\",operation=\"SendMessage\"} 2\n",
                             "cumulet_errors_total{service=\"sqs\",operation=\"SendMessage\",fault=\"client\"} 1\n",
                             "cumulet_call_duration_seconds_count{service=\"sqs\",operation=\"SendMessage\"} 2\n",
                             "cumulet_store_commits_total 7\n"}) {
        EXPECT_NE(metrics.find(line), std::string::npos) << line << metrics;
    }
}

struct Echo : contracts::Surface {
    std::string region;
    Task<http::Response> serve(Call& call, http::Request request) override {
        region = call.region;
        if (request.path == "/broken") throw std::runtime_error("secret");
        http::Response response;
        response.status = 418;
        response.body = call.host + request.path;
        co_return response;
    }
};

TEST(Surfaces, GetRequestsThatAreNoOperation) {
    World world;
    Echo echo;
    world.door.add_host_surface("execute-api", echo);
    const http::Headers host{{"Host", "abc.execute-api.eu-west-1.localhost.localstack.cloud:4566"}};
    const auto response = world.serve(request_of("GET", "/orders/7", host));
    EXPECT_EQ(response.status, 418);
    EXPECT_EQ(response.body, "abc.execute-api.eu-west-1.localhost.localstack.cloud:4566/orders/7");
    EXPECT_EQ(echo.region, "eu-west-1");
    const auto broken = world.serve(request_of("GET", "/broken", host));
    EXPECT_EQ(broken.status, 500);
    EXPECT_EQ(broken.body.find("secret"), std::string::npos);
}

TEST(Surfaces, AnswerBrowsersThemselves) {
    World world;
    Echo echo;
    world.door.add_host_surface("execute-api", echo);
    const auto response = world.serve(request_of("OPTIONS", "/orders/7",
                                                 {{"Host", "abc.execute-api.localhost.localstack.cloud:4566"},
                                                  {"Origin", "http://localhost:3000"},
                                                  {"Access-Control-Request-Method", "POST"}}));
    EXPECT_EQ(response.status, 418);
    EXPECT_FALSE(response.headers.has("access-control-allow-origin"));
}

TEST(Cors, LetsBrowsersCall) {
    World world;
    const auto preflight = world.serve(request_of("OPTIONS", "/",
                                                  {{"Origin", "http://localhost:3000"},
                                                   {"Access-Control-Request-Method", "POST"},
                                                   {"Access-Control-Request-Headers", "x-amz-target"}}));
    EXPECT_EQ(preflight.status, 204);
    EXPECT_EQ(preflight.headers.get("access-control-allow-origin"), "http://localhost:3000");
    EXPECT_EQ(preflight.headers.get("access-control-allow-headers"), "x-amz-target");
    auto call = send_message();
    call.headers.add("Origin", "http://localhost:3000");
    EXPECT_EQ(world.serve(call).headers.get("access-control-allow-origin"), "http://localhost:3000");
    EXPECT_FALSE(world.serve(send_message()).headers.has("access-control-allow-origin"));
}

}  // namespace
}  // namespace cumulet::dispatch
