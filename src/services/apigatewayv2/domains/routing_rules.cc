// CreateRoutingRule, GetRoutingRule, ListRoutingRules, PutRoutingRule, DeleteRoutingRule.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/domainnames-domainname-routingrules.html

#include "services/apigatewayv2/domains/domain.h"
#include "services/apigatewayv2/http_api.h"
#include "services/apigatewayv2/service.h"

namespace cumulet::apigatewayv2 {

using namespace aws::apigatewayv2;

namespace {

constexpr size_t most_rules = 50;

template <typename Answer>
Answer answer_of(const RoutingRule& rule) {
    Answer answer;
    answer.Actions = rule.Actions;
    answer.Conditions = rule.Conditions;
    answer.Priority = rule.Priority;
    answer.RoutingRuleArn = rule.RoutingRuleArn;
    answer.RoutingRuleId = rule.RoutingRuleId;
    return answer;
}

std::vector<RoutingRule>::iterator find_rule(ApiDomain& domain, const std::string& id) {
    const auto found = std::ranges::find(domain.rules, id, &RoutingRule::RoutingRuleId);
    // Unverified: the words, of all here.
    if (found == domain.rules.end()) throw NotFoundException("Invalid routing rule identifier specified");
    return found;
}

void check_id(const ApiDomain& domain, const std::optional<std::string>& domain_name_id) {
    if (domain.settings.domainNameId.value_or("") != domain_name_id.value_or(""))
        throw NotFoundException("Invalid domain name identifier specified");
}

/// In its place among the others.
void place_rule(ApiDomain& domain, const RoutingRule& rule) {
    std::erase_if(domain.rules, [&](const RoutingRule& each) { return each.RoutingRuleId == rule.RoutingRuleId; });
    if (std::ranges::find(domain.rules, rule.Priority, &RoutingRule::Priority) != domain.rules.end())
        throw ConflictException(fmt::format("A routing rule with priority {} already exists", *rule.Priority));
    if (domain.rules.size() >= most_rules)
        throw TooManyRequestsException("Maximum number of routing rules for this domain name has been reached");
    const auto place = std::ranges::lower_bound(domain.rules, rule.Priority, {}, &RoutingRule::Priority);
    domain.rules.insert(place, rule);
}

template <typename Request>
RoutingRule rule_of(const Call& call, const Request& request, std::string id) {
    check_rule(request.Conditions, request.Actions, request.Priority);
    RoutingRule rule;
    rule.Actions = request.Actions;
    rule.Conditions = request.Conditions;
    rule.Priority = request.Priority;
    rule.RoutingRuleArn =
        fmt::format("arn:aws:apigateway:{}:{}:/domainnames/{}{}/routingrules/{}", call.region, call.account,
                    request.DomainName, request.DomainNameId ? "+" + *request.DomainNameId : "", id);
    rule.RoutingRuleId = std::move(id);
    return rule;
}

}  // namespace

Task<void> Service::save_rule(Call& call, std::string domain_name, std::optional<std::string> domain_name_id,
                              RoutingRule rule, bool fresh) {
    const auto& invoke = rule.Actions->front().InvokeApi;
    co_await check_target(call, domain_name, invoke.ApiId, invoke.Stage);
    co_await edit_domain(call, std::move(domain_name), [&](ApiDomain& domain) {
        check_id(domain, domain_name_id);
        if (!fresh) find_rule(domain, *rule.RoutingRuleId);
        place_rule(domain, rule);
    });
}

Task<CreateRoutingRuleResponse> Service::create_routing_rule(Call& call, CreateRoutingRuleRequest request) {
    const auto rule = rule_of(call, request, new_id(call.random(), 10));
    co_await save_rule(call, request.DomainName, request.DomainNameId, rule, true);
    co_return answer_of<CreateRoutingRuleResponse>(rule);
}

Task<GetRoutingRuleResponse> Service::get_routing_rule(Call& call, GetRoutingRuleRequest request) {
    auto domain = co_await load_domain(call, request.DomainName);
    check_id(domain, request.DomainNameId);
    co_return answer_of<GetRoutingRuleResponse>(*find_rule(domain, request.RoutingRuleId));
}

Task<ListRoutingRulesResponse> Service::list_routing_rules(Call& call, ListRoutingRulesRequest request) {
    auto domain = co_await load_domain(call, request.DomainName);
    check_id(domain, request.DomainNameId);
    const auto size = request.MaxResults ? std::optional(std::to_string(*request.MaxResults)) : std::nullopt;
    auto page = page_of(std::move(domain.rules), size, request.NextToken);
    co_return ListRoutingRulesResponse{.NextToken = std::move(page.next_token), .RoutingRules = std::move(page.items)};
}

Task<PutRoutingRuleResponse> Service::put_routing_rule(Call& call, PutRoutingRuleRequest request) {
    const auto rule = rule_of(call, request, request.RoutingRuleId);
    co_await save_rule(call, request.DomainName, request.DomainNameId, rule, false);
    co_return answer_of<PutRoutingRuleResponse>(rule);
}

Task<DeleteRoutingRuleResponse> Service::delete_routing_rule(Call& call, DeleteRoutingRuleRequest request) {
    co_await edit_domain(call, request.DomainName, [&](ApiDomain& domain) {
        check_id(domain, request.DomainNameId);
        domain.rules.erase(find_rule(domain, request.RoutingRuleId));
    });
    co_return DeleteRoutingRuleResponse{};
}

}  // namespace cumulet::apigatewayv2
