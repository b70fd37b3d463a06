// CreateIntegration, GetIntegration, GetIntegrations, UpdateIntegration, DeleteIntegration.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations.html

#include "services/apigatewayv2/answers.h"
#include "services/apigatewayv2/service.h"
#include "services/apigatewayv2/websocket/web_socket_api.h"

namespace cumulet::apigatewayv2 {

using namespace aws::apigatewayv2;

namespace {

template <typename Request>
void take_over(Integration& integration, const Request& request) {
    if (request.ConnectionId) integration.ConnectionId = request.ConnectionId;
    if (request.ConnectionType) integration.ConnectionType = request.ConnectionType;
    if (request.CredentialsArn) integration.CredentialsArn = request.CredentialsArn;
    if (request.Description) integration.Description = request.Description;
    if (request.IntegrationMethod) integration.IntegrationMethod = request.IntegrationMethod;
    if (request.IntegrationSubtype) integration.IntegrationSubtype = request.IntegrationSubtype;
    if (request.IntegrationUri) integration.IntegrationUri = request.IntegrationUri;
    if (request.PayloadFormatVersion) integration.PayloadFormatVersion = request.PayloadFormatVersion;
    if (request.RequestParameters) integration.RequestParameters = request.RequestParameters;
    if (request.ResponseParameters) integration.ResponseParameters = request.ResponseParameters;
    if (request.TimeoutInMillis) integration.TimeoutInMillis = request.TimeoutInMillis;
    if (request.TlsConfig) integration.TlsConfig.emplace().ServerNameToVerify = request.TlsConfig->ServerNameToVerify;
    if (request.ContentHandlingStrategy) integration.ContentHandlingStrategy = request.ContentHandlingStrategy;
    if (request.PassthroughBehavior) integration.PassthroughBehavior = request.PassthroughBehavior;
    if (request.RequestTemplates) integration.RequestTemplates = request.RequestTemplates;
    if (request.TemplateSelectionExpression) {
        integration.TemplateSelectionExpression = request.TemplateSelectionExpression;
    }
}

/// With what AWS assumes where the integration does not say. Throws for what it may not be in this API.
Integration checked_for(const HttpApi& api, Integration integration) {
    if (is_web_socket(api)) {
        integration = with_web_socket_defaults(std::move(integration));
        check_web_socket_integration(integration);
        return integration;
    }
    if (integration.ContentHandlingStrategy || integration.PassthroughBehavior || integration.RequestTemplates ||
        integration.TemplateSelectionExpression) {
        // Unverified: the words.
        throw BadRequestException(
            "ContentHandlingStrategy, PassthroughBehavior, RequestTemplates and "
            "TemplateSelectionExpression are not supported for HTTP APIs");
    }
    integration = with_defaults(std::move(integration));
    check_integration(integration);
    return integration;
}

}  // namespace

Task<CreateIntegrationResult> Service::create_integration(Call& call, CreateIntegrationRequest request) {
    Integration integration;
    integration.IntegrationId = new_id(call.random(), 7);
    integration.IntegrationType = request.IntegrationType;
    take_over(integration, request);
    const auto version = call.random().next();

    const auto place = place_of(call, request.ApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        integration = checked_for(co_await load_api(tx, place), integration);
        co_await check_room<Integration>(tx, place);
        save_item(tx, place, integration);
        save_address(tx, place, version);
    });
    co_return answer_of<CreateIntegrationResult>(integration);
}

Task<GetIntegrationResult> Service::get_integration(Call& call, GetIntegrationRequest request) {
    const auto integration = co_await store_.transact([&](store::Transaction& tx) -> Task<Integration> {
        return load_item<Integration>(tx, place_of(call, request.ApiId), request.IntegrationId);
    });
    co_return answer_of<GetIntegrationResult>(integration);
}

Task<GetIntegrationsResponse> Service::get_integrations(Call& call, GetIntegrationsRequest request) {
    auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<Page<Integration>> {
        return list_items<Integration>(tx, place_of(call, request.ApiId), request.MaxResults, request.NextToken);
    });
    co_return GetIntegrationsResponse{.Items = std::move(page.items), .NextToken = std::move(page.next_token)};
}

Task<UpdateIntegrationResult> Service::update_integration(Call& call, UpdateIntegrationRequest request) {
    const auto place = place_of(call, request.ApiId);
    const auto version = call.random().next();
    const auto updated = co_await store_.transact([&](store::Transaction& tx) -> Task<Integration> {
        auto integration = co_await load_item<Integration>(tx, place, request.IntegrationId);
        if (request.IntegrationType) integration.IntegrationType = request.IntegrationType;
        take_over(integration, request);
        integration = checked_for(co_await load_api(tx, place), std::move(integration));
        save_item(tx, place, integration);
        save_address(tx, place, version);
        co_return integration;
    });
    co_return answer_of<UpdateIntegrationResult>(updated);
}

Task<DeleteIntegrationResponse> Service::delete_integration(Call& call, DeleteIntegrationRequest request) {
    const auto place = place_of(call, request.ApiId);
    const auto version = call.random().next();
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_item<Integration>(tx, place, request.IntegrationId);
        for (const auto& route : co_await all_items<Route>(tx, place)) {
            if (route.Target && integration_id_of(*route.Target) == request.IntegrationId) {
                // Unverified: the words.
                throw ConflictException(fmt::format("Cannot delete Integration '{}', it is referenced by route {}",
                                                    request.IntegrationId, route.RouteKey));
            }
        }
        erase_item<Integration>(tx, place, request.IntegrationId);
        erase_parts<IntegrationResponse>(tx, place, request.IntegrationId);
        save_address(tx, place, version);
    });
    co_return DeleteIntegrationResponse{};
}

}  // namespace cumulet::apigatewayv2
