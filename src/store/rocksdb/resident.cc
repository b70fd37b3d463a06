#include "store/rocksdb/resident.h"

namespace cumulet::store {

ResidentRanges::Resident* ResidentRanges::at(std::string_view key) const {
    auto next = ranges_.upper_bound(key);
    if (next == ranges_.begin()) return nullptr;
    auto* resident = std::prev(next)->second.get();
    return resident->range.contains(key) ? resident : nullptr;
}

bool ResidentRanges::declare(Range range) {
    if (range.empty()) return false;
    if (ranges_.size() >= most_ranges) forget_unused();
    if (ranges_.size() >= most_ranges) return false;
    auto next = ranges_.lower_bound(range.begin);
    if (next != ranges_.end() && next->second->range.overlaps(range)) return false;
    if (next != ranges_.begin() && std::prev(next)->second->range.overlaps(range)) return false;
    auto resident = std::make_unique<Resident>();
    resident->range = range;
    ranges_.emplace(std::move(range.begin), std::move(resident));
    return true;
}

void ResidentRanges::forget_unused() {
    // Whoever still uses one declares it again.
    std::erase_if(ranges_, [](const auto& entry) { return !entry.second->loading && entry.second->rows.size() == 0; });
}

ResidentRanges::Resident* ResidentRanges::holding(const Range& range) const {
    if (ranges_.empty()) return nullptr;
    auto* resident = at(range.begin);
    return resident && resident->range.contains(range) ? resident : nullptr;
}

const OrderedMap* ResidentRanges::knowing(std::string_view key) const {
    if (ranges_.empty()) return nullptr;
    auto* resident = at(key);
    return resident && resident->knows(key) ? &resident->rows : nullptr;
}

bool ResidentRanges::scan(const Range& range, ScanOptions options, std::vector<Entry>& rows) const {
    auto* resident = holding(range);
    if (!resident) return false;
    resident->used.store(turn_.fetch_add(1, std::memory_order_relaxed), std::memory_order_relaxed);
    if (resident->knows(range)) {
        resident->rows.scan(range, options, rows);
        return true;
    }
    if (options.order == Order::descending || !resident->knows(range.begin)) return false;
    // What is known may be enough.
    resident->rows.scan({range.begin, resident->known.end}, options, rows);
    if (cut_short(rows, options)) return true;
    rows.clear();
    return false;
}

std::optional<uint64_t> ResidentRanges::count(const Range& range) const {
    auto* resident = holding(range);
    if (!resident || !resident->knows(range)) return std::nullopt;
    return resident->rows.count(range);
}

ResidentRanges::Resident* ResidentRanges::wanting(const Range& range, ScanOptions options) const {
    auto* resident = holding(range);
    if (!resident || resident->loading || resident->knows(range)) return nullptr;
    if (!resident->any) return resident;
    if (options.order == Order::descending || resident->rows.bytes() + piece_bytes > most_bytes_of_one())
        return nullptr;
    std::vector<Entry> enough;
    return scan(range, options, enough) ? nullptr : resident;
}

void ResidentRanges::begin_loading(Resident& resident) {
    resident.loading = true;
    resident.meanwhile.clear();
}

void ResidentRanges::end_loading(Resident& resident, std::optional<std::vector<Entry>> rows, std::string known_end) {
    resident.loading = false;
    const auto meanwhile = std::exchange(resident.meanwhile, {});
    if (!rows) return;
    const size_t before = resident.rows.bytes();
    for (const auto& row : *rows) resident.rows.put(row.key, row.value);
    bytes_ += resident.rows.bytes() - before;
    resident.known = {resident.range.begin, std::move(known_end)};
    resident.any = true;
    resident.used = turn_.fetch_add(1);
    for (const auto& commit : meanwhile) apply_to(resident, commit->writes);
    make_room(&resident);
}

void ResidentRanges::apply_to(Resident& resident, const WriteSet& writes) {
    const size_t before = resident.rows.bytes();
    for (const auto& erased : writes.erased_ranges()) {
        if (erased.overlaps(resident.known)) resident.rows.erase_range(erased);
    }
    const auto& all = writes.writes();
    for (auto write = all.lower_bound(resident.known.begin);
         write != all.end() && resident.known.contains(write->first); ++write) {
        if (write->second) {
            resident.rows.put(write->first, *write->second);
        } else {
            resident.rows.erase(write->first);
        }
    }
    bytes_ += resident.rows.bytes() - before;
    if (resident.rows.bytes() > most_bytes_of_one() && !resident.loading) cut(resident);
}

/// Lets go of the range's last rows.
void ResidentRanges::cut(Resident& resident) {
    const size_t before = resident.rows.bytes();
    resident.known.end = resident.rows.erase_last(before - before / 8);
    bytes_ -= before - resident.rows.bytes();
}

void ResidentRanges::apply(const CommitPointer& commit) {
    if (ranges_.empty()) return;
    const auto& writes = commit->writes;
    std::vector<Resident*> touched;
    const auto touch = [&](Resident* resident) {
        if (resident && std::find(touched.begin(), touched.end(), resident) == touched.end())
            touched.push_back(resident);
    };
    for (auto write = writes.writes().begin(); write != writes.writes().end();) {
        auto* resident = at(write->first);
        touch(resident);
        // The range takes all of its writes at once.
        write = !resident                     ? std::next(write)
                : resident->range.end.empty() ? writes.writes().end()
                                              : writes.lower_bound(resident->range.end);
    }
    for (const auto& erased : writes.erased_ranges()) {
        touch(at(erased.begin));
        for (auto next = ranges_.lower_bound(erased.begin); next != ranges_.end() && erased.contains(next->first);
             ++next) {
            touch(next->second.get());
        }
    }
    for (auto* resident : touched) {
        if (resident->loading) resident->meanwhile.push_back(commit);
        if (resident->any) apply_to(*resident, writes);
    }
    make_room(nullptr);
}

void ResidentRanges::make_room(const Resident* keep) {
    while (bytes_ > most_bytes_) {
        Resident* oldest = nullptr;
        for (const auto& [begin, resident] : ranges_) {
            if (!resident->any || resident->loading || resident.get() == keep) continue;
            if (!oldest || resident->used < oldest->used) oldest = resident.get();
        }
        if (!oldest) break;
        bytes_ -= oldest->rows.bytes();
        oldest->rows = OrderedMap();
        oldest->any = false;
    }
}

}  // namespace cumulet::store
