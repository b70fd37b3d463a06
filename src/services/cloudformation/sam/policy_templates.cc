#include "services/cloudformation/sam/policy_templates.h"

#include <set>

#include "services/cloudformation/template/error.h"

namespace cumulet::cloudformation {

namespace {

/// Actions and resources are lists separated by spaces; "sqs:queue" style resources are completed to
/// arn:<partition>:<service>:<region>:<account>:<rest>, S3's to arn:<partition>:s3:::<rest>; "*" stays.
struct Statement {
    std::string_view actions;
    std::string_view resources;
};

struct PolicyTemplate {
    std::string_view name;
    std::vector<Statement> statements;
};

// A variable's name is the parameter's with a small first letter: ${queueName} is QueueName.
const std::vector<PolicyTemplate>& policy_templates() {
    static const std::vector<PolicyTemplate> table = {
        {"SQSPollerPolicy",
         {{"sqs:ChangeMessageVisibility sqs:ChangeMessageVisibilityBatch sqs:DeleteMessage sqs:DeleteMessageBatch "
           "sqs:GetQueueAttributes sqs:ReceiveMessage",
           "sqs:${queueName}"}}},
        {"SQSSendMessagePolicy", {{"sqs:SendMessage*", "sqs:${queueName}"}}},
        {"LambdaInvokePolicy", {{"lambda:InvokeFunction", "lambda:function:${functionName}*"}}},
        {"CloudWatchDescribeAlarmHistoryPolicy", {{"cloudwatch:DescribeAlarmHistory", "*"}}},
        {"CloudWatchPutMetricPolicy", {{"cloudwatch:PutMetricData", "*"}}},
        {"CloudWatchDashboardPolicy",
         {{"cloudwatch:GetDashboard cloudwatch:ListDashboards cloudwatch:PutDashboard cloudwatch:ListMetrics", "*"}}},
        {"EC2DescribePolicy", {{"ec2:DescribeRegions ec2:DescribeInstances", "*"}}},
        {"EC2CopyImagePolicy", {{"ec2:CopyImage", "ec2:image/${imageId}"}}},
        {"AMIDescribePolicy", {{"ec2:DescribeImages", "ec2:image/*"}}},
        {"VPCAccessPolicy",
         {{"ec2:CreateNetworkInterface ec2:DeleteNetworkInterface ec2:DescribeNetworkInterfaces "
           "ec2:DetachNetworkInterface",
           "*"}}},
        {"DynamoDBCrudPolicy",
         {{"dynamodb:GetItem dynamodb:DeleteItem dynamodb:PutItem dynamodb:Scan dynamodb:Query dynamodb:UpdateItem "
           "dynamodb:BatchWriteItem dynamodb:BatchGetItem dynamodb:DescribeTable dynamodb:ConditionCheckItem",
           "dynamodb:table/${tableName} dynamodb:table/${tableName}/index/*"}}},
        {"DynamoDBReadPolicy",
         {{"dynamodb:GetItem dynamodb:Scan dynamodb:Query dynamodb:BatchGetItem dynamodb:DescribeTable",
           "dynamodb:table/${tableName} dynamodb:table/${tableName}/index/*"}}},
        {"DynamoDBWritePolicy",
         {{"dynamodb:PutItem dynamodb:UpdateItem dynamodb:BatchWriteItem",
           "dynamodb:table/${tableName} dynamodb:table/${tableName}/index/*"}}},
        {"DynamoDBReconfigurePolicy", {{"dynamodb:UpdateTable", "dynamodb:table/${tableName}"}}},
        {"DynamoDBStreamReadPolicy",
         {{"dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator",
           "dynamodb:table/${tableName}/stream/${streamName}"},
          {"dynamodb:ListStreams", "dynamodb:table/${tableName}/stream/*"}}},
        {"DynamoDBBackupFullAccessPolicy",
         {{"dynamodb:CreateBackup dynamodb:DescribeContinuousBackups", "dynamodb:table/${tableName}"},
          {"dynamodb:DeleteBackup dynamodb:DescribeBackup dynamodb:ListBackups",
           "dynamodb:table/${tableName}/backup/*"}}},
        {"DynamoDBRestoreFromBackupPolicy",
         {{"dynamodb:RestoreTableFromBackup", "dynamodb:table/${tableName}/backup/*"},
          {"dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem dynamodb:GetItem dynamodb:Query dynamodb:Scan "
           "dynamodb:BatchWriteItem",
           "dynamodb:table/${tableName}"}}},
        {"S3ReadPolicy",
         {{"s3:GetObject s3:ListBucket s3:GetBucketLocation s3:GetObjectVersion s3:GetLifecycleConfiguration",
           "s3:${bucketName} s3:${bucketName}/*"}}},
        {"S3WritePolicy",
         {{"s3:PutObject s3:PutObjectAcl s3:PutLifecycleConfiguration", "s3:${bucketName} s3:${bucketName}/*"}}},
        {"S3CrudPolicy",
         {{"s3:GetObject s3:ListBucket s3:GetBucketLocation s3:GetObjectVersion s3:PutObject s3:PutObjectAcl "
           "s3:GetLifecycleConfiguration s3:PutLifecycleConfiguration s3:DeleteObject",
           "s3:${bucketName} s3:${bucketName}/*"}}},
        {"S3FullAccessPolicy",
         {{"s3:GetObject s3:GetObjectAcl s3:GetObjectVersion s3:PutObject s3:PutObjectAcl s3:DeleteObject "
           "s3:DeleteObjectTagging s3:DeleteObjectVersionTagging s3:GetObjectTagging s3:GetObjectVersionTagging "
           "s3:PutObjectTagging s3:PutObjectVersionTagging",
           "s3:${bucketName}/*"},
          {"s3:ListBucket s3:GetBucketLocation s3:GetLifecycleConfiguration s3:PutLifecycleConfiguration",
           "s3:${bucketName}"}}},
        {"SNSPublishMessagePolicy", {{"sns:Publish", "sns:${topicName}"}}},
        {"SNSCrudPolicy",
         {{"sns:ListSubscriptionsByTopic sns:CreateTopic sns:SetTopicAttributes sns:Subscribe sns:Publish",
           "sns:${topicName}*"}}},
        {"SESSendBouncePolicy", {{"ses:SendBounce", "ses:identity/${identityName}"}}},
        {"SESCrudPolicy",
         {{"ses:GetIdentityVerificationAttributes ses:SendEmail ses:SendRawEmail ses:VerifyEmailIdentity",
           "ses:identity/${identityName}"}}},
        {"SESBulkTemplatedCrudPolicy",
         {{"ses:GetIdentityVerificationAttributes ses:SendEmail ses:SendRawEmail ses:SendTemplatedEmail "
           "ses:SendBulkTemplatedEmail ses:VerifyEmailIdentity",
           "ses:identity/${identityName}"}}},
        {"SESEmailTemplateCrudPolicy",
         {{"ses:CreateTemplate ses:GetTemplate ses:ListTemplates ses:UpdateTemplate ses:DeleteTemplate "
           "ses:TestRenderTemplate",
           "*"}}},
        {"KinesisStreamReadPolicy",
         {{"kinesis:ListStreams kinesis:DescribeLimits", "kinesis:stream/*"},
          {"kinesis:DescribeStream kinesis:DescribeStreamSummary kinesis:GetRecords kinesis:GetShardIterator",
           "kinesis:stream/${streamName}"}}},
        {"KinesisCrudPolicy",
         {{"kinesis:AddTagsToStream kinesis:CreateStream kinesis:DecreaseStreamRetentionPeriod kinesis:DeleteStream "
           "kinesis:DescribeStream kinesis:DescribeStreamSummary kinesis:GetShardIterator "
           "kinesis:IncreaseStreamRetentionPeriod kinesis:ListTagsForStream kinesis:MergeShards kinesis:PutRecord "
           "kinesis:PutRecords kinesis:SplitShard kinesis:RemoveTagsFromStream",
           "kinesis:stream/${streamName}"}}},
        {"FirehoseWritePolicy",
         {{"firehose:PutRecord firehose:PutRecordBatch", "firehose:deliverystream/${deliveryStreamName}"}}},
        {"FirehoseCrudPolicy",
         {{"firehose:CreateDeliveryStream firehose:DeleteDeliveryStream firehose:DescribeDeliveryStream "
           "firehose:PutRecord "
           "firehose:PutRecordBatch firehose:UpdateDestination",
           "firehose:deliverystream/${deliveryStreamName}"}}},
        {"KMSDecryptPolicy", {{"kms:Decrypt", "kms:key/${keyId}"}}},
        {"KMSEncryptPolicy", {{"kms:Encrypt", "kms:key/${keyId}"}}},
        {"AWSSecretsManagerGetSecretValuePolicy", {{"secretsmanager:GetSecretValue", "${secretArn}"}}},
        {"SSMParameterReadPolicy",
         {{"ssm:DescribeParameters", "*"},
          {"ssm:GetParameters ssm:GetParameter ssm:GetParametersByPath", "ssm:parameter/${parameterName}"}}},
        {"SSMParameterWithSlashPrefixReadPolicy",
         {{"ssm:DescribeParameters", "*"},
          {"ssm:GetParameters ssm:GetParameter ssm:GetParametersByPath", "ssm:parameter${parameterName}"}}},
        {"StepFunctionsExecutionPolicy", {{"states:StartExecution", "states:stateMachine:${stateMachineName}"}}},
        {"EventBridgePutEventsPolicy", {{"events:PutEvents", "events:event-bus/${eventBusName}"}}},
        {"FilterLogEventsPolicy", {{"logs:FilterLogEvents", "logs:log-group:${logGroupName}:log-stream:*"}}},
        {"CloudFormationDescribeStacksPolicy", {{"cloudformation:DescribeStacks", "cloudformation:stack/*"}}},
        {"ElasticsearchHttpPostPolicy", {{"es:ESHttpPost es:ESHttpPut", "es:domain/${domainName}/*"}}},
        {"EKSDescribePolicy", {{"eks:DescribeCluster eks:ListClusters", "*"}}},
        {"AthenaQueryPolicy",
         {{"athena:ListWorkGroups athena:GetExecutionEngine athena:GetExecutionEngines athena:GetNamespace "
           "athena:GetCatalogs athena:GetNamespaces athena:GetTables athena:GetTable",
           "*"},
          {"athena:StartQueryExecution athena:GetQueryResults athena:DeleteNamedQuery athena:GetNamedQuery "
           "athena:ListQueryExecutions athena:StopQueryExecution athena:GetQueryResultsStream athena:ListNamedQueries "
           "athena:CreateNamedQuery athena:GetQueryExecution athena:BatchGetNamedQuery athena:BatchGetQueryExecution "
           "athena:GetWorkGroup",
           "athena:workgroup/${workGroupName}"}}},
        {"CodePipelineLambdaExecutionPolicy",
         {{"codepipeline:PutJobSuccessResult codepipeline:PutJobFailureResult", "*"}}},
        {"CodePipelineReadOnlyPolicy", {{"codepipeline:ListPipelineExecutions", "codepipeline:${pipelineName}"}}},
        {"CostExplorerReadOnlyPolicy",
         {{"ce:GetCostAndUsage ce:GetDimensionValues ce:GetReservationCoverage ce:GetReservationPurchaseRecommendation "
           "ce:GetReservationUtilization ce:GetTags",
           "*"}}},
        {"OrganizationsListAccountsPolicy", {{"organizations:ListAccounts", "*"}}},
        {"RekognitionDetectOnlyPolicy",
         {{"rekognition:DetectFaces rekognition:DetectLabels rekognition:DetectModerationLabels rekognition:DetectText",
           "*"}}},
        {"RekognitionFacesPolicy", {{"rekognition:CompareFaces rekognition:DetectFaces", "*"}}},
        {"RekognitionLabelsPolicy", {{"rekognition:DetectLabels rekognition:DetectModerationLabels", "*"}}},
        {"RekognitionReadPolicy",
         {{"rekognition:ListCollections rekognition:ListFaces rekognition:SearchFaces rekognition:SearchFacesByImage",
           "rekognition:collection/${collectionId}"}}},
        {"TextractPolicy", {{"textract:*", "*"}}},
        {"TextractDetectAnalyzePolicy",
         {{"textract:DetectDocumentText textract:StartDocumentTextDetection textract:StartDocumentAnalysis "
           "textract:AnalyzeDocument",
           "*"}}},
        {"TextractGetResultPolicy", {{"textract:GetDocumentTextDetection textract:GetDocumentAnalysis", "*"}}},
    };
    return table;
}

const PolicyTemplate* find_template(std::string_view name) {
    const auto& table = policy_templates();
    const auto found = std::ranges::find(table, name, &PolicyTemplate::name);
    return found == table.end() ? nullptr : &*found;
}

std::vector<std::string_view> words(std::string_view text) {
    std::vector<std::string_view> result;
    while (!text.empty()) {
        const auto space = text.find(' ');
        result.push_back(text.substr(0, space));
        text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    }
    return result;
}

std::vector<std::string> variables_in(std::string_view text) {
    std::vector<std::string> names;
    for (size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 1)) {
        names.emplace_back(text.substr(at + 2, text.find('}', at) - at - 2));
    }
    return names;
}

std::string parameter_name(std::string variable) {
    variable[0] = static_cast<char>(toupper(static_cast<unsigned char>(variable[0])));
    return variable;
}

json::value resource_value(std::string_view resource, const json::object& parameters) {
    if (resource == "*") return json::string("*");
    std::string pattern(resource);
    if (!resource.starts_with("${")) {
        const auto colon = resource.find(':');
        const auto service = resource.substr(0, colon), rest = resource.substr(colon + 1);
        pattern = service == "s3" ? fmt::format("arn:${{AWS::Partition}}:s3:::{}", rest)
                                  : fmt::format("arn:${{AWS::Partition}}:{}:${{AWS::Region}}:${{AWS::AccountId}}:{}",
                                                service, rest);
    }
    const auto variables = variables_in(resource);
    if (variables.empty()) return json::object{{"Fn::Sub", pattern}};
    json::object values;
    for (const auto& variable : variables) values[variable] = parameters.at(parameter_name(variable));
    return json::object{{"Fn::Sub", json::array{pattern, values}}};
}

std::set<std::string> parameters_of(const PolicyTemplate& policy) {
    std::set<std::string> names;
    for (const auto& statement : policy.statements) {
        for (auto& variable : variables_in(statement.resources)) names.insert(parameter_name(std::move(variable)));
    }
    return names;
}

}  // namespace

