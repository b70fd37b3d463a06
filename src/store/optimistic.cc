#include "store/optimistic.h"

#include "base/hash.h"

namespace cumulet::store {

Task<void> pause_before_retry(int attempt) {
    auto& reactor = Reactor::current();
    const uint64_t most = uint64_t{1} << std::min(attempt, 6);
    if (attempt > 8) co_await reactor.pause(std::chrono::microseconds(10 + reactor.random().below(20u * most)));
    const uint64_t turns = attempt < 3 ? 1 : 1 + reactor.random().below(most);
    for (uint64_t turn = 0; turn < turns; ++turn) co_await reactor.yield();
}

Task<void> OptimisticStore::run(Body body) {
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
        if (attempt > 0) co_await pause_before_retry(attempt);
        if (crowded()) co_await wait_for_room();
        check_usable();
        OptimisticTransaction transaction(*this);
        std::exception_ptr error;
        try {
            co_await body(transaction);
        } catch (...) {
            error = std::current_exception();
        }
        if (!transaction.refused()) {
            const uint64_t version = error ? transaction.newest_read() : transaction.commit();
            if (!transaction.refused()) {
                if (!error) {
                    transaction.became_visible();
                    for (const auto& topic : transaction.topics()) gates_.wake(topic);
                }
                // An error also tells what was read.
                co_await durable(std::max(version, transaction.newest_read()));
                if (error) std::rethrow_exception(error);
                co_return;
            }
        }
        conflicts_.fetch_add(1, std::memory_order_relaxed);
    }
    throw TooManyConflicts("a transaction conflicted with others 64 times");
}

Task<std::optional<std::string>> OptimisticStore::load(std::string key) { co_return std::nullopt; }

OptimisticTransaction::OptimisticTransaction(OptimisticStore& store) : store_(store) {
    std::shared_lock lock(store_.mutex_);
    snapshot_ = store_.validator_.current();
}

bool OptimisticTransaction::unchanged() const {
    const auto& validator = store_.validator_;
    for (const auto& [key, hash] : keys_) {
        if (validator.newest(key, hash, snapshot_) > snapshot_) return false;
    }
    for (const auto& range : ranges_) {
        if (validator.newest(range, snapshot_) > snapshot_) return false;
    }
    return true;
}

void OptimisticTransaction::admit(uint64_t newest) {
    if (newest > store_.durable_.load(std::memory_order_relaxed)) newest_read_ = std::max(newest_read_, newest);
    if (newest <= snapshot_ && !refused_) return;
    if (refused_ || !unchanged()) {
        refused_ = true;
        throw Conflict();
    }
    snapshot_ = store_.validator_.current();
}

void OptimisticTransaction::admit(std::string_view key, uint64_t hash) {
    admit(store_.validator_.newest(key, hash, std::min(snapshot_, store_.durable_.load(std::memory_order_relaxed))));
}

void OptimisticTransaction::admit(const Range& range) {
    admit(store_.validator_.newest(range, std::min(snapshot_, store_.durable_.load(std::memory_order_relaxed))));
}

Task<std::optional<std::string>> OptimisticTransaction::read(std::string key) {
    const uint64_t hash = hash64(key);
    std::optional<std::string> value;
    bool known;
    {
        std::shared_lock lock(store_.mutex_);
        admit(key, hash);
        known = store_.find(key, hash, value);
    }
    if (!known) value = co_await read_beneath(key, hash);
    keys_.push_back({std::move(key), hash});
    co_return value;
}

Task<std::optional<std::string>> OptimisticTransaction::read_beneath(std::string key, uint64_t hash) {
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
        const uint64_t before = snapshot_;
        auto value = co_await store_.load(key);
        std::shared_lock lock(store_.mutex_);
        admit(key, hash);
        if (snapshot_ == before) {
            store_.loaded(key, hash, value);
            co_return value;
        }
        value.reset();
        if (store_.find(key, hash, value)) co_return value;
    }
    refused_ = true;
    throw Conflict();
}

Task<std::vector<Entry>> OptimisticTransaction::read_range(Range range, ScanOptions options) {
    if (!store_.prepared(range, options)) co_await store_.prepare(range, options);
    std::vector<Entry> rows;
    std::unique_ptr<OptimisticStore::Cursor> cursor;
    {
        std::shared_lock lock(store_.mutex_);
        admit(range);
        cursor = store_.open_scan(range, options, rows);
    }
    if (cursor) rows = co_await cursor->rows(options);
    // What lies beyond the last row was not looked at, and may change.
    if (cut_short(rows, options)) {
        if (options.order == Order::ascending) {
            range.end = rows.back().key + '\0';
        } else {
            range.begin = rows.back().key;
        }
    }
    ranges_.push_back(std::move(range));
    co_return rows;
}

Task<std::optional<uint64_t>> OptimisticTransaction::known_count(Range range) {
    if (writes().touches(range)) co_return std::nullopt;
    // Loads what the store keeps of it.
    const ScanOptions one{.limit = 1};
    if (!store_.prepared(range, one)) co_await store_.prepare(range, one);
    for (const bool first_look : {true, false}) {
        {
            std::shared_lock lock(store_.mutex_);
            admit(range);
            if (const auto count = store_.count(range)) {
                ranges_.push_back(std::move(range));
                co_return count;
            }
        }
        if (first_look) co_await store_.prepare_count(range);
    }
    co_return std::nullopt;
}

uint64_t OptimisticTransaction::commit() {
    auto writes = take_writes();
    topics_ = writes.topics();
    if (writes.empty()) return 0;
    std::unique_lock lock(store_.mutex_);
    if (snapshot_ != store_.validator_.current() && !unchanged()) {
        refused_ = true;
        return 0;
    }
    store_.check_usable();
    const uint64_t version = store_.validator_.record(writes);
    store_.apply(std::move(writes), version);
    store_.commits_.fetch_add(1, std::memory_order_relaxed);
    return version;
}

}  // namespace cumulet::store
