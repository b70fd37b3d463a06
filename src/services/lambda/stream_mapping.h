// The rules for event source mappings of streams: what they may ask for, what a function is told, and what becomes of a
// batch that failed. Pure.
// https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
#pragma once

#include "services/lambda/mapping.h"

namespace cumulet::lambda {

/// A window of time whose records a function gathers into one state.
/// https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html
struct TumblingWindow {
    Time start;
    Duration length{};
    std::string state = "{}";  ///< JSON, as the function answered it
    bool too_large = false;    ///< the state: the window ends early

    /// The one that `instant` lies in.
    static TumblingWindow at(Time instant, Duration length);
    Time end() const { return start + length; }
    /// What the event says of it, after its records: ,"window":…
    std::string members(std::string_view shard, std::string_view stream_arn, bool final) const;
    friend bool operator==(const TumblingWindow&, const TumblingWindow&) = default;
};
/// The state that a function answers with. Nothing if there is none: then it has failed.
std::optional<std::string> answered_state(std::string_view answer);

/// How far a mapping has read a shard.
struct ShardPosition {
    std::string after;          ///< sequence number of the last record that is done, "" if none is
    std::string iterator;       ///< where LATEST was when the mapping was made, while nothing is done
    std::optional<Time> since;  ///< the same as a time, for when the iterator is too old; or what AT_TIMESTAMP says
    bool finished = false;      ///< the shard has ended, and all of it is done
    bool only = false;          ///< all of the stream before this shard is done, whatever else is known
    std::optional<TumblingWindow> window;

    std::string text() const;
    static ShardPosition parse(std::string_view text);
    /// The shard and its position as Cumulet wrote them while it read one shard after the other.
    static std::pair<std::string, ShardPosition> parse_only(std::string_view text);
    friend bool operator==(const ShardPosition&, const ShardPosition&) = default;
};
using StreamPositions = std::map<std::string, ShardPosition>;  ///< by shard

/// True if the mapping's source is a stream.
bool reads_stream(const Mapping& mapping);
/// What AWS shows of a stream's mapping that names nothing.
void set_stream_defaults(aws::lambda::EventSourceMappingConfiguration& configuration);
/// Throws InvalidParameterValueException, or "not implemented", for what a stream's mapping may not have.
void check_stream_settings(const Mapping& mapping, std::string_view operation);

/// How a mapping makes batches.
struct BatchRules {
    size_t size = 100;
    Duration gather{};    ///< how long to wait for a full one
    Duration tumbling{};  ///< length of a window with a state, zero for none

    static BatchRules of(const Mapping& mapping);
};

inline constexpr auto records_live = std::chrono::hours(24);

/// How a mapping treats batches that fail.
struct StreamRules {
    int64_t retries = -1;  ///< -1: as long as the records live
    Duration oldest{};     ///< records older than this are given up
    bool bisect = false;

    static StreamRules of(const Mapping& mapping);
};

/// A part of a batch, as indexes of its records, and how often it failed.
struct BatchPart {
    size_t begin = 0;
    size_t end = 0;
    int failures = 0;
    Time next;  ///< not to be tried before
};

/// What follows from a failed attempt: records before `done_to` are handled; `again` are tried, in this order. Where
/// `given_up`, the rest of the part is not tried again.
struct AfterFailure {
    size_t done_to = 0;
    bool given_up = false;
    std::vector<BatchPart> again;
};
AfterFailure after_failure(const BatchPart& part, size_t first_failed, const StreamRules& rules, Time now);
/// When a part that found no free worker is tried again. That is no failure.
Time after_no_room(int tries, Time now);

/// The index of the first record that was not handled, nothing if all were. An answer that is not readable, or names
/// what is not in the batch, means all of them.
std::optional<size_t> first_failed(const std::vector<std::string_view>& sequence_numbers, bool reports_failures,
                                   std::string_view answer);

/// A part of a batch that is given up.
struct LostBatch {
    std::string request_id;  ///< of the last attempt
    std::string function_arn;
    std::string condition;  ///< "RetryAttemptsExhausted", "RecordAgeExceeded"
    int invocations = 0;
    std::string version;  ///< that ran last, "" if none did
    std::string stream_arn;
    std::string shard;
    std::string first;  ///< sequence numbers
    std::string last;
    Time first_arrived;
    Time last_arrived;
    size_t records = 0;
};
/// What the on-failure destination gets. `member` holds the batch, as its source calls it; `payload` is the event
/// itself, which only buckets get.
std::string lost_batch_record(const LostBatch& batch, std::string_view member, Time now, std::string payload);

}  // namespace cumulet::lambda
