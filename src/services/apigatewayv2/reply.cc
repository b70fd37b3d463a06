#include "services/apigatewayv2/reply.h"

#include "contracts/proxy_reply.h"

namespace cumulet::apigatewayv2 {

http::Response message_reply(int status, std::string_view message) {
    http::Response response;
    response.status = status;
    response.headers.add("content-type", "application/json");
    response.body = json::serialize(json::object{{"message", message}});
    return response;
}

http::Response not_found() { return message_reply(404, "Not Found"); }
http::Response internal_server_error() { return message_reply(500, "Internal Server Error"); }

http::Response read_reply(std::string_view payload, std::string_view version) {
    auto response = contracts::read_proxy_reply(payload, version);
    return response ? std::move(*response) : internal_server_error();
}

}  // namespace cumulet::apigatewayv2
