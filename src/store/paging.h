// Reading a range in pages: whether there is more behind one, and where it begins.
#pragma once

#include "store/store.h"

namespace cumulet::store {

/// True if a scan that returned `rows` ended because of its options, so that more may follow.
bool cut_short(const std::vector<Entry>& rows, const ScanOptions& options);

/// What is left of `range` after a scan in `order` that ended with `last`.
Range rest_after(Range range, const std::string& last, Order order);

}  // namespace cumulet::store
