// Amazon S3: buckets of objects.
#pragma once

#include "contracts/resource.h"
#include "services/s3/body.h"
#include "services/s3/deliverer.h"

namespace cumulet::s3 {

class Service final : public aws::s3::Api {
  public:
    /// `blobs` is S3's alone: `sweep` removes what S3 does not name. `shared`: other processes may use the store too.
    Service(store::Store& store, store::Blobs& blobs, contracts::Door& door, bool shared = true);

    /// Removes blobs that a crash left without a name, and says how many. At start, by one process.
    Task<size_t> sweep();
    /// Makes due the notifications that a crash left undelivered. Before the first call, by one process.
    Task<void> recover();
    /// Begins to deliver notifications, on this reactor.
    void start();
    /// Ends it. Ends the waits of the whole store, so call it at shutdown only.
    Task<void> stop();

    // buckets.cc
    Task<aws::s3::CreateBucketOutput> create_bucket(Call& call, aws::s3::CreateBucketRequest request) override;
    Task<aws::s3::DeleteBucketResponse> delete_bucket(Call& call, aws::s3::DeleteBucketRequest request) override;
    Task<aws::s3::HeadBucketOutput> head_bucket(Call& call, aws::s3::HeadBucketRequest request) override;
    Task<aws::s3::ListBucketsOutput> list_buckets(Call& call, aws::s3::ListBucketsRequest request) override;
    Task<aws::s3::GetBucketLocationOutput> get_bucket_location(Call& call,
                                                               aws::s3::GetBucketLocationRequest request) override;

    // configuration.cc
    Task<aws::s3::GetBucketPolicyOutput> get_bucket_policy(Call& call,
                                                           aws::s3::GetBucketPolicyRequest request) override;
    Task<aws::s3::PutBucketPolicyResponse> put_bucket_policy(Call& call,
                                                             aws::s3::PutBucketPolicyRequest request) override;
    Task<aws::s3::DeleteBucketPolicyResponse> delete_bucket_policy(Call& call,
                                                                   aws::s3::DeleteBucketPolicyRequest request) override;
    Task<aws::s3::GetBucketPolicyStatusOutput> get_bucket_policy_status(
        Call& call, aws::s3::GetBucketPolicyStatusRequest request) override;
    Task<aws::s3::GetBucketTaggingOutput> get_bucket_tagging(Call& call,
                                                             aws::s3::GetBucketTaggingRequest request) override;
    Task<aws::s3::PutBucketTaggingResponse> put_bucket_tagging(Call& call,
                                                               aws::s3::PutBucketTaggingRequest request) override;
    Task<aws::s3::DeleteBucketTaggingResponse> delete_bucket_tagging(
        Call& call, aws::s3::DeleteBucketTaggingRequest request) override;
    Task<aws::s3::GetBucketEncryptionOutput> get_bucket_encryption(
        Call& call, aws::s3::GetBucketEncryptionRequest request) override;
    Task<aws::s3::PutBucketEncryptionResponse> put_bucket_encryption(
        Call& call, aws::s3::PutBucketEncryptionRequest request) override;
    Task<aws::s3::GetPublicAccessBlockOutput> get_public_access_block(
        Call& call, aws::s3::GetPublicAccessBlockRequest request) override;
    Task<aws::s3::PutPublicAccessBlockResponse> put_public_access_block(
        Call& call, aws::s3::PutPublicAccessBlockRequest request) override;
    Task<aws::s3::DeletePublicAccessBlockResponse> delete_public_access_block(
        Call& call, aws::s3::DeletePublicAccessBlockRequest request) override;
    Task<aws::s3::GetBucketOwnershipControlsOutput> get_bucket_ownership_controls(
        Call& call, aws::s3::GetBucketOwnershipControlsRequest request) override;
    Task<aws::s3::PutBucketOwnershipControlsResponse> put_bucket_ownership_controls(
        Call& call, aws::s3::PutBucketOwnershipControlsRequest request) override;
    Task<aws::s3::GetBucketVersioningOutput> get_bucket_versioning(
        Call& call, aws::s3::GetBucketVersioningRequest request) override;
    Task<aws::s3::GetBucketAclOutput> get_bucket_acl(Call& call, aws::s3::GetBucketAclRequest request) override;
    Task<aws::s3::GetObjectAclOutput> get_object_acl(Call& call, aws::s3::GetObjectAclRequest request) override;

