// The lines that execution logs of WebSocket APIs have of each step. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html
#pragma once

#include "services/apigatewayv2/websocket/web_sockets.h"

namespace cumulet::apigatewayv2 {

/// What happened on the connection, and which route it takes.
void note_beginning(Passage& passage, Time now);
/// What is sent to the endpoint, to `uri`.
void note_endpoint_request(Passage& passage, std::string_view uri, const http::Headers& headers, std::string_view body,
                           Time now);
void note_endpoint_response(Passage& passage, const IntegrationResult& result, Duration latency, Time now);
/// What the client is told, "" for nothing, or why it was refused.
void note_end(Passage& passage, std::string_view answer, Time now);

}  // namespace cumulet::apigatewayv2
