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
    if (request.MessageGroupId) message.group_id = std::move(*request.MessageGroupId);
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

/// An entry of a batch, or the only message of a request: a message to be sent, or why it is none.
struct Prepared {
    std::optional<Stored> stored;
    std::optional<std::string> system_md5;
    size_t size_bytes = 0;
    bool is_new = true;
    std::optional<BatchResultErrorEntry> refused;
};

/// Takes the content out of `request`. Throws the errors of SendMessage.
template <typename Request>
Prepared prepare(Call& call, const Queue& queue, Request& request) {
    Prepared prepared;
    prepared.size_bytes = check(queue, request);
    prepared.system_md5 = md5_of_system_attributes(request);
    prepared.stored = message_of(call, queue, request);
    return prepared;
}

Prepared prepare_entry(Call& call, const Queue& queue, SendMessageBatchRequestEntry& entry) {
    try {
        return prepare(call, queue, entry);
    } catch (const aws::Error& error) {
        Prepared refused;
        refused.refused.emplace();
        *refused.refused = {.Id = entry.Id, .SenderFault = true, .Code = error.code, .Message = error.message};
        return refused;
    }
}

/// Throws the errors that fail a batch at AWS whatever its other entries say.
void check_whole_batch(const Queue& queue, const std::vector<SendMessageBatchRequestEntry>& entries) {
    for (const auto& entry : entries) check_order_given(queue, entry.MessageGroupId, entry.MessageDeduplicationId);
}

void check_total_size(const std::vector<Prepared>& batch) {
    size_t total_bytes = 0;
    for (const auto& each : batch) total_bytes += each.size_bytes;
    if (total_bytes > largest_message_bytes) {
        throw BatchRequestTooLong(fmt::format("Batch requests cannot be longer than {} bytes. You have sent {} bytes.",
                                              largest_message_bytes, total_bytes));
    }
}

/// What CloudWatch is told of messages that were sent.
std::vector<contracts::MetricSample> samples_of(std::span<const Prepared> batch) {
    std::vector<contracts::MetricSample> samples;
    samples.reserve(2 * batch.size());
    for (const auto& each : batch) {
        if (!each.stored) continue;
        samples.push_back({.name = "NumberOfMessagesSent"});
        samples.push_back({.name = "SentMessageSize", .value = static_cast<double>(each.size_bytes), .unit = "Bytes"});
        if (!each.is_new) samples.push_back({.name = "NumberOfDeduplicatedSentMessages"});
    }
    return samples;
}

}  // namespace

Task<SendMessageResult> Service::send_message(Call& call, SendMessageRequest request) {
    std::optional<Prepared> prepared;  // the body may run again
    const auto address = parse_queue_url(call, request.QueueUrl);
    auto turn = co_await take_turn(address, false);

    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        tx.when_visible([&turn] { turn.reset(); });
        const auto queue = co_await load_queue(tx, call, address);
        keep_at_hand(store_, queue);
        if (!prepared) prepared = prepare(call, queue, request);
        prepared->is_new = co_await send(tx, queue, *prepared->stored);
    });

    measure(call, address, samples_of({&*prepared, 1}));
    SendMessageResult result;
    describe(result, prepared->stored->message, prepared->system_md5);
    co_return result;
}

Task<SendMessageBatchResult> Service::send_message_batch(Call& call, SendMessageBatchRequest request) {
    check_batch(request.Entries, "SendMessageBatchRequestEntry");
    std::vector<Prepared> batch;  // the body may run again
    batch.reserve(request.Entries.size());
    const auto address = parse_queue_url(call, request.QueueUrl);
    auto turn = co_await take_turn(address, false);

    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        tx.when_visible([&turn] { turn.reset(); });
        const auto queue = co_await load_queue(tx, call, address);
        keep_at_hand(store_, queue);
        if (batch.empty()) {
            check_whole_batch(queue, request.Entries);
            for (auto& entry : request.Entries) batch.push_back(prepare_entry(call, queue, entry));
            check_total_size(batch);
        }
        for (auto& each : batch) {
            if (each.stored) each.is_new = co_await send(tx, queue, *each.stored);
        }
    });

    if (const auto samples = samples_of(batch); !samples.empty()) measure(call, address, samples);
    SendMessageBatchResult result;
    result.Successful.reserve(batch.size());
    for (size_t i = 0; i < batch.size(); ++i) {
        auto& each = batch[i];
        if (each.refused) {
            result.Failed.push_back(std::move(*each.refused));
            continue;
        }
        auto& sent = result.Successful.emplace_back();
        sent.Id = std::move(request.Entries[i].Id);
        describe(sent, each.stored->message, each.system_md5);
    }
    co_return result;
}

}  // namespace cumulet::sqs
