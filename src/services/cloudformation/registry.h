// The resource types that stacks may use, by name.
#pragma once

#include <map>

#include "contracts/resource.h"

namespace cumulet::cloudformation {

class Registry {
  public:
    explicit Registry(std::vector<std::unique_ptr<contracts::ResourceType>> types) {
        for (auto& type : types) add(std::move(type));
    }
    void add(std::unique_ptr<contracts::ResourceType> type) {
        const auto name = std::string(type->name());
        types_[name] = std::move(type);
    }
    /// nullptr if no service offers it.
    contracts::ResourceType* find(const std::string& name) const {
        const auto found = types_.find(name);
        return found == types_.end() ? nullptr : found->second.get();
    }

  private:
    std::map<std::string, std::unique_ptr<contracts::ResourceType>> types_;
};

}  // namespace cumulet::cloudformation
