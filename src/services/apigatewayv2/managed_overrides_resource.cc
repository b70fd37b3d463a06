// AWS::ApiGatewayV2::ApiGatewayManagedOverrides for CloudFormation: changes of what quick create made.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-apigatewayv2-apigatewaymanagedoverrides.html

#include "services/apigatewayv2/http_api.h"
#include "services/apigatewayv2/resource_types.h"

namespace cumulet::apigatewayv2 {
namespace {

using namespace aws::apigatewayv2;

/// What quick create says of them.
constexpr std::string_view usual_integration = R"({"Description": "", "TimeoutInMillis": 30000})";
constexpr std::string_view usual_route =
    R"({"AuthorizationType": "NONE", "AuthorizationScopes": [], "OperationName": ""})";
constexpr std::string_view usual_stage = R"({"Description": "", "AutoDeploy": true, "RouteSettings": {},
    "StageVariables": {}, "DefaultRouteSettings": {}})";

const json::object& object_of(const json::object& properties, std::string_view name) {
    static const json::object none;
    const auto* value = properties.if_contains(name);
    return value && value->is_object() ? value->get_object() : none;
}

/// The properties that `name` overrides now, and the usual ones in the place of those that it did before.
json::object changes(const json::object& before, const json::object& after, std::string_view name,
                     std::string_view usual) {
    auto result = object_of(after, name);
    const auto usual_properties = parse_json(usual)->get_object();
    for (const auto& [property, value] : object_of(before, name)) {
        const auto* was = usual_properties.if_contains(property);
        if (was && !result.contains(property)) result[property] = *was;
    }
    return result;
}

class ManagedOverridesResource final : public contracts::ResourceType {
  public:
    explicit ManagedOverridesResource(contracts::Door& door) : gateway_(door) {}
    std::string_view name() const override { return "AWS::ApiGatewayV2::ApiGatewayManagedOverrides"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext&, json::object properties) override {
        co_await apply(call, {}, properties);
        co_return resource_of(api_of(properties), "Id");
    }
    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"ApiId"});
    }
    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object before, json::object after) override {
        co_await apply(call, std::move(before), std::move(after));
        co_return resource_of(std::move(physical_id), "Id");
    }
    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string, json::object properties) override {
        json::object none{{"ApiId", properties.at("ApiId")}};
        try {
            co_await apply(call, std::move(properties), std::move(none));
        } catch (const NotFoundException&) {
            // the API is gone already
        }
    }

  private:
    Task<void> apply(Call& call, json::object before, json::object after) {
        for (const auto& [name, value] : after) {
            if (name != "ApiId" && name != "Integration" && name != "Route" && name != "Stage")
                throw BadRequestException(fmt::format("{}: no such property", std::string_view(name)));
        }
        const auto api = api_of(after);
        if (auto wanted = changes(before, after, "Integration", usual_integration); !wanted.empty()) {
            wanted["ApiId"] = api;
            wanted["IntegrationId"] = co_await integration_of(call, api);
            co_await gateway_.update_integration(call,
                                                 request_of<UpdateIntegrationRequest>("UpdateIntegration", wanted));
        }
        if (auto wanted = changes(before, after, "Route", usual_route); !wanted.empty()) {
            wanted["ApiId"] = api;
            wanted["RouteId"] = co_await route_of(call, api);
            co_await gateway_.update_route(call, request_of<UpdateRouteRequest>("UpdateRoute", wanted));
        }
        const bool logged = object_of(before, "Stage").contains("AccessLogSettings");
        if (logged && !object_of(after, "Stage").contains("AccessLogSettings"))
            co_await gateway_.delete_access_log_settings(call, {api, std::string(default_stage)});
        if (auto wanted = changes(before, after, "Stage", usual_stage); !wanted.empty()) {
            wanted["ApiId"] = api;
            wanted["StageName"] = default_stage;
            co_await gateway_.update_stage(call, request_of<UpdateStageRequest>("UpdateStage", wanted));
        }
    }

    [[noreturn]] static void refuse(const std::string& api) {
        // Unverified: the words.
        throw NotFoundException(fmt::format("The API {} has no resources that API Gateway manages", api));
    }

    Task<std::string> integration_of(Call& call, std::string api) {
        const auto all = co_await gateway_.get_integrations(call, {.ApiId = api});
        for (const auto& each : all.Items.value_or(std::vector<Integration>()))
            if (each.ApiGatewayManaged.value_or(false)) co_return each.IntegrationId.value_or("");
        refuse(api);
    }
    Task<std::string> route_of(Call& call, std::string api) {
        const auto all = co_await gateway_.get_routes(call, {.ApiId = api});
        for (const auto& each : all.Items.value_or(std::vector<Route>()))
            if (each.ApiGatewayManaged.value_or(false)) co_return each.RouteId.value_or("");
        refuse(api);
    }

    Client gateway_;
};

}  // namespace

std::unique_ptr<contracts::ResourceType> managed_overrides_resource(contracts::Door& door) {
    return std::make_unique<ManagedOverridesResource>(door);
}

}  // namespace cumulet::apigatewayv2
