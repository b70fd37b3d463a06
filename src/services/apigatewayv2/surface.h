// Where requests to HTTP APIs come in:
//     http://<id>.execute-api.<anything>/<path>                   the stage's name first, unless it is $default
//     http://<anything>/_aws/execute-api/<id>/<stage>/<path>
//     http://<anything>/restapis/<id>/<stage>/_user_request_/<path>
#pragma once

#include "contracts/client.h"
#include "contracts/token_issuers.h"
#include "services/apigatewayv2/deployed.h"
#include "services/apigatewayv2/event.h"
#include "services/apigatewayv2/functions.h"
#include "services/apigatewayv2/verdicts.h"

namespace cumulet::apigatewayv2 {

/// What a surface works with. Pointers may be nullptr in tests that have no use for them.
struct Neighbours {
    contracts::Door& door;
    contracts::Gate* gate = nullptr;
    contracts::HttpSender* http = nullptr;
};

class Surface final : public contracts::Surface {
  public:
    /// The host label and path prefixes to register it by.
    static constexpr std::string_view host_label = "execute-api";
    static constexpr std::string_view path_prefixes[] = {"/_aws/execute-api/", "/restapis/*/*/_user_request_"};

    Surface(store::Store& store, Neighbours neighbours)
        : gate_(neighbours.gate), apis_(store), functions_(neighbours.door), issuers_(neighbours.http) {}

    Task<http::Response> serve(Call& call, http::Request request) override;
    /// Waits for invocations whose callers have their answer already.
    Task<void> stop() { return functions_.stop(); }

  private:
    Task<http::Response> route(Call& call, http::Request request, std::string request_id);
    Task<http::Response> invoke(Call& call, const Passage& passage, Place place);

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
    DeployedApis apis_;
    Functions functions_;
    contracts::TokenIssuers issuers_;
    Verdicts verdicts_;
};

}  // namespace cumulet::apigatewayv2
