#include "services/apigateway/proxy_event.h"

#include "base/bytes.h"
#include "contracts/proxy_event.h"
#include "contracts/proxy_reply.h"

namespace cumulet::apigateway {
namespace {

using Fields = std::vector<http::Header>;

Fields headers_of(const Exchange& exchange) {
    Fields fields;
    for (const auto& header : exchange.request.headers)
        if (!contracts::is_own_field(header.name)) fields.push_back(header);
    std::string forwarded;
    for (const auto value : exchange.request.headers.all("x-forwarded-for")) forwarded.append(value).append(", ");
    fields.push_back({"X-Amzn-Trace-Id", exchange.trace});
    fields.push_back({"X-Forwarded-For", forwarded + exchange.source_address});
    fields.push_back({"X-Forwarded-Port", contracts::forwarded_port(exchange.request)});
    fields.push_back({"X-Forwarded-Proto", exchange.request.tls ? "https" : "http"});
    return fields;
}

void add_values(json::object& event, std::string_view single_name, std::string_view multiple_name,
                contracts::NamedValues values) {
    const bool none = values.last.empty();
    event[single_name] = none ? json::value() : json::value(std::move(values.last));
    event[multiple_name] = none ? json::value() : json::value(std::move(values.all));
}

json::value path_parameters_of(const Exchange& exchange) {
    if (exchange.path_parameters.empty()) return nullptr;
    json::object parameters;
    for (const auto& parameter : exchange.path_parameters) parameters[parameter.name] = readable(parameter.raw);
    return parameters;
}

json::value variables_of(const Exchange& exchange) {
    if (exchange.variables().empty()) return nullptr;
    json::object variables;
    for (const auto& [name, value] : exchange.variables()) variables[name] = value;
    return variables;
}

json::object request_context(const Exchange& exchange) {
    auto context = context_of(exchange);
    context.erase("xrayTraceId");
    context.erase("error");
    return context;
}

bool names_content_type(const json::object& answer) {
    for (const auto* name : {"headers", "multiValueHeaders"}) {
        const auto* headers = answer.if_contains(name);
        if (!headers || !headers->is_object()) continue;
        for (const auto& [header, value] : headers->as_object())
            if (equal_ignoring_case(header, "content-type")) return true;
    }
    return false;
}

/// Base64 becomes bytes only for those who accept one of the API's binary types.
bool wants_bytes(const Exchange& exchange) {
    const auto accept = exchange.request.headers.get("accept");
    return is_binary_type(exchange.definition->api, accept.substr(0, accept.find(',')));
}

}  // namespace

json::object request_event(const Exchange& exchange) {
    json::object event{{"resource", exchange.method->resource_path},
                       {"path", readable(exchange.domain ? exchange.full_path : exchange.path)},
                       {"httpMethod", exchange.request.method}};
    add_values(event, "headers", "multiValueHeaders", contracts::named_values(headers_of(exchange)));
    add_values(event, "queryStringParameters", "multiValueQueryStringParameters",
               contracts::named_values(exchange.query));
    event["pathParameters"] = path_parameters_of(exchange);
    event["stageVariables"] = variables_of(exchange);
    event["requestContext"] = request_context(exchange);
    return event;
}

std::string proxy_event(const Exchange& exchange) {
    auto event = request_event(exchange);
    const auto& body = exchange.request.body;
    const bool encoded = !body.empty() && (exchange.is_binary() || !valid_utf8(body));
    event["body"] = body.empty() ? json::value() : json::value(encoded ? to_base64(body) : body);
    event["isBase64Encoded"] = encoded;
    return json::serialize(event);
}

http::Response read_proxy_answer(const Exchange& exchange, std::string_view payload) {
    auto parsed = parse_json(payload.empty() ? "null" : payload);
    auto* answer = parsed ? parsed->if_object() : nullptr;
    if (!answer) throw malformed_proxy_reply();
    for (const auto& [name, value] : *answer) {
        constexpr std::string_view known[] = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"};
        if (std::ranges::find(known, std::string_view(name)) == std::end(known)) throw malformed_proxy_reply();
    }
    if (!answer->contains("statusCode")) (*answer)["statusCode"] = 200;
    const bool typed = names_content_type(*answer);
    if (!wants_bytes(exchange)) answer->erase("isBase64Encoded");
    auto response = contracts::read_structured_reply(*answer, "1.0");
    if (!response) throw malformed_proxy_reply();
    if (!typed) response->headers.set("content-type", "application/json");
    return std::move(*response);
}

}  // namespace cumulet::apigateway
