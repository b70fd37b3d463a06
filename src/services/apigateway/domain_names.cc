// CreateDomainName, GetDomainName, GetDomainNames, UpdateDomainName, DeleteDomainName. HTTP APIs have the same domains.
// https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDomainName.html

#include "services/apigateway/patch.h"
#include "services/apigateway/rest_api.h"
#include "services/apigateway/service.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;
using contracts::ApiDomain;

namespace {

constexpr PatchRule rules[] = {
    {"/certificateName", "replace"},
    {"/certificateArn", "replace"},
    {"/regionalCertificateName", "replace"},
    {"/regionalCertificateArn", "replace"},
    {"/ownershipVerificationCertificateArn", "replace"},
    {"/endpointConfiguration/types/{type}", "add remove replace", Patched::named_element},
    {"/endpointConfiguration/ipAddressType", "replace"},
    {"/securityPolicy", "replace"},
    {"/endpointAccessMode", "replace"},
    {"/mutualTlsAuthentication/truststoreUri", "add remove replace"},
    {"/mutualTlsAuthentication/truststoreVersion", "add remove replace"},
    {"/policy", "replace"},
    {"/managementPolicy", "replace"},
    {"/routingMode", "replace"},
};
constexpr PatchTable table{rules};

DomainName settings_of(const CreateDomainNameRequest& request) {
    DomainName settings;
    settings.domainName = request.domainName;
    settings.certificateName = request.certificateName;
    settings.certificateArn = request.certificateArn;
    settings.regionalCertificateName = request.regionalCertificateName;
    settings.regionalCertificateArn = request.regionalCertificateArn;
    settings.endpointConfiguration = request.endpointConfiguration.value_or(EndpointConfiguration());
    auto& types = settings.endpointConfiguration->types;
    if (!types || types->empty()) types = {"EDGE"};
    settings.tags = request.tags;
    settings.securityPolicy = request.securityPolicy;
    settings.endpointAccessMode = request.endpointAccessMode;
    settings.ownershipVerificationCertificateArn = request.ownershipVerificationCertificateArn;
    settings.policy = request.policy;
    settings.routingMode = request.routingMode;
    if (request.mutualTlsAuthentication) {
        auto& mutual = settings.mutualTlsAuthentication.emplace();
        mutual.truststoreUri = request.mutualTlsAuthentication->truststoreUri;
        mutual.truststoreVersion = request.mutualTlsAuthentication->truststoreVersion;
    }
    return settings;
}

void check(const DomainName& settings) {
    if (auto reason = contracts::refuse_domain(settings)) throw BadRequestException(std::move(*reason));
    // Policies decide which endpoints of a VPC may reach a private domain, and there are none here.
    if (!settings.policy.value_or("").empty()) throw unsupported("policy of a domain name");
    if (!settings.managementPolicy.value_or("").empty()) throw unsupported("managementPolicy of a domain name");
}

bool touches_truststore(const Patches& patches) {
    return patches && std::ranges::any_of(*patches, [](const PatchOperation& patch) {
               return patch.path.value_or("").starts_with("/mutualTlsAuthentication/");
           });
}

}  // namespace

Task<DomainName> Service::create_domain_name(Call& call, CreateDomainNameRequest request) {
    if (request.certificateBody || request.certificatePrivateKey || request.certificateChain)
        throw unsupported("uploaded certificates of domain names");
    if (auto reason = contracts::refuse_domain_name(request.domainName)) throw BadRequestException(std::move(*reason));
    ApiDomain domain;
    domain.settings = settings_of(request);
    check(domain.settings);
    contracts::settle_domain(call, domain.settings);
    co_await domains_->find_truststore(call, domain);
    // Unverified: the words.
    if ((co_await domains_->list(call)).size() >= contracts::ApiDomains::most_domains)
        throw LimitExceededException("Maximum number of domain names for this account has been reached");
    if (!co_await domains_->create(call, domain))
        throw BadRequestException("The domain name you provided already exists.");
    co_return domain.settings;
}

Task<ApiDomain> Service::load_domain(Call& call, std::string name, std::optional<std::string> id) {
    auto domain = co_await domains_->find(call, std::move(name));
    if (!domain || domain->settings.domainNameId.value_or("") != id.value_or(""))
        throw NotFoundException("Invalid domain name identifier specified");
    co_return std::move(*domain);
}

Task<ApiDomain> Service::edit_domain(Call& call, std::string name, std::optional<std::string> id,
                                     contracts::ApiDomains::Change change) {
    co_await load_domain(call, name, std::move(id));
    auto domain = co_await domains_->edit(call, std::move(name), std::move(change));
    if (!domain) throw NotFoundException("Invalid domain name identifier specified");
    co_return std::move(*domain);
}

Task<DomainName> Service::get_domain_name(Call& call, GetDomainNameRequest request) {
    co_return (co_await load_domain(call, request.domainName, request.domainNameId)).settings;
}

Task<DomainNames> Service::get_domain_names(Call& call, GetDomainNamesRequest request) {
    std::vector<DomainName> all;
    // Nobody can share a domain with other accounts here.
    if (request.resourceOwner.value_or("SELF") == "SELF") {
        for (auto& domain : co_await domains_->list(call)) all.push_back(std::move(domain.settings));
    }
    auto page = page_of(std::move(all), request.limit, request.position);
    co_return DomainNames{.position = std::move(page.position), .items = std::move(page.items)};
}

Task<DomainName> Service::update_domain_name(Call& call, UpdateDomainNameRequest request) {
    auto wanted = co_await load_domain(call, request.domainName, request.domainNameId);
    wanted.settings = patched(wanted.settings, "GetDomainName", table, request.patchOperations);
    if (touches_truststore(request.patchOperations)) co_await domains_->find_truststore(call, wanted);
    check(wanted.settings);
    contracts::settle_domain(call, wanted.settings);
    const auto updated = co_await edit_domain(call, request.domainName, request.domainNameId, [&](ApiDomain& domain) {
        domain.settings = wanted.settings;
        domain.truststore = wanted.truststore;
    });
    co_return updated.settings;
}

Task<DeleteDomainNameResponse> Service::delete_domain_name(Call& call, DeleteDomainNameRequest request) {
    co_await load_domain(call, request.domainName, request.domainNameId);
    co_await domains_->erase(call, request.domainName);
    co_return DeleteDomainNameResponse{};
}

Task<void> Service::check_unmapped(Call& call, std::string api_id, std::optional<std::string> stage) {
    if (!domains_) co_return;
    const auto names = co_await domains_->mapped_to(call, api_id, stage);
    if (names.empty()) co_return;
    const auto listed = fmt::format("{}", fmt::join(names, ", "));
    if (!stage) {
        throw BadRequestException(fmt::format(
            "Deleting RestApi {} failed. Please remove all base path mappings related to the RestApi in your domains: "
            "{}.",
            api_id, listed));
    }
    // Unverified: the words.
    throw BadRequestException(fmt::format(
        "Deleting Stage {} failed. Please remove all base path mappings related to the Stage in your domains: {}.",
        *stage, listed));
}

}  // namespace cumulet::apigateway
