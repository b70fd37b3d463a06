// API Gateway's HTTP APIs: routes by which HTTP requests reach functions, endpoints and queues, and who may take them.
// Requests themselves come to Surface.
#pragma once

#include "contracts/apigatewayv2.h"
#include "contracts/resource.h"
#include "services/apigatewayv2/storage.h"

namespace cumulet::apigatewayv2 {

class Service final : public aws::apigatewayv2::Api {
  public:
    explicit Service(store::Store& store) : store_(store) {}

    // apis.cc
    Task<aws::apigatewayv2::CreateApiResponse> create_api(Call& call,
                                                          aws::apigatewayv2::CreateApiRequest request) override;
    Task<aws::apigatewayv2::GetApiResponse> get_api(Call& call, aws::apigatewayv2::GetApiRequest request) override;
    Task<aws::apigatewayv2::GetApisResponse> get_apis(Call& call, aws::apigatewayv2::GetApisRequest request) override;
    Task<aws::apigatewayv2::UpdateApiResponse> update_api(Call& call,
                                                          aws::apigatewayv2::UpdateApiRequest request) override;
    Task<aws::apigatewayv2::DeleteApiResponse> delete_api(Call& call,
                                                          aws::apigatewayv2::DeleteApiRequest request) override;
    Task<aws::apigatewayv2::DeleteCorsConfigurationResponse> delete_cors_configuration(
        Call& call, aws::apigatewayv2::DeleteCorsConfigurationRequest request) override;

    // imports.cc
    Task<aws::apigatewayv2::ImportApiResponse> import_api(Call& call,
                                                          aws::apigatewayv2::ImportApiRequest request) override;
    Task<aws::apigatewayv2::ReimportApiResponse> reimport_api(Call& call,
                                                              aws::apigatewayv2::ReimportApiRequest request) override;

    // routes.cc
    Task<aws::apigatewayv2::CreateRouteResult> create_route(Call& call,
                                                            aws::apigatewayv2::CreateRouteRequest request) override;
    Task<aws::apigatewayv2::GetRouteResult> get_route(Call& call, aws::apigatewayv2::GetRouteRequest request) override;
    Task<aws::apigatewayv2::GetRoutesResponse> get_routes(Call& call,
                                                          aws::apigatewayv2::GetRoutesRequest request) override;
    Task<aws::apigatewayv2::UpdateRouteResult> update_route(Call& call,
                                                            aws::apigatewayv2::UpdateRouteRequest request) override;
    Task<aws::apigatewayv2::DeleteRouteResponse> delete_route(Call& call,
                                                              aws::apigatewayv2::DeleteRouteRequest request) override;

    // integrations.cc
    Task<aws::apigatewayv2::CreateIntegrationResult> create_integration(
        Call& call, aws::apigatewayv2::CreateIntegrationRequest request) override;
    Task<aws::apigatewayv2::GetIntegrationResult> get_integration(
        Call& call, aws::apigatewayv2::GetIntegrationRequest request) override;
    Task<aws::apigatewayv2::GetIntegrationsResponse> get_integrations(
        Call& call, aws::apigatewayv2::GetIntegrationsRequest request) override;
    Task<aws::apigatewayv2::UpdateIntegrationResult> update_integration(
        Call& call, aws::apigatewayv2::UpdateIntegrationRequest request) override;
    Task<aws::apigatewayv2::DeleteIntegrationResponse> delete_integration(
        Call& call, aws::apigatewayv2::DeleteIntegrationRequest request) override;

    // authorizers.cc
    Task<aws::apigatewayv2::CreateAuthorizerResponse> create_authorizer(
        Call& call, aws::apigatewayv2::CreateAuthorizerRequest request) override;
    Task<aws::apigatewayv2::GetAuthorizerResponse> get_authorizer(
        Call& call, aws::apigatewayv2::GetAuthorizerRequest request) override;
    Task<aws::apigatewayv2::GetAuthorizersResponse> get_authorizers(
        Call& call, aws::apigatewayv2::GetAuthorizersRequest request) override;
    Task<aws::apigatewayv2::UpdateAuthorizerResponse> update_authorizer(
        Call& call, aws::apigatewayv2::UpdateAuthorizerRequest request) override;
    Task<aws::apigatewayv2::DeleteAuthorizerResponse> delete_authorizer(
        Call& call, aws::apigatewayv2::DeleteAuthorizerRequest request) override;
    Task<aws::apigatewayv2::ResetAuthorizersCacheResponse> reset_authorizers_cache(
        Call& call, aws::apigatewayv2::ResetAuthorizersCacheRequest request) override;

