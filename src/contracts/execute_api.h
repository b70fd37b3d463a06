// How requests name an API of API Gateway, and how an API's own host is named. Both kinds of APIs share the names.
// Pure.
//     http://<id>.execute-api.<anything>/<path>
//     http://<anything>/_aws/execute-api/<id>/<stage>/<path>
//     http://<anything>/restapis/<id>/<stage>/_user_request_/<path>
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "contracts/client.h"
#include "runtime/call.h"

namespace cumulet::contracts {

/// The custom domain by which a request came.
struct DomainMatch {
    std::string domain_name;         ///< that the caller used: "api.example.com"
    std::string base_path;           ///< of the mapping, "" for the one without
    std::string rule_id;             ///< of the routing rule that chose the API, "" if a mapping did
    std::string stage;               ///< "" where the path names it
    std::string client_certificate;  ///< PEM, where the domain asks for one
};

/// What a request is addressed to.
struct ApiDestination {
    std::string api_id;
    std::string path;  ///< still percent-encoded, begins with '/', the stage's name first unless it is $default, or
                       ///< the domain's mapping knows it
    bool by_host = false;
    std::optional<DomainMatch> domain = {};
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

/// True if a request's headers have more than the 10,240 bytes that API Gateway takes.
bool headers_too_large(const http::Headers& headers);

/// $context.customDomain of a request by that domain.
json::object custom_domain(const DomainMatch& match);
/// $context.identity.clientCert; nothing if the caller showed no certificate.
std::optional<json::object> client_certificate(const std::optional<DomainMatch>& match);

/// Where requests to APIs come in.
class ApiSurface : public Surface {
  public:
    Task<http::Response> serve(Call& call, http::Request request) override;
    /// Nothing as a destination: the request names no API.
    virtual Task<http::Response> serve_api(Call& call, http::Request request,
                                           std::optional<ApiDestination> destination) = 0;
};

/// A surface whose host names users choose.
class NamedSurface : public Surface {
  public:
    /// True if requests to `host_name` (in lower case, without port) are for it.
    virtual Task<bool> answers(std::string host_name) = 0;
};

}  // namespace cumulet::contracts
