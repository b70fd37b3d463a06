// An HTTP/1.1 server on plain and TLS sockets: every connection stays on the reactor that accepted it.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/http.h"
#include "runtime/byte_stream.h"
#include "runtime/reactor.h"

namespace cumulet::net {

/// Answers one request, on the reactor that read it. What it throws becomes a 500 and ends the connection.
using Handler = std::function<Task<http::Response>(http::Request)>;

/// A certificate for TLS. Plain HTTP and TLS share a port: the first byte of a connection tells them apart.
struct TlsOptions {
    /// PEM files of a certificate chain and its key. Both empty: a self-signed certificate for localhost,
    /// *.localhost.localstack.cloud and 127.0.0.1 is generated.
    std::filesystem::path certificate_file;
    std::filesystem::path key_file;
    /// Where a generated certificate is kept (cumulet.crt, cumulet.key) and found again; empty: in memory only.
    std::filesystem::path generated_folder;
};

/// Every limit of what a caller may send and hold. The durations are real time, never the cloud's clock: they guard
/// sockets, and a caller in the real world is slow or gone whatever the cloud's clock shows. They are kept to a tick of
/// 100 ms.
struct ServerLimits {
    size_t max_head_bytes = 64 << 10;          ///< request line and fields; more: 431
    size_t max_request_line_bytes = 16 << 10;  ///< more: 414
    size_t max_header_count = 200;             ///< more: 431
    /// A body read whole; more: 413. Lambda's largest request, a zipped package in base64, fits.
    size_t max_body_bytes = 72 << 20;
    uint64_t max_stream_bytes = 5ull << 30;  ///< a streamed body, declared or counted; more: 413
    size_t max_connections = 10'000;         ///< per reactor; more: 503 and close

    std::chrono::milliseconds head_time{30'000};   ///< from a request's first byte to the end of its head
    std::chrono::milliseconds idle_time{75'000};   ///< between requests
    std::chrono::milliseconds body_time{60'000};   ///< between two pieces of a body
    std::chrono::milliseconds write_time{60'000};  ///< between two pieces of an answer that the caller takes
    std::chrono::milliseconds handshake_time{10'000};
};

struct ServerOptions {
    /// "127.0.0.1:4566", "[::1]:0", "localhost:0", "unix:/run/cumulet.sock". Port 0 takes a free one. A stale UNIX
    /// socket of that path is replaced; connections to it are spread over the reactors in turn.
    std::vector<std::string> listen;
    std::optional<TlsOptions> tls;
    ServerLimits limits;
    /// Asked once the head of a request with a body is read: true gives the handler `request.stream` instead of
    /// `request.body`. Reading the stream reads the socket, so a slow reader slows its sender. It ends when the answer
    /// has been sent.
    std::function<bool(const http::Request& head)> stream_body;
    /// Asked for the server's name in a TLS handshake: true makes the caller show a certificate, which is handed over
    /// with requests to that host (base/certificate.h), whoever issued it.
    std::function<Task<bool>(std::string server_name)> asks_certificate;
    /// The Server field of answers that have none; empty: none.
    std::string server_name;
};

struct ServerCounters {
    uint64_t connections_accepted = 0;
    uint64_t connections_open = 0;
    uint64_t connections_refused = 0;  ///< past max_connections
    uint64_t requests = 0;             ///< handed to the handler
    uint64_t requests_refused = 0;     ///< answered here: malformed, too large, too slow
};

struct ListenFailed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Each TCP address has a listener per reactor (SO_REUSEPORT). A connection's requests are answered one after the other
/// in their order; further pipelined ones wait in the socket, bounded by one read buffer. Fields that frame the answer
/// (Content-Length, Transfer-Encoding, Connection) are set here, except a Content-Length that the handler gave an
/// answer to HEAD.
class Server {
  public:
    /// The reactors have socket parkers and outlive the server's connections.
    Server(std::span<Reactor* const> reactors, ServerOptions options, Handler handler);
    /// After stop(), or after the reactors have stopped.
    ~Server();
    Server(const Server&) = delete;

    /// Binds and listens before it returns. Throws ListenFailed, naming the address and the reason.
    void start();

    /// As asked for, with the ports that were taken.
    const std::vector<std::string>& addresses() const;
    /// The port of the first TCP address; 0 if there is none.
    uint16_t port() const;

    /// Stops listening, closes idle connections, waits at most `grace` for answers in flight, then closes the rest.
    Task<void> stop(std::chrono::milliseconds grace = std::chrono::seconds(10));

    ServerCounters counters() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace cumulet::net
