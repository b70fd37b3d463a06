// From a request to an integration's: parameters, templates, passing through, content handling. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
#pragma once

#include "services/apigateway/fault.h"

namespace cumulet::apigateway {

struct IntegrationRequest {
    std::string method;
    std::string uri;  ///< path and stage variables filled in
    std::vector<http::Parameter> query;
    http::Headers headers;
    std::string body;
};

/// Throws Fault where the request is checked and does not fit.
void validate_request(const Exchange& exchange);

/// For integrations that are mapped (AWS, HTTP, MOCK). Throws Fault. Notes what templates override.
IntegrationRequest map_request(Exchange& exchange);
/// For HTTP_PROXY: all goes on, but for what is mapped.
IntegrationRequest proxy_request(const Exchange& exchange);

/// The URI's path and query string with `query` added.
std::string target_of(std::string_view path_and_query, const std::vector<http::Parameter>& query);

}  // namespace cumulet::apigateway
