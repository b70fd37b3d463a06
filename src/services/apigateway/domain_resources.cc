// AWS::ApiGateway::DomainName and BasePathMapping for CloudFormation.

#include "services/apigateway/resource_types.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

contracts::Resource described(const DomainName& domain) {
    contracts::Resource resource{.physical_id = *domain.domainName, .attributes = {}};
    const std::pair<std::string_view, std::optional<std::string>> attributes[] = {
        {"DomainNameArn", domain.domainNameArn},
        {"DistributionDomainName", domain.distributionDomainName},
        {"DistributionHostedZoneId", domain.distributionHostedZoneId},
        {"RegionalDomainName", domain.regionalDomainName},
        {"RegionalHostedZoneId", domain.regionalHostedZoneId}};
    for (const auto& [name, value] : attributes)
        if (value) resource.attributes[name] = *value;
    return resource;
}

class DomainNameResource final : public contracts::ResourceType {
  public:
    explicit DomainNameResource(contracts::Door& door) : gateway_(door) {}
    std::string_view name() const override { return "AWS::ApiGateway::DomainName"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        auto request = request_of<CreateDomainNameRequest>("CreateDomainName", without(properties, {"Tags"}));
        request.tags = contracts::marked_tags(context, properties);
        const auto name = request.domainName;
        std::exception_ptr taken;
        try {
            co_return described(co_await gateway_.create_domain_name(call, std::move(request)));
        } catch (const BadRequestException&) {
            taken = std::current_exception();
        }
        // A step that is repeated after a crash finds the domain that its first try made.
        bool known = false;
        DomainName found;
        try {
            found = co_await gateway_.get_domain_name(call, {.domainName = name});
            known = contracts::has_mark(found.tags, context);
        } catch (const NotFoundException&) {
            // so the reason was another
        }
        if (!known) std::rethrow_exception(taken);
        co_return described(found);
    }
    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"DomainName"});
    }
    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                                     json::object before, json::object after) override {
        UpdateDomainNameRequest request{.domainName = physical_id};
        auto patches = patches_for(before, after,
                                   {{"CertificateArn", "/certificateArn"},
                                    {"RegionalCertificateArn", "/regionalCertificateArn"},
                                    {"OwnershipVerificationCertificateArn", "/ownershipVerificationCertificateArn"},
                                    {"SecurityPolicy", "/securityPolicy"},
                                    {"EndpointAccessMode", "/endpointAccessMode"},
                                    {"RoutingMode", "/routingMode"}});
        if (contracts::any_differs(before, after, {"MutualTlsAuthentication"})) {
            for (const auto& [member, path] :
                 {std::pair("TruststoreUri", "/mutualTlsAuthentication/truststoreUri"),
                  std::pair("TruststoreVersion", "/mutualTlsAuthentication/truststoreVersion")})
                add_patch(patches, "replace", path, text_of(object_of(after, "MutualTlsAuthentication"), member));
        }
        patch_endpoint(patches, object_of(before, "EndpointConfiguration"), object_of(after, "EndpointConfiguration"));
        request.patchOperations = std::move(patches);
        const auto updated = co_await gateway_.update_domain_name(call, std::move(request));
        co_await replace_tags(call, gateway_, "/domainnames/" + physical_id, contracts::merged_tags(context, after));
        co_return described(updated);
    }
    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id, json::object) override {
        try {
            co_await gateway_.delete_domain_name(call, {.domainName = std::move(physical_id)});
        } catch (const NotFoundException&) {
            // gone already
        }
    }

  private:
    Client gateway_;
};

/// Its physical id is "<domain>|<base path>".
class BasePathMappingResource final : public contracts::ResourceType {
  public:
    explicit BasePathMappingResource(contracts::Door& door) : gateway_(door) {}
    std::string_view name() const override { return "AWS::ApiGateway::BasePathMapping"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext&, json::object properties) override {
        auto request = request_of<CreateBasePathMappingRequest>("CreateBasePathMapping", renamed(properties));
        // Unverified: that a template may leave this out.
        if (request.restApiId.empty()) throw aws::validation_error("RestApiId must be given");
        const auto id = request.domainName + "|" + base_path(properties);
        std::exception_ptr conflict;
        try {
            co_await gateway_.create_base_path_mapping(call, request);
            co_return resource_with(id);
        } catch (const ConflictException&) {
            conflict = std::current_exception();
        }
        // A step that is repeated after a crash finds the mapping that its first try made.
        const auto found = co_await gateway_.get_base_path_mapping(call, {.domainName = request.domainName,
                                                                          .domainNameId = request.domainNameId,
                                                                          .basePath = base_path(properties)});
        if (found.restApiId != request.restApiId || found.stage != request.stage) std::rethrow_exception(conflict);
        co_return resource_with(id);
    }
    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"DomainName", "BasePath", "Id"});
    }
    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object before, json::object after) override {
        UpdateBasePathMappingRequest request{.domainName = text_of(after, "DomainName")};
        request.basePath = base_path(after);
        request.patchOperations = patches_for(before, after, {{"RestApiId", "/restapiId"}, {"Stage", "/stage"}});
        co_await gateway_.update_base_path_mapping(call, std::move(request));
        co_return resource_with(std::move(physical_id));
    }
    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string, json::object properties) override {
        try {
            co_await gateway_.delete_base_path_mapping(
                call, {.domainName = text_of(properties, "DomainName"), .basePath = base_path(properties)});
        } catch (const NotFoundException&) {
            // gone already, or its domain is
        }
    }

  private:
    static std::string base_path(const json::object& properties) {
        const auto path = text_of(properties, "BasePath");
        return path.empty() ? "(none)" : path;
    }
    static json::object renamed(json::object properties) {
        if (const auto* id = properties.if_contains("Id")) {
            properties["DomainNameId"] = *id;
            properties.erase("Id");
        }
        return properties;
    }
    Client gateway_;
};

}  // namespace

void add_domain_types(Types& types, contracts::Door& door) {
    types.push_back(std::make_unique<DomainNameResource>(door));
    types.push_back(std::make_unique<BasePathMappingResource>(door));
}

}  // namespace cumulet::apigateway
