// The rows of vector indexes in the store, written together with the items they are of.
//
// A row's value is its vector, as 32-bit numbers of IEEE 754 one behind the other, little endian; then the stored form
// of the attributes that the index holds beside the vector. Its key stands in storage.h.
#pragma once

#include "services/dynamodb/storage.h"

namespace cumulet::dynamodb {

/// A row, inside bytes that live elsewhere.
struct VectorRow {
    std::string_view vector;
    AttributeView rest;
    VectorRow(const VectorSchema& index, std::string_view bytes);
};

/// Replaces in the table's vector indexes the rows of `old` by those of `item`; nullptr stands for no item.
void save_vectors(store::Transaction& tx, const Scope& scope, const Table& table, const AttributeMap* old,
                  const AttributeMap* item);
/// Makes the rows of `index` for the items behind `cursor` ("": from the first on), up to a bound. Where to go on;
/// nothing at the end.
Task<std::optional<std::string>> fill_vectors(store::Transaction& tx, Scope scope, const Table& table,
                                              const VectorSchema& index, std::string cursor);
void erase_vectors(store::Transaction& tx, const Scope& scope, const VectorSchema& index);
/// All rows of the index.
store::Range all_vectors(const Scope& scope, const VectorSchema& index);

/// The part of a table's record that tells of its vector indexes: a list.
void write_vectors(AttributeWriter& writer, const std::vector<VectorSchema>& indexes);
std::vector<VectorSchema> read_vectors(AttributeView list);

}  // namespace cumulet::dynamodb
