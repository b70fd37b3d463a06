// What WebSockets hold that say nothing.
#pragma once

#include <string>

namespace cumulet::load {

/// Opens thousands of WebSockets, and prints what memory the server has then.
void measure_web_sockets(const std::string& program);

}  // namespace cumulet::load
