// Log lines on standard error, through spdlog.
#pragma once

#include "runtime/log.h"

namespace cumulet {

void bind_console_log(log::Level least);

}  // namespace cumulet
