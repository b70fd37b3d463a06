// What a WebSocket API may be made of. Pure: no I/O.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api.html
#pragma once

#include "services/apigatewayv2/storage.h"

namespace cumulet::apigatewayv2 {

inline constexpr std::string_view connect_route = "$connect";
inline constexpr std::string_view disconnect_route = "$disconnect";
inline constexpr int32_t longest_web_socket_timeout_ms = 29'000;

inline bool is_web_socket(const HttpApi& api) { return api.ProtocolType == "WEBSOCKET"; }

// Throw BadRequestException for what AWS refuses, NotImplemented for what is not built.
void check_web_socket_api(const HttpApi& api);
void check_web_socket_route(const Route& route);
void check_web_socket_integration(const Integration& integration);
void check_web_socket_authorizer(const Authorizer& authorizer);
void check_web_socket_stage(const Stage& stage);
void check_route_response(const RouteResponse& response);
void check_integration_response(const IntegrationResponse& response);
/// Throws BadRequestException for a model of a route that is no JSON schema, or refers to one that there is not.
void check_schemas(const Definition& definition);

/// What AWS assumes where a new integration does not say.
Integration with_web_socket_defaults(Integration integration);

}  // namespace cumulet::apigatewayv2
