// How one service reaches another: a generated Client calls through a Door, which takes the same steps as a call from outside.
#pragma once

#include "base/http.h"
#include "contracts/shape.h"

namespace cumulet::contracts {

class Door {
 public:
    virtual ~Door() = default;
    /// Calls `operation` of `service` on behalf of `caller`. Moves from `input`, assigns `output`. Throws aws::Error.
    virtual Task<void> invoke(Call& caller, const Service& service, const Operation& operation, void* input, void* output) = 0;
};

/// Something that answers HTTP requests which are no AWS operation: an API's own front door, a function URL,
/// a developer endpoint under /_aws/.
class Surface {
 public:
    virtual ~Surface() = default;
    virtual Task<http::Response> serve(Call& call, http::Request request) = 0;
};

}  // namespace cumulet::contracts
