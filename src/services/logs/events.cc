// PutLogEvents, GetLogEvents, FilterLogEvents.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html

#include <charconv>

#include "services/logs/filter_pattern.h"
#include "services/logs/service.h"

namespace cumulet::logs {

using namespace aws::logs;

namespace {

constexpr size_t largest_batch_bytes = 1'048'576;
constexpr size_t overhead_bytes = 26;  // what AWS counts for each event beside its message
constexpr size_t most_streams = 10'000;
constexpr size_t most_events = 10'000;

/// Throws InvalidParameterException unless AWS takes the batch as a whole.
void check_batch(const std::vector<InputLogEvent>& events) {
    size_t size_bytes = 0;
    for (const auto& event : events) size_bytes += event.message.size() + overhead_bytes;
    if (size_bytes > largest_batch_bytes) {
        throw InvalidParameterException(
            fmt::format("Upload too large: {} bytes exceeds limit of {}", size_bytes, largest_batch_bytes));
    }
    if (!std::ranges::is_sorted(events, {}, &InputLogEvent::timestamp)) {
        throw InvalidParameterException("Log events in a single PutLogEvents request must be in chronological order.");
    }
    constexpr int64_t day_millis = 86'400'000;
    if (!events.empty() && events.back().timestamp - events.front().timestamp > day_millis) {
        throw InvalidParameterException(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
    }
}

/// Which events of a sorted batch are taken: those before `first` are too old, those from `last` too new.
struct Accepted {
    size_t first = 0;
    size_t last = 0;
};
Accepted accepted(const std::vector<InputLogEvent>& events, const Group& group, Time now) {
    const auto oldest = epoch_millis(now - 24h * std::min(14, group.retention_days.value_or(14)));
    const auto newest = epoch_millis(now + 2h);
    const auto begin = std::ranges::lower_bound(events, oldest, {}, &InputLogEvent::timestamp);
    const auto end = std::ranges::upper_bound(events, newest, {}, &InputLogEvent::timestamp);
    return {static_cast<size_t>(begin - events.begin()), static_cast<size_t>(end - events.begin())};
}

/// The oldest event that is still shown.
int64_t oldest_shown(const Group& group, Time now) {
    return group.retention_days ? epoch_millis(now - 24h * *group.retention_days) : INT64_MIN;
}

std::string format_token(std::string_view direction, Position position) {
    return fmt::format("{}/{}/{}", direction, position.timestamp_millis, position.serial);
}

/// "f/<timestamp>/<serial>" or "b/…". Throws InvalidParameterException.
std::pair<bool, Position> parse_token(std::string_view token) {
    Position position;
    const bool forward = token.starts_with("f/");
    if (forward || token.starts_with("b/")) {
        token.remove_prefix(2);
        const auto slash = token.find('/');
        if (slash != std::string_view::npos) {
            const auto* end = token.data() + token.size();
            const auto first = std::from_chars(token.data(), token.data() + slash, position.timestamp_millis);
            const auto second = std::from_chars(token.data() + slash + 1, end, position.serial);
            if (first.ec == std::errc() && second.ec == std::errc() && second.ptr == end) return {forward, position};
        }
    }
    throw InvalidParameterException("The specified nextToken is invalid.");
}

/// The place just behind `position`.
Position after(Position position) { return {position.timestamp_millis, position.serial + 1}; }

OutputLogEvent shown(Event event) {
    return {.timestamp = event.position.timestamp_millis,
            .message = std::move(event.message),
            .ingestionTime = epoch_millis(event.ingested)};
}

FilteredLogEvent filtered(Event event) {
    FilteredLogEvent shown;
    shown.logStreamName = event.stream;
    shown.timestamp = event.position.timestamp_millis;
    shown.ingestionTime = epoch_millis(event.ingested);
    shown.eventId = fmt::format("{:020}{:020}", event.position.timestamp_millis, event.position.serial);
    shown.message = std::move(event.message);
    return shown;
}

bool chosen(const FilterLogEventsRequest& request, const std::string& stream) {
    if (!request.logStreamNames) return true;
    return std::ranges::find(*request.logStreamNames, stream) != request.logStreamNames->end();
}

}  // namespace

Task<PutLogEventsResponse> Service::put_log_events(Call& call, PutLogEventsRequest request) {
    check_batch(request.logEvents);
    const Place place{call.account, call.region};
    PutLogEventsResponse response;
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto group = co_await load_group(tx, place, request.logGroupName);
        auto stream = co_await load_stream(tx, place, request.logGroupName, request.logStreamName);
        const Time now = call.now();
        const auto [first, last] = accepted(request.logEvents, group, now);
        for (size_t i = first; i < last; ++i) {
            const auto& event = request.logEvents[i];
            save_event(tx, place, group.name, {{event.timestamp, stream.events++}, stream.name, now, event.message});
        }
        if (first < last) {
            stream.first_event_millis =
                std::min(stream.first_event_millis.value_or(INT64_MAX), request.logEvents[first].timestamp);
            stream.last_event_millis =
                std::max(stream.last_event_millis.value_or(INT64_MIN), request.logEvents[last - 1].timestamp);
            stream.last_ingestion = now;
            save_stream(tx, place, stream);
        }
        response = {};
        if (first > 0 || last < request.logEvents.size()) {
            response.rejectedLogEventsInfo.emplace();
            if (first > 0) response.rejectedLogEventsInfo->tooOldLogEventEndIndex = static_cast<int32_t>(first);
            if (last < request.logEvents.size()) {
                response.rejectedLogEventsInfo->tooNewLogEventStartIndex = static_cast<int32_t>(last);
            }
        }
        // The token is no longer checked, as at AWS, but older clients want one.
        response.nextSequenceToken = fmt::format("{:056}", stream.events);
    });
    co_return response;
}

