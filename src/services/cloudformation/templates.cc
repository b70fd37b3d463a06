// GetTemplate, GetTemplateSummary, ValidateTemplate.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplateSummary.html

#include "services/cloudformation/sam/transform.h"
#include "services/cloudformation/service.h"
#include "services/cloudformation/template/parse.h"

namespace cumulet::cloudformation {

namespace {

/// A template as far as it can be read without knowing its parameters' values.
struct Outline {
    Template parsed;
    std::vector<std::string> transforms;
    std::vector<std::string> types;  ///< as written, before the transform
    std::vector<std::string> capabilities;
    std::string reason;
};

Outline outline_of(const std::string& text) {
    return as_validation([&] {
        Outline outline;
        auto document = parse_template(text);
        outline.transforms = declared_transforms(document);
        if (const auto* resources = document.if_contains("Resources"); resources && resources->is_object()) {
            for (const auto& [id, resource] : resources->get_object()) {
                const auto* type = find(resource, "Type");
                if (!type || !type->is_string()) continue;
                std::string name(type->get_string());
                if (std::ranges::find(outline.types, name) == outline.types.end())
                    outline.types.push_back(std::move(name));
            }
        }
        const bool serverless = std::ranges::find(outline.transforms, serverless_transform) != outline.transforms.end();
        if (serverless) {
            try {
                document = transform_serverless(document, {});
            } catch (const TemplateError& error) {
                refuse("Transform {} failed with: {}", serverless_transform, error.what());
            }
        }
        document.erase("Transform");
        outline.parsed = read_template(document);
        if (const auto needed = needed_capability(outline.parsed); !needed.empty()) {
            outline.capabilities.push_back(needed);
            outline.reason = fmt::format("The following resource(s) require capabilities: [{}]",
                                         fmt::join(iam_types(outline.parsed), ", "));
        }
        if (serverless) outline.capabilities.push_back("CAPABILITY_AUTO_EXPAND");
        return outline;
    });
}

std::optional<std::string> unless_empty(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

std::vector<model::ParameterDeclaration> declarations(const Template& parsed) {
    std::vector<model::ParameterDeclaration> made;
    for (const auto& parameter : parsed.parameters) {
        model::ParameterDeclaration one{.ParameterKey = parameter.name,
                                        .DefaultValue = parameter.default_value,
                                        .ParameterType = parameter.type,
                                        .NoEcho = parameter.no_echo};
        one.Description = unless_empty(parameter.description);
        one.ParameterConstraints.emplace();
        if (!parameter.allowed_values.empty()) one.ParameterConstraints->AllowedValues = parameter.allowed_values;
        made.push_back(std::move(one));
    }
    return made;
}

}  // namespace

Task<model::GetTemplateOutput> Service::get_template(Call& call, model::GetTemplateInput request) {
    Desired desired;
    if (request.ChangeSetName) {
        desired =
            (co_await find_changes(call, request.StackName.value_or(""), *request.ChangeSetName)).change_set.desired;
    } else {
        if (!request.StackName) throw invalid("Stack name must be specified.");
        desired = (co_await load(call, *request.StackName)).desired;
    }
    const bool processed = request.TemplateStage.value_or("Original") == "Processed";
    co_return model::GetTemplateOutput{.TemplateBody = processed ? desired.processed : desired.body,
                                       .StagesAvailable = std::vector<std::string>{"Original", "Processed"}};
}

Task<model::GetTemplateSummaryOutput> Service::get_template_summary(Call& call,
                                                                    model::GetTemplateSummaryInput request) {
    not_supported(request.StackSetName.has_value(), "GetTemplateSummary", "StackSetName");
    std::string text;
    if (request.StackName)
        text = (co_await load(call, *request.StackName)).desired.body;
    else
        text = co_await template_text(call, door_, {request.TemplateBody, request.TemplateURL}, nullptr);
    const auto outline = outline_of(text);
    model::GetTemplateSummaryOutput output{.Parameters = declarations(outline.parsed), .ResourceTypes = outline.types};
    output.Description = unless_empty(outline.parsed.description);
    output.Version = unless_empty(outline.parsed.version);
    if (!outline.capabilities.empty()) output.Capabilities = outline.capabilities;
    output.CapabilitiesReason = unless_empty(outline.reason);
    if (!outline.parsed.metadata.is_null()) output.Metadata = json::serialize(outline.parsed.metadata);
    if (!outline.transforms.empty()) output.DeclaredTransforms = outline.transforms;
    std::map<std::string, std::vector<std::string>> by_type;
    for (const auto& resource : outline.parsed.resources) by_type[resource.type].push_back(resource.logical_id);
    std::vector<model::ResourceIdentifierSummary> identifiers;
    for (auto& [type, ids] : by_type)
        identifiers.push_back({.ResourceType = type, .LogicalResourceIds = std::move(ids)});
    output.ResourceIdentifierSummaries = std::move(identifiers);
    co_return output;
}

Task<model::ValidateTemplateOutput> Service::validate_template(Call& call, model::ValidateTemplateInput request) {
    const auto text = co_await template_text(call, door_, {request.TemplateBody, request.TemplateURL}, nullptr);
    const auto outline = outline_of(text);
    model::ValidateTemplateOutput output;
    std::vector<model::TemplateParameter> parameters;
    for (const auto& parameter : outline.parsed.parameters) {
        parameters.push_back({.ParameterKey = parameter.name,
                              .DefaultValue = parameter.default_value,
                              .NoEcho = parameter.no_echo,
                              .Description = unless_empty(parameter.description)});
    }
    output.Parameters = std::move(parameters);
    output.Description = unless_empty(outline.parsed.description);
    if (!outline.capabilities.empty()) output.Capabilities = outline.capabilities;
    output.CapabilitiesReason = unless_empty(outline.reason);
    if (!outline.transforms.empty()) output.DeclaredTransforms = outline.transforms;
    co_return output;
}

}  // namespace cumulet::cloudformation
