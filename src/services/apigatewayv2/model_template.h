// A mapping template that makes what a model describes. Pure.
#pragma once

#include <string>

#include "base/json.h"

namespace cumulet::apigatewayv2 {

/// VTL with an example of each value that the JSON schema describes. Bounded in depth and size.
std::string model_template(const json::value& schema);

}  // namespace cumulet::apigatewayv2
