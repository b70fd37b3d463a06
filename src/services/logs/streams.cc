// CreateLogStream, DeleteLogStream, DescribeLogStreams.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html

#include "base/bytes.h"
#include "services/logs/service.h"

namespace cumulet::logs {

using namespace aws::logs;

namespace {

constexpr size_t most_sorted_streams = 10'000;

aws::logs::LogStream shown(const Call& call, const Stream& stream) {
    aws::logs::LogStream shown;
    shown.logStreamName = stream.name;
    shown.creationTime = epoch_millis(stream.created);
    shown.firstEventTimestamp = stream.first_event_millis;
    shown.lastEventTimestamp = stream.last_event_millis;
    if (stream.last_ingestion) shown.lastIngestionTime = epoch_millis(*stream.last_ingestion);
    shown.arn = fmt::format("{}:log-stream:{}", group_arn(call, stream.group), stream.name);
    shown.storedBytes = 0;  // AWS, too, says 0 for streams
    return shown;
}

}  // namespace

Task<CreateLogStreamResponse> Service::create_log_stream(Call& call, CreateLogStreamRequest request) {
    const Place place{call.account, call.region};
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await load_group(tx, place, request.logGroupName);
        if (co_await find_stream(tx, place, request.logGroupName, request.logStreamName)) {
            throw ResourceAlreadyExistsException("The specified log stream already exists");
        }
        Stream stream;
        stream.group = request.logGroupName;
        stream.name = request.logStreamName;
        stream.created = call.now();
        save_stream(tx, place, stream);
    });
    co_return CreateLogStreamResponse{};
}

Task<DeleteLogStreamResponse> Service::delete_log_stream(Call& call, DeleteLogStreamRequest request) {
    const Place place{call.account, call.region};
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        erase_stream(tx, place, co_await load_stream(tx, place, request.logGroupName, request.logStreamName));
    });
    co_return DeleteLogStreamResponse{};
}

Task<DescribeLogStreamsResponse> Service::describe_log_streams(Call& call, DescribeLogStreamsRequest request) {
    const Place place{call.account, call.region};
    const auto group = group_name(request.logGroupName, request.logGroupIdentifier);
    const bool by_time = request.orderBy.value_or("LogStreamName") == "LastEventTime";
    if (by_time && request.logStreamNamePrefix) {
        throw InvalidParameterException("Cannot order by LastEventTime with a logStreamNamePrefix.");
    }
    const auto after = from_base64(request.nextToken.value_or(""));
    if (!after) throw InvalidParameterException("The specified nextToken is invalid.");
    const auto limit = static_cast<size_t>(request.limit.value_or(50));

    auto streams = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<Stream>> {
        co_await load_group(tx, place, group);
        co_return co_await list_streams(tx, place, group, request.logStreamNamePrefix.value_or(""), "",
                                        most_sorted_streams);
    });
    if (by_time) {
        std::ranges::sort(streams, {}, [](const Stream& stream) {
            return std::pair(stream.last_event_millis.value_or(0), std::string_view(stream.name));
        });
    }
    if (request.descending.value_or(false)) std::ranges::reverse(streams);
    // The token names the last stream that was shown.
    auto first = streams.begin();
    if (!after->empty()) {
        const auto last = std::ranges::find(streams, *after, &Stream::name);
        first = last == streams.end() ? last : last + 1;
    }

    DescribeLogStreamsResponse response;
    response.logStreams.emplace();
    for (; first != streams.end() && response.logStreams->size() < limit; ++first) {
        response.logStreams->push_back(shown(call, *first));
    }
    if (first != streams.end()) response.nextToken = to_base64(std::prev(first)->name);
    co_return response;
}

}  // namespace cumulet::logs
