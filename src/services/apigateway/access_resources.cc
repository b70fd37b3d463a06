// AWS::ApiGateway::ApiKey, UsagePlan, UsagePlanKey and Account for CloudFormation.

#include "services/apigateway/resource_types.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

/// Tags that know a resource again which a step's first try made.
constexpr std::string_view token_tag = "aws:cumulet:token";

class ApiKeyResource final : public contracts::ResourceType {
  public:
    explicit ApiKeyResource(contracts::Door& door) : gateway_(door) {}
    std::string_view name() const override { return "AWS::ApiGateway::ApiKey"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        auto request = request_of<CreateApiKeyRequest>("CreateApiKey", without(properties, {"Tags"}));
        if (!request.name) request.name = context.generated_name;
        request.tags = tags_for(context, properties);
        (*request.tags)[std::string(token_tag)] = context.client_token;
        std::optional<std::string> position;
        do {
            auto page =
                co_await gateway_.get_api_keys(call, {.position = position, .limit = 500, .nameQuery = request.name});
            for (const auto& key : *page.items) {
                const auto tag = key.tags ? key.tags->find(std::string(token_tag)) : decltype(key.tags->end())();
                if (key.tags && tag != key.tags->end() && tag->second == context.client_token)
                    co_return resource_with(*key.id, "APIKeyId");
            }
            position = std::move(page.position);
        } while (position);
        co_return resource_with(*(co_await gateway_.create_api_key(call, std::move(request))).id, "APIKeyId");
    }
    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"GenerateDistinctId", "Name", "Value", "StageKeys"});
    }
    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object before, json::object after) override {
        UpdateApiKeyRequest request{.apiKey = physical_id};
        request.patchOperations = patches_for(
            before, after, {{"Description", "/description"}, {"Enabled", "/enabled"}, {"CustomerId", "/customerId"}});
        co_await gateway_.update_api_key(call, std::move(request));
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
        request.tags = tags_for(context, properties);
        (*request.tags)[std::string(token_tag)] = context.client_token;
        const auto known = co_await gateway_.get_usage_plans(call, {.limit = 500});
        for (const auto& plan : *known.items) {
            if (!plan.tags) continue;
            const auto tag = plan.tags->find(std::string(token_tag));
            if (tag != plan.tags->end() && tag->second == context.client_token) co_return resource_with(*plan.id, "Id");
        }
        co_return resource_with(*(co_await gateway_.create_usage_plan(call, std::move(request))).id, "Id");
    }
    bool needs_replacement(const json::object&, const json::object&) const override { return false; }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object before, json::object after) override {
        auto patches = patches_for(before, after, {{"UsagePlanName", "/name"}, {"Description", "/description"}});
        for (const auto& [properties, operation] : {std::pair(&before, "remove"), std::pair(&after, "add")}) {
            const auto* stages = properties->if_contains("ApiStages");
            if (!stages || !stages->is_array()) continue;
            for (const auto& stage : stages->as_array())
                add_patch(
                    patches, operation, "/apiStages",
                    fmt::format("{}:{}", text_of(stage.as_object(), "ApiId"), text_of(stage.as_object(), "Stage")));
        }
        patch_limits(patches, before, after, "Throttle", "/throttle",
                     {{"BurstLimit", "/burstLimit"}, {"RateLimit", "/rateLimit"}});
        patch_limits(patches, before, after, "Quota", "/quota",
                     {{"Limit", "/limit"}, {"Period", "/period"}, {"Offset", "/offset"}});
        UpdateUsagePlanRequest request{.usagePlanId = physical_id};
        request.patchOperations = std::move(patches);
        co_await gateway_.update_usage_plan(call, std::move(request));
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
    static void patch_limits(std::vector<PatchOperation>& patches, const json::object& before,
                             const json::object& after, std::string_view name, const std::string& path,
                             std::initializer_list<PatchedProperty> limits) {
        const auto* given = after.if_contains(name);
        if (!given && before.contains(name)) add_patch(patches, "remove", path, "");
        if (!given || !given->is_object()) return;
        for (const auto& limit : limits)
            if (given->as_object().contains(limit.name))
                add_patch(patches, "replace", path + std::string(limit.path), text_of(given->as_object(), limit.name));
    }

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
