// Where requests to HTTP APIs and WebSocket APIs come in:
//     http://<id>.execute-api.<anything>/<path>                   the stage's name first, unless it is $default
//     http://<anything>/_aws/execute-api/<id>/<stage>/<path>
//     http://<anything>/restapis/<id>/<stage>/_user_request_/<path>
#pragma once

#include "contracts/access_log.h"
#include "contracts/client.h"
#include "contracts/execute_api.h"
#include "contracts/metrics.h"
#include "contracts/throttle.h"
#include "contracts/token_issuers.h"
#include "contracts/wire_door.h"
#include "services/apigatewayv2/deployed.h"
#include "services/apigatewayv2/event.h"
#include "services/apigatewayv2/functions.h"
#include "services/apigatewayv2/verdicts.h"
#include "services/apigatewayv2/websocket/web_sockets.h"

namespace cumulet::apigatewayv2 {

/// What a surface works with. Pointers may be nullptr in tests that have no use for them.
struct Neighbours {
    contracts::Door& door;
    contracts::Gate* gate = nullptr;
    contracts::HttpSender* http = nullptr;
    contracts::WireDoor* wire = nullptr;
    contracts::Metrics* metrics = nullptr;
    contracts::ApiKeys* keys = nullptr;
};

class Surface final : public contracts::ApiSurface {
  public:
    /// The host label and path prefixes to register it by.
    static constexpr std::string_view host_label = "execute-api";
    static constexpr std::string_view path_prefixes[] = {"/_aws/execute-api/", "/restapis/*/*/_user_request_"};

    Surface(store::Store& store, Neighbours neighbours)
        : gate_(neighbours.gate),
          http_(neighbours.http),
          wire_(neighbours.wire),
          metrics_(neighbours.metrics),
          apis_(store),
          functions_(neighbours.door),
          issuers_(neighbours.http),
          access_log_(neighbours.door),
          web_sockets_({.door = neighbours.door,
                        .gate = gate_,
                        .http = http_,
                        .wire = wire_,
                        .metrics = metrics_,
                        .keys = neighbours.keys,
                        .apis = apis_,
                        .functions = functions_,
                        .throttle = throttle_,
                        .access_log = access_log_,
                        .authorize = [this](Call& call, Passage& passage, Address address) {
                            return authorize(call, passage, std::move(address));
                        }}) {}

    Task<http::Response> serve_api(Call& call, http::Request request,
                                   std::optional<contracts::ApiDestination> destination) override;
    /// Waits for invocations whose callers have their answer already, and for lines of access logs.
    Task<void> stop();
    WebSockets& web_sockets() { return web_sockets_; }

  private:
    Task<http::Response> route(Call& call, http::Request request, contracts::ApiDestination destination,
                               std::string request_id);
    /// What a stage answers: throttled, authorized, integrated.
    Task<http::Response> take_steps(Call& call, Passage& passage, Address address);

    // observe.cc
    /// Measures a request that was answered, and writes it to its stage's access log.
    void observe(Call& call, Passage& passage, const DeployedStage& stage, const Place& place,
                 const http::Response& response);
    void measure(const Passage& passage, const Place& place, Time now);

    // integrate.cc
    Task<http::Response> integrate(Call& call, Passage& passage, Place place);
    Task<http::Response> ask_integration(Call& call, const Passage& passage, Place place);
    Task<http::Response> invoke(Call& call, const Passage& passage, Place place);
    Task<http::Response> send_on(const Passage& passage);
    Task<http::Response> call_service(Call& call, const Passage& passage, Place place);

    // authorize.cc
    /// Says in `passage` who let it in; or the answer to whom nobody did.
    Task<std::optional<http::Response>> authorize(Call& call, Passage& passage, Address address);
    Task<std::optional<http::Response>> check_token(Call& call, Passage& passage);
    Task<std::optional<http::Response>> check_signature(Call& call, Passage& passage, Place place);
    Task<std::optional<http::Response>> ask_authorizer(Call& call, Passage& passage, Address address);
    /// What the authorizer's function answers now, or what the caller is told if that is no verdict.
    Task<std::expected<Verdict, http::Response>> ask_function(Call& call, const Passage& passage, Place place,
                                                              std::vector<std::string> identity);

    contracts::Gate* gate_;
    contracts::HttpSender* http_;
    contracts::WireDoor* wire_;
    contracts::Metrics* metrics_;
    DeployedApis apis_;
    Functions functions_;
    contracts::TokenIssuers issuers_;
    Verdicts verdicts_;
    contracts::Throttle throttle_;
    contracts::AccessLog access_log_;
    WebSockets web_sockets_;
};

}  // namespace cumulet::apigatewayv2
