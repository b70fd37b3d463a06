// ListObjects, ListObjectsV2, ListMultipartUploads.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html

#include "base/bytes.h"
#include "services/s3/listing.h"
#include "services/s3/rules.h"
#include "services/s3/service.h"

namespace cumulet::s3 {

using namespace aws::s3;

namespace {

constexpr int32_t most_items = 1000;
constexpr size_t grouped_scan = 100;  // keys looked at before a search goes on behind a group

size_t page_size(const std::optional<int32_t>& wanted, const char* name) {
    if (wanted.value_or(0) < 0) {
        throw invalid_argument(fmt::format("Argument {} must be an integer between 0 and 2147483647", name), name,
                               std::to_string(*wanted));
    }
    return static_cast<size_t>(std::min(wanted.value_or(most_items), most_items));
}

/// Applies `encoding-type=url`, or leaves text as it is. Throws InvalidArgument for another encoding.
class Encoding {
  public:
    explicit Encoding(const std::optional<std::string>& type) : url_(type.has_value()) {
        if (type && *type != "url") {
            throw invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", *type);
        }
    }
    std::string operator()(std::string_view text) const { return url_ ? url_encoded(text) : std::string(text); }
    std::optional<std::string> if_given(const std::optional<std::string>& text) const {
        return text ? std::optional((*this)(*text)) : std::nullopt;
    }

