#include "auth/sigv4.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/bytes.h"
#include "contracts/error.h"

namespace cumulet::auth {
namespace {

constexpr std::string_view secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const SigningCredentials example{"AKIDEXAMPLE", std::string(secret), ""};
const Time signed_at = *parse_basic("20150830T123600Z");

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// A request as the vectors write it: spaces in the target, folded fields, line feeds alone.
http::Request parse_request(std::string text) {
    http::Request request;
    const auto take_line = [&] {
        const auto end = text.find('\n');
        auto line = text.substr(0, end);
        text.erase(0, end == std::string::npos ? text.size() : end + 1);
        return line;
    };
    const auto first = take_line();
    const auto space = first.find(' ');
    const auto last = first.rfind(" HTTP/");
    request.method = first.substr(0, space);
    request.set_target(first.substr(space + 1, last - space - 1));
    std::vector<http::Header> fields;
    while (!text.empty()) {
        const auto line = take_line();
        if (line.empty()) break;
        if (line.front() == ' ') {
            fields.back().value += "\n" + line;
            continue;
        }
        const auto colon = line.find(':');
        const auto value = line.find_first_not_of(' ', colon + 1);
        fields.push_back({line.substr(0, colon), value == std::string::npos ? "" : line.substr(value)});
    }
    for (auto& field : fields) request.headers.add(field.name, field.value);
    request.body = text;
    return request;
}

std::vector<std::filesystem::path> vector_cases() {
    std::vector<std::filesystem::path> cases;
    const std::filesystem::path root = std::filesystem::path(CUMULET_VECTORS) / "sigv4";
    if (!std::filesystem::exists(root)) return cases;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
        if (entry.path().extension() == ".req") cases.push_back(entry.path().parent_path() / entry.path().stem());
    }
    std::ranges::sort(cases);
    return cases;
}

std::string with(const std::filesystem::path& stem, const char* extension) {
    auto path = stem;
    path += extension;
    return read_file(path);
}

std::string code_of(const std::function<void()>& act) {
    try {
        act();
    } catch (const aws::Error& error) {
        return error.code;
    }
    return "";
}

std::string message_of(const std::function<void()>& act) {
    try {
        act();
    } catch (const aws::Error& error) {
        return error.message;
    }
    return "";
}

TEST(SigV4Vectors, EveryCaseOfTheSuiteIsVerifiedAndSigned) {
    const auto cases = vector_cases();
    if (cases.empty()) GTEST_SKIP() << "no vectors at " << CUMULET_VECTORS;
    for (const auto& stem : cases) {
        SCOPED_TRACE(stem.filename().string());
        auto request = parse_request(with(stem, ".sreq"));
        request.headers.set("authorization", with(stem, ".authz"));  // one .sreq carries another case's signature
        const auto signature = read_signature(request, Dialect::json);
        ASSERT_TRUE(signature);
        const auto canonical = canonical_request(request, signature->signed_headers, sha256_hex(request.body), {});
        EXPECT_EQ(canonical, with(stem, ".creq"));
        EXPECT_EQ(string_to_sign(signature->amz_date, signature->scope, canonical), with(stem, ".sts"));

        SigningKeys keys;
        EXPECT_NO_THROW(verify(request, *signature, secret, "service", signed_at, Dialect::json, keys));
        EXPECT_EQ(
            code_of([&] { verify(request, *signature, "another secret", "service", signed_at, Dialect::json, keys); }),
            "InvalidSignatureException");

        auto plain = parse_request(with(stem, ".req"));
        if (!request.headers.has("x-amz-security-token")) {
            sign(plain, example, "us-east-1", "service", signed_at);
            EXPECT_EQ(plain.headers.get("authorization"), with(stem, ".authz"));
        }
    }
    std::printf("[  VECTORS ] %zu cases of the Signature Version 4 test suite\n", cases.size());
    EXPECT_GE(cases.size(), 30u);
}

http::Request simple_request(std::string method = "POST", std::string target = "/", std::string body = "{}") {
    http::Request request;
    request.method = std::move(method);
    request.set_target(std::move(target));
    request.headers.add("Host", "sqs.us-east-1.amazonaws.com");
    request.body = std::move(body);
    return request;
}

void check(const http::Request& request, Time now, Dialect dialect, std::string_view service) {
    SigningKeys keys;
    const auto signature = read_signature(request, dialect);
    if (!signature) throw_missing_authentication(dialect);
    verify(request, *signature, secret, service, now, dialect, keys);
}

TEST(SigV4, AcceptsWhatItsOwnSignerMade) {
    for (const auto* service : {"sqs", "s3", "execute-api"}) {
        SCOPED_TRACE(service);
        auto request = simple_request("PUT", "/a%20b/..//c?list-type=2&prefix=x%2Fy", "body");
        sign(request, example, "eu-west-1", service, signed_at);
        const auto dialect = service == std::string_view("s3") ? Dialect::s3 : Dialect::json;
        EXPECT_NO_THROW(check(request, signed_at, dialect, service));
    }
}

TEST(SigV4, EncodesS3PathsOnceAndOthersTwice) {
    const auto request = simple_request("GET", "/a%20b//c", "");
    EXPECT_TRUE(canonical_request(request, "host", "x", path_style("s3")).starts_with("GET\n/a%20b//c\n"));
    EXPECT_TRUE(canonical_request(request, "host", "x", path_style("lambda")).starts_with("GET\n/a%2520b/c\n"));
}

TEST(SigV4, RefusesAChangedRequest) {
    struct Row {
        const char* name;
        std::function<void(http::Request&)> change;
    };
    const Row rows[] = {
        {"body", [](auto& r) { r.body = "[]"; }},
        {"method", [](auto& r) { r.method = "PUT"; }},
        {"path", [](auto& r) { r.set_target("/other"); }},
        {"query", [](auto& r) { r.set_target("/?a=1"); }},
        {"host", [](auto& r) { r.headers.set("host", "elsewhere"); }},
        {"signed header", [](auto& r) { r.headers.set("x-amz-target", "AmazonSQS.DeleteQueue"); }},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.name);
        auto request = simple_request();
        request.headers.add("X-Amz-Target", "AmazonSQS.SendMessage");
        sign(request, example, "us-east-1", "sqs", signed_at);
        row.change(request);
        EXPECT_EQ(code_of([&] { check(request, signed_at, Dialect::json, "sqs"); }), "InvalidSignatureException");
        EXPECT_EQ(code_of([&] { check(request, signed_at, Dialect::query, "sqs"); }), "SignatureDoesNotMatch");
    }
}

