// Notifications of a bucket: which rules are taken, what is told of an object, and that it arrives.

#include "base/bytes.h"
#include "services/s3/record.h"
#include "services/s3/tests/support/world.h"

namespace cumulet::s3 {
namespace {

using aws::s3::QueueConfiguration;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr auto queue_arn = "arn:aws:sqs:us-east-1:000000000000:uploads";
constexpr auto topic_arn = "arn:aws:sns:us-east-1:000000000000:uploads";
constexpr auto function_arn = "arn:aws:lambda:us-east-1:000000000000:function:resize";
constexpr auto bucket_arn = "arn:aws:s3:::bucket";

using Filters = std::vector<std::pair<std::string, std::string>>;

/// A configuration of one kind: events and filters for `arn`.
template <typename Configuration>
Configuration configuration(std::string Configuration::*member, std::string arn, std::vector<std::string> events,
                            Filters filters, std::string id) {
    Configuration made;
    made.*member = std::move(arn);
    made.Events = std::move(events);
    if (!id.empty()) made.Id = std::move(id);
    if (filters.empty()) return made;
    auto& rules = made.Filter.emplace().Key.emplace().FilterRules.emplace();
    for (auto& [name, value] : filters) rules.push_back({.Name = name, .Value = value});
    return made;
}
QueueConfiguration to_queue(std::vector<std::string> events, Filters filters = {}, std::string id = "",
                            std::string arn = queue_arn) {
    return configuration(&QueueConfiguration::QueueArn, std::move(arn), std::move(events), std::move(filters),
                         std::move(id));
}
aws::s3::TopicConfiguration to_topic(std::vector<std::string> events, Filters filters = {}, std::string id = "") {
    return configuration(&aws::s3::TopicConfiguration::TopicArn, topic_arn, std::move(events), std::move(filters),
                         std::move(id));
}
aws::s3::LambdaFunctionConfiguration to_function(std::vector<std::string> events, Filters filters = {},
                                                 std::string id = "") {
    return configuration(&aws::s3::LambdaFunctionConfiguration::LambdaFunctionArn, function_arn, std::move(events),
                         std::move(filters), std::move(id));
}

std::string message_of(auto act) {
    try {
        act();
        return "";
    } catch (const aws::Error& error) {
        EXPECT_EQ(error.code, "InvalidArgument");
        return error.message;
    }
}

// Rules

TEST(NotificationRules, TakeEventsByTypeWildcardAndKey) {
    struct Row {
        std::vector<std::string> events;
        std::string prefix, suffix, event, key;
        bool taken;
    };
    const Row rows[] = {
        {{"s3:ObjectCreated:*"}, "", "", "ObjectCreated:Put", "a", true},
        {{"s3:ObjectCreated:*"}, "", "", "ObjectRemoved:Delete", "a", false},
        {{"s3:ObjectCreated:Put"}, "", "", "ObjectCreated:Put", "a", true},
        {{"s3:ObjectCreated:Put"}, "", "", "ObjectCreated:Copy", "a", false},
        {{"s3:ObjectRemoved:*", "s3:ObjectCreated:Copy"}, "", "", "ObjectCreated:Copy", "a", true},
        {{"s3:ObjectCreated:*"}, "images/", "", "ObjectCreated:Put", "images/a.jpg", true},
        {{"s3:ObjectCreated:*"}, "images/", "", "ObjectCreated:Put", "other/images/a.jpg", false},
        {{"s3:ObjectCreated:*"}, "images/", ".jpg", "ObjectCreated:Put", "images/a.jpg", true},
        {{"s3:ObjectCreated:*"}, "images/", ".jpg", "ObjectCreated:Put", "images/a.png", false},
        {{"s3:ObjectCreated:*"}, "my%20files/", "", "ObjectCreated:Put", "my files/a", true},
        {{"s3:ObjectCreated:*"}, "my+files/", "", "ObjectCreated:Put", "my files/a", true},
    };
    for (const auto& row : rows) {
        NotificationRule rule{.id = "r", .destination = queue_arn, .events = row.events, .filters = {}};
        if (!row.prefix.empty()) rule.filters.push_back({"Prefix", row.prefix});
        if (!row.suffix.empty()) rule.filters.push_back({"Suffix", row.suffix});
        EXPECT_EQ(rule.takes(row.event, row.key), row.taken) << row.event << " " << row.key;
    }
}

TEST(NotificationRules, MayNotShareAnEventOfAKey) {
    constexpr auto ambiguous =
        "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are "
        "overlapping for the same event type.";
    struct Row {
        std::vector<std::string> events;
        Filters first, second;
        std::string message;
    };
    const Row rows[] = {
        {{"s3:ObjectCreated:*"},
         {},
         {},
         "Configurations overlap. Configurations on the same bucket cannot share a common event type."},
        {{"s3:ObjectCreated:Put"}, {{"prefix", "a/"}}, {}, ambiguous},
        {{"s3:ObjectCreated:Put"}, {{"prefix", "a/"}}, {{"prefix", "a/b"}}, ambiguous},
        {{"s3:ObjectCreated:Put"}, {{"prefix", "a/"}}, {{"prefix", "b/"}}, ""},
        {{"s3:ObjectCreated:Put"}, {{"suffix", ".jpg"}}, {{"suffix", ".png"}}, ""},
        {{"s3:ObjectCreated:Put"}, {{"suffix", ".jpg"}}, {{"suffix", "a.jpg"}}, ambiguous},
        {{"s3:ObjectCreated:Put"}, {{"prefix", "a"}, {"suffix", "x"}}, {{"prefix", "a"}, {"suffix", "y"}}, ""},
        {{"s3:ObjectRemoved:*"}, {}, {}, ""},
    };
    for (const auto& row : rows) {
        Random random(1);
        aws::s3::NotificationConfiguration wanted;
        wanted.QueueConfigurations = {to_queue(row.events, row.first)};
        wanted.LambdaFunctionConfigurations = {to_function({"s3:ObjectCreated:Put"}, row.second)};
        EXPECT_EQ(message_of([&] { checked_rules(wanted, "us-east-1", random); }), row.message);
    }
}

TEST(NotificationRules, AreRefusedInS3sWords) {
    const std::vector<std::string> put{"s3:ObjectCreated:Put"};
    const std::pair<std::vector<QueueConfiguration>, std::string> rows[] = {
        {{to_queue({"s3:ObjectCreated:Sung"})}, "The event is not supported for notifications"},
        {{to_queue({"s3:ObjectCreated:*", "s3:ObjectCreated:Copy"})},
         "Configurations overlap. Configurations on the same bucket cannot share a common event type."},
        {{to_queue(put, {{"infix", "a"}})}, "filter rule name must be either prefix or suffix"},
        {{to_queue(put, {{"prefix", "a"}, {"Prefix", "b"}})}, "Cannot specify more than one prefix rule in a filter."},
        {{to_queue(put, {{"suffix", std::string(1025, 'x')}})},
         "Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation"},
        {{to_queue(put, {}, "", "uploads")}, "The ARN could not be parsed"},
        {{to_queue(put, {}, "", topic_arn)}, "The ARN could not be parsed"},
        {{to_queue(put, {}, "", "arn:aws:sqs:us-east-1:000000000000:a.fifo")}, "FIFO SQS queues are not supported."},
        {{to_queue(put, {}, "", "arn:aws:sqs:eu-west-1:000000000000:a")},
         "The notification destination service region is not valid for the bucket location constraint"},
        {{to_queue(put, {}, std::string(256, 'i'))}, "ID length exceeded allowed limit of 255"},
        {{to_queue(put, {}, "same"), to_queue({"s3:ObjectTagging:Put"}, {}, "same")},
         "Same ID used for multiple configurations. IDs must be unique."},
    };
    for (const auto& [queues, message] : rows) {
        Random random(1);
        aws::s3::NotificationConfiguration wanted;
        wanted.QueueConfigurations = queues;
        EXPECT_EQ(message_of([&] { checked_rules(wanted, "us-east-1", random); }), message);
    }
}

TEST(NotificationRules, ComeBackFromTheStoreAsTheyWere) {
    const std::vector<NotificationRule> rules{
        {.id = "a", .destination = queue_arn, .events = {"s3:ObjectCreated:*"}, .filters = {{"Prefix", "x"}}},
        {.id = "b", .destination = topic_arn, .events = {"s3:ObjectTagging:*", "s3:ObjectAcl:Put"}, .filters = {}}};
    EXPECT_EQ(decode_rules(encode(rules)), rules);
}

TEST(EventKey, IsFormEncodedButForSlashes) {
    const std::pair<std::string, std::string> rows[] = {
        {"plain-1_2.txt", "plain-1_2.txt"}, {"red flower.jpg", "red+flower.jpg"}, {"a/b", "a/b"},
        {"a+b&c=d", "a%2Bb%26c%3Dd"},       {"Grüße", "Gr%C3%BC%C3%9Fe"},
    };
    for (const auto& [key, encoded] : rows) EXPECT_EQ(event_key(key), encoded);
}

TEST(Sequencer, GoesUpWhileTheClockStandsStill) {
    Sequencer sequencer;
    const Time now(1'700'000'000s);
    const auto first = sequencer.next(now), second = sequencer.next(now), later = sequencer.next(now + 1h);
    EXPECT_EQ(first.size(), 18u);
    EXPECT_LT(first, second);
    EXPECT_LT(second, later);
    EXPECT_LT(later, sequencer.next(now));
}

TEST(NextAttempt, ComesLaterEachTimeAndEndsAfterADay) {
    const Time since(1'700'000'000s);
    OutboxEntry entry;
    entry.since = since;
    const std::pair<int64_t, std::chrono::seconds> rows[] = {{0, 1s}, {1, 2s}, {5, 32s}, {9, 300s}, {1000, 300s}};
    for (const auto& [attempts, wait] : rows) {
        entry.attempts = attempts;
        EXPECT_EQ(next_attempt(entry, since), since + wait);
    }
    EXPECT_EQ(next_attempt(entry, since + 24h), std::nullopt);
}

// Scenarios

struct Notified : World {
    void configure(aws::s3::NotificationConfiguration wanted, bool skip = true) {
        run(service.put_bucket_notification_configuration(
            call,
            {.Bucket = "bucket", .NotificationConfiguration = std::move(wanted), .SkipDestinationValidation = skip}));
    }
    void tell_queue(std::vector<std::string> events, Filters filters = {}) {
        aws::s3::NotificationConfiguration wanted;
        wanted.QueueConfigurations = {to_queue(std::move(events), std::move(filters), "rule")};
        configure(std::move(wanted));
    }
    aws::s3::NotificationConfiguration configured() {
        return run(service.get_bucket_notification_configuration(call, {.Bucket = "bucket"}));
    }
    /// The records that arrived.
    std::vector<json::object> records() {
        settle();
        std::vector<json::object> all;
        for (const auto& taken : destinations.taken)
            all.push_back(json::parse(taken.message).at("Records").at(0).as_object());
        return all;
    }
    std::vector<std::string> names() {
        std::vector<std::string> all;
        for (const auto& record : records()) {
            all.push_back(fmt::format("{} {}", std::string_view(record.at("eventName").as_string()),
                                      std::string_view(record.at("s3").at("object").at("key").as_string())));
        }
        return all;
    }
    /// Begins to take from the outbox what is due there.
    void start() {
        reactor.post([this] { service.start(); });
        settle();
    }
    size_t outbox() {
        return run(store->transact(
            [](store::Transaction& tx) -> Task<size_t> { co_return (co_await tx.scan(outbox_range())).size(); }));
    }
    void tag(std::string key) {
        aws::s3::PutObjectTaggingRequest request;
        request.Bucket = "bucket";
        request.Key = std::move(key);
        request.Tagging.TagSet = {{"a", "1"}};
        run(service.put_object_tagging(call, std::move(request)));
    }
};

TEST(BucketNotifications, AreAnsweredAsTheyWereGivenWithIdsOfTheirOwn) {
    Notified world;
    aws::s3::NotificationConfiguration wanted;
    wanted.QueueConfigurations = {to_queue({"s3:ObjectCreated:*"}, {{"prefix", "in/"}, {"SUFFIX", ".jpg"}}, "mine")};
    wanted.TopicConfigurations = {to_topic({"s3:ObjectRemoved:Delete"})};
    wanted.LambdaFunctionConfigurations = {to_function({"s3:ObjectTagging:*"})};
    world.configure(wanted);
    const auto got = world.configured();
    EXPECT_EQ(*got.QueueConfigurations,
              std::vector{to_queue({"s3:ObjectCreated:*"}, {{"Prefix", "in/"}, {"Suffix", ".jpg"}}, "mine")});
    const auto topic = got.TopicConfigurations->at(0);
    EXPECT_FALSE(topic.Id->empty());
    EXPECT_NE(topic.Id, got.LambdaFunctionConfigurations->at(0).Id);
    EXPECT_FALSE(topic.Filter);

    world.configure({});
    EXPECT_EQ(world.configured(), aws::s3::NotificationConfiguration());
}

TEST(BucketNotifications, TellOfEveryChangeOfAnObject) {
    Notified world;
    world.tell_queue({"s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*"});
    world.put("a b", "hello");
    aws::s3::CopyObjectRequest copy;
    copy.Bucket = "bucket";
    copy.Key = "copy";
    copy.CopySource = "bucket/a%20b";
    world.run(world.service.copy_object(world.call, copy));
    const auto id = world.begin_upload("whole");
    const auto part = world.upload("whole", id, 1, "part");
    world.complete("whole", id, {part});
    world.tag("copy");
    world.run(world.service.delete_object_tagging(world.call, {.Bucket = "bucket", .Key = "copy"}));
    world.remove("copy");
    world.remove("never there");
    aws::s3::DeleteObjectsRequest several;
    several.Bucket = "bucket";
    several.Delete.Objects = {{.Key = "a b"}, {.Key = "not there"}, {.Key = "whole"}};
    world.run(world.service.delete_objects(world.call, several));
    EXPECT_THAT(world.names(), ElementsAre("ObjectCreated:Put a+b", "ObjectCreated:Copy copy",
                                           "ObjectCreated:CompleteMultipartUpload whole", "ObjectTagging:Put copy",
                                           "ObjectTagging:Delete copy", "ObjectRemoved:Delete copy",
                                           "ObjectRemoved:Delete a+b", "ObjectRemoved:Delete whole"));
    EXPECT_EQ(world.outbox(), 0u);
}

TEST(BucketNotifications, HaveTheRecordThatS3Documents) {
    Notified world;
    world.tell_queue({"s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*"});
    world.call.source_address = "192.0.2.7";
    world.call.principal.kind = Principal::Kind::user;
    world.call.principal.user_id = "AIDAEXAMPLE";
    world.put("red flower.jpg", "hello");
    world.tag("red flower.jpg");
    world.remove("red flower.jpg");
    const auto records = world.records();
    ASSERT_THAT(records, SizeIs(3));
    auto created = records[0];
    const std::string sequencer(created["s3"].at("object").at("sequencer").as_string());
    const auto owner = created["s3"].at("bucket").at("ownerIdentity").at("principalId");
    EXPECT_EQ(json::value(created),
              json::parse(fmt::format(R"({{
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1",
        "eventTime": "2023-11-14T22:13:20.000Z", "eventName": "ObjectCreated:Put",
        "userIdentity": {{"principalId": "AWS:AIDAEXAMPLE"}},
        "requestParameters": {{"sourceIPAddress": "192.0.2.7"}},
        "responseElements": {{"x-amz-request-id": "request", "x-amz-id-2": "{}"}},
        "s3": {{"s3SchemaVersion": "1.0", "configurationId": "rule",
            "bucket": {{"name": "bucket", "ownerIdentity": {{"principalId": {}}}, "arn": "arn:aws:s3:::bucket"}},
            "object": {{"key": "red+flower.jpg", "size": 5, "eTag": "5d41402abc4b2a76b9719d911017c592",
                        "sequencer": "{}"}}}}}})",
                                      to_base64(sha256("request")), json::serialize(owner), sequencer)));
    EXPECT_EQ(records[1].at("eventVersion"), "2.3");
    EXPECT_EQ(records[1].at("s3").at("object"),
              json::parse(R"({"key":"red+flower.jpg","eTag":"5d41402abc4b2a76b9719d911017c592"})"));
    EXPECT_EQ(records[2].at("s3").at("object").as_object().size(), 2u);
    EXPECT_GT(std::string(records[2].at("s3").at("object").at("sequencer").as_string()), sequencer);
}

TEST(BucketNotifications, GoWhereTheirRuleSaysInTheNameOfTheBucket) {
    Notified world;
    aws::s3::NotificationConfiguration wanted;
    wanted.QueueConfigurations = {to_queue({"s3:ObjectCreated:*"}, {{"prefix", "q/"}})};
    wanted.TopicConfigurations = {to_topic({"s3:ObjectCreated:*"}, {{"prefix", "t/"}})};
    wanted.LambdaFunctionConfigurations = {to_function({"s3:ObjectCreated:*"}, {{"prefix", "f/"}})};
    world.configure(wanted);
    world.call.trace = "Root=1-5759e988-bd862e3fe1be46a994272793";
    for (const auto* key : {"q/1", "t/1", "f/1", "x/1"}) world.put(key, "x");
    world.settle();
    std::map<std::string, Destinations::Asked> by_operation;
    for (const auto& taken : world.destinations.taken) by_operation[taken.operation] = taken;
    ASSERT_THAT(by_operation, SizeIs(3));
    EXPECT_THAT(world.destinations.taken, SizeIs(3));
    EXPECT_EQ(by_operation["SendMessage"].target, "http://localhost:4566/000000000000/uploads");
    EXPECT_EQ(by_operation["Publish"].target, topic_arn);
    EXPECT_EQ(by_operation["Publish"].subject, "Amazon S3 Notification");
    EXPECT_EQ(by_operation["Invoke"].target, function_arn);
    for (const auto& [operation, asked] : by_operation) {
        EXPECT_EQ(asked.source_arn, bucket_arn);
        EXPECT_EQ(asked.principal, "s3.amazonaws.com");
        EXPECT_EQ(asked.account, "000000000000");
        EXPECT_EQ(asked.region, "us-east-1");
        EXPECT_EQ(asked.trace, world.call.trace);
    }
}

TEST(BucketNotifications, TellNothingOfWhatWasRefused) {
    Notified world;
    world.tell_queue({"s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*"});
    auto refused = world.request("key", "body");
    refused.IfMatch = "\"x\"";
    EXPECT_EQ(world.code_of([&] { world.put(std::move(refused)); }), "NoSuchKey");
    EXPECT_EQ(world.code_of([&] { world.tag("key"); }), "NoSuchKey");
    EXPECT_THAT(world.names(), IsEmpty());
    EXPECT_EQ(world.outbox(), 0u);
}

TEST(BucketNotifications, TellEachDestinationThatItIsOne) {
    Notified world;
    aws::s3::NotificationConfiguration wanted;
    wanted.QueueConfigurations = {to_queue({"s3:ObjectCreated:*"})};
    wanted.TopicConfigurations = {to_topic({"s3:ObjectRemoved:*"})};
    wanted.LambdaFunctionConfigurations = {to_function({"s3:ObjectTagging:*"})};
    world.configure(wanted, false);
    ASSERT_THAT(world.destinations.taken, SizeIs(2));  // a function is only asked whether it would run
    for (const auto& taken : world.destinations.taken) {
        EXPECT_EQ(json::parse(taken.message), json::parse(fmt::format(R"({{"Service": "Amazon S3",
            "Event": "s3:TestEvent", "Time": "2023-11-14T22:13:20.000Z", "Bucket": "bucket", "RequestId": "request",
            "HostId": "{}"}})",
                                                                      to_base64(sha256("request")))));
        EXPECT_EQ(taken.source_arn, bucket_arn);
    }
}

