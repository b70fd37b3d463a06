// Billing and throughput of a table and its indexes: what may be asked for, and how it is described. Pure.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
#pragma once

#include "contracts/dynamodb.h"

namespace cumulet::dynamodb {

/// Whose throughput it is: the table's where the name is "".
struct ThroughputOf {
    std::string index;
    std::string region;
};

/// Throws aws::Error for units that no account could have. The index is "" for a table.
void check_bounds(std::string_view index, const std::optional<aws::dynamodb::ProvisionedThroughput>& given);

/// The description of a new table's or index's provisioned throughput: zeros where it is billed on demand. Throws
/// LimitExceededException for more than an account has.
aws::dynamodb::ProvisionedThroughputDescription new_throughput(
    const ThroughputOf& whose, const std::optional<aws::dynamodb::ProvisionedThroughput>& given);

/// Changes it. Throws aws::Error if nothing changes, and LimitExceededException for what an account does not have and
/// for more decreases than a day allows.
void change_throughput(const ThroughputOf& whose, aws::dynamodb::ProvisionedThroughputDescription& throughput,
                       const aws::dynamodb::ProvisionedThroughput& wanted, Time now);
/// The description as it is at `now`: yesterday's decreases do not count.
void refresh_decreases(aws::dynamodb::ProvisionedThroughputDescription& throughput, Time now);

/// Applies maximums for billing on demand to those there are; in a change -1 takes one away. Throws aws::Error outside
/// their range and LimitExceededException for more than an account has.
void change_on_demand(const ThroughputOf& whose, std::optional<aws::dynamodb::OnDemandThroughput>& throughput,
                      const aws::dynamodb::OnDemandThroughput& wanted, bool is_new);

/// The throughput that is warm from the start: what is provisioned, or what AWS gives to every table on demand.
aws::dynamodb::TableWarmThroughputDescription initial_warmth(
    const aws::dynamodb::ProvisionedThroughputDescription& provisioned);
/// Applies `wanted` to `warm`. Throws aws::Error for less than there is.
void change_warmth(const ThroughputOf& whose, aws::dynamodb::TableWarmThroughputDescription& warm,
                   const aws::dynamodb::WarmThroughput& wanted, bool is_new);
/// What is provisioned is warm, and stays so.
void warm_up(aws::dynamodb::TableWarmThroughputDescription& warm,
             const aws::dynamodb::ProvisionedThroughputDescription& provisioned);

/// An index's warmth has the same members in a type of its own.
template <typename To, typename From>
To as_warmth(const From& warm) {
    return {.ReadUnitsPerSecond = warm.ReadUnitsPerSecond,
            .WriteUnitsPerSecond = warm.WriteUnitsPerSecond,
            .Status = warm.Status};
}

}  // namespace cumulet::dynamodb
