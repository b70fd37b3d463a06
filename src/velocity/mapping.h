// The variables of API Gateway's mapping templates: $input, $util, $context, $stageVariables.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
#pragma once

#include "velocity/template.h"

namespace cumulet::velocity {

/// What a mapping template sees of a request, or of an integration's response.
struct MappingInput {
    using Parameters = std::vector<std::pair<std::string, std::string>>;
    std::string body;
    Parameters path;
    Parameters querystring;
    Parameters header;
    Map context;
    Map stage_variables;
};

/// A fresh set of variables.
Variables mapping_variables(MappingInput input);

/// "&", "=" and spaces as a form's field has them.
std::string form_encode(std::string_view text);
/// As $util.escapeJavaScript does it: quotes, backslashes and control characters, and what is not ASCII.
std::string escape_javascript(std::string_view text);

}  // namespace cumulet::velocity
