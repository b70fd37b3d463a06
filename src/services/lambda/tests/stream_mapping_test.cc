// Event source mappings of DynamoDB Streams: their rules, and a small stream that a function reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "contracts/topics.h"
#include "services/lambda/tests/support/cloud.h"
#include "services/lambda/tests/support/errors.h"

namespace cumulet::lambda {
namespace {

using namespace aws::lambda;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace streams = aws::dynamodbstreams;

const Time noon{std::chrono::seconds(1'700'000'000)};
const std::string stream_arn = "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2023-11-14T22:13:20.000";
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
    const std::vector<std::string> numbers{"1", "2", "3"};
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

/// Shards that follow one another; a number is a record's sequence number.
class Stream : public streams::Api {
  public:
    void serve(Cloud& cloud) {
        cloud_ = &cloud;
        cloud.door.apis[streams::service.name] = this;
    }

    void write(std::string key) {
        streams::Record record{.eventID = key, .eventName = "INSERT", .eventSource = "aws:dynamodb"};
        record.dynamodb.emplace().SequenceNumber = fmt::format("{:03}", ++serial_);
        record.dynamodb->ApproximateCreationDateTime = cloud_->clock.now();
        record.dynamodb->Keys = contracts::AttributeMap::from_json(fmt::format(R"({{"id":{{"S":"{}"}}}})", key));
        shards_.back().push_back(std::move(record));
        wake();
    }
    /// Closes the open shard and opens its child.
    void split() {
        shards_.emplace_back();
        wake();
    }

    Task<streams::DescribeStreamOutput> describe_stream(Call&, streams::DescribeStreamInput request) override {
        if (request.StreamArn != stream_arn) throw streams::ResourceNotFoundException("no such stream");
        streams::DescribeStreamOutput output;
        auto& shards = output.StreamDescription.emplace().Shards.emplace();
        for (size_t i = 0; i < shards_.size(); ++i) {
            shards.push_back({.ShardId = std::to_string(i)});
            if (i > 0) shards.back().ParentShardId = std::to_string(i - 1);
        }
        co_return output;
    }
    Task<streams::GetShardIteratorOutput> get_shard_iterator(Call& call,
                                                             streams::GetShardIteratorInput request) override {
        const auto& shard = shards_[std::stoul(request.ShardId)];
        size_t next = request.ShardIteratorType == "LATEST" ? shard.size() : 0;
        if (request.ShardIteratorType == "AFTER_SEQUENCE_NUMBER") {
            while (next < shard.size() && *shard[next].dynamodb->SequenceNumber <= *request.SequenceNumber) ++next;
        }
        if (request.ShardIteratorType == "AT_TIMESTAMP") {
            while (next < shard.size() && *shard[next].dynamodb->ApproximateCreationDateTime < *request.Timestamp)
                ++next;
        }
        co_return streams::GetShardIteratorOutput{.ShardIterator = iterator(request.ShardId, next, call.now())};
    }
    Task<streams::GetRecordsOutput> get_records(Call& call, streams::GetRecordsInput request) override {
        size_t number = 0;
        size_t next = 0;
        long issued = 0;
        std::sscanf(request.ShardIterator.c_str(), "%zu/%zu/%ld", &number, &next, &issued);
        if (call.now() > Time(std::chrono::milliseconds(issued)) + 15min)
            throw streams::ExpiredIteratorException("old");
        streams::GetRecordsOutput output{.Records = std::vector<streams::Record>()};
        const auto& shard = shards_[number];
        while (next < shard.size() && output.Records->size() < static_cast<size_t>(request.Limit.value_or(1000))) {
            output.Records->push_back(shard[next++]);
        }
        const bool open = number + 1 == shards_.size();
        if (open || next < shard.size()) {
            output.NextShardIterator = iterator(std::to_string(number), next, call.now());
        }
        co_return output;
    }

  private:
    static std::string iterator(const std::string& shard, size_t next, Time now) {
        return fmt::format("{}/{}/{}", shard, next, epoch_millis(now));
    }
    void wake() {
        cloud_->run(cloud_->store->transact([](store::Transaction& tx) -> Task<void> {
            tx.wake(contracts::stream_topic(stream_arn));
            co_return;
        }));
    }

    Cloud* cloud_ = nullptr;
    std::vector<std::vector<streams::Record>> shards_{1};
    int serial_ = 0;
};

/// A function that prints the keys of each batch it gets, and fails where one of them is "bad".
const std::string reader =
    "def handler(event, context):\n"
    "    keys = [r['dynamodb']['Keys']['id']['S'] for r in event['Records']]\n"
    "    print('got ' + ','.join(keys))\n"
    "    if 'bad' in keys: raise ValueError('bad')\n";

CreateEventSourceMappingRequest mapping_of(std::string position) {
    return {.EventSourceArn = stream_arn, .FunctionName = "f", .StartingPosition = std::move(position)};
}

std::vector<std::string> batches(const Cloud& cloud) {
    std::vector<std::string> all;
    for (const auto& line : cloud.door.lines()) {
        if (line.starts_with("got ")) all.push_back(line.substr(4, line.find('\n') - 4));
    }
    return all;
}

contracts::MetricSum sum_of(Cloud& cloud, std::string_view name) {
    for (auto& sum : cloud.metrics.take(Time::max())) {
        if (sum.name == name) return sum;
    }
    return {};
}

struct WithStream {
    Stream stream;
};

/// A cloud with a stream, which outlives its readers.
struct ReadingCloud : WithStream, Cloud {
    ReadingCloud() {
        stream.serve(*this);
        create("f", reader);
    }
    EventSourceMappingConfiguration map(CreateEventSourceMappingRequest request) {
        return run(service.create_event_source_mapping(call, std::move(request)));
    }
    EventSourceMappingConfiguration shown(const EventSourceMappingConfiguration& mapping) {
        return run(service.get_event_source_mapping(call, {.UUID = *mapping.UUID}));
    }
    bool got(std::vector<std::string> expected) {
        return eventually([&] { return batches(*this).size() >= expected.size(); }) && batches(*this) == expected;
    }
};

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
    EXPECT_THAT(refusal(request), HasSubstr("ParallelizationFactor"));
    request = mapping_of("LATEST");
    request.TumblingWindowInSeconds = 30;
    EXPECT_THAT(refusal(request), HasSubstr("TumblingWindowInSeconds"));
    EXPECT_THAT(refusal(mapping_of("AT_TIMESTAMP")), HasSubstr("Unsupported starting position"));
    request = mapping_of("LATEST");
    request.StartingPosition.reset();
    EXPECT_THAT(refusal(request), HasSubstr("StartingPosition"));
    request = mapping_of("LATEST");
    request.MaximumRecordAgeInSeconds = 30;
    EXPECT_THAT(refusal(request), HasSubstr("out of range"));
    request = mapping_of("LATEST");
    request.EventSourceArn = stream_arn + "1";
    EXPECT_THAT(refusal(request), HasSubstr("Stream not found"));
}

}  // namespace
}  // namespace cumulet::lambda
