// AWS::ApiGatewayV2::Stage, Route, Integration, Authorizer and Deployment for CloudFormation; the others stand in files
// of their own.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_ApiGatewayV2.html

#include "services/apigatewayv2/resource_types.h"
#include "services/apigatewayv2/service.h"

namespace cumulet::apigatewayv2 {

using namespace aws::apigatewayv2;

json::object without(json::object properties, std::initializer_list<std::string_view> names) {
    for (const auto name : names) properties.erase(name);
    return properties;
}

bool removed(const json::object& before, const json::object& after, std::initializer_list<std::string_view> names) {
    return std::ranges::any_of(names,
                               [&](std::string_view name) { return before.contains(name) && !after.contains(name); });
}

std::string api_arn(const Call& call, std::string_view api_id) {
    return fmt::format("arn:aws:apigateway:{}::/apis/{}", call.region, api_id);
}

Task<void> replace_tags(Call& call, Client gateway, std::string arn, std::map<std::string, std::string> tags) {
    std::vector<std::string> gone;
    const auto present = co_await gateway.get_tags(call, {arn});
    for (const auto& [key, value] : present.Tags.value_or(std::map<std::string, std::string>())) {
        // What the import of a document said about itself stays.
        if (!tags.contains(key) && !key.starts_with("httpapi:") && !contracts::is_own_tag(key)) gone.push_back(key);
    }
    if (!gone.empty()) co_await gateway.untag_resource(call, {arn, std::move(gone)});
    if (!tags.empty()) co_await gateway.tag_resource(call, {arn, std::move(tags)});
}

std::string api_of(const json::object& properties) { return std::string(string_or(properties, "ApiId")); }

contracts::Resource resource_of(std::string id, std::string_view attribute) {
    contracts::Resource resource;
    if (!attribute.empty()) resource.attributes[attribute] = id;
    resource.physical_id = std::move(id);
    return resource;
}

bool PartOfApi::needs_replacement(const json::object& before, const json::object& after) const {
    return contracts::any_differs(before, after, {"ApiId"});
}

Task<void> PartOfApi::remove(Call& call, const contracts::ResourceContext&, std::string physical_id,
                             json::object properties) {
    try {
        co_await erase(call, api_of(properties), std::move(physical_id));
    } catch (const NotFoundException&) {
        // gone already, or its API is
    }
}

namespace {

class IntegrationResource final : public PartOfApi {
  public:
    using PartOfApi::PartOfApi;
    std::string_view name() const override { return "AWS::ApiGatewayV2::Integration"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext&, json::object properties) override {
        const auto made = co_await gateway_.create_integration(
            call, request_of<CreateIntegrationRequest>("CreateIntegration", with_mappings(properties)));
        co_return resource_of(made.IntegrationId.value_or(""), "IntegrationId");
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return PartOfApi::needs_replacement(before, after) ||
               removed(before, after, {"ContentHandlingStrategy", "CredentialsArn"});
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object before, json::object after) override {
        if (removed(before, after, {"Description"})) after["Description"] = "";
        if (removed(before, after, {"TimeoutInMillis"})) after["TimeoutInMillis"] = 30'000;
        for (const auto* gone : {"RequestParameters", "ResponseParameters", "RequestTemplates"}) {
            if (removed(before, after, {gone})) after[gone] = json::object();
        }
        if (removed(before, after, {"TemplateSelectionExpression"})) after["TemplateSelectionExpression"] = "";
        if (removed(before, after, {"PassthroughBehavior"})) after["PassthroughBehavior"] = "WHEN_NO_MATCH";
        after["IntegrationId"] = physical_id;
        co_await gateway_.update_integration(
            call, request_of<UpdateIntegrationRequest>("UpdateIntegration", with_mappings(after)));
        co_return resource_of(std::move(physical_id), "IntegrationId");
    }

