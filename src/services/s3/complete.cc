// CompleteMultipartUpload: the listed parts become the object, without a byte of them moving.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html

#include "base/bytes.h"
#include "services/s3/request.h"
#include "services/s3/service.h"

namespace cumulet::s3 {

using namespace aws::s3;

namespace {

constexpr uint64_t smallest_part_bytes = 5 << 20;  // of all but the last
constexpr size_t most_parts = 10'000;

Detailed<> invalid_part(const Upload& upload, const CompletedPart& listed) {
    return error(
        "InvalidPart",
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the "
        "specified entity tag may not match the part's entity tag.",
        400, {.UploadId = upload.id, .PartNumber = std::to_string(listed.PartNumber.value_or(0)), .ETag = listed.ETag});
}

/// The parts that the caller lists, in its order. Throws InvalidPartOrder, InvalidPart, EntityTooSmall.
std::vector<Part> chosen_parts(const Upload& upload, const std::vector<CompletedPart>& listed,
                               const std::vector<Part>& uploaded) {
    std::vector<Part> chosen;
    int32_t last = 0;
    for (const auto& one : listed) {
        if (one.PartNumber.value_or(0) <= last) {
            throw error("InvalidPartOrder",
                        "The list of parts was not in ascending order. Parts must be ordered by part number.", 400,
                        {.UploadId = upload.id});
        }
        last = *one.PartNumber;
        const auto part = std::ranges::lower_bound(uploaded, last, {}, &Part::number);
        if (part == uploaded.end() || part->number != last) throw invalid_part(upload, one);
        if (!names_etag(one.ETag.value_or(""), part->md5_hex)) throw invalid_part(upload, one);
        for (const auto& given : checksums_in(one)) {
            if (given.algorithm == part->checksum.algorithm && given.value != part->checksum.value) {
                throw invalid_part(upload, one);
            }
        }
        chosen.push_back(*part);
    }
    for (size_t i = 0; i + 1 < chosen.size(); ++i) {
        if (chosen[i].size_bytes >= smallest_part_bytes) continue;
        throw error("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", 400,
                    {.PartNumber = std::to_string(chosen[i].number),
                     .ETag = chosen[i].md5_hex,
                     .ProposedSize = std::to_string(chosen[i].size_bytes),
                     .MinSizeAllowed = std::to_string(smallest_part_bytes)});
    }
    return chosen;
}

/// COMPOSITE: of the parts' checksums. FULL_OBJECT: of the bytes, joined from the parts' checksums.
Checksum whole_checksum(const Upload& upload, const std::vector<Part>& chosen) {
    Checksum whole{upload.algorithm, "", upload.checksum_type};
    if (upload.checksum_type == "COMPOSITE") {
        Summer summer(upload.algorithm);
        for (const auto& part : chosen) summer.add(*from_base64(part.checksum.value));
        whole.value = fmt::format("{}-{}", to_base64(summer.finish()), chosen.size());
        return whole;
    }
    std::string joined = Summer(upload.algorithm).finish();
    for (const auto& part : chosen) {
        joined = join(upload.algorithm, joined, *from_base64(part.checksum.value), part.size_bytes);
    }
    whole.value = to_base64(joined);
    return whole;
}

void check_whole(const CompleteMultipartUploadRequest& request, const Object& object) {
    for (const auto& given : checksums_in(request)) {
        // A composite may be given without its number of parts.
        if (given.algorithm == object.checksum.algorithm &&
            (given.value == object.checksum.value || object.checksum.value.starts_with(given.value + "-"))) {
            continue;
        }
        throw error("BadDigest", fmt::format("The {} you specified did not match the calculated checksum.",
                                             to_lower(given.algorithm)));
    }
    if (request.MpuObjectSize && static_cast<uint64_t>(*request.MpuObjectSize) != object.size_bytes) {
        throw invalid_request(
            fmt::format("The provided 'x-amz-mp-object-size' header value {} does not match what was "
                        "computed: {}",
                        *request.MpuObjectSize, object.size_bytes));
    }
}

Object whole_object(const Upload& upload, const std::vector<Part>& chosen, Time now) {
    Object object;
    object.key = upload.key;
    object.modified = whole_seconds(now);
    object.description = upload.description;
    object.part_count = static_cast<int64_t>(chosen.size());
    std::string digests;
    for (const auto& part : chosen) {
        digests += *from_hex(part.md5_hex);
        object.size_bytes += part.size_bytes;
    }
    object.etag = fmt::format("{}-{}", md5_hex(digests), chosen.size());
    object.checksum = whole_checksum(upload, chosen);
    return object;
}

Content whole_content(const std::vector<Part>& chosen) {
    Content content;
    for (const auto& part : chosen) content.segments.push_back({part.blob, part.size_bytes, part.checksum.value});
    return content;
}

}  // namespace

Task<CompleteMultipartUploadOutput> Service::complete_multipart_upload(Call& call,
                                                                       CompleteMultipartUploadRequest request) {
    const auto listed =
        request.MultipartUpload.value_or(CompletedMultipartUpload()).Parts.value_or(std::vector<CompletedPart>());
    if (listed.empty() || listed.size() > most_parts) throw malformed_xml();
    if (has_other_checksum(request)) throw not_implemented(call, "ChecksumAlgorithm");

    Object object;
    auto written = co_await store_.transact([&](store::Transaction& tx) -> Task<Written> {
        const auto bucket = co_await load_bucket(tx, request.Bucket, request.ExpectedBucketOwner);
        const auto upload = co_await load_upload(tx, bucket, request.Key, request.UploadId);
        if (request.IfMatch || request.IfNoneMatch) {
            const auto existing = co_await find_object(tx, bucket, request.Key);
            check_write_conditions(request.IfMatch, request.IfNoneMatch, request.Key, existing);
        }
        const auto chosen = chosen_parts(upload, listed, co_await parts(tx, bucket, upload, 0, most_parts));
        const auto content = whole_content(chosen);
        object = whole_object(upload, chosen, call.now());
        check_whole(request, object);
        auto all = co_await erase_upload(tx, bucket, upload, content);
        auto replaced = co_await save_object(tx, bucket, object, content);
        std::ranges::move(replaced, std::back_inserter(all));
        auto told = notices(call, bucket);
        told.add(tx, "ObjectCreated:CompleteMultipartUpload", object);
        co_return Written{std::move(all), std::move(told).take()};
    });
    co_await settle(std::move(written));

    CompleteMultipartUploadOutput output;
    output.Location = fmt::format("{}/{}/{}", call.base_url(), request.Bucket, percent_encode(request.Key, true));
    output.Bucket = request.Bucket;
    output.Key = request.Key;
    output.ETag = quote_etag(object.etag);
    output.ServerSideEncryption = "AES256";
    set_checksum(output, object.checksum);
    co_return output;
}

}  // namespace cumulet::s3
