#include "net/client.h"

#include <charconv>

#include "base/bytes.h"
#include "net/address.h"
#include "net/connect.h"
#include "net/exchange.h"
#include "runtime/sync.h"

namespace cumulet::net {
namespace {

using Reason = HttpFailed::Reason;
constexpr size_t max_origins = 256;  // remembered per reactor while nothing is open to them
constexpr size_t max_tls_contexts = 64;

/// The connections of one reactor to one origin.
struct Pool {
    explicit Pool(size_t max_connections) : permits(max_connections) {}
    Semaphore permits;
    std::vector<std::unique_ptr<ClientConnection>> idle;

    std::unique_ptr<ClientConnection> take() {
        while (!idle.empty()) {
            auto connection = std::move(idle.back());
            idle.pop_back();
            if (!connection->transport->peer_has_closed()) return connection;
        }
        return nullptr;
    }
    void forget_closed() {
        std::erase_if(idle, [](const auto& connection) { return connection->transport->peer_has_closed(); });
    }
};

using Pools = std::map<Origin, std::shared_ptr<Pool>>;

/// A connection in use: given back when its answer has ended, closed otherwise.
struct Lease {
    std::shared_ptr<Pool> pool;
    Semaphore::Permit permit;
    std::unique_ptr<ClientConnection> connection;
    size_t max_idle;
    std::chrono::milliseconds idle_time;

    void give_back() {
        if (!connection) return;
        if (connection->reusable() && pool->idle.size() < max_idle) {
            connection->transport->close_when_idle(connection->transport->loop().due(idle_time));
            pool->idle.push_back(std::move(connection));
        }
        connection.reset();
    }
};

/// The body of an answer, read from its connection.
class ResponseBody final : public ByteStream {
  public:
    ResponseBody(Lease lease, std::chrono::milliseconds limit) : lease_(std::move(lease)), limit_(limit) {}

    Task<std::optional<std::string>> read() override {
        if (!lease_.connection) co_return std::nullopt;
        std::optional<std::string> piece;
        std::string failure;
        try {
            piece = co_await lease_.connection->read_piece(limit_);
        } catch (const HttpFailed& error) {
            failure = error.what();
        }
        if (!failure.empty()) {
            lease_.connection.reset();
            throw StreamBroken(failure);
        }
        if (!piece) lease_.give_back();
        co_return piece;
    }
    void cancel() override { lease_.connection.reset(); }

  private:
    Lease lease_;
    std::chrono::milliseconds limit_;
};

// May be sent again although the server may have seen it (RFC 9110, 9.2.2).
bool repeatable(const http::Request& request) {
    static constexpr std::array<std::string_view, 5> methods{"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
    return !request.stream && std::find(methods.begin(), methods.end(), request.method) != methods.end();
}

}  // namespace

struct Client::State {
    explicit State(ClientOptions client_options) : options(client_options) {}

    const ClientOptions options;
    std::mutex mutex;
    std::map<Reactor*, std::shared_ptr<Pools>> pools;                         // each used on its reactor only
    std::map<std::pair<bool, std::string>, std::shared_ptr<TlsContext>> tls;  // by whom they trust, and certificate

    std::shared_ptr<Pools> pools_here() {
        std::lock_guard lock(mutex);
        auto& mine = pools[&Reactor::current()];
        if (!mine) mine = std::make_shared<Pools>();
        return mine;
    }
    std::shared_ptr<Pool> pool(const Origin& origin) {
        const auto mine = pools_here();
        if (mine->size() > max_origins) {
            std::erase_if(*mine, [](auto& entry) {
                entry.second->forget_closed();
                return entry.second.use_count() == 1 && entry.second->idle.empty();
            });
        }
        auto& found = (*mine)[origin];
        if (!found) found = std::make_shared<Pool>(options.max_connections_per_origin);
        return found;
    }
    std::shared_ptr<TlsContext> tls_for(const Origin& origin) {
        if (!origin.tls) return nullptr;
        std::lock_guard lock(mutex);
        if (tls.size() >= max_tls_contexts) tls.clear();  // connections keep theirs
        const bool trust_any = options.trust_any_certificate || origin.trust_any_certificate;
        auto& found = tls[{trust_any, origin.client_certificate}];
        if (!found) found = TlsContext::for_client(trust_any, origin.client_certificate);
        return found;
    }

