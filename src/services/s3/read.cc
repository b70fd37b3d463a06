// GetObject, HeadObject, GetObjectAttributes.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html

#include "services/s3/request.h"
#include "services/s3/service.h"

namespace cumulet::s3 {

using namespace aws::s3;

namespace {

constexpr int32_t most_parts_listed = 1000;

/// The bytes of one part of an object that was uploaded in parts; of any other, part 1 is the whole.
/// Throws InvalidPartNumber.
Slice part_slice(const Object& object, const Content& content, int32_t number) {
    if (number >= 1 && number <= std::max<int64_t>(object.part_count, 1)) {
        if (object.part_count == 0) return {0, object.size_bytes};
        Slice slice;
        for (int32_t i = 0; i < number; ++i) {
            slice.offset += slice.length;
            slice.length = content.segments[static_cast<size_t>(i)].size_bytes;
        }
        return slice;
    }
    throw error("InvalidPartNumber", "The requested partnumber is not satisfiable", 416,
                {.PartNumber = std::to_string(number)});
}

/// What part of the object is asked for; nothing: all of it, without a Content-Range.
template <typename Request>
std::optional<Slice> slice_of(const Request& request, const Object& object, const Content& content) {
    if (request.Range && request.PartNumber) {
        throw invalid_request("Cannot specify both Range header and partNumber query parameter");
    }
    if (request.PartNumber) {
        const auto slice = part_slice(object, content, *request.PartNumber);
        return slice.length > 0 ? std::optional(slice) : std::nullopt;
    }
    return request.Range ? parse_range(*request.Range, object.size_bytes) : std::nullopt;
}

/// Fills what GetObject and HeadObject answer alike.
template <typename Output, typename Request>
void describe(Output& output, const Request& request, const Object& object, const std::optional<Slice>& slice) {
    const auto& description = object.description;
    const auto choose = [&](const std::optional<std::string>& wanted, const char* name) {
        return wanted ? wanted : description.header(name);
    };
    output.AcceptRanges = "bytes";
    output.LastModified = object.modified;
    output.ContentLength = static_cast<int64_t>(slice ? slice->length : object.size_bytes);
    if (slice) output.ContentRange = content_range(*slice, object.size_bytes);
    output.ETag = quote_etag(object.etag);
    output.CacheControl = choose(request.ResponseCacheControl, "Cache-Control");
    output.ContentDisposition = choose(request.ResponseContentDisposition, "Content-Disposition");
    output.ContentEncoding = choose(request.ResponseContentEncoding, "Content-Encoding");
    output.ContentLanguage = choose(request.ResponseContentLanguage, "Content-Language");
    output.ContentType = choose(request.ResponseContentType, "Content-Type");
    output.Expires =
        request.ResponseExpires ? format_http_date(*request.ResponseExpires) : description.header("Expires");
    output.WebsiteRedirectLocation = description.header("x-amz-website-redirect-location");
    output.ServerSideEncryption = "AES256";
    if (!description.metadata.empty()) output.Metadata = description.metadata;
    if (description.storage_class != "STANDARD") output.StorageClass = description.storage_class;
    if (!description.tags.empty()) output.TagCount = static_cast<int32_t>(description.tags.size());
    if (request.PartNumber && object.part_count > 0) output.PartsCount = static_cast<int32_t>(object.part_count);
    // A checksum says nothing of a slice.
    if (request.ChecksumMode.value_or("") == "ENABLED" && !slice) set_checksum(output, object.checksum);
}

template <typename Request>
void check_readable(const Call& call, const Request& request) {
    check_version(request.VersionId);
    if (request.SSECustomerAlgorithm || request.SSECustomerKey) throw not_implemented(call, "SSECustomerAlgorithm");
}

template <typename Request>
Conditions conditions_of(const Request& request) {
    return {request.IfMatch, request.IfNoneMatch, request.IfModifiedSince, request.IfUnmodifiedSince};
}

GetObjectAttributesParts list_parts_of(const Object& object, const Content& content, int32_t after, int32_t most) {
    GetObjectAttributesParts listed;
    const auto total = static_cast<int32_t>(object.part_count);
    listed.TotalPartsCount = total;
    listed.PartNumberMarker = after;
    listed.MaxParts = most;
    const auto last = std::min(total, after + most);
    listed.IsTruncated = last < total;
    listed.NextPartNumberMarker = last;
    if (object.checksum.type != "COMPOSITE") return listed;  // without checksums AWS lists no parts
    listed.Parts.emplace();
    for (int32_t number = after + 1; number <= last; ++number) {
        const auto& segment = content.segments[static_cast<size_t>(number - 1)];
        ObjectPart part;
        part.PartNumber = number;
        part.Size = static_cast<int64_t>(segment.size_bytes);
        set_checksum(part, {object.checksum.algorithm, segment.checksum, ""});
        listed.Parts->push_back(std::move(part));
    }
    return listed;
}

}  // namespace

Task<GetObjectOutput> Service::get_object(Call& call, GetObjectRequest request) {
    check_readable(call, request);
    auto found = co_await find(request.Bucket, request.Key, request.ExpectedBucketOwner);
    check_conditions(conditions_of(request), found.object);
    const auto slice = slice_of(request, found.object, found.content);

    GetObjectOutput output;
    describe(output, request, found.object, slice);
    const auto size_bytes = found.object.size_bytes;
    output.Body = co_await open(std::move(found), request.Bucket, slice.value_or(Slice{0, size_bytes}));
    co_return output;
}

Task<HeadObjectOutput> Service::head_object(Call& call, HeadObjectRequest request) {
    check_readable(call, request);
    const auto found = co_await find(request.Bucket, request.Key, request.ExpectedBucketOwner);
    check_conditions(conditions_of(request), found.object);
    HeadObjectOutput output;
    describe(output, request, found.object, slice_of(request, found.object, found.content));
    co_return output;
}

Task<GetObjectAttributesOutput> Service::get_object_attributes(Call& call, GetObjectAttributesRequest request) {
    check_readable(call, request);
    const auto after = request.PartNumberMarker.value_or(0);
    const auto most = std::min(request.MaxParts.value_or(most_parts_listed), most_parts_listed);
    if (after < 0 || most < 0)
        throw invalid_argument("Argument max-parts must be an integer between 0 and 2147483647", "max-parts",
                               std::to_string(std::min(after, most)));
    const auto [object, content] = co_await find(request.Bucket, request.Key, request.ExpectedBucketOwner);
    const auto wants = [&](std::string_view attribute) {
        return std::ranges::find(request.ObjectAttributes, attribute) != request.ObjectAttributes.end();
    };
    GetObjectAttributesOutput output;
    output.LastModified = object.modified;
    if (wants("ETag")) output.ETag = object.etag;
    if (wants("Checksum")) set_checksum(output.Checksum.emplace(), object.checksum);
    if (wants("ObjectParts") && object.part_count > 0) output.ObjectParts = list_parts_of(object, content, after, most);
    if (wants("StorageClass")) output.StorageClass = object.description.storage_class;
    if (wants("ObjectSize")) output.ObjectSize = static_cast<int64_t>(object.size_bytes);
    co_return output;
}

}  // namespace cumulet::s3
