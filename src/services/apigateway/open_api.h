// OpenAPI 2 and 3 documents with API Gateway's extensions. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
#pragma once

#include "services/apigateway/storage.h"

namespace cumulet::apigateway {

/// What is done with a document's base path ("/a/b"): nothing, all of it stands before every path, or all but the first
/// segment does.
enum class BasePathUse : uint8_t { ignore, prepend, split };

struct ImportChoice {
    BasePathUse base_path = BasePathUse::ignore;
    bool documentation = true;
};

/// `base` with what the document (JSON or YAML) says; what it says stands over what was there. Throws
/// BadRequestException for what is no such document, NotImplemented for a part that is not built, by its name.
Definition read_open_api(const std::string& text, Random& random, Definition base, ImportChoice choice = {});

struct ImportedDocumentation {
    std::vector<DocumentationPart> parts;
    std::vector<std::string> ids;  ///< of those that the document has
};
/// `known` with the parts in a document's x-amazon-apigateway-documentation, which replace those of the same location.
/// Throws BadRequestException.
ImportedDocumentation read_documentation(const std::string& text, Random& random, std::vector<DocumentationPart> known);

}  // namespace cumulet::apigateway
