// AWS::ApiGateway::ApiKey, UsagePlan, UsagePlanKey and Account for CloudFormation.

#include "services/apigateway/resource_types.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

/// "api/stage" of each of the key's stages, as patches name them.
json::object with_stages(const json::object& properties) {
    json::array stages;
    const auto* keys = properties.if_contains("StageKeys");
    for (const auto& key : keys && keys->is_array() ? keys->as_array() : json::array())
        stages.emplace_back(
            fmt::format("{}/{}", text_of(key.as_object(), "RestApiId"), text_of(key.as_object(), "StageName")));
    return {{"StageKeys", std::move(stages)}};
}

class ApiKeyResource final : public contracts::ResourceType {
  public:
    explicit ApiKeyResource(contracts::Door& door) : gateway_(door) {}
    std::string_view name() const override { return "AWS::ApiGateway::ApiKey"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        auto request = request_of<CreateApiKeyRequest>("CreateApiKey", without(properties, {"Tags"}));
        if (!request.name) request.name = context.generated_name;
        request.tags = contracts::marked_tags(context, properties);
        std::optional<std::string> position;
        do {
            auto page =
                co_await gateway_.get_api_keys(call, {.position = position, .limit = 500, .nameQuery = request.name});
            for (const auto& key : *page.items) {
                if (contracts::has_mark(key.tags, context)) co_return resource_with(*key.id, "APIKeyId");
            }
            position = std::move(page.position);
        } while (position);
        co_return resource_with(*(co_await gateway_.create_api_key(call, std::move(request))).id, "APIKeyId");
    }
    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"GenerateDistinctId", "Name", "Value"});
    }
    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                                     json::object before, json::object after) override {
        UpdateApiKeyRequest request{.apiKey = physical_id};
        request.patchOperations = patches_for(
            before, after, {{"Description", "/description"}, {"Enabled", "/enabled"}, {"CustomerId", "/customerId"}});
        patch_valued_elements(*request.patchOperations, with_stages(before), with_stages(after), "StageKeys",
                              "/stages");
        co_await gateway_.update_api_key(call, std::move(request));
        co_await replace_tags(call, gateway_, "/apikeys/" + physical_id, contracts::merged_tags(context, after));
        co_return resource_with(std::move(physical_id), "APIKeyId");
    }
    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id, json::object) override {
        try {
            co_await gateway_.delete_api_key(call, {std::move(physical_id)});
        } catch (const NotFoundException&) {
            // gone already
        }
    }

  private:
    Client gateway_;
};

class UsagePlanResource final : public contracts::ResourceType {
  public:
    explicit UsagePlanResource(contracts::Door& door) : gateway_(door) {}
    std::string_view name() const override { return "AWS::ApiGateway::UsagePlan"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        auto plain = without(properties, {"Tags", "UsagePlanName"});
        plain["Name"] =
            properties.contains("UsagePlanName") ? text_of(properties, "UsagePlanName") : context.generated_name;
        auto request = request_of<CreateUsagePlanRequest>("CreateUsagePlan", plain);
        request.tags = contracts::marked_tags(context, properties);
        const auto known = co_await gateway_.get_usage_plans(call, {.limit = 500});
        for (const auto& plan : *known.items)
            if (contracts::has_mark(plan.tags, context)) co_return resource_with(*plan.id, "Id");
        co_return resource_with(*(co_await gateway_.create_usage_plan(call, std::move(request))).id, "Id");
    }
    bool needs_replacement(const json::object&, const json::object&) const override { return false; }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                                     json::object before, json::object after) override {
        auto patches = patches_for(before, after, {{"UsagePlanName", "/name"}, {"Description", "/description"}});
        patch_stages(patches, before, after);
        patch_limits(patches, before, after, "Throttle", "/throttle", throttle_limits);
        patch_limits(patches, before, after, "Quota", "/quota", quota_limits);
        UpdateUsagePlanRequest request{.usagePlanId = physical_id};
        request.patchOperations = std::move(patches);
        co_await gateway_.update_usage_plan(call, std::move(request));
        co_await replace_tags(call, gateway_, "/usageplans/" + physical_id, contracts::merged_tags(context, after));
        co_return resource_with(std::move(physical_id), "Id");
    }

    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id, json::object) override {
        try {
            const auto plan = co_await gateway_.get_usage_plan(call, {physical_id});
            UpdateUsagePlanRequest request{.usagePlanId = physical_id};
            request.patchOperations.emplace();
            for (const auto& stage : plan.apiStages.value_or(std::vector<ApiStage>()))
                add_patch(*request.patchOperations, "remove", "/apiStages",
                          fmt::format("{}:{}", *stage.apiId, *stage.stage));
            co_await gateway_.update_usage_plan(call, std::move(request));
            co_await gateway_.delete_usage_plan(call, {std::move(physical_id)});
        } catch (const NotFoundException&) {
            // gone already
        }
    }

  private:
    /// By "api:stage".
    static std::map<std::string, json::object> stages_of(const json::object& properties) {
        std::map<std::string, json::object> stages;
        const auto* list = properties.if_contains("ApiStages");
        for (const auto& stage : list && list->is_array() ? list->as_array() : json::array())
            stages[fmt::format("{}:{}", text_of(stage.as_object(), "ApiId"), text_of(stage.as_object(), "Stage"))] =
                stage.as_object();
        return stages;
    }

    static void patch_stages(std::vector<PatchOperation>& patches, const json::object& before,
                             const json::object& after) {
        auto was = stages_of(before);
        const auto is = stages_of(after);
        for (const auto& [name, stage] : was)
            if (!is.contains(name)) add_patch(patches, "remove", "/apiStages", name);
        for (const auto& [name, stage] : is) {
            if (!was.contains(name)) add_patch(patches, "add", "/apiStages", name);
            if (!contracts::any_differs(was[name], stage, {"Throttle"})) continue;
            const auto path = fmt::format("/apiStages/{}/throttle", name);
            if (was[name].contains("Throttle")) add_patch(patches, "remove", path, "");
            for (const auto& [method, limits] : object_of(stage, "Throttle"))
                add_limits(patches, limits.as_object(), fmt::format("{}/{}", path, escaped(method)), throttle_limits);
        }
    }

    static void patch_limits(std::vector<PatchOperation>& patches, const json::object& before,
                             const json::object& after, std::string_view name, const std::string& path,
                             std::span<const PatchedProperty> limits) {
        if (!contracts::any_differs(before, after, {name})) return;
        if (before.contains(name)) add_patch(patches, "remove", path, "");
        add_limits(patches, object_of(after, name), path, limits);
    }

    static void add_limits(std::vector<PatchOperation>& patches, const json::object& given, const std::string& path,
                           std::span<const PatchedProperty> limits) {
        for (const auto& limit : limits)
            if (given.contains(limit.name))
                add_patch(patches, "replace", path + std::string(limit.path), text_of(given, limit.name));
    }

    static constexpr PatchedProperty throttle_limits[] = {{"BurstLimit", "/burstLimit"}, {"RateLimit", "/rateLimit"}};
    static constexpr PatchedProperty quota_limits[] = {
        {"Limit", "/limit"}, {"Period", "/period"}, {"Offset", "/offset"}};
    Client gateway_;
};

