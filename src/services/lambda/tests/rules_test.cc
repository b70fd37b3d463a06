// Lambda's pure rules: names, batches, retries, packages.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/json.h"
#include "services/lambda/fault.h"
#include "services/lambda/policy.h"
#include "services/lambda/request.h"
#include "services/lambda/runtimes.h"
#include "services/lambda/tests/support/cloud.h"
#include "services/lambda/tests/support/errors.h"

namespace cumulet::lambda {
namespace {

TEST(FunctionName, IsReadInAllItsForms) {
    Clock clock{Time(0s)};
    Reactor reactor(clock, Random(1));
    Call call(reactor, "request");
    struct Row {
        std::string text, account, name, qualifier;
    };
    const std::string own = "000000000000";
    for (const auto& [text, account, name, qualifier] :
         {Row{"f", own, "f", ""}, Row{"f:7", own, "f", "7"}, Row{"f:$LATEST", own, "f", "$LATEST"},
          Row{"function:f", own, "f", ""}, Row{"123456789012:function:f", "123456789012", "f", ""},
          Row{"123456789012:function:f:live", "123456789012", "f", "live"},
          Row{"arn:aws:lambda:us-east-1:123456789012:function:f", "123456789012", "f", ""},
          Row{"arn:aws:lambda:us-east-1:123456789012:function:f:live", "123456789012", "f", "live"},
          Row{"arn:aws:lambda:us-east-1:123456789012:function", "123456789012", "function", ""},
          Row{"us-east-1:123456789012:function:f", "123456789012", "f", ""},
          Row{"my-function-1:live", own, "my-function-1", "live"}, Row{"123456789012:f", "123456789012", "f", ""}}) {
        const auto parsed = parse_function_name(call, text);
        EXPECT_EQ(parsed.account, account) << text;
        EXPECT_EQ(parsed.name, name) << text;
        EXPECT_EQ(parsed.qualifier, qualifier) << text;
    }
    EXPECT_EQ(parse_function_name(call, "f", "live").arn(), "arn:aws:lambda:us-east-1:000000000000:function:f:live");
    EXPECT_THROW(parse_function_name(call, "f:1", "2"), aws::lambda::InvalidParameterValueException);
    EXPECT_THROW(parse_function_name(call, "arn:aws:sqs:us-east-1:1:f"), aws::lambda::InvalidParameterValueException);
}

TEST(FunctionName, TellsAliasesFromVersions) {
    for (const auto& [qualifier, alias] : {std::pair("live", true),
                                           {"2024-01-02", true},
                                           {"-1", true},
                                           {"7", false},
                                           {"$LATEST", false},
                                           {"$latest", false},
                                           {"", false}}) {
        EXPECT_EQ((FunctionName{.qualifier = qualifier}.names_alias()), alias) << qualifier;
    }
}

TEST(Payloads, AreRefusedInTheWordsOfAwsParser) {
    const std::string place =
        "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: ";
    const std::string values = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
    for (const auto& [payload, words] :
         {std::pair<std::string, std::string>("n\x87r\x9e", "Invalid UTF-8 start byte 0x87" + place + "3]"),
          {"\x99\xeb,j",
           "Unexpected character ((CTRL-CHAR, code 153)): expected a valid value " + values + place + "1]"},
          {"<a>", "Unexpected character ('<' (code 60)): expected a valid value " + values + place + "1]"},
          {"hello", "Unrecognized token 'hello': was expecting " + values + place + "6]"}}) {
        EXPECT_EQ(message_of<aws::lambda::InvalidRequestContentException>([&] { check_payload(payload, 100); }),
                  "Could not parse request body into json: Could not parse payload into json: " + words);
    }
}

TEST(SnapStart, IsOfferedForSomeRuntimes) {
    for (const auto& [runtime, offered] : {std::pair("java11", true),
                                           {"java21", true},
                                           {"java8.al2", false},
                                           {"python3.12", true},
                                           {"python3.9", false},
                                           {"dotnet8", true},
                                           {"dotnet6", false},
                                           {"nodejs22.x", false},
                                           {"ruby3.3", false},
                                           {"provided.al2023", false}}) {
        EXPECT_EQ(has_snap_start(runtime), offered) << runtime;
    }
}

TEST(Principals, AreKnownByTheirForm) {
    for (const auto* principal : {"*", "000000000000", "arn:aws:iam::000000000000:user/u", "s3.amazonaws.com",
                                  "alexa-appkit.amazon.com", "ec2.amazonaws.com.cn"}) {
        EXPECT_NO_THROW(check_principal(principal)) << principal;
    }
    EXPECT_EQ(message_of<aws::lambda::InvalidParameterValueException>([] { check_principal("invalid.nonaws.com"); }),
              "The provided principal was invalid. Please check the principal and try again.");
}

TEST(Batch, IsHandledAsTheFunctionsAnswerSays) {
    const std::vector<aws::sqs::Message> messages{{.MessageId = "a"}, {.MessageId = "b"}};
    struct Row {
        bool reports;
        std::string answer;
        size_t handled;
    };
    for (const auto& [reports, answer, handled] :
         {Row{false, "null", 2}, Row{false, R"({"batchItemFailures":[{"itemIdentifier":"a"}]})", 2},
          Row{true, "null", 2}, Row{true, "{}", 2}, Row{true, R"({"batchItemFailures":[]})", 2},
          Row{true, R"({"batchItemFailures":null})", 2},
          Row{true, R"({"batchItemFailures":[{"itemIdentifier":"a"}]})", 1},
          Row{true, R"({"batchItemFailures":[{"itemIdentifier":""}]})", 0},
          Row{true, R"({"batchItemFailures":[{"itemIdentifier":null}]})", 0},
          Row{true, R"({"batchItemFailures":[{"wrong":"a"}]})", 0},
          Row{true, R"({"batchItemFailures":[{"itemIdentifier":"z"}]})", 0}, Row{true, "no JSON", 0}}) {
        EXPECT_EQ(handled_messages(messages, reports, answer).size(), handled) << answer;
    }
}

TEST(Batch, HasAwsShapeOfAnEvent) {
    aws::sqs::Message message{.MessageId = "id", .ReceiptHandle = "handle", .MD5OfBody = "md5", .Body = "text"};
    message.Attributes.emplace()["SentTimestamp"] = "1";
    message.MessageAttributes.emplace()["k"] = {.StringValue = "v", .DataType = "String"};
    EXPECT_EQ(
        json::parse(queue_event({message}, "arn:q", "us-east-1")),
        json::parse(
            R"({"Records":[{"messageId":"id","receiptHandle":"handle","body":"text","attributes":{"SentTimestamp":"1"},
                  "messageAttributes":{"k":{"stringValue":"v","stringListValues":[],"binaryListValues":[],"dataType":"String"}},
                  "md5OfBody":"md5","eventSource":"aws:sqs","eventSourceARN":"arn:q","awsRegion":"us-east-1"}]})"));
}

