// The server under load: a process of its own.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>

#include "caller.h"

namespace cumulet::load {

using Milliseconds = std::chrono::duration<double, std::milli>;

/// Keeps this process to the first or last core it may use. Where there is one only, server and callers share it.
void use_core(bool last);
/// Processor time of a process so far, of the user's and the kernel's kind.
std::chrono::microseconds cpu_of(pid_t process);

struct ServerOptions {
    bool ephemeral = true;
    bool one_core = true;               ///< what it starts has the same cores
    std::filesystem::path folder = {};  ///< which outlives it; where none is given, its own ends with it
};

/// A Cumulet in a folder.
class Server {
  public:
    /// Returns once it has answered. Throws if that takes too long.
    Server(const std::string& program, ServerOptions options);
    ~Server();
    Server(const Server&) = delete;

    const uint16_t port;
    Milliseconds first_answer{};  ///< since the process began

    /// Processor time so far, of the user's and the kernel's kind.
    std::chrono::microseconds cpu() const;
    /// Memory, shared pages by their share.
    double proportional_mebibytes() const;

  private:
    void end();
    [[noreturn]] void run(const std::string& program, ServerOptions options);
    Milliseconds wait_for_answer(std::chrono::steady_clock::time_point begun);

    const bool keeps_folder_;
    const std::filesystem::path folder_;
    pid_t process_ = -1;
};

}  // namespace cumulet::load
