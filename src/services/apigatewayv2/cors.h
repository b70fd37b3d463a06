// CORS as an API is configured for it. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
#pragma once

#include "base/http.h"
#include "contracts/apigatewayv2.h"

namespace cumulet::apigatewayv2 {

/// True if a browser asks what it may send.
bool is_preflight(const http::Request& request);
/// The answer to a preflight: 204, with what is allowed if the origin is.
http::Response preflight_reply(const aws::apigatewayv2::Cors& cors, const http::Request& request);
/// Replaces the CORS headers of a function's response by the configured ones.
void apply_cors(const aws::apigatewayv2::Cors& cors, const http::Request& request, http::Response& response);

}  // namespace cumulet::apigatewayv2
