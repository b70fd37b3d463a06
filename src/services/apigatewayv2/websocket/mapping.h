// From a message to what an integration is sent, and from what it answers to what the client is sent. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-data-transformations.html
#pragma once

#include "services/apigatewayv2/websocket/web_sockets.h"

namespace cumulet::apigatewayv2 {

/// Why the message does not fit the model that the route chooses for it; nothing if it does, or the route has none.
std::optional<std::string> message_refusal(const Passage& passage, const WebSocketRoute& route);
/// The message's bytes, out of Base64 where the integration converts them. Nothing if they are no Base64.
std::optional<std::string> handled_body(const Passage& passage, const WebSocketRoute& route);
/// The body for an integration that is mapped: what its template says, or the message itself. Nothing if the template
/// fails, or the message may not pass without one.
std::optional<std::string> map_message(const Passage& passage, const WebSocketRoute& route);
/// The request to an HTTP endpoint or a service: method, headers, query and body; its path is not set.
http::Request http_message(const Passage& passage, const WebSocketRoute& route, std::string body);
/// The integration's URI, with the values of its path's parameters.
std::string mapped_uri(const Passage& passage, const WebSocketRoute& route);
std::string with_query(std::string target, const std::string& query);
/// What a MOCK integration answers to its mapped message.
IntegrationResult mock_result(const std::string& body);
/// What the integration's response that fits `result` makes of it.
IntegrationResult map_result(const Passage& passage, const WebSocketRoute& route, IntegrationResult result);

}  // namespace cumulet::apigatewayv2
