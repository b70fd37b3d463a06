#include "services/apigateway/integration_response.h"

#include "base/bytes.h"
#include "base/json_path.h"
#include "velocity/mapping.h"

namespace cumulet::apigateway {
namespace {

using TextMap = std::map<std::string, std::string>;

/// The response whose pattern matches, otherwise the default.
const CompiledResponse& select(const Exchange& exchange, const IntegrationAnswer& answer) {
    const CompiledResponse* fallback = nullptr;
    for (const auto& response : exchange.method->responses) {
        if (!response.pattern) {
            if (!fallback) fallback = &response;
        } else if (!answer.selected_by.empty() && re2::RE2::FullMatch(answer.selected_by, *response.pattern)) {
            return response;
        }
    }
    if (!fallback) throw misconfigured();
    return *fallback;
}

std::string body_value(const std::string& body, std::string_view path) {
    if (path.empty()) return body;
    const auto document = parse_json(body.empty() ? "null" : body);
    const auto parsed = JsonPath::parse("$." + std::string(path));
    if (!document || !parsed) return "";
    const auto found = parsed->read(*document);
    if (!found || found->is_null()) return "";
    return found->is_string() ? std::string(found->as_string()) : json::serialize(*found);
}

std::optional<std::string> response_value(const Exchange& exchange, const IntegrationAnswer& answer,
                                          std::string_view source) {
    constexpr std::string_view header = "integration.response.header.";
    constexpr std::string_view several = "integration.response.multivalueheader.";
    constexpr std::string_view body = "integration.response.body";
    if (source.starts_with(header)) {
        const auto* value = answer.headers.find(source.substr(header.size()));
        return value ? std::optional(*value) : std::nullopt;
    }
    if (source.starts_with(several)) {
        std::string all;
        for (const auto value : answer.headers.all(source.substr(several.size()))) {
            if (!all.empty()) all += ',';
            all += value;
        }
        return all.empty() ? std::nullopt : std::optional(all);
    }
    if (source.starts_with(body)) {
        const auto path = source.substr(body.size());
        return body_value(answer.body, path.starts_with('.') ? path.substr(1) : path);
    }
    return request_value(exchange, source);
}

/// By what the caller accepts, otherwise the first.
const Templates::value_type* find_template(const Exchange& exchange, const Templates& templates) {
    if (templates.empty()) return nullptr;
    const auto accepted = templates.find(media_type(exchange.request.headers.get("accept")));
    return accepted != templates.end() ? &*accepted : &*templates.begin();
}

std::string render_body(Exchange& exchange, const CompiledTemplate& source, const IntegrationAnswer& answer) {
    if (!source) throw misconfigured();
    auto variables = request_variables(exchange, answer.body);
    auto rendered = source->render(variables);
    if (!rendered) throw misconfigured();
    read_overrides(variables, exchange.overrides);
    return std::move(*rendered);
}

std::string handled_body(const CompiledResponse& response, std::string body) {
    const auto handling = response.response.contentHandling.value_or("");
    if (handling == "CONVERT_TO_TEXT") return to_base64(body);
    if (handling == "CONVERT_TO_BINARY") {
        if (auto bytes = from_base64(body)) return std::move(*bytes);
    }
    return body;
}

/// Header fields of an integration that API Gateway passes on under another name, since it has its own.
std::string_view remapped(std::string_view name) {
    for (const std::string_view own :
         {"Connection", "Content-Length", "Date", "Server", "WWW-Authenticate", "x-amzn-RequestId"})
        if (equal_ignoring_case(name, own)) return own;
    return "";
}

}  // namespace

http::Response map_response(Exchange& exchange, const IntegrationAnswer& answer) {
    const auto& selected = select(exchange, answer);
    http::Response response;
    response.status = selected.status;
    if (const auto* found = find_template(exchange, selected.templates)) {
        response.body = render_body(exchange, found->second, answer);
        response.headers.set("Content-Type", found->first);
    } else {
        response.body = answer.body;
        response.headers.set("Content-Type", "application/json");
    }
    response.body = handled_body(selected, std::move(response.body));
    constexpr std::string_view prefix = "method.response.header.";
    for (const auto& [target, source] : selected.response.responseParameters.value_or(TextMap())) {
        if (!target.starts_with(prefix)) continue;
        const auto value = response_value(exchange, answer, source);
        if (value && fits_header(*value)) response.headers.set(target.substr(prefix.size()), *value);
    }
    for (const auto& [name, value] : exchange.overrides.response_headers)
        if (fits_header(value)) response.headers.set(name, value);
    if (exchange.overrides.status) response.status = *exchange.overrides.status;
    return response;
}

http::Response proxy_response(IntegrationAnswer answer) {
    http::Response response;
    response.status = answer.status;
    response.body = std::move(answer.body);
    response.stream = std::move(answer.stream);
    response.stream_size = answer.stream_size;
    for (const auto& header : answer.headers) {
        if (equal_ignoring_case(header.name, "transfer-encoding") || equal_ignoring_case(header.name, "keep-alive"))
            continue;
        const auto own = remapped(header.name);
        response.headers.add(own.empty() ? header.name : "x-amzn-Remapped-" + std::string(own), header.value);
    }
    return response;
}

IntegrationAnswer mock_answer(const std::string& mapped_body) {
    const auto document = parse_json(mapped_body);
    const auto* object = document ? document->if_object() : nullptr;
    const auto* status = object ? object->if_contains("statusCode") : nullptr;
    if (!status || (!status->is_number() && !status->is_string())) throw misconfigured();
    IntegrationAnswer answer;
    answer.selected_by = status->is_string() ? std::string(status->as_string()) : json::serialize(*status);
    answer.status = std::atoi(answer.selected_by.c_str());
    return answer;
}

}  // namespace cumulet::apigateway
