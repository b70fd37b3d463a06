// What a request may say of a vector index that is to be made, and what tables tell of theirs. Pure.
#pragma once

#include "services/dynamodb/table.h"

namespace cumulet::dynamodb {

/// Adds the vector indexes that CreateTable asks for, without their numbers, to the table and its description. Throws
/// aws::Error for what DynamoDB refuses.
void add_vector_indexes(DescribedTable& table, const aws::dynamodb::CreateTableInput& request);

/// Begins one more, as UpdateTable asks, of a table that has items: it cannot be searched yet. `given` are the
/// request's definitions: every attribute of the search schema stands there again. Throws aws::Error for what DynamoDB
/// refuses.
void begin_vector_index(DescribedTable& table, const aws::dynamodb::CreateVectorIndexAction& wanted,
                        const std::optional<std::vector<aws::dynamodb::AttributeDefinition>>& given);

/// Throws aws::Error if an update says nothing, or too much. How many indexes come or go is not looked at.
void check_each_vector_change(const std::vector<aws::dynamodb::VectorIndexUpdate>& changes);

/// The index as requests and backups tell of it.
template <typename Told>
Told told(const aws::dynamodb::VectorIndexDescription& index) {
    Told told;
    told.IndexName = *index.IndexName;
    told.VectorAttribute = *index.VectorAttribute;
    told.SearchSchema = index.SearchSchema;
    told.Projection = *index.Projection;
    told.Dimensions = *index.Dimensions;
    told.DistanceFunction = *index.DistanceFunction;
    return told;
}

constexpr size_t max_vector_indexes = 5;
constexpr int64_t max_dimensions = 4096;
constexpr size_t max_inline_filters = 18;

}  // namespace cumulet::dynamodb
