// CreateStage, GetStage, GetStages, UpdateStage, DeleteStage, DeleteAccessLogSettings, DeleteRouteSettings.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages.html

#include "contracts/apigateway.h"
#include "services/apigatewayv2/answers.h"
#include "services/apigatewayv2/service.h"
#include "services/apigatewayv2/websocket/web_socket_api.h"

namespace cumulet::apigatewayv2 {

using namespace aws::apigatewayv2;

namespace {

template <typename Request>
void take_over(Stage& stage, const Request& request) {
    if (request.AccessLogSettings) stage.AccessLogSettings = request.AccessLogSettings;
    if (request.AutoDeploy) stage.AutoDeploy = request.AutoDeploy;
    if (request.ClientCertificateId) stage.ClientCertificateId = request.ClientCertificateId;
    if (request.DefaultRouteSettings) stage.DefaultRouteSettings = request.DefaultRouteSettings;
    if (request.DeploymentId) stage.DeploymentId = request.DeploymentId;
    if (request.Description) stage.Description = request.Description;
    if (request.RouteSettings) stage.RouteSettings = request.RouteSettings;
    if (request.StageVariables) stage.StageVariables = request.StageVariables;
}

bool logs_execution(const Stage& stage) {
    const auto logs = [](const RouteSettings& settings) { return settings.LoggingLevel.value_or("OFF") != "OFF"; };
    if (stage.DefaultRouteSettings && logs(*stage.DefaultRouteSettings)) return true;
    return stage.RouteSettings &&
           std::ranges::any_of(*stage.RouteSettings, [&](const auto& each) { return logs(each.second); });
}

void check_for(const HttpApi& api, const Stage& stage, bool may_log) {
    if (!is_web_socket(api)) {
        // Unverified: the words.
        if (logs_execution(stage)) throw BadRequestException("Execution logs are not supported on protocol type HTTP");
        return check_stage(stage);
    }
    check_web_socket_stage(stage);
    if (!may_log && logs_execution(stage))
        throw BadRequestException("CloudWatch Logs role ARN must be set in account settings to enable logging");
}

/// Whether the account has a role to write execution logs with. REST APIs' account settings say so; they are asked on
/// the region's behalf, since the caller needs no permission for it.
Task<bool> has_log_role(Call& call, contracts::Door& door) {
    auto asking = service_call(call.reactor(), "apigateway.amazonaws.com", call.account, call.region);
    aws::apigateway::Client gateway(door);
    const auto account = co_await gateway.get_account(asking, {});
    co_return !account.cloudwatchRoleArn.value_or("").empty();
}

Task<void> check_deployment(store::Transaction& tx, Place place, std::optional<std::string> id) {
    if (!id || co_await find_item<Deployment>(tx, place, *id)) co_return;
    // Unverified: the words.
    throw BadRequestException(fmt::format("Invalid deployment identifier specified {}", *id));
}

}  // namespace

Task<CreateStageResponse> Service::create_stage(Call& call, CreateStageRequest request) {
    Stage stage;
    stage.StageName = request.StageName;
    stage.AutoDeploy = false;
    stage.CreatedDate = stage.LastUpdatedDate = call.now();
    stage.Tags = request.Tags.value_or(std::map<std::string, std::string>());
    stage.StageVariables.emplace();
    take_over(stage, request);
    const auto version = call.random().next();
    const bool may_log = !logs_execution(stage) || co_await has_log_role(call, door_);

    const auto place = place_of(call, request.ApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        check_for(co_await load_api(tx, place), stage, may_log);
        if (co_await find_item<Stage>(tx, place, stage.StageName)) throw ConflictException("Stage already exists");
        co_await check_room<Stage>(tx, place);
        co_await check_deployment(tx, place, stage.DeploymentId);
        save_item(tx, place, stage);
        save_address(tx, place, version);
    });
    co_return answer_of<CreateStageResponse>(stage);
}

Task<GetStageResponse> Service::get_stage(Call& call, GetStageRequest request) {
    const auto stage = co_await store_.transact([&](store::Transaction& tx) -> Task<Stage> {
        return load_item<Stage>(tx, place_of(call, request.ApiId), request.StageName);
    });
    co_return answer_of<GetStageResponse>(stage);
}

Task<GetStagesResponse> Service::get_stages(Call& call, GetStagesRequest request) {
    auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<Page<Stage>> {
        return list_items<Stage>(tx, place_of(call, request.ApiId), request.MaxResults, request.NextToken);
    });
    co_return GetStagesResponse{.Items = std::move(page.items), .NextToken = std::move(page.next_token)};
}

Task<UpdateStageResponse> Service::update_stage(Call& call, UpdateStageRequest request) {
    const auto place = place_of(call, request.ApiId);
    const auto version = call.random().next();
    const auto frozen_id = new_id(call.random(), 6);
    Stage wanted;
    take_over(wanted, request);
    const bool may_log = !logs_execution(wanted) || co_await has_log_role(call, door_);
    const auto updated = co_await store_.transact([&](store::Transaction& tx) -> Task<Stage> {
        auto stage = co_await load_item<Stage>(tx, place, request.StageName);
        const bool was_current = stage.AutoDeploy.value_or(false);
        take_over(stage, request);
        stage.LastUpdatedDate = call.now();
        check_for(co_await load_api(tx, place), stage, may_log);
        co_await check_deployment(tx, place, request.DeploymentId);
        if (was_current && !stage.AutoDeploy.value_or(false) && !request.DeploymentId) {
            // It goes on serving what it serves now.
            stage.DeploymentId = frozen_id;
            save_snapshot(tx, place, frozen_id, co_await live_definition(tx, place));
            save_item(tx, place,
                      Deployment{.AutoDeployed = true,
                                 .CreatedDate = call.now(),
                                 .DeploymentId = frozen_id,
                                 .DeploymentStatus = "DEPLOYED"});
        }
        save_item(tx, place, stage);
        save_address(tx, place, version);
        co_return stage;
    });
    co_return answer_of<UpdateStageResponse>(updated);
}

Task<DeleteStageResponse> Service::delete_stage(Call& call, DeleteStageRequest request) {
    const auto place = place_of(call, request.ApiId);
    const auto version = call.random().next();
    co_await check_unmapped(call, request.ApiId, request.StageName);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_item<Stage>(tx, place, request.StageName);
        erase_item<Stage>(tx, place, request.StageName);
        save_address(tx, place, version);
    });
    co_return DeleteStageResponse{};
}

Task<DeleteAccessLogSettingsResponse> Service::delete_access_log_settings(Call& call,
                                                                          DeleteAccessLogSettingsRequest request) {
    const auto place = place_of(call, request.ApiId);
    const auto version = call.random().next();
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto stage = co_await load_item<Stage>(tx, place, request.StageName);
        stage.AccessLogSettings.reset();
        save_item(tx, place, stage);
        save_address(tx, place, version);
    });
    co_return DeleteAccessLogSettingsResponse{};
}

Task<DeleteRouteSettingsResponse> Service::delete_route_settings(Call& call, DeleteRouteSettingsRequest request) {
    const auto place = place_of(call, request.ApiId);
    const auto version = call.random().next();
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto stage = co_await load_item<Stage>(tx, place, request.StageName);
        // Unverified: the words.
        if (!stage.RouteSettings || stage.RouteSettings->erase(request.RouteKey) == 0)
            throw NotFoundException(fmt::format("Invalid Route Key identifier specified {}", request.RouteKey));
        save_item(tx, place, stage);
        save_address(tx, place, version);
    });
    co_return DeleteRouteSettingsResponse{};
}

}  // namespace cumulet::apigatewayv2
