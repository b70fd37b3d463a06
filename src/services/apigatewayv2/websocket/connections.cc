#include "services/apigatewayv2/websocket/connections.h"

#include "base/bytes.h"

namespace cumulet::apigatewayv2 {

void Connections::add(std::shared_ptr<OpenConnection> connection) {
    const std::lock_guard lock(mutex_);
    by_id_[connection->facts.id] = std::move(connection);
}

void Connections::remove(const std::string& id) {
    const std::lock_guard lock(mutex_);
    by_id_.erase(id);
}

std::shared_ptr<OpenConnection> Connections::find(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}

size_t Connections::count() const {
    const std::lock_guard lock(mutex_);
    return by_id_.size();
}

std::vector<std::string> Connections::ids() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> ids;
    for (const auto& [id, connection] : by_id_) ids.push_back(id);
    return ids;
}

void Connections::count_sent(const ConnectionFacts& facts, Time now) const {
    if (!metrics_) return;
    const contracts::MetricSample sample[] = {{.name = "MessageCount"}};
    const contracts::MetricScope::Dimension of_stage[] = {{"ApiId", facts.api_id}, {"Stage", facts.stage}};
    const std::span<const contracts::MetricScope::Dimension> dimensions(of_stage);
    for (const auto& each : {dimensions.first(1), dimensions})
        metrics_->add({facts.account, facts.region, "AWS/ApiGateway", each}, sample, now);
}

Task<bool> Connections::with(std::string id,
                             std::function<Task<void>(OpenConnection&, std::shared_ptr<WebSocket>)> use) const {
    const auto connection = find(id);
    if (!connection) co_return false;
    auto& home = Reactor::current();
    bool open = false;
    std::exception_ptr failure;
    co_await home.move_to(*connection->reactor);
    if (connection->socket) {
        open = true;
        try {
            co_await use(*connection, connection->socket);
        } catch (...) {
            failure = std::current_exception();
        }
    }
    co_await home.move_to(home);
    if (failure) std::rethrow_exception(failure);
    co_return open;
}

std::string new_connection_id(Random& random) {
    auto id = to_base64(random.bytes(11));
    for (char& c : id) c = c == '+' ? '-' : c == '/' ? '_' : c;
    return id;
}

}  // namespace cumulet::apigatewayv2