TEST(BucketNotifications, AreRefusedWhereADestinationIsNotThereOrDoesNotLetS3In) {
    Notified world;
    world.tell_queue({"s3:ObjectCreated:Put"});
    aws::s3::NotificationConfiguration wanted;
    wanted.QueueConfigurations = {to_queue({"s3:ObjectCreated:*"})};
    wanted.TopicConfigurations = {to_topic({"s3:ObjectRemoved:*"})};
    wanted.LambdaFunctionConfigurations = {to_function({"s3:ObjectTagging:*"})};
    world.destinations.judge = [](const Destinations::Asked& asked) {
        if (asked.operation == "GetQueueUrl") throw aws::sqs::QueueDoesNotExist("none");
        if (asked.operation != "GetTopicAttributes") throw aws::Error("AccessDenied", "no", 403);
    };
    std::vector<std::string> told;
    try {
        world.configure(wanted, false);
    } catch (const UnreachableDestinations& error) {
        EXPECT_EQ(error.code, "InvalidArgument");
        EXPECT_EQ(error.message, "Unable to validate the following destination configurations");
        for (const auto& member : error.shape()->members) {
            const auto* text = static_cast<const std::string*>(
                member.optional->get(static_cast<const char*>(error.self()) + member.offset));
            if (text) told.push_back(fmt::format("{}={}", member.wire_name, *text));
        }
    }
    EXPECT_THAT(
        told,
        ElementsAre(
            fmt::format("ArgumentName1={}", topic_arn),
            "ArgumentValue1=Permissions on the destination topic do not allow S3 to publish notifications from this "
            "bucket",
            fmt::format("ArgumentName2={}", queue_arn), "ArgumentValue2=The destination queue does not exist",
            fmt::format("ArgumentName3={}, null", function_arn),
            fmt::format("ArgumentValue3=Not authorized to invoke function [{}]", function_arn)));
    EXPECT_EQ(world.configured().QueueConfigurations->at(0).Events, std::vector<std::string>{"s3:ObjectCreated:Put"});

    world.configure(wanted);  // unchecked
    EXPECT_TRUE(world.configured().TopicConfigurations);
}

