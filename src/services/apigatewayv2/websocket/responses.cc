// CreateRouteResponse, GetRouteResponse, GetRouteResponses, UpdateRouteResponse, DeleteRouteResponse, and the same for
// integration responses; DeleteRouteRequestParameter.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html

#include "services/apigatewayv2/answers.h"
#include "services/apigatewayv2/service.h"
#include "services/apigatewayv2/websocket/web_socket_api.h"

namespace cumulet::apigatewayv2 {

using namespace aws::apigatewayv2;

namespace {

/// HTTP APIs have neither routes' responses nor integrations'.
Task<void> check_protocol(store::Transaction& tx, Place place) {
    // Unverified: the words.
    if (!is_web_socket(co_await load_api(tx, std::move(place))))
        throw BadRequestException("Route responses and integration responses are only supported for WebSocket APIs");
}

Task<void> check_models(store::Transaction& tx, Place place, RouteResponse response) {
    co_await check_models_exist(tx, std::move(place), response.ResponseModels);
}
Task<void> check_models(store::Transaction&, Place, IntegrationResponse) { co_return; }

template <typename Request>
void take_over(RouteResponse& response, const Request& request) {
    if (request.ModelSelectionExpression) response.ModelSelectionExpression = request.ModelSelectionExpression;
    if (request.ResponseModels) response.ResponseModels = request.ResponseModels;
    if (request.ResponseParameters) response.ResponseParameters = request.ResponseParameters;
}

template <typename Request>
void take_over(IntegrationResponse& response, const Request& request) {
    if (request.ContentHandlingStrategy) response.ContentHandlingStrategy = request.ContentHandlingStrategy;
    if (request.ResponseParameters) response.ResponseParameters = request.ResponseParameters;
    if (request.ResponseTemplates) response.ResponseTemplates = request.ResponseTemplates;
    if (request.TemplateSelectionExpression) response.TemplateSelectionExpression = request.TemplateSelectionExpression;
}

template <typename Answer>
Answer answer_of(const RouteResponse& response) {
    Answer answer;
    answer.ModelSelectionExpression = response.ModelSelectionExpression;
    answer.ResponseModels = response.ResponseModels;
    answer.ResponseParameters = response.ResponseParameters;
    answer.RouteResponseId = response.RouteResponseId;
    answer.RouteResponseKey = response.RouteResponseKey;
    return answer;
}

template <typename Answer>
Answer answer_of(const IntegrationResponse& response) {
    Answer answer;
    answer.ContentHandlingStrategy = response.ContentHandlingStrategy;
    answer.IntegrationResponseId = response.IntegrationResponseId;
    answer.IntegrationResponseKey = response.IntegrationResponseKey;
    answer.ResponseParameters = response.ResponseParameters;
    answer.ResponseTemplates = response.ResponseTemplates;
    answer.TemplateSelectionExpression = response.TemplateSelectionExpression;
    return answer;
}

void check(const RouteResponse& response) { check_route_response(response); }
void check(const IntegrationResponse& response) { check_integration_response(response); }

// What both kinds have under names of their own: the response's id and key, and of requests the owner's id.
template <typename T>
auto& id_of(T& part) {
    if constexpr (requires { part.RouteResponseId; }) {
        return part.RouteResponseId;
    } else {
        return part.IntegrationResponseId;
    }
}
template <typename T>
auto& key_of(T& part) {
    if constexpr (requires { part.RouteResponseKey; }) {
        return part.RouteResponseKey;
    } else {
        return part.IntegrationResponseKey;
    }
}
template <typename Request>
const std::string& owner_id_of(const Request& request) {
    if constexpr (requires { request.RouteId; }) {
        return request.RouteId;
    } else {
        return request.IntegrationId;
    }
}

template <typename Response>
using Owner = std::conditional_t<std::is_same_v<Response, RouteResponse>, Route, Integration>;

/// Saves a new or changed response of a route or an integration.
template <typename Response>
Task<void> keep(store::Transaction& tx, Place place, std::string owner_id, Response response, uint64_t version) {
    check(response);
    co_await load_item<Owner<Response>>(tx, place, owner_id);
    co_await check_models(tx, place, response);
    for (const auto& other : co_await all_parts<Response>(tx, place, owner_id)) {
        // Unverified: the words.
        if (key_of(other) == key_of(response) && id_of(other) != id_of(response))
            throw ConflictException(fmt::format("A response with key {} already exists", key_of(response)));
    }
    save_part(tx, place, owner_id, response);
    save_address(tx, place, version);
}

template <typename Response, typename Answer, typename Request>
Task<Answer> create(store::Store& store, Call& call, Request request) {
    Response response;
    id_of(response) = new_id(call.random(), 7);
    key_of(response) = key_of(request);
    take_over(response, request);
    const auto version = call.random().next();
    const auto place = place_of(call, request.ApiId);
    co_await store.transact([&](store::Transaction& tx) -> Task<void> {
        co_await check_protocol(tx, place);
        co_await keep(tx, place, owner_id_of(request), response, version);
    });
    co_return answer_of<Answer>(response);
}

template <typename Response, typename Answer, typename Request>
Task<Answer> read(store::Store& store, Call& call, Request request) {
    const auto response = co_await store.transact([&](store::Transaction& tx) -> Task<Response> {
        return load_part<Response>(tx, place_of(call, request.ApiId), owner_id_of(request), id_of(request));
    });
    co_return answer_of<Answer>(response);
}

template <typename Response, typename Answer, typename Request>
Task<Answer> list(store::Store& store, Call& call, Request request) {
    const auto place = place_of(call, request.ApiId);
    auto page = co_await store.transact([&](store::Transaction& tx) -> Task<Page<Response>> {
        co_await load_item<Owner<Response>>(tx, place, owner_id_of(request));
        co_return co_await list_parts<Response>(tx, place, owner_id_of(request), request.MaxResults, request.NextToken);
    });
    co_return Answer{.Items = std::move(page.items), .NextToken = std::move(page.next_token)};
}

template <typename Response, typename Answer, typename Request>
Task<Answer> update(store::Store& store, Call& call, Request request) {
    const auto place = place_of(call, request.ApiId);
    const auto version = call.random().next();
    const auto updated = co_await store.transact([&](store::Transaction& tx) -> Task<Response> {
        auto response = co_await load_part<Response>(tx, place, owner_id_of(request), id_of(request));
        take(key_of(response), key_of(request));
        take_over(response, request);
        co_await keep(tx, place, owner_id_of(request), response, version);
        co_return response;
    });
    co_return answer_of<Answer>(updated);
}

template <typename Response, typename Request>
Task<void> erase(store::Store& store, Call& call, Request request) {
    const auto place = place_of(call, request.ApiId);
    const auto version = call.random().next();
    co_await store.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_part<Response>(tx, place, owner_id_of(request), id_of(request));
        erase_part<Response>(tx, place, owner_id_of(request), id_of(request));
        save_address(tx, place, version);
    });
}

}  // namespace

