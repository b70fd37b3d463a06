#include "services/s3/courier.h"

#include "contracts/lambda.h"
#include "contracts/sns.h"
#include "contracts/sqs.h"

namespace cumulet::s3 {
namespace {

constexpr std::string_view principal = "s3.amazonaws.com";

Call call_for(const std::string& bucket, const std::string& account, const std::string& region) {
    auto call = service_call(Reactor::current(), std::string(principal), account, region);
    call.source_arn = "arn:aws:s3:::" + bucket;
    return call;
}

std::string queue_url(const Arn& queue) {
    return fmt::format("http://localhost:4566/{}/{}", queue.account, queue.resource);
}

/// A SendMessageRequest or an entry of a batch, with the trace that leads to it.
template <typename Request>
void fill(Request& request, std::string message, const std::string& trace) {
    request.MessageBody = std::move(message);
    if (trace.empty()) return;
    aws::sqs::MessageSystemAttributeValue value;
    value.DataType = "String";
    value.StringValue = trace;
    request.MessageSystemAttributes.emplace()["AWSTraceHeader"] = std::move(value);
}

/// Unverified: what S3 tries again. A state that conflicts passes, as that of a function that is being updated does.
Attempt attempt_of(const std::exception& error) {
    const auto* answered = dynamic_cast<const aws::Error*>(&error);
    if (!answered) return {Attempt::Result::failed, error.what()};
    const bool passes =
        answered->status == 409 || answered->status == 429 || answered->code.find("Throttl") != std::string::npos;
    const bool refused = (answered->status < 500 && !passes) || answered->status == 501;
    return {refused ? Attempt::Result::refused : Attempt::Result::failed,
            fmt::format("{}: {}", answered->code, answered->message)};
}

}  // namespace

bool Courier::takes_several(std::string_view destination) {
    const auto arn = Arn::parse(destination);
    return arn && arn->service == "sqs";
}

Task<void> Courier::send(Call& call, const Arn& destination, std::string message) {
    if (destination.service == "sqs") {
        aws::sqs::Client sqs(door_);
        aws::sqs::SendMessageRequest request{.QueueUrl = queue_url(destination)};
        fill(request, std::move(message), call.trace);
        co_await sqs.send_message(call, std::move(request));
    } else if (destination.service == "sns") {
        aws::sns::Client sns(door_);
        aws::sns::PublishInput request{.TopicArn = destination.text(), .Message = std::move(message)};
        request.Subject = "Amazon S3 Notification";
        co_await sns.publish(call, std::move(request));
    } else {
        aws::lambda::Client lambda(door_);
        aws::lambda::InvocationRequest request{.FunctionName = destination.text()};
        request.InvocationType = "Event";
        request.Payload = std::move(message);
        co_await lambda.invoke(call, std::move(request));
    }
}

Task<void> Courier::send_batch(Call& call, const Arn& queue, const std::vector<const OutboxEntry*>& entries,
                               std::vector<Attempt>& attempts) {
    aws::sqs::SendMessageBatchRequest request{.QueueUrl = queue_url(queue)};
    for (size_t i = 0; i < entries.size(); ++i) {
        auto& entry = request.Entries.emplace_back();
        entry.Id = std::to_string(i);
        fill(entry, entries[i]->message, entries[i]->trace);
    }
    aws::sqs::Client sqs(door_);
    const auto answer = co_await sqs.send_message_batch(call, std::move(request));
    for (const auto& failed : answer.Failed) {
        attempts.at(std::stoul(failed.Id)) = {failed.SenderFault ? Attempt::Result::refused : Attempt::Result::failed,
                                              fmt::format("{}: {}", failed.Code, failed.Message.value_or(""))};
    }
}

Task<std::vector<Attempt>> Courier::deliver(std::vector<const OutboxEntry*> entries) {
    std::vector<Attempt> attempts(entries.size());
    const auto& first = *entries.front();
    try {
        const auto destination = Arn::parse(first.destination);
        auto call = call_for(first.bucket, first.account, first.region);
        call.trace = first.trace;
        if (entries.size() > 1) {
            co_await send_batch(call, *destination, entries, attempts);
        } else {
            co_await send(call, *destination, first.message);
        }
    } catch (const std::exception& error) {
        std::ranges::fill(attempts, attempt_of(error));
    }
    co_return attempts;
}

Task<void> Courier::look_for(const Bucket& bucket, const Arn& destination) {
    auto call = service_call(Reactor::current(), std::string(principal), bucket.account, bucket.region);
    if (destination.service == "sqs") {
        aws::sqs::Client sqs(door_);
        co_await sqs.get_queue_url(call,
                                   {.QueueName = destination.resource, .QueueOwnerAWSAccountId = destination.account});
    } else if (destination.service == "sns") {
        aws::sns::Client sns(door_);
        co_await sns.get_topic_attributes(call, {.TopicArn = destination.text()});
    }
}

Task<std::optional<RefusedDestination>> Courier::try_out(const Bucket& bucket, std::string destination,
                                                         std::string message) {
    const auto arn = Arn::parse(destination);
    const std::string_view kind = arn->service == "sqs" ? "queue" : "topic";
    try {
        co_await look_for(bucket, *arn);
    } catch (const aws::Error& failure) {
        if (failure.status < 500)
            co_return RefusedDestination{destination, fmt::format("The destination {} does not exist", kind)};
        throw;
    }
    auto call = call_for(bucket.name, bucket.account, bucket.region);
    try {
        if (arn->service != "lambda") {
            co_await send(call, *arn, std::move(message));
        } else {
            aws::lambda::Client lambda(door_);
            aws::lambda::InvocationRequest request{.FunctionName = destination};
            request.InvocationType = "DryRun";
            co_await lambda.invoke(call, std::move(request));
        }
        co_return std::nullopt;
    } catch (const aws::Error& failure) {
        if (failure.status >= 500) throw;
    }
    if (arn->service == "lambda")
        co_return RefusedDestination{destination + ", null",
                                     fmt::format("Not authorized to invoke function [{}]", destination)};
    co_return RefusedDestination{
        destination,
        fmt::format("Permissions on the destination {} do not allow S3 to publish notifications from this bucket",
                    kind)};
}

}  // namespace cumulet::s3
