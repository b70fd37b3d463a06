// Custom domain names of API Gateway. REST APIs and HTTP APIs share them, so one service keeps them for both.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
#pragma once

#include <functional>

#include "contracts/apigateway.h"
#include "contracts/apigatewayv2.h"
#include "runtime/call.h"

namespace cumulet::contracts {

/// A domain with all that belongs to it.
struct ApiDomain {
    aws::apigateway::DomainName settings;                 ///< this contract's shape has a member for everything
    std::vector<aws::apigatewayv2::ApiMapping> mappings;  ///< the key is "" where there is none
    std::vector<aws::apigatewayv2::RoutingRule> rules;    ///< ordered by priority
    /// PEM of those who vouch for callers. Set to be kept; never read back here.
    std::optional<std::string> truststore;
};

/// Certificates that vouch for callers.
struct Truststore {
    std::string certificates_pem;
    std::vector<std::string> warnings;  ///< what AWS says of certificates that cannot vouch for anybody
};

/// Nothing if a domain may have that name; otherwise why not.
std::optional<std::string> refuse_domain_name(std::string_view name);
/// Nothing if a domain may be as its settings say; otherwise why not.
std::optional<std::string> refuse_domain(const aws::apigateway::DomainName& settings);
/// Fills in what API Gateway itself says of a domain: its targets, ARN, status, and what was left to choose.
void settle_domain(Call& call, aws::apigateway::DomainName& settings);
bool has_type(const aws::apigateway::DomainName& settings, std::string_view type);

class ApiDomains {
  public:
    using Change = std::function<void(ApiDomain&)>;
    static constexpr size_t most_domains = 120;
    static constexpr size_t most_mappings = 200;

    virtual ~ApiDomains() = default;

    /// False if the caller's region has a domain of that name already, whoever's.
    virtual Task<bool> create(Call& call, ApiDomain domain) = 0;
    /// The caller's domain.
    virtual Task<std::optional<ApiDomain>> find(Call& call, std::string name) = 0;
    /// The caller's domains, ordered by name.
    virtual Task<std::vector<ApiDomain>> list(Call& call) = 0;
    /// The domain after `change`, which may run again and may throw to leave all as it was. Nothing if there is none.
    virtual Task<std::optional<ApiDomain>> edit(Call& call, std::string name, Change change) = 0;
    /// False if there is none.
    virtual Task<bool> erase(Call& call, std::string name) = 0;

    /// Reads the truststore that the settings name, and notes what it is. Settings without one need none.
    Task<void> find_truststore(Call& call, ApiDomain& domain);
    /// Reads "s3://bucket/key" with the caller's permissions. Throws aws::Error (BadRequestException).
    virtual Task<Truststore> read_truststore(Call& call, std::string uri, std::optional<std::string> version) = 0;

    /// The caller's domains that are mapped to the API, or only those to its stage where one is given.
    virtual Task<std::vector<std::string>> mapped_to(Call& call, std::string api_id,
                                                     std::optional<std::string> stage) = 0;
};

}  // namespace cumulet::contracts
