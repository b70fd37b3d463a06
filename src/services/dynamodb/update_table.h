// What UpdateTable makes of a table. Pure.
#pragma once

#include "services/dynamodb/table.h"

namespace cumulet::dynamodb {

/// What is left to do in the background; "" for nothing.
struct IndexWork {
    std::string build;  ///< the index to fill from the table's items
    std::string drop;   ///< the index to take away
};

/// Throws aws::Error if `request` asks for nothing, or for changes that do not go together. Needs no table.
void check_update(const aws::dynamodb::UpdateTableInput& request);

/// Applies `request` to `table`: billing, throughput, encryption, class, protection, indexes. A new index has no number
/// yet. Throws aws::Error for what DynamoDB refuses.
IndexWork update_table(DescribedTable& table, const aws::dynamodb::UpdateTableInput& request, const std::string& region,
                       const std::string& account, Time now);

/// Ends the making of an index: it may be read from now on.
void finish_index(DescribedTable& table, std::string_view index);
/// Takes an index away, and the definitions of attributes that were its alone.
void remove_index(DescribedTable& table, std::string_view index);

}  // namespace cumulet::dynamodb
