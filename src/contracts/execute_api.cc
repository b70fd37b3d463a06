#include "contracts/execute_api.h"

#include "base/bytes.h"
#include "base/certificate.h"
#include "base/host.h"

namespace cumulet::contracts {
namespace {

constexpr std::string_view resolving_domain = "localhost.localstack.cloud";

/// The domain under which a name may stand in front of `host`.
std::string domain_of(std::string_view host, const std::string& region) {
    if (host.ends_with(resolving_domain) || !host.contains('.') || host.front() == '[' ||
        host.ends_with(".localhost") || std::isdigit(static_cast<unsigned char>(host.back()))) {
        return std::string(resolving_domain);
    }
    if (host.ends_with(".amazonaws.com")) return region + ".amazonaws.com";
    if (const auto label = host.find(".execute-api."); label != std::string_view::npos) host.remove_prefix(label + 13);
    return std::string(host);
}

}  // namespace

std::string_view take_segment(std::string_view& path) {
    if (path.starts_with('/')) path.remove_prefix(1);
    const auto slash = std::min(path.find('/'), path.size());
    const auto segment = path.substr(0, slash);
    path.remove_prefix(slash);
    return segment;
}

std::optional<ApiDestination> read_api_destination(std::string_view host, std::string_view path) {
    if (path.starts_with("/_aws/execute-api/")) {
        path.remove_prefix(17);
        const auto id = take_segment(path);
        if (id.empty()) return std::nullopt;
        return ApiDestination{to_lower(id), path.empty() ? "/" : std::string(path)};
    }
    const auto host_name = to_lower(without_port(host));
    if (const auto label = host_name.find(".execute-api."); label != std::string::npos && label > 0) {
        const auto id = host_name.substr(host_name.rfind('.', label - 1) + 1);  // npos + 1 is 0
        return ApiDestination{id.substr(0, id.find('.')), path.empty() ? "/" : std::string(path), true};
    }
    if (path.starts_with("/restapis/")) {
        path.remove_prefix(9);
        const auto id = take_segment(path);
        const auto stage = take_segment(path);
        if (id.empty() || stage.empty() || take_segment(path) != "_user_request_") return std::nullopt;
        return ApiDestination{to_lower(id), fmt::format("/{}{}", stage, path)};
    }
    return std::nullopt;
}

std::string api_domain_name(const Call& call, std::string_view api_id) {
    const auto host = call.host.empty() ? std::string_view(resolving_domain) : without_port(call.host);
    return fmt::format("{}.execute-api.{}", api_id, domain_of(host, call.region));
}

std::string api_endpoint(const Call& call, std::string_view api_id) {
    return fmt::format("{}://{}{}", call.tls ? "https" : "http", api_domain_name(call, api_id),
                       split_port(call.host).second);
}

bool headers_too_large(const http::Headers& headers) {
    constexpr size_t largest_headers_bytes = 10'240;
    size_t bytes = 0;
    for (const auto& header : headers) bytes += header.name.size() + header.value.size();
    return bytes > largest_headers_bytes;
}

json::object custom_domain(const DomainMatch& match) {
    json::object domain;
    if (match.rule_id.empty() || !match.base_path.empty())
        domain["basePathMatched"] = match.base_path.empty() ? "(none)" : match.base_path;
    if (!match.rule_id.empty()) domain["routingRuleIdMatched"] = match.rule_id;
    return domain;
}

std::optional<json::object> client_certificate(const std::optional<DomainMatch>& match) {
    if (!match || match->client_certificate.empty()) return std::nullopt;
    const auto facts = read_certificate(match->client_certificate);
    if (!facts) return std::nullopt;
    return json::object{{"clientCertPem", facts->pem},
                        {"subjectDN", facts->subject},
                        {"issuerDN", facts->issuer},
                        {"serialNumber", facts->serial},
                        {"validity", json::object{{"notBefore", facts->not_before}, {"notAfter", facts->not_after}}}};
}

Task<http::Response> ApiSurface::serve(Call& call, http::Request request) {
    auto destination = read_api_destination(request.host(), request.path);
    co_return co_await serve_api(call, std::move(request), std::move(destination));
}

}  // namespace cumulet::contracts
