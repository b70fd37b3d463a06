// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html

#include "dispatch/actions.h"

#include "base/bytes.h"

namespace cumulet::dispatch {
namespace {

struct Exception {
    std::string_view service;
    std::string_view operation;
    std::string_view action;
};

constexpr Exception exceptions[] = {
    {"apigatewaymanagementapi", "DeleteConnection", "ManageConnections"},
    {"apigatewaymanagementapi", "GetConnection", "ManageConnections"},
    {"apigatewaymanagementapi", "PostToConnection", "ManageConnections"},
    // DynamoDB asks for these by the items they are about.
    {"dynamodb", "BatchExecuteStatement", ""},
    {"dynamodb", "BatchGetItem", ""},
    {"dynamodb", "BatchWriteItem", ""},
    {"dynamodb", "DeleteItem", ""},
    {"dynamodb", "ExecuteStatement", ""},
    {"dynamodb", "ExecuteTransaction", ""},
    {"dynamodb", "GetItem", ""},
    {"dynamodb", "PutItem", ""},
    {"dynamodb", "Query", ""},
    {"dynamodb", "TransactGetItems", ""},
    {"dynamodb", "TransactWriteItems", ""},
    {"dynamodb", "UpdateItem", ""},
    {"lambda", "Invoke", "InvokeFunction"},
    {"lambda", "InvokeAsync", "InvokeFunction"},
    {"lambda", "InvokeWithResponseStream", "InvokeFunction"},
    {"s3", "AbortMultipartUpload", "AbortMultipartUpload"},
    {"s3", "CompleteMultipartUpload", "PutObject"},
    {"s3", "CopyObject", "PutObject"},
    {"s3", "CreateMultipartUpload", "PutObject"},
    {"s3", "DeleteBucketCors", "PutBucketCORS"},
    {"s3", "DeleteBucketEncryption", "PutEncryptionConfiguration"},
    {"s3", "DeleteBucketLifecycle", "PutLifecycleConfiguration"},
    {"s3", "DeleteBucketTagging", "PutBucketTagging"},
    {"s3", "DeleteObjects", "DeleteObject"},
    {"s3", "GetBucketCors", "GetBucketCORS"},
    {"s3", "GetBucketEncryption", "GetEncryptionConfiguration"},
    {"s3", "GetBucketLifecycleConfiguration", "GetLifecycleConfiguration"},
    {"s3", "GetBucketNotificationConfiguration", "GetBucketNotification"},
    {"s3", "HeadBucket", "ListBucket"},
    {"s3", "HeadObject", "GetObject"},
    {"s3", "ListBuckets", "ListAllMyBuckets"},
    {"s3", "ListMultipartUploads", "ListBucketMultipartUploads"},
    {"s3", "ListObjects", "ListBucket"},
    {"s3", "ListObjectsV2", "ListBucket"},
    {"s3", "ListObjectVersions", "ListBucketVersions"},
    {"s3", "ListParts", "ListMultipartUploadParts"},
    {"s3", "PutBucketCors", "PutBucketCORS"},
    {"s3", "PutBucketEncryption", "PutEncryptionConfiguration"},
    {"s3", "PutBucketLifecycleConfiguration", "PutLifecycleConfiguration"},
    {"s3", "PutBucketNotificationConfiguration", "PutBucketNotification"},
    {"s3", "UploadPart", "PutObject"},
    {"s3", "UploadPartCopy", "PutObject"},
    {"sqs", "ChangeMessageVisibilityBatch", "ChangeMessageVisibility"},
    {"sqs", "DeleteMessageBatch", "DeleteMessage"},
    {"sqs", "SendMessageBatch", "SendMessage"},
};

}  // namespace

std::string iam_action(const contracts::Service& service, const contracts::Operation& operation) {
    // API Gateway's actions are the methods of its management calls.
    if (service.iam_prefix == "apigateway") return fmt::format("apigateway:{}", operation.method);
    for (const auto& exception : exceptions) {
        if (exception.service == service.name && exception.operation == operation.name) {
            if (exception.action.empty()) return "";
            return fmt::format("{}:{}", service.iam_prefix, exception.action);
        }
    }
    return fmt::format("{}:{}", service.iam_prefix, operation.name);
}

}  // namespace cumulet::dispatch
