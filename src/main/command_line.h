#pragma once

namespace cumulet {

/// Understands the arguments and runs the command they name. The process's exit code.
int run_command_line(int count, char** arguments);

}  // namespace cumulet
