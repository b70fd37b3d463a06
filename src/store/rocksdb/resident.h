// Ranges that are answered from memory: loaded from their beginning on, written through.
#pragma once

#include "store/optimistic.h"
#include "store/ordered_map.h"
#include "store/rocksdb/pending.h"

namespace cumulet::store {

/// With the store's lock: shared to look, exclusive to change. Ranges do not overlap; a range within a declared one is
/// part of it. Of a range as much is known as was asked for, from its beginning on: a long queue's head. Past the
/// budget, the ranges unused for longest are let go until they are used again.
class ResidentRanges {
  public:
    explicit ResidentRanges(size_t most_bytes) : most_bytes_(most_bytes) {}

    struct Resident {
        Range range;
        bool any = false;  ///< something is known:
        Range known;       ///< from the range's beginning on, `rows` are all there are
        bool loading = false;
        OrderedMap rows;
        std::vector<CommitPointer> meanwhile;  ///< committed while loading
        mutable std::atomic<uint64_t> used{0};

        bool knows(std::string_view key) const { return any && known.contains(key); }
        bool knows(const Range& part) const { return any && known.contains(part); }
        /// What is not known yet.
        Range rest() const { return {any ? known.end : range.begin, range.end}; }
    };

    bool declared(const Range& range) const { return holding(range) != nullptr; }
    bool declared(std::string_view key) const { return !ranges_.empty() && at(key) != nullptr; }
    /// False if it overlaps another, or if there are too many.
    bool declare(Range range);

    /// The range that holds all of `range`, or nullptr.
    Resident* holding(const Range& range) const;
    /// The rows of the range that holds `key`, if it is known whether the key is there; or nullptr.
    const OrderedMap* knowing(std::string_view key) const;
    /// Appends to `rows` what the scan returns; false, and nothing, if that is not known.
    bool scan(const Range& range, ScanOptions options, std::vector<Entry>& rows) const;
    /// How many rows there are, if that is known.
    std::optional<uint64_t> count(const Range& range) const;
    /// The range of which more should be loaded before this scan, or nullptr.
    Resident* wanting(const Range& range, ScanOptions options) const;

    void begin_loading(Resident& resident);
    /// `rows`: what there was from the known end on when loading began, up to `known_end`; nothing if that failed.
    void end_loading(Resident& resident, std::optional<std::vector<Entry>> rows, std::string known_end);
    /// What is loaded at once.
    static constexpr size_t piece_bytes = 8 << 20;

    /// Writes through.
    void apply(const CommitPointer& commit);
    size_t bytes() const { return bytes_; }

  private:
    void apply_to(Resident& resident, const WriteSet& writes);
    void make_room(const Resident* keep);
    void cut(Resident& resident);
    Resident* at(std::string_view key) const;
    void forget_unused();
    size_t most_bytes_of_one() const { return most_bytes_ / 2; }

    static constexpr size_t most_ranges = 1 << 16;

    const size_t most_bytes_;
    std::map<std::string, std::unique_ptr<Resident>, std::less<>> ranges_;  // by begin
    size_t bytes_ = 0;
    mutable std::atomic<uint64_t> turn_{0};
};

}  // namespace cumulet::store
