// What stands behind a WebSocket API's route: a function, an HTTP endpoint, another service, or nothing (MOCK).
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integrations.html

#include "base/bytes.h"
#include "contracts/error.h"
#include "contracts/proxy_reply.h"
#include "runtime/byte_stream.h"
#include "runtime/log.h"
#include "services/apigatewayv2/http_api.h"
#include "services/apigatewayv2/websocket/execution_notes.h"
#include "services/apigatewayv2/websocket/mapping.h"
#include "services/apigatewayv2/websocket/web_sockets.h"

namespace cumulet::apigatewayv2 {
namespace {

constexpr size_t largest_answer_bytes = 10 << 20;

IntegrationResult failure(std::string reason) {
    IntegrationResult result;
    result.status = 500;
    result.failure = std::move(reason);
    return result;
}

IntegrationResult too_late() {
    auto result = failure("Endpoint request timed out");
    result.status = 504;
    result.too_late = true;
    return result;
}

std::string source_arn(const Passage& passage, const Place& place) {
    return fmt::format("{}/{}", stage_arn(passage, place), passage.match.route->route_key);
}

std::string invocation_uri(const FunctionTarget& target) {
    const auto arn = Arn::parse(target.function);
    return fmt::format("https://lambda.{}.amazonaws.com/2015-03-31/functions/{}{}{}/invocations",
                       arn ? arn->region : "", target.function, target.qualifier.empty() ? "" : ":", target.qualifier);
}

/// What a service was asked, which may go on after its message was told that it took too long.
struct Forwarding {
    Call caller;
    contracts::ServiceRequest request;
    std::optional<http::Response> answer;
    std::string failure;

