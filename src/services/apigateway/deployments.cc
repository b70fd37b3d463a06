// CreateDeployment, GetDeployment, GetDeployments, UpdateDeployment, DeleteDeployment.
// https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDeployment.html

#include "services/apigateway/patch.h"
#include "services/apigateway/rest_api.h"
#include "services/apigateway/service.h"
#include "services/apigateway/stage.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

constexpr PatchRule rules[] = {{"/description", "replace"}};
constexpr PatchTable table{rules};

using Summary = std::map<std::string, std::map<std::string, MethodSnapshot>>;

Summary summary_of(const Definition& definition) {
    Summary summary;
    for (const auto& resource : definition.resources) {
        for (const auto& [name, method] : resource.resourceMethods.value_or(std::map<std::string, Method>()))
            summary[*resource.path][name] = {method.authorizationType, method.apiKeyRequired};
    }
    return summary;
}

/// The VPC links that integrations go through are there. Links that stage variables name are not known here.
Task<void> check_links(store::Transaction& tx, Place place, Definition definition) {
    place.owner = "";
    for (const auto& resource : definition.resources) {
        for (const auto& [name, method] : resource.resourceMethods.value_or(std::map<std::string, Method>())) {
            const auto& integration = method.methodIntegration;
            if (!integration || integration->connectionType != "VPC_LINK") continue;
            const auto id = integration->connectionId.value_or("");
            if (id.contains("${stageVariables.") || co_await find_item<VpcLink>(tx, place, id)) continue;
            // Unverified: the words.
            throw BadRequestException(fmt::format("Invalid VPC link identifier specified: {}", id));
        }
    }
}

/// Makes the stage serve the deployment; makes the stage where there is none.
Task<void> deploy_to(store::Transaction& tx, Place place, CreateDeploymentRequest request, std::string deployment_id,
                     Time now) {
    auto stage = co_await find_item<Stage>(tx, place, *request.stageName);
    if (!stage && request.canarySettings) {
        throw BadRequestException(
            fmt::format("Invalid deployment content specified.Stage {} must already be created "
                        "before making a canary release deployment",
                        *request.stageName));
    }
    if (!stage) {
        co_await check_room<Stage>(tx, place);
        stage = new_stage(*request.stageName, deployment_id, now);
        stage->cacheClusterEnabled = request.cacheClusterEnabled.value_or(false);
        stage->cacheClusterSize = request.cacheClusterSize;
        stage->tracingEnabled = request.tracingEnabled.value_or(false);
    }
    if (request.canarySettings) {
        auto& canary = stage->canarySettings ? *stage->canarySettings : stage->canarySettings.emplace();
        canary.deploymentId = deployment_id;
        canary.percentTraffic = request.canarySettings->percentTraffic.value_or(0);
        canary.stageVariableOverrides = request.canarySettings->stageVariableOverrides;
        canary.useStageCache = request.canarySettings->useStageCache.value_or(false);
    } else if (stage->canarySettings) {
        // A deployment to a stage with a canary goes to the canary alone.
        stage->canarySettings->deploymentId = deployment_id;
    } else {
        stage->deploymentId = deployment_id;
    }
    if (request.stageDescription) stage->description = request.stageDescription;
    for (const auto& [name, value] : request.variables.value_or(std::map<std::string, std::string>())) {
        if (!stage->variables) stage->variables.emplace();
        (*stage->variables)[name] = value;
    }
    if (request.cacheClusterEnabled) stage->cacheClusterEnabled = request.cacheClusterEnabled;
    if (request.cacheClusterSize) stage->cacheClusterSize = request.cacheClusterSize;
    if (request.tracingEnabled) stage->tracingEnabled = request.tracingEnabled;
    stage->lastUpdatedDate = now;
    settle_stage(*stage);
    save_item(tx, place, *stage);
}

}  // namespace

Task<Deployment> Service::create_deployment(Call& call, CreateDeploymentRequest request) {
    Deployment deployment;
    deployment.id = new_id(call.random(), 6);
    deployment.createdDate = call.now();
    deployment.description = request.description;
    const auto version = call.random().next();
    if (request.canarySettings && request.stageName.value_or("").empty()) {
        throw BadRequestException(
            fmt::format("Invalid deployment content specified.Non null and non empty stageName must be provided for "
                        "canary deployment. Provided value is {}",
                        request.stageName.value_or("null")));
    }
    if (request.stageName) check_stage_name(*request.stageName);

    const auto place = place_of(call, request.restApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await check_room<Deployment>(tx, place);
        const auto definition = co_await read_definition(tx, place, "");
        check_deployable(definition);
        co_await check_links(tx, place, definition);
        co_await save_deployed(tx, place, *deployment.id);
        save_item(tx, place, deployment);
        if (request.stageName) co_await deploy_to(tx, place, request, *deployment.id, call.now());
        save_address(tx, place, version);
    });
    co_return deployment;
}

Task<Deployment> Service::get_deployment(Call& call, GetDeploymentRequest request) {
    const auto place = place_of(call, request.restApiId);
    const bool summary = request.embed && contains(*request.embed, "apisummary");
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<Deployment> {
        auto deployment = co_await load_item<Deployment>(tx, place, request.deploymentId);
        if (summary) deployment.apiSummary = summary_of(co_await read_definition(tx, place, request.deploymentId));
        co_return deployment;
    });
}

Task<Deployments> Service::get_deployments(Call& call, GetDeploymentsRequest request) {
    auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<Page<Deployment>> {
        co_await load_api(tx, place_of(call, request.restApiId));
        co_return co_await list_items<Deployment>(tx, place_of(call, request.restApiId), request.limit,
                                                  request.position);
    });
    co_return Deployments{.position = std::move(page.position), .items = std::move(page.items)};
}

Task<Deployment> Service::update_deployment(Call& call, UpdateDeploymentRequest request) {
    const auto place = place_of(call, request.restApiId);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<Deployment> {
        const auto before = co_await load_item<Deployment>(tx, place, request.deploymentId);
        auto deployment = patched(before, "GetDeployment", table, request.patchOperations);
        save_item(tx, place, deployment);
        co_return deployment;
    });
}

Task<DeleteDeploymentResponse> Service::delete_deployment(Call& call, DeleteDeploymentRequest request) {
    const auto place = place_of(call, request.restApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_item<Deployment>(tx, place, request.deploymentId);
        for (const auto& stage : co_await all_items<Stage>(tx, place)) {
            const bool canary = stage.canarySettings && stage.canarySettings->deploymentId == request.deploymentId;
            if (stage.deploymentId == request.deploymentId || canary)
                throw BadRequestException("Active stages pointing to this deployment must be moved or deleted");
        }
        erase_item<Deployment>(tx, place, request.deploymentId);
        erase_deployed(tx, place, request.deploymentId);
    });
    co_return DeleteDeploymentResponse{};
}

}  // namespace cumulet::apigateway
