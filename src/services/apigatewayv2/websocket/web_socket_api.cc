#include "services/apigatewayv2/websocket/web_socket_api.h"

#include <re2/re2.h>

#include "contracts/http_sender.h"
#include "services/apigatewayv2/http_api.h"
#include "services/apigatewayv2/websocket/expression.h"
#include "services/apigatewayv2/websocket/web_socket_stage.h"
#include "velocity/template.h"

namespace cumulet::apigatewayv2 {
namespace {

using aws::apigatewayv2::BadRequestException;
using TextMap = std::map<std::string, std::string>;

// Unverified: the words of all that follow.
void refuse_if(bool wrong, std::string_view words) {
    if (wrong) throw BadRequestException(std::string(words));
}

void check_templates(const std::optional<TextMap>& templates) {
    for (const auto& [key, source] : templates.value_or(TextMap())) {
        const auto parsed = velocity::Template::parse(source);
        if (!parsed) throw BadRequestException(fmt::format("Invalid mapping template for {}: {}", key, parsed.error()));
    }
}

bool is_request_value(std::string_view source) {
    if (source.size() >= 2 && source.starts_with('\'') && source.ends_with('\'')) return true;
    for (const std::string_view prefix :
         {"route.request.header.", "route.request.querystring.", "route.request.multivalueheader.",
          "route.request.multivaluequerystring.", "route.request.body.", "context.", "stageVariables."}) {
        if (source.starts_with(prefix) && source.size() > prefix.size()) return true;
    }
    return source == "route.request.body";
}

bool is_response_value(std::string_view source) {
    for (const std::string_view prefix :
         {"integration.response.header.", "integration.response.multivalueheader.", "integration.response.body."}) {
        if (source.starts_with(prefix) && source.size() > prefix.size()) return true;
    }
    return source == "integration.response.body" || source == "integration.response.statuscode" ||
           (!source.starts_with("route.") && is_request_value(source));
}

/// "route.response.header.<name>"; operations' documentation says "method" for "route", as of REST APIs.
bool is_response_header(std::string_view target) {
    for (const std::string_view prefix : {"route.response.header.", "method.response.header."}) {
        if (!target.starts_with(prefix)) continue;
        target.remove_prefix(prefix.size());
        return !target.empty() && std::ranges::all_of(target, [](char c) {
            return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
        });
    }
    return false;
}

[[noreturn]] void refuse_mapping(std::string_view expression) {
    throw BadRequestException(
        fmt::format("Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping "
                    "expression parameter specified: {}]",
                    expression));
}

void check_response_parameters(const TextMap& parameters) {
    for (const auto& [target, source] : parameters) {
        if (!is_response_header(target)) refuse_mapping(target);
        if (!is_response_value(source)) refuse_mapping(source);
    }
}

void check_expression(const std::optional<std::string>& expression, std::string_view member) {
    if (!expression || expression->empty() || is_selection_expression(*expression)) return;
    throw BadRequestException(fmt::format("Invalid expression specified for {}", member));
}

void check_request_parameters(const TextMap& parameters) {
    for (const auto& [target, source] : parameters) {
        const bool placed = target.starts_with("integration.request.header.") ||
                            target.starts_with("integration.request.querystring.") ||
                            target.starts_with("integration.request.path.");
        if (!placed) refuse_mapping(target);
        if (!is_request_value(source)) refuse_mapping(source);
    }
}

void check_function(const Integration& integration) {
    if (!function_of(integration.IntegrationUri.value_or("")))
        throw BadRequestException("Invalid function ARN or invalid uri");
}

void check_service(const Integration& integration) {
    const auto arn = Arn::parse(integration.IntegrationUri.value_or(""));
    refuse_if(!arn || arn->service != "apigateway" ||
                  !(arn->resource.starts_with("action/") || arn->resource.starts_with("path/")),
              "Invalid ARN specified in the request. AWS ARN for integration must contain path or action");
    if (!arn->account.ends_with("lambda"))
        refuse_if(integration.CredentialsArn.value_or("").empty(),
                  "Role ARN must be specified for AWS integrations configured to access AWS services");
    refuse_if(integration.IntegrationMethod.value_or("").empty(), "Integration method is required");
}

void check_endpoint(const Integration& integration) {
    refuse_if(!contracts::HttpTarget::parse(integration.IntegrationUri.value_or("")),
              "Invalid HTTP endpoint specified for URI");
    refuse_if(integration.IntegrationMethod.value_or("").empty(), "Integration method is required");
}

}  // namespace

void check_web_socket_api(const HttpApi& api) {
    refuse_if(api.CorsConfiguration.has_value(), "CORS configuration is only supported for HTTP APIs");
    refuse_if(!is_selection_expression(api.RouteSelectionExpression),
              "Invalid expression specified for RouteSelectionExpression");
    const auto key = api.ApiKeySelectionExpression.value_or("");
    if (key != "$request.header.x-api-key" && key != "$context.authorizer.usageIdentifierKey")
        throw BadRequestException("Invalid API key selection expression specified: " + key);
    if (api.IpAddressType.value_or("ipv4") != "ipv4") throw unsupported("IpAddressType " + *api.IpAddressType);
}

void check_web_socket_route(const Route& route) {
    refuse_if(route.RouteKey.empty(), "RouteKey must not be empty");
    const bool connects = route.RouteKey == connect_route;
    refuse_if(route.RouteKey.starts_with('$') && !connects && route.RouteKey != disconnect_route &&
                  route.RouteKey != default_route,
              "Route keys that begin with $ are $connect, $disconnect and $default");
    const auto authorization = route.AuthorizationType.value_or("NONE");
    refuse_if(authorization == "JWT", "JWT authorization is only supported for HTTP APIs");
    refuse_if(authorization != "NONE" && !connects,
              "Currently, authorization is restricted to the $connect route only");
    const bool has_authorizer = !route.AuthorizerId.value_or("").empty();
    refuse_if(authorization == "CUSTOM" && !has_authorizer, "AuthorizerId is required for authorization type CUSTOM");
    refuse_if(authorization != "CUSTOM" && has_authorizer,
              "AuthorizerId is only allowed for authorization type CUSTOM");
    refuse_if(route.AuthorizationScopes && !route.AuthorizationScopes->empty(),
              "AuthorizationScopes are only supported for authorization type JWT");
    refuse_if(route.ApiKeyRequired.value_or(false) && route.RouteKey == disconnect_route,
              "API keys are not supported for the $disconnect route");
    check_expression(route.ModelSelectionExpression, "ModelSelectionExpression");
    refuse_if((connects || route.RouteKey == disconnect_route) && !route.ModelSelectionExpression.value_or("").empty(),
              "ModelSelectionExpression is only supported for routes of messages");
    if (route.RequestParameters) {
        for (const auto& [name, constraints] : *route.RequestParameters) {
            refuse_if(!connects || (!name.starts_with("route.request.querystring.") &&
                                    !name.starts_with("route.request.header.")),
                      "RequestParameters are route.request.querystring.<name> or route.request.header.<name> of the "
                      "$connect route");
        }
    }
    const auto selection = route.RouteResponseSelectionExpression.value_or("");
    refuse_if(!selection.empty() && selection != default_route, "RouteResponseSelectionExpression must be $default");
    if (route.Target) integration_id_of(*route.Target);
}

Integration with_web_socket_defaults(Integration integration) {
    const auto& type = integration.IntegrationType.value_or("");
    if (!integration.ConnectionType) integration.ConnectionType = "INTERNET";
    if (!integration.TimeoutInMillis) integration.TimeoutInMillis = longest_web_socket_timeout_ms;
    if (!integration.PassthroughBehavior) integration.PassthroughBehavior = "WHEN_NO_MATCH";
    if (!integration.PayloadFormatVersion) integration.PayloadFormatVersion = "1.0";
    if (!integration.IntegrationMethod && type.starts_with("AWS")) integration.IntegrationMethod = "POST";
    if (type == "AWS" && function_of(integration.IntegrationUri.value_or(""))) {
        integration.IntegrationResponseSelectionExpression = "${integration.response.body.errorMessage}";
    } else if (type == "AWS" || type.starts_with("HTTP") || type == "MOCK") {
        integration.IntegrationResponseSelectionExpression = "${integration.response.statuscode}";
    }
    return integration;
}

void check_web_socket_integration(const Integration& integration) {
    const auto type = integration.IntegrationType.value_or("");
    refuse_if(integration.IntegrationSubtype.has_value(), "IntegrationSubtype is only supported for HTTP APIs");
    refuse_if(integration.PayloadFormatVersion.value_or("1.0") != "1.0",
              "PayloadFormatVersion must be 1.0 for WebSocket APIs");
    if (integration.ConnectionType.value_or("INTERNET") != "INTERNET")
        throw unsupported("ConnectionType " + *integration.ConnectionType);
    if (integration.ConnectionId) throw unsupported("ConnectionId");
    refuse_if(integration.TlsConfig.has_value(), "TlsConfig is only supported for HTTP APIs");
    if (integration.CredentialsArn && integration.CredentialsArn->contains(":user/*"))
        throw unsupported("CredentialsArn of the caller");
    const auto timeout = integration.TimeoutInMillis.value_or(longest_web_socket_timeout_ms);
    refuse_if(timeout < 50 || timeout > longest_web_socket_timeout_ms, "Timeout should be between 50 ms and 29000 ms");
    check_expression(integration.TemplateSelectionExpression, "TemplateSelectionExpression");
    refuse_if(integration.ResponseParameters && !integration.ResponseParameters->empty(),
              "ResponseParameters are only supported for HTTP APIs");
    check_templates(integration.RequestTemplates);
    if (integration.RequestParameters) check_request_parameters(*integration.RequestParameters);
    if (type == "AWS_PROXY") return check_function(integration);
    if (type == "AWS") return check_service(integration);
    if (type == "HTTP" || type == "HTTP_PROXY") return check_endpoint(integration);
    if (type != "MOCK") throw BadRequestException(fmt::format("Invalid integration type specified: {}", type));
}

void check_web_socket_authorizer(const Authorizer& authorizer) {
    refuse_if(authorizer.AuthorizerType != "REQUEST" || authorizer.JwtConfiguration,
              "Only REQUEST authorizers are supported for WebSocket APIs");
    refuse_if(!function_of(authorizer.AuthorizerUri.value_or("")), "AuthorizerUri must name a Lambda function");
    refuse_if(
        authorizer.AuthorizerPayloadFormatVersion || authorizer.EnableSimpleResponses.value_or(false) ||
            authorizer.AuthorizerResultTtlInSeconds.value_or(0) > 0,
        "AuthorizerPayloadFormatVersion, EnableSimpleResponses and AuthorizerResultTtlInSeconds are only supported "
        "for HTTP APIs");
    refuse_if(!authorizer.IdentityValidationExpression.value_or("").empty(),
              "IdentityValidationExpression is not supported for REQUEST authorizers");
    for (const auto& source : authorizer.IdentitySource.value_or(std::vector<std::string>())) {
        const bool known = source.starts_with("route.request.header.") ||
                           source.starts_with("route.request.querystring.") || source.starts_with("context.") ||
                           source.starts_with("stageVariables.");
        if (!known) throw BadRequestException(fmt::format("Invalid identity source: {}", source));
    }
}

void check_web_socket_stage(const Stage& stage) {
    refuse_if(stage.StageName == default_stage, "Stage name only allows a-zA-Z0-9_-");
    check_stage(stage);
}

void check_route_response(const RouteResponse& response) {
    refuse_if(response.RouteResponseKey != default_route, "RouteResponseKey must be $default");
    check_expression(response.ModelSelectionExpression, "ModelSelectionExpression");
    if (!response.ResponseParameters) return;
    for (const auto& [target, constraints] : *response.ResponseParameters) {
        if (!is_response_header(target)) refuse_mapping(target);
    }
}

void check_integration_response(const IntegrationResponse& response) {
    const std::string_view key = response.IntegrationResponseKey;
    refuse_if(key.empty(), "IntegrationResponseKey must not be empty");
    if (key != default_route) {
        refuse_if(key.size() < 3 || !key.starts_with('/') || !key.ends_with('/') ||
                      !re2::RE2(std::string(key.substr(1, key.size() - 2)), re2::RE2::Quiet).ok(),
                  "IntegrationResponseKey must be $default or a regular expression between slashes");
    }
    check_expression(response.TemplateSelectionExpression, "TemplateSelectionExpression");
    check_templates(response.ResponseTemplates);
    if (response.ResponseParameters) check_response_parameters(*response.ResponseParameters);
}

void check_schemas(const Definition& definition) {
    for (const auto& route : definition.routes) {
        for (const auto& [key, model] : read_models(route, definition)) {
            if (!model)
                throw BadRequestException(
                    fmt::format("Invalid model of route {} for {}: {}", route.RouteKey, key, model.error()));
        }
    }
}

}  // namespace cumulet::apigatewayv2
