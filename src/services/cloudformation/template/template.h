// A template as its author wrote it: sections read, shapes checked, nothing evaluated yet.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace cumulet::cloudformation {

struct ParameterDefinition {
    std::string name;
    std::string type = "String";
    std::optional<std::string> default_value;
    std::vector<std::string> allowed_values;
    std::string allowed_pattern;
    std::string constraint_description;
    std::string description;
    std::optional<double> min_value, max_value;
    std::optional<int64_t> min_length, max_length;
    bool no_echo = false;

    bool is_list() const { return type == "CommaDelimitedList" || type.starts_with("List<"); }
    bool is_number() const { return type == "Number" || type == "List<Number>"; }
};

struct ResourceDefinition {
    std::string logical_id;
    std::string type;
    std::string condition;  ///< "" if the resource is unconditional
    json::object properties;
    json::value metadata;
    std::vector<std::string> depends_on;
    std::string deletion_policy;        ///< "" where the template says nothing
    std::string update_replace_policy;  ///< likewise

    /// Whether this type's resources outlive a stack by policy.
    bool retained_on_delete() const { return deletion_policy == "Retain"; }
};

struct OutputDefinition {
    std::string name;
    std::string description;
    std::string condition;
    json::value value;
    json::value export_name;  ///< null if it is not exported
};

struct Template {
    std::string version;
    std::string description;
    json::value metadata;
    std::vector<std::string> transforms;
    std::vector<ParameterDefinition> parameters;
    json::object mappings;
    json::object conditions;
    std::vector<ResourceDefinition> resources;
    std::vector<OutputDefinition> outputs;

    const ParameterDefinition* parameter(std::string_view name) const;
    const ResourceDefinition* resource(std::string_view logical_id) const;
};

/// The transforms that `document` declares, in their order.
std::vector<std::string> declared_transforms(const json::object& document);

/// Reads all sections and checks that each reference names something. Throws TemplateError in AWS's words.
Template read_template(const json::object& document);

/// The capabilities that creating the template's IAM resources needs: none, CAPABILITY_IAM or CAPABILITY_NAMED_IAM.
std::string needed_capability(const Template& parsed);
/// The types of the template's IAM resources, without repetition, for the reason that AWS gives with the capability.
std::vector<std::string> iam_types(const Template& parsed);

}  // namespace cumulet::cloudformation
