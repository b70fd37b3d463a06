// A table's schema, and what it demands of items and keys. Pure.
#pragma once

#include <string>
#include <vector>

#include "contracts/dynamodb.h"
#include "services/dynamodb/expressions/expression.h"
#include "services/dynamodb/vectors/schema.h"

namespace cumulet::dynamodb {

struct KeyAttribute {
    std::string name;
    AttributeType type = AttributeType::S;
};

/// A primary key's attributes, of a table or an index.
struct KeySchema {
    std::string hash;
    AttributeType hash_type = AttributeType::S;
    std::string range;  ///< "" if there is none
    AttributeType range_type = AttributeType::S;
    std::vector<KeyAttribute> more_hash;   ///< HASH attributes behind the first, of a global index
    std::vector<KeyAttribute> more_range;  ///< RANGE attributes behind the first, of a global index

    bool has_range() const { return !range.empty(); }
    bool is_hash(std::string_view attribute) const;
    bool names(std::string_view attribute) const;
    AttributeType type_of(std::string_view attribute) const;
    size_t count() const { return 1 + more_hash.size() + (has_range() ? 1 : 0) + more_range.size(); }
    /// True if `holds` is, of the name of every attribute; they are looked at in the key's order.
    template <typename Predicate>
    bool all(Predicate holds) const {
        return holds(hash) && std::ranges::all_of(more_hash, holds, &KeyAttribute::name) &&
               (!has_range() || holds(range)) && std::ranges::all_of(more_range, holds, &KeyAttribute::name);
    }
    /// Calls `visit` with every attribute's name, in the key's order.
    template <typename Visit>
    void each(Visit visit) const {
        all([&](std::string_view name) {
            visit(name);
            return true;
        });
    }
    /// Throws aws::Error (ValidationException) unless `attributes` has this key's attribute `name`, as a key can be.
    void check_attribute(AttributeView attributes, std::string_view name) const;
};

struct Index {
    std::string name;
    uint64_t number = 0;  ///< in keys; 0 before it is saved
    bool global = true;
    KeySchema key;
    std::string projection = "ALL";    ///< ALL, KEYS_ONLY, INCLUDE
    std::vector<std::string> non_key;  ///< INCLUDE: which attributes else
    bool readable = true;              ///< false while it is made from a table that had items, and while it goes

    /// True if `item` has the index's key attributes, and so stands in it.
    bool covers(AttributeView item) const;
    /// True if the index holds `attribute` of those that have it; `table_key` is its table's.
    bool holds(std::string_view attribute, const KeySchema& table_key) const;
};

/// The stream of a table, as its writers see it.
struct TableStream {
    uint64_t number = 0;  ///< in keys; never used again
    std::string label;    ///< the end of its ARN
    std::string view;     ///< KEYS_ONLY, NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES

    bool keeps_old() const { return view == "OLD_IMAGE" || view == "NEW_AND_OLD_IMAGES"; }
    bool keeps_new() const { return view == "NEW_IMAGE" || view == "NEW_AND_OLD_IMAGES"; }
};

/// Where the table's writers remember what items were: backups/copy.h.
struct TableLog {
    uint64_t number = 0;  ///< in keys; never used again
    bool once = false;    ///< each item's first change alone is wanted
};

/// Point-in-time recovery.
struct Recovery {
    uint64_t log = 0;  ///< one of the table's logs
    Time since{};
    int32_t period_days = 0;
};

/// What every operation on items needs to know.
struct Table {
    std::string name;
    uint64_t number = 0;  ///< in keys; never used again, so that a table's items do not outlive it
    KeySchema key;
    std::vector<Index> indexes;
    std::vector<VectorSchema> vectors;  ///< the vector indexes
    std::string time_to_live;           ///< the attribute, "" if disabled
    std::optional<TableStream> stream;  ///< while it is enabled
    std::vector<std::string> replicas;  ///< the other regions that hold the table
    std::vector<TableLog> logs;
    bool creating = false;  ///< while its items are on their way from a backup or a file

    /// True if an item has entries beside itself.
    bool has_indexes() const { return !indexes.empty() || !vectors.empty(); }
    /// True if writing an item needs to know what it was.
    bool needs_old() const {
        return has_indexes() || !time_to_live.empty() || stream || !replicas.empty() || !logs.empty();
    }

