#include "services/apigateway/storage.h"

#include "base/bytes.h"
#include "contracts/reflect.h"
#include "store/record.h"

namespace cumulet::apigateway {
namespace {

using namespace aws::apigateway;
using store::Key;
using store::Range;

constexpr int32_t usual_page = 25;
constexpr int32_t largest_page = 500;
constexpr std::string_view definition_collections[] = {"resource", "model", "validator", "authorizer", "response"};

Key addresses() {
    return Key(std::string_view(), std::string_view("global"), std::string_view("apigateway"),
               std::string_view("address"));
}

Key collection(const Place& place, std::string_view name) {
    return Key(place.account, place.region, std::string_view("apigateway"), name);
}
Key owned(const Place& place, std::string_view name) { return std::move(collection(place, name) << place.owner); }
Key deployed(const Place& place, const std::string& deployment_id) {
    return std::move(owned(place, "deployed") << deployment_id);
}

/// What tells the kinds of records apart. `missing` is followed by the id where it ends with a colon.
template <typename T>
struct Kind;
#define CUMULET_KIND(T, NAME, OPERATION, MISSING, MOST, ID)                                    \
    template <>                                                                                \
    struct Kind<T> {                                                                           \
        [[maybe_unused]] static constexpr std::string_view name = NAME, operation = OPERATION; \
        [[maybe_unused]] static constexpr std::string_view missing = MISSING;                  \
        [[maybe_unused]] static constexpr size_t most = MOST;                                  \
        static std::string id(const T& item) { return item.ID.value_or(""); }                  \
    };
CUMULET_KIND(RestApi, "api", "GetRestApi", "Invalid API identifier specified", 600, id)
CUMULET_KIND(Resource, "resource", "GetResource", "Invalid Resource identifier specified", 300, id)
CUMULET_KIND(Model, "model", "GetModel", "Invalid model name specified:", 1000, name)
CUMULET_KIND(RequestValidator, "validator", "GetRequestValidator", "Invalid Request Validator identifier specified",
             300, id)
CUMULET_KIND(Authorizer, "authorizer", "GetAuthorizer", "Invalid Authorizer identifier specified", 300, id)
CUMULET_KIND(GatewayResponse, "response", "GetGatewayResponse", "Invalid gateway response type specified", 100,
             responseType)
CUMULET_KIND(Deployment, "deployment", "GetDeployment", "Invalid Deployment identifier specified", 1000, id)
CUMULET_KIND(Stage, "stage", "GetStage", "Invalid stage identifier specified", 300, stageName)
CUMULET_KIND(DocumentationPart, "documentation part", "GetDocumentationPart",
             "Invalid Documentation part identifier specified", 2000, id)
CUMULET_KIND(DocumentationVersion, "documentation version", "GetDocumentationVersion",
             "Invalid Documentation version identifier specified", 2000, version)
CUMULET_KIND(ApiKey, "key", "GetApiKey", "Invalid API Key identifier specified", 10'000, id)
CUMULET_KIND(UsagePlan, "plan", "GetUsagePlan", "Invalid Usage Plan ID specified", 300, id)
CUMULET_KIND(UsagePlanKey, "plan key", "GetUsagePlanKey", "Invalid API Key identifier specified", 10'000, id)
CUMULET_KIND(ClientCertificate, "certificate", "GetClientCertificate",
             "Invalid Client Certificate identifier specified", 60, clientCertificateId)
CUMULET_KIND(VpcLink, "VPC link", "GetVpcLink", "VPCLink not found", 20, id)
CUMULET_KIND(DomainNameAccessAssociation, "domain access", "CreateDomainNameAccessAssociation",
             "Invalid domain name access association identifier specified", 100, domainNameAccessAssociationArn)
// What is kept elsewhere, and only listed here.
CUMULET_KIND(DomainName, "", "GetDomainName", "", 0, domainName)
CUMULET_KIND(BasePathMapping, "", "GetBasePathMapping", "", 0, basePath)
#undef CUMULET_KIND

template <>
struct Kind<Account> {
    static constexpr std::string_view operation = "GetAccount";
};

template <typename T>
const contracts::Shape& shape_of() {
    static const auto& shape = *aws::apigateway::service.find(Kind<T>::operation)->output;
    return shape;
}

template <typename T>
std::string encode(const T& value) {
    return store::RecordWriter(1).text(json::serialize(contracts::to_json(shape_of<T>(), &value))).take();
}

template <typename T>
T decode(std::string_view bytes) {
    store::RecordReader reader(bytes);
    const auto parsed = parse_json(reader.view());
    if (!parsed) throw std::runtime_error("a stored record is damaged: " + parsed.error());
    T value;
    contracts::from_json(shape_of<T>(), &value, *parsed);
    return value;
}

/// Everything in a range, however many bytes it has.
Task<std::vector<store::Entry>> scan_all(store::Transaction& tx, Range range) {
    std::vector<store::Entry> all;
    while (true) {
        auto some = co_await tx.scan(range, {.limit = 1000});
        if (some.empty()) co_return all;
        range.begin = some.back().key + '\0';
        std::ranges::move(some, std::back_inserter(all));
    }
}

template <typename T>
Task<std::vector<T>> read_all(store::Transaction& tx, Range range) {
    std::vector<T> items;
    for (const auto& entry : co_await scan_all(tx, std::move(range))) items.push_back(decode<T>(entry.value));
    co_return items;
}

size_t page_size(std::optional<int32_t> limit) {
    if (!limit) return usual_page;
    if (*limit < 1 || *limit > largest_page) {
        throw BadRequestException(
            "Invalid limit specified");  // Unverified: the words, and that large ones are refused.
    }
    return static_cast<size_t>(*limit);
}

std::string decode_position(const std::string& position) {
    auto last = from_base64(position);
    if (!last) throw BadRequestException("Invalid position parameter specified");  // Unverified: the words.
    return std::move(*last);
}

}  // namespace

Place place_of(const Call& call, std::string owner) { return {call.account, call.region, std::move(owner)}; }

Task<std::optional<Address>> find_address(store::Transaction& tx, std::string api_id) {
    const auto bytes = co_await tx.get(addresses() << api_id);
    if (!bytes) co_return std::nullopt;
    store::RecordReader reader(*bytes);
    Address address;
    address.place.account = reader.text();
    address.place.region = reader.text();
    address.place.owner = std::move(api_id);
    address.version = static_cast<uint64_t>(reader.number());
    co_return address;
}

void save_address(store::Transaction& tx, const Place& place, uint64_t version) {
    store::RecordWriter writer(1);
    writer.text(place.account).text(place.region).number(static_cast<int64_t>(version));
    tx.put(addresses() << place.owner, writer.take());
}

namespace {
Place unowned(Place place) { return {std::move(place.account), std::move(place.region), ""}; }
}  // namespace

Task<RestApi> load_api(store::Transaction& tx, Place place) {
    auto api = co_await find_item<RestApi>(tx, unowned(place), place.owner);
    if (!api) {
        throw NotFoundException(fmt::format("Invalid API identifier specified {}:{}", place.account, place.owner));
    }
    co_return std::move(*api);
}

void save_api(store::Transaction& tx, const Place& place, const RestApi& api) { save_item(tx, unowned(place), api); }

void erase_api(store::Transaction& tx, const Place& place) {
    erase_definition(tx, place);
    for (const auto name : {"stage", "deployment", "documentation part", "documentation version", "deployed"}) {
        tx.erase_range(Range::prefix(owned(place, name)));
    }
    // '0' follows '/' in ASCII: what lies between is of the API's versions.
    Place after_versions = place;
    after_versions.owner += "0";
    tx.erase_range({.begin = owned(place_of_version(place, ""), "documentation part").bytes(),
                    .end = owned(after_versions, "documentation part").bytes()});
    erase_item<RestApi>(tx, unowned(place), place.owner);
    tx.erase(addresses() << place.owner);
}

template <typename T>
Task<std::optional<T>> find_item(store::Transaction& tx, Place place, std::string id) {
    const auto bytes = co_await tx.get(owned(place, Kind<T>::name) << id);
    if (!bytes) co_return std::nullopt;
    co_return decode<T>(*bytes);
}

template <typename T>
Task<T> load_item(store::Transaction& tx, Place place, std::string id) {
    auto item = co_await find_item<T>(tx, std::move(place), id);
    if (!item) {
        constexpr auto missing = Kind<T>::missing;
        throw NotFoundException(missing.ends_with(':') ? fmt::format("{} {}", missing, id) : std::string(missing));
    }
    co_return std::move(*item);
}

template <typename T>
void save_item(store::Transaction& tx, const Place& place, const T& item) {
    tx.put(owned(place, Kind<T>::name) << Kind<T>::id(item), encode(item));
}

template <typename T>
void erase_item(store::Transaction& tx, const Place& place, const std::string& id) {
    tx.erase(owned(place, Kind<T>::name) << id);
}

template <typename T>
Task<std::vector<T>> all_items(store::Transaction& tx, Place place) {
    return read_all<T>(tx, Range::prefix(owned(place, Kind<T>::name)));
}

template <typename T>
Task<Page<T>> list_items(store::Transaction& tx, Place place, std::optional<int32_t> limit,
                         std::optional<std::string> position) {
    const auto size = page_size(limit);
    const auto all = owned(place, Kind<T>::name);
    auto range = Range::prefix(all);
    if (position) range.begin = Range::prefix(Key(all) << decode_position(*position)).end;
    Page<T> page;
    while (true) {
        auto entries = co_await tx.scan(range, {.limit = size + 1});
        if (entries.empty()) co_return page;
        for (const auto& entry : entries) {
            if (page.items.size() == size) {
                page.position = to_base64(Kind<T>::id(page.items.back()));
                co_return page;
            }
            page.items.push_back(decode<T>(entry.value));
        }
        range.begin = entries.back().key + '\0';
    }
}

template <typename T>
Page<T> page_of(std::vector<T> all, std::optional<int32_t> limit, const std::optional<std::string>& position) {
    const auto size = page_size(limit);
    auto begin = all.begin();
    if (position) {
        const auto last = decode_position(*position);
        begin = std::ranges::find_if(all, [&](const T& item) { return Kind<T>::id(item) == last; });
        if (begin != all.end()) ++begin;
    }
    Page<T> page;
    const auto end = begin + std::min<ptrdiff_t>(static_cast<ptrdiff_t>(size), all.end() - begin);
    page.items.assign(std::make_move_iterator(begin), std::make_move_iterator(end));
    if (end != all.end()) page.position = to_base64(Kind<T>::id(page.items.back()));
    return page;
}

template <typename T>
Task<void> check_room(store::Transaction& tx, Place place) {
    size_t found = 0;
    auto range = Range::prefix(owned(place, Kind<T>::name));
    while (true) {
        const auto some = co_await tx.scan(range, {.limit = Kind<T>::most});
        if (some.empty()) co_return;
        found += some.size();
        if (found >= Kind<T>::most) {
            // Unverified: the words.
            throw LimitExceededException(fmt::format("Maximum number of {}s has been reached.", Kind<T>::name));
        }
        range.begin = some.back().key + '\0';
    }
}

Task<Definition> read_definition(store::Transaction& tx, Place place, std::string deployment_id) {
    const auto range = [&](std::string_view name) {
        return Range::prefix(deployment_id.empty() ? owned(place, name)
                                                   : std::move(deployed(place, deployment_id) << name));
    };
    Definition definition;
    if (deployment_id.empty()) {
        definition.api = co_await load_api(tx, place);
    } else if (auto api = co_await read_all<RestApi>(tx, range("api")); !api.empty()) {
        definition.api = std::move(api.front());
    }
    definition.resources = co_await read_all<Resource>(tx, range("resource"));
    definition.models = co_await read_all<Model>(tx, range("model"));
    definition.validators = co_await read_all<RequestValidator>(tx, range("validator"));
    definition.authorizers = co_await read_all<Authorizer>(tx, range("authorizer"));
    definition.responses = co_await read_all<GatewayResponse>(tx, range("response"));
    co_return definition;
}

void save_definition(store::Transaction& tx, const Place& place, const Definition& definition) {
    for (const auto& resource : definition.resources) save_item(tx, place, resource);
    for (const auto& model : definition.models) save_item(tx, place, model);
    for (const auto& validator : definition.validators) save_item(tx, place, validator);
    for (const auto& authorizer : definition.authorizers) save_item(tx, place, authorizer);
    for (const auto& response : definition.responses) save_item(tx, place, response);
    for (const auto& part : definition.documentation) save_item(tx, place, part);
}

Task<void> save_deployed(store::Transaction& tx, Place place, std::string deployment_id) {
    const auto api = co_await load_api(tx, place);
    tx.put(deployed(place, deployment_id) << std::string_view("api") << place.owner, encode(api));
    for (const auto name : definition_collections) {
        const auto from = owned(place, name);
        for (auto& entry : co_await scan_all(tx, Range::prefix(from))) {
            const auto id = store::KeyReader(entry.key, from.bytes()).text();
            tx.put(deployed(place, deployment_id) << name << id, std::move(entry.value));
        }
    }
}

void erase_deployed(store::Transaction& tx, const Place& place, const std::string& deployment_id) {
    tx.erase_range(Range::prefix(deployed(place, deployment_id)));
}

void erase_definition(store::Transaction& tx, const Place& place) {
    for (const auto name : definition_collections) tx.erase_range(Range::prefix(owned(place, name)));
}

Task<Account> find_account(store::Transaction& tx, Place place) {
    const auto bytes = co_await tx.get(collection(place, "account"));
    co_return bytes ? decode<Account>(*bytes) : Account();
}

void save_account(store::Transaction& tx, const Place& place, const Account& account) {
    tx.put(collection(place, "account"), encode(account));
}

Place place_of_version(Place place, const std::string& version) {
    place.owner += "/" + version;
    return place;
}

Task<std::string> certificate_and_key(store::Transaction& tx, Place place, std::optional<std::string> id) {
    if (!id || id->empty()) co_return "";
    const auto certificate = co_await find_item<ClientCertificate>(tx, unowned(place), *id);
    const auto key = co_await tx.get(collection(place, "certificate key") << *id);
    if (!certificate || !key) throw BadRequestException(std::string(Kind<ClientCertificate>::missing));
    co_return certificate->pemEncodedCertificate.value_or("") + store::RecordReader(*key).text();
}

void save_certificate_key(store::Transaction& tx, const Place& place, const std::string& id, const std::string& pem) {
    tx.put(collection(place, "certificate key") << id, store::RecordWriter(1).text(pem).take());
}

void erase_certificate_key(store::Transaction& tx, const Place& place, const std::string& id) {
    tx.erase(collection(place, "certificate key") << id);
}

Task<std::optional<std::string>> find_key_id(store::Transaction& tx, Place place, std::string value) {
    const auto bytes = co_await tx.get(collection(place, "key value") << value);
    if (!bytes) co_return std::nullopt;
    co_return store::RecordReader(*bytes).text();
}

void save_key_value(store::Transaction& tx, const Place& place, const std::string& value, const std::string& key_id) {
    tx.put(collection(place, "key value") << value, store::RecordWriter(1).text(key_id).take());
}

void erase_key_value(store::Transaction& tx, const Place& place, const std::string& value) {
    tx.erase(collection(place, "key value") << value);
}

Task<std::vector<std::string>> plans_of_key(store::Transaction& tx, Place place, std::string key_id) {
    std::vector<std::string> plans;
    const auto all = collection(place, "plan of key") << key_id;
    for (const auto& entry : co_await tx.scan(Range::prefix(all)))
        plans.push_back(store::KeyReader(entry.key, all.bytes()).text());
    co_return plans;
}

void save_plan_of_key(store::Transaction& tx, const Place& place, const std::string& key_id,
                      const std::string& plan_id) {
    tx.put(collection(place, "plan of key") << key_id << plan_id, store::RecordWriter(1).take());
}

void erase_plan_of_key(store::Transaction& tx, const Place& place, const std::string& key_id,
                       const std::string& plan_id) {
    tx.erase(collection(place, "plan of key") << key_id << plan_id);
}

Task<std::vector<std::pair<int64_t, int64_t>>> read_usage(store::Transaction& tx, Place place, std::string plan_id,
                                                          std::string key_id, int64_t first, int64_t end) {
    std::vector<std::pair<int64_t, int64_t>> days;
    const auto all = collection(place, "usage") << plan_id << key_id;
    const Range range{(Key(all) << first).bytes(), (Key(all) << end).bytes()};
    for (const auto& entry : co_await tx.scan(range)) {
        days.emplace_back(store::KeyReader(entry.key, all.bytes()).number(), store::RecordReader(entry.value).number());
    }
    co_return days;
}

void save_usage(store::Transaction& tx, const Place& place, const std::string& plan_id, const std::string& key_id,
                int64_t day, int64_t requests) {
    tx.put(collection(place, "usage") << plan_id << key_id << day, store::RecordWriter(1).number(requests).take());
}

void erase_usage(store::Transaction& tx, const Place& place, const std::string& plan_id) {
    tx.erase_range(Range::prefix(collection(place, "usage") << plan_id));
    tx.erase_range(Range::prefix(collection(place, "extra quota") << plan_id));
}

Task<int64_t> read_extra_quota(store::Transaction& tx, Place place, std::string plan_id, std::string key_id) {
    const auto bytes = co_await tx.get(collection(place, "extra quota") << plan_id << key_id);
    co_return bytes ? store::RecordReader(*bytes).number() : 0;
}

void save_extra_quota(store::Transaction& tx, const Place& place, const std::string& plan_id, const std::string& key_id,
                      int64_t requests) {
    tx.put(collection(place, "extra quota") << plan_id << key_id, store::RecordWriter(1).number(requests).take());
}

#define CUMULET_INSTANTIATE(T)                                                                              \
    template Task<std::optional<T>> find_item<T>(store::Transaction&, Place, std::string);                  \
    template Task<T> load_item<T>(store::Transaction&, Place, std::string);                                 \
    template void save_item<T>(store::Transaction&, const Place&, const T&);                                \
    template void erase_item<T>(store::Transaction&, const Place&, const std::string&);                     \
    template Task<std::vector<T>> all_items<T>(store::Transaction&, Place);                                 \
    template Task<Page<T>> list_items<T>(store::Transaction&, Place, std::optional<int32_t>,                \
                                         std::optional<std::string>);                                       \
    template Page<T> page_of<T>(std::vector<T>, std::optional<int32_t>, const std::optional<std::string>&); \
    template Task<void> check_room<T>(store::Transaction&, Place);
CUMULET_INSTANTIATE(RestApi)
CUMULET_INSTANTIATE(Resource)
CUMULET_INSTANTIATE(Model)
CUMULET_INSTANTIATE(RequestValidator)
CUMULET_INSTANTIATE(Authorizer)
CUMULET_INSTANTIATE(GatewayResponse)
CUMULET_INSTANTIATE(Deployment)
CUMULET_INSTANTIATE(Stage)
CUMULET_INSTANTIATE(DocumentationPart)
CUMULET_INSTANTIATE(DocumentationVersion)
CUMULET_INSTANTIATE(ApiKey)
CUMULET_INSTANTIATE(UsagePlan)
CUMULET_INSTANTIATE(UsagePlanKey)
CUMULET_INSTANTIATE(ClientCertificate)
CUMULET_INSTANTIATE(VpcLink)
CUMULET_INSTANTIATE(DomainNameAccessAssociation)
#undef CUMULET_INSTANTIATE
template Page<DomainName> page_of<DomainName>(std::vector<DomainName>, std::optional<int32_t>,
                                              const std::optional<std::string>&);
template Page<BasePathMapping> page_of<BasePathMapping>(std::vector<BasePathMapping>, std::optional<int32_t>,
                                                        const std::optional<std::string>&);

}  // namespace cumulet::apigateway
