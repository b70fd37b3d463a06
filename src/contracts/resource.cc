#include "contracts/resource.h"

namespace cumulet::contracts {

bool any_differs(const json::object& before, const json::object& after, std::initializer_list<std::string_view> names) {
    return std::ranges::any_of(names, [&](std::string_view name) {
        const json::value* was = before.if_contains(name);
        const json::value* is = after.if_contains(name);
        return was && is ? *was != *is : was != is;
    });
}

}  // namespace cumulet::contracts
