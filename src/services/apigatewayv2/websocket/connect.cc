// $connect: who may, what the route's integration says about it, and the connection that follows. And requests for
// @connections, which go through the one door to connections_api.cc.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html

#include "base/bytes.h"
#include "base/host.h"
#include "contracts/apigatewaymanagementapi.h"
#include "contracts/error.h"
#include "contracts/proxy_event.h"
#include "runtime/log.h"
#include "services/apigatewayv2/reply.h"
#include "services/apigatewayv2/request_value.h"
#include "services/apigatewayv2/websocket/execution_notes.h"
#include "services/apigatewayv2/websocket/web_socket_api.h"
#include "services/apigatewayv2/websocket/web_sockets.h"

namespace cumulet::apigatewayv2 {

/// A connection's life on its reactor.
class WebSockets::Session final : public WebSocketSession {
  public:
    Session(WebSockets& owner, std::shared_ptr<OpenConnection> connection)
        : owner_(owner), connection_(std::move(connection)) {}

    Task<void> run(std::shared_ptr<WebSocket> socket) override {
        auto& reactor = Reactor::current();
        connection_->reactor = &reactor;
        connection_->socket = socket;
        connection_->last_active = reactor.now();
        owner_.connections_.add(connection_);
        watch(reactor, connection_);
        if (owner_.stopping_) socket->close({1001, "Going away"});
        while (auto message = co_await socket->read()) {
            connection_->last_active = reactor.now();
            if (message->binary) {
                socket->close({1003, "Binary messages are not supported"});
                continue;
            }
            auto permit = co_await connection_->handled.acquire();
            owner_.take(connection_, std::move(message->bytes), std::move(permit));
        }
        connection_->socket.reset();
        reactor.cancel(connection_->timer);
        // Not awaited: the client waits for the connection's end.
        owner_.work_.start(owner_.disconnected(connection_, socket->closing()));
        owner_.connections_.remove(connection_->facts.id);
    }

  private:
    /// Looks again whenever the connection could have become too old or too idle.
    static void watch(Reactor& reactor, const std::shared_ptr<OpenConnection>& connection) {
        const auto heard = std::max(connection->last_active, connection->socket->last_heard());
        const auto due = std::min(heard + longest_idle, connection->facts.connected + longest_connection);
        if (due <= reactor.now()) return connection->socket->close({1001, "Going away"});
        connection->timer = reactor.add_timer(due, [&reactor, weak = std::weak_ptr(connection)] {
            const auto still = weak.lock();
            if (still && still->socket) watch(reactor, still);
        });
    }

