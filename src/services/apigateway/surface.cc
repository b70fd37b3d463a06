#include "services/apigateway/surface.h"

#include "base/bytes.h"
#include "base/certificate.h"
#include "base/host.h"
#include "contracts/error.h"
#include "contracts/execute_api.h"
#include "runtime/byte_stream.h"
#include "runtime/log.h"
#include "services/apigateway/compression.h"
#include "services/apigateway/execution_notes.h"

namespace cumulet::apigateway {
namespace {

constexpr size_t largest_body_bytes = 10 << 20;
constexpr std::string_view letters_and_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

http::Response plain(int status, std::string_view message, std::string_view error_type) {
    http::Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    response.headers.add("x-amzn-ErrorType", std::string(error_type));
    response.body = json::serialize(json::object{{"message", message}});
    return response;
}

http::Response forbidden() { return plain(403, "Forbidden", "ForbiddenException"); }

/// The stage that a request is for, and what of the path is left.
const DeployedStage* find_stage(const DeployedApi& api, const contracts::ApiDestination& destination,
                                std::string_view& path) {
    const bool known = destination.domain && !destination.domain->stage.empty();
    const auto name = known ? destination.domain->stage : percent_decode(contracts::take_segment(path));
    const auto found = api.stages.find(name);
    return found == api.stages.end() ? nullptr : &found->second;
}

/// True if the API may only be called by its custom domains, and was not.
bool endpoint_disabled(const DeployedApi& api, const contracts::ApiDestination& destination) {
    return destination.by_host && !destination.domain && api.api.disableExecuteApiEndpoint.value_or(false);
}

/// The host by which the API was called, or could have been.
std::string domain_name_of(const Call& call, const contracts::ApiDestination& destination, std::string_view host) {
    if (destination.domain) return destination.domain->domain_name;
    if (destination.by_host) return to_lower(without_port(host));
    return contracts::api_domain_name(call, destination.api_id);
}

bool takes_canary(Call& call, const DeployedStage& stage) {
    if (!stage.canary) return false;
    return call.random().fraction() * 100 < stage.stage.canarySettings->percentTraffic.value_or(0);
}

Task<void> read_body(http::Request& request) {
    if (request.stream) request.body = co_await read_all(std::exchange(request.stream, nullptr), largest_body_bytes);
    if (request.body.size() > largest_body_bytes) throw too_large();
}

void take_tls_session(http::Headers& headers, Exchange& exchange) {
    const auto session = headers.get(tls_session_field);
    const auto space = std::min(session.find(' '), session.size());
    exchange.tls_version = session.substr(0, space);
    exchange.cipher_suite = session.substr(std::min(space + 1, session.size()));
    headers.erase(tls_session_field);
}

void add_ids(const Exchange& exchange, http::Response& response) {
    response.headers.set("x-amzn-RequestId", exchange.request_id);
    response.headers.set("x-amz-apigw-id", exchange.extended_request_id);
    const bool integrated =
        exchange.integration_status && exchange.method && exchange.method->integration.type != "MOCK";
    if (integrated || (exchange.stage && exchange.stage->tracingEnabled.value_or(false)))
        response.headers.set("X-Amzn-Trace-Id", exchange.trace);
}

}  // namespace

Task<http::Response> Surface::serve_api(Call& call, http::Request request,
                                        std::optional<contracts::ApiDestination> destination) {
    const auto api = destination ? co_await apis_.find(destination->api_id) : nullptr;
    if (!api) {
        if (neighbours_.others)
            co_return co_await neighbours_.others->serve_api(call, std::move(request), std::move(destination));
        co_return forbidden();
    }
    std::string_view path = destination->path;
    const auto* stage = find_stage(*api, *destination, path);
    if (!stage || endpoint_disabled(*api, *destination)) co_return forbidden();

    const auto kept = std::make_shared<Exchange>();
    auto& exchange = *kept;
    exchange.api = api.get();
    exchange.stage = &stage->stage;
    exchange.client_certificate = stage->client_certificate;
    exchange.canary = takes_canary(call, *stage);
    exchange.definition = exchange.canary ? &*stage->canary : &stage->main;
    exchange.path = path.empty() ? "/" : std::string(path);
    exchange.full_path = destination->domain ? request.path : std::string(destination->path);
    exchange.query = http::parse_query(request.query);
    exchange.request_id = call.random().uuid();
    exchange.extended_request_id = call.random().text(15, letters_and_digits) + "=";
    exchange.domain_name = domain_name_of(call, *destination, request.host());
    exchange.domain = std::move(destination->domain);
    exchange.source_address = call.source_address;
    exchange.trace = call.trace.empty() ? contracts::new_trace(call) : call.trace;
    exchange.received = call.now();
    take_tls_session(request.headers, exchange);
    exchange.request = std::move(request);
    auto response = co_await answer(call, exchange);
    add_ids(exchange, response);
    compress_answer(exchange.definition->api, exchange.request, response);
    note_answer(exchange, response, call.now());
    finish(call, kept, api, response);
    co_return response;
}

Task<http::Response> Surface::answer(Call& call, Exchange& exchange) {
    std::optional<Fault> fault;
    try {
        co_return co_await take_steps(call, exchange);
    } catch (const Fault& thrown) {
        fault = thrown;
    } catch (const StreamTooLong&) {
        fault = too_large();
    } catch (const std::exception& error) {
        log::error("A request to an API failed", {{"reason", error.what()}});
        exchange.log_reason = error.what();
        fault = misconfigured();
    }
    co_return answer_fault(exchange, *fault);
}

Task<http::Response> Surface::take_steps(Call& call, Exchange& exchange) {
    if (contracts::headers_too_large(exchange.request.headers))
        co_return plain(431, "Request Header Fields Too Large", "RequestHeaderFieldsTooLargeException");
    auto match = exchange.definition->routes.find(exchange.request.method, exchange.path);
    if (!match) throw missing_authentication_token();
    exchange.method = &exchange.definition->methods[match->route];
    exchange.path_parameters = std::move(match->parameters);
    co_await read_body(exchange.request);
    decompress_request(exchange.definition->api, exchange.request, largest_body_bytes);
    exchange.log = ExecutionLog(log_level_of(exchange.method->settings));
    note_request(exchange, call.now());
    co_await authorise(call, exchange);
    co_await admit(call, exchange);
    validate_request(exchange);
    co_return co_await answer_cached(call, exchange);
}

Task<http::Response> Surface::answer_cached(Call& call, Exchange& exchange) {
    const auto key = cache_key(exchange);
    if (!key) co_return co_await integrate(call, exchange);
    bool warn = false;
    bool fresh = asks_for_fresh(exchange.request);
    if (fresh && exchange.method->settings.requireAuthorizationForCacheControl.value_or(true) &&
        !co_await may_invalidate(call, exchange)) {
        const auto strategy = exchange.method->settings.unauthorizedCacheControlHeaderStrategy.value_or("");
        if (strategy == "FAIL_WITH_403") throw access_denied("Unauthorized to invalidate the cache");
        warn = strategy == "SUCCEED_WITH_RESPONSE_HEADER";
        fresh = false;
    }
    auto response = fresh ? std::nullopt : cache_.find(*key, call.now());
    exchange.from_cache = response.has_value();
    if (!response) {
        response = co_await integrate(call, exchange);
        const std::chrono::seconds kept_for(exchange.method->settings.cacheTtlInSeconds.value_or(300));
        // Unverified: that only successes are kept.
        if (response->status / 100 == 2 && !response->stream) cache_.keep(*key, *response, call.now() + kept_for);
    }
    if (warn)
        response->headers.set("Warning", "199 Cache-control headers were ignored because the caller was unauthorized.");
    co_return std::move(*response);
}

/// Only who signed can have the permission.
Task<bool> Surface::may_invalidate(Call& call, Exchange& exchange) {
    if (!neighbours_.gate || exchange.method->method.authorizationType != "AWS_IAM") co_return false;
    try {
        co_await neighbours_.gate->permit(call, execute_api(), "execute-api:InvalidateCache",
                                          method_arn(exchange, false), "", {});
        co_return true;
    } catch (const aws::Error&) {
        co_return false;
    }
}

Task<void> Surface::stop() {
    co_await work_.stop();
    co_await log_.stop();
}

}  // namespace cumulet::apigateway
