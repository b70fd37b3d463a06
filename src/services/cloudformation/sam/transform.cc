#include "services/cloudformation/sam/transform.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "services/cloudformation/sam/application.h"
#include "services/cloudformation/template/references.h"

namespace cumulet::cloudformation {

namespace sam {

namespace {

/// A value with its object members in the order of their names, as SAM's digests see it.
json::value sorted(const json::value& value) {
    if (const auto* object = value.if_object()) {
        std::map<std::string, json::value> members;
        for (const auto& [key, member] : *object) members[std::string(key)] = sorted(member);
        json::object result;
        for (auto& [key, member] : members) result.emplace(key, std::move(member));
        return result;
    }
    if (const auto* array = value.if_array()) {
        json::array result;
        for (const auto& element : *array) result.push_back(sorted(element));
        return result;
    }
    return value;
}

std::string renamed_name(std::string_view name, const std::map<std::string, std::string>& names) {
    const auto found = names.find(std::string(name));
    return found == names.end() ? std::string(name) : found->second;
}

std::string renamed_sub(std::string_view text, const std::map<std::string, std::string>& names) {
    std::string result(text);
    for (const auto& [from, to] : names) {
        for (const std::string_view end : {"}", "."}) {
            const auto search = fmt::format("${{{}{}", from, end), replacement = fmt::format("${{{}{}", to, end);
            for (size_t at = result.find(search); at != std::string::npos;
                 at = result.find(search, at + replacement.size())) {
                result.replace(at, search.size(), replacement);
            }
        }
    }
    return result;
}

/// Follows the names that the transform changed, wherever a resource may be named.
void rename(json::value& value, const std::map<std::string, std::string>& names) {
    if (auto* array = value.if_array()) {
        for (auto& element : *array) rename(element, names);
        return;
    }
    auto* object = value.if_object();
    if (!object) return;
    for (auto& [key, member] : *object) {
        if ((key == "Ref" || key == "DependsOn") && member.is_string()) {
            member = json::string(renamed_name(member.get_string(), names));
        } else if (key == "Fn::GetAtt" && member.is_array() && !member.get_array().empty() &&
                   member.get_array()[0].is_string()) {
            auto& name = member.get_array()[0];
            name = json::string(renamed_name(name.get_string(), names));
        } else if (key == "Fn::Sub" && member.is_string()) {
            member = json::string(renamed_sub(member.get_string(), names));
        } else if (key == "Fn::Sub" && member.is_array() && !member.get_array().empty() &&
                   member.get_array()[0].is_string()) {
            auto& text = member.get_array()[0];
            text = json::string(renamed_sub(text.get_string(), names));
            rename(member, names);
        } else {
            rename(member, names);
        }
    }
}

}  // namespace

std::string content_suffix(const json::value& content) {
    const auto text = content.is_string() ? std::string(content.get_string()) : json::serialize(sorted(content));
    return to_hex(sha1(text)).substr(0, 10);
}

json::value merged(const json::value& global, const json::value& local) {
    if (global.is_object() && local.is_object()) {
        json::object result = global.get_object();
        for (const auto& [key, member] : local.get_object()) {
            if (auto* existing = result.if_contains(key)) {
                *existing = merged(json::value(*existing), member);
            } else {
                result.emplace(key, member);
            }
        }
        return result;
    }
    if (global.is_array() && local.is_array()) {
        json::array result = global.get_array();
        for (const auto& element : local.get_array()) result.push_back(element);
        return result;
    }
    return local;
}

void copy(const json::object& from, json::object& to, std::initializer_list<std::string_view> names) {
    for (const auto name : names) {
        if (const auto* value = from.if_contains(name)) to.insert_or_assign(name, *value);
    }
}

void only(std::string_view id, const json::object& properties, std::initializer_list<std::string_view> known) {
    for (const auto& [key, value] : properties) {
        if (std::ranges::find(known, std::string_view(key)) == known.end()) {
            invalid(id, "property {} not defined for resource, or not supported by Cumulet", std::string_view(key));
        }
    }
}

json::object shared_attributes(const json::object& resource) {
    json::object attributes;
    copy(resource, attributes, {"Condition", "DeletionPolicy", "UpdateReplacePolicy"});
    return attributes;
}

json::object code_location(std::string_view id, std::string_view property, const json::value& value) {
    json::object location;
    if (const auto* parts = value.if_object(); parts && parts->contains("Bucket") && parts->contains("Key")) {
        location["S3Bucket"] = parts->at("Bucket");
        location["S3Key"] = parts->at("Key");
        if (const auto* version = parts->if_contains("Version")) location["S3ObjectVersion"] = *version;
        return location;
    }
    std::string_view text = value.is_string() ? std::string_view(value.get_string()) : "";
    const auto slash = text.starts_with("s3://") ? text.find('/', 5) : std::string_view::npos;
    if (slash == std::string_view::npos || slash == 5 || slash + 1 == text.size()) {
        invalid(id, "'{}' is not a valid S3 Uri of the form 's3://bucket/key' with optional versionId query parameter.",
                property);
    }
    std::string_view key = text.substr(slash + 1), version;
    if (const auto query = key.find("?versionId="); query != std::string_view::npos) {
        version = key.substr(query + 11);
        key = key.substr(0, query);
    }
    location["S3Bucket"] = text.substr(5, slash - 5);
    location["S3Key"] = key;
    if (!version.empty()) location["S3ObjectVersion"] = version;
    return location;
}

json::array tag_list(const json::object* tags, std::string_view own_key) {
    json::array list;
    if (!own_key.empty()) list.push_back(json::object{{"Key", own_key}, {"Value", "SAM"}});
    if (tags) {
        for (const auto& [key, value] : *tags) list.push_back(json::object{{"Key", key}, {"Value", value}});
    }
    return list;
}

void Application::add(const std::string& id, std::string_view type, json::object properties,
                      const json::object& attributes) {
    if (resources_.contains(id)) invalid(id, "Transforming this template would make two resources of this name.");
    json::object resource{{"Type", type}, {"Properties", std::move(properties)}};
    for (const auto& [key, value] : attributes) resource.insert_or_assign(key, value);
    resources_.emplace(id, std::move(resource));
}

std::optional<std::string> Application::text_of(const json::value& value) const {
    if (value.is_string()) return std::string(value.get_string());
    const auto* object = value.if_object();
    const auto* name = object && object->size() == 1 ? object->if_contains("Ref") : nullptr;
    if (!name || !name->is_string()) return std::nullopt;
    const auto found = parameters_.find(std::string(name->get_string()));
    return found == parameters_.end() ? std::nullopt : std::optional(found->second);
}

void Application::merge_globals() {
    const auto* globals = document_.if_contains("Globals");
    if (!globals) return;
    if (!globals->is_object()) refuse("'Globals' section is invalid. It must be a non-empty dictionary");
    static constexpr std::string_view supported[] = {"Api",          "Function",     "HttpApi",     "SimpleTable",
                                                     "StateMachine", "LayerVersion", "WebSocketApi"};
    for (const auto& [kind, properties] : globals->get_object()) {
        if (std::ranges::find(supported, std::string_view(kind)) == std::end(supported) || !properties.is_object()) {
            refuse(
                "'Globals' section is invalid. '{}' is not supported. Must be one of the following values - ['Api', "
                "'Function', "
                "'HttpApi', 'SimpleTable', 'StateMachine', 'LayerVersion', 'WebSocketApi']",
                std::string_view(kind));
        }
        for (auto& [id, resource] : document_.at("Resources").get_object()) {
            if (!resource.is_object() || string_or(resource.get_object(), "Type") !=
                                             fmt::format("AWS::Serverless::{}", std::string_view(kind))) {
                continue;
            }
            auto& own = resource.get_object()["Properties"];
            own = own.is_object() ? merged(properties, own) : properties;
        }
    }
}

/// Notes the APIs of one type, and makes one where functions' events name none.
template <typename Api>
void Application::collect_apis_of(std::string_view type, std::string_view event_kind, std::string_view reference,
                                  std::string_view implicit_id, std::map<std::string, Api>& apis) {
    bool implicit = false;
    for (const auto& [id, resource] : document_.at("Resources").get_object()) {
        if (!resource.is_object()) continue;
        const auto resource_type = string_or(resource.get_object(), "Type");
        const auto* properties = resource.get_object().if_contains("Properties");
        if (resource_type == fmt::format("AWS::Serverless::{}", type)) {
            Api api{.attributes = shared_attributes(resource.get_object())};
            copy(resource.get_object(), api.attributes, {"DependsOn", "Metadata"});
            if (properties && properties->is_object()) api.properties = properties->get_object();
            apis.emplace(std::string(id), std::move(api));
        } else if (resource_type == "AWS::Serverless::Function" && properties) {
            const auto* events = find(*properties, "Events");
            if (!events || !events->is_object()) continue;
            for (const auto& [name, event] : events->get_object()) {
                const auto* event_type = find(event, "Type");
                const auto* event_properties = find(event, "Properties");
                if (event_type && *event_type == json::value(event_kind) &&
                    !(event_properties && find(*event_properties, reference)))
                    implicit = true;
            }
        }
    }
    if (!implicit) return;
    Api api;
    if (const auto* globals = document_.if_contains("Globals")) {
        if (const auto* properties = find(*globals, type); properties && properties->is_object()) {
            api.properties = properties->get_object();
        }
    }
    apis.emplace(std::string(implicit_id), std::move(api));
}

void Application::collect_apis() {
    collect_apis_of("HttpApi", "HttpApi", "ApiId", "ServerlessHttpApi", apis_);
    collect_apis_of("Api", "Api", "RestApiId", "ServerlessRestApi", rest_apis_);
}

void Application::serverless_resource(const std::string& id, const std::string& type, const json::object& resource) {
    if (type == "AWS::Serverless::Function") return function(id, resource);
    if (type == "AWS::Serverless::SimpleTable") return simple_table(id, resource);
    if (type == "AWS::Serverless::LayerVersion") return layer_version(id, resource);
    if (type == "AWS::Serverless::WebSocketApi") return web_socket_api(id, resource);
    // Written out once every function has added its routes.
    if (type == "AWS::Serverless::HttpApi" || type == "AWS::Serverless::Api") return;
    invalid(id, "The resource type {} is not supported by Cumulet.", type);
}

json::object Application::transform() {
    auto* section = document_.if_contains("Resources");
    if (!section || !section->is_object() || section->get_object().empty()) {
        refuse("'Resources' section is required");
    }
    merge_globals();
    collect_apis();
    for (const auto& [id, resource] : section->get_object()) {
        const auto type = resource.is_object() ? std::string(string_or(resource.get_object(), "Type")) : "";
        if (type.starts_with("AWS::Serverless::")) {
            serverless_resource(std::string(id), type, resource.get_object());
        } else {
            if (resources_.contains(id))
                invalid(id, "Transforming this template would make two resources of this name.");
            resources_.emplace(id, resource);
        }
    }
    write_buckets();
    for (const auto& [id, api] : apis_) write_api(id, api);
    for (const auto& [id, api] : rest_apis_) write_rest_api(id, api);

    json::object result;
    for (const auto& [key, value] : document_) {
        if (key == "Resources")
            result.emplace(key, std::move(resources_));
        else if (key != "Transform" && key != "Globals")
            result.emplace(key, value);
    }
    if (!renamed_.empty()) {
        json::value whole = std::move(result);
        rename(whole, renamed_);
        result = std::move(whole.get_object());
    }
    return result;
}

}  // namespace sam

json::object transform_serverless(const json::object& document, const ParameterTexts& parameters) {
    return sam::Application(document, parameters).transform();
}

}  // namespace cumulet::cloudformation
