// Where one HTTP/1.1 message ends and what it says: a parser of bytes in any splits, without sockets. It refuses
// whatever two parsers could read in two ways.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/http.h"

namespace cumulet::net {

/// The message cannot be read on; `status` is the answer that its sender deserves.
struct FramingError : std::runtime_error {
    FramingError(int answer, const std::string& what) : std::runtime_error(what), status(answer) {}
    int status;
};

struct FramingLimits {
    size_t max_head_bytes = 64 << 10;
    size_t max_request_line_bytes = 16 << 10;
    size_t max_header_count = 200;
};

/// What requests and responses have in common. Bytes that `put` did not consume are given again, with more behind them.
class MessageParser {
  public:
    virtual ~MessageParser() = default;
    MessageParser() = default;
    MessageParser(const MessageParser&) = delete;

    /// Consumes a prefix of `bytes`, at most to the end of the head, or of the message once the head is done. Bytes of
    /// the body are appended to the body's target. Throws FramingError.
    virtual size_t put(std::string_view bytes) = 0;

    virtual bool started() const = 0;  ///< some bytes of the message were consumed
    virtual bool head_done() const = 0;
    virtual bool done() const = 0;
    /// After the head: may the connection carry another message?
    virtual bool keep_alive() const = 0;
    /// After the head: what of a body of declared length has not been consumed; nothing if chunked or until the end.
    virtual std::optional<uint64_t> body_remaining() const = 0;
    /// Where bytes of the body go from here on.
    virtual void set_body_target(std::string* target) = 0;
};

class RequestParser : public MessageParser {
  public:
    static std::unique_ptr<RequestParser> make(FramingLimits limits);
    /// Begins a message; its head fills `request`, and its body `request.body` until told otherwise.
    virtual void begin(http::Request& request) = 0;
    virtual bool http_1_0() const = 0;
};

class ResponseParser : public MessageParser {
  public:
    static std::unique_ptr<ResponseParser> make(FramingLimits limits);
    /// Begins a message. The answer to HEAD has no body, whatever its fields say.
    virtual void begin(http::Response& response, bool answers_head) = 0;
    /// The sender closed. Completes a body that lasts until then; otherwise throws FramingError.
    virtual void put_end() = 0;
};

}  // namespace cumulet::net
