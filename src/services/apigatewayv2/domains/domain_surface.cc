#include "services/apigatewayv2/domains/domain_surface.h"

#include "base/bytes.h"
#include "base/certificate.h"
#include "base/hash.h"
#include "base/host.h"
#include "runtime/log.h"
#include "services/apigatewayv2/domains/domain.h"

namespace cumulet::apigatewayv2 {
namespace {

constexpr size_t most_authorities = 4;  // of a chain, as AWS has it
constexpr auto known_for = 1min;

http::Response forbidden() {
    http::Response response;
    response.status = 403;
    response.headers.add("Content-Type", "application/json");
    response.headers.add("x-amzn-ErrorType", "ForbiddenException");
    response.body = R"({"message":"Forbidden"})";
    return response;
}

std::string host_of(const http::Request& request) { return to_lower(without_port(request.host())); }

}  // namespace

Task<bool> DomainSurface::answers(std::string host_name) {
    co_return co_await domains_.serving(std::move(host_name)) != nullptr;
}

Task<bool> DomainSurface::asks_certificate(std::string host_name) {
    const auto domain = co_await domains_.serving(std::move(host_name));
    co_return domain && domain->mutual_tls();
}

Task<http::Response> DomainSurface::serve(Call& call, http::Request request) {
    const auto host = host_of(request);
    const auto domain = co_await domains_.serving(host);
    if (!domain) co_return forbidden();
    const std::string certificate(request.headers.get(client_certificate_field));
    request.headers.erase(client_certificate_field);
    if (const auto reason = refusal(*domain, certificate, call.now())) {
        log::info("A custom domain refused a caller", {{"domain", host}, {"reason", *reason}});
        co_return forbidden();
    }
    auto destination = find_destination(domain->domain, host, request);
    if (!destination) co_return forbidden();
    if (domain->mutual_tls()) destination->domain->client_certificate = certificate;
    co_return co_await apis_.serve_api(call, std::move(request), std::move(destination));
}

std::optional<std::string> DomainSurface::refusal(const ServedDomain& domain, const std::string& certificate,
                                                  Time now) {
    if (!domain.mutual_tls()) return std::nullopt;
    if (certificate.empty()) return "no client certificate";
    const auto key = fmt::format("{}/{}", domain.version, sha256_hex(certificate));
    if (const auto known = refusals_.find(key, now)) return *known;
    auto reason = refuse_certificate(certificate, domain.truststore, most_authorities, now);
    refusals_.keep(key, std::make_shared<const std::optional<std::string>>(reason), now + known_for);
    return reason;
}

}  // namespace cumulet::apigatewayv2
