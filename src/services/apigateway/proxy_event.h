// What a function is told of a request, and what its answer means: AWS_PROXY. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
#pragma once

#include "services/apigateway/fault.h"

namespace cumulet::apigateway {

/// The event as JSON text.
std::string proxy_event(const Exchange& exchange);
/// What the event says of method, path, headers, query string and context: of authorizers' events, too.
json::object request_event(const Exchange& exchange);
/// Throws Fault if a function's payload is no answer.
http::Response read_proxy_answer(const Exchange& exchange, std::string_view payload);

}  // namespace cumulet::apigateway
