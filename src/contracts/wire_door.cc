#include "contracts/wire_door.h"

namespace cumulet::contracts {

std::optional<ServiceRequest> service_named_by(const Arn& integration) {
    constexpr std::string_view action = "action/", path = "path/";
    ServiceRequest wanted;
    const auto dot = integration.account.rfind('.');
    wanted.service = dot == std::string::npos ? integration.account : integration.account.substr(dot + 1);
    if (dot != std::string::npos) wanted.subdomain = integration.account.substr(0, dot);
    std::string_view rest = integration.resource;
    if (rest.starts_with(action)) {
        rest.remove_prefix(action.size());
        const auto end = rest.find('&');
        wanted.action = rest.substr(0, end);
        wanted.message.set_target(end == std::string_view::npos ? "/" : "/?" + std::string(rest.substr(end + 1)));
        return wanted;
    }
    if (!rest.starts_with(path)) return std::nullopt;
    rest.remove_prefix(path.size());
    while (rest.starts_with('/')) rest.remove_prefix(1);
    wanted.message.set_target("/" + std::string(rest));
    return wanted;
}

}  // namespace cumulet::contracts
