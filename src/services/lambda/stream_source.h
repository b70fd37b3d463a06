// A stream as a mapping reads it: shards that follow one another, and their records in their order. Each kind of stream
// that functions may read is one such class.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>

#include "base/arn.h"
#include "base/json.h"
#include "contracts/client.h"

namespace cumulet::lambda {

struct StreamShard {
    std::string id;
    std::vector<std::string> parents;  ///< shards whose records come before its own
};

struct StreamRecord {
    std::string sequence_number;
    std::string key;  ///< records of one key are handled in their order, however many batches there are at once
    Time arrived;
    json::value shown;  ///< as the function sees it
};

struct StreamPage {
    std::vector<StreamRecord> records;
    std::string next;  ///< the iterator to go on with, "" at the end of the shard
};

/// Where reading a shard begins.
struct ShardStart {
    enum class Kind { oldest, latest, at_time, after_record };
    Kind kind = Kind::oldest;
    Time time;                    ///< of at_time
    std::string sequence_number;  ///< of after_record
};

/// The stream, or the shard, is there no longer.
struct StreamGone : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class StreamSource {
  public:
    virtual ~StreamSource() = default;
    virtual std::string_view batch_member() const = 0;  ///< of the record of a lost batch: "DDBStreamBatchInfo"
    virtual std::string topic() const = 0;              ///< of the store: woken with every record

    /// Throws StreamGone.
    virtual Task<std::vector<StreamShard>> shards(Call& call) = 0;
    /// Where the wanted record is gone already, the oldest one that is left. Throws StreamGone.
    virtual Task<std::string> iterator(Call& call, std::string shard, ShardStart start) = 0;
    /// Nothing if the iterator is too old. Throws StreamGone.
    virtual Task<std::optional<StreamPage>> read(Call& call, std::string iterator, size_t limit) = 0;
};

/// The stream `arn`, which is one of those that functions may read.
std::unique_ptr<StreamSource> open_stream_source(contracts::Door& door, std::string arn);
/// True if functions may read it as a stream.
bool is_stream(const Arn& source);

}  // namespace cumulet::lambda
