// API Gateway's HTTP APIs: routes by which HTTP requests reach functions, endpoints and queues, and who may take them.
// Requests themselves come to Surface.
#pragma once

#include "contracts/api_domains.h"
#include "contracts/apigatewayv2.h"
#include "contracts/client.h"
#include "contracts/resource.h"
#include "services/apigatewayv2/storage.h"

namespace cumulet::apigatewayv2 {

class Service final : public aws::apigatewayv2::Api {
  public:
    /// Whether an API of another kind has the id.
    using HasApi = Task<bool> (*)(store::Transaction& tx, std::string api_id);

    /// `domains` are the custom domains of all kinds of APIs; `door` leads to REST APIs, whose ids `has_rest_api`
    /// knows.
    Service(store::Store& store, contracts::Door& door, contracts::ApiDomains& domains, HasApi has_rest_api = nullptr)
        : store_(store), door_(door), domains_(domains), has_rest_api_(has_rest_api) {}

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

    // exports.cc
    Task<aws::apigatewayv2::ExportApiResponse> export_api(Call& call,
                                                          aws::apigatewayv2::ExportApiRequest request) override;

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

    // models.cc
    Task<aws::apigatewayv2::CreateModelResponse> create_model(Call& call,
                                                              aws::apigatewayv2::CreateModelRequest request) override;
    Task<aws::apigatewayv2::GetModelResponse> get_model(Call& call,
                                                        aws::apigatewayv2::GetModelRequest request) override;
    Task<aws::apigatewayv2::GetModelsResponse> get_models(Call& call,
                                                          aws::apigatewayv2::GetModelsRequest request) override;
    Task<aws::apigatewayv2::GetModelTemplateResponse> get_model_template(
        Call& call, aws::apigatewayv2::GetModelTemplateRequest request) override;
    Task<aws::apigatewayv2::UpdateModelResponse> update_model(Call& call,
                                                              aws::apigatewayv2::UpdateModelRequest request) override;
    Task<aws::apigatewayv2::DeleteModelResponse> delete_model(Call& call,
                                                              aws::apigatewayv2::DeleteModelRequest request) override;

    // vpc_links.cc
    Task<aws::apigatewayv2::CreateVpcLinkResponse> create_vpc_link(
        Call& call, aws::apigatewayv2::CreateVpcLinkRequest request) override;
    Task<aws::apigatewayv2::GetVpcLinkResponse> get_vpc_link(Call& call,
                                                             aws::apigatewayv2::GetVpcLinkRequest request) override;
    Task<aws::apigatewayv2::GetVpcLinksResponse> get_vpc_links(Call& call,
                                                               aws::apigatewayv2::GetVpcLinksRequest request) override;
    Task<aws::apigatewayv2::UpdateVpcLinkResponse> update_vpc_link(
        Call& call, aws::apigatewayv2::UpdateVpcLinkRequest request) override;
    Task<aws::apigatewayv2::DeleteVpcLinkResponse> delete_vpc_link(
        Call& call, aws::apigatewayv2::DeleteVpcLinkRequest request) override;

    // domains/domain_names.cc
    Task<aws::apigatewayv2::CreateDomainNameResponse> create_domain_name(
        Call& call, aws::apigatewayv2::CreateDomainNameRequest request) override;
    Task<aws::apigatewayv2::GetDomainNameResponse> get_domain_name(
        Call& call, aws::apigatewayv2::GetDomainNameRequest request) override;
    Task<aws::apigatewayv2::GetDomainNamesResponse> get_domain_names(
        Call& call, aws::apigatewayv2::GetDomainNamesRequest request) override;
    Task<aws::apigatewayv2::UpdateDomainNameResponse> update_domain_name(
        Call& call, aws::apigatewayv2::UpdateDomainNameRequest request) override;
    Task<aws::apigatewayv2::DeleteDomainNameResponse> delete_domain_name(
        Call& call, aws::apigatewayv2::DeleteDomainNameRequest request) override;

