// What S3 keeps: buckets, objects, and uploads whose parts become an object.
#pragma once

#include <map>

#include "base/time.h"
#include "services/s3/checksum.h"

namespace cumulet::s3 {

/// What its creator says of an object, beside its bytes.
struct Description {
    std::map<std::string, std::string> headers;   ///< answered as they came: "Content-Type", "Cache-Control", …
    std::map<std::string, std::string> metadata;  ///< x-amz-meta-*, without the prefix
    std::map<std::string, std::string> tags;
    std::string storage_class = "STANDARD";

    std::optional<std::string> header(const std::string& name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? std::nullopt : std::optional(found->second);
    }
};

/// Everything of an object but its bytes.
struct Object {
    std::string key;
    uint64_t size_bytes = 0;
    std::string etag;  ///< without quotes
    Time modified;
    Description description;
    Checksum checksum;
    int64_t part_count = 0;  ///< 0 unless it was uploaded in parts
};

/// A run of an object's bytes: a whole blob.
struct Segment {
    std::string blob;
    uint64_t size_bytes = 0;
    std::string checksum;  ///< Base64, of a part; "" otherwise
};

/// An object's bytes: short ones themselves, others as blobs. A part of an upload stays a segment of its own.
struct Content {
    std::string bytes;
    std::vector<Segment> segments;
};

struct Upload {
    std::string id;  ///< begins with the instant of its creation, so that a key's uploads sort by it
    std::string key;
    Time initiated;
    Description description;
    std::string algorithm;  ///< of the checksums, never ""
    std::string checksum_type;
    bool algorithm_chosen = false;  ///< false where S3 chose for the caller
};

struct Part {
    int32_t number = 0;
    std::string blob;
    uint64_t size_bytes = 0;
    std::string md5_hex;
    Time modified;
    Checksum checksum;
};

struct PublicAccess {
    bool block_acls = true;
    bool ignore_acls = true;
    bool block_policy = true;
    bool restrict_buckets = true;
};

struct Bucket {
    std::string name;
    std::string account;
    std::string region;
    Time created;
    std::map<std::string, std::string> tags;
    std::string policy;  ///< "" for none
    std::optional<PublicAccess> public_access = PublicAccess();
    bool bucket_key_enabled = false;
    std::string notifications;  ///< its rules as a record, read where an event may fall under one; "" for none

    std::string arn() const { return "arn:aws:s3:::" + name; }
};

inline std::string quote_etag(std::string_view etag) { return fmt::format("\"{}\"", etag); }
/// S3 keeps whole seconds.
inline Time whole_seconds(Time time) { return std::chrono::floor<std::chrono::seconds>(time); }

}  // namespace cumulet::s3
