// IAM and STS as dispatch sees them: one source of keys and policies.
#pragma once

#include "contracts/identity.h"
#include "services/iam/service.h"
#include "services/sts/service.h"

namespace cumulet {

class Identities final : public contracts::IdentitySource {
  public:
    Identities(iam::Service& iam, sts::Service& sts) : iam_(iam), sts_(sts) {}

    Task<std::optional<contracts::Credentials>> find(std::string access_key_id) override {
        if (access_key_id.starts_with("ASIA")) co_return co_await sts_.find_credentials(std::move(access_key_id));
        co_return co_await iam_.find_credentials(std::move(access_key_id));
    }

    Task<contracts::PrincipalPolicies> policies_of(Principal principal) override {
        const auto access_key_id = principal.access_key_id;
        auto policies = co_await iam_.policies_of(std::move(principal));
        if (access_key_id.starts_with("ASIA")) policies.session = co_await sts_.session_policies(access_key_id);
        co_return policies;
    }

  private:
    iam::Service& iam_;
    sts::Service& sts_;
};

}  // namespace cumulet
