// Reading what a request says about its signature.

#include <charconv>

#include "auth/errors.h"
#include "auth/sigv4.h"
#include "base/bytes.h"

namespace cumulet::auth {
namespace {

constexpr std::string_view algorithm_v4 = "AWS4-HMAC-SHA256";
constexpr std::string_view algorithm_v4a = "AWS4-ECDSA-P256-SHA256";
constexpr int64_t longest_expiry_seconds = 604800;

/// "AKID/20150830/us-east-1/sqs/aws4_request", read from its end. False if parts are missing.
bool read_credential(std::string_view text, std::string_view& key, std::string_view& date, std::string_view& region,
                     std::string_view& service, std::string_view& terminator) {
    std::string_view* const parts[] = {&terminator, &service, &region, &date};
    for (auto* part : parts) {
        const auto slash = text.rfind('/');
        if (slash == std::string_view::npos) return false;
        *part = text.substr(slash + 1);
        text = text.substr(0, slash);
    }
    key = text;
    return !key.empty() && !date.empty() && !service.empty();
}

/// The value of `name=` in "Credential=…, SignedHeaders=…, Signature=…".
std::string_view field(std::string_view text, std::string_view name) {
    while (!text.empty()) {
        while (!text.empty() && (text.front() == ' ' || text.front() == ',')) text.remove_prefix(1);
        const auto end = text.find(',');
        auto part = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end);
        while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
        if (part.starts_with(name) && part.size() > name.size() && part[name.size()] == '=') {
            return part.substr(name.size() + 1);
        }
    }
    return {};
}

/// The decoded value of a query parameter; nothing if it is not there.
std::optional<std::string> parameter(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto part = query.substr(0, end);
        query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
        if (part.size() > name.size() && part[name.size()] == '=' && part.starts_with(name)) {
            return percent_decode(part.substr(name.size() + 1), true);
        }
    }
    return std::nullopt;
}

void read_scope(Signature& signature, std::string_view credential, Dialect dialect) {
    std::string_view key, date, region, service, terminator;
    if (!read_credential(credential, key, date, region, service, terminator)) {
        throw_malformed_credential(credential, signature.presigned, dialect);
    }
    if (terminator != "aws4_request") throw_wrong_terminator(terminator, signature.presigned, dialect);
    signature.access_key_id = key;
    signature.scope = {.date = std::string(date), .region = std::string(region), .service = std::string(service)};
}

Signature read_header(const http::Request& request, std::string_view text, Dialect dialect) {
    Signature signature;
    const auto credential = field(text, "Credential");
    signature.signed_headers = field(text, "SignedHeaders");
    signature.signature = field(text, "Signature");
    signature.amz_date = request.headers.get("x-amz-date");
    if (signature.amz_date.empty()) {
        if (const auto date = parse_http_date(request.headers.get("date"))) signature.amz_date = format_basic(*date);
    }
    std::string missing;
    if (credential.empty()) missing += "Authorization header requires 'Credential' parameter. ";
    if (signature.signature.empty()) missing += "Authorization header requires 'Signature' parameter. ";
    if (signature.signed_headers.empty()) missing += "Authorization header requires 'SignedHeaders' parameter. ";
    if (signature.amz_date.empty()) {
        missing += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
    }
    if (!missing.empty()) throw_incomplete_header(missing, request.headers.get("authorization"), dialect);
    read_scope(signature, credential, dialect);
    signature.session_token = request.headers.get("x-amz-security-token");
    signature.content_sha256 = request.headers.get("x-amz-content-sha256");
    signature.payload = payload_of(signature.content_sha256);
    return signature;
}

