#include "services/apigateway/open_api.h"

#include "base/bytes.h"
#include "contracts/document_text.h"
#include "contracts/reflect.h"
#include "services/apigateway/gateway_response.h"
#include "services/apigateway/rest_api.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

using TextMap = std::map<std::string, std::string>;

constexpr int most_references = 32;

std::string text_of(const json::value& value) {
    return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

const json::object* object_at(const json::object& holder, std::string_view name) {
    const auto* value = holder.if_contains(name);
    return value ? value->if_object() : nullptr;
}

/// Puts a part into `parts`, in the place of one of the same location. The id of the part.
std::string put_part(std::vector<DocumentationPart>& parts, const json::object& given, Random& random) {
    DocumentationPart part;
    auto plain = given;
    plain.erase("properties");
    try {
        contracts::from_json(*aws::apigateway::service.find("GetDocumentationPart")->output, &part, plain);
    } catch (const aws::Error& error) {
        throw BadRequestException("Invalid documentation part: " + error.message);  // Unverified: the words.
    }
    const auto* properties = given.if_contains("properties");
    if (!part.location || !properties || !properties->is_object())
        throw BadRequestException("A documentation part has a location and properties");  // Unverified: the words.
    part.properties = json::serialize(*properties);
    const auto same = std::ranges::find(parts, part.location, &DocumentationPart::location);
    part.id = same == parts.end() ? new_id(random, 6) : *same->id;
    if (same != parts.end()) {
        *same = part;
    } else {
        parts.push_back(part);
    }
    return *part.id;
}

std::vector<std::string> put_parts(std::vector<DocumentationPart>& parts, const json::value& documentation,
                                   Random& random) {
    std::vector<std::string> ids;
    const auto* listed = find(documentation, "documentationParts");
    if (!listed || !listed->is_array()) return ids;
    for (const auto& part : listed->as_array())
        if (part.is_object()) ids.push_back(put_part(parts, part.as_object(), random));
    return ids;
}

std::string after_last_slash(std::string_view text) { return std::string(text.substr(text.rfind('/') + 1)); }

/// One document on its way into a definition.
class Import {
  public:
    Import(json::object document, Random& random, Definition base, ImportChoice choice)
        : document_(std::move(document)), random_(random), definition_(std::move(base)), choice_(choice) {}

    Definition run() {
        if (!string_or(document_, "openapi").starts_with("3.") && string_or(document_, "swagger") != "2.0")
            throw BadRequestException("Invalid OpenAPI input.");
        read_api();
        read_models();
        read_validators();
        read_authorizers();
        read_gateway_responses();
        const auto prefix = path_prefix();
        if (!prefix.empty()) resource_at(prefix);
        if (const auto* paths = object_at(document_, "paths")) {
            for (const auto& [path, item] : *paths)
                if (item.is_object() && path.starts_with("/")) read_path(prefix + std::string(path), item.as_object());
        }
        return std::move(definition_);
    }

  private:
    /// What a "$ref" within the document leads to.
    const json::value& resolved(const json::value& value) const {
        const auto* at = &value;
        for (int i = 0; i < most_references; ++i) {
            const auto* object = at->if_object();
            const auto reference = object ? string_or(*object, "$ref") : std::string_view();
            if (!reference.starts_with("#/")) return *at;
            const json::value* target = nullptr;
            const auto* holder = &document_;
            for (auto rest = reference.substr(2); holder && !rest.empty();) {
                const auto end = std::min(rest.find('/'), rest.size());
                target = holder->if_contains(rest.substr(0, end));
                holder = target ? target->if_object() : nullptr;
                rest.remove_prefix(std::min(end + 1, rest.size()));
            }
            if (!target)
                throw BadRequestException("Invalid OpenAPI input: unresolvable reference " + std::string(reference));
            at = target;
        }
        throw BadRequestException("Invalid OpenAPI input: references in a circle");
    }

    /// What the document itself says stands before its paths: "/a/b", "" for nothing.
    std::string base_path() const {
        if (const auto* path = document_.if_contains("basePath")) return text_of(*path);
        const auto* servers = document_.if_contains("servers");
        if (!servers || !servers->is_array()) return "";
        for (const auto& server : servers->as_array()) {
            const auto* variables = find(server, "variables");
            const auto* variable = variables ? find(*variables, "basePath") : nullptr;
            const auto* value = variable ? find(*variable, "default") : nullptr;
            if (value) return text_of(*value);
        }
        for (const auto& server : servers->as_array()) {
            if (!server.is_object()) continue;
            const auto url = string_or(server.as_object(), "url");
            const auto authority = url.find("://");
            const auto path = url.find('/', authority == std::string_view::npos ? 0 : authority + 3);
            return std::string(path == std::string_view::npos ? "" : url.substr(path));
        }
        return "";
    }

    /// What stands before every path of the API.
    std::string path_prefix() const {
        if (choice_.base_path == BasePathUse::ignore) return "";
        auto path = base_path();
        if (!path.empty() && !path.starts_with('/')) path.insert(0, "/");
        while (path.ends_with('/')) path.pop_back();
        if (choice_.base_path == BasePathUse::split && !path.empty())
            path.erase(0, std::min(path.find('/', 1), path.size()));
        return path;
    }

    void read_api() {
        auto& api = definition_.api;
        if (const auto* info = object_at(document_, "info")) {
            if (const auto* title = info->if_contains("title")) api.name = text_of(*title);
            if (const auto* description = info->if_contains("description"); description && *description != "")
                api.description = text_of(*description);
            if (const auto* version = info->if_contains("version")) api.version = text_of(*version);
        }
        if (const auto* types = extension("binary-media-types"); types && types->is_array()) {
            api.binaryMediaTypes.emplace();
            for (const auto& type : types->as_array()) api.binaryMediaTypes->push_back(text_of(type));
        }
        if (const auto* policy = extension("policy")) api.policy = json::serialize(*policy);
        if (const auto* source = extension("api-key-source")) api.apiKeySource = text_of(*source);
        if (const auto* size = extension("minimum-compression-size"); size && size->is_number())
            api.minimumCompressionSize = size->to_number<int32_t>();
        if (const auto* endpoint = extension("endpoint-configuration"); endpoint && endpoint->is_object()) {
            if (const auto* disabled = find(*endpoint, "disableExecuteApiEndpoint"); disabled && disabled->is_bool())
                api.disableExecuteApiEndpoint = disabled->as_bool();
        }
        if (const auto* documentation = extension("documentation"); documentation && choice_.documentation)
            put_parts(definition_.documentation, *documentation, random_);
    }

    const json::value* extension(std::string_view name) const {
        return document_.if_contains(fmt::format("x-amazon-apigateway-{}", name));
    }

    const json::object* schemas() const {
        if (const auto* definitions = object_at(document_, "definitions")) return definitions;
        const auto* components = object_at(document_, "components");
        return components ? object_at(*components, "schemas") : nullptr;
    }

    /// References to other schemas become references to other models.
    json::value with_model_references(const json::value& schema) const {
        if (const auto* array = schema.if_array()) {
            json::array copy;
            for (const auto& element : *array) copy.push_back(with_model_references(element));
            return copy;
        }
        const auto* object = schema.if_object();
        if (!object) return schema;
        json::object copy;
        for (const auto& [name, member] : *object) {
            if (name == "$ref" && member.is_string() && member.as_string().starts_with("#/")) {
                copy[name] = fmt::format("https://apigateway.amazonaws.com/restapis/{}/models/{}",
                                         definition_.api.id.value_or(""),
                                         after_last_slash(std::string_view(member.as_string())));
            } else {
                copy[name] = with_model_references(member);
            }
        }
        return copy;
    }

    void put_model(const std::string& name, const json::value& schema) {
        auto found = std::ranges::find(definition_.models, name, [](const Model& model) { return *model.name; });
        if (found == definition_.models.end())
            found = definition_.models.insert(found, Model{.id = new_id(random_, 6)});
        found->name = name;
        found->contentType = "application/json";
        found->schema = json::serialize(with_model_references(schema));
    }

    void read_models() {
        const auto* all = schemas();
        if (!all) return;
        for (const auto& [name, schema] : *all) put_model(std::string(name), schema);
    }

    /// The model that a body's schema is, made if it is written out in place.
    std::string model_of(const json::value& schema) {
        const auto* object = schema.if_object();
        const auto reference = object ? string_or(*object, "$ref") : std::string_view();
        if (!reference.empty()) return after_last_slash(reference);
        auto name = "MODEL" + random_.hex(6);
        put_model(name, schema);
        return name;
    }

    void read_validators() {
        const auto* all = extension("request-validators");
        if (!all || !all->is_object()) return;
        for (const auto& [name, given] : all->as_object()) {
            const auto flag = [&](std::string_view member) {
                const auto* value = find(given, member);
                return value && value->is_bool() && value->as_bool();
            };
            auto found = std::ranges::find(definition_.validators, std::optional<std::string>(std::string(name)),
                                           &RequestValidator::name);
            if (found == definition_.validators.end())
                found = definition_.validators.insert(found, RequestValidator{.id = new_id(random_, 6)});
            found->name = name;
            found->validateRequestBody = flag("validateRequestBody");
            found->validateRequestParameters = flag("validateRequestParameters");
        }
    }

    const json::object* security_schemes() const {
        if (const auto* schemes = object_at(document_, "securityDefinitions")) return schemes;
        const auto* components = object_at(document_, "components");
        return components ? object_at(*components, "securitySchemes") : nullptr;
    }

    void read_authorizers() {
        const auto* all = security_schemes();
        if (!all) return;
        for (const auto& [name, scheme] : *all) {
            const auto* given =
                scheme.is_object() ? object_at(scheme.as_object(), "x-amazon-apigateway-authorizer") : nullptr;
            if (given) put_authorizer(std::string(name), scheme.as_object(), *given);
        }
    }

    void put_authorizer(const std::string& name, const json::object& scheme, const json::object& given) {
        auto found = std::ranges::find(definition_.authorizers, std::optional(name), &Authorizer::name);
        if (found == definition_.authorizers.end())
            found = definition_.authorizers.insert(found, Authorizer{.id = new_id(random_, 6)});
        auto& authorizer = *found;
        authorizer.name = name;
        auto type = to_lower(string_or(given, "type"));
        std::ranges::transform(type, type.begin(), [](unsigned char c) { return static_cast<char>(toupper(c)); });
        authorizer.type = type;
        authorizer.authType = string_or(scheme, "x-amazon-apigateway-authtype", "custom");
        if (const auto* uri = given.if_contains("authorizerUri")) authorizer.authorizerUri = text_of(*uri);
        if (const auto* role = given.if_contains("authorizerCredentials"))
            authorizer.authorizerCredentials = text_of(*role);
        if (const auto* source = given.if_contains("identitySource")) {
            authorizer.identitySource = text_of(*source);
        } else if (type != "REQUEST") {
            authorizer.identitySource =
                fmt::format("method.request.header.{}", string_or(scheme, "name", "Authorization"));
        }
        if (const auto* expression = given.if_contains("identityValidationExpression"))
            authorizer.identityValidationExpression = text_of(*expression);
        if (const auto* ttl = given.if_contains("authorizerResultTtlInSeconds"))
            authorizer.authorizerResultTtlInSeconds = std::atoi(text_of(*ttl).c_str());
        if (const auto* arns = given.if_contains("providerARNs"); arns && arns->is_array()) {
            authorizer.providerARNs.emplace();
            for (const auto& arn : arns->as_array()) authorizer.providerARNs->push_back(text_of(arn));
        }
    }

    void read_gateway_responses() {
        const auto* all = extension("gateway-responses");
        if (!all || !all->is_object()) return;
        for (const auto& [type, given] : all->as_object()) {
            if (!given.is_object()) continue;
            auto response = default_gateway_response(gateway_response_type(type));
            response.defaultResponse = false;
            const auto& object = given.as_object();
            if (const auto* status = object.if_contains("statusCode")) response.statusCode = text_of(*status);
            if (const auto parameters = texts_at(object, "responseParameters"))
                response.responseParameters = parameters;
            if (const auto templates = texts_at(object, "responseTemplates")) response.responseTemplates = templates;
            std::erase_if(definition_.responses,
                          [&](const auto& other) { return other.responseType == response.responseType; });
            definition_.responses.push_back(std::move(response));
        }
    }

    static std::optional<TextMap> texts_at(const json::object& holder, std::string_view name) {
        const auto* object = object_at(holder, name);
        if (!object) return std::nullopt;
        TextMap texts;
        for (const auto& [key, value] : *object) texts[std::string(key)] = text_of(value);
        return texts;
    }

    Resource& resource_at(const std::string& path) {
        auto& resources = definition_.resources;
        const auto known = std::ranges::find(resources, std::optional(path), &Resource::path);
        if (known != resources.end()) return *known;
        const auto slash = path.rfind('/');
        const auto parent_id = *resource_at(slash == 0 ? "/" : path.substr(0, slash)).id;
        Resource resource;
        resource.id = new_id(random_, 6);
        resource.parentId = parent_id;
        resource.pathPart = path.substr(slash + 1);
        resource.path = path;
        check_path_part(*resource.pathPart);
        return resources.emplace_back(std::move(resource));
    }

    void read_path(std::string path, const json::object& item) {
        while (path.size() > 1 && path.ends_with('/')) path.pop_back();
        resource_at(path);
        constexpr std::pair<std::string_view, std::string_view> methods[] = {
            {"get", "GET"},         {"put", "PUT"},   {"post", "POST"},   {"delete", "DELETE"},
            {"options", "OPTIONS"}, {"head", "HEAD"}, {"patch", "PATCH"}, {"x-amazon-apigateway-any-method", "ANY"}};
        for (const auto& [key, name] : methods) {
            const auto* operation = object_at(item, key);
            if (!operation) continue;
            auto method = read_method(*operation, item, std::string(name), *resource_at(path).id);
            auto& resource = resource_at(path);
            if (!resource.resourceMethods) resource.resourceMethods.emplace();
            (*resource.resourceMethods)[std::string(name)] = std::move(method);
        }
    }

    Method read_method(const json::object& operation, const json::object& item, std::string http_method,
                       const std::string& resource_id) {
        Method method;
        method.httpMethod = std::move(http_method);
        method.apiKeyRequired = false;
        method.authorizationType = "NONE";
        if (const auto* id = operation.if_contains("operationId")) method.operationName = text_of(*id);
        for (const auto* holder : {&item, &operation}) {
            const auto* parameters = holder->if_contains("parameters");
            if (!parameters || !parameters->is_array()) continue;
            for (const auto& parameter : parameters->as_array())
                read_parameter(method, resolved(parameter).as_object());
        }
        if (const auto* body = operation.if_contains("requestBody")) {
            if (const auto* content = object_at(resolved(*body).as_object(), "content")) {
                for (const auto& [type, media] : *content)
                    if (const auto* schema = find(media, "schema"))
                        put(method.requestModels, std::string(type), model_of(*schema));
            }
        }
        read_security(method, operation);
        read_validator(method, operation);
        if (const auto* responses = object_at(operation, "responses")) {
            for (const auto& [status, response] : *responses)
                if (status.size() == 3)
                    read_method_response(method, std::string(status), resolved(response).as_object());
        }
        if (const auto* integration = object_at(operation, "x-amazon-apigateway-integration"))
            method.methodIntegration = read_integration(*integration, resource_id);
        check_method(method, definition_);
        return method;
    }

    template <typename V>
    static void put(std::optional<std::map<std::string, V>>& map, std::string key, V value) {
        if (!map) map.emplace();
        (*map)[std::move(key)] = std::move(value);
    }

    void read_parameter(Method& method, const json::object& parameter) {
        const auto in = string_or(parameter, "in");
        if (in == "body") {
            const auto* schema = parameter.if_contains("schema");
            if (schema) put(method.requestModels, std::string("application/json"), model_of(*schema));
            return;
        }
        const auto place = in == "query" ? "querystring" : in == "header" ? "header" : in == "path" ? "path" : "";
        if (!*place) return;
        const auto* required = parameter.if_contains("required");
        put(method.requestParameters, fmt::format("method.request.{}.{}", place, string_or(parameter, "name")),
            required && required->is_bool() && required->as_bool());
    }

    void read_security(Method& method, const json::object& operation) {
        if (const auto* auth = object_at(operation, "x-amazon-apigateway-auth"))
            if (string_or(*auth, "type") == "AWS_IAM") method.authorizationType = "AWS_IAM";
        const auto* security = operation.if_contains("security");
        if (!security) security = document_.if_contains("security");
        if (!security || !security->is_array()) return;
        for (const auto& choice : security->as_array()) {
            if (!choice.is_object()) continue;
            for (const auto& [name, scopes] : choice.as_object()) apply_scheme(method, std::string(name), scopes);
        }
    }

    void apply_scheme(Method& method, const std::string& name, const json::value& scopes) {
        const auto authorizer = std::ranges::find(definition_.authorizers, std::optional(name), &Authorizer::name);
        if (authorizer != definition_.authorizers.end()) {
            method.authorizationType = authorizer->type == "COGNITO_USER_POOLS" ? "COGNITO_USER_POOLS" : "CUSTOM";
            method.authorizerId = authorizer->id;
            if (scopes.is_array() && !scopes.as_array().empty()) {
                method.authorizationScopes.emplace();
                for (const auto& scope : scopes.as_array()) method.authorizationScopes->push_back(text_of(scope));
            }
            return;
        }
        const auto* all = security_schemes();
        const auto* scheme = all ? object_at(*all, name) : nullptr;
        if (!scheme) throw BadRequestException("Unable to find the security definition " + name);  // Unverified: words.
        if (to_lower(string_or(*scheme, "x-amazon-apigateway-authtype")) == "awssigv4") {
            method.authorizationType = "AWS_IAM";
        } else if (string_or(*scheme, "type") == "apiKey" && to_lower(string_or(*scheme, "name")) == "x-api-key") {
            method.apiKeyRequired = true;
        }
    }

    void read_validator(Method& method, const json::object& operation) {
        const auto* name = operation.if_contains("x-amazon-apigateway-request-validator");
        if (!name) name = extension("request-validator");
        if (!name) return;
        const auto found =
            std::ranges::find(definition_.validators, std::optional(text_of(*name)), &RequestValidator::name);
        if (found == definition_.validators.end())
            throw BadRequestException("Invalid Request Validator identifier specified");
        method.requestValidatorId = found->id;
    }

    void read_method_response(Method& method, const std::string& status, const json::object& given) {
        MethodResponse response;
        response.statusCode = status;
        if (const auto* headers = object_at(given, "headers")) {
            for (const auto& [name, header] : *headers)
                put(response.responseParameters, fmt::format("method.response.header.{}", std::string_view(name)),
                    false);
        }
        if (const auto* schema = given.if_contains("schema"))
            put(response.responseModels, std::string("application/json"), model_of(*schema));
        if (const auto* content = object_at(given, "content")) {
            for (const auto& [type, media] : *content)
                if (const auto* schema = find(media, "schema"))
                    put(response.responseModels, std::string(type), model_of(*schema));
        }
        put(method.methodResponses, status, std::move(response));
    }

    Integration read_integration(const json::object& given, const std::string& resource_id) {
        Integration integration;
        auto plain = given;
        plain.erase("responses");
        auto type = to_lower(string_or(given, "type"));
        std::ranges::transform(type, type.begin(), [](unsigned char c) { return static_cast<char>(toupper(c)); });
        plain["type"] = type;
        if (const auto* behaviour = plain.if_contains("passthroughBehavior")) {
            auto text = text_of(*behaviour);
            std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(toupper(c)); });
            plain["passthroughBehavior"] = text;
        }
        for (const auto* own : {"payloadFormatVersion"}) plain.erase(own);
        try {
            contracts::from_json(*aws::apigateway::service.find("GetIntegration")->output, &integration, plain);
        } catch (const aws::Error& error) {
            throw BadRequestException("Unable to put integration: " + error.message);  // Unverified: the words.
        }
        if (!integration.passthroughBehavior) integration.passthroughBehavior = "WHEN_NO_MATCH";
        if (!integration.timeoutInMillis) integration.timeoutInMillis = longest_timeout_ms;
        if (!integration.cacheNamespace) integration.cacheNamespace = resource_id;
        if (!integration.cacheKeyParameters) integration.cacheKeyParameters.emplace();
        if (type == "MOCK") integration.httpMethod.reset();
        check_integration(integration);
        if (const auto* responses = object_at(given, "responses")) {
            for (const auto& [pattern, response] : *responses)
                if (response.is_object())
                    read_integration_response(integration, std::string(pattern), response.as_object());
        }
        return integration;
    }

    static void read_integration_response(Integration& integration, std::string pattern, const json::object& given) {
        IntegrationResponse response;
        const auto* status = given.if_contains("statusCode");
        response.statusCode = status ? text_of(*status) : "200";
        if (pattern != "default") response.selectionPattern = std::move(pattern);
        response.responseParameters = texts_at(given, "responseParameters");
        response.responseTemplates = texts_at(given, "responseTemplates");
        if (const auto* handling = given.if_contains("contentHandling")) response.contentHandling = text_of(*handling);
        put(integration.integrationResponses, *response.statusCode, std::move(response));
    }

    json::object document_;
    Random& random_;
    Definition definition_;
    ImportChoice choice_;
};

}  // namespace

namespace {

json::object parsed(const std::string& text) {
    auto document = contracts::parse_document(text);
    if (!document || !document->is_object()) throw BadRequestException("Invalid OpenAPI input.");
    return std::move(document->as_object());
}

}  // namespace

Definition read_open_api(const std::string& text, Random& random, Definition base, ImportChoice choice) {
    return Import(parsed(text), random, std::move(base), choice).run();
}

ImportedDocumentation read_documentation(const std::string& text, Random& random,
                                         std::vector<DocumentationPart> known) {
    const auto document = parsed(text);
    ImportedDocumentation imported{.parts = std::move(known), .ids = {}};
    if (const auto* documentation = document.if_contains("x-amazon-apigateway-documentation"))
        imported.ids = put_parts(imported.parts, *documentation, random);
    return imported;
}

}  // namespace cumulet::apigateway
