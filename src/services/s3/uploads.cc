// CreateMultipartUpload, UploadPart, UploadPartCopy, ListParts, AbortMultipartUpload.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html

#include "services/s3/request.h"
#include "services/s3/service.h"

namespace cumulet::s3 {

using namespace aws::s3;

namespace {

constexpr int32_t highest_part_number = 10'000;
constexpr int32_t most_parts_listed = 1000;

void check_part_number(int32_t number) {
    if (number >= 1 && number <= highest_part_number) return;
    throw invalid_argument("Part number must be an integer between 1 and 10000, inclusive", "partNumber",
                           std::to_string(number));
}

/// A part's own checksum must be of the algorithm that the upload was created with.
void check_algorithm(const Upload& upload, const Expected& expected) {
    if (!upload.algorithm_chosen) return;
    for (const auto& checksum : expected.checksums) {
        if (checksum.algorithm == upload.algorithm) continue;
        throw invalid_request(
            fmt::format("Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum "
                        "Type: {}",
                        upload.algorithm, checksum.algorithm));
    }
}

}  // namespace

Task<CreateMultipartUploadOutput> Service::create_multipart_upload(Call& call, CreateMultipartUploadRequest request) {
    check_key(request.Key);
    refuse_unbuilt(call, request);
    refuse_acl(call, request);
    Upload upload;
    // Time first: uploads of one key list in the order of their creation.
    upload.id = fmt::format("{:016x}{}", call.now().time_since_epoch().count(), call.random().hex(32));
    upload.key = request.Key;
    upload.initiated = whole_seconds(call.now());
    upload.description = description_in(call, request);
    upload.algorithm_chosen = request.ChecksumAlgorithm.has_value();
    upload.algorithm = request.ChecksumAlgorithm.value_or(std::string(default_algorithm));
    upload.checksum_type = checksum_type(upload.algorithm, request.ChecksumType);

    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto bucket = co_await load_bucket(tx, request.Bucket, request.ExpectedBucketOwner);
        save_upload(tx, bucket, upload);
    });
    CreateMultipartUploadOutput output;
    output.Bucket = request.Bucket;
    output.Key = request.Key;
    output.UploadId = upload.id;
    output.ServerSideEncryption = "AES256";
    if (upload.algorithm_chosen) {
        output.ChecksumAlgorithm = upload.algorithm;
        output.ChecksumType = upload.checksum_type;
    }
    co_return output;
}

Task<Part> Service::store_part(Call& call, std::string bucket_name, std::optional<std::string> expected_owner,
                               Upload upload, int32_t number, std::shared_ptr<ByteStream> body, Expected expected) {
    check_algorithm(upload, expected);
    expected.algorithm = upload.algorithm;
    expected.as_blob = true;
    const auto received = co_await receive(blobs_, std::move(body), std::move(expected));
    const Part part{.number = number,
                    .blob = received.content.segments[0].blob,
                    .size_bytes = received.size_bytes,
                    .md5_hex = received.md5_hex,
                    .modified = whole_seconds(call.now()),
                    .checksum = received.checksum};
    Freed freed;
    std::exception_ptr refusal;
    try {
        freed = co_await store_.transact([&](store::Transaction& tx) -> Task<Freed> {
            const auto bucket = co_await load_bucket(tx, bucket_name, expected_owner);
            const auto still = co_await load_upload(tx, bucket, upload.key, upload.id);
            co_return co_await save_part(tx, bucket, still, part);
        });
    } catch (const aws::Error&) {
        refusal = std::current_exception();  // the upload ended while its part came
        freed.push_back(part.blob);
    }
    co_await drop(std::move(freed));
    if (refusal) std::rethrow_exception(refusal);
    co_return part;
}

Task<UploadPartOutput> Service::upload_part(Call& call, UploadPartRequest request) {
    check_part_number(request.PartNumber);
    refuse_unbuilt(call, request);
    auto upload = co_await store_.transact([&](store::Transaction& tx) -> Task<Upload> {
        const auto bucket = co_await load_bucket(tx, request.Bucket, request.ExpectedBucketOwner);
        co_return co_await load_upload(tx, bucket, request.Key, request.UploadId);
    });
    const bool chosen = upload.algorithm_chosen;
    const auto part = co_await store_part(call, request.Bucket, request.ExpectedBucketOwner, std::move(upload),
                                          request.PartNumber, request.Body, expected_in(request));
    UploadPartOutput output;
    output.ETag = quote_etag(part.md5_hex);
    output.ServerSideEncryption = "AES256";
    if (chosen) set_checksum(output, part.checksum);
    co_return output;
}

