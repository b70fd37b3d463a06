// CreateStage, GetStage, GetStages, UpdateStage, DeleteStage, FlushStageCache, FlushStageAuthorizersCache.
// https://docs.aws.amazon.com/apigateway/latest/api/API_CreateStage.html

#include "services/apigateway/rest_api.h"
#include "services/apigateway/service.h"
#include "services/apigateway/stage.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

Task<void> check_deployments(store::Transaction& tx, Place place, Stage stage) {
    std::vector<std::string> ids{*stage.deploymentId};
    if (stage.canarySettings) ids.push_back(stage.canarySettings->deploymentId.value_or(""));
    for (const auto& id : ids) {
        if (!co_await find_item<Deployment>(tx, place, id)) throw BadRequestException("Deployment id does not exist");
    }
}

/// Throws BadRequestException where a stage writes execution logs and the account has no role to write them with.
Task<void> check_log_role(store::Transaction& tx, Place place, Stage stage) {
    const bool logs = std::ranges::any_of(*stage.methodSettings, [](const auto& setting) {
        return setting.second.loggingLevel.value_or("OFF") != "OFF";
    });
    if (!logs) co_return;
    const auto account = co_await find_account(tx, place);
    if (!account.cloudwatchRoleArn)
        throw BadRequestException("CloudWatch Logs role ARN must be set in account settings to enable logging");
}

}  // namespace

Task<Stage> Service::create_stage(Call& call, CreateStageRequest request) {
    check_stage_name(request.stageName);
    auto stage = new_stage(request.stageName, request.deploymentId, call.now());
    stage.description = request.description;
    stage.cacheClusterEnabled = request.cacheClusterEnabled.value_or(false);
    stage.cacheClusterSize = request.cacheClusterSize;
    stage.variables = request.variables;
    stage.documentationVersion = request.documentationVersion;
    stage.canarySettings = request.canarySettings;
    stage.tracingEnabled = request.tracingEnabled.value_or(false);
    stage.tags = request.tags;
    settle_stage(stage);
    const auto version = call.random().next();

    const auto place = place_of(call, request.restApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_api(tx, place);
        if (co_await find_item<Stage>(tx, place, request.stageName)) throw ConflictException("Stage already exists");
        co_await check_room<Stage>(tx, place);
        co_await check_deployments(tx, place, stage);
        save_item(tx, place, stage);
        save_address(tx, place, version);
    });
    co_return stage;
}

Task<Stage> Service::get_stage(Call& call, GetStageRequest request) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<Stage> {
        return load_item<Stage>(tx, place_of(call, request.restApiId), request.stageName);
    });
}

Task<Stages> Service::get_stages(Call& call, GetStagesRequest request) {
    const auto place = place_of(call, request.restApiId);
    auto stages = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<Stage>> {
        co_await load_api(tx, place);
        co_return co_await all_items<Stage>(tx, place);
    });
    if (request.deploymentId)
        std::erase_if(stages, [&](const Stage& stage) { return stage.deploymentId != request.deploymentId; });
    co_return Stages{.item = std::move(stages)};
}

Task<Stage> Service::update_stage(Call& call, UpdateStageRequest request) {
    const auto place = place_of(call, request.restApiId);
    const auto version = call.random().next();
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<Stage> {
        const auto before = co_await load_item<Stage>(tx, place, request.stageName);
        auto stage = patched_stage(before, request.patchOperations);
        stage.lastUpdatedDate = call.now();
        co_await check_deployments(tx, place, stage);
        co_await certificate_and_key(tx, place, stage.clientCertificateId);
        co_await check_log_role(tx, place, stage);
        save_item(tx, place, stage);
        save_address(tx, place, version);
        co_return stage;
    });
}

Task<DeleteStageResponse> Service::delete_stage(Call& call, DeleteStageRequest request) {
    const auto place = place_of(call, request.restApiId);
    const auto version = call.random().next();
    co_await check_unmapped(call, request.restApiId, request.stageName);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_item<Stage>(tx, place, request.stageName);
        erase_item<Stage>(tx, place, request.stageName);
        save_address(tx, place, version);
    });
    co_return DeleteStageResponse{};
}

// What is cached belongs to a version of the API: another version has nothing cached.

Task<FlushStageCacheResponse> Service::flush_stage_cache(Call& call, FlushStageCacheRequest request) {
    co_await touch_stage(call, request.restApiId, request.stageName);
    co_return FlushStageCacheResponse{};
}

Task<FlushStageAuthorizersCacheResponse> Service::flush_stage_authorizers_cache(
    Call& call, FlushStageAuthorizersCacheRequest request) {
    co_await touch_stage(call, request.restApiId, request.stageName);
    co_return FlushStageAuthorizersCacheResponse{};
}

Task<void> Service::touch_stage(Call& call, std::string api_id, std::string stage_name) {
    const auto place = place_of(call, std::move(api_id));
    const auto version = call.random().next();
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_item<Stage>(tx, place, stage_name);
        save_address(tx, place, version);
    });
}

}  // namespace cumulet::apigateway
