// How one service reaches another: a generated Client calls through a Door, which takes the same steps as a call from
// outside.
#pragma once

#include <map>

#include "base/http.h"
#include "contracts/shape.h"

namespace cumulet::contracts {

class Door {
  public:
    virtual ~Door() = default;
    /// Calls `operation` of `service` on behalf of `caller`. Moves from `input`, assigns `output`. Throws aws::Error.
    virtual Task<void> invoke(Call& caller, const Service& service, const Operation& operation, void* input,
                              void* output) = 0;
};

/// An operation's input on its way through a door, without its type.
class AnyInput {
  public:
    AnyInput(void* value, const Operation& operation) : value_(value), operation_(&operation) {}
    AnyInput(AnyInput&& other) noexcept : value_(std::exchange(other.value_, nullptr)), operation_(other.operation_) {}
    AnyInput& operator=(AnyInput&&) = delete;
    ~AnyInput() {
        if (value_) operation_->delete_input(value_);
    }
    void* get() const { return value_; }
    const Operation& operation() const { return *operation_; }

  private:
    void* value_;
    const Operation* operation_;
};

/// What every method of a Client does.
template <typename Output>
Task<Output> call_through(Door& door, Call& call, const Service& service, AnyInput input) {
    Output output;
    co_await door.invoke(call, service, input.operation(), input.get(), &output);
    co_return output;
}

/// Something that answers HTTP requests which are no AWS operation: an API's own front door, a function URL,
/// a developer endpoint under /_aws/.
class Surface {
  public:
    virtual ~Surface() = default;
    virtual Task<http::Response> serve(Call& call, http::Request request) = 0;
};

/// What a surface asks about its callers, who are held to the same as callers of operations.
class Gate {
  public:
    virtual ~Gate() = default;
    /// Notes in `call` who signed `request` for `service`. Where signatures are checked, throws aws::Error for one that
    /// is wrong or missing.
    virtual Task<void> identify(Call& call, const http::Request& request, const Service& service) = 0;
    /// Throws aws::Error where policies decide and do not let the caller do `action` on `resource`, whose own policy is
    /// `resource_policy` ("" for none). `conditions` are keys that policies may test beside the global ones.
    virtual Task<void> permit(Call& call, const Service& service, std::string action, std::string resource,
                              std::string resource_policy, std::map<std::string, std::string> conditions) = 0;
};

}  // namespace cumulet::contracts
