// AWS::ApiGateway::RestApi, Deployment and Stage for CloudFormation.

#include "base/hash.h"
#include "contracts/error.h"
#include "contracts/s3.h"
#include "runtime/byte_stream.h"
#include "services/apigateway/resource_types.h"
#include "services/apigateway/rest_api.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

constexpr size_t largest_document_bytes = 6 << 20;

class RestApiResource final : public contracts::ResourceType {
  public:
    explicit RestApiResource(contracts::Door& door) : gateway_(door), s3_(door) {}
    std::string_view name() const override { return "AWS::ApiGateway::RestApi"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        auto tags = tags_for(context, properties);
        const auto custom = tags.find(std::string(custom_id_tags[0]));
        const bool derived = custom == tags.end();
        auto id = derived ? sha256_hex(context.client_token).substr(0, 10) : custom->second;
        if (derived) tags[std::string(derived_id_tag)] = id;
        auto plain = plain_properties(properties);
        if (!plain.contains("Name")) plain["Name"] = context.generated_name;
        auto request = request_of<CreateRestApiRequest>("CreateRestApi", plain);
        request.tags = std::move(tags);
        try {
            id = *(co_await gateway_.create_rest_api(call, std::move(request))).id;
        } catch (const ConflictException&) {
            if (!derived) throw;  // else it was made by this step's first try
        }
        co_await put_body(call, id, properties);
        co_return co_await describe(call, std::move(id));
    }

    bool needs_replacement(const json::object&, const json::object&) const override { return false; }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                                     json::object before, json::object after) override {
        if (contracts::any_differs(before, after, {"Body", "BodyS3Location"}))
            co_await put_body(call, physical_id, after);
        UpdateRestApiRequest request{.restApiId = physical_id};
        auto patches = patches_for(before, after,
                                   {{"Name", "/name"},
                                    {"Description", "/description"},
                                    {"Policy", "/policy"},
                                    {"ApiKeySourceType", "/apiKeySource"},
                                    {"MinimumCompressionSize", "/minimumCompressionSize"},
                                    {"DisableExecuteApiEndpoint", "/disableExecuteApiEndpoint"}});
        patch_binary_types(patches, before, after);
        request.patchOperations = std::move(patches);
        co_await gateway_.update_rest_api(call, std::move(request));
        TagResourceRequest tagging{
            .resourceArn = fmt::format("arn:aws:apigateway:{}::/restapis/{}", call.region, physical_id),
            .tags = tags_for(context, after)};
        if (!tagging.tags.empty()) co_await gateway_.tag_resource(call, std::move(tagging));
        co_return co_await describe(call, std::move(physical_id));
    }

    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id, json::object) override {
        try {
            co_await gateway_.delete_rest_api(call, {physical_id});
        } catch (const NotFoundException&) {
            // gone already
        }
    }

  private:
    static json::object plain_properties(const json::object& properties) {
        auto plain = without(properties, {"Body", "BodyS3Location", "Tags", "Mode", "FailOnWarnings", "Parameters"});
        if (const auto* source = plain.if_contains("ApiKeySourceType")) {
            plain["apiKeySource"] = *source;
            plain.erase("ApiKeySourceType");
        }
        return plain;
    }

    static void patch_binary_types(std::vector<PatchOperation>& patches, const json::object& before,
                                   const json::object& after) {
        const auto escaped = [](const json::value& type) {
            std::string text(type.as_string());
            if (const auto slash = text.find('/'); slash != std::string::npos) text.replace(slash, 1, "~1");
            return "/binaryMediaTypes/" + text;
        };
        for (const auto& [properties, operation] : {std::pair(&before, "remove"), std::pair(&after, "add")}) {
            const auto* types = properties->if_contains("BinaryMediaTypes");
            if (!types || !types->is_array()) continue;
            for (const auto& type : types->as_array())
                if (type.is_string()) add_patch(patches, operation, escaped(type), "");
        }
    }

    Task<void> put_body(Call& call, std::string id, json::object properties) {
        PutRestApiRequest request{.restApiId = std::move(id), .mode = "overwrite"};
        if (const auto* body = properties.if_contains("Body")) {
            request.body = body->is_string() ? std::string(body->as_string()) : json::serialize(*body);
        } else if (const auto* location = properties.if_contains("BodyS3Location")) {
            request.body = co_await read_object(call, location->as_object());
        } else {
            co_return;
        }
        if (properties.contains("Mode")) request.mode = text_of(properties, "Mode");
        if (const auto* parameters = properties.if_contains("Parameters"); parameters && parameters->is_object()) {
            request.parameters.emplace();
            for (const auto& [name, value] : parameters->as_object())
                (*request.parameters)[std::string(name)] = text_of(parameters->as_object(), name);
        }
        co_await gateway_.put_rest_api(call, std::move(request));
    }

    Task<std::string> read_object(Call& call, json::object location) {
        aws::s3::GetObjectRequest request;
        request.Bucket = text_of(location, "Bucket");
        request.Key = text_of(location, "Key");
        if (location.contains("Version")) request.VersionId = text_of(location, "Version");
        const auto object = co_await s3_.get_object(call, std::move(request));
        co_return co_await read_all(object.Body, largest_document_bytes);
    }

    Task<contracts::Resource> describe(Call& call, std::string id) {
        const auto api = co_await gateway_.get_rest_api(call, {id});
        contracts::Resource resource{.physical_id = id, .attributes = {}};
        resource.attributes["RestApiId"] = id;
        resource.attributes["RootResourceId"] = api.rootResourceId.value_or("");
        co_return resource;
    }

    Client gateway_;
    aws::s3::Client s3_;
};

