// The part of AWS's catalogue of managed policies that applications of these services attach. What each allows are
// facts from AWS's managed policy reference; statements that differ only in Sid are joined.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html

#include "base/hash.h"
#include "base/json.h"
#include "services/iam/entity.h"

namespace cumulet::iam {
namespace {

struct Entry {
    std::string_view path;
    std::string_view name;
    std::vector<std::string_view> actions;
};

const std::vector<Entry>& entries() {
    static const std::vector<std::string_view> write_logs{"logs:CreateLogGroup", "logs:CreateLogStream",
                                                          "logs:PutLogEvents"};
    static const auto with_logs = [](std::vector<std::string_view> actions) {
        actions.insert(actions.end(), write_logs.begin(), write_logs.end());
        return actions;
    };
    static const std::vector<Entry> all{
        {"/", "AdministratorAccess", {"*"}},
        {"/", "AmazonDynamoDBFullAccess", {"dynamodb:*", "dax:*"}},
        {"/",
         "AmazonDynamoDBReadOnlyAccess",
         {"dynamodb:BatchGetItem", "dynamodb:Describe*", "dynamodb:GetItem", "dynamodb:GetResourcePolicy",
          "dynamodb:List*", "dynamodb:PartiQLSelect", "dynamodb:Query", "dynamodb:Scan"}},
        {"/", "AmazonS3FullAccess", {"s3:*", "s3-object-lambda:*"}},
        {"/",
         "AmazonS3ReadOnlyAccess",
         {"s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*"}},
        {"/", "AmazonSNSFullAccess", {"sns:*"}},
        {"/", "AmazonSQSFullAccess", {"sqs:*"}},
        {"/",
         "AmazonSQSReadOnlyAccess",
         {"sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListDeadLetterSourceQueues", "sqs:ListQueues",
          "sqs:ListMessageMoveTasks", "sqs:ListQueueTags"}},
        {"/",
         "AWSLambda_FullAccess",
         {"lambda:*", "logs:DescribeLogGroups", "iam:GetRole", "iam:ListRoles", "iam:PassRole"}},
        {"/",
         "AWSXRayDaemonWriteAccess",
         {"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets",
          "xray:GetSamplingStatisticSummaries"}},
        {"/",
         "AWSXrayWriteOnlyAccess",
         {"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets",
          "xray:GetSamplingStatisticSummaries"}},
        {"/", "CloudWatchLogsFullAccess", {"logs:*"}},
        {"/service-role/",
         "AmazonAPIGatewayPushToCloudWatchLogs",
         {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams",
          "logs:PutLogEvents", "logs:GetLogEvents", "logs:FilterLogEvents"}},
        {"/service-role/", "AWSLambdaBasicExecutionRole", write_logs},
        {"/service-role/", "AWSLambdaDynamoDBExecutionRole",
         with_logs(
             {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"})},
        {"/service-role/", "AWSLambdaKinesisExecutionRole",
         with_logs({"kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords",
                    "kinesis:GetShardIterator", "kinesis:ListShards", "kinesis:ListStreams",
                    "kinesis:SubscribeToShard"})},
        {"/service-role/", "AWSLambdaRole", {"lambda:InvokeFunction"}},
        {"/service-role/", "AWSLambdaSQSQueueExecutionRole",
         with_logs({"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"})},
        {"/service-role/", "AWSLambdaVPCAccessExecutionRole",
         with_logs({"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
                    "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"})},
    };
    return all;
}

ManagedPolicy make(const Entry& entry) {
    json::array actions;
    for (const auto action : entry.actions) actions.emplace_back(action);
    const json::object document{
        {"Version", "2012-10-17"},
        {"Statement",
         json::array{json::object{{"Effect", "Allow"}, {"Action", std::move(actions)}, {"Resource", "*"}}}}};
    ManagedPolicy policy;
    policy.account = "aws";
    policy.name = entry.name;
    policy.path = entry.path;
    auto digest = sha1(entry.name);
    policy.id = "ANPA";
    for (size_t i = 0; i < 17; ++i)
        policy.id += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[static_cast<uint8_t>(digest[i]) % 32];
    policy.created = policy.updated = Time(std::chrono::sys_days(std::chrono::year(2015) / 2 / 6));
    policy.versions[1] = {json::serialize(document), policy.created};
    return policy;
}

}  // namespace

const std::vector<ManagedPolicy>& aws_policies() {
    static const auto policies = [] {
        std::vector<ManagedPolicy> made;
        for (const auto& entry : entries()) made.push_back(make(entry));
        return made;
    }();
    return policies;
}

const ManagedPolicy* find_aws_policy(std::string_view arn) {
    if (!arn.starts_with("arn:aws:iam::aws:policy/")) return nullptr;
    const auto& all = aws_policies();
    const auto found = std::ranges::find(all, arn, &ManagedPolicy::arn);
    return found == all.end() ? nullptr : &*found;
}

}  // namespace cumulet::iam
