// Sending what is left of an event, or of a batch, to queues, topics, functions and buckets.

#include "contracts/s3.h"
#include "contracts/sns.h"
#include "contracts/sqs.h"
#include "runtime/log.h"
#include "services/lambda/service.h"

namespace cumulet::lambda {
namespace {

template <typename Value>
std::map<std::string, Value> attributes_of(const MessageAttributes& attributes) {
    std::map<std::string, Value> all;
    for (const auto& [name, attribute] : attributes) {
        Value value;
        value.DataType = attribute.first;
        value.StringValue = attribute.second;
        all[name] = std::move(value);
    }
    return all;
}

}  // namespace

Task<bool> Service::deliver(Call& call, std::string target, std::string body, std::string key,
                            MessageAttributes attributes) {
    const auto arn = Arn::parse(target);
    try {
        if (arn && arn->service == "sqs") {
            aws::sqs::Client sqs(door_);
            aws::sqs::SendMessageRequest request{.QueueUrl = queue_url_of(call, *arn), .MessageBody = std::move(body)};
            if (!attributes.empty()) {
                request.MessageAttributes = attributes_of<aws::sqs::MessageAttributeValue>(attributes);
            }
            co_await sqs.send_message(call, std::move(request));
        } else if (arn && arn->service == "sns") {
            aws::sns::Client sns(door_);
            aws::sns::PublishInput request{.TopicArn = target, .Message = std::move(body)};
            if (!attributes.empty()) {
                request.MessageAttributes = attributes_of<aws::sns::MessageAttributeValue>(attributes);
            }
            co_await sns.publish(call, std::move(request));
        } else if (arn && arn->service == "lambda") {
            aws::lambda::Client lambda(door_);
            co_await lambda.invoke(call,
                                   {.FunctionName = target, .InvocationType = "Event", .Payload = std::move(body)});
        } else if (arn && arn->service == "s3") {
            aws::s3::Client s3(door_);
            co_await s3.put_object(call, {.Body = stream_of(std::move(body)), .Bucket = arn->resource, .Key = key});
        } else {
            log::warning("an event was dropped: nothing can be sent there", {{"target", target}});
            co_return false;
        }
        co_return true;
    } catch (const aws::Error& error) {
        log::warning("an event was dropped: its destination refused it", {{"target", target}, {"why", error.message}});
    }
    co_return false;
}

PollerHooks Service::poller_hooks() {
    return {.run = [this](Call& call, FunctionName name, std::string payload) -> Task<PollerHooks::Ran> {
                auto function = co_await find_to_run(call, name);
                const auto version = function->version();
                Invocation invocation{
                    .request_id = call.request_id, .payload = std::move(payload), .function_arn = name.arn()};
                auto outcome = co_await run(call, std::move(name), std::move(function), std::move(invocation));
                co_return PollerHooks::Ran{.outcome = std::move(outcome), .version = version};
            },
            .deliver = [this](Call& call, std::string target, std::string body, std::string key) -> Task<bool> {
                co_return co_await deliver(call, std::move(target), std::move(body), std::move(key));
            },
            .measure = [this](const FunctionName& name, contracts::MetricSample sample) { measure(name, {sample}); },
            .measure_mapping =
                [this](const MappingName& name, contracts::MetricSample sample) {
                    if (!options_.metrics) return;
                    const contracts::MetricScope::Dimension dimension{.name = "EventSourceMappingUUID",
                                                                      .value = name.uuid};
                    options_.metrics->add({.account = name.account,
                                           .region = name.region,
                                           .metric_namespace = "AWS/Lambda",
                                           .dimensions = std::span(&dimension, 1)},
                                          {sample}, clock_.now());
                },
            .rest = {},
            // The other half is left to everything else.
            .most_batches = std::max<size_t>(5, options_.pool.workers / 2)};
}

}  // namespace cumulet::lambda
