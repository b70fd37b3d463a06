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

/// A store that can count rows as they come and go.
class Tallying {
  public:
    virtual ~Tallying() = default;
    virtual void keep_count(Range range) = 0;
};

/// Keeps the number of rows of `range` at hand, whose keys are each put once and erased once. A hint.
void keep_count(Store& store, Range range);

/// The number of rows, serialisable as a scan of them.
Task<uint64_t> count(Transaction& tx, Range range);

}  // namespace cumulet::store
