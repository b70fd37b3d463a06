#include "store/rocksdb/tallies.h"

namespace cumulet::store {

const Tallies::Tally* Tallies::find(const Range& range) const {
    const auto found = tallies_.find(range.begin);
    return found != tallies_.end() && found->second.range.end == range.end ? &found->second : nullptr;
}

Tallies::Tally* Tallies::holding(std::string_view key) {
    auto next = tallies_.upper_bound(key);
    if (next == tallies_.begin()) return nullptr;
    auto& tally = std::prev(next)->second;
    return tally.range.contains(key) ? &tally : nullptr;
}

std::optional<uint64_t> Tallies::count(const Range& range) const {
    const auto* tally = find(range);
    if (!tally || !tally->known || tally->rows < 0) return std::nullopt;
    return static_cast<uint64_t>(tally->rows);
}

void Tallies::declare(Range range) {
    if (tallies_.size() >= most_ranges) tallies_.clear();  // they are declared and counted again
    auto key = range.begin;
    tallies_.try_emplace(std::move(key), Tally{.range = std::move(range)});
}

bool Tallies::begin(const Range& range) {
    auto* tally = find(range);
    if (!tally || tally->counting) return false;
    *tally = {.range = range, .counting = true};
    return true;
}

void Tallies::know(const Range& range, uint64_t rows) {
    auto* tally = find(range);
    if (!tally || !tally->counting) return;
    tally->rows += static_cast<int64_t>(rows);
    tally->known = true;
    tally->counting = false;
}

void Tallies::apply(const WriteSet& writes) {
    if (tallies_.empty()) return;
    for (const auto& erased : writes.erased_ranges()) {
        for (auto& [begin, tally] : tallies_) {
            if (!tally.range.overlaps(erased)) continue;
            // Counted anew, unless nothing is left for certain.
            const bool empty = tally.known && erased.contains(tally.range);
            tally = {.range = tally.range, .known = empty};
        }
    }
    for (const auto& [key, value] : writes.writes()) {
        if (auto* tally = holding(key)) tally->rows += value ? 1 : -1;
    }
}

}  // namespace cumulet::store
