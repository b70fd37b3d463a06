// ReceiveMessage: hides the first visible messages for a while and hands them out; waits for some where asked to.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html

#include "base/hash.h"
#include "services/sqs/service.h"

namespace cumulet::sqs {

using namespace aws::sqs;

namespace {

struct Asked {
    size_t most;
    std::optional<std::chrono::seconds> visibility_timeout;  ///< instead of the queue's
};

struct Received {
    Message message;
    Delivery delivery;
    std::string receipt_handle;
};

struct Look {
    std::vector<Received> received;
    std::chrono::seconds wait_time{0};
    std::string topic;
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

// A message received as often as its queue allows goes to the dead-letter queue instead. False if that is gone.
Task<bool> move_to_dead_letter_queue(store::Transaction& tx, const Queue& queue, RedrivePolicy policy, Waiting waiting,
                                     Time now) {
    const auto arn = Arn::parse(policy.target_arn);
    const auto target = arn ? co_await find_queue(tx, {arn->account, arn->region}, arn->resource) : std::nullopt;
    if (!target) co_return false;
    auto message = co_await find_message(tx, queue, waiting.message_id, waiting.delivery.sent);
    erase_message(tx, queue, waiting.message_id, waiting.delivery);
    if (!message) co_return true;
    message->dead_letter_source = queue.arn();
    save_message(tx, *target, *message);
    // Retention still counts from when it was first sent, as on standard queues at AWS.
    save_delivery(tx, *target, message->id,
                  {.visible_at = now,
                   .sent = message->sent,
                   .receive_count = waiting.delivery.receive_count,
                   .first_received = waiting.delivery.first_received});
    tx.wake(target->topic());
    co_return true;
}

Task<std::optional<Received>> claim(store::Transaction& tx, const Queue& queue, Waiting waiting, Asked asked,
                                    Time now) {
    auto message = co_await find_message(tx, queue, waiting.message_id, waiting.delivery.sent);
    if (!message) {
        erase_delivery(tx, queue, waiting.message_id, waiting.delivery);
        co_return std::nullopt;
    }
    Delivery delivery = waiting.delivery;
    delivery.visible_at = now + asked.visibility_timeout.value_or(queue.visibility_timeout());
    if (delivery.receive_count++ == 0) delivery.first_received = now;
    delivery.moved = false;
    erase_delivery(tx, queue, waiting.message_id, waiting.delivery);
    save_delivery(tx, queue, waiting.message_id, delivery);
    auto handle = format_receipt({queue.generation, message->id, delivery.visible_at, delivery.receive_count});
    co_return Received{std::move(*message), delivery, std::move(handle)};
}

Task<Look> look(store::Store& store, store::Transaction& tx, const Call& call, std::string url, Asked asked) {
    constexpr int most_rounds = 100;  // of messages that are expired or dead
    const auto queue = co_await load_queue(tx, call, std::move(url));
    store.keep_resident(deliveries_of(queue));
    const auto policy = queue.redrive_policy();
    const Time now = call.now();
    const Time past = now + Duration(1);
    Look look{.wait_time = queue.wait_time(), .topic = queue.topic()};
    for (int round = 0; round < most_rounds && look.received.size() < asked.most; ++round) {
        const size_t wanted = asked.most - look.received.size();
        const auto waiting = co_await deliveries(tx, queue, Time::min(), past, wanted);
        const size_t before = look.received.size();
        for (const auto& each : waiting) {
            if (each.delivery.sent + queue.retention() <= now) {
                erase_message(tx, queue, each.message_id, each.delivery);
            } else if (!policy || each.delivery.receive_count < policy->max_receive_count ||
                       !co_await move_to_dead_letter_queue(tx, queue, *policy, each, now)) {
                if (auto received = co_await claim(tx, queue, each, asked, now))
                    look.received.push_back(std::move(*received));
            }
        }
        // With a visibility timeout of zero a message stays visible: the next round would find it again.
        if (waiting.size() < wanted || look.received.size() - before == waiting.size()) break;
    }
    if (look.received.empty()) {
        const auto next = co_await deliveries(tx, queue, past, Time::max(), 1);
        if (!next.empty()) look.next_visible = next.front().delivery.visible_at;
    }
    co_return look;
}

std::map<std::string, std::string> system_attributes(const Received& received, const std::vector<std::string>& names) {
    std::map<std::string, std::string> all{
        {"SenderId", received.message.sender_id},
        {"SentTimestamp", std::to_string(epoch_millis(received.delivery.sent))},
        {"ApproximateReceiveCount", std::to_string(received.delivery.receive_count)},
        {"ApproximateFirstReceiveTimestamp", std::to_string(epoch_millis(received.delivery.first_received))},
    };
    if (!received.message.trace_header.empty()) all["AWSTraceHeader"] = received.message.trace_header;
    if (!received.message.dead_letter_source.empty())
        all["DeadLetterQueueSourceArn"] = received.message.dead_letter_source;
    std::erase_if(all,
                  [&](const auto& attribute) { return !contains(names, "All") && !contains(names, attribute.first); });
    return all;
}

aws::sqs::Message shown(Received received, const std::vector<std::string>& system_names,
                        const std::vector<std::string>& attribute_names) {
    aws::sqs::Message message;
    if (auto attributes = system_attributes(received, system_names); !attributes.empty()) {
        message.Attributes = std::move(attributes);
    }
    std::erase_if(received.message.attributes,
                  [&](const auto& attribute) { return !asks_for(attribute_names, attribute.first); });
    if (!received.message.attributes.empty()) {
        message.MD5OfMessageAttributes = md5_of_attributes(received.message.attributes);
        message.MessageAttributes = std::move(received.message.attributes);
    }
    message.MD5OfBody = md5_hex(received.message.body);
    message.Body = std::move(received.message.body);
    message.MessageId = std::move(received.message.id);
    message.ReceiptHandle = std::move(received.receipt_handle);
    return message;
}

}  // namespace

Task<ReceiveMessageResult> Service::receive_message(Call& call, ReceiveMessageRequest request) {
    Asked asked{.most = static_cast<size_t>(within("MaxNumberOfMessages", request.MaxNumberOfMessages, 1, 10, 1))};
    if (request.VisibilityTimeout) {
        asked.visibility_timeout = std::chrono::seconds(
            within("VisibilityTimeout", request.VisibilityTimeout, 0, longest_visibility_seconds, 0));
    }
    const auto asked_wait = within("WaitTimeSeconds", request.WaitTimeSeconds, 0, 20, 0);
    auto system_names = request.AttributeNames.value_or(std::vector<std::string>());
    if (request.MessageSystemAttributeNames) {
        system_names.insert(system_names.end(), request.MessageSystemAttributeNames->begin(),
                            request.MessageSystemAttributeNames->end());
    }

    const auto address = parse_queue_url(call, request.QueueUrl);
    const auto lock_key = fmt::format("{}/{}/{}", address.account, address.region, address.name);
    std::optional<store::Watch> watch;
    Look found;
    while (true) {
        {
            // The next receiver may look as soon as what this one took is hidden, while its commit is on the way to
            // disk.
            std::optional guard(co_await receivers_.lock(lock_key));
            found = co_await store_.transact([&](store::Transaction& tx) -> Task<Look> {
                tx.when_visible([&guard] { guard.reset(); });
                co_return co_await look(store_, tx, call, request.QueueUrl, asked);
            });
        }
        const auto wait = request.WaitTimeSeconds ? std::chrono::seconds(asked_wait) : found.wait_time;
        const Time until = call.started + wait;
        if (!found.received.empty() || call.now() >= until || store_.closing()) break;
        if (!watch) {
            watch.emplace(store_.watch(found.topic));  // look once more: a message may have come before the watch
            continue;
        }
        co_await watch->wait(std::min(until, found.next_visible.value_or(until)));
    }

    ReceiveMessageResult result;
    if (!found.received.empty()) result.Messages.emplace();
    for (auto& received : found.received) {
        result.Messages->push_back(shown(std::move(received), system_names,
                                         request.MessageAttributeNames.value_or(std::vector<std::string>())));
    }
    co_return result;
}

}  // namespace cumulet::sqs
