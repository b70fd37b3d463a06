// Where RocksDB is known to hold nothing but deleted keys, so that scans begin behind them.
#pragma once

#include <atomic>
#include <map>
#include <mutex>

#include "store/key.h"

namespace cumulet::store {

/// The remembered floors of whatever is consumed in order: ranges without rows, learnt by scans that had to walk over
/// many deleted keys. Thread-safe. Whoever learns a gap sees to it that no commit has filled it since the scan began.
class Gaps {
  public:
    void learn(Range gap);
    /// A row is written: a gap around it ends before it.
    void fill(std::string_view key);
    /// Where a scan that begins at `begin` may begin: at the end of the gap that holds it, or there. Nothing if no row
    /// follows at all.
    std::optional<std::string> after(const std::string& begin) const;

  private:
    static constexpr size_t most_gaps = 4096;
    using Ends = std::map<std::string, std::string, std::less<>>;

    Ends::const_iterator holding(std::string_view key) const;

    mutable std::mutex mutex_;
    std::atomic<size_t> count_{0};  // to pass by quickly where there is none
    Ends ends_;                     // begin to end, disjoint; "" is the end of everything
};

}  // namespace cumulet::store
