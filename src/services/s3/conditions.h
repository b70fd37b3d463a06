// Decisions about one request for an object: its conditions and its range. Pure.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
#pragma once

#include "services/s3/object.h"

namespace cumulet::s3 {

struct Conditions {
    std::optional<std::string> match;
    std::optional<std::string> none_match;
    std::optional<Time> modified_since;
    std::optional<Time> unmodified_since;
};

/// True if an If-Match or If-None-Match field names the ETag.
bool names_etag(std::string_view field, std::string_view etag);
/// For reading: throws PreconditionFailed (412), or NotModified (304).
void check_conditions(const Conditions& conditions, const Object& object);
/// For the source of a copy: throws PreconditionFailed, whichever condition it is.
void check_copy_conditions(const Conditions& conditions, const Object& source);
/// For writing: throws PreconditionFailed, NoSuchKey if If-Match finds nothing, NotImplemented for what S3 refuses.
void check_write_conditions(const std::optional<std::string>& match, const std::optional<std::string>& none_match,
                            const std::string& key, const std::optional<Object>& existing);

/// A run of an object's bytes.
struct Slice {
    uint64_t offset = 0;
    uint64_t length = 0;
};

/// The bytes that a Range field asks for. Nothing if it is none that S3 honours: then the answer is the whole object.
/// Throws InvalidRange if the object has none of them.
std::optional<Slice> parse_range(std::string_view field, uint64_t size_bytes);
/// As a copy's source range: both ends given and inside the object. Throws InvalidArgument.
Slice parse_copy_range(std::string_view field, uint64_t size_bytes);
/// "bytes 0-9/100"
std::string content_range(Slice slice, uint64_t size_bytes);

}  // namespace cumulet::s3
