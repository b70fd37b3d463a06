// Serialisable by optimistic validation: what the engines that own all their data have in common.
//
// A transaction reads the newest commits, without locks held in between. It has a snapshot: the number of the commit as
// of which everything it read is true. Whoever meets something newer moves the snapshot forward if all that was read
// before is still unchanged, and is refused otherwise; so a body never sees a mixture of two states. A commit checks
// once more, under the exclusive lock, and applies its writes.
#pragma once

#include <shared_mutex>

#include "store/count.h"
#include "store/validator.h"

namespace cumulet::store {

class OptimisticStore : public Store {
  public:
    /// Rows of a scan that memory alone could not answer, read as of the moment the cursor was opened.
    class Cursor {
      public:
        virtual ~Cursor() = default;
        virtual Task<std::vector<Entry>> rows(ScanOptions options) = 0;
    };

  protected:
    friend class OptimisticTransaction;

    Task<void> run(Body body) override;

    /// With the lock shared. False if memory does not know; otherwise `value` is the newest.
    virtual bool find(std::string_view key, uint64_t hash, std::optional<std::string>& value) = 0;
    /// Without the lock: what lies beneath memory.
    virtual Task<std::optional<std::string>> load(std::string key);
    /// With the lock shared: what `load` found, and no commit has changed since.
    virtual void loaded(std::string_view key, uint64_t hash, const std::optional<std::string>& value) {}
    /// With the lock shared. Answers from memory into `rows`, or returns a cursor.
    virtual std::unique_ptr<Cursor> open_scan(const Range& range, ScanOptions options, std::vector<Entry>& rows) = 0;
    /// With the lock shared: how many rows there are; nothing if memory does not know.
    virtual std::optional<uint64_t> count(const Range& range) { return std::nullopt; }
    /// Before a count that memory does not know, without the lock: makes it known, if it should be.
    virtual Task<void> prepare_count(Range range) { co_return; }
    /// Before a scan, without the lock: brings into memory what should be there.
    virtual bool prepared(const Range& range, ScanOptions options) { return true; }
    virtual Task<void> prepare(Range range, ScanOptions options) { co_return; }
    /// With the lock exclusive: makes a commit visible.
    virtual void apply(WriteSet writes, uint64_t version) = 0;
    /// Throws Unavailable if the engine cannot take commits.
    virtual void check_usable() {}
    /// True while so much waits to be written that transactions wait before they begin.
    virtual bool crowded() const { return false; }
    virtual Task<void> wait_for_room() { co_return; }

    /// The newest commit that is durable as far as this engine promises.
    std::atomic<uint64_t> durable_{UINT64_MAX};
    /// Waits until commit `version` is durable. Called only where it is not yet.
    virtual Task<void> wait_durable(uint64_t version) { co_return; }

    mutable std::shared_mutex mutex_;
    Validator validator_;
    std::atomic<uint64_t> commits_{0};
    std::atomic<uint64_t> conflicts_{0};

  private:
    Task<void> durable(uint64_t version) {
        if (version > durable_.load(std::memory_order_acquire)) co_await wait_durable(version);
    }
};

/// Thrown out of a read whose transaction cannot become serialisable any more; the body runs again.
struct Conflict : std::runtime_error {
    Conflict() : std::runtime_error("the transaction conflicts with another") {}
};

class OptimisticTransaction final : public BufferedTransaction, public Counting {
  public:
    explicit OptimisticTransaction(OptimisticStore& store);

    /// The number of the commit; 0 if it is refused, or if there was nothing to write.
    uint64_t commit();
    bool refused() const { return refused_; }
    Task<std::optional<uint64_t>> known_count(Range range) override;
    /// The newest commit read from that was not durable at the time, or 0.
    uint64_t newest_read() const { return newest_read_; }
    const std::vector<std::string>& topics() const { return topics_; }
    using Transaction::became_visible;

  private:
    Task<std::optional<std::string>> read(std::string key) override;
    Task<std::vector<Entry>> read_range(Range range, ScanOptions options) override;
    Task<std::optional<std::string>> read_beneath(std::string key, uint64_t hash);

    void admit(std::string_view key, uint64_t hash);
    void admit(const Range& range);
    void admit(uint64_t newest);
    bool unchanged() const;

    struct ReadKey {
        std::string key;
        uint64_t hash;
    };
    OptimisticStore& store_;
    uint64_t snapshot_;
    uint64_t newest_read_ = 0;
    bool refused_ = false;
    std::vector<ReadKey> keys_;
    std::vector<Range> ranges_;
    std::vector<std::string> topics_;
};

/// Lets others go first, the longer the more often a transaction was refused.
Task<void> pause_before_retry(int attempt);

constexpr int max_attempts = 64;

}  // namespace cumulet::store
