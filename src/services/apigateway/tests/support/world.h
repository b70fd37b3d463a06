// A REST API with one stage, "prod", and neighbours that remember what they were asked.
#pragma once

#include "contracts/event_stream.h"
#include "contracts/tests/support/direct_door.h"
#include "runtime/byte_stream.h"
#include "services/apigateway/key_admission.h"
#include "services/apigateway/service.h"
#include "services/apigateway/surface.h"
#include "store/memory/memory_store.h"

namespace cumulet::apigateway {

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
    Task<aws::lambda::InvokeWithResponseStreamResponse> invoke_with_response_stream(
        Call&, aws::lambda::InvokeWithResponseStreamRequest request) override {
        streamed.push_back(std::move(request));
        std::string events;
        for (const auto& piece : pieces)
            events += contracts::encode_event(contracts::make_event("PayloadChunk", "application/octet-stream", piece));
        events += contracts::encode_event(contracts::make_event("InvokeComplete", "application/json", completion));
        co_return aws::lambda::InvokeWithResponseStreamResponse{.StatusCode = 200, .EventStream = stream_of(events)};
    }
    json::value event() const { return *parse_json(requests.at(requests.size() - 1).Payload.value_or("")); }

    std::string payload = R"({"statusCode": 200, "body": "done"})";
    std::string function_error;
    std::optional<aws::Error> error;
    Duration takes{};
    std::vector<aws::lambda::InvocationRequest> requests;
    std::vector<aws::lambda::InvokeWithResponseStreamRequest> streamed;
    std::vector<std::string> pieces;  ///< of a streamed answer
    std::string completion = "{}";
    std::vector<Principal> principals;
    std::vector<std::string> source_arns;
};

/// Notes on whose behalf functions are invoked, which the invoked service is not told.
class NotingDoor final : public contracts::Door {
  public:
    explicit NotingDoor(FakeLambda& lambda) : lambda_(lambda) {}
    void add(const contracts::Service& service, contracts::AnyApi& api) { door_.add(service, api); }
    Task<void> invoke(Call& caller, const contracts::Service& service, const contracts::Operation& operation,
                      void* input, void* output) override {
        if (service.name == "lambda") lambda_.source_arns.push_back(caller.source_arn);
        return door_.invoke(caller, service, operation, input, output);
    }

  private:
    FakeLambda& lambda_;
    contracts::DirectDoor door_;
};

struct FakeHttp final : contracts::HttpSender {
    std::string origin;
    http::Request request;
    http::Response response;
    std::map<std::string, std::string> bodies;  ///< by target, where one is not the response's
    bool fails = false;
    bool silent = false;
    std::optional<contracts::Sending> sending;
    Task<std::optional<http::Response>> send(std::string to, http::Request sent, contracts::Sending how) override {
        sending = std::move(how);
        origin = std::move(to);
        request = std::move(sent);
        if (fails) throw std::runtime_error("no route");
        if (silent) co_return std::nullopt;
        auto answer = response;
        if (const auto found = bodies.find(request.target); found != bodies.end()) answer.body = found->second;
        co_return answer;
    }
};

struct FakeWire final : contracts::WireDoor {
    contracts::ServiceRequest request;
    Principal principal;
    std::string region;
    http::Response response;
    Task<http::Response> forward(Call& caller, contracts::ServiceRequest sent) override {
        request = std::move(sent);
        principal = caller.principal;
        region = caller.region;
        co_return response;
    }
};

struct FakeLogs final : aws::logs::Api {
    std::vector<std::string> groups;
    Task<aws::logs::CreateLogGroupResponse> create_log_group(Call&, aws::logs::CreateLogGroupRequest request) override {
        groups.push_back(request.logGroupName);
        co_return aws::logs::CreateLogGroupResponse{};
    }
    std::vector<std::string> lines;
    Task<aws::logs::CreateLogStreamResponse> create_log_stream(Call&, aws::logs::CreateLogStreamRequest) override {
        co_return aws::logs::CreateLogStreamResponse{};
    }
    Task<aws::logs::PutLogEventsResponse> put_log_events(Call&, aws::logs::PutLogEventsRequest request) override {
        for (const auto& event : request.logEvents) lines.push_back(request.logGroupName + " " + event.message);
        co_return aws::logs::PutLogEventsResponse{};
    }
};

