#include "services/apigatewayv2/cors.h"

#include "base/bytes.h"

namespace cumulet::apigatewayv2 {
namespace {

using aws::apigatewayv2::Cors;

bool matches(std::string_view allowed, std::string_view origin) {
    if (allowed == "*") return true;
    if (const auto star = allowed.find('*'); star != std::string_view::npos) {  // "https://*"
        const auto end = allowed.substr(star + 1);
        return origin.size() > star + end.size() &&
               equal_ignoring_case(origin.substr(0, star), allowed.substr(0, star)) && origin.ends_with(end);
    }
    return equal_ignoring_case(allowed, origin);
}

/// What Access-Control-Allow-Origin says to `origin`, "" if it is not allowed.
std::string allowed_origin(const Cors& cors, std::string_view origin) {
    if (origin.empty() || !cors.AllowOrigins) return "";
    for (const auto& allowed : *cors.AllowOrigins) {
        if (matches(allowed, origin)) return allowed == "*" ? "*" : std::string(origin);
    }
    return "";
}

std::string joined(const std::vector<std::string>& items) {
    std::string text;
    for (const auto& item : items) text += (text.empty() ? "" : ",") + item;
    return text;
}

void add_list(http::Response& response, std::string name, const std::optional<std::vector<std::string>>& items) {
    if (items && !items->empty()) response.headers.add(std::move(name), joined(*items));
}

void add_credentials(http::Response& response, const Cors& cors) {
    if (cors.AllowCredentials.value_or(false)) response.headers.add("access-control-allow-credentials", "true");
}

}  // namespace

bool is_preflight(const http::Request& request) {
    return request.method == "OPTIONS" && request.headers.has("origin") &&
           request.headers.has("access-control-request-method");
}

http::Response preflight_reply(const Cors& cors, const http::Request& request) {
    http::Response response;
    response.status = 204;
    const auto origin = allowed_origin(cors, request.headers.get("origin"));
    if (origin.empty()) return response;
    response.headers.add("access-control-allow-origin", origin);
    add_list(response, "access-control-allow-methods", cors.AllowMethods);
    add_list(response, "access-control-allow-headers", cors.AllowHeaders);
    add_list(response, "access-control-expose-headers", cors.ExposeHeaders);
    add_credentials(response, cors);
    if (cors.MaxAge) response.headers.add("access-control-max-age", std::to_string(*cors.MaxAge));
    return response;
}

void apply_cors(const Cors& cors, const http::Request& request, http::Response& response) {
    for (const auto name :
         {"access-control-allow-origin", "access-control-allow-methods", "access-control-allow-headers",
          "access-control-expose-headers", "access-control-allow-credentials", "access-control-max-age"}) {
        response.headers.erase(name);
    }
    const auto origin = allowed_origin(cors, request.headers.get("origin"));
    if (origin.empty()) return;
    response.headers.add("access-control-allow-origin", origin);
    add_list(response, "access-control-expose-headers", cors.ExposeHeaders);
    add_credentials(response, cors);
}

}  // namespace cumulet::apigatewayv2
