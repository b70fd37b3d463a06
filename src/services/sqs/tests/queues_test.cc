// What a queue is beside its messages: attributes, names, URLs, policies, tags, dead-letter queues.

#include "services/sqs/attribute_rules.h"
#include "services/sqs/tests/support/world.h"

namespace cumulet::sqs {
namespace {

using testing::HasSubstr;

std::string arn_of(std::string_view name) { return fmt::format("arn:aws:sqs:us-east-1:000000000000:{}", name); }

std::string redrive_to(std::string_view name, int most = 3) {
    return fmt::format(R"({{"deadLetterTargetArn":"{}","maxReceiveCount":{}}})", arn_of(name), most);
}

struct Periphery : World {
    using World::World;
    void set(std::string url, Attributes attributes) {
        run(service.set_queue_attributes(call, {std::move(url), std::move(attributes)}));
    }
    Attributes all_attributes(std::string url) {
        return *run(service.get_queue_attributes(call, {std::move(url), std::vector<std::string>{"All"}})).Attributes;
    }
    std::vector<std::string> sources_of(std::string url) {
        return run(service.list_dead_letter_source_queues(call, {.QueueUrl = std::move(url)})).queueUrls;
    }
};

TEST(Attributes, HaveAwsRangesAndTexts) {
    struct Row {
        std::string name, value, error;
    };
    for (const auto& [name, value, error] : std::vector<Row>{
             {"DelaySeconds", "900", ""},
             {"DelaySeconds", "901", "InvalidAttributeValue: Invalid value for the parameter DelaySeconds."},
             {"DelaySeconds", "-1", "InvalidAttributeValue: Invalid value for the parameter DelaySeconds."},
             {"DelaySeconds", "1.5", "InvalidAttributeValue: Invalid value for the parameter DelaySeconds."},
             {"DelaySeconds", "", "InvalidAttributeValue: Invalid value for the parameter DelaySeconds."},
             {"MaximumMessageSize", "1024", ""},
             {"MaximumMessageSize", "1048576", ""},
             {"MaximumMessageSize", "1023",
              "InvalidAttributeValue: Invalid value for the parameter MaximumMessageSize."},
             {"MessageRetentionPeriod", "1209600", ""},
             {"MessageRetentionPeriod", "59",
              "InvalidAttributeValue: Invalid value for the parameter MessageRetentionPeriod."},
             {"ReceiveMessageWaitTimeSeconds", "21",
              "InvalidAttributeValue: Invalid value for the parameter ReceiveMessageWaitTimeSeconds."},
             {"VisibilityTimeout", "43200", ""},
             {"VisibilityTimeout", "43201",
              "InvalidAttributeValue: Invalid value for the parameter VisibilityTimeout."},
             {"KmsDataKeyReusePeriodSeconds", "86400", ""},
             {"KmsDataKeyReusePeriodSeconds", "59",
              "InvalidAttributeValue: Invalid value for the parameter KmsDataKeyReusePeriodSeconds."},
             {"SqsManagedSseEnabled", "yes",
              "InvalidAttributeValue: Invalid value for the parameter SqsManagedSseEnabled."},
             {"Policy", "{}", "InvalidAttributeValue: Invalid value for the parameter Policy."},
             {"Policy", "", ""},
             {"Colour", "red", "InvalidAttributeName: Unknown Attribute Colour."},
             {"QueueArn", "x", "InvalidAttributeName: Unknown Attribute QueueArn."},
             {"All", "x", "InvalidAttributeName: Unknown Attribute All."},
             {"FifoQueue", "false", "InvalidAttributeName: Unknown Attribute FifoQueue."},
             {"ContentBasedDeduplication", "true",
              "InvalidAttributeName: Unknown Attribute ContentBasedDeduplication."},
         }) {
        EXPECT_EQ(error_of([&] { check_attributes({{name, value}}, false, false); }), error) << name << "=" << value;
    }
}

TEST(Attributes, OfFifoQueuesHaveRangesToo) {
    struct Row {
        std::string name, value, error;
    };
    for (const auto& [name, value, error] : std::vector<Row>{
             {"ContentBasedDeduplication", "true", ""},
             {"ContentBasedDeduplication", "",
              "InvalidAttributeValue: Invalid value for the parameter ContentBasedDeduplication."},
             {"DeduplicationScope", "messageGroup", ""},
             {"DeduplicationScope", "group",
              "InvalidAttributeValue: Invalid value for the parameter DeduplicationScope."},
             {"FifoThroughputLimit", "perQueue", ""},
             {"FifoQueue", "false",
              "InvalidAttributeValue: Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not "
              "supported."},
         }) {
        EXPECT_EQ(error_of([&] { check_attributes({{name, value}}, true, false); }), error) << name << "=" << value;
    }
    EXPECT_THROW(with_attributes({}, {{"FifoThroughputLimit", "perMessageGroupId"}}), aws::sqs::InvalidAttributeValue);
    EXPECT_NO_THROW(
        with_attributes({{"DeduplicationScope", "messageGroup"}}, {{"FifoThroughputLimit", "perMessageGroupId"}}));
}

TEST(QueueNames, EndInFifoForFifoQueuesOnly) {
    EXPECT_EQ(error_of([] { check_queue_name("a-b_C9", false); }), "");
    EXPECT_EQ(error_of([] { check_queue_name("jobs.fifo", true); }), "");
    const auto* plain =
        "InvalidParameterValue: Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
    for (const auto& name : {std::string("jobs.fifo"), std::string(), std::string(81, 'a'), std::string("a b")}) {
        EXPECT_EQ(error_of([&] { check_queue_name(name, false); }), plain) << name;
    }
    const auto* fifo =
        "InvalidParameterValue: The name of a FIFO queue can only include alphanumeric characters, hyphens, or "
        "underscores, must end with .fifo suffix and be 1 to 80 in length.";
    for (const auto& name : {std::string("jobs"), std::string(".fifo"), std::string(76, 'a') + ".fifo"}) {
        EXPECT_EQ(error_of([&] { check_queue_name(name, true); }), fifo) << name;
    }
}

TEST(Encryption, IsOfOneKind) {
    Periphery world;
    EXPECT_EQ(world.all_attributes(world.jobs).at("SqsManagedSseEnabled"), "true");
    EXPECT_EQ(
        error_of([&] { world.set(world.jobs, {{"KmsMasterKeyId", "alias/own"}, {"SqsManagedSseEnabled", "true"}}); }),
        "InvalidAttributeName: You can use one type of server-side encryption (SSE) at one time. You can either "
        "enable KMS SSE or SQS SSE.");
    world.set(world.jobs, {{"KmsMasterKeyId", "alias/own"}});
    auto all = world.all_attributes(world.jobs);
    EXPECT_EQ(all.at("KmsMasterKeyId"), "alias/own");
    EXPECT_EQ(all.at("KmsDataKeyReusePeriodSeconds"), "300");
    EXPECT_EQ(all.at("SqsManagedSseEnabled"), "false");
    world.set(world.jobs, {{"SqsManagedSseEnabled", "true"}});
    all = world.all_attributes(world.jobs);
    EXPECT_FALSE(all.contains("KmsMasterKeyId"));
    EXPECT_FALSE(all.contains("KmsDataKeyReusePeriodSeconds"));
    EXPECT_EQ(all.at("SqsManagedSseEnabled"), "true");
}

TEST(CreateQueue, AgainComparesWhatAttributesMean) {
    Periphery world;
    world.create({.QueueName = "dead"});
    const auto create = [&](Attributes attributes) {
        return error_of([&] { world.create({.QueueName = "live", .Attributes = attributes}); });
    };
    EXPECT_EQ(create({{"RedrivePolicy", redrive_to("dead")}}), "");
    EXPECT_EQ(create({{"RedrivePolicy",
                       fmt::format(R"({{"maxReceiveCount":"3", "deadLetterTargetArn":"{}"}})", arn_of("dead"))}}),
              "");
    EXPECT_EQ(create({{"VisibilityTimeout", "30"}}), "");
    EXPECT_EQ(create({{"SqsManagedSseEnabled", "true"}}), "");
    EXPECT_EQ(create({{"RedrivePolicy", redrive_to("dead", 4)}}),
              "QueueNameExists: A queue already exists with the same name and a different value for attribute "
              "RedrivePolicy");
    EXPECT_EQ(create({{"VisibilityTimeout", "31"}}),
              "QueueNameExists: A queue already exists with the same name and a different value for attribute "
              "VisibilityTimeout");
}

TEST(RedrivePolicyText, IsRefusedWithAwsReason) {
    const auto refused = [](std::string text, std::string reason) {
        EXPECT_EQ(error_of([&] { parse_redrive_policy(text); }),
                  fmt::format("InvalidParameterValue: Value {} for parameter RedrivePolicy is invalid. Reason: {}",
                              text, reason));
    };
    refused("[]", "Redrive policy is not a valid JSON map.");
    refused("{", "Redrive policy is not a valid JSON map.");
    refused(R"({"maxReceiveCount":1})", "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
    refused(R"({"deadLetterTargetArn":"x"})", "Redrive policy does not contain mandatory attribute: maxReceiveCount.");
    refused(R"({"deadLetterTargetArn":"x","maxReceiveCount":"1"})", "Invalid value for deadLetterTargetArn.");
    for (const auto* count : {"0", "1001", "\"x\"", "1.5"}) {
        refused(fmt::format(R"({{"deadLetterTargetArn":"{}","maxReceiveCount":{}}})", arn_of("dead"), count),
                fmt::format("Invalid value for maxReceiveCount: {}, valid values are from 1 to 1000 both inclusive.",
                            count == std::string_view("\"x\"") ? "x"
                            : count == std::string_view("1.5") ? "1.5E0"
                                                               : count));
    }
    refused(fmt::format(R"({{"deadLetterTargetArn":"{}","maxReceiveCount":1,"more":2}})", arn_of("dead")),
            "Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].");
    EXPECT_EQ(parse_redrive_policy(redrive_to("dead", 1000)).max_receive_count, 1000);
}

TEST(RedrivePolicyTarget, MustExistAndBeOfTheSameAccountRegionAndKind) {
    Periphery world;
    const auto refusal = [&](std::string arn) {
        const auto policy = fmt::format(R"({{"deadLetterTargetArn":"{}","maxReceiveCount":1}})", arn);
        return error_of([&] { world.set(world.jobs, {{"RedrivePolicy", policy}}); });
    };
    EXPECT_THAT(refusal(arn_of("none")), HasSubstr("Reason: Dead letter target does not exist."));
    EXPECT_THAT(refusal(arn_of("none.fifo")),
                HasSubstr("Reason: Dead-letter queue must be same type of queue as the source."));
    EXPECT_THAT(refusal("arn:aws:sqs:us-east-1:111111111111:dead"),
                HasSubstr("Reason: Dead-letter target owner should be same as the source."));
    EXPECT_THAT(refusal("arn:aws:sqs:eu-west-1:000000000000:dead"), HasSubstr("region"));
    EXPECT_THAT(
        error_of([&] { world.create({.QueueName = "new", .Attributes = {{{"RedrivePolicy", redrive_to("none")}}}}); }),
        HasSubstr("Dead letter target does not exist."));
    world.create({.QueueName = "dead"});
    EXPECT_EQ(refusal(arn_of("dead")), "");
    world.set(world.jobs, {{"RedrivePolicy", ""}});
    EXPECT_FALSE(world.all_attributes(world.jobs).contains("RedrivePolicy"));
}

TEST(RedriveAllowPolicyText, IsRefusedWithAwsReason) {
    const auto reason = [](std::string text) { return error_of([&] { parse_redrive_allow_policy(text); }); };
    EXPECT_EQ(reason(R"({"redrivePermission":"allowAll"})"), "");
    EXPECT_EQ(reason(fmt::format(R"({{"redrivePermission":"byQueue","sourceQueueArns":["{}"]}})", arn_of("a"))), "");
    for (const auto* text : {"[]", "{}", R"({"redrivePermission":"some"})", R"({"redrivePermission":"denyAll","x":1})",
                             R"({"redrivePermission":"byQueue","sourceQueueArns":"a"})",
                             R"({"redrivePermission":"byQueue","sourceQueueArns":[1]})"}) {
        EXPECT_EQ(reason(text),
                  "InvalidAttributeValue: Invalid value for the parameter RedriveAllowPolicy. Reason: Amazon SQS can't "
                  "create the redrive allow policy, as it’s in an unsupported format.")
            << text;
    }
    EXPECT_THAT(reason(R"({"redrivePermission":"byQueue"})"),
                HasSubstr("When you specify the byQueue permission type, you must also specify one or more "
                          "sourceQueueArns values."));
    EXPECT_THAT(reason(R"({"redrivePermission":"denyAll","sourceQueueArns":["a"]})"),
                HasSubstr("you must set redrivePermission to byQueue."));
    EXPECT_THAT(
        reason(R"({"redrivePermission":"byQueue","sourceQueueArns":["1","2","3","4","5","6","7","8","9","10","11"]})"),
        HasSubstr("The maximum number of source queue ARNs you can specify is 10."));
}

TEST(RedriveAllowPolicy, SaysWhoMaySendDeadLettersHere) {
    Periphery world;
    const auto dead = world.create({.QueueName = "dead"});
    const auto other = world.create({.QueueName = "other"});
    const auto name_target = [&](const std::string& url) {
        return error_of([&] { world.set(url, {{"RedrivePolicy", redrive_to("dead")}}); });
    };
    world.set(dead, {{"RedriveAllowPolicy", R"({"redrivePermission":"denyAll"})"}});
    EXPECT_THAT(name_target(world.jobs), HasSubstr("parameter RedrivePolicy is invalid"));
    world.set(dead, {{"RedriveAllowPolicy",
                      fmt::format(R"({{"redrivePermission":"byQueue","sourceQueueArns":["{}"]}})", arn_of("jobs"))}});
    EXPECT_EQ(name_target(world.jobs), "");
    EXPECT_THAT(name_target(other), HasSubstr("parameter RedrivePolicy is invalid"));
    world.set(dead, {{"RedriveAllowPolicy", R"({"redrivePermission":"allowAll"})"}});
    EXPECT_EQ(name_target(other), "");
}

TEST(ListDeadLetterSourceQueues, FollowsPoliciesAsTheyChange) {
    Periphery world;
    const auto dead = world.create({.QueueName = "dead"});
    const auto grave = world.create({.QueueName = "grave"});
    EXPECT_TRUE(world.sources_of(dead).empty());
    world.set(world.jobs, {{"RedrivePolicy", redrive_to("dead")}});
    const auto other = world.create({.QueueName = "other", .Attributes = {{{"RedrivePolicy", redrive_to("dead")}}}});
    EXPECT_EQ(world.sources_of(dead), (std::vector{world.jobs, other}));
    const auto first =
        world.run(world.service.list_dead_letter_source_queues(world.call, {.QueueUrl = dead, .MaxResults = 1}));
    EXPECT_EQ(first.queueUrls, std::vector{world.jobs});
    const auto second = world.run(world.service.list_dead_letter_source_queues(
        world.call, {.QueueUrl = dead, .NextToken = first.NextToken, .MaxResults = 1}));
    EXPECT_EQ(second.queueUrls, std::vector{other});
    EXPECT_FALSE(second.NextToken);

    world.set(world.jobs, {{"RedrivePolicy", redrive_to("grave")}});
    EXPECT_EQ(world.sources_of(grave), std::vector{world.jobs});
    EXPECT_EQ(world.sources_of(dead), std::vector{other});
    world.run(world.service.delete_queue(world.call, {other}));
    EXPECT_TRUE(world.sources_of(dead).empty());
    EXPECT_THROW(world.sources_of("none"), aws::sqs::QueueDoesNotExist);
}

TEST(Permissions, AreStatementsAsAwsWritesThem) {
    Periphery world;
    const auto add = [&](std::string label, std::vector<std::string> accounts, std::vector<std::string> actions) {
        return error_of(
            [&] { world.run(world.service.add_permission(world.call, {world.jobs, label, accounts, actions})); });
    };
    EXPECT_EQ(add("one", {"111111111111"}, {"SendMessage"}), "");
    EXPECT_EQ(add("two", {"111111111111", "222222222222"}, {"*", "ReceiveMessage"}), "");
    EXPECT_EQ(parse_json(world.attribute("Policy")).value(),
              parse_json(R"({"Version": "2008-10-17", "Id": "arn:aws:sqs:us-east-1:000000000000:jobs/SQSDefaultPolicy",
        "Statement": [{"Sid": "one", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
                       "Action": "SQS:SendMessage", "Resource": "arn:aws:sqs:us-east-1:000000000000:jobs"},
                      {"Sid": "two", "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::111111111111:root",
                       "arn:aws:iam::222222222222:root"]}, "Action": ["SQS:*", "SQS:ReceiveMessage"],
                       "Resource": "arn:aws:sqs:us-east-1:000000000000:jobs"}]})")
                  .value());
    EXPECT_EQ(add("one", {"111111111111"}, {"SendMessage"}),
              "InvalidParameterValue: Value one for parameter Label is invalid. Reason: Already exists.");
    EXPECT_EQ(
        add("three", {"111111111111"}, {"DeleteQueue"}),
        "InvalidParameterValue: Value SQS:DeleteQueue for parameter ActionName is invalid. Reason: Only the queue "
        "owner is allowed to invoke this action.");
    EXPECT_EQ(add("three", {"111111111111"}, {"Send"}),
              "InvalidParameterValue: Value SQS:Send for parameter ActionName is invalid. Reason: Please refer to the "
              "appropriate WSDL for a list of valid actions.");
    EXPECT_EQ(add("three", {"111111111111"}, std::vector<std::string>(8, "SendMessage")),
              "OverLimit: 8 Actions were found, maximum allowed is 7.");
    EXPECT_EQ(add("three", {"me"}, {"SendMessage"}),
              "InvalidParameterValue: Value [me] for parameter PrincipalId is invalid. Reason: Unable to verify.");
    EXPECT_EQ(add("three", {}, {"SendMessage"}),
              "MissingParameter: The request must contain the parameter AWSAccountId.");
    EXPECT_EQ(add("three", {"111111111111"}, {}),
              "MissingParameter: The request must contain the parameter ActionName.");
}

