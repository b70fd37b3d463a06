#include "services/apigateway/execution_notes.h"

namespace cumulet::apigateway {
namespace {

using contracts::listed;

/// AWS's words for why API Gateway itself answered.
std::string failure_of(const Exchange& exchange) {
    const auto& type = exchange.error_type;
    if (type == "INTEGRATION_TIMEOUT") return "Execution failed due to a timeout error";
    if (type == "INTEGRATION_FAILURE") return "Execution failed due to a network error communicating with endpoint";
    if (type == "API_CONFIGURATION_ERROR")
        return fmt::format("Execution failed due to configuration error: {}",
                           exchange.log_reason.empty() ? exchange.error_message : exchange.log_reason);
    if (type == "DEFAULT_5XX") return "Execution failed due to configuration error: Malformed Lambda proxy response";
    if (type == "BAD_REQUEST_BODY" || type == "BAD_REQUEST_PARAMETERS")
        return fmt::format("Request validation failed: {}",
                           exchange.error_validation.empty() ? exchange.error_message : exchange.error_validation);
    if (type == "AUTHORIZER_FAILURE" || type == "AUTHORIZER_CONFIGURATION_ERROR")
        return "Execution failed due to configuration error: Invalid JSON in response: authorizer";
    return exchange.error_message;
}

}  // namespace

LogLevel log_level_of(const aws::apigateway::MethodSetting& settings) {
    return contracts::log_level_of(settings.loggingLevel.value_or("OFF"), settings.dataTraceEnabled.value_or(false));
}

void note_request(Exchange& exchange, Time now) {
    auto& log = exchange.log;
    if (!log.tells_steps()) return;
    if (!exchange.test) log.step(now, "Extended Request Id: " + exchange.extended_request_id);
    log.step(now, "Starting execution for request: " + exchange.request_id);
    log.step(now, fmt::format("HTTP Method: {}, Resource Path: {}", exchange.request.method, exchange.path));
    if (!log.tells_bodies()) return;
    std::vector<http::Parameter> path;
    for (const auto& parameter : exchange.path_parameters) path.push_back({parameter.name, parameter.value});
    log.step(now, "Method request path: " + listed(path));
    log.step(now, "Method request query string: " + listed(exchange.query));
    log.step(now, "Method request headers: " + listed(exchange.request.headers));
    log.body(now, "Method request body before transformations", exchange.request.body);
}

void note_endpoint_request(Exchange& exchange, std::string_view uri, const http::Headers& headers,
                           std::string_view body, Time now) {
    auto& log = exchange.log;
    if (!log.tells_bodies()) return;
    log.step(now, fmt::format("Endpoint request URI: {}", uri));
    log.step(now, "Endpoint request headers: " + listed(headers));
    log.body(now, "Endpoint request body after transformations", body);
    log.step(now, fmt::format("Sending request to {}", uri));
}

void note_endpoint_response(Exchange& exchange, const http::Headers& headers, std::string_view body, Time now) {
    auto& log = exchange.log;
    if (!log.tells_bodies()) return;
    const auto latency = std::chrono::duration_cast<std::chrono::milliseconds>(exchange.integration_latency);
    log.step(now, fmt::format("Received response. Status: {}, Integration latency: {} ms", exchange.integration_status,
                              latency.count()));
    log.step(now, "Endpoint response headers: " + listed(headers));
    log.body(now, "Endpoint response body before transformations", body);
}

void note_answer(Exchange& exchange, const http::Response& response, Time now) {
    auto& log = exchange.log;
    if (!exchange.error_type.empty()) log.error(now, failure_of(exchange));
    if (!log.tells_steps()) return;
    if (exchange.error_type.empty()) {
        log.body(now, "Method response body after transformations", response.body);
        if (log.tells_bodies()) log.step(now, "Method response headers: " + listed(response.headers));
        log.step(now, "Successfully completed execution");
    }
    log.step(now, fmt::format("Method completed with status: {}", response.status));
}

}  // namespace cumulet::apigateway
