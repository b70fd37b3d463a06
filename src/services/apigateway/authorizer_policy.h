// The policy that a Lambda authorizer answers with. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
#pragma once

#include <string_view>

#include "base/json.h"

namespace cumulet::apigateway {

enum class Verdict : uint8_t { allowed, denied, denied_explicitly, malformed };

/// What the policy says of execute-api:Invoke on a method's ARN. A statement with conditions never allows, and always
/// denies.
Verdict evaluate_policy(const json::value& policy, std::string_view method_arn);

}  // namespace cumulet::apigateway
