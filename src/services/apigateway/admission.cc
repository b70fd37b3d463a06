// API keys, usage plans and the limits of stages.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html

#include "services/apigateway/surface.h"

namespace cumulet::apigateway {
namespace {

std::string key_of(const Exchange& exchange) {
    if (exchange.definition->api.apiKeySource == "AUTHORIZER") return exchange.usage_key;
    return std::string(exchange.request.headers.get("x-api-key"));
}

std::string method_name(const Exchange& exchange) {
    return exchange.method->resource_path + "/" + exchange.method->method.httpMethod.value_or("");
}

}  // namespace

Task<void> Surface::admit(Call& call, Exchange& exchange) {
    if (exchange.method->method.apiKeyRequired.value_or(false)) co_await use_plan(call, exchange);
    const auto& settings = exchange.method->settings;
    const auto rate = settings.throttlingRateLimit.value_or(10'000);
    const auto burst = settings.throttlingBurstLimit.value_or(5000);
    const auto key = fmt::format("{}/{}/{}", exchange.api_id(), *exchange.stage->stageName, method_name(exchange));
    if (rate >= 0 && !throttle_.take(key, rate, burst, call.now())) throw throttled();
}

Task<void> Surface::use_plan(Call& call, Exchange& exchange) {
    exchange.api_key = key_of(exchange);
    if (exchange.api_key.empty() || !neighbours_.keys) throw invalid_api_key();
    const auto answer = co_await neighbours_.keys->use({.account = exchange.account(),
                                                        .region = exchange.region(),
                                                        .value = exchange.api_key,
                                                        .api_id = exchange.api_id(),
                                                        .stage = *exchange.stage->stageName,
                                                        .method = method_name(exchange)},
                                                       call.now());
    if (answer.verdict == contracts::ApiKeyVerdict::invalid) throw invalid_api_key();
    exchange.identity["apiKey"] = exchange.api_key;
    exchange.identity["apiKeyId"] = answer.key_id;
    if (answer.verdict == contracts::ApiKeyVerdict::throttled) throw throttled();
    if (answer.verdict == contracts::ApiKeyVerdict::exhausted) throw quota_exceeded();
}

}  // namespace cumulet::apigateway
