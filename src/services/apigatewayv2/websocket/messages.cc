// Messages: which route they take, and what goes back. And $disconnect.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html

#include "base/bytes.h"
#include "services/apigatewayv2/http_api.h"
#include "services/apigatewayv2/request_value.h"
#include "services/apigatewayv2/websocket/execution_notes.h"
#include "services/apigatewayv2/websocket/expression.h"
#include "services/apigatewayv2/websocket/mapping.h"
#include "services/apigatewayv2/websocket/web_socket_api.h"
#include "services/apigatewayv2/websocket/web_sockets.h"

namespace cumulet::apigatewayv2 {
namespace {

WebSocketMessage error_message(std::string_view message, const Passage& passage) {
    return {.bytes = json::serialize(json::object{{"message", message},
                                                  {"connectionId", passage.web_socket->connection->id},
                                                  {"requestId", passage.request_id}})};
}

const WebSocketStage* find_stage(const DeployedApi* api, const std::string& name) {
    if (!api || !api->web_socket) return nullptr;
    const auto found = api->web_socket->stages.find(name);
    return found == api->web_socket->stages.end() ? nullptr : &found->second;
}

const WebSocketRoute* find_route(const WebSocketStage& stage, std::string_view expression, const Passage& passage) {
    const auto key = evaluate_selection(
        expression, [&](std::string_view name) { return request_value(passage, fmt::format("${}", name)); });
    const bool reserved = key && (*key == connect_route || *key == disconnect_route);
    auto found = key && !reserved ? stage.routes.find(*key) : stage.routes.end();
    if (found == stage.routes.end()) found = stage.routes.find(default_route);
    return found == stage.routes.end() ? nullptr : &found->second;
}

/// A call for what happens on a connection, which no request brought.
Call call_of(const ConnectionFacts& facts, const Place& place) {
    auto& reactor = Reactor::current();
    Call call(reactor, reactor.random().uuid());
    call.account = place.account;
    call.region = place.region;
    call.host = facts.host;
    call.tls = facts.tls;
    call.source_address = facts.source_address;
    call.user_agent = facts.user_agent;
    call.started = call.now();
    return call;
}

}  // namespace

void WebSockets::take(std::shared_ptr<OpenConnection> connection, std::string text, Semaphore::Permit permit) {
    work_.start(receive(std::move(connection), std::move(text), std::move(permit)));
}

Task<void> WebSockets::receive(std::shared_ptr<OpenConnection> connection, std::string text, Semaphore::Permit permit) {
    const auto& facts = connection->facts;
    const auto api = co_await shared_.apis.find(facts.api_id);
    const auto* stage = find_stage(api.get(), facts.stage);
    if (!stage) {
        // The API or its stage was deleted meanwhile.
        if (connection->socket) connection->socket->close({1001, "Going away"});
        co_return;
    }
    auto call = call_of(facts, api->address.place);
    http::Request message;
    message.body = std::move(text);
    co_await answer(call, connection, std::move(message), api, *stage);
}

Task<void> WebSockets::answer(Call& call, std::shared_ptr<OpenConnection> connection, http::Request message,
                              std::shared_ptr<const DeployedApi> api, const WebSocketStage& stage) {
    const WebSocketEvent event{.type = WebSocketEvent::Type::message,
                               .connection = &connection->facts,
                               .message_id = new_connection_id(call.random()),
                               .closing = {}};
    const auto place = api->address.place;
    const auto* route =
        find_route(stage, api->web_socket->route_selection, passage_of(call, event, message, stage, place, nullptr));
    auto passage = passage_of(call, event, message, stage, place, route);
    note_beginning(passage, call.now());
    auto sent = co_await take_route(call, passage, route, place);
    if (!passage.outcome.error.empty()) sent = error_message(passage.outcome.error, passage);
    std::string answer;
    if (sent) {
        passage.outcome.bytes = sent->bytes.size();
        if (passage.log.tells_bodies()) answer = sent->bytes;
        if (co_await reply(connection, std::move(*sent))) connections_.count_sent(connection->facts, call.now());
    }
    observe(call, passage, stage, place, answer);
}

Task<std::optional<WebSocketMessage>> WebSockets::take_route(Call& call, Passage& passage, const WebSocketRoute* route,
                                                             Place place) {
    auto& outcome = passage.outcome;
    if (!route) {
        refuse(passage, 403, "Forbidden", "MISSING_ROUTE");  // Unverified: that it is called MISSING_ROUTE
        co_return std::nullopt;
    }
    if (!has_room(passage, call.now())) {
        refuse(passage, 429, "Too Many Requests", "THROTTLED");
        co_return std::nullopt;
    }
    // Unverified: that messages count by the key that their connection came with.
    if (route->route.ApiKeyRequired.value_or(false) && !co_await use_key(passage, place, call.now()))
        co_return std::nullopt;
    if (auto reason = message_refusal(passage, *route)) {
        refuse(passage, 400, "Invalid request body", "BAD_REQUEST_BODY");
        outcome.validation_error = std::move(*reason);
        co_return std::nullopt;
    }
    auto result = co_await integrate(call, passage, *route, std::move(place));
    outcome.status = result.status;
    if (result.failed() || !route->two_way) co_return std::nullopt;
    // Unverified: that what is no text goes as a binary message.
    const bool binary = result.binary || !valid_utf8(result.body);
    co_return WebSocketMessage{.bytes = std::move(result.body), .binary = binary};
}

Task<bool> WebSockets::reply(std::shared_ptr<OpenConnection> connection, WebSocketMessage message) {
    const auto socket = connection->socket;
    if (!socket || message.bytes.size() > WebSocketLimits().max_message_bytes) co_return false;
    try {
        co_await socket->send(std::move(message));
        connection->last_active = Reactor::current().now();
        co_return true;
    } catch (const WebSocketEnded&) {
    } catch (const WebSocketCongested&) {
        socket->close({1008, "The client takes messages too slowly"});
    }
    co_return false;
}

Task<void> WebSockets::disconnected(std::shared_ptr<OpenConnection> connection, WebSocketClosing closing) {
    const auto& facts = connection->facts;
    const auto api = co_await shared_.apis.find(facts.api_id);
    const auto* stage = find_stage(api.get(), facts.stage);
    if (!stage) co_return;
    const auto found = stage->routes.find(disconnect_route);
    if (found == stage->routes.end()) co_return;
    const auto place = api->address.place;
    auto call = call_of(facts, place);
    const WebSocketEvent event{.type = WebSocketEvent::Type::disconnect,
                               .connection = &facts,
                               .message_id = {},
                               .closing = std::move(closing)};
    const http::Request nothing;
    auto passage = passage_of(call, event, nothing, *stage, place, &found->second);
    note_beginning(passage, call.now());
    const auto result = co_await integrate(call, passage, found->second, place);
    passage.outcome.status = result.status;
    observe(call, passage, *stage, place, "");
}

}  // namespace cumulet::apigatewayv2
