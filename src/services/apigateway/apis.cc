// CreateRestApi, GetRestApi, GetRestApis, UpdateRestApi, DeleteRestApi.
// https://docs.aws.amazon.com/apigateway/latest/api/API_CreateRestApi.html

#include "services/apigateway/patch.h"
#include "services/apigateway/rest_api.h"
#include "services/apigateway/service.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

constexpr PatchRule rules[] = {
    {"/name", "replace"},
    {"/description", "replace remove"},
    {"/version", "replace remove"},
    {"/policy", "replace remove"},
    {"/apiKeySource", "replace"},
    {"/binaryMediaTypes/{type}", "add remove replace", Patched::named_element},
    {"/minimumCompressionSize", "replace", Patched::number, "",
     "Invalid minimum compression size, must be between 0 and 10485760"},
    {"/disableExecuteApiEndpoint", "replace", Patched::flag},
    {"/endpointConfiguration/types/{type}", "add remove replace", Patched::named_element},
    {"/endpointConfiguration/ipAddressType", "replace"},
    {"/endpointConfiguration/vpcEndpointIds", "add remove replace", Patched::valued_element},
    {"/securityPolicy", "replace"},
    {"/endpointAccessMode", "replace"},
};
constexpr PatchTable table{rules, PatchWords::names_path};

void settle_endpoint(EndpointConfiguration& endpoint) {
    if (!endpoint.types || endpoint.types->empty()) endpoint.types = {"EDGE"};
    // A type that was named by its position leaves the old one behind.
    if (endpoint.types->size() > 1) endpoint.types = {endpoint.types->back()};
    const bool is_private = endpoint.types->front() == "PRIVATE";
    if (!endpoint.ipAddressType) endpoint.ipAddressType = is_private ? "dualstack" : "ipv4";
}

RestApi new_api(Call& call, CreateRestApiRequest& request) {
    RestApi api;
    auto tags = request.tags.value_or(std::map<std::string, std::string>());
    api.id = wanted_id(tags).value_or(new_id(call.random(), 10));
    if (!tags.empty()) api.tags = std::move(tags);
    api.name = request.name;
    api.description = request.description;
    api.version = request.version;
    api.createdDate = call.now();
    if (request.binaryMediaTypes && !request.binaryMediaTypes->empty()) api.binaryMediaTypes = request.binaryMediaTypes;
    api.minimumCompressionSize = request.minimumCompressionSize;
    api.apiKeySource = request.apiKeySource.value_or("HEADER");
    api.endpointConfiguration = request.endpointConfiguration.value_or(EndpointConfiguration());
    settle_endpoint(*api.endpointConfiguration);
    api.policy = request.policy;
    api.disableExecuteApiEndpoint = request.disableExecuteApiEndpoint.value_or(false);
    api.securityPolicy = request.securityPolicy;
    api.endpointAccessMode = request.endpointAccessMode;
    api.rootResourceId = new_id(call.random(), 10);
    check_api(api);
    return api;
}

/// What CreateRestApi makes beside the API itself.
Definition first_definition(Call& call, const RestApi& api) {
    Definition definition;
    definition.models = default_models(call.random());
    Resource root;
    root.id = api.rootResourceId;
    root.path = "/";
    definition.resources.push_back(std::move(root));
    return definition;
}

}  // namespace

RestApi shown(RestApi api) {
    if (!api.policy) return api;
    std::string quoted;
    append_json_string(quoted, *api.policy);
    api.policy = quoted.substr(1, quoted.size() - 2);
    return api;
}

Task<bool> has_api(store::Transaction& tx, std::string api_id) {
    co_return (co_await find_address(tx, std::move(api_id))).has_value();
}

Task<void> Service::check_free(store::Transaction& tx, std::string api_id) {
    if (co_await has_api(tx, api_id) || (has_other_api_ && co_await has_other_api_(tx, api_id)))
        throw ConflictException(fmt::format("API {} already exists.", api_id));
}

Task<RestApi> Service::create_rest_api(Call& call, CreateRestApiRequest request) {
    auto api = new_api(call, request);
    const auto fresh = first_definition(call, api);
    const auto version = call.random().next();

    const auto place = place_of(call, *api.id);
    const auto made = co_await store_.transact([&](store::Transaction& tx) -> Task<RestApi> {
        co_await check_room<RestApi>(tx, place_of(call));
        co_await check_free(tx, place.owner);
        auto definition = fresh;
        auto saved = api;
        if (request.cloneFrom) {
            definition = co_await read_definition(tx, place_of(call, *request.cloneFrom), "");
            saved.rootResourceId = definition.api.rootResourceId;
            if (!saved.binaryMediaTypes) saved.binaryMediaTypes = definition.api.binaryMediaTypes;
        }
        save_api(tx, place, saved);
        save_definition(tx, place, definition);
        save_address(tx, place, version);
        co_return saved;
    });
    co_return shown(made);
}

Task<RestApi> Service::get_rest_api(Call& call, GetRestApiRequest request) {
    co_return shown(co_await store_.transact(
        [&](store::Transaction& tx) -> Task<RestApi> { return load_api(tx, place_of(call, request.restApiId)); }));
}

Task<RestApis> Service::get_rest_apis(Call& call, GetRestApisRequest request) {
    auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<Page<RestApi>> {
        return list_items<RestApi>(tx, place_of(call), request.limit, request.position);
    });
    for (auto& api : page.items) api = shown(std::move(api));
    co_return RestApis{.position = std::move(page.position), .items = std::move(page.items)};
}

Task<RestApi> Service::update_rest_api(Call& call, UpdateRestApiRequest request) {
    const auto place = place_of(call, request.restApiId);
    const auto version = call.random().next();
    co_return shown(co_await store_.transact([&](store::Transaction& tx) -> Task<RestApi> {
        const auto before = co_await load_api(tx, place);
        auto api = patched(before, "GetRestApi", table, request.patchOperations);
        const auto was = before.endpointConfiguration->types;
        if (!api.endpointConfiguration) api.endpointConfiguration.emplace();
        settle_endpoint(*api.endpointConfiguration);
        if (api.endpointConfiguration->types != was && api.endpointConfiguration->types->front() == "PRIVATE" &&
            api.endpointConfiguration->ipAddressType == before.endpointConfiguration->ipAddressType)
            api.endpointConfiguration->ipAddressType = "dualstack";
        if (api.binaryMediaTypes && api.binaryMediaTypes->empty()) api.binaryMediaTypes.reset();
        if (api.policy && api.policy->empty()) api.policy.reset();
        if (api.description && api.description->empty()) api.description.reset();
        check_api(api);
        if (!api.tags) api.tags.emplace();
        save_api(tx, place, api);
        save_address(tx, place, version);
        co_return api;
    }));
}

Task<DeleteRestApiResponse> Service::delete_rest_api(Call& call, DeleteRestApiRequest request) {
    const auto place = place_of(call, request.restApiId);
    co_await check_unmapped(call, request.restApiId, std::nullopt);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_api(tx, place);
        erase_api(tx, place);
    });
    co_return DeleteRestApiResponse{};
}

}  // namespace cumulet::apigateway
