#include "services/cloudformation/template/template.h"

#include "base/bytes.h"
#include "services/cloudformation/template/error.h"
#include "services/cloudformation/template/references.h"

namespace cumulet::cloudformation {

namespace {

constexpr size_t max_resources = 500, max_parameters = 200, max_outputs = 200, max_mappings = 200;

bool alphanumeric(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return c < 128 && isalnum(c); });
}

/// A scalar as the text that its author wrote, as far as JSON remembers it.
std::string scalar_text(const json::value& value, std::string_view where) {
    if (value.is_string()) return std::string(value.get_string());
    if (value.is_object() || value.is_array() || value.is_null()) {
        refuse("Template format error: {} must be a string, a number or a boolean.", where);
    }
    return json::serialize(value);
}

const json::object& section(const json::object& document, std::string_view name, size_t limit) {
    static const json::object none;
    const auto* value = document.if_contains(name);
    if (!value) return none;
    if (!value->is_object()) refuse("Template format error: {} must be an object.", name);
    if (value->get_object().size() > limit) {
        refuse("Template format error: Number of {}, {}, is greater than maximum allowed, {}", to_lower(name),
               value->get_object().size(), limit);
    }
    return value->get_object();
}

double number_of(const json::value& value, std::string_view where) {
    const auto text = scalar_text(value, where);
    try {
        return std::stod(text);
    } catch (const std::exception&) {
        refuse("Template format error: {} must be a number.", where);
    }
}

void read_constraint(ParameterDefinition& parameter, std::string_view key, const json::value& value) {
    const auto where = fmt::format("Parameter '{}' {}", parameter.name, key);
    if (key == "Type")
        parameter.type = scalar_text(value, where);
    else if (key == "Default")
        parameter.default_value = scalar_text(value, where);
    else if (key == "AllowedPattern")
        parameter.allowed_pattern = scalar_text(value, where);
    else if (key == "ConstraintDescription")
        parameter.constraint_description = scalar_text(value, where);
    else if (key == "Description")
        parameter.description = scalar_text(value, where);
    else if (key == "NoEcho")
        parameter.no_echo = scalar_text(value, where) == "true";
    else if (key == "MinValue")
        parameter.min_value = number_of(value, where);
    else if (key == "MaxValue")
        parameter.max_value = number_of(value, where);
    else if (key == "MinLength")
        parameter.min_length = static_cast<int64_t>(number_of(value, where));
    else if (key == "MaxLength")
        parameter.max_length = static_cast<int64_t>(number_of(value, where));
    else if (key == "AllowedValues") {
        if (!value.is_array()) refuse("Template format error: {} must be a list.", where);
        for (const auto& allowed : value.get_array()) parameter.allowed_values.push_back(scalar_text(allowed, where));
    } else {
        refuse("Invalid template parameter property '{}'", key);
    }
}

void check_type(const ParameterDefinition& parameter) {
    const auto& type = parameter.type;
    if (type.starts_with("AWS::SSM::")) {
        refuse("Parameter '{}' has type {}, which Cumulet does not resolve.", parameter.name, type);
    }
    const bool known = type == "String" || type == "Number" || type == "CommaDelimitedList" || type == "List<Number>" ||
                       type == "List<String>" || type.starts_with("AWS::") || type.starts_with("List<AWS::");
    if (!known) refuse("Template format error: Unrecognized parameter type: {}", type);
}

ParameterDefinition read_parameter(std::string_view name, const json::value& value) {
    if (!alphanumeric(name)) refuse("Template format error: Parameter name {} is non alphanumeric.", name);
    if (!value.is_object()) refuse("Template format error: Every Parameters member must be an object.");
    if (!value.get_object().contains("Type")) {
        refuse("Template format error: Every Parameters object must contain a Type member.");
    }
    ParameterDefinition parameter{.name = std::string(name)};
    for (const auto& [key, constraint] : value.get_object()) read_constraint(parameter, key, constraint);
    check_type(parameter);
    return parameter;
}

std::vector<std::string> read_depends_on(std::string_view logical_id, const json::value& value) {
    std::vector<std::string> names;
    const auto add = [&](const json::value& name) {
        if (!name.is_string()) {
            refuse("Template format error: [/Resources/{}/DependsOn] DependsOn must be a string or a list of strings.",
                   logical_id);
        }
        names.emplace_back(name.get_string());
    };
    if (const auto* list = value.if_array()) {
        for (const auto& name : *list) add(name);
    } else {
        add(value);
    }
    return names;
}

