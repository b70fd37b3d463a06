// What IAM evaluates for SNS: the topic's ARN and the policy attached to it.

#include "services/sns/service.h"

namespace cumulet::sns {
namespace {

const std::string* text_of(const contracts::Member& member, const void* input) {
    const auto* value = static_cast<const char*>(input) + member.offset;
    return static_cast<const std::string*>(member.optional ? member.optional->get(value)
                                                           : static_cast<const void*>(value));
}

/// A subscription's ARN is its topic's with one part more.
std::string topic_of(std::string_view subscription_arn) {
    const bool has_id = std::ranges::count(subscription_arn, ':') > 5;
    return std::string(has_id ? subscription_arn.substr(0, subscription_arn.rfind(':')) : subscription_arn);
}

}  // namespace

std::string Service::resource_of(const Call& call, const contracts::Operation& operation, const void* input) const {
    for (const auto& member : operation.input->members) {
        if (member.shape->kind != contracts::Kind::string) continue;
        const auto* text = text_of(member, input);
        if (!text || text->empty()) continue;
        if (member.name == "TopicArn" || member.name == "TargetArn" || member.name == "ResourceArn" ||
            member.name == "PlatformApplicationArn" || member.name == "EndpointArn") {
            return *text;
        }
        if (member.name == "SubscriptionArn") return topic_of(*text);
        if (member.name == "Name" && operation.name == "CreateTopic") return call.arn("sns", *text);
    }
    return "*";
}

Task<std::string> Service::resource_policy(Call& call, std::string arn) {
    const auto parsed = Arn::parse(arn);
    if (!parsed || parsed->service != "sns") co_return "";
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<std::string> {
        const auto topic = co_await find_topic(tx, {{parsed->account, parsed->region}, parsed->resource});
        co_return topic ? topic->policy() : "";
    });
}

}  // namespace cumulet::sns
