#include "services/apigateway/open_api_export.h"

#include "base/bytes.h"
#include "contracts/reflect.h"
#include "services/apigateway/rest_api.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

using TextMap = std::map<std::string, std::string>;

constexpr std::string_view model_prefix = "https://apigateway.amazonaws.com/restapis/";

json::object texts(const std::optional<TextMap>& map) {
    json::object object;
    for (const auto& [name, value] : map.value_or(TextMap())) object[name] = value;
    return object;
}

void put_texts(json::object& holder, std::string_view name, const std::optional<TextMap>& map) {
    if (map && !map->empty()) holder[name] = texts(map);
}

void put_text(json::object& holder, std::string_view name, const std::optional<std::string>& text) {
    if (text) holder[name] = *text;
}

/// "pets/{id}/{rest+}" and "method.request.path.id" are what parameters are named by.
std::vector<std::string> path_variables(std::string_view path) {
    std::vector<std::string> names;
    while (true) {
        const auto open = path.find('{');
        const auto close = open == std::string_view::npos ? open : path.find('}', open);
        if (close == std::string_view::npos) return names;
        auto name = path.substr(open + 1, close - open - 1);
        if (name.ends_with('+')) name.remove_suffix(1);
        names.emplace_back(name);
        path.remove_prefix(close + 1);
    }
}

/// One definition on its way into a document.
class Export {
  public:
    Export(const Definition& definition, const ExportChoice& choice, const ExportPlace& place)
        : definition_(definition), choice_(choice), place_(place) {}

    json::object run() {
        begin();
        json::object paths;
        for (const auto& resource : definition_.resources) {
            if (!resource.resourceMethods || resource.resourceMethods->empty()) continue;
            json::object item;
            for (const auto& [name, method] : *resource.resourceMethods) {
                const auto key = name == "ANY" ? std::string("x-amazon-apigateway-any-method") : to_lower(name);
                item[key] = operation_of(resource, method);
            }
            paths[*resource.path] = std::move(item);
        }
        document_["paths"] = std::move(paths);
        add_components();
        add_extensions();
        return std::move(document_);
    }

  private:
    void begin() {
        const auto& api = definition_.api;
        if (choice_.swagger) {
            document_["swagger"] = "2.0";
        } else {
            document_["openapi"] = "3.0.1";
        }
        json::object info;
        put_text(info, "description", api.description);
        info["version"] = api.version.value_or(place_.version);
        info["title"] = api.name.value_or("");
        document_["info"] = std::move(info);
        const std::string scheme = place_.tls ? "https" : "http";
        if (choice_.swagger) {
            document_["host"] = place_.host;
            document_["basePath"] = "/" + place_.stage;
            document_["schemes"] = json::array{scheme};
        } else {
            json::object variable{{"default", "/" + place_.stage}};
            document_["servers"] =
                json::array{json::object{{"url", fmt::format("{}://{}/{{basePath}}", scheme, place_.host)},
                                         {"variables", json::object{{"basePath", std::move(variable)}}}}};
        }
    }

    std::string reference(std::string_view model) const {
        return fmt::format("#/{}/{}", choice_.swagger ? "definitions" : "components/schemas", model);
    }
    json::object schema_of(std::string_view model) const { return {{"$ref", reference(model)}}; }

    /// References to other models become references within the document.
    json::value with_references(const json::value& schema) const {
        if (const auto* array = schema.if_array()) {
            json::array copy;
            for (const auto& element : *array) copy.push_back(with_references(element));
            return copy;
        }
        const auto* object = schema.if_object();
        if (!object) return schema;
        json::object copy;
        for (const auto& [name, member] : *object) {
            const auto* text = member.if_string();
            const std::string_view target = text ? std::string_view(*text) : std::string_view();
            if (name == "$ref" && target.starts_with(model_prefix)) {
                copy[name] = reference(target.substr(target.rfind('/') + 1));
            } else {
                copy[name] = with_references(member);
            }
        }
        return copy;
    }

