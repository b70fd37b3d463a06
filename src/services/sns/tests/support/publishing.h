// Publishing over the memory store and a clock that stands still, with neighbours that note what they get.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "contracts/logs.h"
#include "services/sns/service.h"
#include "store/memory/memory_store.h"

namespace cumulet::sns::publishing {

using Attributes = std::map<std::string, std::string>;
using Bodies = std::vector<std::string>;

struct SentMessage {
    std::string body;
    std::map<std::string, aws::sqs::MessageAttributeValue> attributes;
    std::string group;
    std::string deduplication;
    std::string trace;
    std::string source;  // aws:SourceArn
};

/// As much of SQS as SNS needs.
class Queues : public aws::sqs::Api {
  public:
    Task<aws::sqs::SendMessageResult> send_message(Call& call, aws::sqs::SendMessageRequest request) override {
        take(call, request.QueueUrl, request);
        co_return aws::sqs::SendMessageResult{.MessageId = "id"};
    }
    Task<aws::sqs::SendMessageBatchResult> send_message_batch(Call& call,
                                                              aws::sqs::SendMessageBatchRequest request) override {
        ++batches;
        EXPECT_LE(request.Entries.size(), 10u);
        aws::sqs::SendMessageBatchResult result;
        for (auto& entry : request.Entries) {
            take(call, request.QueueUrl, entry);
            auto& sent = result.Successful.emplace_back();
            sent.Id = entry.Id;
            sent.MessageId = "id";
        }
        co_return result;
    }

    Bodies bodies(const std::string& queue) const {
        Bodies all;
        const auto found = queues.find(queue);
        if (found == queues.end()) return all;
        for (const auto& message : found->second) all.push_back(message.body);
        return all;
    }

    std::map<std::string, std::vector<SentMessage>> queues;  // by region/account/name
    std::set<std::string> missing;
    std::set<std::string> failing;
    int batches = 0;

  private:
    template <typename Entry>
    void take(Call& call, const std::string& url, Entry& entry) {
        const auto path = url.substr(url.find('/', 8) + 1);
        const auto name = call.region + "/" + path;
        if (missing.contains(name)) throw aws::sqs::QueueDoesNotExist("The specified queue does not exist.");
        if (failing.contains(name)) throw std::runtime_error("the disk is full");
        SentMessage sent{.body = entry.MessageBody,
                         .group = entry.MessageGroupId.value_or(""),
                         .deduplication = entry.MessageDeduplicationId.value_or(""),
                         .source = source};
        if (entry.MessageAttributes) sent.attributes = *entry.MessageAttributes;
        if (entry.MessageSystemAttributes)
            sent.trace = (*entry.MessageSystemAttributes)["AWSTraceHeader"].StringValue.value_or("");
        queues[name].push_back(std::move(sent));
    }

