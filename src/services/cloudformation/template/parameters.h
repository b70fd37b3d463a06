// The values of a stack's parameters: given, kept from before, or the template's defaults; each checked.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "services/cloudformation/template/template.h"

namespace cumulet::cloudformation {

/// One parameter of a request.
struct GivenParameter {
    std::string key;
    std::string value;
    bool use_previous = false;
};

using ParameterTexts = std::map<std::string, std::string>;

/// The text of each parameter of `parsed`. Throws TemplateError in AWS's words: unknown names, missing values,
/// constraints.
ParameterTexts settle_parameters(const Template& parsed, const std::vector<GivenParameter>& given,
                                 const ParameterTexts& previous);

/// What Ref gives for each: a string, or an array of strings for list types.
std::map<std::string, json::value, std::less<>> parameter_values(const Template& parsed, const ParameterTexts& texts);

/// Throws TemplateError if `text` breaks a constraint of `parameter`.
void check_parameter(const ParameterDefinition& parameter, const std::string& text);

}  // namespace cumulet::cloudformation
