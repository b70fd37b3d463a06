// Ranges whose rows are counted as they come and go.
#pragma once

#include "store/write_set.h"

namespace cumulet::store {

/// With the store's lock: shared to look, exclusive to change. Right for ranges whose keys are put once and erased
/// once, which whoever declares one promises.
class Tallies {
  public:
    /// Nothing until the rows were counted once.
    std::optional<uint64_t> count(const Range& range) const;
    bool declared(const Range& range) const { return find(range) != nullptr; }
    void declare(Range range);
    /// The range had so many rows when `begin` was called, or has them now.
    void know(const Range& range, uint64_t rows);
    /// From now on changes are counted, so that what a snapshot of now holds can be added later. False if somebody
    /// does that already, or if the range is not declared.
    bool begin(const Range& range);
    void apply(const WriteSet& writes);

  private:
    static constexpr size_t most_ranges = 1 << 16;

    struct Tally {
        Range range;
        bool known = false;
        bool counting = false;
        int64_t rows = 0;  // since `begin`, until known
    };
    const Tally* find(const Range& range) const;
    Tally* find(const Range& range) { return const_cast<Tally*>(std::as_const(*this).find(range)); }
    Tally* holding(std::string_view key);

    std::map<std::string, Tally, std::less<>> tallies_;  // by begin
};

}  // namespace cumulet::store