  public:
    std::string source;
};

class Functions : public aws::lambda::Api {
  public:
    Task<aws::lambda::InvocationResponse> invoke(Call& call, aws::lambda::InvocationRequest request) override {
        if (failures > 0) {
            --failures;
            throw std::runtime_error("not now");
        }
        EXPECT_EQ(request.InvocationType, "Event");
        payloads.push_back(request.Payload.value_or(""));
        co_return aws::lambda::InvocationResponse{.StatusCode = 202};
    }
    std::vector<std::string> payloads;
    int failures = 0;
};

class Logs : public aws::logs::Api {
  public:
    Task<aws::logs::CreateLogGroupResponse> create_log_group(Call&, aws::logs::CreateLogGroupRequest request) override {
        groups.insert(request.logGroupName);
        co_return aws::logs::CreateLogGroupResponse{};
    }
    Task<aws::logs::CreateLogStreamResponse> create_log_stream(Call&, aws::logs::CreateLogStreamRequest) override {
        co_return aws::logs::CreateLogStreamResponse{};
    }
    Task<aws::logs::PutLogEventsResponse> put_log_events(Call&, aws::logs::PutLogEventsRequest request) override {
        if (!groups.contains(request.logGroupName)) throw aws::logs::ResourceNotFoundException("no group");
        for (auto& event : request.logEvents) lines[request.logGroupName].push_back(std::move(event.message));
        co_return aws::logs::PutLogEventsResponse{};
    }
    std::set<std::string> groups;
    std::map<std::string, Bodies> lines;
};

struct Neighbours : contracts::Door {
    Task<void> invoke(Call& caller, const contracts::Service& service, const contracts::Operation& operation,
                      void* input, void* output) override {
        queues.source = caller.source_arn;
        contracts::AnyApi* api = service.name == "sqs"      ? static_cast<contracts::AnyApi*>(&queues)
                                 : service.name == "lambda" ? static_cast<contracts::AnyApi*>(&functions)
                                                            : &logs;
        co_await operation.invoke(*api, caller, input, output);
    }
    Queues queues;
    Functions functions;
    Logs logs;
};

const std::string jobs = "arn:aws:sqs:us-east-1:000000000000:jobs";
const std::string at_jobs = "us-east-1/000000000000/jobs";
const std::string fifo_jobs = jobs + ".fifo";
const std::string at_fifo_jobs = at_jobs + ".fifo";

struct World {
    Clock clock{Time(1'700'000'000s)};
    Reactor reactor{clock, Random(1)};
    std::unique_ptr<store::Store> store = store::open_memory_store();
    Neighbours door;
    contracts::Metrics metrics;
    std::unique_ptr<Service> service = std::make_unique<Service>(*store, door, metrics, Options{.shared = false});
    Call call{reactor, "request"};
    std::string orders = create("orders");

    ~World() { reactor.block_on(service->stop()); }

    template <typename T>
    T run(Task<T> task) {
        call.started = clock.now();
        return reactor.block_on(std::move(task));
    }
    /// Lets everything go on that need not wait for the clock.
    void settle() {
        while (reactor.run_ready()) {
        }
    }
    void start() {
        reactor.post([this] { service->start(); });
        settle();
    }
    void advance(Duration by) {
        reactor.block_on(clock.advance(by));
        settle();
    }

    std::string create(std::string name, Attributes attributes = {}) {
        return *run(service->create_topic(call, {.Name = std::move(name), .Attributes = std::move(attributes)}))
                    .TopicArn;
    }
    std::string create_fifo(Attributes attributes = {}) {
        attributes["FifoTopic"] = "true";
        return create("orders.fifo", std::move(attributes));
    }
    std::string subscribe(const std::string& topic, std::string protocol, std::string endpoint,
                          Attributes attributes = {}) {
        return *run(service->subscribe(call, {.TopicArn = topic,
                                              .Protocol = std::move(protocol),
                                              .Endpoint = std::move(endpoint),
                                              .Attributes = std::move(attributes),
                                              .ReturnSubscriptionArn = true}))
                    .SubscriptionArn;
    }
    aws::sns::PublishResponse publish(aws::sns::PublishInput request) {
        auto result = run(service->publish(call, std::move(request)));
        settle();
        return result;
    }
    aws::sns::PublishResponse publish(const std::string& topic, std::string message) {
        return publish({.TopicArn = topic, .Message = std::move(message)});
    }
    aws::sns::PublishResponse publish_in_group(const std::string& topic, std::string message, std::string group,
                                               std::optional<std::string> deduplication = {}) {
        return publish({.TopicArn = topic,
                        .Message = std::move(message),
                        .MessageDeduplicationId = std::move(deduplication),
                        .MessageGroupId = std::move(group)});
    }
    size_t outbox_size() {
        return run(store->transact([](store::Transaction& tx) -> Task<size_t> {
            co_return (co_await tx.scan(outbox_range())).size() + (co_await tx.scan(lanes_range())).size();
        }));
    }
    json::object get(std::string path, std::string method = "GET") {
        http::Request request{.method = std::move(method)};
        request.set_target(std::move(path));
        const auto response = run(service->developer_surface().serve(call, std::move(request)));
        return response.body.empty() ? json::object() : json::parse(response.body).as_object();
    }
    double metric(std::string_view name) {
        double sum = 0;
        for (const auto& one : metrics.take(clock.now() + 1h)) {
            if (one.name == name) sum += one.sum;
        }
        return sum;
    }
};

template <typename Action>
std::string error_of(Action action) {
    try {
        action();
    } catch (const aws::Error& error) {
        return error.code + ": " + error.message;
    }
    return "";
}

}  // namespace cumulet::sns::publishing
