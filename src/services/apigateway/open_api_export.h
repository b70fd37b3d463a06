// A definition as a document of OpenAPI 2 or 3, which open_api.h reads again. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-export-api.html
#pragma once

#include "services/apigateway/storage.h"

namespace cumulet::apigateway {

/// What stands in the document beside OpenAPI's own.
struct ExportChoice {
    bool swagger = false;  ///< OpenAPI 2, otherwise 3
    bool integrations = false;
    bool authorizers = false;
    bool validators = false;
    bool documentation = false;
    bool gateway = false;  ///< the API's policy, binary media types, gateway responses, and the like
};

/// Reads the parameters of GetExport. Throws BadRequestException, NotImplemented for an extension that is not built.
ExportChoice read_export_choice(const std::string& type,
                                const std::optional<std::map<std::string, std::string>>& parameters);

/// Where the exported API is reached.
struct ExportPlace {
    std::string host;
    bool tls = true;
    std::string stage;
    std::string version;  ///< where the API has none of its own
    std::string documentation_version;
};

json::object export_open_api(const Definition& definition, const ExportChoice& choice, const ExportPlace& place);

}  // namespace cumulet::apigateway