TEST(BucketNotifications, RefuseEventBuses) {
    Notified world;
    aws::s3::NotificationConfiguration wanted;
    wanted.EventBridgeConfiguration.emplace();
    EXPECT_EQ(world.code_of([&] { world.configure(wanted); }), "NotImplemented");
}

// Delivery

TEST(NotificationDelivery, IsTriedAgainLaterUntilItWorks) {
    Notified world;
    world.start();
    world.tell_queue({"s3:ObjectCreated:*"});
    world.destinations.judge = [](const Destinations::Asked&) { throw aws::Error("InternalFailure", "away", 500); };
    world.put("key", "x");
    world.settle();
    EXPECT_EQ(world.destinations.calls, 1);
    EXPECT_EQ(world.outbox(), 1u);
    world.run(world.clock.advance(7s));  // after 1, 2 and 4 seconds
    EXPECT_EQ(world.destinations.calls, 4);
    world.destinations.judge = [](const Destinations::Asked&) {};
    world.run(world.clock.advance(8s));
    EXPECT_THAT(world.names(), ElementsAre("ObjectCreated:Put key"));
    EXPECT_EQ(world.outbox(), 0u);
}

TEST(NotificationDelivery, IsGivenUpAfterADayOrWhereItIsRefusedForGood) {
    Notified world;
    world.start();
    world.tell_queue({"s3:ObjectCreated:*"});
    world.destinations.judge = [](const Destinations::Asked&) { throw aws::Error("AccessDenied", "no", 403); };
    world.put("key", "x");
    world.settle();
    EXPECT_EQ(world.outbox(), 0u);
    EXPECT_EQ(world.destinations.calls, 1);
    world.destinations.judge = [](const Destinations::Asked&) { throw aws::Error("InternalFailure", "away", 500); };
    world.put("key", "x");
    world.settle();
    world.run(world.clock.advance(23h));
    EXPECT_EQ(world.outbox(), 1u);
    world.run(world.clock.advance(1h));
    EXPECT_EQ(world.outbox(), 0u);
}

