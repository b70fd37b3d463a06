// What coroutines wait on. All of it may be used from any reactor; a waiter goes on on its own.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "runtime/reactor.h"

namespace cumulet {

/// Sleepers by key. A wake-up that comes after `version` was read is never missed:
///     auto seen = gates.version(key);
///     ... look; if there is nothing: co_await gates.wait(key, seen, until);
class Gates {
  public:
    /// More buckets, fewer sleepers looked at per wake-up; each costs 64 bytes.
    explicit Gates(size_t buckets = 1024);
    ~Gates();

    uint64_t version(std::string_view key) const;
    /// Waits until `key` is woken after `seen`, or until `until` on the cloud's clock. True if woken.
    Task<bool> wait(std::string key, uint64_t seen, Time until);
    /// Wakes every sleeper of `key`.
    void wake(std::string_view key);
    /// Wakes all of them: at shutdown.
    void wake_all();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Mutual exclusion by key, first come, first served. Keeps callers of one hot resource from conflicting; correctness
/// never depends on it.
class KeyedLocks {
  public:
    KeyedLocks();
    ~KeyedLocks();

    class [[nodiscard]] Guard {
      public:
        Guard(KeyedLocks* locks, std::string key) : locks_(locks), key_(std::move(key)) {}
        Guard(Guard&& other) noexcept : locks_(std::exchange(other.locks_, nullptr)), key_(std::move(other.key_)) {}
        Guard& operator=(Guard&&) = delete;
        ~Guard() {
            if (locks_) locks_->unlock(key_);
        }

      private:
        KeyedLocks* locks_;
        std::string key_;
    };
    Task<Guard> lock(std::string key);

  private:
    void unlock(const std::string& key);
    struct State;
    std::unique_ptr<State> state_;
};

/// A bounded number of permits.
class Semaphore {
  public:
    explicit Semaphore(size_t permits);
    ~Semaphore();

    class [[nodiscard]] Permit {
      public:
        explicit Permit(Semaphore* semaphore) : semaphore_(semaphore) {}
        Permit(Permit&& other) noexcept : semaphore_(std::exchange(other.semaphore_, nullptr)) {}
        Permit& operator=(Permit&&) = delete;
        ~Permit() {
            if (semaphore_) semaphore_->release();
        }

      private:
        Semaphore* semaphore_;
    };
    Task<Permit> acquire();
    std::optional<Permit> try_acquire();

  private:
    void release();
    struct State;
    std::unique_ptr<State> state_;
};

/// The owner of work that outlives the call that started it. Each task runs on the reactor that started it.
class TaskGroup {
  public:
    TaskGroup();
    ~TaskGroup();  // asserts that stop() has ended

    /// Starts `task` on this reactor. After stop() was called it does nothing. An exception that escapes `task` is
    /// logged.
    void start(Task<void> task);
    bool stopping() const;
    /// Completes when every task has ended. Tasks notice by stopping() and by being woken.
    Task<void> stop();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

/// Runs all tasks concurrently on this reactor and waits for all; rethrows the first exception. Bounded by the caller.
Task<void> all(std::vector<Task<void>> tasks);

}  // namespace cumulet