TEST(Permissions, AreRemovedByTheirLabels) {
    Periphery world;
    const auto remove = [&](std::string label) {
        return error_of([&] { world.run(world.service.remove_permission(world.call, {world.jobs, label})); });
    };
    world.run(world.service.add_permission(world.call, {world.jobs, "one", {"111111111111"}, {"SendMessage"}}));
    world.run(world.service.add_permission(world.call, {world.jobs, "two", {"111111111111"}, {"SendMessage"}}));
    EXPECT_EQ(remove("one"), "");
    EXPECT_THAT(world.attribute("Policy"), HasSubstr(R"("Sid":"two")"));
    EXPECT_EQ(remove("one"),
              "InvalidParameterValue: Value one for parameter Label is invalid. Reason: can't find label.");
    EXPECT_EQ(remove("two"), "");
    EXPECT_FALSE(world.all_attributes(world.jobs).contains("Policy"));
}

TEST(Tags, AreLimitedAsAtAws) {
    Periphery world;
    const auto tag = [&](std::map<std::string, std::string> tags) {
        return error_of([&] { world.run(world.service.tag_queue(world.call, {world.jobs, tags})); });
    };
    std::map<std::string, std::string> many;
    for (int i = 0; i < 51; ++i) many[std::to_string(i)] = "";
    EXPECT_EQ(tag(many), "InvalidParameterValue: Too many tags added for queue jobs.");
    EXPECT_EQ(error_of([&] { world.create({.QueueName = "tagged", .tags = many}); }),
              "InvalidParameterValue: Too many tags added for queue tagged.");
    EXPECT_EQ(tag({}), "MissingParameter: The request must contain the parameter Tags.");
    EXPECT_NE(tag({{std::string(129, 'k'), ""}}), "");
    EXPECT_NE(tag({{"k", std::string(257, 'v')}}), "");
    many.erase("50");
    EXPECT_EQ(tag(many), "");
}

