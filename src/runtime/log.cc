#include "runtime/log.h"

#include <cstdio>

namespace cumulet::log {
namespace {

struct Binding {
    Sink sink;
    Level least = Level::warning;
};

Binding& binding() {
    static Binding value;
    return value;
}

void write_to_standard_error(std::string_view message, std::span<const Field> fields) {
    std::string line(message);
    for (const auto& field : fields) line.append(" ").append(field.name).append("=").append(field.value);
    line += '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

void bind(Sink sink, Level least) {
    binding().sink = std::move(sink);
    binding().least = least;
}

bool enabled(Level level) { return level >= binding().least; }

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
    if (!enabled(level)) return;
    const std::span<const Field> all(fields.begin(), fields.size());
    if (const auto& sink = binding().sink) {
        sink(level, message, all);
    } else {
        write_to_standard_error(message, all);
    }
}

}  // namespace cumulet::log
