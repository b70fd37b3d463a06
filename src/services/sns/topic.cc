#include "services/sns/topic.h"

#include <charconv>

#include "services/sns/delivery_policy.h"

namespace cumulet::sns {
namespace {

using Attributes = std::map<std::string, std::string>;

constexpr size_t most_name_characters = 256;
constexpr size_t most_display_name_characters = 100;
constexpr size_t most_policy_bytes = 30'720;
constexpr int64_t most_archive_days = 365;

/// What AWS does with deliveries over HTTP where nothing else was said.
bool name_allowed(std::string_view name) {
    const auto allowed = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_'; };
    return !name.empty() && name.size() <= most_name_characters && std::ranges::all_of(name, allowed);
}

bool is_boolean(std::string_view value) { return value == "true" || value == "false"; }

/// HTTPSuccessFeedbackRoleArn and its like: which protocols' deliveries are logged.
bool is_feedback_attribute(std::string_view name) {
    for (const std::string_view protocol : {"HTTP", "Firehose", "Lambda", "Application", "SQS"}) {
        if (!name.starts_with(protocol)) continue;
        const auto rest = name.substr(protocol.size());
        return rest == "SuccessFeedbackRoleArn" || rest == "FailureFeedbackRoleArn" ||
               rest == "SuccessFeedbackSampleRate";
    }
    return false;
}

bool is_sample_rate(std::string_view value) {
    int rate = -1;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), rate);
    return error == std::errc() && end == value.data() + value.size() && rate >= 0 && rate <= 100;
}

std::optional<int64_t> archive_days(std::string_view policy) {
    const auto parsed = parse_json(policy);
    const auto* days = parsed ? find(*parsed, "MessageRetentionPeriod") : nullptr;
    if (!days) return std::nullopt;
    if (days->is_int64()) return days->as_int64();
    int64_t number = 0;
    if (!days->is_string()) return std::nullopt;
    const std::string_view text = days->as_string();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

void check_policy(std::string_view value) {
    if (value.empty()) return;
    const auto policy = parse_json(value);
    if (value.size() > most_policy_bytes || !policy || !policy->is_object() || !find(*policy, "Statement"))
        throw invalid_parameter("Policy Error: null");
}

void check_archive_policy(std::string_view value, bool fifo) {
    if (value.empty() || value == "{}") return;
    if (!fifo) throw invalid_parameter("ArchivePolicy is only supported for FIFO topics");
    const auto days = archive_days(value);
    if (!days || *days < 1 || *days > most_archive_days) {
        // Unverified: AWS's words for a retention that is out of bounds.
        throw invalid_parameter("ArchivePolicy: MessageRetentionPeriod must be an integer between 1 and 365");
    }
}

/// The attributes with a closed set of values; true if `value` is one of them, nothing for any other attribute.
std::optional<bool> among_allowed(std::string_view name, std::string_view value) {
    if (name == "ContentBasedDeduplication") return is_boolean(value);
    if (name == "SignatureVersion") return value == "1" || value == "2";
    if (name == "TracingConfig") return value == "PassThrough" || value == "Active";
    if (name == "FifoThroughputScope") return value == "Topic" || value == "MessageGroup";
    if (name.ends_with("SuccessFeedbackSampleRate")) return is_sample_rate(value);
    return std::nullopt;
}

bool is_topic_attribute(std::string_view name) {
    static constexpr std::array names = {"ArchivePolicy", "ContentBasedDeduplication", "DeliveryPolicy",
                                         "DisplayName",   "FifoThroughputScope",       "KmsMasterKeyId",
                                         "Policy",        "SignatureVersion",          "TracingConfig"};
    return std::ranges::find(names, name) != names.end() || is_feedback_attribute(name);
}

bool for_fifo_only(std::string_view name) {
    return name == "ContentBasedDeduplication" || name == "FifoThroughputScope";
}

bool is_action(std::string_view action) {
    static constexpr std::array actions = {"GetTopicAttributes",
                                           "SetTopicAttributes",
                                           "AddPermission",
                                           "RemovePermission",
                                           "DeleteTopic",
                                           "Subscribe",
                                           "Publish",
                                           "ListSubscriptionsByTopic",
                                           "Receive"};
    return std::ranges::find(actions, action) != actions.end();
}

/// One text as it is, several as an array: how AWS writes principals and actions.
json::value one_or_all(const std::vector<std::string>& texts) {
    if (texts.size() == 1) return json::value(texts.front());
    return json::value(json::array(texts.begin(), texts.end()));
}

json::object policy_of(const Topic& topic) {
    auto policy = parse_json(topic.policy()).value_or(json::object());
    return policy.is_object() ? policy.as_object() : json::object();
}

json::array& statements_of(json::object& policy) {
    auto& statements = policy["Statement"];
    if (statements.is_object()) statements = json::array{statements};
    if (!statements.is_array()) statements = json::array();
    return statements.as_array();
}

bool has_sid(const json::value& statement, std::string_view sid) {
    return statement.is_object() && string_or(statement.as_object(), "Sid") == sid;
}

}  // namespace

