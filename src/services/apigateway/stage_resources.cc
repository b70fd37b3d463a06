// AWS::ApiGateway::Deployment and Stage for CloudFormation.

#include "contracts/error.h"
#include "services/apigateway/resource_types.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

using Patches = std::vector<PatchOperation>;

constexpr std::string_view setting_names[] = {"MetricsEnabled",       "LoggingLevel",        "DataTraceEnabled",
                                              "ThrottlingBurstLimit", "ThrottlingRateLimit", "CachingEnabled",
                                              "CacheTtlInSeconds",    "CacheDataEncrypted"};

void check_known(const json::object& properties) {
    constexpr std::string_view known[] = {"RestApiId",
                                          "StageName",
                                          "DeploymentId",
                                          "Description",
                                          "CacheClusterEnabled",
                                          "CacheClusterSize",
                                          "CanarySetting",
                                          "ClientCertificateId",
                                          "DocumentationVersion",
                                          "TracingEnabled",
                                          "Variables",
                                          "AccessLogSetting",
                                          "MethodSettings",
                                          "Tags"};
    for (const auto& [name, value] : properties) {
        if (std::ranges::find(known, std::string_view(name)) == std::end(known))
            throw aws::validation_error(fmt::format("{}: no such property", std::string_view(name)));
    }
}

void patch_map(Patches& patches, const json::object& before, const json::object& after, std::string_view name,
               const std::string& path) {
    const auto& was = object_of(before, name);
    const auto& is = object_of(after, name);
    for (const auto& [key, value] : was)
        if (!is.contains(key)) add_patch(patches, "remove", path + escaped(key), "");
    for (const auto& [key, value] : is) add_patch(patches, "replace", path + escaped(key), text_of(is, key));
}

void patch_log(Patches& patches, const json::object& before, const json::object& after) {
    const auto* log = after.if_contains("AccessLogSetting");
    if (!log && before.contains("AccessLogSetting")) add_patch(patches, "remove", "/accessLogSettings", "");
    if (!log || !log->is_object()) return;
    add_patch(patches, "replace", "/accessLogSettings/destinationArn", text_of(log->as_object(), "DestinationArn"));
    add_patch(patches, "replace", "/accessLogSettings/format", text_of(log->as_object(), "Format"));
}

