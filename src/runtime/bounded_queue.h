// A bounded queue between coroutines, on any reactors.
#pragma once

#include "runtime/sync.h"

namespace cumulet {

template <typename T>
class BoundedQueue {
  public:
    explicit BoundedQueue(size_t capacity) : capacity_(capacity) {}

    /// Waits while the queue is full. False if it is closed.
    Task<bool> push(T value) {
        while (true) {
            uint64_t seen;
            {
                std::lock_guard lock(mutex_);
                if (closed_) co_return false;
                if (items_.size() < capacity_) {
                    items_.push_back(std::move(value));
                    break;
                }
                seen = gates_.version("space");
            }
            co_await gates_.wait("space", seen, Time::max());
        }
        gates_.wake("items");
        co_return true;
    }
    /// False if the queue is full or closed.
    bool try_push(T value) {
        {
            std::lock_guard lock(mutex_);
            if (closed_ || items_.size() >= capacity_) return false;
            items_.push_back(std::move(value));
        }
        gates_.wake("items");
        return true;
    }
    /// Waits for an item; nothing once the queue is closed and empty, or at `until`.
    Task<std::optional<T>> pop(Time until = Time::max()) {
        while (true) {
            uint64_t seen;
            {
                std::lock_guard lock(mutex_);
                if (!items_.empty()) {
                    std::optional<T> item(std::move(items_.front()));
                    items_.pop_front();
                    gates_.wake("space");
                    co_return item;
                }
                if (closed_) co_return std::nullopt;
                seen = gates_.version("items");
            }
            if (!co_await gates_.wait("items", seen, until)) co_return std::nullopt;
        }
    }
    void close() {
        {
            std::lock_guard lock(mutex_);
            closed_ = true;
        }
        gates_.wake("items");
        gates_.wake("space");
    }
    size_t size() const {
        std::lock_guard lock(mutex_);
        return items_.size();
    }

  private:
    const size_t capacity_;
    mutable std::mutex mutex_;
    std::deque<T> items_;
    bool closed_ = false;
    Gates gates_{2};
};

}  // namespace cumulet
