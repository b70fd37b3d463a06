#include <algorithm>
#include <vector>

#include "auth/sigv4.h"
#include "base/bytes.h"

namespace cumulet::auth {
namespace {

constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// Trimmed, with each run of white space as one space.
void append_collapsed(std::string& out, std::string_view value) {
    while (!value.empty() && is_space(value.front())) value.remove_prefix(1);
    while (!value.empty() && is_space(value.back())) value.remove_suffix(1);
    bool after_space = false;
    for (const char c : value) {
        const bool space = is_space(c);
        if (space && after_space) continue;
        out += space ? ' ' : c;
        after_space = space;
    }
}

/// Without ".", ".." and empty segments; a slash at the end stays.
std::string normalised(std::string_view path) {
    std::vector<std::string_view> segments;
    const bool directory = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
    while (!path.empty()) {
        const auto slash = path.find('/');
        const auto segment = path.substr(0, slash);
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
        if (segment == "..") {
            if (!segments.empty()) segments.pop_back();
        } else if (!segment.empty() && segment != ".") {
            segments.push_back(segment);
        }
    }
    std::string out;
    for (const auto segment : segments) out.append("/").append(segment);
    if (out.empty() || directory) out += '/';
    return out;
}

std::string canonical_path(std::string_view path, PathStyle style) {
    if (path.empty() || path == "/") return "/";
    std::string text = style.normalise ? normalised(path) : std::string(path);
    return percent_encode(style.encode_twice ? text : percent_decode(text), true);
}

std::string canonical_query(std::string_view query) {
    if (query.empty()) return {};
    std::vector<std::pair<std::string, std::string>> parameters;
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto part = query.substr(0, end);
        query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
        if (part.empty()) continue;
        const auto equals = part.find('=');
        const auto name = percent_decode(part.substr(0, equals), true);
        if (name == "X-Amz-Signature") continue;
        const auto value =
            equals == std::string_view::npos ? std::string() : percent_decode(part.substr(equals + 1), true);
        parameters.emplace_back(percent_encode(name), percent_encode(value));
    }
    std::ranges::sort(parameters);
    std::string out;
    for (const auto& [name, value] : parameters) {
        if (!out.empty()) out += '&';
        out.append(name).append("=").append(value);
    }
    return out;
}

void append_canonical_headers(std::string& out, const http::Headers& headers, std::string_view signed_headers) {
    while (!signed_headers.empty()) {
        const auto end = signed_headers.find(';');
        const auto name = signed_headers.substr(0, end);
        signed_headers.remove_prefix(end == std::string_view::npos ? signed_headers.size() : end + 1);
        out.append(name).append(":");
        bool first = true;
        for (const auto& header : headers) {
            if (header.name.size() != name.size() || !equal_ignoring_case(header.name, name)) continue;
            if (!first) out += ',';
            first = false;
            append_collapsed(out, header.value);
        }
        out += '\n';
    }
}

}  // namespace

bool is_aws_chunked(Payload payload) { return payload >= Payload::streaming_signed; }

Payload payload_of(std::string_view content_sha256) {
    if (content_sha256 == "UNSIGNED-PAYLOAD") return Payload::unsigned_payload;
    if (!content_sha256.starts_with("STREAMING-")) return Payload::hashed;
    if (content_sha256.starts_with("STREAMING-UNSIGNED-PAYLOAD")) return Payload::streaming_unsigned_trailer;
    return content_sha256.ends_with("-TRAILER") ? Payload::streaming_signed_trailer : Payload::streaming_signed;
}

std::string Scope::text() const {
    std::string out;
    out.reserve(date.size() + region.size() + service.size() + 15);
    return out.append(date).append("/").append(region).append("/").append(service).append("/aws4_request");
}

PathStyle path_style(std::string_view service) {
    if (service.starts_with("s3")) return {.encode_twice = false, .normalise = false};
    return {};
}

std::string canonical_request(const http::Request& request, std::string_view signed_headers,
                              std::string_view content_sha256, PathStyle style) {
    std::string out;
    out.reserve(512);
    out.append(request.method).append("\n");
    out.append(canonical_path(request.path, style)).append("\n");
    out.append(canonical_query(request.query)).append("\n");
    append_canonical_headers(out, request.headers, signed_headers);
    out.append("\n").append(signed_headers).append("\n").append(content_sha256);
    return out;
}

std::string string_to_sign(std::string_view amz_date, const Scope& scope, std::string_view canonical) {
    std::string out = "AWS4-HMAC-SHA256\n";
    return out.append(amz_date).append("\n").append(scope.text()).append("\n").append(sha256_hex(canonical));
}

std::string signing_key(std::string_view secret_access_key, const Scope& scope) {
    std::string key = "AWS4";
    key.append(secret_access_key);
    return hmac_sha256(hmac_sha256(hmac_sha256(hmac_sha256(key, scope.date), scope.region), scope.service),
                       "aws4_request");
}

std::string sign_text(std::string_view signing_key, std::string_view text) {
    return to_hex(hmac_sha256(signing_key, text));
}

const std::string& SigningKeys::get(std::string_view secret_access_key, const Scope& scope) {
    name_.assign(secret_access_key).append("\n").append(scope.date).append("/").append(scope.region);
    name_.append("/").append(scope.service);
    const auto known = keys_.find(name_);
    if (known != keys_.end()) return known->second;
    if (keys_.size() >= max_keys_) keys_.clear();
    return keys_.emplace(name_, signing_key(secret_access_key, scope)).first->second;
}

}  // namespace cumulet::auth
