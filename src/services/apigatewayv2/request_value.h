// What expressions name of a request: in identity sources of authorizers and in parameter mappings. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
#pragma once

#include "services/apigatewayv2/event.h"

namespace cumulet::apigatewayv2 {

/// The value of "$request.header.name", "$request.querystring.name", "$request.path", "$request.path.name",
/// "$request.body", "$request.body.a.b", "$context.name" or "$stageVariables.name". Several values of one name are
/// joined by commas. Nothing if there is none.
std::optional<std::string> request_value(const Passage& passage, std::string_view expression);
/// The value of $context's variable `name`: "routeKey", "identity.sourceIp", "authorizer.claims.sub".
std::optional<std::string> context_value(const Passage& passage, std::string_view name);

/// What stands at "a.b" of a JSON document: a text as it is, anything else as JSON. Nothing if there is none.
std::optional<std::string> body_value(std::string_view body, std::string_view path);

/// True if an authorizer may have it as an identity source: headers, parameters, $context and stage variables.
bool is_identity_source(std::string_view expression);

}  // namespace cumulet::apigatewayv2
