#include "services/apigateway/compression.h"

#include "base/bytes.h"
#include "base/content_encoding.h"
#include "base/gzip.h"
#include "base/text.h"

namespace cumulet::apigateway {
void decompress_request(const RestApi& api, http::Request& request, size_t max_bytes) {
    const auto coding = to_lower(trimmed(request.headers.get("content-encoding")));
    if (!api.minimumCompressionSize || coding.empty() || coding == "identity" || request.body.empty()) return;
    std::optional<std::string> plain;
    if (coding == "gzip") {
        plain = gunzip(request.body, max_bytes);
    } else if (coding == "deflate") {
        plain = undeflate(request.body, max_bytes);
    } else {
        throw unsupported_media_type();
    }
    if (!plain) throw undecodable_body();
    request.body = std::move(*plain);
    request.headers.erase("content-encoding");
}

void compress_answer(const RestApi& api, const http::Request& request, http::Response& response) {
    if (!api.minimumCompressionSize || response.stream || response.headers.has("content-encoding")) return;
    if (response.body.empty() || response.body.size() < static_cast<size_t>(*api.minimumCompressionSize)) return;
    const auto coding = encode_as_preferred(response.body, request.headers.get("accept-encoding"));
    if (coding.empty()) return;
    response.headers.set("Content-Encoding", std::string(coding));
    response.headers.erase("content-length");
}

}  // namespace cumulet::apigateway
