// What IAM evaluates for SQS: the queue's ARN and the policy attached to it.

#include "contracts/reflect.h"
#include "services/sqs/service.h"

namespace cumulet::sqs {

std::string Service::resource_of(const Call& call, const contracts::Operation& operation, const void* input) const {
    for (const auto& member : operation.input->members) {
        const auto* value = static_cast<const char*>(input) + member.offset;
        if (member.name == "QueueUrl" && !member.optional) {
            const auto address = parse_queue_url(call, *reinterpret_cast<const std::string*>(value));
            return address.arn();
        }
        if (member.name == "QueueName" && !member.optional) {
            return call.arn("sqs", *reinterpret_cast<const std::string*>(value));
        }
    }
    return call.arn("sqs", "*");
}

Task<std::string> Service::resource_policy(Call& call, std::string arn) {
    const auto parsed = Arn::parse(arn);
    if (!parsed) co_return "";
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<std::string> {
        const auto queue = co_await find_queue(tx, {parsed->account, parsed->region}, parsed->resource);
        if (!queue) co_return "";
        const auto policy = queue->attributes.find("Policy");
        co_return policy == queue->attributes.end() ? "" : policy->second;
    });
}

}  // namespace cumulet::sqs
