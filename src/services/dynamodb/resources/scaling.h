// What the properties of AWS::DynamoDB::GlobalTable say of auto scaling. Pure.
#pragma once

#include <map>
#include <string>

#include "base/json.h"

namespace cumulet::dynamodb {

/// The settings that are given, by what they are about: "write", "write by-state", "eu-west-1 read", …
std::map<std::string, json::object> scaling_settings(const json::object& properties);

/// UpdateTableReplicaAutoScaling's members for all of the table; what has no settings does not scale.
json::object scaling_members(const json::object& properties, const std::string& table);

}  // namespace cumulet::dynamodb