  private:
    /// Templates have a response's mappings as a list of Destination and Source, operations as a map.
    static json::object with_mappings(json::object properties) {
        auto* responses = properties.if_contains("ResponseParameters");
        if (!responses || !responses->is_object()) return properties;
        for (auto& [status, listed] : responses->as_object()) {
            const auto* list = find(listed, "ResponseParameters");
            if (!list || !list->is_array()) continue;
            json::object mappings;
            for (const auto& each : list->as_array()) {
                if (!each.is_object()) continue;
                mappings[string_or(each.as_object(), "Destination")] = string_or(each.as_object(), "Source");
            }
            listed = std::move(mappings);
        }
        return properties;
    }
    Task<void> erase(Call& call, std::string api_id, std::string id) override {
        co_await gateway_.delete_integration(call, {std::move(api_id), std::move(id)});
    }
};

class RouteResource final : public PartOfApi {
  public:
    using PartOfApi::PartOfApi;
    std::string_view name() const override { return "AWS::ApiGatewayV2::Route"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext&, json::object properties) override {
        const auto request = request_of<CreateRouteRequest>("CreateRoute", properties);
        std::exception_ptr conflict;
        try {
            const auto made = co_await gateway_.create_route(call, request);
            co_return resource_of(made.RouteId.value_or(""), "RouteId");
        } catch (const ConflictException&) {
            conflict = std::current_exception();
        }
        // A step that is repeated after a crash finds the route that its first try made.
        const auto routes = co_await gateway_.get_routes(call, {.ApiId = request.ApiId});
        for (const auto& route : routes.Items.value_or(std::vector<Route>())) {
            if (route.RouteKey == request.RouteKey && route.Target == request.Target) {
                co_return resource_of(route.RouteId.value_or(""), "RouteId");
            }
        }
        std::rethrow_exception(conflict);
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object before, json::object after) override {
        for (const auto* gone :
             {"ModelSelectionExpression", "OperationName", "RouteResponseSelectionExpression", "Target"}) {
            if (removed(before, after, {gone})) after[gone] = "";
        }
        if (removed(before, after, {"ApiKeyRequired"})) after["ApiKeyRequired"] = false;
        for (const auto* gone : {"RequestModels", "RequestParameters"}) {
            if (removed(before, after, {gone})) after[gone] = json::object();
        }
        if (removed(before, after, {"AuthorizationType"})) after["AuthorizationType"] = "NONE";
        if (removed(before, after, {"AuthorizationScopes"})) after["AuthorizationScopes"] = json::array();
        after["RouteId"] = physical_id;
        co_await gateway_.update_route(call, request_of<UpdateRouteRequest>("UpdateRoute", after));
        co_return resource_of(std::move(physical_id), "RouteId");
    }

  private:
    Task<void> erase(Call& call, std::string api_id, std::string id) override {
        co_await gateway_.delete_route(call, {std::move(api_id), std::move(id)});
    }
};

class AuthorizerResource final : public PartOfApi {
  public:
    using PartOfApi::PartOfApi;
    std::string_view name() const override { return "AWS::ApiGatewayV2::Authorizer"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext&, json::object properties) override {
        const auto request = request_of<CreateAuthorizerRequest>("CreateAuthorizer", with_sources(properties));
        std::exception_ptr conflict;
        try {
            const auto made = co_await gateway_.create_authorizer(call, request);
            co_return resource_of(made.AuthorizerId.value_or(""), "AuthorizerId");
        } catch (const ConflictException&) {
            conflict = std::current_exception();
        }
        // A step that is repeated after a crash finds the authorizer that its first try made.
        const auto authorizers = co_await gateway_.get_authorizers(call, {.ApiId = request.ApiId});
        for (const auto& each : authorizers.Items.value_or(std::vector<Authorizer>())) {
            if (each.Name == request.Name && each.AuthorizerType == request.AuthorizerType &&
                each.AuthorizerUri == request.AuthorizerUri && each.JwtConfiguration == request.JwtConfiguration) {
                co_return resource_of(each.AuthorizerId.value_or(""), "AuthorizerId");
            }
        }
        std::rethrow_exception(conflict);
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"ApiId", "AuthorizerType"}) ||
               removed(before, after, {"AuthorizerCredentialsArn", "AuthorizerResultTtlInSeconds"});
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object before, json::object after) override {
        if (removed(before, after, {"EnableSimpleResponses"})) after["EnableSimpleResponses"] = false;
        after["AuthorizerId"] = physical_id;
        co_await gateway_.update_authorizer(
            call, request_of<UpdateAuthorizerRequest>("UpdateAuthorizer", with_sources(after)));
        co_return resource_of(std::move(physical_id), "AuthorizerId");
    }

  private:
    /// The operations ask for a list, templates need not have one.
    static json::object with_sources(json::object properties) {
        if (!properties.contains("IdentitySource")) properties["IdentitySource"] = json::array();
        return properties;
    }
    Task<void> erase(Call& call, std::string api_id, std::string id) override {
        co_await gateway_.delete_authorizer(call, {std::move(api_id), std::move(id)});
    }
};

