// From a message to what an integration is sent, and from what it answers to what the client is sent. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-data-transformations.html
#pragma once

#include "base/arn.h"
#include "contracts/wire_door.h"
#include "services/apigatewayv2/websocket/web_sockets.h"

namespace cumulet::apigatewayv2 {

/// The body for an integration that is mapped: what its template says, or the message itself. Nothing if the template
/// fails, or the message may not pass without one.
std::optional<std::string> map_message(const Passage& passage, const WebSocketRoute& route);
/// The request to an HTTP endpoint or a service: method, headers, query and body; its path is not set.
http::Request http_message(const Passage& passage, const WebSocketRoute& route, std::string body);
/// What "arn:aws:apigateway:<region>:[<subdomain>.]<service>:action/<Name>" or "…:path/<path>" asks for.
contracts::ServiceRequest service_message(const Arn& arn, http::Request message);
/// What a MOCK integration answers to its mapped message.
IntegrationResult mock_result(const std::string& body);
/// What the integration's response that fits `result` makes of it.
IntegrationResult map_result(const Passage& passage, const WebSocketRoute& route, IntegrationResult result);

}  // namespace cumulet::apigatewayv2
