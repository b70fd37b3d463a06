// CreateDomainName, GetDomainName, GetDomainNames, UpdateDomainName, DeleteDomainName.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/domainnames.html

#include "services/apigatewayv2/domains/domain.h"
#include "services/apigatewayv2/service.h"

namespace cumulet::apigatewayv2 {

using namespace aws::apigatewayv2;

namespace {

using Settings = aws::apigateway::DomainName;
using Configurations = std::vector<DomainNameConfiguration>;

constexpr std::pair<std::string_view, std::string_view> routing_modes[] = {
    {"API_MAPPING_ONLY", "BASE_PATH_MAPPING_ONLY"},
    {"ROUTING_RULE_ONLY", "ROUTING_RULE_ONLY"},
    {"ROUTING_RULE_THEN_API_MAPPING", "ROUTING_RULE_THEN_BASE_PATH_MAPPING"},
};

std::string kept_mode(std::string_view mode) {
    return std::string(std::ranges::find(routing_modes, mode, [](const auto& pair) { return pair.first; })->second);
}
std::string shown_mode(std::string_view mode) {
    return std::string(std::ranges::find(routing_modes, mode, [](const auto& pair) { return pair.second; })->first);
}

void take_configuration(const DomainNameConfiguration& given, Settings& settings) {
    const auto type = given.EndpointType.value_or("REGIONAL");
    settings.endpointConfiguration->types->push_back(type);
    auto& arn = type == "EDGE" ? settings.certificateArn : settings.regionalCertificateArn;
    auto& name = type == "EDGE" ? settings.certificateName : settings.regionalCertificateName;
    if (given.CertificateArn) arn = given.CertificateArn;
    if (given.CertificateName) name = given.CertificateName;
    if (given.IpAddressType) settings.endpointConfiguration->ipAddressType = given.IpAddressType;
    if (given.SecurityPolicy) settings.securityPolicy = given.SecurityPolicy;
    if (given.OwnershipVerificationCertificateArn)
        settings.ownershipVerificationCertificateArn = given.OwnershipVerificationCertificateArn;
}

/// Takes over what a request says; what it does not say stays.
template <typename Request>
void take_over(const Request& request, Settings& settings) {
    if (request.DomainNameConfigurations && !request.DomainNameConfigurations->empty()) {
        // Unverified: the words.
        if (request.DomainNameConfigurations->size() > 2)
            throw BadRequestException("Only two DomainNameConfigurations can be given");
        if (!settings.endpointConfiguration) settings.endpointConfiguration.emplace();
        settings.endpointConfiguration->types.emplace();
        for (const auto& each : *request.DomainNameConfigurations) take_configuration(each, settings);
    }
    if (request.RoutingMode) settings.routingMode = kept_mode(*request.RoutingMode);
    if (!request.MutualTlsAuthentication) return;
    auto& mutual = settings.mutualTlsAuthentication ? *settings.mutualTlsAuthentication
                                                    : settings.mutualTlsAuthentication.emplace();
    if (request.MutualTlsAuthentication->TruststoreUri)
        mutual.truststoreUri = request.MutualTlsAuthentication->TruststoreUri;
    if (request.MutualTlsAuthentication->TruststoreVersion)
        mutual.truststoreVersion = request.MutualTlsAuthentication->TruststoreVersion;
}

void check(const Settings& settings) {
    if (auto reason = contracts::refuse_domain(settings)) throw BadRequestException(std::move(*reason));
}

DomainNameConfiguration configuration_of(const Settings& settings, const std::string& type) {
    const bool edge = type == "EDGE";
    DomainNameConfiguration configuration;
    configuration.ApiGatewayDomainName = edge ? settings.distributionDomainName : settings.regionalDomainName;
    configuration.CertificateArn = edge ? settings.certificateArn : settings.regionalCertificateArn;
    configuration.CertificateName = edge ? settings.certificateName : settings.regionalCertificateName;
    configuration.CertificateUploadDate = settings.certificateUploadDate;
    configuration.DomainNameStatus = settings.domainNameStatus;
    configuration.DomainNameStatusMessage = settings.domainNameStatusMessage;
    configuration.EndpointType = type;
    configuration.HostedZoneId = edge ? settings.distributionHostedZoneId : settings.regionalHostedZoneId;
    configuration.IpAddressType = settings.endpointConfiguration->ipAddressType;
    configuration.SecurityPolicy = settings.securityPolicy;
    configuration.OwnershipVerificationCertificateArn = settings.ownershipVerificationCertificateArn;
    return configuration;
}

template <typename Answer>
Answer answer_of(const Settings& settings) {
    Answer answer;
    answer.ApiMappingSelectionExpression = "$request.basepath";
    if constexpr (requires { answer.DomainName_; }) {
        answer.DomainName_ = *settings.domainName;
    } else {
        answer.DomainName = *settings.domainName;
    }
    answer.DomainNameArn = settings.domainNameArn;
    Configurations configurations;
    for (const auto& type : *settings.endpointConfiguration->types)
        configurations.push_back(configuration_of(settings, type));
    answer.DomainNameConfigurations = std::move(configurations);
    if (settings.mutualTlsAuthentication) {
        const auto& mutual = *settings.mutualTlsAuthentication;
        answer.MutualTlsAuthentication = MutualTlsAuthentication{.TruststoreUri = mutual.truststoreUri,
                                                                 .TruststoreVersion = mutual.truststoreVersion,
                                                                 .TruststoreWarnings = mutual.truststoreWarnings};
    }
    answer.RoutingMode = shown_mode(settings.routingMode.value_or("BASE_PATH_MAPPING_ONLY"));
    answer.Tags = settings.tags;
    return answer;
}

}  // namespace

Task<CreateDomainNameResponse> Service::create_domain_name(Call& call, CreateDomainNameRequest request) {
    if (auto reason = contracts::refuse_domain_name(request.DomainName)) throw BadRequestException(std::move(*reason));
    // Unverified: the words.
    if (!request.DomainNameConfigurations || request.DomainNameConfigurations->empty())
        throw BadRequestException("DomainNameConfigurations must be provided");
    ApiDomain domain;
    domain.settings.domainName = request.DomainName;
    domain.settings.tags = request.Tags;
    take_over(request, domain.settings);
    check(domain.settings);
    contracts::settle_domain(call, domain.settings);
    co_await domains_.find_truststore(call, domain);
    // Unverified: the words.
    if ((co_await domains_.list(call)).size() >= contracts::ApiDomains::most_domains)
        throw TooManyRequestsException("Maximum number of domain names for this account has been reached");
    if (!co_await domains_.create(call, domain))
        throw ConflictException("The domain name you provided already exists.");
    co_return answer_of<CreateDomainNameResponse>(domain.settings);
}

Task<ApiDomain> Service::load_domain(Call& call, std::string name) {
    auto domain = co_await domains_.find(call, std::move(name));
    if (!domain) throw NotFoundException("Invalid domain name identifier specified");
    co_return std::move(*domain);
}

Task<ApiDomain> Service::edit_domain(Call& call, std::string name, contracts::ApiDomains::Change change) {
    auto domain = co_await domains_.edit(call, std::move(name), std::move(change));
    if (!domain) throw NotFoundException("Invalid domain name identifier specified");
    co_return std::move(*domain);
}

Task<GetDomainNameResponse> Service::get_domain_name(Call& call, GetDomainNameRequest request) {
    co_return answer_of<GetDomainNameResponse>((co_await load_domain(call, request.DomainName)).settings);
}

Task<GetDomainNamesResponse> Service::get_domain_names(Call& call, GetDomainNamesRequest request) {
    std::vector<DomainName> all;
    for (const auto& domain : co_await domains_.list(call)) {
        if (!contracts::has_type(domain.settings, "PRIVATE")) all.push_back(answer_of<DomainName>(domain.settings));
    }
    auto page = page_of(std::move(all), request.MaxResults, request.NextToken);
    co_return GetDomainNamesResponse{.Items = std::move(page.items), .NextToken = std::move(page.next_token)};
}

Task<UpdateDomainNameResponse> Service::update_domain_name(Call& call, UpdateDomainNameRequest request) {
    auto wanted = co_await load_domain(call, request.DomainName);
    take_over(request, wanted.settings);
    if (request.MutualTlsAuthentication) co_await domains_.find_truststore(call, wanted);
    check(wanted.settings);
    contracts::settle_domain(call, wanted.settings);
    const auto updated = co_await edit_domain(call, request.DomainName, [&](ApiDomain& domain) {
        domain.settings = wanted.settings;
        domain.truststore = wanted.truststore;
    });
    co_return answer_of<UpdateDomainNameResponse>(updated.settings);
}

Task<DeleteDomainNameResponse> Service::delete_domain_name(Call& call, DeleteDomainNameRequest request) {
    if (!co_await domains_.erase(call, request.DomainName))
        throw NotFoundException("Invalid domain name identifier specified");
    co_return DeleteDomainNameResponse{};
}

}  // namespace cumulet::apigatewayv2