TEST(NotificationDelivery, SendsWhatFailedOfABatchAlone) {
    Notified world;
    world.start();
    world.tell_queue({"s3:ObjectRemoved:*"});
    std::vector<aws::s3::ObjectIdentifier> all;
    for (int i = 0; i < 25; ++i) {
        all.push_back({.Key = fmt::format("k{:02}", i)});
        world.put(all.back().Key, "x");
    }
    bool away = true;
    world.destinations.judge = [&](const Destinations::Asked& asked) {
        if (away && asked.message.find("k07") != std::string::npos) throw aws::Error("InternalFailure", "away", 500);
    };
    aws::s3::DeleteObjectsRequest request;
    request.Bucket = "bucket";
    request.Delete.Objects = all;
    world.run(world.service.delete_objects(world.call, request));
    world.settle();
    EXPECT_EQ(world.destinations.calls, 3);
    EXPECT_THAT(world.destinations.taken, SizeIs(24));
    away = false;
    world.run(world.clock.advance(1s));
    EXPECT_EQ(world.names().back(), "ObjectRemoved:Delete k07");
    EXPECT_THAT(world.destinations.taken, SizeIs(25));
}

TEST(NotificationDelivery, HappensAfterACrashThatTookTheMemoryOfIt) {
    Notified world;
    const OutboxEntry held{.due = Time::max(),
                           .id = "x",
                           .bucket = "bucket",
                           .account = "000000000000",
                           .region = "us-east-1",
                           .destination = queue_arn,
                           .message = "of a process that is gone",
                           .trace = {},
                           .since = world.clock.now()};
    world.run(world.store->transact([&](store::Transaction& tx) -> Task<void> {
        save_outbox_entry(tx, held);
        co_return;
    }));
    world.start();
    EXPECT_EQ(world.destinations.calls, 0);  // it might be another process's
    world.run(world.service.recover());
    world.start();
    ASSERT_THAT(world.destinations.taken, SizeIs(1));
    EXPECT_EQ(world.destinations.taken[0].message, held.message);
    EXPECT_EQ(world.outbox(), 0u);
}

}  // namespace
}  // namespace cumulet::s3