  private:
    bool url_;
};

struct Page {
    Listing listing;
    std::vector<Object> items;
};

/// Reads keys until the page is full or there are no more.
Task<void> fill(store::Transaction& tx, const Bucket& bucket, const std::string& prefix, bool grouping, size_t limit,
                Page& page) {
    const size_t scan = grouping ? grouped_scan : limit + 1;
    while (limit > 0) {
        auto found = co_await objects(tx, bucket, prefix, page.listing.from(), scan);
        const bool more = found.size() == scan;
        for (auto& object : found) {
            const auto verdict = page.listing.take(object.key);
            if (verdict == Listing::Verdict::full) co_return;
            if (verdict == Listing::Verdict::listed) page.items.push_back(std::move(object));
        }
        if (!more) co_return;
    }
}

aws::s3::Object listed(const Object& object, const Encoding& encoded) {
    aws::s3::Object item;
    item.Key = encoded(object.key);
    item.LastModified = object.modified;
    item.ETag = quote_etag(object.etag);
    item.ChecksumAlgorithm = std::vector{object.checksum.algorithm};
    item.ChecksumType = object.checksum.type;
    item.Size = static_cast<int64_t>(object.size_bytes);
    item.StorageClass = object.description.storage_class;
    return item;
}

template <typename Output>
void fill_groups(Output& output, const Listing& listing, const Encoding& encoded) {
    if (listing.groups().empty()) return;
    output.CommonPrefixes.emplace();
    for (const auto& group : listing.groups()) output.CommonPrefixes->push_back({.Prefix = encoded(group)});
}

template <typename Output>
void fill_page(Output& output, const Page& page, const Encoding& encoded, const std::optional<Owner>& owner) {
    output.IsTruncated = page.listing.full();
    if (!page.items.empty()) output.Contents.emplace();
    for (const auto& object : page.items) {
        output.Contents->push_back(listed(object, encoded));
        output.Contents->back().Owner = owner;
    }
    fill_groups(output, page.listing, encoded);
}

/// An empty delimiter groups nothing.
std::optional<std::string> delimiter_of(const std::optional<std::string>& delimiter) {
    return delimiter && !delimiter->empty() ? delimiter : std::nullopt;
}

}  // namespace

Task<ListObjectsV2Output> Service::list_objects_v2(Call& call, ListObjectsV2Request request) {
    const Encoding encoded(request.EncodingType);
    const auto limit = page_size(request.MaxKeys, "maxKeys");
    const auto token = from_base64(request.ContinuationToken.value_or(""));
    if (!token || (request.ContinuationToken && token->empty())) {
        throw invalid_argument("The continuation token provided is incorrect", "continuation-token",
                               *request.ContinuationToken);
    }
    const auto prefix = request.Prefix.value_or("");
    const auto delimiter = delimiter_of(request.Delimiter);
    const auto after = request.ContinuationToken ? *token : request.StartAfter.value_or("");

    std::optional<Page> page;
    const auto bucket = co_await store_.transact([&](store::Transaction& tx) -> Task<Bucket> {
        auto bucket = co_await load_bucket(tx, request.Bucket, request.ExpectedBucketOwner);
        page.emplace(Listing(prefix, delimiter.value_or(""), after, limit));
        co_await fill(tx, bucket, prefix, delimiter.has_value(), limit, *page);
        co_return bucket;
    });

    ListObjectsV2Output output;
    const bool owners = request.FetchOwner.value_or(false);
    fill_page(output, *page, encoded, owners ? std::optional(owner_of(bucket.account)) : std::nullopt);
    output.Name = request.Bucket;
    output.Prefix = encoded(prefix);
    output.Delimiter = encoded.if_given(delimiter);
    output.MaxKeys = static_cast<int32_t>(limit);
    output.EncodingType = request.EncodingType;
    output.KeyCount = static_cast<int32_t>(page->listing.size());
    output.ContinuationToken = request.ContinuationToken;
    output.StartAfter = encoded.if_given(request.StartAfter);
    if (page->listing.full()) output.NextContinuationToken = to_base64(page->listing.last());
    co_return output;
}

Task<ListObjectsOutput> Service::list_objects(Call& call, ListObjectsRequest request) {
    const Encoding encoded(request.EncodingType);
    const auto limit = page_size(request.MaxKeys, "maxKeys");
    const auto prefix = request.Prefix.value_or("");
    const auto delimiter = delimiter_of(request.Delimiter);

    std::optional<Page> page;
    const auto bucket = co_await store_.transact([&](store::Transaction& tx) -> Task<Bucket> {
        auto bucket = co_await load_bucket(tx, request.Bucket, request.ExpectedBucketOwner);
        page.emplace(Listing(prefix, delimiter.value_or(""), request.Marker.value_or(""), limit));
        co_await fill(tx, bucket, prefix, delimiter.has_value(), limit, *page);
        co_return bucket;
    });

    ListObjectsOutput output;
    fill_page(output, *page, encoded, owner_of(bucket.account));
    output.Name = request.Bucket;
    output.Prefix = encoded(prefix);
    output.Delimiter = encoded.if_given(delimiter);
    output.Marker = encoded(request.Marker.value_or(""));
    output.MaxKeys = static_cast<int32_t>(limit);
    output.EncodingType = request.EncodingType;
    // Only a listing with a delimiter names the next marker: others go on behind their last key.
    if (page->listing.full() && delimiter) output.NextMarker = encoded(page->listing.last());
    co_return output;
}

Task<ListMultipartUploadsOutput> Service::list_multipart_uploads(Call& call, ListMultipartUploadsRequest request) {
    const Encoding encoded(request.EncodingType);
    const auto limit = page_size(request.MaxUploads, "max-uploads");
    const auto prefix = request.Prefix.value_or("");
    const auto key_marker = request.KeyMarker.value_or("");
    const auto id_marker = key_marker.empty() ? "" : request.UploadIdMarker.value_or("");
    if (delimiter_of(request.Delimiter)) throw not_implemented(call, "Delimiter");

    Bucket bucket;
    auto found = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<Upload>> {
        bucket = co_await load_bucket(tx, request.Bucket, request.ExpectedBucketOwner);
        co_return co_await uploads(tx, bucket, prefix, key_marker, id_marker, limit + 1);
    });

    ListMultipartUploadsOutput output;
    output.Bucket = request.Bucket;
    output.KeyMarker = encoded(key_marker);
    output.UploadIdMarker = id_marker;
    output.Prefix = encoded(prefix);
    output.MaxUploads = static_cast<int32_t>(limit);
    output.EncodingType = request.EncodingType;
    output.IsTruncated = limit > 0 && found.size() > limit;
    if (found.size() > limit) found.resize(limit);
    if (*output.IsTruncated) {
        output.NextKeyMarker = encoded(found.back().key);
        output.NextUploadIdMarker = found.back().id;
    }
    if (!found.empty()) output.Uploads.emplace();
    const auto owner = owner_of(bucket.account);
    for (const auto& upload : found) {
        MultipartUpload item;
        item.UploadId = upload.id;
        item.Key = encoded(upload.key);
        item.Initiated = upload.initiated;
        item.StorageClass = upload.description.storage_class;
        item.Owner = owner;
        item.Initiator = Initiator{.ID = owner.ID};
        if (upload.algorithm_chosen) {
            item.ChecksumAlgorithm = upload.algorithm;
            item.ChecksumType = upload.checksum_type;
        }
        output.Uploads->push_back(std::move(item));
    }
    co_return output;
}

}  // namespace cumulet::s3
