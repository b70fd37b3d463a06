#include <gtest/gtest.h>

#include "dispatch/tests/support/world.h"

namespace cumulet::dispatch {
namespace {

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

}  // namespace
}  // namespace cumulet::dispatch
