#include "services/apigateway/rest_api.h"

#include <set>

#include "base/bytes.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

constexpr std::string_view lower_and_digits = "abcdefghijklmnopqrstuvwxyz0123456789";

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> known) {
    return std::ranges::find(known, text) != known.end();
}

bool consists_of(std::string_view text, std::string_view extra) {
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || extra.contains(c);
    });
}

bool is_variable(std::string_view part) { return part.starts_with('{'); }
bool is_greedy(std::string_view part) { return part.ends_with("+}"); }

/// "method.request.header.name" is {"header", "name"}.
std::pair<std::string_view, std::string_view> place_and_name(std::string_view expression, std::string_view prefix) {
    if (!expression.starts_with(prefix)) return {};
    expression.remove_prefix(prefix.size());
    const auto dot = expression.find('.');
    if (dot == std::string_view::npos || dot + 1 == expression.size()) return {};
    return {expression.substr(0, dot), expression.substr(dot + 1)};
}

[[noreturn]] void refuse_mapping(std::string_view expression) {
    throw BadRequestException(
        fmt::format("Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping "
                    "expression specified: {}]",
                    expression));
}

void check_request_parameters(const Method& method) {
    if (!method.requestParameters) return;
    std::set<std::string_view> names;
    for (const auto& [expression, required] : *method.requestParameters) {
        const auto [place, name] = place_and_name(expression, "method.request.");
        if (!is_one_of(place, {"header", "querystring", "path", "multivalueheader", "multivaluequerystring"}))
            refuse_mapping(expression);
        if (!names.insert(name).second)
            throw BadRequestException("Parameter names must be unique across querystring, header and path");
    }
}

void check_authorizer(const Method& method, const Definition& definition) {
    const auto& type = *method.authorizationType;
    if (!is_one_of(type, {"NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS"})) {
        throw BadRequestException(
            "Invalid authorization type specified. Valid options are "
            "NONE,AWS_IAM,CUSTOM,COGNITO_USER_POOLS");  // Unverified: the words.
    }
    if (type == "NONE" || type == "AWS_IAM") return;
    for (const auto& authorizer : definition.authorizers) {
        const bool fits = (authorizer.type == "COGNITO_USER_POOLS") == (type == "COGNITO_USER_POOLS");
        if (authorizer.id == method.authorizerId && fits) return;
    }
    throw BadRequestException(
        "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or "
        "COGNITO_USER_POOLS requires a valid authorizer.");
}

// Unverified: the words.
void check_transfer_mode(const Integration& integration) {
    const auto mode = integration.responseTransferMode.value_or("BUFFERED");
    const auto& type = *integration.type;
    const auto uri = integration.uri.value_or("");
    const bool streaming_uri = uri.ends_with("/response-streaming-invocations");
    if (!is_one_of(mode, {"BUFFERED", "STREAM"}))
        throw BadRequestException("Invalid response transfer mode specified. Valid options are BUFFERED,STREAM");
    if (mode == "STREAM" && type != "HTTP_PROXY" && type != "AWS_PROXY")
        throw BadRequestException("Response transfer mode STREAM is only valid for HTTP_PROXY and AWS_PROXY");
    if (type == "AWS_PROXY" && streaming_uri != (mode == "STREAM"))
        throw BadRequestException(
            "The response transfer mode STREAM and a URI of response-streaming-invocations need each other");
}

bool is_http_url(std::string_view uri) { return uri.starts_with("http://") || uri.starts_with("https://"); }

void check_aws_uri(const Integration& integration) {
    const auto arn = Arn::parse(integration.uri.value_or(""));
    if (!arn || arn->service != "apigateway") throw BadRequestException("Invalid ARN specified in the request");
    if (!arn->resource.starts_with("path/") && !arn->resource.starts_with("action/"))
        throw BadRequestException("AWS ARN for integration must contain path or action");
    if (integration.type == "AWS_PROXY" && arn->account != "lambda" && arn->account != "firehose") {
        throw BadRequestException(
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and "
            "Firehose stream invocations.");
    }
}

