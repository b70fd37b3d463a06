// PutIntegration, GetIntegration, UpdateIntegration, DeleteIntegration, and the same of integration responses.
// https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html

#include "services/apigateway/methods.h"
#include "services/apigateway/patch.h"
#include "services/apigateway/rest_api.h"
#include "services/apigateway/service.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

constexpr PatchRule integration_rules[] = {
    {"/uri", "replace"},
    {"/httpMethod", "replace"},
    {"/credentials", "replace remove"},
    {"/connectionType", "replace"},
    {"/connectionId", "replace"},
    {"/passthroughBehavior", "replace"},
    {"/contentHandling", "replace remove"},
    {"/timeoutInMillis", "replace", Patched::number, "", "Timeout should be between 50 ms and 29000 ms"},
    {"/cacheNamespace", "replace"},
    {"/cacheKeyParameters/{name}", "add remove replace", Patched::named_element},
    {"/requestParameters/{name}", "add remove replace"},
    {"/requestTemplates/{type}", "add remove replace"},
    {"/responseTransferMode", "replace"},
    {"/tlsConfig/insecureSkipVerification", "replace", Patched::flag},
};
constexpr PatchTable integration_table{integration_rules, PatchWords::names_path};

constexpr PatchRule response_rules[] = {
    {"/selectionPattern", "replace"},
    {"/contentHandling", "replace remove"},
    {"/responseParameters/{name}", "add remove replace"},
    {"/responseTemplates/{type}", "add remove replace"},
};
constexpr PatchTable response_table{response_rules, PatchWords::names_path};

Integration new_integration(PutIntegrationRequest request) {
    if (request.integrationTarget) throw unsupported("integrationTarget");
    Integration integration;
    integration.type = request.type;
    integration.httpMethod = request.integrationHttpMethod;
    integration.uri = request.uri;
    const bool over_http = request.type == "HTTP" || request.type == "HTTP_PROXY";
    integration.connectionType = request.connectionType;
    if (over_http && !integration.connectionType) integration.connectionType = "INTERNET";
    integration.connectionId = request.connectionId;
    integration.credentials = request.credentials;
    integration.requestParameters = request.requestParameters;
    integration.requestTemplates = request.requestTemplates;
    integration.passthroughBehavior = request.passthroughBehavior.value_or("WHEN_NO_MATCH");
    integration.contentHandling = request.contentHandling;
    integration.timeoutInMillis = request.timeoutInMillis.value_or(longest_timeout_ms);
    integration.cacheNamespace = request.cacheNamespace.value_or(request.resourceId);
    integration.cacheKeyParameters = request.cacheKeyParameters.value_or(std::vector<std::string>());
    integration.tlsConfig = request.tlsConfig;
    integration.responseTransferMode = request.responseTransferMode;
    check_integration(integration);
    return integration;
}

}  // namespace

Integration& integration_of(Method& method) {
    if (!method.methodIntegration) throw NotFoundException("Invalid Integration identifier specified");
    return *method.methodIntegration;
}

IntegrationResponse& response_of(Integration& integration, const std::string& status_code) {
    if (integration.integrationResponses) {
        const auto found = integration.integrationResponses->find(status_code);
        if (found != integration.integrationResponses->end()) return found->second;
    }
    throw NotFoundException("Invalid Response status code specified");
}

Task<Integration> Service::put_integration(Call& call, PutIntegrationRequest request) {
    const auto integration = new_integration(request);
    co_return co_await change_resource(store_, place_of(call, request.restApiId), request.resourceId,
                                       [&](Resource& resource) {
                                           method_of(resource, request.httpMethod).methodIntegration = integration;
                                           return integration;
                                       });
}

Task<Integration> Service::get_integration(Call& call, GetIntegrationRequest request) {
    auto resource = co_await store_.transact([&](store::Transaction& tx) -> Task<Resource> {
        return load_item<Resource>(tx, place_of(call, request.restApiId), request.resourceId);
    });
    co_return integration_of(method_of(resource, request.httpMethod));
}

