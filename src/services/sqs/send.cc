// SendMessage, SendMessageBatch: append messages to a queue.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html

#include "base/hash.h"
#include "services/sqs/service.h"

namespace cumulet::sqs {

using namespace aws::sqs;

namespace {

/// A SendMessageRequest or an entry of a batch, taken apart into the message and when it may be seen.
template <typename Request>
Message message_of(Call& call, Request& request) {
    Message message;
    message.id = call.random().uuid();
    message.body = std::move(request.MessageBody);
    if (request.MessageAttributes) message.attributes = std::move(*request.MessageAttributes);
    if (request.MessageSystemAttributes) {
        const auto trace = request.MessageSystemAttributes->find("AWSTraceHeader");
        if (trace != request.MessageSystemAttributes->end())
            message.trace_header = trace->second.StringValue.value_or("");
    }
    message.sender_id = call.principal.user_id.empty() ? call.principal.account : call.principal.user_id;
    message.sent = call.now();
    return message;
}

template <typename Request>
size_t check(const Queue& queue, const Request& request) {
    static const MessageAttributes none;
    static const SystemAttributes no_system;
    if (request.MessageDeduplicationId) {
        throw invalid_parameter("The request include parameter that is not valid for this queue type");
    }
    if (request.MessageGroupId) throw aws::not_implemented("sqs", "SendMessage", "MessageGroupId on standard queues");
    return check_message(queue, request.MessageBody, request.MessageAttributes ? *request.MessageAttributes : none,
                         request.MessageSystemAttributes ? *request.MessageSystemAttributes : no_system);
}

void append(store::Transaction& tx, const Queue& queue, const Message& message, Time visible_at) {
    save_message(tx, queue, message);
    save_delivery(tx, queue, message.id, {.visible_at = visible_at, .sent = message.sent});
    tx.wake(queue.topic());
}

template <typename Result>
void describe(Result& result, const Message& message, const std::optional<std::string>& system_md5) {
    result.MessageId = message.id;
    result.MD5OfMessageBody = md5_hex(message.body);
    if (!message.attributes.empty()) result.MD5OfMessageAttributes = md5_of_attributes(message.attributes);
    result.MD5OfMessageSystemAttributes = system_md5;
}

template <typename Request>
std::optional<std::string> md5_of_system_attributes(const Request& request) {
    if (!request.MessageSystemAttributes || request.MessageSystemAttributes->empty()) return std::nullopt;
    return md5_of_attributes(*request.MessageSystemAttributes);
}

}  // namespace

Task<SendMessageResult> Service::send_message(Call& call, SendMessageRequest request) {
    const auto delay = request.DelaySeconds;
    const auto system_md5 = md5_of_system_attributes(request);
    std::optional<Message> message;

    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto queue = co_await load_queue(tx, call, request.QueueUrl);
        if (!message) {
            check(queue, request);
            message = message_of(call, request);
        }
        append(tx, queue, *message, queue.visible_at(delay, message->sent));
    });

    SendMessageResult result;
    describe(result, *message, system_md5);
    co_return result;
}

Task<SendMessageBatchResult> Service::send_message_batch(Call& call, SendMessageBatchRequest request) {
    check_batch(request.Entries, "SendMessageBatchRequestEntry");
    SendMessageBatchResult result;

    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto queue = co_await load_queue(tx, call, request.QueueUrl);
        result = {};
        size_t size_bytes = 0;
        for (const auto& entry : request.Entries) {
            try {
                size_bytes += check(queue, entry);
                const auto visible_at = queue.visible_at(entry.DelaySeconds, call.now());
                auto sent = entry;
                const auto message = message_of(call, sent);
                append(tx, queue, message, visible_at);
                describe(result.Successful.emplace_back(), message, md5_of_system_attributes(entry));
                result.Successful.back().Id = entry.Id;
            } catch (const aws::Error& error) {
                result.Failed.push_back(
                    {.Id = entry.Id, .SenderFault = true, .Code = error.code, .Message = error.message});
            }
        }
        if (size_bytes > largest_message_bytes) {
            throw BatchRequestTooLong(
                fmt::format("Batch requests cannot be longer than {} bytes. You have sent {} bytes.",
                            largest_message_bytes, size_bytes));
        }
    });
    co_return result;
}

}  // namespace cumulet::sqs
