#include "services/apigateway/exchange.h"

#include "base/bytes.h"
#include "base/json_path.h"
#include "velocity/mapping.h"

namespace cumulet::apigateway {
namespace {

std::string text_of(const json::value& value) {
    if (value.is_string()) return std::string(value.as_string());
    return value.is_null() ? "" : json::serialize(value);
}

json::value null_or(std::string_view text) { return text.empty() ? json::value() : json::value(readable(text)); }

json::object identity_of(const Exchange& exchange) {
    json::object identity;
    for (const auto name :
         {"accessKey", "accountId", "caller", "cognitoAuthenticationProvider", "cognitoAuthenticationType",
          "cognitoIdentityId", "cognitoIdentityPoolId", "principalOrgId"})
        identity[name] = nullptr;
    identity["sourceIp"] = exchange.source_address;
    identity["user"] = nullptr;
    identity["userAgent"] = null_or(exchange.request.headers.get("user-agent"));
    identity["userArn"] = nullptr;
    for (const auto& [name, value] : exchange.identity) identity[name] = value;
    if (auto certificate = contracts::client_certificate(exchange.domain)) identity["clientCert"] = *certificate;
    return identity;
}

int64_t millis(Duration duration) { return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count(); }

json::value text_or_null(const std::string& text) { return text.empty() ? json::value() : json::value(text); }

json::object told(const Permission& permission) {
    return {{"status", permission.status},
            {"latency", millis(permission.latency)},
            {"error", text_or_null(permission.error)}};
}

void add_permissions(const Exchange& exchange, json::object& context) {
    if (exchange.authenticated) context["authenticate"] = told(*exchange.authenticated);
    if (exchange.permitted) context["authorize"] = told(*exchange.permitted);
    if (!exchange.let_in) return;
    auto authorizer = exchange.authorizer;
    for (auto& [name, value] : told(*exchange.let_in)) authorizer[name] = std::move(value);
    authorizer["integrationLatency"] = millis(exchange.let_in->latency);
    authorizer["integrationStatus"] = exchange.let_in->status;
    authorizer["requestId"] = text_or_null(exchange.let_in->request_id);
    context["authorizer"] = std::move(authorizer);
}

void add_integration(const Exchange& exchange, json::object& context) {
    if (!exchange.integration_error.empty()) context["integrationErrorMessage"] = exchange.integration_error;
    if (!exchange.integration_status && exchange.integration_error.empty()) return;
    const json::value status = exchange.integration_status ? json::value(exchange.integration_status) : json::value();
    context["integrationStatus"] = status;
    context["integrationLatency"] = millis(exchange.integration_latency);
    context["awsEndpointRequestId"] = text_or_null(exchange.integration_request_id);
    // Of a function's proxy, "integrationStatus" is Lambda's own and "status" the function's.
    context["integration"] =
        json::object{{"status", exchange.function_status ? json::value(exchange.function_status) : status},
                     {"integrationStatus", status},
                     {"latency", millis(exchange.integration_latency)},
                     {"requestId", text_or_null(exchange.integration_request_id)},
                     {"error", text_or_null(exchange.integration_error)}};
}

std::string endpoint_type_of(const Exchange& exchange) {
    const auto& endpoint = exchange.definition->api.endpointConfiguration;
    return endpoint && endpoint->types && !endpoint->types->empty() ? endpoint->types->front() : "EDGE";
}

std::optional<std::string> parameter_value(const Exchange& exchange, std::string_view place, std::string_view name) {
    if (place == "path") {
        for (const auto& parameter : exchange.path_parameters)
            if (parameter.name == name) return parameter.value;
        return std::nullopt;
    }
    std::optional<std::string> value;
    const bool several = place.starts_with("multivalue");
    const auto take = [&](std::string_view found) {
        if (several && value) {
            *value += "," + std::string(found);
        } else {
            value = found;
        }
    };
    if (place == "querystring" || place == "multivaluequerystring") {
        for (const auto& parameter : exchange.query)
            if (parameter.name == name) take(parameter.value);
    } else if (place == "header" || place == "multivalueheader") {
        for (const auto found : exchange.request.headers.all(name)) take(found);
    }
    return value;
}

std::optional<std::string> body_value(std::string_view body, std::string_view path) {
    if (path.empty()) return std::string(body);
    const auto document = parse_json(body.empty() ? "null" : body);
    const auto parsed = JsonPath::parse(path.starts_with('$') ? std::string(path) : "$." + std::string(path));
    if (!document || !parsed) return std::nullopt;
    const auto found = parsed->read(*document);
    return found ? std::optional(text_of(*found)) : std::nullopt;
}

void take_texts(const velocity::Map& overrides, std::string_view name, std::map<std::string, std::string>& into) {
    const auto* value = overrides.find(name);
    const auto* map = value ? value->map() : nullptr;
    if (!map) return;
    for (const auto& [key, member] : map->members())
        if (!member.is_null()) into[key] = velocity::to_text(member);
}

}  // namespace

bool Exchange::is_binary() const { return is_binary_type(definition->api, request.headers.get("content-type")); }

std::string media_type(std::string_view content_type) {
    auto type = to_lower(content_type.substr(0, content_type.find(';')));
    while (type.ends_with(' ')) type.pop_back();
    return type;
}

bool is_binary_type(const RestApi& api, std::string_view content_type) {
    if (!api.binaryMediaTypes) return false;
    const auto type = media_type(content_type);
    return std::ranges::any_of(*api.binaryMediaTypes, [&](const std::string& known) {
        if (known == "*/*") return true;
        if (known.ends_with("/*")) return type.starts_with(to_lower(known).substr(0, known.size() - 1));
        return to_lower(known) == type;
    });
}

bool fits_header(std::string_view value) {
    return std::ranges::none_of(value, [](unsigned char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

std::string with_stage_variables(std::string_view text, const std::map<std::string, std::string>& variables) {
    constexpr std::string_view opening = "${stageVariables.";
    std::string result;
    while (true) {
        const auto at = text.find(opening);
        const auto end = at == std::string_view::npos ? at : text.find('}', at);
        if (end == std::string_view::npos) return result.append(text);
        result += text.substr(0, at);
        const auto found = variables.find(std::string(text.substr(at + opening.size(), end - at - opening.size())));
        if (found != variables.end()) result += found->second;
        text.remove_prefix(end + 1);
    }
}

std::string method_arn(const Exchange& exchange, bool of_resource) {
    // TestInvokeMethod has a stage that no one else may have.
    const auto stage = exchange.test ? "test-invoke-stage" : exchange.stage->stageName.value_or("");
    const auto path = of_resource ? exchange.method->resource_path : percent_decode(exchange.path);
    return fmt::format("arn:aws:execute-api:{}:{}:{}/{}/{}{}", exchange.region(), exchange.account(), exchange.api_id(),
                       stage, exchange.request.method, path);
}

json::object context_of(const Exchange& exchange) {
    json::object context{{"accountId", exchange.account()},
                         {"apiId", exchange.api_id()},
                         {"deploymentId", exchange.definition->deployment_id},
                         {"domainName", exchange.domain_name},
                         {"domainPrefix", exchange.domain_name.substr(0, exchange.domain_name.find('.'))},
                         {"extendedRequestId", exchange.extended_request_id},
                         {"httpMethod", exchange.request.method},
                         {"identity", identity_of(exchange)},
                         {"path", readable(exchange.full_path)},
                         {"protocol", "HTTP/1.1"},
                         {"requestId", exchange.request_id},
                         {"requestTime", contracts::format_request_time(exchange.received)},
                         {"requestTimeEpoch", epoch_millis(exchange.received)},
                         {"stage", exchange.stage->stageName.value_or("")},
                         {"xrayTraceId", exchange.trace}};
    if (exchange.domain) context["customDomain"] = contracts::custom_domain(*exchange.domain);
    if (exchange.method) {
        context["resourceId"] = exchange.method->resource_id;
        context["resourcePath"] = exchange.method->resource_path;
        if (exchange.method->method.operationName) context["operationName"] = *exchange.method->method.operationName;
    }
    if (exchange.stage->canarySettings) context["isCanaryRequest"] = exchange.canary;
    if (!exchange.authorizer.empty()) context["authorizer"] = exchange.authorizer;
    if (!exchange.error_type.empty()) {
        std::string quoted;
        append_json_string(quoted, exchange.error_message);
        context["error"] = json::object{{"message", exchange.error_message},
                                        {"messageString", exchange.error_message.empty() ? "null" : quoted},
                                        {"responseType", exchange.error_type},
                                        {"validationErrorString", exchange.error_validation}};
    }
    return context;
}

json::object log_context_of(const Exchange& exchange) {
    auto context = context_of(exchange);
    context["status"] = exchange.status;
    context["responseLength"] = exchange.answer_bytes;
    context["responseLatency"] = millis(exchange.latency);
    context["endpointType"] = endpoint_type_of(exchange);
    context["tlsVersion"] = text_or_null(exchange.tls_version);
    context["cipherSuite"] = text_or_null(exchange.cipher_suite);
    add_permissions(exchange, context);
    add_integration(exchange, context);
    return context;
}

std::optional<std::string> context_value(const Exchange& exchange, std::string_view name) {
    return value_in(context_of(exchange), name);
}

std::optional<std::string> value_in(const json::object& context, std::string_view name) {
    const auto* holder = &context;
    while (holder) {
        // Members may have dots in their names, as claims do: the longest that fits counts.
        if (const auto* whole = holder->if_contains(name))
            return whole->is_null() ? std::nullopt : std::optional(text_of(*whole));
        const auto dot = name.find('.');
        if (dot == std::string_view::npos) return std::nullopt;
        const auto* next = holder->if_contains(name.substr(0, dot));
        holder = next ? next->if_object() : nullptr;
        name.remove_prefix(dot + 1);
    }
    return std::nullopt;
}

velocity::Variables request_variables(const Exchange& exchange, std::string body) {
    velocity::MappingInput input;
    input.body = std::move(body);
    for (const auto& parameter : exchange.path_parameters)
        input.path.emplace_back(parameter.name, readable(parameter.value));
    // A name that comes several times has its last value.
    const auto put = [](velocity::MappingInput::Parameters& into, const std::string& name, std::string_view value) {
        const auto known = std::ranges::find(into, name, [](const auto& pair) { return pair.first; });
        if (known == into.end()) {
            into.emplace_back(name, readable(value));
        } else {
            known->second = readable(value);
        }
    };
    for (const auto& parameter : exchange.query) put(input.querystring, readable(parameter.name), parameter.value);
    for (const auto& header : exchange.request.headers) put(input.header, header.name, header.value);
    for (const auto& [name, value] : exchange.variables()) input.stage_variables.put(name, value);
    auto context = context_of(exchange);
    context["requestOverride"] =
        json::object{{"header", json::object()}, {"path", json::object()}, {"querystring", json::object()}};
    context["responseOverride"] = json::object{{"header", json::object()}};
    input.context = *velocity::from_json(context).map();
    return velocity::mapping_variables(std::move(input));
}

void read_overrides(const velocity::Variables& variables, Overrides& overrides) {
    const auto found = variables.find("context");
    const auto* context = found == variables.end() ? nullptr : found->second.map();
    if (!context) return;
    if (const auto* request = context->find("requestOverride"); request && request->map()) {
        take_texts(*request->map(), "header", overrides.headers);
        take_texts(*request->map(), "querystring", overrides.querystring);
        take_texts(*request->map(), "path", overrides.path);
    }
    if (const auto* response = context->find("responseOverride"); response && response->map()) {
        take_texts(*response->map(), "header", overrides.response_headers);
        if (const auto* status = response->map()->find("status"); status && !status->is_null()) {
            const auto text = velocity::to_text(*status);
            const int value = std::atoi(text.c_str());
            if (value >= 200 && value <= 599) overrides.status = value;
        }
    }
}

std::optional<std::string> request_value(const Exchange& exchange, std::string_view expression) {
    if (expression.starts_with('\'') && expression.size() >= 2)
        return std::string(expression.substr(1, expression.size() - 2));
    const auto after = [&](std::string_view prefix) -> std::optional<std::string_view> {
        if (!expression.starts_with(prefix)) return std::nullopt;
        return expression.substr(prefix.size());
    };
    if (const auto name = after("context.")) return context_value(exchange, *name);
    if (const auto name = after("stageVariables.")) {
        const auto found = exchange.variables().find(std::string(*name));
        return found == exchange.variables().end() ? std::nullopt : std::optional(found->second);
    }
    if (const auto path = after("method.request.body"))
        return body_value(exchange.request.body, path->starts_with('.') ? path->substr(1) : *path);
    if (const auto rest = after("method.request.")) {
        const auto dot = rest->find('.');
        if (dot == std::string_view::npos) return std::nullopt;
        return parameter_value(exchange, rest->substr(0, dot), rest->substr(dot + 1));
    }
    return std::nullopt;
}

}  // namespace cumulet::apigateway