    // websocket/responses.cc
    Task<aws::apigatewayv2::CreateRouteResponseResponse> create_route_response(
        Call& call, aws::apigatewayv2::CreateRouteResponseRequest request) override;
    Task<aws::apigatewayv2::CreateIntegrationResponseResponse> create_integration_response(
        Call& call, aws::apigatewayv2::CreateIntegrationResponseRequest request) override;
    Task<aws::apigatewayv2::GetRouteResponseResponse> get_route_response(
        Call& call, aws::apigatewayv2::GetRouteResponseRequest request) override;
    Task<aws::apigatewayv2::GetIntegrationResponseResponse> get_integration_response(
        Call& call, aws::apigatewayv2::GetIntegrationResponseRequest request) override;
    Task<aws::apigatewayv2::GetRouteResponsesResponse> get_route_responses(
        Call& call, aws::apigatewayv2::GetRouteResponsesRequest request) override;
    Task<aws::apigatewayv2::GetIntegrationResponsesResponse> get_integration_responses(
        Call& call, aws::apigatewayv2::GetIntegrationResponsesRequest request) override;
    Task<aws::apigatewayv2::UpdateRouteResponseResponse> update_route_response(
        Call& call, aws::apigatewayv2::UpdateRouteResponseRequest request) override;
    Task<aws::apigatewayv2::UpdateIntegrationResponseResponse> update_integration_response(
        Call& call, aws::apigatewayv2::UpdateIntegrationResponseRequest request) override;
    Task<aws::apigatewayv2::DeleteRouteResponseResponse> delete_route_response(
        Call& call, aws::apigatewayv2::DeleteRouteResponseRequest request) override;
    Task<aws::apigatewayv2::DeleteIntegrationResponseResponse> delete_integration_response(
        Call& call, aws::apigatewayv2::DeleteIntegrationResponseRequest request) override;
    Task<aws::apigatewayv2::DeleteRouteRequestParameterResponse> delete_route_request_parameter(
        Call& call, aws::apigatewayv2::DeleteRouteRequestParameterRequest request) override;

    // stages.cc
    Task<aws::apigatewayv2::CreateStageResponse> create_stage(Call& call,
                                                              aws::apigatewayv2::CreateStageRequest request) override;
    Task<aws::apigatewayv2::GetStageResponse> get_stage(Call& call,
                                                        aws::apigatewayv2::GetStageRequest request) override;
    Task<aws::apigatewayv2::GetStagesResponse> get_stages(Call& call,
                                                          aws::apigatewayv2::GetStagesRequest request) override;
    Task<aws::apigatewayv2::UpdateStageResponse> update_stage(Call& call,
                                                              aws::apigatewayv2::UpdateStageRequest request) override;
    Task<aws::apigatewayv2::DeleteStageResponse> delete_stage(Call& call,
                                                              aws::apigatewayv2::DeleteStageRequest request) override;

    Task<aws::apigatewayv2::DeleteAccessLogSettingsResponse> delete_access_log_settings(
        Call& call, aws::apigatewayv2::DeleteAccessLogSettingsRequest request) override;
    Task<aws::apigatewayv2::DeleteRouteSettingsResponse> delete_route_settings(
        Call& call, aws::apigatewayv2::DeleteRouteSettingsRequest request) override;

    // deployments.cc
    Task<aws::apigatewayv2::CreateDeploymentResponse> create_deployment(
        Call& call, aws::apigatewayv2::CreateDeploymentRequest request) override;
    Task<aws::apigatewayv2::GetDeploymentResponse> get_deployment(
        Call& call, aws::apigatewayv2::GetDeploymentRequest request) override;
    Task<aws::apigatewayv2::GetDeploymentsResponse> get_deployments(
        Call& call, aws::apigatewayv2::GetDeploymentsRequest request) override;
    Task<aws::apigatewayv2::UpdateDeploymentResponse> update_deployment(
        Call& call, aws::apigatewayv2::UpdateDeploymentRequest request) override;
    Task<aws::apigatewayv2::DeleteDeploymentResponse> delete_deployment(
        Call& call, aws::apigatewayv2::DeleteDeploymentRequest request) override;

    // tags.cc
    Task<aws::apigatewayv2::TagResourceResponse> tag_resource(Call& call,
                                                              aws::apigatewayv2::TagResourceRequest request) override;
    Task<aws::apigatewayv2::UntagResourceResponse> untag_resource(
        Call& call, aws::apigatewayv2::UntagResourceRequest request) override;
    Task<aws::apigatewayv2::GetTagsResponse> get_tags(Call& call, aws::apigatewayv2::GetTagsRequest request) override;

    // authorization.cc
    std::string resource_of(const Call& call, const contracts::Operation& operation, const void* input) const override;

  private:
    store::Store& store_;
};

/// AWS::ApiGatewayV2::Api, Stage, Route, RouteResponse, Integration, IntegrationResponse, Authorizer and Deployment.
std::vector<std::unique_ptr<contracts::ResourceType>> resource_types(contracts::Door& door);

}  // namespace cumulet::apigatewayv2
