// AWS::ApiGateway::DomainNameV2, BasePathMappingV2 and DomainNameAccessAssociation for CloudFormation: private domains,
// which templates know by their ARNs.

#include "contracts/domain_address.h"
#include "services/apigateway/resource_types.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

contracts::Resource described(const DomainName& domain) {
    auto resource = resource_with(*domain.domainNameArn, "DomainNameArn");
    resource.attributes["DomainNameId"] = domain.domainNameId.value_or("");
    return resource;
}

/// The domain that an ARN names. Throws BadRequestException for an ARN of anything else.
contracts::DomainAddress domain_of(const std::string& arn) {
    auto address = contracts::parse_domain_arn(arn);
    if (!address) throw BadRequestException("Invalid domain name ARN specified: " + arn);  // Unverified: the words.
    return std::move(*address);
}

class PrivateDomainNameResource final : public contracts::ResourceType {
  public:
    explicit PrivateDomainNameResource(contracts::Door& door) : gateway_(door) {}
    std::string_view name() const override { return "AWS::ApiGateway::DomainNameV2"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        std::optional<std::string> position;
        do {  // a step that is repeated after a crash finds the domain that its first try made
            auto page = co_await gateway_.get_domain_names(call, {.position = position, .limit = 500});
            for (const auto& each : *page.items)
                if (contracts::has_mark(each.tags, context)) co_return described(each);
            position = std::move(page.position);
        } while (position);
        auto plain = without(properties, {"Tags"});
        if (!plain.contains("EndpointConfiguration"))
            plain["EndpointConfiguration"] = json::object{{"Types", json::array{"PRIVATE"}}};
        auto request = request_of<CreateDomainNameRequest>("CreateDomainName", plain);
        request.tags = contracts::marked_tags(context, properties);
        co_return described(co_await gateway_.create_domain_name(call, std::move(request)));
    }
    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"DomainName", "EndpointConfiguration", "SecurityPolicy"});
    }
    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                                     json::object before, json::object after) override {
        const auto domain = domain_of(physical_id);
        UpdateDomainNameRequest request{.domainName = domain.name, .domainNameId = domain.id};
        request.patchOperations = patches_for(before, after,
                                              {{"CertificateArn", "/certificateArn"},
                                               {"Policy", "/policy"},
                                               {"EndpointAccessMode", "/endpointAccessMode"},
                                               {"RoutingMode", "/routingMode"}});
        const auto updated = co_await gateway_.update_domain_name(call, std::move(request));
        co_await replace_tags(call, gateway_, fmt::format("/domainnames/{}+{}", domain.name, domain.id.value_or("")),
                              contracts::merged_tags(context, after));
        co_return described(updated);
    }
    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id, json::object) override {
        const auto domain = domain_of(physical_id);
        try {
            co_await gateway_.delete_domain_name(call, {.domainName = domain.name, .domainNameId = domain.id});
        } catch (const NotFoundException&) {
            // gone already
        }
    }

  private:
    Client gateway_;
};

std::string base_path_of(const json::object& properties) {
    const auto path = text_of(properties, "BasePath");
    return path.empty() ? "(none)" : path;
}

