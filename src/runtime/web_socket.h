// WebSockets as services see them (RFC 6455): net speaks the protocol, a session says what happens over a connection.
#pragma once

#include <cstdint>

#include "base/http.h"
#include "base/time.h"
#include "runtime/byte_stream.h"

namespace cumulet {

struct WebSocketMessage {
    std::string bytes;  ///< valid UTF-8 unless it is binary
    bool binary = false;
};

/// How a connection ends. Code 1005: the peer gave none; 1006: it went away without a word.
struct WebSocketClosing {
    uint16_t code = 1006;
    std::string reason;  ///< at most 123 bytes
};

/// What a peer may send; more closes the connection with 1009.
struct WebSocketLimits {
    size_t max_frame_bytes = 32 << 10;
    size_t max_message_bytes = 128 << 10;
};

/// The connection has ended, or is about to.
struct WebSocketEnded : std::runtime_error {
    WebSocketEnded() : std::runtime_error("the WebSocket has ended") {}
};
/// The peer takes messages more slowly than they are sent.
struct WebSocketCongested : std::runtime_error {
    WebSocketCongested() : std::runtime_error("too much waits to be sent over the WebSocket") {}
};

/// One open connection. Used, and let go of, on the reactor that its session runs on.
class WebSocket {
  public:
    virtual ~WebSocket() = default;
    /// The next message; nothing once the connection has ended, whoever ended it. One reader at a time.
    virtual Task<std::optional<WebSocketMessage>> read() = 0;
    /// Ends when the message has been handed to the network. Messages go out in the order of the calls. Throws
    /// WebSocketEnded, and WebSocketCongested where more than `most_waiting_bytes` would wait for a slow peer.
    virtual Task<void> send(WebSocketMessage message) = 0;
    /// Tells the peer that the connection ends; `read` then ends soon, even if the peer does not answer. Again:
    /// nothing.
    virtual void close(WebSocketClosing closing) = 0;
    /// Once `read` gave nothing: how the connection ended.
    virtual const WebSocketClosing& closing() const = 0;
    /// When the peer's last message, ping or pong came, on the cloud's clock.
    virtual Time last_heard() const = 0;

    static constexpr size_t most_waiting_bytes = 1 << 20;
};

/// What a response of status 101 has as its `stream`: who takes the connection over. The response's other fields go
/// into the handshake, Sec-WebSocket-Protocol among them.
class WebSocketSession : public ByteStream {
  public:
    /// Called once, even if the peer went away during the handshake. The connection ends when this does.
    virtual Task<void> run(std::shared_ptr<WebSocket> socket) = 0;
    virtual WebSocketLimits limits() const { return {}; }
    Task<std::optional<std::string>> read() final { co_return std::nullopt; }
};

/// True if `request` asks to become a WebSocket, rightly or not.
bool asks_for_web_socket(const http::Request& request);
/// The answer to a handshake that RFC 6455 (4.2.1) does not allow: 400, or 426 for another version than 13. Nothing if
/// it is right.
std::optional<http::Response> refuse_handshake(const http::Request& request);

}  // namespace cumulet
