#include "main/console.h"

#include <unistd.h>

#include <cstdlib>

namespace cumulet {
namespace {

bool has_colours() {
    static const bool colours = isatty(STDOUT_FILENO) != 0 && !std::getenv("NO_COLOR");
    return colours;
}

}  // namespace

std::string toned(std::string_view text, Tone tone) {
    if (tone == Tone::plain || !has_colours()) return std::string(text);
    const auto colour = tone == Tone::good ? 32 : tone == Tone::bad ? 31 : 90;
    return fmt::format("\x1b[{}m{}\x1b[0m", colour, text);
}

}  // namespace cumulet
