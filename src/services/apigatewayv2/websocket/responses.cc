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
const std::string& key_of(const RouteResponse& response) { return response.RouteResponseKey; }
const std::string& key_of(const IntegrationResponse& response) { return response.IntegrationResponseKey; }
const std::optional<std::string>& id_of(const RouteResponse& response) { return response.RouteResponseId; }
const std::optional<std::string>& id_of(const IntegrationResponse& response) { return response.IntegrationResponseId; }

/// Saves a new or changed response of `Owner`, which is a Route or an Integration.
template <typename Owner, typename Response>
Task<void> keep(store::Transaction& tx, Place place, std::string owner_id, Response response, uint64_t version) {
    check(response);
    co_await load_item<Owner>(tx, place, owner_id);
    const auto others = co_await all_parts<Response>(tx, place, owner_id);
    for (const auto& other : others) {
        // Unverified: the words.
        if (key_of(other) == key_of(response) && id_of(other) != id_of(response))
            throw ConflictException(fmt::format("A response with key {} already exists", key_of(response)));
    }
    save_part(tx, place, owner_id, response);
    save_address(tx, place, version);
}

}  // namespace

Task<CreateRouteResponseResponse> Service::create_route_response(Call& call, CreateRouteResponseRequest request) {
    RouteResponse response;
    response.RouteResponseId = new_id(call.random(), 7);
    response.RouteResponseKey = request.RouteResponseKey;
    take_over(response, request);
    const auto version = call.random().next();
    const auto place = place_of(call, request.ApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await check_protocol(tx, place);
        co_await keep<Route>(tx, place, request.RouteId, response, version);
    });
    co_return answer_of<CreateRouteResponseResponse>(response);
}

Task<GetRouteResponseResponse> Service::get_route_response(Call& call, GetRouteResponseRequest request) {
    const auto response = co_await store_.transact([&](store::Transaction& tx) -> Task<RouteResponse> {
        return load_part<RouteResponse>(tx, place_of(call, request.ApiId), request.RouteId, request.RouteResponseId);
    });
    co_return answer_of<GetRouteResponseResponse>(response);
}

Task<GetRouteResponsesResponse> Service::get_route_responses(Call& call, GetRouteResponsesRequest request) {
    const auto place = place_of(call, request.ApiId);
    auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<Page<RouteResponse>> {
        co_await load_item<Route>(tx, place, request.RouteId);
        co_return co_await list_parts<RouteResponse>(tx, place, request.RouteId, request.MaxResults, request.NextToken);
    });
    co_return GetRouteResponsesResponse{.Items = std::move(page.items), .NextToken = std::move(page.next_token)};
}

Task<UpdateRouteResponseResponse> Service::update_route_response(Call& call, UpdateRouteResponseRequest request) {
    const auto place = place_of(call, request.ApiId);
    const auto version = call.random().next();
    const auto updated = co_await store_.transact([&](store::Transaction& tx) -> Task<RouteResponse> {
        auto response = co_await load_part<RouteResponse>(tx, place, request.RouteId, request.RouteResponseId);
        take(response.RouteResponseKey, request.RouteResponseKey);
        take_over(response, request);
        co_await keep<Route>(tx, place, request.RouteId, response, version);
        co_return response;
    });
    co_return answer_of<UpdateRouteResponseResponse>(updated);
}

Task<DeleteRouteResponseResponse> Service::delete_route_response(Call& call, DeleteRouteResponseRequest request) {
    const auto place = place_of(call, request.ApiId);
    const auto version = call.random().next();
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_part<RouteResponse>(tx, place, request.RouteId, request.RouteResponseId);
        erase_part<RouteResponse>(tx, place, request.RouteId, request.RouteResponseId);
        save_address(tx, place, version);
    });
    co_return DeleteRouteResponseResponse{};
}

Task<CreateIntegrationResponseResponse> Service::create_integration_response(Call& call,
                                                                             CreateIntegrationResponseRequest request) {
    IntegrationResponse response;
    response.IntegrationResponseId = new_id(call.random(), 7);
    response.IntegrationResponseKey = request.IntegrationResponseKey;
    take_over(response, request);
    const auto version = call.random().next();
    const auto place = place_of(call, request.ApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await check_protocol(tx, place);
        co_await keep<Integration>(tx, place, request.IntegrationId, response, version);
    });
    co_return answer_of<CreateIntegrationResponseResponse>(response);
}

Task<GetIntegrationResponseResponse> Service::get_integration_response(Call& call,
                                                                       GetIntegrationResponseRequest request) {
    const auto response = co_await store_.transact([&](store::Transaction& tx) -> Task<IntegrationResponse> {
        return load_part<IntegrationResponse>(tx, place_of(call, request.ApiId), request.IntegrationId,
                                              request.IntegrationResponseId);
    });
    co_return answer_of<GetIntegrationResponseResponse>(response);
}

Task<GetIntegrationResponsesResponse> Service::get_integration_responses(Call& call,
                                                                         GetIntegrationResponsesRequest request) {
    const auto place = place_of(call, request.ApiId);
    auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<Page<IntegrationResponse>> {
        co_await load_item<Integration>(tx, place, request.IntegrationId);
        co_return co_await list_parts<IntegrationResponse>(tx, place, request.IntegrationId, request.MaxResults,
                                                           request.NextToken);
    });
    co_return GetIntegrationResponsesResponse{.Items = std::move(page.items), .NextToken = std::move(page.next_token)};
}

Task<UpdateIntegrationResponseResponse> Service::update_integration_response(Call& call,
                                                                             UpdateIntegrationResponseRequest request) {
    const auto place = place_of(call, request.ApiId);
    const auto version = call.random().next();
    const auto updated = co_await store_.transact([&](store::Transaction& tx) -> Task<IntegrationResponse> {
        auto response =
            co_await load_part<IntegrationResponse>(tx, place, request.IntegrationId, request.IntegrationResponseId);
        take(response.IntegrationResponseKey, request.IntegrationResponseKey);
        take_over(response, request);
        co_await keep<Integration>(tx, place, request.IntegrationId, response, version);
        co_return response;
    });
    co_return answer_of<UpdateIntegrationResponseResponse>(updated);
}

Task<DeleteIntegrationResponseResponse> Service::delete_integration_response(Call& call,
                                                                             DeleteIntegrationResponseRequest request) {
    const auto place = place_of(call, request.ApiId);
    const auto version = call.random().next();
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_part<IntegrationResponse>(tx, place, request.IntegrationId, request.IntegrationResponseId);
        erase_part<IntegrationResponse>(tx, place, request.IntegrationId, request.IntegrationResponseId);
        save_address(tx, place, version);
    });
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
