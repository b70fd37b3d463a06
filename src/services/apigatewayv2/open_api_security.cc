// Who may take the routes of an OpenAPI document.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/openapi-extensions-authorizer.html

#include "base/text.h"
#include "services/apigatewayv2/authorizer.h"
#include "services/apigatewayv2/http_api.h"
#include "services/apigatewayv2/open_api.h"
#include "services/apigatewayv2/open_api_members.h"

namespace cumulet::apigatewayv2 {
namespace {

using aws::apigatewayv2::BadRequestException;

std::vector<std::string> texts_in(const json::value* list) {
    std::vector<std::string> texts;
    if (!list) return texts;
    if (list->is_string()) texts.emplace_back(list->as_string());
    if (!list->is_array()) return texts;
    for (const auto& each : list->as_array()) {
        if (each.is_string()) texts.emplace_back(each.as_string());
    }
    return texts;
}

/// Identity sources are one text with commas, or a list.
std::vector<std::string> sources_in(const json::object& source) {
    std::vector<std::string> sources;
    for (const auto& text : texts_in(source.if_contains("identitySource"))) {
        std::string_view rest = text;
        while (!rest.empty()) {
            const auto end = std::min(rest.find(','), rest.size());
            if (const auto one = trimmed(rest.substr(0, end)); !one.empty()) sources.emplace_back(one);
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    return sources;
}

Authorizer read_authorizer(std::string name, const json::object& source) {
    static constexpr std::string_view known[] = {"type",
                                                 "identitySource",
                                                 "jwtConfiguration",
                                                 "authorizerUri",
                                                 "authorizerCredentials",
                                                 "authorizerPayloadFormatVersion",
                                                 "authorizerResultTtlInSeconds",
                                                 "enableSimpleResponses"};
    for (const auto& [key, value] : source) {
        if (std::ranges::find(known, std::string_view(key)) == std::end(known))
            throw unsupported(fmt::format("x-amazon-apigateway-authorizer.{}", std::string_view(key)));
    }
    Authorizer authorizer;
    authorizer.Name = std::move(name);
    authorizer.AuthorizerType = to_upper(string_or(source, "type"));
    if (authorizer.AuthorizerType != "JWT" && authorizer.AuthorizerType != "REQUEST")
        throw BadRequestException(fmt::format("Invalid authorizer type specified: {}", string_or(source, "type")));
    authorizer.IdentitySource = sources_in(source);
    authorizer.AuthorizerUri = text_in(source, "authorizerUri");
    authorizer.AuthorizerCredentialsArn = text_in(source, "authorizerCredentials");
    authorizer.AuthorizerPayloadFormatVersion = text_in(source, "authorizerPayloadFormatVersion");
    if (const auto* version = source.if_contains("authorizerPayloadFormatVersion"); version && version->is_number())
        authorizer.AuthorizerPayloadFormatVersion = fmt::format("{:.1f}", version->to_number<double>());
    if (const auto* ttl = source.if_contains("authorizerResultTtlInSeconds"); ttl && ttl->is_number())
        authorizer.AuthorizerResultTtlInSeconds = static_cast<int32_t>(std::clamp(ttl->to_number<double>(), 0., 3600.));
    if (const auto simple = text_in(source, "enableSimpleResponses"))
        authorizer.EnableSimpleResponses = *simple == "true";
    if (const auto* expected = object_in(source, "jwtConfiguration")) {
        auto& configuration = authorizer.JwtConfiguration.emplace();
        configuration.Issuer = text_in(*expected, "issuer");
        configuration.Audience = texts_in(expected->if_contains("audience"));
    }
    authorizer = with_defaults(std::move(authorizer));
    check_authorizer(authorizer);
    return authorizer;
}

/// The first requirement of a "security" list, which may be empty: open to all.
const json::object* requirement_of(const json::value& security) {
    const auto* list = security.if_array();
    if (!list) throw BadRequestException("security must be a list");
    if (list->size() > 1) throw unsupported("security with several requirements");
    return list->empty() ? nullptr : list->front().if_object();
}

const json::object* security_schemes_of(const json::object& document) {
    const auto* components = object_in(document, "components");
    return components ? object_in(*components, "securitySchemes") : nullptr;
}

/// True if the scheme stands for signatures.
bool is_signature(const json::object& document, std::string_view scheme_name) {
    const auto* schemes = security_schemes_of(document);
    const auto* scheme = schemes ? object_in(*schemes, scheme_name) : nullptr;
    return scheme && string_or(*scheme, "x-amazon-apigateway-authtype") == "awsSigv4";
}

}  // namespace

std::map<std::string, Authorizer> read_security_schemes(const json::object& document) {
    std::map<std::string, Authorizer> authorizers;
    const auto* schemes = security_schemes_of(document);
    if (!schemes) return authorizers;
    for (const auto& [key, value] : *schemes) {
        const auto* scheme = value.if_object();
        const auto* source = scheme ? object_in(*scheme, "x-amazon-apigateway-authorizer") : nullptr;
        if (source) authorizers.emplace(key, read_authorizer(std::string(key), *source));
    }
    return authorizers;
}

void read_security(Blueprint::Operation& result, const json::object& operation, const json::object& document,
                   const std::map<std::string, Authorizer>& authorizers) {
    if (const auto* auth = object_in(operation, "x-amazon-apigateway-auth")) {
        const auto type = string_or(*auth, "type");
        if (type != "AWS_IAM" && type != "NONE") throw unsupported(fmt::format("x-amazon-apigateway-auth {}", type));
        result.route.AuthorizationType = std::string(type);
        return;
    }
    const auto* security = operation.if_contains("security");
    if (!security) security = document.if_contains("security");
    const auto* requirement = security ? requirement_of(*security) : nullptr;
    if (!requirement || requirement->empty()) return;
    if (requirement->size() > 1) throw unsupported("security that needs several schemes");
    const auto& [key, scopes] = *requirement->begin();
    if (key == "NONE") return;
    if (is_signature(document, key)) {
        result.route.AuthorizationType = "AWS_IAM";
        return;
    }
    const auto found = authorizers.find(std::string(key));
    if (found == authorizers.end()) throw unsupported(fmt::format("security by the scheme {}", std::string_view(key)));
    const bool by_token = found->second.AuthorizerType == "JWT";
    result.authorizer = found->first;
    result.route.AuthorizationType = by_token ? "JWT" : "CUSTOM";
    if (auto names = texts_in(&scopes); by_token && !names.empty()) result.route.AuthorizationScopes = std::move(names);
}

}  // namespace cumulet::apigatewayv2
