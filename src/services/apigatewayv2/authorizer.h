// What authorizers may be made of, and what they decide. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html
#pragma once

#include "base/jwt.h"
#include "services/apigatewayv2/event.h"
#include "services/apigatewayv2/storage.h"

namespace cumulet::apigatewayv2 {

/// Throws BadRequestException for what AWS refuses.
void check_authorizer(const Authorizer& authorizer);
/// What AWS assumes where a new authorizer does not say: results are kept for five minutes if something tells callers
/// apart.
Authorizer with_defaults(Authorizer authorizer);

/// "Bearer abc" without its first word.
std::string_view without_bearer(std::string_view value);
/// What is wrong with a token's claims, as AWS tells its sender; "" if nothing.
std::string_view fault_in(const Jwt& token, const aws::apigatewayv2::JWTConfiguration& expected, Time now);
/// What a function is told of a token: its claims, each as a text, and its scopes where the route asks for some.
Authorized authorized_by(const Jwt& token, const std::vector<std::string>& scopes);

/// The values of all identity sources; nothing if one has none.
std::optional<std::vector<std::string>> identity_of(const Passage& passage, const Authorizer& authorizer);

}  // namespace cumulet::apigatewayv2
