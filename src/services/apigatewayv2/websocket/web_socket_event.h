// What functions, templates and logs are told about connections and their messages. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html
#pragma once

#include "runtime/web_socket.h"
#include "services/apigatewayv2/event.h"

namespace cumulet::apigatewayv2 {

/// A connection, as all of its events tell of it.
struct ConnectionFacts {
    std::string id;  ///< "L0SM9cOFvHcCIhw="
    std::string api_id;
    std::string account;  ///< the API's
    std::string region;
    std::string stage;
    std::string domain_name;
    std::string source_address;
    std::string user_agent;
    std::string host;  ///< that the client used
    bool tls = false;
    Time connected;
    Authorized authorized;
    std::string offered_key;  ///< that the client came with
    std::string api_key;      ///< the same, where it let the connection in; "" if none was needed
    std::string api_key_id;
};

struct WebSocketEvent {
    enum class Type : uint8_t { connect, message, disconnect };
    Type type = Type::connect;
    const ConnectionFacts* connection = nullptr;
    std::string message_id;    ///< of a message
    WebSocketClosing closing;  ///< of the end
};

/// requestContext, and $context of templates.
json::object web_socket_context(const Passage& passage);
/// What an AWS_PROXY integration is told.
std::string web_socket_event_text(const Passage& passage);
/// What a REQUEST authorizer of $connect is told.
std::string web_socket_authorizer_event(const Passage& passage);
/// $context's variable `name` where it is one of WebSocket APIs' own.
std::optional<std::string> web_socket_context_value(const Passage& passage, std::string_view name);

/// "route.request.header.name" as "$request.header.name", "context.stage" as "$context.stage".
std::string expression_of(std::string_view source);

}  // namespace cumulet::apigatewayv2
