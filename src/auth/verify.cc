// Checking a signature: time, headers, body, and at last the signature itself.

#include "auth/errors.h"
#include "auth/sigv4.h"
#include "base/bytes.h"

namespace cumulet::auth {
namespace {

constexpr auto allowed_skew = 15min;

bool names(std::string_view signed_headers, std::string_view name) {
    while (!signed_headers.empty()) {
        const auto end = signed_headers.find(';');
        if (equal_ignoring_case(signed_headers.substr(0, end), name)) return true;
        signed_headers.remove_prefix(end == std::string_view::npos ? signed_headers.size() : end + 1);
    }
    return false;
}

void check_time(const Signature& signature, Time now, Dialect dialect) {
    const auto signed_at = parse_basic(signature.amz_date);
    if (!signed_at) {
        throw_invalid_signature(fmt::format("Date must be in ISO-8601 'basic format'. Got '{}'. See "
                                            "http://en.wikipedia.org/wiki/ISO_8601",
                                            signature.amz_date),
                                dialect);
    }
    if (!signature.amz_date.starts_with(signature.scope.date)) {
        throw_invalid_signature(
            fmt::format("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                        "'{}' != '{}', from '{}'.",
                        signature.scope.date, signature.amz_date.substr(0, 8), signature.amz_date),
            dialect);
    }
    if (signature.presigned) {
        if (*signed_at > now + allowed_skew) throw_not_yet_valid(signature, now, dialect);
        if (*signed_at + std::chrono::seconds(signature.expires_seconds) < now) {
            throw_expired(signature, *signed_at, now, dialect);
        }
    } else if (*signed_at > now + allowed_skew || *signed_at < now - allowed_skew) {
        throw_skewed(signature, *signed_at, now, dialect);
    }
}

/// What is not signed could have been added by anyone on the way.
void check_signed_headers(const http::Request& request, const Signature& signature, Dialect dialect) {
    if (!names(signature.signed_headers, "host")) {
        throw_invalid_signature("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.", dialect);
    }
    if (dialect != Dialect::s3) return;
    std::string missing;
    for (const auto& header : request.headers) {
        if (header.name.size() < 6 || !equal_ignoring_case(std::string_view(header.name).substr(0, 6), "x-amz-"))
            continue;
        if (equal_ignoring_case(header.name, "x-amz-content-sha256") || names(signature.signed_headers, header.name))
            continue;
        if (!missing.empty()) missing += ", ";
        missing += to_lower(header.name);
    }
    if (!missing.empty()) throw_headers_not_signed(std::move(missing));
}

/// The digest that goes into the canonical request. Services other than S3 believe only the body itself.
std::string payload_digest(const http::Request& request, const Signature& signature, Dialect dialect) {
    if (dialect == Dialect::s3) {
        if (signature.content_sha256.empty()) {
            throw aws::Error("InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
        }
        if (signature.payload == Payload::hashed && !request.stream) {
            auto computed = sha256_hex(request.body);
            if (!equal_ignoring_case(computed, signature.content_sha256)) {
                throw_wrong_digest(signature.content_sha256, computed);
            }
        }
        return signature.content_sha256;
    }
    if (signature.payload != Payload::hashed || request.stream) return signature.content_sha256;
    return sha256_hex(request.body);
}

}  // namespace

void verify(const http::Request& request, const Signature& signature, std::string_view secret_access_key,
            std::string_view signing_name, Time now, Dialect dialect, SigningKeys& keys) {
    if (signature.scope.service != signing_name) throw_wrong_service(signature.scope.service, signing_name, dialect);
    check_time(signature, now, dialect);
    check_signed_headers(request, signature, dialect);
    const auto digest = payload_digest(request, signature, dialect);
    const auto canonical =
        canonical_request(request, signature.signed_headers, digest, path_style(signature.scope.service));
    const auto to_sign = string_to_sign(signature.amz_date, signature.scope, canonical);
    const auto expected = sign_text(keys.get(secret_access_key, signature.scope), to_sign);
    if (!equal_in_constant_time(expected, signature.signature)) throw_mismatch(signature, canonical, to_sign, dialect);
}

}  // namespace cumulet::auth
