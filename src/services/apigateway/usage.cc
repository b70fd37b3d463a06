#include "services/apigateway/usage.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

Task<UsagePlanKey> add_key_to_plan(store::Transaction& tx, Place place, std::string plan_id, ApiKey key) {
    const auto plan = co_await load_item<UsagePlan>(tx, place, plan_id);
    const Place of_plan{place.account, place.region, plan_id};
    if (co_await find_item<UsagePlanKey>(tx, of_plan, *key.id))
        throw ConflictException("Usage Plan has already an API key associated with the same ID");  // Unverified: words.
    for (const auto& other_id : co_await plans_of_key(tx, place, *key.id)) {
        const auto other = co_await find_item<UsagePlan>(tx, place, other_id);
        for (const auto& stage : plan.apiStages.value_or(std::vector<ApiStage>())) {
            const bool shared =
                other && other->apiStages && std::ranges::any_of(*other->apiStages, [&](const ApiStage& of_other) {
                    return of_other.apiId == stage.apiId && of_other.stage == stage.stage;
                });
            // Unverified: the words.
            if (shared)
                throw ConflictException(fmt::format("API key {} is in another usage plan for the stage {}:{}", *key.id,
                                                    *stage.apiId, *stage.stage));
        }
    }
    UsagePlanKey member;
    member.id = key.id;
    member.type = "API_KEY";
    member.value = key.value;
    member.name = key.name;
    save_item(tx, of_plan, member);
    save_plan_of_key(tx, place, *key.id, plan_id);
    co_return member;
}

int64_t day_of(Time time) { return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count(); }

Period period_of(int64_t day, std::string_view period, int32_t offset) {
    using namespace std::chrono;
    if (period == "DAY") return {day, day + 1};
    if (period == "WEEK") {
        const auto weekday = (day + 4) % 7;  // 1970 began on a Thursday; weeks begin on Sunday
        const auto first = day - (weekday - offset + 7) % 7;
        return {first, first + 7};
    }
    const auto begin_of = [&](year_month month) {
        return sys_days(month / 1).time_since_epoch().count() + static_cast<int64_t>(offset);
    };
    const year_month_day date{sys_days(days(day))};
    auto month = date.year() / date.month();
    if (begin_of(month) > day) month -= months(1);
    return {begin_of(month), begin_of(month + months(1))};
}

Task<std::optional<StagePlan>> find_stage_plan(store::Transaction& tx, Place place, std::string key_id,
                                               std::string api_id, std::string stage, std::string method) {
    for (const auto& id : co_await plans_of_key(tx, place, key_id)) {
        auto plan = co_await find_item<UsagePlan>(tx, place, id);
        if (!plan || !plan->apiStages) continue;
        for (const auto& of_plan : *plan->apiStages) {
            if (of_plan.apiId != api_id || of_plan.stage != stage) continue;
            auto throttle = plan->throttle;
            if (of_plan.throttle) {
                const auto own = of_plan.throttle->find(method);
                if (own != of_plan.throttle->end()) throttle = own->second;
            }
            co_return StagePlan{std::move(*plan), std::move(throttle)};
        }
    }
    co_return std::nullopt;
}

Task<bool> use_quota(store::Transaction& tx, Place place, UsagePlan plan, std::string key_id, Time now) {
    const auto today = day_of(now);
    Period period{today, today + 1};
    if (plan.quota) period = period_of(today, plan.quota->period.value_or("DAY"), plan.quota->offset.value_or(0));
    int64_t used = 0;
    int64_t used_today = 0;
    for (const auto& [day, requests] : co_await read_usage(tx, place, *plan.id, key_id, period.first, period.end)) {
        used += requests;
        if (day == today) used_today = requests;
    }
    if (plan.quota && plan.quota->limit) {
        const auto extra = co_await read_extra_quota(tx, place, *plan.id, key_id);
        if (used >= *plan.quota->limit + extra) co_return false;
    }
    save_usage(tx, place, *plan.id, key_id, today, used_today + 1);
    co_return true;
}

}  // namespace cumulet::apigateway
