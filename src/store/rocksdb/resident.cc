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
    std::erase_if(ranges_, [](const auto& entry) {
        const Resident& resident = *entry.second;
        return resident.state != Resident::State::loading && resident.rows.size() == 0;
    });
}

ResidentRanges::Resident* ResidentRanges::holding(const Range& range) const {
    if (ranges_.empty()) return nullptr;
    auto* resident = at(range.begin);
    return resident && resident->range.contains(range) ? resident : nullptr;
}

const OrderedMap* ResidentRanges::loaded(std::string_view key) const {
    if (ranges_.empty()) return nullptr;
    auto* resident = at(key);
    if (!resident || resident->state != Resident::State::loaded) return nullptr;
    return &resident->rows;
}

const OrderedMap* ResidentRanges::loaded(const Range& range) const {
    auto* resident = holding(range);
    if (!resident || resident->state != Resident::State::loaded) return nullptr;
    resident->used.store(turn_.fetch_add(1, std::memory_order_relaxed), std::memory_order_relaxed);
    return &resident->rows;
}

void ResidentRanges::begin_loading(Resident& resident) {
    resident.state = Resident::State::loading;
    resident.meanwhile.clear();
    ++loading_;
}

bool ResidentRanges::end_loading(Resident& resident, std::optional<OrderedMap> rows) {
    --loading_;
    const auto meanwhile = std::exchange(resident.meanwhile, {});
    if (!rows) {
        resident.state = Resident::State::too_large;
        return false;
    }
    resident.rows = std::move(*rows);
    resident.state = Resident::State::loaded;
    resident.used = turn_.fetch_add(1);
    bytes_ += resident.rows.bytes();
    for (const auto& commit : meanwhile) apply_to(resident, commit->writes);
    return make_room(&resident);
}

void ResidentRanges::apply_to(Resident& resident, const WriteSet& writes) {
    const size_t before = resident.rows.bytes();
    for (const auto& erased : writes.erased_ranges()) {
        if (erased.overlaps(resident.range)) resident.rows.erase_range(erased);
    }
    const auto& all = writes.writes();
    for (auto write = all.lower_bound(resident.range.begin);
         write != all.end() && resident.range.contains(write->first); ++write) {
        if (write->second) {
            resident.rows.put(write->first, *write->second);
        } else {
            resident.rows.erase(write->first);
        }
    }
    bytes_ += resident.rows.bytes() - before;
}

bool ResidentRanges::apply(const CommitPointer& commit) {
    if (ranges_.empty()) return false;
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
        if (resident->state == Resident::State::loading) resident->meanwhile.push_back(commit);
        if (resident->state == Resident::State::loaded) apply_to(*resident, writes);
    }
    return make_room(nullptr);
}

bool ResidentRanges::make_room(const Resident* keep) {
    bool let_go = false;
    while (bytes_ > most_bytes_) {
        Resident* oldest = nullptr;
        for (const auto& [begin, resident] : ranges_) {
            if (resident->state != Resident::State::loaded || resident.get() == keep) continue;
            if (!oldest || resident->used < oldest->used) oldest = resident.get();
        }
        if (!oldest) break;
        bytes_ -= oldest->rows.bytes();
        oldest->rows = OrderedMap();
        oldest->state = Resident::State::declared;
        let_go = true;
    }
    return let_go;
}

}  // namespace cumulet::store
