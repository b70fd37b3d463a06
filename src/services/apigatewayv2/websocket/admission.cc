// Who may connect, and which messages are taken: limits, authorizers and signatures, API keys, required parameters.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-control-access.html

#include "services/apigatewayv2/request_value.h"
#include "services/apigatewayv2/websocket/web_sockets.h"

namespace cumulet::apigatewayv2 {
namespace {

/// The name of the first declared parameter that is required and missing; "" if none is.
std::string missing_parameter(const Passage& passage, const Route& route) {
    if (!route.RequestParameters) return "";
    for (const auto& [source, constraints] : *route.RequestParameters) {
        if (!constraints.Required.value_or(false)) continue;
        if (request_value(passage, expression_of(source)).value_or("").empty()) return source;
    }
    return "";
}

}  // namespace

bool refuse(Passage& passage, int status, std::string_view message, std::string_view type) {
    passage.outcome.status = status;
    passage.outcome.error = message;
    passage.outcome.error_type = type;
    return false;
}

bool WebSockets::has_room(const Passage& passage, Time now) {
    const auto& route = *passage.match.route;
    const auto bucket = fmt::format("{}/{}/{}", passage.api_id, passage.stage, route.route_key);
    return !route.limits || shared_.throttle.take(bucket, route.limits->rate_per_second, route.limits->burst, now);
}

Task<bool> WebSockets::admit(Call& call, Passage& passage, const DeployedApi& api, const WebSocketRoute& route,
                             ConnectionFacts& facts) {
    if (!has_room(passage, call.now())) co_return refuse(passage, 429, "Too Many Requests", "THROTTLED");
    if (!co_await authorize(call, passage, api, facts)) co_return false;
    facts.offered_key = request_value(passage, api.web_socket->api_key_selection).value_or("");
    if (route.route.ApiKeyRequired.value_or(false)) {
        if (!co_await use_key(passage, api.address.place, call.now())) co_return false;
        facts.api_key = facts.offered_key;
        facts.api_key_id = passage.outcome.api_key_id;
    }
    if (const auto missing = missing_parameter(passage, route.route); !missing.empty()) {
        // Unverified: the words.
        co_return refuse(passage, 400, fmt::format("Missing required request parameters: [{}]", missing),
                         "BAD_REQUEST_PARAMETERS");
    }
    co_return true;
}

Task<bool> WebSockets::authorize(Call& call, Passage& passage, const DeployedApi& api, ConnectionFacts& facts) {
    const auto begun = call.now();
    auto refusal = co_await shared_.authorize(call, passage, api.address);
    facts.authorized = passage.authorized;
    auto& authorization = passage.outcome.authorization;
    if (passage.match.route->authorization.type != "NONE")
        authorization = {.status = refusal ? refusal->status : 200, .latency = call.now() - begun, .error = {}};
    if (!refusal) co_return true;
    const auto parsed = parse_json(refusal->body, 4);
    const auto* said = parsed ? parsed->if_object() : nullptr;
    const std::string message(said ? string_or(*said, "message") : "Forbidden");
    if (authorization) authorization->error = message;
    const auto status = refusal->status;
    co_return refuse(passage, status, message,
                     status == 401   ? "UNAUTHORIZED"
                     : status == 403 ? "ACCESS_DENIED"
                                     : "AUTHORIZER_FAILURE");
}

Task<bool> WebSockets::use_key(Passage& passage, Place place, Time now) {
    const auto& connection = *passage.web_socket->connection;
    contracts::ApiKeyAnswer answer;
    if (shared_.keys && !connection.offered_key.empty()) {
        answer = co_await shared_.keys->use({.account = place.account,
                                             .region = place.region,
                                             .value = connection.offered_key,
                                             .api_id = passage.api_id,
                                             .stage = passage.stage,
                                             .method = passage.match.route->route_key},
                                            now);
    }
    switch (answer.verdict) {
        case contracts::ApiKeyVerdict::passed: break;
        case contracts::ApiKeyVerdict::invalid: co_return refuse(passage, 403, "Forbidden", "INVALID_API_KEY");
        case contracts::ApiKeyVerdict::throttled: co_return refuse(passage, 429, "Too Many Requests", "THROTTLED");
        case contracts::ApiKeyVerdict::exhausted: co_return refuse(passage, 429, "Limit Exceeded", "QUOTA_EXCEEDED");
    }
    passage.outcome.api_key_id = answer.key_id;
    co_return true;
}

}  // namespace cumulet::apigatewayv2
