#include "services/apigatewayv2/domains/domains.h"

#include "base/certificate.h"
#include "contracts/error.h"
#include "contracts/reflect.h"
#include "contracts/s3.h"
#include "runtime/byte_stream.h"
#include "store/record.h"

namespace cumulet::apigatewayv2 {
namespace {

using contracts::ApiDomain;
using store::Key;
using store::Range;

constexpr size_t most_kept = 1024;
constexpr size_t largest_truststore_bytes = 1 << 20;
constexpr size_t most_certificates = 1000;

Key served(const std::string& name) {
    return Key(std::string_view(), std::string_view("global"), std::string_view("apigatewayv2"),
               std::string_view("domain"), name);
}
Key domains_of(const std::string& account, const std::string& region) {
    return Key(account, region, std::string_view("apigatewayv2"), std::string_view("domain"));
}
Key domain_key(const std::string& account, const std::string& region, const std::string& name) {
    return std::move(domains_of(account, region) << name);
}
Key truststore_key(const std::string& account, const std::string& region, const std::string& name) {
    return Key(account, region, std::string_view("apigatewayv2"), std::string_view("truststore"), name);
}

const contracts::Shape& settings_shape() { return *aws::apigateway::service.find("GetDomainName")->output; }

/// The table of what a list operation lists in `member`.
const contracts::Shape& listed_shape(std::string_view operation, std::string_view name) {
    for (const auto& member : aws::apigatewayv2::service.find(operation)->output->members) {
        if (member.name == name) return *member.shape->element;
    }
    throw std::logic_error("a list operation without items");
}
const contracts::Shape& mapping_shape() {
    static const auto& shape = listed_shape("GetApiMappings", "Items");
    return shape;
}
const contracts::Shape& rule_shape() {
    static const auto& shape = listed_shape("ListRoutingRules", "RoutingRules");
    return shape;
}

template <typename T>
json::array to_array(const std::vector<T>& items, const contracts::Shape& shape) {
    json::array array;
    for (const auto& item : items) array.push_back(contracts::to_json(shape, &item));
    return array;
}

template <typename T>
void read_array(const json::value& source, const contracts::Shape& shape, std::vector<T>& into) {
    for (const auto& each : source.as_array()) contracts::from_json(shape, &into.emplace_back(), each);
}

std::string encode(const ApiDomain& domain) {
    const json::object record{{"settings", contracts::to_json(settings_shape(), &domain.settings)},
                              {"mappings", to_array(domain.mappings, mapping_shape())},
                              {"rules", to_array(domain.rules, rule_shape())}};
    return store::RecordWriter(1).text(json::serialize(record)).take();
}

ApiDomain decode(std::string_view bytes) {
    store::RecordReader reader(bytes);
    const auto parsed = parse_json(reader.view());
    if (!parsed) throw std::runtime_error("a stored domain is damaged: " + parsed.error());
    ApiDomain domain;
    contracts::from_json(settings_shape(), &domain.settings, parsed->at("settings"));
    read_array(parsed->at("mappings"), mapping_shape(), domain.mappings);
    read_array(parsed->at("rules"), rule_shape(), domain.rules);
    return domain;
}

void save(store::Transaction& tx, const Call& call, const ApiDomain& domain, uint64_t version) {
    const auto& name = *domain.settings.domainName;
    tx.put(domain_key(call.account, call.region, name), encode(domain));
    tx.put(served(name) << call.region,
           store::RecordWriter(1).text(call.account).number(static_cast<int64_t>(version)).take());
    if (!domain.truststore) return;
    const auto key = truststore_key(call.account, call.region, name);
    if (domain.truststore->empty()) {
        tx.erase(key);
    } else {
        tx.put(key, store::RecordWriter(1).text(*domain.truststore).take());
    }
}

aws::Error bad_request(std::string message) { return {"BadRequestException", std::move(message), 400}; }

/// "s3://bucket/key"
std::optional<std::pair<std::string, std::string>> split_uri(std::string_view uri) {
    if (!uri.starts_with("s3://")) return std::nullopt;
    uri.remove_prefix(5);
    const auto slash = uri.find('/');
    if (slash == 0 || slash >= uri.size() - 1) return std::nullopt;
    return std::pair(std::string(uri.substr(0, slash)), std::string(uri.substr(slash + 1)));
}

contracts::Truststore checked(std::string pem, Time now) {
    const auto bundle = inspect_bundle(pem, most_certificates + 1, now);
    // Unverified: the words, of all.
    if (bundle.damaged || bundle.count == 0) throw bad_request("Truststore is not a valid PEM-encoded bundle");
    if (bundle.count > most_certificates) throw bad_request("Truststore cannot have more than 1000 certificates");
    contracts::Truststore truststore{.certificates_pem = std::move(pem)};
    if (!bundle.unusable.empty())
        truststore.warnings.push_back(
            fmt::format("Certificates that are invalid or expired: {}", fmt::join(bundle.unusable, "; ")));
    return truststore;
}

}  // namespace

Task<bool> Domains::create(Call& call, ApiDomain domain) {
    const auto version = call.random().next();
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<bool> {
        if (co_await tx.get(served(*domain.settings.domainName) << call.region)) co_return false;
        save(tx, call, domain, version);
        co_return true;
    });
}