    json::object operation_of(const Resource& resource, const Method& method) {
        json::object operation;
        put_text(operation, "operationId", method.operationName);
        add_parameters(operation, resource, method);
        json::object responses;
        for (const auto& [status, response] : method.methodResponses.value_or(std::map<std::string, MethodResponse>()))
            responses[status] = response_of(status, response);
        operation["responses"] = std::move(responses);
        add_security(operation, method);
        if (choice_.validators && method.requestValidatorId) {
            for (const auto& validator : definition_.validators)
                if (validator.id == method.requestValidatorId)
                    operation["x-amazon-apigateway-request-validator"] = validator.name.value_or("");
        }
        if (choice_.integrations && method.methodIntegration)
            operation["x-amazon-apigateway-integration"] = integration_of(resource, *method.methodIntegration);
        return operation;
    }

    void add_parameters(json::object& operation, const Resource& resource, const Method& method) const {
        json::array parameters;
        const auto add = [&](std::string_view name, std::string_view in, bool required) {
            json::object parameter{{"name", name}, {"in", in}, {"required", required}};
            if (choice_.swagger) {
                parameter["type"] = "string";
            } else {
                parameter["schema"] = json::object{{"type", "string"}};
            }
            parameters.push_back(std::move(parameter));
        };
        const auto declared = method.requestParameters.value_or(std::map<std::string, bool>());
        for (const auto& [expression, required] : declared) {
            const auto rest = std::string_view(expression).substr(std::string_view("method.request.").size());
            const auto place = rest.substr(0, rest.find('.'));
            const auto in = place.ends_with("querystring") ? "query" : place.ends_with("header") ? "header" : "path";
            add(rest.substr(rest.find('.') + 1), in, required);
        }
        // OpenAPI wants every variable of a path declared.
        for (const auto& name : path_variables(*resource.path))
            if (!declared.contains("method.request.path." + name)) add(name, "path", true);
        add_bodies(operation, parameters, method.requestModels.value_or(TextMap()));
        if (!parameters.empty()) operation["parameters"] = std::move(parameters);
    }

    void add_bodies(json::object& operation, json::array& parameters, const TextMap& models) const {
        if (models.empty()) return;
        if (choice_.swagger) {
            json::array types;
            for (const auto& [type, model] : models) types.emplace_back(type);
            operation["consumes"] = std::move(types);
            const auto& model = models.begin()->second;
            parameters.push_back(
                json::object{{"in", "body"}, {"name", model}, {"required", true}, {"schema", schema_of(model)}});
            return;
        }
        json::object content;
        for (const auto& [type, model] : models) content[type] = json::object{{"schema", schema_of(model)}};
        operation["requestBody"] = json::object{{"content", std::move(content)}, {"required", true}};
    }

    json::object response_of(const std::string& status, const MethodResponse& response) const {
        json::object described{{"description", status + " response"}};
        json::object headers;
        for (const auto& [target, required] : response.responseParameters.value_or(std::map<std::string, bool>())) {
            const json::object text{{"type", "string"}};
            headers[std::string_view(target).substr(std::string_view("method.response.header.").size())] =
                choice_.swagger ? text : json::object{{"schema", text}};
        }
        if (!headers.empty()) described["headers"] = std::move(headers);
        const auto models = response.responseModels.value_or(TextMap());
        if (models.empty()) return described;
        if (choice_.swagger) {
            described["schema"] = schema_of(models.begin()->second);
            return described;
        }
        json::object content;
        for (const auto& [type, model] : models) content[type] = json::object{{"schema", schema_of(model)}};
        described["content"] = std::move(content);
        return described;
    }

    void add_security(json::object& operation, const Method& method) {
        json::array security;
        if (method.authorizationType == "AWS_IAM") {
            security.push_back(json::object{{"sigv4", json::array()}});
            used_schemes_.insert("sigv4");
        }
        for (const auto& authorizer : definition_.authorizers) {
            if (!method.authorizerId || authorizer.id != method.authorizerId) continue;
            json::array scopes;
            for (const auto& scope : method.authorizationScopes.value_or(std::vector<std::string>()))
                scopes.emplace_back(scope);
            security.push_back(json::object{{*authorizer.name, std::move(scopes)}});
        }
        if (method.apiKeyRequired.value_or(false)) {
            security.push_back(json::object{{"api_key", json::array()}});
            used_schemes_.insert("api_key");
        }
        if (!security.empty()) operation["security"] = std::move(security);
    }

