// PutGatewayResponse, GetGatewayResponse, GetGatewayResponses, UpdateGatewayResponse, DeleteGatewayResponse.
// https://docs.aws.amazon.com/apigateway/latest/api/API_PutGatewayResponse.html

#include "services/apigateway/gateway_response.h"
#include "services/apigateway/patch.h"
#include "services/apigateway/service.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

constexpr PatchRule rules[] = {
    {"/statusCode", "replace"},
    {"/responseParameters/{name}", "add remove replace"},
    {"/responseTemplates/{type}", "add remove replace"},
};
constexpr PatchTable table{rules, PatchWords::names_path};

/// What the API says of that type, or what AWS says.
Task<GatewayResponse> own_or_default(store::Transaction& tx, Place place, const GatewayResponseType& type) {
    auto own = co_await find_item<GatewayResponse>(tx, std::move(place), std::string(type.name));
    co_return own ? std::move(*own) : default_gateway_response(type);
}

void check_response(const GatewayResponse& response) {
    for (const auto& [target, source] : response.responseParameters.value_or(std::map<std::string, std::string>())) {
        if (!target.starts_with("gatewayresponse.header.")) {
            throw BadRequestException(
                fmt::format("Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid "
                            "mapping expression parameter specified: {}]",
                            target));
        }
    }
}

}  // namespace

Task<GatewayResponse> Service::put_gateway_response(Call& call, PutGatewayResponseRequest request) {
    auto response = default_gateway_response(gateway_response_type(request.responseType));
    response.defaultResponse = false;
    if (request.statusCode) response.statusCode = request.statusCode;
    if (request.responseParameters) response.responseParameters = request.responseParameters;
    if (request.responseTemplates) response.responseTemplates = request.responseTemplates;
    check_response(response);
    const auto place = place_of(call, request.restApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_api(tx, place);
        save_item(tx, place, response);
    });
    co_return response;
}

Task<GatewayResponse> Service::get_gateway_response(Call& call, GetGatewayResponseRequest request) {
    const auto place = place_of(call, request.restApiId);
    const auto& type = gateway_response_type(request.responseType);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<GatewayResponse> {
        co_await load_api(tx, place);
        co_return co_await own_or_default(tx, place, type);
    });
}

Task<GatewayResponses> Service::get_gateway_responses(Call& call, GetGatewayResponsesRequest request) {
    const auto place = place_of(call, request.restApiId);
    auto responses = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<GatewayResponse>> {
        co_await load_api(tx, place);
        std::vector<GatewayResponse> all;
        for (const auto& type : gateway_response_types()) all.push_back(co_await own_or_default(tx, place, type));
        co_return all;
    });
    auto page = page_of(std::move(responses), request.limit.value_or(500), request.position);
    co_return GatewayResponses{.position = std::move(page.position), .items = std::move(page.items)};
}

Task<GatewayResponse> Service::update_gateway_response(Call& call, UpdateGatewayResponseRequest request) {
    const auto place = place_of(call, request.restApiId);
    const auto& type = gateway_response_type(request.responseType);
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<GatewayResponse> {
        co_await load_api(tx, place);
        const auto before = co_await own_or_default(tx, place, type);
        auto response = patched(before, "GetGatewayResponse", table, request.patchOperations);
        response.defaultResponse = false;
        if (!response.responseParameters) response.responseParameters.emplace();
        if (!response.responseTemplates) response.responseTemplates.emplace();
        check_response(response);
        save_item(tx, place, response);
        co_return response;
    });
}

Task<DeleteGatewayResponseResponse> Service::delete_gateway_response(Call& call, DeleteGatewayResponseRequest request) {
    const auto place = place_of(call, request.restApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_api(tx, place);
        if (!co_await find_item<GatewayResponse>(tx, place, request.responseType))
            throw NotFoundException("Gateway response type not defined on api");
        erase_item<GatewayResponse>(tx, place, request.responseType);
    });
    co_return DeleteGatewayResponseResponse{};
}

}  // namespace cumulet::apigateway
