// How consistent a global table is over its regions: EVENTUAL, or STRONG with three regions, of which one may be a
// witness that holds no items. A write is one transaction over all regions either way; what is checked and described
// here is what DynamoDB demands of either mode.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/multi-region-strong-consistency-gt.html
#pragma once

#include "services/dynamodb/storage.h"

namespace cumulet::dynamodb {

/// Before replicas come and go. Throws aws::Error (ValidationException) for what DynamoDB refuses.
Task<void> check_consistency_mode(store::Transaction& tx, Scope scope, const DescribedTable& table,
                                  const aws::dynamodb::UpdateTableInput& request);

/// After they came or went: describes mode and witness in every region; saving `table` itself is left to the caller.
Task<void> describe_consistency_mode(store::Transaction& tx, Scope scope, DescribedTable& table,
                                     const aws::dynamodb::UpdateTableInput& request);

}  // namespace cumulet::dynamodb
