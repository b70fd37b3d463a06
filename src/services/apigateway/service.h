// API Gateway's REST APIs: what they consist of, and who may use them. Requests to them come to Surface.
#pragma once

#include "contracts/api_domains.h"
#include "contracts/apigateway.h"
#include "contracts/resource.h"
#include "services/apigateway/storage.h"

namespace cumulet {
class BlockingPool;
}

namespace cumulet::apigateway {

class Surface;

/// True if there is a REST API of that id, whoever's.
Task<bool> has_api(store::Transaction& tx, std::string api_id);

/// What all kinds of APIs have together. Pointers may be nullptr in tests that have no use for them.
struct Shared {
    contracts::ApiDomains* domains = nullptr;
    /// Whether an API of another kind has the id.
    Task<bool> (*has_other_api)(store::Transaction& tx, std::string api_id) = nullptr;
    BlockingPool* threads = nullptr;  ///< that draw keys; without them that is done in place
};

class Service final : public aws::apigateway::Api {
  public:
    /// `surface` invokes the methods that are to be tested.
    explicit Service(store::Store& store, Surface* surface = nullptr, Shared shared = {})
        : store_(store),
          surface_(surface),
          domains_(shared.domains),
          has_other_api_(shared.has_other_api),
          threads_(shared.threads) {}

    // apis.cc
    Task<aws::apigateway::RestApi> create_rest_api(Call& call, aws::apigateway::CreateRestApiRequest request) override;
    Task<aws::apigateway::RestApi> get_rest_api(Call& call, aws::apigateway::GetRestApiRequest request) override;
    Task<aws::apigateway::RestApis> get_rest_apis(Call& call, aws::apigateway::GetRestApisRequest request) override;
    Task<aws::apigateway::RestApi> update_rest_api(Call& call, aws::apigateway::UpdateRestApiRequest request) override;
    Task<aws::apigateway::DeleteRestApiResponse> delete_rest_api(
        Call& call, aws::apigateway::DeleteRestApiRequest request) override;

    // imports.cc
    Task<aws::apigateway::RestApi> import_rest_api(Call& call, aws::apigateway::ImportRestApiRequest request) override;
    Task<aws::apigateway::RestApi> put_rest_api(Call& call, aws::apigateway::PutRestApiRequest request) override;
    Task<aws::apigateway::DocumentationPartIds> import_documentation_parts(
        Call& call, aws::apigateway::ImportDocumentationPartsRequest request) override;

    // export.cc
    Task<aws::apigateway::ExportResponse> get_export(Call& call, aws::apigateway::GetExportRequest request) override;

    // resource_tree.cc
    Task<aws::apigateway::Resource> create_resource(Call& call,
                                                    aws::apigateway::CreateResourceRequest request) override;
    Task<aws::apigateway::Resource> get_resource(Call& call, aws::apigateway::GetResourceRequest request) override;
    Task<aws::apigateway::Resources> get_resources(Call& call, aws::apigateway::GetResourcesRequest request) override;
    Task<aws::apigateway::Resource> update_resource(Call& call,
                                                    aws::apigateway::UpdateResourceRequest request) override;
    Task<aws::apigateway::DeleteResourceResponse> delete_resource(
        Call& call, aws::apigateway::DeleteResourceRequest request) override;

    // methods.cc
    Task<aws::apigateway::Method> put_method(Call& call, aws::apigateway::PutMethodRequest request) override;
    Task<aws::apigateway::Method> get_method(Call& call, aws::apigateway::GetMethodRequest request) override;
    Task<aws::apigateway::Method> update_method(Call& call, aws::apigateway::UpdateMethodRequest request) override;
    Task<aws::apigateway::DeleteMethodResponse> delete_method(Call& call,
                                                              aws::apigateway::DeleteMethodRequest request) override;
    Task<aws::apigateway::MethodResponse> put_method_response(
        Call& call, aws::apigateway::PutMethodResponseRequest request) override;
    Task<aws::apigateway::MethodResponse> get_method_response(
        Call& call, aws::apigateway::GetMethodResponseRequest request) override;
    Task<aws::apigateway::MethodResponse> update_method_response(
        Call& call, aws::apigateway::UpdateMethodResponseRequest request) override;
    Task<aws::apigateway::DeleteMethodResponseResponse> delete_method_response(
        Call& call, aws::apigateway::DeleteMethodResponseRequest request) override;

