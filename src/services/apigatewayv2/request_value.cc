#include "services/apigatewayv2/request_value.h"

#include "base/json_path.h"
#include "contracts/proxy_event.h"
#include "services/apigatewayv2/websocket/web_socket_event.h"

namespace cumulet::apigatewayv2 {
namespace {

constexpr std::string_view header_prefix = "$request.header.";
constexpr std::string_view query_prefix = "$request.querystring.";
constexpr std::string_view path_prefix = "$request.path.";
constexpr std::string_view body_prefix = "$request.body.";
constexpr std::string_view context_prefix = "$context.";
constexpr std::string_view variable_prefix = "$stageVariables.";

std::optional<std::string> joined(const std::vector<std::string_view>& values) {
    if (values.empty()) return std::nullopt;
    return fmt::format("{}", fmt::join(values, ","));
}

std::optional<std::string> query_value(const http::Request& request, std::string_view name) {
    const auto parameters = http::parse_query(request.query);
    std::vector<std::string_view> values;
    for (const auto& parameter : parameters) {
        if (parameter.name == name) values.push_back(parameter.value);
    }
    return joined(values);
}

std::optional<std::string> member(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    if (!value || value->is_null()) return std::nullopt;
    return value->is_string() ? std::string(value->as_string()) : json::serialize(*value);
}

std::optional<std::string> authorizer_value(const Passage& passage, std::string_view name) {
    constexpr std::string_view claims_prefix = "claims.";
    const auto& found = passage.authorized;
    if (name == "principalId" && !found.principal_id.empty()) return found.principal_id;
    if (!name.starts_with(claims_prefix)) return member(found.values, name);
    const auto* claims = found.values.if_contains("claims");
    if (found.by != Authorized::By::token || !claims) return std::nullopt;
    return member(claims->as_object(), name.substr(claims_prefix.size()));
}

std::optional<std::string> certificate_value(const std::optional<contracts::DomainMatch>& domain,
                                             std::string_view name) {
    constexpr std::string_view validity_prefix = "validity.";
    const auto certificate = contracts::client_certificate(domain);
    if (!certificate) return std::nullopt;
    if (!name.starts_with(validity_prefix)) return member(*certificate, name);
    return member(certificate->at("validity").as_object(), name.substr(validity_prefix.size()));
}

std::optional<std::string> identity_value(const Passage& passage, std::string_view name) {
    if (name == "sourceIp") return passage.source_address;
    if (name == "userAgent") return std::string(passage.request->headers.get("user-agent"));
    constexpr std::string_view certificate_prefix = "clientCert.";
    if (name.starts_with(certificate_prefix)) {
        return certificate_value(passage.domain, name.substr(certificate_prefix.size()));
    }
    if (passage.authorized.by != Authorized::By::signature) return std::nullopt;
    const auto& values = passage.authorized.values;
    if (name == "accountId") return member(values, "accountId");
    if (name == "caller") return member(values, "callerId");
    if (name == "user") return member(values, "userId");
    if (name == "userArn") return member(values, "userArn");
    return std::nullopt;
}

std::string milliseconds_of(Duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

/// What is known once the request was answered.
std::optional<std::string> outcome_value(const Outcome& outcome, std::string_view name) {
    if (outcome.status == 0) return std::nullopt;
    if (name == "status") return std::to_string(outcome.status);
    if (name == "responseLength") return std::to_string(outcome.bytes);
    if (name == "responseLatency") return milliseconds_of(outcome.latency);
    if (name == "dataProcessed") return std::to_string(outcome.bytes);
    if (name == "error.message" && !outcome.error.empty()) return outcome.error;
    if (name == "error.messageString" && !outcome.error.empty()) return fmt::format("\"{}\"", outcome.error);
    if (!outcome.integration_latency) return std::nullopt;
    if (name == "integrationLatency" || name == "integration.latency") {
        return milliseconds_of(*outcome.integration_latency);
    }
    if (outcome.integration_status == 0) return std::nullopt;
    if (name == "integrationStatus" || name == "integration.status" || name == "integration.integrationStatus") {
        return std::to_string(outcome.integration_status);
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> context_value(const Passage& passage, std::string_view name) {
    if (passage.web_socket) {
        if (auto value = web_socket_context_value(passage, name)) return value;
    }
    constexpr std::string_view authorizer_prefix = "authorizer.", identity_prefix = "identity.",
                               domain_prefix = "customDomain.";
    if (name.starts_with(authorizer_prefix)) return authorizer_value(passage, name.substr(authorizer_prefix.size()));
    if (name.starts_with(identity_prefix)) return identity_value(passage, name.substr(identity_prefix.size()));
    if (name == "accountId") return passage.account;
    if (passage.domain && name.starts_with(domain_prefix)) {
        return member(contracts::custom_domain(*passage.domain), name.substr(domain_prefix.size()));
    }
    if (name == "apiId") return passage.api_id;
    if (name == "domainName") return passage.domain_name;
    if (name == "domainPrefix") return passage.domain_name.substr(0, passage.domain_name.find('.'));
    if (name == "requestId" || name == "extendedRequestId") return passage.request_id;
    if (name == "httpMethod") return passage.request->method;
    if (name == "path") return passage.path;
    if (name == "protocol") return "HTTP/1.1";
    if (name == "requestTime") return contracts::format_request_time(passage.received);
    if (name == "requestTimeEpoch") return std::to_string(epoch_millis(passage.received) / 1000);
    if (name == "routeKey" && passage.match.route) return passage.match.route->route_key;
    if (name == "stage") return passage.stage;
    return outcome_value(passage.outcome, name);
}

std::optional<std::string> request_value(const Passage& passage, std::string_view expression) {
    if (expression.starts_with(header_prefix)) {
        return joined(passage.request->headers.all(expression.substr(header_prefix.size())));
    }
    if (expression.starts_with(query_prefix)) {
        return query_value(*passage.request, expression.substr(query_prefix.size()));
    }
    if (expression == "$request.path") return passage.route_path;
    if (expression == "$request.body") return passage.request->body;
    if (expression.starts_with(body_prefix)) {
        return body_value(passage.request->body, expression.substr(body_prefix.size()));
    }
    if (expression.starts_with(path_prefix)) {
        const auto& parameters = passage.match.path_parameters;
        const auto found = parameters.find(std::string(expression.substr(path_prefix.size())));
        if (found != parameters.end()) return found->second;
    }
    if (expression.starts_with(context_prefix)) {
        return context_value(passage, expression.substr(context_prefix.size()));
    }
    if (expression.starts_with(variable_prefix)) {
        const auto found = passage.stage_variables.find(std::string(expression.substr(variable_prefix.size())));
        if (found != passage.stage_variables.end()) return found->second;
    }
    return std::nullopt;
}

std::optional<std::string> body_value(std::string_view body, std::string_view path) {
    const auto parsed = parse_json(body);
    const auto read = JsonPath::parse(fmt::format("$.{}", path));
    const auto value = parsed && read && read->definite() ? read->read(*parsed) : std::nullopt;
    if (!value || value->is_null()) return std::nullopt;
    return value->is_string() ? std::string(value->as_string()) : json::serialize(*value);
}

bool is_identity_source(std::string_view expression) {
    for (const auto prefix : {header_prefix, query_prefix, context_prefix, variable_prefix}) {
        if (expression.starts_with(prefix) && expression.size() > prefix.size()) return true;
    }
    return false;
}

}  // namespace cumulet::apigatewayv2
