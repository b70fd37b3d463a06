// The condition operators of IAM policies.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
#pragma once

#include "auth/policy.h"

namespace cumulet::auth {

/// True if IAM knows the operator, spelled without ForAllValues:, ForAnyValue: and IfExists.
bool is_condition_operator(std::string_view name);
/// Takes "ForAnyValue:StringLikeIfExists" apart; false if the operator is unknown.
bool read_operator(std::string_view text, Condition& condition);
/// True if the condition holds; policy variables in its values are replaced where `variables` says so.
bool holds(const Condition& condition, const ConditionContext& context, bool variables);

}  // namespace cumulet::auth
