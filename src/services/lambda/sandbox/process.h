// Starting a program and ending it with all that it started.
#pragma once

#include <sys/types.h>

#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "services/lambda/sandbox/network.h"
#include "services/lambda/workers/loop.h"

namespace cumulet::lambda {

/// What to start. Only the descriptors in `descriptors` (ours, theirs) stay open in the program.
struct Launch {
    std::vector<std::string> arguments;    ///< the first is the program's path
    std::vector<std::string> environment;  ///< "NAME=value"
    std::string folder = "/";
    std::vector<std::pair<int, int>> descriptors;
    std::vector<int> group_entries;       ///< cgroup.procs files that the program enters before it runs
    const OwnNetwork* network = nullptr;  ///< to enter before it runs; none: it stays in this process's
    uint64_t memory_bytes = 0;            ///< RLIMIT_DATA where no cgroup limits the memory; 0: unlimited
};

struct Process {
    pid_t id = -1;
    Descriptor end;  ///< a pidfd: readable once the process has ended
};

/// Starts the program in a process group of its own, to be killed when the calling thread ends. The calling thread is
/// suspended until the program runs, well under a millisecond. The error is a sentence.
std::expected<Process, std::string> spawn(const Launch& launch);

/// How a process ended, as waitpid tells it.
struct Ending {
    bool signalled = false;
    int code = 0;  ///< the exit status or the signal
};
/// Nothing while it runs.
std::optional<Ending> reap(pid_t process);

/// SIGKILL to the process and its group.
void kill_group(pid_t process);

/// The processes that the process started and that run.
std::vector<pid_t> children_of(pid_t process);

/// SIGKILL to the children of the process. False if it has none.
bool kill_children(pid_t process);

/// Runs a program to its end without input and output and returns its exit status; -1 if it could not start, was
/// killed, or took longer than `limit`.
int run_quietly(const std::vector<std::string>& arguments, std::chrono::milliseconds limit,
                const OwnNetwork* network = nullptr);

}  // namespace cumulet::lambda