    Task<http::Response> ask(Lease& lease, const Origin& origin, const http::Request& request,
                             SendOptions send_options);
    static Task<void> read_body(http::Response& response, Lease lease, SendOptions send_options);
};

Client::Client(ClientOptions options) : state_(std::make_shared<State>(options)) {}

// Connections end on the reactors that made them.
Client::~Client() {
    for (auto& [reactor, pools] : state_->pools) {
        reactor->post([pools = std::move(pools)] {});
    }
}

// A kept connection may have been closed by the server just now: then once more, on a new one.
Task<http::Response> Client::State::ask(Lease& lease, const Origin& origin, const http::Request& request,
                                        SendOptions send_options) {
    lease.connection = lease.pool->take();
    if (lease.connection) {
        try {
            co_return co_await lease.connection->ask(request, origin.authority(), send_options, options.write_time);
        } catch (const HttpFailed& error) {
            if (error.reason != Reason::closed || lease.connection->answered || !repeatable(request)) throw;
        }
    }
    lease.connection = std::make_unique<ClientConnection>(
        co_await connect_to(origin, options.connect_time, tls_for(origin)), options.max_head_bytes);
    co_return co_await lease.connection->ask(request, origin.authority(), send_options, options.write_time);
}

Task<void> Client::State::read_body(http::Response& response, Lease lease, SendOptions send_options) {
    if (send_options.stream && !lease.connection->parser->done()) {
        response.stream_size = lease.connection->parser->body_remaining();
        response.stream = std::make_shared<ResponseBody>(std::move(lease), send_options.body_time);
        co_return;
    }
    while (auto piece = co_await lease.connection->read_piece(send_options.body_time)) {
        if (response.body.size() + piece->size() > send_options.max_body_bytes) {
            throw HttpFailed(Reason::too_large, "the answer is too large");
        }
        response.body += *piece;
    }
    lease.give_back();
}

Task<http::Response> Client::send(Origin origin, http::Request request, SendOptions options) {
    const auto state = state_;
    const auto pool = state->pool(origin);
    Lease lease{pool, co_await pool->permits.acquire(), nullptr, state->options.max_idle_per_origin,
                state->options.idle_time};
    auto response = co_await state->ask(lease, origin, request, options);
    co_await State::read_body(response, std::move(lease), options);
    co_return response;
}

size_t Client::idle_connections(const Origin& origin) const {
    const auto pool = state_->pool(origin);
    pool->forget_closed();
    return pool->idle.size();
}

std::optional<Origin> Origin::parse(std::string_view url) {
    Origin origin;
    if (url.starts_with("unix:")) {
        origin.host = "localhost";
        origin.unix_path = url.substr(5);
        return origin.unix_path.empty() ? std::nullopt : std::optional(origin);
    }
    const auto scheme = to_lower(url.substr(0, url.find("://")));
    if (scheme != "http" && scheme != "https") return std::nullopt;
    if (scheme.size() == url.size()) return std::nullopt;
    origin.tls = scheme == "https";
    origin.port = origin.tls ? 443 : 80;
    url.remove_prefix(scheme.size() + 3);
    const auto authority = url.substr(0, url.find_first_of("/?#"));
    const auto [host, port] = split_host_and_port(authority);
    if (host.empty() || host.find_first_of("[]@ \t\r\n") != host.npos) return std::nullopt;
    origin.host = host;
    if (!port.empty()) {
        const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), origin.port);
        if (error != std::errc() || end != port.data() + port.size() || origin.port == 0) return std::nullopt;
    }
    return origin;
}

std::string Origin::authority() const {
    if (!unix_path.empty()) return host;
    const auto name = host.find(':') == host.npos ? host : "[" + host + "]";
    return port == (tls ? 443 : 80) ? name : fmt::format("{}:{}", name, port);
}

}  // namespace cumulet::net
