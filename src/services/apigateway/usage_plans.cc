// Usage plans, their keys, and what was used of them.
// https://docs.aws.amazon.com/apigateway/latest/api/API_CreateUsagePlan.html

#include "services/apigateway/patch.h"
#include "services/apigateway/rest_api.h"
#include "services/apigateway/service.h"
#include "services/apigateway/usage.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

constexpr PatchRule rules[] = {
    {"/name", "replace"},
    {"/description", "replace"},
    {"/productCode", "replace remove"},
    {"/throttle", "remove"},
    {"/throttle/rateLimit", "replace add", Patched::real},
    {"/throttle/burstLimit", "replace add", Patched::number},
    {"/quota", "remove"},
    {"/quota/limit", "replace add", Patched::number},
    {"/quota/offset", "replace add", Patched::number},
    {"/quota/period", "replace add"},
};
constexpr PatchTable table{rules, PatchWords::names_path};

/// "abc123:prod" names a stage.
ApiStage read_stage(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos)
        throw BadRequestException("API Stage should be in the format: <restApiId>:<stageName>");  // Unverified: words.
    ApiStage stage;
    stage.apiId = text.substr(0, colon);
    stage.stage = text.substr(colon + 1);
    return stage;
}

ApiStage* find_stage(UsagePlan& plan, const ApiStage& wanted) {
    if (!plan.apiStages) plan.apiStages.emplace();
    for (auto& stage : *plan.apiStages)
        if (stage.apiId == wanted.apiId && stage.stage == wanted.stage) return &stage;
    return nullptr;
}

/// "/apiStages" with a value, or "/apiStages/{api:stage}/throttle[/{path}/{limit}]".
void patch_stages(UsagePlan& plan, const PatchOperation& patch, const std::vector<std::string>& segments) {
    if (segments.size() == 1) {
        const auto stage = read_stage(patch.value.value_or(""));
        auto* known = find_stage(plan, stage);
        if (patch.op == "add") {
            if (!known) plan.apiStages->push_back(stage);
        } else if (patch.op == "remove") {
            if (!known) throw NotFoundException("Usage Plan does not have the stage " + *patch.value);  // Unverified
            std::erase_if(*plan.apiStages, [&](const ApiStage& each) { return &each == known; });
        } else {
            throw BadRequestException("Invalid patch operation specified. Must be one of: [add, remove]");
        }
        return;
    }
    auto* stage = find_stage(plan, read_stage(segments[1]));
    if (!stage || segments.size() < 3 || segments[2] != "throttle")
        throw BadRequestException("Invalid patch path " + *patch.path);
    if (patch.op == "remove") {
        if (segments.size() == 3) stage->throttle.reset();
        if (segments.size() > 3 && stage->throttle) stage->throttle->erase(segments[3]);
        return;
    }
    if (segments.size() != 5) throw BadRequestException("Invalid patch path " + *patch.path);
    constexpr PatchRule limits[] = {{"/rateLimit", "replace add", Patched::real},
                                    {"/burstLimit", "replace add", Patched::number}};
    if (!stage->throttle) stage->throttle.emplace();
    auto& throttle = (*stage->throttle)[segments[3]];
    json::object record;
    auto single = patch;
    single.path = "/" + segments[4];
    apply_patches(record, {limits, PatchWords::names_path}, std::vector{single});
    if (const auto* rate = record.if_contains("rateLimit")) throttle.rateLimit = rate->to_number<double>();
    if (const auto* burst = record.if_contains("burstLimit")) throttle.burstLimit = burst->to_number<int32_t>();
}

void settle(UsagePlan& plan) {
    if (!plan.apiStages) plan.apiStages.emplace();
    if (plan.throttle) {
        if (!plan.throttle->burstLimit) plan.throttle->burstLimit = 0;
        if (!plan.throttle->rateLimit) plan.throttle->rateLimit = 0;
    }
    if (!plan.quota) return;
    auto& quota = *plan.quota;
    if (!quota.offset) quota.offset = 0;
    if (!quota.limit || !quota.period)
        throw BadRequestException("Usage Plan quota limit and period must be specified");  // Unverified: the words.
    const auto& period = *quota.period;
    if (period != "DAY" && period != "WEEK" && period != "MONTH")
        throw BadRequestException(
            "Usage Plan quota period must be one of: DAY, WEEK, MONTH");  // Unverified: the words.
    const int last = period == "DAY" ? 0 : period == "WEEK" ? 6 : 27;
    if (*quota.offset < 0 || *quota.offset > last)
        throw BadRequestException(fmt::format("Usage Plan quota offset must be between 0 and {} for the {} period",
                                              last, period));  // Unverified: the words.
}

/// Stages of WebSocket APIs belong to plans too; their APIs are not known here.
Task<void> check_stages(store::Transaction& tx, const Call& call, UsagePlan plan) {
    for (const auto& stage : *plan.apiStages) {
        if (!co_await find_address(tx, stage.apiId.value_or(""))) continue;
        const auto place = place_of(call, stage.apiId.value_or(""));
        if (!co_await find_item<Stage>(tx, place, stage.stage.value_or("")))
            throw NotFoundException("API Stage not found: " + fmt::format("{}:{}", *stage.apiId, *stage.stage));
    }
}