TEST(Metrics, CountWhatHappensInAQueue) {
    contracts::Metrics metrics;
    Periphery world;
    Service service(*world.store, {}, &metrics);
    world.run(service.send_message(world.call, {.QueueUrl = world.jobs, .MessageBody = "hello"}));
    world.run(service.send_message_batch(
        world.call, {world.jobs, {{.Id = "a", .MessageBody = "1"}, {.Id = "b", .MessageBody = ""}}}));
    const auto received =
        world.run(service.receive_message(world.call, {.QueueUrl = world.jobs, .MaxNumberOfMessages = 10}));
    world.run(service.receive_message(world.call, {.QueueUrl = world.jobs}));
    const auto& handles = *received.Messages;
    world.run(service.delete_message(world.call, {world.jobs, *handles.at(0).ReceiptHandle}));
    world.run(
        service.delete_message_batch(world.call, {world.jobs, {{"x", *handles.at(1).ReceiptHandle}, {"y", "no"}}}));

    const auto fifo = world.create({.QueueName = "a.fifo", .Attributes = {{{"FifoQueue", "true"}}}});
    for (int i = 0; i < 3; ++i) {
        world.run(service.send_message(
            world.call,
            {.QueueUrl = fifo, .MessageBody = "once", .MessageDeduplicationId = "d", .MessageGroupId = "g"}));
    }

    std::map<std::string, double> sums;
    for (const auto& sum : metrics.take(world.clock.now() + 1min)) {
        EXPECT_EQ(sum.metric_namespace, "AWS/SQS");
        if (sum.name == "NumberOfDeduplicatedSentMessages") EXPECT_EQ(sum.sum, 2);
        if (sum.dimensions[0].second == "a.fifo") continue;
        EXPECT_EQ(sum.dimensions, (std::vector<std::pair<std::string, std::string>>{{"QueueName", "jobs"}}));
        sums[std::string(sum.name)] = sum.sum;
    }
    EXPECT_EQ(sums, (std::map<std::string, double>{{"NumberOfMessagesSent", 2},
                                                   {"SentMessageSize", 6},
                                                   {"NumberOfMessagesReceived", 2},
                                                   {"NumberOfEmptyReceives", 1},
                                                   {"NumberOfMessagesDeleted", 2}}));
}