std::string read_policy(std::string_view logical_id, std::string_view key, const json::value& value,
                        std::initializer_list<std::string_view> allowed) {
    if (!value.is_string() || std::ranges::find(allowed, std::string_view(value.get_string())) == allowed.end()) {
        refuse("Template error: resource {} has an unsupported {}: {}", logical_id, key, json::serialize(value));
    }
    return std::string(value.get_string());
}

void refuse_nulls(const json::value& value, const std::string& path) {
    if (value.is_null()) refuse("Template format error: [{}] 'null' values are not allowed in templates", path);
    if (const auto* object = value.if_object()) {
        for (const auto& [key, member] : *object)
            refuse_nulls(member, fmt::format("{}/{}", path, std::string_view(key)));
    } else if (const auto* array = value.if_array()) {
        for (size_t i = 0; i < array->size(); ++i) refuse_nulls((*array)[i], fmt::format("{}/{}", path, i));
    }
}

void read_attribute(ResourceDefinition& resource, std::string_view key, const json::value& value) {
    const auto& id = resource.logical_id;
    if (key == "Type") return;
    if (key == "Properties") {
        if (!value.is_object()) refuse("Template format error: [/Resources/{}/Properties] must be an object.", id);
        refuse_nulls(value, fmt::format("/Resources/{}/Properties", id));
        resource.properties = value.get_object();
    } else if (key == "Metadata") {
        resource.metadata = value;
    } else if (key == "Condition") {
        resource.condition = scalar_text(value, fmt::format("[/Resources/{}/Condition]", id));
    } else if (key == "DependsOn") {
        resource.depends_on = read_depends_on(id, value);
    } else if (key == "DeletionPolicy") {
        resource.deletion_policy =
            read_policy(id, key, value, {"Delete", "Retain", "Snapshot", "RetainExceptOnCreate"});
    } else if (key == "UpdateReplacePolicy") {
        resource.update_replace_policy = read_policy(id, key, value, {"Delete", "Retain", "Snapshot"});
    } else if (key == "CreationPolicy" || key == "UpdatePolicy") {
        refuse("Resource {} has a {}, which Cumulet does not support.", id, key);
    } else if (key != "Description") {
        refuse("Invalid template resource property '{}'", key);
    }
}

ResourceDefinition read_resource(std::string_view id, const json::value& value) {
    if (!alphanumeric(id)) refuse("Template format error: Resource name {} is non alphanumeric.", id);
    if (!value.is_object()) refuse("Template format error: [/Resources/{}] resource definition is malformed", id);
    const auto* type = value.get_object().if_contains("Type");
    if (!type || !type->is_string()) {
        refuse("Template format error: [/Resources/{}] Every Resources object must contain a Type member.", id);
    }
    ResourceDefinition resource{.logical_id = std::string(id), .type = std::string(type->get_string())};
    for (const auto& [key, attribute] : value.get_object()) read_attribute(resource, key, attribute);
    return resource;
}

OutputDefinition read_output(std::string_view name, const json::value& value) {
    if (!alphanumeric(name)) refuse("Template format error: Output name {} is non alphanumeric.", name);
    if (!value.is_object() || !value.get_object().contains("Value")) {
        refuse("Template format error: Every Outputs member must contain a Value object");
    }
    OutputDefinition output{.name = std::string(name)};
    for (const auto& [key, member] : value.get_object()) {
        if (key == "Value")
            output.value = member;
        else if (key == "Description")
            output.description = scalar_text(member, "Output description");
        else if (key == "Condition")
            output.condition = scalar_text(member, "Output condition");
        else if (key == "Export") {
            const auto* export_name = member.is_object() ? member.get_object().if_contains("Name") : nullptr;
            if (!export_name) refuse("Template format error: Output {} is malformed: Export requires a Name", name);
            output.export_name = *export_name;
        } else {
            refuse("Template format error: Unrecognized attribute {} of output {}", std::string_view(key), name);
        }
    }
    refuse_nulls(output.value, fmt::format("/Outputs/{}/Value", name));
    return output;
}

void check_mappings(const json::object& mappings) {
    for (const auto& [map_name, map] : mappings) {
        if (!map.is_object())
            refuse("Template format error: Every Mappings member {} must be a map", std::string_view(map_name));
        for (const auto& [top, second] : map.get_object()) {
            if (!second.is_object()) {
                refuse("Template format error: Every Mappings member {} must be a map", std::string_view(map_name));
            }
            for (const auto& [key, value] : second.get_object()) {
                if (value.is_object() || value.is_null()) {
                    refuse("Template format error: Every Mappings attribute must be a String or a List.");
                }
            }
        }
    }
}

