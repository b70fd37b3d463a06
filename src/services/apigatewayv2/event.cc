#include "services/apigatewayv2/event.h"

#include "base/bytes.h"
#include "contracts/proxy_event.h"
#include "services/apigatewayv2/websocket/web_socket_event.h"

namespace cumulet::apigatewayv2 {
namespace {

using contracts::readable;

using Fields = std::vector<http::Header>;

}  // namespace

Fields headers_of(const Passage& passage) {
    const auto& request = *passage.request;
    Fields fields;
    for (const auto& header : request.headers) {
        if (!contracts::is_own_field(header.name)) fields.push_back(header);
    }
    std::string forwarded;
    for (const auto value : request.headers.all("x-forwarded-for")) forwarded.append(value).append(", ");
    fields.push_back({"Content-Length", std::to_string(request.body.size())});
    fields.push_back({"X-Amzn-Trace-Id", passage.trace});
    fields.push_back({"X-Forwarded-For", forwarded + passage.source_address});
    fields.push_back({"X-Forwarded-Port", contracts::forwarded_port(request)});
    fields.push_back({"X-Forwarded-Proto", request.tls ? "https" : "http"});
    return fields;
}

namespace {

json::object to_object(const std::map<std::string, std::string>& texts) {
    json::object object;
    for (const auto& [name, value] : texts) object[readable(name)] = readable(value);
    return object;
}

void add_body(json::object& event, const http::Request& request, bool null_if_empty) {
    bool encoded = false;
    if (!request.body.empty()) {
        encoded = is_binary(request.headers.get("content-type")) || !valid_utf8(request.body);
        event["body"] = encoded ? to_base64(request.body) : request.body;
    } else if (null_if_empty) {
        event["body"] = nullptr;
    }
    event["isBase64Encoded"] = encoded;
}

std::string_view prefix_of(const Passage& passage) {
    return std::string_view(passage.domain_name).substr(0, passage.domain_name.find('.'));
}

/// requestContext.authorizer of format 2.0.
json::object authorizer_2(const Authorized& authorized) {
    switch (authorized.by) {
        case Authorized::By::token: return {{"jwt", authorized.values}};
        case Authorized::By::signature: return {{"iam", authorized.values}};
        default: break;
    }
    return {{"lambda", authorized.values.empty() ? json::value(nullptr) : json::value(authorized.values)}};
}

json::object context_2(const Passage& passage) {
    const auto& request = *passage.request;
    json::object context{{"accountId", passage.account},
                         {"apiId", passage.api_id},
                         {"domainName", passage.domain_name},
                         {"domainPrefix", prefix_of(passage)},
                         {"http", json::object{{"method", request.method},
                                               {"path", readable(passage.path)},
                                               {"protocol", "HTTP/1.1"},
                                               {"sourceIp", passage.source_address},
                                               {"userAgent", readable(request.headers.get("user-agent"))}}},
                         {"requestId", passage.request_id},
                         {"routeKey", passage.match.route->route_key},
                         {"stage", passage.stage},
                         {"time", contracts::format_request_time(passage.received)},
                         {"timeEpoch", epoch_millis(passage.received)}};
    if (auto certificate = contracts::client_certificate(passage.domain))
        context["authentication"] = json::object{{"clientCert", std::move(*certificate)}};
    if (passage.authorized.by != Authorized::By::nobody) context["authorizer"] = authorizer_2(passage.authorized);
    return context;
}

json::object event_2(const Passage& passage) {
    const auto& request = *passage.request;
    std::map<std::string, std::string> headers;
    json::array cookies;
    for (const auto& header : headers_of(passage)) {
        const auto name = to_lower(header.name);
        if (name == "cookie") {
            contracts::add_cookies(cookies, header.value);
            continue;
        }
        auto& value = headers[name];
        if (!value.empty()) value += ',';
        value += header.value;
    }
    std::map<std::string, std::string> query;
    for (const auto& parameter : http::parse_query(request.query)) {
        const auto [known, fresh] = query.try_emplace(parameter.name, parameter.value);
        if (!fresh) known->second += "," + parameter.value;
    }

    json::object event{{"version", "2.0"},
                       {"routeKey", passage.match.route->route_key},
                       {"rawPath", readable(passage.path)},
                       {"rawQueryString", readable(request.query)}};
    if (!cookies.empty()) event["cookies"] = std::move(cookies);
    event["headers"] = to_object(headers);
    if (!query.empty()) event["queryStringParameters"] = to_object(query);
    event["requestContext"] = context_2(passage);
    if (!passage.match.path_parameters.empty()) event["pathParameters"] = to_object(passage.match.path_parameters);
    if (!passage.stage_variables.empty()) event["stageVariables"] = to_object(passage.stage_variables);
    add_body(event, request, false);
    return event;
}

json::object identity_of(const Passage& passage) {
    json::object identity;
    for (const auto name :
         {"accessKey", "accountId", "caller", "cognitoAmr", "cognitoAuthenticationProvider",
          "cognitoAuthenticationType", "cognitoIdentityId", "cognitoIdentityPoolId", "principalOrgId"}) {
        identity[name] = nullptr;
    }
    identity["sourceIp"] = passage.source_address;
    identity["userAgent"] = readable(passage.request->headers.get("user-agent"));
    identity["user"] = nullptr;
    identity["userArn"] = nullptr;
    if (passage.authorized.by == Authorized::By::signature) {
        const auto& signer = passage.authorized.values;
        for (const auto name : {"accessKey", "accountId", "userArn"}) identity[name] = signer.at(name);
        identity["caller"] = signer.at("callerId");
        identity["user"] = signer.at("userId");
    }
    if (auto certificate = contracts::client_certificate(passage.domain))
        identity["clientCert"] = std::move(*certificate);
    return identity;
}

/// requestContext.authorizer of format 1.0.
json::object authorizer_1(const Authorized& authorized) {
    auto values = authorized.values;
    if (!authorized.principal_id.empty()) values["principalId"] = authorized.principal_id;
    return values;
}

json::object context_1(const Passage& passage) {
    const auto& route = *passage.match.route;
    json::object context{{"accountId", passage.account},
                         {"apiId", passage.api_id},
                         {"domainName", passage.domain_name},
                         {"domainPrefix", prefix_of(passage)},
                         {"extendedRequestId", passage.request_id},
                         {"httpMethod", passage.request->method},
                         {"identity", identity_of(passage)},
                         {"path", readable(passage.path)},
                         {"protocol", "HTTP/1.1"},
                         {"requestId", passage.request_id},
                         {"requestTime", contracts::format_request_time(passage.received)},
                         {"requestTimeEpoch", epoch_millis(passage.received)},
                         {"resourceId", route.route_key},
                         {"resourcePath", route.resource()},
                         {"stage", passage.stage}};
    const auto by = passage.authorized.by;
    if (by == Authorized::By::token || by == Authorized::By::function) {
        context["authorizer"] = authorizer_1(passage.authorized);
    }
    return context;
}

json::value object_or_null(const std::map<std::string, std::string>& texts) {
    return texts.empty() ? json::value(nullptr) : json::value(to_object(texts));
}

json::object event_1(const Passage& passage) {
    const auto& request = *passage.request;
    auto [headers, multiple_headers] = contracts::named_values(headers_of(passage));
    const auto parameters = http::parse_query(request.query);
    auto [query, multiple_query] = contracts::named_values(parameters);
    json::object event{
        {"version", "1.0"},
        {"resource", passage.match.route->resource()},
        {"path", readable(passage.path)},
        {"httpMethod", request.method},
        {"headers", std::move(headers)},
        {"multiValueHeaders", std::move(multiple_headers)},
        {"queryStringParameters", parameters.empty() ? json::value(nullptr) : std::move(query)},
        {"multiValueQueryStringParameters", parameters.empty() ? json::value(nullptr) : std::move(multiple_query)},
        {"requestContext", context_1(passage)},
        {"pathParameters", object_or_null(passage.match.path_parameters)},
        {"stageVariables", object_or_null(passage.stage_variables)}};
    add_body(event, request, true);
    return event;
}

}  // namespace

bool is_binary(std::string_view content_type) {
    auto type = to_lower(content_type.substr(0, content_type.find(';')));
    while (type.ends_with(' ')) type.pop_back();
    if (type.starts_with("text/") || type == "application/json" || type == "application/xml" ||
        type == "application/javascript") {
        return false;
    }
    // Unverified: that structured types and bodies of no type come as text.
    return !type.empty() && !type.ends_with("+json") && !type.ends_with("+xml");
}

std::string event_text(const Passage& passage) {
    return json::serialize(passage.match.route->payload_version == "1.0" ? event_1(passage) : event_2(passage));
}

std::string authorizer_event_text(const Passage& passage, std::string_view version,
                                  const std::vector<std::string>& identity) {
    if (passage.web_socket) return web_socket_authorizer_event(passage);
    json::object event = version == "1.0" ? event_1(passage) : event_2(passage);
    for (const auto* name : {"body", "isBase64Encoded"}) event.erase(name);
    event["type"] = "REQUEST";
    if (version == "1.0") {
        const auto joined = readable(fmt::format("{}", fmt::join(identity, ",")));
        for (const auto* name : {"multiValueHeaders", "multiValueQueryStringParameters"}) event.erase(name);
        event["methodArn"] = readable(passage.route_arn);
        event["identitySource"] = joined;
        event["authorizationToken"] = joined;
        return json::serialize(event);
    }
    json::array values;
    for (const auto& value : identity) values.emplace_back(readable(value));
    event["routeArn"] = readable(passage.route_arn);
    event["identitySource"] = values.empty() ? json::value(nullptr) : std::move(values);
    return json::serialize(event);
}

}  // namespace cumulet::apigatewayv2
