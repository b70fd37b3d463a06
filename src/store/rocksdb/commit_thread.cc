#include "store/rocksdb/commit_thread.h"

#include "runtime/log.h"

namespace cumulet::store {
namespace {

constexpr size_t most_kept_batch_bytes = 1 << 20;

size_t weight(const Commit& commit) { return commit.writes.bytes() + 64 * commit.writes.writes().size() + 64; }

using Write = WriteSet::Writes::value_type;

void append(rocksdb::WriteBatch& batch, const Write& write) {
    if (write.second) {
        batch.Put(write.first, *write.second);
    } else {
        batch.Delete(write.first);
    }
}

bool erases_ranges(const CommitPointer& commit) { return !commit->writes.erased_ranges().empty(); }

void append_in_order(rocksdb::WriteBatch& batch, const std::vector<CommitPointer>& group) {
    static const std::string highest(WriteSet::max_key_bytes + 1, '\xff');  // after every key
    for (const auto& commit : group) {
        for (const auto& range : commit->writes.erased_ranges()) {
            batch.DeleteRange(range.begin, range.end.empty() ? highest : range.end);
        }
        for (const auto& write : commit->writes.writes()) append(batch, write);
    }
}

/// By key: RocksDB's table in memory looks for a key's place from the last one's on, and most searches end near by.
void append_sorted(rocksdb::WriteBatch& batch, const std::vector<CommitPointer>& group) {
    std::vector<const Write*> writes;
    for (const auto& commit : group) {
        for (const auto& write : commit->writes.writes()) writes.push_back(&write);
    }
    // Stable: of two writes of one key the later counts.
    std::ranges::stable_sort(writes, {}, [](const Write* write) -> std::string_view { return write->first; });
    for (const auto* write : writes) append(batch, *write);
}

}  // namespace

CommitThread::CommitThread(Database& database, const RocksOptions& options, std::function<void(uint64_t)> written)
    : database_(database), options_(options), written_(std::move(written)), thread_([this] { serve(); }) {}

CommitThread::~CommitThread() { stop(); }

void CommitThread::add(CommitPointer commit) {
    queued_bytes_.fetch_add(weight(*commit), std::memory_order_relaxed);
    added_.store(commit->version, std::memory_order_release);
    std::vector<CommitPointer> freed;
    bool enough;
    {
        std::lock_guard lock(mutex_);
        queue_.push_back(std::move(commit));
        enough = queue_.size() >= wanted_;
        if (enough) wanted_ = never;
        freed.swap(written_commits_);
    }
    if (enough) changed_.notify_one();
}

Task<void> CommitThread::wait(uint64_t version) {
    auto& reactor = Reactor::current();
    const Clock::Hold hold(reactor.clock());
    co_await Suspend{[&](std::coroutine_handle<> handle) {
        std::unique_lock lock(mutex_);
        if (version > done_ && !failed_) {
            waiters_.push_back({version, &reactor, handle});
            return;
        }
        lock.unlock();
        reactor.post(handle);
    }};
    std::lock_guard lock(mutex_);
    if (version > done_) throw Unavailable(failure_);
}

void CommitThread::stop() {
    {
        std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
}

std::vector<CommitPointer> CommitThread::take_group(std::unique_lock<std::mutex>& lock) {
    wanted_ = 1;
    const auto something = [&] { return !queue_.empty() || ending_; };
    if (unsynced_) {
        changed_.wait_for(lock, options_.interval, something);
    } else {
        changed_.wait(lock, something);
    }
    gather(lock);
    wanted_ = never;
    std::vector<CommitPointer> group;
    for (size_t bytes = 0; !queue_.empty() && bytes < most_group_bytes; queue_.pop_front()) {
        bytes += weight(*queue_.front());
        group.push_back(std::move(queue_.front()));
    }
    return group;
}

void CommitThread::gather(std::unique_lock<std::mutex>& lock) {
    if (options_.durability != RocksOptions::Durability::sync || ending_ || queue_.size() >= expected_) return;
    const auto patience = std::min<std::chrono::nanoseconds>(last_write_, std::chrono::milliseconds(1));
    if (patience < std::chrono::microseconds(50)) return;
    wanted_ = expected_;
    changed_.wait_for(lock, patience, [&] { return queue_.size() >= expected_ || ending_; });
}

rocksdb::Status CommitThread::write(const std::vector<CommitPointer>& group) {
    if (batch_.GetDataSize() > most_kept_batch_bytes) batch_ = rocksdb::WriteBatch();
    batch_.Clear();
    if (std::ranges::any_of(group, erases_ranges)) {
        append_in_order(batch_, group);
    } else {
        append_sorted(batch_, group);
    }
    rocksdb::WriteOptions options;
    options.sync = options_.durability == RocksOptions::Durability::sync;
    groups_.fetch_add(1, std::memory_order_relaxed);
    const auto begun = std::chrono::steady_clock::now();
    auto status = database_->Write(options, &batch_);
    last_write_ = std::chrono::steady_clock::now() - begun;
    return status;
}

void CommitThread::serve() {
    auto synced_at = std::chrono::steady_clock::now();
    std::unique_lock lock(mutex_);
    while (true) {
        auto group = take_group(lock);
        const bool last = group.empty() && ending_;
        const uint64_t version = group.empty() ? 0 : group.back()->version;
        lock.unlock();
        rocksdb::Status status;
        if (!group.empty()) {
            status = write(group);
            unsynced_ = options_.durability == RocksOptions::Durability::interval;
        }
        if (status.ok() && unsynced_ && (last || std::chrono::steady_clock::now() - synced_at >= options_.interval)) {
            status = database_->SyncWAL();
            unsynced_ = false;
            synced_at = std::chrono::steady_clock::now();
        }
        if (status.ok() && !group.empty()) {
            written_(version);
            size_t bytes = 0;
            for (const auto& commit : group) bytes += weight(*commit);
            queued_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
        }
        lock.lock();
        if (!status.ok()) {
            failure_ = "the store cannot write: " + status.ToString();
            failed_ = true;
            log::error(failure_);
        } else if (!group.empty()) {
            done_ = version;
            expected_ = group.size() + queue_.size();
            written_commits_.insert(written_commits_.end(), std::make_move_iterator(group.begin()),
                                    std::make_move_iterator(group.end()));
        }
        lock.unlock();
        wake(status.ok() ? version : UINT64_MAX);
        lock.lock();
        if (last || failed_) return;
    }
}

void CommitThread::wake(uint64_t version) {
    std::vector<Waiter> woken;
    {
        std::lock_guard lock(mutex_);
        const auto first = std::partition(waiters_.begin(), waiters_.end(),
                                          [&](const Waiter& waiter) { return waiter.version > version; });
        woken.assign(first, waiters_.end());
        waiters_.erase(first, waiters_.end());
    }
    // Each reactor is woken once.
    std::sort(woken.begin(), woken.end(), [](const Waiter& a, const Waiter& b) {
        return a.reactor == b.reactor ? a.version < b.version : std::less<>()(a.reactor, b.reactor);
    });
    std::vector<std::coroutine_handle<>> handles;
    for (size_t i = 0; i < woken.size(); ++i) {
        handles.push_back(woken[i].handle);
        if (i + 1 == woken.size() || woken[i + 1].reactor != woken[i].reactor) {
            woken[i].reactor->post(handles);
            handles.clear();
        }
    }
}

void CommitThread::refuse() const {
    std::lock_guard lock(mutex_);
    throw Unavailable(failure_);
}

}  // namespace cumulet::store
