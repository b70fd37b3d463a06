#include "services/apigatewayv2/websocket/mapping.h"

#include "base/bytes.h"
#include "contracts/proxy_event.h"
#include "services/apigatewayv2/http_api.h"
#include "services/apigatewayv2/request_value.h"
#include "services/apigatewayv2/websocket/expression.h"
#include "velocity/mapping.h"

namespace cumulet::apigatewayv2 {
namespace {

using contracts::readable;
using TextMap = std::map<std::string, std::string>;

velocity::Variables variables_for(const Passage& passage, std::string body) {
    velocity::MappingInput input;
    input.body = std::move(body);
    for (const auto& parameter : http::parse_query(passage.request->query))
        input.querystring.emplace_back(readable(parameter.name), readable(parameter.value));
    for (const auto& header : passage.request->headers) input.header.emplace_back(header.name, readable(header.value));
    for (const auto& [name, value] : passage.stage_variables) input.stage_variables.put(name, value);
    input.context = *velocity::from_json(web_socket_context(passage)).map();
    return velocity::mapping_variables(std::move(input));
}

/// What stands between quotes; nothing without them.
std::optional<std::string> static_value(std::string_view source) {
    if (source.size() < 2 || !source.starts_with('\'') || !source.ends_with('\'')) return std::nullopt;
    return std::string(source.substr(1, source.size() - 2));
}

/// Of a text in quotes it is the text, of anything else what it names. Parameters that may have several values have
/// them all, separated by commas; others the last one.
std::optional<std::string> parameter_value(const Passage& passage, std::string_view source) {
    if (auto text = static_value(source)) return text;
    constexpr std::string_view header = "route.request.header.", query = "route.request.querystring.",
                               headers = "route.request.multivalueheader.",
                               queries = "route.request.multivaluequerystring.";
    if (source.starts_with(header)) {
        const auto all = passage.request->headers.all(source.substr(header.size()));
        return all.empty() ? std::nullopt : std::optional(std::string(all.back()));
    }
    if (source.starts_with(query)) {
        std::optional<std::string> last;
        for (auto& each : http::parse_query(passage.request->query))
            if (each.name == source.substr(query.size())) last = std::move(each.value);
        return last;
    }
    if (source.starts_with(headers))
        return request_value(passage, fmt::format("$request.header.{}", source.substr(headers.size())));
    if (source.starts_with(queries))
        return request_value(passage, fmt::format("$request.querystring.{}", source.substr(queries.size())));
    return request_value(passage, expression_of(source));
}

bool has_line_break(std::string_view value) {
    return value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

/// The template that `expression` chooses, otherwise the one under $default.
const velocity::Template* choose(const Templates& templates, const std::optional<std::string>& expression,
                                 const VariableValue& value_of) {
    const auto key = evaluate_selection(expression.value_or(std::string(default_route)), value_of);
    auto found = key ? templates.find(*key) : templates.end();
    if (found == templates.end()) found = templates.find(default_route);
    return found == templates.end() ? nullptr : &found->second;
}

std::optional<std::string> result_value(const Passage& passage, const IntegrationResult& result,
                                        std::string_view name) {
    constexpr std::string_view header = "integration.response.header.",
                               headers = "integration.response.multivalueheader.", body = "integration.response.body.";
    if (name == "integration.response.statuscode") return std::to_string(result.status);
    if (name == "integration.response.body") return result.body;
    if (name.starts_with(header)) {
        const auto* value = result.headers.find(name.substr(header.size()));
        return value ? std::optional(*value) : std::nullopt;
    }
    if (name.starts_with(headers)) {
        const auto all = result.headers.all(name.substr(headers.size()));
        return all.empty() ? std::nullopt : std::optional(fmt::format("{}", fmt::join(all, ",")));
    }
    if (name.starts_with(body)) return body_value(result.body, name.substr(body.size()));
    return request_value(passage, fmt::format("${}", name));
}

const CompiledIntegrationResponse* select(const WebSocketRoute& route, const std::optional<std::string>& value) {
    const CompiledIntegrationResponse* fallback = nullptr;
    for (const auto& each : route.responses) {
        if (!each.pattern) {
            fallback = &each;
        } else if (value && re2::RE2::FullMatch(*value, *each.pattern)) {
            return &each;
        }
    }
    return fallback;
}

/// What the client's answer has besides the body: only handshakes have room for it.
http::Headers response_headers(const Passage& passage, const IntegrationResult& result,
                               const IntegrationResponse& response) {
    http::Headers headers;
    for (const auto& [target, source] : response.ResponseParameters.value_or(TextMap())) {
        auto value = static_value(source);
        if (!value) value = result_value(passage, result, source);
        constexpr std::string_view mark = ".response.header.";
        if (value && !has_line_break(*value)) headers.set(target.substr(target.find(mark) + mark.size()), *value);
    }
    return headers;
}

IntegrationResult unmappable(std::string reason) {
    IntegrationResult result;
    result.status = 500;
    result.failure = std::move(reason);
    return result;
}

}  // namespace

std::string with_query(std::string target, const std::string& query) {
    if (query.empty()) return target;
    return fmt::format("{}{}{}", target, target.contains('?') ? '&' : '?', query);
}

std::optional<std::string> message_refusal(const Passage& passage, const WebSocketRoute& route) {
    const auto expression = route.route.ModelSelectionExpression.value_or("");
    if (expression.empty()) return std::nullopt;
    const auto key = evaluate_selection(
        expression, [&](std::string_view name) { return request_value(passage, fmt::format("${}", name)); });
    auto found = key ? route.models.find(*key) : route.models.end();
    if (found == route.models.end()) found = route.models.find(default_route);
    if (found == route.models.end()) return fmt::format("No model for {}", key.value_or("the message"));
    const auto& model = found->second;
    if (!model) return model.error();
    const auto document = parse_json(passage.request->body);
    if (!document) return "The message is not JSON";
    return model->refusal(*document);
}

std::optional<std::string> handled_body(const Passage& passage, const WebSocketRoute& route) {
    if (route.integration()->ContentHandlingStrategy != "CONVERT_TO_BINARY") return passage.request->body;
    return from_base64(passage.request->body);
}

std::optional<std::string> map_message(const Passage& passage, const WebSocketRoute& route) {
    const auto& integration = *route.integration();
    auto body = handled_body(passage, route);
    if (!body) return std::nullopt;
    const auto value_of = [&](std::string_view name) { return request_value(passage, fmt::format("${}", name)); };
    if (const auto* source = choose(route.request_templates, integration.TemplateSelectionExpression, value_of)) {
        auto variables = variables_for(passage, std::move(*body));
        auto rendered = source->render(variables);
        return rendered ? std::optional(std::move(*rendered)) : std::nullopt;
    }
    const auto behaviour = integration.PassthroughBehavior.value_or("WHEN_NO_MATCH");
    if (behaviour == "NEVER" || (behaviour == "WHEN_NO_TEMPLATES" && !route.request_templates.empty()))
        return std::nullopt;
    return body;
}

std::string mapped_uri(const Passage& passage, const WebSocketRoute& route) {
    constexpr std::string_view prefix = "integration.request.path.";
    auto uri = route.to.uri;
    for (const auto& [target, source] : route.integration()->RequestParameters.value_or(TextMap())) {
        if (!target.starts_with(prefix)) continue;
        const auto variable = fmt::format("{{{}}}", target.substr(prefix.size()));
        const auto at = uri.find(variable);
        const auto value = parameter_value(passage, source);
        if (value && at != std::string::npos) uri.replace(at, variable.size(), percent_encode(*value));
    }
    return uri;
}

http::Request http_message(const Passage& passage, const WebSocketRoute& route, std::string body) {
    const auto& integration = *route.integration();
    http::Request request;
    request.method = integration.IntegrationMethod.value_or("POST");
    if (request.method == "ANY") request.method = "POST";
    request.body = std::move(body);
    const bool proxy = integration.IntegrationType == "HTTP_PROXY";
    if (proxy && passage.web_socket->type == WebSocketEvent::Type::connect) {
        for (const auto& header : headers_of(passage)) {
            if (equal_ignoring_case(header.name, "host") || equal_ignoring_case(header.name, "content-length") ||
                to_lower(header.name).starts_with("sec-websocket-"))
                continue;
            request.headers.add(header.name, header.value);
        }
        request.query = passage.request->query;
    }
    for (const auto& [target, source] : integration.RequestParameters.value_or(TextMap())) {
        const auto value = parameter_value(passage, source);
        if (!value || has_line_break(*value)) continue;
        const auto place = std::string_view(target).substr(std::string_view("integration.request.").size());
        const auto name = place.substr(place.find('.') + 1);
        if (place.starts_with("header.")) request.headers.set(name, *value);
        if (place.starts_with("querystring.")) {
            request.query = fmt::format("{}{}{}={}", request.query, request.query.empty() ? "" : "&",
                                        percent_encode(name), percent_encode(*value));
        }
    }
    if (!request.headers.has("content-type")) request.headers.set("Content-Type", "application/json");
    request.headers.set("X-Amzn-Trace-Id", passage.trace);
    request.headers.set("x-amzn-apigateway-api-id", passage.api_id);
    request.remote_address = "127.0.0.1";
    return request;
}

// Unverified: that a MOCK without a template succeeds.
IntegrationResult mock_result(const std::string& body) {
    IntegrationResult result;
    const auto parsed = parse_json(body);
    const auto* status = parsed ? find(*parsed, "statusCode") : nullptr;
    if (!status) return result;
    result.status = status->is_string()  ? std::atoi(status->as_string().c_str())
                    : status->is_int64() ? static_cast<int>(status->as_int64())
                                         : 0;
    if (result.status < 100 || result.status > 599) return unmappable("The template gives no statusCode");
    return result;
}

IntegrationResult map_result(const Passage& passage, const WebSocketRoute& route, IntegrationResult result) {
    const auto value_of = [&](std::string_view name) { return result_value(passage, result, name); };
    const auto& by = route.integration()->IntegrationResponseSelectionExpression;
    const auto* chosen = select(route, by ? evaluate_selection(*by, value_of) : std::nullopt);
    if (!chosen) {
        result.headers.clear();
        return result;
    }
    auto headers = response_headers(passage, result, chosen->response);
    if (const auto* source = choose(chosen->templates, chosen->response.TemplateSelectionExpression, value_of)) {
        auto variables = variables_for(passage, result.body);
        auto rendered = source->render(variables);
        if (!rendered) return unmappable("The response's template could not be applied");
        result.body = std::move(*rendered);
    }
    result.headers = std::move(headers);
    const auto handling = chosen->response.ContentHandlingStrategy.value_or("");
    if (handling == "CONVERT_TO_TEXT" && !valid_utf8(result.body)) result.body = to_base64(result.body);
    if (handling == "CONVERT_TO_BINARY") {
        auto bytes = from_base64(result.body);
        if (!bytes) return unmappable("The response is no Base64");
        result.body = std::move(*bytes);
        result.binary = true;
    }
    return result;
}

}  // namespace cumulet::apigatewayv2
