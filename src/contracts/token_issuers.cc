#include "contracts/token_issuers.h"

#include "runtime/log.h"

namespace cumulet::contracts {
namespace {

constexpr auto kept_for = 2h;
constexpr auto refetched_after = 10s;
constexpr auto patience = std::chrono::milliseconds(1500);
constexpr size_t largest_document_bytes = 1 << 20;
constexpr size_t most_issuers = 1000;

std::string discovery_url(std::string issuer) {
    while (issuer.ends_with('/')) issuer.pop_back();
    return issuer + "/.well-known/openid-configuration";
}

}  // namespace

Task<bool> TokenIssuers::verify(std::string issuer, Jwt token, Time now) {
    auto current = known(issuer, now);
    if (!current.keys || !current.keys->knows(token)) {
        const auto guard = co_await fetching_.lock(issuer);
        current = known(issuer, now);  // another may have fetched them
        const bool stale = current.keys && !current.keys->knows(token) && now - current.at >= refetched_after;
        if (!current.keys || stale) {
            if (auto keys = co_await fetch(issuer)) {
                current = {std::move(keys), now};
                const std::lock_guard lock(mutex_);
                if (by_issuer_.size() >= most_issuers) by_issuer_.clear();
                by_issuer_[issuer] = current;
            }
        }
    }
    co_return current.keys&& current.keys->verify(token);
}

TokenIssuers::Fetched TokenIssuers::known(const std::string& issuer, Time now) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_issuer_.find(issuer);
    if (found == by_issuer_.end() || now - found->second.at >= kept_for) return {};
    return found->second;
}

Task<std::shared_ptr<const JsonWebKeys>> TokenIssuers::fetch(std::string issuer) {
    const auto configuration = co_await get(discovery_url(issuer));
    const auto parsed = configuration ? parse_json(*configuration, 32) : std::unexpected(std::string());
    const auto* object = parsed ? parsed->if_object() : nullptr;
    const auto address = object ? std::string(string_or(*object, "jwks_uri")) : std::string();
    const auto document = address.empty() ? std::nullopt : co_await get(address);
    auto keys = document ? JsonWebKeys::parse(*document) : std::nullopt;
    if (!keys) {
        log::warning("An issuer of tokens has no keys to offer", {{"issuer", issuer}});
        co_return nullptr;
    }
    co_return std::make_shared<const JsonWebKeys>(std::move(*keys));
}

Task<std::optional<std::string>> TokenIssuers::get(std::string url) {
    const auto target = HttpTarget::parse(url);
    if (!http_ || !target) co_return std::nullopt;
    http::Request request;
    request.method = "GET";
    request.set_target(target->target);
    request.headers.add("Accept", "application/json");
    try {
        auto response = co_await http_->send(target->origin, std::move(request), patience);
        if (!response || response->status != 200 || response->body.size() > largest_document_bytes)
            co_return std::nullopt;
        co_return std::move(response->body);
    } catch (const std::exception& error) {
        log::warning("An issuer of tokens could not be reached", {{"url", url}, {"reason", error.what()}});
        co_return std::nullopt;
    }
}

}  // namespace cumulet::contracts
