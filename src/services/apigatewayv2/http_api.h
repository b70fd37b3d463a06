// What an HTTP API may be made of. Pure: no I/O.
#pragma once

#include <string>
#include <string_view>

#include "contracts/apigatewayv2.h"
#include "runtime/call.h"
#include "services/apigatewayv2/storage.h"

namespace cumulet::apigatewayv2 {

/// Tag by which a caller chooses an API's id.
inline constexpr std::string_view custom_id_tag = "_custom_id_";
/// The same for CloudFormation, whose repeated steps must find what the first try made. This tag itself is not kept.
inline constexpr std::string_view derived_id_tag = "aws:cumulet:api-id";
inline constexpr std::string_view default_stage = "$default";
inline constexpr std::string_view default_route = "$default";
inline constexpr int32_t longest_timeout_ms = 30'000;

/// 501 that names what is not built.
aws::Error unsupported(std::string_view what);

/// The id that `tags` ask for, taking out the tag that is not kept; nothing if they ask for none.
/// Throws BadRequestException for what cannot be an id.
std::optional<std::string> wanted_id(std::map<std::string, std::string>& tags);
std::string new_id(Random& random, size_t length);

/// Throws BadRequestException for what AWS refuses.
void check_cors(const aws::apigatewayv2::Cors& cors);
void check_route_key(std::string_view route_key);
void check_stage_name(std::string_view name);
void check_stage_variables(const std::map<std::string, std::string>& variables);

/// Also throws NotImplemented for what is not built.
void check_route(const Route& route);
void check_integration(const Integration& integration);
/// What AWS assumes where a new integration does not say.
Integration with_defaults(Integration integration);
void check_stage(const Stage& stage);

/// The id in a route's target "integrations/<id>". Throws BadRequestException.
std::string integration_id_of(std::string_view target);

/// The function that an integration's URI names, by ARN:
///     arn:aws:lambda:us-east-1:000000000000:function:orders
///     arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:…:function:orders/invocations
/// Stage variables may stand in either. Nothing if it names none.
std::optional<std::string> function_of(std::string_view integration_uri);
/// `text` with each ${stageVariables.name} replaced; nothing if one of them is not set.
std::optional<std::string> with_stage_variables(std::string_view text,
                                                const std::map<std::string, std::string>& variables);

}  // namespace cumulet::apigatewayv2
