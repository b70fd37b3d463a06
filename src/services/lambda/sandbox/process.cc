#include "services/lambda/sandbox/process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>

namespace cumulet::lambda {
namespace {

/// All that the child needs, made ready before it exists: between vfork and execve only system calls are allowed.
struct Prepared {
    std::vector<char*> arguments;
    std::vector<char*> environment;
    std::vector<Descriptor> kept;            // copies of the descriptors above all of their targets
    std::vector<std::pair<int, int>> moves;  // from a copy to its target
    int first_closed = 3;
};

Prepared prepare(const Launch& launch) {
    Prepared prepared;
    for (const auto& argument : launch.arguments) prepared.arguments.push_back(const_cast<char*>(argument.c_str()));
    prepared.arguments.push_back(nullptr);
    for (const auto& variable : launch.environment) prepared.environment.push_back(const_cast<char*>(variable.c_str()));
    prepared.environment.push_back(nullptr);
    for (const auto& [ours, theirs] : launch.descriptors) {
        prepared.kept.emplace_back(::fcntl(ours, F_DUPFD_CLOEXEC, 64));
        prepared.moves.emplace_back(prepared.kept.back().get(), theirs);
        prepared.first_closed = std::max(prepared.first_closed, theirs + 1);
    }
    return prepared;
}

[[noreturn]] void become(const Launch& launch, const Prepared& prepared, pid_t parent, int& error) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    for (const int entry : launch.group_entries) {
        if (::write(entry, "0", 1) < 0) {
            error = errno;
            ::_exit(127);
        }
    }
    if (launch.network) {
        error = launch.network->enter();
        if (error != 0) ::_exit(127);
    }
    if (launch.memory_bytes) {
        const rlimit limit{launch.memory_bytes, launch.memory_bytes};
        ::setrlimit(RLIMIT_DATA, &limit);
    }
    const rlimit no_dumps{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_dumps);
    for (const auto& [from, to] : prepared.moves) ::dup2(from, to);
    ::syscall(SYS_close_range, static_cast<unsigned>(prepared.first_closed), ~0U, CLOSE_RANGE_CLOEXEC);
    if (::chdir(launch.folder.c_str()) == 0) {
        // Dispositions that the parent ignores would stay ignored, and its blocked signals blocked.
        for (const int signal : {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGUSR1, SIGUSR2})
            ::signal(signal, SIG_DFL);
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        ::execve(prepared.arguments[0], prepared.arguments.data(), prepared.environment.data());
    }
    error = errno;
    ::_exit(127);
}

}  // namespace

std::expected<Process, std::string> spawn(const Launch& launch) {
    const auto prepared = prepare(launch);
    const pid_t parent = ::getpid();
    int error = 0;
    // The child shares this thread's memory until it runs the program, so no handler of ours may run in it.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, &before);
    const pid_t id = ::vfork();
    if (id == 0) become(launch, prepared, parent, error);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (id < 0) return std::unexpected(fmt::format("no process could be started: {}", std::strerror(errno)));
    if (error != 0) {
        ::waitpid(id, nullptr, 0);
        return std::unexpected(fmt::format("{} could not be started: {}", launch.arguments[0], std::strerror(error)));
    }
    Process process{.id = id, .end = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, id, 0)))};
    if (!process.end) {
        kill_group(id);
        ::waitpid(id, nullptr, 0);
        return std::unexpected(fmt::format("no descriptor for a process: {}", std::strerror(errno)));
    }
    return process;
}

std::optional<Ending> reap(pid_t process) {
    int status = 0;
    if (::waitpid(process, &status, WNOHANG) != process) return std::nullopt;
    if (WIFSIGNALED(status)) return Ending{.signalled = true, .code = WTERMSIG(status)};
    return Ending{.code = WEXITSTATUS(status)};
}

void kill_group(pid_t process) {
    ::kill(-process, SIGKILL);
    ::kill(process, SIGKILL);
}

std::vector<pid_t> children_of(pid_t process) {
    std::ifstream file(fmt::format("/proc/{0}/task/{0}/children", process));
    std::vector<pid_t> children;
    for (pid_t child; file >> child;) children.push_back(child);
    return children;
}

bool kill_children(pid_t process) {
    const auto children = children_of(process);
    for (const auto child : children) ::kill(child, SIGKILL);
    return !children.empty();
}

int run_quietly(const std::vector<std::string>& arguments, std::chrono::milliseconds limit, const OwnNetwork* network) {
    const Descriptor nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    auto process = spawn({.arguments = arguments,
                          .environment = {"PATH=/usr/local/bin:/usr/bin:/bin"},
                          .descriptors = {{nothing.get(), 0}, {nothing.get(), 1}, {nothing.get(), 2}},
                          .network = network});
    if (!process) return -1;
    pollfd end{.fd = process->end.get(), .events = POLLIN};
    if (::poll(&end, 1, static_cast<int>(limit.count())) <= 0) kill_group(process->id);
    int status = 0;
    ::waitpid(process->id, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace cumulet::lambda
