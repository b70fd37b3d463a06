// Event source mappings of DynamoDB Streams: their rules, and a small stream that a function reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/lambda/lane.h"
#include "services/lambda/tests/support/reading_cloud.h"

namespace cumulet::lambda {
namespace {

using namespace aws::lambda;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Time noon{std::chrono::seconds(1'700'000'000)};
const std::string queue_arn = "arn:aws:sqs:us-east-1:000000000000:lost";

TEST(FailedBatch, IsTriedAgainSplitOrGivenUp) {
    struct Row {
        BatchPart part;
        size_t first_failed;
        StreamRules rules;
        std::vector<std::array<size_t, 3>> again;  // begin, end, failures
        bool given_up;
    };
    const auto day = std::chrono::hours(24);
    for (const auto& [part, first_failed, rules, again, given_up] :
         {Row{{0, 4, 0, noon}, 0, {-1, day, false}, {{0, 4, 1}}, false},
          Row{{0, 4, 0, noon}, 2, {-1, day, false}, {{2, 4, 1}}, false},
          Row{{0, 5, 1, noon}, 0, {-1, day, true}, {{0, 2, 1}, {2, 5, 1}}, false},
          Row{{0, 5, 1, noon}, 3, {-1, day, true}, {{3, 5, 2}}, false},
          Row{{2, 3, 0, noon}, 2, {-1, day, true}, {{2, 3, 1}}, false},
          Row{{0, 4, 1, noon}, 0, {2, day, false}, {{0, 4, 2}}, false},
          Row{{0, 4, 2, noon}, 1, {2, day, false}, {}, true}, Row{{0, 1, 0, noon}, 0, {0, day, true}, {}, true}}) {
        const auto after = after_failure(part, first_failed, rules, noon);
        EXPECT_EQ(after.done_to, first_failed);
        EXPECT_EQ(after.given_up, given_up);
        std::vector<std::array<size_t, 3>> parts;
        for (const auto& next : after.again) parts.push_back({next.begin, next.end, size_t(next.failures)});
        EXPECT_EQ(parts, again);
    }
}

TEST(FailedBatch, WaitsLongerEachTimeAndNoLongerThanAMinute) {
    const auto wait = [](int failures) {
        return after_failure({0, 1, failures - 1, noon}, 0, {}, noon).again.front().next - noon;
    };
    EXPECT_EQ(wait(1), 1s);
    EXPECT_EQ(wait(2), 2s);
    EXPECT_EQ(wait(4), 8s);
    EXPECT_EQ(wait(1000), 60s);
}

TEST(FailedBatch, BeginsWithTheFirstRecordThatTheAnswerNames) {
    const std::vector<std::string_view> numbers{"1", "2", "3"};
    struct Row {
        bool reports;
        std::string answer;
        std::optional<size_t> first;
    };
    for (const auto& [reports, answer, first] :
         {Row{false, "no JSON", std::nullopt}, Row{true, "null", std::nullopt}, Row{true, "{}", std::nullopt},
          Row{true, R"({"batchItemFailures":[]})", std::nullopt}, Row{true, "no JSON", 0},
          Row{true, R"({"batchItemFailures":[{"itemIdentifier":"3"},{"itemIdentifier":"2"}]})", 1},
          Row{true, R"({"batchItemFailures":[{"itemIdentifier":"9"}]})", 0},
          Row{true, R"({"batchItemFailures":[{"itemIdentifier":""}]})", 0}}) {
        EXPECT_EQ(first_failed(numbers, reports, answer), first) << answer;
    }
}

TEST(StreamMappings, ReadFromTheOldestRecordAndFollowShardsToTheirChildren) {
    ReadingCloud cloud;
    cloud.stream.write("a");
    cloud.stream.write("b");
    const auto mapping = cloud.map(mapping_of("TRIM_HORIZON"));
    EXPECT_EQ(mapping.State, "Creating");
    EXPECT_EQ(mapping.BatchSize, 100);
    EXPECT_EQ(mapping.LastProcessingResult, "No records processed");
    EXPECT_TRUE(cloud.got({"a,b"}));
    cloud.stream.split();
    cloud.stream.write("c");
    EXPECT_TRUE(cloud.got({"a,b", "c"}));
    EXPECT_TRUE(cloud.eventually([&] { return cloud.shown(mapping).LastProcessingResult == "OK"; }));
}

TEST(StreamMappings, BeginWithWhatIsWrittenAfterTheyWereMade) {
    ReadingCloud cloud;
    cloud.stream.write("before");
    cloud.map(mapping_of("LATEST"));
    cloud.stream.write("after");
    EXPECT_TRUE(cloud.got({"after"}));
}

TEST(StreamMappings, GoOnWhereTheyWereDisabled) {
    ReadingCloud cloud;
    const auto mapping = cloud.map(mapping_of("TRIM_HORIZON"));
    cloud.stream.write("a");
    EXPECT_TRUE(cloud.got({"a"}));
    EXPECT_TRUE(cloud.eventually([&] { return cloud.shown(mapping).LastProcessingResult == "OK"; }));
    cloud.run(cloud.service.update_event_source_mapping(cloud.call, {.UUID = *mapping.UUID, .Enabled = false}));
    cloud.advance(30min);  // iterators are too old by now
    cloud.stream.write("b");
    cloud.run(cloud.service.update_event_source_mapping(cloud.call, {.UUID = *mapping.UUID, .Enabled = true}));
    EXPECT_TRUE(cloud.got({"a", "b"}));
}

TEST(StreamMappings, HandOverOnlyWhatAFilterTakes) {
    ReadingCloud cloud;
    auto request = mapping_of("TRIM_HORIZON");
    request.FilterCriteria.emplace().Filters =
        std::vector<Filter>{{.Pattern = R"({"dynamodb":{"Keys":{"id":{"S":[{"prefix":"yes"}]}}}})"}};
    cloud.stream.write("no");
    cloud.stream.write("yes1");
    cloud.stream.write("no");
    cloud.map(request);
    EXPECT_TRUE(cloud.got({"yes1"}));
}

TEST(StreamMappings, GatherForTheirWindow) {
    ReadingCloud cloud;
    auto request = mapping_of("TRIM_HORIZON");
    request.MaximumBatchingWindowInSeconds = 10;
    cloud.stream.write("a");
    cloud.map(request);
    cloud.stream.write("b");
    cloud.advance(5s);
    EXPECT_THAT(batches(cloud), ElementsAre());
    cloud.advance(6s);
    EXPECT_TRUE(cloud.got({"a,b"}));
}

TEST(StreamMappings, SplitABatchUntilTheBadRecordIsAloneAndGiveItUp) {
    ReadingCloud cloud;
    auto request = mapping_of("TRIM_HORIZON");
    request.BisectBatchOnFunctionError = true;
    request.MaximumRetryAttempts = 0;
    request.DestinationConfig.emplace().OnFailure.emplace().Destination = queue_arn;
    for (const std::string key : {"a", "bad", "c", "d"}) cloud.stream.write(key);
    cloud.map(request);
    EXPECT_TRUE(cloud.got({"a,bad,c,d", "a,bad", "a", "bad", "c,d"}));
    ASSERT_TRUE(cloud.eventually([&] { return cloud.queues.visible.size() == 1; }));
    const auto lost = json::parse(*cloud.queues.visible.front().Body).as_object();
    EXPECT_EQ(lost.at("requestContext").at("condition"), "RetryAttemptsExhausted");
    EXPECT_EQ(lost.at("requestContext").at("approximateInvokeCount"), 1);
    EXPECT_EQ(lost.at("responseContext").at("functionError"), "Unhandled");
    const auto& batch = lost.at("DDBStreamBatchInfo").as_object();
    EXPECT_EQ(batch.at("startSequenceNumber"), "002");
    EXPECT_EQ(batch.at("endSequenceNumber"), "002");
    EXPECT_EQ(batch.at("batchSize"), 1);
    EXPECT_EQ(batch.at("streamArn"), json::value(stream_arn));
}

TEST(StreamMappings, TryAgainWithPausesAndGiveUpWhatIsTooOld) {
    ReadingCloud cloud;
    auto request = mapping_of("TRIM_HORIZON");
    request.MaximumRecordAgeInSeconds = 60;
    request.DestinationConfig.emplace().OnFailure.emplace().Destination = queue_arn;
    cloud.stream.write("bad");
    const auto mapping = cloud.map(request);
    EXPECT_TRUE(cloud.got({"bad"}));
    EXPECT_TRUE(
        cloud.eventually([&] { return cloud.shown(mapping).LastProcessingResult == "PROBLEM: Function call failed"; }));
    cloud.advance(2s);
    EXPECT_TRUE(cloud.got({"bad", "bad"}));
    cloud.stream.write("fine");
    cloud.advance(61s);
    ASSERT_TRUE(cloud.eventually([&] {
        cloud.advance(1s);
        return !cloud.queues.visible.empty();
    }));
    const auto lost = json::parse(*cloud.queues.visible.front().Body).as_object();
    EXPECT_EQ(lost.at("requestContext").at("condition"), "RecordAgeExceeded");
}

TEST(StreamMappings, HandleSeveralBatchesAtOnceAndEachKeyInItsOrder) {
    ReadingCloud cloud;
    auto request = mapping_of("TRIM_HORIZON");
    request.ParallelizationFactor = 4;
    request.MaximumRetryAttempts = 3;
    // The bad key is tried again and again, and those of other lanes do not wait for it.
    for (const std::string key : {"bad", "w", "x", "y", "z", "w", "x", "y", "z"}) cloud.stream.write(key);
    const auto mapping = cloud.map(request);
    const size_t stuck = lane_of(R"({"id":{"S":"bad"}})", 4);
    for (const std::string key : {"w", "x", "y", "z"}) {
        if (lane_of(R"({"id":{"S":")" + key + R"("}})", 4) == stuck) continue;
        EXPECT_TRUE(cloud.eventually([&] {
            size_t count = 0;
            for (const auto& batch : batches(cloud)) count += static_cast<size_t>(std::ranges::count(batch, key[0]));
            return count == 2;
        })) << key;
    }
    for (int i = 0; i < 8; ++i) cloud.advance(2s);
    EXPECT_TRUE(cloud.eventually([&] {
        cloud.advance(1s);
        return cloud.run(cloud.store->transact([&](store::Transaction& tx) -> Task<bool> {
            const MappingName name{cloud.call.account, cloud.call.region, *mapping.UUID};
            const auto positions = co_await find_stream_positions(tx, name);
            co_return positions.at("0").after == "009";
        }));
    })) << "the position waits for the slowest lane";
}

TEST(StreamMappings, CarryAStateThroughATumblingWindowAndEndIt) {
    ReadingCloud cloud;
    cloud.create("window",
                 "def handler(event, context):\n"
                 "    seen = event['state'].get('seen', 0) + len(event['Records'])\n"
                 "    print('got', len(event['Records']), seen, event['isFinalInvokeForWindow'],\n"
                 "          event['window']['start'], event['shardId'])\n"
                 "    return {'state': {'seen': seen}}\n");
    auto request = mapping_of("TRIM_HORIZON");
    request.FunctionName = "window";
    request.TumblingWindowInSeconds = 60;
    cloud.map(request);
    cloud.stream.write("a");
    cloud.stream.write("b");
    ASSERT_TRUE(cloud.eventually([&] { return !batches(cloud).empty(); }));
    ASSERT_TRUE(cloud.eventually([&] { return cloud.door.has(" 2 False "); }));
    cloud.advance(5s);
    cloud.stream.write("c");
    ASSERT_TRUE(cloud.eventually([&] { return cloud.door.has(" 3 False "); }));
    EXPECT_FALSE(cloud.door.has("True"));
    cloud.advance(60s);
    ASSERT_TRUE(cloud.eventually([&] { return cloud.door.has("0 3 True "); }));
    cloud.stream.write("d");
    EXPECT_TRUE(cloud.eventually([&] { return cloud.door.has("1 1 False 2023-11-14T22:14:00Z 0"); }))
        << "a new window begins with nothing";
    EXPECT_TRUE(cloud.door.has("0 3 True 2023-11-14T22:13:00Z 0"));
}

TEST(StreamMappings, TakeAnAnswerWithoutAStateForAFailureOfTheWindow) {
    ReadingCloud cloud;
    auto request = mapping_of("TRIM_HORIZON");
    request.TumblingWindowInSeconds = 60;
    request.MaximumRetryAttempts = 0;
    request.DestinationConfig.emplace().OnFailure.emplace().Destination = queue_arn;
    cloud.stream.write("a");
    cloud.map(request);
    EXPECT_TRUE(cloud.eventually([&] { return cloud.queues.visible.size() == 1; }));
}

TEST(StreamMappings, CountTheirEventsWhereTheyAreAskedTo) {
    ReadingCloud cloud;
    auto request = mapping_of("TRIM_HORIZON");
    request.MetricsConfig.emplace().Metrics = std::vector<std::string>{"EventCount"};
    request.FilterCriteria.emplace().Filters =
        std::vector<Filter>{{.Pattern = R"({"dynamodb":{"Keys":{"id":{"S":["yes"]}}}})"}};
    for (const std::string key : {"yes", "no", "yes"}) cloud.stream.write(key);
    const auto mapping = cloud.map(request);
    EXPECT_EQ(mapping.MetricsConfig->Metrics->size(), 1U);
    EXPECT_TRUE(cloud.got({"yes,yes"}));
    EXPECT_TRUE(cloud.eventually([&] { return cloud.shown(mapping).LastProcessingResult == "OK"; }));
    std::map<std::string_view, double> sums;
    for (const auto& sum : cloud.metrics.take(Time::max())) {
        if (sum.dimensions.front().first == "EventSourceMappingUUID") sums[sum.name] = sum.sum;
    }
    EXPECT_EQ(sums["PolledEventCount"], 3);
    EXPECT_EQ(sums["FilteredOutEventCount"], 1);
    EXPECT_EQ(sums["InvokedEventCount"], 2);
}

TEST(StreamMappings, RunWhatTheirAliasDraws) {
    ReadingCloud cloud;
    cloud.run(cloud.service.publish_version(cloud.call, {.FunctionName = "f"}));
    cloud.run(cloud.service.update_function_code(
        cloud.call, {.FunctionName = "f",
                     .ZipFile = zip_of({{"index.py", "def handler(event, context):\n    print('second')\n"}}),
                     .Publish = true}));
    CreateAliasRequest alias{.FunctionName = "f", .Name = "live", .FunctionVersion = "1"};
    alias.RoutingConfig.emplace().AdditionalVersionWeights = {{"2", 1.0}};
    cloud.run(cloud.service.create_alias(cloud.call, alias));
    const auto shown =
        cloud.run(cloud.service.get_function_configuration(cloud.call, {.FunctionName = "f", .Qualifier = "live"}));
    EXPECT_EQ(shown.Version, "1") << "an alias stands for its own version";
    auto request = mapping_of("TRIM_HORIZON");
    request.FunctionName = "f:live";
    cloud.map(request);
    cloud.stream.write("a");
    EXPECT_TRUE(cloud.eventually([&] { return cloud.door.has("second"); }));
    EXPECT_TRUE(batches(cloud).empty());
}

TEST(StreamMappings, MeasureHowOldTheLastRecordOfABatchIs) {
    ReadingCloud cloud;
    cloud.stream.write("a");
    cloud.advance(7s);
    cloud.map(mapping_of("TRIM_HORIZON"));
    EXPECT_TRUE(cloud.got({"a"}));
    const auto age = sum_of(cloud, "IteratorAge");
    EXPECT_EQ(age.count, 1U);
    EXPECT_EQ(age.sum, 7000);
    EXPECT_EQ(age.unit, "Milliseconds");
    EXPECT_THAT(age.dimensions, ElementsAre(std::pair<std::string, std::string>("FunctionName", "f")));
}

TEST(Events, AreMeasuredFromTheirArrivalToTheirEnd) {
    Cloud cloud;
    cloud.create("f", "def handler(event, context):\n    raise ValueError('no')\n");
    cloud.run(
        cloud.service.put_function_event_invoke_config(cloud.call, {.FunctionName = "f", .MaximumRetryAttempts = 0}));
    cloud.invoke("f", "{}", "Event");
    EXPECT_TRUE(cloud.eventually([&] {
        return cloud.run(cloud.store->transact([](store::Transaction& tx) -> Task<bool> {
            const auto next = co_await next_event_due(tx);
            co_return !next;
        }));
    }));
    const auto sums = cloud.metrics.take(Time::max());
    const auto count = [&](std::string_view name) {
        double sum = -1;
        for (const auto& each : sums) {
            if (each.name == name) sum = each.name == "AsyncEventAge" ? double(each.count) : each.sum;
        }
        return sum;
    };
    EXPECT_EQ(count("AsyncEventsReceived"), 1);
    EXPECT_EQ(count("AsyncEventAge"), 1);
    EXPECT_EQ(count("AsyncEventsDropped"), 1);
    EXPECT_EQ(count("Errors"), 1);
}

TEST(StreamMappings, RestOnceTheirFunctionIsGone) {
    ReadingCloud cloud;
    const auto mapping = cloud.map(mapping_of("LATEST"));
    cloud.run(cloud.service.delete_function(cloud.call, {.FunctionName = "f"}));
    cloud.stream.write("x");
    EXPECT_TRUE(cloud.eventually([&] { return cloud.shown(mapping).State == "Disabled"; }));
    EXPECT_THAT(*cloud.shown(mapping).StateTransitionReason, HasSubstr("Function not found"));
}

TEST(StreamMappings, RefuseWhatTheyCannotDo) {
    ReadingCloud cloud;
    const auto refusal = [&](CreateEventSourceMappingRequest request) {
        try {
            cloud.map(std::move(request));
        } catch (const aws::Error& error) {
            return error.message;
        }
        return std::string("accepted");
    };
    auto request = mapping_of("LATEST");
    request.ParallelizationFactor = 2;
    request.TumblingWindowInSeconds = 30;
    EXPECT_THAT(refusal(request), HasSubstr("ParallelizationFactor must be 1"));
    request = mapping_of("LATEST");
    request.ProvisionedPollerConfig.emplace().MinimumPollers = 2;
    EXPECT_THAT(refusal(request), HasSubstr("ProvisionedPollerConfig"));
    request = mapping_of("LATEST");
    request.DestinationConfig.emplace().OnFailure.emplace().Destination = "kafka://topic";
    EXPECT_THAT(refusal(request), HasSubstr("Kafka"));
    request = mapping_of("LATEST");
    request.EventSourceArn = "arn:aws:kinesis:us-east-1:000000000000:stream/s";
    EXPECT_THAT(refusal(request), HasSubstr("kinesis as a source"));
    EXPECT_THAT(refusal(mapping_of("AT_TIMESTAMP")),
                HasSubstr("Unsupported starting position for arn type: " + stream_arn));
    request = mapping_of("LATEST");
    request.StartingPositionTimestamp = noon;
    EXPECT_EQ(refusal(request), "Timestamp only valid with StartingPosition AT_TIMESTAMP");
    request = mapping_of("LATEST");
    request.StartingPosition.reset();
    EXPECT_THAT(refusal(request), HasSubstr("'startingPosition'"));
    request = mapping_of("LATEST");
    request.MaximumRecordAgeInSeconds = 30;
    EXPECT_THAT(refusal(request), HasSubstr("out of range"));
    request = mapping_of("LATEST");
    request.EventSourceArn = stream_arn + "1";
    EXPECT_THAT(refusal(request), HasSubstr("Stream not found"));
}

}  // namespace
}  // namespace cumulet::lambda
