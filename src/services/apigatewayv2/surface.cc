#include "services/apigatewayv2/surface.h"

#include "base/bytes.h"
#include "base/certificate.h"
#include "base/host.h"
#include "contracts/execute_api.h"
#include "contracts/proxy_event.h"
#include "runtime/byte_stream.h"
#include "runtime/log.h"
#include "services/apigatewayv2/cors.h"
#include "services/apigatewayv2/http_api.h"
#include "services/apigatewayv2/reply.h"

namespace cumulet::apigatewayv2 {
namespace {

constexpr size_t largest_body_bytes = 10 << 20;

/// The stage that a path is for, and what of the path is left for its routes.
struct Staged {
    const DeployedStage* stage = nullptr;
    std::string path;   ///< still percent-encoded
    std::string shown;  ///< that the function is told, decoded
};

/// What a custom domain's mapping says.
Staged mapped_stage(const DeployedApi& api, const contracts::ApiDestination& destination, std::string_view path) {
    Staged staged{.stage = nullptr, .path = destination.path, .shown = percent_decode(path)};
    const auto found = api.stages.find(destination.domain->stage);
    if (found != api.stages.end()) staged.stage = &found->second;
    return staged;
}

Staged find_stage(const DeployedApi& api, const contracts::ApiDestination& destination, std::string_view path) {
    if (destination.domain && !destination.domain->stage.empty()) return mapped_stage(api, destination, path);
    std::string_view rest = destination.path;
    const auto first = percent_decode(contracts::take_segment(rest));
    Staged staged;
    if (!destination.by_host && first == default_stage) {  // only a path may say so
        const auto found = api.stages.find(default_stage);
        if (found != api.stages.end()) staged.stage = &found->second;
        staged.path = rest.empty() ? "/" : rest;
        staged.shown = percent_decode(staged.path);
        return staged;
    }
    if (const auto named = api.stages.find(first); named != api.stages.end() && first != default_stage) {
        staged.stage = &named->second;
        staged.path = rest.empty() ? "/" : rest;
    } else if (const auto found = api.stages.find(default_stage); found != api.stages.end()) {
        staged.stage = &found->second;
        staged.path = destination.path;
    }
    staged.shown = percent_decode(destination.path);
    return staged;
}

/// WebSocket APIs are told their stage by the path, also where a custom domain's mapping knows it.
contracts::ApiDestination with_stage_in_path(contracts::ApiDestination destination) {
    if (destination.domain && !destination.domain->stage.empty())
        destination.path = "/" + destination.domain->stage + (destination.path == "/" ? "" : destination.path);
    return destination;
}

Task<void> read_body(http::Request& request) {
    if (!request.stream) co_return;
    request.body = co_await read_all(std::exchange(request.stream, nullptr), largest_body_bytes);
}

}  // namespace

Task<http::Response> Surface::serve_api(Call& call, http::Request request,
                                        std::optional<contracts::ApiDestination> destination) {
    const auto request_id =
        call.random().text(15, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") + "=";
    http::Response response;
    try {
        response =
            destination ? co_await route(call, std::move(request), std::move(*destination), request_id) : not_found();
    } catch (const StreamTooLong&) {
        response = message_reply(413, "Request Entity Too Large");
    } catch (const std::exception& error) {
        log::error("A request to an API failed", {{"reason", error.what()}});
        response = internal_server_error();
    }
    response.headers.set("apigw-requestid", request_id);
    co_return response;
}

Task<http::Response> Surface::route(Call& call, http::Request request, contracts::ApiDestination destination,
                                    std::string request_id) {
    request.headers.erase(tls_session_field);
    const auto api = co_await apis_.find(destination.api_id);
    if (!api || (api->endpoint_disabled && !destination.domain)) co_return not_found();
    if (contracts::headers_too_large(request.headers)) co_return message_reply(431, "Request Header Fields Too Large");
    if (api->web_socket)
        co_return co_await web_sockets_.serve(call, std::move(request), api, with_stage_in_path(destination));
    if (api->cors && is_preflight(request)) co_return preflight_reply(*api->cors, request);
    const auto staged = find_stage(*api, destination, request.path);
    if (!staged.stage) co_return not_found();
    co_await read_body(request);
    if (request.body.size() > largest_body_bytes) co_return message_reply(413, "Request Entity Too Large");

    Passage passage;
    passage.request = &request;
    passage.path = staged.shown;
    passage.account = api->address.place.account;
    passage.api_id = destination.api_id;
    passage.domain_name = destination.domain    ? destination.domain->domain_name
                          : destination.by_host ? to_lower(without_port(request.host()))
                                                : contracts::api_domain_name(call, destination.api_id);
    passage.domain = std::move(destination.domain);
    passage.stage = staged.stage->name;
    passage.stage_variables = staged.stage->variables;
    if (auto match = staged.stage->routes.find(request.method, staged.path)) passage.match = std::move(*match);
    passage.request_id = std::move(request_id);
    passage.source_address = call.source_address;
    passage.trace = call.trace.empty() ? contracts::new_trace(call) : call.trace;
    passage.received = call.now();
    passage.route_path = percent_decode(staged.path);
    passage.route_arn =
        fmt::format("{}/{}{}", stage_arn(passage, api->address.place), request.method, passage.route_path);
    auto response = co_await take_steps(call, passage, api->address);
    if (api->cors) apply_cors(*api->cors, request, response);
    observe(call, passage, *staged.stage, api->address.place, response);
    co_return response;
}

Task<http::Response> Surface::take_steps(Call& call, Passage& passage, Address address) {
    const auto* route = passage.match.route;
    if (!route) co_return not_found();
    const auto bucket = fmt::format("{}/{}/{}", passage.api_id, passage.stage, route->route_key);
    if (route->limits && !throttle_.take(bucket, route->limits->rate_per_second, route->limits->burst, call.now())) {
        co_return message_reply(429, "Too Many Requests");
    }
    try {
        auto refusal = co_await authorize(call, passage, address);
        co_return refusal ? std::move(*refusal) : co_await integrate(call, passage, address.place);
    } catch (const std::exception& error) {
        log::error("A request to an API failed", {{"reason", error.what()}});
        co_return internal_server_error();
    }
}

Task<void> Surface::stop() {
    co_await web_sockets_.stop();
    co_await functions_.stop();
    co_await access_log_.stop();
}

}  // namespace cumulet::apigatewayv2
