// The tags that CloudFormation gives a resource. A header of its own: few of those who know resources need it.
#pragma once

#include <map>
#include <string>

#include "contracts/resource.h"

namespace cumulet::contracts {

/// The tags of a resource: its stack's, and over them its own property "Tags", a list of {Key, Value} or a map.
std::map<std::string, std::string> merged_tags(const ResourceContext& context, const json::object& properties);

}  // namespace cumulet::contracts
