// Configurations that no bucket here has: what S3 answers who asks for them.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html

#include "services/s3/errors.h"
#include "services/s3/service.h"

namespace cumulet::s3 {

using namespace aws::s3;

namespace {

Detailed<> absent(std::string code, std::string message, std::string bucket) {
    return error(std::move(code), std::move(message), 404, {.BucketName = std::move(bucket)});
}

}  // namespace

Task<GetBucketAccelerateConfigurationOutput> Service::get_bucket_accelerate_configuration(
    Call& call, GetBucketAccelerateConfigurationRequest request) {
    co_await bucket_of(request.Bucket, request.ExpectedBucketOwner);
    co_return GetBucketAccelerateConfigurationOutput{};
}

Task<GetBucketCorsOutput> Service::get_bucket_cors(Call& call, GetBucketCorsRequest request) {
    co_await bucket_of(request.Bucket, request.ExpectedBucketOwner);
    throw absent("NoSuchCORSConfiguration", "The CORS configuration does not exist", request.Bucket);
}

Task<GetBucketLifecycleConfigurationOutput> Service::get_bucket_lifecycle_configuration(
    Call& call, GetBucketLifecycleConfigurationRequest request) {
    co_await bucket_of(request.Bucket, request.ExpectedBucketOwner);
    throw absent("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist", request.Bucket);
}

Task<GetBucketLoggingOutput> Service::get_bucket_logging(Call& call, GetBucketLoggingRequest request) {
    co_await bucket_of(request.Bucket, request.ExpectedBucketOwner);
    co_return GetBucketLoggingOutput{};
}

Task<GetBucketReplicationOutput> Service::get_bucket_replication(Call& call, GetBucketReplicationRequest request) {
    co_await bucket_of(request.Bucket, request.ExpectedBucketOwner);
    throw absent("ReplicationConfigurationNotFoundError", "The replication configuration was not found",
                 request.Bucket);
}

Task<GetBucketRequestPaymentOutput> Service::get_bucket_request_payment(Call& call,
                                                                        GetBucketRequestPaymentRequest request) {
    co_await bucket_of(request.Bucket, request.ExpectedBucketOwner);
    co_return GetBucketRequestPaymentOutput{.Payer = "BucketOwner"};
}

Task<GetBucketWebsiteOutput> Service::get_bucket_website(Call& call, GetBucketWebsiteRequest request) {
    co_await bucket_of(request.Bucket, request.ExpectedBucketOwner);
    throw absent("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration",
                 request.Bucket);
}

Task<GetObjectLockConfigurationOutput> Service::get_object_lock_configuration(
    Call& call, GetObjectLockConfigurationRequest request) {
    co_await bucket_of(request.Bucket, request.ExpectedBucketOwner);
    throw absent("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket",
                 request.Bucket);
}

}  // namespace cumulet::s3
