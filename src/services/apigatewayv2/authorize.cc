// Who may take a route: callers with a token, with a signature, or whom a function lets in.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html

#include "contracts/apigatewaymanagementapi.h"
#include "runtime/log.h"
#include "services/apigatewayv2/authorizer.h"
#include "services/apigatewayv2/reply.h"
#include "services/apigatewayv2/surface.h"

namespace cumulet::apigatewayv2 {
namespace {

constexpr Duration authorizer_patience = 10s;

http::Response unauthorized() { return message_reply(401, "Unauthorized"); }
http::Response forbidden() { return message_reply(403, "Forbidden"); }

/// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html
http::Response refuse_token(std::string_view fault) {
    auto response = unauthorized();
    response.headers.add("www-authenticate",
                         fmt::format(R"(Bearer scope="" error="invalid_token" error_description="{}")", fault));
    return response;
}

http::Response refuse_scopes(const std::vector<std::string>& scopes) {
    auto response = forbidden();
    // Unverified: the header.
    response.headers.add("www-authenticate",
                         fmt::format(R"(Bearer scope="{}" error="insufficient_scope")", fmt::join(scopes, " ")));
    return response;
}

json::value text_or_null(const std::string& text) { return text.empty() ? json::value(nullptr) : json::value(text); }

/// requestContext.authorizer.iam.
Authorized signed_by(const Principal& signer) {
    Authorized authorized{.by = Authorized::By::signature, .values = {}, .principal_id = {}};
    authorized.values = {{"accessKey", text_or_null(signer.access_key_id)},
                         {"accountId", text_or_null(signer.account)},
                         {"callerId", text_or_null(signer.user_id)},
                         {"cognitoIdentity", nullptr},
                         {"principalOrgId", nullptr},
                         {"userArn", text_or_null(signer.arn)},
                         {"userId", text_or_null(signer.user_id)}};
    return authorized;
}

/// A function that throws "Unauthorized" has the caller told so.
bool says_unauthorized(const aws::lambda::InvocationResponse& response) {
    const auto parsed = parse_json(response.Payload.value_or(""), 32);
    const auto* error = parsed ? parsed->if_object() : nullptr;
    return error && string_or(*error, "errorMessage") == "Unauthorized";
}

}  // namespace

Task<std::optional<http::Response>> Surface::authorize(Call& call, Passage& passage, Address address) {
    const auto& authorization = passage.match.route->authorization;
    if (authorization.type == "NONE") co_return std::nullopt;
    if (authorization.type == "AWS_IAM") co_return co_await check_signature(call, passage, address.place);
    if (!authorization.authorizer) co_return internal_server_error();
    if (authorization.type == "JWT") co_return co_await check_token(call, passage);
    co_return co_await ask_authorizer(call, passage, std::move(address));
}

Task<std::optional<http::Response>> Surface::check_token(Call& call, Passage& passage) {
    const auto& authorization = passage.match.route->authorization;
    const auto& expected = *authorization.authorizer->JwtConfiguration;
    const auto identity = identity_of(passage, *authorization.authorizer);
    if (!identity) {
        auto response = unauthorized();
        response.headers.add("www-authenticate", "Bearer");
        co_return response;
    }
    const auto token = Jwt::parse(without_bearer(identity->front()));
    if (!token) co_return refuse_token("the token is malformed");  // Unverified: the words
    if (const auto fault = fault_in(*token, expected, call.now()); !fault.empty()) co_return refuse_token(fault);
    if (!co_await issuers_.verify(*expected.Issuer, *token, call.now())) {
        co_return refuse_token("the token does not have a valid signature");  // Unverified: the words
    }
    if (!token->in_scope(authorization.scopes)) co_return refuse_scopes(authorization.scopes);
    passage.authorized = authorized_by(*token, authorization.scopes);
    co_return std::nullopt;
}

Task<std::optional<http::Response>> Surface::check_signature(Call& call, Passage& passage, Place place) {
    if (!gate_) co_return std::nullopt;
    Call signer = call;
    signer.account = place.account;
    signer.region = place.region;
    signer.principal = {.kind = Principal::Kind::anonymous, .account = place.account};
    try {
        co_await gate_->identify(signer, *passage.request, aws::apigatewaymanagementapi::service);
        co_await gate_->permit(signer, aws::apigatewaymanagementapi::service, "execute-api:Invoke", passage.route_arn,
                               "", {});
    } catch (const aws::Error& error) {
        log::debug("an API refused a request", {{"api", passage.api_id}, {"why", error.message}});
        co_return forbidden();
    }
    passage.authorized = signed_by(signer.principal);
    co_return std::nullopt;
}

Task<std::optional<http::Response>> Surface::ask_authorizer(Call& call, Passage& passage, Address address) {
    const auto& authorizer = *passage.match.route->authorization.authorizer;
    const auto identity = identity_of(passage, authorizer);
    if (!identity) co_return unauthorized();
    const std::chrono::seconds kept_for(authorizer.AuthorizerResultTtlInSeconds.value_or(0));
    const auto key = verdict_key(address, passage, *identity);
    auto verdict = kept_for > 0s ? verdicts_.find(key, call.now()) : nullptr;
    if (!verdict) {
        auto asked = co_await ask_function(call, passage, address.place, *identity);
        if (!asked) co_return std::move(asked.error());
        verdict = std::make_shared<const Verdict>(std::move(*asked));
        if (kept_for > 0s) verdicts_.keep(key, verdict, call.now() + kept_for);
    }
    if (verdict->of(passage.route_arn, passage.source_address) != auth::AuthorizerAnswer::Verdict::allowed)
        co_return forbidden();
    passage.authorized = {
        .by = Authorized::By::function, .values = verdict->context, .principal_id = verdict->principal_id};
    // A WebSocket API's ApiKeySelectionExpression finds it here.
    if (passage.web_socket && !verdict->usage_key.empty())
        passage.authorized.values["usageIdentifierKey"] = verdict->usage_key;
    co_return std::nullopt;
}

Task<std::expected<Verdict, http::Response>> Surface::ask_function(Call& call, const Passage& passage, Place place,
                                                                   std::vector<std::string> identity) {
    const auto& authorization = passage.match.route->authorization;
    const auto& authorizer = *authorization.authorizer;
    if (authorization.function.function.empty()) co_return std::unexpected(internal_server_error());
    const auto source = fmt::format("arn:aws:execute-api:{}:{}:{}/authorizers/{}", place.region, place.account,
                                    passage.api_id, authorizer.AuthorizerId.value_or(""));
    const auto answer = co_await functions_.ask(
        call, passage, place,
        {.target = authorization.function,
         .payload = authorizer_event_text(passage, authorizer.AuthorizerPayloadFormatVersion.value_or("1.0"), identity),
         .source_arn = source,
         .patience = authorizer_patience});
    if (!answer.response) co_return std::unexpected(internal_server_error());
    if (answer.response->FunctionError) {
        co_return std::unexpected(says_unauthorized(*answer.response) ? unauthorized() : internal_server_error());
    }
    auto verdict = auth::read_authorizer_answer(answer.response->Payload.value_or(""),
                                                authorizer.EnableSimpleResponses.value_or(false));
    if (!verdict) co_return std::unexpected(internal_server_error());
    co_return std::move(*verdict);
}

}  // namespace cumulet::apigatewayv2
