// Where requests to REST APIs come in; contracts/execute_api.h says how they name one. What names no REST API goes on
// to whoever else has APIs.
#pragma once

#include "auth/lambda_authorizer.h"
#include "base/expiring_map.h"
#include "contracts/access_log.h"
#include "contracts/api_keys.h"
#include "contracts/client.h"
#include "contracts/execute_api.h"
#include "contracts/lambda.h"
#include "contracts/metrics.h"
#include "contracts/sts.h"
#include "contracts/throttle.h"
#include "contracts/token_issuers.h"
#include "contracts/wire_door.h"
#include "runtime/sync.h"
#include "services/apigateway/deployed.h"
#include "services/apigateway/integration_request.h"
#include "services/apigateway/integration_response.h"
#include "services/apigateway/response_cache.h"

namespace cumulet::apigateway {

/// What a surface works with. Pointers may be nullptr in tests that have no use for them.
struct Neighbours {
    contracts::Door& door;
    contracts::WireDoor* wire = nullptr;
    contracts::Gate* gate = nullptr;
    contracts::HttpSender* http = nullptr;
    contracts::Metrics* metrics = nullptr;
    contracts::ApiSurface* others = nullptr;  ///< APIs of other kinds
    contracts::ApiKeys* keys = nullptr;
    bool assumes_roles = false;  ///< asks the trust of integrations' roles
};

/// What an authorizer said of a caller.
struct Authorised {
    json::object context;  ///< $context.authorizer
    auth::AuthorizerAnswer answer;
};

/// An invocation of a function, and on whose behalf.
struct Invocation {
    std::string function;    ///< ARN, with a qualifier or without
    std::string role;        ///< ARN of the role that invokes, "" for API Gateway itself
    std::string source_arn;  ///< that the function's policy may ask for
    Duration patience{};
};

/// What requests to APIs are signed for.
const contracts::Service& execute_api();
/// The function in ".../functions/<ARN>/invocations"; "" if there is none.
std::string function_of(std::string_view uri);

class Surface final : public contracts::ApiSurface {
  public:
    Surface(store::Store& store, Neighbours neighbours)
        : store_(store),
          apis_(store),
          neighbours_(neighbours),
          lambda_(neighbours.door),
          issuers_(neighbours.http),
          log_(neighbours.door),
          sts_(neighbours.door) {}

    Task<http::Response> serve_api(Call& call, http::Request request,
                                   std::optional<contracts::ApiDestination> destination) override;
    /// Invokes a method of a definition that is being edited; the request names one of it.
    Task<aws::apigateway::TestInvokeMethodResponse> test(Call& call, Definition definition,
                                                         aws::apigateway::TestInvokeMethodRequest request,
                                                         std::string client_certificate);
    /// Asks an authorizer that is being edited, as a request for a method that it guards would.
    Task<aws::apigateway::TestInvokeAuthorizerResponse> test(Call& call, Definition definition,
                                                             aws::apigateway::TestInvokeAuthorizerRequest request);
    /// Waits for work whose callers have their answer already.
    Task<void> stop();

  private:
    // surface.cc
    Task<http::Response> answer(Call& call, Exchange& exchange);
    Task<http::Response> take_steps(Call& call, Exchange& exchange);
    /// The integration's answer, or what the stage's cache has of it.
    Task<http::Response> answer_cached(Call& call, Exchange& exchange);
    Task<bool> may_invalidate(Call& call, Exchange& exchange);

    // observe.cc
    /// Tells of a request whose answer is `response`, once that was sent as a whole if it is streamed.
    void finish(Call& call, std::shared_ptr<Exchange> exchange, std::shared_ptr<const DeployedApi> api,
                http::Response& response);
    void observe(const Exchange& exchange);
    void measure(const Exchange& exchange);
    void write_log(const Exchange& exchange);
    void write_execution_log(const Exchange& exchange);

    // test_invoke.cc
    Task<http::Response> answer_test(Call& call, Exchange& exchange);

    // admission.cc
    /// Throws Fault without a key where the method needs one, and where rates or quotas are used up.
    Task<void> admit(Call& call, Exchange& exchange);
    Task<void> use_plan(Call& call, Exchange& exchange);

    // integrate.cc
    Task<http::Response> integrate(Call& call, Exchange& exchange);
    Task<IntegrationAnswer> send(Call& call, Exchange& exchange, IntegrationRequest request);
    Task<IntegrationAnswer> forward(Call& call, Exchange& exchange, IntegrationRequest request);
    Task<IntegrationAnswer> invoke_mapped(Call& call, Exchange& exchange, IntegrationRequest request);
    Task<http::Response> invoke_proxy(Call& call, Exchange& exchange);
    Task<http::Response> invoke_streaming(Call& call, Exchange& exchange);
    /// Throws Fault unless the role lets API Gateway assume it, where policies decide.
    Task<void> assume(Call& call, Exchange& exchange, std::string role);
    Task<aws::lambda::InvocationResponse> invoke(Call& call, Exchange& exchange, Invocation invocation,
                                                 aws::lambda::InvocationRequest request);

    // authorise.cc
    /// Throws Fault unless the caller may call the method.
    Task<void> authorise(Call& call, Exchange& exchange);
    Task<void> ask_to_be_let_in(Call& call, Exchange& exchange);
    /// What the authorizer says of the caller, now in $context.
    Task<std::shared_ptr<const Authorised>> ask_authorizer(Call& call, Exchange& exchange);
    Task<Authorised> invoke_authorizer(Call& call, Exchange& exchange, std::vector<std::string> identity);
    Task<void> check_token(Call& call, Exchange& exchange);
    /// Waits for `work` so long; then throws Fault, while the work goes on.
    template <typename T>
    Task<T> within(Call& call, Exchange& exchange, Duration patience, Task<T> work);

    store::Store& store_;
    DeployedApis apis_;
    Neighbours neighbours_;
    aws::lambda::Client lambda_;
    contracts::TokenIssuers issuers_;
    contracts::Throttle throttle_;
    ResponseCache cache_;
    contracts::AccessLog log_;
    TaskGroup work_;
    Gates answers_{64};                   // by request id
    ExpiringMap<Authorised> authorised_;  // by authorizer and identity
    aws::sts::Client sts_;
    ExpiringMap<bool> trusted_;  // roles that were assumed
};

}  // namespace cumulet::apigateway
