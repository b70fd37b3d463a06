// What the functions of Lambda authorizers answer, to all kinds of APIs. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
#pragma once

#include "auth/policy.h"
#include "base/json.h"

namespace cumulet::auth {

struct AuthorizerAnswer {
    static constexpr size_t largest_bytes = 8 << 10;

    enum class Verdict : uint8_t { allowed, denied, denied_explicitly };

    bool authorized = false;       ///< of a simple answer
    std::optional<Policy> policy;  ///< of any other
    std::string policy_text;       ///< as the function wrote it
    std::string principal_id;
    std::string usage_key;  ///< the API key that the caller counts as, "" if none was named
    json::object context;

    /// What it says of execute-api:Invoke on "arn:aws:execute-api:…:abc/prod/GET/pets/7".
    Verdict of(std::string_view method_arn, std::string_view source_address) const;
};

/// Reads {"isAuthorized": …} where answers are simple, otherwise {"principalId": …, "policyDocument": …}. Nothing if it
/// is malformed.
std::optional<AuthorizerAnswer> read_authorizer_answer(std::string_view payload, bool simple);

}  // namespace cumulet::auth