TEST(Batching, FitsItsQueue) {
    struct Row {
        int32_t size, window;
        bool fifo, fits;
    };
    for (const auto& [size, window, fifo, fits] :
         {Row{10, 0, false, true}, Row{11, 0, false, false}, Row{11, 1, false, true}, Row{10'001, 1, false, false},
          Row{1, 301, false, false}, Row{10, 0, true, true}, Row{11, 1, true, false}, Row{10, 1, true, false},
          Row{0, 0, false, false}}) {
        Mapping mapping;
        mapping.configuration.BatchSize = size;
        mapping.configuration.MaximumBatchingWindowInSeconds = window;
        if (fits) {
            EXPECT_NO_THROW(check_batching(mapping, fifo));
        } else {
            EXPECT_THROW(check_batching(mapping, fifo), aws::lambda::InvalidParameterValueException)
                << size << " " << window;
        }
    }
}

TEST(QueuedEvent, IsTriedThreeTimesWithinSixHours) {
    const Time now(std::chrono::hours(1000));
    QueuedEvent event{.received = now, .attempts = 1};
    EXPECT_EQ(next_attempt(event, now), now + 1min);
    event.attempts = 2;
    EXPECT_EQ(next_attempt(event, now), now + 2min);
    event.attempts = 3;
    EXPECT_EQ(next_attempt(event, now), std::nullopt);
    event.attempts = 1;
    EXPECT_EQ(next_attempt(event, now + 6h), std::nullopt);
    const auto again = QueuedEvent::parse(event.due, event.id, event.text());
    EXPECT_EQ(again.received, event.received);
    EXPECT_EQ(again.attempts, 1);
}

TEST(QueuedEvent, IsReadAsAnEarlierCumuletWroteIt) {
    const auto event = QueuedEvent::parse(
        Time(5s), "id", R"({"function":"f","received":1000000000,"hold":70,"attempts":1,"throttles":0})");
    EXPECT_EQ(event.function, "f");
    EXPECT_EQ(event.hold, 70s);
    EXPECT_FALSE(event.claimed);
}

TEST(Package, IsUnpackedWithinItsFolderAndBounds) {
    Folder folder;
    folder.write("good.zip", zip_of({{"bootstrap*", "run"}, {"lib/a.txt", "text"}}));
    unpack(folder.path() / "good.zip", folder.path() / "good");
    std::ifstream text(folder.path() / "good/lib/a.txt");
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(text), {}), "text");
    const auto runs = std::filesystem::perms::others_exec;
    EXPECT_EQ(std::filesystem::status(folder.path() / "good/bootstrap").permissions() & runs, runs);
    EXPECT_EQ(std::filesystem::status(folder.path() / "good/lib/a.txt").permissions() & runs,
              std::filesystem::perms::none);

    for (const std::string name : {"../x", "a/../../x", "/x", "a\\b"})
        EXPECT_NE(check_package(zip_of({{name, "x"}})).fault, "") << name;
    const auto bomb = zip_of({{"zeroes", std::string(1 << 20, '\0')}});
    EXPECT_LT(bomb.size(), 10'000U);
    EXPECT_EQ(check_package(bomb, {.unzipped_bytes = 1000}).fault, "Unzipped size must be smaller than 1000 bytes");
    EXPECT_EQ(check_package(bomb).fault, "");
    EXPECT_NE(check_package(bomb.substr(0, bomb.size() / 2)).fault, "");
    EXPECT_NE(check_package("").fault, "");
}

TEST(ControlGroups, AreFoundInTheTextOfAProcess) {
    const std::string_view text = "9:name=systemd:/\n4:memory:/a/b\n2:cpu,cpuacct:/c\n0::/user.slice\n";
    EXPECT_EQ(group_of(text, "memory"), "/a/b");
    EXPECT_EQ(group_of(text, "cpu"), "/c");
    EXPECT_EQ(group_of(text, ""), "/user.slice");
    EXPECT_EQ(group_of(text, "pids"), std::nullopt);
}

}  // namespace
}  // namespace cumulet::lambda
