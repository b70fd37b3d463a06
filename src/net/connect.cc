#include "net/connect.h"

#include <netinet/tcp.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "base/bytes.h"

namespace cumulet::net {
namespace {

using Endpoint = asio::generic::stream_protocol::endpoint;
using Reason = HttpFailed::Reason;

/// Calls `expire` once `due` has come.
class Deadline final : private EventLoop::Watched {
  public:
    Deadline(EventLoop& loop, Tick due, std::function<void()> expire)
        : loop_(loop), due_(due), expire_(std::move(expire)) {
        loop_.watch(*this);
    }
    ~Deadline() { loop_.unwatch(*this); }
    Deadline(const Deadline&) = delete;
    bool expired() const { return expired_; }

  private:
    void tick(Tick now) override {
        if (expired_ || now < due_) return;
        expired_ = true;
        expire_();
    }

    EventLoop& loop_;
    Tick due_;
    std::function<void()> expire_;
    bool expired_ = false;
};

Task<std::vector<Endpoint>> resolve(Origin origin, EventLoop& loop, Tick due) {
    if (!origin.unix_path.empty()) {
        co_return std::vector<Endpoint>{asio::local::stream_protocol::endpoint(origin.unix_path)};
    }
    boost::system::error_code not_numeric;
    const auto host = names_this_machine(origin.host) ? "127.0.0.1" : origin.host;
    const auto address = asio::ip::make_address(host, not_numeric);
    if (!not_numeric) co_return std::vector<Endpoint>{asio::ip::tcp::endpoint(address, origin.port)};

    asio::ip::tcp::resolver resolver(loop.context());
    const Deadline deadline(loop, due, [&] { resolver.cancel(); });
    asio::ip::tcp::resolver::results_type found;
    boost::system::error_code error;
    auto& reactor = Reactor::current();
    co_await Suspend{[&](std::coroutine_handle<> handle) {
        resolver.async_resolve(host, std::to_string(origin.port),
                               [&found, &error, &reactor, handle](const boost::system::error_code& outcome,
                                                                  asio::ip::tcp::resolver::results_type results) {
                                   error = outcome;
                                   found = std::move(results);
                                   reactor.post(handle);
                               });
    }};
    if (deadline.expired()) throw HttpFailed(Reason::timed_out, "resolving " + host + " timed out");
    if (error) throw HttpFailed(Reason::resolve, "cannot resolve " + host + ": " + error.message());
    std::vector<Endpoint> endpoints;
    for (const bool v4 : {true, false}) {
        for (const auto& entry : found) {
            if (entry.endpoint().address().is_v4() == v4) endpoints.emplace_back(entry.endpoint());
        }
    }
    co_return endpoints;
}

}  // namespace

bool names_this_machine(std::string_view host) {
    const auto name = to_lower(host);
    for (const std::string_view ours : {"localhost", "localhost.localstack.cloud"}) {
        if (name == ours) return true;
        if (name.size() > ours.size() && name.ends_with(ours) && name[name.size() - ours.size() - 1] == '.')
            return true;
    }
    return false;
}

Task<std::unique_ptr<Transport>> connect_to(Origin origin, std::chrono::milliseconds limit,
                                            std::shared_ptr<TlsContext> tls) {
    auto& loop = EventLoop::current();
    const auto due = loop.due(limit);
    const auto endpoints = co_await resolve(origin, loop, due);
    boost::system::error_code error = asio::error::host_not_found;
    Socket socket(loop.context().get_executor());
    bool expired = false;
    for (const auto& endpoint : endpoints) {
        socket.close(error);
        socket.open(endpoint.protocol(), error);
        if (error) continue;
        const Deadline deadline(loop, due, [&] { socket.close(); });
        OperationMemory memory;
        Operation operation(memory);
        co_await operation.run([&](Operation::Done done) { socket.async_connect(endpoint, std::move(done)); });
        error = operation.error;
        expired = deadline.expired();
        if (!error || expired) break;
    }
    if (expired) throw HttpFailed(Reason::timed_out, "connecting to " + origin.authority() + " timed out");
    if (error) throw HttpFailed(Reason::connect, "cannot connect to " + origin.authority() + ": " + error.message());
    if (origin.unix_path.empty()) {
        const int on = 1;
        ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    auto transport = std::make_unique<Transport>(loop, std::move(socket));
    if (origin.tls) {
        try {
            co_await transport->connect_tls(*tls, origin.host, due);
        } catch (const TooSlow&) {
            throw HttpFailed(Reason::timed_out, "the TLS handshake with " + origin.authority() + " timed out");
        } catch (const TlsFailed& failure) {
            throw HttpFailed(Reason::tls, "no TLS with " + origin.authority() + ": " + failure.what());
        }
    }
    co_return transport;
}

}  // namespace cumulet::net
