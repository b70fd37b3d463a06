// One connected socket, plain or TLS, with deadlines. Includes Asio: for the files of this folder only.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <span>

#include "net/event_loop.h"
#include "net/operation.h"
#include "net/tls.h"
#include "runtime/task.h"

namespace cumulet::net {

using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, asio::io_context::executor_type>;

/// The peer went away, or the transport was closed or stopped.
struct Disconnected : std::exception {
    const char* what() const noexcept override { return "disconnected"; }
};
/// The peer was slower than allowed.
struct TooSlow : std::exception {
    const char* what() const noexcept override { return "timed out"; }
};

/// At most one read and one write at a time. Used on the reactor where it was made.
class Transport final : private EventLoop::Watched {
  public:
    /// `socket` is connected and does not block.
    Transport(EventLoop& loop, Socket socket);
    ~Transport();
    Transport(const Transport&) = delete;

    /// Reads what is there, waiting until `due` for a first byte; 0 at the end of what the peer sends.
    /// Throws TooSlow and Disconnected.
    Task<size_t> read(char* into, size_t size_bytes, Tick due);
    /// Writes all pieces, in order, as one packet where it can. `limit` is for each part that the peer takes.
    Task<void> write(std::array<std::string_view, 3> pieces, std::chrono::milliseconds limit);

    /// Speaks TLS from here on; `received` was read already. With `asks_certificate` the peer has to show one, whoever
    /// issued it. Throws TlsFailed.
    Task<void> accept_tls(TlsContext& context, std::string received, Tick due, bool asks_certificate = false);
    /// What the peer showed, in PEM; "" if nothing.
    std::string peer_certificate() const;
    /// What was agreed upon, as in base/certificate.h; "" without TLS.
    std::string tls_session() const;
    Task<void> connect_tls(TlsContext& context, std::string host, Tick due);
    bool tls() const { return tls_ != nullptr; }

    /// True if the peer has closed while nothing was read.
    bool peer_has_closed();
    /// Lets the pending read end with Disconnected.
    void stop_reading();
    /// No more will be sent; what the peer still sends may be read.
    void shut_down_sending();
    /// Closes: pending operations end with Disconnected.
    void close();
    /// Closes so that the peer sees a broken connection rather than an end.
    void reset();
    bool open() const { return socket_.is_open(); }
    /// Closes by itself at `due`, unless read or written before.
    void close_when_idle(Tick due) {
        read_due_ = due;
        idle_ = true;
    }

    EventLoop& loop() { return loop_; }

  private:
    friend class WebSocketWire;
    struct Tls;

    void tick(Tick now) override;
    Task<void> write_plain(std::array<std::string_view, 3> pieces, std::chrono::milliseconds limit);
    Task<void> write_tls(std::array<std::string_view, 3> pieces, std::chrono::milliseconds limit);
    Task<void> read_tls(Operation& operation, char* into, size_t size_bytes);
    void check_handshake(const Operation& operation);
    void check_write(const Operation& operation);

    EventLoop& loop_;
    Socket socket_;
    std::unique_ptr<Tls> tls_;
    Tick read_due_ = 0;
    Tick write_due_ = 0;
    bool read_expired_ = false;
    bool write_expired_ = false;
    bool idle_ = false;
    OperationMemory read_memory_;
    OperationMemory write_memory_;
};

/// Bytes that were read and not yet consumed.
class ReadBuffer {
  public:
    std::string_view view() const { return {bytes_.get() + begin_, end_ - begin_}; }
    bool empty() const { return begin_ == end_; }
    size_t size() const { return end_ - begin_; }
    void consume(size_t count) {
        begin_ += count;
        if (begin_ == end_) begin_ = end_ = 0;
    }
    /// Space for at least `at_least` more bytes behind those that are there.
    std::span<char> space(size_t at_least);
    void commit(size_t count) { end_ += count; }
    /// Gives memory back that one large body needed; only while it is empty.
    void shrink(size_t keep_bytes) {
        if (empty() && capacity_ > keep_bytes) {
            bytes_.reset();
            capacity_ = 0;
        }
    }
    std::string take_all() {
        std::string all(view());
        consume(all.size());
        return all;
    }

  private:
    std::unique_ptr<char[]> bytes_;
    size_t capacity_ = 0;
    size_t begin_ = 0;
    size_t end_ = 0;
};

}  // namespace cumulet::net
