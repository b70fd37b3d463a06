// Usage plans as requests meet them: which plan counts, and what of its quota is left.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
#pragma once

#include "services/apigateway/storage.h"

namespace cumulet::apigateway {

/// Throws NotFoundException for a plan that is none, ConflictException for a key that the plan has already.
Task<UsagePlanKey> add_key_to_plan(store::Transaction& tx, Place place, std::string plan_id, ApiKey key);

/// The days since 1970 at which the quota's period of `day` begins and the next one does.
struct Period {
    int64_t first = 0;
    int64_t end = 0;
};
/// `offset`: days after the beginning of the week (Sunday) or month at which it begins.
Period period_of(int64_t day, std::string_view period, int32_t offset);
int64_t day_of(Time time);

/// What a plan says about a stage.
struct StagePlan {
    UsagePlan plan;
    std::optional<aws::apigateway::ThrottleSettings> throttle;  ///< of the method where the plan has one, else its own
};
/// The plan by which a key may call a method of a stage; nothing if none lets it.
Task<std::optional<StagePlan>> find_stage_plan(store::Transaction& tx, Place place, std::string key_id,
                                               std::string api_id, std::string stage, std::string method);
/// Counts one request. False if the plan's quota is used up.
Task<bool> use_quota(store::Transaction& tx, Place place, UsagePlan plan, std::string key_id, Time now);

}  // namespace cumulet::apigateway
