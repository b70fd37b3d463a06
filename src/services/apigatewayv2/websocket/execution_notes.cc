#include "services/apigatewayv2/websocket/execution_notes.h"

namespace cumulet::apigatewayv2 {
namespace {

using contracts::listed;
using Type = WebSocketEvent::Type;

// Unverified: the words of the lines on connections, routes and messages. The others are those of REST APIs.
std::string what_happens(const Passage& passage) {
    const auto& connection = *passage.web_socket->connection;
    switch (passage.web_socket->type) {
        case Type::connect:
            return fmt::format("Client [UserAgent: {}, SourceIp: {}] is connecting to WebSocket API [{}].",
                               connection.user_agent, connection.source_address, passage.api_id);
        case Type::message:
            return fmt::format("Client [Connection Id: {}] sent a message to API [{}].", connection.id, passage.api_id);
        default:
            return fmt::format("Client [Connection Id: {}] disconnected from API [{}] with code [{}].", connection.id,
                               passage.api_id, passage.web_socket->closing.code);
    }
}

std::string failure_of(const Outcome& outcome) {
    const auto& type = outcome.error_type;
    if (type == "INTEGRATION_TIMEOUT") return "Execution failed due to a timeout error";
    if (type == "INTEGRATION_FAILURE")
        return fmt::format("Execution failed due to configuration error: {}", outcome.integration_error);
    if (type == "BAD_REQUEST_BODY") return fmt::format("Request validation failed: {}", outcome.validation_error);
    return fmt::format("Execution failed: {}", outcome.error);
}

}  // namespace

void note_beginning(Passage& passage, Time now) {
    auto& log = passage.log;
    if (!log.tells_steps()) return;
    log.step(now, "Extended Request Id: " + passage.request_id);
    log.step(now, "Starting execution for request: " + passage.request_id);
    const auto* route = passage.match.route;
    log.step(now, fmt::format("WebSocket Request Route: [{}]", route ? route->route_key : ""));
    log.step(now, what_happens(passage));
    if (passage.web_socket->type == Type::message)
        return log.body(now, "Route request body before transformations", passage.request->body);
    if (!log.tells_bodies() || passage.web_socket->type != Type::connect) return;
    log.step(now, "Route request query string: " + listed(http::parse_query(passage.request->query)));
    log.step(now, "Route request headers: " + listed(passage.request->headers));
}

void note_endpoint_request(Passage& passage, std::string_view uri, const http::Headers& headers, std::string_view body,
                           Time now) {
    auto& log = passage.log;
    if (!log.tells_bodies()) return;
    log.step(now, fmt::format("Endpoint request URI: {}", uri));
    log.step(now, "Endpoint request headers: " + listed(headers));
    log.body(now, "Endpoint request body after transformations", body);
    log.step(now, fmt::format("Sending request to {}", uri));
}

void note_endpoint_response(Passage& passage, const IntegrationResult& result, Duration latency, Time now) {
    auto& log = passage.log;
    if (!log.tells_bodies()) return;
    const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(latency).count();
    log.step(now, fmt::format("Received response. Status: {}, Integration latency: {} ms", result.status, millis));
    log.step(now, "Endpoint response headers: " + listed(result.headers));
    log.body(now, "Endpoint response body before transformations", result.body);
}

void note_end(Passage& passage, std::string_view answer, Time now) {
    auto& log = passage.log;
    const auto& outcome = passage.outcome;
    if (!outcome.error.empty()) log.error(now, failure_of(outcome));
    if (!log.tells_steps()) return;
    if (outcome.error.empty()) {
        if (!answer.empty()) log.body(now, "Route response body after transformations", answer);
        if (passage.web_socket->type == Type::connect && outcome.status == 200) {
            log.step(now, fmt::format("Client [Connection Id: {}] connected to API [{}] successfully.",
                                      passage.web_socket->connection->id, passage.api_id));
        }
        log.step(now, "Successfully completed execution");
    }
    log.step(now, fmt::format("Route completed with status: {}", outcome.status));
}

}  // namespace cumulet::apigatewayv2
