// What a custom domain may be, and to which API it leads a request. Pure: no I/O.
#pragma once

#include "base/http.h"
#include "contracts/api_domains.h"
#include "contracts/execute_api.h"

namespace cumulet::apigatewayv2 {

using contracts::ApiDomain;

/// "(none)" and "" are the key of the mapping without a base path. Throws BadRequestException for what AWS refuses.
std::string mapping_key(const std::optional<std::string>& key);
/// Throws ConflictException if another mapping than `id` has the key, and TooManyRequestsException for one too many.
void check_mapping(const ApiDomain& domain, std::string_view id, std::string_view key);
/// Throws BadRequestException for what AWS refuses in a rule.
void check_rule(const std::vector<aws::apigatewayv2::RoutingRuleCondition>& conditions,
                const std::vector<aws::apigatewayv2::RoutingRuleAction>& actions, int32_t priority);

/// The API that the domain's rules and mappings lead to, by the first rule that matches or the longest base path.
/// `domain_name` is the one that the caller used. Nothing if there is none.
std::optional<contracts::ApiDestination> find_destination(const ApiDomain& domain, std::string_view domain_name,
                                                          const http::Request& request);

/// True if `value` is as `glob` says, in which '*' at the beginning and at the end is any text.
bool matches_glob(std::string_view value, std::string_view glob);

}  // namespace cumulet::apigatewayv2
