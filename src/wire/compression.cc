#include "wire/compression.h"

#include "base/content_encoding.h"
#include "base/hash.h"

namespace cumulet::wire {

namespace {

// DynamoDB was seen to leave shorter answers, and other services theirs, as they are.
constexpr size_t longest_plain_bytes = 4096;
constexpr std::string_view compressing_service = "dynamodb";

}  // namespace

void compress(const contracts::Service& service, const http::Request& request, http::Response& response) {
    if (response.body.size() <= longest_plain_bytes || service.name != compressing_service) return;
    const auto encoding = encode_as_preferred(response.body, request.headers.get("accept-encoding"));
    if (encoding.empty()) return;
    response.headers.set("Content-Encoding", std::string(encoding));
    // Of what is sent: clients compare it before they decompress.
    response.headers.set("x-amz-crc32", std::to_string(crc32(response.body)));
}

}  // namespace cumulet::wire
