#include "services/sqs/redrive.h"

#include <charconv>

#include "base/arn.h"
#include "base/json.h"
#include "services/sqs/queue.h"

namespace cumulet::sqs {
namespace {

constexpr int64_t largest_receive_count = 1000;
constexpr size_t most_source_queues = 10;
constexpr size_t deepest_document = 8;

[[noreturn]] void refuse_policy(std::string_view text, std::string_view reason) {
    throw invalid_parameter(fmt::format("Value {} for parameter RedrivePolicy is invalid. Reason: {}", text, reason));
}

[[noreturn]] void refuse_permission(std::string_view text, std::string_view reason) {
    throw invalid_parameter(
        fmt::format("Value {} for parameter RedriveAllowPolicy is invalid. Reason: Amazon SQS can't create the redrive "
                    "allow policy. {}",
                    text, reason));
}

/// Clients send the count as a number or as its text.
std::optional<int64_t> count_of(const json::value& value) {
    if (value.is_int64()) return value.get_int64();
    const auto* text = value.if_string();
    int64_t count = 0;
    if (!text || std::from_chars(text->begin(), text->end(), count).ptr != text->end()) return std::nullopt;
    return text->empty() ? std::nullopt : std::optional(count);
}

std::string shown(const json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

}  // namespace

std::string RedrivePolicy::text() const {
    return json::serialize(json::object{{"deadLetterTargetArn", target_arn}, {"maxReceiveCount", max_receive_count}});
}

RedrivePolicy parse_redrive_policy(std::string_view text) {
    const auto parsed = parse_json(text, deepest_document);
    if (!parsed || !parsed->is_object()) refuse_policy(text, "Redrive policy is not a valid JSON map.");
    const auto& document = parsed->get_object();
    for (const auto name : {"deadLetterTargetArn", "maxReceiveCount"}) {
        if (!document.contains(name)) {
            refuse_policy(text, fmt::format("Redrive policy does not contain mandatory attribute: {}.", name));
        }
    }
    if (document.size() > 2) {
        refuse_policy(text, "Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].");
    }
    RedrivePolicy policy;
    const auto& count = document.at("maxReceiveCount");
    policy.max_receive_count = count_of(count).value_or(0);
    if (policy.max_receive_count < 1 || policy.max_receive_count > largest_receive_count) {
        refuse_policy(text, fmt::format("Invalid value for maxReceiveCount: {}, valid values are from 1 to {} both "
                                        "inclusive.",
                                        shown(count), largest_receive_count));
    }
    policy.target_arn = string_or(document, "deadLetterTargetArn");
    const auto arn = Arn::parse(policy.target_arn);
    if (!arn || arn->service != "sqs" || arn->resource.empty()) {
        refuse_policy(text, "Invalid value for deadLetterTargetArn.");
    }
    return policy;
}

bool RedriveAllowPolicy::allows(std::string_view source_arn) const {
    return permission == Permission::allow_all ||
           (permission == Permission::by_queue && contains(source_arns, source_arn));
}

RedriveAllowPolicy parse_redrive_allow_policy(std::string_view text) {
    const auto unsupported = [] {
        return aws::sqs::InvalidAttributeValue(
            "Invalid value for the parameter RedriveAllowPolicy. Reason: Amazon SQS can't create the redrive allow "
            "policy, as it’s in an unsupported format.");
    };
    const auto parsed = parse_json(text, deepest_document);
    if (!parsed || !parsed->is_object()) throw unsupported();
    RedriveAllowPolicy policy;
    const json::value* sources = nullptr;
    bool known = false;
    for (const auto& [name, value] : parsed->get_object()) {
        if (name == "sourceQueueArns") {
            sources = &value;
        } else if (name == "redrivePermission" && value.is_string()) {
            const std::string_view permission = value.get_string();
            known = permission == "allowAll" || permission == "denyAll" || permission == "byQueue";
            policy.permission = permission == "denyAll"   ? RedriveAllowPolicy::Permission::deny_all
                                : permission == "byQueue" ? RedriveAllowPolicy::Permission::by_queue
                                                          : RedriveAllowPolicy::Permission::allow_all;
        } else {
            throw unsupported();
        }
    }
    if (!known || (sources && !sources->is_array())) throw unsupported();
    const bool by_queue = policy.permission == RedriveAllowPolicy::Permission::by_queue;
    if (sources && !by_queue) {
        refuse_permission(text, "To specify one or more source queue ARNs, you must set redrivePermission to byQueue.");
    }
    if (by_queue && (!sources || sources->get_array().empty())) {
        refuse_permission(text,
                          "When you specify the byQueue permission type, you must also specify one or more "
                          "sourceQueueArns values.");
    }
    if (!sources) return policy;
    if (sources->get_array().size() > most_source_queues) {
        refuse_permission(
            text, fmt::format("The maximum number of source queue ARNs you can specify is {}.", most_source_queues));
    }
    for (const auto& source : sources->get_array()) {
        if (!source.is_string()) throw unsupported();
        policy.source_arns.emplace_back(source.get_string());
    }
    return policy;
}

}  // namespace cumulet::sqs