void check_sections(const json::object& document) {
    std::string unknown;
    for (const auto& [key, value] : document) {
        static constexpr std::string_view known[] = {"AWSTemplateFormatVersion",
                                                     "Description",
                                                     "Metadata",
                                                     "Parameters",
                                                     "Mappings",
                                                     "Conditions",
                                                     "Transform",
                                                     "Resources",
                                                     "Outputs",
                                                     "Hooks",
                                                     "Globals",
                                                     "Rules"};
        if (std::ranges::find(known, std::string_view(key)) == std::end(known)) {
            unknown += fmt::format("{}{}", unknown.empty() ? "" : ", ", std::string_view(key));
        }
    }
    if (!unknown.empty()) refuse("Invalid template property or properties [{}]", unknown);
    for (const std::string_view section : {"Rules", "Hooks", "Globals"}) {
        if (document.contains(section)) {
            if (section == "Globals") refuse("Invalid template property or properties [Globals]");
            refuse("Template section {} is not supported by Cumulet.", section);
        }
    }
}

}  // namespace

const ParameterDefinition* Template::parameter(std::string_view name) const {
    const auto found = std::ranges::find(parameters, name, &ParameterDefinition::name);
    return found == parameters.end() ? nullptr : &*found;
}

const ResourceDefinition* Template::resource(std::string_view logical_id) const {
    const auto found = std::ranges::find(resources, logical_id, &ResourceDefinition::logical_id);
    return found == resources.end() ? nullptr : &*found;
}

std::vector<std::string> declared_transforms(const json::object& document) {
    std::vector<std::string> names;
    const auto* value = document.if_contains("Transform");
    if (!value) return names;
    const auto add = [&](const json::value& name) {
        if (!name.is_string()) refuse("Template format error: Transform must be a string or a list of strings.");
        names.emplace_back(name.get_string());
    };
    if (const auto* list = value->if_array()) {
        for (const auto& name : *list) add(name);
    } else {
        add(*value);
    }
    return names;
}

Template read_template(const json::object& document) {
    check_sections(document);
    Template parsed;
    if (const auto* version = document.if_contains("AWSTemplateFormatVersion")) {
        parsed.version = scalar_text(*version, "AWSTemplateFormatVersion");
        if (parsed.version != "2010-09-09") {
            refuse("Template format error: [/AWSTemplateFormatVersion] Template format version is unsupported: {}",
                   parsed.version);
        }
    }
    if (const auto* description = document.if_contains("Description")) {
        parsed.description = scalar_text(*description, "Description");
        if (parsed.description.size() > 1024) {
            refuse("Template format error: 'Description' length is greater than 1024.");
        }
    }
    if (const auto* metadata = document.if_contains("Metadata")) parsed.metadata = *metadata;
    parsed.transforms = declared_transforms(document);
    for (const auto& [name, value] : section(document, "Parameters", max_parameters)) {
        parsed.parameters.push_back(read_parameter(name, value));
    }
    parsed.mappings = section(document, "Mappings", max_mappings);
    check_mappings(parsed.mappings);
    parsed.conditions = section(document, "Conditions", max_resources);
    for (const auto& [id, value] : section(document, "Resources", max_resources)) {
        parsed.resources.push_back(read_resource(id, value));
    }
    if (parsed.resources.empty()) refuse("Template format error: At least one Resources member must be defined.");
    for (const auto& [name, value] : section(document, "Outputs", max_outputs)) {
        parsed.outputs.push_back(read_output(name, value));
    }
    check_references(parsed);
    return parsed;
}

std::vector<std::string> iam_types(const Template& parsed) {
    std::vector<std::string> types;
    for (const auto& resource : parsed.resources) {
        if (resource.type.starts_with("AWS::IAM::") && std::ranges::find(types, resource.type) == types.end()) {
            types.push_back(resource.type);
        }
    }
    return types;
}

std::string needed_capability(const Template& parsed) {
    static constexpr std::string_view names[] = {"RoleName", "UserName", "GroupName", "ManagedPolicyName",
                                                 "InstanceProfileName"};
    bool iam = false;
    for (const auto& resource : parsed.resources) {
        if (!resource.type.starts_with("AWS::IAM::")) continue;
        iam = true;
        for (const auto name : names) {
            if (resource.properties.contains(name)) return "CAPABILITY_NAMED_IAM";
        }
    }
    return iam ? "CAPABILITY_IAM" : "";
}

}  // namespace cumulet::cloudformation
