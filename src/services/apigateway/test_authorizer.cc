// TestInvokeAuthorizer: an authorizer as it is being edited.
// https://docs.aws.amazon.com/apigateway/latest/api/API_TestInvokeAuthorizer.html

#include "base/bytes.h"
#include "runtime/log.h"
#include "services/apigateway/rest_api.h"
#include "services/apigateway/service.h"
#include "services/apigateway/stage.h"
#include "services/apigateway/surface.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

constexpr auto stage_name = "test-invoke-stage";

http::Request request_of(const TestInvokeAuthorizerRequest& asked) {
    http::Request request;
    request.method = "GET";
    request.set_target(asked.pathWithQueryString.value_or("/"));
    for (const auto& [name, values] :
         asked.multiValueHeaders.value_or(std::map<std::string, std::vector<std::string>>()))
        for (const auto& value : values) request.headers.add(name, value);
    for (const auto& [name, value] : asked.headers.value_or(std::map<std::string, std::string>()))
        request.headers.set(name, value);
    request.body = asked.body.value_or("");
    return request;
}

/// The method that the authorizer would guard: the API's root.
CompiledMethod guarded_method(const Definition& definition, Authorizer authorizer) {
    CompiledMethod method;
    method.resource_id = definition.api.rootResourceId.value_or("");
    method.resource_path = "/";
    method.method.httpMethod = "GET";
    method.method.authorizationType = authorizer.type == "COGNITO_USER_POOLS" ? "COGNITO_USER_POOLS" : "CUSTOM";
    method.authorizer = std::move(authorizer);
    return method;
}

void tell(TestInvokeAuthorizerResponse& answer, const Exchange& exchange) {
    if (const auto* claims = exchange.authorizer.if_contains("claims"); claims && claims->is_object()) {
        answer.claims.emplace();
        for (const auto& [name, value] : claims->as_object())
            (*answer.claims)[name] = value.is_string() ? std::string(value.as_string()) : json::serialize(value);
    }
    for (const auto& [name, value] : exchange.authorizer) {
        if (!value.is_string()) continue;
        if (name == "principalId") answer.principalId = value.as_string();
        if (!answer.authorization) answer.authorization.emplace();
        (*answer.authorization)[name] = {std::string(value.as_string())};
    }
}

}  // namespace

Task<TestInvokeAuthorizerResponse> Surface::test(Call& call, Definition definition, TestInvokeAuthorizerRequest asked) {
    auto found = std::ranges::find(definition.authorizers, std::optional(asked.authorizerId), &Authorizer::id);
    DeployedApi api;
    api.address.place = place_of(call, asked.restApiId);
    const auto stage = new_stage(stage_name, "", call.now());
    DeployedDefinition deployed;
    deployed.api = definition.api;
    deployed.variables = asked.stageVariables.value_or(std::map<std::string, std::string>());
    const auto method = guarded_method(definition, *found);
    Exchange exchange;
    exchange.test = true;
    exchange.api = &api;
    exchange.stage = &stage;
    exchange.definition = &deployed;
    exchange.method = &method;
    exchange.request = request_of(asked);
    exchange.path = exchange.request.path;
    exchange.full_path = exchange.path;
    exchange.query = http::parse_query(exchange.request.query);
    exchange.request_id = call.random().uuid();
    exchange.extended_request_id = call.random().text(15) + "=";
    exchange.domain_name = "testPrefix.testDomainName";
    exchange.source_address = "test-invoke-source-ip";
    exchange.trace = contracts::new_trace(call);
    exchange.received = call.now();

    ExecutionLog log(LogLevel::bodies);
    log.step(call.now(), "Starting authorizer: " + asked.authorizerId);
    TestInvokeAuthorizerResponse answer{.clientStatus = 0};
    try {
        if (method.method.authorizationType == "CUSTOM") {
            answer.policy = (co_await ask_authorizer(call, exchange))->answer.policy_text;
        } else {
            co_await check_token(call, exchange);
        }
        tell(answer, exchange);
        log.step(call.now(), "Successfully completed authorizer execution");
    } catch (const Fault& fault) {
        answer.clientStatus = answer_fault(exchange, fault).status;
        log.error(call.now(), "Execution failed: " + (fault.message.empty() ? std::string(fault.type) : fault.message));
    }
    answer.log = log.text("Execution log for request " + exchange.request_id);
    answer.latency = std::chrono::duration_cast<std::chrono::milliseconds>(call.now() - exchange.received).count();
    co_return answer;
}

Task<TestInvokeAuthorizerResponse> Service::test_invoke_authorizer(Call& call, TestInvokeAuthorizerRequest request) {
    if (!surface_) throw unsupported("TestInvokeAuthorizer where no API is served");
    if (request.additionalContext && !request.additionalContext->empty())
        throw unsupported("TestInvokeAuthorizer with additionalContext");
    auto definition = co_await store_.transact([&](store::Transaction& tx) -> Task<Definition> {
        const auto place = place_of(call, request.restApiId);
        co_await load_item<Authorizer>(tx, place, request.authorizerId);
        co_return co_await read_definition(tx, place, "");
    });
    co_return co_await surface_->test(call, std::move(definition), std::move(request));
}

}  // namespace cumulet::apigateway
