// What commands print: plain where it goes to a file or a pipe, coloured on a terminal.
#pragma once

#include <string>
#include <string_view>

namespace cumulet {

enum class Tone { plain, good, bad, muted };

/// `text` in the tone's colour if standard output is a terminal and NO_COLOR is unset; otherwise as it is.
std::string toned(std::string_view text, Tone tone);

}  // namespace cumulet
