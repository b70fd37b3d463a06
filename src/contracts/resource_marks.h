// Tags by which a step of a deployment that is repeated after a crash knows what its first try made.
#pragma once

#include <optional>

#include "contracts/resource_tags.h"

namespace cumulet::contracts {

/// A resource's tags with a mark of the step that makes it.
std::map<std::string, std::string> marked_tags(const ResourceContext& context, const json::object& properties);
bool has_mark(const std::optional<std::map<std::string, std::string>>& tags, const ResourceContext& context);
/// Marks and their like, which are nobody's to take away.
bool is_own_tag(std::string_view key);

}  // namespace cumulet::contracts
