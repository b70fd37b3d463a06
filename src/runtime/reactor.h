// A reactor is one thread's loop: ready coroutines, timers, and what other threads post. Every call runs to its end on
// the reactor that accepted it.
#pragma once

#include <condition_variable>
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
    /// From any thread.
    virtual void unpark() = 0;
};

class Reactor {
 public:
    /// `order` shuffles ready coroutines in simulation; without it they run first come, first served.
    Reactor(Clock& clock, Random random, std::unique_ptr<Parker> parker = nullptr, Random* order = nullptr);
    ~Reactor();
    Reactor(const Reactor&) = delete;

    /// The reactor of this thread; asserts that there is one.
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
    void post(std::function<void()> function);

    /// Runs until `stop`.
    void run();
    void stop();
    /// Runs what is ready and due, without waiting; false if there was nothing.
    bool run_ready();
    /// Runs a task to its end on this thread, parking as needed. For tests, tools and start-up.
    template <typename T>
    T block_on(Task<T> task);

    /// Starts `task` on this reactor; an exception that escapes it is a bug and ends the process.
    void start(Task<void> task);

    struct Timer {
        Time due;
        uint64_t serial;
        auto operator<=>(const Timer&) const = default;
    };
    Timer add_timer(Time due, std::function<void()> fire);
    /// False if it has fired already.
    bool cancel(Timer timer);
    std::optional<Time> next_due() const;

    /// `co_await reactor.sleep_until(time)`. Not cancellable; see Gate for waits that end early.
    Task<void> sleep_until(Time due);
    Task<void> sleep_for(Duration duration) { return sleep_until(now() + duration); }
    /// Lets others that are ready go first.
    Task<void> yield();
    /// Goes on on the reactor `other`.
    Task<void> move_to(Reactor& other);

    /// True if nothing is ready or posted. From any thread; a moment's truth.
    bool idle() const;

 private:
    friend class Clock;
    bool take_inbox();
    bool fire_due();

    Clock& clock_;
    Random random_;
    std::unique_ptr<Parker> parker_;
    Random* order_;

    std::deque<std::coroutine_handle<>> ready_;
    std::atomic<size_t> ready_count_{0};
    std::atomic<bool> stopping_{false};
    std::atomic<bool> busy_{false};

    mutable std::mutex inbox_mutex_;
    std::vector<std::coroutine_handle<>> inbox_;
    std::vector<std::function<void()>> inbox_functions_;

    mutable std::mutex timers_mutex_;
    std::map<Timer, std::function<void()>> timers_;
    uint64_t serial_ = 0;
};

/// A coroutine that owns itself: runs at once and frees itself at its end.
struct Detached {
    struct promise_type {
        static void* operator new(size_t size_bytes) { return allocate_frame(size_bytes); }
        static void operator delete(void* frame, size_t size_bytes) noexcept { free_frame(frame, size_bytes); }
        Detached get_return_object() noexcept { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
    };
};

/// Suspends and hands the coroutine's handle to `keep`, which must see to it that it is resumed by Reactor::post.
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
        if (!run_ready() && !done) {
            const auto due = next_due();
            parker_->park(due ? clock_.real_wait(*due) : std::nullopt);
        }
    }
    if (error) std::rethrow_exception(error);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace cumulet
