// Structured log lines: a level, a sentence, and named values. Where they go is bound once, by main.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace cumulet::log {

enum class Level : uint8_t { debug, info, warning, error };

struct Field {
    std::string_view name;
    std::string value;
};

using Sink = std::function<void(Level level, std::string_view message, std::span<const Field> fields)>;

/// Binds where lines go and the least level that is written. Call before other threads start.
/// Without a sink, warnings and errors go to standard error.
void bind(Sink sink, Level least = Level::info);
bool enabled(Level level);
/// Writes one line. From any thread; the sink must allow that.
void write(Level level, std::string_view message, std::initializer_list<Field> fields = {});

inline void debug(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::debug, message, fields);
}
inline void info(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::info, message, fields);
}
inline void warning(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::warning, message, fields);
}
inline void error(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::error, message, fields);
}

}  // namespace cumulet::log
