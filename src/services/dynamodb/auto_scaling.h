// What auto scaling is told of a table's throughput. Kept beside the table, in each region that holds it.
#pragma once

#include "services/dynamodb/storage.h"

namespace cumulet::dynamodb {

/// The settings of a new replica begin with the table's own for writing, which all regions share.
Task<void> pass_on_scaling(store::Transaction& tx, Scope from, Scope to, std::string table);

}  // namespace cumulet::dynamodb
