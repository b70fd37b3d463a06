// Who may call a method: resource policies, AWS_IAM, Lambda authorizers, and user pools' tokens.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-to-api.html

#include "base/bytes.h"
#include "contracts/apigatewaymanagementapi.h"
#include "contracts/error.h"
#include "services/apigateway/proxy_event.h"
#include "services/apigateway/surface.h"

namespace cumulet::apigateway {
namespace {

constexpr auto longest_authorizer_time = 10s;
constexpr std::string_view denied_text = "User is not authorized to access this resource";

Fault fault_of(const aws::Error& error) {
    if (error.code.contains("InvalidSignature") || error.code.contains("IncompleteSignature") ||
        error.code.contains("UnrecognizedClient"))
        return {"INVALID_SIGNATURE", error.message, "InvalidSignatureException"};
    if (error.code.contains("Expired")) return {"EXPIRED_TOKEN", error.message, "ExpiredTokenException"};
    if (error.code.contains("MissingAuthentication")) return missing_authentication_token();
    return access_denied(error.message);
}

void note_caller(Exchange& exchange, const Principal& principal) {
    exchange.identity["accessKey"] = principal.access_key_id;
    exchange.identity["accountId"] = principal.account;
    exchange.identity["caller"] = principal.user_id;
    exchange.identity["user"] = principal.user_id;
    exchange.identity["userArn"] = principal.arn;
}

/// The values of the identity sources, in their order; nothing if one of them is missing.
std::optional<std::vector<std::string>> identity_of(const Exchange& exchange, const Authorizer& authorizer) {
    std::vector<std::string> values;
    std::string_view rest = authorizer.identitySource.has_value() ? *authorizer.identitySource : std::string_view();
    while (!rest.empty()) {
        const auto end = std::min(rest.find(','), rest.size());
        auto source = rest.substr(0, end);
        while (source.starts_with(' ')) source.remove_prefix(1);
        auto value = request_value(exchange, source).value_or("");
        if (value.empty()) return std::nullopt;
        values.push_back(std::move(value));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return values;
}

bool is_valid(const Authorizer& authorizer, const std::string& token) {
    const auto expression = authorizer.identityValidationExpression.value_or("");
    return expression.empty() || re2::RE2::FullMatch(token, re2::RE2(expression, re2::RE2::Quiet));
}

json::object event_for(const Exchange& exchange, const Authorizer& authorizer,
                       const std::vector<std::string>& identity) {
    json::object event;
    if (authorizer.type == "REQUEST") {
        event = request_event(exchange);
        event["type"] = "REQUEST";
    } else {
        event = {{"type", "TOKEN"}, {"authorizationToken", readable(identity.empty() ? "" : identity.front())}};
    }
    event["methodArn"] = method_arn(exchange, false);
    return event;
}

std::string text_of(const json::value& value) {
    return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

/// Throws Fault for what is no authorizer's answer.
Authorised read_answer(std::string_view payload) {
    auto answer = auth::read_authorizer_answer(payload, false);
    if (!answer) throw authorizer_misconfigured();
    Authorised found;
    found.context["principalId"] = answer->principal_id;
    for (const auto& [name, value] : answer->context) {
        if (value.is_structured()) throw authorizer_misconfigured();
        if (!value.is_null()) found.context[name] = text_of(value);
    }
    found.answer = std::move(*answer);
    return found;
}

void apply_verdict(const Authorised& authorised, const Exchange& exchange) {
    using Verdict = auth::AuthorizerAnswer::Verdict;
    switch (authorised.answer.of(method_arn(exchange, false), exchange.source_address)) {
        case Verdict::allowed: return;
        case Verdict::denied: throw access_denied(std::string(denied_text));
        case Verdict::denied_explicitly: throw access_denied(std::string(denied_text) + " with an explicit deny");
    }
}

/// The pools that an authorizer trusts, by the last part of their ARNs.
bool trusts_issuer(const Authorizer& authorizer, std::string_view issuer) {
    const auto pool = issuer.substr(issuer.rfind('/') + 1);
    const auto arns = authorizer.providerARNs.value_or(std::vector<std::string>());
    return !pool.empty() &&
           std::ranges::any_of(arns, [&](std::string_view arn) { return arn.substr(arn.rfind('/') + 1) == pool; });
}

}  // namespace

const contracts::Service& execute_api() { return aws::apigatewaymanagementapi::service; }

Task<void> Surface::authorise(Call& call, Exchange& exchange) {
    const auto& type = exchange.method->method.authorizationType.value_or("NONE");
    const auto& policy = exchange.definition->api.policy.value_or("");
    call.principal = {.kind = Principal::Kind::anonymous, .account = exchange.account()};
    if (neighbours_.gate && (type == "AWS_IAM" || !policy.empty())) {
        auto* step = &exchange.permitted;
        const auto begun = call.now();
        try {
            if (type == "AWS_IAM") {
                step = &exchange.authenticated;
                co_await neighbours_.gate->identify(call, exchange.request, execute_api());
                step->emplace(Permission{.latency = call.now() - begun});
                note_caller(exchange, call.principal);
                step = &exchange.permitted;
            }
            co_await neighbours_.gate->permit(call, execute_api(), "execute-api:Invoke", method_arn(exchange, false),
                                              policy, {});
            step->emplace(Permission{.latency = call.now() - begun});
        } catch (const aws::Error& error) {
            step->emplace(Permission{.status = 403, .latency = call.now() - begun, .error = error.message});
            throw fault_of(error);
        }
    }
    if (type == "CUSTOM" || type == "COGNITO_USER_POOLS") co_await ask_to_be_let_in(call, exchange);
}

Task<void> Surface::ask_to_be_let_in(Call& call, Exchange& exchange) {
    const auto begun = call.now();
    auto& step = exchange.let_in.emplace();
    try {
        if (exchange.method->method.authorizationType == "CUSTOM") {
            apply_verdict(*co_await ask_authorizer(call, exchange), exchange);
        } else {
            co_await check_token(call, exchange);
        }
        step.latency = call.now() - begun;
    } catch (const Fault& fault) {
        step = {.status = fault.type == "UNAUTHORIZED"    ? 401
                          : fault.type == "ACCESS_DENIED" ? 403
                                                          : 500,
                .latency = call.now() - begun,
                .error = fault.message};
        throw;
    }
}

Task<std::shared_ptr<const Authorised>> Surface::ask_authorizer(Call& call, Exchange& exchange) {
    if (!exchange.method->authorizer) throw authorizer_misconfigured();
    const auto& authorizer = *exchange.method->authorizer;
    const auto identity = identity_of(exchange, authorizer);
    if (!identity) throw unauthorized();
    if (authorizer.type == "TOKEN" && !is_valid(authorizer, identity->front())) throw unauthorized();
    const std::chrono::seconds kept_for(authorizer.authorizerResultTtlInSeconds.value_or(300));
    std::string key = fmt::format("{}/{}/{}/{}", exchange.api_id(), exchange.api->address.version,
                                  *exchange.stage->stageName, *authorizer.id);
    for (const auto& value : *identity) key.append(1, '\0').append(value);
    const bool keeps = kept_for > 0s && !exchange.test;
    auto known = keeps && !identity->empty() ? authorised_.find(key, call.now()) : nullptr;
    if (!known) {
        known = std::make_shared<const Authorised>(co_await invoke_authorizer(call, exchange, *identity));
        if (keeps) authorised_.keep(std::move(key), known, call.now() + kept_for);
    }
    exchange.authorizer = known->context;
    exchange.usage_key = known->answer.usage_key;
    co_return known;
}

Task<Authorised> Surface::invoke_authorizer(Call& call, Exchange& exchange, std::vector<std::string> identity) {
    const auto& authorizer = *exchange.method->authorizer;
    aws::lambda::InvocationRequest invocation;
    invocation.Payload = json::serialize(event_for(exchange, authorizer, identity));
    const auto uri = with_stage_variables(authorizer.authorizerUri.value_or(""), exchange.variables());
    const auto role = authorizer.authorizerCredentials.value_or("");
    aws::lambda::InvocationResponse response;
    try {
        response =
            co_await invoke(call, exchange,
                            {.function = function_of(uri),
                             .role = role,
                             .source_arn = fmt::format("arn:aws:execute-api:{}:{}:{}/authorizers/{}", exchange.region(),
                                                       exchange.account(), exchange.api_id(), *authorizer.id),
                             .patience = longest_authorizer_time},
                            std::move(invocation));
    } catch (const Fault&) {
        throw authorizer_failure();
    }
    if (response.FunctionError) {
        const auto error = parse_json(response.Payload.value_or(""));
        const auto* object = error ? error->if_object() : nullptr;
        if (object && string_or(*object, "errorMessage") == "Unauthorized") throw unauthorized();
        throw authorizer_failure();
    }
    co_return read_answer(response.Payload.value_or(""));
}

Task<void> Surface::check_token(Call& call, Exchange& exchange) {
    if (!exchange.method->authorizer) throw authorizer_misconfigured();
    const auto& authorizer = *exchange.method->authorizer;
    const auto identity = identity_of(exchange, authorizer);
    if (!identity || identity->empty()) throw unauthorized();
    std::string_view text = identity->front();
    if (text.size() > 7 && equal_ignoring_case(text.substr(0, 7), "bearer ")) text.remove_prefix(7);
    const auto token = Jwt::parse(text);
    if (!token) throw unauthorized();
    const auto issuer = std::string(string_or(token->claims, "iss"));
    if (!trusts_issuer(authorizer, issuer)) throw unauthorized();
    if (!co_await issuers_.verify(issuer, *token, call.now())) throw unauthorized();
    if (!token->current(call.now())) {
        throw Fault{"UNAUTHORIZED", "The incoming token has expired", "UnauthorizedException"};
    }
    const auto& scopes = exchange.method->method.authorizationScopes;
    if (scopes && !token->in_scope(*scopes)) throw unauthorized();
    json::object claims;
    for (const auto& [name, value] : token->claims) claims[name] = text_of(value);
    exchange.authorizer["claims"] = std::move(claims);
}

}  // namespace cumulet::apigateway
