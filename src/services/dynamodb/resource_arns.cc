// Which ARN IAM evaluates for an operation.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
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
    const std::optional<std::string> index = static_cast<const Input*>(input)->IndexName;
    return table_arn<Input>(call, input) + (index ? "/index/" + *index : "");
}

/// The ARN that a request gives itself.
template <typename Input>
const std::string& member_of(const void* input, std::string Input::*member) {
    return static_cast<const Input*>(input)->*member;
}
template <auto member>
std::string given_arn(const Call&, const void* input) {
    return member_of(input, member);
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
        {"UpdateTableReplicaAutoScaling", table_arn<UpdateTableReplicaAutoScalingInput>},
        {"EnableKinesisStreamingDestination", table_arn<KinesisStreamingDestinationInput>},
        {"DisableKinesisStreamingDestination", table_arn<KinesisStreamingDestinationInput>},
        {"UpdateKinesisStreamingDestination", table_arn<UpdateKinesisStreamingDestinationInput>},
        {"DescribeKinesisStreamingDestination", table_arn<DescribeKinesisStreamingDestinationInput>},
        {"DescribeContributorInsights", index_arn<DescribeContributorInsightsInput>},
        {"UpdateContributorInsights", index_arn<UpdateContributorInsightsInput>},
        {"DescribeContinuousBackups", table_arn<DescribeContinuousBackupsInput>},
        {"UpdateContinuousBackups", table_arn<UpdateContinuousBackupsInput>},
        {"CreateBackup", table_arn<CreateBackupInput>},
        {"DescribeBackup", given_arn<&DescribeBackupInput::BackupArn>},
        {"DeleteBackup", given_arn<&DeleteBackupInput::BackupArn>},
        {"RestoreTableFromBackup", given_arn<&RestoreTableFromBackupInput::BackupArn>},
        {"RestoreTableToPointInTime", restored_from},
        {"ExportTableToPointInTime", given_arn<&ExportTableToPointInTimeInput::TableArn>},
        {"DescribeExport", given_arn<&DescribeExportInput::ExportArn>},
        {"ImportTable", imported_to},
        {"DescribeImport", given_arn<&DescribeImportInput::ImportArn>},
        {"PutResourcePolicy", given_arn<&PutResourcePolicyInput::ResourceArn>},
        {"GetResourcePolicy", given_arn<&GetResourcePolicyInput::ResourceArn>},
        {"DeleteResourcePolicy", given_arn<&DeleteResourcePolicyInput::ResourceArn>},
        {"Scan", index_arn<ScanInput>},
        {"SearchVectors", index_arn<SearchVectorsInput>},
        {"TagResource", given_arn<&TagResourceInput::ResourceArn>},
        {"UntagResource", given_arn<&UntagResourceInput::ResourceArn>},
        {"ListTagsOfResource", given_arn<&ListTagsOfResourceInput::ResourceArn>},
    };
    const auto found = arns.find(operation.name);
    return found == arns.end() ? "*" : found->second(call, input);
}

}  // namespace cumulet::dynamodb
