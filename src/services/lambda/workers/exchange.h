// HTTP/1.1 as far as the Runtime API needs it: requests in, small answers out. No sockets.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http.h"

namespace cumulet::lambda {

/// AWS's bound of a synchronous response.
inline constexpr size_t max_response_bytes = 6'291'556;

/// A request, whole or in parts. The parts after a head are those of its body, in their order.
struct RuntimeRequest {
    enum class Part { whole, head, piece, end };
    Part part = Part::whole;  ///< piece has only a body; end has only the trailers, as headers
    std::string method;
    std::string path;
    http::Headers headers;
    std::string body;
    bool too_large = false;  ///< the body passed max_response_bytes and was dropped
    bool keep_alive = true;
};

/// Takes bytes as they come and gives whole requests. Head at most 32 KiB; bodies by length or chunked.
class RequestReader {
  public:
    void add(std::string_view bytes) { buffer_.append(bytes); }
    /// The next request; nothing while it is incomplete. The error is a sentence, and then the connection is of no more
    /// use.
    std::expected<std::optional<RuntimeRequest>, std::string> next();
    /// Says of a request's head whether its body is to come in pieces.
    std::function<bool(const RuntimeRequest& head)> in_pieces;

  private:
    enum class Part { head, sized_body, chunk_size, chunk, chunk_end, trailers };

    std::expected<bool, std::string> read_head();
    std::expected<bool, std::string> read_chunk_size();
    bool take_body(uint64_t& left);
    /// What of a streamed body is here already, without waiting for more.
    std::optional<RuntimeRequest> take_piece();
    std::optional<std::string_view> take_line();

    std::string buffer_;
    size_t position_ = 0;  // of what is not read yet
    Part part_ = Part::head;
    uint64_t left_ = 0;  // of the body or of the chunk
    bool streams_ = false;
    RuntimeRequest request_;
};

struct Answer {
    int status = 200;
    std::string body;  ///< JSON, "" for none
    std::vector<http::Header> headers;
};
std::string answer_text(const Answer& answer);
/// The text of an answer with a JSON body ("" for none).
std::string answer_text(int status, std::string_view body);
/// {"errorMessage":…,"errorType":…}
std::string error_text(std::string_view message, std::string_view type);

}  // namespace cumulet::lambda
