// The custom domains of REST APIs and HTTP APIs, in the store:
//
//   ("", "global", "apigatewayv2", "domain") name, region      account, and a version that every change replaces
//   (account, region, "apigatewayv2", "domain") name           settings, mappings and rules
//   (account, region, "apigatewayv2", "truststore") name       certificates in PEM
//
// Nothing else knows these keys.
#pragma once

#include <mutex>
#include <unordered_map>

#include "contracts/api_domains.h"
#include "contracts/client.h"
#include "store/store.h"

namespace cumulet::apigatewayv2 {

/// A domain as requests find it.
struct ServedDomain {
    std::string account;
    std::string region;
    uint64_t version = 0;
    contracts::ApiDomain domain;
    std::string truststore;  ///< "" where nobody needs to be vouched for
    bool mutual_tls() const { return domain.settings.mutualTlsAuthentication.has_value(); }
};

class Domains final : public contracts::ApiDomains {
  public:
    /// `door` reads truststores.
    Domains(store::Store& store, contracts::Door& door) : store_(store), door_(door) {}

    Task<bool> create(Call& call, contracts::ApiDomain domain) override;
    Task<std::optional<contracts::ApiDomain>> find(Call& call, std::string name) override;
    Task<std::vector<contracts::ApiDomain>> list(Call& call) override;
    Task<std::optional<contracts::ApiDomain>> edit(Call& call, std::string name, Change change) override;
    Task<bool> erase(Call& call, std::string name) override;
    Task<contracts::Truststore> read_truststore(Call& call, std::string uri,
                                                std::optional<std::string> version) override;
    Task<std::vector<std::string>> mapped_to(Call& call, std::string api_id, std::optional<std::string> stage) override;

    /// The domain that requests to `host_name` are for, by its name or a wildcard's; of several regions the first.
    /// nullptr if there is none. Costs a read of the store, or two.
    Task<std::shared_ptr<const ServedDomain>> serving(std::string host_name);

  private:
    Task<std::shared_ptr<const ServedDomain>> read(store::Transaction& tx, std::string name);
    std::shared_ptr<const ServedDomain> known(const std::string& name, uint64_t version) const;
    void keep(const std::string& name, std::shared_ptr<const ServedDomain> domain);

    store::Store& store_;
    contracts::Door& door_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<const ServedDomain>> by_name_;
};

}  // namespace cumulet::apigatewayv2