    bool done() const { return answer || !failure.empty(); }
};

Task<void> run(contracts::WireDoor& wire, Gates& answers, std::string request_id,
               std::shared_ptr<Forwarding> forwarding) {
    try {
        auto answer = co_await wire.forward(forwarding->caller, std::move(forwarding->request));
        if (answer.stream) answer.body = co_await read_all(std::exchange(answer.stream, nullptr), largest_answer_bytes);
        forwarding->answer = std::move(answer);
    } catch (const std::exception& error) {
        forwarding->failure = fmt::format("The service could not be called: {}", error.what());
    }
    answers.wake(request_id);
}

void tell_failure(Outcome& outcome, const IntegrationResult& result) {
    outcome.error = result.too_late ? "Endpoint request timed out" : "Internal server error";
    outcome.error_type = result.too_late ? "INTEGRATION_TIMEOUT" : "INTEGRATION_FAILURE";
    outcome.integration_error = result.failure;
}

}  // namespace

Task<IntegrationResult> WebSockets::integrate(Call& call, Passage& passage, const WebSocketRoute& route, Place place) {
    // Unverified: that a route without an integration answers messages like one whose integration failed.
    const bool message = passage.web_socket->type == WebSocketEvent::Type::message;
    if (!route.integration() && !message) co_return IntegrationResult{};
    const auto begun = call.now();
    IntegrationResult result;
    try {
        result = route.integration() ? co_await ask(call, passage, route, std::move(place))
                                     : failure("The route has no integration");
    } catch (const std::exception& error) {
        log::warning("A WebSocket API's integration failed", {{"api", passage.api_id}, {"reason", error.what()}});
        result = failure(error.what());
    }
    if (route.integration() && route.integration()->IntegrationType != "MOCK")
        passage.outcome.integration_latency = call.now() - begun;
    if (result.failed()) tell_failure(passage.outcome, result);
    co_return result;
}

Task<IntegrationResult> WebSockets::ask(Call& call, Passage& passage, const WebSocketRoute& route, Place place) {
    const auto type = route.integration()->IntegrationType.value_or("");
    if (type == "AWS_PROXY") co_return co_await invoke_proxy(call, passage, route, std::move(place));
    auto body = type == "HTTP_PROXY" ? handled_body(passage, route) : map_message(passage, route);
    if (!body) co_return failure("The message could not be mapped");
    const auto begun = call.now();
    auto result = co_await ask_endpoint(call, passage, route, std::move(place), std::move(*body));
    if (result.failed()) co_return result;
    if (type != "MOCK") note_endpoint_response(passage, result, call.now() - begun, call.now());
    co_return type == "HTTP_PROXY" ? std::move(result) : map_result(passage, route, std::move(result));
}

Task<IntegrationResult> WebSockets::ask_endpoint(Call& call, Passage& passage, const WebSocketRoute& route, Place place,
                                                 std::string body) {
    const auto type = route.integration()->IntegrationType.value_or("");
    if (type == "MOCK") co_return mock_result(body);
    if (type.starts_with("HTTP")) co_return co_await send(call, passage, route, std::move(body));
    if (!route.to.target.function.empty())
        co_return co_await invoke(call, passage, route, std::move(place), std::move(body));
    co_return co_await forward(call, passage, route, std::move(place), std::move(body));
}

Task<IntegrationResult> WebSockets::invoke(Call& call, Passage& passage, const WebSocketRoute& route, Place place,
                                           std::string payload) {
    if (route.to.target.function.empty()) co_return failure("The integration names no function");
    const bool proxy = route.integration()->IntegrationType == "AWS_PROXY";
    const auto headers = http_message(passage, route, "").headers;
    note_endpoint_request(passage, invocation_uri(route.to.target), headers, payload, call.now());
    auto answer =
        co_await shared_.functions.ask(call, passage, place,
                                       {.target = route.to.target,
                                        .payload = std::move(payload),
                                        .source_arn = source_arn(passage, place),
                                        .patience = route.to.timeout,
                                        .asynchronous = !proxy && headers.get("x-amz-invocation-type") == "Event"});
    auto& outcome = passage.outcome;
    outcome.integration_request_id = answer.request_id;
    if (answer.too_late) co_return too_late();
    outcome.integration_status = answer.response ? answer.response->StatusCode.value_or(200) : answer.failure.status;
    if (!answer.response) co_return failure("The function could not be invoked");
    IntegrationResult result;
    result.status = outcome.integration_status;
    result.body = answer.response->Payload.value_or("");
    // Of a function that is no proxy, its error is what responses are selected by.
    if (answer.response->FunctionError && proxy) result.failure = "The function returned an error";
    co_return result;
}

// What is no proxy's response is taken for success without a body: a function that only does its work may return
// nothing.
Task<IntegrationResult> WebSockets::invoke_proxy(Call& call, Passage& passage, const WebSocketRoute& route,
                                                 Place place) {
    const auto begun = call.now();
    auto invoked = co_await invoke(call, passage, route, std::move(place), web_socket_event_text(passage));
    if (invoked.too_late) co_return invoked;
    note_endpoint_response(passage, invoked, call.now() - begun, call.now());
    if (invoked.failed()) co_return failure(std::move(invoked.failure));
    const auto parsed = parse_json(invoked.body);
    const auto* reply = parsed ? parsed->if_object() : nullptr;
    const bool connects = passage.web_socket->type == WebSocketEvent::Type::connect;
    // Unverified: that only $connect needs a statusCode.
    if (!reply || !reply->contains("statusCode")) {
        if (connects || route.two_way) co_return failure("Malformed Lambda proxy response");
        co_return IntegrationResult{};
    }
    auto response = contracts::read_structured_reply(*reply, "1.0");
    if (!response) co_return failure("Malformed Lambda proxy response");
    passage.outcome.function_status = response->status;
    IntegrationResult result;
    result.status = response->status;
    result.headers = std::move(response->headers);
    result.body = std::move(response->body);
    co_return result;
}

Task<IntegrationResult> WebSockets::send(Call& call, Passage& passage, const WebSocketRoute& route, std::string body) {
    auto request = http_message(passage, route, std::move(body));
    const auto uri = mapped_uri(passage, route);
    const auto target = contracts::HttpTarget::parse(uri);
    if (!target || !shared_.http) co_return failure("Invalid endpoint address");
    request.set_target(with_query(target->target, request.query));
    note_endpoint_request(passage, uri, request.headers, request.body, call.now());
    const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(route.to.timeout);
    auto answer = co_await shared_.http->send(target->origin, std::move(request), patience);
    if (!answer) co_return too_late();
    passage.outcome.integration_status = answer->status;
    passage.outcome.integration_request_id = answer->headers.get("x-amzn-requestid");
    IntegrationResult result;
    result.status = answer->status;
    result.headers = std::move(answer->headers);
    result.body = std::move(answer->body);
    co_return result;
}

Task<IntegrationResult> WebSockets::forward(Call& call, Passage& passage, const WebSocketRoute& route, Place place,
                                            std::string body) {
    const auto arn = Arn::parse(mapped_uri(passage, route));
    auto request = arn && shared_.wire ? contracts::service_named_by(*arn) : std::nullopt;
    if (!request) co_return failure("Invalid endpoint address");
    auto asked = http_message(passage, route, std::move(body));
    asked.set_target(with_query(request->message.target, asked.query));
    request->message = std::move(asked);
    auto forwarding = std::make_shared<Forwarding>(
        Forwarding{.caller = caller_as(call, passage, place, route.integration()->CredentialsArn.value_or(""), ""),
                   .request = std::move(*request),
                   .answer = {},
                   .failure = {}});
    if (!arn->region.empty()) forwarding->caller.region = arn->region;
    const auto& message = forwarding->request.message;
    note_endpoint_request(passage, route.to.uri, message.headers, message.body, call.now());

    const auto request_id = passage.request_id;
    const auto until = call.now() + route.to.timeout;
    auto version = answers_.version(request_id);
    forwarding_.start(run(*shared_.wire, answers_, request_id, forwarding));
    for (bool woken = true; !forwarding->done() && woken; version = answers_.version(request_id))
        woken = co_await answers_.wait(request_id, version, until);
    if (!forwarding->done()) co_return too_late();
    if (!forwarding->answer) co_return failure(forwarding->failure);
    auto& answer = *forwarding->answer;
    passage.outcome.integration_status = answer.status;
    passage.outcome.integration_request_id = answer.headers.get("x-amzn-requestid");
    IntegrationResult result;
    result.status = answer.status;
    result.headers = std::move(answer.headers);
    result.body = std::move(answer.body);
    co_return result;
}

}  // namespace cumulet::apigatewayv2
