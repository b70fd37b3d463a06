#include "services/apigateway/gateway_response.h"

namespace cumulet::apigateway {
namespace {

constexpr GatewayResponseType types[] = {
    {"ACCESS_DENIED", "403"},
    {"API_CONFIGURATION_ERROR", "500"},
    {"AUTHORIZER_CONFIGURATION_ERROR", "500"},
    {"AUTHORIZER_FAILURE", "500"},
    {"BAD_REQUEST_BODY", "400"},
    {"BAD_REQUEST_PARAMETERS", "400"},
    {"DEFAULT_4XX", ""},
    {"DEFAULT_5XX", ""},
    {"EXPIRED_TOKEN", "403"},
    {"INTEGRATION_FAILURE", "504"},
    {"INTEGRATION_TIMEOUT", "504"},
    {"INVALID_API_KEY", "403"},
    {"INVALID_SIGNATURE", "403"},
    {"MISSING_AUTHENTICATION_TOKEN", "403"},
    {"QUOTA_EXCEEDED", "429"},
    {"REQUEST_TOO_LARGE", "413"},
    {"RESOURCE_NOT_FOUND", "404"},
    {"THROTTLED", "429"},
    {"UNAUTHORIZED", "401"},
    {"UNSUPPORTED_MEDIA_TYPE", "415"},
    {"WAF_FILTERED", "403"},
};

}  // namespace

std::span<const GatewayResponseType> gateway_response_types() { return types; }

const GatewayResponseType& gateway_response_type(std::string_view name) {
    const auto found = std::ranges::find(types, name, &GatewayResponseType::name);
    // Unverified: the words.
    if (found == std::end(types))
        throw aws::apigateway::NotFoundException("Invalid gateway response type specified: " + std::string(name));
    return *found;
}

GatewayResponse default_gateway_response(const GatewayResponseType& type) {
    GatewayResponse response;
    response.responseType = type.name;
    if (!type.status.empty()) response.statusCode = type.status;
    response.responseParameters.emplace();
    response.responseTemplates.emplace()["application/json"] = "{\"message\":$context.error.messageString}";
    response.defaultResponse = true;
    return response;
}

}  // namespace cumulet::apigateway
