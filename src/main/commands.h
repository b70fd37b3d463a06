// The commands of `cumulet`. Each returns the process's exit code: 0 success, 1 failure, 2 wrong usage.
#pragma once

#include "main/options.h"

namespace cumulet {

/// Runs until SIGTERM or SIGINT; a second signal ends it at once.
int serve(ServeOptions options);

}  // namespace cumulet
