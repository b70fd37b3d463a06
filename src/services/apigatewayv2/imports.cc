// ImportApi, ReimportApi.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html

#include "services/apigatewayv2/answers.h"
#include "services/apigatewayv2/open_api.h"
#include "services/apigatewayv2/service.h"

namespace cumulet::apigatewayv2 {

using namespace aws::apigatewayv2;

namespace {

void describe(HttpApi& api, const Blueprint& blueprint) {
    api.Name = blueprint.name;
    api.Version = blueprint.version;
    api.Description = blueprint.description;
    api.CorsConfiguration = blueprint.cors;
    api.DisableExecuteApiEndpoint = blueprint.disable_endpoint;
}

/// Gives the routes, integrations and authorizers of a document their ids.
Definition build(Random& random, const Blueprint& blueprint) {
    Definition definition;
    std::map<std::string, std::string> authorizer_ids;
    for (const auto& [name, described] : blueprint.authorizers) {
        auto& authorizer = definition.authorizers.emplace_back(described);
        authorizer.AuthorizerId = authorizer_ids[name] = new_id(random, 6);
    }
    for (const auto& operation : blueprint.operations) {
        auto& route = definition.routes.emplace_back(operation.route);
        route.RouteId = new_id(random, 7);
        if (!operation.authorizer.empty()) route.AuthorizerId = authorizer_ids.at(operation.authorizer);
        if (!operation.integration) continue;
        auto& integration = definition.integrations.emplace_back(*operation.integration);
        integration.IntegrationId = new_id(random, 7);
        route.Target = "integrations/" + *integration.IntegrationId;
    }
    return definition;
}

void save_definition(store::Transaction& tx, const Place& place, const Definition& definition) {
    for (const auto& integration : definition.integrations) save_item(tx, place, integration);
    for (const auto& authorizer : definition.authorizers) save_item(tx, place, authorizer);
    for (const auto& route : definition.routes) save_item(tx, place, route);
}

}  // namespace

Task<ImportApiResponse> Service::import_api(Call& call, ImportApiRequest request) {
    auto blueprint = read_open_api(request.Body);
    apply_base_path(blueprint, request.Basepath.value_or("ignore"));
    HttpApi api;
    api.ApiId = wanted_id(blueprint.tags).value_or(new_id(call.random(), 10));
    api.ProtocolType = "HTTP";
    api.ApiKeySelectionExpression = "$request.header.x-api-key";
    api.RouteSelectionExpression = "$request.method $request.path";
    api.IpAddressType = "ipv4";
    api.CreatedDate = call.now();
    api.Tags = blueprint.tags;
    describe(api, blueprint);
    const auto definition = build(call.random(), blueprint);
    const auto version = call.random().next();

    const auto place = place_of(call, *api.ApiId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await check_free(tx, place.api_id);
        save_api(tx, place, api);
        save_definition(tx, place, definition);
        save_address(tx, place, version);
    });
    co_return answer_of<ImportApiResponse>(call, api);
}

Task<ReimportApiResponse> Service::reimport_api(Call& call, ReimportApiRequest request) {
    auto blueprint = read_open_api(request.Body);
    apply_base_path(blueprint, request.Basepath.value_or("ignore"));
    const auto definition = build(call.random(), blueprint);
    const auto version = call.random().next();

    const auto place = place_of(call, request.ApiId);
    const auto updated = co_await store_.transact([&](store::Transaction& tx) -> Task<HttpApi> {
        auto api = co_await load_api(tx, place);
        describe(api, blueprint);
        erase_items<Route>(tx, place);
        erase_items<Integration>(tx, place);
        erase_items<Authorizer>(tx, place);
        save_api(tx, place, api);
        save_definition(tx, place, definition);
        save_address(tx, place, version);
        co_return api;
    });
    co_return answer_of<ReimportApiResponse>(call, updated);
}

}  // namespace cumulet::apigatewayv2