    // absent.cc
    Task<aws::s3::GetBucketAccelerateConfigurationOutput> get_bucket_accelerate_configuration(
        Call& call, aws::s3::GetBucketAccelerateConfigurationRequest request) override;
    Task<aws::s3::GetBucketCorsOutput> get_bucket_cors(Call& call, aws::s3::GetBucketCorsRequest request) override;
    Task<aws::s3::GetBucketLifecycleConfigurationOutput> get_bucket_lifecycle_configuration(
        Call& call, aws::s3::GetBucketLifecycleConfigurationRequest request) override;
    Task<aws::s3::GetBucketLoggingOutput> get_bucket_logging(Call& call,
                                                             aws::s3::GetBucketLoggingRequest request) override;
    Task<aws::s3::GetBucketReplicationOutput> get_bucket_replication(
        Call& call, aws::s3::GetBucketReplicationRequest request) override;
    Task<aws::s3::GetBucketRequestPaymentOutput> get_bucket_request_payment(
        Call& call, aws::s3::GetBucketRequestPaymentRequest request) override;
    Task<aws::s3::GetBucketWebsiteOutput> get_bucket_website(Call& call,
                                                             aws::s3::GetBucketWebsiteRequest request) override;
    Task<aws::s3::GetObjectLockConfigurationOutput> get_object_lock_configuration(
        Call& call, aws::s3::GetObjectLockConfigurationRequest request) override;

    // notifications.cc
    Task<aws::s3::NotificationConfiguration> get_bucket_notification_configuration(
        Call& call, aws::s3::GetBucketNotificationConfigurationRequest request) override;
    Task<aws::s3::PutBucketNotificationConfigurationResponse> put_bucket_notification_configuration(
        Call& call, aws::s3::PutBucketNotificationConfigurationRequest request) override;

    // write.cc
    Task<aws::s3::PutObjectOutput> put_object(Call& call, aws::s3::PutObjectRequest request) override;
    Task<aws::s3::CopyObjectOutput> copy_object(Call& call, aws::s3::CopyObjectRequest request) override;
    Task<aws::s3::DeleteObjectOutput> delete_object(Call& call, aws::s3::DeleteObjectRequest request) override;
    Task<aws::s3::DeleteObjectsOutput> delete_objects(Call& call, aws::s3::DeleteObjectsRequest request) override;

    // read.cc
    Task<aws::s3::GetObjectOutput> get_object(Call& call, aws::s3::GetObjectRequest request) override;
    Task<aws::s3::HeadObjectOutput> head_object(Call& call, aws::s3::HeadObjectRequest request) override;
    Task<aws::s3::GetObjectAttributesOutput> get_object_attributes(
        Call& call, aws::s3::GetObjectAttributesRequest request) override;

    // list.cc
    Task<aws::s3::ListObjectsOutput> list_objects(Call& call, aws::s3::ListObjectsRequest request) override;
    Task<aws::s3::ListObjectsV2Output> list_objects_v2(Call& call, aws::s3::ListObjectsV2Request request) override;
    Task<aws::s3::ListMultipartUploadsOutput> list_multipart_uploads(
        Call& call, aws::s3::ListMultipartUploadsRequest request) override;

    // tagging.cc
    Task<aws::s3::GetObjectTaggingOutput> get_object_tagging(Call& call,
                                                             aws::s3::GetObjectTaggingRequest request) override;
    Task<aws::s3::PutObjectTaggingOutput> put_object_tagging(Call& call,
                                                             aws::s3::PutObjectTaggingRequest request) override;
    Task<aws::s3::DeleteObjectTaggingOutput> delete_object_tagging(
        Call& call, aws::s3::DeleteObjectTaggingRequest request) override;

