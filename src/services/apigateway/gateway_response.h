// What API Gateway answers itself, without an integration. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
#pragma once

#include <span>
#include <string_view>

#include "services/apigateway/storage.h"

namespace cumulet::apigateway {

struct GatewayResponseType {
    std::string_view name;    ///< "MISSING_AUTHENTICATION_TOKEN"
    std::string_view status;  ///< "403"; "" for DEFAULT_4XX and DEFAULT_5XX
};

/// All types, by name.
std::span<const GatewayResponseType> gateway_response_types();
/// Throws NotFoundException.
const GatewayResponseType& gateway_response_type(std::string_view name);
/// What that type is answered with where an API says nothing else.
GatewayResponse default_gateway_response(const GatewayResponseType& type);

}  // namespace cumulet::apigateway