    static json::object integration_of(const Resource& resource, const Integration& integration) {
        const auto& shape = *aws::apigateway::service.find("GetIntegration")->output;
        auto exported = contracts::to_json(shape, &integration).as_object();
        exported.erase("integrationResponses");
        for (const auto* name : {"type", "passthroughBehavior"}) {
            if (auto* value = exported.if_contains(name); value && value->is_string())
                *value = to_lower(std::string_view(value->as_string()));
        }
        const auto* key_parameters = exported.if_contains("cacheKeyParameters");
        const bool cached = key_parameters && key_parameters->is_array() && !key_parameters->as_array().empty();
        if (!cached) exported.erase("cacheKeyParameters");
        if (!cached && integration.cacheNamespace == resource.id) exported.erase("cacheNamespace");
        json::object responses;
        for (const auto& [status, response] :
             integration.integrationResponses.value_or(std::map<std::string, IntegrationResponse>())) {
            const auto pattern = response.selectionPattern.value_or("");
            json::object mapped{{"statusCode", status}};
            put_texts(mapped, "responseParameters", response.responseParameters);
            put_texts(mapped, "responseTemplates", response.responseTemplates);
            put_text(mapped, "contentHandling", response.contentHandling);
            responses[pattern.empty() ? "default" : pattern] = std::move(mapped);
        }
        if (!responses.empty()) exported["responses"] = std::move(responses);
        return exported;
    }

    json::object scheme_of(const Authorizer& authorizer) const {
        constexpr std::string_view header = "method.request.header.";
        const auto source = authorizer.identitySource.value_or("");
        const bool one_header = source.starts_with(header) && !source.contains(',');
        json::object scheme{{"type", "apiKey"},
                            {"name", one_header ? source.substr(header.size()) : "Unused"},
                            {"in", "header"},
                            {"x-amazon-apigateway-authtype", authorizer.authType.value_or("custom")}};
        if (!choice_.authorizers) return scheme;
        json::object exported{{"type", to_lower(authorizer.type.value_or(""))}};
        put_text(exported, "authorizerUri", authorizer.authorizerUri);
        put_text(exported, "authorizerCredentials", authorizer.authorizerCredentials);
        put_text(exported, "identityValidationExpression", authorizer.identityValidationExpression);
        if (authorizer.type == "REQUEST" || !one_header)
            put_text(exported, "identitySource", authorizer.identitySource);
        if (authorizer.authorizerResultTtlInSeconds)
            exported["authorizerResultTtlInSeconds"] = *authorizer.authorizerResultTtlInSeconds;
        if (authorizer.providerARNs) exported["providerARNs"] = json::value_from(*authorizer.providerARNs);
        scheme["x-amazon-apigateway-authorizer"] = std::move(exported);
        return scheme;
    }

    void add_components() {
        json::object schemas;
        for (const auto& model : definition_.models) {
            const auto schema = parse_json(model.schema.value_or("{}"));
            schemas[*model.name] = schema ? with_references(*schema) : json::value(json::object());
        }
        json::object schemes;
        for (const auto& authorizer : definition_.authorizers) schemes[*authorizer.name] = scheme_of(authorizer);
        if (used_schemes_.contains("api_key"))
            schemes["api_key"] = json::object{{"type", "apiKey"}, {"name", "x-api-key"}, {"in", "header"}};
        if (used_schemes_.contains("sigv4")) {
            schemes["sigv4"] = json::object{{"type", "apiKey"},
                                            {"name", "Authorization"},
                                            {"in", "header"},
                                            {"x-amazon-apigateway-authtype", "awsSigv4"}};
        }
        if (choice_.swagger) {
            if (!schemes.empty()) document_["securityDefinitions"] = std::move(schemes);
            if (!schemas.empty()) document_["definitions"] = std::move(schemas);
            return;
        }
        json::object components;
        if (!schemas.empty()) components["schemas"] = std::move(schemas);
        if (!schemes.empty()) components["securitySchemes"] = std::move(schemes);
        if (!components.empty()) document_["components"] = std::move(components);
    }

