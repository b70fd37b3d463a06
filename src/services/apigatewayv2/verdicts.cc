#include "services/apigatewayv2/verdicts.h"

namespace cumulet::apigatewayv2 {
namespace {

constexpr size_t most_kept = 10'000;

}  // namespace

std::shared_ptr<const Verdict> Verdicts::find(const std::string& key, Time now) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find(key);
    return found != by_key_.end() && now < found->second.until ? found->second.verdict : nullptr;
}

void Verdicts::keep(std::string key, std::shared_ptr<const Verdict> verdict, Time until) {
    const std::lock_guard lock(mutex_);
    if (by_key_.size() >= most_kept) by_key_.clear();
    by_key_[std::move(key)] = {std::move(verdict), until};
}

std::string verdict_key(const Address& address, const Passage& passage, const std::vector<std::string>& identity) {
    const auto& authorizer = *passage.match.route->authorization.authorizer;
    auto key = fmt::format("{}/{}/{}/{}", address.place.api_id, address.version, passage.stage,
                           authorizer.AuthorizerId.value_or(""));
    // With its length each, so that no two lists of values look the same.
    for (const auto& value : identity) key += fmt::format("/{}:{}", value.size(), value);
    return key;
}

}  // namespace cumulet::apigatewayv2
