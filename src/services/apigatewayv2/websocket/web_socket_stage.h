// A WebSocket API's stage as messages find it: compiled once per change, then only read, from any thread.
#pragma once

#include <re2/re2.h>

#include "contracts/json_schema.h"
#include "services/apigatewayv2/routing.h"
#include "services/apigatewayv2/storage.h"
#include "velocity/template.h"

namespace cumulet::apigatewayv2 {

/// What messages must fit, by the key that the route's ModelSelectionExpression gives; or why a model cannot be read.
using Models = std::map<std::string, std::expected<contracts::JsonSchema, std::string>, std::less<>>;
using Templates = std::map<std::string, velocity::Template, std::less<>>;

struct CompiledIntegrationResponse {
    IntegrationResponse response;
    std::shared_ptr<const re2::RE2> pattern;  ///< nullptr: $default
    Templates templates;
};

struct WebSocketRoute {
    RoutedTo to;
    Route route;
    Models models;
    Templates request_templates;
    std::vector<CompiledIntegrationResponse> responses;
    bool two_way = false;  ///< what the integration answers goes to the client

    const Integration* integration() const { return to.integration.get(); }
};

struct WebSocketStage {
    std::string name;
    std::map<std::string, std::string> variables;
    std::map<std::string, WebSocketRoute, std::less<>> routes;  ///< by key
    std::optional<aws::apigatewayv2::AccessLogSettings> access_log = {};
    contracts::LogLevel log_level = contracts::LogLevel::none;  ///< where no route is
};

struct WebSocketApi {
    std::string route_selection;
    std::string api_key_selection;
    std::map<std::string, WebSocketStage, std::less<>> stages;
};

/// The models that a route's RequestModels names.
Models read_models(const Route& route, const Definition& definition);
WebSocketRoute compile_web_socket_route(const Route& route, RoutedTo to, std::vector<IntegrationResponse> responses,
                                        const Definition& definition);

}  // namespace cumulet::apigatewayv2
