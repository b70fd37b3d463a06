// AWS::Serverless::Api and the functions' Api events: an OpenAPI 2 document, a deployment of it, a stage, permissions.

#include "base/bytes.h"
#include "base/text.h"
#include "services/cloudformation/sam/application.h"

namespace cumulet::cloudformation::sam {

namespace {

constexpr std::string_view any_method = "x-amazon-apigateway-any-method";

/// "/orders/{id}" as the resource part of an ARN: a path parameter stands for anything.
std::string arn_path(std::string_view path) {
    std::string result;
    while (!path.empty()) {
        const auto open = path.find('{'), close = path.find('}');
        if (open == std::string_view::npos || close == std::string_view::npos || close < open) break;
        result += path.substr(0, open);
        result += '*';
        path.remove_prefix(close + 1);
    }
    return result.append(path);
}

json::object invocation_of(const json::value& function_arn) {
    json::object variables{{"__FunctionArn__", function_arn}};
    return {{"Fn::Sub", json::array{"arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
                                    "${__FunctionArn__}/invocations",
                                    std::move(variables)}}};
}

std::string joined(const json::value& list, std::string_view prefix) {
    std::string text;
    if (!list.is_array()) return text;
    for (const auto& each : list.as_array()) {
        if (!each.is_string()) continue;
        if (!text.empty()) text += ", ";
        text.append(prefix).append(each.as_string());
    }
    return text;
}

/// The identity sources of a REQUEST authorizer.
std::string sources_of(const json::object& identity) {
    constexpr std::pair<std::string_view, std::string_view> kinds[] = {{"Headers", "method.request.header."},
                                                                       {"QueryStrings", "method.request.querystring."},
                                                                       {"StageVariables", "stageVariables."},
                                                                       {"Context", "context."}};
    std::string sources;
    for (const auto& [name, prefix] : kinds) {
        const auto* given = identity.if_contains(name);
        const auto some = given ? joined(*given, prefix) : "";
        if (!sources.empty() && !some.empty()) sources += ", ";
        sources += some;
    }
    return sources;
}

/// The security definition of one of an API's authorizers.
json::object security_definition(std::string_view id, std::string_view name, const json::object& authorizer) {
    const auto* identity_value = authorizer.if_contains("Identity");
    static const json::object none;
    const auto& identity = identity_value && identity_value->is_object() ? identity_value->get_object() : none;
    const auto header = std::string(string_or(identity, "Header", "Authorization"));
    json::object scheme{{"type", "apiKey"}, {"name", header}, {"in", "header"}};
    json::object made;
    if (const auto* pools = authorizer.if_contains("UserPoolArn")) {
        only(id, authorizer, {"UserPoolArn", "Identity", "AuthorizationScopes"});
        scheme["x-amazon-apigateway-authtype"] = "cognito_user_pools";
        made["type"] = "cognito_user_pools";
        made["providerARNs"] = pools->is_array() ? *pools : json::value(json::array{*pools});
        scheme["x-amazon-apigateway-authorizer"] = std::move(made);
        return scheme;
    }
    const auto* function = authorizer.if_contains("FunctionArn");
    if (!function) invalid(id, "{} Authorizer must define 'UserPoolArn' or 'FunctionArn'.", name);
    only(id, authorizer, {"FunctionArn", "FunctionInvokeRole", "FunctionPayloadType", "Identity"});
    scheme["x-amazon-apigateway-authtype"] = "custom";
    const bool whole_request = string_or(authorizer, "FunctionPayloadType", "TOKEN") == "REQUEST";
    made["type"] = whole_request ? "request" : "token";
    made["authorizerUri"] = invocation_of(*function);
    if (const auto* role = authorizer.if_contains("FunctionInvokeRole")) made["authorizerCredentials"] = *role;
    if (const auto* ttl = identity.if_contains("ReauthorizeEvery")) made["authorizerResultTtlInSeconds"] = *ttl;
    if (const auto* expression = identity.if_contains("ValidationExpression"))
        made["identityValidationExpression"] = *expression;
    if (whole_request) {
        scheme["name"] = "Unused";
        made["identitySource"] = sources_of(identity);
    }
    scheme["x-amazon-apigateway-authorizer"] = std::move(made);
    return scheme;
}

/// The method that answers browsers' preflight requests.
json::object preflight(std::string_view id, const json::value& cors, const json::object& methods) {
    std::string allowed = "OPTIONS";
    for (const auto& [name, method] : methods) {
        if (name == any_method) allowed = "DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT";
        if (name != any_method && name != "options" && !allowed.contains(',' + to_upper(name)))
            allowed += "," + to_upper(name);
    }
    json::object headers{{"Access-Control-Allow-Methods", "'" + allowed + "'"}};
    if (cors.is_object()) {
        only(id, cors.get_object(), {"AllowOrigin", "AllowMethods", "AllowHeaders", "MaxAge", "AllowCredentials"});
        constexpr std::pair<std::string_view, std::string_view> names[] = {
            {"AllowOrigin", "Access-Control-Allow-Origin"},
            {"AllowMethods", "Access-Control-Allow-Methods"},
            {"AllowHeaders", "Access-Control-Allow-Headers"},
            {"MaxAge", "Access-Control-Max-Age"}};
        for (const auto& [property, header] : names)
            if (const auto* value = find(cors, property)) headers[header] = *value;
        if (const auto* credentials = find(cors, "AllowCredentials"); credentials && *credentials == true)
            headers["Access-Control-Allow-Credentials"] = "'true'";
    } else {
        headers["Access-Control-Allow-Origin"] = cors;
    }
    json::object parameters;
    json::object declared;
    for (const auto& [header, value] : headers) {
        parameters[fmt::format("method.response.header.{}", std::string_view(header))] = value;
        declared[header] = json::object{{"type", "string"}};
    }
    json::object response{{"statusCode", "200"},
                          {"responseParameters", std::move(parameters)},
                          {"responseTemplates", json::object{{"application/json", "{}\n"}}}};
    json::object integration{{"type", "mock"},
                             {"requestTemplates", json::object{{"application/json", "{\n  \"statusCode\" : 200\n}\n"}}},
                             {"responses", json::object{{"default", std::move(response)}}}};
    return {{"summary", "CORS support"},
            {"consumes", json::array{"application/json"}},
            {"produces", json::array{"application/json"}},
            {"x-amazon-apigateway-integration", std::move(integration)},
            {"responses", json::object{{"200", json::object{{"description", "Default response for CORS method"},
                                                            {"headers", std::move(declared)}}}}}};
}

}  // namespace

std::string Application::rest_api_of(const json::object& event, std::string_view function_id,
                                     std::string_view event_name) {
    const auto* given = event.if_contains("RestApiId");
    if (!given) return "ServerlessRestApi";
    const auto* name = find(*given, "Ref");
    if (!name || !name->is_string() || !rest_apis_.contains(std::string(name->get_string()))) {
        invalid(function_id,
                "Event with id [{}] is invalid. RestApiId must be a valid reference to an 'AWS::Serverless::Api' "
                "resource in same template.",
                event_name);
    }
    return std::string(name->get_string());
}

void Application::api_event(Function& function, const std::string& event, const json::object& properties) {
    only(function.id, properties, {"Path", "Method", "RestApiId", "Auth", "TimeoutInMillis"});
    const auto api_id = rest_api_of(properties, function.id, event);
    auto& api = rest_apis_.at(api_id);
    if (api.properties.contains("DefinitionUri")) {
        invalid(function.id,
                "Event with id [{}] is invalid. The API has a DefinitionUri, to which Cumulet adds no paths.", event);
    }
    const auto* path_value = properties.if_contains("Path");
    const auto* method_value = properties.if_contains("Method");
    const auto path = path_value ? text_of(*path_value) : std::nullopt;
    const auto method_text = method_value ? text_of(*method_value) : std::nullopt;
    if (!path || !method_text)
        invalid(function.id, "Event with id [{}] is invalid. Event is missing required property '{}'.", event,
                path ? "Method" : "Path");
    const auto method = to_lower(*method_text);
    const bool any = method == "any" || method == "*" || method == any_method;
    auto made = api_method(function, api, properties);
    auto& methods = api.paths[*path];
    if (methods.is_null()) methods = json::object();
    if (!methods.get_object().emplace(any ? any_method : std::string_view(method), std::move(made)).second) {
        invalid(function.id, "Event with id [{}] is invalid. API method \"{}\" defined multiple times for path \"{}\".",
                event, method, *path);
    }
    const auto resource = fmt::format("{}{}", any ? "*" : to_upper(method), arn_path(*path));
    json::object variables{{"__ApiId__", reference_to(api_id)}, {"__Stage__", "*"}};
    json::array sub{fmt::format(
        "arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{__ApiId__}}/${{__Stage__}}/{}",
        resource)};
    sub.push_back(std::move(variables));
    permission(function, event, "apigateway.amazonaws.com", json::object{{"Fn::Sub", std::move(sub)}},
               rest_stage_name(api));
}

std::string Application::rest_stage_name(const RestApi& api) const {
    const auto* stage = api.properties.if_contains("StageName");
    auto name = stage ? text_of(*stage).value_or("") : "Prod";
    std::erase_if(name, [](unsigned char c) { return !isalnum(c); });
    return name;
}

json::object Application::api_method(const Function& function, const RestApi& api, const json::object& event) {
    json::object integration{{"httpMethod", "POST"}, {"type", "aws_proxy"}, {"uri", invocation_of(function.arn())}};
    if (const auto* timeout = event.if_contains("TimeoutInMillis")) integration["timeoutInMillis"] = *timeout;
    json::object made{{"x-amazon-apigateway-integration", std::move(integration)}, {"responses", json::object()}};
    const auto* api_auth = api.properties.if_contains("Auth");
    const auto* event_auth = event.if_contains("Auth");
    if (event_auth && event_auth->is_object())
        only(function.id, event_auth->get_object(), {"Authorizer", "ApiKeyRequired", "AuthorizationScopes"});
    const auto of = [&](std::string_view event_name, std::string_view api_name) -> const json::value* {
        if (event_auth)
            if (const auto* own = find(*event_auth, event_name)) return own;
        return api_auth ? find(*api_auth, api_name) : nullptr;
    };
    json::array security;
    const auto* authorizer = of("Authorizer", "DefaultAuthorizer");
    if (authorizer && *authorizer == "AWS_IAM") {
        made["x-amazon-apigateway-auth"] = json::object{{"type", "AWS_IAM"}};
    } else if (authorizer && authorizer->is_string() && *authorizer != "NONE") {
        const auto* scopes = event_auth ? find(*event_auth, "AuthorizationScopes") : nullptr;
        json::object entry;
        entry.emplace(authorizer->get_string(), scopes ? *scopes : json::value(json::array()));
        security.push_back(std::move(entry));
    }
    if (const auto* key = of("ApiKeyRequired", "ApiKeyRequired"); key && *key == true)
        security.push_back(json::object{{"api_key", json::array()}});
    if (!security.empty()) made["security"] = std::move(security);
    return made;
}

json::object Application::rest_body(const std::string& id, const RestApi& api) {
    const auto& given = api.properties;
    json::object body{{"swagger", "2.0"},
                      {"info", json::object{{"version", "1.0"}, {"title", reference_to("AWS::StackName")}}}};
    if (const auto* definition = given.if_contains("DefinitionBody")) {
        if (!definition->is_object()) invalid(id, "'DefinitionBody' must be an OpenAPI object.");
        body = definition->get_object();
    }
    const auto* own_paths = body.if_contains("paths");
    auto paths = merged(own_paths ? json::value(*own_paths) : json::value(json::object()), api.paths);
    if (const auto* cors = given.if_contains("Cors"); cors && !cors->is_null() && paths.is_object()) {
        for (auto& [path, methods] : paths.get_object())
            if (methods.is_object() && !methods.get_object().contains("options"))
                methods.get_object()["options"] = preflight(id, *cors, methods.get_object());
    }
    body["paths"] = std::move(paths);
    json::object definitions;
    definitions["api_key"] = json::object{{"type", "apiKey"}, {"name", "x-api-key"}, {"in", "header"}};
    if (const auto* auth = given.if_contains("Auth")) {
        if (auth->is_object())
            only(id, auth->get_object(),
                 {"DefaultAuthorizer", "Authorizers", "ApiKeyRequired", "AddDefaultAuthorizerToCorsPreflight"});
        if (const auto* authorizers = find(*auth, "Authorizers"); authorizers && authorizers->is_object()) {
            for (const auto& [name, authorizer] : authorizers->get_object()) {
                if (!authorizer.is_object()) invalid(id, "Authorizer {} must be a dictionary.", std::string_view(name));
                definitions[name] = security_definition(id, name, authorizer.get_object());
            }
        }
    }
    const bool openapi_3 = body.contains("openapi");
    json::value added = json::object{{openapi_3 ? "securitySchemes" : "securityDefinitions", std::move(definitions)}};
    if (openapi_3) added = json::object{{"components", std::move(added)}};
    body = merged(body, added).get_object();
    if (const auto* responses = given.if_contains("GatewayResponses"))
        body["x-amazon-apigateway-gateway-responses"] = gateway_responses(id, *responses);
    if (const auto* models = given.if_contains("Models"); models && !openapi_3) body["definitions"] = *models;
    return body;
}

json::object Application::gateway_responses(const std::string& id, const json::value& given) {
    json::object responses;
    if (!given.is_object()) invalid(id, "Property 'GatewayResponses' should be a map.");
    for (const auto& [type, response] : given.get_object()) {
        json::object made;
        if (const auto* status = find(response, "StatusCode")) made["statusCode"] = *status;
        if (const auto* templates = find(response, "ResponseTemplates")) made["responseTemplates"] = *templates;
        if (const auto* parameters = find(response, "ResponseParameters")) {
            json::object named;
            constexpr std::pair<const char*, const char*> places[] = {
                {"Headers", "header"}, {"Paths", "path"}, {"QueryStrings", "querystring"}};
            for (const auto& [property, place] : places) {
                const auto* values = find(*parameters, property);
                if (!values || !values->is_object()) continue;
                for (const auto& [name, value] : values->get_object())
                    named[fmt::format("gatewayresponse.{}.{}", place, std::string_view(name))] = value;
            }
            made["responseParameters"] = std::move(named);
        }
        responses[type] = std::move(made);
    }
    return responses;
}

void Application::write_rest_api(const std::string& id, const RestApi& api) {
    const auto& given = api.properties;
    only(id, given,
         {"StageName",
          "DefinitionBody",
          "DefinitionUri",
          "Auth",
          "Cors",
          "Name",
          "Description",
          "Variables",
          "CacheClusterEnabled",
          "CacheClusterSize",
          "MethodSettings",
          "EndpointConfiguration",
          "BinaryMediaTypes",
          "MinimumCompressionSize",
          "AccessLogSetting",
          "CanarySetting",
          "TracingEnabled",
          "Tags",
          "GatewayResponses",
          "Models",
          "OpenApiVersion",
          "DisableExecuteApiEndpoint",
          "ApiKeySourceType",
          "FailOnWarnings",
          "Domain"});
    json::object properties;
    if (const auto* uri = given.if_contains("DefinitionUri")) {
        const auto location = code_location(id, "DefinitionUri", *uri);
        properties["BodyS3Location"] = json::object{{"Bucket", location.at("S3Bucket")}, {"Key", location.at("S3Key")}};
    } else {
        properties["Body"] = rest_body(id, api);
    }
    copy(given, properties,
         {"Name", "Description", "BinaryMediaTypes", "MinimumCompressionSize", "DisableExecuteApiEndpoint",
          "ApiKeySourceType"});
    if (const auto* types = properties.if_contains("BinaryMediaTypes"); types && types->is_array()) {
        // SAM takes "image~1png" where the resource has "image/png".
        for (auto& type : properties["BinaryMediaTypes"].get_array()) {
            auto text = type.is_string() ? std::string(type.as_string()) : "";
            if (const auto at = text.find("~1"); at != std::string::npos) type = text.replace(at, 2, "/");
        }
    }
    if (const auto* endpoint = given.if_contains("EndpointConfiguration")) {
        json::object made;
        if (endpoint->is_string()) made["Types"] = json::array{*endpoint};
        if (const auto* type = find(*endpoint, "Type")) made["Types"] = json::array{*type};
        if (const auto* endpoints = find(*endpoint, "VPCEndpointIds")) made["VpcEndpointIds"] = *endpoints;
        properties["EndpointConfiguration"] = std::move(made);
    }
    if (const auto* own = given.if_contains("Tags")) properties["Tags"] = tag_list(own->if_object(), "");
    const auto suffix = content_suffix(properties);
    add(id, "AWS::ApiGateway::RestApi", std::move(properties), api.attributes);
    write_rest_stage(id, api, id + "Deployment" + suffix);
    write_authorizer_permissions(id, api);
    write_rest_domain(id, api, id + rest_stage_name(api) + "Stage");
}

void Application::write_rest_stage(const std::string& id, const RestApi& api, const std::string& deployment_id) {
    const auto& given = api.properties;
    auto attributes = api.attributes;
    attributes.erase("Metadata");
    attributes.erase("DependsOn");
    json::object deployment{{"RestApiId", reference_to(id)},
                            {"Description", "RestApi deployment id: " + deployment_id.substr(id.size() + 10)}};
    add(deployment_id, "AWS::ApiGateway::Deployment", std::move(deployment), attributes);
    const auto* stage = given.if_contains("StageName");
    if (!stage && id != "ServerlessRestApi") invalid(id, "Missing required property 'StageName'.");
    json::object properties{{"RestApiId", reference_to(id)},
                            {"DeploymentId", reference_to(deployment_id)},
                            {"StageName", stage ? *stage : json::value("Prod")}};
    copy(given, properties,
         {"Variables", "CacheClusterEnabled", "CacheClusterSize", "MethodSettings", "AccessLogSetting", "CanarySetting",
          "TracingEnabled"});
    if (const auto* own = given.if_contains("Tags")) properties["Tags"] = tag_list(own->if_object(), "");
    add(id + rest_stage_name(api) + "Stage", "AWS::ApiGateway::Stage", std::move(properties), attributes);
}

void Application::write_authorizer_permissions(const std::string& id, const RestApi& api) {
    const auto* auth = api.properties.if_contains("Auth");
    const auto* authorizers = auth ? find(*auth, "Authorizers") : nullptr;
    if (!authorizers || !authorizers->is_object()) return;
    for (const auto& [name, authorizer] : authorizers->get_object()) {
        const auto* function = find(authorizer, "FunctionArn");
        if (!function || find(authorizer, "FunctionInvokeRole")) continue;
        json::array sub{
            "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/authorizers/*"};
        sub.push_back(json::object{{"__ApiId__", reference_to(id)}});
        add(fmt::format("{}{}AuthorizerPermission", id, std::string_view(name)), "AWS::Lambda::Permission",
            {{"Action", "lambda:InvokeFunction"},
             {"FunctionName", *function},
             {"Principal", "apigateway.amazonaws.com"},
             {"SourceArn", json::object{{"Fn::Sub", std::move(sub)}}}},
            {});
    }
}

}  // namespace cumulet::cloudformation::sam
