// "Domain" of AWS::Serverless::Api, HttpApi and WebSocketApi: a custom domain, and what leads from there to the stage.

#include "services/cloudformation/sam/application.h"

namespace cumulet::cloudformation::sam {
namespace {

const json::object& domain_of(std::string_view id, const json::value& value) {
    const auto* domain = value.if_object();
    if (!domain) invalid(id, "Property 'Domain' should be a map.");
    only(id, *domain,
         {"DomainName", "CertificateArn", "BasePath", "NormalizeBasePath", "EndpointConfiguration", "SecurityPolicy",
          "MutualTlsAuthentication", "OwnershipVerificationCertificateArn", "Route53", "Policy", "AccessAssociation"});
    if (domain->contains("Route53")) invalid(id, "Cumulet does not implement Route53 of 'Domain'.");
    if (!domain->contains("DomainName") || !domain->contains("CertificateArn"))
        invalid(id, "Custom Domains only works if both DomainName and CertificateArn are provided.");
    return *domain;
}

/// The base paths as texts; none for the API as a whole.
std::vector<std::string> base_paths_of(std::string_view id, const json::object& domain) {
    std::vector<std::string> paths;
    const auto* given = domain.if_contains("BasePath");
    if (!given) return paths;
    const auto list = given->is_array() ? given->get_array() : json::array{*given};
    for (const auto& path : list) {
        if (!path.is_string()) invalid(id, "Property 'BasePath' should be a list of strings.");
        paths.emplace_back(path.get_string());
    }
    return paths;
}

/// The API's tags, where it passes them on.
json::array propagated_tags(const RestApi& api) {
    const auto* wanted = api.properties.if_contains("PropagateTags");
    const auto* tags = api.properties.if_contains("Tags");
    return wanted && *wanted == true && tags ? tag_list(tags->if_object(), "") : json::array();
}

std::string letters_and_digits(std::string text) {
    std::erase_if(text, [](unsigned char c) { return !isalnum(c); });
    return text;
}

std::string without_slashes(std::string_view path) {
    while (path.starts_with('/')) path.remove_prefix(1);
    while (path.ends_with('/')) path.remove_suffix(1);
    return std::string(path);
}

}  // namespace

void Application::write_rest_domain(const std::string& id, const RestApi& api, const std::string& stage_id) {
    const auto* given = api.properties.if_contains("Domain");
    if (!given) return;
    const auto& domain = domain_of(id, *given);
    const auto domain_id = "ApiGatewayDomainName" + content_suffix(domain.at("DomainName"));
    const auto* endpoint = domain.if_contains("EndpointConfiguration");
    const auto type = endpoint ? text_of(*endpoint).value_or("") : "REGIONAL";
    if (type != "EDGE" && type != "REGIONAL" && type != "PRIVATE")
        invalid(id, "EndpointConfiguration for Custom Domains must be one of ['EDGE', 'REGIONAL', 'PRIVATE'].");
    if (type == "PRIVATE") return write_private_domain(id, api, stage_id, domain);
    for (const auto name : {"Policy", "AccessAssociation"})
        if (domain.contains(name))
            invalid(id, "'{}' is only for domains whose EndpointConfiguration is PRIVATE.", name);
    json::object properties{{"EndpointConfiguration", json::object{{"Types", json::array{type}}}}};
    if (const auto tags = propagated_tags(api); !tags.empty()) properties["Tags"] = tags;
    properties[type == "REGIONAL" ? "RegionalCertificateArn" : "CertificateArn"] = domain.at("CertificateArn");
    copy(domain, properties,
         {"DomainName", "SecurityPolicy", "MutualTlsAuthentication", "OwnershipVerificationCertificateArn"});
    auto attributes = api.attributes;
    attributes.erase("Metadata");
    attributes.erase("DependsOn");
    if (!resources_.contains(domain_id))
        add(domain_id, "AWS::ApiGateway::DomainName", std::move(properties), attributes);

    const auto map = [&](const std::string& suffix, const std::string& base_path) {
        json::object mapping{{"DomainName", reference_to(domain_id)},
                             {"RestApiId", reference_to(id)},
                             {"Stage", reference_to(stage_id)}};
        if (!base_path.empty()) mapping["BasePath"] = base_path;
        add(id + suffix + "BasePathMapping", "AWS::ApiGateway::BasePathMapping", std::move(mapping), attributes);
    };
    const auto paths = base_paths_of(id, domain);
    if (paths.empty()) map("", "");
    const auto* normalize = domain.if_contains("NormalizeBasePath");
    const bool as_given = normalize && *normalize == false;
    for (const auto& path : paths) map(letters_and_digits(path), as_given ? path : letters_and_digits(path));
}

void Application::write_private_domain(const std::string& id, const RestApi& api, const std::string& stage_id,
                                       const json::object& domain) {
    const auto domain_id = "ApiGatewayDomainNameV2" + content_suffix(domain.at("DomainName"));
    json::object properties{{"EndpointConfiguration", json::object{{"Types", json::array{"PRIVATE"}}}}};
    copy(domain, properties, {"DomainName", "CertificateArn", "SecurityPolicy", "Policy"});
    if (const auto tags = propagated_tags(api); !tags.empty()) properties["Tags"] = tags;
    auto attributes = api.attributes;
    attributes.erase("Metadata");
    attributes.erase("DependsOn");
    if (!resources_.contains(domain_id))
        add(domain_id, "AWS::ApiGateway::DomainNameV2", std::move(properties), attributes);
    const auto arn = get_att(domain_id, "DomainNameArn");
    const auto* normalize = domain.if_contains("NormalizeBasePath");
    auto paths = base_paths_of(id, domain);
    if (paths.empty()) paths.emplace_back();
    for (const auto& path : paths) {
        const auto plain = letters_and_digits(path);
        json::object mapping{
            {"DomainNameArn", arn}, {"RestApiId", reference_to(id)}, {"Stage", reference_to(stage_id)}};
        if (!path.empty()) mapping["BasePath"] = normalize && *normalize == false ? path : plain;
        add(id + plain + "BasePathMapping", "AWS::ApiGateway::BasePathMappingV2", std::move(mapping), attributes);
    }
    const auto* access = domain.if_contains("AccessAssociation");
    if (!access) return;
    const auto* endpoint = find(*access, "VpcEndpointId");
    if (!endpoint) invalid(id, "AccessAssociation must have a VpcEndpointId.");
    json::object association{
        {"AccessAssociationSource", *endpoint}, {"AccessAssociationSourceType", "VPCE"}, {"DomainNameArn", arn}};
    add(id + "DomainNameAccessAssociation" + content_suffix(json::array{domain.at("DomainName"), *endpoint}),
        "AWS::ApiGateway::DomainNameAccessAssociation", std::move(association), attributes);
}

void Application::write_http_domain(const std::string& id, const HttpApi& api, const std::string& stage_id) {
    const auto* given = api.properties.if_contains("Domain");
    if (!given) return;
    json::object tags{{"httpapi:createdBy", "SAM"}};
    const auto* propagates = api.properties.if_contains("PropagateTags");
    const auto* own = api.properties.if_contains("Tags");
    if (propagates && *propagates == true && own) tags = merged(tags, *own).get_object();
    const auto& domain = domain_of(id, *given);
    for (const auto name : {"Policy", "AccessAssociation"})
        if (domain.contains(name)) invalid(id, "'{}' is not for custom domains of HTTP APIs.", name);
    write_domain(id, domain, stage_id, tags, api.attributes);
}

void Application::write_web_socket_domain(const std::string& id, const json::value& given, const std::string& stage_id,
                                          const json::object& tags, const json::object& attributes) {
    const auto& domain = domain_of(id, given);
    only(id, domain,
         {"DomainName", "CertificateArn", "BasePath", "EndpointConfiguration", "SecurityPolicy", "Route53"});
    write_domain(id, domain, stage_id, tags, attributes);
}

void Application::write_domain(const std::string& id, const json::object& domain, const std::string& stage_id,
                               const json::object& tags, json::object attributes) {
    const auto domain_id = "ApiGatewayDomainNameV2" + content_suffix(domain.at("DomainName"));
    const auto* endpoint = domain.if_contains("EndpointConfiguration");
    if (endpoint && text_of(*endpoint) != "REGIONAL")
        invalid(id, "EndpointConfiguration for Custom Domains must be one of ['REGIONAL'].");
    json::object configuration{{"CertificateArn", domain.at("CertificateArn")}, {"EndpointType", "REGIONAL"}};
    copy(domain, configuration, {"SecurityPolicy", "OwnershipVerificationCertificateArn"});
    json::object properties{{"DomainName", domain.at("DomainName")},
                            {"DomainNameConfigurations", json::array{std::move(configuration)}},
                            {"Tags", tags}};
    copy(domain, properties, {"MutualTlsAuthentication"});
    attributes.erase("Metadata");
    attributes.erase("DependsOn");
    if (!resources_.contains(domain_id))
        add(domain_id, "AWS::ApiGatewayV2::DomainName", std::move(properties), attributes);

    const auto map = [&](const std::string& suffix, const std::string& key) {
        json::object mapping{
            {"DomainName", reference_to(domain_id)}, {"ApiId", reference_to(id)}, {"Stage", reference_to(stage_id)}};
        if (!key.empty()) mapping["ApiMappingKey"] = key;
        add(id + suffix + "ApiMapping", "AWS::ApiGatewayV2::ApiMapping", std::move(mapping), attributes);
    };
    const auto paths = base_paths_of(id, domain);
    if (paths.empty()) map("", "");
    for (const auto& path : paths) map(letters_and_digits(path), without_slashes(path));
}

}  // namespace cumulet::cloudformation::sam
