#include "services/apigatewayv2/open_api_export.h"

#include "base/bytes.h"
#include "contracts/reflect.h"
#include "services/apigatewayv2/http_api.h"

namespace cumulet::apigatewayv2 {
namespace {

constexpr std::string_view any_method = "x-amazon-apigateway-any-method";
constexpr std::string_view signature_scheme = "sigv4Reference";

void put(json::object& object, std::string_view name, const std::optional<std::string>& text) {
    if (text && !text->empty()) object[name] = *text;
}

json::object to_object(const std::map<std::string, std::string>& texts) {
    json::object object;
    for (const auto& [name, value] : texts) object[name] = value;
    return object;
}

json::array to_array(const std::vector<std::string>& texts) {
    json::array array;
    for (const auto& text : texts) array.emplace_back(text);
    return array;
}

/// "2026-11-23 00:55:00UTC", the version of an API that was given none.
std::string date_version(Time time) {
    auto text = format_iso8601(std::chrono::floor<std::chrono::seconds>(time));
    text[10] = ' ';
    text.replace(19, std::string::npos, "UTC");
    return text;
}

json::object about(const HttpApi& api) {
    json::object info{{"title", api.Name}};
    put(info, "description", api.Description);
    info["version"] = api.Version.value_or(date_version(api.CreatedDate.value_or(Time())));
    return info;
}

json::array servers(const ExportedApi& exported) {
    const auto stage = exported.stage_name == default_stage ? "" : "/" + exported.stage_name;
    if (exported.stage_name.empty()) return {};
    return {json::object{{"url", exported.endpoint + "/{basePath}"},
                         {"variables", json::object{{"basePath", json::object{{"default", stage}}}}}}};
}

/// All tags but those that stand for the API's id, which another API cannot have.
json::array tags(const HttpApi& api, bool with_extensions) {
    json::array list;
    for (const auto& [name, value] : api.Tags.value_or(std::map<std::string, std::string>())) {
        if (name == custom_id_tag || name == derived_id_tag) continue;
        json::object tag{{"name", name}};
        if (with_extensions) tag["x-amazon-apigateway-tag-value"] = value;
        list.push_back(std::move(tag));
    }
    return list;
}

json::object integration_of(const Integration& integration) {
    json::object object;
    if (integration.RequestParameters && !integration.RequestParameters->empty())
        object["requestParameters"] = to_object(*integration.RequestParameters);
    if (integration.ResponseParameters && !integration.ResponseParameters->empty()) {
        json::object responses;
        for (const auto& [status, mappings] : *integration.ResponseParameters) responses[status] = to_object(mappings);
        object["responseParameters"] = std::move(responses);
    }
    put(object, "payloadFormatVersion", integration.PayloadFormatVersion);
    put(object, "type", to_lower(integration.IntegrationType.value_or("")));
    put(object, "integrationSubtype", integration.IntegrationSubtype);
    put(object, "httpMethod", integration.IntegrationMethod);
    put(object, "uri", integration.IntegrationUri);
    put(object, "credentials", integration.CredentialsArn);
    put(object, "connectionType", integration.ConnectionType);
    put(object, "description", integration.Description);
    object["timeoutInMillis"] = integration.TimeoutInMillis.value_or(longest_timeout_ms);
    return object;
}

/// The variables in "/orders/{id}/{rest+}".
json::array path_parameters(std::string_view path) {
    json::array parameters;
    while (true) {
        const auto open = path.find('{');
        const auto close = path.find('}', std::min(open, path.size()));
        if (close == std::string_view::npos) return parameters;
        const auto name = path.substr(open + 1, close - open - 1);
        parameters.push_back(json::object{{"name", name},
                                          {"in", "path"},
                                          {"description", "Generated path parameter for " + std::string(name)},
                                          {"required", true},
                                          {"schema", json::object{{"type", "string"}}}});
        path.remove_prefix(close + 1);
    }
}

json::array security_of(const Route& route, const Definition& definition) {
    json::object requirement;
    if (route.AuthorizationType == "AWS_IAM") {
        requirement[signature_scheme] = json::array();
    } else if (route.AuthorizerId) {
        const auto found = std::ranges::find(definition.authorizers, route.AuthorizerId, &Authorizer::AuthorizerId);
        if (found != definition.authorizers.end())
            requirement[found->Name] = to_array(route.AuthorizationScopes.value_or(std::vector<std::string>()));
    }
    return requirement.empty() ? json::array() : json::array{std::move(requirement)};
}

json::object operation_of(const Route& route, std::string_view path, const ExportedApi& exported) {
    json::object operation;
    put(operation, "operationId", route.OperationName);
    const bool is_default = route.RouteKey == default_route;
    if (auto parameters = is_default ? json::array() : path_parameters(path); !parameters.empty())
        operation["parameters"] = std::move(parameters);
    operation["responses"] = json::object{
        {"default", json::object{{"description", fmt::format("Default response for {}", route.RouteKey)}}}};
    if (!exported.with_extensions) return operation;
    if (auto security = security_of(route, exported.definition); !security.empty())
        operation["security"] = std::move(security);
    if (is_default) operation["isDefaultRoute"] = true;
    const auto& integrations = exported.definition.integrations;
    const auto id = route.Target ? std::optional(integration_id_of(*route.Target)) : std::nullopt;
    const auto found = std::ranges::find(integrations, id, &Integration::IntegrationId);
    if (id && found != integrations.end()) operation["x-amazon-apigateway-integration"] = integration_of(*found);
    return operation;
}

json::object paths(const ExportedApi& exported) {
    json::object paths;
    for (const auto& route : exported.definition.routes) {
        const auto space = route.RouteKey.find(' ');
        const bool is_default = route.RouteKey == default_route;
        const auto method = is_default ? "ANY" : route.RouteKey.substr(0, space);
        if (method == "ANY" && !exported.with_extensions) continue;  // OpenAPI itself has no word for it
        const auto path = is_default ? "/$default" : route.RouteKey.substr(space + 1);
        auto& methods = paths[path];
        if (!methods.is_object()) methods.emplace_object();
        methods.as_object()[method == "ANY" ? std::string(any_method) : to_lower(method)] =
            operation_of(route, path, exported);
    }
    return paths;
}

json::object authorizer_of(const Authorizer& authorizer) {
    json::object object;
    const auto sources = authorizer.IdentitySource.value_or(std::vector<std::string>());
    if (!sources.empty()) object["identitySource"] = fmt::format("{}", fmt::join(sources, ","));
    put(object, "authorizerUri", authorizer.AuthorizerUri);
    put(object, "authorizerCredentials", authorizer.AuthorizerCredentialsArn);
    put(object, "authorizerPayloadFormatVersion", authorizer.AuthorizerPayloadFormatVersion);
    if (authorizer.AuthorizerResultTtlInSeconds)
        object["authorizerResultTtlInSeconds"] = *authorizer.AuthorizerResultTtlInSeconds;
    if (authorizer.JwtConfiguration) {
        json::object configuration;
        const auto& expected = *authorizer.JwtConfiguration;
        configuration["audience"] = to_array(expected.Audience.value_or(std::vector<std::string>()));
        put(configuration, "issuer", expected.Issuer);
        object["jwtConfiguration"] = std::move(configuration);
    }
    object["type"] = to_lower(authorizer.AuthorizerType.value_or(""));
    if (authorizer.EnableSimpleResponses) object["enableSimpleResponses"] = *authorizer.EnableSimpleResponses;
    return object;
}

json::object security_schemes(const Definition& definition) {
    json::object schemes;
    for (const auto& authorizer : definition.authorizers) {
        json::object scheme{{"x-amazon-apigateway-authorizer", authorizer_of(authorizer)}};
        if (authorizer.AuthorizerType == "JWT") {
            scheme["type"] = "oauth2";
            scheme["flows"] = json::object();
        } else {
            scheme["type"] = "apiKey";
            scheme["name"] = "Authorization";
            scheme["in"] = "header";
        }
        schemes[authorizer.Name] = std::move(scheme);
    }
    const auto is_signed = [](const Route& route) { return route.AuthorizationType == "AWS_IAM"; };
    if (std::ranges::any_of(definition.routes, is_signed)) {
        schemes[signature_scheme] = json::object{{"type", "apiKey"},
                                                 {"name", "Authorization"},
                                                 {"in", "header"},
                                                 {"x-amazon-apigateway-authtype", "awsSigv4"}};
    }
    return schemes;
}

json::object cors_of(const aws::apigatewayv2::Cors& cors) {
    json::object object;
    const auto list = [&](std::string_view name, const std::optional<std::vector<std::string>>& values) {
        if (values && !values->empty()) object[name] = to_array(*values);
    };
    list("allowMethods", cors.AllowMethods);
    list("allowHeaders", cors.AllowHeaders);
    list("exposeHeaders", cors.ExposeHeaders);
    list("allowOrigins", cors.AllowOrigins);
    if (cors.MaxAge) object["maxAge"] = *cors.MaxAge;
    if (cors.AllowCredentials) object["allowCredentials"] = *cors.AllowCredentials;
    return object;
}

}  // namespace

json::object write_open_api(const ExportedApi& exported) {
    json::object document{{"openapi", "3.0.1"}, {"info", about(exported.api)}};
    if (auto list = servers(exported); !list.empty()) document["servers"] = std::move(list);
    if (auto list = tags(exported.api, exported.with_extensions); !list.empty()) document["tags"] = std::move(list);
    document["paths"] = paths(exported);
    if (!exported.with_extensions) return document;
    if (auto schemes = security_schemes(exported.definition); !schemes.empty())
        document["components"] = json::object{{"securitySchemes", std::move(schemes)}};
    if (exported.api.CorsConfiguration) document["x-amazon-apigateway-cors"] = cors_of(*exported.api.CorsConfiguration);
    if (exported.api.DisableExecuteApiEndpoint.value_or(false))
        document["x-amazon-apigateway-endpoint-configuration"] = json::object{{"disableExecuteApiEndpoint", true}};
    document["x-amazon-apigateway-importexport-version"] = "1.0";
    return document;
}

}  // namespace cumulet::apigatewayv2
