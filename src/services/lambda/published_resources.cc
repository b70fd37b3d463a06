// AWS::Lambda::Version and Alias for CloudFormation.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-alias.html

#include "services/lambda/fault.h"
#include "services/lambda/name.h"
#include "services/lambda/resource_properties.h"

namespace cumulet::lambda {

using namespace aws::lambda;

namespace {

using contracts::Resource;
using contracts::ResourceContext;

constexpr std::string_view provisioned_config = "ProvisionedConcurrencyConfig";

/// Keeps as many workers of a version or an alias ready as its properties say from now on.
Task<void> provision(Client& lambda, Call& call, std::string function, std::string qualifier, json::object before,
                     json::object after) {
    if (!contracts::any_differs(before, after, {provisioned_config})) co_return;
    if (const auto* given = after.if_contains(provisioned_config); given && given->is_object()) {
        auto members = only_members("PutProvisionedConcurrencyConfig", given->as_object());
        members["FunctionName"] = function;
        members["Qualifier"] = qualifier;
        co_await lambda.put_provisioned_concurrency_config(
            call, request_of<PutProvisionedConcurrencyConfigRequest>("PutProvisionedConcurrencyConfig", members));
        co_return;
    }
    try {
        co_await lambda.delete_provisioned_concurrency_config(call, {.FunctionName = function, .Qualifier = qualifier});
    } catch (const ProvisionedConcurrencyConfigNotFoundException&) {
    }
}

class VersionResource final : public contracts::ResourceType {
  public:
    explicit VersionResource(contracts::Door& door) : lambda_(door) {}
    std::string_view name() const override { return "AWS::Lambda::Version"; }

    Task<Resource> create(Call& call, const ResourceContext&, json::object properties) override {
        const auto members = only_members("PublishVersion", properties, {provisioned_config});
        auto version =
            co_await lambda_.publish_version(call, request_of<PublishVersionRequest>("PublishVersion", members));
        co_await provision(lambda_, call, *version.FunctionName, *version.Version, {}, properties);
        co_return Resource{.physical_id = *version.FunctionArn,
                           .attributes = {{"Version", *version.Version}, {"FunctionArn", *version.FunctionArn}}};
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return before != after;
    }

    Task<Resource> update(Call& call, const ResourceContext&, std::string physical_id, json::object,
                          json::object) override {
        const auto name = parse_function_name(call, physical_id);
        co_return Resource{.physical_id = physical_id,
                           .attributes = {{"Version", name.qualifier}, {"FunctionArn", physical_id}}};
    }

    Task<void> remove(Call& call, const ResourceContext&, std::string physical_id, json::object) override {
        try {
            co_await lambda_.delete_function(call, {.FunctionName = physical_id});
        } catch (const ResourceNotFoundException&) {
        }
    }

  private:
    Client lambda_;
};

class AliasResource final : public contracts::ResourceType {
  public:
    explicit AliasResource(contracts::Door& door) : lambda_(door) {}
    std::string_view name() const override { return "AWS::Lambda::Alias"; }

    Task<Resource> create(Call& call, const ResourceContext&, json::object properties) override {
        const auto request = request_of<CreateAliasRequest>("CreateAlias", members_of("CreateAlias", properties));
        std::optional<Resource> made;
        try {
            made = describe(co_await lambda_.create_alias(call, request));
        } catch (const ResourceConflictException&) {
            // An earlier try of the same step made it.
        }
        if (!made) co_return co_await change(call, {}, std::move(properties));
        co_await provision(lambda_, call, request.FunctionName, request.Name, {}, properties);
        co_return std::move(*made);
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"FunctionName", "Name"});
    }

    Task<Resource> update(Call& call, const ResourceContext&, std::string, json::object before,
                          json::object after) override {
        co_return co_await change(call, std::move(before), std::move(after));
    }

    Task<void> remove(Call& call, const ResourceContext&, std::string physical_id, json::object) override {
        const auto name = parse_function_name(call, physical_id);
        try {
            co_await lambda_.delete_alias(call, {.FunctionName = name.name, .Name = name.qualifier});
        } catch (const ResourceNotFoundException&) {
        }
    }

  private:
    Task<Resource> change(Call& call, json::object before, json::object after) {
        auto request = request_of<UpdateAliasRequest>("UpdateAlias", members_of("UpdateAlias", after));
        if (!request.RoutingConfig) request.RoutingConfig.emplace();
        const auto function = request.FunctionName;
        const auto name = request.Name;
        const auto alias = co_await lambda_.update_alias(call, std::move(request));
        co_await provision(lambda_, call, function, name, before, after);
        co_return describe(alias);
    }
    /// A template lists the weights as objects, the operation takes a map.
    static json::object members_of(std::string_view operation, const json::object& properties) {
        auto members = only_members(operation, properties, {provisioned_config});
        members.erase("RoutingConfig");
        const auto* routing = properties.if_contains("RoutingConfig");
        const auto* weights = routing ? find(*routing, "AdditionalVersionWeights") : nullptr;
        if (weights && weights->is_array()) {
            json::object map;
            for (const auto& weight : weights->as_array()) {
                map[string_or(weight.as_object(), "FunctionVersion")] = weight.as_object().at("FunctionWeight");
            }
            members["RoutingConfig"] = json::object{{"AdditionalVersionWeights", std::move(map)}};
        }
        return members;
    }
    static Resource describe(const AliasConfiguration& alias) {
        return {.physical_id = *alias.AliasArn, .attributes = {{"AliasArn", *alias.AliasArn}}};
    }

    Client lambda_;
};

}  // namespace

void add_published_resource_types(std::vector<std::unique_ptr<contracts::ResourceType>>& types, contracts::Door& door) {
    types.push_back(std::make_unique<VersionResource>(door));
    types.push_back(std::make_unique<AliasResource>(door));
}

}  // namespace cumulet::lambda
