// The open WebSockets of this process, by connection id.
#pragma once

#include <array>
#include <functional>
#include <mutex>
#include <unordered_map>

#include "contracts/metrics.h"
#include "runtime/sync.h"
#include "services/apigatewayv2/websocket/web_socket_event.h"

namespace cumulet::apigatewayv2 {

struct OpenConnection {
    ConnectionFacts facts;
    Reactor* reactor = nullptr;         ///< on which all that follows is used
    std::shared_ptr<WebSocket> socket;  ///< nullptr once it has ended
    Time last_active;                   ///< when the last message went in or out
    Reactor::Timer timer{};             ///< that looks whether it has become too old or too idle
    Semaphore handled{most_at_once};    ///< messages of it that are being handled

    static constexpr size_t most_at_once = 16;
};

class Connections {
  public:
    /// `metrics` may be nullptr.
    explicit Connections(contracts::Metrics* metrics) : metrics_(metrics) {}

    void add(std::shared_ptr<OpenConnection> connection);
    void remove(const std::string& id);
    std::shared_ptr<OpenConnection> find(const std::string& id) const;
    size_t count() const;
    std::vector<std::string> ids() const;

    /// Runs `use` on the connection's reactor while its socket is open, and comes back. False if there is no such
    /// connection. Rethrows what `use` throws.
    Task<bool> with(std::string id, std::function<Task<void>(OpenConnection&, std::shared_ptr<WebSocket>)> use) const;
    /// Counts a message that was sent to the client.
    void count_sent(const ConnectionFacts& facts, Time now) const;

  private:
    contracts::Metrics* metrics_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<OpenConnection>> by_id_;
};

/// "L0SM9cOFvHcCIhw=": 11 random bytes in the URL's Base64.
std::string new_connection_id(Random& random);

}  // namespace cumulet::apigatewayv2
