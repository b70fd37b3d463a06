#include "services/sns/platform_storage.h"

#include "base/hash.h"
#include "store/record.h"

namespace cumulet::sns {
namespace {

using store::Key;
using store::Range;

Key of_place(const Place& place, std::string_view collection) {
    return Key(place.account, place.region, std::string_view("sns"), collection);
}
Key of_application(const PlatformApplicationAddress& address, std::string_view collection) {
    return of_place(address.place, collection) << address.platform << address.name;
}
Key endpoint_key(const PlatformEndpointAddress& address) {
    return of_application(address.application, "device") << address.id;
}
Key token_key(const PlatformApplicationAddress& address, std::string_view token) {
    return of_application(address, "device-token") << sha256(token);
}

std::map<std::string, std::string> decode(std::string_view bytes) { return store::RecordReader(bytes).texts(); }
std::string encode(const std::map<std::string, std::string>& attributes) {
    return store::RecordWriter(1).texts(attributes).take();
}

Range after_key(const Key& all, const std::string& after) {
    auto range = Range::prefix(all);
    if (!after.empty() && range.contains(after)) range.begin = Range::prefix(after).end;
    return range;
}

}  // namespace

Task<std::optional<PlatformApplication>> find_application(store::Transaction& tx, PlatformApplicationAddress address) {
    const auto bytes = co_await tx.get(of_application(address, "application"));
    if (!bytes) co_return std::nullopt;
    co_return PlatformApplication{std::move(address), decode(*bytes)};
}

Task<PlatformApplication> load_application(store::Transaction& tx, PlatformApplicationAddress address) {
    auto application = co_await find_application(tx, std::move(address));
    if (!application) throw aws::sns::NotFoundException("PlatformApplication does not exist");
    co_return std::move(*application);
}

void save_application(store::Transaction& tx, const PlatformApplication& application) {
    tx.put(of_application(application.address, "application"), encode(application.attributes));
}

void erase_application(store::Transaction& tx, const PlatformApplicationAddress& address) {
    tx.erase(of_application(address, "application"));
    tx.erase_range(Range::prefix(of_application(address, "device")));
    tx.erase_range(Range::prefix(of_application(address, "device-token")));
}

Task<ApplicationPage> list_applications(store::Transaction& tx, Place place, std::string after, size_t limit) {
    const Key all = of_place(place, "application");
    ApplicationPage page;
    const auto entries = co_await tx.scan(after_key(all, after), {.limit = limit});
    for (const auto& entry : entries) {
        store::KeyReader reader(entry.key, all.bytes());
        auto platform = reader.text();
        auto name = reader.text();
        page.applications.push_back({{place, std::move(platform), std::move(name)}, decode(entry.value)});
    }
    if (entries.size() == limit) page.next = entries.back().key;
    co_return page;
}

Task<std::optional<PlatformEndpoint>> find_endpoint(store::Transaction& tx, PlatformEndpointAddress address) {
    const auto bytes = co_await tx.get(endpoint_key(address));
    if (!bytes) co_return std::nullopt;
    co_return PlatformEndpoint{std::move(address), decode(*bytes)};
}

Task<PlatformEndpoint> load_endpoint(store::Transaction& tx, PlatformEndpointAddress address) {
    auto endpoint = co_await find_endpoint(tx, std::move(address));
    if (!endpoint) throw aws::sns::NotFoundException("Endpoint does not exist");
    co_return std::move(*endpoint);
}

Task<std::optional<PlatformEndpoint>> find_by_device_token(store::Transaction& tx, PlatformApplicationAddress address,
                                                           std::string token) {
    auto id = co_await tx.get(token_key(address, token));
    if (!id) co_return std::nullopt;
    co_return co_await find_endpoint(tx, {std::move(address), std::move(*id)});
}

void save_endpoint(store::Transaction& tx, const PlatformEndpoint& endpoint) {
    tx.put(endpoint_key(endpoint.address), encode(endpoint.attributes));
    tx.put(token_key(endpoint.address.application, endpoint.token()), endpoint.address.id);
}

void erase_endpoint(store::Transaction& tx, const PlatformEndpoint& endpoint) {
    tx.erase(endpoint_key(endpoint.address));
    tx.erase(token_key(endpoint.address.application, endpoint.token()));
}

Task<EndpointPage> list_endpoints(store::Transaction& tx, PlatformApplicationAddress address, std::string after,
                                  size_t limit) {
    const Key all = of_application(address, "device");
    EndpointPage page;
    const auto entries = co_await tx.scan(after_key(all, after), {.limit = limit});
    for (const auto& entry : entries) {
        store::KeyReader reader(entry.key, all.bytes());
        page.endpoints.push_back({{address, reader.text()}, decode(entry.value)});
    }
    if (entries.size() == limit) page.next = entries.back().key;
    co_return page;
}

}  // namespace cumulet::sns
