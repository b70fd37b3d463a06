// AWS::ApiGatewayV2::DomainName, ApiMapping and RoutingRule for CloudFormation.

#include "contracts/domain_address.h"
#include "services/apigatewayv2/resource_types.h"

namespace cumulet::apigatewayv2 {

using namespace aws::apigatewayv2;

namespace {

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
        request.Tags = contracts::marked_tags(context, properties);
        const auto name = request.DomainName;
        std::exception_ptr conflict;
        try {
            co_return described(co_await gateway_.create_domain_name(call, std::move(request)));
        } catch (const ConflictException&) {
            conflict = std::current_exception();
        }
        // A step that is repeated after a crash finds the domain that its first try made.
        const auto found = co_await gateway_.get_domain_name(call, {name});
        if (!contracts::has_mark(found.Tags, context)) std::rethrow_exception(conflict);
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
        co_await replace_tags(call, gateway_, updated.DomainNameArn.value_or(""),
                              contracts::merged_tags(context, after));
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
            const auto mapping = co_await gateway_.create_api_mapping(call, request);
            co_return made(mapping.ApiMappingId.value_or(""));
        } catch (const ConflictException&) {
            conflict = std::current_exception();
        }
        // A step that is repeated after a crash finds the mapping that its first try made.
        const auto mappings = co_await gateway_.get_api_mappings(call, {.DomainName = request.DomainName});
        for (const auto& each : mappings.Items.value_or(std::vector<ApiMapping>())) {
            if (each.ApiMappingKey.value_or("") == request.ApiMappingKey.value_or("") && each.ApiId == request.ApiId &&
                each.Stage == request.Stage) {
                co_return made(each.ApiMappingId.value_or(""));
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
        co_return made(std::move(physical_id));
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
    static contracts::Resource made(std::string id) { return resource_of(std::move(id), "ApiMappingId"); }
    Client gateway_;
};

/// Its physical id is its ARN, as templates know its domain by an ARN.
class RoutingRuleResource final : public contracts::ResourceType {
  public:
    explicit RoutingRuleResource(contracts::Door& door) : gateway_(door) {}
    std::string_view name() const override { return "AWS::ApiGatewayV2::RoutingRule"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext&, json::object properties) override {
        const auto request = about_domain<CreateRoutingRuleRequest>("CreateRoutingRule", properties);
        std::exception_ptr conflict;
        try {
            co_return described_rule(co_await gateway_.create_routing_rule(call, request));
        } catch (const ConflictException&) {
            conflict = std::current_exception();
        }
        // A step that is repeated after a crash finds the rule that its first try made.
        const auto rules = co_await gateway_.list_routing_rules(
            call, {.DomainName = request.DomainName, .DomainNameId = request.DomainNameId});
        for (const auto& each : rules.RoutingRules.value_or(std::vector<RoutingRule>())) {
            if (each.Priority == request.Priority && each.Conditions == request.Conditions &&
                each.Actions == request.Actions) {
                co_return described_rule(each);
            }
        }
        std::rethrow_exception(conflict);
    }
    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"DomainNameArn"});
    }
    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext&, std::string physical_id,
                                     json::object, json::object after) override {
        auto properties = after;
        properties["RoutingRuleId"] = rule_id(physical_id);
        co_return described_rule(co_await gateway_.put_routing_rule(
            call, about_domain<PutRoutingRuleRequest>("PutRoutingRule", properties)));
    }
    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id,
                      json::object properties) override {
        properties = {{"DomainNameArn", properties.at("DomainNameArn")}, {"RoutingRuleId", rule_id(physical_id)}};
        try {
            co_await gateway_.delete_routing_rule(
                call, about_domain<DeleteRoutingRuleRequest>("DeleteRoutingRule", properties));
        } catch (const NotFoundException&) {
            // gone already, or its domain is
        }
    }

  private:
    template <typename Request>
    static Request about_domain(std::string_view operation, const json::object& properties) {
        const auto arn = std::string(string_or(properties, "DomainNameArn"));
        const auto domain = contracts::parse_domain_arn(arn);
        // Unverified: the words.
        if (!domain) throw BadRequestException("Invalid domain name ARN specified: " + arn);
        auto members = without(properties, {"DomainNameArn"});
        members["DomainName"] = domain->name;
        if (domain->id) members["DomainNameId"] = *domain->id;
        return request_of<Request>(operation, members);
    }
    static std::string rule_id(const std::string& arn) { return arn.substr(arn.rfind('/') + 1); }

    template <typename Rule>
    static contracts::Resource described_rule(const Rule& rule) {
        auto resource = resource_of(rule.RoutingRuleArn.value_or(""), "RoutingRuleArn");
        resource.attributes["RoutingRuleId"] = rule.RoutingRuleId.value_or("");
        return resource;
    }
    Client gateway_;
};

}  // namespace

void add_domain_types(std::vector<std::unique_ptr<contracts::ResourceType>>& types, contracts::Door& door) {
    types.push_back(std::make_unique<DomainNameResource>(door));
    types.push_back(std::make_unique<ApiMappingResource>(door));
    types.push_back(std::make_unique<RoutingRuleResource>(door));
}

}  // namespace cumulet::apigatewayv2
