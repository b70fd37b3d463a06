// An HTTP API as an OpenAPI 3 document, which imports to the same API. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-export.html
#pragma once

#include "services/apigatewayv2/storage.h"

namespace cumulet::apigatewayv2 {

struct ExportedApi {
    HttpApi api;
    Definition definition;
    std::string stage_name;       ///< "" for the API as it is edited
    std::string endpoint;         ///< "https://abc.execute-api.us-east-1.amazonaws.com"
    bool with_extensions = true;  ///< of API Gateway's own
};

json::object write_open_api(const ExportedApi& exported);

}  // namespace cumulet::apigatewayv2