aws::sns::InvalidParameterException invalid_parameter(std::string_view what) {
    return aws::sns::InvalidParameterException(fmt::format("Invalid parameter: {}", what));
}

const std::string& Topic::attribute(std::string_view name) const {
    static const std::string none;
    const auto found = attributes.find(std::string(name));
    return found == attributes.end() ? none : found->second;
}

std::string Topic::signature_version() const {
    const auto& version = attribute("SignatureVersion");
    return version.empty() ? (fifo() ? "2" : "1") : version;
}

std::string Topic::policy() const {
    const auto& policy = attribute("Policy");
    return policy.empty() ? default_topic_policy(*this) : policy;
}

std::optional<std::chrono::days> Topic::archive_retention() const {
    const auto days = archive_days(attribute("ArchivePolicy"));
    if (!days) return std::nullopt;
    return std::chrono::days(*days);
}

TopicAddress parse_topic_arn(const Call& call, std::string_view arn, std::string_view parameter) {
    auto address = parse_any_topic_arn(arn, parameter);
    if (address.place.region != call.region) throw invalid_parameter(parameter);
    return address;
}

TopicAddress parse_any_topic_arn(std::string_view arn, std::string_view parameter) {
    const auto parts = 1 + std::ranges::count(arn, ':');
    if (parts < 6) {
        throw invalid_parameter(
            fmt::format("{} Reason: An ARN must have at least 6 elements, not {}", parameter, parts));
    }
    auto parsed = Arn::parse(arn);
    if (!parsed || parsed->service != "sns" || parsed->region.empty() || parsed->account.empty())
        throw invalid_parameter(parameter);
    return {{std::move(parsed->account), std::move(parsed->region)}, std::move(parsed->resource)};
}

void check_topic_name(std::string_view name, bool fifo) {
    if (!fifo) {
        if (!name_allowed(name)) throw invalid_parameter("Topic Name");
        return;
    }
    if (name.size() > most_name_characters || !name.ends_with(".fifo") ||
        !name_allowed(name.substr(0, name.size() - 5))) {
        throw aws::sns::InvalidParameterException(
            "Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, "
            "numbers, underscores, and hyphens, and must be between 1 and 256 characters long.");
    }
}

