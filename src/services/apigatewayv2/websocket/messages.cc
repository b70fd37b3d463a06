// Messages: which route they take, what goes back, and what is told of them. And $disconnect.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html

#include "runtime/log.h"
#include "services/apigatewayv2/http_api.h"
#include "services/apigatewayv2/request_value.h"
#include "services/apigatewayv2/websocket/expression.h"
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

double milliseconds_of(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

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
    auto& outcome = passage.outcome;
    const auto bucket = fmt::format("{}/{}/{}", passage.api_id, passage.stage, route ? route->to.route_key : "");
    std::optional<WebSocketMessage> sent;
    if (!route) {
        outcome.status = 403;
        outcome.error = "Forbidden";
    } else if (const auto& limits = route->to.limits;
               limits && !shared_.throttle.take(bucket, limits->rate_per_second, limits->burst, call.now())) {
        outcome.status = 429;
        outcome.error = "Too Many Requests";
    } else {
        auto result = co_await integrate(call, passage, *route, place);
        outcome.status = result.failed ? 500 : result.status;
        if (result.failed) {
            outcome.error = "Internal server error";
        } else if (route->two_way) {
            sent = WebSocketMessage{.bytes = std::move(result.body), .binary = result.binary};
        }
    }
    if (!outcome.error.empty()) sent = error_message(outcome.error, passage);
    if (sent) {
        outcome.bytes = sent->bytes.size();
        co_await reply(connection, std::move(*sent));
    }
    observe(call, passage, stage, place);
}

Task<void> WebSockets::reply(std::shared_ptr<OpenConnection> connection, WebSocketMessage message) {
    const auto socket = connection->socket;
    if (!socket || message.bytes.size() > WebSocketLimits().max_message_bytes) co_return;
    try {
        co_await socket->send(std::move(message));
        connection->last_active = Reactor::current().now();
    } catch (const WebSocketEnded&) {
    } catch (const WebSocketCongested&) {
        socket->close({1008, "The client takes messages too slowly"});
    }
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
    const auto result = co_await integrate(call, passage, found->second, place);
    passage.outcome.status = result.failed ? 500 : result.status;
    observe(call, passage, *stage, place);
}

// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html
void WebSockets::observe(Call& call, Passage& passage, const WebSocketStage& stage, const Place& place) {
    auto& outcome = passage.outcome;
    outcome.latency = call.now() - passage.received;
    if (shared_.metrics) {
        const auto type = passage.web_socket->type;
        std::vector<contracts::MetricSample> samples;
        if (type == WebSocketEvent::Type::connect && outcome.status == 200) samples.push_back({.name = "ConnectCount"});
        if (type == WebSocketEvent::Type::message) samples.push_back({.name = "MessageCount"});
        if (outcome.integration_latency) {
            samples.push_back({.name = "IntegrationError", .value = outcome.integration_status / 100 > 3 ? 1. : 0.});
            samples.push_back({.name = "IntegrationLatency",
                               .value = milliseconds_of(*outcome.integration_latency),
                               .unit = "Milliseconds"});
        }
        samples.push_back({.name = "ClientError", .value = outcome.status / 100 == 4 ? 1. : 0.});
        samples.push_back({.name = "ExecutionError", .value = outcome.status / 100 == 5 ? 1. : 0.});
        std::vector<contracts::MetricScope::Dimension> dimensions{{"ApiId", passage.api_id}, {"Stage", passage.stage}};
        const auto add = [&] {
            shared_.metrics->add({place.account, place.region, "AWS/ApiGateway", dimensions}, samples, call.now());
        };
        add();
        if (const auto* route = passage.match.route; route && route->detailed_metrics) {
            dimensions.push_back({"Route", route->route_key});
            add();
        }
    }
    if (!stage.access_log || !stage.access_log->DestinationArn || !stage.access_log->Format) return;
    const auto value_of = [&](std::string_view name) { return context_value(passage, name); };
    shared_.access_log.write({.account = place.account,
                              .region = place.region,
                              .destination_arn = *stage.access_log->DestinationArn,
                              .source = passage.api_id + "/" + passage.stage,
                              .line = contracts::access_log_line(*stage.access_log->Format, value_of),
                              .at = passage.received});
}

}  // namespace cumulet::apigatewayv2