int64_t read_day(const std::string& text) {
    const auto time = parse_iso8601(text + "T00:00:00Z");
    if (!time) throw BadRequestException("Invalid date specified: " + text);  // Unverified: the words.
    return day_of(*time);
}

}  // namespace

Task<UsagePlan> Service::create_usage_plan(Call& call, CreateUsagePlanRequest request) {
    UsagePlan plan;
    plan.id = new_id(call.random(), 6);
    plan.name = request.name;
    plan.description = request.description;
    plan.apiStages = request.apiStages;
    plan.throttle = request.throttle;
    plan.quota = request.quota;
    plan.tags = request.tags;
    settle(plan);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await check_room<UsagePlan>(tx, place_of(call));
        co_await check_stages(tx, call, plan);
        save_item(tx, place_of(call), plan);
    });
    co_return plan;
}

Task<UsagePlan> Service::get_usage_plan(Call& call, GetUsagePlanRequest request) {
    auto plan = co_await store_.transact([&](store::Transaction& tx) -> Task<UsagePlan> {
        return load_item<UsagePlan>(tx, place_of(call), request.usagePlanId);
    });
    if (!plan.tags) plan.tags.emplace();  // as AWS shows a plan that is asked for by its id
    co_return plan;
}

Task<UsagePlans> Service::get_usage_plans(Call& call, GetUsagePlansRequest request) {
    auto plans = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<UsagePlan>> {
        auto all = co_await all_items<UsagePlan>(tx, place_of(call));
        if (request.keyId) {
            const auto ids = co_await plans_of_key(tx, place_of(call), *request.keyId);
            std::erase_if(all, [&](const UsagePlan& plan) { return !contains(ids, *plan.id); });
        }
        co_return all;
    });
    auto page = page_of(std::move(plans), request.limit, request.position);
    co_return UsagePlans{.position = std::move(page.position), .items = std::move(page.items)};
}

Task<UsagePlan> Service::update_usage_plan(Call& call, UpdateUsagePlanRequest request) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<UsagePlan> {
        auto plan = co_await load_item<UsagePlan>(tx, place_of(call), request.usagePlanId);
        for (const auto& patch : request.patchOperations.value_or(std::vector<PatchOperation>())) {
            const auto segments = split_pointer(patch.path.value_or(""));
            if (segments[0] == "apiStages") {
                patch_stages(plan, patch, segments);
            } else {
                plan = patched(plan, "GetUsagePlan", table, std::vector{patch});
            }
        }
        settle(plan);
        if (!plan.tags) plan.tags.emplace();
        co_await check_stages(tx, call, plan);
        save_item(tx, place_of(call), plan);
        co_return plan;
    });
}

Task<DeleteUsagePlanResponse> Service::delete_usage_plan(Call& call, DeleteUsagePlanRequest request) {
    const auto place = place_of(call);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto plan = co_await load_item<UsagePlan>(tx, place, request.usagePlanId);
        if (plan.apiStages && !plan.apiStages->empty()) {
            throw BadRequestException(
                fmt::format("Cannot delete usage plan because it has {} API Stages associated "
                            "with it. Please remove these and try again.",
                            plan.apiStages->size()));  // Unverified: the words.
        }
        const auto of_plan = place_of(call, request.usagePlanId);
        for (const auto& key : co_await all_items<UsagePlanKey>(tx, of_plan)) {
            erase_plan_of_key(tx, place, *key.id, request.usagePlanId);
            erase_item<UsagePlanKey>(tx, of_plan, *key.id);
        }
        erase_usage(tx, place, request.usagePlanId);
        erase_item<UsagePlan>(tx, place, request.usagePlanId);
    });
    co_return DeleteUsagePlanResponse{};
}

Task<UsagePlanKey> Service::create_usage_plan_key(Call& call, CreateUsagePlanKeyRequest request) {
    if (request.keyType != "API_KEY")
        throw BadRequestException("Usage Plan Key type must be API_KEY");  // Unverified: the words.
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<UsagePlanKey> {
        auto key = co_await load_item<ApiKey>(tx, place_of(call), request.keyId);
        co_return co_await add_key_to_plan(tx, place_of(call), request.usagePlanId, std::move(key));
    });
}

Task<UsagePlanKey> Service::get_usage_plan_key(Call& call, GetUsagePlanKeyRequest request) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<UsagePlanKey> {
        co_await load_item<UsagePlan>(tx, place_of(call), request.usagePlanId);
        auto key = co_await find_item<UsagePlanKey>(tx, place_of(call, request.usagePlanId), request.keyId);
        if (!key) throw NotFoundException("Invalid API Key identifier specified");
        co_return std::move(*key);
    });
}

