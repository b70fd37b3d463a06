// Browsers ask before they call: any page may, as such tools have it.
// https://fetch.spec.whatwg.org/#http-cors-protocol

#include "dispatch/steps.h"

namespace cumulet::dispatch {
namespace {

constexpr std::string_view exposed =
    "etag,x-amz-version-id,x-amz-request-id,x-amz-id-2,x-amzn-requestid,x-amzn-errortype,x-amz-crc32,x-amz-log-result,"
    "x-amz-executed-version,x-amz-function-error,x-cumulet-decision";

}  // namespace

bool is_preflight(const http::Request& request) { return request.method == "OPTIONS" && request.headers.has("origin"); }

http::Response answer_preflight(const http::Request& request) {
    http::Response response;
    response.status = 204;
    allow_origin("*", response);
    // Whatever is asked for, as DynamoDB answers it.
    const auto method = request.headers.get("access-control-request-method");
    response.headers.set("Access-Control-Allow-Methods",
                         method.empty() ? "HEAD,GET,PUT,POST,DELETE,OPTIONS,PATCH" : std::string(method));
    const auto wanted = request.headers.get("access-control-request-headers");
    if (!wanted.empty()) response.headers.set("Access-Control-Allow-Headers", std::string(wanted));
    if (request.headers.get("access-control-request-private-network") == "true") {
        response.headers.set("Access-Control-Allow-Private-Network", "true");
    }
    response.headers.set("Access-Control-Max-Age", "600");
    return response;
}

void allow_origin(std::string_view origin, http::Response& response) {
    if (response.headers.has("access-control-allow-origin")) return;
    response.headers.set("Access-Control-Allow-Origin", std::string(origin));
    response.headers.set("Access-Control-Expose-Headers", std::string(exposed));
}

}  // namespace cumulet::dispatch