TEST(SigV4, KeepsTo15MinutesOfTheCloudsClock) {
    auto request = simple_request();
    sign(request, example, "us-east-1", "sqs", signed_at);
    EXPECT_NO_THROW(check(request, signed_at + 15min, Dialect::json, "sqs"));
    EXPECT_NO_THROW(check(request, signed_at - 15min, Dialect::json, "sqs"));
    EXPECT_EQ(message_of([&] { check(request, signed_at + 16min, Dialect::json, "sqs"); }),
              "Signature expired: 20150830T123600Z is now earlier than 20150830T123700Z (20150830T125200Z - 15 min.)");
    EXPECT_EQ(message_of([&] { check(request, signed_at - 16min, Dialect::json, "sqs"); }),
              "Signature not yet current: 20150830T123600Z is still later than 20150830T123500Z (20150830T122000Z + 15 "
              "min.)");
    EXPECT_EQ(code_of([&] { check(request, signed_at + 16min, Dialect::ec2, "sqs"); }), "RequestExpired");
    auto object = simple_request("PUT", "/bucket/key", "body");
    sign(object, example, "us-east-1", "s3", signed_at);
    EXPECT_EQ(code_of([&] { check(object, signed_at + 16min, Dialect::s3, "s3"); }), "RequestTimeTooSkewed");
}

TEST(SigV4, PresignedUrlsLiveAsLongAsTheySay) {
    auto request = simple_request("GET", "/bucket/key?versionId=7", "");
    presign(request, example, "us-east-1", "s3", signed_at, 3600);
    EXPECT_NO_THROW(check(request, signed_at + 1h, Dialect::s3, "s3"));
    EXPECT_EQ(message_of([&] { check(request, signed_at + 1h + 1s, Dialect::s3, "s3"); }), "Request has expired");
    EXPECT_EQ(code_of([&] { check(request, signed_at + 1h + 1s, Dialect::s3, "s3"); }), "AccessDenied");
    EXPECT_EQ(message_of([&] { check(request, signed_at - 16min, Dialect::s3, "s3"); }), "Request is not valid yet");
    const auto claim = read_claim(request);
    EXPECT_EQ(claim.access_key_id, "AKIDEXAMPLE");
    EXPECT_EQ(claim.service, "s3");
}

TEST(SigV4, PresignedUrlsAreComplete) {
    struct Row {
        const char* from;
        const char* to;
        const char* message;
    };
    const Row rows[] = {
        {"X-Amz-Expires=60", "X-Amz-Expires=x", "X-Amz-Expires should be a number"},
        {"X-Amz-Expires=60", "X-Amz-Expires=-1", "X-Amz-Expires must be non-negative"},
        {"X-Amz-Expires=60", "X-Amz-Expires=604801",
         "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than "
         "604800 "
         "seconds"},
        {"X-Amz-Date=", "X-Amz-Day=",
         "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
         "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."},
        {"AKIDEXAMPLE%2F", "",
         "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "
         "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\"."},
    };
    for (const auto& row : rows) {
        auto request = simple_request("GET", "/bucket/key", "");
        presign(request, example, "us-east-1", "s3", signed_at, 60);
        auto target = request.target;
        target.replace(target.find(row.from), std::strlen(row.from), row.to);
        request.set_target(target);
        EXPECT_EQ(message_of([&] { check(request, signed_at, Dialect::s3, "s3"); }), row.message);
        EXPECT_EQ(code_of([&] { check(request, signed_at, Dialect::s3, "s3"); }), "AuthorizationQueryParametersError");
    }
}

