// Parameter mapping: what integrations' requests and responses have other than the API's own. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
#pragma once

#include "services/apigatewayv2/event.h"

namespace cumulet::apigatewayv2 {

/// {"append:header.x": "$request.path.id", "overwrite:path": "/pets", "remove:querystring.y": ""}
using Mappings = std::map<std::string, std::string>;

/// Throws BadRequestException for keys that AWS refuses.
void check_request_mappings(const Mappings& mappings);
/// By status. Also takes "overwrite:statuscode".
void check_response_mappings(const std::map<std::string, Mappings>& mappings);

/// Changes `request`, which goes to the integration, by what `passage` brought. A value that names nothing maps
/// nothing.
void map_request(const Mappings& mappings, const Passage& passage, http::Request& request);
/// The same for what the integration answered: values may be "$response.header.name" and "$response.body.a.b".
void map_response(const Mappings& mappings, const Passage& passage, http::Response& response);

/// A mapping's value: one expression, a text with "${request.path.id}" in it, or a text.
std::optional<std::string> mapped_value(std::string_view value, const Passage& passage,
                                        const http::Response* response = nullptr);

}  // namespace cumulet::apigatewayv2
