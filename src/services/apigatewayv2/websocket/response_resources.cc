// AWS::ApiGatewayV2::RouteResponse and IntegrationResponse for CloudFormation.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-apigatewayv2-routeresponse.html

#include "services/apigatewayv2/resource_types.h"

namespace cumulet::apigatewayv2 {
namespace {

using namespace aws::apigatewayv2;

/// What a template's RouteResponse is, by the operations' names.
struct OfRoute {
    static constexpr std::string_view type = "AWS::ApiGatewayV2::RouteResponse", owner = "RouteId",
                                      id = "RouteResponseId", key = "RouteResponseKey";

    static Task<std::string> make(Client gateway, Call& call, json::object properties) {
        const auto made = co_await gateway.create_route_response(
            call, request_of<CreateRouteResponseRequest>("CreateRouteResponse", properties));
        co_return made.RouteResponseId.value_or("");
    }
    static Task<std::vector<RouteResponse>> all(Client gateway, Call& call, json::object of) {
        auto found =
            co_await gateway.get_route_responses(call, request_of<GetRouteResponsesRequest>("GetRouteResponses", of));
        co_return found.Items.value_or(std::vector<RouteResponse>());
    }
    static bool has_key(const RouteResponse& response, std::string_view key) {
        return response.RouteResponseKey == key;
    }
    static std::string id_of(const RouteResponse& response) { return response.RouteResponseId.value_or(""); }
    static Task<void> change(Client gateway, Call& call, json::object properties) {
        co_await gateway.update_route_response(
            call, request_of<UpdateRouteResponseRequest>("UpdateRouteResponse", properties));
    }
    static Task<void> erase(Client gateway, Call& call, json::object of) {
        co_await gateway.delete_route_response(call, request_of<DeleteRouteResponseRequest>("DeleteRouteResponse", of));
    }
};

/// The same of an IntegrationResponse.
struct OfIntegration {
    static constexpr std::string_view type = "AWS::ApiGatewayV2::IntegrationResponse", owner = "IntegrationId",
                                      id = "IntegrationResponseId", key = "IntegrationResponseKey";

    static Task<std::string> make(Client gateway, Call& call, json::object properties) {
        const auto made = co_await gateway.create_integration_response(
            call, request_of<CreateIntegrationResponseRequest>("CreateIntegrationResponse", properties));
        co_return made.IntegrationResponseId.value_or("");
    }
    static Task<std::vector<IntegrationResponse>> all(Client gateway, Call& call, json::object of) {
        auto found = co_await gateway.get_integration_responses(
            call, request_of<GetIntegrationResponsesRequest>("GetIntegrationResponses", of));
        co_return found.Items.value_or(std::vector<IntegrationResponse>());
    }
    static bool has_key(const IntegrationResponse& response, std::string_view key) {
        return response.IntegrationResponseKey == key;
    }
    static std::string id_of(const IntegrationResponse& response) {
        return response.IntegrationResponseId.value_or("");
    }
    static Task<void> change(Client gateway, Call& call, json::object properties) {
        co_await gateway.update_integration_response(
            call, request_of<UpdateIntegrationResponseRequest>("UpdateIntegrationResponse", properties));
    }
    static Task<void> erase(Client gateway, Call& call, json::object of) {
        co_await gateway.delete_integration_response(
            call, request_of<DeleteIntegrationResponseRequest>("DeleteIntegrationResponse", of));
    }
};

/// A response belongs to a route or an integration for good, and ends with it.
template <typename Kind>
class ResponseResource final : public contracts::ResourceType {
  public:
    explicit ResponseResource(contracts::Door& door) : gateway_(door) {}
    std::string_view name() const override { return Kind::type; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext&, json::object properties) override {
        std::exception_ptr conflict;
        try {
            co_return made(co_await Kind::make(gateway_, call, properties));
        } catch (const ConflictException&) {
            conflict = std::current_exception();
        }
        // A step that is repeated after a crash finds the response that its first try made.
        for (const auto& each : co_await Kind::all(gateway_, call, owner_in(properties))) {
            if (Kind::has_key(each, string_or(properties, Kind::key))) co_return made(Kind::id_of(each));
        }
        std::rethrow_exception(conflict);
    }
    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"ApiId", Kind::owner}) ||
               removed(before, after, {"ContentHandlingStrategy"});
    }
    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object before, json::object after) override {
        for (const auto* map : {"ResponseModels", "ResponseParameters", "ResponseTemplates"}) {
            if (removed(before, after, {map})) after[map] = json::object();
        }
        for (const auto* text : {"ModelSelectionExpression", "TemplateSelectionExpression"}) {
            if (removed(before, after, {text})) after[text] = "";
        }
        after[Kind::id] = physical_id;
        co_await Kind::change(gateway_, call, std::move(after));
        co_return made(std::move(physical_id));
    }
    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id,
                      json::object properties) override {
        auto of = owner_in(properties);
        of[Kind::id] = std::move(physical_id);
        try {
            co_await Kind::erase(gateway_, call, std::move(of));
        } catch (const NotFoundException&) {
            // gone already, or what it belonged to is
        }
    }

  private:
    static json::object owner_in(const json::object& properties) {
        return {{"ApiId", string_or(properties, "ApiId")}, {Kind::owner, string_or(properties, Kind::owner)}};
    }
    static contracts::Resource made(std::string id) {
        contracts::Resource resource;
        resource.attributes[Kind::id] = id;
        resource.physical_id = std::move(id);
        return resource;
    }
    Client gateway_;
};

}  // namespace

std::vector<std::unique_ptr<contracts::ResourceType>> response_resources(contracts::Door& door) {
    std::vector<std::unique_ptr<contracts::ResourceType>> types;
    types.push_back(std::make_unique<ResponseResource<OfRoute>>(door));
    types.push_back(std::make_unique<ResponseResource<OfIntegration>>(door));
    return types;
}

}  // namespace cumulet::apigatewayv2
