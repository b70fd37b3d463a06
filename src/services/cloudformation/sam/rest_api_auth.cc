// Auth of AWS::Serverless::Api: authorizers, who may call, roles, usage plans.
// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-apiauth.html

#include "base/text.h"
#include "services/cloudformation/sam/application.h"

namespace cumulet::cloudformation::sam {

namespace {

const json::value* part(const json::value* object, std::string_view name) {
    return object ? find(*object, name) : nullptr;
}

const json::object& object_in(const json::value* object, std::string_view name) {
    static const json::object none;
    const auto* value = part(object, name);
    return value && value->is_object() ? value->get_object() : none;
}

bool is_true(const json::value* value) { return value && (*value == true || *value == "true"); }

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
        if (const auto* ttl = identity.if_contains("ReauthorizeEvery")) made["authorizerResultTtlInSeconds"] = *ttl;
        if (const auto* expression = identity.if_contains("ValidationExpression"))
            made["identityValidationExpression"] = *expression;
        scheme["x-amazon-apigateway-authorizer"] = std::move(made);
        return scheme;
    }
    const auto* function = authorizer.if_contains("FunctionArn");
    if (!function) invalid(id, "{} Authorizer must define 'UserPoolArn' or 'FunctionArn'.", name);
    only(id, authorizer,
         {"FunctionArn", "FunctionInvokeRole", "FunctionPayloadType", "Identity", "AuthorizationScopes",
          "DisableFunctionDefaultPermissions"});
    scheme["x-amazon-apigateway-authtype"] = "custom";
    const bool whole_request = string_or(authorizer, "FunctionPayloadType", "TOKEN") == "REQUEST";
    made["type"] = whole_request ? "request" : "token";
    made["authorizerUri"] = invocation_of(*function);
    if (const auto* role = authorizer.if_contains("FunctionInvokeRole"); role && *role != "NONE")
        made["authorizerCredentials"] = *role;
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

/// "arn:aws:iam::111111111111:root" of an account's number; anything else as it stands.
json::value account_principal(const json::value& account) {
    const auto text = account.is_string() ? std::string(account.get_string()) : json::serialize(account);
    const bool number = text.size() == 12 && std::ranges::all_of(text, [](unsigned char c) { return isdigit(c); });
    if (!number) return account;
    return json::object{{"Fn::Sub", fmt::format("arn:${{AWS::Partition}}:iam::{}:root", text)}};
}

json::object statement(std::string_view effect, const json::value& principal, std::string_view resource) {
    return {{"Effect", effect}, {"Principal", principal}, {"Action", "execute-api:Invoke"}, {"Resource", resource}};
}

/// The members of a list whose texts have that beginning.
json::array with_prefix(const json::value* list, std::string_view prefix) {
    json::array found;
    if (!list || !list->is_array()) return found;
    for (const auto& each : list->get_array())
        if (each.is_string() && std::string_view(each.get_string()).starts_with(prefix)) found.push_back(each);
    return found;
}

}  // namespace

