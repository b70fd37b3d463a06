// A vector index: which items stand in it, and what it holds of them. Pure.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/VectorSearchWorkingWith.html
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "contracts/attribute_value.h"

namespace cumulet::dynamodb {

struct KeySchema;

/// How near two vectors are.
enum class Distance { cosine, euclidean, dot_product };
/// AWS's name: "DOT_PRODUCT".
std::string_view name_of(Distance distance);
Distance distance_named(std::string_view name);

/// A vector index as the table's writers and searches see it.
struct VectorSchema {
    using Type = contracts::AttributeType;
    struct Element {
        std::string name;
        Type type = Type::S;
    };

    std::string name;
    uint64_t number = 0;    ///< in keys; 0 before it is saved
    std::string attribute;  ///< which holds the vector
    size_t dimensions = 0;
    Distance distance = Distance::cosine;
    std::optional<Element> hash;       ///< the search schema's partition key
    std::vector<Element> filters;      ///< its inline filters
    std::string projection = "ALL";    ///< ALL, KEYS_ONLY, INCLUDE
    std::vector<std::string> non_key;  ///< INCLUDE: which attributes else
    bool readable = true;              ///< false while it is made from a table that had items, and while it goes

    /// The search schema's element of that name; nullptr if there is none.
    const Element* element(std::string_view attribute_name) const;
    /// True if the index holds `attribute` of those that have it, beside the vector; `table_key` is its table's.
    bool holds(std::string_view attribute_name, const KeySchema& table_key) const;
    /// True if a search can answer with the vector.
    bool projects_vector() const;
    /// True if `item` has something under the vector's name and, where there are partitions, belongs to one.
    bool covers(contracts::AttributeView item) const;
};

/// Throws aws::Error (ValidationException) if `item` has the index's attributes and they are not what it demands.
void check_vector(const VectorSchema& index, contracts::AttributeView item);

/// The number at the precision of indexes, 32-bit floating point; nothing if it is too large for it.
std::optional<float> float_of(contracts::AttributeView number);
/// The item's vector; nothing if it has none that the index can hold: the item may be older than the index.
std::optional<std::vector<float>> vector_of(const VectorSchema& index, contracts::AttributeView item);
/// What of `item` the index holds, beside the vector.
contracts::AttributeMap projected(const VectorSchema& index, const KeySchema& table_key,
                                  const contracts::AttributeMap& item);

/// True if `item` is in the index what `old` was.
bool same_entry(const VectorSchema& index, const KeySchema& table_key, const contracts::AttributeMap& old,
                const contracts::AttributeMap& item);

/// Bytes by which AWS meters one entry of the index, whose attributes beside the vector are `rest`.
size_t metered_bytes(const VectorSchema& index, contracts::AttributeView rest);
/// Bytes by which AWS meters the replacement of `old` by `item` in the index; either may be nullptr.
size_t metered_write(const VectorSchema& index, const KeySchema& table_key, const contracts::AttributeMap* old,
                     const contracts::AttributeMap* item);
/// What is metered at least.
constexpr size_t least_metered_bytes = 1024;

}  // namespace cumulet::dynamodb
