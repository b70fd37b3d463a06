// What AWS's JSON decoders take for a truth value where text stands.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

namespace cumulet::contracts {

/// "true", "yes" and "1", "false", "no" and "0", in small letters or capitals; nothing for other text.
inline std::optional<bool> boolean_of(std::string_view text) {
    const auto is = [&](std::string_view word) {
        return std::ranges::equal(text, word, [](char a, char b) { return (a | 0x20) == b; });
    };
    if (is("true") || is("yes") || text == "1") return true;
    if (is("false") || is("no") || text == "0") return false;
    return std::nullopt;
}

}  // namespace cumulet::contracts
