#include "services/lambda/url.h"

#include "base/bytes.h"
#include "base/host.h"
#include "base/json.h"
#include "contracts/proxy_event.h"
#include "contracts/reflect.h"

namespace cumulet::lambda {
namespace {

using contracts::readable;

constexpr std::string_view own_domain = "localhost.localstack.cloud";
constexpr std::string_view label = ".lambda-url.";
constexpr std::string_view path_prefix = "/_aws/lambda-url/";

/// A list's shape has the configuration of one URL as its element's.
const contracts::Shape& config_shape() {
    static const contracts::Shape& shape = [] -> const contracts::Shape& {
        for (const auto& member : aws::lambda::service.find("ListFunctionUrlConfigs")->output->members) {
            if (member.name == "FunctionUrlConfigs") return *member.shape->element;
        }
        throw std::logic_error("the contract has no FunctionUrlConfigs");
    }();
    return shape;
}

/// The domain under which names may stand where the caller used `host`.
std::string_view domain_of(std::string_view host) {
    const bool plain = !host.contains('.') || host.front() == '[' || host.ends_with(".localhost") ||
                       host.ends_with(".amazonaws.com") || std::isdigit(static_cast<unsigned char>(host.back()));
    if (plain || host.ends_with(own_domain)) return own_domain;
    if (const auto at = host.find(label); at != host.npos) {
        host.remove_prefix(at + label.size());
        host.remove_prefix(std::min(host.find('.') + 1, host.size()));
    }
    return host;
}

bool is_text(std::string_view content_type) {
    const auto type = to_lower(content_type.substr(0, content_type.find(';')));
    return type.starts_with("text/") || type == "application/json" || type == "application/xml" ||
           type == "application/javascript" || type.ends_with("+json") || type.ends_with("+xml");
}

json::object headers_of(const Call& call, const http::Request& request) {
    std::map<std::string, std::string> joined;
    for (const auto& [name, value] : request.headers) {
        const auto lower = to_lower(name);
        if (lower == "cookie" || lower == "connection" || lower == "transfer-encoding") continue;
        auto& all = joined[lower];
        if (!all.empty()) all += ",";
        all += value;
    }
    const auto port = split_port(request.host()).second;
    joined["x-forwarded-for"] = call.source_address;
    joined["x-forwarded-proto"] = request.tls ? "https" : "http";
    joined["x-forwarded-port"] = port.empty() ? (request.tls ? "443" : "80") : std::string(port.substr(1));
    if (!call.trace.empty()) joined["x-amzn-trace-id"] = call.trace;
    json::object headers;
    for (const auto& [name, value] : joined) headers[name] = readable(value);
    return headers;
}

json::object parameters_of(std::string_view query) {
    json::object parameters;
    for (const auto& [name, value] : http::parse_query(query)) {
        auto& all = parameters[readable(name)];
        if (all.is_string()) {
            all = std::string(all.as_string()) + "," + readable(value);
        } else {
            all = readable(value);
        }
    }
    return parameters;
}

json::array cookies_of(const http::Request& request) {
    json::array cookies;
    for (const auto header : request.headers.all("cookie")) contracts::add_cookies(cookies, header);
    return cookies;
}

json::object context_of(const Call& call, const FunctionUrl& url, const http::Request& request,
                        const std::string& path) {
    const auto& principal = call.principal;
    json::object context{{"accountId", "anonymous"},
                         {"apiId", url.id},
                         {"domainName", split_port(request.host()).first},
                         {"domainPrefix", url.id},
                         {"http", json::object{{"method", request.method},
                                               {"path", path},
                                               {"protocol", "HTTP/1.1"},
                                               {"sourceIp", call.source_address},
                                               {"userAgent", readable(call.user_agent)}}},
                         {"requestId", call.request_id},
                         {"routeKey", "$default"},
                         {"stage", "$default"},
                         {"time", contracts::format_request_time(call.now())},
                         {"timeEpoch", epoch_millis(call.now())}};
    if (url.signed_only()) {
        context["accountId"] = principal.account;
        context["authorizer"] = json::object{{"iam", json::object{{"accessKey", principal.access_key_id},
                                                                  {"accountId", principal.account},
                                                                  {"callerId", principal.user_id},
                                                                  {"cognitoIdentity", nullptr},
                                                                  {"principalOrgId", nullptr},
                                                                  {"userArn", principal.arn},
                                                                  {"userId", principal.user_id}}}};
    }
    return context;
}

bool lists(const std::optional<std::vector<std::string>>& list, std::string_view wanted) {
    return list && std::ranges::any_of(*list, [&](const std::string& each) {
               return each == "*" || equal_ignoring_case(each, wanted);
           });
}

std::string joined(const std::vector<std::string>& list) { return fmt::format("{}", fmt::join(list, ",")); }

}  // namespace

std::string FunctionUrl::text() const {
    return json::serialize(json::object{{"id", id},
                                        {"account", function.account},
                                        {"region", function.region},
                                        {"name", function.name},
                                        {"qualifier", function.qualifier},
                                        {"config", contracts::to_json(config_shape(), &config)}});
}

FunctionUrl FunctionUrl::parse(std::string_view text) {
    const auto record = json::parse(text).as_object();
    const auto text_of = [&](std::string_view name) { return std::string(string_or(record, name)); };
    FunctionUrl url{.id = text_of("id"),
                    .function = {.account = text_of("account"),
                                 .region = text_of("region"),
                                 .name = text_of("name"),
                                 .qualifier = text_of("qualifier")},
                    .config = {}};
    contracts::from_json(config_shape(), &url.config, record.at("config"));
    return url;
}

std::string url_of(const Call& call, std::string_view id, std::string_view region) {
    const auto [host, port] = split_port(call.host);
    return fmt::format("{}://{}.lambda-url.{}.{}{}/", call.tls ? "https" : "http", id, region,
                       host.empty() ? own_domain : domain_of(host), port);
}

std::optional<UrlDestination> read_url_destination(std::string_view host, std::string_view path) {
    if (path.starts_with(path_prefix)) {
        path.remove_prefix(path_prefix.size());
        const auto end = std::min(path.find('/'), path.size());
        if (end == 0) return std::nullopt;
        return UrlDestination{.id = to_lower(path.substr(0, end)),
                              .path = end == path.size() ? "/" : std::string(path.substr(end))};
    }
    const auto name = to_lower(split_port(host).first);
    const auto at = name.find(label);
    if (at == name.npos || at == 0) return std::nullopt;
    return UrlDestination{.id = name.substr(0, at), .path = path.empty() ? "/" : std::string(path)};
}

std::string url_event(const Call& call, const FunctionUrl& url, const http::Request& request, std::string_view path) {
    const auto shown = readable(percent_decode(path));
    json::object event{
        {"version", "2.0"}, {"routeKey", "$default"}, {"rawPath", shown}, {"rawQueryString", readable(request.query)}};
    if (auto cookies = cookies_of(request); !cookies.empty()) event["cookies"] = std::move(cookies);
    event["headers"] = headers_of(call, request);
    if (!request.query.empty()) event["queryStringParameters"] = parameters_of(request.query);
    event["requestContext"] = context_of(call, url, request, shown);
    bool encoded = false;
    if (!request.body.empty()) {
        encoded = !is_text(request.headers.get("content-type")) || !valid_utf8(request.body);
        event["body"] = encoded ? to_base64(request.body) : request.body;
    }
    event["isBase64Encoded"] = encoded;
    return json::serialize(event);
}

bool is_preflight(const http::Request& request) {
    return request.method == "OPTIONS" && request.headers.has("origin") &&
           request.headers.has("access-control-request-method");
}

http::Response answer_preflight(const aws::lambda::Cors& cors, const http::Request& request) {
    http::Response response;
    if (!lists(cors.AllowOrigins, request.headers.get("origin"))) return response;
    apply_cors(cors, request, response);
    if (cors.AllowMethods) response.headers.set("access-control-allow-methods", joined(*cors.AllowMethods));
    if (cors.AllowHeaders) response.headers.set("access-control-allow-headers", joined(*cors.AllowHeaders));
    if (cors.MaxAge) response.headers.set("access-control-max-age", std::to_string(*cors.MaxAge));
    return response;
}

void apply_cors(const aws::lambda::Cors& cors, const http::Request& request, http::Response& response) {
    const auto origin = request.headers.get("origin");
    if (origin.empty() || !lists(cors.AllowOrigins, origin)) return;
    response.headers.set("access-control-allow-origin", std::string(origin));
    response.headers.set("vary", "Origin");
    if (cors.AllowCredentials.value_or(false)) response.headers.set("access-control-allow-credentials", "true");
    if (cors.ExposeHeaders) response.headers.set("access-control-expose-headers", joined(*cors.ExposeHeaders));
}

}  // namespace cumulet::lambda