class StageResource final : public PartOfApi {
  public:
    using PartOfApi::PartOfApi;
    std::string_view name() const override { return "AWS::ApiGatewayV2::Stage"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        auto request = request_of<CreateStageRequest>("CreateStage", without(properties, {"Tags"}));
        request.Tags = contracts::merged_tags(context, properties);
        std::exception_ptr conflict;
        try {
            co_await gateway_.create_stage(call, request);
            co_return resource_of(request.StageName, "");
        } catch (const ConflictException&) {
            conflict = std::current_exception();
        }
        // A step that is repeated after a crash finds the stage that its first try made.
        const auto stage = co_await gateway_.get_stage(call, {request.ApiId, request.StageName});
        if (stage.ApiGatewayManaged.value_or(false) || stage.Tags != request.Tags ||
            stage.Description != request.Description) {
            std::rethrow_exception(conflict);
        }
        co_return resource_of(request.StageName, "");
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"ApiId", "StageName"});
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                                     json::object before, json::object after) override {
        if (removed(before, after, {"Description"})) after["Description"] = "";
        if (removed(before, after, {"AutoDeploy"})) after["AutoDeploy"] = false;
        for (const auto* gone : {"StageVariables", "RouteSettings", "DefaultRouteSettings"}) {
            if (removed(before, after, {gone})) after[gone] = json::object();
        }
        if (removed(before, after, {"AccessLogSettings"})) {
            co_await gateway_.delete_access_log_settings(call, {api_of(after), physical_id});
        }
        co_await gateway_.update_stage(call, request_of<UpdateStageRequest>("UpdateStage", without(after, {"Tags"})));
        co_await replace_tags(call, gateway_, fmt::format("{}/stages/{}", api_arn(call, api_of(after)), physical_id),
                              contracts::merged_tags(context, after));
        co_return resource_of(std::move(physical_id), "");
    }

  private:
    Task<void> erase(Call& call, std::string api_id, std::string id) override {
        co_await gateway_.delete_stage(call, {std::move(api_id), std::move(id)});
    }
};

class DeploymentResource final : public PartOfApi {
  public:
    using PartOfApi::PartOfApi;
    std::string_view name() const override { return "AWS::ApiGatewayV2::Deployment"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext&, json::object properties) override {
        const auto made = co_await gateway_.create_deployment(
            call, request_of<CreateDeploymentRequest>("CreateDeployment", properties));
        co_return resource_of(made.DeploymentId.value_or(""), "DeploymentId");
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object before, json::object after) override {
        UpdateDeploymentRequest request;
        request.ApiId = api_of(after);
        request.DeploymentId = physical_id;
        request.Description = std::string(string_or(after, "Description"));
        co_await gateway_.update_deployment(call, std::move(request));
        if (after.contains("StageName") && contracts::any_differs(before, after, {"StageName"})) {
            UpdateStageRequest stage;
            stage.ApiId = api_of(after);
            stage.StageName = std::string(string_or(after, "StageName"));
            stage.DeploymentId = physical_id;
            co_await gateway_.update_stage(call, std::move(stage));
        }
        co_return resource_of(std::move(physical_id), "DeploymentId");
    }

  private:
    Task<void> erase(Call& call, std::string api_id, std::string id) override {
        try {
            co_await gateway_.delete_deployment(call, {std::move(api_id), std::move(id)});
        } catch (const BadRequestException&) {
            // A stage serves it still; it ends with the API.
        }
    }
};

}  // namespace

std::vector<std::unique_ptr<contracts::ResourceType>> resource_types(contracts::Door& door) {
    std::vector<std::unique_ptr<contracts::ResourceType>> types;
    types.push_back(api_resource(door));
    types.push_back(std::make_unique<IntegrationResource>(door));
    types.push_back(std::make_unique<RouteResource>(door));
    types.push_back(std::make_unique<AuthorizerResource>(door));
    types.push_back(std::make_unique<StageResource>(door));
    types.push_back(std::make_unique<DeploymentResource>(door));
    types.push_back(model_resource(door));
    types.push_back(vpc_link_resource(door));
    types.push_back(managed_overrides_resource(door));
    std::ranges::move(response_resources(door), std::back_inserter(types));
    add_domain_types(types, door);
    return types;
}

}  // namespace cumulet::apigatewayv2
