// A Host field: a name, or an address, and maybe a port.
#pragma once

#include <string_view>
#include <utility>

namespace cumulet {

/// The name, and the port with its colon ("" if there is none): "[::1]:80" is "[::1]" and ":80".
std::pair<std::string_view, std::string_view> split_port(std::string_view host);
std::string_view without_port(std::string_view host);

}  // namespace cumulet
