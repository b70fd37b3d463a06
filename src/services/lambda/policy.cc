#include "services/lambda/policy.h"

#include "base/hash.h"
#include "services/lambda/fault.h"

namespace cumulet::lambda {
namespace {

constexpr size_t most_policy_bytes = 20'480;

json::object parse_policy(const std::string& document) {
    if (document.empty()) return {{"Version", "2012-10-17"}, {"Id", "default"}, {"Statement", json::array()}};
    return json::parse(document).as_object();
}

auto with_sid(std::string_view sid) {
    return [sid](const json::value& statement) { return string_or(statement.as_object(), "Sid") == sid; };
}

}  // namespace

json::value principal_of(std::string_view principal) {
    if (principal == "*") return "*";
    if (principal.starts_with("arn:")) return json::object{{"AWS", principal}};
    if (principal.find_first_not_of("0123456789") == principal.npos) {
        return json::object{{"AWS", fmt::format("arn:aws:iam::{}:root", principal)}};
    }
    return json::object{{"Service", principal}};
}

void check_principal(std::string_view principal) {
    const bool known =
        principal_of(principal).is_string() || string_or(principal_of(principal).as_object(), "AWS") != "";
    const auto ends = {".amazonaws.com", ".amazonaws.com.cn", ".amazon.com"};
    if (known || std::ranges::any_of(ends, [&](auto end) { return principal.ends_with(end); })) return;
    throw invalid("The provided principal was invalid. Please check the principal and try again.");
}

std::string policy_revision(std::string_view document) {
    const auto digest = sha256_hex(document);
    return fmt::format("{}-{}-{}-{}-{}", digest.substr(0, 8), digest.substr(8, 4), digest.substr(12, 4),
                       digest.substr(16, 4), digest.substr(20, 12));
}

std::string checked_policy(const std::string& document) {
    auto parsed = parse_json(document);
    // Unverified: the words.
    if (!parsed || !parsed->is_object()) throw invalid("The policy is not a JSON object.");
    auto& policy = parsed->as_object();
    auto* statements = policy.if_contains("Statement");
    if (statements && statements->is_object()) policy["Statement"] = json::array{json::value(*statements)};
    statements = policy.if_contains("Statement");
    const bool listed = statements && statements->is_array() && !statements->as_array().empty();
    if (!listed || !std::ranges::all_of(statements->as_array(), [](const auto& each) { return each.is_object(); })) {
        throw invalid("The policy has no statements.");
    }
    return json::serialize(policy);
}

std::string with_statement(const std::string& document, json::object statement) {
    auto policy = parse_policy(document);
    auto& statements = policy["Statement"].as_array();
    const auto sid = string_or(statement, "Sid");
    if (std::any_of(statements.begin(), statements.end(), with_sid(sid))) {
        throw user_fault<aws::lambda::ResourceConflictException>(fmt::format(
            "The statement id ({}) provided already exists. Please provide a new statement id, or remove the "
            "existing statement.",
            sid));
    }
    statements.push_back(std::move(statement));
    auto text = json::serialize(policy);
    if (text.size() > most_policy_bytes) {
        throw user_fault<aws::lambda::PolicyLengthExceededException>(
            fmt::format("The final policy size ({}) is bigger than the limit ({}).", text.size(), most_policy_bytes));
    }
    return text;
}

std::string without_statement(const std::string& document, std::string_view sid) {
    if (document.empty()) {
        throw user_fault<aws::lambda::ResourceNotFoundException>("No policy is associated with the given resource.");
    }
    auto policy = parse_policy(document);
    auto& statements = policy["Statement"].as_array();
    const auto found = std::find_if(statements.begin(), statements.end(), with_sid(sid));
    if (found == statements.end()) {
        throw user_fault<aws::lambda::ResourceNotFoundException>(
            fmt::format("Statement {} is not found in resource policy.", sid));
    }
    statements.erase(found);
    return statements.empty() ? "" : json::serialize(policy);
}

bool allows_account(const std::string& document, std::string_view account) {
    if (document.empty()) return false;
    const auto policy = parse_policy(document);
    for (const auto& statement : policy.at("Statement").as_array()) {
        const auto* principal = find(statement, "Principal");
        if (!principal) continue;
        if (principal->is_string() && principal->as_string() == "*") return true;
        const auto* named = principal->is_object() ? principal->as_object().if_contains("AWS") : nullptr;
        if (!named || !named->is_string()) continue;
        const auto arn = Arn::parse(std::string_view(named->as_string()));
        if (arn && arn->account == account) return true;
    }
    return false;
}

}  // namespace cumulet::lambda
