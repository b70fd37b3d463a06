// The calls that bring one table to what its properties say: each setting by the operations that users have for it.
#pragma once

#include "contracts/client.h"
#include "services/dynamodb/resources/properties.h"

namespace cumulet::dynamodb {

class TableCalls {
  public:
    explicit TableCalls(contracts::Door& door) : client_(door) {}

    /// Creates the table as its properties say, unless an interrupted try of the same stack made it already.
    Task<void> create(Call& call, contracts::ResourceContext context, std::string table, json::object properties);
    /// The same, of files.
    Task<void> import(Call& call, contracts::ResourceContext context, std::string table, json::object properties);
    /// Brings the table from what it was to what it is to be.
    Task<void> change(Call& call, contracts::ResourceContext context, std::string table, json::object before,
                      json::object after);
    Task<void> remove(Call& call, std::string table);

    /// Billing, throughput and indexes.
    Task<void> set_throughput(Call& call, std::string table, json::object before, json::object after);
    Task<void> set_indexes(Call& call, std::string table, json::object before, json::object after);
    /// Settings that are changed by UpdateTable, each alone.
    Task<void> set_alone(Call& call, std::string table, json::object before, json::object after);
    /// `view`: "" for none.
    Task<void> set_stream(Call& call, std::string table, std::string view);
    Task<void> set_time_to_live(Call& call, std::string table, json::object specification);
    /// Settings that have operations of their own, but time to live and tags.
    Task<void> set_beside(Call& call, std::string table, json::object before, json::object after);
    Task<void> set_recovery(Call& call, std::string table, json::object before, json::object after);
    Task<void> set_insights(Call& call, std::string table, json::object before, json::object after);
    Task<void> set_kinesis(Call& call, std::string table, json::object before, json::object after);
    /// The policies of the table and of its stream.
    Task<void> set_policies(Call& call, std::string table, json::object before, json::object after);
    Task<void> set_tags(Call& call, std::string table, std::map<std::string, std::string> before,
                        std::map<std::string, std::string> after);

    Task<void> update(Call& call, std::string table, json::object members);
    Task<void> wait_until_at_rest(Call& call, std::string table);
    Task<contracts::Resource> describe(Call& call, std::string table);
    /// Nothing for a table that is gone.
    Task<std::optional<aws::dynamodb::TableDescription>> find(Call& call, std::string table);
    /// What auto scaling is told of the table's regions.
    Task<void> set_scaling(Call& call, json::object members);

  private:
    Task<void> run_import(Call& call, contracts::ResourceContext context, json::object members);
    Task<bool> made_by(Call& call, contracts::ResourceContext context, std::string arn);
    Task<void> set_policy(Call& call, std::string arn, json::object before, json::object after);

    aws::dynamodb::Client client_;
};

}  // namespace cumulet::dynamodb
