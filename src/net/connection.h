// One connection of the server: HTTP/1.1 over a transport, one request after the other.
#pragma once

#include <unordered_set>

#include "net/framing.h"
#include "net/server.h"
#include "net/transport.h"

namespace cumulet::net {

class Connection;
class ServerWebSocket;

/// What a server has on one reactor. All but the counters is used on that reactor only.
struct Station {
    Station(Reactor& on, const ServerOptions& server_options, Handler server_handler,
            std::shared_ptr<TlsContext> context);

    /// The Date field's value: the cloud's time, which is what callers sign their requests by.
    std::string_view date();
    /// Nothing of the server runs here.
    bool empty() const { return connections.empty() && listeners == 0; }

    Reactor& reactor;
    EventLoop& loop;
    const ServerOptions options;
    const Handler handler;
    const std::shared_ptr<TlsContext> tls;
    std::unordered_set<Connection*> connections;
    std::atomic<int> listeners{0};
    bool stopping = false;

    std::atomic<uint64_t> accepted{0};
    std::atomic<uint64_t> open{0};
    std::atomic<uint64_t> refused{0};
    std::atomic<uint64_t> requests{0};
    std::atomic<uint64_t> requests_refused{0};

  private:
    std::string date_;
    std::chrono::sys_seconds date_of_{};
};

/// A counter that only its reactor writes needs no locked instruction.
inline void count(std::atomic<uint64_t>& counter) {
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

class Connection : public std::enable_shared_from_this<Connection> {
  public:
    Connection(std::shared_ptr<Station> station, Socket socket, std::string remote_address);
    ~Connection();

    /// Serves until either side has enough.
    static Task<void> run(std::shared_ptr<Connection> connection);
    /// Closes after the answer in flight; at once if there is none.
    void finish();
    void close() { transport_.close(); }

    /// The next piece of the body of the request number `exchange`, for its stream.
    Task<std::optional<std::string>> read_piece(uint64_t exchange);
    void stop_reading_body(uint64_t exchange) {
        if (exchange == exchange_) body_unwanted_ = true;
    }

  private:
    Task<void> serve();
    Task<void> greet();
    Task<bool> asks_certificate(Tick handshake_due);
    void hand_over_certificate(http::Request& request) const;
    Task<bool> read_head();
    Task<void> take_body(http::Request& request);
    Task<void> send_continue();
    Task<http::Response> ask_handler(http::Request request);
    Task<void> answer(http::Response response, bool answers_head);
    Task<void> send_stream(std::shared_ptr<ByteStream> stream, std::optional<uint64_t> declared_bytes, bool chunked);
    Task<bool> skip_body();
    Task<void> become_web_socket(http::Response response, std::string key);
    Task<void> refuse(int status, std::string reason);
    Task<void> linger();

    [[noreturn]] void break_body(int status, std::string reason);
    bool parse_buffered();
    Task<void> read_more(size_t at_least, Tick due);
    Tick due(std::chrono::milliseconds limit) const { return station_->loop.due(limit); }
    const ServerLimits& limits() const { return station_->options.limits; }

    std::shared_ptr<Station> station_;
    Transport transport_;
    std::string remote_address_;
    ReadBuffer buffer_;
    std::unique_ptr<RequestParser> parser_;
    std::string head_;
    std::string piece_;
    ServerWebSocket* web_socket_ = nullptr;  // while this is one
    std::string server_name_;                // that the caller asked for, where certificates may be
    std::string certificate_;                // that the caller showed
    std::string tls_session_;                // "" without TLS

    std::optional<FramingError> body_failure_;
    uint64_t exchange_ = 0;
    uint64_t streamed_bytes_ = 0;
    bool keep_alive_ = true;
    bool idle_ = false;
    bool answering_ = false;
    bool expects_continue_ = false;
    bool reading_piece_ = false;
    bool body_unwanted_ = false;
};

}  // namespace cumulet::net
