// OpenAPI 2 and 3 documents with API Gateway's extensions. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
#pragma once

#include "services/apigateway/storage.h"

namespace cumulet::apigateway {

/// `base` with what the document (JSON or YAML) says; what it says stands over what was there. Throws
/// BadRequestException for what is no such document, NotImplemented for a part that is not built, by its name.
Definition read_open_api(const std::string& text, Random& random, Definition base);

}  // namespace cumulet::apigateway
