#include "auth/lambda_authorizer.h"

#include "contracts/error.h"

namespace cumulet::auth {
namespace {

constexpr int deepest = 32;

/// A principal's id: a text, or anything else that is no list or object.
std::string id_of(const json::value* value) {
    if (!value || value->is_null() || value->is_structured()) return "";
    return value->is_string() ? std::string(value->as_string()) : json::serialize(*value);
}

}  // namespace

AuthorizerAnswer::Verdict AuthorizerAnswer::of(std::string_view method_arn, std::string_view source_address) const {
    if (!policy) return authorized ? Verdict::allowed : Verdict::denied;
    ConditionContext context_keys;
    context_keys.set("aws:SourceIp", std::string(source_address));
    const AccessRequest request{.action = "execute-api:Invoke",
                                .resource = std::string(method_arn),
                                .resource_account = "",
                                .requester = {},
                                .context = &context_keys};
    auto verdict = Verdict::denied;
    for (const auto& statement : policy->statements) {
        if (!applies(statement, request, policy->has_variables())) continue;
        if (!statement.allow) return Verdict::denied_explicitly;
        verdict = Verdict::allowed;
    }
    return verdict;
}

std::optional<AuthorizerAnswer> read_authorizer_answer(std::string_view payload, bool simple) {
    if (payload.size() > AuthorizerAnswer::largest_bytes) return std::nullopt;
    const auto parsed = parse_json(payload, deepest);
    const auto* reply = parsed ? parsed->if_object() : nullptr;
    if (!reply) return std::nullopt;
    AuthorizerAnswer answer;
    if (const auto* context = reply->if_contains("context"); context && !context->is_null()) {
        if (!context->is_object()) return std::nullopt;
        answer.context = context->as_object();
    }
    if (simple) {
        const auto* authorized = reply->if_contains("isAuthorized");
        if (!authorized || !authorized->is_bool()) return std::nullopt;
        answer.authorized = authorized->as_bool();
        return answer;
    }
    answer.principal_id = id_of(reply->if_contains("principalId"));
    answer.usage_key = string_or(*reply, "usageIdentifierKey");
    const auto* policy = reply->if_contains("policyDocument");
    if (!policy || answer.principal_id.empty()) return std::nullopt;
    answer.policy_text = json::serialize(*policy);
    try {
        answer.policy = Policy::parse(answer.policy_text, PolicyKind::identity);
    } catch (const aws::Error&) {
        return std::nullopt;
    }
    return answer;
}

}  // namespace cumulet::auth
