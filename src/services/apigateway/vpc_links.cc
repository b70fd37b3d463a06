// CreateVpcLink, GetVpcLink, GetVpcLinks, UpdateVpcLink, DeleteVpcLink. Links are recorded: what is behind one is
// reached as anything else is. https://docs.aws.amazon.com/apigateway/latest/api/API_CreateVpcLink.html

#include "services/apigateway/patch.h"
#include "services/apigateway/rest_api.h"
#include "services/apigateway/service.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

constexpr PatchRule rules[] = {{"/name", "replace"}, {"/description", "replace"}};
constexpr PatchTable table{rules};

/// "GET:abc123:prod" of each method that a stage serves through the link.
Task<std::vector<std::string>> uses_of(store::Transaction& tx, Place place, std::string id) {
    std::vector<std::string> uses;
    for (const auto& api : co_await all_items<RestApi>(tx, place)) {
        const Place of_api{place.account, place.region, *api.id};
        for (const auto& stage : co_await all_items<Stage>(tx, of_api)) {
            for (const auto& resource : (co_await read_definition(tx, of_api, *stage.deploymentId)).resources) {
                for (const auto& [name, method] : resource.resourceMethods.value_or(std::map<std::string, Method>())) {
                    if (method.methodIntegration && method.methodIntegration->connectionId == id)
                        uses.push_back(fmt::format("{}:{}:{}", name, *resource.id, *stage.stageName));
                }
            }
        }
    }
    co_return uses;
}

}  // namespace

Task<VpcLink> Service::create_vpc_link(Call& call, CreateVpcLinkRequest request) {
    if (request.targetArns.size() != 1)
        throw BadRequestException("VPC Links must have exactly one target ARN");  // Unverified: the words.
    VpcLink link;
    link.id = new_id(call.random(), 6);
    link.name = request.name;
    link.description = request.description;
    link.targetArns = request.targetArns;
    link.status = "AVAILABLE";
    link.tags = request.tags;
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await check_room<VpcLink>(tx, place_of(call));
        save_item(tx, place_of(call), link);
    });
    co_return link;
}

Task<VpcLink> Service::get_vpc_link(Call& call, GetVpcLinkRequest request) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<VpcLink> {
        return load_item<VpcLink>(tx, place_of(call), request.vpcLinkId);
    });
}

Task<VpcLinks> Service::get_vpc_links(Call& call, GetVpcLinksRequest request) {
    auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<Page<VpcLink>> {
        return list_items<VpcLink>(tx, place_of(call), request.limit, request.position);
    });
    co_return VpcLinks{.position = std::move(page.position), .items = std::move(page.items)};
}

Task<VpcLink> Service::update_vpc_link(Call& call, UpdateVpcLinkRequest request) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<VpcLink> {
        const auto before = co_await load_item<VpcLink>(tx, place_of(call), request.vpcLinkId);
        auto link = patched(before, "GetVpcLink", table, request.patchOperations);
        save_item(tx, place_of(call), link);
        co_return link;
    });
}

Task<DeleteVpcLinkResponse> Service::delete_vpc_link(Call& call, DeleteVpcLinkRequest request) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_item<VpcLink>(tx, place_of(call), request.vpcLinkId);
        if (const auto uses = co_await uses_of(tx, place_of(call), request.vpcLinkId); !uses.empty()) {
            throw BadRequestException(fmt::format(
                "Cannot delete vpc link. Vpc link '{}', is referenced in [{}] in format of [Method:Resource:Stage].",
                request.vpcLinkId, fmt::join(uses, ", ")));
        }
        erase_item<VpcLink>(tx, place_of(call), request.vpcLinkId);
    });
    co_return DeleteVpcLinkResponse{};
}

}  // namespace cumulet::apigateway
