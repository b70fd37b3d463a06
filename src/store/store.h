// Store: one ordered, transactional key space under every service. Three engines: memory/, rocksdb/, postgres/.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/sync.h"
#include "runtime/unavailable.h"
#include "store/key.h"

namespace cumulet::store {

struct Entry {
    std::string key;
    std::string value;
};

enum class Order { ascending, descending };

struct ScanOptions {
    size_t limit = 1000;          ///< entries
    size_t max_bytes = 16 << 20;  ///< of keys and values: the scan ends after the entry that passes it
    Order order = Order::ascending;
};

/// A serialisable transaction. It sees its own writes. Bounds: key 2 KiB, value 16 MiB, 100,000 writes.
class Transaction {
  public:
    virtual ~Transaction() = default;

    virtual Task<std::optional<std::string>> get(std::string key) = 0;
    virtual Task<std::vector<Entry>> scan(Range range, ScanOptions options) = 0;
    virtual void put(std::string key, std::string value) = 0;
    virtual void erase(std::string key) = 0;
    virtual void erase_range(Range range) = 0;
    /// Wakes the watchers of `topic`, in every process of the cloud, once this transaction is committed.
    virtual void wake(std::string topic) = 0;
    /// Calls `let_go` once the commit is visible to others, which is before it is durable: for locks that keep others
    /// from conflicting. Called at most once, on this reactor; not at all if the body throws.
    virtual void when_visible(std::function<void()> let_go) { let_go_.push_back(std::move(let_go)); }

    Task<std::optional<std::string>> get(Key key) { return get(std::move(key).bytes()); }
    Task<std::vector<Entry>> scan(Range range) { return scan(std::move(range), ScanOptions{}); }
    void put(Key key, std::string value) { put(std::move(key).bytes(), std::move(value)); }
    void erase(Key key) { erase(std::move(key).bytes()); }

  protected:
    void became_visible() {
        for (const auto& let_go : std::exchange(let_go_, {})) let_go();
    }

  private:
    std::vector<std::function<void()>> let_go_;
};

/// A watcher of a topic: look first, then wait; a wake-up between the two is not missed.
///     auto watch = store.watch(topic);
///     while (true) { ...look...; if (found || !co_await watch.wait(until)) break; }
class Watch {
  public:
    Watch(Gates& gates, std::string topic) : gates_(&gates), topic_(std::move(topic)), seen_(gates.version(topic_)) {}
    /// True if the topic was woken since the last look; false at `until` on the cloud's clock.
    Task<bool> wait(Time until) {
        const bool woken = co_await gates_->wait(topic_, seen_, until);
        seen_ = gates_->version(topic_);
        co_return woken;
    }

  private:
    Gates* gates_;
    std::string topic_;
    uint64_t seen_;
};

/// The world broke: the engine cannot serve (disk full, connection lost). Answers 503.
struct Unavailable : cumulet::Unavailable {
    using cumulet::Unavailable::Unavailable;
};
/// The transaction kept conflicting past the bound of retries. Answers 503.
struct TooManyConflicts : Unavailable {
    using Unavailable::Unavailable;
};

class Store {
  public:
    virtual ~Store() = default;

    /// Runs `body` in a transaction and commits it. The body may run again after a conflict (at most 64 times, with
    /// growing pauses), so it changes nothing outside its transaction. If the body throws, nothing is written and the
    /// exception goes on. Returns when the commit, and every commit it read from, is durable.
    template <typename Body>
    auto transact(Body body) -> std::invoke_result_t<Body&, Transaction&> {
        using Result = typename task::ResultOf<std::invoke_result_t<Body&, Transaction&>>::type;
        if constexpr (std::is_void_v<Result>) {
            co_await run([&body](Transaction& transaction) -> Task<void> { co_await body(transaction); });
        } else {
            std::optional<Result> result;
            co_await run([&body, &result](Transaction& transaction) -> Task<void> {
                result.reset();
                result.emplace(co_await body(transaction));
            });
            co_return std::move(*result);
        }
    }

    /// Sleepers on topics; engines that serve several processes wake them from outside too.
    Watch watch(std::string topic) { return Watch(gates_, std::move(topic)); }
    /// Wakes all watchers, who should wait no longer: at shutdown.
    void wake_all() {
        closing_ = true;
        gates_.wake_all();
    }
    /// True once wake_all was called.
    bool closing() const { return closing_; }

    /// Keeps the range in memory, loaded once and written through: for queues' indexes, due times, leases. A hint.
    virtual void keep_resident(Range range) {}
    /// Writes everything to disk, then stops background work. No transaction may be running.
    virtual Task<void> close() { co_return; }

    struct Statistics {
        uint64_t commits = 0;
        uint64_t conflicts = 0;
        uint64_t groups = 0;        ///< syncs to disk
        uint64_t keys = 0;          ///< estimate
        uint64_t memory_bytes = 0;  ///< estimate
    };
    virtual Statistics statistics() const = 0;
    virtual std::string_view engine() const = 0;  ///< "memory", "rocksdb", "postgres"

  protected:
    using Body = std::function<Task<void>(Transaction&)>;
    virtual Task<void> run(Body body) = 0;
    Gates gates_;

  private:
    std::atomic<bool> closing_{false};
};

}  // namespace cumulet::store