    // integrations.cc
    Task<aws::apigateway::Integration> put_integration(Call& call,
                                                       aws::apigateway::PutIntegrationRequest request) override;
    Task<aws::apigateway::Integration> get_integration(Call& call,
                                                       aws::apigateway::GetIntegrationRequest request) override;
    Task<aws::apigateway::Integration> update_integration(Call& call,
                                                          aws::apigateway::UpdateIntegrationRequest request) override;
    Task<aws::apigateway::DeleteIntegrationResponse> delete_integration(
        Call& call, aws::apigateway::DeleteIntegrationRequest request) override;
    Task<aws::apigateway::IntegrationResponse> put_integration_response(
        Call& call, aws::apigateway::PutIntegrationResponseRequest request) override;
    Task<aws::apigateway::IntegrationResponse> get_integration_response(
        Call& call, aws::apigateway::GetIntegrationResponseRequest request) override;
    Task<aws::apigateway::IntegrationResponse> update_integration_response(
        Call& call, aws::apigateway::UpdateIntegrationResponseRequest request) override;
    Task<aws::apigateway::DeleteIntegrationResponseResponse> delete_integration_response(
        Call& call, aws::apigateway::DeleteIntegrationResponseRequest request) override;

    // deployments.cc
    Task<aws::apigateway::Deployment> create_deployment(Call& call,
                                                        aws::apigateway::CreateDeploymentRequest request) override;
    Task<aws::apigateway::Deployment> get_deployment(Call& call,
                                                     aws::apigateway::GetDeploymentRequest request) override;
    Task<aws::apigateway::Deployments> get_deployments(Call& call,
                                                       aws::apigateway::GetDeploymentsRequest request) override;
    Task<aws::apigateway::Deployment> update_deployment(Call& call,
                                                        aws::apigateway::UpdateDeploymentRequest request) override;
    Task<aws::apigateway::DeleteDeploymentResponse> delete_deployment(
        Call& call, aws::apigateway::DeleteDeploymentRequest request) override;

    // stages.cc
    Task<aws::apigateway::Stage> create_stage(Call& call, aws::apigateway::CreateStageRequest request) override;
    Task<aws::apigateway::Stage> get_stage(Call& call, aws::apigateway::GetStageRequest request) override;
    Task<aws::apigateway::Stages> get_stages(Call& call, aws::apigateway::GetStagesRequest request) override;
    Task<aws::apigateway::Stage> update_stage(Call& call, aws::apigateway::UpdateStageRequest request) override;
    Task<aws::apigateway::DeleteStageResponse> delete_stage(Call& call,
                                                            aws::apigateway::DeleteStageRequest request) override;
    Task<aws::apigateway::FlushStageCacheResponse> flush_stage_cache(
        Call& call, aws::apigateway::FlushStageCacheRequest request) override;
    Task<aws::apigateway::FlushStageAuthorizersCacheResponse> flush_stage_authorizers_cache(
        Call& call, aws::apigateway::FlushStageAuthorizersCacheRequest request) override;

    // models.cc
    Task<aws::apigateway::Model> create_model(Call& call, aws::apigateway::CreateModelRequest request) override;
    Task<aws::apigateway::Model> get_model(Call& call, aws::apigateway::GetModelRequest request) override;
    Task<aws::apigateway::Template> get_model_template(Call& call,
                                                       aws::apigateway::GetModelTemplateRequest request) override;
    Task<aws::apigateway::Models> get_models(Call& call, aws::apigateway::GetModelsRequest request) override;
    Task<aws::apigateway::Model> update_model(Call& call, aws::apigateway::UpdateModelRequest request) override;
    Task<aws::apigateway::DeleteModelResponse> delete_model(Call& call,
                                                            aws::apigateway::DeleteModelRequest request) override;
    Task<aws::apigateway::RequestValidator> create_request_validator(
        Call& call, aws::apigateway::CreateRequestValidatorRequest request) override;
    Task<aws::apigateway::RequestValidator> get_request_validator(
        Call& call, aws::apigateway::GetRequestValidatorRequest request) override;
    Task<aws::apigateway::RequestValidators> get_request_validators(
        Call& call, aws::apigateway::GetRequestValidatorsRequest request) override;
    Task<aws::apigateway::RequestValidator> update_request_validator(
        Call& call, aws::apigateway::UpdateRequestValidatorRequest request) override;
    Task<aws::apigateway::DeleteRequestValidatorResponse> delete_request_validator(
        Call& call, aws::apigateway::DeleteRequestValidatorRequest request) override;

