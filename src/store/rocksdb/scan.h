// One scan of the tree beneath what is pending.
#pragma once

#include "store/rocksdb/database.h"
#include "store/rocksdb/pending.h"

namespace cumulet::store {

class TreeScan {
  public:
    /// Sees the tree as of now. `from`: where an ascending scan may begin, because nothing lies before; nothing if no
    /// row of the tree follows at all.
    TreeScan(Database& database, Range range, std::optional<std::string> from, Pending::Overlay overlay);
    ~TreeScan();
    TreeScan(const TreeScan&) = delete;

    enum class Effort {
        cached,  ///< without waiting for the disk, and without walking over thousands of deleted keys
        any,
    };
    /// Nothing if the effort does not suffice. Throws store::Unavailable if the disk refuses.
    std::optional<std::vector<Entry>> rows(ScanOptions options, Effort effort);

    /// How many rows there are, whatever that takes. Throws store::Unavailable if the disk refuses.
    uint64_t count();

    /// What the scan found to hold nothing but many deleted keys.
    std::optional<Range> gap() const { return gap_; }

  private:
    class Walk;

    Database& database_;
    const Range range_;
    const std::optional<std::string> from_;
    const Pending::Overlay overlay_;
    const rocksdb::Snapshot* snapshot_;
    std::optional<Range> gap_;
};

}  // namespace cumulet::store