class PrivateMappingResource final : public contracts::ResourceType {
  public:
    explicit PrivateMappingResource(contracts::Door& door) : gateway_(door) {}
    std::string_view name() const override { return "AWS::ApiGateway::BasePathMappingV2"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext&, json::object properties) override {
        const auto domain = domain_of(text_of(properties, "DomainNameArn"));
        auto members = without(properties, {"DomainNameArn"});
        members["DomainName"] = domain.name;
        if (domain.id) members["DomainNameId"] = *domain.id;
        const auto request = request_of<CreateBasePathMappingRequest>("CreateBasePathMapping", members);
        std::exception_ptr conflict;
        try {
            co_await gateway_.create_base_path_mapping(call, request);
        } catch (const ConflictException&) {
            conflict = std::current_exception();
        }
        if (conflict) {  // a step that is repeated after a crash finds the mapping that its first try made
            const auto found = co_await gateway_.get_base_path_mapping(
                call, {.domainName = domain.name, .domainNameId = domain.id, .basePath = base_path_of(properties)});
            if (found.restApiId != request.restApiId || found.stage != request.stage) std::rethrow_exception(conflict);
        }
        co_return described(call, domain, base_path_of(properties));
    }
    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"DomainNameArn", "BasePath"});
    }
    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string, json::object before,
                                     json::object after) override {
        const auto domain = domain_of(text_of(after, "DomainNameArn"));
        UpdateBasePathMappingRequest request{.domainName = domain.name, .domainNameId = domain.id};
        request.basePath = base_path_of(after);
        request.patchOperations = patches_for(before, after, {{"RestApiId", "/restapiId"}, {"Stage", "/stage"}});
        co_await gateway_.update_base_path_mapping(call, std::move(request));
        co_return described(call, domain, base_path_of(after));
    }
    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string, json::object properties) override {
        const auto domain = domain_of(text_of(properties, "DomainNameArn"));
        try {
            co_await gateway_.delete_base_path_mapping(
                call, {.domainName = domain.name, .domainNameId = domain.id, .basePath = base_path_of(properties)});
        } catch (const NotFoundException&) {
            // gone already, or its domain is
        }
    }

  private:
    static contracts::Resource described(const Call& call, const contracts::DomainAddress& domain,
                                         std::string_view base_path) {
        return resource_with(call.arn("apigateway", fmt::format("/domainnames/{}{}/basepathmappings/{}", domain.name,
                                                                domain.id ? "+" + *domain.id : "", base_path)),
                             "BasePathMappingArn");
    }
    Client gateway_;
};

class AccessAssociationResource final : public contracts::ResourceType {
  public:
    explicit AccessAssociationResource(contracts::Door& door) : gateway_(door) {}
    std::string_view name() const override { return "AWS::ApiGateway::DomainNameAccessAssociation"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        auto request = request_of<CreateDomainNameAccessAssociationRequest>("CreateDomainNameAccessAssociation",
                                                                            without(properties, {"Tags"}));
        request.tags = contracts::marked_tags(context, properties);
        std::exception_ptr conflict;
        try {
            const auto made = co_await gateway_.create_domain_name_access_association(call, request);
            co_return described(*made.domainNameAccessAssociationArn);
        } catch (const ConflictException&) {
            conflict = std::current_exception();
        }
        // A step that is repeated after a crash finds the association that its first try made.
        const auto all = co_await gateway_.get_domain_name_access_associations(call, {.limit = 500});
        for (const auto& each : *all.items)
            if (contracts::has_mark(each.tags, context)) co_return described(*each.domainNameAccessAssociationArn);
        std::rethrow_exception(conflict);
    }
    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(
            before, after, {"DomainNameArn", "AccessAssociationSource", "AccessAssociationSourceType", "Tags"});
    }
    Task<contracts::Resource> update(Call&, const contracts::ResourceContext&, std::string physical_id, json::object,
                                     json::object) override {
        co_return described(std::move(physical_id));
    }
    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id, json::object) override {
        try {
            co_await gateway_.delete_domain_name_access_association(call, {std::move(physical_id)});
        } catch (const NotFoundException&) {
            // gone already
        }
    }

  private:
    static contracts::Resource described(std::string arn) {
        return resource_with(std::move(arn), "DomainNameAccessAssociationArn");
    }
    Client gateway_;
};

}  // namespace

void add_private_domain_types(Types& types, contracts::Door& door) {
    types.push_back(std::make_unique<PrivateDomainNameResource>(door));
    types.push_back(std::make_unique<PrivateMappingResource>(door));
    types.push_back(std::make_unique<AccessAssociationResource>(door));
}

}  // namespace cumulet::apigateway
