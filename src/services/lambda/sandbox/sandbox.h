// The sandbox of a worker: what a function's process may see and use.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "services/lambda/sandbox/cgroup.h"
#include "services/lambda/sandbox/process.h"

namespace cumulet::lambda {

/// What a function's process finds around it: a package in this machine's programs, or an image.
struct Room {
    std::filesystem::path image;         ///< at /, read-only, in place of all that follows but /tmp; empty: none
    std::string working_directory;       ///< of an image's program
    std::filesystem::path code;          ///< at /var/task, read-only
    std::filesystem::path bootstrap;     ///< at /var/runtime, and its "etc" at /etc, read-only; empty: none
    std::filesystem::path layers;        ///< at /opt, read-only; empty: none
    uint64_t scratch_bytes = 512 << 20;  ///< of /tmp
};

/// What this machine permits. Found out once, by trying.
class Sandbox {
  public:
    /// Tries bubblewrap, control groups and, unless it is the host's, the network. Blocks for some milliseconds.
    static std::unique_ptr<Sandbox> find(Network network = Network::host);
    /// Plain processes in `why`'s words, for tests of that mode.
    static std::unique_ptr<Sandbox> plain(std::string why);

    bool isolated() const { return !wrapper_.empty(); }
    Network network() const { return network_; }
    /// Why functions cannot have the network that was asked for, and so do not run; "" if they can.
    const std::string& network_fault() const { return network_fault_; }
    bool limited() const { return groups_ != nullptr; }
    /// Sentences on what is missing, empty if nothing is.
    const std::vector<std::string>& warnings() const { return warnings_; }

    /// The command line that runs `program` in `room`; `inner` ("NAME=value") is what only the program itself has in
    /// its environment.
    std::vector<std::string> command(const Room& room, const std::vector<std::string>& program,
                                     const std::vector<std::string>& inner = {}) const;
    /// The path of the program that starts extensions, as the function's process sees it.
    std::string supervisor(const Room& room) const;
    /// A path below /var/task, /var/runtime or /opt as the function's process sees it.
    std::string seen(const Room& room, std::string_view path) const;
    /// A new one, yet without limits; nothing where control groups are not permitted.
    std::unique_ptr<ControlGroup> group() const;

  private:
    std::vector<std::string> wrapper_;     // bubblewrap with all that is the same for every room
    std::vector<std::string> host_files_;  // its arguments for what packages see of this machine
    std::vector<std::string> kernel_;      // and for /proc and /dev
    std::unique_ptr<ControlGroups> groups_;
    std::vector<std::string> warnings_;
    Network network_ = Network::host;
    std::string network_fault_;
};

/// Takes out of `environment` what makes the dynamic loader of any program read files, write them or run them. A
/// function may set that for itself, but bubblewrap begins outside of the sandbox and must not have it.
std::vector<std::string> take_loader_variables(std::vector<std::string>& environment);

}  // namespace cumulet::lambda
