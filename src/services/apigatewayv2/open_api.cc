#include "services/apigatewayv2/open_api.h"

#include "base/text.h"
#include "contracts/document_text.h"
#include "contracts/reflect.h"
#include "services/apigatewayv2/http_api.h"
#include "services/apigatewayv2/open_api_members.h"

namespace cumulet::apigatewayv2 {
namespace {

using aws::apigatewayv2::BadRequestException;

constexpr std::string_view extension = "x-amazon-apigateway-";

/// Refuses extensions of `object` that are not among `known`: each would change what the API does.
void check_extensions(const json::object& object, std::initializer_list<std::string_view> known) {
    for (const auto& [key, value] : object) {
        const std::string_view name(key.data(), key.size());
        if (name.starts_with(extension) && std::ranges::find(known, name.substr(extension.size())) == known.end()) {
            throw unsupported(name);
        }
    }
}

aws::apigatewayv2::Cors read_cors(const json::value& source) {
    aws::apigatewayv2::Cors cors;
    if (source.is_bool()) {  // SAM's "CorsConfiguration: true"
        if (source.as_bool()) cors.AllowOrigins.emplace().push_back("*");
        return cors;
    }
    if (!source.is_object()) throw BadRequestException("x-amazon-apigateway-cors must be an object");
    json::object members;
    for (const auto& [key, value] : source.as_object()) {
        std::string name(key);
        if (!name.empty()) name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
        members[name] = value.is_string() && name.starts_with("Allow") && name != "AllowCredentials"
                            ? json::value(json::array{value})
                            : value;
    }
    static const contracts::Shape& shape = [] -> const contracts::Shape& {
        for (const auto& member : aws::apigatewayv2::service.find("CreateApi")->input->members) {
            if (member.name == "CorsConfiguration") return *member.shape;
        }
        throw std::logic_error("the contract has no CorsConfiguration");
    }();
    contracts::from_json(shape, &cors, members);
    check_cors(cors);
    return cors;
}

std::map<std::string, std::string> texts_of(const json::object& object) {
    std::map<std::string, std::string> texts;
    for (const auto& [name, value] : object) texts[name] = text_in(object, name).value_or("");
    return texts;
}

Integration read_integration(const json::object& source) {
    for (const auto& [key, value] : source) {
        static constexpr std::string_view known[] = {"type",
                                                     "uri",
                                                     "httpMethod",
                                                     "payloadFormatVersion",
                                                     "credentials",
                                                     "connectionType",
                                                     "timeoutInMillis",
                                                     "integrationSubtype",
                                                     "requestParameters",
                                                     "responseParameters",
                                                     "description"};
        // Responses and passthrough are REST APIs' and mean nothing here.
        const std::string_view name(key.data(), key.size());
        if (std::ranges::find(known, name) == std::end(known) && name != "responses" && name != "passthroughBehavior") {
            throw unsupported(fmt::format("x-amazon-apigateway-integration.{}", name));
        }
    }
    Integration integration;
    integration.IntegrationType = to_upper(text_in(source, "type").value_or(""));
    integration.IntegrationUri = text_in(source, "uri");
    integration.IntegrationMethod = text_in(source, "httpMethod");
    integration.IntegrationSubtype = text_in(source, "integrationSubtype");
    if (const auto* mappings = object_in(source, "requestParameters")) {
        integration.RequestParameters = texts_of(*mappings);
    }
    if (const auto* by_status = object_in(source, "responseParameters")) {
        auto& responses = integration.ResponseParameters.emplace();
        for (const auto& [status, mappings] : *by_status) {
            if (mappings.is_object()) responses[status] = texts_of(mappings.as_object());
        }
    }
    integration.PayloadFormatVersion = text_in(source, "payloadFormatVersion");
    integration.CredentialsArn = text_in(source, "credentials");
    integration.ConnectionType = text_in(source, "connectionType");
    integration.Description = text_in(source, "description");
    if (const auto* timeout = source.if_contains("timeoutInMillis")) {
        integration.TimeoutInMillis =
            timeout->is_int64() ? static_cast<int32_t>(std::clamp<int64_t>(timeout->as_int64(), 0, 1'000'000)) : 0;
    }
    if (integration.PayloadFormatVersion == "1" || integration.PayloadFormatVersion == "2") {
        *integration.PayloadFormatVersion += ".0";  // a number in the document
    }
    integration = with_defaults(std::move(integration));
    check_integration(integration);
    return integration;
}

/// Follows {"$ref": "#/components/x-amazon-apigateway-integrations/name"}.
const json::object& resolve(const json::object& document, const json::object& integration) {
    const auto reference = string_or(integration, "$ref");
    if (reference.empty()) return integration;
    constexpr std::string_view prefix = "#/components/x-amazon-apigateway-integrations/";
    const auto* components = object_in(document, "components");
    const auto* shared = components ? object_in(*components, prefix.substr(13, prefix.size() - 14)) : nullptr;
    const auto* found =
        shared && reference.starts_with(prefix) ? object_in(*shared, reference.substr(prefix.size())) : nullptr;
    if (!found) throw BadRequestException(fmt::format("Invalid reference {}", reference));
    return *found;
}

Blueprint::Operation read_operation(const Blueprint& blueprint, const json::object& document, std::string route_key,
                                    const json::object& source) {
    check_extensions(source, {"integration", "auth"});
    Blueprint::Operation operation;
    operation.route.RouteKey = std::move(route_key);
    operation.route.ApiKeyRequired = false;
    operation.route.AuthorizationType = "NONE";
    operation.route.OperationName = text_in(source, "operationId");
    check_route(operation.route);
    read_security(operation, source, document, blueprint.authorizers);
    if (const auto* integration = object_in(source, "x-amazon-apigateway-integration")) {
        operation.integration = read_integration(resolve(document, *integration));
    }
    return operation;
}

void read_path(Blueprint& blueprint, const json::object& document, const std::string& path,
               const json::object& source) {
    constexpr std::string_view methods[] = {"get", "put", "post", "delete", "options", "head", "patch"};
    check_extensions(source, {"any-method"});
    for (const auto& [key, value] : source) {
        const std::string_view name(key.data(), key.size());
        if (name == "trace") throw BadRequestException("The method TRACE is not supported");
        const bool any = name == "x-amazon-apigateway-any-method";
        if (!any && std::ranges::find(methods, name) == std::end(methods)) continue;
        if (!value.is_object()) throw BadRequestException(fmt::format("{} of {} must be an object", name, path));
        const auto method = any ? "ANY" : to_upper(name);
        // A path may also stand as "$default" with its method.
        auto route_key =
            path == default_route || path == "/$default" ? std::string(default_route) : method + " " + path;
        blueprint.operations.push_back(read_operation(blueprint, document, std::move(route_key), value.as_object()));
    }
}

void read_tags(Blueprint& blueprint, const json::object& document) {
    const auto* tags = document.if_contains("tags");
    if (!tags || !tags->is_array()) return;
    for (const auto& tag : tags->as_array()) {
        if (!tag.is_object() || !tag.as_object().contains("x-amazon-apigateway-tag-value")) continue;
        blueprint.tags[std::string(string_or(tag.as_object(), "name"))] =
            text_in(tag.as_object(), "x-amazon-apigateway-tag-value").value_or("");
    }
}

/// The path of the first server's URL, its variables replaced by their defaults.
std::string read_base_path(const json::object& document) {
    const auto* servers = document.if_contains("servers");
    if (!servers || !servers->is_array() || servers->as_array().empty()) return "";
    const auto* server = servers->as_array().front().if_object();
    if (!server) return "";
    auto url = text_in(*server, "url").value_or("");
    if (const auto* variables = object_in(*server, "variables")) {
        for (const auto& [name, variable] : *variables) {
            const auto written = fmt::format("{{{}}}", std::string_view(name));
            const auto* described = variable.if_object();
            const auto value = described ? text_in(*described, "default").value_or("") : "";
            // A variable that is a path may begin with the slash that stands before it.
            if (const auto at = url.find(written); at != std::string::npos) {
                const bool doubled = value.starts_with('/') && at > 0 && url[at - 1] == '/';
                url.replace(at, written.size(), doubled ? value.substr(1) : value);
            }
        }
    }
    const auto scheme = url.find("://");
    const auto begin = scheme == std::string::npos ? 0 : url.find('/', scheme + 3);
    auto path = begin == std::string::npos ? "" : url.substr(begin);
    while (path.ends_with('/')) path.pop_back();
    return path;
}

}  // namespace

void apply_base_path(Blueprint& blueprint, std::string_view mode) {
    if (mode == "ignore") return;
    // Unverified: the words.
    if (mode != "prepend" && mode != "split")
        throw BadRequestException(fmt::format("Invalid basepath: {}. It must be ignore, prepend or split", mode));
    auto prefix = blueprint.base_path;
    if (mode == "split" && !prefix.empty()) prefix.erase(0, std::min(prefix.find('/', 1), prefix.size()));
    if (prefix.empty()) return;
    for (auto& operation : blueprint.operations) {
        auto& key = operation.route.RouteKey;
        const auto space = key.find(' ');
        if (space == std::string::npos) continue;  // $default
        const auto path = key.substr(space + 1);
        key = key.substr(0, space + 1) + prefix + (path == "/" ? "" : path);
        check_route(operation.route);
    }
}

Blueprint read_open_api(const std::string& body) {
    const auto parsed = contracts::parse_document(body);
    const auto* document = parsed ? parsed->if_object() : nullptr;
    // Unverified: the words.
    if (!document || !text_in(*document, "openapi").value_or("").starts_with("3.")) {
        throw BadRequestException(
            "Unable to parse API definition because of a malformed document: it must be OpenAPI 3");
    }
    check_extensions(*document, {"cors", "importexport-version", "endpoint-configuration"});

    Blueprint blueprint;
    if (const auto* about = object_in(*document, "info")) {
        blueprint.name = text_in(*about, "title").value_or("");
        blueprint.version = text_in(*about, "version");
        blueprint.description = text_in(*about, "description");
    }
    if (blueprint.name.empty())
        throw BadRequestException("The API definition must have a title");  // Unverified: the words
    if (const auto* cors = document->if_contains("x-amazon-apigateway-cors")) blueprint.cors = read_cors(*cors);
    if (const auto* endpoint = object_in(*document, "x-amazon-apigateway-endpoint-configuration")) {
        blueprint.disable_endpoint = text_in(*endpoint, "disableExecuteApiEndpoint").value_or("false") == "true";
    }
    blueprint.base_path = read_base_path(*document);
    read_tags(blueprint, *document);
    blueprint.authorizers = read_security_schemes(*document);
    if (const auto* paths = object_in(*document, "paths")) {
        for (const auto& [path, value] : *paths) {
            if (value.is_object()) read_path(blueprint, *document, std::string(path), value.as_object());
        }
    }
    if (blueprint.operations.size() > 300) throw BadRequestException("An API may have at most 300 routes");
    return blueprint;
}

}  // namespace cumulet::apigatewayv2
