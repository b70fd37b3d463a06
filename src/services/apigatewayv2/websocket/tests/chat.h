// A WebSocket API for tests, with clients in memory.
#pragma once

#include <gtest/gtest.h>

#include "services/apigatewayv2/tests/support/world.h"
#include "services/apigatewayv2/websocket/connections_api.h"

namespace cumulet::apigatewayv2 {

/// A client's end of a connection, in memory.
class FakeSocket final : public WebSocket {
  public:
    explicit FakeSocket(Reactor& reactor) : reactor_(reactor), last_heard_(reactor.now()) {}
    Task<std::optional<WebSocketMessage>> read() override {
        while (incoming.empty() && !closed) {
            const auto seen = gates_.version("");
            co_await gates_.wait("", seen, Time::max());
        }
        if (incoming.empty()) co_return std::nullopt;
        auto message = std::move(incoming.front());
        incoming.pop_front();
        last_heard_ = reactor_.now();
        co_return message;
    }
    Task<void> send(WebSocketMessage message) override {
        if (closed) throw WebSocketEnded();
        if (congested) throw WebSocketCongested();
        (message.binary ? binary : sent).push_back(message.bytes);
        co_return;
    }
    void close(WebSocketClosing closing) override {
        if (closed) return;
        closing_ = std::move(closing);
        closed = true;
        gates_.wake("");
    }
    const WebSocketClosing& closing() const override { return closing_; }
    Time last_heard() const override { return last_heard_; }

    void ping() { last_heard_ = reactor_.now(); }
    void receive(std::string text, bool as_binary = false) {
        incoming.push_back({std::move(text), as_binary});
        gates_.wake("");
    }

    std::deque<WebSocketMessage> incoming;
    std::vector<std::string> sent;
    std::vector<std::string> binary;
    bool closed = false;
    bool congested = false;

  private:
    Reactor& reactor_;
    Gates gates_{1};
    WebSocketClosing closing_;
    Time last_heard_;
};

class FakeEndpoint final : public contracts::HttpSender {
  public:
    Task<std::optional<http::Response>> send(std::string origin, http::Request request, contracts::Sending) override {
        asked = fmt::format("{} {}{} {}", request.method, origin, request.target, request.body);
        last = std::move(request);
        co_return answer;
    }
    http::Response answer;
    std::string asked;
    http::Request last;
};

class FakeWire final : public contracts::WireDoor {
  public:
    Task<http::Response> forward(Call& caller, contracts::ServiceRequest request) override {
        asked =
            fmt::format("{} {} {} {}", request.service, request.action, request.message.target, request.message.body);
        principal = caller.principal.arn;
        if (takes > Duration{}) co_await caller.reactor().sleep_for(takes);
        co_return answer;
    }
    http::Response answer;
    Duration takes{};
    std::string asked;
    std::string principal;
};

/// Knows the key "open", and says of "slow" and "used" that they were used too often.
class FakeKeys final : public contracts::ApiKeys {
  public:
    Task<contracts::ApiKeyAnswer> use(contracts::ApiKeyUse use, Time) override {
        using contracts::ApiKeyVerdict;
        uses.push_back(fmt::format("{} {}/{} {}", use.value, use.api_id, use.stage, use.method));
        const auto verdict = use.value == "open"   ? ApiKeyVerdict::passed
                             : use.value == "slow" ? ApiKeyVerdict::throttled
                             : use.value == "used" ? ApiKeyVerdict::exhausted
                                                   : ApiKeyVerdict::invalid;
        co_return contracts::ApiKeyAnswer{verdict, verdict == ApiKeyVerdict::invalid ? "" : "id-of-" + use.value};
    }
    std::vector<std::string> uses;
};

struct Chat : World {
    FakeEndpoint endpoint;
    FakeWire wire;
    contracts::Metrics metrics;
    FakeKeys keys;
    Surface front{*store, {.door = door, .http = &endpoint, .wire = &wire, .metrics = &metrics, .keys = &keys}};
    ConnectionsApi connections{front.web_sockets().connections()};
    std::string api;
    std::vector<std::shared_ptr<FakeSocket>> sockets;

