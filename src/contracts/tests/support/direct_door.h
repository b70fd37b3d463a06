// A door for tests of services that call neighbours: straight to the neighbour's Api, without dispatch's steps.
#pragma once

#include "contracts/client.h"
#include "contracts/error.h"

namespace cumulet::contracts {

class DirectDoor final : public Door {
  public:
    void add(const Service& service, AnyApi& api) { apis_[std::string(service.name)] = &api; }

    Task<void> invoke(Call& caller, const Service& service, const Operation& operation, void* input,
                      void* output) override {
        const auto found = apis_.find(std::string(service.name));
        if (found == apis_.end()) throw aws::not_implemented(service.name, operation.name);
        Call child = caller.child(std::string(service.name), std::string(operation.name));
        co_await operation.invoke(*found->second, child, input, output);
    }

  private:
    std::map<std::string, AnyApi*> apis_;
};

}  // namespace cumulet::contracts
