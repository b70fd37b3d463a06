// Members of a document's objects, whatever the document has in their place. Pure.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"

namespace cumulet::apigatewayv2 {

/// nullptr if the member is missing or no object.
inline const json::object* object_in(const json::object& parent, std::string_view name) {
    const auto* value = parent.if_contains(name);
    return value ? value->if_object() : nullptr;
}

/// A text as it is, anything else as JSON; nothing if the member is missing or null.
inline std::optional<std::string> text_in(const json::object& parent, std::string_view name) {
    const auto* value = parent.if_contains(name);
    if (!value || value->is_null()) return std::nullopt;
    return value->is_string() ? std::string(value->as_string()) : json::serialize(*value);
}

}  // namespace cumulet::apigatewayv2
