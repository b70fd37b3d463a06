// API keys, usage plans and the limits of stages.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html

#include "services/apigateway/surface.h"
#include "services/apigateway/usage.h"

namespace cumulet::apigateway {
namespace {

std::string key_of(const Exchange& exchange) {
    if (exchange.definition->api.apiKeySource == "AUTHORIZER") return exchange.usage_key;
    return std::string(exchange.request.headers.get("x-api-key"));
}

std::string method_name(const Exchange& exchange) {
    return exchange.method->resource_path + "/" + exchange.method->method.httpMethod.value_or("");
}

struct KeyAndPlan {
    std::string key_id;
    std::optional<StagePlan> plan;
};

/// Nothing if there is no such key, or it may not call this stage.
Task<std::optional<KeyAndPlan>> find_plan(store::Transaction& tx, Place place, std::string value, std::string api_id,
                                          std::string stage, std::string method) {
    const auto id = co_await find_key_id(tx, place, value);
    if (!id) co_return std::nullopt;
    const auto key = co_await find_item<ApiKey>(tx, place, *id);
    if (!key || !key->enabled.value_or(false)) co_return std::nullopt;
    KeyAndPlan found{.key_id = *id, .plan = {}};
    found.plan = co_await find_stage_plan(tx, place, *id, api_id, stage, method);
    if (found.plan) co_return found;
    // Keys were bound to stages directly before there were usage plans.
    const auto stages = key->stageKeys.value_or(std::vector<std::string>());
    const bool bound = std::ranges::find(stages, api_id + "/" + stage) != stages.end();
    if (!bound) co_return std::nullopt;
    co_return found;
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
    if (exchange.api_key.empty()) throw invalid_api_key();
    Place place = exchange.api->address.place;
    place.owner.clear();
    const auto found = co_await store_.transact([&](store::Transaction& tx) -> Task<std::optional<KeyAndPlan>> {
        return find_plan(tx, place, exchange.api_key, exchange.api_id(), *exchange.stage->stageName,
                         method_name(exchange));
    });
    if (!found) throw invalid_api_key();
    exchange.identity["apiKey"] = exchange.api_key;
    exchange.identity["apiKeyId"] = found->key_id;
    if (!found->plan) co_return;
    const auto& plan = *found->plan;
    if (plan.throttle) {
        const auto bucket = fmt::format("{}/{}", *plan.plan.id, found->key_id);
        if (!throttle_.take(bucket, plan.throttle->rateLimit.value_or(0), plan.throttle->burstLimit.value_or(0),
                            call.now()))
            throw throttled();
    }
    const bool left = co_await store_.transact([&](store::Transaction& tx) -> Task<bool> {
        return use_quota(tx, place, plan.plan, found->key_id, call.now());
    });
    if (!left) throw quota_exceeded();
}

}  // namespace cumulet::apigateway
