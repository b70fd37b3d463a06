// SAM's policy templates: least-privilege statements that a function asks for by name.
// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-template-list.html
#pragma once

#include "base/json.h"

namespace cumulet::cloudformation {

bool is_policy_template(std::string_view name);

/// The statements of the template `name` with its parameters filled in. Throws TemplateError if one is missing or
/// unknown.
json::array policy_template_statements(std::string_view name, const json::object& parameters);

/// The ARN of AWS's managed policy called `name`.
std::string managed_policy_arn(std::string_view name);

}  // namespace cumulet::cloudformation
