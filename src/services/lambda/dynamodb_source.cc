// Streams of DynamoDB as a source of events.
// https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html

#include "contracts/dynamodbstreams.h"
#include "contracts/reflect.h"
#include "contracts/topics.h"
#include "services/lambda/stream_source.h"

namespace cumulet::lambda {
namespace {

namespace streams = aws::dynamodbstreams;

constexpr size_t most_pages = 20;  // of 100 shards

const contracts::Shape& record_shape() {
    static const contracts::Shape& shape = [] -> const contracts::Shape& {
        const auto& output = *streams::service.find("GetRecords")->output;
        return *std::ranges::find(output.members, std::string_view("Records"), &contracts::Member::name)
                    ->shape->element;
    }();
    return shape;
}

/// A record as a function sees it: its time is a whole number of seconds, its user's members begin small.
json::value shown_record(const streams::Record& record, std::string_view stream_arn) {
    auto value = contracts::to_json(record_shape(), &record);
    auto& shown = value.as_object();
    if (record.dynamodb->ApproximateCreationDateTime) {
        shown["dynamodb"].as_object()["ApproximateCreationDateTime"] =
            epoch_millis(*record.dynamodb->ApproximateCreationDateTime) / 1000;
    }
    if (record.userIdentity) {
        shown["userIdentity"] = json::object{{"principalId", record.userIdentity->PrincipalId.value_or("")},
                                             {"type", record.userIdentity->Type.value_or("")}};
    }
    shown["eventSourceARN"] = stream_arn;
    return value;
}

class DynamoDbSource final : public StreamSource {
  public:
    DynamoDbSource(contracts::Door& door, std::string arn) : client_(door), arn_(std::move(arn)) {}

    std::string_view batch_member() const override { return "DDBStreamBatchInfo"; }
    std::string topic() const override { return contracts::stream_topic(arn_); }

    Task<std::vector<StreamShard>> shards(Call& call) override {
        std::vector<StreamShard> shards;
        streams::DescribeStreamInput request{.StreamArn = arn_};
        for (size_t page = 0; page < most_pages; ++page) {
            std::optional<streams::StreamDescription> description;
            try {
                description = (co_await client_.describe_stream(call, request)).StreamDescription;
            } catch (const streams::ResourceNotFoundException& error) {
                throw StreamGone(error.message);
            }
            if (!description) break;
            for (const auto& shard : description->Shards.value_or(std::vector<streams::Shard>())) {
                auto& added = shards.emplace_back(StreamShard{.id = shard.ShardId.value_or(""), .parents = {}});
                if (shard.ParentShardId) added.parents.push_back(*shard.ParentShardId);
            }
            request.ExclusiveStartShardId = description->LastEvaluatedShardId;
            if (!request.ExclusiveStartShardId) break;
        }
        co_return shards;
    }

    Task<std::string> iterator(Call& call, std::string shard, ShardStart start) override {
        constexpr std::string_view types[] = {"TRIM_HORIZON", "LATEST", "AT_TIMESTAMP", "AFTER_SEQUENCE_NUMBER"};
        streams::GetShardIteratorInput request{
            .StreamArn = arn_,
            .ShardId = std::move(shard),
            .ShardIteratorType = std::string(types[static_cast<size_t>(start.kind)])};
        if (start.kind == ShardStart::Kind::after_record) request.SequenceNumber = start.sequence_number;
        if (start.kind == ShardStart::Kind::at_time) request.Timestamp = start.time;
        try {
            co_return (co_await client_.get_shard_iterator(call, request)).ShardIterator.value_or("");
        } catch (const streams::TrimmedDataAccessException&) {
        } catch (const streams::ResourceNotFoundException& error) {
            throw StreamGone(error.message);
        }
        request.ShardIteratorType = types[0];
        request.SequenceNumber.reset();
        request.Timestamp.reset();
        co_return (co_await client_.get_shard_iterator(call, request)).ShardIterator.value_or("");
    }

    Task<std::optional<StreamPage>> read(Call& call, std::string iterator, size_t limit) override {
        streams::GetRecordsOutput answer;
        try {
            answer = co_await client_.get_records(
                call, {.ShardIterator = std::move(iterator), .Limit = static_cast<int32_t>(limit)});
        } catch (const streams::ExpiredIteratorException&) {
            co_return std::nullopt;
        } catch (const streams::TrimmedDataAccessException&) {
            co_return std::nullopt;
        } catch (const streams::ResourceNotFoundException& error) {
            throw StreamGone(error.message);
        }
        StreamPage page{.records = {}, .next = answer.NextShardIterator.value_or("")};
        for (const auto& record : answer.Records.value_or(std::vector<streams::Record>())) {
            if (!record.dynamodb) continue;
            auto& added = page.records.emplace_back();
            added.sequence_number = record.dynamodb->SequenceNumber.value_or("");
            added.arrived = record.dynamodb->ApproximateCreationDateTime.value_or(call.now());
            added.shown = shown_record(record, arn_);
            const auto* change = find(added.shown, "dynamodb");
            if (const auto* keys = change ? find(*change, "Keys") : nullptr) added.key = json::serialize(*keys);
        }
        co_return page;
    }

  private:
    streams::Client client_;
    const std::string arn_;
};

}  // namespace

bool is_stream(const Arn& source) { return source.service == "dynamodb"; }

std::unique_ptr<StreamSource> open_stream_source(contracts::Door& door, std::string arn) {
    return std::make_unique<DynamoDbSource>(door, std::move(arn));
}

}  // namespace cumulet::lambda