Task<std::optional<ApiDomain>> Domains::find(Call& call, std::string name) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<std::optional<ApiDomain>> {
        const auto bytes = co_await tx.get(domain_key(call.account, call.region, name));
        if (!bytes) co_return std::nullopt;
        co_return decode(*bytes);
    });
}

Task<std::vector<ApiDomain>> Domains::list(Call& call) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<ApiDomain>> {
        std::vector<ApiDomain> domains;
        for (const auto& entry : co_await tx.scan(Range::prefix(domains_of(call.account, call.region))))
            domains.push_back(decode(entry.value));
        co_return domains;
    });
}

Task<std::optional<ApiDomain>> Domains::edit(Call& call, std::string name, Change change) {
    const auto version = call.random().next();
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<std::optional<ApiDomain>> {
        const auto bytes = co_await tx.get(domain_key(call.account, call.region, name));
        if (!bytes) co_return std::nullopt;
        auto domain = decode(*bytes);
        change(domain);
        save(tx, call, domain, version);
        co_return domain;
    });
}

Task<bool> Domains::erase(Call& call, std::string name) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<bool> {
        auto key = domain_key(call.account, call.region, name);
        if (!co_await tx.get(key)) co_return false;
        tx.erase(std::move(key));
        tx.erase(served(name) << call.region);
        tx.erase(truststore_key(call.account, call.region, name));
        co_return true;
    });
}

Task<contracts::Truststore> Domains::read_truststore(Call& call, std::string uri, std::optional<std::string> version) {
    const auto address = split_uri(uri);
    if (!address) throw bad_request("Invalid S3 URI. Must be in the format s3://bucket-name/key-name");
    std::string wrong;
    try {
        aws::s3::GetObjectRequest request;
        request.Bucket = address->first;
        request.Key = address->second;
        if (version && !version->empty()) request.VersionId = version;
        const auto object = co_await aws::s3::Client(door_).get_object(call, std::move(request));
        auto pem = co_await read_all(object.Body, largest_truststore_bytes);
        co_return checked(std::move(pem), call.now());
    } catch (const StreamTooLong&) {
        wrong = fmt::format("Truststore cannot have more than {} bytes", largest_truststore_bytes);
    } catch (const aws::Error& error) {
        if (error.code == "BadRequestException") throw;
        wrong = fmt::format("Unable to access the truststore at {}: {}", uri, error.message);
    }
    throw bad_request(std::move(wrong));
}

Task<std::vector<std::string>> Domains::mapped_to(Call& call, std::string api_id, std::optional<std::string> stage) {
    std::vector<std::string> names;
    const auto meant = [&](const std::string& api, const std::string& of_stage) {
        return api == api_id && (!stage || of_stage == *stage);
    };
    for (const auto& domain : co_await list(call)) {
        bool found =
            std::ranges::any_of(domain.mappings, [&](const auto& each) { return meant(each.ApiId, each.Stage); });
        for (const auto& rule : domain.rules) {
            const auto& invoke = rule.Actions->front().InvokeApi;
            found = found || meant(invoke.ApiId, invoke.Stage);
        }
        if (found) names.push_back(*domain.settings.domainName);
    }
    co_return names;
}

Task<std::shared_ptr<const ServedDomain>> Domains::serving(std::string host_name) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<std::shared_ptr<const ServedDomain>> {
        auto found = co_await read(tx, host_name);
        const auto dot = host_name.find('.');
        if (!found && dot != std::string::npos) found = co_await read(tx, "*" + host_name.substr(dot));
        co_return found;
    });
}

Task<std::shared_ptr<const ServedDomain>> Domains::read(store::Transaction& tx, std::string name) {
    const auto all = served(name);
    const auto addresses = co_await tx.scan(Range::prefix(all), {.limit = 1});
    if (addresses.empty()) co_return nullptr;
    store::RecordReader reader(addresses.front().value);
    auto fresh = std::make_shared<ServedDomain>();
    fresh->region = store::KeyReader(addresses.front().key, all.bytes()).text();
    fresh->account = reader.text();
    fresh->version = static_cast<uint64_t>(reader.number());
    if (auto kept = known(name, fresh->version)) co_return kept;
    const auto bytes = co_await tx.get(domain_key(fresh->account, fresh->region, name));
    if (!bytes) co_return nullptr;
    fresh->domain = decode(*bytes);
    if (const auto trusted = co_await tx.get(truststore_key(fresh->account, fresh->region, name)))
        fresh->truststore = store::RecordReader(*trusted).text();
    keep(name, fresh);
    co_return fresh;
}

std::shared_ptr<const ServedDomain> Domains::known(const std::string& name, uint64_t version) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_name_.find(name);
    return found != by_name_.end() && found->second->version == version ? found->second : nullptr;
}

void Domains::keep(const std::string& name, std::shared_ptr<const ServedDomain> domain) {
    const std::lock_guard lock(mutex_);
    if (by_name_.size() >= most_kept) by_name_.clear();
    by_name_[name] = std::move(domain);
}

}  // namespace cumulet::apigatewayv2
