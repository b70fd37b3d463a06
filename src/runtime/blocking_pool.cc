#include "runtime/blocking_pool.h"

namespace cumulet {

BlockingPool::BlockingPool(size_t threads) : most_threads_(threads) {}

BlockingPool::~BlockingPool() {
    {
        std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    threads_.clear();
}

Task<void> BlockingPool::perform(std::function<void()> work) {
    if (most_threads_ == 0) {
        work();
        co_return;
    }
    auto& reactor = Reactor::current();
    const auto place = co_await places_.acquire();
    const Clock::Hold hold(reactor.clock());
    co_await Suspend{[&](std::coroutine_handle<> handle) { submit({std::move(work), &reactor, handle}); }};
}

void BlockingPool::submit(Job job) {
    std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    if (resting_ >= jobs_.size()) {
        changed_.notify_one();
    } else if (threads_.size() < most_threads_) {
        threads_.emplace_back([this] { serve(); });
    }
}

void BlockingPool::serve() {
    std::unique_lock lock(mutex_);
    while (true) {
        if (jobs_.empty()) {
            if (ending_) return;
            ++resting_;
            changed_.wait(lock);
            --resting_;
            continue;
        }
        const Job job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job.work();
        job.reactor->post(job.handle);
        lock.lock();
    }
}

}  // namespace cumulet
