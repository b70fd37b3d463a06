#include "store/validator.h"

#include "base/hash.h"

namespace cumulet::store {

Validator::Validator() : by_hash_(slots), ring_(ring_size) {}

uint64_t Validator::newest(std::string_view key, uint64_t hash, uint64_t since) const {
    if (since >= current_) return since;
    if (since < erasures_forgotten_) return current_;
    uint64_t found = std::max(since, by_hash_[hash % slots]);
    for (auto at = erasures_.rbegin(); at != erasures_.rend() && at->version > found; ++at) {
        if (at->range.contains(key)) found = at->version;
    }
    return found;
}

uint64_t Validator::newest(const Range& range, uint64_t since) const {
    if (since >= current_) return since;
    if (since < ring_forgotten_) return current_;
    for (uint64_t at = ring_next_; at > 0 && ring_next_ - at < ring_size; --at) {
        const Write& write = ring_[(at - 1) % ring_size];
        if (write.version <= since) break;
        const bool within =
            write.wide ? (range.end.empty() || write.key < range.end) && (write.end.empty() || range.begin < write.end)
                       : range.contains(write.key);
        if (within) return write.version;
    }
    return since;
}

void Validator::remember(std::string_view key, std::string_view end, bool wide) {
    Write& write = ring_[ring_next_++ % ring_size];
    ring_forgotten_ = std::max(ring_forgotten_, write.version);
    write.version = current_;
    write.key.assign(key);
    write.end.assign(end);
    write.wide = wide;
}

uint64_t Validator::record(const WriteSet& writes) {
    ++current_;
    for (const auto& range : writes.erased_ranges()) {
        remember(range.begin, range.end, true);
        erasures_.push_back({current_, range});
        if (erasures_.size() > max_erasures) {
            erasures_forgotten_ = erasures_.front().version;
            erasures_.pop_front();
        }
    }
    const bool one_by_one = writes.writes().size() <= ring_size / 8;
    for (const auto& [key, value] : writes.writes()) {
        by_hash_[hash64(key) % slots] = current_;
        if (one_by_one) remember(key, {}, false);
    }
    if (!one_by_one) {
        const std::string after_last = writes.writes().rbegin()->first + '\0';
        remember(writes.writes().begin()->first, after_last, true);
    }
    return current_;
}

}  // namespace cumulet::store
