// Runs workloads in seeded worlds. A finding ends the process with status 1, its seed and the command that replays it.
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <charconv>

#include "runtime/log.h"
#include "runtime/stopwatch.h"
#include "workloads.h"

namespace cumulet::simulation {
namespace {

struct Workload {
    std::string_view name;
    void (*run)(World& world);
};

constexpr Workload workloads[] = {
    {"runtime", runtime_workload},
    {"store", store_workload},
    {"sqs", sqs_workload},
    {"sqs-fifo", sqs_fifo_workload},
    {"sns", sns_workload},
    {"s3", s3_workload},
    {"dynamodb", dynamodb_workload},
    {"dynamodb-streams", dynamodb_streams_workload},
    {"cloudformation", cloudformation_workload},
};

/// Finds something at every seed: shows how a finding is told.
void broken_workload(World& world) {
    world.start([](World* world) -> Task<void> {
        co_await world->dawdle(1s);
        world->check(false, "what never holds did not hold");
    }(&world));
    world.run();
}
constexpr Workload broken{"broken", broken_workload};

struct Options {
    uint64_t first = 1;
    uint64_t count = 100;
    std::string_view workload;  ///< "" for all
    bool verbose = false;
};

constexpr std::string_view usage =
    "usage: cumulet_simulation [--seeds N] [--seed S] [--workload NAME] [--verbose]\n"
    "Runs the seeds S to S+N-1 (default 1 to 100; with --seed alone, that one).\n";

uint64_t number(std::string_view text) {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) throw std::invalid_argument(std::string(text));
    return value;
}

Options parse(std::span<char*> arguments) {
    Options options;
    std::optional<uint64_t> count;
    for (size_t i = 1; i < arguments.size(); ++i) {
        const std::string_view name = arguments[i];
        if (name == "--verbose") {
            options.verbose = true;
            continue;
        }
        if (i + 1 == arguments.size()) throw std::invalid_argument(std::string(name));
        const std::string_view value = arguments[++i];
        if (name == "--seeds") {
            count = number(value);
        } else if (name == "--seed") {
            options.first = number(value);
            options.count = 1;
        } else if (name == "--workload") {
            options.workload = value;
        } else {
            throw std::invalid_argument(std::string(name));
        }
    }
    options.count = count.value_or(options.count);
    return options;
}

char under_way[256];

void tell_seed(int signal_number) {
    if (write(STDOUT_FILENO, under_way, strlen(under_way)) < 0) _exit(3);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

uint64_t run_once(const Workload& workload, uint64_t seed, bool verbose) {
    World world(workload.name, seed, verbose);
    workload.run(world);
    return world.trace();
}

/// One seed in eight runs twice: the same seed must give the same run.
void run_seed(const Workload& workload, uint64_t seed, bool verbose) {
    const auto end = fmt::format_to_n(under_way, sizeof(under_way) - 1,
                                      "{} crashed at seed {}\nreplay: ./dev sim --seed {} --workload {} --verbose\n",
                                      workload.name, seed, seed, workload.name);
    *end.out = '\0';
    const auto trace = run_once(workload, seed, verbose);
    if (seed % 8 != 0 || verbose || run_once(workload, seed, false) == trace) return;
    fmt::print("{} at seed {}: a second run of the same seed went another way\n", workload.name, seed);
    exit(1);
}

int run(std::span<char*> arguments) {
    const auto options = parse(arguments);
    for (const int signal_number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) signal(signal_number, tell_seed);
    if (options.workload == broken.name) run_seed(broken, options.first, options.verbose);
    log::bind([](auto&&...) {});  // the faults are told by notes
    bool known = false;
    for (const auto& workload : workloads) {
        if (!options.workload.empty() && workload.name != options.workload) continue;
        known = true;
        const Stopwatch stopwatch;
        for (uint64_t seed = options.first; seed < options.first + options.count; ++seed) {
            run_seed(workload, seed, options.verbose);
        }
        fmt::print("{}: {} seeds clean in {:.1f} s\n", workload.name, options.count,
                   std::chrono::duration<double>(stopwatch.elapsed()).count());
        fflush(stdout);
    }
    if (!known) throw std::invalid_argument(std::string(options.workload));
    return 0;
}

}  // namespace
}  // namespace cumulet::simulation

int main(int count, char** arguments) {
    try {
        return cumulet::simulation::run({arguments, static_cast<size_t>(count)});
    } catch (const std::invalid_argument& error) {
        fmt::print(stderr, "not understood: {}\n{}", error.what(), cumulet::simulation::usage);
        return 2;
    }
}
