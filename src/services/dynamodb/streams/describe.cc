// ListStreams and DescribeStream.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_ListStreams.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_DescribeStream.html
#include "services/dynamodb/streams/service.h"

namespace cumulet::dynamodb {

namespace {

namespace api = aws::dynamodbstreams;

constexpr int32_t most_listed = 100;

std::string arn_of(const Scope& scope, const Stream& stream) {
    return stream_arn(scope.account, scope.region, stream.table, stream.label);
}

std::vector<api::KeySchemaElement> describe_key(const KeySchema& key) {
    std::vector<api::KeySchemaElement> elements{{.AttributeName = key.hash, .KeyType = "HASH"}};
    if (key.has_range()) elements.push_back({.AttributeName = key.range, .KeyType = "RANGE"});
    return elements;
}

/// Of the stream's shards, as they follow one another, those that `request` asks for.
void describe_shards(api::StreamDescription& description, const api::DescribeStreamInput& request, const Stream& stream,
                     const std::vector<Shard>& shards) {
    const auto limit = limit_of(request.Limit, most_listed);
    auto& described = description.Shards.emplace();
    std::string parent;
    for (const auto& shard : shards) {
        const auto id = shard_id(stream, shard);
        const auto before = std::exchange(parent, id);
        if (request.ExclusiveStartShardId && id <= *request.ExclusiveStartShardId) continue;
        if (request.ShardFilter && request.ShardFilter->ShardId != before) continue;
        if (described.size() == limit) {
            description.LastEvaluatedShardId = described.back().ShardId;
            return;
        }
        auto& added = described.emplace_back();
        added.ShardId = id;
        added.SequenceNumberRange = {.StartingSequenceNumber = sequence_number(shard.first)};
        if (shard.last) {
            added.SequenceNumberRange->EndingSequenceNumber = sequence_number(std::max(shard.first, *shard.last));
        }
        if (!before.empty()) added.ParentShardId = before;
    }
}

}  // namespace

size_t limit_of(const std::optional<int32_t>& given, int32_t most) {
    if (given.value_or(1) > most) {
        throw aws::validation_error(fmt::format(
            "1 validation error detected: Value '{}' at 'limit' failed to satisfy constraint: Member must have value "
            "less than or equal to {}",
            *given, most));
    }
    return static_cast<size_t>(given.value_or(most));
}

std::string Streams::resource_of(const Call&, const contracts::Operation& operation, const void* input) const {
    if (operation.name == "DescribeStream") return static_cast<const api::DescribeStreamInput*>(input)->StreamArn;
    if (operation.name == "GetShardIterator") return static_cast<const api::GetShardIteratorInput*>(input)->StreamArn;
    if (operation.name == "GetRecords") {
        const auto& iterator = static_cast<const api::GetRecordsInput*>(input)->ShardIterator;
        return iterator.substr(0, iterator.find('|'));
    }
    return "*";
}

Task<Stream> load_stream(store::Transaction& tx, Scope scope, std::string arn) {
    const auto name = parse_stream_arn(arn);
    std::optional<Stream> stream;
    if (name.account == scope.account && name.region == scope.region) {
        stream = co_await find_stream(tx, scope, name.table, name.label);
    }
    if (!stream) {
        throw api::ResourceNotFoundException(fmt::format("Requested resource not found: Stream: {} not found", arn));
    }
    co_return std::move(*stream);
}

Task<api::ListStreamsOutput> Streams::list_streams(Call& call, api::ListStreamsInput request) {
    const Scope scope(call);
    const auto limit = limit_of(request.Limit, most_listed);
    StreamName after;
    if (request.ExclusiveStartStreamArn) after = parse_stream_arn(*request.ExclusiveStartStreamArn);

    const auto streams = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<Stream>> {
        co_return co_await dynamodb::list_streams(tx, scope, request.TableName.value_or(""), after.table, after.label,
                                                  limit + 1);
    });

    api::ListStreamsOutput output{.Streams = std::vector<api::Stream>()};
    for (const auto& stream : streams) {
        if (output.Streams->size() == limit) {
            output.LastEvaluatedStreamArn = output.Streams->back().StreamArn;
            break;
        }
        output.Streams->push_back(
            {.StreamArn = arn_of(scope, stream), .TableName = stream.table, .StreamLabel = stream.label});
    }
    co_return output;
}

Task<api::DescribeStreamOutput> Streams::describe_stream(Call& call, api::DescribeStreamInput request) {
    const Scope scope(call);
    if (request.ShardFilter && !request.ShardFilter->ShardId) {
        // Unverified: the words.
        throw aws::validation_error("ShardFilter needs a ShardId");
    }

    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<api::DescribeStreamOutput> {
        const auto stream = co_await load_stream(tx, scope, request.StreamArn);
        const auto shards = co_await list_shards(tx, scope, stream);
        api::StreamDescription description{.StreamArn = request.StreamArn,
                                           .StreamLabel = stream.label,
                                           .StreamStatus = stream.disabled ? "DISABLED" : "ENABLED",
                                           .StreamViewType = stream.view,
                                           .CreationRequestDateTime = stream.created,
                                           .TableName = stream.table,
                                           .KeySchema = describe_key(stream.key)};
        describe_shards(description, request, stream, shards);
        co_return api::DescribeStreamOutput{.StreamDescription = std::move(description)};
    });
}

}  // namespace cumulet::dynamodb