Task<UsagePlanKeys> Service::get_usage_plan_keys(Call& call, GetUsagePlanKeysRequest request) {
    auto keys = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<UsagePlanKey>> {
        co_await load_item<UsagePlan>(tx, place_of(call), request.usagePlanId);
        co_return co_await all_items<UsagePlanKey>(tx, place_of(call, request.usagePlanId));
    });
    if (request.nameQuery)
        std::erase_if(keys,
                      [&](const UsagePlanKey& key) { return !key.name.value_or("").starts_with(*request.nameQuery); });
    auto page = page_of(std::move(keys), request.limit, request.position);
    co_return UsagePlanKeys{.position = std::move(page.position), .items = std::move(page.items)};
}

Task<DeleteUsagePlanKeyResponse> Service::delete_usage_plan_key(Call& call, DeleteUsagePlanKeyRequest request) {
    const auto of_plan = place_of(call, request.usagePlanId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_item<UsagePlan>(tx, place_of(call), request.usagePlanId);
        co_await load_item<UsagePlanKey>(tx, of_plan, request.keyId);
        erase_item<UsagePlanKey>(tx, of_plan, request.keyId);
        erase_plan_of_key(tx, of_plan, request.keyId, request.usagePlanId);
    });
    co_return DeleteUsagePlanKeyResponse{};
}

namespace {

/// For each day, how much was used, and how much was then left of the period's quota.
Task<std::vector<std::vector<int64_t>>> usage_of(store::Transaction& tx, Place place, UsagePlan plan,
                                                 std::string key_id, int64_t first, int64_t last) {
    const auto quota = plan.quota.value_or(QuotaSettings());
    const auto period = quota.period.value_or("DAY");
    const auto offset = quota.offset.value_or(0);
    const auto extra = co_await read_extra_quota(tx, place, *plan.id, key_id);
    const auto begin = period_of(first, period, offset).first;
    std::map<int64_t, int64_t> used;
    for (const auto& [day, requests] : co_await read_usage(tx, place, *plan.id, key_id, begin, last + 1))
        used[day] = requests;
    std::vector<std::vector<int64_t>> days;
    for (auto day = first; day <= last; ++day) {
        int64_t so_far = 0;
        for (auto each = period_of(day, period, offset).first; each <= day; ++each) so_far += used[each];
        const auto left = plan.quota ? std::max<int64_t>(0, quota.limit.value_or(0) + extra - so_far) : 0;
        days.push_back({used[day], left});
    }
    co_return days;
}

}  // namespace

Task<Usage> Service::get_usage(Call& call, GetUsageRequest request) {
    const auto first = read_day(request.startDate);
    const auto last = read_day(request.endDate);
    // Unverified: the words.
    if (first > last || last - first > 92) throw BadRequestException("Invalid date range specified");
    Usage usage;
    usage.usagePlanId = request.usagePlanId;
    usage.startDate = request.startDate;
    usage.endDate = request.endDate;
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<Usage> {
        auto answer = usage;
        const auto plan = co_await load_item<UsagePlan>(tx, place_of(call), request.usagePlanId);
        auto keys = co_await all_items<UsagePlanKey>(tx, place_of(call, request.usagePlanId));
        if (request.keyId) std::erase_if(keys, [&](const UsagePlanKey& key) { return key.id != request.keyId; });
        auto page = page_of(std::move(keys), request.limit, request.position);
        answer.position = std::move(page.position);
        answer.items.emplace();
        for (const auto& key : page.items)
            (*answer.items)[*key.id] = co_await usage_of(tx, place_of(call), plan, *key.id, first, last);
        co_return answer;
    });
}

Task<Usage> Service::update_usage(Call& call, UpdateUsageRequest request) {
    constexpr PatchRule remaining[] = {{"/remaining", "replace", Patched::number}};
    json::object wanted;
    apply_patches(wanted, {remaining, PatchWords::names_path}, request.patchOperations);
    const auto today = day_of(call.now());
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<Usage> {
        const auto plan = co_await load_item<UsagePlan>(tx, place_of(call), request.usagePlanId);
        co_await load_item<UsagePlanKey>(tx, place_of(call, request.usagePlanId), request.keyId);
        if (!plan.quota) throw BadRequestException("Usage Plan has no quota");  // Unverified: the words.
        if (const auto* left = wanted.if_contains("remaining")) {
            const auto before = co_await usage_of(tx, place_of(call), plan, request.keyId, today, today);
            const auto extra = co_await read_extra_quota(tx, place_of(call), request.usagePlanId, request.keyId);
            save_extra_quota(tx, place_of(call), request.usagePlanId, request.keyId,
                             extra + left->to_number<int64_t>() - before.front()[1]);
        }
        Usage usage;
        usage.usagePlanId = request.usagePlanId;
        usage.startDate = usage.endDate = format_iso8601(Time(std::chrono::days(today))).substr(0, 10);
        usage.items.emplace();
        (*usage.items)[request.keyId] = co_await usage_of(tx, place_of(call), plan, request.keyId, today, today);
        co_return usage;
    });
}

}  // namespace cumulet::apigateway
