#include "services/apigateway/response_cache.h"

#include "base/bytes.h"

namespace cumulet::apigateway {
namespace {

size_t size_of(const std::string& key, const http::Response& response) {
    size_t bytes = key.size() + response.body.size() + 256;
    for (const auto& header : response.headers) bytes += header.name.size() + header.value.size();
    return bytes;
}

}  // namespace

std::optional<http::Response> ResponseCache::find(const std::string& key, Time now) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return std::nullopt;
    if (now < found->second.until) return found->second.response;
    bytes_ -= size_of(key, found->second.response);
    entries_.erase(found);
    return std::nullopt;
}

void ResponseCache::keep(const std::string& key, const http::Response& response, Time until) {
    if (response.body.size() > largest_body_bytes) return;
    const auto size = size_of(key, response);
    const std::lock_guard lock(mutex_);
    if (const auto found = entries_.find(key); found != entries_.end()) {
        bytes_ -= size_of(key, found->second.response);
        entries_.erase(found);
    }
    if (bytes_ + size > most_bytes) {
        entries_.clear();
        bytes_ = 0;
    }
    entries_.emplace(key, Entry{response, until});
    bytes_ += size;
}

std::optional<std::string> cache_key(const Exchange& exchange) {
    const auto& settings = exchange.method->settings;
    const bool on = exchange.stage->cacheClusterEnabled.value_or(false) && settings.cachingEnabled.value_or(false);
    if (!on || settings.cacheTtlInSeconds.value_or(300) == 0) return std::nullopt;
    // A stage's own setting is for GET alone; another method must be named.
    const auto& methods = *exchange.stage->methodSettings;
    const auto& name = *exchange.method->method.httpMethod;
    if (exchange.request.method != "GET" && !methods.contains(exchange.method->resource_path.substr(1) + "/" + name))
        return std::nullopt;
    const bool own_entries = exchange.canary && !exchange.stage->canarySettings->useStageCache.value_or(false);
    auto key =
        fmt::format("{}/{}/{}/{}/{}/{}", exchange.api_id(), exchange.api->address.version, *exchange.stage->stageName,
                    own_entries, exchange.method->integration.cacheNamespace.value_or(""), exchange.request.method);
    for (const auto& parameter : exchange.method->integration.cacheKeyParameters.value_or(std::vector<std::string>())) {
        // What the integration's own parameters are mapped from counts as well.
        auto expression = parameter;
        const auto& mapped = exchange.method->integration.requestParameters;
        if (mapped && mapped->contains(parameter)) expression = mapped->at(parameter);
        key.append(1, '\0').append(request_value(exchange, expression).value_or(""));
    }
    return key;
}

bool asks_for_fresh(const http::Request& request) {
    for (const auto value : request.headers.all("cache-control")) {
        auto text = to_lower(value);
        std::erase(text, ' ');
        if (text.contains("max-age=0")) return true;
    }
    return false;
}

}  // namespace cumulet::apigateway
