// AWS::ApiGatewayV2::VpcLink for CloudFormation.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-apigatewayv2-vpclink.html

#include "services/apigatewayv2/resource_types.h"

namespace cumulet::apigatewayv2 {
namespace {

using namespace aws::apigatewayv2;

class VpcLinkResource final : public contracts::ResourceType {
  public:
    explicit VpcLinkResource(contracts::Door& door) : gateway_(door) {}
    std::string_view name() const override { return "AWS::ApiGatewayV2::VpcLink"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        // A step that is repeated after a crash finds the link that its first try made.
        std::optional<std::string> next;
        do {
            auto page = co_await gateway_.get_vpc_links(call, {.NextToken = next});
            for (const auto& each : page.Items.value_or(std::vector<VpcLink>())) {
                if (contracts::has_mark(each.Tags, context)) co_return resource_of(each.VpcLinkId, "VpcLinkId");
            }
            next = std::move(page.NextToken);
        } while (next);
        auto request = request_of<CreateVpcLinkRequest>("CreateVpcLink", without(properties, {"Tags"}));
        request.Tags = contracts::marked_tags(context, properties);
        const auto made = co_await gateway_.create_vpc_link(call, std::move(request));
        co_return resource_of(made.VpcLinkId.value_or(""), "VpcLinkId");
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"SubnetIds", "SecurityGroupIds"});
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                                     json::object, json::object after) override {
        UpdateVpcLinkRequest request;
        request.VpcLinkId = physical_id;
        request.Name = std::string(string_or(after, "Name"));
        co_await gateway_.update_vpc_link(call, std::move(request));
        co_await replace_tags(call, gateway_,
                              fmt::format("arn:aws:apigateway:{}::/vpclinks/{}", call.region, physical_id),
                              contracts::merged_tags(context, after));
        co_return resource_of(std::move(physical_id), "VpcLinkId");
    }

    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id, json::object) override {
        try {
            co_await gateway_.delete_vpc_link(call, {std::move(physical_id)});
        } catch (const NotFoundException&) {
            // gone already
        }
    }

  private:
    Client gateway_;
};

}  // namespace

std::unique_ptr<contracts::ResourceType> vpc_link_resource(contracts::Door& door) {
    return std::make_unique<VpcLinkResource>(door);
}

}  // namespace cumulet::apigatewayv2
