#include "server.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include <fstream>
#include <sstream>
#include <thread>

namespace cumulet::load {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto longest_start = 10s;

uint16_t free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(socket, reinterpret_cast<sockaddr*>(&address), size) != 0) fail("no port is free");
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(socket);
    return ntohs(address.sin_port);
}

}  // namespace

void use_core(bool last) {
    cpu_set_t allowed;
    ::sched_getaffinity(0, sizeof allowed, &allowed);
    if (CPU_COUNT(&allowed) < 2) return;
    int core = -1;
    for (int i = 0; i < CPU_SETSIZE; ++i) {
        if (CPU_ISSET(i, &allowed) && (core < 0 || last)) core = i;
    }
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    ::sched_setaffinity(0, sizeof one, &one);
}

Server::Server(const std::string& program, ServerOptions options)
    : port(free_port()),
      keeps_folder_(!options.folder.empty()),
      folder_(keeps_folder_ ? options.folder
                            : std::filesystem::temp_directory_path() / fmt::format("cumulet-load-{}", ::getpid())) {
    if (!keeps_folder_) std::filesystem::remove_all(folder_);
    std::fflush(stdout);  // or the child would print what waits there too
    const auto begun = Clock::now();
    process_ = ::fork();
    if (process_ == 0) run(program, options);
    try {
        first_answer = wait_for_answer(begun);
    } catch (...) {
        end();
        throw;
    }
}

Server::~Server() { end(); }

void Server::end() {
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
    if (!keeps_folder_) std::filesystem::remove_all(folder_);
}

std::chrono::microseconds cpu_of(pid_t process) {
    std::ifstream file(fmt::format("/proc/{}/stat", process));
    std::string text((std::istreambuf_iterator<char>(file)), {});
    std::istringstream fields(text.substr(text.rfind(')') + 1));
    std::string skipped;
    for (int field = 3; field < 14; ++field) fields >> skipped;
    uint64_t user_ticks = 0, system_ticks = 0;
    fields >> user_ticks >> system_ticks;
    return std::chrono::microseconds((user_ticks + system_ticks) * 1'000'000 /
                                     static_cast<uint64_t>(::sysconf(_SC_CLK_TCK)));
}

std::chrono::microseconds Server::cpu() const { return cpu_of(process_); }

double Server::proportional_mebibytes() const {
    std::ifstream file(fmt::format("/proc/{}/smaps_rollup", process_));
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("Pss:")) return std::stod(line.substr(4)) / 1024;
    }
    return 0;
}

[[noreturn]] void Server::run(const std::string& program, ServerOptions options) {
    if (options.one_core) use_core(false);
    if (!std::freopen("/dev/null", "w", stdout) || !std::freopen("/dev/null", "w", stderr)) std::_Exit(126);
    const auto listen = fmt::format("127.0.0.1:{}", port);
    ::execl(program.c_str(), program.c_str(), "serve", "--listen", listen.c_str(), "--data", folder_.c_str(),
            options.ephemeral ? "--ephemeral" : nullptr, nullptr);
    std::_Exit(127);
}

Milliseconds Server::wait_for_answer(std::chrono::steady_clock::time_point begun) {
    while (Clock::now() - begun < longest_start) {
        if (Caller caller(port); caller.connected() && caller.answers()) return Clock::now() - begun;
        std::this_thread::sleep_for(500us);
    }
    fail("the server does not answer");
}

}  // namespace cumulet::load
