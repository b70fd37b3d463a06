// Publishing over the memory store and a clock that stands still, with neighbours that note what they get.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "contracts/logs.h"
#include "services/sns/service.h"
#include "store/memory/memory_store.h"

namespace cumulet::sns {
namespace {

using Attributes = std::map<std::string, std::string>;
using Bodies = std::vector<std::string>;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

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

TEST(Publish, ReachesEveryQueueInItsOwnForm) {
    World world;
    world.subscribe(world.orders, "sqs", jobs);
    world.subscribe(world.orders, "sqs", "arn:aws:sqs:eu-west-1:000000000000:raw", {{"RawMessageDelivery", "true"}});
    world.call.trace = "Root=1-2-3";
    const auto sent = world.publish({.TopicArn = world.orders,
                                     .Message = "hello",
                                     .Subject = "news",
                                     .MessageAttributes = {{{"kind", {.DataType = "String", .StringValue = "a"}}}}});
    auto& queues = world.door.queues.queues;
    ASSERT_THAT(queues[at_jobs], SizeIs(1));
    const auto envelope = json::parse(queues[at_jobs][0].body).as_object();
    EXPECT_EQ(envelope.at("MessageId").as_string(), std::string_view(*sent.MessageId));
    EXPECT_EQ(envelope.at("Message"), "hello");
    EXPECT_EQ(envelope.at("Subject"), "news");
    EXPECT_EQ(envelope.at("MessageAttributes").at("kind").at("Value"), "a");
    EXPECT_THAT(queues[at_jobs][0].attributes, IsEmpty());
    EXPECT_EQ(queues[at_jobs][0].source, world.orders);
    auto& raw = queues["eu-west-1/000000000000/raw"];
    ASSERT_THAT(raw, SizeIs(1));
    EXPECT_EQ(raw[0].body, "hello");
    EXPECT_EQ(raw[0].attributes["kind"].StringValue, "a");
    EXPECT_EQ(raw[0].trace, "Root=1-2-3");
    EXPECT_EQ(world.outbox_size(), 0u);
    EXPECT_EQ(world.metric("NumberOfNotificationsDelivered"), 2);
}

TEST(Publish, GoesInBatchesWhereManyWait) {
    World world;
    world.subscribe(world.orders, "sqs", jobs, {{"RawMessageDelivery", "true"}});
    std::vector<Task<void>> tasks;
    const auto one = [](World& world, int i) -> Task<void> {
        aws::sns::PublishInput request{.TopicArn = world.orders, .Message = std::to_string(i)};
        co_await world.service->publish(world.call, std::move(request));
    };
    for (int i = 0; i < 25; ++i) tasks.push_back(one(world, i));
    world.run(all(std::move(tasks)));
    world.settle();
    EXPECT_THAT(world.door.queues.bodies(at_jobs), SizeIs(25));
    EXPECT_LE(world.door.queues.batches, 4);
}

TEST(Publish, IsDeliveredByTheNextProcessAfterACrash) {
    World world;
    world.subscribe(world.orders, "sqs", jobs, {{"RawMessageDelivery", "true"}});
    // What a process leaves that is killed between its acknowledgement and the delivery.
    world.run(world.store->transact([&](store::Transaction& tx) -> Task<void> {
        const auto topic = co_await load_topic(tx, parse_any_topic_arn(world.orders));
        Notification notification;
        notification.id = "m";
        notification.message = "hello";
        save_outbox_entry(tx, {.due = Time::max(),
                               .id = "held",
                               .topic = {topic.place(), topic.name},
                               .generation = topic.generation,
                               .notification = notification});
    }));
    world.start();
    EXPECT_THAT(world.door.queues.bodies(at_jobs), IsEmpty()) << "held by another";
    world.run(world.service->prepare());
    world.run(world.store->transact([&](store::Transaction& tx) -> Task<void> {
        tx.wake(std::string(outbox_topic));
        co_return;
    }));
    world.settle();
    EXPECT_THAT(world.door.queues.bodies(at_jobs), ElementsAre("hello"));
    EXPECT_EQ(world.outbox_size(), 0u);
}

TEST(Publish, OfAProcessThatDiedIsTakenOverAtTheEndOfItsLease) {
    World world;
    world.subscribe(world.orders, "sqs", jobs, {{"RawMessageDelivery", "true"}});
    Service other(*world.store, world.door, world.metrics, {.shared = true});
    world.reactor.post([&] { other.start(); });
    world.settle();
    world.run(world.store->transact([&](store::Transaction& tx) -> Task<void> {
        const auto topic = co_await load_topic(tx, parse_any_topic_arn(world.orders));
        save_outbox_entry(tx, {.due = world.clock.now() + 60s,
                               .id = "leased",
                               .topic = {topic.place(), topic.name},
                               .generation = topic.generation,
                               .notification = {.id = "m", .message = "hello"}});
        tx.wake(std::string(outbox_topic));
    }));
    world.advance(59s);
    EXPECT_THAT(world.door.queues.bodies(at_jobs), IsEmpty());
    world.advance(1s);
    EXPECT_THAT(world.door.queues.bodies(at_jobs), ElementsAre("hello"));
    EXPECT_EQ(world.outbox_size(), 0u);
    world.reactor.block_on(other.stop());
}

TEST(Publish, TriesAgainWhatFailedByTheRetryPolicy) {
    World world;
    world.start();
    world.subscribe(world.orders, "sqs", jobs, {{"RawMessageDelivery", "true"}});
    world.door.queues.failing = {at_jobs};
    world.publish(world.orders, "hello");
    world.advance(10s);
    EXPECT_THAT(world.door.queues.bodies(at_jobs), IsEmpty());
    world.door.queues.failing.clear();
    world.advance(30s);
    EXPECT_THAT(world.door.queues.bodies(at_jobs), ElementsAre("hello"));
    EXPECT_EQ(world.outbox_size(), 0u);
}

TEST(Publish, BuriesAtOnceWhatAQueueRefuses) {
    World world;
    world.subscribe(world.orders, "sqs", jobs,
                    {{"RedrivePolicy", R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead"})"}});
    world.door.queues.missing = {at_jobs};
    world.publish(world.orders, "hello");
    auto& dead = world.door.queues.queues["us-east-1/000000000000/dead"];
    ASSERT_THAT(dead, SizeIs(1));
    EXPECT_THAT(dead[0].body, HasSubstr(R"("Message":"hello")"));
    EXPECT_THAT(dead[0].attributes["ErrorMessage"].StringValue.value_or(""), HasSubstr("does not exist"));
    EXPECT_EQ(world.outbox_size(), 0u);
}

TEST(Publish, GoesOnlyToThoseWhoseFilterWantsIt) {
    World world;
    world.subscribe(world.orders, "sqs", jobs, {{"RawMessageDelivery", "true"}, {"FilterPolicy", R"({"kind":["a"]})"}});
    world.subscribe(world.orders, "sqs", "arn:aws:sqs:us-east-1:000000000000:other",
                    {{"RawMessageDelivery", "true"},
                     {"FilterPolicy", R"({"price":[{"numeric":[">",10]}]})"},
                     {"FilterPolicyScope", "MessageBody"}});
    const auto publish = [&](std::string message, std::string kind) {
        world.publish({.TopicArn = world.orders,
                       .Message = std::move(message),
                       .MessageAttributes = {{{"kind", {.DataType = "String", .StringValue = std::move(kind)}}}}});
    };
    publish(R"({"price":11})", "b");
    publish("no json", "a");
    publish(R"({"price":1})", "c");
    EXPECT_THAT(world.door.queues.bodies(at_jobs), ElementsAre("no json"));
    EXPECT_THAT(world.door.queues.bodies("us-east-1/000000000000/other"), ElementsAre(R"({"price":11})"));
    EXPECT_EQ(world.outbox_size(), 0u);
    EXPECT_EQ(world.metric("NumberOfNotificationsFilteredOut"), 4);
}

TEST(Publish, OfAStructuredMessageSendsEachProtocolItsText) {
    World world;
    world.subscribe(world.orders, "sqs", jobs, {{"RawMessageDelivery", "true"}});
    world.subscribe(world.orders, "sms", "+15551234567");
    world.publish({.TopicArn = world.orders, .Message = R"({"default":"d","sqs":"q"})", .MessageStructure = "json"});
    EXPECT_THAT(world.door.queues.bodies(at_jobs), ElementsAre("q"));
    const auto shown = world.get("/_aws/sns/sms-messages");
    EXPECT_EQ(shown.at("sms_messages").at("+15551234567").as_array().at(0).at("Message"), "d");
}

TEST(Publish, InvokesFunctionsAndTriesAgain) {
    World world;
    world.start();
    world.subscribe(world.orders, "lambda", "arn:aws:lambda:us-east-1:000000000000:function:work");
    world.door.functions.failures = 1;
    world.publish(world.orders, "hello");
    world.advance(1s);
    ASSERT_THAT(world.door.functions.payloads, SizeIs(1));
    const auto event = json::parse(world.door.functions.payloads[0]);
    EXPECT_EQ(event.at("Records").at(0).at("Sns").at("Message"), "hello");
    EXPECT_EQ(world.outbox_size(), 0u);
}

TEST(Publish, KeepsMessagesForPhonesMailboxesAndStreams) {
    World world;
    world.start();
    const auto mail = world.subscribe(world.orders, "email", "a@example.com");
    world.subscribe(world.orders, "firehose", "arn:aws:firehose:us-east-1:000000000000:deliverystream/s",
                    {{"SubscriptionRoleArn", "arn:aws:iam::000000000000:role/r"}});
    world.settle();
    const auto token =
        std::string(world.get("/_aws/sns/subscription-tokens/" + mail).at("subscription_token").as_string());
    world.run(world.service->confirm_subscription(world.call, {world.orders, token}));
    world.advance(1s);
    world.publish(world.orders, "hello");
    const auto mails = world.get("/_aws/sns/email-messages").at("email_messages").at("a@example.com").as_array();
    ASSERT_EQ(mails.size(), 2u) << "the request to confirm, and the message";
    EXPECT_THAT(std::string(mails.at(0).at("Body").as_string()), HasSubstr(token));
    EXPECT_THAT(std::string(mails.at(1).at("Body").as_string()), HasSubstr("hello"));
    EXPECT_EQ(world.get("/_aws/sns/firehose-records").at("firehose_records").as_object().size(), 1u);

    world.publish({.PhoneNumber = "+15551234567", .Message = "hi"});
    EXPECT_EQ(world.get("/_aws/sns/sms-messages?phoneNumber=%2B15551234567")
                  .at("sms_messages")
                  .at("+15551234567")
                  .as_array()
                  .at(0)
                  .at("Message"),
              "hi");
    world.get("/_aws/sns/sms-messages", "DELETE");
    EXPECT_TRUE(world.get("/_aws/sns/sms-messages").at("sms_messages").as_object().empty());
    EXPECT_EQ(world.outbox_size(), 0u);
}

TEST(Publish, LogsTheStatusOfDeliveriesWhereTheTopicAsksForIt) {
    World world;
    const auto topic = world.create("logged", {{"SQSSuccessFeedbackRoleArn", "arn:aws:iam::000000000000:role/r"},
                                               {"SQSFailureFeedbackRoleArn", "arn:aws:iam::000000000000:role/r"},
                                               {"SQSSuccessFeedbackSampleRate", "100"}});
    world.subscribe(topic, "sqs", jobs);
    world.publish(topic, "hello");
    const auto& lines = world.door.logs.lines["sns/us-east-1/000000000000/logged"];
    ASSERT_THAT(lines, SizeIs(1));
    const auto line = json::parse(lines[0]);
    EXPECT_EQ(line.at("status"), "SUCCESS");
    EXPECT_EQ(line.at("delivery").at("destination").as_string(), std::string_view(jobs));
    EXPECT_EQ(line.at("notification").at("messageMD5Sum"), "5d41402abc4b2a76b9719d911017c592");
    world.door.queues.missing = {at_jobs};
    world.publish(topic, "hello");
    EXPECT_THAT(world.door.logs.lines["sns/us-east-1/000000000000/logged/Failure"],
                ElementsAre(HasSubstr(R"("status":"FAILURE")")));
}

TEST(Publish, RefusesWhatAwsRefuses) {
    World world;
    const std::string prefix = "InvalidParameter: Invalid parameter: ";
    const auto refusal = [&](aws::sns::PublishInput request) {
        if (!request.TopicArn && !request.TargetArn && !request.PhoneNumber) request.TopicArn = world.orders;
        return error_of([&] { world.publish(request); });
    };
    EXPECT_EQ(refusal({.Message = ""}), prefix + "Empty message");
    EXPECT_EQ(refusal({.Message = "m", .Subject = ""}), prefix + "Subject");
    EXPECT_EQ(refusal({.Message = "m", .Subject = "a\nb"}), prefix + "Subject");
    EXPECT_EQ(refusal({.Message = "m", .Subject = std::string(101, 'a')}), prefix + "Subject");
    EXPECT_EQ(refusal({.Message = std::string(262'145, 'a')}), prefix + "Message too long");
    EXPECT_EQ(refusal({.Message = std::string(262'144, 'a')}), "");
    EXPECT_EQ(refusal({.Message = "{", .MessageStructure = "json"}),
              prefix + "Message Structure - JSON message body failed to parse");
    EXPECT_EQ(refusal({.Message = R"({"sqs":"a"})", .MessageStructure = "json"}),
              prefix + "Message Structure - No default entry in JSON message body");
    EXPECT_EQ(refusal({.PhoneNumber = "NAA+1", .Message = "m"}),
              prefix + "PhoneNumber Reason: NAA+1 is not valid to publish to");
    EXPECT_EQ(refusal({.TopicArn = "arn:aws:sns:us-east-1:000000000000:none", .Message = "m"}),
              "NotFound: Topic does not exist");
    EXPECT_EQ(refusal({.Message = "m", .MessageDeduplicationId = "d"}),
              prefix +
                  "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not "
                  "valid for this topic type");
    const auto with = [&](std::string name, aws::sns::MessageAttributeValue value) {
        return refusal({.Message = "m", .MessageAttributes = {{{name, value}}}});
    };
    const std::string value_prefix = "ParameterValueInvalid: ";
    EXPECT_EQ(with(".a", {.DataType = "String", .StringValue = "v"}),
              value_prefix + "Invalid message attribute name starting with character '.' was found.");
    EXPECT_EQ(with("a", {.DataType = "Colour", .StringValue = "v"}),
              value_prefix +
                  "The message attribute 'a' has an invalid message attribute type, the set of supported type prefixes "
                  "is Binary, Number, and String.");
    EXPECT_EQ(with("a", {.DataType = "String", .BinaryValue = "v"}),
              value_prefix + "The message attribute 'a' with type 'String' must use field 'String'.");
    EXPECT_EQ(with("a", {.DataType = "Number", .StringValue = "many"}),
              value_prefix + "Could not cast message attribute 'a' value to number.");
    EXPECT_EQ(error_of([&] { world.run(world.service->publish(world.call, {.Message = "m"})); }),
              prefix + "TopicArn or TargetArn Reason: no value for required parameter");
}

TEST(PublishBatch, AnswersForEachEntryAndChecksTheWhole) {
    World world;
    world.subscribe(world.orders, "sqs", jobs, {{"RawMessageDelivery", "true"}});
    const auto publish = [&](std::vector<aws::sns::PublishBatchRequestEntry> entries) {
        auto result = world.run(world.service->publish_batch(world.call, {world.orders, std::move(entries)}));
        world.settle();
        return result;
    };
    const auto result = publish({{.Id = "1", .Message = "a"}, {.Id = "2", .Message = "b"}});
    EXPECT_THAT(*result.Successful, SizeIs(2));
    EXPECT_THAT(world.door.queues.bodies(at_jobs), UnorderedElementsAre("a", "b"));
    EXPECT_THAT(error_of([&] { publish({}); }), HasSubstr("EmptyBatchRequest: "));
    EXPECT_THAT(error_of([&] { publish({{.Id = "1", .Message = "a"}, {.Id = "1", .Message = "b"}}); }),
                HasSubstr("BatchEntryIdsNotDistinct: "));
    EXPECT_THAT(error_of([&] { publish({{.Id = "a b", .Message = "a"}}); }), HasSubstr("InvalidBatchEntryId: "));
    EXPECT_THAT(error_of([&] {
                    publish({{.Id = "1", .Message = std::string(200'000, 'a')},
                             {.Id = "2", .Message = std::string(100'000, 'a')}});
                }),
                HasSubstr("BatchRequestTooLong: "));
}

TEST(FifoTopic, DeliversInOrderWithNumbersAndGroups) {
    World world;
    world.start();
    const auto topic = world.create_fifo({{"ContentBasedDeduplication", "true"}});
    world.subscribe(topic, "sqs", fifo_jobs, {{"RawMessageDelivery", "true"}});
    world.subscribe(topic, "sqs", jobs);
    std::string last;
    for (int i = 0; i < 25; ++i) {
        const auto number = *world.publish_in_group(topic, fmt::format("m{:02}", i), "g").SequenceNumber;
        EXPECT_EQ(number.size(), 20u);
        EXPECT_GT(number, last);
        last = number;
    }
    const auto bodies = world.door.queues.bodies(at_fifo_jobs);
    ASSERT_THAT(bodies, SizeIs(25));
    EXPECT_TRUE(std::ranges::is_sorted(bodies));
    const auto& first = world.door.queues.queues[at_fifo_jobs][0];
    EXPECT_EQ(first.group, "g");
    EXPECT_EQ(first.deduplication.size(), 64u) << "the content's SHA-256";
    const auto& standard = world.door.queues.queues[at_jobs];
    ASSERT_THAT(standard, SizeIs(25));
    EXPECT_THAT(standard[24].body, HasSubstr("\"SequenceNumber\":\"" + last));
    EXPECT_EQ(standard[24].deduplication, "");
    EXPECT_EQ(world.outbox_size(), 0u);
}

TEST(FifoTopic, TakesOneIdOnceInFiveMinutes) {
    World world;
    world.start();
    const auto topic = world.create_fifo();
    world.subscribe(topic, "sqs", fifo_jobs, {{"RawMessageDelivery", "true"}});
    const auto first = world.publish_in_group(topic, "a", "g", "d");
    const auto again = world.publish_in_group(topic, "b", "h", "d");
    EXPECT_EQ(again.MessageId, first.MessageId);
    EXPECT_EQ(again.SequenceNumber, first.SequenceNumber);
    world.advance(4min + 59s);
    world.publish_in_group(topic, "c", "g", "d");
    world.advance(1s);
    world.publish_in_group(topic, "d", "g", "d");
    EXPECT_THAT(world.door.queues.bodies(at_fifo_jobs), ElementsAre("a", "d"));
}

TEST(FifoTopic, MayTellMessagesApartByGroup) {
    World world;
    world.start();
    const auto topic = world.create_fifo({{"FifoThroughputScope", "MessageGroup"}});
    world.subscribe(topic, "sqs", fifo_jobs, {{"RawMessageDelivery", "true"}});
    world.publish_in_group(topic, "a", "g", "d");
    world.publish_in_group(topic, "b", "h", "d");
    world.publish_in_group(topic, "c", "g", "d");
    EXPECT_THAT(world.door.queues.bodies(at_fifo_jobs), UnorderedElementsAre("a", "b"));
}

TEST(FifoTopic, KeepsTheOrderThroughFailures) {
    World world;
    world.start();
    const auto topic = world.create_fifo({{"ContentBasedDeduplication", "true"}});
    world.subscribe(topic, "sqs", fifo_jobs, {{"RawMessageDelivery", "true"}});
    world.door.queues.failing = {at_fifo_jobs};
    for (const auto* message : {"a", "b", "c"}) world.publish_in_group(topic, message, "g");
    world.advance(5s);
    EXPECT_THAT(world.door.queues.bodies(at_fifo_jobs), IsEmpty());
    world.door.queues.failing.clear();
    world.advance(30s);
    EXPECT_THAT(world.door.queues.bodies(at_fifo_jobs), ElementsAre("a", "b", "c"));
}

TEST(FifoTopic, AsksForGroupAndDeduplication) {
    World world;
    const auto topic = world.create_fifo();
    const std::string prefix = "InvalidParameter: Invalid parameter: ";
    EXPECT_EQ(error_of([&] { world.publish(topic, "a"); }),
              prefix + "The MessageGroupId parameter is required for FIFO topics");
    EXPECT_EQ(error_of([&] { world.publish_in_group(topic, "a", "g"); }),
              prefix +
                  "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
                  "explicitly");
}

TEST(FifoTopic, ReplaysWhatItsArchiveHasOfATime) {
    World world;
    world.start();
    const auto topic = world.create_fifo(
        {{"ContentBasedDeduplication", "true"}, {"ArchivePolicy", R"({"MessageRetentionPeriod":"1"})"}});
    for (const auto* message : {"a", "b", "c", "d"}) {
        world.publish_in_group(topic, message, "g");
        world.advance(1h);
    }
    const auto start = format_iso8601(Time(1'700'000'000s) + 1h);
    const auto end = format_iso8601(Time(1'700'000'000s) + 2h);
    const auto arn = world.subscribe(
        topic, "sqs", fifo_jobs,
        {{"RawMessageDelivery", "true"},
         {"ReplayPolicy",
          fmt::format(R"({{"PointType":"Timestamp","StartingPoint":"{}","EndingPoint":"{}"}})", start, end)}});
    world.settle();
    EXPECT_THAT(world.door.queues.bodies(at_fifo_jobs), ElementsAre("b", "c"));
    EXPECT_EQ(world.door.queues.queues[at_fifo_jobs][0].attributes["Replayed"].StringValue, "true");
    const auto attributes = *world.run(world.service->get_subscription_attributes(world.call, {arn})).Attributes;
    EXPECT_EQ(attributes.at("ReplayStatus"), "Completed");
    EXPECT_THAT(error_of([&] { world.run(world.service->delete_topic(world.call, {topic})); }),
                HasSubstr("InvalidState"));
}

TEST(FifoTopic, ReplaysAllOfOneInstant) {
    World world;
    world.start();
    const auto topic = world.create_fifo(
        {{"ContentBasedDeduplication", "true"}, {"ArchivePolicy", R"({"MessageRetentionPeriod":"1"})"}});
    for (int i = 0; i < 120; ++i) world.publish_in_group(topic, fmt::format("m{:03}", i), "g");
    world.subscribe(topic, "sqs", fifo_jobs,
                    {{"RawMessageDelivery", "true"},
                     {"ReplayPolicy", R"({"PointType":"Timestamp","StartingPoint":"2020-01-01T00:00:00Z"})"}});
    world.settle();
    const auto bodies = world.door.queues.bodies(at_fifo_jobs);
    ASSERT_THAT(bodies, SizeIs(120));
    EXPECT_TRUE(std::ranges::is_sorted(bodies));
}

TEST(Subscribe, TellsOthersQueuesThatTheyMayConfirm) {
    World world;
    world.start();
    world.subscribe(world.orders, "sqs", "arn:aws:sqs:us-east-1:111111111111:theirs", {{"RawMessageDelivery", "true"}});
    world.settle();
    EXPECT_THAT(world.door.queues.bodies("us-east-1/111111111111/theirs"),
                ElementsAre(HasSubstr("SubscriptionConfirmation")));
    world.publish(world.orders, "hello");
    EXPECT_THAT(world.door.queues.bodies("us-east-1/111111111111/theirs"), SizeIs(1)) << "not confirmed yet";
}

TEST(Sms, KeepsAttributesOptOutsAndSandboxNumbers) {
    World world;
    auto& service = *world.service;
    auto& call = world.call;
    EXPECT_EQ(error_of([&] { world.run(service.set_sms_attributes(call, {{{"Colour", "red"}}})); }),
              "InvalidParameter: Colour is not a valid attribute");
    world.run(service.set_sms_attributes(call, {{{"DefaultSMSType", "Promotional"}}}));
    EXPECT_EQ(*world.run(service.get_sms_attributes(call, {})).attributes,
              (Attributes{{"DefaultSMSType", "Promotional"}, {"MonthlySpendLimit", "1"}}));

    http::Request out{.method = "POST", .body = R"({"phoneNumber":"+15551234567"})"};
    out.set_target("/_aws/sns/phone-opt-outs");
    world.run(service.developer_surface().serve(call, out));
    EXPECT_TRUE(*world.run(service.check_if_phone_number_is_opted_out(call, {"+15551234567"})).isOptedOut);
    EXPECT_THAT(*world.run(service.list_phone_numbers_opted_out(call, {})).phoneNumbers, ElementsAre("+15551234567"));
    EXPECT_NE(error_of([&] { world.publish({.PhoneNumber = "+15551234567", .Message = "m"}); }), "");
    world.run(service.opt_in_phone_number(call, {"+15551234567"}));
    EXPECT_EQ(error_of([&] { world.publish({.PhoneNumber = "+15551234567", .Message = "m"}); }), "");

    world.run(service.create_sms_sandbox_phone_number(call, {.PhoneNumber = "+15550000000"}));
    const auto list = [&] { return world.run(service.list_sms_sandbox_phone_numbers(call, {})).PhoneNumbers; };
    EXPECT_EQ(list().at(0).Status, "Pending");
    const auto text = std::string(
        world.get("/_aws/sns/sms-messages").at("sms_messages").at("+15550000000").at(0).at("Message").as_string());
    const auto code = text.substr(text.find_first_of("0123456789"), 6);
    EXPECT_THROW(
        world.run(service.verify_sms_sandbox_phone_number(call, {"+15550000000", code == "000000" ? "1" : "000000"})),
        aws::sns::VerificationException);
    world.run(service.verify_sms_sandbox_phone_number(call, {"+15550000000", code}));
    EXPECT_EQ(list().at(0).Status, "Verified");
    world.run(service.delete_sms_sandbox_phone_number(call, {"+15550000000"}));
    EXPECT_THAT(list(), IsEmpty());
    EXPECT_THROW(world.run(service.delete_sms_sandbox_phone_number(call, {"+15550000000"})),
                 aws::sns::ResourceNotFoundException);
}

}  // namespace
}  // namespace cumulet::sns