/// Two clouds' queues and what CloudWatch would be told of each, by queue and metric.
struct Gauged : Periphery {
    contracts::Metrics metrics;
    Service measured{*store, {}, &metrics};

    std::map<std::string, double> gauges(const std::string& queue) {
        run(metrics.sample(clock.now()));
        std::map<std::string, double> values;
        for (const auto& sum : metrics.take(clock.now() + 1min)) {
            if (sum.dimensions.at(0).second == queue && sum.name.starts_with("Approximate"))
                values[std::string(sum.name)] = sum.sum;
        }
        return values;
    }
};

TEST(Gauges, TellHowAQueueStands) {
    Gauged world;
    for (const auto body : {"1", "2", "3"}) {
        world.send({.QueueUrl = world.jobs, .MessageBody = body});
        world.advance(5s);
    }
    world.send({.QueueUrl = world.jobs, .MessageBody = "later", .DelaySeconds = 600});
    world.receive(1);
    world.advance(5s);
    EXPECT_EQ(world.gauges("jobs"), (std::map<std::string, double>{{"ApproximateNumberOfMessagesVisible", 2},
                                                                   {"ApproximateNumberOfMessagesNotVisible", 1},
                                                                   {"ApproximateNumberOfMessagesDelayed", 1},
                                                                   {"ApproximateAgeOfOldestMessage", 20}}));
    world.run(world.measured.purge_queue(world.call, {world.jobs}));
    EXPECT_EQ(world.gauges("jobs").at("ApproximateAgeOfOldestMessage"), 0);
}

