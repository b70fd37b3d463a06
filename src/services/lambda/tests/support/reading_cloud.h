// A small stream that a function reads.
#pragma once

#include "contracts/dynamodbstreams.h"
#include "contracts/topics.h"
#include "services/lambda/tests/support/cloud.h"

namespace cumulet::lambda {

inline const std::string stream_arn = "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2023-11-14T22:13:20.000";

/// Shards that follow one another; a number is a record's sequence number.
class Stream : public aws::dynamodbstreams::Api {
  public:
    void serve(Cloud& cloud) {
        cloud_ = &cloud;
        cloud.door.apis[aws::dynamodbstreams::service.name] = this;
    }

    void write(std::string key) {
        aws::dynamodbstreams::Record record{.eventID = key, .eventName = "INSERT", .eventSource = "aws:dynamodb"};
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

    Task<aws::dynamodbstreams::DescribeStreamOutput> describe_stream(
        Call&, aws::dynamodbstreams::DescribeStreamInput request) override {
        if (request.StreamArn != stream_arn) throw aws::dynamodbstreams::ResourceNotFoundException("no such stream");
        aws::dynamodbstreams::DescribeStreamOutput output;
        auto& shards = output.StreamDescription.emplace().Shards.emplace();
        for (size_t i = 0; i < shards_.size(); ++i) {
            shards.push_back({.ShardId = std::to_string(i)});
            if (i > 0) shards.back().ParentShardId = std::to_string(i - 1);
        }
        co_return output;
    }
    Task<aws::dynamodbstreams::GetShardIteratorOutput> get_shard_iterator(
        Call& call, aws::dynamodbstreams::GetShardIteratorInput request) override {
        const auto& shard = shards_[std::stoul(request.ShardId)];
        size_t next = request.ShardIteratorType == "LATEST" ? shard.size() : 0;
        if (request.ShardIteratorType == "AFTER_SEQUENCE_NUMBER") {
            while (next < shard.size() && *shard[next].dynamodb->SequenceNumber <= *request.SequenceNumber) ++next;
        }
        if (request.ShardIteratorType == "AT_TIMESTAMP") {
            while (next < shard.size() && *shard[next].dynamodb->ApproximateCreationDateTime < *request.Timestamp)
                ++next;
        }
        co_return aws::dynamodbstreams::GetShardIteratorOutput{.ShardIterator =
                                                                   iterator(request.ShardId, next, call.now())};
    }
    Task<aws::dynamodbstreams::GetRecordsOutput> get_records(Call& call,
                                                             aws::dynamodbstreams::GetRecordsInput request) override {
        size_t number = 0;
        size_t next = 0;
        long issued = 0;
        std::sscanf(request.ShardIterator.c_str(), "%zu/%zu/%ld", &number, &next, &issued);
        if (call.now() > Time(std::chrono::milliseconds(issued)) + 15min)
            throw aws::dynamodbstreams::ExpiredIteratorException("old");
        aws::dynamodbstreams::GetRecordsOutput output{.Records = std::vector<aws::dynamodbstreams::Record>()};
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
    std::vector<std::vector<aws::dynamodbstreams::Record>> shards_{1};
    int serial_ = 0;
};

/// A function that prints the keys of each batch it gets, and fails where one of them is "bad".
inline const std::string reader =
    "def handler(event, context):\n"
    "    keys = [r['dynamodb']['Keys']['id']['S'] for r in event['Records']]\n"
    "    print('got ' + ','.join(keys))\n"
    "    if 'bad' in keys: raise ValueError('bad')\n";

inline aws::lambda::CreateEventSourceMappingRequest mapping_of(std::string position) {
    return {.EventSourceArn = stream_arn, .FunctionName = "f", .StartingPosition = std::move(position)};
}

inline std::vector<std::string> batches(const Cloud& cloud) {
    std::vector<std::string> all;
    for (const auto& line : cloud.door.lines()) {
        if (line.starts_with("got ")) all.push_back(line.substr(4, line.find('\n') - 4));
    }
    return all;
}

inline contracts::MetricSum sum_of(Cloud& cloud, std::string_view name) {
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
    aws::lambda::EventSourceMappingConfiguration map(aws::lambda::CreateEventSourceMappingRequest request) {
        return run(service.create_event_source_mapping(call, std::move(request)));
    }
    aws::lambda::EventSourceMappingConfiguration shown(const aws::lambda::EventSourceMappingConfiguration& mapping) {
        return run(service.get_event_source_mapping(call, {.UUID = *mapping.UUID}));
    }
    bool got(std::vector<std::string> expected) {
        return eventually([&] { return batches(*this).size() >= expected.size(); }) && batches(*this) == expected;
    }
};

}  // namespace cumulet::lambda
