// What a stream consists of, and how its callers name its parts. Pure.
#pragma once

#include <optional>

#include "contracts/dynamodbstreams.h"
#include "services/dynamodb/table.h"

namespace cumulet::dynamodb {

/// Records stay readable for this long, and a little longer: they leave in groups.
constexpr auto stream_retention = 24h;
/// A shard is followed by another after this long, once there is a record for it.
constexpr auto shard_lifetime = 4h;
constexpr auto iterator_lifetime = 15min;

/// One stream of a table. A table that is enabled again has a new one.
struct Stream {
    std::string table;
    std::string label;  ///< when it was enabled, "2026-11-23T00:55:00.123"
    uint64_t number = 0;
    std::string view;
    KeySchema key;
    Time created;
    std::optional<Time> disabled;
};

/// Records of a stream that follow one another. A stream has one shard that is open, while it is enabled.
struct Shard {
    int64_t serial = 0;  ///< 1 for the stream's first
    Time opened;
    uint64_t first = 1;            ///< number of its first record
    std::optional<uint64_t> last;  ///< of its last record, once it is closed; before `first` if it has none
};

/// Where a stream is written.
struct StreamHead {
    Shard shard;
    uint64_t next = 1;  ///< number of the next record
    Time latest;        ///< of the latest record: times of records never go back
    Time marked;        ///< when the trimming of the records from then on was scheduled
};

/// One change of an item. Images that the stream's view does not keep are empty.
struct StreamRecord {
    std::string event;  ///< INSERT, MODIFY, REMOVE
    Time time;
    bool expired = false;  ///< DynamoDB removed it, because its time to live was over
    AttributeMap keys;
    std::optional<AttributeMap> old_image;
    std::optional<AttributeMap> new_image;
};

std::string stream_label(Time created);
/// arn:aws:dynamodb:…:table/<table>/stream/<label>
std::string stream_arn(std::string_view account, std::string_view region, std::string_view table,
                       std::string_view label);

/// A stream as its ARN names it.
struct StreamName {
    std::string account;
    std::string region;
    std::string table;
    std::string label;
};
/// Throws aws::Error (ValidationException) if `arn` is no stream's.
StreamName parse_stream_arn(std::string_view arn);

/// Names of shards sort by their age.
std::string shard_id(const Stream& stream, const Shard& shard);

/// Sequence numbers of a stream have equally many digits and grow with the records' numbers.
std::string sequence_number(uint64_t number);
/// Throws aws::Error (ValidationException) if `text` is no sequence number of a stream.
uint64_t parse_sequence_number(std::string_view text);

/// A place in a shard, as a caller keeps it.
struct ShardIterator {
    std::string arn;
    int64_t shard = 0;
    uint64_t next = 0;  ///< number of the record to read next; 0: the oldest there is
    Time issued;

    std::string text() const;
    /// Throws aws::Error (ValidationException) if `text` is none.
    static ShardIterator parse(std::string_view text);
};

aws::dynamodbstreams::Record describe_record(const Stream& stream, std::string_view region, uint64_t number,
                                             StreamRecord record);

}  // namespace cumulet::dynamodb