TEST(Gauges, TellOfGroupsAndOfEveryPlace) {
    Gauged world;
    world.call.account = "111111111111";
    world.call.region = "eu-west-1";
    const auto url = world.create({.QueueName = "a.fifo", .Attributes = {{{"FifoQueue", "true"}}}});
    for (const auto group : {"x", "y", "z"}) {
        world.send({.QueueUrl = url, .MessageBody = "m", .MessageDeduplicationId = group, .MessageGroupId = group});
        world.advance(1s);
    }
    world.receive_messages({.QueueUrl = url, .MaxNumberOfMessages = 2});
    EXPECT_EQ(world.gauges("a.fifo"),
              (std::map<std::string, double>{{"ApproximateNumberOfMessagesVisible", 1},
                                             {"ApproximateNumberOfMessagesNotVisible", 2},
                                             {"ApproximateNumberOfMessagesDelayed", 0},
                                             {"ApproximateAgeOfOldestMessage", 3},
                                             {"ApproximateNumberOfGroupsWithInflightMessages", 2}}));
    EXPECT_EQ(world.gauges("jobs").size(), 4u) << "of another account";
}

TEST(Pauses, AreAsAtAwsWhereTheyAreAskedFor) {
    Periphery world(Settings{.purge_pauses = true, .deleted_names_pause = true});
    const auto purge = [&] {
        return error_of([&] { world.run(world.service.purge_queue(world.call, {world.jobs})); });
    };
    const auto* busy = "PurgeQueueInProgress: Only one PurgeQueue operation on jobs is allowed every 60 seconds.";
    EXPECT_EQ(purge(), "");
    EXPECT_EQ(purge(), busy);
    world.advance(59s);
    EXPECT_EQ(purge(), busy);
    world.advance(1s);
    EXPECT_EQ(purge(), "");

    world.run(world.service.delete_queue(world.call, {world.jobs}));
    const auto create = [&] { return error_of([&] { world.create({.QueueName = "jobs"}); }); };
    const auto* recent =
        "QueueDeletedRecently: You must wait 60 seconds after deleting a queue before you can create another with the "
        "same name.";
    EXPECT_EQ(create(), recent);
    world.advance(59s);
    EXPECT_EQ(create(), recent);
    world.advance(1s);
    EXPECT_EQ(create(), "");
    EXPECT_EQ(purge(), "");
}

