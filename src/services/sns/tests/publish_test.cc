#include "services/sns/tests/support/publishing.h"

namespace cumulet::sns {
namespace {

using namespace publishing;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

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
    world.advance(24h);
    world.run(service.delete_sms_sandbox_phone_number(call, {"+15550000000"}));
    EXPECT_THAT(list(), IsEmpty());
    EXPECT_THROW(world.run(service.delete_sms_sandbox_phone_number(call, {"+15550000000"})),
                 aws::sns::ResourceNotFoundException);
}

/// What AWS's page on the SMS sandbox says of waiting.
struct Sandbox : World {
    const std::string number = "+15550000000";
    void add() { run(service->create_sms_sandbox_phone_number(call, {.PhoneNumber = number})); }
    void try_code(std::string code) { run(service->verify_sms_sandbox_phone_number(call, {number, std::move(code)})); }
    std::string refusal_to_delete() {
        return error_of([&] { run(service->delete_sms_sandbox_phone_number(call, {number})); });
    }
};

TEST(SmsSandbox, KeepsANumberForADayAfterTheLastAttempt) {
    Sandbox world;
    world.add();
    EXPECT_EQ(world.refusal_to_delete(), "") << "nobody tried to verify it";
    world.add();
    world.advance(1h);
    EXPECT_THROW(world.try_code("no"), aws::sns::VerificationException);
    EXPECT_THAT(world.refusal_to_delete(), testing::StartsWith("UserError"));
    world.advance(24h - 1s);
    EXPECT_THAT(world.refusal_to_delete(), testing::StartsWith("UserError"));
    world.add();
    EXPECT_THAT(world.refusal_to_delete(), testing::StartsWith("UserError")) << "another code changes nothing";
    world.advance(1s);
    EXPECT_EQ(world.refusal_to_delete(), "");
}

TEST(SmsSandbox, SendsFiveCodesADay) {
    Sandbox world;
    for (int i = 0; i < 5; ++i) {
        world.add();
        world.advance(1h);
    }
    EXPECT_THAT(error_of([&] { world.add(); }), testing::StartsWith("UserError"));
    world.advance(19h);
    world.add();
    EXPECT_THAT(error_of([&] { world.add(); }), testing::StartsWith("UserError"));
}

}  // namespace
}  // namespace cumulet::sns
