// One seeded world: one thread, ready tasks in a random order, a clock that jumps to whatever is due next, and a store
// with faults. All that a run does follows from its seed.
#pragma once

#include <deque>

#include "runtime/call.h"
#include "store/memory/faulty_store.h"

namespace cumulet::simulation {

/// What an action answered in the end, and how often it was tried: all tries but the last may have had their effect
/// too.
template <typename T>
struct Answer {
    T value;
    int tries;
};

template <typename Action>
using AnswerOf = Answer<typename task::ResultOf<std::invoke_result_t<Action&>>::type>;

class World {
  public:
    /// `verbose`: notes are printed as they are made.
    World(std::string_view workload, uint64_t seed, bool verbose);

    /// For the workload's own choices.
    Random& random() { return choices_; }
    uint64_t below(uint64_t bound) { return choices_.below(bound); }
    bool chance(double probability) { return choices_.fraction() < probability; }

    Reactor& reactor() { return reactor_; }
    Clock& clock() { return clock_; }
    store::Store& store() { return *store_; }
    Time now() const { return clock_.now(); }
    /// A call that begins now.
    Call call();

    /// Starts an actor. An exception that escapes it is a finding.
    void start(Task<void> actor);
    /// Runs until all actors have ended. It is a finding if they wait for what never comes.
    void run();
    /// Sleeps up to `longest`, or only lets others go first.
    Task<void> dawdle(Duration longest);
    /// Does what an SDK does: tries again, after a growing pause, while the cloud is unavailable.
    template <typename Action>
    Task<AnswerOf<Action>> persist(Action action);

    /// One operation of a service, asked until it is answered. `before` runs before each try.
    template <typename Service, typename Output, typename Input>
    Task<Answer<Output>> ask(
        Service& service, Task<Output> (Service::*operation)(Call&, Input), std::type_identity_t<Input> input,
        std::function<void()> before = [] {}) {
        co_return co_await persist([&]() -> Task<Output> {
            before();
            Call call = this->call();
            co_return co_await (service.*operation)(call, input);
        });
    }

    /// Adds a line to the run's trace, which is the same for the same seed.
    void note(std::string line);
    /// Unless `holds`, ends the process with this sentence and the command that replays the run.
    template <typename... Args>
    void check(bool holds, fmt::format_string<Args...> sentence, Args&&... args) {
        if (!holds) fail(fmt::format(sentence, std::forward<Args>(args)...));
    }
    [[noreturn]] void fail(std::string_view finding) const;
    /// Sums up everything that happened.
    uint64_t trace();

  private:
    Task<void> act(Task<void> actor);
    Task<void> wait_before_retry(int tries);

    const std::string workload_;
    const uint64_t seed_;
    const bool verbose_;
    Random seeds_;
    Random choices_;
    Random order_;
    Clock clock_;
    Reactor reactor_;
    std::unique_ptr<store::Store> store_;
    size_t actors_ = 0;
    uint64_t calls_ = 0;
    uint64_t hash_ = 0;
    std::deque<std::string> latest_;
};

template <typename Action>
Task<AnswerOf<Action>> World::persist(Action action) {
    for (int tries = 1;; ++tries) {
        try {
            co_return AnswerOf<Action>{co_await action(), tries};
        } catch (const Unavailable& error) {
            note(error.what());
        }
        co_await wait_before_retry(tries);
    }
}

}  // namespace cumulet::simulation
