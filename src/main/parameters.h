// "Key=Value" arguments as parameters of a template.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"

namespace cumulet {

/// Throws std::invalid_argument for an argument without "=", an empty or repeated key.
std::map<std::string, std::string> parse_parameters(const std::vector<std::string>& arguments);

/// What a change set is told about one parameter: a value, or that the stack's own stays.
struct ChosenParameter {
    std::string key;
    std::string value;
    bool use_previous = false;
    bool operator==(const ChosenParameter&) const = default;
};

/// The parameters of a deployment: what is given; for the others the stack's value where it has one, else the
/// template's default. Throws std::invalid_argument for a parameter that the template does not have.
std::vector<ChosenParameter> choose_parameters(const json::object& document,
                                               const std::map<std::string, std::string>& given,
                                               const std::set<std::string>& known_to_stack);

/// A name for a stack after the folder that `name` is of: what AWS does not allow becomes "-".
std::string stack_name_from(std::string_view name);

}  // namespace cumulet
