// Bodies that are compressed on their way: requests that say so, and answers that are large enough. Pure.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gzip-compression-decompression.html
#pragma once

#include "services/apigateway/fault.h"

namespace cumulet::apigateway {

/// Replaces a compressed body by what it stands for, where the API has compression on. Throws Fault.
void decompress_request(const RestApi& api, http::Request& request, size_t max_bytes);
/// Compresses a body that has at least the API's minimum of bytes, if its reader takes that.
void compress_answer(const RestApi& api, const http::Request& request, http::Response& response);

}  // namespace cumulet::apigateway