void add_policy(std::string_view id, const json::value* policy, const std::string& resource, json::array& statements) {
    if (!policy) return;
    if (!policy->is_object()) invalid(id, "Property 'ResourcePolicy' should be a map.");
    only(id, policy->get_object(),
         {"CustomStatements", "AwsAccountWhitelist", "AwsAccountBlacklist", "IpRangeWhitelist", "IpRangeBlacklist",
          "SourceVpcWhitelist", "SourceVpcBlacklist", "IntrinsicVpcWhitelist", "IntrinsicVpcBlacklist",
          "IntrinsicVpceWhitelist", "IntrinsicVpceBlacklist"});
    if (const auto* custom = find(*policy, "CustomStatements")) {
        const auto list = custom->is_array() ? custom->get_array() : json::array{*custom};
        for (const auto& each : list) statements.push_back(each);
    }
    for (const auto& [property, effect] :
         {std::pair("AwsAccountWhitelist", "Allow"), {"AwsAccountBlacklist", "Deny"}}) {
        const auto* accounts = find(*policy, property);
        if (!accounts || !accounts->is_array()) continue;
        json::array principals;
        for (const auto& account : accounts->get_array()) principals.push_back(account_principal(account));
        statements.push_back(statement(effect, json::object{{"AWS", std::move(principals)}}, resource));
    }
    bool open = false;
    const auto deny = [&](std::string_view comparison, std::string_view key, json::array values) {
        if (values.empty()) return;
        if (!std::exchange(open, true)) statements.push_back(statement("Allow", "*", resource));
        auto denied = statement("Deny", "*", resource);
        json::object compared;
        compared.emplace(key, std::move(values));
        json::object condition;
        condition.emplace(comparison, std::move(compared));
        denied["Condition"] = std::move(condition);
        statements.push_back(std::move(denied));
    };
    const auto all_of = [&](std::string_view property) { return find(*policy, property); };
    const auto list_of = [&](std::string_view property) {
        const auto* list = all_of(property);
        return list && list->is_array() ? list->get_array() : json::array();
    };
    deny("NotIpAddress", "aws:SourceIp", list_of("IpRangeWhitelist"));
    deny("IpAddress", "aws:SourceIp", list_of("IpRangeBlacklist"));
    for (const auto& [kind, comparison] : {std::pair("Whitelist", "StringNotEquals"), {"Blacklist", "StringEquals"}}) {
        const auto sources = std::string("SourceVpc") + kind;
        auto networks = with_prefix(all_of(sources), "vpc-"), endpoints = with_prefix(all_of(sources), "vpce-");
        for (auto& each : list_of(std::string("IntrinsicVpc") + kind)) networks.push_back(each);
        for (auto& each : list_of(std::string("IntrinsicVpce") + kind)) endpoints.push_back(each);
        deny(comparison, "aws:SourceVpc", std::move(networks));
        deny(comparison, "aws:SourceVpce", std::move(endpoints));
    }
}

json::object Application::rest_security(const std::string& id, const RestApi& api) {
    json::object definitions;
    definitions["api_key"] = json::object{{"type", "apiKey"}, {"name", "x-api-key"}, {"in", "header"}};
    const auto* auth = api.properties.if_contains("Auth");
    if (!auth) return definitions;
    if (!auth->is_object()) invalid(id, "Type of property 'Auth' is invalid.");
    only(id, auth->get_object(),
         {"DefaultAuthorizer", "Authorizers", "ApiKeyRequired", "AddDefaultAuthorizerToCorsPreflight",
          "AddApiKeyRequiredToCorsPreflight", "InvokeRole", "ResourcePolicy", "UsagePlan"});
    for (const auto& [name, authorizer] : object_in(auth, "Authorizers")) {
        if (!authorizer.is_object()) invalid(id, "Authorizer {} must be a dictionary.", std::string_view(name));
        definitions[name] = security_definition(id, name, authorizer.get_object());
    }
    return definitions;
}

void Application::authorize_method(std::string_view function_id, const RestApi& api, const json::value* event_auth,
                                   json::object& method, json::object& integration) {
    const auto* api_auth = api.properties.if_contains("Auth");
    if (event_auth && event_auth->is_object()) {
        only(
            function_id, event_auth->get_object(),
            {"Authorizer", "ApiKeyRequired", "AuthorizationScopes", "InvokeRole", "OverrideApiAuth", "ResourcePolicy"});
    }
    const auto of = [&](std::string_view event_name, std::string_view api_name) {
        const auto* own = part(event_auth, event_name);
        return own ? own : part(api_auth, api_name);
    };
    json::array security;
    const auto* authorizer = of("Authorizer", "DefaultAuthorizer");
    if (authorizer && *authorizer == "AWS_IAM") {
        method["x-amazon-apigateway-auth"] = json::object{{"type", "AWS_IAM"}};
        const auto* role = of("InvokeRole", "InvokeRole");
        const bool of_caller = !role || *role == "CALLER_CREDENTIALS";
        if (of_caller) integration["credentials"] = "arn:aws:iam::*:user/*";
        if (!of_caller && *role != "NONE") integration["credentials"] = *role;
    } else if (authorizer && authorizer->is_string() && *authorizer != "NONE") {
        const auto& known = object_in(api_auth, "Authorizers");
        const auto* definition = known.if_contains(authorizer->get_string());
        if (!definition) {
            invalid(function_id, "Unable to set Authorizer [{}]: the related API does not define any such Authorizer.",
                    std::string_view(authorizer->get_string()));
        }
        const auto* scopes = part(event_auth, "AuthorizationScopes");
        if (!scopes) scopes = find(*definition, "AuthorizationScopes");
        json::object entry;
        entry.emplace(authorizer->get_string(), scopes ? *scopes : json::value(json::array()));
        security.push_back(std::move(entry));
    }
    if (is_true(of("ApiKeyRequired", "ApiKeyRequired"))) security.push_back(json::object{{"api_key", json::array()}});
    if (!security.empty()) method["security"] = std::move(security);
}

