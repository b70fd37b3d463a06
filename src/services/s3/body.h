// Bytes on their way: taken in from a caller while they are summed and checked, and given out again.
#pragma once

#include "services/s3/conditions.h"
#include "store/blobs.h"

namespace cumulet::s3 {

constexpr uint64_t longest_body_bytes = 5ull << 30;  ///< of one PutObject or UploadPart
constexpr size_t longest_inline_bytes = 4 << 10;     ///< bodies up to this lie in the record

/// What a caller says of a body that comes.
struct Expected {
    std::optional<std::string> md5;   ///< Content-MD5
    std::vector<Checksum> checksums;  ///< values to compare with
    std::string announced;            ///< algorithm of a checksum that may come in a trailer, "" for none
    std::string algorithm;            ///< to be computed and kept; "": what the caller gave, otherwise S3's own choice
    bool as_blob = false;             ///< never inline
};

struct Received {
    Content content;
    uint64_t size_bytes = 0;
    std::string md5_hex;
    Checksum checksum;  ///< of the whole body
};

/// Reads the body to its end; the blob is synced. If anything is wrong (BadDigest, InvalidDigest, InvalidRequest,
/// IncompleteBody, EntityTooLarge), nothing remains.
Task<Received> receive(store::Blobs& blobs, std::shared_ptr<ByteStream> body, Expected expected);

/// A slice of a content as a stream. The first blob is open when it returns. Throws std::runtime_error if it is gone.
Task<std::shared_ptr<ByteStream>> open_content(store::Blobs& blobs, Content content, Slice slice);

}  // namespace cumulet::s3
