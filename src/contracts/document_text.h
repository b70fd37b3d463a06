// Documents that may be JSON or YAML, such as OpenAPI's, as one kind of value. Pure.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"

namespace cumulet::contracts {

/// The text as a value, nothing if it is neither.
std::optional<json::value> parse_document(const std::string& text);
/// The value in YAML, whose strings are all quoted.
std::string write_yaml(const json::value& value);

}  // namespace cumulet::contracts
