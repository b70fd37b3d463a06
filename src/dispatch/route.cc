#include "dispatch/route.h"

#include "base/bytes.h"

namespace cumulet::dispatch {
namespace {

using contracts::Protocol;

bool is_json(Protocol protocol) { return protocol == Protocol::aws_json_1_0 || protocol == Protocol::aws_json_1_1; }
bool is_rest(Protocol protocol) { return protocol == Protocol::rest_json || protocol == Protocol::rest_xml; }
bool is_query(Protocol protocol) { return protocol == Protocol::aws_query || protocol == Protocol::ec2_query; }

bool all_digits(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// The protocol that a JSON request is written in, and so the one of its answer.
Protocol json_protocol(const http::Request& request, Protocol fallback) {
    const auto type = request.headers.get("content-type");
    if (type.starts_with("application/x-amz-json-1.0")) return Protocol::aws_json_1_0;
    if (type.starts_with("application/x-amz-json-1.1")) return Protocol::aws_json_1_1;
    return is_json(fallback) ? fallback : Protocol::aws_json_1_1;
}

Route missing(Protocol protocol, const Entry* entry, std::string_view service, std::string_view operation) {
    Route route;
    route.entry = entry;
    route.protocol = protocol;
    route.missing_service = entry ? std::string(entry->service->name) : std::string(service);
    route.missing_operation = operation;
    return route;
}

Route found(Protocol protocol, const Entry* entry, std::string_view operation_name) {
    const auto* operation = entry->service->find(operation_name);
    if (!operation) return missing(protocol, entry, "", operation_name);
    Route route;
    route.entry = entry;
    route.operation = operation;
    route.protocol = protocol;
    return route;
}

/// X-Amz-Target: AmazonSQS.SendMessage
Route by_target(const Catalog& catalog, const http::Request& request, std::string_view target,
                const auth::Claim& claim) {
    const auto dot = target.rfind('.');
    const auto prefix = target.substr(0, dot);
    const auto operation = dot == std::string_view::npos ? std::string_view() : target.substr(dot + 1);
    const auto* entry = catalog.with_target(prefix);
    if (!entry) {
        const auto* claimed = catalog.named(claim.service);
        const auto service = claimed ? prefix : claim.service.empty() ? prefix : std::string_view(claim.service);
        return missing(json_protocol(request, Protocol::aws_json_1_1), nullptr, service, operation);
    }
    return found(json_protocol(request, entry->service->protocol), entry, operation);
}

/// Smithy-Protocol: rpc-v2-cbor, POST /service/GraniteServiceVersion20100801/operation/PutMetricData
Route by_smithy_path(const Catalog& catalog, std::string_view path, const auth::Claim& claim) {
    constexpr std::string_view service_part = "/service/";
    constexpr std::string_view operation_part = "/operation/";
    const auto operation_at = path.find(operation_part);
    if (!path.starts_with(service_part) || operation_at == std::string_view::npos ||
        operation_at < service_part.size()) {
        return missing(Protocol::rpc_v2_cbor, nullptr, claim.service, path);
    }
    const auto service = path.substr(service_part.size(), operation_at - service_part.size());
    const auto operation = path.substr(operation_at + operation_part.size());
    const auto* entry = catalog.with_target(service);
    if (!entry) {
        for (const auto& candidate : catalog.entries()) {
            if (candidate.service->service_id == service || candidate.service->name == service) entry = &candidate;
        }
    }
    return entry ? found(Protocol::rpc_v2_cbor, entry, operation)
                 : missing(Protocol::rpc_v2_cbor, nullptr, claim.service.empty() ? service : claim.service, operation);
}

/// The value of a parameter of a form or query string, decoded.
std::string parameter(std::string_view form, std::string_view name) {
    while (!form.empty()) {
        const auto end = form.find('&');
        const auto part = form.substr(0, end);
        form.remove_prefix(end == std::string_view::npos ? form.size() : end + 1);
        if (part.size() > name.size() && part[name.size()] == '=' && part.starts_with(name)) {
            return percent_decode(part.substr(name.size() + 1), true);
        }
    }
    return {};
}

/// "/000000000000/jobs" or "/queue/eu-west-1/000000000000/jobs": what SQS takes for a queue's URL below any host.
bool is_queue_path(std::string_view path) {
    if (path.starts_with("/queue/")) {
        const auto end = path.find('/', 7);
        if (end == std::string_view::npos) return false;
        path.remove_prefix(end);
    }
    return path.size() >= 15 && path[0] == '/' && path[13] == '/' && all_digits(path.substr(1, 12)) &&
           path.find('/', 14) == std::string_view::npos;
}

const Entry* query_entry(const Catalog& catalog, const auth::Claim& claim, const HostName& host,
                         std::string_view action, std::string_view version) {
    const auto speaks_query = [](const Entry& entry) {
        return is_query(entry.service->protocol) || entry.speaks(Protocol::aws_query) ||
               entry.service->query_compatible;
    };
    if (!claim.service.empty()) {
        for (const auto& entry : catalog.entries()) {
            if (entry.service->signing_name == claim.service && speaks_query(entry)) return &entry;
        }
        return nullptr;
    }
    if (const auto* entry = catalog.at_host(host.service); entry && speaks_query(*entry)) return entry;
    for (const auto& entry : catalog.entries()) {
        if (speaks_query(entry) && (version.empty() || entry.service->api_version == version) &&
            entry.service->find(action)) {
            return &entry;
        }
    }
    return nullptr;
}

/// Action=SendMessage&Version=2012-11-05, in a form or in the query string.
Route by_action(const Catalog& catalog, const http::Request& request, std::string action, std::string_view form,
                const auth::Claim& claim, const HostName& host) {
    const auto version = parameter(form, "Version");
    const bool queue = is_queue_path(request.path);
    // Other services have an AddPermission, too: without a signature the path decides.
    const auto* entry = queue && claim.service.empty() ? catalog.named("sqs") : nullptr;
    if (!entry) entry = query_entry(catalog, claim, host, action, version);
    if (!entry) {
        const auto service = !claim.service.empty() ? claim.service : !host.service.empty() ? host.service : version;
        return missing(Protocol::aws_query, nullptr, service, action);
    }
    const auto protocol = is_query(entry->service->protocol) ? entry->service->protocol : Protocol::aws_query;
    auto route = found(protocol, entry, action);
    route.query_compatible = entry->service->query_compatible;
    if (queue && entry->service->name == "sqs" && parameter(form, "QueueUrl").empty()) {
        route.queue_url_path = request.path;
    }
    return route;
}

std::optional<Route> match_rest(const Entry& entry, const http::Request& request) {
    if (!is_rest(entry.service->protocol)) return std::nullopt;
    auto match = entry.routes.find(request);
    if (!match) return std::nullopt;
    Route route;
    route.entry = &entry;
    route.operation = match->operation;
    route.protocol = entry.service->protocol;
    route.labels = std::move(match->labels);
    return route;
}

std::string shown(const http::Request& request) { return request.method + " " + request.path; }

/// S3, by path or with the bucket in the host name.
Route by_s3(const Catalog& catalog, const http::Request& request, const std::string& bucket) {
    const auto* entry = catalog.named("s3");
    if (!entry) return missing(Protocol::rest_xml, nullptr, "s3", shown(request));
    std::optional<Route> route;
    if (bucket.empty()) {
        route = match_rest(*entry, request);
    } else {
        http::Request in_path;
        in_path.method = request.method;
        in_path.path = "/" + percent_encode(bucket) + (request.path == "/" ? "" : request.path);
        in_path.query = request.query;
        in_path.headers = request.headers;
        route = match_rest(*entry, in_path);
    }
    return route ? std::move(*route) : missing(Protocol::rest_xml, entry, "s3", shown(request));
}

/// The service that the signature or the host names, by method and path.
Route by_path(const Catalog& catalog, const http::Request& request, const auth::Claim& claim, const HostName& host) {
    const Entry* unmatched = nullptr;
    if (!claim.service.empty()) {
        for (const auto& entry : catalog.entries()) {
            if (entry.service->signing_name != claim.service) continue;
            if (auto route = match_rest(entry, request)) return std::move(*route);
            unmatched = unmatched ? unmatched : &entry;
        }
        const auto protocol = unmatched ? unmatched->service->protocol : Protocol::rest_json;
        return missing(protocol, unmatched, claim.service, shown(request));
    }
    if (const auto* entry = catalog.at_host(host.service)) {
        auto route = match_rest(*entry, request);
        return route ? std::move(*route) : missing(entry->service->protocol, entry, "", shown(request));
    }
    // "/2015-03-31/functions": a path that starts with an API's date is no bucket's.
    if (request.path.size() > 11 && all_digits(request.path.substr(1, 4)) && request.path[5] == '-' &&
        request.path[8] == '-' && request.path[11] == '/') {
        for (const auto& entry : catalog.entries()) {
            if (entry.service->name == "s3") continue;
            if (auto route = match_rest(entry, request)) return std::move(*route);
        }
        return missing(Protocol::rest_json, nullptr, "", shown(request));
    }
    if (is_queue_path(request.path) && catalog.named("sqs")) {
        return missing(Protocol::aws_query, catalog.named("sqs"), "", "(no Action)");
    }
    return by_s3(catalog, request, "");
}

contracts::Surface* find_surface(const Catalog& catalog, const http::Request& request, const auth::Claim& claim,
                                 const HostName& host) {
    if (!host.surface.empty()) {
        if (auto* surface = catalog.surface_at_host(host.surface)) return surface;
    }
    // A bucket may have the name of a surface's path, but not one that starts with an underscore.
    if (request.path.size() < 2 || (claim.service == "s3" && request.path[1] != '_')) return nullptr;
    return catalog.surface_at_path(request.path);
}

}  // namespace

Route find_route(const Catalog& catalog, const http::Request& request, const auth::Claim& claim,
                 std::string_view own_host) {
    const auto host = read_host(request.host(), own_host);
    Route route;
    if (auto* surface = find_surface(catalog, request, claim, host)) {
        route.surface = surface;
        route.region = host.region;
        return route;
    }
    const auto signed_for_s3 = claim.service.starts_with("s3");
    if (const auto* target = request.headers.find("x-amz-target"); target && !signed_for_s3) {
        route = by_target(catalog, request, *target, claim);
    } else if (request.headers.get("smithy-protocol") == "rpc-v2-cbor") {
        route = by_smithy_path(catalog, request.path, claim);
    } else if (signed_for_s3 || (host.service == "s3" && claim.service.empty())) {
        route = by_s3(catalog, request, host.bucket);
    } else {
        const bool form = request.method == "POST" && !request.stream &&
                          (request.headers.get("content-type").starts_with("application/x-www-form-urlencoded") ||
                           request.body.starts_with("Action="));
        auto action = form ? parameter(request.body, "Action") : std::string();
        const bool in_body = !action.empty();
        if (!in_body) action = parameter(request.query, "Action");
        route = action.empty() ? by_path(catalog, request, claim, host)
                               : by_action(catalog, request, std::move(action), in_body ? request.body : request.query,
                                           claim, host);
    }
    if (route.region.empty()) route.region = host.region;
    return route;
}

}  // namespace cumulet::dispatch
