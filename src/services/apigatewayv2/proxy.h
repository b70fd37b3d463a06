// What HTTP_PROXY integrations send on, and what they hand back. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-http.html
#pragma once

#include "services/apigatewayv2/event.h"
#include "services/apigatewayv2/storage.h"

namespace cumulet::apigatewayv2 {

struct ProxyRequest {
    std::string origin;  ///< "https://host:port"
    http::Request request;
};

/// The request to `uri`, in which "{name}" stands for the route's path parameters. Nothing if that is no URL.
std::optional<ProxyRequest> proxy_request(const Passage& passage, const Integration& integration, std::string_view uri);
/// The answer without what belongs to the connection that it came by.
http::Response proxy_response(http::Response answer);

}  // namespace cumulet::apigatewayv2
