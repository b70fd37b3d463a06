#include "services/apigatewayv2/http_api.h"

#include <set>

#include "base/bytes.h"
#include "contracts/access_log.h"
#include "contracts/http_sender.h"
#include "services/apigatewayv2/mapping.h"
#include "services/apigatewayv2/service_request.h"

namespace cumulet::apigatewayv2 {
namespace {

using aws::apigatewayv2::BadRequestException;

constexpr std::string_view methods[] = {"ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_'; }

bool well_formed_segment(std::string_view segment, bool last, std::set<std::string_view>& names) {
    if (!segment.contains('{') && !segment.contains('}')) return true;
    if (segment.size() < 3 || segment.front() != '{' || segment.back() != '}') return false;
    auto name = segment.substr(1, segment.size() - 2);
    if (name.ends_with('+')) {
        if (!last) return false;
        name.remove_suffix(1);
    }
    const auto fits = [](char c) { return is_word(c) || c == '.' || c == ':'; };
    return !name.empty() && std::ranges::all_of(name, fits) && names.insert(name).second;
}

bool well_formed_path(std::string_view path) {
    if (!path.starts_with('/') || path.contains(' ')) return false;
    std::set<std::string_view> names;
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto slash = std::min(path.find('/'), path.size());
        if (!well_formed_segment(path.substr(0, slash), slash == path.size(), names)) return false;
        path.remove_prefix(slash);
    }
    return true;
}

}  // namespace

aws::Error unsupported(std::string_view what) { return aws::not_implemented("apigatewayv2", "HTTP API", what); }

std::optional<std::string> wanted_id(std::map<std::string, std::string>& tags) {
    std::optional<std::string> id;
    if (const auto derived = tags.extract(std::string(derived_id_tag))) id = derived.mapped();
    if (const auto custom = tags.find(std::string(custom_id_tag)); custom != tags.end()) id = custom->second;
    // A label of a host name, and a part of a path.
    if (id && (id->empty() || id->size() > 63 || !std::ranges::all_of(*id, is_word))) {
        throw BadRequestException(fmt::format("Invalid API identifier: {}", *id));
    }
    if (id) *id = to_lower(*id);
    return id;
}

std::string new_id(Random& random, size_t length) {
    return random.text(length, "abcdefghijklmnopqrstuvwxyz0123456789");
}

void check_cors(const aws::apigatewayv2::Cors& cors) {
    static const std::vector<std::string> none;
    const auto& origins = cors.AllowOrigins ? *cors.AllowOrigins : none;
    for (const auto& origin : origins) {
        if (origin == "*") {
            // Unverified: the words.
            if (cors.AllowCredentials.value_or(false)) {
                throw BadRequestException("allowCredentials is not supported for origin *");
            }
        } else if (!origin.contains("://")) {
            throw BadRequestException(fmt::format(
                "Invalid format for origin {}. Format should be <protocol>://<host>:<port> or \"*\"", origin));
        }
    }
    for (const auto& method : cors.AllowMethods ? *cors.AllowMethods : none) {
        if (method != "*" && (method == "ANY" || std::ranges::find(methods, method) == std::end(methods))) {
            throw BadRequestException(fmt::format("Invalid method {} in allowMethods", method));
        }
    }
}

void check_route_key(std::string_view route_key) {
    if (route_key == default_route) return;
    const auto space = std::min(route_key.find(' '), route_key.size());
    const auto method = route_key.substr(0, space);
    if (space == route_key.size() || std::ranges::find(methods, method) == std::end(methods) ||
        !well_formed_path(route_key.substr(space + 1))) {
        throw BadRequestException(
            "The provided route key is not formatted properly for HTTP protocol. "
            "Format should be \"<HTTP METHOD> /<RESOURCE PATH>\" or \"$default\"");
    }
}

void check_stage_name(std::string_view name) {
    if (name == default_stage) return;
    if (name.empty() || name.size() > 128 || !std::ranges::all_of(name, is_word)) {
        throw BadRequestException("Stage name only allows a-zA-Z0-9_-");  // Unverified: the words
    }
}

void check_stage_variables(const std::map<std::string, std::string>& variables) {
    for (const auto& [name, value] : variables) {
        if (name.empty() || !std::ranges::all_of(name, is_word)) {
            throw BadRequestException("Stage variable names may only have alphanumeric characters and underscores: " +
                                      name);
        }
        const auto fits = [](char c) { return is_word(c) || std::string_view(".~:/?#&=,").contains(c); };
        if (!std::ranges::all_of(value, fits)) {
            throw BadRequestException(
                "Stage variable value must match this regular expression [A-Za-z0-9-._~:/?#&=,]+: " + value);
        }
    }
}

void check_route(const Route& route) {
    check_route_key(route.RouteKey);
    const auto authorization = route.AuthorizationType.value_or("NONE");
    const bool asks_authorizer = authorization == "JWT" || authorization == "CUSTOM";
    const bool has_authorizer = !route.AuthorizerId.value_or("").empty();
    // Unverified: the words, of all three.
    if (asks_authorizer && !has_authorizer)
        throw BadRequestException(fmt::format("AuthorizerId is required for authorization type {}", authorization));
    if (!asks_authorizer && has_authorizer)
        throw BadRequestException(fmt::format("AuthorizerId is not allowed for authorization type {}", authorization));
    if (authorization != "JWT" && route.AuthorizationScopes && !route.AuthorizationScopes->empty())
        throw BadRequestException("AuthorizationScopes are only supported for authorization type JWT");
    if (route.ApiKeyRequired.value_or(false) || route.ModelSelectionExpression || route.RequestModels ||
        route.RouteResponseSelectionExpression) {
        // Unverified: the words.
        throw BadRequestException(
            "ApiKeyRequired, ModelSelectionExpression, RequestModels and "
            "RouteResponseSelectionExpression are not supported for HTTP APIs");
    }
    if (route.RequestParameters && !route.RequestParameters->empty()) throw unsupported("RequestParameters");
    if (route.Target) integration_id_of(*route.Target);
}

namespace {

void check_function(const Integration& integration) {
    if (integration.CredentialsArn && integration.CredentialsArn->contains(":user/*")) {
        throw unsupported("CredentialsArn of the caller");
    }
    if (!function_of(integration.IntegrationUri.value_or(""))) {
        throw BadRequestException("Invalid function ARN or invalid uri");
    }
    const auto version = integration.PayloadFormatVersion.value_or("");
    if (version.empty()) throw BadRequestException("PayloadFormatVersion is a required parameter for integration");
    if (version != "1.0" && version != "2.0") {
        throw BadRequestException(fmt::format("PayloadFormatVersion {} is not supported", version));
    }
}

// Unverified: the words.
void check_endpoint(const Integration& integration) {
    if (integration.PayloadFormatVersion.value_or("1.0") != "1.0")
        throw BadRequestException("PayloadFormatVersion must be 1.0 for HTTP_PROXY integrations");
    const auto method = integration.IntegrationMethod.value_or("");
    if (std::ranges::find(methods, method) == std::end(methods))
        throw BadRequestException(fmt::format("Invalid HTTP method specified: {}", method));
    if (!contracts::HttpTarget::parse(integration.IntegrationUri.value_or("")))
        throw BadRequestException("Invalid HTTP endpoint specified for URI");
    if (integration.CredentialsArn) throw BadRequestException("CredentialsArn is not supported for HTTP_PROXY");
}

}  // namespace

Integration with_defaults(Integration integration) {
    const bool function = integration.IntegrationType == "AWS_PROXY" && !integration.IntegrationSubtype;
    if (!integration.ConnectionType) integration.ConnectionType = "INTERNET";
    if (!integration.TimeoutInMillis) integration.TimeoutInMillis = longest_timeout_ms;
    if (!integration.IntegrationMethod && function) integration.IntegrationMethod = "POST";
    if (!integration.PayloadFormatVersion && !function) integration.PayloadFormatVersion = "1.0";
    return integration;
}

void check_integration(const Integration& integration) {
    const auto type = integration.IntegrationType.value_or("");
    if (type != "AWS_PROXY" && type != "HTTP_PROXY") {
        // Unverified: the words.
        throw BadRequestException(fmt::format("Invalid integration type specified: {}", type));
    }
    const auto connection = integration.ConnectionType.value_or("INTERNET");
    if (connection != "INTERNET") throw unsupported("ConnectionType " + connection);
    if (integration.ConnectionId) throw unsupported("ConnectionId");
    if (integration.TlsConfig) throw unsupported("TlsConfig");
    const auto timeout = integration.TimeoutInMillis.value_or(longest_timeout_ms);
    if (timeout < 50 || timeout > longest_timeout_ms) {
        throw BadRequestException("Timeout should be between 50 ms and 30000 ms");
    }
    if (integration.IntegrationSubtype) {
        if (type != "AWS_PROXY") throw BadRequestException("IntegrationSubtype is only supported for AWS_PROXY");
        return check_subtype(integration);
    }
    if (integration.RequestParameters) check_request_mappings(*integration.RequestParameters);
    if (integration.ResponseParameters) check_response_mappings(*integration.ResponseParameters);
    if (type == "HTTP_PROXY") return check_endpoint(integration);
    check_function(integration);
}

namespace {

// Unverified: the words.
void check_access_log(const aws::apigatewayv2::AccessLogSettings& settings) {
    const auto arn = settings.DestinationArn.value_or("");
    const auto format = settings.Format.value_or("");
    if (arn.contains(":firehose:")) throw unsupported("AccessLogSettings.DestinationArn of Firehose");
    if (!contracts::log_group_of(arn)) throw BadRequestException("Invalid ARN specified in the request");
    if (format.empty() || format.size() > 3072)
        throw BadRequestException("Access log format must have 1 to 3072 bytes");
    const auto end = format.find_first_of("\r\n");
    if (end != std::string::npos && format.find_first_not_of("\r\n", end) != std::string::npos) {
        throw BadRequestException(
            "Access log format must be single line, new line character is allowed only at end of the format string");
    }
    if (!format.contains("$context.requestId") && !format.contains("$context.extendedRequestId"))
        throw BadRequestException("Access log format must contain $context.requestId or $context.extendedRequestId");
}

}  // namespace

void check_stage(const Stage& stage) {
    check_stage_name(stage.StageName);
    if (stage.StageVariables) check_stage_variables(*stage.StageVariables);
    if (stage.AccessLogSettings) check_access_log(*stage.AccessLogSettings);
    if (stage.ClientCertificateId) throw unsupported("ClientCertificateId");
}

std::string integration_id_of(std::string_view target) {
    constexpr std::string_view prefix = "integrations/";
    if (!target.starts_with(prefix) || target.size() == prefix.size()) {
        throw BadRequestException(
            fmt::format("Invalid target {}. Format should be integrations/<integration id>", target));
    }
    return std::string(target.substr(prefix.size()));
}

std::optional<std::string> function_of(std::string_view integration_uri) {
    constexpr std::string_view path = ":lambda:path/2015-03-31/functions/";
    constexpr std::string_view end = "/invocations";
    auto function = integration_uri;
    if (const auto found = function.find(path); found != std::string_view::npos) {
        if (!function.starts_with("arn:") || !function.ends_with(end)) return std::nullopt;
        function.remove_prefix(found + path.size());
        if (!function.ends_with(end)) return std::nullopt;
        function.remove_suffix(end.size());
    }
    const auto arn = Arn::parse(function);
    if (!arn || arn->service != "lambda" || !arn->resource.starts_with("function:") || arn->resource.size() == 9) {
        return std::nullopt;
    }
    return std::string(function);
}

std::optional<std::string> with_stage_variables(std::string_view text,
                                                const std::map<std::string, std::string>& variables) {
    constexpr std::string_view opening = "${stageVariables.";
    std::string result;
    while (true) {
        const auto start = text.find(opening);
        result += text.substr(0, start);
        if (start == std::string_view::npos) return result;
        text.remove_prefix(start + opening.size());
        const auto end = text.find('}');
        if (end == std::string_view::npos) return std::nullopt;
        const auto variable = variables.find(std::string(text.substr(0, end)));
        if (variable == variables.end()) return std::nullopt;
        result += variable->second;
        text.remove_prefix(end + 1);
    }
}

}  // namespace cumulet::apigatewayv2
