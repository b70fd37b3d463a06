// What a function is told about a request: payload formats 1.0 and 2.0. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
#pragma once

#include "base/http.h"
#include "base/json.h"
#include "contracts/execute_api.h"
#include "contracts/execution_log.h"
#include "services/apigatewayv2/routing.h"

namespace cumulet::apigatewayv2 {

/// Who or what let a request pass, and what it said.
struct Authorized {
    enum class By : uint8_t { nobody, token, function, signature };
    By by = By::nobody;
    json::object values;  ///< of a token its claims and scopes, of a function its context, of a signer the identity
    std::string principal_id;  ///< that a function gave
};

/// How it went to ask who may.
struct AuthorizationOutcome {
    int status = 200;
    Duration latency{};
    std::string error;
};

/// How a request ended, as access logs tell.
struct Outcome {
    int status = 0;
    size_t bytes = 0;  ///< of the body
    Duration latency{};
    std::optional<Duration> integration_latency;  ///< nothing where the request did not get that far
    int integration_status = 0;  ///< of the endpoint; Lambda's own where a WebSocket API asked a function
    std::string error;           ///< API Gateway's own refusal: "Forbidden"

    // Of WebSocket APIs alone.
    int function_status = 0;        ///< that a function answered with
    std::string error_type;         ///< of the refusal: "THROTTLED"
    std::string validation_error;   ///< why a message does not fit its model
    std::string integration_error;  ///< why the integration did not work
    std::string integration_request_id;
    std::string api_key_id;  ///< of the key that let it in
    std::optional<AuthorizationOutcome> authorization;
};

struct WebSocketEvent;  // websocket/web_socket_event.h

/// A request on its way to a function.
struct Passage {
    const http::Request* request = nullptr;
    std::string path;     ///< decoded, as the caller wrote it: with the stage's name, or a custom domain's base path
    std::string account;  ///< the API's
    std::string api_id;
    std::string domain_name;
    std::optional<contracts::DomainMatch> domain;  ///< the custom domain that led here
    std::string stage;
    std::map<std::string, std::string> stage_variables;
    std::string route_path;  ///< decoded, without the stage's name
    std::string route_arn;   ///< "arn:aws:execute-api:us-east-1:000000000000:abc/prod/GET/pets/7"
    Match match;             ///< without a route until one is found
    Authorized authorized;
    Outcome outcome;
    std::string request_id;  ///< "JKJaXmPLvHcESHA="
    std::string source_address;
    std::string trace;  ///< X-Amzn-Trace-Id, never empty
    Time received;
    const WebSocketEvent* web_socket = nullptr;  ///< what happened on a connection; nullptr for HTTP APIs
    contracts::ExecutionLog log;                 ///< of WebSocket APIs
};

/// The event in the payload format of the route that was matched, as JSON text.
std::string event_text(const Passage& passage);
/// What an authorizer's function is told, in the payload format `version`; `identity` are the values of the identity
/// sources.
std::string authorizer_event_text(const Passage& passage, std::string_view version,
                                  const std::vector<std::string>& identity);

/// The headers that a function sees: what API Gateway adds comes last.
std::vector<http::Header> headers_of(const Passage& passage);

/// True if a body of that content type comes as Base64 whatever is in it.
bool is_binary(std::string_view content_type);

}  // namespace cumulet::apigatewayv2
