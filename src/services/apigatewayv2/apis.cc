// CreateApi, GetApi, GetApis, UpdateApi, DeleteApi, DeleteCorsConfiguration.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html

#include "services/apigatewayv2/answers.h"
#include "services/apigatewayv2/service.h"
#include "services/apigatewayv2/websocket/web_socket_api.h"

namespace cumulet::apigatewayv2 {

using namespace aws::apigatewayv2;

namespace {

void check_api(const HttpApi& api) {
    if (is_web_socket(api)) return check_web_socket_api(api);
    if (api.CorsConfiguration) check_cors(*api.CorsConfiguration);
    if (api.IpAddressType.value_or("ipv4") != "ipv4") throw unsupported("IpAddressType " + *api.IpAddressType);
    if (api.RouteSelectionExpression != "$request.method $request.path") {
        // Unverified: the words.
        throw BadRequestException(
            "Invalid RouteSelectionExpression for an HTTP API, it must be $request.method $request.path");
    }
    if (api.ApiKeySelectionExpression && *api.ApiKeySelectionExpression != "$request.header.x-api-key") {
        throw unsupported("ApiKeySelectionExpression");
    }
}

HttpApi new_api(const Call& call, const CreateApiRequest& request) {
    const bool web_socket = request.ProtocolType == "WEBSOCKET";
    // Unverified: the words, of all three.
    if (web_socket && (request.Target || request.RouteKey || request.CredentialsArn))
        throw BadRequestException("Target, RouteKey and CredentialsArn are only supported for HTTP APIs");
    if (web_socket && !request.RouteSelectionExpression)
        throw BadRequestException("RouteSelectionExpression is a required parameter for WebSocket APIs");
    if (!web_socket && request.DisableSchemaValidation.value_or(false))
        throw BadRequestException("DisableSchemaValidation is only supported for WebSocket APIs");
    HttpApi api;
    api.Name = request.Name;
    api.ProtocolType = request.ProtocolType;
    api.ApiKeySelectionExpression = request.ApiKeySelectionExpression.value_or("$request.header.x-api-key");
    api.RouteSelectionExpression = request.RouteSelectionExpression.value_or("$request.method $request.path");
    api.CorsConfiguration = request.CorsConfiguration;
    api.CreatedDate = call.now();
    api.Description = request.Description;
    api.DisableExecuteApiEndpoint = request.DisableExecuteApiEndpoint.value_or(false);
    api.DisableSchemaValidation = request.DisableSchemaValidation;
    api.IpAddressType = request.IpAddressType.value_or("ipv4");
    api.Version = request.Version;
    check_api(api);
    return api;
}

/// What CreateApi makes of a target: one route to one integration, served by a stage that is always current.
struct QuickApi {
    Route route;
    Integration integration;
    Stage stage;
};

Integration quick_integration(const std::string& target, const std::optional<std::string>& credentials) {
    const bool endpoint = target.starts_with("http://") || target.starts_with("https://");
    Integration integration;
    integration.ApiGatewayManaged = true;
    integration.CredentialsArn = credentials;
    if (endpoint) integration.IntegrationMethod = "ANY";
    integration.IntegrationType = endpoint ? "HTTP_PROXY" : "AWS_PROXY";
    integration.IntegrationUri = target;
    if (!endpoint) integration.PayloadFormatVersion = "2.0";
    integration = with_defaults(std::move(integration));
    check_integration(integration);
    return integration;
}

std::optional<QuickApi> quick_api(Call& call, const CreateApiRequest& request) {
    if (!request.Target) {
        if (request.RouteKey || request.CredentialsArn) {
            // Unverified: the words.
            throw BadRequestException("RouteKey and CredentialsArn are only valid together with Target");
        }
        return std::nullopt;
    }
    QuickApi quick;
    quick.integration = quick_integration(*request.Target, request.CredentialsArn);
    quick.integration.IntegrationId = new_id(call.random(), 7);
    quick.route.ApiGatewayManaged = true;
    quick.route.ApiKeyRequired = false;
    quick.route.AuthorizationType = "NONE";
    quick.route.RouteId = new_id(call.random(), 7);
    quick.route.RouteKey = request.RouteKey.value_or(std::string(default_route));
    quick.route.Target = "integrations/" + *quick.integration.IntegrationId;
    check_route(quick.route);
    quick.stage.ApiGatewayManaged = true;
    quick.stage.AutoDeploy = true;
    quick.stage.CreatedDate = quick.stage.LastUpdatedDate = call.now();
    quick.stage.StageName = default_stage;
    return quick;
}

template <typename T>
Task<T> managed_item(store::Transaction& tx, Place place) {
    for (auto& item : co_await all_items<T>(tx, place)) {
        if (item.ApiGatewayManaged.value_or(false)) co_return std::move(item);
    }
    // Unverified: the words.
    throw BadRequestException(
        "RouteKey, Target and CredentialsArn may only be updated for an API that was quick created");
}

Task<void> update_quick_api(store::Transaction& tx, Place place, UpdateApiRequest request) {
    if (request.RouteKey) {
        auto route = co_await managed_item<Route>(tx, place);
        route.RouteKey = *request.RouteKey;
        check_route(route);
        save_item(tx, place, route);
    }
    if (request.Target || request.CredentialsArn) {
        auto integration = co_await managed_item<Integration>(tx, place);
        take(integration.IntegrationUri, request.Target);
        take(integration.CredentialsArn, request.CredentialsArn);
        check_integration(integration);
        save_item(tx, place, integration);
    }
}

}  // namespace

Task<void> Service::check_free(store::Transaction& tx, std::string api_id) {
    if (co_await has_api(tx, api_id) || (has_rest_api_ && co_await has_rest_api_(tx, api_id)))
        throw ConflictException(fmt::format("API {} already exists.", api_id));
}

// Unverified: the words, and that it is refused.
Task<void> Service::check_unmapped(Call& call, std::string api_id, std::optional<std::string> stage) {
    const auto names = co_await domains_.mapped_to(call, api_id, stage);
    if (names.empty()) co_return;
    throw BadRequestException(
        fmt::format("Deleting {} failed. Please remove all API mappings related to it in your domains: {}.",
                    stage ? "Stage " + *stage : "API " + api_id, fmt::join(names, ", ")));
}

Task<CreateApiResponse> Service::create_api(Call& call, CreateApiRequest request) {
    auto api = new_api(call, request);
    auto tags = request.Tags.value_or(std::map<std::string, std::string>());
    api.ApiId = wanted_id(tags).value_or(new_id(call.random(), 10));
    api.Tags = std::move(tags);
    const auto quick = quick_api(call, request);
    const auto version = call.random().next();

    const auto place = place_of(call, *api.ApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await check_free(tx, place.api_id);
        save_api(tx, place, api);
        if (quick) {
            save_item(tx, place, quick->integration);
            save_item(tx, place, quick->route);
            save_item(tx, place, quick->stage);
        }
        save_address(tx, place, version);
    });
    co_return answer_of<CreateApiResponse>(call, api);
}

