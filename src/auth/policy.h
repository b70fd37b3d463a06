// IAM policies: their grammar, and what they decide. Pure: everything a decision depends on is an argument.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace cumulet::auth {

enum class PolicyKind : uint8_t {
    identity,  ///< attached to a principal: has no Principal
    resource,  ///< attached to a resource: names principals
    trust,     ///< of a role: names principals, has no Resource
};

/// One test of a condition block: "ForAnyValue:StringEqualsIfExists": {"aws:TagKeys": ["a", "b"]}.
struct Condition {
    enum class Set : uint8_t { none, all_values, any_value };
    std::string operator_name;  ///< without qualifiers: "StringEquals"
    Set set = Set::none;
    bool if_exists = false;
    std::string key;
    std::vector<std::string> values;
};

struct Principals {
    bool anyone = false;
    std::vector<std::string> aws;  ///< ARNs, account ids, "*"
    std::vector<std::string> service;
    std::vector<std::string> federated;
    std::vector<std::string> canonical_user;
};

struct Statement {
    std::string sid;
    bool allow = false;
    std::vector<std::string> actions;
    bool not_action = false;
    std::vector<std::string> resources;  ///< empty where the kind has none
    bool not_resource = false;
    std::optional<Principals> principals;
    bool not_principal = false;
    std::vector<Condition> conditions;
};

struct Policy {
    std::string name;  ///< for the explanation of a decision
    std::string version = "2008-10-17";
    std::vector<Statement> statements;

    bool has_variables() const { return version == "2012-10-17"; }
    /// Throws MalformedPolicyDocument with IAM's words.
    static Policy parse(std::string_view text, PolicyKind kind, std::string name = "");
};

/// The values of condition keys, by lower-case name: "aws:sourceip". A key may have several.
class ConditionContext {
  public:
    void set(std::string_view key, std::string value);
    void set(std::string_view key, std::vector<std::string> values);
    /// nullptr if the request has no such key; names compare without regard to case.
    const std::vector<std::string>* find(std::string_view key) const;

  private:
    std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

/// Who asks, for Principal elements.
struct Requester {
    std::string arn;  ///< of the user, or the session: arn:aws:sts::…:assumed-role/role/session
    std::string account;
    std::string service;  ///< "lambda.amazonaws.com", "" for people
    bool anonymous = false;
};

struct AccessRequest {
    std::string action;            ///< "sqs:SendMessage"
    std::string resource;          ///< ARN or "*"
    std::string resource_account;  ///< "" where the resource belongs to no account: the requester's
    Requester requester;
    const ConditionContext* context = nullptr;
};

/// All that applies to a request. Pointers may be null, lists empty.
struct PolicySet {
    std::span<const Policy* const> identity;
    const Policy* resource = nullptr;
    const Policy* boundary = nullptr;
    std::span<const Policy* const> session;  ///< empty: none limits the session
};

struct Decision {
    bool allowed = false;
    bool explicitly_denied = false;
    std::string policy;     ///< name of the deciding policy, "" if none matched
    std::string statement;  ///< its Sid, or "#1" for the first without one
    const Policy* decided_by = nullptr;
    /// The end of AWS's sentence: "because no identity-based policy allows the sqs:SendMessage action"
    std::string reason;
    std::string text() const;  ///< "allowed by QueueAccess/#1"
};

/// Explicit deny first, then what the resource's policy grants, the identity's policies, boundary and session.
Decision evaluate(const AccessRequest& request, const PolicySet& policies);

/// How a statement's Principal takes in a requester: by name, or as one of an account that decides for itself.
enum class PrincipalMatch : uint8_t { none, account, direct };
PrincipalMatch match_principal(const Statement& statement, const Requester& requester);

/// True if `statement`'s action, resource and conditions apply to the request. `variables`: the policy's version has
/// them.
bool applies(const Statement& statement, const AccessRequest& request, bool variables);

/// "*" any text, "?" one character; a character after literal_mark stands for itself.
inline constexpr char literal_mark = '\x01';
bool matches_wildcard(std::string_view pattern, std::string_view text, bool ignore_case = false);
/// Wildcards stay within each of an ARN's six parts.
bool matches_arn(std::string_view pattern, std::string_view arn);
/// Replaces ${aws:username}, ${aws:PrincipalTag/x, 'fallback'}. Nothing if a variable has neither value nor fallback.
/// ${*}, ${?} and ${$} become literal characters. With `for_pattern`, they and the variables' values are marked so that
/// `matches_wildcard` takes them literally.
std::optional<std::string> expand_variables(std::string_view text, const ConditionContext& context, bool for_pattern);

}  // namespace cumulet::auth