    void add_extensions() {
        if (choice_.gateway) add_gateway();
        if (choice_.validators && !definition_.validators.empty()) {
            json::object validators;
            for (const auto& validator : definition_.validators) {
                validators[validator.name.value_or("")] =
                    json::object{{"validateRequestParameters", validator.validateRequestParameters.value_or(false)},
                                 {"validateRequestBody", validator.validateRequestBody.value_or(false)}};
            }
            document_["x-amazon-apigateway-request-validators"] = std::move(validators);
        }
        if (choice_.documentation && !definition_.documentation.empty()) add_documentation();
    }

    void add_gateway() {
        const auto& api = definition_.api;
        const auto put = [&](std::string_view name, json::value value) {
            document_[fmt::format("x-amazon-apigateway-{}", name)] = std::move(value);
        };
        if (!definition_.responses.empty()) {
            json::object responses;
            for (const auto& response : definition_.responses) {
                json::object exported;
                put_text(exported, "statusCode", response.statusCode);
                put_texts(exported, "responseParameters", response.responseParameters);
                put_texts(exported, "responseTemplates", response.responseTemplates);
                responses[*response.responseType] = std::move(exported);
            }
            put("gateway-responses", std::move(responses));
        }
        if (const auto policy = parse_json(api.policy.value_or("")); policy && policy->is_object())
            put("policy", *policy);
        if (api.apiKeySource && api.apiKeySource != "HEADER") put("api-key-source", json::value(*api.apiKeySource));
        if (api.binaryMediaTypes && !api.binaryMediaTypes->empty())
            put("binary-media-types", json::value_from(*api.binaryMediaTypes));
        if (api.minimumCompressionSize) put("minimum-compression-size", *api.minimumCompressionSize);
        if (api.disableExecuteApiEndpoint.value_or(false))
            put("endpoint-configuration", json::object{{"disableExecuteApiEndpoint", true}});
    }

    void add_documentation() {
        const auto& shape = *aws::apigateway::service.find("GetDocumentationPart")->output;
        json::array parts;
        for (const auto& part : definition_.documentation) {
            auto exported = contracts::to_json(shape, &part).as_object();
            exported.erase("id");
            if (const auto properties = parse_json(part.properties.value_or("")); properties)
                exported["properties"] = *properties;
            parts.push_back(std::move(exported));
        }
        json::object documentation{{"documentationParts", std::move(parts)}};
        if (!place_.documentation_version.empty()) documentation["version"] = place_.documentation_version;
        document_["x-amazon-apigateway-documentation"] = std::move(documentation);
    }

    const Definition& definition_;
    const ExportChoice& choice_;
    const ExportPlace& place_;
    json::object document_;
    std::set<std::string, std::less<>> used_schemes_;
};

}  // namespace

ExportChoice read_export_choice(const std::string& type, const std::optional<TextMap>& parameters) {
    ExportChoice choice;
    if (type != "oas30" && type != "swagger")
        throw BadRequestException("Invalid export type specified: " + type);  // Unverified: the words.
    choice.swagger = type == "swagger";
    for (const auto& [name, value] : parameters.value_or(TextMap())) {
        if (name == "Accept" || name == "accept") continue;  // a member of its own, seen twice
        if (name != "extensions") throw unsupported(fmt::format("exports with the parameter {}", name));
        std::string_view rest = value;
        while (!rest.empty()) {
            const auto end = std::min(rest.find(','), rest.size());
            const auto extension = rest.substr(0, end);
            const bool all = extension == "apigateway";
            bool known = all;
            const auto take = [&](bool& flag, std::string_view wanted) {
                if (!all && extension != wanted) return;
                flag = known = true;
            };
            take(choice.integrations, "integrations");
            take(choice.authorizers, "authorizers");
            take(choice.validators, "validators");
            take(choice.documentation, "documentation");
            take(choice.gateway, "gatewayresponses");
            if (!known) throw unsupported(fmt::format("exports with the extensions {}", extension));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    return choice;
}

json::object export_open_api(const Definition& definition, const ExportChoice& choice, const ExportPlace& place) {
    return Export(definition, choice, place).run();
}

}  // namespace cumulet::apigateway
