// GetObjectTagging, PutObjectTagging, DeleteObjectTagging.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html

#include "services/s3/rules.h"
#include "services/s3/service.h"

namespace cumulet::s3 {

using namespace aws::s3;

namespace {

Task<void> set_tags(store::Transaction& tx, std::string bucket_name, std::optional<std::string> expected_owner,
                    std::string key, std::map<std::string, std::string> tags) {
    const auto bucket = co_await load_bucket(tx, std::move(bucket_name), std::move(expected_owner));
    auto object = co_await load_object(tx, bucket, std::move(key));
    object.description.tags = std::move(tags);
    save_object(tx, bucket, object);
}

}  // namespace

Task<GetObjectTaggingOutput> Service::get_object_tagging(Call& call, GetObjectTaggingRequest request) {
    check_version(request.VersionId);
    const auto found = co_await find(request.Bucket, request.Key, request.ExpectedBucketOwner);
    GetObjectTaggingOutput output;
    output.TagSet = tag_set(found.object.description.tags);
    co_return output;
}

Task<PutObjectTaggingOutput> Service::put_object_tagging(Call& call, PutObjectTaggingRequest request) {
    check_version(request.VersionId);
    const auto tags = checked_tags(request.Tagging.TagSet, most_object_tags);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await set_tags(tx, request.Bucket, request.ExpectedBucketOwner, request.Key, tags);
    });
    co_return PutObjectTaggingOutput{};
}

Task<DeleteObjectTaggingOutput> Service::delete_object_tagging(Call& call, DeleteObjectTaggingRequest request) {
    check_version(request.VersionId);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        co_await set_tags(tx, request.Bucket, request.ExpectedBucketOwner, request.Key, {});
    });
    co_return DeleteObjectTaggingOutput{};
}

}  // namespace cumulet::s3
