// Amazon DynamoDB: tables of items, found by key, changed and searched by expressions.
#pragma once

#include <atomic>

#include "contracts/client.h"
#include "contracts/dynamodb.h"
#include "contracts/resource.h"
#include "runtime/sync.h"
#include "services/dynamodb/due.h"
#include "services/dynamodb/throttle.h"
#include "services/dynamodb/update_table.h"
#include "services/dynamodb/work.h"

namespace cumulet::dynamodb {

using namespace aws::dynamodb;

struct KeyComparison;

/// What the service stands on beside its store, and what its operator chose.
struct Options {
    contracts::Door* door = nullptr;  ///< to S3, without which tables are neither exported nor imported
    contracts::Gate* gate = nullptr;  ///< where policies decide: asked for the parts of a request
    bool shared = false;              ///< other processes use the store too
    bool throttling = false;          ///< tables are held to their throughput
};

class Service final : public aws::dynamodb::Api, private contracts::Surface {
  public:
    explicit Service(store::Store& store, Options options = {});

    /// Goes on with the background work that an earlier process left unfinished, and begins what is due at a time.
    Task<void> start();
    /// Returns when no background work runs any more. Ends the waits of the whole store, so call it at shutdown only.
    Task<void> stop();
    /// Returns when all background work of this process is done that does not wait for a time: for tests.
    Task<void> settle() { return worker_.settle(); }
    /// Serves the developers' endpoint DELETE /_aws/dynamodb/expired, which removes expired items at once and answers
    /// how many have left since it was called last.
    contracts::Surface& developer_surface() { return *this; }
    static constexpr std::string_view expired_path = "/_aws/dynamodb/expired";

    // resource_arns.cc
    std::string resource_of(const Call& call, const contracts::Operation& operation, const void* input) const override;

    // tables.cc
    Task<CreateTableOutput> create_table(Call& call, CreateTableInput request) override;
    Task<DescribeTableOutput> describe_table(Call& call, DescribeTableInput request) override;
    Task<ListTablesOutput> list_tables(Call& call, ListTablesInput request) override;
    Task<UpdateTableOutput> update_table(Call& call, UpdateTableInput request) override;
    Task<DeleteTableOutput> delete_table(Call& call, DeleteTableInput request) override;

    // table_settings.cc
    Task<TagResourceResponse> tag_resource(Call& call, TagResourceInput request) override;
    Task<UntagResourceResponse> untag_resource(Call& call, UntagResourceInput request) override;
    Task<ListTagsOfResourceOutput> list_tags_of_resource(Call& call, ListTagsOfResourceInput request) override;

    // policies.cc
    Task<PutResourcePolicyOutput> put_resource_policy(Call& call, PutResourcePolicyInput request) override;
    Task<GetResourcePolicyOutput> get_resource_policy(Call& call, GetResourcePolicyInput request) override;
    Task<DeleteResourcePolicyOutput> delete_resource_policy(Call& call, DeleteResourcePolicyInput request) override;
    Task<std::string> resource_policy(Call& call, std::string arn) override;

    // backups/backups.cc
    Task<CreateBackupOutput> create_backup(Call& call, CreateBackupInput request) override;
    Task<DescribeBackupOutput> describe_backup(Call& call, DescribeBackupInput request) override;
    Task<ListBackupsOutput> list_backups(Call& call, ListBackupsInput request) override;
    Task<DeleteBackupOutput> delete_backup(Call& call, DeleteBackupInput request) override;

    // backups/restores.cc
    Task<RestoreTableFromBackupOutput> restore_table_from_backup(Call& call,
                                                                 RestoreTableFromBackupInput request) override;
    Task<RestoreTableToPointInTimeOutput> restore_table_to_point_in_time(
        Call& call, RestoreTableToPointInTimeInput request) override;

    // backups/recovery.cc
    Task<UpdateContinuousBackupsOutput> update_continuous_backups(Call& call,
                                                                  UpdateContinuousBackupsInput request) override;
    Task<DescribeContinuousBackupsOutput> describe_continuous_backups(Call& call,
                                                                      DescribeContinuousBackupsInput request) override;