void check_content_types(const std::optional<std::map<std::string, std::string>>& templates) {
    for (const auto& [type, text] : templates.value_or(std::map<std::string, std::string>())) {
        if (!type.contains('/') && type != "$default")
            throw BadRequestException(
                fmt::format("Validation Result: warnings : [], errors : [Invalid content type specified: {}]", type));
    }
}

}  // namespace

aws::Error unsupported(std::string_view what) { return aws::not_implemented("apigateway", "REST APIs", what); }

std::string new_id(Random& random, size_t length) { return random.text(length, lower_and_digits); }

std::optional<std::string> wanted_id(std::map<std::string, std::string>& tags) {
    std::optional<std::string> wanted;
    if (const auto derived = tags.find(std::string(derived_id_tag)); derived != tags.end()) {
        wanted = derived->second;
        tags.erase(derived);
    }
    for (const auto tag : custom_id_tags) {
        const auto chosen = tags.find(std::string(tag));
        if (chosen == tags.end()) continue;
        if (chosen->second.size() > 64 || !consists_of(chosen->second, "-_"))
            throw BadRequestException(fmt::format("Invalid value for tag {}: an API's id is letters and digits", tag));
        wanted = to_lower(chosen->second);
    }
    return wanted;
}

std::vector<Model> default_models(Random& random) {
    const auto model = [&](std::string name, std::string description, std::string schema) {
        Model model;
        model.id = new_id(random, 6);
        model.name = std::move(name);
        model.description = std::move(description);
        model.schema = std::move(schema);
        model.contentType = "application/json";
        return model;
    };
    std::vector<Model> models;
    models.push_back(model("Empty", "This is a default empty schema model",
                           R"({
  "$schema": "http://json-schema.org/draft-04/schema#",
  "title" : "Empty Schema",
  "type" : "object"
})"));
    models.push_back(model("Error", "This is a default error schema model",
                           R"({
  "$schema" : "http://json-schema.org/draft-04/schema#",
  "title" : "Error Schema",
  "type" : "object",
  "properties" : {
    "message" : { "type" : "string" }
  }
})"));
    return models;
}

void check_api(const RestApi& api) {
    if (api.description && api.description->empty()) throw BadRequestException("Description cannot be an empty string");
    if (const auto size = api.minimumCompressionSize; size && (*size < 0 || *size > 10 << 20))
        throw BadRequestException("Invalid minimum compression size, must be between 0 and 10485760");
    const auto& endpoint = *api.endpointConfiguration;
    const auto& types = *endpoint.types;
    for (const auto& type : types) {
        if (!is_one_of(type, {"REGIONAL", "EDGE", "PRIVATE"}))
            throw BadRequestException("Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE");
    }
    if (!is_one_of(*endpoint.ipAddressType, {"ipv4", "dualstack"}))
        throw BadRequestException("ipAddressType must be either ipv4 or dualstack.");
    if (contains(types, "PRIVATE") && endpoint.ipAddressType == "ipv4")
        throw BadRequestException("Only dualstack ipAddressType is supported for Private APIs.");
    if (!is_one_of(*api.apiKeySource, {"HEADER", "AUTHORIZER"}))
        throw BadRequestException("Invalid API key source type specified. Valid options are HEADER,AUTHORIZER");
    if (api.policy) {
        const auto policy = parse_json(*api.policy);
        if (!policy || !policy->is_object()) {
            throw BadRequestException(
                "Invalid policy document. Please check the policy syntax and ensure that Principals are valid.");
        }
    }
}

void check_path_part(std::string_view part) {
    auto inner = part;
    if (is_variable(inner) && inner.ends_with('}')) {
        inner = inner.substr(1, inner.size() - 2);
        if (inner.ends_with('+')) inner.remove_suffix(1);
    }
    if (inner.size() <= 512 && consists_of(inner, "._-:")) return;
    throw BadRequestException(
        "Resource's path part only allow a-zA-Z0-9._-: and curly braces at the beginning and the "
        "end and an optional plus sign before the closing brace.");
}

