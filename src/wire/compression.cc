#include "wire/compression.h"

#include "base/content_encoding.h"
#include "base/gzip.h"
#include "base/hash.h"

namespace cumulet::wire {

namespace {

constexpr size_t longest_plain_bytes = 4096;

}  // namespace

void compress(const contracts::Service& service, std::string_view accept_encoding, http::Response& response) {
    if (service.name != "dynamodb" || response.body.size() <= longest_plain_bytes) return;
    const auto encoding = preferred_encoding(accept_encoding);
    if (encoding.empty()) return;
    response.body = encoding == "gzip" ? gzip(response.body) : deflated(response.body);
    response.headers.set("Content-Encoding", std::string(encoding));
    // Of what is sent: clients compare it before they decompress.
    response.headers.set("x-amz-crc32", std::to_string(crc32(response.body)));
}

}  // namespace cumulet::wire
