// The keys of streams. All begin with account, region, "dynamodb":
//     "stream", table, label           the stream, until its last record may go
//     "stream head", number            where it is written: there while it is enabled
//     "stream floor", number           number of the oldest record that is kept, if it is not the first
//     "stream shard", number, serial   a shard
//     "stream record", number, record number   a record
//     "stream mark", number, time      number of the first record from then on: what is trimmed at a time
// A record takes its number when it is written, in the transaction that changes the item: whoever reads a record sees
// all before it. Two writers of one stream at the same moment conflict, and one of them goes again.
#pragma once

#include "services/dynamodb/due.h"
#include "services/dynamodb/streams/stream.h"

namespace cumulet::dynamodb {

/// Enables a new stream of `table`, with a number and a label of its own, and describes it there; saving the table is
/// left to the caller.
Task<void> open_stream(store::Transaction& tx, Scope scope, DescribedTable& table, std::string view);
/// Disables the table's stream: its shard is closed, and it is removed once nothing in it can be read any more.
Task<void> close_stream(store::Transaction& tx, Scope scope, DescribedTable& table);

/// A change of an item for the stream; nullptr stands for no item.
struct ItemChange {
    const AttributeMap* old = nullptr;
    const AttributeMap* item = nullptr;
    bool expired = false;
};
/// Appends the change to the table's stream, which is enabled, and wakes its readers.
Task<void> append_record(store::Transaction& tx, Scope scope, const Table& table, ItemChange change);

Task<std::optional<Stream>> find_stream(store::Transaction& tx, Scope scope, std::string table, std::string label);
/// Streams by table and label, after those of `table` and `label`; of `only_table` if that is not "".
Task<std::vector<Stream>> list_streams(store::Transaction& tx, Scope scope, std::string only_table, std::string table,
                                       std::string label, size_t limit);
/// The stream's shards, oldest first: those with records that are kept, and the open one.
Task<std::vector<Shard>> list_shards(store::Transaction& tx, Scope scope, const Stream& stream);
Task<std::optional<Shard>> find_shard(store::Transaction& tx, Scope scope, const Stream& stream, int64_t serial);
/// The number that the next record will have, or that the closed shard's last has and one.
Task<uint64_t> end_of(store::Transaction& tx, Scope scope, const Stream& stream, const Shard& shard);
/// The number of the oldest record that is kept.
Task<uint64_t> stream_floor(store::Transaction& tx, Scope scope, const Stream& stream);

struct NumberedRecord {
    uint64_t number;
    StreamRecord record;
};
/// Records from `next` to `last` (nothing: to the newest), up to `limit` and about 1 MB.
Task<std::vector<NumberedRecord>> read_records(store::Transaction& tx, Scope scope, const Stream& stream, uint64_t next,
                                               std::optional<uint64_t> last, size_t limit);
/// The number of the first record at `time` or later, among those from `next` to before `end`; `end` if there is none.
Task<uint64_t> find_time(store::Transaction& tx, Scope scope, const Stream& stream, uint64_t next, uint64_t end,
                         Time time);

/// Steps of background work.
constexpr std::string_view trim_kind = "trim stream";
Task<bool> trim_stream(store::Transaction& tx, DueWork& work);
constexpr std::string_view remove_stream_kind = "remove stream";
Task<bool> remove_stream(store::Transaction& tx, DueWork& work);

}  // namespace cumulet::dynamodb
