#include "services/apigatewayv2/websocket/web_socket_event.h"

#include "base/bytes.h"
#include "contracts/proxy_event.h"

namespace cumulet::apigatewayv2 {
namespace {

using contracts::readable;

std::string_view name_of(WebSocketEvent::Type type) {
    switch (type) {
        case WebSocketEvent::Type::connect: return "CONNECT";
        case WebSocketEvent::Type::message: return "MESSAGE";
        default: return "DISCONNECT";
    }
}

std::string_view route_key_of(const Passage& passage) {
    if (passage.match.route) return passage.match.route->route_key;
    switch (passage.web_socket->type) {
        case WebSocketEvent::Type::connect: return "$connect";
        case WebSocketEvent::Type::message: return "";
        default: return "$disconnect";
    }
}

json::object identity_of(const Passage& passage) {
    const auto& connection = *passage.web_socket->connection;
    json::object identity;
    if (!connection.user_agent.empty()) identity["userAgent"] = readable(connection.user_agent);
    identity["sourceIp"] = connection.source_address;
    if (!connection.api_key.empty()) {
        identity["apiKey"] = connection.api_key;
        identity["apiKeyId"] = connection.api_key_id;
    }
    if (passage.authorized.by != Authorized::By::signature) return identity;
    const auto& signer = passage.authorized.values;
    for (const auto* name : {"accessKey", "accountId", "userArn"}) identity[name] = signer.at(name);
    identity["caller"] = signer.at("callerId");
    identity["user"] = signer.at("userId");
    return identity;
}

void add_values(json::object& event, std::string_view single_name, std::string_view multiple_name,
                contracts::NamedValues values) {
    if (values.last.empty()) return;
    event[single_name] = std::move(values.last);
    event[multiple_name] = std::move(values.all);
}

std::vector<http::Header> connect_headers(const Passage& passage) {
    auto headers = headers_of(passage);
    std::erase_if(headers, [](const auto& header) { return header.name == "Content-Length"; });
    return headers;
}

/// All that a client sends when it connects.
void add_request(json::object& event, const Passage& passage) {
    add_values(event, "headers", "multiValueHeaders", contracts::named_values(connect_headers(passage)));
    add_values(event, "queryStringParameters", "multiValueQueryStringParameters",
               contracts::named_values(http::parse_query(passage.request->query)));
}

/// Unverified: that a function is told bytes as Base64, which is what the client sent.
bool comes_as_bytes(const Passage& passage) {
    const auto* route = passage.match.route;
    return passage.web_socket->type == WebSocketEvent::Type::message && route && route->integration &&
           route->integration->ContentHandlingStrategy == "CONVERT_TO_BINARY" &&
           from_base64(passage.request->body).has_value();
}

void add_stage_variables(json::object& event, const Passage& passage) {
    if (passage.stage_variables.empty()) return;
    json::object variables;
    for (const auto& [name, value] : passage.stage_variables) variables[name] = value;
    event["stageVariables"] = std::move(variables);
}

}  // namespace

json::object web_socket_context(const Passage& passage) {
    const auto& happened = *passage.web_socket;
    const auto& connection = *happened.connection;
    json::object context{{"routeKey", route_key_of(passage)},
                         {"eventType", name_of(happened.type)},
                         {"extendedRequestId", passage.request_id},
                         {"requestTime", contracts::format_request_time(passage.received)},
                         {"messageDirection", "IN"},
                         {"stage", connection.stage},
                         {"connectedAt", epoch_millis(connection.connected)},
                         {"requestTimeEpoch", epoch_millis(passage.received)},
                         {"identity", identity_of(passage)},
                         {"requestId", passage.request_id},
                         {"domainName", connection.domain_name},
                         {"connectionId", connection.id},
                         {"apiId", connection.api_id}};
    if (passage.authorized.by == Authorized::By::function) {
        auto values = passage.authorized.values;
        values["principalId"] = passage.authorized.principal_id;
        context["authorizer"] = std::move(values);
    }
    if (happened.type == WebSocketEvent::Type::message) context["messageId"] = happened.message_id;
    if (happened.type == WebSocketEvent::Type::disconnect) {
        context["disconnectStatusCode"] = happened.closing.code;
        context["disconnectReason"] = readable(happened.closing.reason);
    }
    return context;
}

std::string web_socket_event_text(const Passage& passage) {
    json::object event;
    const auto type = passage.web_socket->type;
    if (type == WebSocketEvent::Type::connect) add_request(event, passage);
    if (type == WebSocketEvent::Type::disconnect) {
        const std::vector<http::Header> headers{
            {"Host", passage.domain_name}, {"x-api-key", ""}, {"X-Forwarded-For", ""}, {"x-restapi", ""}};
        add_values(event, "headers", "multiValueHeaders", contracts::named_values(headers));
    }
    event["requestContext"] = web_socket_context(passage);
    add_stage_variables(event, passage);
    if (type == WebSocketEvent::Type::message) event["body"] = passage.request->body;
    event["isBase64Encoded"] = comes_as_bytes(passage);
    return json::serialize(event);
}

std::string web_socket_authorizer_event(const Passage& passage) {
    json::object event{{"type", "REQUEST"}, {"methodArn", passage.route_arn}};
    add_request(event, passage);
    for (const auto* name : {"queryStringParameters", "multiValueQueryStringParameters"}) {
        if (!event.contains(name)) event[name] = json::object();
    }
    event["stageVariables"] = json::object();
    add_stage_variables(event, passage);
    event["requestContext"] = web_socket_context(passage);
    return json::serialize(event);
}

namespace {

std::optional<std::string> unless_empty(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

std::string milliseconds_of(Duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

/// How it went to ask who may: "status", "latency", "error".
std::optional<std::string> authorization_value(const Outcome& outcome, std::string_view name) {
    if (!outcome.authorization) return std::nullopt;
    const auto& asked = *outcome.authorization;
    if (name == "status" || name == "integrationStatus") return std::to_string(asked.status);
    if (name == "latency" || name == "integrationLatency") return milliseconds_of(asked.latency);
    return name == "error" ? unless_empty(asked.error) : std::nullopt;
}

std::optional<std::string> integration_value(const Outcome& outcome, std::string_view name) {
    if (name == "error") return unless_empty(outcome.integration_error);
    if (name == "requestId") return unless_empty(outcome.integration_request_id);
    if (name == "status" && outcome.function_status != 0) return std::to_string(outcome.function_status);
    return std::nullopt;
}

/// What became of it, where access logs ask for more than HTTP APIs' know.
std::optional<std::string> outcome_value(const Passage& passage, std::string_view name) {
    const auto& outcome = passage.outcome;
    const auto dot = name.find('.');
    if (name == "error.responseType") return unless_empty(outcome.error_type);
    if (name == "error.validationErrorString") return unless_empty(outcome.validation_error);
    if (dot == std::string_view::npos) return std::nullopt;
    const auto group = name.substr(0, dot), member = name.substr(dot + 1);
    if (group == "integration") return integration_value(outcome, member);
    const bool by_signature = passage.match.route && passage.match.route->authorization.type == "AWS_IAM";
    const bool asked = by_signature ? group == "authorize" || group == "authenticate" : group == "authorizer";
    return asked ? authorization_value(outcome, member) : std::nullopt;
}

}  // namespace

std::optional<std::string> web_socket_context_value(const Passage& passage, std::string_view name) {
    for (const auto* own : {"routeKey", "eventType", "messageDirection", "stage", "connectedAt", "requestTimeEpoch",
                            "domainName", "connectionId", "messageId", "disconnectStatusCode", "disconnectReason",
                            "identity.apiKey", "identity.apiKeyId", "identity.userAgent", "identity.sourceIp"}) {
        if (name != own) continue;
        const auto context = web_socket_context(passage);
        constexpr std::string_view identity = "identity.";
        const bool inside = name.starts_with(identity);
        const auto* value = inside ? context.at("identity").as_object().if_contains(name.substr(identity.size()))
                                   : context.if_contains(name);
        if (!value) return std::nullopt;
        return value->is_string() ? std::string(value->as_string()) : json::serialize(*value);
    }
    return outcome_value(passage, name);
}

std::string expression_of(std::string_view source) {
    constexpr std::string_view route = "route.";
    return fmt::format("${}", source.starts_with(route) ? source.substr(route.size()) : source);
}

}  // namespace cumulet::apigatewayv2
