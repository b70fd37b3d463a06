// An HTTP/1.1 client with a pool of connections per reactor and origin.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/http.h"
#include "runtime/byte_stream.h"
#include "runtime/reactor.h"

namespace cumulet::net {

/// Whom a connection goes to, and as whom.
struct Origin {
    std::string host;  ///< a name or an address without brackets; for a UNIX socket what the Host field says
    uint16_t port = 80;
    bool tls = false;
    std::string unix_path;  ///< a UNIX socket instead of host and port
    bool trust_any_certificate = false;
    std::string client_certificate;  ///< PEM of a certificate and its key, shown where the server asks; "" for none

    /// "http://host:port", "https://host", "unix:/path". What follows the authority is ignored. Nothing if malformed.
    static std::optional<Origin> parse(std::string_view url);
    /// "host" or "host:port", as the Host field has it.
    std::string authority() const;
    auto operator<=>(const Origin&) const = default;
};

/// The durations are real time: they guard sockets.
struct ClientOptions {
    std::chrono::milliseconds connect_time{10'000};  ///< resolve, connect and TLS handshake
    std::chrono::milliseconds idle_time{60'000};     ///< an unused connection is kept
    std::chrono::milliseconds write_time{60'000};
    size_t max_idle_per_origin = 64;
    size_t max_connections_per_origin = 512;  ///< per reactor; further requests wait
    size_t max_head_bytes = 64 << 10;
    /// Accept any certificate. Never for the outside world.
    bool trust_any_certificate = false;
};

struct SendOptions {
    std::chrono::milliseconds head_time{60'000};  ///< from the request's end to the end of the answer's head
    std::chrono::milliseconds body_time{60'000};  ///< between two pieces of the answer's body
    size_t max_body_bytes = 64 << 20;             ///< of an answer read whole
    bool stream = false;                          ///< hand the answer's body over as `stream`
};

struct HttpFailed : std::runtime_error {
    enum class Reason { resolve, connect, tls, timed_out, closed, malformed, too_large };
    HttpFailed(Reason why, const std::string& what) : std::runtime_error(what), reason(why) {}
    Reason reason;
};

/// May be used from any reactor that has a socket parker; each has its own pool. `localhost`, its subdomains and
/// *.localhost.localstack.cloud are 127.0.0.1, without asking DNS.
class Client {
  public:
    explicit Client(ClientOptions options = {});
    ~Client();
    Client(const Client&) = delete;

    /// Sends `request.method`, `target`, `headers` and `body` or `stream`; adds Host and framing fields. An answer of
    /// any status is a result. A kept connection that turns out to be closed is replaced once, if the request may be
    /// sent twice. Throws HttpFailed; and what `request.stream` throws.
    Task<http::Response> send(Origin origin, http::Request request, SendOptions options = {});

    /// Connections that this thread's reactor keeps for `origin`.
    size_t idle_connections(const Origin& origin) const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace cumulet::net
