// Values that are kept for some time, in memory.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/time.h"

namespace cumulet {

/// Of a bounded size: when it is full it begins anew. Thread-safe.
template <typename Value>
class ExpiringMap {
  public:
    /// nullptr if there is none for `key`, or its time is over.
    std::shared_ptr<const Value> find(const std::string& key, Time now) const {
        const std::lock_guard lock(mutex_);
        const auto found = by_key_.find(key);
        return found != by_key_.end() && now < found->second.until ? found->second.value : nullptr;
    }
    void keep(std::string key, std::shared_ptr<const Value> value, Time until) {
        const std::lock_guard lock(mutex_);
        if (by_key_.size() >= most_kept) by_key_.clear();
        by_key_[std::move(key)] = {std::move(value), until};
    }

  private:
    static constexpr size_t most_kept = 10'000;

    struct Kept {
        std::shared_ptr<const Value> value;
        Time until;
    };
    mutable std::mutex mutex_;
    std::unordered_map<std::string, Kept> by_key_;
};

}  // namespace cumulet