bool is_policy_template(std::string_view name) { return find_template(name) != nullptr; }

json::array policy_template_statements(std::string_view name, const json::object& parameters) {
    const auto* policy = find_template(name);
    if (!policy) refuse("Must specify valid parameter values for policy template '{}'", name);
    const auto expected = parameters_of(*policy);
    for (const auto& parameter : expected) {
        if (!parameters.contains(parameter)) {
            refuse("Following required parameters of template '{}' don't have values: ['{}']", name, parameter);
        }
    }
    json::array statements;
    for (const auto& [actions, resources] : policy->statements) {
        json::array action_list, resource_list;
        for (const auto action : words(actions)) action_list.emplace_back(action);
        for (const auto resource : words(resources)) resource_list.push_back(resource_value(resource, parameters));
        json::object statement{{"Effect", "Allow"}, {"Action", std::move(action_list)}};
        if (resource_list.size() == 1) {
            statement["Resource"] = json::value(std::move(resource_list[0]));
        } else {
            statement["Resource"] = std::move(resource_list);
        }
        statements.push_back(std::move(statement));
    }
    return statements;
}

std::string managed_policy_arn(std::string_view name) {
    static constexpr std::string_view service_role[] = {"AWSLambdaBasicExecutionRole",
                                                        "AWSLambdaSQSQueueExecutionRole",
                                                        "AWSLambdaDynamoDBExecutionRole",
                                                        "AWSLambdaKinesisExecutionRole",
                                                        "AWSLambdaVPCAccessExecutionRole",
                                                        "AWSLambdaMSKExecutionRole",
                                                        "AmazonAPIGatewayPushToCloudWatchLogs",
                                                        "AWSLambdaRole",
                                                        "AmazonS3ObjectLambdaExecutionRolePolicy"};
    const bool in_service_role = std::ranges::find(service_role, name) != std::end(service_role);
    return fmt::format("arn:aws:iam::aws:policy/{}{}", in_service_role ? "service-role/" : "", name);
}

}  // namespace cumulet::cloudformation
