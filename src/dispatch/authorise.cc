// May the caller do this: policies of the principal and of the resource, in modes off, log and enforce.

#include "base/bytes.h"
#include "contracts/error.h"
#include "dispatch/actions.h"
#include "dispatch/steps.h"
#include "runtime/log.h"

namespace cumulet::dispatch {
namespace {

constexpr size_t most_parsed_policies = 4096;

std::shared_ptr<const auth::Policy> parsed(Shard& shard, const std::string& text, auth::PolicyKind kind) {
    auto& policies = shard.policies[static_cast<size_t>(kind)];
    const auto known = policies.find(text);
    if (known != policies.end()) return known->second;
    if (policies.size() >= most_parsed_policies) policies.clear();
    std::shared_ptr<const auth::Policy> policy;
    try {
        policy = std::make_shared<auth::Policy>(auth::Policy::parse(text, kind));
    } catch (const aws::Error& error) {
        // A policy that cannot be read grants nothing.
        log::warning("A stored policy is malformed", {{"reason", error.message}});
    }
    policies.emplace(text, policy);
    return policy;
}

std::string_view after_last(std::string_view text, char mark) { return text.substr(text.rfind(mark) + 1); }

/// The global condition keys of a call.
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
auth::ConditionContext context_of(const Passage& passage) {
    const auto& call = passage.call;
    const auto& principal = call.principal;
    auth::ConditionContext context;
    context.set("aws:CurrentTime", format_iso8601(call.now()));
    context.set("aws:EpochTime",
                std::to_string(std::chrono::floor<std::chrono::seconds>(call.now()).time_since_epoch().count()));
    context.set("aws:SecureTransport", call.tls ? "true" : "false");
    context.set("aws:SourceIp", call.source_address);
    context.set("aws:RequestedRegion", call.region);
    if (!call.user_agent.empty()) context.set("aws:UserAgent", call.user_agent);
    if (principal.kind == Principal::Kind::service) {
        context.set("aws:PrincipalIsAWSService", "true");
        context.set("aws:PrincipalServiceName", principal.service);
        context.set("aws:SourceArn", passage.source_arn);
        context.set("aws:SourceAccount", principal.account);
        return context;
    }
    if (principal.kind == Principal::Kind::anonymous) {
        context.set("aws:PrincipalType", "Anonymous");
        return context;
    }
    context.set("aws:PrincipalAccount", principal.account);
    context.set("aws:userid", principal.user_id);
    if (principal.kind == Principal::Kind::user) {
        context.set("aws:username", std::string(after_last(principal.arn, '/')));
        context.set("aws:PrincipalType", "User");
        context.set("aws:PrincipalArn", principal.arn);
    } else {
        context.set("aws:PrincipalType", "AssumedRole");
        const auto arn = Arn::parse(principal.arn);
        const auto parts = arn ? std::string_view(arn->resource) : std::string_view();  // assumed-role/Name/session
        const auto first = parts.find('/');
        const auto second = parts.find('/', first + 1);
        if (first != std::string_view::npos && second != std::string_view::npos) {
            context.set("aws:PrincipalArn", fmt::format("arn:aws:iam::{}:role/{}", principal.account,
                                                        parts.substr(first + 1, second - first - 1)));
        }
    }
    return context;
}

/// What the policies say, parsed; the pointers live as long as `owned`.
struct Policies {
    std::vector<std::shared_ptr<const auth::Policy>> owned;
    std::vector<const auth::Policy*> identity;
    std::vector<const auth::Policy*> session;
    const auth::Policy* boundary = nullptr;
    const auth::Policy* resource = nullptr;
    const auth::Policy* keep(std::shared_ptr<const auth::Policy> policy) {
        owned.push_back(std::move(policy));
        return owned.back().get();
    }
};

/// A limit that cannot be read limits to nothing.
const auth::Policy* empty_policy() {
    static const auth::Policy policy;
    return &policy;
}

void read_principal_policies(Policies& policies, Shard& shard, const contracts::PrincipalPolicies& texts) {
    const auto read = [&](const std::string& text) {
        return policies.keep(parsed(shard, text, auth::PolicyKind::identity));
    };
    for (const auto& text : texts.identity) {
        const auto* policy = read(text);
        policies.identity.push_back(policy ? policy : empty_policy());
    }
    if (texts.boundary) {
        const auto* policy = read(*texts.boundary);
        policies.boundary = policy ? policy : empty_policy();
    }
    for (const auto& text : texts.session) {
        const auto* policy = read(text);
        policies.session.push_back(policy ? policy : empty_policy());
    }
}

/// Most policies do not name themselves: the explanation says which of the principal's it was.
std::string name_of(const Policies& policies, const auth::Policy* policy) {
    if (policy == policies.resource) return "resource-policy";
    if (policy == policies.boundary) return "permissions-boundary";
    const auto position = [&](const auto& list) { return std::ranges::find(list, policy) - list.begin() + 1; };
    if (std::ranges::find(policies.session, policy) != policies.session.end())
        return fmt::format("session-policy-{}", position(policies.session));
    return fmt::format("identity-policy-{}", position(policies.identity));
}

/// AWS writes SQS's actions in lower case where it denies them.
std::string shown_action(const Passage& passage, const std::string& action) {
    return passage.service().name == "sqs" ? to_lower(action) : action;
}

/// SNS has a code of its own.
std::string denial_code(const contracts::Operation& operation) {
    const auto known = std::ranges::any_of(
        operation.errors, [](const contracts::Shape* error) { return error->error_code == "AuthorizationError"; });
    return known ? "AuthorizationError" : "AccessDenied";
}

[[noreturn]] void throw_denied(const Passage& passage, const auth::AccessRequest& request,
                               const auth::Decision& decision) {
    const auto& principal = passage.call.principal;
    const auto& who = principal.kind == Principal::Kind::anonymous ? "anonymous"
                      : principal.kind == Principal::Kind::service ? principal.service
                                                                   : principal.arn;
    const auto dialect = passage.dialect();
    if (dialect == auth::Dialect::s3) {
        throw aws::Error("AccessDenied",
                         fmt::format("User: {} is not authorized to perform: {} on resource: \"{}\" {}", who,
                                     request.action, request.resource, decision.reason),
                         403);
    }
    const auto action = shown_action(passage, request.action);
    auto message = fmt::format("User: {} is not authorized to perform: {}", who, action);
    if (request.resource != "*") message += fmt::format(" on resource: {}", request.resource);
    auto reason = decision.reason;
    if (const auto at = reason.find(request.action); at != std::string::npos) {
        reason.replace(at, request.action.size(), action);
    }
    message += " " + reason;
    switch (dialect) {
        case auth::Dialect::ec2:
            throw aws::Error("UnauthorizedOperation", "You are not authorized to perform this operation. " + message,
                             403);
        case auth::Dialect::query: throw aws::Error(denial_code(passage.operation()), std::move(message), 403);
        case auth::Dialect::rest_json: throw aws::Error("AccessDeniedException", std::move(message), 403);
        default: break;
    }
    const bool query_compatible = passage.service().query_compatible;
    aws::Error denied("AccessDeniedException", std::move(message), query_compatible ? 403 : 400);
    if (query_compatible) denied.query_code = "AccessDenied";
    throw denied;
}

/// The owner of an account may do everything that the account may do.
const auth::Policy* owners_policy() {
    static const auto policy =
        auth::Policy::parse(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})",
                            auth::PolicyKind::identity, "account-owner");
    return &policy;
}