class UsagePlanKeyResource final : public contracts::ResourceType {
  public:
    explicit UsagePlanKeyResource(contracts::Door& door) : gateway_(door) {}
    std::string_view name() const override { return "AWS::ApiGateway::UsagePlanKey"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext&, json::object properties) override {
        const auto request = request_of<CreateUsagePlanKeyRequest>("CreateUsagePlanKey", properties);
        try {
            co_await gateway_.create_usage_plan_key(call, request);
        } catch (const ConflictException&) {
            // A step's first try made it: a plan has each key once.
        }
        co_return resource_with(fmt::format("{}:{}", request.keyId, request.usagePlanId), "Id");
    }
    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"KeyId", "KeyType", "UsagePlanId"});
    }
    Task<contracts::Resource> update(Call&, const contracts::ResourceContext&, std::string physical_id, json::object,
                                     json::object) override {
        co_return resource_with(std::move(physical_id), "Id");
    }
    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string, json::object properties) override {
        try {
            co_await gateway_.delete_usage_plan_key(call,
                                                    {text_of(properties, "UsagePlanId"), text_of(properties, "KeyId")});
        } catch (const NotFoundException&) {
            // gone already
        }
    }

  private:
    Client gateway_;
};

class AccountResource final : public contracts::ResourceType {
  public:
    explicit AccountResource(contracts::Door& door) : gateway_(door) {}
    std::string_view name() const override { return "AWS::ApiGateway::Account"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        UpdateAccountRequest request;
        if (properties.contains("CloudWatchRoleArn")) {
            request.patchOperations.emplace();
            add_patch(*request.patchOperations, "replace", "/cloudwatchRoleArn",
                      text_of(properties, "CloudWatchRoleArn"));
        }
        co_await gateway_.update_account(call, std::move(request));
        co_return resource_with(context.generated_name, "Id");
    }
    bool needs_replacement(const json::object&, const json::object&) const override { return false; }
    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                                     json::object, json::object after) override {
        co_await create(call, context, std::move(after));
        co_return resource_with(std::move(physical_id), "Id");
    }
    /// The settings stay, as they do on AWS: they are the account's, and others may rely on them.
    Task<void> remove(Call&, const contracts::ResourceContext&, std::string, json::object) override { co_return; }

  private:
    Client gateway_;
};

}  // namespace

void add_access_types(Types& types, contracts::Door& door) {
    types.push_back(std::make_unique<ApiKeyResource>(door));
    types.push_back(std::make_unique<UsagePlanResource>(door));
    types.push_back(std::make_unique<UsagePlanKeyResource>(door));
    types.push_back(std::make_unique<AccountResource>(door));
}

}  // namespace cumulet::apigateway
