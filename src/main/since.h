#pragma once

#include "base/time.h"

namespace cumulet {

/// "30s", "10m", "2h", "1d": how long ago. Nothing for other texts, and for more than ten years.
std::optional<Duration> parse_since(std::string_view text);

}  // namespace cumulet
