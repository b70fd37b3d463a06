// What functions cost: a warm one called over HTTP by one client and by eight, and a thousand that nobody calls.
#pragma once

#include <string>

namespace cumulet::load {

void measure_functions(const std::string& program);

}  // namespace cumulet::load
