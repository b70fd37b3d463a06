// A reactor is one thread's loop: ready coroutines, timers, and what other threads post. Every call runs to its end on
// the reactor that accepted it.
#pragma once

#include <atomic>
#include <coroutine>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <span>

#include "runtime/clock.h"
#include "runtime/random.h"
#include "runtime/task.h"

namespace cumulet {

/// Where a reactor waits when it has nothing to do. net waits in its sockets' event loop.
class Parker {
  public:
    virtual ~Parker() = default;
    /// Returns when something happened, `unpark` was called, or `wait` has passed (nothing: wait without limit).
    virtual void park(std::optional<std::chrono::nanoseconds> wait) = 0;
    /// Handles what is pending without waiting. Called between rounds of ready coroutines.
    virtual void poll() {}
    /// From any thread. An unpark that comes before park makes park return at once.
    virtual void unpark() = 0;
};

class Reactor {
  public:
    /// Without a parker, waits on a condition variable. With `order`, runs ready coroutines in a random order:
    /// simulation.
    Reactor(Clock& clock, Random random, std::unique_ptr<Parker> parker = nullptr, Random* order = nullptr);
    ~Reactor();
    Reactor(const Reactor&) = delete;

    /// The reactor whose coroutine runs on this thread; asserts that there is one.
    static Reactor& current();
    static Reactor* current_or_null();

    Clock& clock() { return clock_; }
    Random& random() { return random_; }
    Time now() const { return clock_.now(); }
    Parker& parker() { return *parker_; }

    /// Makes `handle` ready. From any thread.
    void post(std::coroutine_handle<> handle);
    /// Makes several ready with one wake-up.
    void post(std::span<const std::coroutine_handle<>> handles);
    /// Runs `function` on this reactor. From any thread.
    void post(std::function<void()> function);

    /// Runs until `stop`.
    void run();
    /// From any thread.
    void stop();
    /// Runs one round of what is ready and due, without waiting; false if there was nothing.
    bool run_ready();
    /// Runs a task to its end on this thread, parking as needed: for tests, tools and start-up.
    template <typename T>
    T block_on(Task<T> task);

    /// Starts `task` on this reactor, soon. From any thread. An exception that escapes it is a bug and ends the
    /// process.
    void start(Task<void> task);

    struct Timer {
        Time due;
        uint64_t serial;
        auto operator<=>(const Timer&) const = default;
    };
    /// Calls `fire` on this reactor when the cloud's clock reaches `due`. On this reactor's thread only.
    Timer add_timer(Time due, std::function<void()> fire);
    /// False if it has fired already. On this reactor's thread only.
    bool cancel(Timer timer);
    std::optional<Time> next_due() const;

    /// Sleeps by the cloud's clock. Not cancellable; see Gates for waits that end early.
    Task<void> sleep_until(Time due);
    Task<void> sleep_for(Duration duration) { return sleep_until(now() + duration); }
    /// Waits in real time, whatever the cloud's clock does: to let others of this machine go on. In simulation, a
    /// yield.
    Task<void> pause(std::chrono::nanoseconds duration);
    /// Lets others that are ready go first.
    Task<void> yield();
    /// Goes on on the reactor `other`.
    Task<void> move_to(Reactor& other);

    /// True if nothing is ready, running or posted. From any thread; a moment's truth.
    bool idle() const;

  private:
    friend class Clock;
    bool nothing_else_ready() const;
    void wake_up();
    bool take_inbox();
    bool take_paused();
    bool fire_due();
    void wait();
    std::coroutine_handle<> next_ready();
    std::optional<std::chrono::nanoseconds> longest_wait() const;

    Clock& clock_;
    Random random_;
    std::unique_ptr<Parker> parker_;
    Random* order_;

    std::deque<std::coroutine_handle<>> ready_;  // of this thread only
    std::atomic<bool> busy_{false};              // ready_ is not empty, or one of it runs
    std::atomic<bool> stopping_{false};
    std::atomic<bool> parked_{false};

    mutable std::mutex inbox_mutex_;
    std::vector<std::coroutine_handle<>> inbox_;
    std::vector<std::function<void()>> inbox_functions_;
    std::atomic<bool> inbox_filled_{false};

    mutable std::mutex timers_mutex_;  // Clock looks from another thread
    std::map<Timer, std::function<void()>> timers_;
    uint64_t serial_ = 0;
    std::multimap<std::chrono::steady_clock::time_point, std::coroutine_handle<>> paused_;
};

/// Suspends and hands the coroutine's handle to `keep`, which sees to it that it is resumed by Reactor::post. Once
/// `keep` has published the handle the coroutine may already run elsewhere: `keep` touches nothing of it afterwards.
template <typename Keep>
struct Suspend {
    Keep keep;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) { keep(handle); }
    void await_resume() const noexcept {}
};
template <typename Keep>
Suspend(Keep) -> Suspend<Keep>;

template <typename T>
T Reactor::block_on(Task<T> task) {
    bool done = false;
    std::exception_ptr error;
    std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> result;
    auto run_task = [](Task<T> inner, auto& result, std::exception_ptr& error, bool& done) -> Task<void> {
        try {
            if constexpr (std::is_void_v<T>) {
                co_await std::move(inner);
            } else {
                result.emplace(co_await std::move(inner));
            }
        } catch (...) {
            error = std::current_exception();
        }
        done = true;
    };
    start(run_task(std::move(task), result, error, done));
    while (!done) {
        if (!run_ready() && !done) wait();
    }
    if (error) std::rethrow_exception(error);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace cumulet
