// What dispatch asks of IAM and STS: whose key is this, and what may its owner do.
#pragma once

#include "runtime/call.h"

namespace cumulet::contracts {

struct Credentials {
    std::string secret_access_key;
    std::string session_token;  ///< "" for a long-term key
    Principal principal;
    std::optional<Time> expires;
};

/// All policy documents (JSON texts) that apply to a principal.
struct PrincipalPolicies {
    std::vector<std::string> identity;    ///< inline and attached, of the user, its groups, or the role
    std::optional<std::string> boundary;  ///< permissions boundary
    std::vector<std::string> session;     ///< of the session; empty: none limits it
};

class IdentitySource {
  public:
    virtual ~IdentitySource() = default;
    /// Nothing if no such key was ever issued here.
    virtual Task<std::optional<Credentials>> find(std::string access_key_id) = 0;
    virtual Task<PrincipalPolicies> policies_of(Principal principal) = 0;
};

}  // namespace cumulet::contracts
