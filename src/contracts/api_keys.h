// API keys and their usage plans, which all kinds of APIs share that ask for keys.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
#pragma once

#include <string>

#include "base/time.h"
#include "runtime/task.h"

namespace cumulet::contracts {

/// A request that comes with a key.
struct ApiKeyUse {
    std::string account;
    std::string region;
    std::string value;  ///< the key itself
    std::string api_id;
    std::string stage;
    std::string method;  ///< "/pets/GET" of a REST API, the route's key of a WebSocket API
};

enum class ApiKeyVerdict : uint8_t {
    passed,
    invalid,    ///< there is no such key, or it may not call the stage
    throttled,  ///< its plan's rate is used up
    exhausted,  ///< its plan's quota is used up
};

struct ApiKeyAnswer {
    ApiKeyVerdict verdict = ApiKeyVerdict::invalid;
    std::string key_id;  ///< "" of an invalid one
};

class ApiKeys {
  public:
    virtual ~ApiKeys() = default;
    /// Counts one use of a key against its plan.
    virtual Task<ApiKeyAnswer> use(ApiKeyUse use, Time now) = 0;
};

}  // namespace cumulet::contracts