Task<GetLogEventsResponse> Service::get_log_events(Call& call, GetLogEventsRequest request) {
    const Place place{call.account, call.region};
    const auto name = group_name(request.logGroupName, request.logGroupIdentifier);
    const auto limit = static_cast<size_t>(request.limit.value_or(static_cast<int32_t>(most_events)));
    Position from{request.startTime.value_or(INT64_MIN), 0};
    Position until{request.endTime.value_or(INT64_MAX), 0};
    bool forward = request.startFromHead.value_or(false);
    if (request.nextToken) {
        const auto [token_forward, position] = parse_token(*request.nextToken);
        forward = token_forward;
        (forward ? from : until) = forward ? std::max(from, position) : std::min(until, position);
    }

    auto found = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<Event>> {
        const auto group = co_await load_group(tx, place, name);
        co_await load_stream(tx, place, name, request.logStreamName);
        const Position begin{std::max(from.timestamp_millis, oldest_shown(group, call.now())), from.serial};
        co_return co_await events(tx, place, name, request.logStreamName, begin, until, limit, !forward);
    });
    if (!forward) std::ranges::reverse(found);

    GetLogEventsResponse response;
    // At an end the token stays the same: that is how callers know.
    response.nextForwardToken =
        format_token("f", found.empty() ? (forward ? from : until) : after(found.back().position));
    response.nextBackwardToken = format_token("b", found.empty() ? (forward ? from : until) : found.front().position);
    response.events.emplace();
    for (auto& event : found) response.events->push_back(shown(std::move(event)));
    co_return response;
}

Task<FilterLogEventsResponse> Service::filter_log_events(Call& call, FilterLogEventsRequest request) {
    if (request.logStreamNames && request.logStreamNamePrefix) {
        throw InvalidParameterException("logStreamNames and logStreamNamePrefix are mutually exclusive.");
    }
    const Place place{call.account, call.region};
    const auto name = group_name(request.logGroupName, request.logGroupIdentifier);
    const auto pattern = FilterPattern::parse(request.filterPattern.value_or(""));
    const auto limit = static_cast<size_t>(request.limit.value_or(static_cast<int32_t>(most_events)));
    Position from{request.startTime.value_or(INT64_MIN), 0};
    if (request.nextToken) from = parse_token(*request.nextToken).second;
    const Position until{request.endTime ? *request.endTime + 1 : INT64_MAX, 0};

    // All streams' events in one order: each stream gives its first ones, and the earliest of all are shown.
    std::vector<Event> found;
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        found.clear();
        const auto group = co_await load_group(tx, place, name);
        const Position begin{std::max(from.timestamp_millis, oldest_shown(group, call.now())), from.serial};
        for (const auto& stream :
             co_await list_streams(tx, place, name, request.logStreamNamePrefix.value_or(""), "", most_streams)) {
            if (!chosen(request, stream.name) || stream.last_event_millis.value_or(INT64_MIN) < begin.timestamp_millis)
                continue;
            auto own = co_await events(tx, place, name, stream.name, begin, until, limit + 1, false);
            std::ranges::move(own, std::back_inserter(found));
        }
        std::ranges::sort(found, {}, [](const Event& event) { return std::tie(event.position, event.stream); });
    });

    FilterLogEventsResponse response;
    response.events.emplace();
    response.searchedLogStreams.emplace();
    if (found.size() > limit) {
        // A page ends between two positions, so that the next one begins with the first event that was not looked at.
        size_t end = limit;
        while (end > 0 && found[end].position == found[end - 1].position) --end;
        if (end == 0) end = limit;
        response.nextToken = format_token("f", found[end].position);
        found.resize(end);
    }
    for (auto& event : found) {
        if (pattern.matches(event.message)) response.events->push_back(filtered(std::move(event)));
    }
    co_return response;
}

}  // namespace cumulet::logs
