// What requests to APIs cost: mapped by API Gateway itself, sent on to an endpoint, and answered by a function.
#pragma once

#include <string>

namespace cumulet::load {

/// Of the kinds of APIs and integrations whose names ("REST API, MOCK") contain `filter`.
void measure_apis(const std::string& program, std::string_view filter);

}  // namespace cumulet::load
