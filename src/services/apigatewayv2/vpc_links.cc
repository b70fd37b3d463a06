// CreateVpcLink, GetVpcLink, GetVpcLinks, UpdateVpcLink, DeleteVpcLink. Links are recorded; integrations cannot use
// one. https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/vpclinks.html

#include "services/apigatewayv2/http_api.h"
#include "services/apigatewayv2/service.h"

namespace cumulet::apigatewayv2 {

using namespace aws::apigatewayv2;

namespace {

template <typename Answer>
Answer answer_of(const VpcLink& link) {
    Answer answer;
    answer.CreatedDate = link.CreatedDate;
    answer.Name = link.Name;
    answer.SecurityGroupIds = link.SecurityGroupIds;
    answer.SubnetIds = link.SubnetIds;
    answer.Tags = link.Tags;
    answer.VpcLinkId = link.VpcLinkId;
    answer.VpcLinkStatus = link.VpcLinkStatus;
    answer.VpcLinkStatusMessage = link.VpcLinkStatusMessage;
    answer.VpcLinkVersion = link.VpcLinkVersion;
    return answer;
}

/// Links belong to no API.
Place links_of(const Call& call) { return place_of(call, ""); }

Task<VpcLink> load_link(store::Transaction& tx, Place place, std::string id) {
    auto link = co_await find_item<VpcLink>(tx, std::move(place), id);
    if (!link) throw NotFoundException(fmt::format("Unable to find VpcLink with id {}", id));  // Unverified: the words
    co_return std::move(*link);
}

}  // namespace

Task<CreateVpcLinkResponse> Service::create_vpc_link(Call& call, CreateVpcLinkRequest request) {
    // Unverified: the words.
    if (request.SubnetIds.empty()) throw BadRequestException("SubnetIds must have at least one subnet");
    VpcLink link;
    link.CreatedDate = call.now();
    link.Name = request.Name;
    link.SecurityGroupIds = request.SecurityGroupIds.value_or(std::vector<std::string>());
    link.SubnetIds = request.SubnetIds;
    link.Tags = request.Tags;
    link.VpcLinkId = new_id(call.random(), 6);
    link.VpcLinkStatus = "AVAILABLE";
    link.VpcLinkStatusMessage = "VPC link is ready to route traffic";
    link.VpcLinkVersion = "V2";
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await check_room<VpcLink>(tx, links_of(call));
        save_item(tx, links_of(call), link);
    });
    co_return answer_of<CreateVpcLinkResponse>(link);
}

Task<GetVpcLinkResponse> Service::get_vpc_link(Call& call, GetVpcLinkRequest request) {
    const auto link = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<VpcLink> { return load_link(tx, links_of(call), request.VpcLinkId); });
    co_return answer_of<GetVpcLinkResponse>(link);
}

Task<GetVpcLinksResponse> Service::get_vpc_links(Call& call, GetVpcLinksRequest request) {
    auto all = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<std::vector<VpcLink>> { return all_items<VpcLink>(tx, links_of(call)); });
    auto page = page_of(std::move(all), request.MaxResults, request.NextToken);
    co_return GetVpcLinksResponse{.Items = std::move(page.items), .NextToken = std::move(page.next_token)};
}

Task<UpdateVpcLinkResponse> Service::update_vpc_link(Call& call, UpdateVpcLinkRequest request) {
    const auto updated = co_await store_.transact([&](store::Transaction& tx) -> Task<VpcLink> {
        auto link = co_await load_link(tx, links_of(call), request.VpcLinkId);
        if (request.Name) link.Name = *request.Name;
        save_item(tx, links_of(call), link);
        co_return link;
    });
    co_return answer_of<UpdateVpcLinkResponse>(updated);
}

Task<DeleteVpcLinkResponse> Service::delete_vpc_link(Call& call, DeleteVpcLinkRequest request) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_link(tx, links_of(call), request.VpcLinkId);
        erase_item<VpcLink>(tx, links_of(call), request.VpcLinkId);
    });
    co_return DeleteVpcLinkResponse{};
}

}  // namespace cumulet::apigatewayv2
