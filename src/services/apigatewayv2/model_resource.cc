// AWS::ApiGatewayV2::Model for CloudFormation.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-apigatewayv2-model.html

#include "services/apigatewayv2/resource_types.h"

namespace cumulet::apigatewayv2 {
namespace {

using namespace aws::apigatewayv2;

class ModelResource final : public PartOfApi {
  public:
    using PartOfApi::PartOfApi;
    std::string_view name() const override { return "AWS::ApiGatewayV2::Model"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext&, json::object properties) override {
        const auto request = request_of<CreateModelRequest>("CreateModel", with_schema_text(std::move(properties)));
        std::exception_ptr conflict;
        try {
            const auto made = co_await gateway_.create_model(call, request);
            co_return resource_of(made.ModelId.value_or(""), "ModelId");
        } catch (const ConflictException&) {
            conflict = std::current_exception();
        }
        // A step that is repeated after a crash finds the model that its first try made.
        const auto models = co_await gateway_.get_models(call, {.ApiId = request.ApiId});
        for (const auto& each : models.Items.value_or(std::vector<Model>())) {
            if (each.Name == request.Name && each.Schema == request.Schema)
                co_return resource_of(each.ModelId.value_or(""), "ModelId");
        }
        std::rethrow_exception(conflict);
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object before, json::object after) override {
        if (removed(before, after, {"Description"})) after["Description"] = "";
        if (removed(before, after, {"ContentType"})) after["ContentType"] = "application/json";
        after["ModelId"] = physical_id;
        co_await gateway_.update_model(
            call, request_of<UpdateModelRequest>("UpdateModel", with_schema_text(std::move(after))));
        co_return resource_of(std::move(physical_id), "ModelId");
    }

  private:
    /// Templates write the schema as a document, operations take its text.
    static json::object with_schema_text(json::object properties) {
        auto* schema = properties.if_contains("Schema");
        if (schema && !schema->is_string()) *schema = json::string(json::serialize(*schema));
        return properties;
    }
    Task<void> erase(Call& call, std::string api_id, std::string id) override {
        co_await gateway_.delete_model(call, {std::move(api_id), std::move(id)});
    }
};

}  // namespace

std::unique_ptr<contracts::ResourceType> model_resource(contracts::Door& door) {
    return std::make_unique<ModelResource>(door);
}

}  // namespace cumulet::apigatewayv2