void check_sibling(const Resource& parent, const std::vector<Resource>& siblings, const Resource& child) {
    const auto& part = *child.pathPart;
    if (is_greedy(parent.pathPart.value_or(""))) {
        throw BadRequestException(
            fmt::format("Cannot create a child of a resource with a greedy path variable: {}", *parent.pathPart));
    }
    for (const auto& sibling : siblings) {
        if (sibling.parentId != parent.id || sibling.id == child.id) continue;
        if (sibling.pathPart == part)
            throw ConflictException("Another resource with the same parent already has this name: " + part);
        if (is_variable(part) && is_variable(*sibling.pathPart) && is_greedy(part) == is_greedy(*sibling.pathPart)) {
            throw BadRequestException(
                fmt::format("A sibling ({}) of this resource already has a variable path part -- only one is allowed",
                            *sibling.pathPart));
        }
    }
}

void check_http_method(std::string_view method) {
    if (!is_one_of(method, {"GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY"})) {
        throw BadRequestException(
            "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY");
    }
}

void check_method(const Method& method, const Definition& definition) {
    check_http_method(*method.httpMethod);
    check_authorizer(method, definition);
    if (method.requestValidatorId) {
        const auto known = std::ranges::any_of(
            definition.validators, [&](const auto& validator) { return validator.id == method.requestValidatorId; });
        if (!known) throw BadRequestException("Invalid Request Validator identifier specified");
    }
    for (const auto& [type, name] : method.requestModels.value_or(std::map<std::string, std::string>())) {
        const auto known =
            std::ranges::any_of(definition.models, [&](const auto& model) { return model.name == name; });
        if (!known) throw BadRequestException("Invalid model identifier specified: " + name);
    }
    check_request_parameters(method);
}

void check_integration(const Integration& integration) {
    const auto& type = *integration.type;
    if (type != "MOCK" && integration.httpMethod.value_or("").empty())
        throw BadRequestException("Enumeration value for HttpMethod must be non-empty");
    if (integration.httpMethod) check_http_method(*integration.httpMethod);
    if (type == "HTTP" || type == "HTTP_PROXY") {
        const auto uri = integration.uri.value_or("");
        if (!is_http_url(uri) && !uri.contains("${stageVariables."))
            throw BadRequestException("Invalid HTTP endpoint specified for URI");
    } else if (type != "MOCK") {
        check_aws_uri(integration);
    }
    if (integration.connectionType == "VPC_LINK") {
        // Unverified: the words, of both.
        if (type != "HTTP" && type != "HTTP_PROXY")
            throw BadRequestException("VPC_LINK is only supported for HTTP and HTTP_PROXY integrations");
        if (integration.connectionId.value_or("").empty())
            throw BadRequestException("Connection ID must be provided for VPC_LINK integrations");
    }
    const auto timeout = integration.timeoutInMillis.value_or(longest_timeout_ms);
    const bool streamed = integration.responseTransferMode == "STREAM";
    if (timeout < 50 || timeout > (streamed ? longest_stream_ms : longest_timeout_ms))
        throw BadRequestException("Timeout should be between 50 ms and 29000 ms");
    if (!is_one_of(*integration.passthroughBehavior, {"WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"}))
        throw BadRequestException(
            "Invalid passthrough behavior specified. Valid options are "
            "WHEN_NO_MATCH,WHEN_NO_TEMPLATES,NEVER");  // Unverified: the words.
    if (integration.contentHandling &&
        !is_one_of(*integration.contentHandling, {"CONVERT_TO_BINARY", "CONVERT_TO_TEXT"}))
        throw BadRequestException("Invalid content handling specified");  // Unverified: the words.
    check_transfer_mode(integration);
    for (const auto& [target, source] : integration.requestParameters.value_or(std::map<std::string, std::string>())) {
        const auto [place, name] = place_and_name(target, "integration.request.");
        if (!is_one_of(place, {"header", "querystring", "path"})) refuse_mapping(target);
        if (!source.starts_with('\'') && !source.starts_with("method.request.") && !source.starts_with("context.") &&
            !source.starts_with("stageVariables."))
            refuse_mapping(source);
    }
    check_content_types(integration.requestTemplates);
}