    // transfer/exports.cc
    Task<ExportTableToPointInTimeOutput> export_table_to_point_in_time(Call& call,
                                                                       ExportTableToPointInTimeInput request) override;
    Task<DescribeExportOutput> describe_export(Call& call, DescribeExportInput request) override;
    Task<ListExportsOutput> list_exports(Call& call, ListExportsInput request) override;

    // transfer/imports.cc
    Task<ImportTableOutput> import_table(Call& call, ImportTableInput request) override;
    Task<DescribeImportOutput> describe_import(Call& call, DescribeImportInput request) override;
    Task<ListImportsOutput> list_imports(Call& call, ListImportsInput request) override;

    // time_to_live.cc
    Task<DescribeTimeToLiveOutput> describe_time_to_live(Call& call, DescribeTimeToLiveInput request) override;
    Task<UpdateTimeToLiveOutput> update_time_to_live(Call& call, UpdateTimeToLiveInput request) override;

    // global_tables.cc
    Task<CreateGlobalTableOutput> create_global_table(Call& call, CreateGlobalTableInput request) override;
    Task<DescribeGlobalTableOutput> describe_global_table(Call& call, DescribeGlobalTableInput request) override;
    Task<DescribeGlobalTableSettingsOutput> describe_global_table_settings(
        Call& call, DescribeGlobalTableSettingsInput request) override;
    Task<UpdateGlobalTableOutput> update_global_table(Call& call, UpdateGlobalTableInput request) override;
    Task<UpdateGlobalTableSettingsOutput> update_global_table_settings(Call& call,
                                                                       UpdateGlobalTableSettingsInput request) override;
    Task<ListGlobalTablesOutput> list_global_tables(Call& call, ListGlobalTablesInput request) override;

    // auto_scaling.cc
    Task<UpdateTableReplicaAutoScalingOutput> update_table_replica_auto_scaling(
        Call& call, UpdateTableReplicaAutoScalingInput request) override;
    Task<DescribeTableReplicaAutoScalingOutput> describe_table_replica_auto_scaling(
        Call& call, DescribeTableReplicaAutoScalingInput request) override;

    // kinesis_destinations.cc
    Task<KinesisStreamingDestinationOutput> enable_kinesis_streaming_destination(
        Call& call, KinesisStreamingDestinationInput request) override;
    Task<KinesisStreamingDestinationOutput> disable_kinesis_streaming_destination(
        Call& call, KinesisStreamingDestinationInput request) override;
    Task<UpdateKinesisStreamingDestinationOutput> update_kinesis_streaming_destination(
        Call& call, UpdateKinesisStreamingDestinationInput request) override;
    Task<DescribeKinesisStreamingDestinationOutput> describe_kinesis_streaming_destination(
        Call& call, DescribeKinesisStreamingDestinationInput request) override;

    // contributor_insights.cc
    Task<UpdateContributorInsightsOutput> update_contributor_insights(Call& call,
                                                                      UpdateContributorInsightsInput request) override;
    Task<DescribeContributorInsightsOutput> describe_contributor_insights(
        Call& call, DescribeContributorInsightsInput request) override;
    Task<ListContributorInsightsOutput> list_contributor_insights(Call& call,
                                                                  ListContributorInsightsInput request) override;

    // limits.cc
    Task<DescribeLimitsOutput> describe_limits(Call& call, DescribeLimitsInput request) override;
    Task<DescribeEndpointsResponse> describe_endpoints(Call& call, DescribeEndpointsRequest request) override;

    // items.cc
    Task<GetItemOutput> get_item(Call& call, GetItemInput request) override;
    Task<PutItemOutput> put_item(Call& call, PutItemInput request) override;
    Task<DeleteItemOutput> delete_item(Call& call, DeleteItemInput request) override;
    Task<UpdateItemOutput> update_item(Call& call, UpdateItemInput request) override;

