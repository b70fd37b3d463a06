// AWS::Serverless::Api and the functions' Api events: an OpenAPI 2 document, a deployment of it, a stage, permissions.

#include "base/bytes.h"
#include "base/text.h"
#include "services/cloudformation/sam/application.h"

namespace cumulet::cloudformation::sam {

namespace {

constexpr std::string_view any_method = "x-amazon-apigateway-any-method";

/// A method of Swagger 2 as OpenAPI 3 has it.
void without_swagger(json::object& method) {
    method.erase("consumes");
    method.erase("produces");
    const auto with_schema = [](json::object& described) {
        if (const auto* type = described.if_contains("type")) {
            described["schema"] = json::object{{"type", *type}};
            described.erase("type");
        }
    };
    if (auto* parameters = method.if_contains("parameters"); parameters && parameters->is_array())
        for (auto& parameter : parameters->get_array())
            if (parameter.is_object()) with_schema(parameter.get_object());
    auto* responses = method.if_contains("responses");
    if (!responses || !responses->is_object()) return;
    for (auto& [status, response] : responses->get_object()) {
        auto* headers = response.is_object() ? response.get_object().if_contains("headers") : nullptr;
        if (!headers || !headers->is_object()) continue;
        for (auto& [name, header] : headers->get_object())
            if (header.is_object()) with_schema(header.get_object());
    }
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

json::object invocation_of(const json::value& function_arn, bool streamed) {
    json::object variables{{"__FunctionArn__", function_arn}};
    return {{"Fn::Sub", json::array{fmt::format("arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/{}",
                                                streamed ? "2021-11-15/functions/${__FunctionArn__}/"
                                                           "response-streaming-invocations"
                                                         : "2015-03-31/functions/${__FunctionArn__}/invocations"),
                                    std::move(variables)}}};
}

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
    only(function.id, properties,
         {"Path", "Method", "RestApiId", "Auth", "TimeoutInMillis", "RequestModel", "RequestParameters",
          "ResponseTransferMode"});
    const auto api_id = rest_api_of(properties, function.id, event);
    auto& api = rest_apis_.at(api_id);
    const auto* path_value = properties.if_contains("Path");
    const auto* method_value = properties.if_contains("Method");
    const auto path = path_value ? text_of(*path_value) : std::nullopt;
    const auto method_text = method_value ? text_of(*method_value) : std::nullopt;
    if (!path || !method_text)
        invalid(function.id, "Event with id [{}] is invalid. Event is missing required property '{}'.", event,
                path ? "Method" : "Path");
    const auto method = to_lower(*method_text);
    const bool any = method == "any" || method == "*" || method == any_method;
    // What a definition says of its paths is all there is, unless the two are to be merged.
    const auto* merges = api.properties.if_contains("MergeDefinitions");
    const bool defined = api.properties.contains("DefinitionUri") || api.properties.contains("DefinitionBody");
    if (!defined || (merges && *merges == true)) {
        auto made = api_method(function, api, properties);
        auto& methods = api.paths[*path];
        if (methods.is_null()) methods = json::object();
        if (!methods.get_object().emplace(any ? any_method : std::string_view(method), std::move(made)).second) {
            invalid(function.id,
                    "Event with id [{}] is invalid. API method \"{}\" defined multiple times for path \"{}\".", event,
                    method, *path);
        }
    }
    const auto resource = fmt::format("{}{}", any ? "*" : to_upper(method), arn_path(*path));
    if (const auto* auth = properties.if_contains("Auth"))
        add_policy(function.id, find(*auth, "ResourcePolicy"), "execute-api:/*/" + resource, api.policy);
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

json::object Application::api_method(const Function& function, RestApi& api, const json::object& event) {
    json::object integration{{"httpMethod", "POST"}, {"type", "aws_proxy"}, {"uri", invocation_of(function.arn())}};
    if (const auto* timeout = event.if_contains("TimeoutInMillis")) integration["timeoutInMillis"] = *timeout;
    if (const auto* mode = event.if_contains("ResponseTransferMode")) {
        integration["responseTransferMode"] = *mode;
        if (*mode == "STREAM") integration["uri"] = invocation_of(function.arn(), true);
    }
    json::object made{{"responses", json::object()}};
    json::array parameters;
    if (const auto* given = event.if_contains("RequestParameters"))
        parameters = request_parameters(function.id, *given, integration);
    if (const auto* model = event.if_contains("RequestModel"))
        request_model(function.id, *model, api, made, parameters);
    if (!parameters.empty()) made["parameters"] = std::move(parameters);
    authorize_method(function.id, api, event.if_contains("Auth"), made, integration);
    made["x-amazon-apigateway-integration"] = std::move(integration);
    return made;
}

json::array Application::request_parameters(std::string_view id, const json::value& given, json::object& integration) {
    json::array parameters, cached;
    if (!given.is_array()) invalid(id, "Property 'RequestParameters' should be a list.");
    const auto add_parameter = [&](std::string_view expression, const json::object& settings) {
        constexpr std::string_view prefix = "method.request.";
        const auto dot = expression.find('.', prefix.size());
        const auto place = dot == std::string_view::npos ? "" : expression.substr(prefix.size(), dot - prefix.size());
        if (!expression.starts_with(prefix) || (place != "header" && place != "path" && place != "querystring"))
            invalid(id,
                    "Invalid value for 'RequestParameters' property. Keys must be in the format "
                    "'method.request.[querystring|path|header].{{value}}'.");
        only(id, settings, {"Required", "Caching"});
        const auto* required = settings.if_contains("Required");
        const bool needed = place == "path" || (required && *required == true);
        json::object parameter{{"name", expression.substr(dot + 1)},
                               {"in", place == "querystring" ? "query" : place},
                               {"type", "string"},
                               {"required", needed}};
        parameters.push_back(std::move(parameter));
        if (const auto* caching = settings.if_contains("Caching"); caching && *caching == true)
            cached.emplace_back(expression);
    };
    for (const auto& each : given.get_array()) {
        if (each.is_string()) {
            add_parameter(each.get_string(), {});
        } else if (each.is_object()) {
            for (const auto& [expression, settings] : each.get_object()) {
                if (!settings.is_object()) invalid(id, "Invalid value for 'RequestParameters' property.");
                add_parameter(expression, settings.get_object());
            }
        }
    }
    if (!cached.empty()) integration["cacheKeyParameters"] = std::move(cached);
    return parameters;
}

void Application::request_model(std::string_view id, const json::value& given, RestApi& api, json::object& method,
                                json::array& parameters) {
    if (!given.is_object()) invalid(id, "Property 'RequestModel' should be a map.");
    const auto& model = given.get_object();
    only(id, model, {"Model", "Required", "ValidateBody", "ValidateParameters"});
    const auto name = std::string(string_or(model, "Model"));
    const auto* models = api.properties.if_contains("Models");
    if (!models || !find(*models, name)) {
        invalid(id, "Unable to set RequestModel [{}]: the API defines no such Model.", name);
    }
    const auto* required = model.if_contains("Required");
    const bool needed = required && *required == true;
    if (openapi_version(api).empty()) {
        parameters.push_back(json::object{{"in", "body"},
                                          {"name", to_lower(name)},
                                          {"schema", json::object{{"$ref", "#/definitions/" + to_lower(name)}}},
                                          {"required", needed}});
    } else {
        const json::object schema{{"$ref", "#/components/schemas/" + to_lower(name)}};
        method["requestBody"] = json::object{
            {"content", json::object{{"application/json", json::object{{"schema", schema}}}}}, {"required", needed}};
    }
    const auto wants = [&](std::string_view property) {
        const auto* value = model.if_contains(property);
        return value && *value == true;
    };
    if (!model.contains("ValidateBody") && !model.contains("ValidateParameters")) return;
    const bool body = wants("ValidateBody"), of_parameters = wants("ValidateParameters");
    const auto validator = body && of_parameters ? "body-and-params"
                           : body                ? "body-only"
                           : of_parameters       ? "params-only"
                                                 : "no-validation";
    api.validators[validator] =
        json::object{{"validateRequestBody", body}, {"validateRequestParameters", of_parameters}};
    method["x-amazon-apigateway-request-validator"] = validator;
}

std::string Application::openapi_version(const RestApi& api) const {
    if (const auto* body = api.properties.if_contains("DefinitionBody"))
        if (const auto* version = find(*body, "openapi")) return text_of(*version).value_or("3.0.1");
    const auto* given = api.properties.if_contains("OpenApiVersion");
    const auto version = given ? text_of(*given).value_or("") : "";
    return version.starts_with("3.") ? version : "";
}

json::object Application::rest_body(const std::string& id, const RestApi& api) {
    const auto& given = api.properties;
    const auto version = openapi_version(api);
    const bool openapi_3 = !version.empty();
    json::object body{{"info", json::object{{"version", "1.0"}, {"title", reference_to("AWS::StackName")}}}};
    body[openapi_3 ? "openapi" : "swagger"] = openapi_3 ? version : "2.0";
    if (const auto* definition = given.if_contains("DefinitionBody")) {
        if (!definition->is_object()) invalid(id, "'DefinitionBody' must be an OpenAPI object.");
        body = definition->get_object();
    }
    const auto* own_paths = body.if_contains("paths");
    auto paths = merged(own_paths ? json::value(*own_paths) : json::value(json::object()), api.paths);
    if (const auto* cors = given.if_contains("Cors"); cors && !cors->is_null() && paths.is_object()) {
        for (auto& [path, methods] : paths.get_object()) {
            if (!methods.is_object() || methods.get_object().contains("options")) continue;
            auto made = preflight(id, *cors, methods.get_object());
            authorize_preflight(api, made);
            if (openapi_3) without_swagger(made);
            methods.get_object()["options"] = std::move(made);
        }
    }
    body["paths"] = std::move(paths);
    const auto* models = given.if_contains("Models");
    json::object schemas;
    if (models && models->is_object())
        for (const auto& [name, schema] : models->get_object()) schemas[to_lower(std::string_view(name))] = schema;
    auto schemes = rest_security(id, api);
    json::value added;
    if (openapi_3) {
        json::object components{{"securitySchemes", std::move(schemes)}};
        if (!schemas.empty()) components["schemas"] = std::move(schemas);
        added = json::object{{"components", std::move(components)}};
    } else {
        added = json::object{{"securityDefinitions", std::move(schemes)}};
        if (!schemas.empty()) added.get_object()["definitions"] = std::move(schemas);
    }
    body = merged(body, added).get_object();
    if (const auto* responses = given.if_contains("GatewayResponses"))
        body["x-amazon-apigateway-gateway-responses"] = gateway_responses(id, *responses);
    if (!api.validators.empty()) body["x-amazon-apigateway-request-validators"] = api.validators;
    auto policy = api.policy;
    if (const auto* auth = given.if_contains("Auth"))
        add_policy(id, find(*auth, "ResourcePolicy"), "execute-api:/*", policy);
    if (!policy.empty()) {
        body["x-amazon-apigateway-policy"] = json::object{{"Version", "2012-10-17"}, {"Statement", std::move(policy)}};
    }
    if (openapi_3) {
        for (auto& [path, methods] : body["paths"].get_object())
            if (methods.is_object())
                for (auto& [name, method] : methods.get_object())
                    if (method.is_object()) without_swagger(method.get_object());
    }
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

namespace {

/// What SAM would write into a document that it does not read.
void refuse_beside_definition_uri(std::string_view id, const json::object& given) {
    for (const auto name : {"Auth", "Cors", "GatewayResponses", "Models", "OpenApiVersion"}) {
        if (!given.contains(name)) continue;
        invalid(id, "'{}' works only with inline Swagger specified in 'DefinitionBody' property.", name);
    }
}

}  // namespace

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
          "MergeDefinitions",
          "Mode",
          "AlwaysDeploy",
          "PropagateTags",
          "Policy",
          "SecurityPolicy",
          "EndpointAccessMode",
          "Domain"});
    json::object properties;
    if (const auto* uri = given.if_contains("DefinitionUri")) {
        const auto location = code_location(id, "DefinitionUri", *uri);
        json::object object{{"Bucket", location.at("S3Bucket")}, {"Key", location.at("S3Key")}};
        if (const auto* version = location.if_contains("S3ObjectVersion")) object["Version"] = *version;
        properties["BodyS3Location"] = std::move(object);
        refuse_beside_definition_uri(id, given);
    } else {
        properties["Body"] = rest_body(id, api);
    }
    copy(given, properties,
         {"Name", "Description", "BinaryMediaTypes", "MinimumCompressionSize", "DisableExecuteApiEndpoint",
          "ApiKeySourceType", "FailOnWarnings", "Mode", "Policy", "SecurityPolicy", "EndpointAccessMode"});
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
        if (const auto* addresses = find(*endpoint, "IpAddressType")) made["IpAddressType"] = *addresses;
        properties["EndpointConfiguration"] = std::move(made);
    }
    if (const auto* own = given.if_contains("Tags")) properties["Tags"] = tag_list(own->if_object(), "");
    auto content = json::value(properties);
    // Another deployment whenever anything at all has changed.
    if (const auto* always = given.if_contains("AlwaysDeploy"); always && *always == true)
        content = json::array{document_, json::value_from(parameters_)};
    const auto suffix = content_suffix(content);
    add(id, "AWS::ApiGateway::RestApi", std::move(properties), api.attributes);
    write_rest_stage(id, api, id + "Deployment" + suffix);
    write_usage_plan(id, api);
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

}  // namespace cumulet::cloudformation::sam
