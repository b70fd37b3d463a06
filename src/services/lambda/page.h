// Pages of what lists answer.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace cumulet::lambda {

inline constexpr size_t most_listed = 50;

/// How many entries a page has: as many as the caller asked for, and no more than `most`.
inline size_t page_limit(const std::optional<int32_t>& asked, size_t most = most_listed) {
    return asked && *asked > 0 ? std::min(static_cast<size_t>(*asked), most) : most;
}

}  // namespace cumulet::lambda