Signature read_query(const http::Request& request, Dialect dialect) {
    Signature signature;
    signature.presigned = true;
    const auto query = std::string_view(request.query);
    const auto credential = parameter(query, "X-Amz-Credential");
    const auto signed_headers = parameter(query, "X-Amz-SignedHeaders");
    const auto text = parameter(query, "X-Amz-Signature");
    const auto date = parameter(query, "X-Amz-Date");
    // S3 alone insists on an expiry; elsewhere a presigned request lives for the usual 15 minutes.
    const auto expires = parameter(query, "X-Amz-Expires");
    if (!credential || !signed_headers || !text || !date || (!expires && dialect == Dialect::s3)) {
        throw_incomplete_query(dialect);
    }
    signature.expires_seconds = 900;
    if (expires) {
        const auto* end = expires->data() + expires->size();
        const auto result = std::from_chars(expires->data(), end, signature.expires_seconds);
        if (result.ec != std::errc() || result.ptr != end)
            throw_query_error("X-Amz-Expires should be a number", dialect);
    }
    if (signature.expires_seconds < 0) throw_query_error("X-Amz-Expires must be non-negative", dialect);
    if (signature.expires_seconds > longest_expiry_seconds) {
        throw_query_error(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than "
            "604800 seconds",
            dialect);
    }
    signature.amz_date = *date;
    signature.signed_headers = *signed_headers;
    signature.signature = *text;
    read_scope(signature, *credential, dialect);
    signature.session_token = parameter(query, "X-Amz-Security-Token").value_or("");
    signature.content_sha256 = parameter(query, "X-Amz-Content-Sha256").value_or("");
    if (signature.content_sha256.empty()) signature.content_sha256 = request.headers.get("x-amz-content-sha256");
    if (signature.content_sha256.empty() && dialect == Dialect::s3) signature.content_sha256 = "UNSIGNED-PAYLOAD";
    signature.payload = payload_of(signature.content_sha256);
    return signature;
}

}  // namespace

Claim read_claim(const http::Request& request) {
    std::string_view key, date, region, service, terminator;
    const auto authorization = request.headers.get("authorization");
    if (authorization.starts_with(algorithm_v4)) {
        const auto credential = field(authorization.substr(algorithm_v4.size()), "Credential");
        if (!read_credential(credential, key, date, region, service, terminator)) return {};
        return {.access_key_id = std::string(key), .region = std::string(region), .service = std::string(service)};
    }
    if (authorization.starts_with(algorithm_v4a)) {
        const auto credential = field(authorization.substr(algorithm_v4a.size()), "Credential");
        const auto set = request.headers.get("x-amz-region-set");
        const auto first = credential.find('/');
        const auto last = credential.rfind('/');
        const auto before = last == std::string_view::npos ? last : credential.rfind('/', last - 1);
        if (first == std::string_view::npos || before == std::string_view::npos || before <= first) return {};
        return {.access_key_id = std::string(credential.substr(0, first)),
                .region = set.contains('*') ? "" : std::string(set.substr(0, set.find(','))),
                .service = std::string(credential.substr(before + 1, last - before - 1))};
    }
    if (authorization.starts_with("AWS ")) {
        return {.access_key_id = std::string(authorization.substr(4, authorization.find(':') - 4)),
                .region = "",
                .service = "s3"};
    }
    if (request.query.empty()) return {};
    if (const auto credential = parameter(request.query, "X-Amz-Credential")) {
        if (!read_credential(*credential, key, date, region, service, terminator)) return {};
        return {.access_key_id = std::string(key), .region = std::string(region), .service = std::string(service)};
    }
    if (auto old = parameter(request.query, "AWSAccessKeyId")) {
        const bool s3 = parameter(request.query, "Signature") && parameter(request.query, "Expires");
        return {.access_key_id = std::move(*old), .region = "", .service = s3 ? "s3" : ""};
    }
    return {};
}

std::optional<Signature> read_signature(const http::Request& request, Dialect dialect) {
    const auto authorization = request.headers.get("authorization");
    if (authorization.starts_with(algorithm_v4) && authorization.substr(algorithm_v4.size()).starts_with(' ')) {
        return read_header(request, authorization.substr(algorithm_v4.size()), dialect);
    }
    if (authorization.starts_with(algorithm_v4a)) throw_unsupported_algorithm(algorithm_v4a, dialect);
    if (authorization.starts_with("AWS ")) throw_unsupported_algorithm("AWS", dialect);
    if (!authorization.empty()) throw_unsupported_authorization(authorization, dialect);
    const auto algorithm = parameter(request.query, "X-Amz-Algorithm");
    if (algorithm == algorithm_v4) return read_query(request, dialect);
    if (algorithm == algorithm_v4a) throw_unsupported_algorithm(algorithm_v4a, dialect);
    if (algorithm)
        throw_query_error("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"", dialect);
    if (parameter(request.query, "X-Amz-Signature")) throw_incomplete_query(dialect);
    if (parameter(request.query, "AWSAccessKeyId") && parameter(request.query, "Signature")) {
        throw_unsupported_algorithm("AWS", dialect);
    }
    return std::nullopt;
}

}  // namespace cumulet::auth
