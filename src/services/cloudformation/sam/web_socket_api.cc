// AWS::Serverless::WebSocketApi: an API, a stage that is always current, and for each route an integration and a
// permission.
// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-websocketapi.html

#include "services/cloudformation/sam/application.h"

namespace cumulet::cloudformation::sam {
namespace {

constexpr std::string_view invocation_uri =
    "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${__FunctionArn__}/invocations";

json::object uri_of(const json::value& function_arn) {
    return {{"Fn::Sub", json::array{invocation_uri, json::object{{"__FunctionArn__", function_arn}}}}};
}

/// "$connect" as it stands in logical ids: "connect".
std::string plain(std::string_view route_key) {
    std::string result;
    for (const char c : route_key) {
        if (isalnum(static_cast<unsigned char>(c))) result += c;
    }
    return result;
}

json::object permission_for(const std::string& api_id, const json::value& function_arn, std::string_view resource) {
    json::array sub{fmt::format(
        "arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{__ApiId__}}/{}", resource)};
    sub.push_back(json::object{{"__ApiId__", reference_to(api_id)}});
    return {{"Action", "lambda:InvokeFunction"},
            {"FunctionName", function_arn},
            {"Principal", "apigateway.amazonaws.com"},
            {"SourceArn", json::object{{"Fn::Sub", std::move(sub)}}}};
}

}  // namespace

void Application::web_socket_api(const std::string& id, const json::object& resource) {
    const auto* value = resource.if_contains("Properties");
    const auto given = value && value->is_object() ? value->get_object() : json::object();
    only(id, given,
         {"AccessLogSettings", "ApiKeySelectionExpression", "Auth", "DefaultRouteSettings", "Description",
          "DisableExecuteApiEndpoint", "DisableSchemaValidation", "Domain", "IpAddressType", "Name", "PropagateTags",
          "Routes", "RouteSelectionExpression", "RouteSettings", "StageName", "StageVariables", "Tags"});
    const auto* routes = given.if_contains("Routes");
    if (!routes || !routes->is_object() || routes->get_object().empty())
        invalid(id, "Missing required property 'Routes'.");
    if (!given.contains("RouteSelectionExpression"))
        invalid(id, "Missing required property 'RouteSelectionExpression'.");

    auto attributes = shared_attributes(resource);
    json::object tags{{"websocketapi:createdBy", "SAM"}};
    if (const auto* own = given.if_contains("Tags"); own && own->is_object()) tags = merged(tags, *own).get_object();
    json::object api{{"ProtocolType", "WEBSOCKET"}, {"Name", id}, {"Tags", tags}};
    copy(given, api,
         {"ApiKeySelectionExpression", "Description", "DisableExecuteApiEndpoint", "DisableSchemaValidation",
          "IpAddressType", "Name", "RouteSelectionExpression"});
    auto of_api = attributes;
    copy(resource, of_api, {"DependsOn", "Metadata"});
    add(id, "AWS::ApiGatewayV2::Api", std::move(api), of_api);

    const auto authorization = web_socket_authorization(id, given, attributes);
    for (const auto& [key, route] : routes->get_object()) {
        web_socket_route(id, key, route, authorization, attributes);
    }

    const auto* stage = given.if_contains("StageName");
    json::object properties{{"ApiId", reference_to(id)},
                            {"StageName", stage ? *stage : json::value("default")},
                            {"AutoDeploy", true},
                            {"Tags", tags}};
    copy(given, properties, {"AccessLogSettings", "DefaultRouteSettings", "RouteSettings", "StageVariables"});
    const auto name = stage ? text_of(*stage).value_or("") : "default";
    const auto stage_id = id + (!stage || stage->is_string() ? plain(name) : "") + "Stage";
    add(stage_id, "AWS::ApiGatewayV2::Stage", std::move(properties), attributes);
    renamed_[id + ".Stage"] = stage_id;
    const auto* propagated = given.if_contains("PropagateTags");
    if (!propagated || *propagated != true) tags = {{"websocketapi:createdBy", "SAM"}};
    if (const auto* domain = given.if_contains("Domain"))
        write_web_socket_domain(id, *domain, stage_id, tags, attributes);
}

json::object Application::web_socket_authorization(const std::string& id, const json::object& given,
                                                   const json::object& attributes) {
    const auto* auth = given.if_contains("Auth");
    if (!auth || !auth->is_object()) return {};
    const auto& wanted = auth->get_object();
    only(id, wanted, {"AuthArn", "AuthType", "IdentitySource", "InvokeRole", "Name"});
    const auto type = string_or(wanted, "AuthType");
    if (type != "NONE" && type != "AWS_IAM" && type != "CUSTOM")
        invalid(id, "AuthType must be one of NONE, AWS_IAM and CUSTOM.");
    if (type != "CUSTOM") return {{"AuthorizationType", type}};
    const auto* function = wanted.if_contains("AuthArn");
    if (!function) invalid(id, "AuthArn must be specified for AuthType CUSTOM.");
    const auto authorizer_id = id + "Authorizer";
    json::object authorizer{{"ApiId", reference_to(id)},
                            {"AuthorizerType", "REQUEST"},
                            {"AuthorizerUri", uri_of(*function)},
                            {"Name", authorizer_id}};
    copy(wanted, authorizer, {"IdentitySource", "Name"});
    if (const auto* role = wanted.if_contains("InvokeRole")) {
        authorizer["AuthorizerCredentialsArn"] = *role;
    } else {
        add(authorizer_id + "Permission", "AWS::Lambda::Permission", permission_for(id, *function, "authorizers/*"),
            attributes);
    }
    add(authorizer_id, "AWS::ApiGatewayV2::Authorizer", std::move(authorizer), attributes);
    return {{"AuthorizationType", type}, {"AuthorizerId", reference_to(authorizer_id)}};
}

void Application::web_socket_route(const std::string& id, std::string_view key, const json::value& route,
                                   const json::object& authorization, const json::object& attributes) {
    const auto* wanted = route.if_object();
    const auto* function = wanted ? wanted->if_contains("FunctionArn") : nullptr;
    if (!function) invalid(id, "Route '{}' must have a FunctionArn.", key);
    only(id, *wanted,
         {"ApiKeyRequired", "FunctionArn", "IntegrationTimeout", "ModelSelectionExpression", "OperationName",
          "RequestModels", "RequestParameters", "RouteResponseSelectionExpression"});
    const auto base = id + plain(key);
    json::object integration{
        {"ApiId", reference_to(id)}, {"IntegrationType", "AWS_PROXY"}, {"IntegrationUri", uri_of(*function)}};
    if (const auto* timeout = wanted->if_contains("IntegrationTimeout")) integration["TimeoutInMillis"] = *timeout;
    add(base + "Integration", "AWS::ApiGatewayV2::Integration", std::move(integration), attributes);
    add(base + "Permission", "AWS::Lambda::Permission", permission_for(id, *function, fmt::format("*/{}", key)),
        attributes);
    json::object properties{
        {"ApiId", reference_to(id)},
        {"RouteKey", key},
        {"Target", json::object{{"Fn::Join",
                                 json::array{"/", json::array{"integrations", reference_to(base + "Integration")}}}}}};
    copy(*wanted, properties,
         {"ApiKeyRequired", "ModelSelectionExpression", "OperationName", "RequestModels", "RequestParameters",
          "RouteResponseSelectionExpression"});
    if (key == "$connect") {
        for (const auto& [name, member] : authorization) properties[name] = member;
    }
    add(base + "Route", "AWS::ApiGatewayV2::Route", std::move(properties), attributes);
}

}  // namespace cumulet::cloudformation::sam
