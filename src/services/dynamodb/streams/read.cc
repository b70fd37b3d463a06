// GetShardIterator and GetRecords.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetShardIterator.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html
#include "services/dynamodb/streams/service.h"

namespace cumulet::dynamodb {

namespace {

namespace api = aws::dynamodbstreams;

constexpr int32_t most_records = 1000;

[[noreturn]] void refuse_trimmed() {
    throw api::TrimmedDataAccessException("The operation attempted to read past the oldest stream record in a shard.");
}

/// Throws aws::Error (ValidationException) unless the members that the iterator's type needs are given, and no others.
// Unverified: the words.
void check_type(const api::GetShardIteratorInput& request) {
    const auto& type = request.ShardIteratorType;
    const auto check = [&](std::string_view member, bool given, bool needed) {
        if (needed && !given) throw aws::validation_error(fmt::format("{} is required for {}", member, type));
        if (given && !needed) throw aws::validation_error(fmt::format("{} is not allowed for {}", member, type));
    };
    check("SequenceNumber", request.SequenceNumber.has_value(), type.ends_with("_SEQUENCE_NUMBER"));
    check("Timestamp", request.Timestamp.has_value(), type == "AT_TIMESTAMP");
}

Task<Shard> load_named_shard(store::Transaction& tx, Scope scope, const Stream& stream, const std::string& id) {
    for (auto& shard : co_await list_shards(tx, scope, stream)) {
        if (shard_id(stream, shard) == id) co_return shard;
    }
    // Unverified: the words.
    throw api::ResourceNotFoundException(fmt::format("Requested resource not found: Shard: {} not found", id));
}

/// The number of the record that the iterator begins with; 0 for the oldest there is.
Task<uint64_t> beginning(store::Transaction& tx, Scope scope, const Stream& stream, const Shard& shard,
                         const api::GetShardIteratorInput& request) {
    if (request.ShardIteratorType == "TRIM_HORIZON") co_return 0;
    const auto end = co_await end_of(tx, scope, stream, shard);
    if (request.ShardIteratorType == "LATEST") co_return end;
    const auto floor = std::max(shard.first, co_await stream_floor(tx, scope, stream));
    if (request.ShardIteratorType == "AT_TIMESTAMP") {
        co_return co_await find_time(tx, scope, stream, floor, end, *request.Timestamp);
    }
    const auto number = parse_sequence_number(*request.SequenceNumber);
    if (number > end || number < shard.first) {
        // Unverified: the words.
        throw aws::validation_error("Invalid SequenceNumber");
    }
    if (number < floor) refuse_trimmed();
    co_return request.ShardIteratorType == "AT_SEQUENCE_NUMBER" ? number : std::min(number + 1, end);
}

}  // namespace

Task<api::GetShardIteratorOutput> Streams::get_shard_iterator(Call& call, api::GetShardIteratorInput request) {
    const Scope scope(call);
    check_type(request);

    const auto iterator = co_await store_.transact([&](store::Transaction& tx) -> Task<ShardIterator> {
        const auto stream = co_await load_stream(tx, scope, request.StreamArn);
        const auto shard = co_await load_named_shard(tx, scope, stream, request.ShardId);
        co_return ShardIterator{.arn = request.StreamArn,
                                .shard = shard.serial,
                                .next = co_await beginning(tx, scope, stream, shard, request),
                                .issued = call.now()};
    });
    co_return api::GetShardIteratorOutput{.ShardIterator = iterator.text()};
}

Task<api::GetRecordsOutput> Streams::get_records(Call& call, api::GetRecordsInput request) {
    const Scope scope(call);
    const auto limit = limit_of(request.Limit, most_records);
    const auto iterator = ShardIterator::parse(request.ShardIterator);
    if (call.now() > iterator.issued + iterator_lifetime) {
        // Unverified: the words.
        throw api::ExpiredIteratorException(fmt::format(
            "Iterator expired. The iterator was created at time {} while right now it is {} which is further in the "
            "future than the tolerated delay of {} milliseconds.",
            format_iso8601_millis(iterator.issued), format_iso8601_millis(call.now()),
            std::chrono::milliseconds(iterator_lifetime).count()));
    }

    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<api::GetRecordsOutput> {
        const auto stream = co_await load_stream(tx, scope, iterator.arn);
        const auto shard = co_await find_shard(tx, scope, stream, iterator.shard);
        if (!shard) refuse_trimmed();
        const auto floor = std::max(shard->first, co_await stream_floor(tx, scope, stream));
        if (iterator.next != 0 && iterator.next < floor) refuse_trimmed();
        auto following = iterator;
        following.next = std::max(iterator.next, floor);
        following.issued = call.now();

        // Last, since others append all the time: what was read before must still hold.
        auto records = co_await read_records(tx, scope, stream, following.next, shard->last, limit);
        api::GetRecordsOutput output{.Records = std::vector<api::Record>()};
        for (auto& [number, record] : records) {
            output.Records->push_back(describe_record(stream, scope.region, number, std::move(record)));
            following.next = number + 1;
        }
        if (!shard->last || following.next <= *shard->last) output.NextShardIterator = following.text();
        co_return output;
    });
}

}  // namespace cumulet::dynamodb