    // query.cc, scan.cc
    Task<QueryOutput> query(Call& call, QueryInput request) override;
    Task<ScanOutput> scan(Call& call, ScanInput request) override;

    // vectors/search.cc
    Task<SearchVectorsOutput> search_vectors(Call& call, SearchVectorsInput request) override;

    // batches.cc
    Task<BatchGetItemOutput> batch_get_item(Call& call, BatchGetItemInput request) override;
    Task<BatchWriteItemOutput> batch_write_item(Call& call, BatchWriteItemInput request) override;

    // transactions.cc
    Task<TransactGetItemsOutput> transact_get_items(Call& call, TransactGetItemsInput request) override;
    Task<TransactWriteItemsOutput> transact_write_items(Call& call, TransactWriteItemsInput request) override;

    // statements.cc
    Task<ExecuteStatementOutput> execute_statement(Call& call, ExecuteStatementInput request) override;
    Task<BatchExecuteStatementOutput> batch_execute_statement(Call& call, BatchExecuteStatementInput request) override;
    Task<ExecuteTransactionOutput> execute_transaction(Call& call, ExecuteTransactionInput request) override;

  private:
    // time_to_live.cc
    Task<http::Response> serve(Call& call, http::Request request) override;
    Task<void> sweep_tokens(Call& call);  // transactions.cc
    // tables.cc
    Task<IndexWork> change_table(store::Transaction& tx, Call& call, DescribedTable& table, UpdateTableInput request,
                                 std::vector<Work>& begun);
    Task<void> build_index(Work work);  // index_work.cc
    Task<void> drop_index(Work work);
    Task<void> back_up(Work work);     // backups/backups.cc
    Task<void> restore(Work work);     // backups/restores.cc
    Task<void> drop_items(Work work);  // backups/removal.cc
    Task<void> drop_log(Work work);
    Task<void> export_items(Work work);  // transfer/export_work.cc
    Task<void> import_items(Work work);  // transfer/import_work.cc

    /// What IAM is asked about.
    struct Part {
        std::string action;       ///< "PutItem"
        std::string table;        ///< its name or ARN
        std::string index;        ///< "" for the table itself
        std::string leading_key;  ///< the value of the hash key, "" where none is named
        auto operator<=>(const Part&) const = default;
    };
    // permissions.cc
    /// True where policies decide about this caller.
    bool is_asked(const Call& call) const;
    Task<std::map<std::string, Table>> load_schemas(Call& call, std::set<std::string> names);
    Task<void> permit(Call& call, std::set<Part> parts, std::map<std::string, std::string> conditions);
    Task<void> permit_item(Call& call, std::string table, const AttributeMap& key,
                           std::optional<std::string> return_values = {});
    Task<void> permit_query(Call& call, const QueryInput& request, const std::vector<KeyComparison>& comparisons);
    Task<void> permit_parts(Call& call, const BatchGetItemInput& request);
    Task<void> permit_parts(Call& call, const BatchWriteItemInput& request);
    Task<void> permit_parts(Call& call, const TransactGetItemsInput& request);
    Task<void> permit_parts(Call& call, const TransactWriteItemsInput& request);
    Task<void> permit_statement(Call& call, std::string text, std::optional<std::vector<AttributeValue>> parameters);

    // statements.cc
    Task<BatchStatementResponse> run_member(Call& call, const BatchStatementRequest& request,
                                            std::optional<std::string> capacity_mode, Consumption& consumed);

    store::Store& store_;
    const Options options_;
    Throttle throttle_{options_.throttling};
    Worker worker_;
    DueWorker due_;
    KeyedLocks items_;
    std::atomic<Time> tokens_swept_{Time()};
};

/// What a table that is made by `call` says of itself.
void describe_arns(const Call& call, DescribedTable& table, const std::string& id);

/// What CloudFormation may create here: AWS::DynamoDB::Table.
std::vector<std::unique_ptr<contracts::ResourceType>> resource_types(contracts::Door& door);

}  // namespace cumulet::dynamodb
