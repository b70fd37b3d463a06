// The public keys of those who issue JSON Web Tokens, found as OpenID Connect says.
// https://openid.net/specs/openid-connect-discovery-1_0.html
#pragma once

#include <mutex>
#include <unordered_map>

#include "base/jwt.h"
#include "contracts/http_sender.h"
#include "runtime/sync.h"

namespace cumulet::contracts {

/// Keys are kept for two hours of the cloud's clock. Any reactor may ask.
class TokenIssuers {
  public:
    /// Without `http` no issuer is ever reached.
    explicit TokenIssuers(HttpSender* http) : http_(http) {}

    /// True if `token` carries a signature by a key of `issuer`, which is a URL: its keys are where
    /// <issuer>/.well-known/openid-configuration says. A token that names a key which is not known has them fetched
    /// anew, though not twice within ten seconds. An issuer that does not answer has signed nothing.
    Task<bool> verify(std::string issuer, Jwt token, Time now);

  private:
    struct Fetched {
        std::shared_ptr<const JsonWebKeys> keys;
        Time at;
    };
    Fetched known(const std::string& issuer, Time now) const;
    Task<std::shared_ptr<const JsonWebKeys>> fetch(std::string issuer);
    Task<std::optional<std::string>> get(std::string url);

    HttpSender* http_;
    KeyedLocks fetching_;  // by issuer
    mutable std::mutex mutex_;
    std::unordered_map<std::string, Fetched> by_issuer_;
};

}  // namespace cumulet::contracts
