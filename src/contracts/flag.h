// Flag: a bool as the element of a list. std::vector<bool> has no elements to point at.
#pragma once

namespace cumulet::contracts {

struct Flag {
    Flag() = default;
    Flag(bool value) : value(value) {}
    operator bool() const { return value; }

    bool value = false;
};
static_assert(sizeof(Flag) == sizeof(bool));

}  // namespace cumulet::contracts
