#include "base/host.h"

namespace cumulet {

std::pair<std::string_view, std::string_view> split_port(std::string_view host) {
    const auto colon = host.rfind(':');
    if (colon == std::string_view::npos || host.find(']', colon) != std::string_view::npos) return {host, ""};
    return {host.substr(0, colon), host.substr(colon)};
}

std::string_view without_port(std::string_view host) { return split_port(host).first; }

}  // namespace cumulet
