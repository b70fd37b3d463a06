// DeleteMessage, ChangeMessageVisibility and their batches: what a receiver says of a message it holds.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html

#include "services/sqs/service.h"

namespace cumulet::sqs {

using namespace aws::sqs;

namespace {

Task<void> handled(store::Transaction& tx, const Queue& queue, std::string handle, Time now) {
    const auto receipt = parse_receipt(queue, handle);
    auto stored = co_await find_message(tx, queue, receipt);
    // Deleted already, or received again by another: AWS's answer is success, too.
    if (!stored) co_return;
    if (queue.fifo() && !stored->in_flight(now)) {
        throw invalid_parameter(fmt::format(
            "Value {} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.", handle));
    }
    co_await remove(tx, queue, std::move(*stored), now);
}

Task<void> change_visibility(store::Transaction& tx, const Queue& queue, std::string handle, int32_t timeout_seconds,
                             Time now) {
    if (timeout_seconds < 0 || timeout_seconds > longest_visibility_seconds) {
        throw invalid_parameter(
            fmt::format("Value {} for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout "
                        "must be an integer between 0 and {}.",
                        timeout_seconds, longest_visibility_seconds));
    }
    const auto receipt = parse_receipt(queue, handle);
    auto stored = co_await find_message(tx, queue, receipt);
    if (!stored || !stored->in_flight(now)) {
        throw MessageNotInflight(
            fmt::format("Value {} for parameter ReceiptHandle is invalid. Reason: Message does not exist "
                        "or is not available for visibility timeout change.",
                        handle));
    }
    co_await postpone(tx, queue, std::move(*stored), now + std::chrono::seconds(timeout_seconds), now);
}

/// Applies `apply` to each entry; an entry's own error is its own.
template <typename Result, typename Entry, typename Apply>
Task<void> each_entry(Result& result, const std::vector<Entry>& entries, Apply apply) {
    result = {};
    for (const auto& entry : entries) {
        try {
            co_await apply(entry);
            result.Successful.push_back({.Id = entry.Id});
        } catch (const aws::Error& error) {
            result.Failed.push_back(
                {.Id = entry.Id, .SenderFault = true, .Code = error.code, .Message = error.message});
        }
    }
}

}  // namespace

Task<DeleteMessageResponse> Service::delete_message(Call& call, DeleteMessageRequest request) {
    const auto address = parse_queue_url(call, request.QueueUrl);
    auto turn = co_await take_turn(address, false);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        tx.when_visible([&turn] { turn.reset(); });
        const auto queue = co_await load_queue(tx, call, address);
        co_await handled(tx, queue, request.ReceiptHandle, call.now());
    });
    measure(call, address, {{.name = "NumberOfMessagesDeleted"}});
    co_return DeleteMessageResponse{};
}

Task<DeleteMessageBatchResult> Service::delete_message_batch(Call& call, DeleteMessageBatchRequest request) {
    check_batch(request.Entries, "DeleteMessageBatchRequestEntry");
    DeleteMessageBatchResult result;
    const auto address = parse_queue_url(call, request.QueueUrl);
    auto turn = co_await take_turn(address, false);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        tx.when_visible([&turn] { turn.reset(); });
        const auto queue = co_await load_queue(tx, call, address);
        co_await each_entry(result, request.Entries, [&](const DeleteMessageBatchRequestEntry& entry) {
            return handled(tx, queue, entry.ReceiptHandle, call.now());
        });
    });
    if (!result.Successful.empty()) {
        measure(call, address,
                {{.name = "NumberOfMessagesDeleted", .value = static_cast<double>(result.Successful.size())}});
    }
    co_return result;
}

Task<ChangeMessageVisibilityResponse> Service::change_message_visibility(Call& call,
                                                                         ChangeMessageVisibilityRequest request) {
    const auto address = parse_queue_url(call, request.QueueUrl);
    auto turn = co_await take_turn(address, false);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        tx.when_visible([&turn] { turn.reset(); });
        const auto queue = co_await load_queue(tx, call, address);
        co_await change_visibility(tx, queue, request.ReceiptHandle, request.VisibilityTimeout, call.now());
    });
    co_return ChangeMessageVisibilityResponse{};
}

Task<ChangeMessageVisibilityBatchResult> Service::change_message_visibility_batch(
    Call& call, ChangeMessageVisibilityBatchRequest request) {
    check_batch(request.Entries, "ChangeMessageVisibilityBatchRequestEntry");
    ChangeMessageVisibilityBatchResult result;
    const auto address = parse_queue_url(call, request.QueueUrl);
    auto turn = co_await take_turn(address, false);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        tx.when_visible([&turn] { turn.reset(); });
        const auto queue = co_await load_queue(tx, call, address);
        co_await each_entry(result, request.Entries, [&](const ChangeMessageVisibilityBatchRequestEntry& entry) {
            return change_visibility(tx, queue, entry.ReceiptHandle, entry.VisibilityTimeout.value_or(0), call.now());
        });
    });
    co_return result;
}

}  // namespace cumulet::sqs
