#include "contracts/api_domains.h"

#include "contracts/execute_api.h"

namespace cumulet::contracts {
namespace {

constexpr std::string_view lower_letters_and_digits = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view distribution_zone = "Z2FDTNDATAQYW2";

/// The hosted zones of regional endpoints, which aliases in DNS name.
/// https://docs.aws.amazon.com/general/latest/gr/apigateway.html
std::string_view regional_zone(std::string_view region) {
    static constexpr std::pair<std::string_view, std::string_view> zones[] = {
        {"us-east-1", "Z1UJRXOUMOOFQ8"},      {"us-east-2", "ZOJJZC49E0EPZ"},       {"us-west-1", "Z2MUQ32089INYE"},
        {"us-west-2", "Z2OJLYMUO9EFXC"},      {"eu-west-1", "ZLY8HYME6SFDD"},       {"eu-west-2", "ZJ5UAJN8Y3Z2Q"},
        {"eu-central-1", "Z1U9ULNL0V5AJ3"},   {"ap-northeast-1", "Z1YSHQZHG15GKL"}, {"ap-southeast-1", "ZL327KTPIQFUL"},
        {"ap-southeast-2", "Z2RPCDW04V8134"},
    };
    const auto found = std::ranges::find(zones, region, [](const auto& zone) { return zone.first; });
    return found == std::end(zones) ? zones[0].second : found->second;
}

bool fits_label(std::string_view label) {
    return !label.empty() && label.size() <= 63 && !label.starts_with('-') && !label.ends_with('-') &&
           std::ranges::all_of(
               label, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
}

}  // namespace

// Unverified: the words, of all refusals.
std::optional<std::string> refuse_domain_name(std::string_view name) {
    if (std::ranges::any_of(name, [](char c) { return c >= 'A' && c <= 'Z'; }))
        return "Domain name cannot contain uppercase letters";
    auto rest = name;
    if (rest.starts_with("*.")) rest.remove_prefix(2);
    const bool reserved = rest == "amazonaws.com" || rest.ends_with(".amazonaws.com") ||
                          rest == "localhost.localstack.cloud" || rest.ends_with(".execute-api");
    size_t labels = 0;
    while (!rest.empty() && labels < 128) {
        const auto dot = rest.find('.');
        if (!fits_label(rest.substr(0, dot))) return "Invalid domain name specified";
        rest.remove_prefix(dot == std::string_view::npos ? rest.size() : dot + 1);
        ++labels;
    }
    if (reserved || labels < 2 || name.size() > 253 || name.ends_with('.')) return "Invalid domain name specified";
    return std::nullopt;
}

bool has_type(const aws::apigateway::DomainName& settings, std::string_view type) {
    const auto& types = settings.endpointConfiguration->types;
    return types && std::ranges::find(*types, type) != types->end();
}

std::optional<std::string> refuse_domain(const aws::apigateway::DomainName& settings) {
    for (const auto& type : *settings.endpointConfiguration->types) {
        if (type != "EDGE" && type != "REGIONAL" && type != "PRIVATE") return "Invalid endpoint type: " + type;
    }
    const bool regional = has_type(settings, "REGIONAL");
    const auto given = [](const std::optional<std::string>& text) { return text && !text->empty(); };
    if (regional && !given(settings.regionalCertificateArn) && !given(settings.regionalCertificateName))
        return "A regional certificate ARN must be provided for REGIONAL endpoints";
    if (!regional && !given(settings.certificateArn) && !given(settings.certificateName))
        return "A certificate ARN must be provided";
    for (const auto* arn :
         {&settings.certificateArn, &settings.regionalCertificateArn, &settings.ownershipVerificationCertificateArn}) {
        if (given(*arn) && !Arn::parse(**arn)) return "Invalid certificate ARN: " + **arn;
    }
    if (settings.mutualTlsAuthentication && !regional) return "Mutual TLS is only supported for REGIONAL endpoints";
    if (settings.domainName->starts_with("*.") && has_type(settings, "PRIVATE"))
        return "Wildcard domain names cannot be private";
    return std::nullopt;
}

void settle_domain(Call& call, aws::apigateway::DomainName& settings) {
    const auto target = [&] { return call.random().text(10, lower_letters_and_digits); };
    if (has_type(settings, "REGIONAL") && !settings.regionalDomainName) {
        settings.regionalDomainName = api_domain_name(call, "d-" + target());
        settings.regionalHostedZoneId = std::string(regional_zone(call.region));
    }
    if (has_type(settings, "EDGE") && !settings.distributionDomainName) {
        settings.distributionDomainName = fmt::format("d{}.cloudfront.net", target());
        settings.distributionHostedZoneId = std::string(distribution_zone);
    }
    const bool is_private = has_type(settings, "PRIVATE");
    if (is_private && !settings.domainNameId) settings.domainNameId = target();
    settings.domainNameArn =
        is_private ? fmt::format("arn:aws:apigateway:{}:{}:/domainnames/{}+{}", call.region, call.account,
                                 *settings.domainName, *settings.domainNameId)
                   : fmt::format("arn:aws:apigateway:{}::/domainnames/{}", call.region, *settings.domainName);
    settings.domainNameStatus = "AVAILABLE";
    if (!settings.certificateUploadDate) settings.certificateUploadDate = call.now();
    if (!settings.securityPolicy) settings.securityPolicy = "TLS_1_2";
    if (!settings.routingMode) settings.routingMode = "BASE_PATH_MAPPING_ONLY";
    if (!settings.endpointConfiguration->ipAddressType)
        settings.endpointConfiguration->ipAddressType = is_private ? "dualstack" : "ipv4";
}

Task<void> ApiDomains::find_truststore(Call& call, ApiDomain& domain) {
    auto& settings = domain.settings.mutualTlsAuthentication;
    if (settings && settings->truststoreUri.value_or("").empty()) settings.reset();
    domain.truststore = "";
    if (!settings) co_return;
    if (settings->truststoreVersion && settings->truststoreVersion->empty()) settings->truststoreVersion.reset();
    auto truststore = co_await read_truststore(call, *settings->truststoreUri, settings->truststoreVersion);
    settings->truststoreWarnings.reset();
    if (!truststore.warnings.empty()) settings->truststoreWarnings = std::move(truststore.warnings);
    domain.truststore = std::move(truststore.certificates_pem);
}

}  // namespace cumulet::contracts
