// The AWS::Serverless-2016-10-31 transform: a template with serverless types becomes one of plain resources. Pure.
#pragma once

#include "base/json.h"
#include "services/cloudformation/template/parameters.h"

namespace cumulet::cloudformation {

inline constexpr std::string_view serverless_transform = "AWS::Serverless-2016-10-31";

/// `document` with its AWS::Serverless resources and Globals replaced by what SAM makes of them, under SAM's names.
/// `parameters` are the stack's, where a name or stage depends on one. Throws TemplateError in SAM's words.
/// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification.html
json::object transform_serverless(const json::object& document, const ParameterTexts& parameters);

}  // namespace cumulet::cloudformation
