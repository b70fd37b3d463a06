// Where requests to custom domains come in, and go on to the API that the domain leads them to.
#pragma once

#include "base/expiring_map.h"
#include "contracts/execute_api.h"
#include "services/apigatewayv2/domains/domains.h"

namespace cumulet::apigatewayv2 {

class DomainSurface final : public contracts::NamedSurface {
  public:
    DomainSurface(Domains& domains, contracts::ApiSurface& apis) : domains_(domains), apis_(apis) {}

    Task<bool> answers(std::string host_name) override;
    Task<http::Response> serve(Call& call, http::Request request) override;
    /// True if callers of `host_name` have to show a certificate in the TLS handshake.
    Task<bool> asks_certificate(std::string host_name);

  private:
    /// Nothing if the domain's truststore vouches for the caller, or nobody asks for that.
    std::optional<std::string> refusal(const ServedDomain& domain, const std::string& certificate, Time now);

    Domains& domains_;
    contracts::ApiSurface& apis_;
    ExpiringMap<std::optional<std::string>> refusals_;  // by the domain's version and certificate
};

}  // namespace cumulet::apigatewayv2
