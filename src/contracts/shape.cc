#include "contracts/shape.h"

#include <algorithm>

namespace cumulet::contracts {

const Operation* Service::find(std::string_view operation) const {
    const auto found = std::ranges::lower_bound(operations, operation, {}, &Operation::name);
    return found != operations.end() && found->name == operation ? &*found : nullptr;
}

}  // namespace cumulet::contracts
