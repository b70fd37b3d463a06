// AWS STS: who a caller is, and temporary credentials of roles.
#pragma once

#include "contracts/iam.h"
#include "contracts/identity.h"
#include "contracts/sts.h"
#include "services/sts/storage.h"

namespace cumulet::sts {

class Service final : public aws::sts::Api {
  public:
    Service(store::Store& store, contracts::Door& door) : store_(store), iam_(door) {}

    // operations.cc
    Task<aws::sts::GetCallerIdentityResponse> get_caller_identity(Call& call,
                                                                  aws::sts::GetCallerIdentityRequest request) override;
    Task<aws::sts::AssumeRoleResponse> assume_role(Call& call, aws::sts::AssumeRoleRequest request) override;

    // What dispatch asks.
    /// The session's credentials; nothing if they were never issued.
    Task<std::optional<contracts::Credentials>> find_credentials(std::string access_key_id);
    /// Documents that limit the session, beside its role's policies.
    Task<std::vector<std::string>> session_policies(std::string access_key_id);

    std::string resource_of(const Call& call, const contracts::Operation& operation, const void* input) const override;

  private:
    store::Store& store_;
    aws::iam::Client iam_;
};

}  // namespace cumulet::sts
