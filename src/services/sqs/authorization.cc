// What IAM evaluates for SQS: the queue's ARN and the policy attached to it.

#include "services/sqs/move_task.h"
#include "services/sqs/service.h"

namespace cumulet::sqs {

namespace {

/// What a queue's policy cannot open to other accounts.
/// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html
constexpr std::string_view owners_operations[] = {"AddPermission",
                                                  "CancelMessageMoveTask",
                                                  "CreateQueue",
                                                  "DeleteQueue",
                                                  "ListMessageMoveTasks",
                                                  "ListQueues",
                                                  "ListQueueTags",
                                                  "RemovePermission",
                                                  "SetQueueAttributes",
                                                  "StartMessageMoveTask",
                                                  "TagQueue",
                                                  "UntagQueue"};

}  // namespace

std::string Service::resource_of(const Call& call, const contracts::Operation& operation, const void* input) const {
    for (const auto& member : operation.input->members) {
        if (member.optional || member.shape->kind != contracts::Kind::string) continue;
        const auto& text = *reinterpret_cast<const std::string*>(static_cast<const char*>(input) + member.offset);
        if (member.name == "QueueUrl") return parse_queue_url(call, text).arn();
        if (member.name == "QueueName") return call.arn("sqs", text);
        if (member.name == "SourceArn") return text;
        if (member.name == "TaskHandle") {
            const auto handle = parse_task_handle(text);
            return handle ? handle->source_arn : call.arn("sqs", "*");
        }
    }
    return call.arn("sqs", "*");
}

Task<std::string> Service::resource_policy(Call& call, std::string arn) {
    const auto parsed = Arn::parse(arn);
    if (!parsed) co_return "";
    if (parsed->account != call.principal.account && contains(owners_operations, call.operation)) co_return "";
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<std::string> {
        const auto queue = co_await find_queue(tx, {parsed->account, parsed->region}, parsed->resource);
        if (!queue) co_return "";
        const auto policy = queue->attributes.find("Policy");
        co_return policy == queue->attributes.end() ? "" : policy->second;
    });
}

}  // namespace cumulet::sqs
