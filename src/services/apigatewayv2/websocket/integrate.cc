// What stands behind a WebSocket API's route: a function, an HTTP endpoint, another service, or nothing (MOCK).
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integrations.html

#include "base/bytes.h"
#include "contracts/error.h"
#include "contracts/proxy_reply.h"
#include "runtime/byte_stream.h"
#include "runtime/log.h"
#include "services/apigatewayv2/http_api.h"
#include "services/apigatewayv2/websocket/mapping.h"
#include "services/apigatewayv2/websocket/web_sockets.h"

namespace cumulet::apigatewayv2 {
namespace {

constexpr size_t largest_answer_bytes = 10 << 20;

IntegrationResult failure() { return {.status = 500, .headers = {}, .body = {}, .failed = true}; }

std::string source_arn(const Passage& passage, const Place& place) {
    return fmt::format("{}/{}", stage_arn(passage, place), passage.match.route->route_key);
}

/// What a function that is no proxy said: its error is what responses are selected by.
IntegrationResult result_of(std::string payload) { return {.status = 200, .headers = {}, .body = std::move(payload)}; }

}  // namespace

Task<IntegrationResult> WebSockets::integrate(Call& call, Passage& passage, const WebSocketRoute& route, Place place) {
    // Unverified: that a route without an integration answers messages like one whose integration failed.
    const bool message = passage.web_socket->type == WebSocketEvent::Type::message;
    if (!route.integration()) co_return message ? failure() : IntegrationResult{};
    const auto begun = call.now();
    IntegrationResult result;
    try {
        result = co_await ask(call, passage, route, std::move(place));
    } catch (const std::exception& error) {
        log::warning("A WebSocket API's integration failed", {{"api", passage.api_id}, {"reason", error.what()}});
        result = failure();
    }
    passage.outcome.integration_latency = call.now() - begun;
    passage.outcome.integration_status = result.status;
    if (result.failed) passage.outcome.error = "Internal server error";
    co_return result;
}

Task<IntegrationResult> WebSockets::ask(Call& call, const Passage& passage, const WebSocketRoute& route, Place place) {
    const auto type = route.integration()->IntegrationType.value_or("");
    if (type == "AWS_PROXY") co_return co_await invoke_proxy(call, passage, route, std::move(place));
    if (type == "HTTP_PROXY") co_return co_await send(passage, route, passage.request->body);
    const auto body = map_message(passage, route);
    if (!body) co_return failure();
    IntegrationResult result;
    if (type == "MOCK") {
        result = mock_result(*body);
    } else if (type == "HTTP") {
        result = co_await send(passage, route, *body);
    } else if (!route.to.target.function.empty()) {
        result = co_await invoke(call, passage, route, std::move(place), *body);
    } else {
        result = co_await forward(call, passage, route, std::move(place), *body);
    }
    co_return result.failed ? std::move(result) : map_result(passage, route, std::move(result));
}

Task<IntegrationResult> WebSockets::invoke(Call& call, const Passage& passage, const WebSocketRoute& route, Place place,
                                           std::string payload) {
    if (route.to.target.function.empty()) co_return failure();
    auto answer = co_await shared_.functions.ask(call, passage, place,
                                                 {.target = route.to.target,
                                                  .payload = std::move(payload),
                                                  .source_arn = source_arn(passage, place),
                                                  .patience = route.to.timeout});
    if (!answer.response) co_return failure();
    auto result = result_of(answer.response->Payload.value_or(""));
    result.failed = answer.response->FunctionError && route.integration()->IntegrationType == "AWS_PROXY";
    co_return result;
}

// What is no proxy's response is taken for success without a body: a function that only does its work may return
// nothing.
Task<IntegrationResult> WebSockets::invoke_proxy(Call& call, const Passage& passage, const WebSocketRoute& route,
                                                 Place place) {
    auto invoked = co_await invoke(call, passage, route, std::move(place), web_socket_event_text(passage));
    if (invoked.failed) co_return failure();
    const auto parsed = parse_json(invoked.body);
    const auto* reply = parsed ? parsed->if_object() : nullptr;
    const bool connects = passage.web_socket->type == WebSocketEvent::Type::connect;
    // Unverified: that only $connect needs a statusCode.
    if (!reply || !reply->contains("statusCode")) {
        if (connects || route.two_way) co_return failure();
        co_return IntegrationResult{};
    }
    auto response = contracts::read_structured_reply(*reply, "1.0");
    if (!response) co_return failure();
    co_return IntegrationResult{
        .status = response->status, .headers = std::move(response->headers), .body = std::move(response->body)};
}

Task<IntegrationResult> WebSockets::send(const Passage& passage, const WebSocketRoute& route, std::string body) {
    auto request = http_message(passage, route, std::move(body));
    const auto target = contracts::HttpTarget::parse(route.to.uri);
    if (!target || !shared_.http) co_return failure();
    request.set_target(request.query.empty() ? target->target
                                             : fmt::format("{}{}{}", target->target,
                                                           target->target.contains('?') ? '&' : '?', request.query));
    const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(route.to.timeout);
    auto answer = co_await shared_.http->send(target->origin, std::move(request), patience);
    if (!answer) co_return failure();
    co_return IntegrationResult{
        .status = answer->status, .headers = std::move(answer->headers), .body = std::move(answer->body)};
}

Task<IntegrationResult> WebSockets::forward(Call& call, const Passage& passage, const WebSocketRoute& route,
                                            Place place, std::string body) {
    const auto arn = Arn::parse(route.to.uri);
    if (!arn || !shared_.wire) co_return failure();
    auto caller = caller_as(call, passage, place, route.integration()->CredentialsArn.value_or(""), "");
    if (!arn->region.empty()) caller.region = arn->region;
    auto request = service_message(*arn, http_message(passage, route, std::move(body)));
    auto answer = co_await shared_.wire->forward(caller, std::move(request));
    if (answer.stream) answer.body = co_await read_all(std::exchange(answer.stream, nullptr), largest_answer_bytes);
    co_return IntegrationResult{
        .status = answer.status, .headers = std::move(answer.headers), .body = std::move(answer.body)};
}

}  // namespace cumulet::apigatewayv2