void Application::authorize_preflight(const RestApi& api, json::object& method) const {
    const auto* auth = api.properties.if_contains("Auth");
    const auto wanted = [&](std::string_view name) {
        const auto* value = part(auth, name);
        return !value || is_true(value);
    };
    json::array security;
    const auto* authorizer = part(auth, "DefaultAuthorizer");
    if (authorizer && authorizer->is_string() && wanted("AddDefaultAuthorizerToCorsPreflight")) {
        if (*authorizer == "AWS_IAM") {
            method["x-amazon-apigateway-auth"] = json::object{{"type", "AWS_IAM"}};
        } else {
            json::object entry;
            entry.emplace(authorizer->get_string(), json::array());
            security.push_back(std::move(entry));
        }
    }
    if (is_true(part(auth, "ApiKeyRequired")) && wanted("AddApiKeyRequiredToCorsPreflight"))
        security.push_back(json::object{{"api_key", json::array()}});
    if (!security.empty()) method["security"] = std::move(security);
}

void Application::write_usage_plan(const std::string& id, const RestApi& api) {
    const auto* auth = api.properties.if_contains("Auth");
    const auto* wanted = part(auth, "UsagePlan");
    if (!wanted) return;
    if (!wanted->is_object()) invalid(id, "Property 'UsagePlan' should be a map.");
    const auto& plan = wanted->get_object();
    only(id, plan, {"CreateUsagePlan", "Description", "Quota", "Tags", "Throttle", "UsagePlanName"});
    const auto kind = string_or(plan, "CreateUsagePlan");
    if (kind != "PER_API" && kind != "SHARED" && kind != "NONE")
        invalid(id,
                "'CreateUsagePlan' is required field for UsagePlan properties; it accepts only NONE, PER_API and "
                "SHARED values");
    if (kind == "NONE") return;
    const auto stage = id + rest_stage_name(api) + "Stage";
    const auto prefix = kind == "SHARED" ? std::string("Serverless") : id;
    const json::object of_plan{{"ApiId", reference_to(id)}, {"Stage", reference_to(stage)}};
    const json::object of_key{{"RestApiId", reference_to(id)}, {"StageName", reference_to(stage)}};
    if (auto* shared = resources_.if_contains(prefix + "UsagePlan")) {
        shared->at("Properties").at("ApiStages").get_array().push_back(of_plan);
        resources_.at(prefix + "ApiKey").at("Properties").at("StageKeys").get_array().push_back(of_key);
        return;
    }
    json::object properties{{"ApiStages", json::array{of_plan}}};
    copy(plan, properties, {"Description", "Quota", "Throttle", "UsagePlanName"});
    const auto* tags = plan.if_contains("Tags");
    if (!tags && is_true(api.properties.if_contains("PropagateTags"))) tags = api.properties.if_contains("Tags");
    if (tags) properties["Tags"] = tags->is_array() ? *tags : json::value(tag_list(tags->if_object(), ""));
    const auto attributes = shared_attributes(api.attributes);
    add(prefix + "UsagePlan", "AWS::ApiGateway::UsagePlan", std::move(properties), attributes);
    add(prefix + "ApiKey", "AWS::ApiGateway::ApiKey", {{"Enabled", true}, {"StageKeys", json::array{of_key}}},
        attributes);
    add(prefix + "UsagePlanKey", "AWS::ApiGateway::UsagePlanKey",
        {{"KeyId", reference_to(prefix + "ApiKey")},
         {"KeyType", "API_KEY"},
         {"UsagePlanId", reference_to(prefix + "UsagePlan")}},
        attributes);
}

void Application::write_authorizer_permissions(const std::string& id, const RestApi& api) {
    const auto* auth = api.properties.if_contains("Auth");
    const auto* authorizers = auth ? find(*auth, "Authorizers") : nullptr;
    if (!authorizers || !authorizers->is_object()) return;
    for (const auto& [name, authorizer] : authorizers->get_object()) {
        const auto* function = find(authorizer, "FunctionArn");
        const auto* role = find(authorizer, "FunctionInvokeRole");
        if (!function || (role && *role != "NONE") || is_true(find(authorizer, "DisableFunctionDefaultPermissions")))
            continue;
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
