// AWS::ApiGatewayV2::DomainName and ApiMapping for CloudFormation.

#include "services/apigatewayv2/resource_types.h"

namespace cumulet::apigatewayv2 {

using namespace aws::apigatewayv2;

namespace {

/// A tag that knows again what a step's first try made.
constexpr std::string_view token_tag = "aws:cumulet:token";

template <typename Answer>
contracts::Resource described(const Answer& domain) {
    contracts::Resource resource{.physical_id = domain.DomainName.value_or(""), .attributes = {}};
    resource.attributes["DomainNameArn"] = domain.DomainNameArn.value_or("");
    for (const auto& each : *domain.DomainNameConfigurations) {
        if (each.EndpointType == "EDGE") continue;
        resource.attributes["RegionalDomainName"] = each.ApiGatewayDomainName.value_or("");
        resource.attributes["RegionalHostedZoneId"] = each.HostedZoneId.value_or("");
    }
    return resource;
}

class DomainNameResource final : public contracts::ResourceType {
  public:
    explicit DomainNameResource(contracts::Door& door) : gateway_(door) {}
    std::string_view name() const override { return "AWS::ApiGatewayV2::DomainName"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        auto request = request_of<CreateDomainNameRequest>("CreateDomainName", without(properties, {"Tags"}));
        request.Tags = tags_of(context, properties);
        (*request.Tags)[std::string(token_tag)] = context.client_token;
        const auto name = request.DomainName;
        std::exception_ptr conflict;
        try {
            co_return described(co_await gateway_.create_domain_name(call, std::move(request)));
        } catch (const ConflictException&) {
            conflict = std::current_exception();
        }
        // A step that is repeated after a crash finds the domain that its first try made.
        const auto found = co_await gateway_.get_domain_name(call, {name});
        const auto tags = found.Tags.value_or(std::map<std::string, std::string>());
        const auto tag = tags.find(std::string(token_tag));
        if (tag == tags.end() || tag->second != context.client_token) std::rethrow_exception(conflict);
        co_return described(found);
    }
    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"DomainName"});
    }
    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                                     json::object before, json::object after) override {
        auto request = request_of<UpdateDomainNameRequest>("UpdateDomainName", without(after, {"Tags"}));
        request.DomainName = physical_id;
        if (removed(before, after, {"MutualTlsAuthentication"})) {
            request.MutualTlsAuthentication.emplace().TruststoreUri = "";
        }
        const auto updated = co_await gateway_.update_domain_name(call, std::move(request));
        auto tags = tags_of(context, after);
        const auto kept = updated.Tags.value_or(std::map<std::string, std::string>());
        if (const auto token = kept.find(std::string(token_tag)); token != kept.end()) tags.insert(*token);
        co_await replace_tags(call, gateway_, updated.DomainNameArn.value_or(""), std::move(tags));
        co_return described(updated);
    }
    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id, json::object) override {
        try {
            co_await gateway_.delete_domain_name(call, {std::move(physical_id)});
        } catch (const NotFoundException&) {
            // gone already
        }
    }

  private:
    Client gateway_;
};

class ApiMappingResource final : public contracts::ResourceType {
  public:
    explicit ApiMappingResource(contracts::Door& door) : gateway_(door) {}
    std::string_view name() const override { return "AWS::ApiGatewayV2::ApiMapping"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext&, json::object properties) override {
        const auto request = request_of<CreateApiMappingRequest>("CreateApiMapping", properties);
        std::exception_ptr conflict;
        try {
            const auto made = co_await gateway_.create_api_mapping(call, request);
            co_return resource_of(made.ApiMappingId.value_or(""));
        } catch (const ConflictException&) {
            conflict = std::current_exception();
        }
        // A step that is repeated after a crash finds the mapping that its first try made.
        const auto mappings = co_await gateway_.get_api_mappings(call, {.DomainName = request.DomainName});
        for (const auto& each : mappings.Items.value_or(std::vector<ApiMapping>())) {
            if (each.ApiMappingKey.value_or("") == request.ApiMappingKey.value_or("") && each.ApiId == request.ApiId &&
                each.Stage == request.Stage) {
                co_return resource_of(each.ApiMappingId.value_or(""));
            }
        }
        std::rethrow_exception(conflict);
    }
    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"DomainName"});
    }
    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object before, json::object after) override {
        if (removed(before, after, {"ApiMappingKey"})) after["ApiMappingKey"] = "";
        after["ApiMappingId"] = physical_id;
        co_await gateway_.update_api_mapping(call, request_of<UpdateApiMappingRequest>("UpdateApiMapping", after));
        co_return resource_of(std::move(physical_id));
    }
    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id,
                      json::object properties) override {
        DeleteApiMappingRequest request;
        request.ApiMappingId = std::move(physical_id);
        request.DomainName = std::string(string_or(properties, "DomainName"));
        try {
            co_await gateway_.delete_api_mapping(call, std::move(request));
        } catch (const NotFoundException&) {
            // gone already, or its domain is
        }
    }

  private:
    static contracts::Resource resource_of(std::string id) {
        contracts::Resource resource;
        resource.attributes["ApiMappingId"] = id;
        resource.physical_id = std::move(id);
        return resource;
    }
    Client gateway_;
};

}  // namespace

void add_domain_types(std::vector<std::unique_ptr<contracts::ResourceType>>& types, contracts::Door& door) {
    types.push_back(std::make_unique<DomainNameResource>(door));
    types.push_back(std::make_unique<ApiMappingResource>(door));
}

}  // namespace cumulet::apigatewayv2
