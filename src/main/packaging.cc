#include "main/packaging.h"

#include "main/zip.h"

namespace cumulet {
namespace {

namespace fs = std::filesystem;

struct Rule {
    std::string_view type;
    std::string_view property;
    Packing packing;
    Reference reference;
};

constexpr Rule rules[] = {
    {"AWS::Serverless::Function", "CodeUri", Packing::archive, Reference::uri},
    {"AWS::Serverless::LayerVersion", "ContentUri", Packing::archive, Reference::uri},
    {"AWS::Serverless::Api", "DefinitionUri", Packing::file, Reference::uri},
    {"AWS::Serverless::HttpApi", "DefinitionUri", Packing::file, Reference::uri},
    {"AWS::Serverless::StateMachine", "DefinitionUri", Packing::file, Reference::uri},
    {"AWS::Serverless::Application", "Location", Packing::nested_template, Reference::url},
    {"AWS::Lambda::Function", "Code", Packing::archive, Reference::s3_bucket_and_key},
    {"AWS::Lambda::LayerVersion", "Content", Packing::archive, Reference::s3_bucket_and_key},
    {"AWS::ApiGateway::RestApi", "BodyS3Location", Packing::file, Reference::bucket_and_key},
    {"AWS::ApiGatewayV2::Api", "BodyS3Location", Packing::file, Reference::bucket_and_key},
    {"AWS::StepFunctions::StateMachine", "DefinitionS3Location", Packing::file, Reference::bucket_and_key},
    {"AWS::CloudFormation::Stack", "TemplateURL", Packing::nested_template, Reference::url},
};

const Rule* rule_of(std::string_view type) {
    const auto* rule = std::ranges::find(rules, type, &Rule::type);
    return rule == std::end(rules) ? nullptr : rule;
}

bool is_local(const json::value& value) {
    if (!value.is_string()) return false;
    const std::string_view text = value.get_string();
    return !text.starts_with("s3://") && !text.starts_with("http://") && !text.starts_with("https://");
}

Artifact artifact(std::string_view resource, const Rule& rule, json::value& place, const fs::path& folder) {
    const std::string_view named = place.get_string();
    const auto path = (folder / named).lexically_normal();
    if (!fs::exists(path)) {
        throw std::runtime_error(
            fmt::format("{}: {} names {}, which does not exist", resource, rule.property, path.string()));
    }
    if (rule.packing != Packing::archive && fs::is_directory(path)) {
        throw std::runtime_error(
            fmt::format("{}: {} names {}, which is a folder", resource, rule.property, path.string()));
    }
    return {std::string(resource), std::string(rule.property), path, rule.packing, rule.reference, &place};
}

/// The member `key` of `parent` if it is an object, made if `parent` lacks it.
json::object* object_in(json::object& parent, std::string_view key) {
    auto& member = parent[key];
    if (member.is_null()) member = json::object{};
    return member.if_object();
}

/// The code that functions have unless they say otherwise, as Globals give it; nullptr without.
json::value* global_code(json::object& document) {
    auto* globals = document.if_contains("Globals");
    auto* function = globals && globals->is_object() ? globals->get_object().if_contains("Function") : nullptr;
    return function && function->is_object() ? function->get_object().if_contains("CodeUri") : nullptr;
}

/// Functions of images and of inline code have no files; so have those whose code Globals name.
bool wants_folder(std::string_view type, const json::object& properties, bool code_is_global) {
    if (type != "AWS::Serverless::Function" || code_is_global) return false;
    return !properties.contains("CodeUri") && !properties.contains("InlineCode") && !properties.contains("ImageUri");
}

}  // namespace

std::vector<Artifact> find_artifacts(json::object& document, const fs::path& folder) {
    std::vector<Artifact> found;
    auto* const global = global_code(document);
    if (global && is_local(*global)) found.push_back(artifact("Globals", rules[0], *global, folder));
    auto* resources = document.if_contains("Resources");
    if (!resources || !resources->is_object()) return found;
    for (auto& [id, resource] : resources->get_object()) {
        if (!resource.is_object()) continue;
        const auto type = string_or(resource.get_object(), "Type");
        const auto* rule = rule_of(type);
        if (!rule) continue;
        auto* properties = object_in(resource.get_object(), "Properties");
        if (!properties || string_or(*properties, "PackageType") == "Image") continue;
        if (wants_folder(type, *properties, global != nullptr)) properties->emplace(rule->property, ".");
        auto* place = properties->if_contains(rule->property);
        if (place && is_local(*place)) found.push_back(artifact(id, *rule, *place, folder));
    }
    return found;
}

json::value reference_to(Reference form, std::string_view bucket, std::string_view key, std::string_view endpoint) {
    switch (form) {
        case Reference::uri: return json::value(fmt::format("s3://{}/{}", bucket, key));
        case Reference::s3_bucket_and_key: return json::object{{"S3Bucket", bucket}, {"S3Key", key}};
        case Reference::bucket_and_key: return json::object{{"Bucket", bucket}, {"Key", key}};
        case Reference::url: break;
    }
    return json::value(fmt::format("{}/{}/{}", endpoint, bucket, key));
}

std::string archive_bytes(const fs::path& path) {
    const auto extension = path.extension();
    const bool is_archive = !fs::is_directory(path) && (extension == ".zip" || extension == ".jar");
    return is_archive ? read_file(path, max_unpacked_bytes) : zip_of(path);
}

}  // namespace cumulet
