#include "services/apigatewayv2/verdicts.h"

namespace cumulet::apigatewayv2 {

std::string verdict_key(const Address& address, const Passage& passage, const std::vector<std::string>& identity) {
    const auto& authorizer = *passage.match.route->authorization.authorizer;
    auto key = fmt::format("{}/{}/{}/{}", address.place.api_id, address.version, passage.stage,
                           authorizer.AuthorizerId.value_or(""));
    // With its length each, so that no two lists of values look the same.
    for (const auto& value : identity) key += fmt::format("/{}:{}", value.size(), value);
    return key;
}

}  // namespace cumulet::apigatewayv2
