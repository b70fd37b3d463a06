// PutObject, CopyObject, DeleteObject, DeleteObjects.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html

#include "services/s3/request.h"
#include "services/s3/service.h"

namespace cumulet::s3 {

using namespace aws::s3;

namespace {

constexpr size_t most_deletions = 1000;
constexpr size_t most_freed = 20'000;  // in one transaction, which may write 100,000 keys

/// A copy of an object onto itself must change something.
/// Throws InvalidRequest.
void check_copy_changes(const CopyObjectRequest& request, const CopySource& source) {
    const bool changes = request.MetadataDirective.value_or("COPY") == "REPLACE" || request.StorageClass ||
                         request.WebsiteRedirectLocation || request.ServerSideEncryption || request.ChecksumAlgorithm;
    if (source.bucket != request.Bucket || source.key != request.Key || changes) return;
    throw invalid_request(
        "This copy request is illegal because it is trying to copy an object to itself without changing "
        "the object's metadata, storage class, website redirect location or encryption attributes.");
}

/// The source's description, except for what the directives say is the request's.
Description copied_description(const Call& call, const CopyObjectRequest& request, const Description& source) {
    auto own = description_in(call, request);
    Description description = request.MetadataDirective.value_or("COPY") == "REPLACE" ? own : source;
    description.headers.erase("x-amz-website-redirect-location");
    if (request.WebsiteRedirectLocation) {
        description.headers["x-amz-website-redirect-location"] = *request.WebsiteRedirectLocation;
    }
    description.tags = request.TaggingDirective.value_or("COPY") == "REPLACE" ? own.tags : source.tags;
    description.storage_class = own.storage_class;
    return description;
}

Object object_of(Call& call, std::string key, Description description, const Received& received) {
    Object object;
    object.key = std::move(key);
    object.size_bytes = received.size_bytes;
    object.etag = received.md5_hex;
    object.modified = whole_seconds(call.now());
    object.description = std::move(description);
    object.checksum = received.checksum;
    return object;
}

/// Unverified: removing what is not there is no event.
Task<void> tell_of_removal(store::Transaction& tx, Notices& told, const Bucket& bucket, std::string key) {
    constexpr std::string_view event = "ObjectRemoved:Delete";
    if (!told.wanted(event, key) || !co_await find_object(tx, bucket, key)) co_return;
    told.add_removal(tx, event, std::move(key));
}

}  // namespace

Task<PutObjectOutput> Service::put_object(Call& call, PutObjectRequest request) {
    check_key(request.Key);
    refuse_unbuilt(call, request);
    refuse_acl(call, request);
    auto description = description_in(call, request);
    co_await bucket_of(request.Bucket, request.ExpectedBucketOwner);

    auto received = co_await receive(blobs_, request.Body, expected_in(request));
    const auto object = object_of(call, request.Key, std::move(description), received);
    co_await save(call, "ObjectCreated:Put", request.Bucket, request.ExpectedBucketOwner, object,
                  std::move(received.content), request.IfMatch, request.IfNoneMatch);

    PutObjectOutput output;
    output.ETag = quote_etag(object.etag);
    output.ServerSideEncryption = "AES256";
    set_checksum(output, object.checksum);
    co_return output;
}

Task<CopyObjectOutput> Service::copy_object(Call& call, CopyObjectRequest request) {
    check_key(request.Key);
    refuse_unbuilt(call, request);
    refuse_acl(call, request);
    if (request.CopySourceSSECustomerKey) throw not_implemented(call, "CopySourceSSECustomerKey");
    const auto place = parse_copy_source(request.CopySource);
    check_copy_changes(request, place);
    co_await bucket_of(request.Bucket, request.ExpectedBucketOwner);
    auto source = co_await find(place.bucket, place.key, request.ExpectedSourceBucketOwner);
    check_copy_conditions(copy_conditions(request), source.object);
    if (source.object.size_bytes > longest_body_bytes) {
        throw invalid_request(
            fmt::format("The specified copy source is larger than the maximum allowable size for a copy "
                        "source: {}",
                        longest_body_bytes));
    }

    Expected expected;
    expected.algorithm = request.ChecksumAlgorithm.value_or(source.object.checksum.algorithm);
    auto description = copied_description(call, request, source.object.description);
    const auto size_bytes = source.object.size_bytes;
    auto body = co_await open(std::move(source), place.bucket, {0, size_bytes});
    auto received = co_await receive(blobs_, std::move(body), std::move(expected));
    const auto object = object_of(call, request.Key, std::move(description), received);
    co_await save(call, "ObjectCreated:Copy", request.Bucket, request.ExpectedBucketOwner, object,
                  std::move(received.content), request.IfMatch, request.IfNoneMatch);

    CopyObjectOutput output;
    output.ServerSideEncryption = "AES256";
    auto& result = output.CopyObjectResult.emplace();
    result.ETag = quote_etag(object.etag);
    result.LastModified = object.modified;
    set_checksum(result, object.checksum);
    co_return output;
}

Task<DeleteObjectOutput> Service::delete_object(Call& call, DeleteObjectRequest request) {
    check_version(request.VersionId);
    if (request.IfMatchLastModifiedTime || request.IfMatchSize)
        throw not_implemented(call, "conditions of directory buckets");
    auto written = co_await store_.transact([&](store::Transaction& tx) -> Task<Written> {
        const auto bucket = co_await load_bucket(tx, request.Bucket, request.ExpectedBucketOwner);
        if (request.IfMatch) {
            const auto existing = co_await find_object(tx, bucket, request.Key);
            check_write_conditions(request.IfMatch, std::nullopt, request.Key, existing);
        }
        auto told = notices(call, bucket);
        co_await tell_of_removal(tx, told, bucket, request.Key);
        co_return Written{co_await erase_object(tx, bucket, request.Key), std::move(told).take()};
    });
    co_await settle(std::move(written));
    co_return DeleteObjectOutput{};
}

Task<DeleteObjectsOutput> Service::delete_objects(Call& call, DeleteObjectsRequest request) {
    const auto& wanted = request.Delete.Objects;
    if (wanted.empty() || wanted.size() > most_deletions) throw malformed_xml();
    DeleteObjectsOutput output;
    for (size_t done = 0; done < wanted.size();) {
        size_t next = done;
        auto written = co_await store_.transact([&](store::Transaction& tx) -> Task<Written> {
            const auto bucket = co_await load_bucket(tx, request.Bucket, request.ExpectedBucketOwner);
            auto told = notices(call, bucket);
            Freed all;
            for (next = done; next < wanted.size() && all.size() < most_freed; ++next) {
                if (wanted[next].VersionId.value_or("null") != "null") continue;
                co_await tell_of_removal(tx, told, bucket, wanted[next].Key);
                auto more = co_await erase_object(tx, bucket, wanted[next].Key);
                std::ranges::move(more, std::back_inserter(all));
            }
            co_return Written{std::move(all), std::move(told).take()};
        });
        co_await settle(std::move(written));
        done = next;
    }
    std::vector<DeletedObject> deleted;
    std::vector<aws::s3::Error> errors;
    for (const auto& one : wanted) {
        if (one.VersionId.value_or("null") == "null") {
            deleted.push_back({.Key = one.Key, .VersionId = one.VersionId});
        } else {
            errors.push_back({.Key = one.Key,
                              .VersionId = one.VersionId,
                              .Code = "NoSuchVersion",
                              .Message = "The specified version does not exist."});
        }
    }
    if (!deleted.empty() && !request.Delete.Quiet.value_or(false)) output.Deleted = std::move(deleted);
    if (!errors.empty()) output.Errors = std::move(errors);
    co_return output;
}

}  // namespace cumulet::s3
