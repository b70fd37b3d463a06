// How requests name an API of API Gateway, and how an API's own host is named. Both kinds of APIs share the names.
// Pure.
//     http://<id>.execute-api.<anything>/<path>
//     http://<anything>/_aws/execute-api/<id>/<stage>/<path>
//     http://<anything>/restapis/<id>/<stage>/_user_request_/<path>
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/call.h"

namespace cumulet::contracts {

/// What a request is addressed to.
struct ApiDestination {
    std::string api_id;
    std::string path;  ///< still percent-encoded, begins with '/', the stage's name first unless it is $default
    bool by_host = false;
};
/// Nothing if neither host nor path names an API.
std::optional<ApiDestination> read_api_destination(std::string_view host, std::string_view path);

/// "<id>.execute-api.<host>": of the caller's own host where a name may stand in front of that, of
/// localhost.localstack.cloud (which resolves to this machine everywhere) where it is localhost or an address.
std::string api_domain_name(const Call& call, std::string_view api_id);
/// The same as a URL, with scheme and port.
std::string api_endpoint(const Call& call, std::string_view api_id);

/// Cuts the first segment off a path that begins with '/': "/dev/orders" gives "dev" and leaves "/orders".
std::string_view take_segment(std::string_view& path);
/// "example.com:8080" without its port.
std::string_view without_port(std::string_view host);

}  // namespace cumulet::contracts
