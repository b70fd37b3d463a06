// CreateDeployment, GetDeployment, GetDeployments, UpdateDeployment, DeleteDeployment.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-deployments.html

#include "services/apigatewayv2/answers.h"
#include "services/apigatewayv2/service.h"
#include "services/apigatewayv2/websocket/web_socket_api.h"

namespace cumulet::apigatewayv2 {

using namespace aws::apigatewayv2;

namespace {

/// Makes the stage serve the deployment.
Task<void> deploy_to(store::Transaction& tx, Place place, std::string stage_name, std::string deployment_id, Time now) {
    auto stage = co_await load_item<Stage>(tx, place, stage_name);
    if (stage.AutoDeploy.value_or(false)) {
        // Unverified: the words.
        throw BadRequestException("Deployments are not allowed for a stage that has autoDeploy enabled");
    }
    stage.DeploymentId = deployment_id;
    stage.LastUpdatedDate = now;
    save_item(tx, place, stage);
}

}  // namespace

Task<CreateDeploymentResponse> Service::create_deployment(Call& call, CreateDeploymentRequest request) {
    Deployment deployment;
    deployment.AutoDeployed = false;
    deployment.CreatedDate = call.now();
    deployment.DeploymentId = new_id(call.random(), 6);
    deployment.DeploymentStatus = "DEPLOYED";
    deployment.Description = request.Description;
    const auto version = call.random().next();

    const auto place = place_of(call, request.ApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto api = co_await load_api(tx, place);
        co_await check_room<Deployment>(tx, place);
        const auto definition = co_await live_definition(tx, place);
        // Unverified: the words.
        if (definition.routes.empty())
            throw BadRequestException("At least one route is required before deploying the Api");
        if (is_web_socket(api) && !api.DisableSchemaValidation.value_or(false)) check_schemas(definition);
        save_snapshot(tx, place, *deployment.DeploymentId, definition);
        save_item(tx, place, deployment);
        if (request.StageName) co_await deploy_to(tx, place, *request.StageName, *deployment.DeploymentId, call.now());
        save_address(tx, place, version);
    });
    co_return answer_of<CreateDeploymentResponse>(deployment);
}

Task<GetDeploymentResponse> Service::get_deployment(Call& call, GetDeploymentRequest request) {
    const auto deployment = co_await store_.transact([&](store::Transaction& tx) -> Task<Deployment> {
        return load_item<Deployment>(tx, place_of(call, request.ApiId), request.DeploymentId);
    });
    co_return answer_of<GetDeploymentResponse>(deployment);
}

Task<GetDeploymentsResponse> Service::get_deployments(Call& call, GetDeploymentsRequest request) {
    auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<Page<Deployment>> {
        return list_items<Deployment>(tx, place_of(call, request.ApiId), request.MaxResults, request.NextToken);
    });
    co_return GetDeploymentsResponse{.Items = std::move(page.items), .NextToken = std::move(page.next_token)};
}

Task<UpdateDeploymentResponse> Service::update_deployment(Call& call, UpdateDeploymentRequest request) {
    const auto place = place_of(call, request.ApiId);
    const auto updated = co_await store_.transact([&](store::Transaction& tx) -> Task<Deployment> {
        auto deployment = co_await load_item<Deployment>(tx, place, request.DeploymentId);
        take(deployment.Description, request.Description);
        save_item(tx, place, deployment);
        co_return deployment;
    });
    co_return answer_of<UpdateDeploymentResponse>(updated);
}

Task<DeleteDeploymentResponse> Service::delete_deployment(Call& call, DeleteDeploymentRequest request) {
    const auto place = place_of(call, request.ApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_item<Deployment>(tx, place, request.DeploymentId);
        for (const auto& stage : co_await all_items<Stage>(tx, place)) {
            if (stage.DeploymentId == request.DeploymentId) {
                // Unverified: the words.
                throw BadRequestException("Active stages pointing to this deployment must be moved or deleted");
            }
        }
        erase_item<Deployment>(tx, place, request.DeploymentId);
        erase_snapshot(tx, place, request.DeploymentId);
    });
    co_return DeleteDeploymentResponse{};
}

}  // namespace cumulet::apigatewayv2
