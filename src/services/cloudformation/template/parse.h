// From a template's text to a JSON value: JSON, or YAML with CloudFormation's short tags.
#pragma once

#include "base/json.h"

namespace cumulet::cloudformation {

/// AWS's limit of a template that comes from S3; also the largest text that is read at all.
inline constexpr size_t max_template_bytes = 1 << 20;
inline constexpr size_t max_template_depth = 128;

/// The document that `text` holds, short tags written out ("!Ref a" is {"Ref": "a"}). Throws TemplateError.
json::object parse_template(std::string_view text);

/// YAML alone, of any top-level kind. Aliases are refused, as AWS refuses them, which also bounds the result by the
/// text.
json::value parse_yaml(std::string_view text);

}  // namespace cumulet::cloudformation
