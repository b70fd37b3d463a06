// How API Gateway invokes functions, for integrations and for authorizers.
#pragma once

#include "base/http.h"
#include "contracts/lambda.h"
#include "runtime/sync.h"
#include "services/apigatewayv2/event.h"
#include "services/apigatewayv2/storage.h"

namespace cumulet::apigatewayv2 {

/// What to ask of which function, and as whom.
struct FunctionCall {
    FunctionTarget target;
    std::string payload;
    std::string source_arn;  ///< for the function's policy: "arn:aws:execute-api:…:abc/prod/GET/pets/{id}"
    Duration patience = 30s;
    bool asynchronous = false;  ///< only that Lambda took it is waited for
};

struct FunctionAnswer {
    std::optional<aws::lambda::InvocationResponse> response;
    http::Response failure;  ///< where there is no response: what the API's caller is told
    bool too_late = false;   ///< it took longer than the patience
    std::string request_id;  ///< of the invocation
};

/// "arn:aws:execute-api:us-east-1:123456789012:abc/prod".
std::string stage_arn(const Passage& passage, const Place& place);
/// A call that API Gateway makes for an API: as itself, or as the role that the API's owner named.
Call caller_as(const Call& call, const Passage& passage, const Place& place, const std::string& role,
               std::string source_arn);

class Functions {
  public:
    explicit Functions(contracts::Door& door) : lambda_(door) {}

    /// Invokes and waits for `asked.patience` on the cloud's clock. The invocation may go on after that.
    Task<FunctionAnswer> ask(Call& call, const Passage& passage, Place place, FunctionCall asked);
    /// Waits for invocations that nobody waits for any more.
    Task<void> stop() { return invocations_.stop(); }

  private:
    aws::lambda::Client lambda_;
    TaskGroup invocations_;
    Gates answers_{64};  // by request id
};

}  // namespace cumulet::apigatewayv2