    WebSockets& owner_;
    std::shared_ptr<OpenConnection> connection_;
};

namespace {

constexpr std::chrono::milliseconds farewell_time{3'000};  // for clients to close too

http::Response refused(int status, std::string_view message, const ConnectionFacts& facts,
                       std::string_view request_id) {
    http::Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    response.body =
        json::serialize(json::object{{"message", message}, {"connectionId", facts.id}, {"requestId", request_id}});
    return response;
}

/// Header fields of the handshake that no mapping may change.
bool is_handshakes_own(std::string_view name) {
    return std::ranges::any_of(
        std::initializer_list<std::string_view>{"connection", "upgrade", "content-length", "transfer-encoding",
                                                "sec-websocket-accept", "sec-websocket-extensions"},
        [&](std::string_view own) { return equal_ignoring_case(name, own); });
}

/// Whether an integration's headers are those that its response maps; what is no proxy sends no others.
bool maps_headers(const WebSocketRoute& route) {
    return route.integration() && !route.integration()->IntegrationType.value_or("").ends_with("_PROXY");
}

/// What the integration of $connect makes of a handshake.
http::Response handshake_answer(IntegrationResult result, const WebSocketRoute& route, const ConnectionFacts& facts,
                                std::string_view request_id) {
    if (result.too_late) return refused(504, "Endpoint request timed out", facts, request_id);
    if (result.failed()) return refused(502, "Internal server error", facts, request_id);
    http::Response answer;
    answer.status = 101;
    if (maps_headers(route)) {
        for (const auto& header : result.headers)
            if (!is_handshakes_own(header.name)) answer.headers.set(header.name, header.value);
    }
    if (result.status / 100 != 2) {
        answer.status = std::clamp(result.status, 400, 599);
        answer.body = std::move(result.body);
    } else if (const auto chosen = result.headers.get("sec-websocket-protocol"); !chosen.empty()) {
        answer.headers.set("Sec-WebSocket-Protocol", std::string(chosen));
    }
    return answer;
}

}  // namespace

Passage passage_of(Call& call, const WebSocketEvent& event, const http::Request& request, const WebSocketStage& stage,
                   const Place& place, const WebSocketRoute* route) {
    const auto& connection = *event.connection;
    Passage passage;
    passage.request = &request;
    passage.account = place.account;
    passage.api_id = connection.api_id;
    passage.domain_name = connection.domain_name;
    passage.stage = connection.stage;
    passage.stage_variables = stage.variables;
    if (route) passage.match.route = &route->to;
    passage.log = contracts::ExecutionLog(route ? route->to.log_level : stage.log_level);
    passage.authorized = connection.authorized;
    passage.request_id = new_connection_id(call.random());
    passage.source_address = connection.source_address;
    passage.trace = call.trace.empty() ? contracts::new_trace(call) : call.trace;
    passage.received = call.now();
    passage.route_arn = fmt::format("{}/{}", stage_arn(passage, place), route ? route->to.route_key : "");
    passage.web_socket = &event;
    return passage;
}

Task<void> WebSockets::stop() {
    constexpr std::chrono::milliseconds look_again{2};
    stopping_ = true;
    const auto send_away = [](OpenConnection&, std::shared_ptr<WebSocket> socket) -> Task<void> {
        socket->close({1001, "Going away"});
        co_return;
    };
    for (const auto& id : connections_.ids()) co_await connections_.with(id, send_away);
    for (auto left = farewell_time; connections_.count() > 0 && left.count() > 0; left -= look_again)
        co_await Reactor::current().pause(look_again);
    co_await work_.stop();
    co_await forwarding_.stop();
}

Task<http::Response> WebSockets::serve(Call& call, http::Request request, std::shared_ptr<const DeployedApi> api,
                                       contracts::ApiDestination destination) {
    std::string_view path = destination.path;
    const auto name = percent_decode(contracts::take_segment(path));
    const auto stage = api->web_socket->stages.find(name);
    if (stage == api->web_socket->stages.end()) co_return message_reply(403, "Forbidden");
    constexpr std::string_view management = "/@connections/";
    if (path.starts_with(management) || path.starts_with("/%40connections/")) {
        const auto id = path.substr(path.find('/', 1) + 1);
        co_return co_await manage(call, std::move(request), *api, name, percent_decode(id));
    }
    if (!path.empty() && path != "/") co_return message_reply(403, "Forbidden");
    // Unverified: what those are told who do not ask for a WebSocket.
    if (!asks_for_web_socket(request)) co_return message_reply(426, "Upgrade Required");
    if (auto refusal = refuse_handshake(request)) co_return std::move(*refusal);

    ConnectionFacts facts;
    facts.id = new_connection_id(call.random());
    facts.api_id = destination.api_id;
    facts.account = api->address.place.account;
    facts.region = api->address.place.region;
    facts.stage = name;
    facts.domain_name = destination.by_host ? to_lower(without_port(request.host()))
                                            : contracts::api_domain_name(call, destination.api_id);
    facts.source_address = call.source_address;
    facts.user_agent = request.headers.get("user-agent");
    facts.host = call.host;
    facts.tls = call.tls;
    facts.connected = call.now();
    const auto& found = stage->second;
    co_return co_await connect(call, std::move(request), std::move(api), found, std::move(facts));
}

Task<http::Response> WebSockets::connect(Call& call, http::Request request, std::shared_ptr<const DeployedApi> api,
                                         const WebSocketStage& stage, ConnectionFacts facts) {
    const auto place = api->address.place;
    const auto found = stage.routes.find(connect_route);
    const auto* route = found == stage.routes.end() ? nullptr : &found->second;
    const WebSocketEvent event{
        .type = WebSocketEvent::Type::connect, .connection = &facts, .message_id = {}, .closing = {}};
    auto passage = passage_of(call, event, request, stage, place, route);
    note_beginning(passage, call.now());
    http::Response answer;
    answer.status = 101;
    if (route && !co_await admit(call, passage, *api, *route, facts)) {
        answer = refused(passage.outcome.status, passage.outcome.error, facts, passage.request_id);
    } else if (route) {
        answer = handshake_answer(co_await integrate(call, passage, *route, place), *route, facts, passage.request_id);
    }
    facts.authorized = passage.authorized;
    if (!route) facts.offered_key = request_value(passage, api->web_socket->api_key_selection).value_or("");
    if (answer.status == 101) {
        auto connection = std::make_shared<OpenConnection>();
        connection->facts = facts;
        answer.stream = std::make_shared<Session>(*this, std::move(connection));
    }
    passage.outcome.status = answer.status == 101 ? 200 : answer.status;
    observe(call, passage, stage, place, answer.body);
    co_return answer;
}

Task<http::Response> WebSockets::manage(Call& call, http::Request request, const DeployedApi& api, std::string stage,
                                        std::string connection_id) {
    if (!shared_.wire) co_return internal_server_error();
    auto caller = call;
    const auto& service = aws::apigatewaymanagementapi::service;
    if (shared_.gate) {
        try {
            co_await shared_.gate->identify(caller, request, service);
        } catch (const aws::Error& error) {
            auto response = message_reply(error.status, error.message);
            response.headers.add("x-amzn-ErrorType", error.code);
            co_return response;
        }
    }
    caller.account = api.address.place.account;
    caller.region = api.address.place.region;
    contracts::ServiceRequest wanted;
    wanted.service = "execute-api";
    wanted.message = std::move(request);
    // The connection as it was asked for, so that nobody reaches it by another API's address.
    const auto place = fmt::format("{}/{}/{}", api.address.place.api_id, stage, connection_id);
    wanted.message.set_target("/@connections/" + percent_encode(place));
    co_return co_await shared_.wire->forward(caller, std::move(wanted));
}

}  // namespace cumulet::apigatewayv2
