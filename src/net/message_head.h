// The text of request and response heads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/http.h"

namespace cumulet::net {

/// How the receiver learns where a body ends.
enum class BodyFraming { none, length, chunked, until_close };

struct ResponseSurroundings {
    bool answers_head = false;
    bool http_1_0 = false;
    bool keep_alive = true;
    std::string_view date;         ///< for a Date field, unless the response has one
    std::string_view server_name;  ///< for a Server field, unless empty or the response has one
};

/// Replaces `text` by the head of `response`, and says how its body is to be sent. Fields that frame the message are
/// made here; what stands in the response of them is dropped, except a Content-Length where no body is sent. Line
/// breaks inside of values become spaces.
BodyFraming write_head(std::string& text, const http::Response& response, const ResponseSurroundings& surroundings);

/// Replaces `text` by the head of `request`; `authority` becomes the Host field if the request has none.
BodyFraming write_head(std::string& text, const http::Request& request, std::string_view authority);

/// The line that begins a chunk.
std::string chunk_line(size_t size_bytes);

}  // namespace cumulet::net
