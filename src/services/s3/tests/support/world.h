// A cloud of S3 alone: the memory store, blobs in a temporary folder, and a clock that stands still.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "services/s3/errors.h"
#include "services/s3/service.h"
#include "services/s3/tests/support/destinations.h"
#include "store/memory/memory_store.h"

namespace cumulet::s3 {

using Texts = std::map<std::string, std::string>;

class Folder {
  public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "cumulet-s3-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path); }
    /// Blobs that are there.
    size_t blobs() const {
        size_t count = 0;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
            count += entry.is_regular_file() && entry.path().filename().string().size() == 32;
        }
        return count;
    }
    std::filesystem::path path;
};

struct World {
    Folder folder;
    Clock clock{Time(1'700'000'000s)};
    Reactor reactor{clock, Random(1)};
    std::unique_ptr<store::Store> store = store::open_memory_store();
    std::unique_ptr<store::Blobs> blobs = store::open_file_blobs(folder.path, false, 0);
    Destinations destinations;
    Service service{*store, *blobs, destinations, false};
    Call call{reactor, "request"};

    World() { create("bucket"); }
    ~World() { run(service.stop()); }

    template <typename T>
    T run(Task<T> task) {
        return reactor.block_on(std::move(task));
    }
    /// Does all that is ready now.
    void settle() {
        while (reactor.run_ready()) {
        }
    }
    template <typename Act>
    std::string code_of(Act act) {
        try {
            act();
            return "";
        } catch (const aws::Error& error) {
            return error.code;
        }
    }
    void create(const std::string& name) { run(service.create_bucket(call, {.Bucket = name})); }
    aws::s3::PutObjectRequest request(std::string key, std::string body) {
        aws::s3::PutObjectRequest request;
        request.Bucket = "bucket";
        request.Key = std::move(key);
        request.Body = stream_of(std::move(body));
        return request;
    }
    aws::s3::PutObjectOutput put(aws::s3::PutObjectRequest request) {
        return run(service.put_object(call, std::move(request)));
    }
    void put(std::string key, std::string body) { put(request(std::move(key), std::move(body))); }
    aws::s3::GetObjectOutput get(aws::s3::GetObjectRequest request) {
        return run(service.get_object(call, std::move(request)));
    }
    std::string bytes(const aws::s3::GetObjectOutput& output) { return run(read_all(output.Body, 64 << 20)); }
    std::string get(std::string key) { return bytes(get({.Bucket = "bucket", .Key = std::move(key)})); }
    aws::s3::HeadObjectOutput head(std::string key) {
        return run(service.head_object(call, {.Bucket = "bucket", .Key = std::move(key), .ChecksumMode = "ENABLED"}));
    }
    void remove(std::string key) { run(service.delete_object(call, {.Bucket = "bucket", .Key = std::move(key)})); }
    aws::s3::ListObjectsV2Output list(aws::s3::ListObjectsV2Request request) {
        request.Bucket = "bucket";
        return run(service.list_objects_v2(call, std::move(request)));
    }

    std::string begin_upload(std::string key, std::optional<std::string> algorithm = {},
                             std::optional<std::string> type = {}) {
        aws::s3::CreateMultipartUploadRequest request;
        request.Bucket = "bucket";
        request.Key = std::move(key);
        request.ChecksumAlgorithm = std::move(algorithm);
        request.ChecksumType = std::move(type);
        return *run(service.create_multipart_upload(call, std::move(request))).UploadId;
    }
    aws::s3::CompletedPart upload(std::string key, std::string id, int32_t number, std::string body) {
        aws::s3::UploadPartRequest request;
        request.Bucket = "bucket";
        request.Key = std::move(key);
        request.UploadId = std::move(id);
        request.PartNumber = number;
        request.Body = stream_of(std::move(body));
        aws::s3::CompletedPart part;
        part.ETag = run(service.upload_part(call, std::move(request))).ETag;
        part.PartNumber = number;
        return part;
    }
    aws::s3::CompleteMultipartUploadOutput complete(std::string key, std::string id,
                                                    std::vector<aws::s3::CompletedPart> parts) {
        aws::s3::CompleteMultipartUploadRequest request;
        request.Bucket = "bucket";
        request.Key = std::move(key);
        request.UploadId = std::move(id);
        request.MultipartUpload.emplace().Parts = std::move(parts);
        return run(service.complete_multipart_upload(call, std::move(request)));
    }
};

/// Long enough for a blob, different at every place.
inline std::string long_body(size_t size_bytes, uint64_t seed = 7) { return Random(seed).bytes(size_bytes); }

inline std::vector<std::string> keys(const aws::s3::ListObjectsV2Output& page) {
    std::vector<std::string> found;
    for (const auto& object : page.Contents.value_or(std::vector<aws::s3::Object>())) found.push_back(*object.Key);
    return found;
}
inline std::vector<std::string> prefixes(const aws::s3::ListObjectsV2Output& page) {
    std::vector<std::string> found;
    for (const auto& group : page.CommonPrefixes.value_or(std::vector<aws::s3::CommonPrefix>())) {
        found.push_back(*group.Prefix);
    }
    return found;
}

}  // namespace cumulet::s3
