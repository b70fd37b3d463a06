#include "services/apigateway/authorizer_policy.h"

#include "auth/policy.h"

namespace cumulet::apigateway {
namespace {

/// True if any of the patterns, one text or a list of them, matches.
bool any_matches(const json::value& patterns, std::string_view text, bool ignore_case) {
    const auto matches = [&](const json::value& pattern) {
        return pattern.is_string() && auth::matches_wildcard(pattern.as_string(), text, ignore_case);
    };
    if (const auto* list = patterns.if_array()) return std::ranges::any_of(*list, matches);
    return matches(patterns);
}

bool applies(const json::object& statement, std::string_view name, std::string_view text, bool ignore_case) {
    if (const auto* patterns = statement.if_contains(name)) return any_matches(*patterns, text, ignore_case);
    const auto* others = statement.if_contains("Not" + std::string(name));
    return others && !any_matches(*others, text, ignore_case);
}

}  // namespace

Verdict evaluate_policy(const json::value& policy, std::string_view method_arn) {
    const auto* statements = find(policy, "Statement");
    if (!statements) return Verdict::malformed;
    const json::array one{*statements};
    bool allowed = false;
    for (const auto& each : statements->is_array() ? statements->as_array() : one) {
        const auto* statement = each.if_object();
        if (!statement) return Verdict::malformed;
        const auto effect = string_or(*statement, "Effect");
        if (effect != "Allow" && effect != "Deny") return Verdict::malformed;
        if (!applies(*statement, "Action", "execute-api:Invoke", true) ||
            !applies(*statement, "Resource", method_arn, false))
            continue;
        if (effect == "Deny") return Verdict::denied_explicitly;
        if (!statement->contains("Condition")) allowed = true;
    }
    return allowed ? Verdict::allowed : Verdict::denied;
}

}  // namespace cumulet::apigateway