    // domains/api_mappings.cc
    Task<aws::apigatewayv2::CreateApiMappingResponse> create_api_mapping(
        Call& call, aws::apigatewayv2::CreateApiMappingRequest request) override;
    Task<aws::apigatewayv2::GetApiMappingResponse> get_api_mapping(
        Call& call, aws::apigatewayv2::GetApiMappingRequest request) override;
    Task<aws::apigatewayv2::GetApiMappingsResponse> get_api_mappings(
        Call& call, aws::apigatewayv2::GetApiMappingsRequest request) override;
    Task<aws::apigatewayv2::UpdateApiMappingResponse> update_api_mapping(
        Call& call, aws::apigatewayv2::UpdateApiMappingRequest request) override;
    Task<aws::apigatewayv2::DeleteApiMappingResponse> delete_api_mapping(
        Call& call, aws::apigatewayv2::DeleteApiMappingRequest request) override;

    // domains/routing_rules.cc
    Task<aws::apigatewayv2::CreateRoutingRuleResponse> create_routing_rule(
        Call& call, aws::apigatewayv2::CreateRoutingRuleRequest request) override;
    Task<aws::apigatewayv2::GetRoutingRuleResponse> get_routing_rule(
        Call& call, aws::apigatewayv2::GetRoutingRuleRequest request) override;
    Task<aws::apigatewayv2::ListRoutingRulesResponse> list_routing_rules(
        Call& call, aws::apigatewayv2::ListRoutingRulesRequest request) override;
    Task<aws::apigatewayv2::PutRoutingRuleResponse> put_routing_rule(
        Call& call, aws::apigatewayv2::PutRoutingRuleRequest request) override;
    Task<aws::apigatewayv2::DeleteRoutingRuleResponse> delete_routing_rule(
        Call& call, aws::apigatewayv2::DeleteRoutingRuleRequest request) override;

    // tags.cc
    Task<aws::apigatewayv2::TagResourceResponse> tag_resource(Call& call,
                                                              aws::apigatewayv2::TagResourceRequest request) override;
    Task<aws::apigatewayv2::UntagResourceResponse> untag_resource(
        Call& call, aws::apigatewayv2::UntagResourceRequest request) override;
    Task<aws::apigatewayv2::GetTagsResponse> get_tags(Call& call, aws::apigatewayv2::GetTagsRequest request) override;

    // authorization.cc
    std::string resource_of(const Call& call, const contracts::Operation& operation, const void* input) const override;

  private:
    // tags.cc
    /// The tags of what the ARN names, changed if `change` is given.
    Task<std::map<std::string, std::string>> change_tags_of(
        Call& call, std::string arn, std::function<void(std::map<std::string, std::string>&)> change);

    // domains/domain_names.cc
    /// Throws NotFoundException, as does edit_domain.
    Task<contracts::ApiDomain> load_domain(Call& call, std::string name);
    Task<contracts::ApiDomain> edit_domain(Call& call, std::string name, contracts::ApiDomains::Change change);

    // domains/api_mappings.cc
    /// Throws BadRequestException unless there is that stage, of an API of any kind. True if its API is a WebSocket
    /// API.
    Task<bool> check_stage_exists(Call& call, std::string api_id, std::string stage);
    Task<void> check_rest_stage(Call& call, std::string api_id, std::string stage);
    /// The same, and unless the domain may lead there.
    Task<void> check_target(Call& call, std::string domain_name, std::string api_id, std::string stage);

    // domains/routing_rules.cc
    Task<void> save_rule(Call& call, std::string domain_name, std::optional<std::string> domain_name_id,
                         aws::apigatewayv2::RoutingRule rule, bool fresh);

    // apis.cc
    /// Throws ConflictException if there is an API of that id, of whatever kind.
    Task<void> check_free(store::Transaction& tx, std::string api_id);
    /// Throws BadRequestException while domains lead to the API, or to its stage where one is given.
    Task<void> check_unmapped(Call& call, std::string api_id, std::optional<std::string> stage);

    store::Store& store_;
    contracts::Door& door_;
    contracts::ApiDomains& domains_;
    HasApi has_rest_api_;
};

/// What CloudFormation may create here.
std::vector<std::unique_ptr<contracts::ResourceType>> resource_types(contracts::Door& door);

}  // namespace cumulet::apigatewayv2
