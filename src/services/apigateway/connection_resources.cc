// AWS::ApiGateway::ClientCertificate and VpcLink for CloudFormation: what APIs reach their endpoints with.

#include "services/apigateway/resource_types.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

class ClientCertificateResource final : public contracts::ResourceType {
  public:
    explicit ClientCertificateResource(contracts::Door& door) : gateway_(door) {}
    std::string_view name() const override { return "AWS::ApiGateway::ClientCertificate"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        std::optional<std::string> position;
        do {  // a step that is repeated after a crash finds the certificate that its first try made
            auto page = co_await gateway_.get_client_certificates(call, {.position = position, .limit = 500});
            for (const auto& each : *page.items)
                if (contracts::has_mark(each.tags, context)) co_return described(*each.clientCertificateId);
            position = std::move(page.position);
        } while (position);
        auto request =
            request_of<GenerateClientCertificateRequest>("GenerateClientCertificate", without(properties, {"Tags"}));
        request.tags = contracts::marked_tags(context, properties);
        const auto made = co_await gateway_.generate_client_certificate(call, std::move(request));
        co_return described(*made.clientCertificateId);
    }
    bool needs_replacement(const json::object&, const json::object&) const override { return false; }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                                     json::object before, json::object after) override {
        UpdateClientCertificateRequest request{.clientCertificateId = physical_id};
        request.patchOperations = patches_for(before, after, {{"Description", "/description"}});
        co_await gateway_.update_client_certificate(call, std::move(request));
        co_await replace_tags(call, gateway_, "/clientcertificates/" + physical_id,
                              contracts::merged_tags(context, after));
        co_return described(std::move(physical_id));
    }
    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id, json::object) override {
        try {
            co_await gateway_.delete_client_certificate(call, {std::move(physical_id)});
        } catch (const NotFoundException&) {
            // gone already
        }
    }

  private:
    static contracts::Resource described(std::string id) { return resource_with(std::move(id), "ClientCertificateId"); }
    Client gateway_;
};

class VpcLinkResource final : public contracts::ResourceType {
  public:
    explicit VpcLinkResource(contracts::Door& door) : gateway_(door) {}
    std::string_view name() const override { return "AWS::ApiGateway::VpcLink"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        std::optional<std::string> position;
        do {  // a step that is repeated after a crash finds the link that its first try made
            auto page = co_await gateway_.get_vpc_links(call, {.position = position, .limit = 500});
            for (const auto& each : *page.items)
                if (contracts::has_mark(each.tags, context)) co_return resource_with(*each.id, "VpcLinkId");
            position = std::move(page.position);
        } while (position);
        auto request = request_of<CreateVpcLinkRequest>("CreateVpcLink", without(properties, {"Tags"}));
        request.tags = contracts::marked_tags(context, properties);
        co_return resource_with(*(co_await gateway_.create_vpc_link(call, std::move(request))).id, "VpcLinkId");
    }
    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"TargetArns"});
    }
    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                                     json::object before, json::object after) override {
        UpdateVpcLinkRequest request{.vpcLinkId = physical_id};
        request.patchOperations = patches_for(before, after, {{"Name", "/name"}, {"Description", "/description"}});
        co_await gateway_.update_vpc_link(call, std::move(request));
        co_await replace_tags(call, gateway_, "/vpclinks/" + physical_id, contracts::merged_tags(context, after));
        co_return resource_with(std::move(physical_id), "VpcLinkId");
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

void add_connection_types(Types& types, contracts::Door& door) {
    types.push_back(std::make_unique<ClientCertificateResource>(door));
    types.push_back(std::make_unique<VpcLinkResource>(door));
}

}  // namespace cumulet::apigateway
