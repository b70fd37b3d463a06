#include "main/console_log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace cumulet {
namespace {

spdlog::level::level_enum level_of(log::Level level) {
    switch (level) {
        case log::Level::debug: return spdlog::level::debug;
        case log::Level::info: return spdlog::level::info;
        case log::Level::warning: return spdlog::level::warn;
        case log::Level::error: break;
    }
    return spdlog::level::err;
}

}  // namespace

void bind_console_log(log::Level least) {
    const auto logger = spdlog::stderr_color_mt("cumulet");  // colours only where standard error is a terminal
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
    logger->set_level(level_of(least));
    log::bind(
        [logger](log::Level level, std::string_view message, std::span<const log::Field> fields) {
            std::string line(message);
            for (const auto& field : fields) line += fmt::format(" {}={}", field.name, field.value);
            logger->log(level_of(level), line);
        },
        least);
}

}  // namespace cumulet
