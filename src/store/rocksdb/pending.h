// Commits that are visible and not yet in RocksDB.
#pragma once

#include <deque>

#include "store/write_set.h"

namespace cumulet::store {

struct Commit {
    uint64_t version;
    WriteSet writes;
};
using CommitPointer = std::shared_ptr<const Commit>;

/// With the store's lock: shared to look, exclusive to change.
class Pending {
  public:
    void add(CommitPointer commit);
    /// Forgets the commits up to `version`, which RocksDB has now.
    void written(uint64_t version);

    /// Nothing: RocksDB (or a cache of it) knows. nullptr: the key is erased.
    std::optional<const std::string*> find(std::string_view key) const;

    /// What lies over RocksDB within a range, as of one moment.
    struct Overlay {
        std::vector<std::pair<std::string, std::optional<std::string>>> writes;  ///< in the scan's order
        std::vector<Range> erased;
        bool erases(std::string_view key) const;
    };
    /// As much of it as a scan with these options can come to see.
    Overlay overlay(const Range& range, ScanOptions options) const;

    size_t commits() const { return commits_.size(); }

  private:
    struct Write {
        const std::optional<std::string>* value;
        uint64_t version;
    };
    std::deque<CommitPointer> commits_;
    std::map<std::string_view, Write> writes_;  // views into `commits_`, each into the commit of its version
    std::deque<std::pair<uint64_t, Range>> erased_;
};

}  // namespace cumulet::store
