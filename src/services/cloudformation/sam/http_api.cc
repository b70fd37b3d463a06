// AWS::Serverless::HttpApi and the functions' HttpApi events: an OpenAPI document, a stage, permissions.

#include "base/bytes.h"
#include "base/text.h"
#include "services/cloudformation/sam/application.h"

namespace cumulet::cloudformation::sam {

namespace {

constexpr std::string_view any_method = "x-amazon-apigateway-any-method";

json::object cors_of(std::string_view id, const json::value& configuration) {
    if (configuration.is_bool() && configuration.get_bool()) {
        return json::object{{"allowOrigins", json::array{"*"}}};
    }
    const auto* given = configuration.if_object();
    if (!given) invalid(id, "Invalid value for 'CorsConfiguration' property.");
    json::object cors;
    for (const auto& [key, value] : *given) {
        static constexpr std::string_view known[] = {"AllowCredentials", "AllowHeaders",  "AllowMethods",
                                                     "AllowOrigins",     "ExposeHeaders", "MaxAge"};
        if (std::ranges::find(known, std::string_view(key)) == std::end(known)) {
            invalid(id, "Invalid value for 'CorsConfiguration' property. Unknown key {}", std::string_view(key));
        }
        std::string name(key);
        name[0] = static_cast<char>(tolower(name[0]));
        cors.emplace(name, value);
    }
    return cors;
}

json::array openapi_tags(const json::object& tags) {
    json::array list;
    for (const auto& [key, value] : tags) {
        list.push_back(json::object{{"name", key}, {"x-amazon-apigateway-tag-value", value}});
    }
    return list;
}

}  // namespace

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

std::string Application::api_of(const json::object& event, std::string_view function_id, std::string_view event_name) {
    const auto* given = event.if_contains("ApiId");
    if (!given) return "ServerlessHttpApi";
    const auto* name = find(*given, "Ref");
    if (!name || !name->is_string() || !apis_.contains(std::string(name->get_string()))) {
        invalid(function_id,
                "Event with id [{}] is invalid. ApiId must be a valid reference to an 'AWS::Serverless::HttpApi' "
                "resource in same template.",
                event_name);
    }
    return std::string(name->get_string());
}

json::object Application::route(const Function& function, const HttpApi& api, const json::object& event) {
    const auto target =
        function.alias_id.empty() ? fmt::format("${{{}.Arn}}", function.id) : fmt::format("${{{}}}", function.alias_id);
    const auto uri = fmt::format(
        "arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/{}/invocations", target);
    json::object integration{{"httpMethod", "POST"}, {"type", "aws_proxy"}, {"uri", json::object{{"Fn::Sub", uri}}}};
    const auto* version = event.if_contains("PayloadFormatVersion");
    integration["payloadFormatVersion"] = version ? *version : json::value("2.0");
    if (const auto* timeout = event.if_contains("TimeoutInMillis")) integration["timeoutInMillis"] = *timeout;
    json::object made{{"x-amazon-apigateway-integration", std::move(integration)}, {"responses", json::object()}};
    if (auto security = security_of(function.id, api.properties, event)) made["security"] = std::move(*security);
    return made;
}

void Application::http_event(Function& function, const std::string& event, const json::object& properties) {
    only(function.id, properties,
         {"Path", "Method", "ApiId", "PayloadFormatVersion", "TimeoutInMillis", "Auth", "RouteSettings"});
    const auto api_id = api_of(properties, function.id, event);
    auto& api = apis_.at(api_id);
    const auto* path_value = properties.if_contains("Path");
    const auto* method_value = properties.if_contains("Method");
    if (!path_value != !method_value) {
        invalid(function.id, "Event with id [{}] is invalid. Event is missing required property '{}'.", event,
                path_value ? "Method" : "Path");
    }
    const auto path = path_value ? text_of(*path_value) : std::optional<std::string>("$default");
    const auto method_text = method_value ? text_of(*method_value) : std::optional<std::string>("any");
    if (!path || !method_text)
        invalid(function.id, "Event with id [{}] is invalid. Api Event must have a String specified for 'Path'.",
                event);
    const auto method = to_lower(*method_text);
    const bool any = method == "any" || method == "*" || method == any_method;

    // What a definition says of its routes is all there is.
    if (!api.properties.contains("DefinitionUri") && !api.properties.contains("DefinitionBody")) {
        auto made = route(function, api, properties);
        if (*path == "$default") made["isDefaultRoute"] = true;
        auto& methods = api.paths[*path];
        if (methods.is_null()) methods = json::object();
        if (!methods.get_object().emplace(any ? any_method : std::string_view(method), std::move(made)).second) {
            invalid(function.id,
                    "Event with id [{}] is invalid. API method \"{}\" defined multiple times for path \"{}\".", event,
                    method, *path);
        }
    }
    if (const auto* settings = properties.if_contains("RouteSettings")) {
        const auto key = *path == "$default" ? *path : fmt::format("{} {}", any ? "ANY" : to_upper(method), *path);
        api.route_settings[key] = *settings;
    }
    const auto resource =
        *path == "$default" ? "*" : fmt::format("{}{}", any ? "*" : to_upper(method), arn_path(*path));
    json::object variables{{"__ApiId__", reference_to(api_id)}, {"__Stage__", "*"}};
    json::array sub{fmt::format(
        "arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{__ApiId__}}/${{__Stage__}}/{}",
        resource)};
    sub.push_back(std::move(variables));
    permission(function, event, "apigateway.amazonaws.com", json::object{{"Fn::Sub", std::move(sub)}});
}

void Application::write_api(const std::string& id, const HttpApi& api) {
    const auto& given = api.properties;
    only(id, given,
         {"StageName", "CorsConfiguration", "DefinitionBody", "DefinitionUri", "Auth", "Name", "Description", "Tags",
          "FailOnWarnings", "StageVariables", "AccessLogSettings", "DefaultRouteSettings", "RouteSettings",
          "DisableExecuteApiEndpoint", "PropagateTags", "Domain"});
    json::object properties;
    if (const auto* uri = given.if_contains("DefinitionUri")) {
        const auto location = code_location(id, "DefinitionUri", *uri);
        json::object object{{"Bucket", location.at("S3Bucket")}, {"Key", location.at("S3Key")}};
        if (const auto* version = location.if_contains("S3ObjectVersion")) object["Version"] = *version;
        properties["BodyS3Location"] = std::move(object);
        for (const auto name : {"Auth", "CorsConfiguration", "DisableExecuteApiEndpoint", "Name", "Description"}) {
            if (given.contains(name)) invalid(id, "'{}' works only with 'DefinitionBody' property.", name);
        }
    } else {
        json::object body{{"openapi", "3.0.1"},
                          {"info", json::object{{"version", "1.0"}, {"title", reference_to("AWS::StackName")}}}};
        if (const auto* definition = given.if_contains("DefinitionBody")) {
            if (!definition->is_object()) invalid(id, "'DefinitionBody' must be an OpenAPI object.");
            body = definition->get_object();
        }
        const auto* own_paths = body.if_contains("paths");
        body["paths"] = merged(own_paths ? json::value(*own_paths) : json::value(json::object()), api.paths);
        auto& info = body["info"];
        if (!info.is_object()) info = json::object{{"version", "1.0"}, {"title", reference_to("AWS::StackName")}};
        if (const auto* name = given.if_contains("Name")) info.get_object()["title"] = *name;
        if (const auto* description = given.if_contains("Description")) info.get_object()["description"] = *description;
        if (const auto* cors = given.if_contains("CorsConfiguration"); cors && *cors != false) {
            body["x-amazon-apigateway-cors"] = cors_of(id, *cors);
        }
        if (const auto* disabled = given.if_contains("DisableExecuteApiEndpoint")) {
            body["x-amazon-apigateway-endpoint-configuration"] = json::object{{"disableExecuteApiEndpoint", *disabled}};
        }
        if (auto schemes = security_schemes(id, given); !schemes.empty()) {
            const auto* components = body.if_contains("components");
            body["components"] = merged(components ? json::value(*components) : json::value(json::object()),
                                        json::object{{"securitySchemes", std::move(schemes)}});
        }
        json::object tags{{"httpapi:createdBy", "SAM"}};
        if (const auto* own = given.if_contains("Tags"); own && own->is_object())
            tags = merged(tags, *own).get_object();
        body["tags"] = openapi_tags(tags);
        properties["Body"] = std::move(body);
    }
    copy(given, properties, {"FailOnWarnings"});
    add(id, "AWS::ApiGatewayV2::Api", std::move(properties), api.attributes);
    permit_authorizers(id, api);
    write_http_domain(id, api, write_stage(id, api));
}

std::string Application::write_stage(const std::string& id, const HttpApi& api) {
    const auto& given = api.properties;
    const auto* stage = given.if_contains("StageName");
    const auto name = stage ? text_of(*stage).value_or("") : "$default";
    const bool plain = !name.empty() && std::ranges::all_of(name, [](unsigned char c) { return isalnum(c); });
    // A stage that is named by an expression is called by the API alone.
    const auto stage_id = name == "$default" ? id + "ApiGatewayDefaultStage"
                          : plain            ? id + (stage->is_string() ? name : "") + "Stage"
                          : name.empty()     ? id + "Stage"
                                             : id + "Stage" + content_suffix(json::string(name));
    json::object properties{
        {"ApiId", reference_to(id)}, {"StageName", stage ? *stage : json::value("$default")}, {"AutoDeploy", true}};
    copy(given, properties, {"StageVariables", "AccessLogSettings", "DefaultRouteSettings", "RouteSettings"});
    if (!api.route_settings.empty()) {
        const auto* own = properties.if_contains("RouteSettings");
        properties["RouteSettings"] = merged(own ? json::value(*own) : json::value(json::object()), api.route_settings);
    }
    json::object tags{{"httpapi:createdBy", "SAM"}};
    if (const auto* own = given.if_contains("Tags"); own && own->is_object()) tags = merged(tags, *own).get_object();
    properties["Tags"] = std::move(tags);
    auto attributes = api.attributes;
    attributes.erase("Metadata");
    attributes.erase("DependsOn");
    add(stage_id, "AWS::ApiGatewayV2::Stage", std::move(properties), attributes);
    return stage_id;
}

}  // namespace cumulet::cloudformation::sam
