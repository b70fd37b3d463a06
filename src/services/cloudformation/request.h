// What a request asks for, read and checked: its template, from wherever it is, parameters, tags, capabilities.
#pragma once

#include "contracts/client.h"
#include "contracts/cloudformation.h"
#include "services/cloudformation/registry.h"
#include "services/cloudformation/stack.h"
#include "services/cloudformation/template/evaluate.h"

namespace cumulet::cloudformation {

/// CloudFormation's error for whatever is wrong with a request.
aws::Error invalid(std::string message);

/// The members that every request with a template shares.
struct TemplateSource {
    std::optional<std::string> body;
    std::optional<std::string> url;
    bool previous = false;  ///< UsePreviousTemplate
};
/// The template's text. Objects of S3 are read through the door, as the caller. Throws ValidationError.
Task<std::string> template_text(Call& call, contracts::Door& door, TemplateSource source, const Stack* stack);

/// A bucket and key that a TemplateURL names, in whichever of S3's forms.
struct ObjectAddress {
    std::string bucket, key;
    friend bool operator==(const ObjectAddress&, const ObjectAddress&) = default;
};
std::optional<ObjectAddress> parse_object_url(std::string_view url);

/// A template after its transforms.
struct Processed {
    json::object document;
    Template parsed;
    bool transformed = false;  ///< by a macro of AWS's
};
/// Applies the transforms of `text`. `transform_error` is set instead of an exception where a transform refuses, since
/// AWS says so in the status of a change set. Throws ValidationError for the rest.
Processed process_template(const std::string& text, const std::vector<GivenParameter>& given,
                           const ParameterTexts& previous, const Registry& registry, std::string& transform_error);

/// Throws InsufficientCapabilitiesException if `acknowledged` lacks what the template needs.
void check_capabilities(const Processed& processed, const std::vector<std::string>& acknowledged,
                        bool expansion_reviewed);

std::vector<GivenParameter> given_parameters(
    const std::optional<std::vector<aws::cloudformation::Parameter>>& parameters);
std::map<std::string, std::string> given_tags(const std::optional<std::vector<aws::cloudformation::Tag>>& tags);

/// Runs `action`; what is wrong with the template becomes ValidationError.
template <typename Action>
auto as_validation(Action action) -> decltype(action());

}  // namespace cumulet::cloudformation

#include "services/cloudformation/template/error.h"

template <typename Action>
auto cumulet::cloudformation::as_validation(Action action) -> decltype(action()) {
    try {
        return action();
    } catch (const TemplateError& error) {
        throw invalid(error.what());
    }
}
