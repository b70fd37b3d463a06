// Where WebSocket APIs' clients connect, and what becomes of their messages.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-overview.html
#pragma once

#include "contracts/access_log.h"
#include "contracts/api_keys.h"
#include "contracts/client.h"
#include "contracts/execute_api.h"
#include "contracts/http_sender.h"
#include "contracts/metrics.h"
#include "contracts/throttle.h"
#include "contracts/wire_door.h"
#include "services/apigatewayv2/deployed.h"
#include "services/apigatewayv2/functions.h"
#include "services/apigatewayv2/websocket/connections.h"

namespace cumulet::apigatewayv2 {

/// What WebSocket APIs share with HTTP APIs. Pointers may be nullptr.
struct Shared {
    contracts::Door& door;
    contracts::Gate* gate;
    contracts::HttpSender* http;
    contracts::WireDoor* wire;
    contracts::Metrics* metrics;
    contracts::ApiKeys* keys;
    DeployedApis& apis;
    Functions& functions;
    contracts::Throttle& throttle;
    contracts::AccessLog& access_log;
    /// Says in a passage who let it in; or the answer to whom nobody did.
    std::function<Task<std::optional<http::Response>>(Call&, Passage&, Address)> authorize;
};

/// What stood behind a route said.
struct IntegrationResult {
    int status = 200;
    http::Headers headers;
    std::string body;
    bool binary = false;
    std::string failure;    ///< why the integration, or its mapping, did not work; "" where it did
    bool too_late = false;  ///< it did not answer in time

    bool failed() const { return !failure.empty(); }
};

class WebSockets {
  public:
    static constexpr Duration longest_idle = std::chrono::minutes(10);
    static constexpr Duration longest_connection = std::chrono::hours(2);

    explicit WebSockets(Shared shared) : shared_(std::move(shared)), connections_(shared_.metrics) {}

    /// A request to a WebSocket API: to connect, or for its @connections.
    Task<http::Response> serve(Call& call, http::Request request, std::shared_ptr<const DeployedApi> api,
                               contracts::ApiDestination destination);
    Connections& connections() { return connections_; }
    /// Sends every client away, and waits for messages that are being handled and for $disconnect routes. While
    /// functions and services still answer.
    Task<void> stop();

  private:
    class Session;

    // connect.cc
    Task<http::Response> connect(Call& call, http::Request request, std::shared_ptr<const DeployedApi> api,
                                 const WebSocketStage& stage, ConnectionFacts facts);
    Task<http::Response> manage(Call& call, http::Request request, const DeployedApi& api, std::string stage,
                                std::string connection_id);

    // admission.cc
    /// Who may: says so in the passage and the facts. False if nobody let it in, and the outcome says why.
    Task<bool> admit(Call& call, Passage& passage, const DeployedApi& api, const WebSocketRoute& route,
                     ConnectionFacts& facts);
    Task<bool> authorize(Call& call, Passage& passage, const DeployedApi& api, ConnectionFacts& facts);
    bool has_room(const Passage& passage, Time now);
    /// Uses the key that a connection came with. False if that does not let it take the route, and the outcome says
    /// why.
    Task<bool> use_key(Passage& passage, Place place, Time now);

    // messages.cc
    void take(std::shared_ptr<OpenConnection> connection, std::string text, Semaphore::Permit permit);
    Task<void> receive(std::shared_ptr<OpenConnection> connection, std::string text, Semaphore::Permit permit);
    Task<void> answer(Call& call, std::shared_ptr<OpenConnection> connection, http::Request message,
                      std::shared_ptr<const DeployedApi> api, const WebSocketStage& stage);
    /// What a message's route sends back, if it does. The outcome says whether it worked.
    Task<std::optional<WebSocketMessage>> take_route(Call& call, Passage& passage, const WebSocketRoute* route,
                                                     Place place);
    Task<bool> reply(std::shared_ptr<OpenConnection> connection, WebSocketMessage message);
    Task<void> disconnected(std::shared_ptr<OpenConnection> connection, WebSocketClosing closing);

    // observe.cc
    /// Measures what happened, and writes it to the stage's logs; `answer` is what the client was told.
    void observe(Call& call, Passage& passage, const WebSocketStage& stage, const Place& place,
                 std::string_view answer);
    void measure(const Passage& passage, const Place& place, Time now);

    // integrate.cc
    /// Notes in the passage's outcome how it went.
    Task<IntegrationResult> integrate(Call& call, Passage& passage, const WebSocketRoute& route, Place place);
    Task<IntegrationResult> ask(Call& call, Passage& passage, const WebSocketRoute& route, Place place);
    Task<IntegrationResult> ask_endpoint(Call& call, Passage& passage, const WebSocketRoute& route, Place place,
                                         std::string body);
    Task<IntegrationResult> invoke(Call& call, Passage& passage, const WebSocketRoute& route, Place place,
                                   std::string payload);
    Task<IntegrationResult> invoke_proxy(Call& call, Passage& passage, const WebSocketRoute& route, Place place);
    Task<IntegrationResult> send(Call& call, Passage& passage, const WebSocketRoute& route, std::string body);
    Task<IntegrationResult> forward(Call& call, Passage& passage, const WebSocketRoute& route, Place place,
                                    std::string body);

    Shared shared_;
    Connections connections_;
    TaskGroup work_;
    TaskGroup forwarding_;  ///< calls of services, which may go on after their message was told that they took too long
    Gates answers_{64};     // by request id
    std::atomic<bool> stopping_{false};
};

/// Says in the passage's outcome why it goes no further: "Forbidden", of type "ACCESS_DENIED". False.
bool refuse(Passage& passage, int status, std::string_view message, std::string_view type);
/// What is common to all that happens on a connection.
Passage passage_of(Call& call, const WebSocketEvent& event, const http::Request& request, const WebSocketStage& stage,
                   const Place& place, const WebSocketRoute* route);

}  // namespace cumulet::apigatewayv2
