// What Lambda authorizers answered lately, kept for as long as they say. In memory: a process that starts asks again.
#pragma once

#include "auth/lambda_authorizer.h"
#include "base/expiring_map.h"
#include "services/apigatewayv2/authorizer.h"

namespace cumulet::apigatewayv2 {

using Verdict = auth::AuthorizerAnswer;
using Verdicts = ExpiringMap<Verdict>;

/// Verdicts are the same for requests of one key: those to the same authorizer of the same stage that have the same
/// identity, until the API changes.
std::string verdict_key(const Address& address, const Passage& passage, const std::vector<std::string>& identity);

}  // namespace cumulet::apigatewayv2
