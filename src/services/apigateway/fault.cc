#include "services/apigateway/fault.h"

#include <charconv>

#include "services/apigateway/gateway_response.h"

namespace cumulet::apigateway {
namespace {

constexpr std::string_view internal = "InternalServerErrorException";

const GatewayResponse* own_response(const Exchange& exchange, std::string_view type, int status) {
    const auto& own = exchange.definition->responses;
    if (const auto found = own.find(type); found != own.end()) return &found->second;
    const auto found = own.find(status >= 500 ? "DEFAULT_5XX" : "DEFAULT_4XX");
    return found == own.end() ? nullptr : &found->second;
}

int status_of(const std::optional<std::string>& text, int fallback) {
    if (!text) return fallback;
    int status = fallback;
    std::from_chars(text->data(), text->data() + text->size(), status);
    return status;
}

std::string plain_body(const Fault& fault) {
    std::string body = "{\"message\":";
    if (fault.message.empty()) return body + "null}";
    append_json_string(body, fault.message);
    return body + "}";
}

void add_headers(const Exchange& exchange, const GatewayResponse& own, http::Response& response) {
    constexpr std::string_view prefix = "gatewayresponse.header.";
    for (const auto& [target, source] : own.responseParameters.value_or(std::map<std::string, std::string>())) {
        const auto value = request_value(exchange, source);
        if (value && fits_header(*value)) response.headers.set(target.substr(prefix.size()), *value);
    }
}

std::string rendered(const Exchange& exchange, const std::string& source, const Fault& fault) {
    const auto parsed = velocity::Template::parse(source);
    if (!parsed) return plain_body(fault);
    auto variables = request_variables(exchange, exchange.request.body);
    return parsed->render(variables).value_or(plain_body(fault));
}

}  // namespace

Fault missing_authentication_token() {
    return {"MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token", "MissingAuthenticationTokenException"};
}
Fault unauthorized() { return {"UNAUTHORIZED", "Unauthorized", "UnauthorizedException"}; }
Fault access_denied(std::string message) { return {"ACCESS_DENIED", std::move(message), "AccessDeniedException"}; }
Fault authorizer_failure() { return {"AUTHORIZER_FAILURE", "", "AuthorizerFailureException"}; }
Fault authorizer_misconfigured() { return {"AUTHORIZER_CONFIGURATION_ERROR", "", "AuthorizerConfigurationException"}; }
Fault invalid_api_key() { return {"INVALID_API_KEY", "Forbidden", "ForbiddenException"}; }
Fault throttled() { return {"THROTTLED", "Too Many Requests", "TooManyRequestsException"}; }
Fault quota_exceeded() { return {"QUOTA_EXCEEDED", "Limit Exceeded", "LimitExceededException"}; }
Fault missing_parameters(const std::string& names) {
    return {"BAD_REQUEST_PARAMETERS", fmt::format("Missing required request parameters: [{}]", names),
            "BadRequestException"};
}
Fault invalid_body(std::string why) {
    Fault fault{"BAD_REQUEST_BODY", "Invalid request body", "BadRequestException"};
    fault.validation = std::move(why);
    return fault;
}
Fault unsupported_media_type() {
    return {"UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type", "UnsupportedMediaTypeException"};
}
Fault too_large() { return {"REQUEST_TOO_LARGE", "Request Too Long", "RequestTooLongException"}; }
// Unverified: the words.
Fault undecodable_body() {
    return {"DEFAULT_4XX", "Could not decompress the request body", "BadRequestException", 400};
}
Fault integration_timeout() { return {"INTEGRATION_TIMEOUT", "Endpoint request timed out", internal}; }
Fault integration_failure() { return {"INTEGRATION_FAILURE", "Network error communicating with endpoint", internal}; }
Fault misconfigured() { return {"API_CONFIGURATION_ERROR", "Internal server error", internal}; }
Fault malformed_proxy_reply() { return {"DEFAULT_5XX", "Internal server error", internal, 502}; }

http::Response answer_fault(Exchange& exchange, const Fault& fault) {
    exchange.error_type = fault.type;
    exchange.error_message = fault.message;
    exchange.error_validation = fault.validation;
    const auto& type = gateway_response_type(fault.type);
    const auto usual = fault.status ? fault.status : status_of(std::string(type.status), 500);
    http::Response response;
    response.status = usual;
    const auto* own = own_response(exchange, fault.type, usual);
    if (!own) {
        response.headers.add("Content-Type", "application/json");
        response.body = plain_body(fault);
    } else {
        response.status = status_of(own->statusCode, usual);
        const auto templates = own->responseTemplates.value_or(std::map<std::string, std::string>());
        const auto accepted = templates.find(media_type(exchange.request.headers.get("accept")));
        const auto json = templates.find("application/json");
        const auto chosen = accepted != templates.end() ? accepted : json != templates.end() ? json : templates.begin();
        if (chosen != templates.end()) {
            response.headers.add("Content-Type", chosen->first);
            response.body = rendered(exchange, chosen->second, fault);
        }
        add_headers(exchange, *own, response);
    }
    response.headers.set("x-amzn-ErrorType", std::string(fault.error_type));
    return response;
}

}  // namespace cumulet::apigateway
