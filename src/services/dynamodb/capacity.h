// Capacity units as DynamoDB counts them.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/capacity-unit-calculations.html
#pragma once

#include "services/dynamodb/table.h"

namespace cumulet::dynamodb {

/// Units of one read of `size_bytes`: 4 KB each, half where it is not consistent; at least one step.
double read_units(size_t size_bytes, bool consistent);
/// Units of replacing `old` by `item` in the table: 1 KB of the larger each.
double write_units(const AttributeMap* old, const AttributeMap* item);

/// What a request consumed of one table.
struct Consumption {
    double table = 0;
    std::map<std::string, double> local_indexes;
    std::map<std::string, double> global_indexes;
    std::map<std::string, double> vector_bytes;  ///< written to vector indexes, which are metered beside the units

    /// Counts a write, in the table and its indexes; a transaction's has a `factor`, but not for vector indexes.
    void add_write(const Table& table_schema, const AttributeMap* old, const AttributeMap* item, double factor = 1);
    void add(const Consumption& other);
    double total() const;
    /// The answer to ReturnConsumedCapacity: nothing for NONE, the sum for TOTAL, each index for INDEXES.
    std::optional<aws::dynamodb::ConsumedCapacity> report(const std::optional<std::string>& mode,
                                                          const std::string& table_name) const;
};

/// The answer to ReturnItemCollectionMetrics, for tables with local indexes only. The size is AWS's coarsest estimate.
std::optional<aws::dynamodb::ItemCollectionMetrics> collection_metrics(const std::optional<std::string>& mode,
                                                                       const Table& table, AttributeView key);

/// The same for many writes: one entry per collection, by table.
class CollectionMetrics {
  public:
    explicit CollectionMetrics(std::optional<std::string> mode) : mode_(std::move(mode)) {}
    void add(const Table& table, AttributeView key);
    std::optional<std::map<std::string, std::vector<aws::dynamodb::ItemCollectionMetrics>>> report() &&;

  private:
    std::optional<std::string> mode_;
    std::map<std::string, std::vector<aws::dynamodb::ItemCollectionMetrics>> by_table_;
};

/// True if the request asks for consumed capacity.
bool wants_capacity(const std::optional<std::string>& mode);

}  // namespace cumulet::dynamodb