Task<Integration> Service::update_integration(Call& call, UpdateIntegrationRequest request) {
    co_return co_await change_resource(
        store_, place_of(call, request.restApiId), request.resourceId, [&](Resource& resource) {
            auto& integration = integration_of(method_of(resource, request.httpMethod));
            auto changed = patched(integration, "GetIntegration", integration_table, request.patchOperations);
            if (!changed.cacheKeyParameters) changed.cacheKeyParameters.emplace();
            if (changed.contentHandling == "") changed.contentHandling.reset();
            check_integration(changed);
            return integration = std::move(changed);
        });
}

Task<DeleteIntegrationResponse> Service::delete_integration(Call& call, DeleteIntegrationRequest request) {
    co_return co_await change_resource(store_, place_of(call, request.restApiId), request.resourceId,
                                       [&](Resource& resource) {
                                           auto& method = method_of(resource, request.httpMethod);
                                           integration_of(method);
                                           method.methodIntegration.reset();
                                           return DeleteIntegrationResponse{};
                                       });
}

Task<IntegrationResponse> Service::put_integration_response(Call& call, PutIntegrationResponseRequest request) {
    IntegrationResponse response;
    response.statusCode = request.statusCode;
    response.selectionPattern = request.selectionPattern;
    response.responseParameters = request.responseParameters;
    response.responseTemplates = request.responseTemplates;
    response.contentHandling = request.contentHandling;
    co_return co_await change_resource(store_, place_of(call, request.restApiId), request.resourceId,
                                       [&](Resource& resource) {
                                           auto& method = method_of(resource, request.httpMethod);
                                           auto& integration = integration_of(method);
                                           check_integration_response(response, method);
                                           if (!integration.integrationResponses)
                                               integration.integrationResponses.emplace();
                                           (*integration.integrationResponses)[request.statusCode] = response;
                                           return response;
                                       });
}

Task<IntegrationResponse> Service::get_integration_response(Call& call, GetIntegrationResponseRequest request) {
    auto resource = co_await store_.transact([&](store::Transaction& tx) -> Task<Resource> {
        return load_item<Resource>(tx, place_of(call, request.restApiId), request.resourceId);
    });
    co_return response_of(integration_of(method_of(resource, request.httpMethod)), request.statusCode);
}

Task<IntegrationResponse> Service::update_integration_response(Call& call, UpdateIntegrationResponseRequest request) {
    co_return co_await change_resource(
        store_, place_of(call, request.restApiId), request.resourceId, [&](Resource& resource) {
            auto& method = method_of(resource, request.httpMethod);
            auto& response = response_of(integration_of(method), request.statusCode);
            auto changed = patched(response, "GetIntegrationResponse", response_table, request.patchOperations);
            if (changed.contentHandling == "") changed.contentHandling.reset();
            check_integration_response(changed, method);
            return response = std::move(changed);
        });
}

Task<DeleteIntegrationResponseResponse> Service::delete_integration_response(Call& call,
                                                                             DeleteIntegrationResponseRequest request) {
    co_return co_await change_resource(store_, place_of(call, request.restApiId), request.resourceId,
                                       [&](Resource& resource) {
                                           const auto& methods = resource.resourceMethods;
                                           // AWS has these words for a method that is missing, too.
                                           if (!methods || !methods->contains(request.httpMethod))
                                               throw NotFoundException("Invalid Integration identifier specified");
                                           auto& integration = integration_of(method_of(resource, request.httpMethod));
                                           response_of(integration, request.statusCode);
                                           integration.integrationResponses->erase(request.statusCode);
                                           if (integration.integrationResponses->empty())
                                               integration.integrationResponses.reset();
                                           return DeleteIntegrationResponseResponse{};
                                       });
}

}  // namespace cumulet::apigateway