Task<CreateRouteResponseResponse> Service::create_route_response(Call& call, CreateRouteResponseRequest request) {
    return create<RouteResponse, CreateRouteResponseResponse>(store_, call, std::move(request));
}

Task<GetRouteResponseResponse> Service::get_route_response(Call& call, GetRouteResponseRequest request) {
    return read<RouteResponse, GetRouteResponseResponse>(store_, call, std::move(request));
}

Task<GetRouteResponsesResponse> Service::get_route_responses(Call& call, GetRouteResponsesRequest request) {
    return list<RouteResponse, GetRouteResponsesResponse>(store_, call, std::move(request));
}

Task<UpdateRouteResponseResponse> Service::update_route_response(Call& call, UpdateRouteResponseRequest request) {
    return update<RouteResponse, UpdateRouteResponseResponse>(store_, call, std::move(request));
}

Task<DeleteRouteResponseResponse> Service::delete_route_response(Call& call, DeleteRouteResponseRequest request) {
    co_await erase<RouteResponse>(store_, call, std::move(request));
    co_return DeleteRouteResponseResponse{};
}

Task<CreateIntegrationResponseResponse> Service::create_integration_response(Call& call,
                                                                             CreateIntegrationResponseRequest request) {
    return create<IntegrationResponse, CreateIntegrationResponseResponse>(store_, call, std::move(request));
}

Task<GetIntegrationResponseResponse> Service::get_integration_response(Call& call,
                                                                       GetIntegrationResponseRequest request) {
    return read<IntegrationResponse, GetIntegrationResponseResponse>(store_, call, std::move(request));
}

Task<GetIntegrationResponsesResponse> Service::get_integration_responses(Call& call,
                                                                         GetIntegrationResponsesRequest request) {
    return list<IntegrationResponse, GetIntegrationResponsesResponse>(store_, call, std::move(request));
}

Task<UpdateIntegrationResponseResponse> Service::update_integration_response(Call& call,
                                                                             UpdateIntegrationResponseRequest request) {
    return update<IntegrationResponse, UpdateIntegrationResponseResponse>(store_, call, std::move(request));
}

Task<DeleteIntegrationResponseResponse> Service::delete_integration_response(Call& call,
                                                                             DeleteIntegrationResponseRequest request) {
    co_await erase<IntegrationResponse>(store_, call, std::move(request));
    co_return DeleteIntegrationResponseResponse{};
}

Task<DeleteRouteRequestParameterResponse> Service::delete_route_request_parameter(
    Call& call, DeleteRouteRequestParameterRequest request) {
    const auto place = place_of(call, request.ApiId);
    const auto version = call.random().next();
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto route = co_await load_item<Route>(tx, place, request.RouteId);
        // Unverified: the words.
        if (!route.RequestParameters || route.RequestParameters->erase(request.RequestParameterKey) == 0)
            throw NotFoundException(
                fmt::format("Invalid request parameter key specified {}", request.RequestParameterKey));
        save_item(tx, place, route);
        save_address(tx, place, version);
    });
    co_return DeleteRouteRequestParameterResponse{};
}

}  // namespace cumulet::apigatewayv2