class DeploymentResource final : public contracts::ResourceType {
  public:
    explicit DeploymentResource(contracts::Door& door) : gateway_(door) {}
    std::string_view name() const override { return "AWS::ApiGateway::Deployment"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext&, json::object properties) override {
        auto plain = without(properties, {"StageDescription", "DeploymentCanarySettings"});
        if (const auto* canary = properties.if_contains("DeploymentCanarySettings")) plain["CanarySettings"] = *canary;
        if (const auto* stage = properties.if_contains("StageDescription"); stage && stage->is_object()) {
            for (const auto& [name, value] : stage->as_object())
                plain[name == "Description" ? "StageDescription" : name] = value;
        }
        const auto made =
            co_await gateway_.create_deployment(call, request_of<CreateDeploymentRequest>("CreateDeployment", plain));
        co_return resource_with(*made.id, "DeploymentId");
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after,
                                      {"RestApiId", "StageName", "StageDescription", "DeploymentCanarySettings"});
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object before, json::object after) override {
        UpdateDeploymentRequest request{.restApiId = text_of(after, "RestApiId"), .deploymentId = physical_id};
        request.patchOperations = patches_for(before, after, {{"Description", "/description"}});
        co_await gateway_.update_deployment(call, std::move(request));
        co_return resource_with(std::move(physical_id), "DeploymentId");
    }

    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id,
                      json::object properties) override {
        const auto api = text_of(properties, "RestApiId");
        try {
            if (properties.contains("StageName"))
                co_await gateway_.delete_stage(call, {api, text_of(properties, "StageName")});
        } catch (const NotFoundException&) {
            // gone already
        }
        try {
            co_await gateway_.delete_deployment(call, {api, std::move(physical_id)});
        } catch (const NotFoundException&) {
            // gone already, or its API is
        } catch (const BadRequestException&) {
            // A stage serves it still; it ends with the API.
        }
    }

  private:
    Client gateway_;
};

