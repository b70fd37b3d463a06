// How an HTTP endpoint that asks for a user and a password is answered: Basic (RFC 7617) and Digest (RFC 7616). Pure.
#pragma once

#include <string>

#include "base/http.h"

namespace cumulet::sns {

/// What an endpoint's answer of 401 asks for.
struct Challenge {
    std::string scheme;                             ///< in lower case: "basic", "digest"
    std::map<std::string, std::string> parameters;  ///< by name in lower case

    /// "" if there is none.
    std::string parameter(const std::string& name) const;
};
/// The challenges of the fields WWW-Authenticate, in order.
std::vector<Challenge> challenges_of(const http::Headers& headers);

/// The field Authorization of `request` that answers the strongest of the challenges. `credentials` are
/// "user:password", `client_nonce` a text that nobody can guess. Nothing if none can be answered.
std::optional<std::string> authorization_for(const std::vector<Challenge>& challenges, std::string_view credentials,
                                             const http::Request& request, std::string_view client_nonce);

}  // namespace cumulet::sns