    // gateway_responses.cc
    Task<aws::apigateway::GatewayResponse> put_gateway_response(
        Call& call, aws::apigateway::PutGatewayResponseRequest request) override;
    Task<aws::apigateway::GatewayResponse> get_gateway_response(
        Call& call, aws::apigateway::GetGatewayResponseRequest request) override;
    Task<aws::apigateway::GatewayResponses> get_gateway_responses(
        Call& call, aws::apigateway::GetGatewayResponsesRequest request) override;
    Task<aws::apigateway::GatewayResponse> update_gateway_response(
        Call& call, aws::apigateway::UpdateGatewayResponseRequest request) override;
    Task<aws::apigateway::DeleteGatewayResponseResponse> delete_gateway_response(
        Call& call, aws::apigateway::DeleteGatewayResponseRequest request) override;

    // authorizers.cc
    Task<aws::apigateway::Authorizer> create_authorizer(Call& call,
                                                        aws::apigateway::CreateAuthorizerRequest request) override;
    Task<aws::apigateway::Authorizer> get_authorizer(Call& call,
                                                     aws::apigateway::GetAuthorizerRequest request) override;
    Task<aws::apigateway::Authorizers> get_authorizers(Call& call,
                                                       aws::apigateway::GetAuthorizersRequest request) override;
    Task<aws::apigateway::Authorizer> update_authorizer(Call& call,
                                                        aws::apigateway::UpdateAuthorizerRequest request) override;
    Task<aws::apigateway::DeleteAuthorizerResponse> delete_authorizer(
        Call& call, aws::apigateway::DeleteAuthorizerRequest request) override;

    // api_keys.cc
    Task<aws::apigateway::ApiKey> create_api_key(Call& call, aws::apigateway::CreateApiKeyRequest request) override;
    Task<aws::apigateway::ApiKey> get_api_key(Call& call, aws::apigateway::GetApiKeyRequest request) override;
    Task<aws::apigateway::ApiKeys> get_api_keys(Call& call, aws::apigateway::GetApiKeysRequest request) override;
    Task<aws::apigateway::ApiKey> update_api_key(Call& call, aws::apigateway::UpdateApiKeyRequest request) override;
    Task<aws::apigateway::DeleteApiKeyResponse> delete_api_key(Call& call,
                                                               aws::apigateway::DeleteApiKeyRequest request) override;
    Task<aws::apigateway::ApiKeyIds> import_api_keys(Call& call,
                                                     aws::apigateway::ImportApiKeysRequest request) override;

    // usage_plans.cc
    Task<aws::apigateway::UsagePlan> create_usage_plan(Call& call,
                                                       aws::apigateway::CreateUsagePlanRequest request) override;
    Task<aws::apigateway::UsagePlan> get_usage_plan(Call& call, aws::apigateway::GetUsagePlanRequest request) override;
    Task<aws::apigateway::UsagePlans> get_usage_plans(Call& call,
                                                      aws::apigateway::GetUsagePlansRequest request) override;
    Task<aws::apigateway::UsagePlan> update_usage_plan(Call& call,
                                                       aws::apigateway::UpdateUsagePlanRequest request) override;
    Task<aws::apigateway::DeleteUsagePlanResponse> delete_usage_plan(
        Call& call, aws::apigateway::DeleteUsagePlanRequest request) override;
    Task<aws::apigateway::UsagePlanKey> create_usage_plan_key(
        Call& call, aws::apigateway::CreateUsagePlanKeyRequest request) override;
    Task<aws::apigateway::UsagePlanKey> get_usage_plan_key(Call& call,
                                                           aws::apigateway::GetUsagePlanKeyRequest request) override;
    Task<aws::apigateway::UsagePlanKeys> get_usage_plan_keys(Call& call,
                                                             aws::apigateway::GetUsagePlanKeysRequest request) override;
    Task<aws::apigateway::DeleteUsagePlanKeyResponse> delete_usage_plan_key(
        Call& call, aws::apigateway::DeleteUsagePlanKeyRequest request) override;
    Task<aws::apigateway::Usage> get_usage(Call& call, aws::apigateway::GetUsageRequest request) override;
    Task<aws::apigateway::Usage> update_usage(Call& call, aws::apigateway::UpdateUsageRequest request) override;

