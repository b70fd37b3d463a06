#include "world.h"

#include <unistd.h>

#include "base/hash.h"

namespace cumulet::simulation {
namespace {

constexpr uint64_t most_rounds = 5'000'000;
constexpr size_t shown_notes = 40;

/// Each kind of fault is rare, frequent or absent, by the seed: some bugs show only where another fault is silent.
store::Faults some_faults(Random& random) {
    const auto some = [&](double most) { return random.below(3) == 0 ? 0.0 : most * random.fraction(); };
    return {.conflict = some(0.3),
            .delay = some(0.8),
            .sleep = some(0.1),
            .unavailable = some(0.1),
            .lost_answer = some(0.05),
            .longest_sleep = Duration(static_cast<int64_t>(1 + random.below(50'000)))};
}

}  // namespace

World::World(std::string_view workload, uint64_t seed, bool verbose)
    : workload_(workload),
      seed_(seed),
      verbose_(verbose),
      seeds_(hash64(workload, seed)),
      choices_(seeds_.next()),
      order_(seeds_.next()),
      clock_(Time(1'700'000'000s)),
      reactor_(clock_, Random(seeds_.next()), nullptr, &order_),
      store_(store::open_faulty_store(seeds_.next(), some_faults(seeds_))) {}

Call World::call() {
    Call call(reactor_, fmt::format("call-{}", ++calls_));
    call.started = now();
    return call;
}

void World::start(Task<void> actor) {
    ++actors_;
    reactor_.start(act(std::move(actor)));
}

Task<void> World::act(Task<void> actor) {
    try {
        co_await std::move(actor);
    } catch (const std::exception& error) {
        fail(fmt::format("an actor ended with an exception: {}", error.what()));
    }
    --actors_;
}

void World::run() {
    for (uint64_t round = 0; actors_ > 0; ++round) {
        if (round == most_rounds) fail("the actors do not come to an end");
        if (reactor_.run_ready()) continue;
        const auto due = reactor_.next_due();
        if (!due) fail("every actor waits, and nothing will wake any of them");
        reactor_.block_on(clock_.advance_to(*due));
    }
}

Task<void> World::dawdle(Duration longest) {
    if (chance(0.5)) {
        co_await reactor_.yield();
    } else {
        co_await reactor_.sleep_for(Duration(static_cast<int64_t>(below(static_cast<uint64_t>(longest.count()) + 1))));
    }
}

Task<void> World::wait_before_retry(int tries) {
    if (tries > 200) fail("the store is unavailable for too long");
    co_await reactor_.sleep_for(Duration(static_cast<int64_t>(below(20'000u << std::min(tries, 5)))));
}

void World::note(std::string line) {
    line = fmt::format("{:.3f} {}", static_cast<double>(now().time_since_epoch().count()) / 1e6 - 1.7e9, line);
    if (verbose_) fmt::print("{}\n", line);
    hash_ = hash64(line, hash_);
    latest_.push_back(std::move(line));
    if (latest_.size() > shown_notes) latest_.pop_front();
}

void World::fail(std::string_view finding) const {
    if (!verbose_) {
        for (const auto& line : latest_) fmt::print("  {}\n", line);
    }
    fmt::print("{} at seed {}: {}\nreplay: ./dev sim --seed {} --workload {} --verbose\n", workload_, seed_, finding,
               seed_, workload_);
    fflush(stdout);
    _exit(1);  // the actors are in the middle of what they do
}

uint64_t World::trace() {
    note(fmt::format("end {:x} {:x} {:x}", order_.next(), reactor_.random().next(), choices_.next()));
    return hash_;
}

}  // namespace cumulet::simulation
