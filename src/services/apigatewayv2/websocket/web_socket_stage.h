// A WebSocket API's stage as messages find it: compiled once per change, then only read, from any thread.
#pragma once

#include <re2/re2.h>

#include "services/apigatewayv2/routing.h"
#include "services/apigatewayv2/storage.h"
#include "velocity/template.h"

namespace cumulet::apigatewayv2 {

using Templates = std::map<std::string, velocity::Template, std::less<>>;

struct CompiledIntegrationResponse {
    IntegrationResponse response;
    std::shared_ptr<const re2::RE2> pattern;  ///< nullptr: $default
    Templates templates;
};

struct WebSocketRoute {
    RoutedTo to;
    Route route;
    Templates request_templates;
    std::vector<CompiledIntegrationResponse> responses;
    bool two_way = false;  ///< what the integration answers goes to the client

    const Integration* integration() const { return to.integration.get(); }
};

struct WebSocketStage {
    std::string name;
    std::map<std::string, std::string> variables;
    std::map<std::string, WebSocketRoute, std::less<>> routes;  ///< by key
    std::optional<aws::apigatewayv2::AccessLogSettings> access_log;
};

struct WebSocketApi {
    std::string route_selection;
    std::string api_key_selection;
    std::map<std::string, WebSocketStage, std::less<>> stages;
};

WebSocketRoute compile_web_socket_route(const Route& route, RoutedTo to, std::vector<IntegrationResponse> responses);

}  // namespace cumulet::apigatewayv2
