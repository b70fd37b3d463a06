// CreateDomainNameAccessAssociation, GetDomainNameAccessAssociations, DeleteDomainNameAccessAssociation,
// RejectDomainNameAccessAssociation: which endpoints of VPCs reach a private domain. They are recorded.
// https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDomainNameAccessAssociation.html

#include "contracts/domain_address.h"
#include "services/apigateway/rest_api.h"
#include "services/apigateway/service.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

/// The private domain of the caller's that an ARN names.
std::optional<contracts::DomainAddress> private_domain_of(const Call& call, const std::string& text) {
    const auto arn = Arn::parse(text);
    if (!arn || arn->account != call.account || arn->region != call.region) return std::nullopt;
    auto address = contracts::parse_domain_arn(text);
    return address && address->id ? std::move(address) : std::nullopt;
}

}  // namespace

Task<DomainNameAccessAssociation> Service::create_domain_name_access_association(
    Call& call, CreateDomainNameAccessAssociationRequest request) {
    // Unverified: the words, of all here.
    const auto domain = private_domain_of(call, request.domainNameArn);
    if (!domain)
        throw BadRequestException("Invalid domain name ARN specified. It must be that of a private domain name");
    if (!request.accessAssociationSource.starts_with("vpce-"))
        throw BadRequestException("Invalid access association source specified");
    co_await load_domain(call, domain->name, domain->id);
    DomainNameAccessAssociation association;
    association.domainNameAccessAssociationArn =
        call.arn("apigateway", fmt::format("/domainnameaccessassociations/domainname/{}+{}/vpcesource/{}", domain->name,
                                           *domain->id, request.accessAssociationSource));
    association.domainNameArn = request.domainNameArn;
    association.accessAssociationSourceType = request.accessAssociationSourceType;
    association.accessAssociationSource = request.accessAssociationSource;
    association.tags = request.tags;
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto arn = *association.domainNameAccessAssociationArn;
        if (co_await find_item<DomainNameAccessAssociation>(tx, place_of(call), arn))
            throw ConflictException("The domain name access association already exists");
        co_await check_room<DomainNameAccessAssociation>(tx, place_of(call));
        save_item(tx, place_of(call), association);
    });
    co_return association;
}

Task<DomainNameAccessAssociations> Service::get_domain_name_access_associations(
    Call& call, GetDomainNameAccessAssociationsRequest request) {
    // Nobody can share a domain with other accounts here.
    if (request.resourceOwner == "OTHER_ACCOUNTS") co_return DomainNameAccessAssociations{.items = {{}}};
    auto page = co_await store_.transact([&](store::Transaction& tx) -> Task<Page<DomainNameAccessAssociation>> {
        return list_items<DomainNameAccessAssociation>(tx, place_of(call), request.limit, request.position);
    });
    co_return DomainNameAccessAssociations{.position = std::move(page.position), .items = std::move(page.items)};
}

Task<DeleteDomainNameAccessAssociationResponse> Service::delete_domain_name_access_association(
    Call& call, DeleteDomainNameAccessAssociationRequest request) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto& arn = request.domainNameAccessAssociationArn;
        co_await load_item<DomainNameAccessAssociation>(tx, place_of(call), arn);
        erase_item<DomainNameAccessAssociation>(tx, place_of(call), arn);
    });
    co_return DeleteDomainNameAccessAssociationResponse{};
}

Task<RejectDomainNameAccessAssociationResponse> Service::reject_domain_name_access_association(
    Call& call, RejectDomainNameAccessAssociationRequest request) {
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto& arn = request.domainNameAccessAssociationArn;
        const auto association = co_await load_item<DomainNameAccessAssociation>(tx, place_of(call), arn);
        if (association.domainNameArn != request.domainNameArn)
            throw BadRequestException("The access association does not belong to the domain name");
        erase_item<DomainNameAccessAssociation>(tx, place_of(call), arn);
    });
    co_return RejectDomainNameAccessAssociationResponse{};
}

}  // namespace cumulet::apigateway