/// A service at work for one of the account's resources needs that resource to be let in by the other's policy; what it
/// does for itself, such as writing its logs, it may.
bool needs_no_permission(const Passage& passage) {
    return passage.call.principal.kind == Principal::Kind::service && passage.source_arn.empty();
}

/// An account's root may do everything with what is the account's own.
bool is_owner(const Principal& principal, const std::string& resource_account) {
    return principal.kind == Principal::Kind::root &&
           (resource_account.empty() || resource_account == principal.account);
}

}  // namespace

Task<void> authorise(Passage& passage) {
    if (passage.door.settings.authorisation == AuthorisationMode::off || needs_no_permission(passage)) co_return;
    // IAM never refuses to tell callers who they are.
    const bool of_sts = passage.service().name == "sts";
    if (of_sts && passage.operation().name == "GetCallerIdentity") co_return;
    // What needs no signature has a proof of its own, a token, which the service looks at.
    if (passage.operation().anonymous && passage.call.principal.kind == Principal::Kind::anonymous) co_return;
    auto action = iam_action(passage.service(), passage.operation());
    passage.delegates = action.empty();
    if (passage.delegates) co_return;
    auto& api = *passage.route.entry->api;
    Question question{.action = std::move(action),
                      .resource = api.resource_of(passage.call, passage.operation(), passage.input),
                      .resource_account = {},
                      .resource_policy = {},
                      .conditions = {}};
    // STS asks a role's trust policy itself, whichever account the role is of.
    if (const auto arn = of_sts ? std::nullopt : Arn::parse(question.resource))
        question.resource_account = arn->account;
    if (is_owner(passage.call.principal, question.resource_account)) co_return;
    question.resource_policy = co_await api.resource_policy(passage.call, question.resource);
    co_await decide(passage, std::move(question));
}

Task<void> decide(Passage& passage, Question question) {
    auto& door = passage.door;
    auto& call = passage.call;
    if (door.settings.authorisation == AuthorisationMode::off || needs_no_permission(passage)) co_return;
    if (is_owner(call.principal, question.resource_account)) co_return;

    auto context = context_of(passage);
    for (auto& [key, value] : question.conditions) context.set(key, value);
    auth::AccessRequest request;
    request.context = &context;
    request.action = std::move(question.action);
    request.resource = std::move(question.resource);
    request.resource_account = std::move(question.resource_account);
    request.requester = {.arn = call.principal.arn,
                         .account = call.principal.account,
                         .service = call.principal.service,
                         .anonymous = call.principal.kind == Principal::Kind::anonymous};

    Policies policies;
    if (call.principal.kind == Principal::Kind::root) {
        policies.identity.push_back(owners_policy());
    } else if (door.identities && !request.requester.anonymous) {
        read_principal_policies(policies, passage.shard, co_await door.identities->policies_of(call.principal));
    }
    if (!question.resource_policy.empty()) {
        policies.resource = policies.keep(parsed(passage.shard, question.resource_policy, auth::PolicyKind::resource));
    }
    auto decision = auth::evaluate(request, {.identity = policies.identity,
                                             .resource = policies.resource,
                                             .boundary = policies.boundary,
                                             .session = policies.session});
    if (decision.decided_by && decision.policy.empty()) decision.policy = name_of(policies, decision.decided_by);
    passage.decision = decision.text();
    if (decision.allowed) co_return;
    if (door.settings.authorisation == AuthorisationMode::enforce) throw_denied(passage, request, decision);
    log::warning("A call would be denied", {{"request_id", call.request_id},
                                            {"principal", call.principal.arn},
                                            {"action", request.action},
                                            {"resource", request.resource},
                                            {"decision", passage.decision}});
}

}  // namespace cumulet::dispatch
