#include "main/since.h"

#include <charconv>

namespace cumulet {

std::optional<Duration> parse_since(std::string_view text) {
    constexpr auto longest = std::chrono::days(3650);
    if (text.size() < 2) return std::nullopt;
    std::chrono::seconds unit{};
    switch (text.back()) {
        case 's': unit = 1s; break;
        case 'm': unit = 1min; break;
        case 'h': unit = 1h; break;
        case 'd': unit = std::chrono::days(1); break;
        default: return std::nullopt;
    }
    text.remove_suffix(1);
    uint32_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || end != text.data() + text.size() || count > longest / unit) return std::nullopt;
    return unit * count;
}

}  // namespace cumulet
