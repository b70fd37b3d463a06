// The one clock of the cloud. Its time runs with the system's (real), at another factor, or stands still (virtual);
// advancing it fires every due timer of every reactor in order, each at its own instant.
#pragma once

#include <atomic>
#include <chrono>
#include <coroutine>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "base/time.h"
#include "runtime/task.h"

namespace cumulet {

class Reactor;

class Clock {
  public:
    /// Runs with the system's clock.
    Clock();
    /// Stands still at `start` until advanced.
    explicit Clock(Time start);

    Time now() const;
    /// Cloud seconds per real second: 1 is real time, 0 stands still.
    double factor() const;
    void set_factor(double factor);
    /// Moves to `target`, no earlier than now. Fires due timers of all reactors in order of their instants, each seeing
    /// its own instant as now, and lets the reactors become idle in between. One advance at a time; others wait.
    Task<void> advance_to(Time target);
    Task<void> advance(Duration by);

    /// How the cloud's time stands to the system's: what a restarted process needs to go on from.
    struct Setting {
        Time system;  ///< the system's time when the cloud's was `cloud`
        Time cloud;
        double factor = 1;
    };
    Setting setting() const;
    /// Goes on as if `kept` had been this clock's setting all along. Before anybody has asked for the time.
    void restore(const Setting& kept);

    /// While a Hold exists, advance waits before it goes to the next instant: for work outside the reactors, such as a
    /// disk's sync or a Lambda function's process. Bounded: after 60 real seconds advance goes on.
    class Hold {
      public:
        explicit Hold(Clock& clock) : clock_(&clock) { clock_->holds_.fetch_add(1); }
        ~Hold() {
            if (clock_) clock_->holds_.fetch_sub(1);
        }
        Hold(Hold&& other) noexcept : clock_(std::exchange(other.clock_, nullptr)) {}
        Hold& operator=(Hold&&) = delete;

      private:
        Clock* clock_;
    };

    /// How long in real time until the cloud's clock shows `due`; nothing if it never will by itself.
    std::optional<std::chrono::nanoseconds> real_wait(Time due) const;

  private:
    friend class Reactor;
    void add(Reactor* reactor);
    void remove(Reactor* reactor);

    Time now_locked() const;
    /// Makes `time` the present; the clock goes on from there unless `frozen`. Wakes every reactor: its waits have
    /// changed.
    void set_now(Time time, bool frozen);
    std::optional<Time> next_due() const;
    /// Waits until no reactor has anything to do at this instant and nothing holds the clock.
    Task<void> settle();
    bool settled(const Reactor& own) const;

    mutable std::mutex mutex_;
    Time base_;  // the cloud's time at real_base_
    std::chrono::steady_clock::time_point real_base_;
    double factor_ = 1;
    bool frozen_ = false;  // while advancing
    bool advancing_ = false;
    std::deque<std::pair<Reactor*, std::coroutine_handle<>>> waiting_to_advance_;
    std::atomic<bool> system_{true};  // never moved: now() is the system's time, without a lock
    std::atomic<int> holds_{0};
    std::vector<Reactor*> reactors_;
};

}  // namespace cumulet