class StageResource final : public contracts::ResourceType {
  public:
    explicit StageResource(contracts::Door& door) : gateway_(door) {}
    std::string_view name() const override { return "AWS::ApiGateway::Stage"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        const auto api = text_of(properties, "RestApiId");
        const auto stage = properties.contains("StageName") ? text_of(properties, "StageName") : context.generated_name;
        CreateStageRequest request{
            .restApiId = api, .stageName = stage, .deploymentId = text_of(properties, "DeploymentId")};
        request.tags = tags_for(context, properties);
        bool there = false;
        try {
            co_await gateway_.create_stage(call, std::move(request));
        } catch (const ConflictException&) {
            there = true;
        }
        // A step that is repeated after a crash finds the stage that its first try made; of others it keeps off.
        if (there) {
            const auto known = co_await gateway_.get_stage(call, {api, stage});
            if (known.deploymentId != text_of(properties, "DeploymentId"))
                throw ConflictException("Stage already exists");
        }
        co_await apply(call, api, stage, {}, std::move(properties));
        co_return resource_with(stage);
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"RestApiId", "StageName"});
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                                     json::object before, json::object after) override {
        const auto api = text_of(after, "RestApiId");
        const auto tags = tags_for(context, after);
        co_await apply(call, api, physical_id, std::move(before), std::move(after));
        if (!tags.empty()) {
            co_await gateway_.tag_resource(
                call, {.resourceArn =
                           fmt::format("arn:aws:apigateway:{}::/restapis/{}/stages/{}", call.region, api, physical_id),
                       .tags = tags});
        }
        co_return resource_with(std::move(physical_id));
    }

    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id,
                      json::object properties) override {
        try {
            co_await gateway_.delete_stage(call, {text_of(properties, "RestApiId"), std::move(physical_id)});
        } catch (const NotFoundException&) {
            // gone already, or its API is
        }
    }

  private:
    using Patches = std::vector<PatchOperation>;

    Task<void> apply(Call& call, std::string api, std::string stage, json::object before, json::object after) {
        check_known(after);
        auto patches = patches_for(before, after,
                                   {{"DeploymentId", "/deploymentId"},
                                    {"Description", "/description"},
                                    {"CacheClusterEnabled", "/cacheClusterEnabled"},
                                    {"ClientCertificateId", "/clientCertificateId"},
                                    {"DocumentationVersion", "/documentationVersion"},
                                    {"TracingEnabled", "/tracingEnabled"}});
        if (after.contains("CacheClusterSize"))
            add_patch(patches, "replace", "/cacheClusterSize", text_of(after, "CacheClusterSize"));
        patch_map(patches, before, after, "Variables", "/variables/");
        patch_log(patches, before, after);
        patch_canary(patches, before, after);
        patch_settings(patches, before, after);
        if (patches.empty()) co_return;
        UpdateStageRequest request{.restApiId = std::move(api), .stageName = std::move(stage)};
        request.patchOperations = std::move(patches);
        co_await gateway_.update_stage(call, std::move(request));
    }

    static void check_known(const json::object& properties) {
        constexpr std::string_view known[] = {"RestApiId",           "StageName",
                                              "DeploymentId",        "Description",
                                              "CacheClusterEnabled", "CacheClusterSize",
                                              "ClientCertificateId", "DocumentationVersion",
                                              "TracingEnabled",      "Variables",
                                              "AccessLogSetting",    "CanarySetting",
                                              "MethodSettings",      "Tags"};
        for (const auto& [name, value] : properties) {
            if (std::ranges::find(known, std::string_view(name)) == std::end(known))
                throw aws::validation_error(fmt::format("{}: no such property", std::string_view(name)));
        }
    }

    static std::string escaped(std::string_view text) {
        std::string result;
        for (const char c : text) result += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
        return result;
    }

    static void patch_map(Patches& patches, const json::object& before, const json::object& after,
                          std::string_view name, const std::string& path) {
        static const json::object none;
        const auto map_of = [&](const json::object& properties) -> const json::object& {
            const auto* map = properties.if_contains(name);
            return map && map->is_object() ? map->as_object() : none;
        };
        for (const auto& [key, value] : map_of(before))
            if (!map_of(after).contains(key)) add_patch(patches, "remove", path + escaped(key), "");
        for (const auto& [key, value] : map_of(after))
            add_patch(patches, "replace", path + escaped(key), text_of(map_of(after), key));
    }

    static void patch_log(Patches& patches, const json::object& before, const json::object& after) {
        const auto* log = after.if_contains("AccessLogSetting");
        if (!log && before.contains("AccessLogSetting")) add_patch(patches, "remove", "/accessLogSettings", "");
        if (!log || !log->is_object()) return;
        add_patch(patches, "replace", "/accessLogSettings/destinationArn", text_of(log->as_object(), "DestinationArn"));
        add_patch(patches, "replace", "/accessLogSettings/format", text_of(log->as_object(), "Format"));
    }

    static void patch_canary(Patches& patches, const json::object& before, const json::object& after) {
        const auto* canary = after.if_contains("CanarySetting");
        if (before.contains("CanarySetting")) add_patch(patches, "remove", "/canarySettings", "");
        if (!canary || !canary->is_object()) return;
        const auto& given = canary->as_object();
        if (given.contains("PercentTraffic"))
            add_patch(patches, "replace", "/canarySettings/percentTraffic", text_of(given, "PercentTraffic"));
        if (given.contains("DeploymentId"))
            add_patch(patches, "replace", "/canarySettings/deploymentId", text_of(given, "DeploymentId"));
        if (given.contains("UseStageCache"))
            add_patch(patches, "replace", "/canarySettings/useStageCache", text_of(given, "UseStageCache"));
        patch_map(patches, {}, given, "StageVariableOverrides", "/canarySettings/stageVariableOverrides/");
    }

    static void patch_settings(Patches& patches, const json::object& before, const json::object& after) {
        constexpr std::pair<std::string_view, std::string_view> paths[] = {
            {"MetricsEnabled", "metrics/enabled"},           {"LoggingLevel", "logging/loglevel"},
            {"DataTraceEnabled", "logging/dataTrace"},       {"ThrottlingBurstLimit", "throttling/burstLimit"},
            {"ThrottlingRateLimit", "throttling/rateLimit"}, {"CachingEnabled", "caching/enabled"},
            {"CacheTtlInSeconds", "caching/ttlInSeconds"},   {"CacheDataEncrypted", "caching/dataEncrypted"}};
        const auto each = [](const json::object& properties, auto&& use) {
            const auto* settings = properties.if_contains("MethodSettings");
            if (!settings || !settings->is_array()) return;
            for (const auto& setting : settings->as_array()) {
                if (!setting.is_object()) continue;
                auto path = text_of(setting.as_object(), "ResourcePath");
                // A path may be written with its slashes escaped already.
                if (!path.contains("~1")) path = escaped(path);
                if (path.starts_with("~1*")) path = "*";
                use(fmt::format("/{}/{}", path, text_of(setting.as_object(), "HttpMethod")), setting.as_object());
            }
        };
        each(before, [&](const std::string& key, const json::object&) { add_patch(patches, "remove", key, ""); });
        each(after, [&](const std::string& key, const json::object& setting) {
            for (const auto& [name, path] : paths)
                if (setting.contains(name))
                    add_patch(patches, "replace", fmt::format("{}/{}", key, path), text_of(setting, name));
        });
    }

    Client gateway_;
};

}  // namespace

void add_api_types(Types& types, contracts::Door& door) {
    types.push_back(std::make_unique<RestApiResource>(door));
    types.push_back(std::make_unique<DeploymentResource>(door));
    types.push_back(std::make_unique<StageResource>(door));
}

}  // namespace cumulet::apigateway