    // account.cc
    Task<aws::apigateway::Account> get_account(Call& call, aws::apigateway::GetAccountRequest request) override;
    Task<aws::apigateway::Account> update_account(Call& call, aws::apigateway::UpdateAccountRequest request) override;

    // documentation.cc
    Task<aws::apigateway::DocumentationPart> create_documentation_part(
        Call& call, aws::apigateway::CreateDocumentationPartRequest request) override;
    Task<aws::apigateway::DocumentationPart> get_documentation_part(
        Call& call, aws::apigateway::GetDocumentationPartRequest request) override;
    Task<aws::apigateway::DocumentationParts> get_documentation_parts(
        Call& call, aws::apigateway::GetDocumentationPartsRequest request) override;
    Task<aws::apigateway::DocumentationPart> update_documentation_part(
        Call& call, aws::apigateway::UpdateDocumentationPartRequest request) override;
    Task<aws::apigateway::DeleteDocumentationPartResponse> delete_documentation_part(
        Call& call, aws::apigateway::DeleteDocumentationPartRequest request) override;
    Task<aws::apigateway::DocumentationVersion> create_documentation_version(
        Call& call, aws::apigateway::CreateDocumentationVersionRequest request) override;
    Task<aws::apigateway::DocumentationVersion> get_documentation_version(
        Call& call, aws::apigateway::GetDocumentationVersionRequest request) override;
    Task<aws::apigateway::DocumentationVersions> get_documentation_versions(
        Call& call, aws::apigateway::GetDocumentationVersionsRequest request) override;
    Task<aws::apigateway::DocumentationVersion> update_documentation_version(
        Call& call, aws::apigateway::UpdateDocumentationVersionRequest request) override;
    Task<aws::apigateway::DeleteDocumentationVersionResponse> delete_documentation_version(
        Call& call, aws::apigateway::DeleteDocumentationVersionRequest request) override;

    // vpc_links.cc
    Task<aws::apigateway::VpcLink> create_vpc_link(Call& call, aws::apigateway::CreateVpcLinkRequest request) override;
    Task<aws::apigateway::VpcLink> get_vpc_link(Call& call, aws::apigateway::GetVpcLinkRequest request) override;
    Task<aws::apigateway::VpcLinks> get_vpc_links(Call& call, aws::apigateway::GetVpcLinksRequest request) override;
    Task<aws::apigateway::VpcLink> update_vpc_link(Call& call, aws::apigateway::UpdateVpcLinkRequest request) override;
    Task<aws::apigateway::DeleteVpcLinkResponse> delete_vpc_link(
        Call& call, aws::apigateway::DeleteVpcLinkRequest request) override;

    // domain_names.cc
    Task<aws::apigateway::DomainName> create_domain_name(Call& call,
                                                         aws::apigateway::CreateDomainNameRequest request) override;
    Task<aws::apigateway::DomainName> get_domain_name(Call& call,
                                                      aws::apigateway::GetDomainNameRequest request) override;
    Task<aws::apigateway::DomainNames> get_domain_names(Call& call,
                                                        aws::apigateway::GetDomainNamesRequest request) override;
    Task<aws::apigateway::DomainName> update_domain_name(Call& call,
                                                         aws::apigateway::UpdateDomainNameRequest request) override;
    Task<aws::apigateway::DeleteDomainNameResponse> delete_domain_name(
        Call& call, aws::apigateway::DeleteDomainNameRequest request) override;

    // base_path_mappings.cc
    Task<aws::apigateway::BasePathMapping> create_base_path_mapping(
        Call& call, aws::apigateway::CreateBasePathMappingRequest request) override;
    Task<aws::apigateway::BasePathMapping> get_base_path_mapping(
        Call& call, aws::apigateway::GetBasePathMappingRequest request) override;
    Task<aws::apigateway::BasePathMappings> get_base_path_mappings(
        Call& call, aws::apigateway::GetBasePathMappingsRequest request) override;
    Task<aws::apigateway::BasePathMapping> update_base_path_mapping(
        Call& call, aws::apigateway::UpdateBasePathMappingRequest request) override;
    Task<aws::apigateway::DeleteBasePathMappingResponse> delete_base_path_mapping(
        Call& call, aws::apigateway::DeleteBasePathMappingRequest request) override;