TEST(SigV4, MalformedHeadersAreNamedPartByPart) {
    struct Row {
        const char* authorization;
        Dialect dialect;
        const char* code;
    };
    const Row rows[] = {
        {"AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/sqs/aws4_request", Dialect::json,
         "IncompleteSignatureException"},
        {"AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/sqs/aws4_request", Dialect::query, "IncompleteSignature"},
        {"AWS4-HMAC-SHA256 ", Dialect::s3, "AuthorizationHeaderMalformed"},
        {"AWS4-HMAC-SHA256 Credential=A, SignedHeaders=host, Signature=0", Dialect::s3, "AuthorizationHeaderMalformed"},
        {"AWS4-HMAC-SHA256 Credential=A/1/2, SignedHeaders=host, Signature=0", Dialect::query, "IncompleteSignature"},
        {"AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/sqs/aws5, SignedHeaders=host, Signature=0", Dialect::query,
         "SignatureDoesNotMatch"},
        {"AWS4-ECDSA-P256-SHA256 Credential=A/20150830/sqs/aws4_request, SignedHeaders=host, Signature=0",
         Dialect::json, "NotImplemented"},
        {"AWS AKID:sig", Dialect::s3, "InvalidRequest"},
        {"Basic Zm9vOmJhcg==", Dialect::s3, "InvalidArgument"},
        {"Basic Zm9vOmJhcg==", Dialect::query, "IncompleteSignature"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.authorization);
        auto request = simple_request();
        request.headers.add("Authorization", row.authorization);
        request.headers.add("X-Amz-Date", "20150830T123600Z");
        EXPECT_EQ(code_of([&] { check(request, signed_at, row.dialect, "sqs"); }), row.code);
    }
    EXPECT_EQ(code_of([&] { check(simple_request(), signed_at, Dialect::query, "sqs"); }),
              "MissingAuthenticationToken");
}

TEST(SigV4, S3WantsEveryAmazonHeaderSigned) {
    auto request = simple_request("PUT", "/bucket/key", "body");
    sign(request, example, "us-east-1", "s3", signed_at);
    request.headers.add("x-amz-acl", "public-read");
    EXPECT_EQ(message_of([&] { check(request, signed_at, Dialect::s3, "s3"); }),
              "There were headers present in the request which were not signed");
}

TEST(SigV4, S3ComparesTheDigestOfTheBody) {
    auto request = simple_request("PUT", "/bucket/key", "body");
    sign(request, example, "us-east-1", "s3", signed_at);
    request.body = "bodY";
    EXPECT_EQ(code_of([&] { check(request, signed_at, Dialect::s3, "s3"); }), "XAmzContentSHA256Mismatch");
}

TEST(SigV4, AScopeForAnotherServiceIsRefused) {
    auto request = simple_request();
    sign(request, example, "us-east-1", "sns", signed_at);
    EXPECT_EQ(message_of([&] { check(request, signed_at, Dialect::json, "sqs"); }),
              "Credential should be scoped to correct service: 'sqs'.");
}

TEST(ChunkSignatures, FollowAwsOwnExample) {
    // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
    const Signature seed{.scope = {"20130524", "us-east-1", "s3"},
                         .signature = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
                         .amz_date = "20130524T000000Z"};
    const auto key = signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", seed.scope);
    ChunkVerifier verifier(key, seed);
    verifier.add(std::string(65536, 'a'));
    EXPECT_TRUE(verifier.finish_chunk("ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"));
    verifier.add(std::string(1000, 'a'));
    verifier.add(std::string(24, 'a'));
    EXPECT_TRUE(verifier.finish_chunk("0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"));
    EXPECT_TRUE(verifier.finish_chunk("b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"));

    ChunkVerifier tampered(key, seed);
    tampered.add(std::string(65536, 'b'));
    EXPECT_FALSE(tampered.finish_chunk("ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"));
}

TEST(ChunkSignatures, CoverTheTrailers) {
    // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
    const Signature seed{.scope = {"20130524", "us-east-1", "s3"},
                         .signature = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
                         .amz_date = "20130524T000000Z"};
    const auto key = signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", seed.scope);
    ChunkVerifier verifier(key, seed);
    verifier.add(std::string(65536, 'a'));
    EXPECT_TRUE(verifier.finish_chunk("b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"));
    verifier.add(std::string(1024, 'a'));
    EXPECT_TRUE(verifier.finish_chunk("1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"));
    EXPECT_TRUE(verifier.finish_chunk("2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"));
    EXPECT_TRUE(verifier.finish_trailers("d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435",
                                         "x-amz-checksum-crc32c:sOO8/Q==\n"));
    EXPECT_FALSE(verifier.finish_trailers("d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435",
                                          "x-amz-checksum-crc32c:AAAAAA==\n"));
}

}  // namespace
}  // namespace cumulet::auth
