// AWS::ApiGateway::Method for CloudFormation: a method with its responses, its integration and the responses of that.

#include "services/apigateway/resource_types.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

struct MethodName {
    std::string api_id;
    std::string resource_id;
    std::string http_method;
};

MethodName name_of(const json::object& properties) {
    return {text_of(properties, "RestApiId"), text_of(properties, "ResourceId"), text_of(properties, "HttpMethod")};
}

/// Properties of what belongs to the method.
json::object belonging(const json::object& own, const json::object& properties) {
    auto all = own;
    for (const auto* name : {"RestApiId", "ResourceId", "HttpMethod"}) all[name] = properties.at(name);
    return all;
}

std::vector<json::object> objects_in(const json::object& properties, std::string_view name) {
    std::vector<json::object> objects;
    const auto* list = properties.if_contains(name);
    if (!list || !list->is_array()) return objects;
    for (const auto& each : list->as_array())
        if (each.is_object()) objects.push_back(each.as_object());
    return objects;
}

class MethodResource final : public contracts::ResourceType {
  public:
    explicit MethodResource(contracts::Door& door) : gateway_(door) {}
    std::string_view name() const override { return "AWS::ApiGateway::Method"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext&, json::object properties) override {
        co_await erase(call, name_of(properties));  // what a first try left
        if (!properties.contains("AuthorizationType")) properties["AuthorizationType"] = "NONE";
        co_await gateway_.put_method(
            call, request_of<PutMethodRequest>("PutMethod", without(properties, {"Integration", "MethodResponses"})));
        for (const auto& response : objects_in(properties, "MethodResponses"))
            co_await gateway_.put_method_response(
                call, request_of<PutMethodResponseRequest>("PutMethodResponse", belonging(response, properties)));
        if (const auto* integration = properties.if_contains("Integration"); integration && integration->is_object())
            co_await put_integration(call, integration->as_object(), properties);
        const auto name = name_of(properties);
        co_return resource_with(fmt::format("{}|{}|{}", name.api_id, name.resource_id, name.http_method));
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"RestApiId", "ResourceId", "HttpMethod"});
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string, json::object,
                                     json::object after) override {
        co_return co_await create(call, context, std::move(after));
    }

    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string, json::object properties) override {
        co_await erase(call, name_of(properties));
    }

  private:
    Task<void> put_integration(Call& call, json::object integration, json::object properties) {
        co_await gateway_.put_integration(
            call, request_of<PutIntegrationRequest>(
                      "PutIntegration", belonging(without(integration, {"IntegrationResponses"}), properties)));
        for (const auto& response : objects_in(integration, "IntegrationResponses"))
            co_await gateway_.put_integration_response(
                call,
                request_of<PutIntegrationResponseRequest>("PutIntegrationResponse", belonging(response, properties)));
    }

    Task<void> erase(Call& call, MethodName name) {
        try {
            co_await gateway_.delete_method(call, {name.api_id, name.resource_id, name.http_method});
        } catch (const NotFoundException&) {
            // there is none, or its API is gone
        }
    }

    Client gateway_;
};

}  // namespace

void add_method_type(Types& types, contracts::Door& door) { types.push_back(std::make_unique<MethodResource>(door)); }

}  // namespace cumulet::apigateway
