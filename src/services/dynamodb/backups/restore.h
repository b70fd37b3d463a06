// What a restored table looks like: the table it comes from, and what the request wants otherwise. Pure.
#pragma once

#include "services/dynamodb/table.h"

namespace cumulet::dynamodb {

/// The members that both ways of restoring share.
struct RestoreOverrides {
    std::optional<std::string> billing_mode;
    std::optional<std::vector<aws::dynamodb::GlobalSecondaryIndex>> global_indexes;
    std::optional<std::vector<aws::dynamodb::LocalSecondaryIndex>> local_indexes;
    std::optional<std::vector<aws::dynamodb::VectorIndex>> vector_indexes;
    std::optional<aws::dynamodb::ProvisionedThroughput> throughput;
    std::optional<aws::dynamodb::OnDemandThroughput> on_demand;
    std::optional<aws::dynamodb::SSESpecification> encryption;
};

template <typename Request>
RestoreOverrides overrides_of(const Request& request) {
    return {.billing_mode = request.BillingModeOverride,
            .global_indexes = request.GlobalSecondaryIndexOverride,
            .local_indexes = request.LocalSecondaryIndexOverride,
            .vector_indexes = request.VectorIndexOverride,
            .throughput = request.ProvisionedThroughputOverride,
            .on_demand = request.OnDemandThroughputOverride,
            .encryption = request.SSESpecificationOverride};
}

/// The table that is to be created. Throws aws::Error for what DynamoDB refuses. Streams, tags, time to live,
/// protection and class are not restored.
aws::dynamodb::CreateTableInput restored_table(const aws::dynamodb::TableDescription& source, std::string name,
                                               const RestoreOverrides& overrides);

}  // namespace cumulet::dynamodb
