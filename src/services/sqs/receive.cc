// ReceiveMessage: hides the first visible messages for a while and hands them out; waits for some where asked to.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html

#include "services/sqs/service.h"

namespace cumulet::sqs {

using namespace aws::sqs;

namespace {

struct Look {
    std::optional<Queue> queue;
    std::vector<Stored> received;
    std::optional<Time> next_visible;  ///< when the next message becomes visible, if none is
};

int32_t within(std::string_view name, std::optional<int32_t> value, int32_t min, int32_t max, int32_t initial) {
    if (!value) return initial;
    if (*value < min || *value > max) {
        throw invalid_parameter(
            fmt::format("Value {} for parameter {} is invalid. Reason: Must be between {} and {}, if "
                        "provided.",
                        *value, name, min, max));
    }
    return *value;
}

aws::sqs::OverLimit too_many_in_flight() {
    // Unverified: the text.
    return aws::sqs::OverLimit("The maximum number of messages in flight is reached.");
}

/// What the receive with this attempt id handed out, once more: hidden anew, under the same handles. Nothing if one of
/// the messages was deleted, was moved or is visible again.
Task<std::vector<Stored>> claim_again(store::Transaction& tx, const Queue& queue, const Attempt& attempt, Asked asked,
                                      Time now) {
    std::vector<Stored> claimed;
    for (const auto& receipt : attempt.receipts) {
        auto stored = co_await find_message(tx, queue, receipt);
        if (!stored || !stored->in_flight(now) || stored->delivery.moved) co_return std::vector<Stored>();
        co_await complete_message(tx, queue, *stored);
        claimed.push_back(std::move(*stored));
    }
    for (auto& stored : claimed) {
        stored.delivery.visible_at = now + asked.visibility_timeout;
        put_message(tx, queue, stored);
        co_await refresh_group(tx, queue, stored.message.group_id, now, false);
    }
    co_return claimed;
}

Task<std::vector<Stored>> claim_for(store::Transaction& tx, const Queue& queue, std::optional<std::string> attempt_id,
                                    Asked asked, Time now) {
    if (!attempt_id) co_return co_await claim(tx, queue, asked, now);
    if (const auto earlier = co_await find_attempt(tx, queue, *attempt_id, now)) {
        auto again = co_await claim_again(tx, queue, *earlier, asked, now);
        if (!again.empty()) co_return again;
    }
    auto claimed = co_await claim(tx, queue, asked, now);
    if (claimed.empty()) co_return claimed;
    Attempt attempt{.received = now};
    for (const auto& stored : claimed) attempt.receipts.push_back(receipt_of(queue, stored));
    co_await save_attempt(tx, queue, std::move(*attempt_id), std::move(attempt));
    co_return claimed;
}

aws::sqs::Message handed_out(const Queue& queue, Stored stored, const std::vector<std::string>& system_names,
                             const std::vector<std::string>& attribute_names) {
    auto handle = format_receipt(queue, receipt_of(queue, stored));
    auto message = shown_message(std::move(stored), system_names, attribute_names);
    message.ReceiptHandle = std::move(handle);
    return message;
}

ReceiveMessageResult answer_of(const Queue& queue, std::vector<Stored> received, const ReceiveMessageRequest& request) {
    auto system_names = request.AttributeNames.value_or(std::vector<std::string>());
    if (request.MessageSystemAttributeNames)
        std::ranges::copy(*request.MessageSystemAttributeNames, std::back_inserter(system_names));
    const auto attribute_names = request.MessageAttributeNames.value_or(std::vector<std::string>());
    ReceiveMessageResult result;
    if (received.empty()) return result;
    result.Messages.emplace().reserve(received.size());
    for (auto& stored : received)
        result.Messages->push_back(handed_out(queue, std::move(stored), system_names, attribute_names));
    return result;
}

}  // namespace

Task<std::optional<KeyedLocks::Guard>> Service::take_turn(QueueAddress address, bool receives) {
    if (!receives && !address.name.ends_with(".fifo")) co_return std::nullopt;
    co_return co_await turns_.lock(fmt::format("{}/{}/{}", address.account, address.region, address.name));
}

Task<ReceiveMessageResult> Service::receive_message(Call& call, ReceiveMessageRequest request) {
    const auto most = static_cast<size_t>(within("MaxNumberOfMessages", request.MaxNumberOfMessages, 1, 10, 1));
    const auto visibility = within("VisibilityTimeout", request.VisibilityTimeout, 0, longest_visibility_seconds, 0);
    const auto asked_wait = within("WaitTimeSeconds", request.WaitTimeSeconds, 0, 20, 0);

    const auto address = parse_queue_url(call, request.QueueUrl);
    const auto look = [&](store::Transaction& tx) -> Task<Look> {
        Look look;
        const auto& queue = look.queue.emplace(co_await load_queue(tx, call, address));
        check_attempt_id(queue, request.ReceiveRequestAttemptId);
        keep_at_hand(store_, queue);
        const auto allowed = co_await in_flight_.allow(tx, queue, most, call.now());
        if (allowed == 0 && !queue.fifo()) throw too_many_in_flight();
        const Asked asked{allowed,
                          request.VisibilityTimeout ? std::chrono::seconds(visibility) : queue.visibility_timeout()};
        look.received = co_await claim_for(tx, queue, request.ReceiveRequestAttemptId, asked, call.now());
        if (look.received.empty()) look.next_visible = co_await next_visible(tx, queue, call.now());
        co_return look;
    };
    std::optional<Line::Place> place;
    std::optional<store::Watch> watch;
    Look found;
    while (true) {
        {
            // The next receiver may look as soon as what this one took is hidden, while its commit is on the way to
            // disk.
            auto turn = co_await take_turn(address, true);
            size_t taken = 0;
            uint64_t generation = 0;
            found = co_await store_.transact([&](store::Transaction& tx) -> Task<Look> {
                tx.when_visible([&] {
                    if (taken > 0) {
                        in_flight_.handed_out(generation, taken);
                        place.reset();
                    }
                    turn.reset();
                });
                auto seen = co_await look(tx);
                taken = seen.received.size();
                generation = seen.queue->generation;
                co_return seen;
            });
        }
        const auto wait = request.WaitTimeSeconds ? std::chrono::seconds(asked_wait) : found.queue->wait_time();
        const Time until = call.started + wait;
        if (!found.received.empty() || call.now() >= until || store_.closing()) break;
        if (watch) {
            co_await watch->wait(std::min(until, found.next_visible.value_or(until)));
            continue;
        }
        place.emplace(line_, found.queue->topic());
        if (!co_await place->first(until)) break;
        // Look once more: a message may have come before the watch.
        watch.emplace(store_.watch(found.queue->topic()));
    }
    if (found.received.empty()) {
        measure(call, address, {{.name = "NumberOfEmptyReceives"}});
    } else {
        measure(call, address,
                {{.name = "NumberOfMessagesReceived", .value = static_cast<double>(found.received.size())}});
    }
    co_return answer_of(*found.queue, std::move(found.received), request);
}

}  // namespace cumulet::sqs
