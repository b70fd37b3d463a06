// A connection of the server that has become a WebSocket. Beast speaks the protocol; what it leaves out is here: limits
// on frames, turns for senders, time.
#pragma once

#include "net/connection.h"
#include "runtime/sync.h"
#include "runtime/web_socket.h"

namespace cumulet::net {

/// Follows the frames in a peer's bytes, in any splits, and notices one that is too large by its header.
class FrameSizes {
  public:
    explicit FrameSizes(size_t max_frame_bytes) : max_frame_bytes_(max_frame_bytes) {}
    /// False once a frame is too large.
    bool pass(std::string_view bytes);

  private:
    bool read_header(std::string_view& bytes);

    uint64_t max_frame_bytes_;
    uint64_t payload_left_ = 0;
    std::array<unsigned char, 10> header_{};  ///< without the mask
    size_t header_size_ = 0;                  ///< of what has come of it
};

class ServerWebSocket final : public WebSocket, public std::enable_shared_from_this<ServerWebSocket> {
  public:
    struct Limits {
        WebSocketLimits of_messages;
        std::chrono::milliseconds write_time;  ///< for a message that is being sent; real time
    };
    /// `connection` owns `transport`; `received` came behind the request.
    ServerWebSocket(std::shared_ptr<Connection> connection, Transport& transport, std::string received, Limits limits);
    ~ServerWebSocket() override;

    /// Answers the handshake that had this Sec-WebSocket-Key. A peer that has gone is found when it is read from.
    Task<void> accept(std::string key, http::Headers fields);

    /// After the session: waits until nothing of it uses the transport any more.
    Task<void> end();

    Task<std::optional<WebSocketMessage>> read() override;
    Task<void> send(WebSocketMessage message) override;
    void close(WebSocketClosing closing) override;
    const WebSocketClosing& closing() const override { return closing_; }
    Time last_heard() const override { return last_heard_; }

  private:
    struct Stream;

    Task<void> say_goodbye(std::shared_ptr<ServerWebSocket> self);
    Task<void> refuse_frame();
    void note_end(const boost::system::error_code& error);

    std::shared_ptr<Connection> connection_;
    Limits limits_;
    Reactor& reactor_;
    std::unique_ptr<Stream> stream_;
    Semaphore turns_{1};
    OperationMemory read_memory_;
    WebSocketClosing closing_;
    Time last_heard_;
    size_t waiting_bytes_ = 0;
    bool closing_down_ = false;  ///< this side has begun to close
    bool ended_ = false;
};

}  // namespace cumulet::net