void check_topic_attribute(const std::string& name, const std::string& value, bool fifo, bool creating) {
    const std::string_view what = creating ? "Attributes Reason: " : "";
    if (name == "FifoTopic" && creating) {
        if (!is_boolean(value)) throw invalid_parameter("Attributes Reason: FifoTopic");
        return;
    }
    if (!is_topic_attribute(name))
        throw invalid_parameter(creating ? fmt::format("Attributes Reason: Unknown attribute {}", name)
                                         : "AttributeName");
    if (for_fifo_only(name) && !fifo && value != "false")
        throw invalid_parameter(fmt::format("{}{} is only supported for FIFO topics", what, name));
    if (among_allowed(name, value) == false) throw invalid_parameter(fmt::format("{}{}", what, name));
    if (name == "DisplayName" && value.size() > most_display_name_characters) throw invalid_parameter("DisplayName");
    if (name == "Policy") check_policy(value);
    if (name == "ArchivePolicy") check_archive_policy(value, fifo);
    if (name == "DeliveryPolicy" && !value.empty()) check_topic_delivery_policy(value);
}

void check_same_topic(const Topic& existing, const Attributes& wanted, const Attributes& tags) {
    for (const auto& [name, value] : wanted) {
        if (name == "FifoTopic") {
            if ((value == "true") == existing.fifo()) continue;
        } else if (existing.attribute(name) == value || (name == "Policy" && existing.policy() == value)) {
            continue;
        }
        throw invalid_parameter("Attributes Reason: Topic already exists with different attributes");
    }
    for (const auto& [key, value] : tags) {
        const auto found = existing.tags.find(key);
        if (found == existing.tags.end() || found->second != value)
            throw invalid_parameter("Tags Reason: Topic already exists with different tags");
    }
}

void check_data_protection_policy(std::string_view policy) {
    const auto parsed = parse_json(policy);
    const bool valid = policy.size() <= most_policy_bytes && parsed && parsed->is_object() && find(*parsed, "Name") &&
                       find(*parsed, "Version") && find(*parsed, "Statement");
    if (!valid) throw invalid_parameter("DataProtectionPolicy");
}

std::string default_topic_policy(const Topic& topic) {
    return fmt::format(
        R"({{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{{"Sid":"__default_statement_ID",)"
        R"("Effect":"Allow","Principal":{{"AWS":"*"}},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes",)"
        R"("SNS:AddPermission","SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe",)"
        R"("SNS:ListSubscriptionsByTopic","SNS:Publish"],"Resource":"{}",)"
        R"("Condition":{{"StringEquals":{{"AWS:SourceOwner":"{}"}}}}}}]}})",
        topic.arn(), topic.account);
}

std::string add_statement(const Topic& topic, const std::string& label, const std::vector<std::string>& accounts,
                          const std::vector<std::string>& actions) {
    auto policy = policy_of(topic);
    auto& statements = statements_of(policy);
    if (std::ranges::any_of(statements, [&](const auto& statement) { return has_sid(statement, label); }))
        throw invalid_parameter("Statement already exists");
    if (actions.empty() || !std::ranges::all_of(actions, is_action))
        throw invalid_parameter("Policy statement action out of service scope!");
    std::vector<std::string> principals, full_actions;
    for (const auto& account : accounts) principals.push_back(fmt::format("arn:aws:iam::{}:root", account));
    for (const auto& action : actions) full_actions.push_back("SNS:" + action);
    statements.push_back(json::object{{"Sid", label},
                                      {"Effect", "Allow"},
                                      {"Principal", json::object{{"AWS", one_or_all(principals)}}},
                                      {"Action", one_or_all(full_actions)},
                                      {"Resource", topic.arn()}});
    return json::serialize(policy);
}

std::string remove_statement(const Topic& topic, std::string_view label) {
    auto policy = policy_of(topic);
    auto& statements = statements_of(policy);
    const auto kept = std::remove_if(statements.begin(), statements.end(),
                                     [&](const auto& statement) { return has_sid(statement, label); });
    statements.erase(kept, statements.end());
    return json::serialize(policy);
}

Attributes tags_of(const std::vector<aws::sns::Tag>& tags) {
    Attributes all;
    for (const auto& tag : tags) {
        if (!all.emplace(tag.Key, tag.Value).second) throw invalid_parameter("Duplicated keys are not allowed.");
    }
    return all;
}

}  // namespace cumulet::sns
