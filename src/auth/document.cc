// The grammar of policy documents, and IAM's complaints about what breaks it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html

#include <set>

#include "auth/conditions.h"
#include "base/json.h"
#include "contracts/error.h"

namespace cumulet::auth {
namespace {

constexpr size_t longest_document_bytes = 131072;
constexpr size_t deepest_document = 16;

[[noreturn]] void malformed(std::string message) {
    throw aws::Error("MalformedPolicyDocument", std::move(message), 400);
}
[[noreturn]] void syntax_error() { malformed("Syntax errors in policy."); }

std::string_view text_of(const json::value& value) {
    if (!value.is_string()) syntax_error();
    return value.get_string();
}

/// A string, or a list of strings.
std::vector<std::string> texts(const json::value& value) {
    std::vector<std::string> out;
    if (const auto* list = value.if_array()) {
        for (const auto& element : *list) out.emplace_back(text_of(element));
    } else {
        out.emplace_back(text_of(value));
    }
    return out;
}

/// The values of a condition: strings, numbers and booleans, one or several.
void add_condition_value(std::vector<std::string>& out, const json::value& value) {
    if (value.is_string()) {
        out.emplace_back(value.get_string());
    } else if (value.is_bool() || value.is_number()) {
        out.push_back(json::serialize(value));
    } else {
        syntax_error();
    }
}

std::vector<Condition> read_conditions(const json::value& block) {
    std::vector<Condition> conditions;
    if (!block.is_object()) syntax_error();
    for (const auto& [operator_text, keys] : block.get_object()) {
        Condition read;
        if (!read_operator(operator_text, read) || !keys.is_object()) syntax_error();
        for (const auto& [key, values] : keys.get_object()) {
            auto condition = read;
            condition.key = key;
            if (const auto* list = values.if_array()) {
                for (const auto& value : *list) add_condition_value(condition.values, value);
            } else {
                add_condition_value(condition.values, values);
            }
            conditions.push_back(std::move(condition));
        }
    }
    return conditions;
}

Principals read_principals(const json::value& value) {
    Principals principals;
    if (value.is_string()) {
        if (value.get_string() != "*") syntax_error();
        principals.anyone = true;
        return principals;
    }
    if (!value.is_object() || value.get_object().empty()) syntax_error();
    for (const auto& [kind, names] : value.get_object()) {
        if (kind == "AWS") {
            principals.aws = texts(names);
        } else if (kind == "Service") {
            principals.service = texts(names);
        } else if (kind == "Federated") {
            principals.federated = texts(names);
        } else if (kind == "CanonicalUser") {
            principals.canonical_user = texts(names);
        } else {
            syntax_error();
        }
    }
    for (const auto& name : principals.aws) principals.anyone = principals.anyone || name == "*";
    return principals;
}

void check_action(std::string_view action) {
    if (action == "*") return;
    const auto colon = action.find(':');
    if (colon == std::string_view::npos) {
        malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
    }
    if (action.find(':', colon + 1) != std::string_view::npos)
        malformed("Actions/Condition can contain only one colon.");
    const auto vendor = action.substr(0, colon);
    const auto plain = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
    };
    if (vendor.empty() || !std::ranges::all_of(vendor, plain)) malformed(fmt::format("Vendor {} is not valid", vendor));
}

void check_resource(std::string_view resource) {
    if (resource == "*" || resource.starts_with("*") || resource.starts_with("${")) return;
    if (!resource.starts_with("arn:")) malformed(fmt::format("Resource {} must be in ARN format or \"*\".", resource));
    const auto rest = resource.substr(4);
    const auto partition = rest.substr(0, rest.find(':'));
    for (const std::string_view known : {"aws", "aws-cn", "aws-us-gov", "*"}) {
        if (partition == known) return;
    }
    malformed(fmt::format("Partition \"{}\" is not valid for resource \"{}\".", partition, resource));
}

void check_sid(std::string_view sid, PolicyKind kind, std::set<std::string, std::less<>>& seen) {
    // Policies of resources may use any text: SQS and SNS put "__default_statement_ID" there.
    if (kind == PolicyKind::identity &&
        !std::ranges::all_of(sid, [](unsigned char c) { return std::isalnum(c) != 0; })) {
        malformed(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression "
            "[0-9A-Za-z]*");
    }
    if (!sid.empty() && !seen.emplace(sid).second) malformed("Statement IDs (SID) in a single policy must be unique.");
}

void read_member(Statement& statement, std::string_view name, const json::value& value) {
    if (name == "Sid") {
        statement.sid = text_of(value);
    } else if (name == "Effect") {
        const auto effect = text_of(value);
        if (effect != "Allow" && effect != "Deny") syntax_error();
        statement.allow = effect == "Allow";
    } else if (name == "Action" || name == "NotAction") {
        if (!statement.actions.empty()) syntax_error();
        statement.actions = texts(value);
        statement.not_action = name == "NotAction";
    } else if (name == "Resource" || name == "NotResource") {
        if (!statement.resources.empty()) syntax_error();
        statement.resources = texts(value);
        statement.not_resource = name == "NotResource";
    } else if (name == "Principal" || name == "NotPrincipal") {
        if (statement.principals) syntax_error();
        statement.principals = read_principals(value);
        statement.not_principal = name == "NotPrincipal";
    } else if (name == "Condition") {
        statement.conditions = read_conditions(value);
    } else {
        syntax_error();
    }
}

Statement read_statement(const json::value& value) {
    if (!value.is_object()) syntax_error();
    Statement statement;
    for (const auto& [name, member] : value.get_object()) read_member(statement, name, member);
    if (!value.get_object().contains("Effect")) syntax_error();
    return statement;
}

void check_statement(const Statement& statement, PolicyKind kind) {
    if (kind == PolicyKind::identity && statement.principals)
        malformed("Policy document should not specify a principal.");
    if (kind != PolicyKind::identity && !statement.principals) malformed("Missing required field Principal");
    if (kind == PolicyKind::trust && !statement.resources.empty()) malformed("Has prohibited field Resource");
    if (statement.actions.empty()) {
        malformed(kind == PolicyKind::trust ? "Missing required field Action"
                                            : "Policy statement must contain actions.");
    }
    if (kind != PolicyKind::trust && statement.resources.empty()) malformed("Policy statement must contain resources.");
    for (const auto& action : statement.actions) {
        check_action(action);
        if (kind == PolicyKind::trust && action != "*" && !action.starts_with("sts:")) {
            malformed("AssumeRole policy may only specify STS AssumeRole actions.");
        }
    }
    if (kind == PolicyKind::identity) {
        for (const auto& resource : statement.resources) check_resource(resource);
    }
}

json::object read_document(std::string_view text, PolicyKind kind) {
    auto document = text.size() <= longest_document_bytes ? parse_json(text, deepest_document)
                                                          : std::expected<json::value, std::string>(json::value());
    if (!document && kind == PolicyKind::trust) malformed("This policy contains invalid Json");
    if (!document || !document->is_object()) syntax_error();
    return std::move(document->get_object());
}

}  // namespace

Policy Policy::parse(std::string_view text, PolicyKind kind, std::string name) {
    const auto document = read_document(text, kind);
    Policy policy;
    policy.name = std::move(name);
    const json::value* statements = nullptr;
    for (const auto& [member, value] : document) {
        if (member == "Version") {
            policy.version = text_of(value);
            if (policy.version != "2012-10-17" && policy.version != "2008-10-17") syntax_error();
        } else if (member == "Id") {
            if (policy.name.empty()) policy.name = text_of(value);
        } else if (member == "Statement") {
            statements = &value;
        } else {
            syntax_error();
        }
    }
    if (!statements) syntax_error();
    if (const auto* list = statements->if_array()) {
        for (const auto& statement : *list) policy.statements.push_back(read_statement(statement));
    } else {
        policy.statements.push_back(read_statement(*statements));
    }
    if (policy.statements.empty()) syntax_error();
    std::set<std::string, std::less<>> sids;
    for (const auto& statement : policy.statements) check_sid(statement.sid, kind, sids);
    for (const auto& statement : policy.statements) check_statement(statement, kind);
    return policy;
}

}  // namespace cumulet::auth
