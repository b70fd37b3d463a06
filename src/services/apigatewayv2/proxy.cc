#include "services/apigatewayv2/proxy.h"

#include "base/bytes.h"
#include "base/text.h"
#include "contracts/http_sender.h"
#include "services/apigatewayv2/mapping.h"

namespace cumulet::apigatewayv2 {
namespace {

/// Fields of one connection, which the next does not have.
bool is_hop_by_hop(std::string_view name, std::string_view connection) {
    for (const auto* other :
         {"connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization",
          "transfer-encoding", "te", "trailer", "upgrade", "expect", "host", "content-length"}) {
        if (equal_ignoring_case(name, other)) return true;
    }
    while (!connection.empty()) {
        const auto end = std::min(connection.find(','), connection.size());
        if (equal_ignoring_case(trimmed(connection.substr(0, end)), name)) return true;
        connection.remove_prefix(std::min(end + 1, connection.size()));
    }
    return false;
}

http::Headers without_hops(const http::Headers& headers) {
    const std::string connection(headers.get("connection"));
    http::Headers kept;
    for (const auto& header : headers) {
        if (!is_hop_by_hop(header.name, connection)) kept.add(header.name, header.value);
    }
    return kept;
}

/// "/files/{path}" with the values of the route's variables; a greedy one keeps its slashes.
std::string with_path_parameters(std::string_view uri, const Match& match) {
    std::string result;
    while (true) {
        const auto open = uri.find('{');
        const auto close = open == std::string_view::npos ? open : uri.find('}', open);
        result += uri.substr(0, close == std::string_view::npos ? close : open);
        if (close == std::string_view::npos) return result;
        const std::string name(uri.substr(open + 1, close - open - 1));
        const bool greedy = match.route->route_key.contains("{" + name + "+}");
        const auto value = match.path_parameters.find(name);
        if (value != match.path_parameters.end()) result += percent_encode(value->second, greedy);
        uri.remove_prefix(close + 1);
    }
}

}  // namespace

std::optional<ProxyRequest> proxy_request(const Passage& passage, const Integration& integration,
                                          std::string_view uri) {
    const auto target = contracts::HttpTarget::parse(with_path_parameters(uri, passage.match));
    if (!target) return std::nullopt;
    const auto& source = *passage.request;
    const auto method = integration.IntegrationMethod.value_or("ANY");
    ProxyRequest sent{.origin = target->origin, .request = {}};
    auto& request = sent.request;
    request.method = method == "ANY" ? source.method : method;
    auto whole = target->target;
    if (!source.query.empty()) whole += (whole.contains('?') ? "&" : "?") + source.query;
    request.set_target(whole);
    request.headers = without_hops(source.headers);
    request.headers.set("X-Amzn-Trace-Id", passage.trace);
    request.headers.add("Forwarded", fmt::format("for={};host={};proto={}", passage.source_address, passage.domain_name,
                                                 source.tls ? "https" : "http"));
    request.headers.add("Via", "HTTP/1.1 AmazonAPIGateway");
    request.body = source.body;
    map_request(integration.RequestParameters.value_or(Mappings()), passage, request);
    return sent;
}

http::Response proxy_response(http::Response answer) {
    answer.headers = without_hops(answer.headers);
    return answer;
}

}  // namespace cumulet::apigatewayv2