Task<GetApiResponse> Service::get_api(Call& call, GetApiRequest request) {
    const auto api = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<HttpApi> { return load_api(tx, place_of(call, request.ApiId)); });
    co_return answer_of<GetApiResponse>(call, api);
}

Task<GetApisResponse> Service::get_apis(Call& call, GetApisRequest request) {
    auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<Page<HttpApi>> {
        return list_apis(tx, call, request.MaxResults, request.NextToken);
    });
    GetApisResponse response;
    response.Items.emplace();
    for (const auto& api : page.items) response.Items->push_back(answer_of<HttpApi>(call, api));
    response.NextToken = std::move(page.next_token);
    co_return response;
}

Task<UpdateApiResponse> Service::update_api(Call& call, UpdateApiRequest request) {
    const auto place = place_of(call, request.ApiId);
    const auto version = call.random().next();
    const auto updated = co_await store_.transact([&](store::Transaction& tx) -> Task<HttpApi> {
        auto api = co_await load_api(tx, place);
        take(api.Name, request.Name);
        take(api.Description, request.Description);
        take(api.Version, request.Version);
        take(api.CorsConfiguration, request.CorsConfiguration);
        take(api.DisableExecuteApiEndpoint, request.DisableExecuteApiEndpoint);
        take(api.DisableSchemaValidation, request.DisableSchemaValidation);
        take(api.IpAddressType, request.IpAddressType);
        take(api.RouteSelectionExpression, request.RouteSelectionExpression);
        take(api.ApiKeySelectionExpression, request.ApiKeySelectionExpression);
        check_api(api);
        co_await update_quick_api(tx, place, request);
        save_api(tx, place, api);
        save_address(tx, place, version);
        co_return api;
    });
    co_return answer_of<UpdateApiResponse>(call, updated);
}

Task<DeleteApiResponse> Service::delete_api(Call& call, DeleteApiRequest request) {
    const auto place = place_of(call, request.ApiId);
    co_await check_unmapped(call, request.ApiId, std::nullopt);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_api(tx, place);
        erase_api(tx, place);
    });
    co_return DeleteApiResponse{};
}

Task<DeleteCorsConfigurationResponse> Service::delete_cors_configuration(Call& call,
                                                                         DeleteCorsConfigurationRequest request) {
    const auto place = place_of(call, request.ApiId);
    const auto version = call.random().next();
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto api = co_await load_api(tx, place);
        api.CorsConfiguration.reset();
        save_api(tx, place, api);
        save_address(tx, place, version);
    });
    co_return DeleteCorsConfigurationResponse{};
}

}  // namespace cumulet::apigatewayv2
