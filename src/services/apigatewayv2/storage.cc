#include "services/apigatewayv2/storage.h"

#include <charconv>

#include "base/bytes.h"
#include "contracts/reflect.h"
#include "store/record.h"

namespace cumulet::apigatewayv2 {
namespace {

using namespace aws::apigatewayv2;
using store::Key;
using store::Range;

constexpr int64_t largest_page = 500;

Key addresses() {
    return Key(std::string_view(), std::string_view("global"), std::string_view("apigatewayv2"),
               std::string_view("address"));
}

Key collection(const std::string& account, const std::string& region, std::string_view name) {
    return Key(account, region, std::string_view("apigatewayv2"), name);
}
Key collection(const Place& place, std::string_view name) {
    return std::move(collection(place.account, place.region, name) << place.api_id);
}

/// The table of what a list operation lists.
const contracts::Shape& item_shape(std::string_view operation) {
    for (const auto& member : aws::apigatewayv2::service.find(operation)->output->members) {
        if (member.name == "Items") return *member.shape->element;
    }
    throw std::logic_error("a list operation without items");
}

/// What tells the kinds of items apart.
template <typename T>
struct Kind;
template <>
struct Kind<Route> {
    static constexpr std::string_view collection = "route", operation = "GetRoutes", noun = "Route";
    static constexpr size_t most = 300;
    static std::string id(const Route& route) { return route.RouteId.value_or(""); }
};
template <>
struct Kind<Integration> {
    static constexpr std::string_view collection = "integration", operation = "GetIntegrations", noun = "Integration";
    static constexpr size_t most = 300;
    static std::string id(const Integration& integration) { return integration.IntegrationId.value_or(""); }
};
template <>
struct Kind<Authorizer> {
    static constexpr std::string_view collection = "authorizer", operation = "GetAuthorizers", noun = "Authorizer";
    static constexpr size_t most = 10;
    static std::string id(const Authorizer& authorizer) { return authorizer.AuthorizerId.value_or(""); }
};
template <>
struct Kind<Stage> {
    static constexpr std::string_view collection = "stage", operation = "GetStages", noun = "stage";
    static constexpr size_t most = 10;
    static std::string id(const Stage& stage) { return stage.StageName; }
};
template <>
struct Kind<Deployment> {
    static constexpr std::string_view collection = "deployment", operation = "GetDeployments", noun = "Deployment";
    static constexpr size_t most = 1000;
    static std::string id(const Deployment& deployment) { return deployment.DeploymentId.value_or(""); }
};
template <>
struct Kind<Model> {
    static constexpr std::string_view collection = "model", operation = "GetModels", noun = "Model";
    static constexpr size_t most = 400;
    static std::string id(const Model& model) { return model.ModelId.value_or(""); }
};
template <>
struct Kind<VpcLink> {
    static constexpr std::string_view collection = "VPC link", operation = "GetVpcLinks", noun = "VpcLink";
    static constexpr size_t most = 10;
    static std::string id(const VpcLink& link) { return link.VpcLinkId; }
};

template <>
struct Kind<RouteResponse> {
    static constexpr std::string_view collection = "route response", operation = "GetRouteResponses",
                                      noun = "RouteResponse";
    static constexpr size_t most = 300;
    static std::string id(const RouteResponse& response) { return response.RouteResponseId.value_or(""); }
};
template <>
struct Kind<IntegrationResponse> {
    static constexpr std::string_view collection = "integration response", operation = "GetIntegrationResponses",
                                      noun = "IntegrationResponse";
    static constexpr size_t most = 300;
    static std::string id(const IntegrationResponse& response) { return response.IntegrationResponseId.value_or(""); }
};

template <typename T>
const contracts::Shape& shape_of() {
    static const auto& shape = item_shape(Kind<T>::operation);
    return shape;
}
template <>
const contracts::Shape& shape_of<HttpApi>() {
    static const auto& shape = item_shape("GetApis");
    return shape;
}

template <typename T>
std::string encode(const T& value) {
    return store::RecordWriter(1).text(json::serialize(contracts::to_json(shape_of<T>(), &value))).take();
}

template <typename T>
T from_value(const json::value& source) {
    T value;
    contracts::from_json(shape_of<T>(), &value, source);
    return value;
}

template <typename T>
T decode(std::string_view bytes) {
    store::RecordReader reader(bytes);
    const auto parsed = parse_json(reader.view());
    if (!parsed) throw std::runtime_error("a stored record is damaged: " + parsed.error());
    return from_value<T>(*parsed);
}

template <typename T>
json::array to_array(const std::vector<T>& items) {
    json::array array;
    for (const auto& item : items) array.push_back(contracts::to_json(shape_of<T>(), &item));
    return array;
}

template <typename T>
Task<Page<T>> list(store::Transaction& tx, Key all, std::optional<std::string> max_results,
                   std::optional<std::string> token) {
    const auto size = page_size(max_results);
    auto range = Range::prefix(all);
    if (token) {
        const auto last = from_base64(*token);
        if (!last) throw BadRequestException("Invalid nextToken");
        range.begin = Range::prefix(Key(all) << *last).end;
    }
    Page<T> page;
    std::string last;
    for (const auto& entry : co_await tx.scan(range, {.limit = size + 1})) {
        if (page.items.size() == size) {
            page.next_token = to_base64(last);
            break;
        }
        last = store::KeyReader(entry.key, all.bytes()).text();
        page.items.push_back(decode<T>(entry.value));
    }
    co_return page;
}

}  // namespace

size_t page_size(const std::optional<std::string>& max_results) {
    if (!max_results) return largest_page;
    int64_t size = 0;
    const auto* end = max_results->data() + max_results->size();
    const auto [read, error] = std::from_chars(max_results->data(), end, size);
    if (error != std::errc() || read != end || size < 1) throw BadRequestException("Invalid value for maxResults");
    return static_cast<size_t>(std::min(size, largest_page));
}

size_t page_begin(const std::optional<std::string>& token) {
    if (!token) return 0;
    size_t begin = 0;
    const auto text = from_base64(*token).value_or("");
    const auto [read, error] = std::from_chars(text.data(), text.data() + text.size(), begin);
    if (error != std::errc() || read != text.data() + text.size()) throw BadRequestException("Invalid nextToken");
    return begin;
}

std::string page_token(size_t begin) { return to_base64(std::to_string(begin)); }

Place place_of(const Call& call, std::string api_id) { return {call.account, call.region, std::move(api_id)}; }

Task<std::optional<Address>> find_address(store::Transaction& tx, std::string api_id) {
    const auto bytes = co_await tx.get(addresses() << api_id);
    if (!bytes) co_return std::nullopt;
    store::RecordReader reader(*bytes);
    Address address;
    address.place.account = reader.text();
    address.place.region = reader.text();
    address.place.api_id = std::move(api_id);
    address.version = static_cast<uint64_t>(reader.number());
    co_return address;
}

void save_address(store::Transaction& tx, const Place& place, uint64_t version) {
    store::RecordWriter writer(1);
    writer.text(place.account).text(place.region).number(static_cast<int64_t>(version));
    tx.put(addresses() << place.api_id, writer.take());
}

Task<bool> has_api(store::Transaction& tx, std::string api_id) {
    co_return (co_await find_address(tx, std::move(api_id))).has_value();
}

Task<std::optional<HttpApi>> find_api(store::Transaction& tx, Place place) {
    const auto bytes = co_await tx.get(collection(place, "api"));
    if (!bytes) co_return std::nullopt;
    co_return decode<HttpApi>(*bytes);
}

Task<HttpApi> load_api(store::Transaction& tx, Place place) {
    auto api = co_await find_api(tx, place);
    if (!api) {
        throw NotFoundException(fmt::format("Invalid API identifier specified {}:{}", place.account, place.api_id));
    }
    co_return std::move(*api);
}

void save_api(store::Transaction& tx, const Place& place, const HttpApi& api) {
    tx.put(collection(place, "api"), encode(api));
}

void erase_api(store::Transaction& tx, const Place& place) {
    for (const auto name : {"route", "integration", "authorizer", "stage", "deployment", "snapshot", "route response",
                            "integration response", "model"}) {
        tx.erase_range(Range::prefix(collection(place, name)));
    }
    tx.erase(collection(place, "api"));
    tx.erase(addresses() << place.api_id);
}

Task<Page<HttpApi>> list_apis(store::Transaction& tx, const Call& call, std::optional<std::string> max_results,
                              std::optional<std::string> token) {
    return list<HttpApi>(tx, collection(call.account, call.region, "api"), std::move(max_results), std::move(token));
}

template <typename T>
Task<std::optional<T>> find_item(store::Transaction& tx, Place place, std::string id) {
    const auto bytes = co_await tx.get(collection(place, Kind<T>::collection) << id);
    if (!bytes) co_return std::nullopt;
    co_return decode<T>(*bytes);
}

template <typename T>
Task<T> load_item(store::Transaction& tx, Place place, std::string id) {
    co_await load_api(tx, place);
    auto item = co_await find_item<T>(tx, place, id);
    // Unverified: the words for what is not an API.
    if (!item) throw NotFoundException(fmt::format("Invalid {} identifier specified {}", Kind<T>::noun, id));
    co_return std::move(*item);
}

template <typename T>
void save_item(store::Transaction& tx, const Place& place, const T& item) {
    tx.put(collection(place, Kind<T>::collection) << Kind<T>::id(item), encode(item));
}

template <typename T>
void erase_item(store::Transaction& tx, const Place& place, const std::string& id) {
    tx.erase(collection(place, Kind<T>::collection) << id);
}

template <typename T>
void erase_items(store::Transaction& tx, const Place& place) {
    tx.erase_range(Range::prefix(collection(place, Kind<T>::collection)));
}

template <typename T>
Task<std::vector<T>> all_items(store::Transaction& tx, Place place) {
    std::vector<T> items;
    const auto range = Range::prefix(collection(place, Kind<T>::collection));
    for (const auto& entry : co_await tx.scan(range, {.limit = Kind<T>::most})) items.push_back(decode<T>(entry.value));
    co_return items;
}

template <typename T>
Task<Page<T>> list_items(store::Transaction& tx, Place place, std::optional<std::string> max_results,
                         std::optional<std::string> token) {
    co_await load_api(tx, place);
    co_return co_await list<T>(tx, collection(place, Kind<T>::collection), std::move(max_results), std::move(token));
}

template <typename T>
Task<void> check_room(store::Transaction& tx, Place place) {
    const auto range = Range::prefix(collection(place, Kind<T>::collection));
    const auto found = co_await tx.scan(range, {.limit = Kind<T>::most});
    // Unverified: the words.
    if (found.size() == Kind<T>::most) {
        throw TooManyRequestsException(
            fmt::format("Maximum number of {}s for this API has been reached.", Kind<T>::noun));
    }
}

namespace {

template <typename T>
Key parts_of(const Place& place, const std::string& owner_id) {
    return std::move(collection(place, Kind<T>::collection) << owner_id);
}

template <typename T>
Task<std::map<std::string, std::vector<T>>> parts_by_owner(store::Transaction& tx, Place place) {
    std::map<std::string, std::vector<T>> parts;
    const auto all = collection(place, Kind<T>::collection);
    for (const auto& entry : co_await tx.scan(Range::prefix(all), {.limit = 300 * Kind<T>::most})) {
        parts[std::string(store::KeyReader(entry.key, all.bytes()).text())].push_back(decode<T>(entry.value));
    }
    co_return parts;
}

template <typename T>
json::object to_object(const std::map<std::string, std::vector<T>>& by_owner) {
    json::object object;
    for (const auto& [owner, parts] : by_owner) object[owner] = to_array(parts);
    return object;
}

template <typename T>
std::map<std::string, std::vector<T>> parts_in(const json::value& snapshot, std::string_view name) {
    std::map<std::string, std::vector<T>> by_owner;
    const auto* all = find(snapshot, name);
    if (!all) return by_owner;
    for (const auto& [owner, parts] : all->as_object()) {
        for (const auto& each : parts.as_array()) by_owner[std::string(owner)].push_back(from_value<T>(each));
    }
    return by_owner;
}

}  // namespace

template <typename T>
Task<T> load_part(store::Transaction& tx, Place place, std::string owner_id, std::string id) {
    co_await load_api(tx, place);
    const auto bytes = co_await tx.get(parts_of<T>(place, owner_id) << id);
    // Unverified: the words.
    if (!bytes) throw NotFoundException(fmt::format("Invalid {} identifier specified {}", Kind<T>::noun, id));
    co_return decode<T>(*bytes);
}

template <typename T>
void save_part(store::Transaction& tx, const Place& place, const std::string& owner_id, const T& part) {
    tx.put(parts_of<T>(place, owner_id) << Kind<T>::id(part), encode(part));
}

template <typename T>
void erase_part(store::Transaction& tx, const Place& place, const std::string& owner_id, const std::string& id) {
    tx.erase(parts_of<T>(place, owner_id) << id);
}

template <typename T>
void erase_parts(store::Transaction& tx, const Place& place, const std::string& owner_id) {
    tx.erase_range(Range::prefix(parts_of<T>(place, owner_id)));
}

template <typename T>
Task<std::vector<T>> all_parts(store::Transaction& tx, Place place, std::string owner_id) {
    std::vector<T> parts;
    for (const auto& entry : co_await tx.scan(Range::prefix(parts_of<T>(place, owner_id)), {.limit = Kind<T>::most}))
        parts.push_back(decode<T>(entry.value));
    // Unverified: the number, and the words.
    if (parts.size() == Kind<T>::most)
        throw TooManyRequestsException(fmt::format("Maximum number of {}s has been reached.", Kind<T>::noun));
    co_return parts;
}

template <typename T>
Task<Page<T>> list_parts(store::Transaction& tx, Place place, std::string owner_id,
                         std::optional<std::string> max_results, std::optional<std::string> token) {
    return list<T>(tx, parts_of<T>(place, owner_id), std::move(max_results), std::move(token));
}

// Unverified: that a model may be named by its id.
const Model* find_model(const std::vector<Model>& models, std::string_view name) {
    const auto found =
        std::ranges::find_if(models, [&](const Model& model) { return model.Name == name || model.ModelId == name; });
    return found == models.end() ? nullptr : &*found;
}

Task<void> check_models_exist(store::Transaction& tx, Place place,
                              std::optional<std::map<std::string, std::string>> models) {
    if (!models || models->empty()) co_return;
    const auto all = co_await all_items<Model>(tx, std::move(place));
    for (const auto& [key, name] : *models) {
        // Unverified: the words, and that it is checked here.
        if (!find_model(all, name))
            throw BadRequestException(fmt::format("Invalid model identifier specified: {}", name));
    }
}

Task<Definition> live_definition(store::Transaction& tx, Place place) {
    Definition definition;
    definition.routes = co_await all_items<Route>(tx, place);
    definition.integrations = co_await all_items<Integration>(tx, place);
    definition.authorizers = co_await all_items<Authorizer>(tx, place);
    definition.models = co_await all_items<Model>(tx, place);
    definition.route_responses = co_await parts_by_owner<RouteResponse>(tx, place);
    definition.integration_responses = co_await parts_by_owner<IntegrationResponse>(tx, place);
    co_return definition;
}

Task<Definition> find_snapshot(store::Transaction& tx, Place place, std::string deployment_id) {
    Definition definition;
    const auto bytes = co_await tx.get(collection(place, "snapshot") << deployment_id);
    if (!bytes) co_return definition;
    store::RecordReader reader(*bytes);
    const auto parsed = parse_json(reader.view());
    if (!parsed) throw std::runtime_error("a stored snapshot is damaged: " + parsed.error());
    for (const auto& route : parsed->at("routes").as_array()) definition.routes.push_back(from_value<Route>(route));
    for (const auto& integration : parsed->at("integrations").as_array()) {
        definition.integrations.push_back(from_value<Integration>(integration));
    }
    if (const auto* authorizers = find(*parsed, "authorizers")) {
        for (const auto& each : authorizers->as_array()) definition.authorizers.push_back(from_value<Authorizer>(each));
    }
    if (const auto* models = find(*parsed, "models")) {
        for (const auto& each : models->as_array()) definition.models.push_back(from_value<Model>(each));
    }
    definition.route_responses = parts_in<RouteResponse>(*parsed, "routeResponses");
    definition.integration_responses = parts_in<IntegrationResponse>(*parsed, "integrationResponses");
    co_return definition;
}

void save_snapshot(store::Transaction& tx, const Place& place, const std::string& deployment_id,
                   const Definition& definition) {
    const json::object snapshot{{"routes", to_array(definition.routes)},
                                {"integrations", to_array(definition.integrations)},
                                {"authorizers", to_array(definition.authorizers)},
                                {"models", to_array(definition.models)},
                                {"routeResponses", to_object(definition.route_responses)},
                                {"integrationResponses", to_object(definition.integration_responses)}};
    tx.put(collection(place, "snapshot") << deployment_id,
           store::RecordWriter(1).text(json::serialize(snapshot)).take());
}

void erase_snapshot(store::Transaction& tx, const Place& place, const std::string& deployment_id) {
    tx.erase(collection(place, "snapshot") << deployment_id);
}

#define CUMULET_INSTANTIATE(T)                                                                   \
    template Task<std::optional<T>> find_item<T>(store::Transaction&, Place, std::string);       \
    template Task<T> load_item<T>(store::Transaction&, Place, std::string);                      \
    template void save_item<T>(store::Transaction&, const Place&, const T&);                     \
    template void erase_item<T>(store::Transaction&, const Place&, const std::string&);          \
    template void erase_items<T>(store::Transaction&, const Place&);                             \
    template Task<std::vector<T>> all_items<T>(store::Transaction&, Place);                      \
    template Task<Page<T>> list_items<T>(store::Transaction&, Place, std::optional<std::string>, \
                                         std::optional<std::string>);                            \
    template Task<void> check_room<T>(store::Transaction&, Place);
CUMULET_INSTANTIATE(Route)
CUMULET_INSTANTIATE(Integration)
CUMULET_INSTANTIATE(Authorizer)
CUMULET_INSTANTIATE(Stage)
CUMULET_INSTANTIATE(Deployment)
CUMULET_INSTANTIATE(Model)
CUMULET_INSTANTIATE(VpcLink)
#undef CUMULET_INSTANTIATE

#define CUMULET_INSTANTIATE(T)                                                                                \
    template Task<T> load_part<T>(store::Transaction&, Place, std::string, std::string);                      \
    template void save_part<T>(store::Transaction&, const Place&, const std::string&, const T&);              \
    template void erase_part<T>(store::Transaction&, const Place&, const std::string&, const std::string&);   \
    template void erase_parts<T>(store::Transaction&, const Place&, const std::string&);                      \
    template Task<std::vector<T>> all_parts<T>(store::Transaction&, Place, std::string);                      \
    template Task<Page<T>> list_parts<T>(store::Transaction&, Place, std::string, std::optional<std::string>, \
                                         std::optional<std::string>);
CUMULET_INSTANTIATE(RouteResponse)
CUMULET_INSTANTIATE(IntegrationResponse)
#undef CUMULET_INSTANTIATE

}  // namespace cumulet::apigatewayv2
