// Auth of AWS::Serverless::HttpApi: authorizers of three kinds as OpenAPI's security schemes.
// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-httpapi-httpapiauth.html

#include "services/cloudformation/sam/application.h"

namespace cumulet::cloudformation::sam {
namespace {

constexpr std::string_view iam_scheme = "AWS_IAM";

/// The value of `name` in an optional object.
const json::value* part(const json::value* object, std::string_view name) {
    return object ? find(*object, name) : nullptr;
}

bool is_true(const json::value* value) { return value && (*value == true || *value == "true"); }

/// What tells callers of a Lambda authorizer apart: {Headers: [a], Context: [b]} as identity sources.
json::array identity_sources(const json::value* identity) {
    static constexpr std::pair<std::string_view, std::string_view> kinds[] = {{"Headers", "$request.header."},
                                                                              {"QueryStrings", "$request.querystring."},
                                                                              {"StageVariables", "$stageVariables."},
                                                                              {"Context", "$context."}};
    json::array sources;
    for (const auto& [kind, prefix] : kinds) {
        const auto* names = part(identity, kind);
        if (!names || !names->is_array()) continue;
        for (const auto& name : names->get_array()) {
            if (name.is_string())
                sources.emplace_back(fmt::format("{}{}", prefix, std::string_view(name.get_string())));
        }
    }
    return sources;
}

json::object function_scheme(std::string_view id, std::string_view name, const json::object& authorizer) {
    only(id, authorizer,
         {"FunctionArn", "FunctionInvokeRole", "Identity", "AuthorizerPayloadFormatVersion", "EnableSimpleResponses",
          "EnableFunctionDefaultPermissions"});
    const auto* version = authorizer.if_contains("AuthorizerPayloadFormatVersion");
    if (!version) {
        invalid(id, "LambdaAuthorizer '{}' must have a AuthorizerPayloadFormatVersion property.", name);
    }
    json::array sub{
        "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
        "${__FunctionArn__}/invocations"};
    sub.push_back(json::object{{"__FunctionArn__", authorizer.at("FunctionArn")}});
    json::object made{{"type", "request"},
                      {"authorizerUri", json::object{{"Fn::Sub", std::move(sub)}}},
                      {"authorizerPayloadFormatVersion", *version}};
    const auto* identity = authorizer.if_contains("Identity");
    if (auto sources = identity_sources(identity); !sources.empty()) made["identitySource"] = std::move(sources);
    if (const auto* ttl = part(identity, "ReauthorizeEvery")) made["authorizerResultTtlInSeconds"] = *ttl;
    if (const auto* simple = authorizer.if_contains("EnableSimpleResponses")) made["enableSimpleResponses"] = *simple;
    if (const auto* role = authorizer.if_contains("FunctionInvokeRole"); role && *role != "NONE") {
        made["authorizerCredentials"] = *role;
    }
    return {{"type", "apiKey"}, {"name", "Unused"}, {"in", "header"}, {"x-amazon-apigateway-authorizer", made}};
}

json::object token_scheme(const json::object& authorizer) {
    const auto* source = authorizer.if_contains("IdentitySource");
    json::object made{{"jwtConfiguration", authorizer.at("JwtConfiguration")},
                      {"identitySource", source ? *source : json::value("$request.header.Authorization")},
                      {"type", "jwt"}};
    return {{"type", "oauth2"}, {"x-amazon-apigateway-authorizer", std::move(made)}};
}

}  // namespace

json::object security_schemes(std::string_view id, const json::object& api) {
    json::object schemes;
    const auto* auth = api.if_contains("Auth");
    const auto* authorizers = part(auth, "Authorizers");
    if (is_true(part(auth, "EnableIamAuthorizer"))) {
        schemes[iam_scheme] = json::object{{"type", "apiKey"},
                                           {"name", "Authorization"},
                                           {"in", "header"},
                                           {"x-amazon-apigateway-authtype", "awsSigv4"}};
    }
    if (!authorizers || !authorizers->is_object()) return schemes;
    for (const auto& [name, value] : authorizers->get_object()) {
        const auto* authorizer = value.if_object();
        if (authorizer && authorizer->contains("JwtConfiguration")) {
            schemes[name] = token_scheme(*authorizer);
        } else if (authorizer && authorizer->contains("FunctionArn")) {
            schemes[name] = function_scheme(id, std::string_view(name), *authorizer);
        } else {
            invalid(id, "Authorizer '{}' must have either JwtConfiguration or FunctionArn.", std::string_view(name));
        }
    }
    return schemes;
}

std::optional<json::array> security_of(std::string_view function_id, const json::object& api,
                                       const json::object& event) {
    const auto* api_auth = api.if_contains("Auth");
    const auto* event_auth = event.if_contains("Auth");
    const auto* name = part(api_auth, "DefaultAuthorizer");
    if (const auto* own = part(event_auth, "Authorizer")) name = own;
    if (!name || !name->is_string() || *name == "NONE") return std::nullopt;
    const auto* authorizer = part(part(api_auth, "Authorizers"), name->get_string());
    const bool signatures =
        std::string_view(name->get_string()) == iam_scheme && is_true(part(api_auth, "EnableIamAuthorizer"));
    if (!authorizer && !signatures) {
        invalid(function_id, "Unable to set Authorizer [{}]: the API's Auth does not have it.",
                std::string_view(name->get_string()));
    }
    const auto* scopes = part(event_auth, "AuthorizationScopes");
    if (!scopes) scopes = part(authorizer, "AuthorizationScopes");
    json::object entry;
    entry.emplace(name->get_string(), scopes ? *scopes : json::value(json::array()));
    json::array list;
    list.push_back(std::move(entry));
    return list;
}

void Application::permit_authorizers(const std::string& id, const HttpApi& api) {
    const auto* authorizers = part(api.properties.if_contains("Auth"), "Authorizers");
    if (!authorizers || !authorizers->is_object()) return;
    for (const auto& [name, authorizer] : authorizers->get_object()) {
        if (!is_true(part(&authorizer, "EnableFunctionDefaultPermissions"))) continue;
        json::array sub{
            "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/authorizers/*"};
        sub.push_back(json::object{{"__ApiId__", reference_to(id)}});
        add(fmt::format("{}{}AuthorizerPermission", id, std::string_view(name)), "AWS::Lambda::Permission",
            {{"Action", "lambda:InvokeFunction"},
             {"FunctionName", authorizer.at("FunctionArn")},
             {"Principal", "apigateway.amazonaws.com"},
             {"SourceArn", json::object{{"Fn::Sub", std::move(sub)}}}},
            api.attributes);
    }
}

}  // namespace cumulet::cloudformation::sam