void check_integration_response(const IntegrationResponse& response, const Method& method) {
    check_content_types(response.responseTemplates);
    const auto& answers = method.methodResponses;
    const MethodResponse* answer = nullptr;
    if (answers) {
        const auto found = answers->find(*response.statusCode);
        if (found != answers->end()) answer = &found->second;
    }
    for (const auto& [target, source] : response.responseParameters.value_or(std::map<std::string, std::string>())) {
        const bool declared = answer && answer->responseParameters && answer->responseParameters->contains(target);
        if (!declared) {
            throw BadRequestException(
                fmt::format("Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid "
                            "mapping expression parameter specified: {}]",
                            target));
        }
        if (!source.starts_with('\'') && !source.starts_with("integration.response.") &&
            !source.starts_with("context.") && !source.starts_with("stageVariables."))
            refuse_mapping(source);
    }
}

void check_model_schema(const std::optional<std::string>& schema) {
    if (schema.value_or("").empty())
        throw BadRequestException("Model schema must have at least 1 property or array items defined");
}

void check_stage_name(std::string_view name) {
    if (name.size() > 128 || !consists_of(name, "_-"))
        throw BadRequestException("Stage name only allows a-zA-Z0-9_-");  // Unverified: the words.
}

void check_stage(const Stage& stage) {
    for (const auto& [name, value] : stage.variables.value_or(std::map<std::string, std::string>())) {
        if (!consists_of(name, "_") || name.size() > 64)
            throw BadRequestException(
                "Stage variable names may only contain alphanumeric characters and underscores: " +
                name);  // Unverified: the words.
        if (value.size() > 512 || (!value.empty() && !consists_of(value, "-._~:/?#&=,")))
            throw BadRequestException("Stage variable value may only contain A-Za-z0-9-._~:/?#&=, : " +
                                      name);  // Unverified: the words.
    }
    if (const auto& canary = stage.canarySettings) {
        if (const auto percent = canary->percentTraffic.value_or(0); percent < 0 || percent > 100)
            throw BadRequestException("Invalid canary percent traffic specified");  // Unverified: the words.
    }
    if (stage.cacheClusterSize &&
        !is_one_of(*stage.cacheClusterSize, {"0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"}))
        throw BadRequestException("Invalid cache cluster size specified");  // Unverified: the words.
}

void check_deployable(const Definition& definition) {
    bool any = false;
    for (const auto& resource : definition.resources) {
        for (const auto& [name, method] : resource.resourceMethods.value_or(std::map<std::string, Method>())) {
            any = true;
            if (!method.methodIntegration) throw BadRequestException("No integration defined for method");
        }
    }
    if (!any) throw BadRequestException("The REST API doesn't contain any methods");
}

std::string path_below(const std::string& parent, const std::string& part) {
    return parent == "/" ? "/" + part : parent + "/" + part;
}

void name_paths(std::vector<Resource>& resources) {
    std::map<std::string, Resource*> by_id;
    for (auto& resource : resources) by_id[*resource.id] = &resource;
    for (auto& resource : resources) {
        std::string path;
        for (const auto* at = &resource; at && at->pathPart; at = at->parentId ? by_id[*at->parentId] : nullptr)
            path = "/" + *at->pathPart + path;
        resource.path = path.empty() ? "/" : path;
    }
}

std::vector<std::string> subtree_of(const std::vector<Resource>& resources, const std::string& id) {
    std::vector<std::string> ids{id};
    for (size_t i = 0; i < ids.size(); ++i) {
        for (const auto& resource : resources)
            if (resource.parentId == ids[i]) ids.push_back(*resource.id);
    }
    return ids;
}

}  // namespace cumulet::apigateway
