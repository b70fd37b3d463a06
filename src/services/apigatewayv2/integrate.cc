// What stands behind a route: a function, an HTTP endpoint, or an operation of another service.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations.html

#include "base/bytes.h"
#include "runtime/log.h"
#include "services/apigatewayv2/http_api.h"
#include "services/apigatewayv2/mapping.h"
#include "services/apigatewayv2/proxy.h"
#include "services/apigatewayv2/reply.h"
#include "services/apigatewayv2/service_request.h"
#include "services/apigatewayv2/surface.h"

namespace cumulet::apigatewayv2 {
namespace {

/// aws:SourceArn of an invocation: "arn:aws:execute-api:us-east-1:123456789012:abc/prod/GET/pets/{id}".
std::string source_arn(const Passage& passage, const Place& place) {
    const auto resource = passage.match.route->resource();
    if (resource == default_route) return fmt::format("{}/{}", stage_arn(passage, place), resource);
    return fmt::format("{}/{}{}", stage_arn(passage, place), passage.request->method, resource);
}

/// What the function is told, of a request that the integration's mappings changed.
std::string mapped_event(const Passage& passage, const Integration& integration) {
    const auto& mappings = integration.RequestParameters;
    if (!mappings || mappings->empty()) return event_text(passage);
    auto mapped = *passage.request;
    map_request(*mappings, passage, mapped);
    auto told = passage;
    told.request = &mapped;
    if (mapped.path != passage.request->path) told.path = percent_decode(mapped.path);
    return event_text(told);
}

}  // namespace

Task<http::Response> Surface::ask_integration(Call& call, const Passage& passage, Place place) {
    const auto& integration = *passage.match.route->integration;
    if (integration.IntegrationSubtype) return call_service(call, passage, place);
    if (integration.IntegrationType == "HTTP_PROXY") return send_on(passage);
    return invoke(call, passage, place);
}

Task<http::Response> Surface::integrate(Call& call, Passage& passage, Place place) {
    const auto* integration = passage.match.route->integration.get();
    if (!integration) co_return internal_server_error();
    const auto begun = call.now();
    auto response = co_await ask_integration(call, passage, place);
    passage.outcome.integration_latency = call.now() - begun;
    passage.outcome.integration_status = response.status;
    if (integration->ResponseParameters) {
        const auto mappings = integration->ResponseParameters->find(std::to_string(response.status));
        if (mappings != integration->ResponseParameters->end()) map_response(mappings->second, passage, response);
    }
    co_return response;
}

Task<http::Response> Surface::invoke(Call& call, const Passage& passage, Place place) {
    const auto& route = *passage.match.route;
    if (route.target.function.empty()) co_return internal_server_error();
    auto answer = co_await functions_.ask(call, passage, place,
                                          {.target = route.target,
                                           .payload = mapped_event(passage, *route.integration),
                                           .source_arn = source_arn(passage, place),
                                           .patience = route.timeout});
    if (!answer.response) co_return std::move(answer.failure);
    if (answer.response->FunctionError) co_return internal_server_error();
    co_return read_reply(answer.response->Payload.value_or(""), route.payload_version);
}

Task<http::Response> Surface::send_on(const Passage& passage) {
    const auto& route = *passage.match.route;
    auto sent = proxy_request(passage, *route.integration, route.uri);
    if (!sent || !http_) co_return internal_server_error();
    const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(route.timeout);
    try {
        auto answer = co_await http_->send(std::move(sent->origin), std::move(sent->request), patience);
        if (answer) co_return proxy_response(std::move(*answer));
    } catch (const std::exception& error) {
        log::warning("An API's endpoint could not be reached", {{"url", route.uri}, {"reason", error.what()}});
    }
    co_return message_reply(503, "Service Unavailable");
}

Task<http::Response> Surface::call_service(Call& call, const Passage& passage, Place place) {
    const auto& route = *passage.match.route;
    if (!wire_) co_return internal_server_error();
    auto caller = caller_as(call, passage, place, route.integration->CredentialsArn.value_or(""), "");
    const auto region = route.integration->RequestParameters->find("Region");
    if (region != route.integration->RequestParameters->end()) {
        caller.region = mapped_value(region->second, passage).value_or(place.region);
    }
    auto answer = co_await wire_->forward(caller, service_request(*route.integration, passage));
    co_return proxy_response(std::move(answer));
}

}  // namespace cumulet::apigatewayv2