Task<UploadPartCopyOutput> Service::upload_part_copy(Call& call, UploadPartCopyRequest request) {
    check_part_number(request.PartNumber);
    if (request.SSECustomerKey || request.CopySourceSSECustomerKey) throw not_implemented(call, "SSECustomerKey");
    const auto place = parse_copy_source(request.CopySource);
    auto upload = co_await store_.transact([&](store::Transaction& tx) -> Task<Upload> {
        const auto bucket = co_await load_bucket(tx, request.Bucket, request.ExpectedBucketOwner);
        co_return co_await load_upload(tx, bucket, request.Key, request.UploadId);
    });
    auto source = co_await find(place.bucket, place.key, request.ExpectedSourceBucketOwner);
    check_copy_conditions(copy_conditions(request), source.object);
    const auto slice = request.CopySourceRange ? parse_copy_range(*request.CopySourceRange, source.object.size_bytes)
                                               : Slice{0, source.object.size_bytes};
    auto body = co_await open(std::move(source), place.bucket, slice);
    const bool chosen = upload.algorithm_chosen;
    const auto part = co_await store_part(call, request.Bucket, request.ExpectedBucketOwner, std::move(upload),
                                          request.PartNumber, std::move(body), {});
    UploadPartCopyOutput output;
    output.ServerSideEncryption = "AES256";
    auto& result = output.CopyPartResult.emplace();
    result.ETag = quote_etag(part.md5_hex);
    result.LastModified = part.modified;
    if (chosen) set_checksum(result, part.checksum);
    co_return output;
}

Task<ListPartsOutput> Service::list_parts(Call& call, ListPartsRequest request) {
    const auto after = request.PartNumberMarker.value_or(0);
    if (request.MaxParts.value_or(0) < 0 || after < 0) {
        throw invalid_argument("Argument max-parts must be an integer between 0 and 2147483647", "max-parts",
                               std::to_string(request.MaxParts.value_or(after)));
    }
    const auto most = std::min(request.MaxParts.value_or(most_parts_listed), most_parts_listed);
    Bucket bucket;
    Upload upload;
    auto found = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<Part>> {
        bucket = co_await load_bucket(tx, request.Bucket, request.ExpectedBucketOwner);
        upload = co_await load_upload(tx, bucket, request.Key, request.UploadId);
        co_return co_await parts(tx, bucket, upload, after, static_cast<size_t>(most) + 1);
    });

    ListPartsOutput output;
    output.Bucket = request.Bucket;
    output.Key = request.Key;
    output.UploadId = request.UploadId;
    output.PartNumberMarker = after;
    output.MaxParts = most;
    output.IsTruncated = found.size() > static_cast<size_t>(most);
    if (*output.IsTruncated) found.pop_back();
    output.NextPartNumberMarker = found.empty() ? 0 : found.back().number;
    output.Owner = owner_of(bucket.account);
    output.Initiator = Initiator{.ID = output.Owner->ID};
    output.StorageClass = upload.description.storage_class;
    if (upload.algorithm_chosen) {
        output.ChecksumAlgorithm = upload.algorithm;
        output.ChecksumType = upload.checksum_type;
    }
    if (!found.empty()) output.Parts.emplace();
    for (const auto& part : found) {
        aws::s3::Part listed;
        listed.PartNumber = part.number;
        listed.LastModified = part.modified;
        listed.ETag = quote_etag(part.md5_hex);
        listed.Size = static_cast<int64_t>(part.size_bytes);
        if (upload.algorithm_chosen) set_checksum(listed, part.checksum);
        output.Parts->push_back(std::move(listed));
    }
    co_return output;
}

Task<AbortMultipartUploadOutput> Service::abort_multipart_upload(Call& call, AbortMultipartUploadRequest request) {
    if (request.IfMatchInitiatedTime) throw not_implemented(call, "IfMatchInitiatedTime");
    auto freed = co_await store_.transact([&](store::Transaction& tx) -> Task<Freed> {
        const auto bucket = co_await load_bucket(tx, request.Bucket, request.ExpectedBucketOwner);
        const auto upload = co_await load_upload(tx, bucket, request.Key, request.UploadId);
        co_return co_await erase_upload(tx, bucket, upload, {});
    });
    co_await drop(std::move(freed));
    co_return AbortMultipartUploadOutput{};
}

}  // namespace cumulet::s3
