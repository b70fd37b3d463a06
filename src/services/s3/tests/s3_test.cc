// Scenarios of objects: written, read, listed, copied, and uploaded in parts.

#include "base/bytes.h"
#include "runtime/aws_chunked_stream.h"
#include "services/s3/tests/support/world.h"

namespace cumulet::s3 {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(PutObject, KeepsBytesAndWhatIsSaidOfThem) {
    World world;
    for (const size_t size : {size_t{0}, size_t{5}, size_t{4096}, size_t{4097}, size_t{1'000'000}}) {
        const auto body = long_body(size, size);
        auto request = world.request("key", body);
        request.ContentType = "text/plain";
        request.CacheControl = "no-cache";
        request.ContentEncoding = "aws-chunked";
        request.Metadata = Texts{{"colour", "red"}};
        request.Tagging = "a=1";
        const auto put = world.put(std::move(request));
        EXPECT_EQ(*put.ETag, "\"" + md5_hex(body) + "\"");
        const auto got = world.get({.Bucket = "bucket", .Key = "key"});
        EXPECT_EQ(got.ContentLength, static_cast<int64_t>(size));
        EXPECT_EQ(got.ContentType, "text/plain");
        EXPECT_EQ(got.CacheControl, "no-cache");
        EXPECT_FALSE(got.ContentEncoding);
        EXPECT_THAT(*got.Metadata, ElementsAre(Pair("colour", "red")));
        EXPECT_EQ(got.TagCount, 1);
        EXPECT_FALSE(got.VersionId);
        EXPECT_EQ(world.bytes(got), body);
    }
    EXPECT_EQ(world.folder.blobs(), 1u);  // what was replaced is gone
    world.put("key", "short");
    EXPECT_EQ(world.folder.blobs(), 0u);
}

TEST(PutObject, RefusesABodyThatIsNotWhatWasPromisedAndKeepsNothing) {
    World world;
    const auto refused = [&](auto change) {
        auto request = world.request("key", long_body(10'000));
        change(request);
        return world.code_of([&] { world.put(std::move(request)); });
    };
    EXPECT_EQ(refused([](auto& r) { r.ContentMD5 = to_base64(md5("other")); }), "BadDigest");
    EXPECT_EQ(refused([](auto& r) { r.ContentMD5 = "nonsense"; }), "InvalidDigest");
    EXPECT_EQ(refused([](auto& r) { r.ChecksumSHA256 = to_base64(sha256("other")); }), "BadDigest");
    EXPECT_EQ(refused([](auto& r) { r.ChecksumCRC32 = "nonsense"; }), "InvalidRequest");
    EXPECT_EQ(refused([](auto& r) { r.Bucket = "nowhere"; }), "NoSuchBucket");
    EXPECT_EQ(refused([](auto& r) { r.ExpectedBucketOwner = "111111111111"; }), "AccessDenied");
    EXPECT_EQ(refused([](auto& r) { r.ACL = "public-read"; }), "AccessControlListNotSupported");
    EXPECT_EQ(refused([](auto& r) { r.ServerSideEncryption = "aws:kms"; }), "NotImplemented");
    EXPECT_EQ(refused([](auto& r) { r.Metadata = Texts{{"long", std::string(2048, 'x')}}; }), "MetadataTooLarge");
    EXPECT_EQ(refused([](auto& r) { r.IfMatch = "\"x\""; }), "NoSuchKey");
    EXPECT_EQ(world.code_of([&] { world.get("key"); }), "NoSuchKey");
    EXPECT_EQ(world.folder.blobs(), 0u);
}

TEST(PutObject, KeepsTheChecksumThatWasGivenAndOtherwiseItsOwn) {
    World world;
    auto request = world.request("given", "hello");
    request.ChecksumSHA256 = to_base64(sha256("hello"));
    EXPECT_EQ(world.put(std::move(request)).ChecksumSHA256, to_base64(sha256("hello")));
    EXPECT_EQ(world.head("given").ChecksumSHA256, to_base64(sha256("hello")));
    EXPECT_EQ(world.head("given").ChecksumType, "FULL_OBJECT");
    world.put("plain", "hello");
    EXPECT_EQ(world.head("plain").ChecksumCRC64NVME, to_base64(big_endian(crc64nvme("hello"))));
}

TEST(PutObject, ChecksAChecksumThatComesBehindTheBody) {
    World world;
    const auto put = [&](const std::string& key, const std::string& checksum) {
        auto request = world.request(key, "");
        const auto encoded = "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:" + checksum + "\r\n\r\n";
        request.Body = std::make_shared<AwsChunkedStream>(stream_of(encoded), 5);
        return world.code_of([&] { world.put(std::move(request)); });
    };
    const auto right = to_base64(big_endian(crc32("hello")));
    EXPECT_EQ(put("right", right), "");
    EXPECT_EQ(world.get("right"), "hello");
    EXPECT_EQ(world.head("right").ChecksumCRC32, right);
    EXPECT_EQ(put("wrong", to_base64(big_endian(crc32("other")))), "BadDigest");
    EXPECT_EQ(world.code_of([&] { world.get("wrong"); }), "NoSuchKey");
}

TEST(PutObject, IfNoneMatchWritesOnce) {
    World world;
    const auto once = [&](const std::string& condition) {
        auto request = world.request("key", long_body(5000));
        request.IfNoneMatch = condition;
        return world.code_of([&] { world.put(std::move(request)); });
    };
    EXPECT_EQ(once("*"), "");
    EXPECT_EQ(once("*"), "PreconditionFailed");
    EXPECT_EQ(once("\"x\""), "NotImplemented");
    EXPECT_EQ(world.folder.blobs(), 1u);
}

TEST(GetObject, AnswersRangesOfShortAndLongObjects) {
    World world;
    for (const size_t size : {size_t{100}, size_t{600'000}}) {
        const auto body = long_body(size);
        world.put("key", body);
        const auto got = world.get({.Bucket = "bucket", .Key = "key", .Range = "bytes=10-49"});
        EXPECT_EQ(got.ContentRange, fmt::format("bytes 10-49/{}", size));
        EXPECT_EQ(got.ContentLength, 40);
        EXPECT_EQ(world.bytes(got), body.substr(10, 40));
        EXPECT_EQ(world.bytes(world.get({.Bucket = "bucket", .Key = "key", .Range = "bytes=-7"})),
                  body.substr(size - 7));
        EXPECT_EQ(world.code_of([&] { world.get({.Bucket = "bucket", .Key = "key", .Range = "bytes=600000-"}); }),
                  "InvalidRange");
    }
}

TEST(GetObject, AnswersWhatTheCallerOverrides) {
    World world;
    world.put("key", "body");
    const auto got = world.get(
        {.Bucket = "bucket", .Key = "key", .ResponseCacheControl = "no-store", .ResponseContentType = "image/png"});
    EXPECT_EQ(got.ContentType, "image/png");
    EXPECT_EQ(got.CacheControl, "no-store");
}

TEST(GetObject, NamesWhatIsMissing) {
    World world;
    try {
        world.get("nowhere");
        FAIL();
    } catch (const Detailed<aws::s3::NoSuchKey>& error) {
        EXPECT_EQ(error.status, 404);
        EXPECT_EQ(error.details.Key, "nowhere");
    }
    EXPECT_EQ(world.code_of([&] { world.get({.Bucket = "bucket", .Key = "k", .VersionId = "v"}); }), "InvalidArgument");
}

TEST(GetObject, UnderAConditionAnswersNotModified) {
    World world;
    world.put("key", "body");
    const auto etag = world.head("key").ETag;
    EXPECT_EQ(world.code_of([&] { world.get({.Bucket = "bucket", .IfNoneMatch = etag, .Key = "key"}); }),
              "NotModified");
    EXPECT_EQ(world.code_of([&] { world.get({.Bucket = "bucket", .IfMatch = "\"x\"", .Key = "key"}); }),
              "PreconditionFailed");
}

TEST(DeleteObjects, AnswersForEachKeyUnlessQuiet) {
    World world;
    world.put("a", "1");
    world.put("b", long_body(5000));
    aws::s3::DeleteObjectsRequest request;
    request.Bucket = "bucket";
    request.Delete.Objects = {{.Key = "a"}, {.Key = "b"}, {.Key = "none"}, {.Key = "a", .VersionId = "v"}};
    const auto deleted = world.run(world.service.delete_objects(world.call, request));
    EXPECT_EQ(deleted.Deleted->size(), 3u);
    EXPECT_EQ(deleted.Errors->at(0).Code, "NoSuchVersion");
    EXPECT_EQ(world.list({}).KeyCount, 0);
    EXPECT_EQ(world.folder.blobs(), 0u);
    request.Delete.Quiet = true;
    request.Delete.Objects.pop_back();
    EXPECT_FALSE(world.run(world.service.delete_objects(world.call, request)).Deleted);
}

TEST(CopyObject, CopiesOrReplacesWhatIsSaidOfTheBytes) {
    World world;
    const auto body = long_body(20'000);
    auto request = world.request("source", body);
    request.Metadata = Texts{{"colour", "red"}};
    world.put(std::move(request));

    aws::s3::CopyObjectRequest copy;
    copy.Bucket = "bucket";
    copy.Key = "copy";
    copy.CopySource = "bucket/source";
    world.run(world.service.copy_object(world.call, copy));
    EXPECT_EQ(world.get("copy"), body);
    EXPECT_THAT(*world.head("copy").Metadata, ElementsAre(Pair("colour", "red")));
    copy.MetadataDirective = "REPLACE";
    copy.Metadata = Texts{{"size", "large"}};
    world.run(world.service.copy_object(world.call, copy));
    EXPECT_THAT(*world.head("copy").Metadata, ElementsAre(Pair("size", "large")));
    world.remove("source");
    EXPECT_EQ(world.get("copy"), body);
    EXPECT_EQ(world.folder.blobs(), 1u);
}

TEST(CopyObject, RefusesWhatChangesNothingOrBreaksACondition) {
    World world;
    world.put("key", "body");
    aws::s3::CopyObjectRequest copy;
    copy.Bucket = "bucket";
    copy.Key = "key";
    copy.CopySource = "bucket/key";
    const auto code = [&] { return world.code_of([&] { world.run(world.service.copy_object(world.call, copy)); }); };
    EXPECT_EQ(code(), "InvalidRequest");
    copy.Key = "other";
    copy.CopySourceIfNoneMatch = world.head("key").ETag;
    EXPECT_EQ(code(), "PreconditionFailed");
    copy.CopySourceIfNoneMatch.reset();
    copy.CopySource = "bucket/nowhere";
    EXPECT_EQ(code(), "NoSuchKey");
}

TEST(ListObjectsV2, PagesThroughKeysAndGroupsWithoutRepeatingAny) {
    World world;
    for (const auto* key : {"a/1", "a/2", "b", "c/1", "c/2", "d", "e/1"}) world.put(key, "x");
    std::vector<std::string> seen;
    std::optional<std::string> token;
    int pages = 0;
    do {
        const auto page = world.list({.Delimiter = "/", .MaxKeys = 2, .ContinuationToken = token});
        for (const auto& prefix : prefixes(page)) seen.push_back(prefix);
        for (const auto& key : keys(page)) seen.push_back(key);
        EXPECT_EQ(page.IsTruncated, page.NextContinuationToken.has_value());
        token = page.NextContinuationToken;
        ++pages;
    } while (token && pages < 10);
    EXPECT_THAT(seen, ElementsAre("a/", "b", "c/", "d", "e/"));
    EXPECT_THAT(keys(world.list({.Prefix = "c/"})), ElementsAre("c/1", "c/2"));
    EXPECT_THAT(keys(world.list({.StartAfter = "c/1"})), ElementsAre("c/2", "d", "e/1"));
    EXPECT_EQ(world.list({.MaxKeys = 0}).IsTruncated, false);
    EXPECT_EQ(world.code_of([&] { world.list({.ContinuationToken = "?"}); }), "InvalidArgument");
}

TEST(ListObjectsV2, SkipsGroupsOfAnySize) {
    World world;
    for (int i = 0; i < 350; ++i) world.put(fmt::format("many/{:03}", i), "");
    world.put("zebra", "");
    const auto page = world.list({.Delimiter = "/"});
    EXPECT_THAT(prefixes(page), ElementsAre("many/"));
    EXPECT_THAT(keys(page), ElementsAre("zebra"));
    EXPECT_EQ(page.KeyCount, 2);
}

TEST(ListObjects, NamesTheNextMarkerOnlyWithADelimiter) {
    World world;
    for (const auto* key : {"a b", "c/1", "d"}) world.put(key, "x");
    const auto list = [&](aws::s3::ListObjectsRequest request) {
        request.Bucket = "bucket";
        return world.run(world.service.list_objects(world.call, std::move(request)));
    };
    EXPECT_FALSE(list({.MaxKeys = 1}).NextMarker);
    EXPECT_EQ(list({.Delimiter = "/", .MaxKeys = 2}).NextMarker, "c/");
    EXPECT_EQ(list({.Delimiter = "/", .Marker = "c/"}).Contents->at(0).Key, "d");
    EXPECT_EQ(list({.EncodingType = "url"}).Contents->at(0).Key, "a+b");
}

TEST(ObjectTagging, IsReplacedAndRemoved) {
    World world;
    world.put("key", "body");
    const auto tags = [&] { return world.run(world.service.get_object_tagging(world.call, {"bucket", "key"})).TagSet; };
    EXPECT_TRUE(tags().empty());
    aws::s3::PutObjectTaggingRequest request;
    request.Bucket = "bucket";
    request.Key = "key";
    request.Tagging.TagSet = {{"colour", "red"}};
    world.run(world.service.put_object_tagging(world.call, request));
    EXPECT_EQ(tags().at(0).Value, "red");
    EXPECT_EQ(world.get("key"), "body");
    world.run(world.service.delete_object_tagging(world.call, {"bucket", "key"}));
    EXPECT_TRUE(tags().empty());
}

TEST(MultipartUpload, BecomesAnObjectThatReadsAsOne) {
    World world;
    const auto first = long_body(5 << 20, 1), second = long_body(5 << 20, 2), third = long_body(100, 3);
    const auto id = world.begin_upload("key");
    const auto p3 = world.upload("key", id, 3, third);
    const auto p1 = world.upload("key", id, 1, first);
    world.upload("key", id, 2, "replaced");
    const auto p2 = world.upload("key", id, 2, second);
    world.upload("key", id, 9, "never listed");

    const auto done = world.complete("key", id, {p1, p2, p3});
    const auto digests = md5(first) + md5(second) + md5(third);
    EXPECT_EQ(done.ETag, fmt::format("\"{}-3\"", md5_hex(digests)));
    EXPECT_EQ(done.ChecksumCRC64NVME, to_base64(big_endian(crc64nvme(first + second + third))));
    EXPECT_EQ(world.get("key"), first + second + third);
    EXPECT_EQ(world.folder.blobs(), 3u);

    const uint64_t edge = 5 << 20;
    const auto across =
        world.get({.Bucket = "bucket", .Key = "key", .Range = fmt::format("bytes={}-{}", edge - 2, edge + 1)});
    EXPECT_EQ(world.bytes(across), first.substr(edge - 2) + second.substr(0, 2));
    const auto part = world.get({.Bucket = "bucket", .Key = "key", .PartNumber = 3});
    EXPECT_EQ(world.bytes(part), third);
    EXPECT_EQ(part.PartsCount, 3);
    EXPECT_EQ(world.code_of([&] { world.get({.Bucket = "bucket", .Key = "key", .PartNumber = 4}); }),
              "InvalidPartNumber");
    EXPECT_EQ(world.code_of([&] { world.complete("key", id, {p1}); }), "NoSuchUpload");
    world.remove("key");
    EXPECT_EQ(world.folder.blobs(), 0u);
}

TEST(MultipartUpload, RefusesPartsThatDoNotFit) {
    World world;
    const auto id = world.begin_upload("key");
    const auto p1 = world.upload("key", id, 1, "short"), p2 = world.upload("key", id, 2, "last");
    const auto code = [&](std::vector<aws::s3::CompletedPart> parts) {
        return world.code_of([&] { world.complete("key", id, std::move(parts)); });
    };
    EXPECT_EQ(code({p2, p1}), "InvalidPartOrder");
    EXPECT_EQ(code({p1, p1}), "InvalidPartOrder");
    EXPECT_EQ(code({p1, p2}), "EntityTooSmall");
    EXPECT_EQ(code({}), "MalformedXML");
    EXPECT_EQ(code({{.ETag = "\"0\"", .PartNumber = 1}}), "InvalidPart");
    EXPECT_EQ(code({{.ETag = p1.ETag, .PartNumber = 3}}), "InvalidPart");
    EXPECT_EQ(world.code_of([&] { world.upload("key", id, 10'001, ""); }), "InvalidArgument");
    EXPECT_EQ(world.code_of([&] { world.upload("key", "nothing", 1, ""); }), "NoSuchUpload");
    EXPECT_EQ(code({p2}), "");
    EXPECT_EQ(world.get("key"), "last");
}

TEST(MultipartUpload, JoinsChecksumsAsTheUploadSays) {
    World world;
    const auto first = long_body(5 << 20, 1), second = long_body(100, 2);
    const auto composite = world.begin_upload("composite", "SHA256");
    const auto c1 = world.upload("composite", composite, 1, first),
               c2 = world.upload("composite", composite, 2, second);
    const auto done = world.complete("composite", composite, {c1, c2});
    EXPECT_EQ(done.ChecksumSHA256, to_base64(sha256(sha256(first) + sha256(second))) + "-2");
    EXPECT_EQ(done.ChecksumType, "COMPOSITE");

    const auto full = world.begin_upload("full", "CRC32", "FULL_OBJECT");
    const auto f1 = world.upload("full", full, 1, first), f2 = world.upload("full", full, 2, second);
    EXPECT_EQ(world.complete("full", full, {f1, f2}).ChecksumCRC32, to_base64(big_endian(crc32(first + second))));
}

TEST(MultipartUpload, IsListedUntilItIsAborted) {
    World world;
    const auto one = world.begin_upload("a/1"), two = world.begin_upload("b");
    world.upload("b", two, 1, "first");
    world.upload("b", two, 2, "second");
    const auto list = [&](aws::s3::ListMultipartUploadsRequest request) {
        request.Bucket = "bucket";
        return world.run(world.service.list_multipart_uploads(world.call, std::move(request)));
    };
    EXPECT_EQ(list({}).Uploads->size(), 2u);
    EXPECT_EQ(list({.Prefix = "a"}).Uploads->at(0).UploadId, one);
    const auto page = list({.MaxUploads = 1});
    EXPECT_EQ(list({.KeyMarker = page.NextKeyMarker, .UploadIdMarker = page.NextUploadIdMarker}).Uploads->at(0).Key,
              "b");

    aws::s3::ListPartsRequest parts{.Bucket = "bucket", .Key = "b", .MaxParts = 1, .UploadId = two};
    const auto first = world.run(world.service.list_parts(world.call, parts));
    EXPECT_EQ(first.IsTruncated, true);
    parts.PartNumberMarker = first.NextPartNumberMarker;
    EXPECT_EQ(world.run(world.service.list_parts(world.call, parts)).Parts->at(0).Size, 6);

    world.run(world.service.abort_multipart_upload(world.call, {.Bucket = "bucket", .Key = "b", .UploadId = two}));
    EXPECT_EQ(list({}).Uploads->size(), 1u);
    EXPECT_EQ(world.folder.blobs(), 0u);
}

TEST(UploadPartCopy, TakesARangeOfAnotherObject) {
    World world;
    const auto body = long_body(9000);
    world.put("source", body);
    const auto id = world.begin_upload("key");
    aws::s3::UploadPartCopyRequest copy;
    copy.Bucket = "bucket";
    copy.Key = "key";
    copy.UploadId = id;
    copy.PartNumber = 1;
    copy.CopySource = "/bucket/source";
    copy.CopySourceRange = "bytes=100-199";
    const auto part = world.run(world.service.upload_part_copy(world.call, copy));
    world.complete("key", id, {{.ETag = part.CopyPartResult->ETag, .PartNumber = 1}});
    EXPECT_EQ(world.get("key"), body.substr(100, 100));
    copy.CopySourceRange = "bytes=100-9000";
    EXPECT_NE(world.code_of([&] { world.run(world.service.upload_part_copy(world.call, copy)); }), "");
}

TEST(GetObjectAttributes, TellsOnlyWhatWasAskedFor) {
    World world;
    world.put("key", "hello");
    const auto attributes = world.run(world.service.get_object_attributes(
        world.call, {.Bucket = "bucket", .Key = "key", .ObjectAttributes = {"ETag", "ObjectSize"}}));
    EXPECT_EQ(attributes.ETag, md5_hex("hello"));
    EXPECT_EQ(attributes.ObjectSize, 5);
    EXPECT_FALSE(attributes.Checksum);
}

}  // namespace
}  // namespace cumulet::s3
