// The cases that say nothing about a server, each with its reason.
#pragma once

#include <span>
#include <string_view>

namespace cumulet::vectors {

struct Exclusion {
    std::string_view direction;  ///< "input", "output"
    std::string_view file;       ///< "rest-json"
    std::string_view id;
    std::string_view reason;
};

extern const std::span<const Exclusion> exclusions;

}  // namespace cumulet::vectors
