// What functions cost: a warm one called over HTTP by one client and by eight, and a thousand that nobody calls.
#pragma once

#include <string>

#include "caller.h"

namespace cumulet::load {

/// As SDKs send it to a service of REST.
std::string signed_request(std::string_view service, std::string_view method, std::string_view path,
                           std::string_view body);
/// Of two handlers in Node: index.handler answers an API, index.echo with its event.
void create_function(Caller& caller, std::string_view name, std::string_view handler);

void measure_functions(const std::string& program);

}  // namespace cumulet::load
