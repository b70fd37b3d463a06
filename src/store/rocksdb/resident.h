// Ranges that are answered from memory: loaded once, written through.
#pragma once

#include <atomic>

#include "store/ordered_map.h"
#include "store/rocksdb/pending.h"

namespace cumulet::store {

/// With the store's lock: shared to look, exclusive to change. Ranges do not overlap; a range within a declared one is
/// part of it. Past the budget, the ranges unused for longest are let go until they are used again.
class ResidentRanges {
  public:
    explicit ResidentRanges(size_t most_bytes) : most_bytes_(most_bytes) {}

    struct Resident {
        Range range;
        enum class State { declared, loading, loaded, too_large } state = State::declared;
        OrderedMap rows;
        std::vector<CommitPointer> meanwhile;  // committed while loading
        mutable std::atomic<uint64_t> used{0};
    };

    bool declared(const Range& range) const { return holding(range) != nullptr; }
    /// False if it overlaps another, or if there are too many.
    bool declare(Range range);

    /// The range that holds all of `range`, or nullptr.
    Resident* holding(const Range& range) const;
    /// The loaded range that holds `key`, or nullptr.
    const OrderedMap* loaded(std::string_view key) const;
    /// The loaded range that holds all of `range`, or nullptr.
    const OrderedMap* loaded(const Range& range) const;

    void begin_loading(Resident& resident);
    /// `rows`: what the range held when loading began; nothing if it is too large. True if another range was let go.
    [[nodiscard]] bool end_loading(Resident& resident, std::optional<OrderedMap> rows);
    size_t most_bytes_of_one() const { return most_bytes_ / 2; }

    /// Writes through. True if a range was let go.
    [[nodiscard]] bool apply(const CommitPointer& commit);
    size_t bytes() const { return bytes_; }

  private:
    void apply_to(Resident& resident, const WriteSet& writes);
    bool make_room(const Resident* keep);
    Resident* at(std::string_view key) const;
    void forget_unused();

    static constexpr size_t most_ranges = 10'000;

    const size_t most_bytes_;
    std::map<std::string, std::unique_ptr<Resident>, std::less<>> ranges_;  // by begin
    size_t bytes_ = 0;
    size_t loading_ = 0;
    mutable std::atomic<uint64_t> turn_{0};
};

}  // namespace cumulet::store
