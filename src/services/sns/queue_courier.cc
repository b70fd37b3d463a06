#include "services/sns/queue_courier.h"

#include "base/hash.h"

namespace cumulet::sns {
namespace {

constexpr int refused_status = 400;
constexpr int failed_status = 500;

/// Who calls the queue: SNS, for a topic, in the queue's region.
Call call_for(const Topic& topic, std::string region) {
    auto call = service_call(Reactor::current(), "sns.amazonaws.com", topic.account, std::move(region));
    call.source_arn = topic.arn();
    return call;
}

std::map<std::string, aws::sqs::MessageAttributeValue> queue_attributes(const Notification& notification) {
    std::map<std::string, aws::sqs::MessageAttributeValue> all;
    for (const auto& [name, value] : notification.attributes) {
        all[name] = {.StringValue = value.StringValue, .BinaryValue = value.BinaryValue, .DataType = value.DataType};
    }
    // Unverified: how AWS marks a raw message that is replayed.
    if (notification.replayed) all["Replayed"] = {.StringValue = "true", .DataType = "String"};
    return all;
}

/// A SendMessageRequest or an entry of a batch, filled but for its body.
template <typename Request>
void fill(Request& request, const Subscriber& subscriber, const Notification& notification) {
    const bool is_notification = notification.type == Notification::Type::notification;
    if (subscriber.raw && is_notification && (!notification.attributes.empty() || notification.replayed))
        request.MessageAttributes = queue_attributes(notification);
    if (!notification.trace.empty()) {
        aws::sqs::MessageSystemAttributeValue trace;
        trace.DataType = "String";
        trace.StringValue = notification.trace;
        request.MessageSystemAttributes.emplace()["AWSTraceHeader"] = std::move(trace);
    }
    if (!notification.group.empty() && is_notification) request.MessageGroupId = notification.group;
    if (!subscriber.fifo_queue) return;
    request.MessageGroupId = notification.group.empty() ? notification.id : notification.group;
    // Unverified: a replayed message is another delivery, which its queue shall not take for the first.
    request.MessageDeduplicationId = notification.replayed ? notification.id : notification.deduplication;
    if (request.MessageDeduplicationId->empty()) request.MessageDeduplicationId = notification.id;
}

Attempt sent(std::string_view message_id) {
    return {.provider_response = fmt::format(R"({{"sqsRequestId":"Unrecoverable","sqsMessageId":"{}"}})", message_id)};
}

Attempt not_sent(bool callers_fault, std::string_view code, std::string_view message) {
    return {.result = callers_fault ? Attempt::Result::refused : Attempt::Result::failed,
            .status_code = callers_fault ? refused_status : failed_status,
            .provider_response =
                fmt::format(R"({{"ErrorCode":"{}","ErrorMessage":{}}})", code, json::serialize(json::string(message)))};
}

}  // namespace

Attempt attempt_of(const std::exception& error) {
    const auto* answered = dynamic_cast<const aws::Error*>(&error);
    if (!answered) return not_sent(false, "InternalError", error.what());
    const bool throttled = answered->status == 429 || answered->code.find("Throttl") != std::string::npos;
    auto attempt = not_sent(answered->status < 500 && !throttled, answered->code, answered->message);
    if (answered->status == 501) attempt.result = Attempt::Result::refused;  // it will not be built by waiting
    attempt.status_code = answered->status;
    return attempt;
}

Task<std::string> QueueCourier::body_of(Parcel parcel, bool raw) {
    if (raw && parcel.notification.type == Notification::Type::notification)
        co_return parcel.notification.message_for("sqs");
    Signature signature;
    if (signer_ && !parcel.topic.fifo()) signature = co_await signer_->sign(parcel);
    co_return envelope(parcel, signature);
}

Task<Attempt> QueueCourier::send_alone(Call& call, aws::sqs::SendMessageRequest request) {
    try {
        aws::sqs::Client sqs(door_);
        const auto result = co_await sqs.send_message(call, std::move(request));
        co_return sent(result.MessageId.value_or(""));
    } catch (const std::exception& error) {
        co_return attempt_of(error);
    }
}

Task<std::vector<Attempt>> QueueCourier::deliver(std::shared_ptr<const Audience> audience, const Subscriber* subscriber,
                                                 std::vector<std::shared_ptr<const Notification>> notifications) {
    std::vector<Attempt> attempts(notifications.size(), not_sent(false, "InternalError", "no answer"));
    try {
        auto call = call_for(audience->topic, subscriber->queue_region);
        if (notifications.size() == 1) {
            aws::sqs::SendMessageRequest request{.QueueUrl = subscriber->queue_url};
            co_await fill_all(request, *audience, *subscriber, *notifications[0]);
            attempts[0] = co_await send_alone(call, std::move(request));
            co_return attempts;
        }
        aws::sqs::SendMessageBatchRequest request{.QueueUrl = subscriber->queue_url};
        for (size_t i = 0; i < notifications.size(); ++i) {
            auto& entry = request.Entries.emplace_back();
            entry.Id = std::to_string(i);
            co_await fill_all(entry, *audience, *subscriber, *notifications[i]);
        }
        co_await send_batch(call, std::move(request), audience->topic, attempts);
    } catch (const std::exception& error) {
        std::ranges::fill(attempts, attempt_of(error));
    }
    co_return attempts;
}

template <typename Request>
Task<void> QueueCourier::fill_all(Request& request, const Audience& audience, const Subscriber& subscriber,
                                  const Notification& notification) {
    fill(request, subscriber, notification);
    request.MessageBody = co_await body_of({audience.topic, subscriber.subscription, notification}, subscriber.raw);
}

Task<void> QueueCourier::send_batch(Call& call, aws::sqs::SendMessageBatchRequest request, const Topic& topic,
                                    std::vector<Attempt>& attempts) {
    aws::sqs::Client sqs(door_);
    const auto result = co_await sqs.send_message_batch(call, std::move(request));
    const auto at = [&](const std::string& id) -> Attempt& { return attempts.at(static_cast<size_t>(std::stoul(id))); };
    const bool told = !topic.attribute("SQSSuccessFeedbackRoleArn").empty();
    for (const auto& entry : result.Successful) at(entry.Id) = told ? sent(entry.MessageId) : Attempt();
    for (const auto& entry : result.Failed)
        at(entry.Id) = not_sent(entry.SenderFault, entry.Code, entry.Message.value_or(""));
}

Task<Attempt> QueueCourier::bury(std::shared_ptr<const Audience> audience, const Subscriber* subscriber,
                                 std::shared_ptr<const Notification> notification, Attempt last) {
    const auto policy = subscriber->subscription.redrive_policy();
    const auto arn = policy ? Arn::parse(policy->queue_arn) : std::nullopt;
    if (!arn) co_return not_sent(true, "InvalidParameter", "no dead-letter queue");
    auto call = call_for(audience->topic, arn->region);
    const auto text = [](std::string value) {
        return aws::sqs::MessageAttributeValue{.StringValue = std::move(value), .DataType = "String"};
    };
    aws::sqs::SendMessageRequest request{.QueueUrl =
                                             fmt::format("http://localhost:4566/{}/{}", arn->account, arn->resource)};
    request.MessageBody = co_await body_of({audience->topic, subscriber->subscription, *notification}, subscriber->raw);
    auto& attributes = request.MessageAttributes.emplace(
        subscriber->raw ? queue_attributes(*notification) : std::map<std::string, aws::sqs::MessageAttributeValue>());
    attributes["RequestID"] = text(notification->id);
    attributes["ErrorCode"] = text(std::to_string(last.status_code));
    if (!last.provider_response.empty()) attributes["ErrorMessage"] = text(last.provider_response.substr(0, 1024));
    if (arn->resource.ends_with(".fifo")) {
        request.MessageGroupId = notification->group.empty() ? notification->id : notification->group;
        request.MessageDeduplicationId = notification->id;
    }
    co_return co_await send_alone(call, std::move(request));
}

}  // namespace cumulet::sns
