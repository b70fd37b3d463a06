#include "services/apigatewayv2/websocket/connections_api.h"

#include "base/bytes.h"

namespace cumulet::apigatewayv2 {

using namespace aws::apigatewaymanagementapi;

namespace {

struct Named {
    std::string place;  ///< "<api id>/<stage>", "" if the caller did not say
    std::string id;
};

Named named(const std::string& connection_id) {
    const auto slash = connection_id.rfind('/');
    if (slash == std::string::npos) return {"", connection_id};
    return {connection_id.substr(0, slash), connection_id.substr(slash + 1)};
}

std::string place_of(const ConnectionFacts& facts) { return fmt::format("{}/{}", facts.api_id, facts.stage); }

/// Throws GoneException where there is no such connection, or it is another API's.
using Use = std::function<Task<void>(OpenConnection&, std::shared_ptr<WebSocket>)>;
Task<void> use_connection(Connections& connections, std::string connection_id, Use use) {
    const auto [place, id] = named(connection_id);
    const auto known = connections.find(id);
    if (!known || (!place.empty() && place != place_of(known->facts)) || !co_await connections.with(id, use))
        throw GoneException{};
}

}  // namespace

Task<PostToConnectionResponse> ConnectionsApi::post_to_connection(Call&, PostToConnectionRequest request) {
    if (request.Data.size() > WebSocketLimits().max_message_bytes)
        throw PayloadTooLargeException("Message too long");  // Unverified: the words
    WebSocketMessage message{.bytes = std::move(request.Data)};
    message.binary = !valid_utf8(message.bytes);  // Unverified: that what is no text goes as a binary message
    const Use post = [&](OpenConnection& connection, std::shared_ptr<WebSocket> socket) -> Task<void> {
        co_await socket->send(std::move(message));
        connection.last_active = Reactor::current().now();
        connections_.count_sent(connection.facts, connection.last_active);
    };
    std::exception_ptr failure;
    try {
        co_await use_connection(connections_, std::move(request.ConnectionId), std::cref(post));
        co_return PostToConnectionResponse{};
    } catch (const WebSocketEnded&) {
        failure = std::make_exception_ptr(GoneException{});
    } catch (const WebSocketCongested&) {
        failure = std::make_exception_ptr(LimitExceededException{});
    }
    std::rethrow_exception(failure);
}

Task<GetConnectionResponse> ConnectionsApi::get_connection(Call&, GetConnectionRequest request) {
    GetConnectionResponse response;
    const Use read = [&](OpenConnection& connection, std::shared_ptr<WebSocket> socket) -> Task<void> {
        response.ConnectedAt = connection.facts.connected;
        response.LastActiveAt = std::max(connection.last_active, socket->last_heard());
        auto& identity = response.Identity.emplace();
        identity.SourceIp = connection.facts.source_address;
        identity.UserAgent = connection.facts.user_agent;
        co_return;
    };
    co_await use_connection(connections_, std::move(request.ConnectionId), std::cref(read));
    co_return response;
}

Task<DeleteConnectionResponse> ConnectionsApi::delete_connection(Call&, DeleteConnectionRequest request) {
    const Use end = [](OpenConnection&, std::shared_ptr<WebSocket> socket) -> Task<void> {
        socket->close({1000, "Connection Closed Normally"});  // Unverified: code and words
        co_return;
    };
    co_await use_connection(connections_, std::move(request.ConnectionId), std::cref(end));
    co_return DeleteConnectionResponse{};
}

std::string ConnectionsApi::resource_of(const Call& call, const contracts::Operation& operation,
                                        const void* input) const {
    // The id is the only member that stands in all three inputs' paths.
    const auto member = std::ranges::find(operation.input->members, "ConnectionId", &contracts::Member::name);
    const auto& text = *reinterpret_cast<const std::string*>(static_cast<const char*>(input) + member->offset);
    auto [place, id] = named(text);
    if (const auto known = place.empty() ? connections_.find(id) : nullptr) place = place_of(known->facts);
    if (place.empty()) place = "*/*";
    return call.arn("execute-api", fmt::format("{}/{}/@connections/{}", place, operation.method, id));
}

}  // namespace cumulet::apigatewayv2
