// How many rows a range has.
#pragma once

#include "store/store.h"

namespace cumulet::store {

/// A transaction of an engine that may know without looking at each row.
class Counting {
  public:
    virtual ~Counting() = default;
    /// Nothing if it does not know.
    virtual Task<std::optional<uint64_t>> known_count(Range range) = 0;
};

/// The number of rows, serialisable as a scan of them.
Task<uint64_t> count(Transaction& tx, Range range);

}  // namespace cumulet::store
