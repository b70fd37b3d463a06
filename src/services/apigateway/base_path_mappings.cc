// CreateBasePathMapping, GetBasePathMapping, GetBasePathMappings, UpdateBasePathMapping, DeleteBasePathMapping: what
// HTTP APIs know as API mappings, with base paths of one segment.
// https://docs.aws.amazon.com/apigateway/latest/api/API_CreateBasePathMapping.html

#include "services/apigateway/patch.h"
#include "services/apigateway/rest_api.h"
#include "services/apigateway/service.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;
using aws::apigatewayv2::ApiMapping;
using contracts::ApiDomain;

namespace {

constexpr std::string_view no_path = "(none)";
constexpr PatchRule rules[] = {
    {"/basePath", "replace"}, {"/restapiId", "replace", Patched::text, "/restApiId"}, {"/stage", "replace"}};
constexpr PatchTable table{rules};

std::string key_of(const std::optional<std::string>& base_path) {
    const auto path = base_path.value_or("");
    if (path == no_path) return "";
    if (path.contains('/')) {
        throw BadRequestException(
            "API Gateway V1 doesn't support the slash character (/) in base path mappings. To create a multi-level "
            "base path mapping, use API Gateway V2.");
    }
    const auto fits = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("$-_.+!*'()").contains(c);
    };
    // Unverified: the words.
    if (path.size() > 300 || !std::ranges::all_of(path, fits))
        throw BadRequestException("Base path should only contain letters, numbers and one of $-_.+!*'()");
    return path;
}

BasePathMapping shown(const ApiMapping& mapping) {
    BasePathMapping result;
    result.basePath = mapping.ApiMappingKey->empty() ? std::string(no_path) : *mapping.ApiMappingKey;
    result.restApiId = mapping.ApiId;
    if (!mapping.Stage.empty()) result.stage = mapping.Stage;
    return result;
}

ApiMapping kept(const BasePathMapping& mapping, std::string id) {
    return {.ApiId = mapping.restApiId.value_or(""),
            .ApiMappingId = std::move(id),
            .ApiMappingKey = key_of(mapping.basePath),
            .Stage = mapping.stage.value_or("")};
}

/// By the base path of a request's own path, where "(none)" stands for none.
std::vector<ApiMapping>::iterator find_mapping(ApiDomain& domain, const std::string& base_path) {
    const auto key = base_path == no_path ? std::string() : base_path;
    const auto found = std::ranges::find(domain.mappings, key, &ApiMapping::ApiMappingKey);
    if (found == domain.mappings.end()) throw NotFoundException("Invalid base path mapping identifier specified");
    return found;
}

void check_key(const ApiDomain& domain, const ApiMapping& mapping) {
    for (const auto& each : domain.mappings) {
        if (each.ApiMappingId != mapping.ApiMappingId && each.ApiMappingKey == mapping.ApiMappingKey)
            throw ConflictException("Base path already exists for this domain name");
    }
}

Task<void> check_target(store::Transaction& tx, Place account, ApiMapping mapping) {
    if (!co_await find_item<RestApi>(tx, account, mapping.ApiId))
        throw BadRequestException("Invalid REST API identifier specified");
    if (mapping.Stage.empty()) co_return;
    const Place api{account.account, account.region, mapping.ApiId};
    if (!co_await find_item<Stage>(tx, api, mapping.Stage))
        throw BadRequestException("Invalid stage identifier specified");
}

}  // namespace

Task<BasePathMapping> Service::create_base_path_mapping(Call& call, CreateBasePathMappingRequest request) {
    const auto mapping = kept({.basePath = request.basePath, .restApiId = request.restApiId, .stage = request.stage},
                              new_id(call.random(), 6));
    co_await load_domain(call, request.domainName, request.domainNameId);
    co_await store_.transact(
        [&](store::Transaction& tx) -> Task<void> { return check_target(tx, place_of(call), mapping); });
    co_await edit_domain(call, request.domainName, request.domainNameId, [&](ApiDomain& domain) {
        check_key(domain, mapping);
        // Unverified: the words.
        if (domain.mappings.size() >= contracts::ApiDomains::most_mappings)
            throw LimitExceededException("Maximum number of base path mappings for this domain name has been reached");
        domain.mappings.push_back(mapping);
    });
    co_return shown(mapping);
}

Task<BasePathMapping> Service::get_base_path_mapping(Call& call, GetBasePathMappingRequest request) {
    auto domain = co_await load_domain(call, request.domainName, request.domainNameId);
    co_return shown(*find_mapping(domain, request.basePath));
}

Task<BasePathMappings> Service::get_base_path_mappings(Call& call, GetBasePathMappingsRequest request) {
    const auto domain = co_await load_domain(call, request.domainName, request.domainNameId);
    std::vector<BasePathMapping> all;
    for (const auto& mapping : domain.mappings) all.push_back(shown(mapping));
    std::ranges::sort(all, {}, &BasePathMapping::basePath);
    auto page = page_of(std::move(all), request.limit, request.position);
    co_return BasePathMappings{.position = std::move(page.position), .items = std::move(page.items)};
}

Task<BasePathMapping> Service::update_base_path_mapping(Call& call, UpdateBasePathMappingRequest request) {
    auto before = co_await load_domain(call, request.domainName, request.domainNameId);
    const auto found = *find_mapping(before, request.basePath);
    const auto mapping =
        kept(patched(shown(found), "GetBasePathMapping", table, request.patchOperations), *found.ApiMappingId);
    co_await store_.transact(
        [&](store::Transaction& tx) -> Task<void> { return check_target(tx, place_of(call), mapping); });
    co_await edit_domain(call, request.domainName, request.domainNameId, [&](ApiDomain& domain) {
        check_key(domain, mapping);
        *find_mapping(domain, request.basePath) = mapping;
    });
    co_return shown(mapping);
}

Task<DeleteBasePathMappingResponse> Service::delete_base_path_mapping(Call& call,
                                                                      DeleteBasePathMappingRequest request) {
    co_await edit_domain(call, request.domainName, request.domainNameId,
                         [&](ApiDomain& domain) { domain.mappings.erase(find_mapping(domain, request.basePath)); });
    co_return DeleteBasePathMappingResponse{};
}

}  // namespace cumulet::apigateway
