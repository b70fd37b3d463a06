// A cloud of HTTP APIs for tests: the memory store, a clock that stands still, and a Lambda that only says what it was
// asked.
#pragma once

#include "contracts/tests/support/direct_door.h"
#include "services/apigatewayv2/domains/domains.h"
#include "services/apigatewayv2/service.h"
#include "services/apigatewayv2/surface.h"
#include "store/memory/memory_store.h"

namespace cumulet::apigatewayv2 {

inline constexpr auto orders_arn = "arn:aws:lambda:us-east-1:000000000000:function:orders";

/// Answers with what was prepared; remembers what it was asked.
class FakeLambda final : public aws::lambda::Api {
  public:
    Task<aws::lambda::InvocationResponse> invoke(Call& call, aws::lambda::InvocationRequest request) override {
        requests.push_back(request);
        principals.push_back(call.principal);
        if (takes > Duration{}) co_await call.reactor().sleep_for(takes);
        if (error) throw aws::Error(*error);
        aws::lambda::InvocationResponse response;
        response.StatusCode = 200;
        response.Payload = payload;
        if (!function_error.empty()) response.FunctionError = function_error;
        co_return response;
    }
    json::value event() const { return *parse_json(requests.at(requests.size() - 1).Payload.value_or("")); }

    std::string payload = R"({"statusCode": 200, "body": "done"})";
    std::string function_error;
    std::optional<aws::Error> error;
    Duration takes{};
    std::vector<aws::lambda::InvocationRequest> requests;
    std::vector<Principal> principals;
};

struct World {
    Clock clock{Time(1'795'395'300s)};
    Reactor reactor{clock, Random(1)};
    std::unique_ptr<store::Store> store = store::open_memory_store();
    contracts::DirectDoor door;
    FakeLambda lambda;
    Domains domains{*store, door};
    Service service{*store, door, domains};
    Surface surface{*store, {.door = door}};
    Call call{reactor, "request"};

    World() {
        door.add(aws::lambda::service, lambda);
        door.add(aws::apigatewayv2::service, service);
    }
    ~World() { run(surface.stop()); }

    template <typename T>
    T run(Task<T> task) {
        return reactor.block_on(std::move(task));
    }

    std::string quick_api(std::map<std::string, std::string> tags = {}) {
        aws::apigatewayv2::CreateApiRequest request;
        request.Name = "orders";
        request.ProtocolType = "HTTP";
        request.Target = orders_arn;
        request.Tags = std::move(tags);
        return *run(service.create_api(call, request)).ApiId;
    }
    std::string empty_api() { return *run(service.create_api(call, {.Name = "orders", .ProtocolType = "HTTP"})).ApiId; }
    std::string integration(const std::string& api, std::string uri = orders_arn) {
        aws::apigatewayv2::CreateIntegrationRequest request;
        request.ApiId = api;
        request.IntegrationType = "AWS_PROXY";
        request.IntegrationUri = std::move(uri);
        request.PayloadFormatVersion = "2.0";
        return *run(service.create_integration(call, request)).IntegrationId;
    }
    std::string route(const std::string& api, std::string key, const std::string& integration) {
        aws::apigatewayv2::CreateRouteRequest request;
        request.ApiId = api;
        request.RouteKey = std::move(key);
        request.Target = "integrations/" + integration;
        return *run(service.create_route(call, request)).RouteId;
    }
    void stage(const std::string& api, std::string name, bool current) {
        aws::apigatewayv2::CreateStageRequest request;
        request.ApiId = api;
        request.StageName = std::move(name);
        request.AutoDeploy = current;
        request.StageVariables = {{{"which", "orders"}}};
        run(service.create_stage(call, request));
    }
    http::Response send(std::string method, const std::string& host, std::string target, std::string body = "",
                        http::Headers headers = {}) {
        http::Request request;
        request.method = std::move(method);
        request.set_target(std::move(target));
        request.headers = std::move(headers);
        request.headers.add("Host", host);
        request.body = std::move(body);
        return run(surface.serve(call, std::move(request)));
    }
    http::Response get(const std::string& api, std::string target, http::Headers headers = {}) {
        return send("GET", api + ".execute-api.localhost.localstack.cloud:4566", std::move(target), "",
                    std::move(headers));
    }
};

}  // namespace cumulet::apigatewayv2
