#include "services/apigatewayv2/domains/domain.h"

#include "base/bytes.h"

namespace cumulet::apigatewayv2 {

using namespace aws::apigatewayv2;

namespace {

constexpr size_t longest_key = 300;
constexpr size_t most_segments = 64;

bool fits_key(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("$-_.+!*'()/").contains(c);
}

void check_key(std::string_view key) {
    // Unverified: the words.
    if (key.size() > longest_key) throw BadRequestException("ApiMappingKey cannot have more than 300 characters");
    if (!std::ranges::all_of(key, fits_key))
        throw BadRequestException("ApiMappingKey should only contain letters, numbers and one of $-_.+!*'()/");
    if (key.starts_with('/') || key.ends_with('/') || key.contains("//"))
        throw BadRequestException("ApiMappingKey cannot begin or end with a slash, or have empty segments");
}

/// A path's beginning as base paths are written, and where the rest begins.
struct Beginning {
    std::string text;  ///< decoded: "orders/v1"
    size_t rest = 0;
};

/// All beginnings that a base path may be, the longest first, "" last.
std::vector<Beginning> beginnings_of(std::string_view path) {
    std::vector<Beginning> beginnings{{"", 0}};
    auto rest = path;
    while (!rest.empty() && beginnings.size() <= most_segments) {
        const auto segment = percent_decode(contracts::take_segment(rest));
        // A slash that was encoded separates nothing.
        if (segment.empty() || segment.contains('/')) break;
        const auto& before = beginnings.back().text;
        beginnings.push_back({before.empty() ? segment : before + "/" + segment, path.size() - rest.size()});
    }
    std::ranges::reverse(beginnings);
    return beginnings;
}

std::string rest_of(std::string_view path, size_t begin) {
    return begin >= path.size() ? "/" : std::string(path.substr(begin));
}

contracts::ApiDestination destination_of(std::string_view domain_name, const std::string& api_id, std::string path) {
    contracts::ApiDestination destination{.api_id = api_id, .path = std::move(path), .by_host = true};
    destination.domain.emplace().domain_name = domain_name;
    return destination;
}

/// The beginning that the condition asks for; nothing if it does not hold.
std::optional<Beginning> holds(const RoutingRuleCondition& condition, const std::vector<Beginning>& beginnings,
                               const http::Headers& headers) {
    if (condition.MatchHeaders) {
        for (const auto& wanted : condition.MatchHeaders->AnyOf) {
            for (const auto value : headers.all(wanted.Header))
                if (matches_glob(value, wanted.ValueGlob)) return Beginning{};
        }
        return std::nullopt;
    }
    if (!condition.MatchBasePaths) return std::nullopt;
    for (const auto& beginning : beginnings) {
        if (std::ranges::find(condition.MatchBasePaths->AnyOf, beginning.text) != condition.MatchBasePaths->AnyOf.end())
            return beginning;
    }
    return std::nullopt;
}

std::optional<Beginning> matches(const RoutingRule& rule, const std::vector<Beginning>& beginnings,
                                 const http::Headers& headers) {
    Beginning longest;
    for (const auto& condition : *rule.Conditions) {
        auto found = holds(condition, beginnings, headers);
        if (!found) return std::nullopt;
        if (found->rest > longest.rest) longest = std::move(*found);
    }
    return longest;
}

std::optional<contracts::ApiDestination> by_rule(const ApiDomain& domain, std::string_view domain_name,
                                                 const std::vector<Beginning>& beginnings,
                                                 const http::Request& request) {
    for (const auto& rule : domain.rules) {
        const auto match = matches(rule, beginnings, request.headers);
        if (!match) continue;
        const auto& invoke = rule.Actions->front().InvokeApi;
        const bool strips = invoke.StripBasePath.value_or(false);
        auto destination = destination_of(domain_name, invoke.ApiId, rest_of(request.path, strips ? match->rest : 0));
        destination.domain->stage = invoke.Stage;
        destination.domain->rule_id = rule.RoutingRuleId.value_or("");
        if (strips) destination.domain->base_path = match->text;
        return destination;
    }
    return std::nullopt;
}

std::optional<contracts::ApiDestination> by_mapping(const ApiDomain& domain, std::string_view domain_name,
                                                    const std::vector<Beginning>& beginnings,
                                                    const http::Request& request) {
    for (const auto& beginning : beginnings) {
        const auto mapping = std::ranges::find_if(
            domain.mappings, [&](const ApiMapping& each) { return each.ApiMappingKey.value_or("") == beginning.text; });
        if (mapping == domain.mappings.end()) continue;
        auto destination = destination_of(domain_name, mapping->ApiId, rest_of(request.path, beginning.rest));
        destination.domain->stage = mapping->Stage;
        destination.domain->base_path = beginning.text;
        return destination;
    }
    return std::nullopt;
}

}  // namespace

std::string mapping_key(const std::optional<std::string>& key) {
    if (!key || *key == "(none)") return "";
    check_key(*key);
    return *key;
}

void check_mapping(const ApiDomain& domain, std::string_view id, std::string_view key) {
    for (const auto& mapping : domain.mappings) {
        if (mapping.ApiMappingId != id && mapping.ApiMappingKey == key)
            throw ConflictException("ApiMapping key already exists for this domain name");
    }
    const bool fresh = std::ranges::none_of(domain.mappings, [&](const auto& each) { return each.ApiMappingId == id; });
    // Unverified: the words.
    if (fresh && domain.mappings.size() >= contracts::ApiDomains::most_mappings)
        throw TooManyRequestsException("Maximum number of ApiMappings for this domain name has been reached");
}

void check_rule(const std::vector<RoutingRuleCondition>& conditions, const std::vector<RoutingRuleAction>& actions,
                int32_t priority) {
    // Unverified: the words, of all.
    if (priority < 1 || priority > 1'000'000) throw BadRequestException("Priority must be between 1 and 1000000");
    if (actions.size() != 1) throw BadRequestException("A routing rule must have exactly one action");
    size_t paths = 0;
    size_t headers = 0;
    for (const auto& condition : conditions) {
        if (condition.MatchBasePaths.has_value() == condition.MatchHeaders.has_value())
            throw BadRequestException("A condition must have either MatchBasePaths or MatchHeaders");
        if (condition.MatchBasePaths) {
            if (++paths > 1 || condition.MatchBasePaths->AnyOf.size() != 1)
                throw BadRequestException("A routing rule can match one base path");
            check_key(condition.MatchBasePaths->AnyOf.front());
        } else {
            if (++headers > 2 || condition.MatchHeaders->AnyOf.size() != 1)
                throw BadRequestException("A routing rule can match at most two headers");
            const auto& glob = condition.MatchHeaders->AnyOf.front().ValueGlob;
            if (glob.size() > 128 || glob.find('*', 1) < glob.size() - 1)
                throw BadRequestException("ValueGlob can have wildcards at its beginning and at its end only");
        }
    }
}

bool matches_glob(std::string_view value, std::string_view glob) {
    const bool any_beginning = glob.starts_with('*');
    if (any_beginning) glob.remove_prefix(1);
    const bool any_end = glob.ends_with('*');
    if (any_end) glob.remove_suffix(1);
    if (glob.empty()) return any_beginning || value.empty();
    if (any_beginning && any_end) return value.contains(glob);
    if (any_beginning) return value.ends_with(glob);
    return any_end ? value.starts_with(glob) : value == glob;
}

std::optional<contracts::ApiDestination> find_destination(const ApiDomain& domain, std::string_view domain_name,
                                                          const http::Request& request) {
    const auto beginnings = beginnings_of(request.path);
    const auto mode = domain.settings.routingMode.value_or("BASE_PATH_MAPPING_ONLY");
    std::optional<contracts::ApiDestination> found;
    if (mode != "BASE_PATH_MAPPING_ONLY") found = by_rule(domain, domain_name, beginnings, request);
    if (!found && mode != "ROUTING_RULE_ONLY") found = by_mapping(domain, domain_name, beginnings, request);
    return found;
}

}  // namespace cumulet::apigatewayv2
