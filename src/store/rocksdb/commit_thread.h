// The one writer of the log: gathers the commits of all reactors and syncs once per group.
#pragma once

#include <condition_variable>
#include <thread>

#include "store/rocksdb/database.h"
#include "store/rocksdb/pending.h"

namespace cumulet::store {

class CommitThread {
  public:
    /// `written(version)` is called on the thread after commits up to `version` are in RocksDB, before waiters go on.
    CommitThread(Database& database, const RocksOptions& options, std::function<void(uint64_t version)> written);
    ~CommitThread();

    /// In the order of versions.
    void add(CommitPointer commit);
    /// Waits until commits up to `version` are written and, with durability sync, on disk. Throws store::Unavailable if
    /// they cannot be.
    Task<void> wait(uint64_t version);
    /// Writes what was added, syncs, and ends. Blocks.
    void stop();

    /// Throws store::Unavailable after a write has failed: memory is ahead of the disk then, for good.
    void check_usable() const {
        if (failed_.load(std::memory_order_relaxed)) refuse();
    }
    bool crowded() const { return queued_bytes_.load(std::memory_order_relaxed) > most_queued_bytes; }
    uint64_t added() const { return added_.load(std::memory_order_acquire); }
    uint64_t groups() const { return groups_.load(std::memory_order_relaxed); }

  private:
    static constexpr size_t most_queued_bytes = 64 << 20;
    static constexpr size_t most_group_bytes = 16 << 20;
    static constexpr size_t never = SIZE_MAX;

    struct Waiter {
        uint64_t version;
        Reactor* reactor;
        std::coroutine_handle<> handle;
    };
    void serve();
    std::vector<CommitPointer> take_group(std::unique_lock<std::mutex>& lock);
    /// Waits at most as long as a sync for callers that were just woken to come again: fewer syncs, each for more of
    /// them.
    void gather(std::unique_lock<std::mutex>& lock);
    rocksdb::Status write(const std::vector<CommitPointer>& group);
    void wake(uint64_t version);
    [[noreturn]] void refuse() const;

    Database& database_;
    const RocksOptions options_;
    const std::function<void(uint64_t)> written_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<CommitPointer> queue_;
    std::vector<CommitPointer> written_commits_;  // freed by the next caller: memory goes back where it came from
    std::vector<Waiter> waiters_;
    uint64_t done_ = 0;
    std::string failure_;
    size_t wanted_ = never;  // the thread is woken when so many commits are queued
    bool ending_ = false;

    std::atomic<bool> failed_{false};
    std::atomic<uint64_t> added_{0};
    std::atomic<size_t> queued_bytes_{0};
    std::atomic<uint64_t> groups_{0};
    // The thread's own:
    bool unsynced_ = false;
    rocksdb::WriteBatch batch_;
    size_t expected_ = 1;  // commits under way when the last group was written
    std::chrono::nanoseconds last_write_{0};
    std::thread thread_;
};

}  // namespace cumulet::store
