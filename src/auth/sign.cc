// Making signatures: of requests, and of the chunks of an aws-chunked body.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html

#include <algorithm>

#include "auth/sigv4.h"
#include "base/bytes.h"

namespace cumulet::auth {
namespace {

constexpr std::string_view empty_digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Every header but those that others may change on the way.
std::string headers_to_sign(const http::Headers& headers) {
    std::vector<std::string> names;
    for (const auto& header : headers) {
        auto name = to_lower(header.name);
        if (name == "authorization" || name == "user-agent" || name == "expect" || name == "connection" ||
            name == "transfer-encoding" || name == "x-amzn-trace-id") {
            continue;
        }
        names.push_back(std::move(name));
    }
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    return fmt::format("{}", fmt::join(names, ";"));
}

}  // namespace

ChunkVerifier::ChunkVerifier(std::string signing_key, const Signature& seed)
    : key_(std::move(signing_key)),
      amz_date_(seed.amz_date),
      scope_(seed.scope.text()),
      previous_(seed.signature),
      chunk_(Hasher::Algorithm::sha256) {}

void ChunkVerifier::add(std::string_view bytes) { chunk_.add(bytes); }

std::string ChunkVerifier::next_signature() {
    const auto digest = to_hex(chunk_.finish());
    chunk_ = Hasher(Hasher::Algorithm::sha256);
    previous_ = sign_text(key_, fmt::format("AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}\n{}\n{}\n{}", amz_date_, scope_,
                                            previous_, empty_digest, digest));
    return previous_;
}

bool ChunkVerifier::finish_chunk(std::string_view signature) {
    return equal_in_constant_time(next_signature(), signature);
}

bool ChunkVerifier::finish_trailers(std::string_view signature, std::string_view canonical_trailers) {
    const auto expected = sign_text(key_, fmt::format("AWS4-HMAC-SHA256-TRAILER\n{}\n{}\n{}\n{}", amz_date_, scope_,
                                                      previous_, sha256_hex(canonical_trailers)));
    return equal_in_constant_time(expected, signature);
}

void sign(http::Request& request, const SigningCredentials& credentials, std::string_view region,
          std::string_view service, Time now, std::string_view content_sha256) {
    const auto amz_date = format_basic(now);
    const Scope scope{amz_date.substr(0, 8), std::string(region), std::string(service)};
    request.headers.erase("authorization");
    request.headers.set("x-amz-date", amz_date);
    if (!credentials.session_token.empty()) request.headers.set("x-amz-security-token", credentials.session_token);
    const std::string digest = content_sha256.empty() ? sha256_hex(request.body) : std::string(content_sha256);
    if (service.starts_with("s3") || !content_sha256.empty()) request.headers.set("x-amz-content-sha256", digest);
    const auto signed_headers = headers_to_sign(request.headers);
    const auto canonical = canonical_request(request, signed_headers, digest, path_style(service));
    const auto signature =
        sign_text(signing_key(credentials.secret_access_key, scope), string_to_sign(amz_date, scope, canonical));
    request.headers.add("Authorization",
                        fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}",
                                    credentials.access_key_id, scope.text(), signed_headers, signature));
}

void presign(http::Request& request, const SigningCredentials& credentials, std::string_view region,
             std::string_view service, Time now, int64_t expires_seconds) {
    const auto amz_date = format_basic(now);
    const Scope scope{amz_date.substr(0, 8), std::string(region), std::string(service)};
    const auto signed_headers = headers_to_sign(request.headers);
    auto query = request.query;
    if (!query.empty()) query += '&';
    query += fmt::format("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Date={}&X-Amz-Expires={}",
                         percent_encode(credentials.access_key_id + "/" + scope.text()), amz_date, expires_seconds);
    if (!credentials.session_token.empty())
        query += "&X-Amz-Security-Token=" + percent_encode(credentials.session_token);
    query += "&X-Amz-SignedHeaders=" + percent_encode(signed_headers);
    request.set_target(request.path + "?" + query);
    const auto digest = service.starts_with("s3") ? "UNSIGNED-PAYLOAD" : sha256_hex(request.body);
    const auto canonical = canonical_request(request, signed_headers, digest, path_style(service));
    const auto signature =
        sign_text(signing_key(credentials.secret_access_key, scope), string_to_sign(amz_date, scope, canonical));
    request.set_target(request.target + "&X-Amz-Signature=" + signature);
}

}  // namespace cumulet::auth