    /// Throws aws::Error if there is none, if it cannot be read yet, or if it is one that `operation` ("Query") cannot
    /// read.
    const Index& index(std::string_view index_name, std::string_view operation = "Scan") const;
    /// The same of a vector index that is to be searched.
    const VectorSchema& vector_index(std::string_view index_name) const;
    /// True if every index can be read: none is being made or taken away.
    bool indexes_rest() const;

    /// Throws aws::Error (ValidationException) unless `key` is this table's primary key and nothing else.
    void check_key(const AttributeMap& key) const;
    /// Throws aws::Error (ValidationException) if `item` may not stand in this table: its keys, index keys and size.
    void check_item(const AttributeMap& item) const;
    /// The same for what an update made of an item, in the words for updates.
    void check_updated(const AttributeMap& item) const;
    /// The primary key of `item`.
    AttributeMap key_of(const AttributeMap& item) const;
    /// What LastEvaluatedKey holds: the table's key and the index's, which may be nullptr.
    AttributeMap key_of(const AttributeMap& item, const Index* index) const;
    /// What of `item` the index holds.
    AttributeMap projected(const AttributeMap& item, const Index& index) const;
    /// Throws aws::Error if `update` touches the primary key, or looks inside a key attribute.
    void check_update(const Update& update) const;
    /// Throws aws::Error if a path leads into an attribute of the table's or an index's key, which is always a scalar.
    void check_paths(const std::vector<Path>& paths) const;
    /// The same for the paths of a condition; nullptr has none.
    void check_paths(const Condition* condition) const;
};

/// A table with all that operations on tables tell of it.
struct DescribedTable : Table {
    std::map<std::string, std::string> tags;
    std::optional<Recovery> recovery;      ///< where it is enabled
    std::vector<Time> class_changes;       ///< the latest, of the table class
    std::vector<Time> encryption_changes;  ///< those of the window that the first of them opened
    aws::dynamodb::TableDescription description;
};

/// Gives every index its ARN, which begins with the table's.
void name_indexes(aws::dynamodb::TableDescription& description);

/// Throws aws::Error if the item is larger than DynamoDB stores.
void check_size(const AttributeMap& item);

/// The name of a table that a request gives by name or by ARN. Throws aws::Error if it is no name.
std::string table_name(std::string_view name_or_arn);

/// A new table as `request` describes it, without its number. Throws aws::Error for what DynamoDB refuses and for what
/// Cumulet does not do.
DescribedTable table_of(const aws::dynamodb::CreateTableInput& request, const std::string& region,
                        const std::string& account);

/// Adds a global index as `global` describes it, without its number, to the indexes and the description. Throws
/// aws::Error for what DynamoDB refuses.
void add_global_index(DescribedTable& table, const aws::dynamodb::GlobalSecondaryIndex& global,
                      const std::string& region);
/// ALL, KEYS_ONLY or INCLUDE. Throws aws::Error unless the projection says one, and names attributes for INCLUDE only.
std::string projection_kind(const aws::dynamodb::Projection& projection);
/// The attributes that it names, in order. Throws aws::Error if one comes twice.
std::vector<std::string> projected_names(const aws::dynamodb::Projection& projection);
/// Throws aws::Error if the index's throughput does not fit how the table is billed, in CreateTable's words.
void check_index_throughput(const aws::dynamodb::GlobalSecondaryIndex& global, bool on_demand);
/// Throws aws::Error if there are maximums for billing on demand, and the table is billed otherwise. `index` is "" for
/// the table.
void check_on_demand(const std::optional<aws::dynamodb::OnDemandThroughput>& throughput, bool on_demand,
                     const std::string& index);
/// How the table is encrypted, where a key of KMS was asked for.
std::optional<aws::dynamodb::SSEDescription> encryption_of(const std::optional<aws::dynamodb::SSESpecification>& wanted,
                                                           const std::string& region, const std::string& account);
constexpr size_t max_global_indexes = 20;
/// The attributes that keys of the table or its indexes, or search schemas, name.
std::set<std::string_view> key_names(const Table& table);
/// The attributes of a starting key: those of the table's key, and of the index's, which may be nullptr.
std::set<std::string_view> key_names(const Table& table, const Index* index);

/// Largest item in bytes, names included.
constexpr size_t max_item_bytes = 400 * 1024;

}  // namespace cumulet::dynamodb