struct OtherSurface final : contracts::ApiSurface {
    Task<http::Response> serve_api(Call&, http::Request, std::optional<contracts::ApiDestination>) override {
        http::Response response;
        response.status = 299;
        co_return response;
    }
};

struct World {
    Clock clock{Time(1'795'395'300s)};
    Reactor reactor{clock, Random(1)};
    std::unique_ptr<store::Store> store = store::open_memory_store();
    FakeLambda lambda;
    FakeLogs logs;
    NotingDoor door{lambda};
    FakeHttp http;
    FakeWire wire;
    OtherSurface others;
    Service service{*store, &surface};
    KeyAdmission keys{*store};
    Surface surface{*store, {.door = door, .wire = &wire, .http = &http, .others = &others, .keys = &keys}};
    Call call{reactor, "request"};
    std::string api;
    std::string root;

    // What the next method is made of.
    aws::apigateway::PutMethodRequest method{.authorizationType = "NONE"};
    Integration integration;
    std::map<std::string, IntegrationResponse> responses;
    std::map<std::string, std::vector<std::string>> response_headers;
    std::vector<std::string> binary_types;

    World() {
        door.add(aws::lambda::service, lambda);
        door.add(aws::logs::service, logs);
        door.add(aws::apigateway::service, service);
        const auto made = run(service.create_rest_api(call, {.name = "shop"}));
        api = *made.id;
        root = *made.rootResourceId;
    }
    ~World() { run(surface.stop()); }

    template <typename T>
    T run(Task<T> task) {
        return reactor.block_on(std::move(task));
    }

    void response(std::string status, std::string pattern, std::string text) {
        auto& response = responses[status];
        response.selectionPattern = std::move(pattern);
        if (!text.empty()) response.responseTemplates.emplace()["application/json"] = std::move(text);
    }
    void method_response(const std::string& status, std::vector<std::string> headers) {
        response_headers[status] = std::move(headers);
    }
    void validator(bool body, bool parameters) {
        method.requestValidatorId =
            run(service.create_request_validator(
                    call, {.restApiId = api, .validateRequestBody = body, .validateRequestParameters = parameters}))
                .id;
    }
    void model(std::string name, std::string schema) {
        run(service.create_model(call, {.restApiId = api,
                                        .name = std::move(name),
                                        .schema = std::move(schema),
                                        .contentType = "application/json"}));
    }

    /// The id of the resource at `path`, which is made if it is not there.
    std::string resource_at(std::string_view path) {
        std::string id = root;
        std::string so_far;
        while (path.starts_with('/') && path.size() > 1) {
            path.remove_prefix(1);
            const auto end = std::min(path.find('/'), path.size());
            const std::string part(path.substr(0, end));
            so_far += "/" + part;
            path.remove_prefix(end);
            const auto known = run(service.get_resources(call, {.restApiId = api, .limit = 500}));
            const auto found = std::ranges::find(*known.items, so_far, &Resource::path);
            id = found != known.items->end()
                     ? *found->id
                     : *run(service.create_resource(call, {.restApiId = api, .parentId = id, .pathPart = part})).id;
        }
        return id;
    }
    /// Adds a method of what stands above, undeployed.
    void add(std::string_view path, std::string http_method) {
        method.restApiId = api;
        method.resourceId = resource_at(path);
        method.httpMethod = http_method;
        run(service.put_method(call, method));
        aws::apigateway::PutIntegrationRequest put{.restApiId = api,
                                                   .resourceId = method.resourceId,
                                                   .httpMethod = http_method,
                                                   .type = integration.type.value_or("MOCK")};
        put.integrationHttpMethod = integration.httpMethod;
        put.uri = integration.uri;
        put.credentials = integration.credentials;
        put.requestParameters = integration.requestParameters;
        put.requestTemplates = integration.requestTemplates;
        put.passthroughBehavior = integration.passthroughBehavior;
        put.contentHandling = integration.contentHandling;
        put.timeoutInMillis = integration.timeoutInMillis;
        put.cacheKeyParameters = integration.cacheKeyParameters;
        put.responseTransferMode = integration.responseTransferMode;
        put.tlsConfig = integration.tlsConfig;
        run(service.put_integration(call, put));
        for (const auto& [status, response] : responses) add_response(http_method, status, response);
    }
    void add_response(const std::string& http_method, const std::string& status, const IntegrationResponse& response) {
        aws::apigateway::PutMethodResponseRequest answer{
            .restApiId = api, .resourceId = method.resourceId, .httpMethod = http_method, .statusCode = status};
        for (const auto& header : response_headers[status]) {
            if (!answer.responseParameters) answer.responseParameters.emplace();
            (*answer.responseParameters)[header] = true;
        }
        run(service.put_method_response(call, answer));
        run(service.put_integration_response(call, {.restApiId = api,
                                                    .resourceId = method.resourceId,
                                                    .httpMethod = http_method,
                                                    .statusCode = status,
                                                    .selectionPattern = response.selectionPattern,
                                                    .responseParameters = response.responseParameters,
                                                    .responseTemplates = response.responseTemplates}));
    }
    void redeploy() {
        if (!binary_types.empty()) {
            aws::apigateway::UpdateRestApiRequest update{.restApiId = api};
            update.patchOperations.emplace();
            for (const auto& type : binary_types) {
                auto escaped = type;
                escaped.replace(escaped.find('/'), 1, "~1");
                update.patchOperations->push_back({.op = "add", .path = "/binaryMediaTypes/" + escaped});
            }
            run(service.update_rest_api(call, update));
        }
        run(service.create_deployment(
            call, {.restApiId = api, .stageName = "prod", .variables = {{{"colour", "blue"}, {"other", ""}}}}));
    }
    void deploy(std::string_view path, std::string http_method) {
        add(path, std::move(http_method));
        redeploy();
    }
    /// A method that answers 200 with the stage's colour.
    void add_mock(std::string_view path, std::string http_method) {
        integration = {.type = "MOCK"};
        integration.requestTemplates.emplace()["application/json"] = R"({"statusCode": 200})";
        responses.clear();
        response("200", "", "$stageVariables.colour $context.requestId");
        add(path, std::move(http_method));
    }
    void mock(std::string_view path, std::string http_method) {
        add_mock(path, std::move(http_method));
        redeploy();
    }
    void mock_at(std::string_view path, std::string http_method) { mock(path, std::move(http_method)); }

    http::Request request(std::string method_name, std::string path, std::string body = "",
                          std::vector<http::Header> headers = {}, std::string target_prefix = "/prod") {
        http::Request made;
        made.method = std::move(method_name);
        made.set_target(target_prefix + path);
        made.headers.add("Host", api + ".execute-api.localhost.localstack.cloud:4566");
        for (auto& header : headers) made.headers.add(std::move(header.name), std::move(header.value));
        made.body = std::move(body);
        return made;
    }
    http::Response send(std::string method_name, std::string path, std::string body = "",
                        std::vector<http::Header> headers = {}) {
        return run(
            surface.serve(call, request(std::move(method_name), std::move(path), std::move(body), std::move(headers))));
    }
    http::Response get(std::string path) { return send("GET", std::move(path)); }
    http::Response at(std::string target) {
        return run(surface.serve(call, request("GET", std::move(target), "", {}, "")));
    }
    http::Response at_host(const std::string& id, std::string target) {
        auto made = request("GET", std::move(target), "", {}, "");
        made.headers.set("Host", id + ".execute-api.localhost");
        return run(surface.serve(call, std::move(made)));
    }
};

}  // namespace cumulet::apigateway
