// Which service and operation a request means. Pure: a request and the catalog in, a route out.
#pragma once

#include <optional>
#include <string>

#include "auth/sigv4.h"
#include "dispatch/catalog.h"

namespace cumulet::dispatch {

/// What a Host says: "jobs.s3.eu-west-1.amazonaws.com" names S3, a region and a bucket.
struct HostName {
    std::string service;  ///< first label that a service may have as its name, "" if none
    std::string region;
    std::string bucket;   ///< of a virtual-host S3 request
    std::string surface;  ///< "execute-api" in "<id>.execute-api.…"
};
/// `own_host` is the name that Cumulet is reached by, without port, where it is none of the usual ones.
HostName read_host(std::string_view host, std::string_view own_host);

/// True if users may have given a surface of theirs that name: it means neither Cumulet as a whole nor what the catalog
/// has.
bool may_be_named(const Catalog& catalog, std::string_view host, std::string_view own_host);

struct Route {
    contracts::Surface* surface = nullptr;  ///< set: no AWS operation
    const Entry* entry = nullptr;
    const contracts::Operation* operation = nullptr;  ///< nullptr: unknown, see missing_*
    contracts::Protocol protocol = contracts::Protocol::rest_json;
    wire::UriLabels labels;
    bool query_compatible = false;  ///< the legacy query protocol of a service that moved to JSON
    std::string region;             ///< that the host or path names, "" if none
    std::string queue_url_path;     ///< "/000000000000/jobs" where a legacy SQS request names its queue by path
    std::string missing_service;    ///< what was asked for and is not there
    std::string missing_operation;
};

Route find_route(const Catalog& catalog, const http::Request& request, const auth::Claim& claim,
                 std::string_view own_host);

}  // namespace cumulet::dispatch