    Chat() {
        aws::apigatewayv2::CreateApiRequest request;
        request.Name = "chat";
        request.ProtocolType = "WEBSOCKET";
        request.RouteSelectionExpression = "$request.body.action";
        api = *run(service.create_api(call, request)).ApiId;
    }
    ~Chat() {
        for (const auto& socket : sockets) socket->close({1001, ""});
        settle();
        run(front.stop());
    }
    void settle() {
        for (int i = 0; i < 200; ++i) run(reactor.yield());
    }

    static aws::apigatewayv2::CreateIntegrationRequest integration_of(std::string type, std::string uri = "") {
        aws::apigatewayv2::CreateIntegrationRequest request;
        request.IntegrationType = std::move(type);
        if (!uri.empty()) request.IntegrationUri = std::move(uri);
        return request;
    }
    std::string integration_to(aws::apigatewayv2::CreateIntegrationRequest request) {
        request.ApiId = api;
        return *run(service.create_integration(call, request)).IntegrationId;
    }
    std::string function(std::string uri = orders_arn) {
        return integration_to(integration_of("AWS_PROXY", std::move(uri)));
    }
    void respond(const std::string& integration, std::string key, std::string text, std::string handling = "") {
        aws::apigatewayv2::CreateIntegrationResponseRequest request;
        request.ApiId = api;
        request.IntegrationId = integration;
        request.IntegrationResponseKey = std::move(key);
        request.ResponseTemplates = {{{"$default", std::move(text)}}};
        if (!handling.empty()) request.ContentHandlingStrategy = std::move(handling);
        run(service.create_integration_response(call, request));
    }
    /// A route, two-way or not. Its id.
    std::string to(std::string key, const std::string& integration, bool two_way = false,
                   aws::apigatewayv2::CreateRouteRequest request = {}) {
        request.ApiId = api;
        request.RouteKey = std::move(key);
        request.Target = "integrations/" + integration;
        if (two_way) request.RouteResponseSelectionExpression = "$default";
        const auto id = *run(service.create_route(call, request)).RouteId;
        if (!two_way) return id;
        aws::apigatewayv2::CreateRouteResponseRequest response;
        response.ApiId = api;
        response.RouteId = id;
        response.RouteResponseKey = "$default";
        run(service.create_route_response(call, response));
        return id;
    }
    void deploy(aws::apigatewayv2::CreateStageRequest stage = {}) {
        const auto made = run(service.create_deployment(call, {.ApiId = api}));
        stage.ApiId = api;
        stage.StageName = "prod";
        stage.DeploymentId = made.DeploymentId;
        run(service.create_stage(call, stage));
    }
    http::Response handshake(std::string target = "/prod", http::Headers headers = {}) {
        http::Request request;
        request.method = "GET";
        request.set_target(std::move(target));
        request.headers = std::move(headers);
        request.headers.add("Host", api + ".execute-api.localhost");
        request.headers.add("Upgrade", "websocket");
        request.headers.add("Connection", "Upgrade");
        request.headers.add("Sec-WebSocket-Version", "13");
        request.headers.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        request.headers.add("User-Agent", "test/1");
        return run(front.serve(call, std::move(request)));
    }
    std::shared_ptr<FakeSocket> connect(std::string target = "/prod", http::Headers headers = {}) {
        auto response = handshake(std::move(target), std::move(headers));
        EXPECT_EQ(response.status, 101) << response.body;
        auto socket = std::make_shared<FakeSocket>(reactor);
        sockets.push_back(socket);
        if (response.status != 101) return socket;
        reactor.start(keep(std::dynamic_pointer_cast<WebSocketSession>(response.stream), socket));
        settle();
        return socket;
    }
    static Task<void> keep(std::shared_ptr<WebSocketSession> session, std::shared_ptr<FakeSocket> socket) {
        co_await session->run(socket);
    }
    void say(const std::shared_ptr<FakeSocket>& socket, std::string text) {
        socket->receive(std::move(text));
        settle();
    }
    json::value event() { return lambda.event(); }
    std::string event_at(std::string_view pointer) { return json::serialize(event().at_pointer(pointer)); }
    std::string connection_id() { return std::string(event().at_pointer("/requestContext/connectionId").as_string()); }
};

}  // namespace cumulet::apigatewayv2
