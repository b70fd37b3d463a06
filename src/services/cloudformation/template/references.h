// What a template's values refer to, and the order that follows from it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "services/cloudformation/template/template.h"

namespace cumulet::cloudformation {

/// A name inside a template's value: {Ref: name}, {Fn::GetAtt: [name, attribute]} or one of both inside Fn::Sub.
struct Reference {
    std::string name;
    std::string attribute;  ///< "" for Ref
    auto operator<=>(const Reference&) const = default;
};

/// All references in `value`, pseudo parameters left out. Throws TemplateError if a function is malformed.
std::set<Reference> references_in(const json::value& value);

/// The conditions that `value` names in Fn::If and Condition.
std::set<std::string> conditions_in(const json::value& value);

/// One piece of Fn::Sub's text: literal text, or a variable's name.
struct SubPiece {
    std::string text;
    bool variable = false;
};
/// The resource and attribute of a Fn::GetAtt; the attribute is "?" where it is an expression of its own.
Reference get_att_target(const json::value& argument);

/// Splits "a${B}c${!D}" into its pieces; "${!D}" is the literal "${D}".
std::vector<SubPiece> split_sub(std::string_view text);

/// Throws TemplateError if something refers to what the template does not define, or in a circle.
void check_references(const Template& parsed);

/// For each resource, the resources that must exist before it: by reference and by DependsOn.
std::map<std::string, std::set<std::string>> dependencies(const Template& parsed);

/// The names in an order in which each follows what it depends on. Throws TemplateError naming the circle, if there is
/// one.
std::vector<std::string> ordered(const std::map<std::string, std::set<std::string>>& graph);

bool is_pseudo_parameter(std::string_view name);

}  // namespace cumulet::cloudformation
