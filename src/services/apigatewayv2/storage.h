// The keys of API Gateway's HTTP and WebSocket APIs; nothing else knows them.
//
//   ("", "global", "apigatewayv2", "address") api id                          Address: whose API it is, and its version
//   (account, region, "apigatewayv2", "api") api id                           Api
//   (account, region, "apigatewayv2", "route") api id, route id               Route
//   (account, region, "apigatewayv2", "integration") api id, integration id   Integration
//   (account, region, "apigatewayv2", "authorizer") api id, authorizer id     Authorizer
//   (account, region, "apigatewayv2", "stage") api id, stage name             Stage
//   (account, region, "apigatewayv2", "deployment") api id, deployment id     Deployment
//   (account, region, "apigatewayv2", "route response") api id, route id, id
//   (account, region, "apigatewayv2", "integration response") api id, integration id, id
//   (account, region, "apigatewayv2", "model") api id, model id               Model
//   (account, region, "apigatewayv2", "VPC link") "", link id                 VpcLink
//   (account, region, "apigatewayv2", "snapshot") api id, deployment id       the routes, integrations, authorizers and
//   models that it deployed
//
// Whoever calls an API has no account, so addresses stand outside all of them. Every change of an API changes the
// version in its address: a routing table in memory is current while that version stands.
#pragma once

#include "contracts/apigatewayv2.h"
#include "runtime/call.h"
#include "store/store.h"

namespace cumulet::apigatewayv2 {

using aws::apigatewayv2::Authorizer;
using aws::apigatewayv2::Deployment;
using aws::apigatewayv2::Integration;
using aws::apigatewayv2::IntegrationResponse;
using aws::apigatewayv2::Model;
using aws::apigatewayv2::Route;
using aws::apigatewayv2::RouteResponse;
using aws::apigatewayv2::Stage;
using aws::apigatewayv2::VpcLink;
/// AWS's Api; the generated class of operations has that name.
using HttpApi = aws::apigatewayv2::Api_;

/// Where an API lives.
struct Place {
    std::string account;
    std::string region;
    std::string api_id;
};

struct Address {
    Place place;
    uint64_t version = 0;  ///< a random number, another after each change
};

/// What a stage serves.
struct Definition {
    std::vector<Route> routes;
    std::vector<Integration> integrations;
    std::vector<Authorizer> authorizers;
    std::vector<Model> models;
    std::map<std::string, std::vector<RouteResponse>> route_responses;              ///< by route id
    std::map<std::string, std::vector<IntegrationResponse>> integration_responses;  ///< by integration id
};

template <typename T>
struct Page {
    std::vector<T> items;
    std::optional<std::string> next_token;
};

/// The place of the caller's API `api_id`, whether or not it exists.
Place place_of(const Call& call, std::string api_id);

Task<std::optional<Address>> find_address(store::Transaction& tx, std::string api_id);
/// Says that the API changed: routing tables made of another version are stale.
void save_address(store::Transaction& tx, const Place& place, uint64_t version);

/// True if there is an API of that id, whoever's.
Task<bool> has_api(store::Transaction& tx, std::string api_id);

Task<std::optional<HttpApi>> find_api(store::Transaction& tx, Place place);
/// Throws NotFoundException.
Task<HttpApi> load_api(store::Transaction& tx, Place place);
void save_api(store::Transaction& tx, const Place& place, const HttpApi& api);
/// Removes the API and all that belongs to it.
void erase_api(store::Transaction& tx, const Place& place);
/// The APIs of the caller's account and region, in pages. Throws BadRequestException for a page size or token that is
/// none.
Task<Page<HttpApi>> list_apis(store::Transaction& tx, const Call& call, std::optional<std::string> max_results,
                              std::optional<std::string> token);

// T is Route, Integration, Authorizer, Stage, Deployment, Model, or VpcLink, which belongs to the API ""; `id` is a
// stage's name. All need the API to exist where they say "load".
template <typename T>
Task<std::optional<T>> find_item(store::Transaction& tx, Place place, std::string id);
/// Throws NotFoundException.
template <typename T>
Task<T> load_item(store::Transaction& tx, Place place, std::string id);
template <typename T>
void save_item(store::Transaction& tx, const Place& place, const T& item);
template <typename T>
void erase_item(store::Transaction& tx, const Place& place, const std::string& id);
template <typename T>
void erase_items(store::Transaction& tx, const Place& place);
/// All items, which no API may have more than `most_items` of.
template <typename T>
Task<std::vector<T>> all_items(store::Transaction& tx, Place place);
template <typename T>
Task<Page<T>> list_items(store::Transaction& tx, Place place, std::optional<std::string> max_results,
                         std::optional<std::string> token);
/// Throws TooManyRequestsException if the API has as many of them as AWS allows.
template <typename T>
Task<void> check_room(store::Transaction& tx, Place place);

// T is RouteResponse, a part of a route, or IntegrationResponse, a part of an integration: `owner_id` is that one's.
/// Throws NotFoundException.
template <typename T>
Task<T> load_part(store::Transaction& tx, Place place, std::string owner_id, std::string id);
template <typename T>
void save_part(store::Transaction& tx, const Place& place, const std::string& owner_id, const T& part);
template <typename T>
void erase_part(store::Transaction& tx, const Place& place, const std::string& owner_id, const std::string& id);
template <typename T>
void erase_parts(store::Transaction& tx, const Place& place, const std::string& owner_id);
template <typename T>
Task<std::vector<T>> all_parts(store::Transaction& tx, Place place, std::string owner_id);
template <typename T>
Task<Page<T>> list_parts(store::Transaction& tx, Place place, std::string owner_id,
                         std::optional<std::string> max_results, std::optional<std::string> token);

/// How many items a page has. Throws BadRequestException for what is no number of any.
size_t page_size(const std::optional<std::string>& max_results);
/// Where a page of what is in memory begins, and the token of that place. Throws BadRequestException.
size_t page_begin(const std::optional<std::string>& token);
std::string page_token(size_t begin);
/// One page of what is in memory.
template <typename T>
Page<T> page_of(std::vector<T> all, const std::optional<std::string>& max_results,
                const std::optional<std::string>& token) {
    const auto begin = std::min(page_begin(token), all.size());
    const auto end = std::min(begin + page_size(max_results), all.size());
    Page<T> page;
    if (end < all.size()) page.next_token = page_token(end);
    page.items.assign(std::make_move_iterator(all.begin() + static_cast<ptrdiff_t>(begin)),
                      std::make_move_iterator(all.begin() + static_cast<ptrdiff_t>(end)));
    return page;
}

/// The model of that name, or of that id, which is what references in templates say; nullptr if there is none.
const Model* find_model(const std::vector<Model>& models, std::string_view name);
/// Throws BadRequestException where `models`, names by key, names a model that the API does not have.
Task<void> check_models_exist(store::Transaction& tx, Place place,
                              std::optional<std::map<std::string, std::string>> models);

Task<Definition> live_definition(store::Transaction& tx, Place place);
/// What was deployed, empty if nothing of that id was.
Task<Definition> find_snapshot(store::Transaction& tx, Place place, std::string deployment_id);
void save_snapshot(store::Transaction& tx, const Place& place, const std::string& deployment_id,
                   const Definition& definition);
void erase_snapshot(store::Transaction& tx, const Place& place, const std::string& deployment_id);

}  // namespace cumulet::apigatewayv2