void patch_canary(Patches& patches, const json::object& before, const json::object& after) {
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

void patch_settings(Patches& patches, const json::object& before, const json::object& after) {
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

/// Makes a stage what its properties say.
Task<void> change_stage(Call& call, Client gateway, std::string api, std::string stage, json::object before,
                        json::object after) {
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
    co_await gateway.update_stage(call, std::move(request));
}

std::string stage_path(std::string_view api, std::string_view stage) {
    return fmt::format("/restapis/{}/stages/{}", api, stage);
}

/// What a deployment says of its stage, as a stage has it: settings for all methods are those of "/*".
json::object stage_properties(const json::object& deployment) {
    auto properties = object_of(deployment, "StageDescription");
    json::object all_methods;
    for (const auto name : setting_names) {
        const auto* setting = properties.if_contains(name);
        if (!setting) continue;
        all_methods[name] = *setting;
        properties.erase(name);
    }
    if (all_methods.empty()) return properties;
    all_methods["ResourcePath"] = "/*";
    all_methods["HttpMethod"] = "*";
    auto& settings = properties["MethodSettings"];
    if (!settings.is_array()) settings.emplace_array();
    // What is said of single methods comes after it.
    settings.as_array().insert(settings.as_array().begin(), std::move(all_methods));
    return properties;
}

class DeploymentResource final : public contracts::ResourceType {
  public:
    explicit DeploymentResource(contracts::Door& door) : gateway_(door) {}
    std::string_view name() const override { return "AWS::ApiGateway::Deployment"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        auto plain = without(properties, {"StageDescription", "DeploymentCanarySettings"});
        if (const auto* canary = properties.if_contains("DeploymentCanarySettings")) plain["CanarySettings"] = *canary;
        const auto made =
            co_await gateway_.create_deployment(call, request_of<CreateDeploymentRequest>("CreateDeployment", plain));
        co_await describe_stage(call, context, {}, std::move(properties));
        co_return resource_with(*made.id, "DeploymentId");
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"RestApiId", "DeploymentCanarySettings"});
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                                     json::object before, json::object after) override {
        const auto api = text_of(after, "RestApiId");
        UpdateDeploymentRequest request{.restApiId = api, .deploymentId = physical_id};
        request.patchOperations = patches_for(before, after, {{"Description", "/description"}});
        co_await gateway_.update_deployment(call, std::move(request));
        const bool moves = contracts::any_differs(before, after, {"StageName"});
        if (moves && after.contains("StageName")) {
            CreateStageRequest stage{
                .restApiId = api, .stageName = text_of(after, "StageName"), .deploymentId = physical_id};
            co_await create_or_lead(call, std::move(stage));
        }
        co_await describe_stage(call, context, moves ? json::object() : before, after);
        if (moves) co_await remove_stage(call, physical_id, before);
        co_return resource_with(std::move(physical_id), "DeploymentId");
    }

    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id,
                      json::object properties) override {
        co_await remove_stage(call, physical_id, properties);
        try {
            co_await gateway_.delete_deployment(call, {text_of(properties, "RestApiId"), std::move(physical_id)});
        } catch (const NotFoundException&) {
            // gone already, or its API is
        } catch (const BadRequestException&) {
            // A stage serves it still; it ends with the API.
        }
    }

  private:
    Task<void> describe_stage(Call& call, contracts::ResourceContext context, json::object before, json::object after) {
        if (!after.contains("StageName") ||
            !(before.contains("StageDescription") || after.contains("StageDescription")))
            co_return;
        const auto api = text_of(after, "RestApiId");
        const auto stage = text_of(after, "StageName");
        auto described = stage_properties(after);
        co_await change_stage(call, gateway_, api, stage, stage_properties(before), described);
        co_await replace_tags(call, gateway_, stage_path(api, stage), contracts::merged_tags(context, described));
    }

    /// Leads a stage that is there already to the deployment.
    Task<void> create_or_lead(Call& call, CreateStageRequest stage) {
        bool there = false;
        try {
            co_await gateway_.create_stage(call, stage);
        } catch (const ConflictException&) {
            there = true;
        }
        if (!there) co_return;
        UpdateStageRequest request{.restApiId = stage.restApiId, .stageName = stage.stageName};
        add_patch(request.patchOperations.emplace(), "replace", "/deploymentId", stage.deploymentId);
        co_await gateway_.update_stage(call, std::move(request));
    }

    /// The stage that the deployment made ends with it, unless it serves another one by now.
    Task<void> remove_stage(Call& call, std::string id, json::object properties) {
        if (!properties.contains("StageName")) co_return;
        const auto api = text_of(properties, "RestApiId");
        const auto name = text_of(properties, "StageName");
        try {
            const auto stage = co_await gateway_.get_stage(call, {api, name});
            const auto& canary = stage.canarySettings;
            if (stage.deploymentId != id || (canary && canary->deploymentId.value_or(id) != id)) co_return;
            co_await gateway_.delete_stage(call, {api, name});
        } catch (const NotFoundException&) {
            // gone already, or its API is
        }
    }

    Client gateway_;
};

class StageResource final : public PartOfApi {
  public:
    explicit StageResource(contracts::Door& door)
        : PartOfApi(door, "AWS::ApiGateway::Stage", {"RestApiId", "StageName"}) {}

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        const auto api = text_of(properties, "RestApiId");
        const auto stage = properties.contains("StageName") ? text_of(properties, "StageName") : context.generated_name;
        CreateStageRequest request{
            .restApiId = api, .stageName = stage, .deploymentId = text_of(properties, "DeploymentId")};
        request.tags = contracts::merged_tags(context, properties);
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
        co_await change_stage(call, gateway_, api, stage, {}, std::move(properties));
        co_return resource_with(stage);
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                                     json::object before, json::object after) override {
        const auto api = text_of(after, "RestApiId");
        auto tags = contracts::merged_tags(context, after);
        co_await change_stage(call, gateway_, api, physical_id, std::move(before), std::move(after));
        co_await replace_tags(call, gateway_, stage_path(api, physical_id), std::move(tags));
        co_return resource_with(std::move(physical_id));
    }

  private:
    Task<void> erase(Call& call, std::string api_id, std::string id) override {
        co_await gateway_.delete_stage(call, {std::move(api_id), std::move(id)});
    }
};

}  // namespace

void add_stage_types(Types& types, contracts::Door& door) {
    types.push_back(std::make_unique<DeploymentResource>(door));
    types.push_back(std::make_unique<StageResource>(door));
}

}  // namespace cumulet::apigateway
