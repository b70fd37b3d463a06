// Where requests to HTTP APIs come in:
//     http://<id>.execute-api.<anything>/<path>                   the stage's name first, unless it is $default
//     http://<anything>/_aws/execute-api/<id>/<stage>/<path>
//     http://<anything>/restapis/<id>/<stage>/_user_request_/<path>
#pragma once

#include "contracts/client.h"
#include "contracts/lambda.h"
#include "services/apigatewayv2/deployed.h"
#include "services/apigatewayv2/event.h"

namespace cumulet::apigatewayv2 {

class Surface final : public contracts::Surface {
  public:
    /// The host label and path prefixes to register it by.
    static constexpr std::string_view host_label = "execute-api";
    static constexpr std::string_view path_prefixes[] = {"/_aws/execute-api/", "/restapis/*/*/_user_request_"};

    Surface(store::Store& store, contracts::Door& door) : apis_(store), lambda_(door) {}

    Task<http::Response> serve(Call& call, http::Request request) override;
    /// Waits for invocations whose callers have their answer already.
    Task<void> stop();

  private:
    Task<http::Response> route(Call& call, http::Request request, std::string request_id);
    Task<http::Response> invoke(Call& call, Passage passage, Place place);

    DeployedApis apis_;
    aws::lambda::Client lambda_;
    TaskGroup invocations_;
    Gates answers_{64};  // by request id
};

}  // namespace cumulet::apigatewayv2
