#include "services/apigateway/key_admission.h"

#include "services/apigateway/usage.h"

namespace cumulet::apigateway {
namespace {

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

Task<contracts::ApiKeyAnswer> KeyAdmission::use(contracts::ApiKeyUse use, Time now) {
    using contracts::ApiKeyVerdict;
    const Place place{use.account, use.region, ""};
    const auto found = co_await store_.transact([&](store::Transaction& tx) -> Task<std::optional<KeyAndPlan>> {
        return find_plan(tx, place, use.value, use.api_id, use.stage, use.method);
    });
    if (!found) co_return contracts::ApiKeyAnswer{};
    const auto& key_id = found->key_id;
    if (!found->plan) co_return contracts::ApiKeyAnswer{ApiKeyVerdict::passed, key_id};
    const auto& [plan, throttle] = *found->plan;
    const auto bucket = fmt::format("{}/{}", *plan.id, key_id);
    if (throttle && !throttle_.take(bucket, throttle->rateLimit.value_or(0), throttle->burstLimit.value_or(0), now))
        co_return contracts::ApiKeyAnswer{ApiKeyVerdict::throttled, key_id};
    const bool left = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<bool> { return use_quota(tx, place, found->plan->plan, key_id, now); });
    co_return contracts::ApiKeyAnswer{left ? ApiKeyVerdict::passed : ApiKeyVerdict::exhausted, key_id};
}

}  // namespace cumulet::apigateway
