#include "auth/policy.h"

#include "auth/conditions.h"
#include "base/arn.h"
#include "base/bytes.h"

namespace cumulet::auth {
namespace {

const ConditionContext no_context;

bool names_action(const Statement& statement, std::string_view action) {
    return std::ranges::any_of(statement.actions,
                               [&](const auto& pattern) { return matches_wildcard(pattern, action, true); });
}

bool names_resource(const Statement& statement, const AccessRequest& request, bool variables) {
    const auto& context = request.context ? *request.context : no_context;
    return std::ranges::any_of(statement.resources, [&](const std::string& pattern) {
        if (!variables || !pattern.contains("${")) return matches_arn(pattern, request.resource);
        const auto expanded = expand_variables(pattern, context, true);
        return expanded && matches_arn(*expanded, request.resource);
    });
}

/// arn:aws:sts::1:assumed-role/R/session is a session of arn:aws:iam::1:role/any/path/R.
bool is_session_of(const Arn& session, const Arn& role) {
    constexpr std::string_view sessions = "assumed-role/";
    if (session.service != "sts" || role.service != "iam" || session.account != role.account) return false;
    if (!session.resource.starts_with(sessions) || !role.resource.starts_with("role/")) return false;
    auto name = std::string_view(session.resource).substr(sessions.size());
    name = name.substr(0, name.find('/'));
    return name == std::string_view(role.resource).substr(role.resource.rfind('/') + 1);
}

PrincipalMatch match_aws(std::string_view named, const Requester& requester) {
    if (requester.anonymous) return PrincipalMatch::none;
    if (named == requester.arn && !named.empty()) return PrincipalMatch::direct;
    if (!named.empty() && named == requester.account) return PrincipalMatch::account;
    const auto arn = Arn::parse(named);
    if (!arn) return PrincipalMatch::none;
    if (arn->resource == "root" && arn->account == requester.account) return PrincipalMatch::account;
    const auto own = Arn::parse(requester.arn);
    return own && is_session_of(*own, *arn) ? PrincipalMatch::direct : PrincipalMatch::none;
}

std::string statement_name(const Policy& policy, size_t index) {
    const auto& sid = policy.statements[index].sid;
    return sid.empty() ? fmt::format("#{}", index + 1) : sid;
}

struct Found {
    const Policy* policy = nullptr;
    size_t index = 0;
    PrincipalMatch match = PrincipalMatch::none;
    explicit operator bool() const { return policy != nullptr; }
};

/// The first statement of that effect that applies; for a resource's policy the one that names the requester closest.
Found find_statement(const Policy& policy, const AccessRequest& request, bool allow, bool has_principals) {
    Found best;
    for (size_t i = 0; i < policy.statements.size(); ++i) {
        const auto& statement = policy.statements[i];
        if (statement.allow != allow || !applies(statement, request, policy.has_variables())) continue;
        const auto match = has_principals ? match_principal(statement, request.requester) : PrincipalMatch::direct;
        if (match > best.match) best = {&policy, i, match};
        if (best.match == PrincipalMatch::direct) break;
    }
    return best;
}

Found find_statement(std::span<const Policy* const> policies, const AccessRequest& request, bool allow) {
    for (const auto* policy : policies) {
        if (const auto found = find_statement(*policy, request, allow, false)) return found;
    }
    return {};
}

Decision decided(bool allowed, const Found& found, std::string reason, bool explicitly = false) {
    Decision decision;
    decision.allowed = allowed;
    decision.explicitly_denied = explicitly;
    decision.reason = std::move(reason);
    if (found) {
        decision.decided_by = found.policy;
        decision.policy = found.policy->name;
        decision.statement = statement_name(*found.policy, found.index);
    }
    return decision;
}

std::optional<Decision> explicit_deny(const AccessRequest& request, const PolicySet& policies) {
    const auto denied = [](const Found& found, std::string_view kind) {
        return decided(false, found, fmt::format("with an explicit deny in {}", kind), true);
    };
    if (const auto found = find_statement(policies.identity, request, false))
        return denied(found, "an identity-based policy");
    if (policies.resource) {
        if (const auto found = find_statement(*policies.resource, request, false, true)) {
            return denied(found, "a resource-based policy");
        }
    }
    if (policies.boundary) {
        if (const auto found = find_statement(*policies.boundary, request, false, false)) {
            return denied(found, "a permissions boundary");
        }
    }
    if (const auto found = find_statement(policies.session, request, false)) return denied(found, "a session policy");
    return std::nullopt;
}

}  // namespace

PrincipalMatch match_principal(const Statement& statement, const Requester& requester) {
    if (!statement.principals) return PrincipalMatch::none;
    const auto& named = *statement.principals;
    auto match = named.anyone ? PrincipalMatch::direct : PrincipalMatch::none;
    for (const auto& name : named.aws) match = std::max(match, match_aws(name, requester));
    for (const auto& name : named.service) {
        if (!requester.service.empty() && name == requester.service) match = PrincipalMatch::direct;
    }
    for (const auto& name : named.federated) {
        if (name == requester.arn && !name.empty()) match = PrincipalMatch::direct;
    }
    if (!statement.not_principal) return match;
    return match == PrincipalMatch::none ? PrincipalMatch::direct : PrincipalMatch::none;
}

bool applies(const Statement& statement, const AccessRequest& request, bool variables) {
    if (names_action(statement, request.action) == statement.not_action) return false;
    if (!statement.resources.empty() && names_resource(statement, request, variables) == statement.not_resource)
        return false;
    const auto& context = request.context ? *request.context : no_context;
    return std::ranges::all_of(statement.conditions,
                               [&](const auto& condition) { return holds(condition, context, variables); });
}

Decision evaluate(const AccessRequest& request, const PolicySet& policies) {
    if (auto denied = explicit_deny(request, policies)) return std::move(*denied);
    const auto none_allows = [&](std::string_view kind) {
        return decided(false, {}, fmt::format("because no {} allows the {} action", kind, request.action));
    };

    const bool foreign = !request.resource_account.empty() && request.resource_account != request.requester.account;
    const auto granted = policies.resource ? find_statement(*policies.resource, request, true, true) : Found{};
    // Within an account, naming the requester is enough; naming the account leaves it to the account's own policies.
    if (granted && !foreign && granted.match == PrincipalMatch::direct) return decided(true, granted, "");
    if (granted && request.requester.anonymous) return decided(true, granted, "");
    if (!request.requester.service.empty()) {  // a service has no policies of its own
        return granted ? decided(true, granted, "") : none_allows("resource-based policy");
    }
    if (foreign && !granted) return none_allows("resource-based policy");

    const auto permitted = find_statement(policies.identity, request, true);
    if (!permitted) return none_allows(request.requester.anonymous ? "resource-based policy" : "identity-based policy");
    if (policies.boundary && !find_statement(*policies.boundary, request, true, false)) {
        return none_allows("permissions boundary");
    }
    if (!policies.session.empty() && !find_statement(policies.session, request, true))
        return none_allows("session policy");
    return decided(true, permitted, "");
}

std::string Decision::text() const {
    std::string out = allowed ? "allowed" : "denied";
    if (!policy.empty() || !statement.empty()) return fmt::format("{} by {}/{}", out, policy, statement);
    return reason.empty() ? out : fmt::format("{} {}", out, reason);
}

}  // namespace cumulet::auth
