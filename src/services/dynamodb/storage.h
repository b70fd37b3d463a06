// The only file that knows DynamoDB's keys. All begin with account, region, "dynamodb":
//     "next"                                     how many tables, indexes and streams were ever made
//     "table", name                              the table: schema, description, tags
//     "item", number·2^16 + bucket, hash [, range]            an item of the table `number`
//     "item", number·2^16 + bucket, hash [, range], primary   an item's projection in the index `number`
//     "item", number·2^16 + bucket, partition, primary        an item's row in the vector index `number`:
//     vectors/rows.h "token", client request token               digest of the TransactWriteItems that had it, and
//     until when it counts "token due", time, client request token     when the token may be forgotten "expiry", table
//     number, time, primary      the key of an item whose time to live ends then
// Streams have theirs in streams/storage.h, backups in backups/storage.h, background work in due.h and work.h.
// The bucket is a checksum of the hash key, so that items spread, and a segment of a parallel scan is a range of
// buckets. A hash key stands as "s" and its content, or where that is long as "d" and its digest: only equality is
// asked of it. Several HASH attributes have one content, which joins theirs. A range key stands as its content, which
// sorts as DynamoDB sorts; several RANGE attributes stand one behind the other. Values of "item" are the stored form of
// the item.
#pragma once

#include <optional>

#include "runtime/call.h"
#include "services/dynamodb/table.h"
#include "store/store.h"

namespace cumulet::dynamodb {

/// Whose tables: every key's first parts.
struct Scope {
    std::string account;
    std::string region;
    Scope(std::string account, std::string region) : account(std::move(account)), region(std::move(region)) {}
    explicit Scope(const Call& call) : Scope(call.account, call.region) {}
    friend bool operator==(const Scope&, const Scope&) = default;
};

Task<std::optional<DescribedTable>> find_table(store::Transaction& tx, Scope scope, std::string name);
Task<std::optional<Table>> find_schema(store::Transaction& tx, Scope scope, std::string name);
/// Throws ResourceNotFoundException as operations on items do, also for a table that is still being created: "Requested
/// resource not found".
Task<Table> load_table(store::Transaction& tx, Scope scope, std::string name);
/// Throws ResourceNotFoundException as operations on tables do: "…: Table: name not found".
Task<DescribedTable> load_named_table(store::Transaction& tx, Scope scope, std::string name);
/// The same, without what only tells of the table.
Task<Table> load_named_schema(store::Transaction& tx, Scope scope, std::string name);
/// A number that no table, index or stream of this account and region had before.
Task<uint64_t> take_number(store::Transaction& tx, Scope scope);
/// Saves the table; gives numbers to it and to its indexes where they have none yet.
Task<void> save_numbered(store::Transaction& tx, Scope scope, DescribedTable& table);
void save_table(store::Transaction& tx, const Scope& scope, const DescribedTable& table);
/// Makes the entries of `index` for the items behind `cursor` ("": from the first on), up to a bound. Where to go on;
/// nothing at the end.
Task<std::optional<std::string>> fill_index(store::Transaction& tx, Scope scope, const Table& table, const Index& index,
                                            std::string cursor);
void erase_index(store::Transaction& tx, const Scope& scope, const Table& table, const Index& index);
/// Removes the table; not its items, nor its indexes' entries.
void forget_table(store::Transaction& tx, const Scope& scope, const Table& table);
/// The keys of a list, behind the key `after` ("": from the first on).
store::Range range_behind(const store::Key& prefix, std::string after);
/// Up to `limit` names after `after`, in order.
Task<std::vector<std::string>> list_tables(store::Transaction& tx, Scope scope, std::string after, size_t limit);

/// The store's key of the item whose primary key `key` holds; further attributes do not matter.
std::string item_key(const Scope& scope, const Table& table, AttributeView key);
Task<std::optional<AttributeMap>> load_item(store::Transaction& tx, std::string item_key);
/// Replaces `old`, which is the item as it is, by `item`, in table and indexes; nothing stands for no item. Where the
/// table has no index, `old` need not be known. Changes of items go through write_item (write.h), which calls this.
void save_item(store::Transaction& tx, const Scope& scope, const Table& table, const std::string& item_key,
               const AttributeMap* old, const AttributeMap* item);

/// Remembers that the time to live of `item` ends then. Only its key is kept.
void put_expiry(store::Transaction& tx, const Scope& scope, const Table& table, const AttributeMap& item, Time ends);
void erase_expiry(store::Transaction& tx, const Scope& scope, const Table& table, const AttributeMap& item, Time ends);
void erase_expiries(store::Transaction& tx, const Scope& scope, const Table& table);
/// The keys of up to `limit` items whose time to live ended at `now` or before, with the moment it did.
struct Expiry {
    Time ends;
    AttributeMap key;
};
Task<std::vector<Expiry>> list_expired(store::Transaction& tx, Scope scope, const Table& table, Time now, size_t limit);

/// A condition on a range key, with the values it compares to.
struct RangeCondition {
    enum class Kind { any, equal, less, less_or_equal, greater, greater_or_equal, between, begins_with };
    Kind kind = Kind::any;
    AttributeView first;
    AttributeView second;  // between: the upper bound
};
/// Items of one hash key. A key of several attributes has several values; a range of it is what its first RANGE
/// attributes equal, and a condition on the next.
struct KeyRange {
    std::vector<AttributeView> hash;
    std::vector<AttributeView> equal;
    RangeCondition range;
};
/// Their keys, in the table or (where `index` is set) an index.
store::Range query_range(const Scope& scope, const Table& table, const Index* index, const KeyRange& keys);
/// The keys of segment `segment` of `segments`.
store::Range scan_range(const Scope& scope, const Table& table, const Index* index, int64_t segment, int64_t segments);
/// Where the item with these key attributes stands in the table or index.
std::string position(const Scope& scope, const Table& table, const Index* index, AttributeView key);

/// Where the row of `item`, which the vector index covers, stands in it.
std::string vector_place(const Scope& scope, const Table& table, const VectorSchema& index, AttributeView item);
/// The rows of the partition with the key `hash`; where the index has no partitions (and `hash` is nothing), all.
store::Range vector_range(const Scope& scope, const VectorSchema& index, AttributeView hash);

/// The digest that was remembered for `token` and still counts at `now`.
Task<std::optional<std::string>> find_token(store::Transaction& tx, Scope scope, std::string token, Time now);
void remember_token(store::Transaction& tx, const Scope& scope, const std::string& token, const std::string& digest,
                    Time until);
/// Forgets tokens that no longer count at `now`, up to a bound. Safe at any moment, and twice.
Task<void> forget_tokens(store::Transaction& tx, Scope scope, Time now);

}  // namespace cumulet::dynamodb
