// OpenAPI 3 documents with API Gateway's extensions, as SAM writes them. Pure: a text in, what to create out.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
#pragma once

#include "services/apigatewayv2/storage.h"

namespace cumulet::apigatewayv2 {

struct Blueprint {
    struct Operation {
        Route route;  ///< without id, target and authorizer
        std::optional<Integration> integration;
        std::string authorizer;  ///< its name, "" if none
    };
    std::string name;
    std::optional<std::string> description;
    std::optional<std::string> version;
    std::optional<aws::apigatewayv2::Cors> cors;
    bool disable_endpoint = false;
    std::string base_path;  ///< of the first server: "/shop/v1", "" for none
    std::map<std::string, std::string> tags;
    std::map<std::string, Authorizer> authorizers;  ///< by name, without id
    std::vector<Operation> operations;
};

/// Reads JSON or YAML. Throws BadRequestException for what is no OpenAPI 3 document, NotImplemented for an extension
/// that is not built, by its name.
Blueprint read_open_api(const std::string& body);

/// Puts the base path in front of the routes' paths, as `mode` says: "ignore", "prepend", or "split", which leaves its
/// first segment out. Throws BadRequestException for another mode.
void apply_base_path(Blueprint& blueprint, std::string_view mode);

/// The authorizers among the document's security schemes, by name (open_api_security.cc).
std::map<std::string, Authorizer> read_security_schemes(const json::object& document);
/// Takes over who may take the operation's route: of `operation`, or else of the document, which may name one of
/// `authorizers`.
void read_security(Blueprint::Operation& result, const json::object& operation, const json::object& document,
                   const std::map<std::string, Authorizer>& authorizers);

}  // namespace cumulet::apigatewayv2
