// GetObjectTagging, PutObjectTagging, DeleteObjectTagging.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html

#include "services/s3/rules.h"
#include "services/s3/service.h"

namespace cumulet::s3 {

using namespace aws::s3;

Task<void> Service::set_tags(Call& call, std::string_view event, std::string bucket_name,
                             std::optional<std::string> expected_owner, std::string key,
                             std::map<std::string, std::string> tags) {
    auto written = co_await store_.transact([&](store::Transaction& tx) -> Task<Written> {
        const auto bucket = co_await load_bucket(tx, bucket_name, expected_owner);
        auto object = co_await load_object(tx, bucket, key);
        object.description.tags = tags;
        save_object(tx, bucket, object);
        auto told = notices(call, bucket);
        told.add(tx, event, object);
        co_return Written{{}, std::move(told).take()};
    });
    co_await settle(std::move(written));
}

Task<GetObjectTaggingOutput> Service::get_object_tagging(Call& call, GetObjectTaggingRequest request) {
    check_version(request.VersionId);
    const auto found = co_await find(request.Bucket, request.Key, request.ExpectedBucketOwner);
    GetObjectTaggingOutput output;
    output.TagSet = tag_set(found.object.description.tags);
    co_return output;
}

Task<PutObjectTaggingOutput> Service::put_object_tagging(Call& call, PutObjectTaggingRequest request) {
    check_version(request.VersionId);
    auto tags = checked_tags(request.Tagging.TagSet, most_object_tags);
    co_await set_tags(call, "ObjectTagging:Put", request.Bucket, request.ExpectedBucketOwner, request.Key,
                      std::move(tags));
    co_return PutObjectTaggingOutput{};
}

Task<DeleteObjectTaggingOutput> Service::delete_object_tagging(Call& call, DeleteObjectTaggingRequest request) {
    check_version(request.VersionId);
    co_await set_tags(call, "ObjectTagging:Delete", request.Bucket, request.ExpectedBucketOwner, request.Key, {});
    co_return DeleteObjectTaggingOutput{};
}

}  // namespace cumulet::s3
