// AWS::ApiGatewayV2::RouteResponse and IntegrationResponse for CloudFormation.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-apigatewayv2-routeresponse.html

#include "services/apigatewayv2/resource_types.h"

namespace cumulet::apigatewayv2 {
namespace {

using namespace aws::apigatewayv2;

std::string text(const json::object& properties, std::string_view name) {
    return std::string(string_or(properties, name));
}

/// What both have in common: they belong to a route or an integration for good, and end with it.
class ResponseResource : public contracts::ResourceType {
  public:
    ResponseResource(contracts::Door& door, std::string_view owner, std::string_view id)
        : gateway_(door), owner_(owner), id_(id) {}

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext&, json::object properties) override {
        std::exception_ptr conflict;
        try {
            co_return made(co_await make(call, properties));
        } catch (const ConflictException&) {
            conflict = std::current_exception();
        }
        // A step that is repeated after a crash finds the response that its first try made.
        auto id = co_await find(call, properties);
        if (id.empty()) std::rethrow_exception(conflict);
        co_return made(std::move(id));
    }
    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"ApiId", owner_}) ||
               removed(before, after, {"ContentHandlingStrategy"});
    }
    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object before, json::object after) override {
        if (removed(before, after, {"ResponseTemplates"})) after["ResponseTemplates"] = json::object();
        if (removed(before, after, {"TemplateSelectionExpression"})) after["TemplateSelectionExpression"] = "";
        after[id_] = physical_id;
        co_await change(call, std::move(after));
        co_return made(std::move(physical_id));
    }
    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id,
                      json::object properties) override {
        try {
            co_await erase(call, text(properties, "ApiId"), text(properties, owner_), std::move(physical_id));
        } catch (const NotFoundException&) {
            // gone already, or what it belonged to is
        }
    }

  protected:
    virtual Task<std::string> make(Call& call, json::object properties) = 0;
    /// The id of the response with these properties' key, "" if there is none.
    virtual Task<std::string> find(Call& call, json::object properties) = 0;
    virtual Task<void> change(Call& call, json::object properties) = 0;
    virtual Task<void> erase(Call& call, std::string api_id, std::string owner_id, std::string id) = 0;
    Client gateway_;

  private:
    contracts::Resource made(std::string id) const {
        contracts::Resource resource;
        resource.attributes[id_] = id;
        resource.physical_id = std::move(id);
        return resource;
    }
    std::string_view owner_;
    std::string_view id_;
};

class RouteResponseResource final : public ResponseResource {
  public:
    explicit RouteResponseResource(contracts::Door& door) : ResponseResource(door, "RouteId", "RouteResponseId") {}
    std::string_view name() const override { return "AWS::ApiGatewayV2::RouteResponse"; }

  private:
    Task<std::string> make(Call& call, json::object properties) override {
        const auto response = co_await gateway_.create_route_response(
            call, request_of<CreateRouteResponseRequest>("CreateRouteResponse", properties));
        co_return response.RouteResponseId.value_or("");
    }
    Task<std::string> find(Call& call, json::object properties) override {
        GetRouteResponsesRequest request;
        request.ApiId = text(properties, "ApiId");
        request.RouteId = text(properties, "RouteId");
        const auto found = co_await gateway_.get_route_responses(call, std::move(request));
        for (const auto& each : found.Items.value_or(std::vector<RouteResponse>())) {
            if (each.RouteResponseKey == text(properties, "RouteResponseKey"))
                co_return each.RouteResponseId.value_or("");
        }
        co_return "";
    }
    Task<void> change(Call& call, json::object properties) override {
        co_await gateway_.update_route_response(
            call, request_of<UpdateRouteResponseRequest>("UpdateRouteResponse", properties));
    }
    Task<void> erase(Call& call, std::string api_id, std::string owner_id, std::string id) override {
        DeleteRouteResponseRequest request;
        request.ApiId = std::move(api_id);
        request.RouteId = std::move(owner_id);
        request.RouteResponseId = std::move(id);
        co_await gateway_.delete_route_response(call, std::move(request));
    }
};

class IntegrationResponseResource final : public ResponseResource {
  public:
    explicit IntegrationResponseResource(contracts::Door& door)
        : ResponseResource(door, "IntegrationId", "IntegrationResponseId") {}
    std::string_view name() const override { return "AWS::ApiGatewayV2::IntegrationResponse"; }

  private:
    Task<std::string> make(Call& call, json::object properties) override {
        const auto response = co_await gateway_.create_integration_response(
            call, request_of<CreateIntegrationResponseRequest>("CreateIntegrationResponse", properties));
        co_return response.IntegrationResponseId.value_or("");
    }
    Task<std::string> find(Call& call, json::object properties) override {
        GetIntegrationResponsesRequest request;
        request.ApiId = text(properties, "ApiId");
        request.IntegrationId = text(properties, "IntegrationId");
        const auto found = co_await gateway_.get_integration_responses(call, std::move(request));
        for (const auto& each : found.Items.value_or(std::vector<IntegrationResponse>())) {
            if (each.IntegrationResponseKey == text(properties, "IntegrationResponseKey"))
                co_return each.IntegrationResponseId.value_or("");
        }
        co_return "";
    }
    Task<void> change(Call& call, json::object properties) override {
        co_await gateway_.update_integration_response(
            call, request_of<UpdateIntegrationResponseRequest>("UpdateIntegrationResponse", properties));
    }
    Task<void> erase(Call& call, std::string api_id, std::string owner_id, std::string id) override {
        DeleteIntegrationResponseRequest request;
        request.ApiId = std::move(api_id);
        request.IntegrationId = std::move(owner_id);
        request.IntegrationResponseId = std::move(id);
        co_await gateway_.delete_integration_response(call, std::move(request));
    }
};

}  // namespace

std::vector<std::unique_ptr<contracts::ResourceType>> response_resources(contracts::Door& door) {
    std::vector<std::unique_ptr<contracts::ResourceType>> types;
    types.push_back(std::make_unique<RouteResponseResource>(door));
    types.push_back(std::make_unique<IntegrationResponseResource>(door));
    return types;
}

}  // namespace cumulet::apigatewayv2