    // domain_access.cc
    Task<aws::apigateway::DomainNameAccessAssociation> create_domain_name_access_association(
        Call& call, aws::apigateway::CreateDomainNameAccessAssociationRequest request) override;
    Task<aws::apigateway::DomainNameAccessAssociations> get_domain_name_access_associations(
        Call& call, aws::apigateway::GetDomainNameAccessAssociationsRequest request) override;
    Task<aws::apigateway::DeleteDomainNameAccessAssociationResponse> delete_domain_name_access_association(
        Call& call, aws::apigateway::DeleteDomainNameAccessAssociationRequest request) override;
    Task<aws::apigateway::RejectDomainNameAccessAssociationResponse> reject_domain_name_access_association(
        Call& call, aws::apigateway::RejectDomainNameAccessAssociationRequest request) override;

    // client_certificates.cc
    Task<aws::apigateway::ClientCertificate> generate_client_certificate(
        Call& call, aws::apigateway::GenerateClientCertificateRequest request) override;
    Task<aws::apigateway::ClientCertificate> get_client_certificate(
        Call& call, aws::apigateway::GetClientCertificateRequest request) override;
    Task<aws::apigateway::ClientCertificates> get_client_certificates(
        Call& call, aws::apigateway::GetClientCertificatesRequest request) override;
    Task<aws::apigateway::ClientCertificate> update_client_certificate(
        Call& call, aws::apigateway::UpdateClientCertificateRequest request) override;
    Task<aws::apigateway::DeleteClientCertificateResponse> delete_client_certificate(
        Call& call, aws::apigateway::DeleteClientCertificateRequest request) override;

    // test_authorizer.cc
    Task<aws::apigateway::TestInvokeAuthorizerResponse> test_invoke_authorizer(
        Call& call, aws::apigateway::TestInvokeAuthorizerRequest request) override;

    // test_invoke.cc
    Task<aws::apigateway::TestInvokeMethodResponse> test_invoke_method(
        Call& call, aws::apigateway::TestInvokeMethodRequest request) override;

    // tags.cc
    Task<aws::apigateway::TagResourceResponse> tag_resource(Call& call,
                                                            aws::apigateway::TagResourceRequest request) override;
    Task<aws::apigateway::UntagResourceResponse> untag_resource(Call& call,
                                                                aws::apigateway::UntagResourceRequest request) override;
    Task<aws::apigateway::Tags> get_tags(Call& call, aws::apigateway::GetTagsRequest request) override;

    // authorization.cc
    std::string resource_of(const Call& call, const contracts::Operation& operation, const void* input) const override;

  private:
    /// Makes what the stage has cached stale.
    Task<void> touch_stage(Call& call, std::string api_id, std::string stage_name);

    // apis.cc
    /// Throws ConflictException if there is an API of that id, of whatever kind.
    Task<void> check_free(store::Transaction& tx, std::string api_id);

    // tags.cc
    /// The tags of what the ARN names, changed if `change` is given.
    Task<std::map<std::string, std::string>> change_tags_of(
        Call& call, std::string arn, std::function<void(std::map<std::string, std::string>&)> change);

    // domain_names.cc
    /// Throws NotFoundException, as does edit_domain. Private domains have an id beside their name.
    Task<contracts::ApiDomain> load_domain(Call& call, std::string name, std::optional<std::string> id);
    Task<contracts::ApiDomain> edit_domain(Call& call, std::string name, std::optional<std::string> id,
                                           contracts::ApiDomains::Change change);
    /// Throws BadRequestException while domains lead to the API, or to its stage where one is given.
    Task<void> check_unmapped(Call& call, std::string api_id, std::optional<std::string> stage);

    store::Store& store_;
    Surface* surface_;
    contracts::ApiDomains* domains_;
    Task<bool> (*has_other_api_)(store::Transaction& tx, std::string api_id);
    BlockingPool* threads_;
};

/// What CloudFormation may create here.
std::vector<std::unique_ptr<contracts::ResourceType>> resource_types(contracts::Door& door);

}  // namespace cumulet::apigateway
