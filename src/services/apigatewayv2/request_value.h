// What expressions name of a request: identity sources of authorizers, and $context. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
#pragma once

#include "services/apigatewayv2/event.h"

namespace cumulet::apigatewayv2 {

/// The value of "$request.header.name", "$request.querystring.name", "$context.name" or "$stageVariables.name".
/// Several values of one name are joined by commas. Nothing if there is none.
std::optional<std::string> request_value(const Passage& passage, std::string_view expression);
/// The value of $context's variable `name`: "routeKey", "identity.sourceIp", "authorizer.claims.sub".
std::optional<std::string> context_value(const Passage& passage, std::string_view name);

/// True if request_value() reads such expressions.
bool is_request_expression(std::string_view expression);

}  // namespace cumulet::apigatewayv2