TEST(QueueUrl, SaysRegionAndAccountInEveryForm) {
    World world;
    struct Row {
        std::string url, arn;
    };
    for (const auto& [url, arn] : std::vector<Row>{
             {"jobs", "arn:aws:sqs:us-east-1:000000000000:jobs"},
             {"http://localhost:4566/111111111111/jobs", "arn:aws:sqs:us-east-1:111111111111:jobs"},
             {"http://localhost:4566/queue/eu-west-1/111111111111/jobs", "arn:aws:sqs:eu-west-1:111111111111:jobs"},
             {"http://localhost:4566/queue/jobs", "arn:aws:sqs:us-east-1:000000000000:jobs"},
             {"http://sqs.eu-west-1.localhost.localstack.cloud:4566/111111111111/jobs",
              "arn:aws:sqs:eu-west-1:111111111111:jobs"},
             {"https://sqs.eu-west-1.amazonaws.com/111111111111/jobs", "arn:aws:sqs:eu-west-1:111111111111:jobs"},
             {"http://eu-west-1.queue.localhost.localstack.cloud:4566/111111111111/jobs",
              "arn:aws:sqs:eu-west-1:111111111111:jobs"},
             {"https://eu-west-1.queue.amazonaws.com/111111111111/jobs", "arn:aws:sqs:eu-west-1:111111111111:jobs"},
             {"http://queue.localhost.localstack.cloud:4566/111111111111/jobs",
              "arn:aws:sqs:us-east-1:111111111111:jobs"},
             {"http://sqs.localhost.localstack.cloud:4566/111111111111/jobs",
              "arn:aws:sqs:us-east-1:111111111111:jobs"},
             {"/111111111111/jobs", "arn:aws:sqs:us-east-1:111111111111:jobs"},
         }) {
        EXPECT_EQ(parse_queue_url(world.call, url).arn(), arn) << url;
    }
    world.call.region = "eu-central-1";
    EXPECT_EQ(parse_queue_url(world.call, "https://queue.amazonaws.com/111111111111/jobs").region, "us-east-1");
    for (const auto* url : {"", "http://localhost:4566", "http://localhost:4566/", "http://localhost/a/b/c",
                            "http://localhost/queue/eu-west-1/111111111111/jobs/more"}) {
        EXPECT_EQ(error_of([&] { parse_queue_url(world.call, url); }),
                  fmt::format("InvalidAddress: The address {} is not valid for this endpoint.", url));
    }
}

TEST(QueueUrl, HasTheFormThatTheCloudChose) {
    World world;
    world.call.host = "localhost:4566";
    const QueueAddress jobs{"111111111111", "eu-west-1", "jobs"};
    EXPECT_EQ(queue_url(world.call, jobs), "http://localhost:4566/111111111111/jobs");
    EXPECT_EQ(queue_url(world.call, jobs, UrlForm::path), "http://localhost:4566/queue/eu-west-1/111111111111/jobs");
    EXPECT_EQ(queue_url(world.call, jobs, UrlForm::standard),
              "http://sqs.eu-west-1.localhost.localstack.cloud:4566/111111111111/jobs");
    EXPECT_EQ(queue_url(world.call, jobs, UrlForm::domain),
              "http://eu-west-1.queue.localhost.localstack.cloud:4566/111111111111/jobs");
    for (const auto form : {UrlForm::caller, UrlForm::path, UrlForm::standard, UrlForm::domain}) {
        Periphery other(Settings{.url_form = form});
        EXPECT_EQ(parse_queue_url(other.call, other.jobs).arn(), arn_of("jobs"));
    }
}

}  // namespace
}  // namespace cumulet::sqs
