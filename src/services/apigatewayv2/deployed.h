// An API as requests find it: compiled once per change, then only read, from any thread.
#pragma once

#include <mutex>
#include <unordered_map>

#include "services/apigatewayv2/routing.h"
#include "services/apigatewayv2/storage.h"
#include "services/apigatewayv2/websocket/web_socket_stage.h"

namespace cumulet::apigatewayv2 {

struct DeployedStage {
    std::string name;
    std::map<std::string, std::string> variables;
    RoutingTable routes;
    std::optional<aws::apigatewayv2::AccessLogSettings> access_log;
};

struct DeployedApi {
    Address address;
    bool endpoint_disabled = false;
    std::optional<aws::apigatewayv2::Cors> cors;
    std::map<std::string, DeployedStage, std::less<>> stages;  ///< of an HTTP API
    std::optional<WebSocketApi> web_socket;
};

// The stage's routes; stage variables in their integrations are replaced.
DeployedStage compile_stage(const Stage& stage, const Definition& definition);
WebSocketStage compile_web_socket_stage(const Stage& stage, const Definition& definition);

/// The APIs that were asked for lately. A request costs one read of the store, of the version.
class DeployedApis {
  public:
    explicit DeployedApis(store::Store& store) : store_(store) {}
    /// nullptr if there is no API of that id.
    Task<std::shared_ptr<const DeployedApi>> find(std::string api_id);

  private:
    std::shared_ptr<const DeployedApi> known(const std::string& api_id, uint64_t version) const;
    void keep(std::shared_ptr<const DeployedApi> api);

    store::Store& store_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::shared_ptr<const DeployedApi>> by_id_;
};

}  // namespace cumulet::apigatewayv2
