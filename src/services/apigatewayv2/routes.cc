// CreateRoute, GetRoute, GetRoutes, UpdateRoute, DeleteRoute.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-routes.html

#include "services/apigatewayv2/answers.h"
#include "services/apigatewayv2/service.h"
#include "services/apigatewayv2/websocket/web_socket_api.h"

namespace cumulet::apigatewayv2 {

using namespace aws::apigatewayv2;

namespace {

template <typename Request>
void take_over(Route& route, const Request& request) {
    if (request.ApiKeyRequired) route.ApiKeyRequired = request.ApiKeyRequired;
    if (request.AuthorizationScopes) route.AuthorizationScopes = request.AuthorizationScopes;
    if (request.AuthorizationType) route.AuthorizationType = request.AuthorizationType;
    if (request.AuthorizerId) route.AuthorizerId = request.AuthorizerId;
    if (request.ModelSelectionExpression) route.ModelSelectionExpression = request.ModelSelectionExpression;
    if (request.OperationName) route.OperationName = request.OperationName;
    if (request.RequestModels) route.RequestModels = request.RequestModels;
    if (request.RequestParameters) route.RequestParameters = request.RequestParameters;
    if (request.RouteResponseSelectionExpression) {
        route.RouteResponseSelectionExpression = request.RouteResponseSelectionExpression;
    }
    if (request.Target) route.Target = request.Target;
    if (request.Target && request.Target->empty()) route.Target.reset();
    if (request.AuthorizationType && *request.AuthorizationType != "JWT") {
        // What only tokens have ends with them, unless the request itself says otherwise.
        if (!request.AuthorizationScopes) route.AuthorizationScopes.reset();
        if (!request.AuthorizerId && *request.AuthorizationType != "CUSTOM") route.AuthorizerId.reset();
    }
}

void check_for(const HttpApi& api, const Route& route) {
    is_web_socket(api) ? check_web_socket_route(route) : check_route(route);
}

/// Its authorizer is there, and of the kind that the route says.
Task<void> check_authorizer_of(store::Transaction& tx, Place place, Route route) {
    if (!route.AuthorizerId || route.AuthorizerId->empty()) co_return;
    const auto authorizer = co_await find_item<Authorizer>(tx, place, *route.AuthorizerId);
    // Unverified: the words.
    if (!authorizer) {
        throw BadRequestException(fmt::format("Invalid authorizer identifier specified {}", *route.AuthorizerId));
    }
    const bool for_tokens = authorizer->AuthorizerType == "JWT";
    if (for_tokens != (route.AuthorizationType == "JWT")) {
        throw BadRequestException(fmt::format("Authorization type {} does not fit an authorizer of type {}",
                                              *route.AuthorizationType, *authorizer->AuthorizerType));
    }
}

/// Its key is its own, and what it leads to is there.
Task<void> check_against_others(store::Transaction& tx, Place place, Route route) {
    for (const auto& other : co_await all_items<Route>(tx, place)) {
        if (other.RouteKey == route.RouteKey && other.RouteId != route.RouteId) {
            throw ConflictException(fmt::format("Route with key {} already exists for this API", route.RouteKey));
        }
    }
    co_await check_authorizer_of(tx, place, route);
    co_await check_models_exist(tx, place, route.RequestModels);
    if (!route.Target) co_return;
    const auto id = integration_id_of(*route.Target);
    if (!co_await find_item<Integration>(tx, place, id)) {
        // Unverified: the words.
        throw BadRequestException(fmt::format("Invalid integration identifier specified {}", id));
    }
}

}  // namespace

Task<CreateRouteResult> Service::create_route(Call& call, CreateRouteRequest request) {
    Route route;
    route.RouteKey = request.RouteKey;
    route.RouteId = new_id(call.random(), 7);
    route.ApiKeyRequired = false;
    route.AuthorizationType = "NONE";
    take_over(route, request);
    const auto version = call.random().next();

    const auto place = place_of(call, request.ApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        check_for(co_await load_api(tx, place), route);
        co_await check_room<Route>(tx, place);
        co_await check_against_others(tx, place, route);
        save_item(tx, place, route);
        save_address(tx, place, version);
    });
    co_return answer_of<CreateRouteResult>(route);
}

Task<GetRouteResult> Service::get_route(Call& call, GetRouteRequest request) {
    const auto route = co_await store_.transact([&](store::Transaction& tx) -> Task<Route> {
        return load_item<Route>(tx, place_of(call, request.ApiId), request.RouteId);
    });
    co_return answer_of<GetRouteResult>(route);
}

Task<GetRoutesResponse> Service::get_routes(Call& call, GetRoutesRequest request) {
    auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<Page<Route>> {
        return list_items<Route>(tx, place_of(call, request.ApiId), request.MaxResults, request.NextToken);
    });
    co_return GetRoutesResponse{.Items = std::move(page.items), .NextToken = std::move(page.next_token)};
}

Task<UpdateRouteResult> Service::update_route(Call& call, UpdateRouteRequest request) {
    const auto place = place_of(call, request.ApiId);
    const auto version = call.random().next();
    const auto updated = co_await store_.transact([&](store::Transaction& tx) -> Task<Route> {
        auto route = co_await load_item<Route>(tx, place, request.RouteId);
        take(route.RouteKey, request.RouteKey);
        take_over(route, request);
        check_for(co_await load_api(tx, place), route);
        co_await check_against_others(tx, place, route);
        save_item(tx, place, route);
        save_address(tx, place, version);
        co_return route;
    });
    co_return answer_of<UpdateRouteResult>(updated);
}

Task<DeleteRouteResponse> Service::delete_route(Call& call, DeleteRouteRequest request) {
    const auto place = place_of(call, request.ApiId);
    const auto version = call.random().next();
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_item<Route>(tx, place, request.RouteId);
        erase_item<Route>(tx, place, request.RouteId);
        erase_parts<RouteResponse>(tx, place, request.RouteId);
        save_address(tx, place, version);
    });
    co_return DeleteRouteResponse{};
}

}  // namespace cumulet::apigatewayv2
