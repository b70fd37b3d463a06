#include "services/apigatewayv2/authorizer.h"

#include "base/bytes.h"
#include "base/text.h"
#include "contracts/http_sender.h"
#include "services/apigatewayv2/http_api.h"
#include "services/apigatewayv2/request_value.h"
#include "services/apigatewayv2/websocket/web_socket_event.h"

namespace cumulet::apigatewayv2 {
namespace {

using aws::apigatewayv2::BadRequestException;

constexpr int32_t usual_ttl_seconds = 300;
constexpr size_t most_identity_sources = 10;

// Unverified: the words of all that follow.
void refuse_if(bool wrong, std::string_view words) {
    if (wrong) throw BadRequestException(std::string(words));
}

void check_token_authorizer(const Authorizer& authorizer) {
    const auto& sources = *authorizer.IdentitySource;
    refuse_if(sources.size() != 1 ||
                  (!sources[0].starts_with("$request.header.") && !sources[0].starts_with("$request.querystring.")),
              "A JWT authorizer has exactly one identity source, a header or a query parameter");
    refuse_if(!authorizer.JwtConfiguration, "JwtConfiguration is required for JWT authorizers");
    const auto& expected = *authorizer.JwtConfiguration;
    refuse_if(!expected.Audience || expected.Audience->empty(), "JwtConfiguration must have at least one audience");
    const auto issuer = expected.Issuer.value_or("");
    if (!contracts::HttpTarget::parse(issuer)) {
        throw BadRequestException(
            fmt::format("Invalid issuer: {}. Issuer must have a valid discovery endpoint ended with "
                        "'/.well-known/openid-configuration'",
                        issuer));
    }
    refuse_if(authorizer.AuthorizerUri || authorizer.AuthorizerCredentialsArn ||
                  authorizer.AuthorizerPayloadFormatVersion || authorizer.AuthorizerResultTtlInSeconds ||
                  authorizer.EnableSimpleResponses,
              "A JWT authorizer has only an identity source and a JwtConfiguration");
}

void check_function_authorizer(const Authorizer& authorizer) {
    refuse_if(authorizer.JwtConfiguration.has_value(), "JwtConfiguration is only for JWT authorizers");
    refuse_if(!function_of(authorizer.AuthorizerUri.value_or("")), "AuthorizerUri must name a Lambda function");
    const auto version = authorizer.AuthorizerPayloadFormatVersion.value_or("");
    refuse_if(version.empty(), "AuthorizerPayloadFormatVersion is a required parameter for REQUEST authorizer");
    refuse_if(version != "1.0" && version != "2.0", "AuthorizerPayloadFormatVersion must be 1.0 or 2.0");
    refuse_if(version == "1.0" && authorizer.EnableSimpleResponses.value_or(false),
              "EnableSimpleResponses is only for AuthorizerPayloadFormatVersion 2.0");
    const auto& sources = *authorizer.IdentitySource;
    refuse_if(sources.size() > most_identity_sources, "An authorizer has at most 10 identity sources");
    for (const auto& source : sources) {
        if (!is_identity_source(source)) throw BadRequestException(fmt::format("Invalid identity source: {}", source));
    }
    refuse_if(authorizer.AuthorizerResultTtlInSeconds.value_or(0) > 0 && sources.empty(),
              "IdentitySource is required where results are cached");
}

bool is_among(const json::value* claim, const std::vector<std::string>& expected) {
    if (!claim) return false;
    const auto fits = [&](const json::value& each) {
        return each.is_string() && std::ranges::find(expected, std::string_view(each.as_string())) != expected.end();
    };
    return claim->is_array() ? std::ranges::any_of(claim->as_array(), fits) : fits(*claim);
}

/// A claim as functions see it: numbers and lists too are texts.
std::string text_of(const json::value& claim) {
    if (claim.is_string()) return std::string(claim.as_string());
    if (claim.is_double()) return fmt::format("{}", claim.as_double());
    if (!claim.is_array()) return json::serialize(claim);
    std::vector<std::string> texts;
    for (const auto& each : claim.as_array()) texts.push_back(text_of(each));
    return fmt::format("[{}]", fmt::join(texts, " "));
}

}  // namespace

void check_authorizer(const Authorizer& authorizer) {
    refuse_if(!authorizer.IdentityValidationExpression.value_or("").empty(),
              "IdentityValidationExpression is not supported for HTTP APIs");
    refuse_if(!authorizer.IdentitySource, "IdentitySource is required");
    if (authorizer.AuthorizerType == "JWT") {
        check_token_authorizer(authorizer);
    } else {
        check_function_authorizer(authorizer);
    }
}

Authorizer with_defaults(Authorizer authorizer) {
    if (authorizer.AuthorizerType != "REQUEST") return authorizer;
    if (!authorizer.EnableSimpleResponses) authorizer.EnableSimpleResponses = false;
    if (!authorizer.AuthorizerResultTtlInSeconds) {
        const bool has_sources = authorizer.IdentitySource && !authorizer.IdentitySource->empty();
        authorizer.AuthorizerResultTtlInSeconds = has_sources ? usual_ttl_seconds : 0;
    }
    return authorizer;
}

std::string_view without_bearer(std::string_view value) {
    constexpr std::string_view bearer = "bearer ";
    value = trimmed(value);
    return equal_ignoring_case(value.substr(0, bearer.size()), bearer) ? trimmed(value.substr(bearer.size())) : value;
}

// Unverified: the words but those about the audience.
std::string_view fault_in(const Jwt& token, const aws::apigatewayv2::JWTConfiguration& expected, Time now) {
    if (string_or(token.header, "kid").empty()) return "the token does not name its key";
    if (string_or(token.claims, "iss") != expected.Issuer.value_or("")) return "the token does not have a valid issuer";
    const auto* audience = token.claims.if_contains("aud");
    if (!audience) audience = token.claims.if_contains("client_id");
    if (!is_among(audience, expected.Audience.value_or(std::vector<std::string>())))
        return "the token does not have a valid audience";
    const auto expires = token.time("exp");
    if (!expires || now >= *expires) return "the token has expired";
    for (const auto* begin : {"nbf", "iat"}) {
        const auto time = token.time(begin);
        if (token.claims.contains(begin) && (!time || now < *time)) return "the token is not valid yet";
    }
    return "";
}

Authorized authorized_by(const Jwt& token, const std::vector<std::string>& scopes) {
    json::object claims;
    for (const auto& [name, claim] : token.claims) claims[name] = text_of(claim);
    json::value listed = nullptr;
    // Unverified: that scopes are told only where the route asks for some.
    if (!scopes.empty()) {
        listed.emplace_array();
        for (const auto& scope : token.scopes()) listed.as_array().emplace_back(scope);
    }
    Authorized authorized{.by = Authorized::By::token, .values = {}, .principal_id = {}};
    authorized.values["claims"] = std::move(claims);
    authorized.values["scopes"] = std::move(listed);
    return authorized;
}

std::optional<std::vector<std::string>> identity_of(const Passage& passage, const Authorizer& authorizer) {
    std::vector<std::string> values;
    for (const auto& source : authorizer.IdentitySource.value_or(std::vector<std::string>())) {
        // "route.request.header.Auth" in WebSocket APIs, "$request.header.Auth" in HTTP APIs
        auto value = request_value(passage, passage.web_socket ? expression_of(source) : source);
        if (!value || value->empty()) return std::nullopt;
        values.push_back(std::move(*value));
    }
    return values;
}

}  // namespace cumulet::apigatewayv2
