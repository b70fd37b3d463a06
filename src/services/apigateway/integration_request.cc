#include "services/apigateway/integration_request.h"

#include "base/bytes.h"
#include "velocity/mapping.h"

namespace cumulet::apigateway {
namespace {

using TextMap = std::map<std::string, std::string>;

constexpr std::string_view json_type = "application/json";

bool is_for_one_hop(std::string_view name) {
    for (const auto other : {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "te", "trailer",
                             "upgrade", "expect", "content-length", "host"}) {
        if (equal_ignoring_case(name, other)) return true;
    }
    return false;
}

std::string content_type_of(const Exchange& exchange) {
    const auto type = exchange.request.headers.get("content-type");
    return type.empty() ? std::string(json_type) : std::string(type);
}

/// Where a value of the path stands in the URI it may not add segments by "..", nor begin a query string.
std::string path_escaped(std::string_view value) { return percent_encode(value, true); }

struct Mapped {
    TextMap path;
    std::vector<http::Parameter> query;
    http::Headers headers;
};

Mapped map_parameters(const Exchange& exchange) {
    constexpr std::string_view prefix = "integration.request.";
    Mapped mapped;
    const auto& parameters = exchange.method->integration.requestParameters;
    for (const auto& [target, source] : parameters.value_or(TextMap())) {
        const auto place = std::string_view(target).substr(prefix.size());
        const auto dot = place.find('.');
        const auto name = std::string(place.substr(dot + 1));
        const auto value = request_value(exchange, source);
        if (!value) continue;
        if (place.starts_with("path.")) {
            // What came in the path goes on as it came: decoding it would let "%2F" through as a slash.
            const auto own = std::ranges::find_if(exchange.path_parameters, [&](const PathParameter& parameter) {
                return source == "method.request.path." + parameter.name;
            });
            mapped.path[name] = own != exchange.path_parameters.end() ? own->raw : path_escaped(*value);
        } else if (place.starts_with("querystring.")) {
            mapped.query.push_back({name, *value});
        } else if (fits_header(*value)) {
            mapped.headers.set(name, *value);
        }
    }
    return mapped;
}

void apply_overrides(const Exchange& exchange, Mapped& mapped) {
    for (const auto& [name, value] : exchange.overrides.path) mapped.path[name] = path_escaped(value);
    for (const auto& [name, value] : exchange.overrides.querystring) {
        std::erase_if(mapped.query, [&](const auto& parameter) { return parameter.name == name; });
        mapped.query.push_back({name, value});
    }
    for (const auto& [name, value] : exchange.overrides.headers)
        if (fits_header(value)) mapped.headers.set(name, value);
}

/// "http://host/{id}" with its variables filled in.
std::string filled_uri(const Exchange& exchange, const TextMap& path) {
    const auto source = with_stage_variables(exchange.method->integration.uri.value_or(""), exchange.variables());
    std::string uri;
    std::string_view rest = source;
    while (true) {
        const auto open = rest.find('{');
        const auto close = open == std::string_view::npos ? open : rest.find('}', open);
        if (close == std::string_view::npos) return uri.append(rest);
        auto name = rest.substr(open + 1, close - open - 1);
        if (name.ends_with('+')) name.remove_suffix(1);
        uri += rest.substr(0, open);
        const auto found = path.find(std::string(name));
        uri += found == path.end() ? std::string(rest.substr(open, close - open + 1)) : found->second;
        rest.remove_prefix(close + 1);
    }
}

/// The body as a template sees it: text. Binary bodies are Base64 where they must become text.
std::string handled_body(const Exchange& exchange, bool for_template) {
    const auto& body = exchange.request.body;
    const auto handling = exchange.method->integration.contentHandling.value_or("");
    if (exchange.is_binary()) {
        if (handling == "CONVERT_TO_TEXT" || (for_template && handling.empty())) return to_base64(body);
        return body;
    }
    if (handling == "CONVERT_TO_BINARY") {
        auto bytes = from_base64(body);
        if (!bytes) throw misconfigured();
        return std::move(*bytes);
    }
    return body;
}

const CompiledTemplate* find_template(const Exchange& exchange) {
    const auto& templates = exchange.method->request_templates;
    for (const auto& type : {media_type(content_type_of(exchange)), std::string("$default")}) {
        const auto found = templates.find(type);
        if (found != templates.end()) return &found->second;
    }
    return nullptr;
}

std::string render_body(Exchange& exchange, const CompiledTemplate& source) {
    if (!source) throw misconfigured();
    auto variables = request_variables(exchange, handled_body(exchange, true));
    auto rendered = source->render(variables);
    if (!rendered) throw misconfigured();
    read_overrides(variables, exchange.overrides);
    return std::move(*rendered);
}

bool may_pass_through(const Exchange& exchange) {
    const auto behaviour = exchange.method->integration.passthroughBehavior.value_or("WHEN_NO_MATCH");
    if (behaviour == "NEVER") return false;
    return behaviour == "WHEN_NO_MATCH" || exchange.method->request_templates.empty();
}

/// What API Gateway tells every HTTP endpoint.
void add_own_headers(const Exchange& exchange, http::Headers& headers) {
    headers.set("X-Amzn-Trace-Id", exchange.trace);
    headers.set("x-amzn-apigateway-api-id", exchange.api_id());
}

void check_parameters(const Exchange& exchange) {
    std::string missing;
    const auto& declared = exchange.method->method.requestParameters;
    for (const auto& [expression, required] : declared.value_or(std::map<std::string, bool>())) {
        if (!required || !request_value(exchange, expression).value_or("").empty()) continue;
        if (!missing.empty()) missing += ", ";
        missing += expression.substr(expression.find('.', std::string_view("method.request.").size()) + 1);
    }
    if (!missing.empty()) throw missing_parameters(missing);
}

void check_body(const Exchange& exchange) {
    const auto& models = exchange.method->models;
    if (models.empty()) return;
    const auto type = media_type(content_type_of(exchange));
    auto model = models.find(type);
    if (model == models.end()) model = models.find("$default");
    if (model == models.end()) return;
    if (!model->second) throw misconfigured();
    const auto document = parse_json(exchange.request.body);
    if (!document) throw invalid_body("Could not parse JSON");
    if (auto refusal = model->second->refusal(*document)) throw invalid_body("[" + *refusal + "]");
}

}  // namespace

void validate_request(const Exchange& exchange) {
    const auto& validator = exchange.method->validator;
    if (!validator) return;
    if (validator->validateRequestParameters.value_or(false)) check_parameters(exchange);
    if (validator->validateRequestBody.value_or(false)) check_body(exchange);
}

IntegrationRequest map_request(Exchange& exchange) {
    IntegrationRequest request;
    if (const auto* source = find_template(exchange)) {
        request.body = render_body(exchange, *source);
    } else if (may_pass_through(exchange)) {
        request.body = handled_body(exchange, false);
    } else {
        throw unsupported_media_type();
    }
    auto mapped = map_parameters(exchange);
    apply_overrides(exchange, mapped);
    request.method = exchange.method->integration.httpMethod.value_or("");
    if (request.method == "ANY") request.method = exchange.request.method;
    request.uri = filled_uri(exchange, mapped.path);
    request.query = std::move(mapped.query);
    request.headers = std::move(mapped.headers);
    if (!request.headers.has("content-type") && !request.body.empty())
        request.headers.set("Content-Type", content_type_of(exchange));
    if (!request.headers.has("accept")) request.headers.set("Accept", std::string(json_type));
    if (!request.headers.has("user-agent")) request.headers.set("User-Agent", "AmazonAPIGateway_" + exchange.api_id());
    add_own_headers(exchange, request.headers);
    return request;
}

IntegrationRequest proxy_request(const Exchange& exchange) {
    auto mapped = map_parameters(exchange);
    IntegrationRequest request;
    request.method = exchange.method->integration.httpMethod.value_or("ANY");
    if (request.method == "ANY") request.method = exchange.request.method;
    request.uri = filled_uri(exchange, mapped.path);
    for (const auto& header : exchange.request.headers)
        if (!is_for_one_hop(header.name)) request.headers.add(header.name, header.value);
    std::string forwarded;
    for (const auto value : exchange.request.headers.all("x-forwarded-for")) forwarded.append(value).append(", ");
    request.headers.set("X-Forwarded-For", forwarded + exchange.source_address);
    request.headers.set("X-Forwarded-Proto", exchange.request.tls ? "https" : "http");
    add_own_headers(exchange, request.headers);
    for (const auto& header : mapped.headers) request.headers.set(header.name, header.value);
    request.query = exchange.query;
    for (const auto& parameter : mapped.query) {
        std::erase_if(request.query, [&](const auto& other) { return other.name == parameter.name; });
        request.query.push_back(parameter);
    }
    request.body = exchange.request.body;
    return request;
}

std::string target_of(std::string_view path_and_query, const std::vector<http::Parameter>& query) {
    std::string target(path_and_query.empty() ? "/" : path_and_query);
    if (target.starts_with('?')) target.insert(0, "/");
    char joint = target.contains('?') ? '&' : '?';
    for (const auto& parameter : query) {
        target += fmt::format("{}{}={}", joint, percent_encode(parameter.name), percent_encode(parameter.value));
        joint = '&';
    }
    return target;
}

}  // namespace cumulet::apigateway
