// SendMessage, SendMessageBatch: append messages to a queue.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html

#include "base/hash.h"
#include "services/sqs/service.h"

namespace cumulet::sqs {

using namespace aws::sqs;

namespace {

/// A SendMessageRequest or an entry of a batch, taken apart into the message and when it may be seen.
template <typename Request>
Stored message_of(Call& call, const Queue& queue, Request& request) {
    Stored stored;
    auto& message = stored.message;
    message.sent = call.now();
    stored.delivery.visible_at = queue.visible_at(request.DelaySeconds, message.sent);
    message.id = call.random().uuid();
    message.group_id = std::move(request.MessageGroupId).value_or("");
    if (request.MessageDeduplicationId) {
        message.deduplication_id = std::move(*request.MessageDeduplicationId);
    } else if (queue.fifo()) {
        message.deduplication_id = sha256_hex(request.MessageBody);
    }
    message.body = std::move(request.MessageBody);
    if (request.MessageAttributes) message.attributes = std::move(*request.MessageAttributes);
    if (request.MessageSystemAttributes) {
        const auto trace = request.MessageSystemAttributes->find("AWSTraceHeader");
        if (trace != request.MessageSystemAttributes->end())
            message.trace_header = trace->second.StringValue.value_or("");
    }
    message.sender_id = call.principal.user_id.empty() ? call.principal.account : call.principal.user_id;
    return stored;
}

template <typename Request>
size_t check(const Queue& queue, const Request& request) {
    static const MessageAttributes none;
    static const SystemAttributes no_system;
    check_order(queue, request.MessageGroupId, request.MessageDeduplicationId, request.DelaySeconds);
    return check_message(queue, request.MessageBody, request.MessageAttributes ? *request.MessageAttributes : none,
                         request.MessageSystemAttributes ? *request.MessageSystemAttributes : no_system);
}

/// Adds the message, unless its deduplication id was used lately: then it is known by the id and the number of the one
/// that was sent with it, and the answer is false.
Task<bool> send(store::Transaction& tx, const Queue& queue, Stored& stored) {
    if (!queue.fifo()) {
        co_await append(tx, queue, stored);
        co_return true;
    }
    auto& message = stored.message;
    const std::string scope = queue.deduplicates_by_group() ? message.group_id : "";
    if (auto earlier = co_await find_once(tx, queue, scope, message.deduplication_id, message.sent)) {
        message.id = std::move(earlier->message_id);
        message.sequence = earlier->sequence;
        co_return false;
    }
    co_await append(tx, queue, stored);
    co_await save_once(tx, queue, scope, message.deduplication_id, {message.id, message.sequence, message.sent});
    co_return true;
}

template <typename Result>
void describe(Result& result, const Message& message, const std::optional<std::string>& system_md5) {
    result.MessageId = message.id;
    result.MD5OfMessageBody = md5_hex(message.body);
    if (!message.attributes.empty()) result.MD5OfMessageAttributes = md5_of_attributes(message.attributes);
    result.MD5OfMessageSystemAttributes = system_md5;
    if (message.sequence > 0) result.SequenceNumber = sequence_text(message.sequence);
}

template <typename Request>
std::optional<std::string> md5_of_system_attributes(const Request& request) {
    if (!request.MessageSystemAttributes || request.MessageSystemAttributes->empty()) return std::nullopt;
    return md5_of_attributes(*request.MessageSystemAttributes);
}

/// What CloudWatch is told of messages that were sent.
struct Sent {
    std::vector<contracts::MetricSample> samples;

    void add(size_t size_bytes, bool is_new) {
        samples.push_back({.name = "NumberOfMessagesSent"});
        samples.push_back({.name = "SentMessageSize", .value = static_cast<double>(size_bytes), .unit = "Bytes"});
        if (!is_new) samples.push_back({.name = "NumberOfDeduplicatedSentMessages"});
        total_bytes += size_bytes;
    }
    size_t total_bytes = 0;
};

}  // namespace

Task<SendMessageResult> Service::send_message(Call& call, SendMessageRequest request) {
    const auto system_md5 = md5_of_system_attributes(request);
    std::optional<Stored> stored;
    size_t size_bytes = 0;
    bool is_new = true;
    auto turn = co_await take_turn(call, request.QueueUrl, false);

    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        tx.when_visible([&turn] { turn.reset(); });
        const auto queue = co_await load_queue(tx, call, request.QueueUrl);
        keep_at_hand(store_, queue);
        if (!stored) {
            size_bytes = check(queue, request);
            stored = message_of(call, queue, request);
        }
        is_new = co_await send(tx, queue, *stored);
    });

    Sent sent;
    sent.add(size_bytes, is_new);
    measure(call, request.QueueUrl, sent.samples);
    SendMessageResult result;
    describe(result, stored->message, system_md5);
    co_return result;
}

Task<SendMessageBatchResult> Service::send_message_batch(Call& call, SendMessageBatchRequest request) {
    check_batch(request.Entries, "SendMessageBatchRequestEntry");
    SendMessageBatchResult result;
    Sent sent;
    auto turn = co_await take_turn(call, request.QueueUrl, false);

    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        tx.when_visible([&turn] { turn.reset(); });
        const auto queue = co_await load_queue(tx, call, request.QueueUrl);
        keep_at_hand(store_, queue);
        // At AWS these fail the batch, whatever its other entries say.
        for (const auto& entry : request.Entries)
            check_order_given(queue, entry.MessageGroupId, entry.MessageDeduplicationId);
        result = {};
        sent = {};
        for (const auto& entry : request.Entries) {
            try {
                const auto size_bytes = check(queue, entry);
                auto copy = entry;  // the body may run again
                auto stored = message_of(call, queue, copy);
                const bool is_new = co_await send(tx, queue, stored);
                describe(result.Successful.emplace_back(), stored.message, md5_of_system_attributes(entry));
                result.Successful.back().Id = entry.Id;
                sent.add(size_bytes, is_new);
            } catch (const aws::Error& error) {
                result.Failed.push_back(
                    {.Id = entry.Id, .SenderFault = true, .Code = error.code, .Message = error.message});
            }
        }
        if (sent.total_bytes > largest_message_bytes) {
            throw BatchRequestTooLong(
                fmt::format("Batch requests cannot be longer than {} bytes. You have sent {} bytes.",
                            largest_message_bytes, sent.total_bytes));
        }
    });
    if (!sent.samples.empty()) measure(call, request.QueueUrl, sent.samples);
    co_return result;
}

}  // namespace cumulet::sqs
