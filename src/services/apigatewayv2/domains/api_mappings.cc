// CreateApiMapping, GetApiMapping, GetApiMappings, UpdateApiMapping, DeleteApiMapping.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/domainnames-domainname-apimappings.html

#include "contracts/apigateway.h"
#include "services/apigatewayv2/domains/domain.h"
#include "services/apigatewayv2/http_api.h"
#include "services/apigatewayv2/service.h"

namespace cumulet::apigatewayv2 {

using namespace aws::apigatewayv2;

namespace {

template <typename Answer>
Answer answer_of(const ApiMapping& mapping) {
    Answer answer;
    answer.ApiId = mapping.ApiId;
    answer.ApiMappingId = mapping.ApiMappingId;
    answer.ApiMappingKey = mapping.ApiMappingKey;
    answer.Stage = mapping.Stage;
    return answer;
}

std::vector<ApiMapping>::iterator find_mapping(ApiDomain& domain, const std::string& id) {
    const auto found = std::ranges::find(domain.mappings, id, &ApiMapping::ApiMappingId);
    // Unverified: the words.
    if (found == domain.mappings.end()) throw NotFoundException("Invalid API mapping identifier specified");
    return found;
}

}  // namespace

// Of a REST API another service knows; it is asked on the region's behalf, since the caller needs no permission for it.
Task<void> Service::check_rest_stage(Call& call, std::string api_id, std::string stage) {
    auto asking = service_call(call.reactor(), "apigateway.amazonaws.com", call.account, call.region);
    aws::apigateway::Client rest_apis(door_);
    std::string_view missing;
    try {
        missing = "Invalid API identifier specified";
        co_await rest_apis.get_rest_api(asking, {.restApiId = api_id});
        missing = "Invalid stage identifier specified";
        co_await rest_apis.get_stage(asking, {.restApiId = api_id, .stageName = stage});
        co_return;
    } catch (const aws::Error& error) {
        if (error.status >= 500 && error.status != 501) throw;
    }
    throw BadRequestException(std::string(missing));
}

Task<bool> Service::check_stage_exists(Call& call, std::string api_id, std::string stage) {
    struct Found {
        std::optional<HttpApi> api;
        bool stage = false;
    };
    const auto found = co_await store_.transact([&](store::Transaction& tx) -> Task<Found> {
        const auto place = place_of(call, api_id);
        Found result{.api = co_await find_api(tx, place)};
        if (result.api) result.stage = (co_await find_item<Stage>(tx, place, stage)).has_value();
        co_return result;
    });
    if (!found.api) {
        co_await check_rest_stage(call, std::move(api_id), std::move(stage));
        co_return false;
    }
    if (!found.stage) throw BadRequestException("Invalid stage identifier specified");
    co_return found.api->ProtocolType == "WEBSOCKET";
}

Task<void> Service::check_target(Call& call, std::string domain_name, std::string api_id, std::string stage) {
    const auto domain = co_await load_domain(call, std::move(domain_name));
    const bool web_socket = co_await check_stage_exists(call, std::move(api_id), std::move(stage));
    if (domain.mappings.empty()) co_return;
    const auto mapped = domain.mappings.front().ApiId;
    const auto other = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<std::optional<HttpApi>> { return find_api(tx, place_of(call, mapped)); });
    // Unverified: the words.
    if (web_socket != (other && other->ProtocolType == "WEBSOCKET"))
        throw BadRequestException("A domain name cannot be mapped to WebSocket APIs and to other APIs");
}

Task<CreateApiMappingResponse> Service::create_api_mapping(Call& call, CreateApiMappingRequest request) {
    const ApiMapping mapping{.ApiId = request.ApiId,
                             .ApiMappingId = new_id(call.random(), 6),
                             .ApiMappingKey = mapping_key(request.ApiMappingKey),
                             .Stage = request.Stage};
    co_await check_target(call, request.DomainName, request.ApiId, request.Stage);
    co_await edit_domain(call, request.DomainName, [&](ApiDomain& domain) {
        check_mapping(domain, *mapping.ApiMappingId, *mapping.ApiMappingKey);
        domain.mappings.push_back(mapping);
    });
    co_return answer_of<CreateApiMappingResponse>(mapping);
}

Task<GetApiMappingResponse> Service::get_api_mapping(Call& call, GetApiMappingRequest request) {
    auto domain = co_await load_domain(call, request.DomainName);
    co_return answer_of<GetApiMappingResponse>(*find_mapping(domain, request.ApiMappingId));
}

Task<GetApiMappingsResponse> Service::get_api_mappings(Call& call, GetApiMappingsRequest request) {
    auto domain = co_await load_domain(call, request.DomainName);
    auto page = page_of(std::move(domain.mappings), request.MaxResults, request.NextToken);
    co_return GetApiMappingsResponse{.Items = std::move(page.items), .NextToken = std::move(page.next_token)};
}

Task<UpdateApiMappingResponse> Service::update_api_mapping(Call& call, UpdateApiMappingRequest request) {
    auto before = co_await load_domain(call, request.DomainName);
    auto mapping = *find_mapping(before, request.ApiMappingId);
    mapping.ApiId = request.ApiId;
    if (request.Stage) mapping.Stage = *request.Stage;
    if (request.ApiMappingKey) mapping.ApiMappingKey = mapping_key(request.ApiMappingKey);
    co_await check_stage_exists(call, mapping.ApiId, mapping.Stage);
    co_await edit_domain(call, request.DomainName, [&](ApiDomain& domain) {
        check_mapping(domain, request.ApiMappingId, *mapping.ApiMappingKey);
        *find_mapping(domain, request.ApiMappingId) = mapping;
    });
    co_return answer_of<UpdateApiMappingResponse>(mapping);
}

Task<DeleteApiMappingResponse> Service::delete_api_mapping(Call& call, DeleteApiMappingRequest request) {
    co_await edit_domain(call, request.DomainName,
                         [&](ApiDomain& domain) { domain.mappings.erase(find_mapping(domain, request.ApiMappingId)); });
    co_return DeleteApiMappingResponse{};
}

}  // namespace cumulet::apigatewayv2
