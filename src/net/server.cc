#include "net/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "net/address.h"
#include "net/connection.h"
#include "runtime/log.h"

namespace cumulet::net {
namespace {

constexpr int accepts_per_round = 64;
constexpr std::chrono::milliseconds pause_without_descriptors{100};
constexpr std::chrono::milliseconds unwinding_time{1'000};  // for what was closed to notice
constexpr std::string_view too_many =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

std::string text_of(const sockaddr_storage& address) {
    char text[INET6_ADDRSTRLEN] = "127.0.0.1";  // whoever calls over a UNIX socket is of this machine
    if (address.ss_family == AF_INET) {
        inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
    } else if (address.ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text, sizeof text);
    }
    return text;
}

/// Serves an accepted socket on the station's reactor, or refuses it.
void adopt(const std::shared_ptr<Station>& station, int socket, const std::string& remote_address, int family) {
    if (station->stopping || station->connections.size() >= station->options.limits.max_connections) {
        count(station->refused);
        ::send(socket, too_many.data(), too_many.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        ::close(socket);
        return;
    }
    count(station->accepted);
    if (family != AF_UNIX) {
        const int on = 1;
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    Socket connected(station->loop.context().get_executor());
    boost::system::error_code error;
    connected.assign(asio::generic::stream_protocol(family, 0), socket, error);
    if (error) {
        ::close(socket);
        return;
    }
    auto connection = std::make_shared<Connection>(station, std::move(connected), remote_address);
    station->reactor.start(Connection::run(std::move(connection)));
}

/// Waits until nothing of the server runs on this reactor, and takes the time from `left`.
Task<void> wait_until_empty(const Station& station, std::chrono::milliseconds& left) {
    constexpr std::chrono::milliseconds look_again{2};
    for (; !station.empty() && left.count() > 0; left -= look_again) co_await real_pause(look_again);
}

/// A listening socket on one reactor.
class Listener {
  public:
    Listener(std::shared_ptr<Station> station, int socket)
        : station_(std::move(station)), socket_(station_->loop.context(), socket) {
        ++station_->listeners;
    }

    /// Accepts until closed, for `stations` in turn.
    static Task<void> run(std::shared_ptr<Listener> listener, std::vector<std::shared_ptr<Station>> stations) {
        size_t turn = 0;
        while (true) {
            OperationMemory memory;
            Operation operation(memory);
            co_await operation.run([&](Operation::Done done) {
                listener->socket_.async_wait(asio::posix::stream_descriptor::wait_read, std::move(done));
            });
            if (operation.error) break;
            bool exhausted = false;
            for (int i = 0; i < accepts_per_round && !exhausted; ++i) exhausted = !listener->accept_one(stations, turn);
            if (listener->out_of_descriptors_) co_await real_pause(pause_without_descriptors);
        }
        --listener->station_->listeners;
    }
    void close() {
        boost::system::error_code ignored;
        socket_.close(ignored);
    }

  private:
    bool accept_one(const std::vector<std::shared_ptr<Station>>& stations, size_t& turn) {
        if (!socket_.is_open()) return false;
        sockaddr_storage address{};
        socklen_t size_bytes = sizeof address;
        const int accepted = ::accept4(socket_.native_handle(), reinterpret_cast<sockaddr*>(&address), &size_bytes,
                                       SOCK_NONBLOCK | SOCK_CLOEXEC);
        out_of_descriptors_ =
            accepted < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM);
        if (out_of_descriptors_)
            log::warning("No more connections can be accepted", {{"reason", std::strerror(errno)}});
        if (accepted < 0) return errno == EINTR || errno == ECONNABORTED;
        const auto& station = stations[turn++ % stations.size()];
        if (station == station_) {
            adopt(station, accepted, text_of(address), address.ss_family);
        } else {
            station->reactor.post([station, accepted, remote = text_of(address), family = address.ss_family] {
                adopt(station, accepted, remote, family);
            });
        }
        return true;
    }

    std::shared_ptr<Station> station_;
    asio::posix::basic_stream_descriptor<asio::io_context::executor_type> socket_;
    bool out_of_descriptors_ = false;
};

}  // namespace

struct Server::State {
    std::vector<std::shared_ptr<Station>> stations;
    std::vector<std::vector<std::shared_ptr<Listener>>> listeners;  // of each station
    std::vector<Listening> listening;
    std::vector<std::string> addresses;
    uint16_t port = 0;

    void listen(Listening& sockets) {
        for (size_t i = 0; i < sockets.sockets.size(); ++i) {
            auto listener = std::make_shared<Listener>(stations[i], sockets.sockets[i]);
            listeners[i].push_back(listener);
            auto served = sockets.unix_path.empty() ? std::vector{stations[i]} : stations;
            stations[i]->reactor.start(Listener::run(std::move(listener), std::move(served)));
        }
        sockets.sockets.clear();  // the listeners own them
    }
};

Server::Server(std::span<Reactor* const> reactors, ServerOptions options, Handler handler)
    : state_(std::make_shared<State>()) {
    const auto tls = options.tls ? TlsContext::for_server(*options.tls) : nullptr;
    for (auto* reactor : reactors) {
        state_->stations.push_back(std::make_shared<Station>(*reactor, options, handler, tls));
    }
    state_->listeners.resize(reactors.size());
    state_->addresses = options.listen;
}

Server::~Server() = default;

void Server::start() {
    auto& state = *state_;
    for (auto& address : state.addresses) {
        state.listening.push_back(listen_on(address, state.stations.size()));
        address = state.listening.back().address;
        if (state.port == 0) state.port = state.listening.back().port;
    }
    for (auto& sockets : state.listening) state.listen(sockets);
}

const std::vector<std::string>& Server::addresses() const { return state_->addresses; }
uint16_t Server::port() const { return state_->port; }

Task<void> Server::stop(std::chrono::milliseconds grace) {
    auto state = state_;
    auto& home = Reactor::current();
    for (size_t i = 0; i < state->stations.size(); ++i) {
        auto& station = *state->stations[i];
        co_await home.move_to(station.reactor);
        station.stopping = true;
        for (auto& listener : state->listeners[i]) listener->close();
        state->listeners[i].clear();
        for (auto* connection : station.connections) connection->finish();
    }
    std::chrono::milliseconds unwinding = unwinding_time;
    for (auto& station : state->stations) {
        co_await home.move_to(station->reactor);
        co_await wait_until_empty(*station, grace);
        for (auto* connection : station->connections) connection->close();
        co_await wait_until_empty(*station, unwinding);
    }
    co_await home.move_to(home);
    state->listening.clear();
}

ServerCounters Server::counters() const {
    ServerCounters sum;
    for (const auto& station : state_->stations) {
        sum.connections_accepted += station->accepted.load(std::memory_order_relaxed);
        sum.connections_open += station->open.load(std::memory_order_relaxed);
        sum.connections_refused += station->refused.load(std::memory_order_relaxed);
        sum.requests += station->requests.load(std::memory_order_relaxed);
        sum.requests_refused += station->requests_refused.load(std::memory_order_relaxed);
    }
    return sum;
}

}  // namespace cumulet::net
