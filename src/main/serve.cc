// `cumulet serve`: one cloud until a signal ends it.

#include <sys/resource.h>

#include <csignal>

#include "main/cloud.h"
#include "main/commands.h"
#include "main/console_log.h"
#include "main/init_hooks.h"
#include "runtime/stopwatch.h"

namespace cumulet {
namespace {

/// Blocks the signals for all threads that are started from here on, so that one of them may wait for them.
sigset_t block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    return signals;
}

/// A connection is a file: the usual 1,024 would be few.
void allow_many_files() {
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

/// A second signal, while stopping, gets its usual effect.
void restore_signals(const sigset_t& signals) { pthread_sigmask(SIG_UNBLOCK, &signals, nullptr); }

}  // namespace

int serve(ServeOptions options) {
    const auto signals = block_signals();
    allow_many_files();
    bind_console_log(options.log_level);
    const auto hooks_folder = options.init_hooks;
    try {
        InitHooks hooks(hooks_folder);
        hooks.run(InitHooks::Stage::boot);
        Cloud cloud(std::move(options));
        cloud.door().set_init_status([&hooks] { return hooks.status(); });
        cloud.start();
        hooks.set_endpoint(fmt::format("http://127.0.0.1:{}", cloud.port()));
        hooks.run(InitHooks::Stage::start);
        for (const auto& address : cloud.addresses()) log::info("Listening", {{"address", address}});
        hooks.run(InitHooks::Stage::ready);
        // Tools wait for this very line.
        fmt::print("Ready.\n");
        std::fflush(stdout);

        int signal = 0;
        sigwait(&signals, &signal);
        log::info("Stopping", {{"signal", std::string(strsignal(signal))}});
        restore_signals(signals);
        hooks.run(InitHooks::Stage::shutdown);
        cloud.stop();
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "cumulet: {}\n", error.what());
        return 1;
    }
}

}  // namespace cumulet
