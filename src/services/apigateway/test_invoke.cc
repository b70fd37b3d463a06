// TestInvokeMethod: a method as it is being edited, with neither authorizers nor keys.
// https://docs.aws.amazon.com/apigateway/latest/api/API_TestInvokeMethod.html

#include "base/bytes.h"
#include "runtime/byte_stream.h"
#include "runtime/log.h"
#include "services/apigateway/execution_notes.h"
#include "services/apigateway/methods.h"
#include "services/apigateway/rest_api.h"
#include "services/apigateway/service.h"
#include "services/apigateway/stage.h"
#include "services/apigateway/surface.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

constexpr auto stage_name = "test-invoke-stage";
constexpr size_t largest_body_bytes = 10 << 20;

http::Request request_of(const TestInvokeMethodRequest& asked) {
    http::Request request;
    request.method = asked.httpMethod;
    request.set_target(asked.pathWithQueryString.value_or(""));
    for (const auto& [name, values] :
         asked.multiValueHeaders.value_or(std::map<std::string, std::vector<std::string>>()))
        for (const auto& value : values) request.headers.add(name, value);
    for (const auto& [name, value] : asked.headers.value_or(std::map<std::string, std::string>()))
        request.headers.set(name, value);
    request.body = asked.body.value_or("");
    return request;
}

TestInvokeMethodResponse answer_of(const http::Response& response) {
    TestInvokeMethodResponse answer;
    answer.status = response.status;
    answer.body = response.body;
    answer.headers.emplace();
    answer.multiValueHeaders.emplace();
    for (const auto& header : response.headers) {
        (*answer.headers)[header.name] = header.value;
        (*answer.multiValueHeaders)[header.name].push_back(header.value);
    }
    return answer;
}

}  // namespace

Task<TestInvokeMethodResponse> Surface::test(Call& call, Definition definition, TestInvokeMethodRequest asked,
                                             std::string client_certificate) {
    DeployedApi api;
    api.address.place = place_of(call, asked.restApiId);
    api.api = definition.api;
    const auto stage = new_stage(stage_name, "", call.now());
    const auto variables = asked.stageVariables.value_or(std::map<std::string, std::string>());
    const auto resource_id = asked.resourceId;
    const auto deployed = compile_definition(std::move(definition), stage, variables);
    const auto method = std::ranges::find_if(deployed.methods, [&](const CompiledMethod& each) {
        return each.resource_id == resource_id && each.method.httpMethod == asked.httpMethod;
    });
    Exchange exchange;
    exchange.test = true;
    exchange.client_certificate = client_certificate;
    exchange.api = &api;
    exchange.stage = &stage;
    exchange.definition = &deployed;
    exchange.method = &*method;
    exchange.request = request_of(asked);
    exchange.path = exchange.request.path.empty() ? method->resource_path : exchange.request.path;
    exchange.full_path = exchange.path;
    exchange.query = http::parse_query(exchange.request.query);
    exchange.request_id = call.random().uuid();
    exchange.extended_request_id = call.random().text(15) + "=";
    exchange.domain_name = "testPrefix.testDomainName";
    exchange.source_address = "test-invoke-source-ip";
    exchange.trace = contracts::new_trace(call);
    exchange.received = call.now();
    if (const auto match = deployed.routes.find(asked.httpMethod, exchange.path);
        match && &deployed.methods[match->route] == exchange.method)
        exchange.path_parameters = match->parameters;

    exchange.log = ExecutionLog(LogLevel::bodies);
    note_request(exchange, call.now());
    auto response = co_await answer_test(call, exchange);
    if (response.stream) response.body = co_await read_all(std::exchange(response.stream, nullptr), largest_body_bytes);
    note_answer(exchange, response, call.now());
    auto answer = answer_of(response);
    answer.log = exchange.log.text("Execution log for request " + exchange.request_id);
    answer.latency = std::chrono::duration_cast<std::chrono::milliseconds>(call.now() - exchange.received).count();
    co_return answer;
}

Task<http::Response> Surface::answer_test(Call& call, Exchange& exchange) {
    std::optional<Fault> fault;
    try {
        validate_request(exchange);
        co_return co_await integrate(call, exchange);
    } catch (const Fault& thrown) {
        fault = thrown;
    } catch (const std::exception& error) {
        log::error("A test of a method failed", {{"reason", error.what()}});
        fault = misconfigured();
    }
    co_return answer_fault(exchange, *fault);
}

Task<TestInvokeMethodResponse> Service::test_invoke_method(Call& call, TestInvokeMethodRequest request) {
    if (!surface_) throw unsupported("TestInvokeMethod where no API is served");
    std::string certificate;
    auto definition = co_await store_.transact([&](store::Transaction& tx) -> Task<Definition> {
        certificate = co_await certificate_and_key(tx, place_of(call), request.clientCertificateId);
        auto resource = co_await load_item<Resource>(tx, place_of(call, request.restApiId), request.resourceId);
        integration_of(method_of(resource, request.httpMethod));
        co_return co_await read_definition(tx, place_of(call, request.restApiId), "");
    });
    co_return co_await surface_->test(call, std::move(definition), std::move(request), std::move(certificate));
}

}  // namespace cumulet::apigateway