    // uploads.cc
    Task<aws::s3::CreateMultipartUploadOutput> create_multipart_upload(
        Call& call, aws::s3::CreateMultipartUploadRequest request) override;
    Task<aws::s3::UploadPartOutput> upload_part(Call& call, aws::s3::UploadPartRequest request) override;
    Task<aws::s3::UploadPartCopyOutput> upload_part_copy(Call& call, aws::s3::UploadPartCopyRequest request) override;
    Task<aws::s3::ListPartsOutput> list_parts(Call& call, aws::s3::ListPartsRequest request) override;
    Task<aws::s3::AbortMultipartUploadOutput> abort_multipart_upload(
        Call& call, aws::s3::AbortMultipartUploadRequest request) override;

    // complete.cc
    Task<aws::s3::CompleteMultipartUploadOutput> complete_multipart_upload(
        Call& call, aws::s3::CompleteMultipartUploadRequest request) override;

    // authorization.cc
    std::string resource_of(const Call& call, const contracts::Operation& operation, const void* input) const override;
    Task<std::string> resource_policy(Call& call, std::string arn) override;

  private:
    /// An object as it was at one instant.
    struct Found {
        Object object;
        Content content;
    };

    // service.cc
    /// Throws NoSuchBucket, AccessDenied.
    Task<Bucket> bucket_of(std::string name, std::optional<std::string> expected_owner);
    Task<Found> find(std::string bucket, std::string key, std::optional<std::string> expected_owner);
    /// A slice of what was found, or of what has replaced it since if that is the same object still.
    Task<std::shared_ptr<ByteStream>> open(Found found, std::string bucket, Slice slice);
    /// What a transaction leaves to be done once it is committed.
    struct Written {
        Freed freed;
        std::vector<OutboxEntry> notices;
    };
    /// Saves the object if the conditions hold, and removes the blobs that it replaces, or its own if it is refused.
    /// `event` names how it came ("ObjectCreated:Put").
    Task<void> save(Call& call, std::string_view event, std::string bucket, std::optional<std::string> expected_owner,
                    Object object, Content content, std::optional<std::string> match,
                    std::optional<std::string> none_match);
    /// Where a transaction notes what it does to objects of the bucket, which outlives them.
    Notices notices(Call& call, const Bucket& bucket) { return Notices(call, bucket, deliverer_, sequencer_); }
    Task<void> settle(Written written);
    /// Removes blobs after the commit that freed them; what fails is left to the sweep.
    Task<void> drop(Freed blobs);
    /// Changes the tags of an object. `event` says how.
    Task<void> set_tags(Call& call, std::string_view event, std::string bucket,
                        std::optional<std::string> expected_owner, std::string key,
                        std::map<std::string, std::string> tags);
    /// Changes the bucket's record.
    template <typename Change>
    Task<void> change_bucket(std::string name, std::optional<std::string> expected_owner, Change change) {
        co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
            auto bucket = co_await load_bucket(tx, name, expected_owner);
            change(bucket);
            save_bucket(tx, bucket);
        });
    }
    /// Takes in a part and saves it.
    Task<Part> store_part(Call& call, std::string bucket, std::optional<std::string> expected_owner, Upload upload,
                          int32_t number, std::shared_ptr<ByteStream> body, Expected expected);

    store::Store& store_;
    store::Blobs& blobs_;
    TaskGroup tasks_;
    Sequencer sequencer_;
    Courier courier_;
    Deliverer deliverer_;
};

/// AWS::S3::Bucket and AWS::S3::BucketPolicy.
std::vector<std::unique_ptr<contracts::ResourceType>> resource_types(contracts::Door& door);

}  // namespace cumulet::s3
