// Which ARN IAM evaluates for an operation.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
#include "contracts/error.h"
#include "services/dynamodb/partiql/parser.h"
#include "services/dynamodb/service.h"

namespace cumulet::dynamodb {

namespace {

/// The ARN that IAM sees for an operation: its table, or "*".
template <typename Input>
std::string table_arn(const Call& call, const void* input) {
    const auto& name = static_cast<const Input*>(input)->TableName;
    return name.starts_with("arn:") ? name : call.arn("dynamodb", "table/" + name);
}

template <typename Input>
std::string index_arn(const Call& call, const void* input) {
    const auto& index = static_cast<const Input*>(input)->IndexName;
    return table_arn<Input>(call, input) + (index ? "/index/" + *index : "");
}

/// The one table that all parts of a request name, or "*" if there are several.
std::string only_arn(const Call& call, const std::set<std::string_view>& names) {
    if (names.size() != 1) return "*";
    const std::string name(*names.begin());
    return name.starts_with("arn:") ? name : call.arn("dynamodb", "table/" + name);
}

template <typename Input>
std::string batch_arn(const Call& call, const void* input) {
    std::set<std::string_view> names;
    for (const auto& [name, requests] : static_cast<const Input*>(input)->RequestItems) names.insert(name);
    return only_arn(call, names);
}

std::string gets_arn(const Call& call, const void* input) {
    std::set<std::string_view> names;
    for (const auto& item : static_cast<const TransactGetItemsInput*>(input)->TransactItems)
        names.insert(item.Get.TableName);
    return only_arn(call, names);
}

std::string writes_arn(const Call& call, const void* input) {
    std::set<std::string_view> names;
    for (const auto& item : static_cast<const TransactWriteItemsInput*>(input)->TransactItems) {
        if (item.ConditionCheck) names.insert(item.ConditionCheck->TableName);
        if (item.Put) names.insert(item.Put->TableName);
        if (item.Delete) names.insert(item.Delete->TableName);
        if (item.Update) names.insert(item.Update->TableName);
    }
    return only_arn(call, names);
}

std::string restored_from(const Call& call, const void* input) {
    const auto& request = *static_cast<const RestoreTableToPointInTimeInput*>(input);
    if (request.SourceTableArn) return *request.SourceTableArn;
    return call.arn("dynamodb", "table/" + request.SourceTableName.value_or("*"));
}

std::string imported_to(const Call& call, const void* input) {
    return call.arn("dynamodb",
                    "table/" + static_cast<const ImportTableInput*>(input)->TableCreationParameters.TableName);
}

/// The table or index that a statement is about, "" if it cannot be read: then it is refused anyway.
std::string statement_target(const std::string& text) {
    try {
        const auto statement = partiql::parse(text);
        return statement.table + (statement.index.empty() ? "" : "/index/" + statement.index);
    } catch (const aws::Error&) {
        return "";
    }
}

template <typename Statements>
std::string statements_arn(const Call& call, const Statements& statements) {
    std::set<std::string> targets;
    for (const auto& statement : statements) targets.insert(statement_target(statement.Statement));
    return only_arn(call, std::set<std::string_view>(targets.begin(), targets.end()));
}

}  // namespace

std::string Service::resource_of(const Call& call, const contracts::Operation& operation, const void* input) const {
    static const std::unordered_map<std::string_view, std::string (*)(const Call&, const void*)> arns = {
        {"CreateTable", table_arn<CreateTableInput>},
        {"DescribeTable", table_arn<DescribeTableInput>},
        {"UpdateTable", table_arn<UpdateTableInput>},
        {"DeleteTable", table_arn<DeleteTableInput>},
        {"DescribeTimeToLive", table_arn<DescribeTimeToLiveInput>},
        {"UpdateTimeToLive", table_arn<UpdateTimeToLiveInput>},
        {"DescribeTableReplicaAutoScaling", table_arn<DescribeTableReplicaAutoScalingInput>},
        {"EnableKinesisStreamingDestination", table_arn<KinesisStreamingDestinationInput>},
        {"DisableKinesisStreamingDestination", table_arn<KinesisStreamingDestinationInput>},
        {"UpdateKinesisStreamingDestination", table_arn<UpdateKinesisStreamingDestinationInput>},
        {"DescribeKinesisStreamingDestination", table_arn<DescribeKinesisStreamingDestinationInput>},
        {"DescribeContributorInsights", index_arn<DescribeContributorInsightsInput>},
        {"UpdateContributorInsights", index_arn<UpdateContributorInsightsInput>},
        {"DescribeContinuousBackups", table_arn<DescribeContinuousBackupsInput>},
        {"UpdateContinuousBackups", table_arn<UpdateContinuousBackupsInput>},
        {"CreateBackup", table_arn<CreateBackupInput>},
        {"DescribeBackup",
         [](const Call&, const void* in) { return static_cast<const DescribeBackupInput*>(in)->BackupArn; }},
        {"DeleteBackup",
         [](const Call&, const void* in) { return static_cast<const DeleteBackupInput*>(in)->BackupArn; }},
        {"RestoreTableFromBackup",
         [](const Call&, const void* in) { return static_cast<const RestoreTableFromBackupInput*>(in)->BackupArn; }},
        {"RestoreTableToPointInTime", restored_from},
        {"ExportTableToPointInTime",
         [](const Call&, const void* in) { return static_cast<const ExportTableToPointInTimeInput*>(in)->TableArn; }},
        {"DescribeExport",
         [](const Call&, const void* in) { return static_cast<const DescribeExportInput*>(in)->ExportArn; }},
        {"ImportTable", imported_to},
        {"DescribeImport",
         [](const Call&, const void* in) { return static_cast<const DescribeImportInput*>(in)->ImportArn; }},
        {"PutResourcePolicy",
         [](const Call&, const void* in) { return static_cast<const PutResourcePolicyInput*>(in)->ResourceArn; }},
        {"GetResourcePolicy",
         [](const Call&, const void* in) { return static_cast<const GetResourcePolicyInput*>(in)->ResourceArn; }},
        {"DeleteResourcePolicy",
         [](const Call&, const void* in) { return static_cast<const DeleteResourcePolicyInput*>(in)->ResourceArn; }},
        {"GetItem", table_arn<GetItemInput>},
        {"PutItem", table_arn<PutItemInput>},
        {"DeleteItem", table_arn<DeleteItemInput>},
        {"UpdateItem", table_arn<UpdateItemInput>},
        {"Query", index_arn<QueryInput>},
        {"Scan", index_arn<ScanInput>},
        {"BatchGetItem", batch_arn<BatchGetItemInput>},
        {"BatchWriteItem", batch_arn<BatchWriteItemInput>},
        {"TransactGetItems", gets_arn},
        {"ExecuteStatement",
         [](const Call& call, const void* in) {
             const std::string target = statement_target(static_cast<const ExecuteStatementInput*>(in)->Statement);
             return only_arn(call, {target});
         }},
        {"BatchExecuteStatement",
         [](const Call& call, const void* in) {
             return statements_arn(call, static_cast<const BatchExecuteStatementInput*>(in)->Statements);
         }},
        {"ExecuteTransaction",
         [](const Call& call, const void* in) {
             return statements_arn(call, static_cast<const ExecuteTransactionInput*>(in)->TransactStatements);
         }},
        {"TransactWriteItems", writes_arn},
        {"TagResource",
         [](const Call&, const void* in) { return static_cast<const TagResourceInput*>(in)->ResourceArn; }},
        {"UntagResource",
         [](const Call&, const void* in) { return static_cast<const UntagResourceInput*>(in)->ResourceArn; }},
        {"ListTagsOfResource",
         [](const Call&, const void* in) { return static_cast<const ListTagsOfResourceInput*>(in)->ResourceArn; }},
    };
    const auto found = arns.find(operation.name);
    return found == arns.end() ? "*" : found->second(call, input);
}

}  // namespace cumulet::dynamodb
