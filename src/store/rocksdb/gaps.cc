#include "store/rocksdb/gaps.h"

namespace cumulet::store {

Gaps::Ends::const_iterator Gaps::holding(std::string_view key) const {
    auto at = ends_.upper_bound(key);
    if (at == ends_.begin()) return ends_.end();
    --at;
    return at->second.empty() || key < at->second ? at : ends_.end();
}

void Gaps::learn(Range gap) {
    if (gap.empty()) return;
    std::lock_guard lock(mutex_);
    if (ends_.size() >= most_gaps) ends_.clear();  // they are learnt again
    if (const auto before = holding(gap.begin); before != ends_.end()) {
        gap.begin = before->first;
        if (before->second.empty() || (!gap.end.empty() && gap.end < before->second)) gap.end = before->second;
    }
    auto at = ends_.lower_bound(gap.begin);
    while (at != ends_.end() && (gap.end.empty() || at->first <= gap.end)) {
        if (at->second.empty() || (!gap.end.empty() && gap.end < at->second)) gap.end = at->second;
        at = ends_.erase(at);
    }
    ends_.emplace(std::move(gap.begin), std::move(gap.end));
    count_ = ends_.size();
}

void Gaps::fill(std::string_view key) {
    if (count_.load(std::memory_order_relaxed) == 0) return;
    std::lock_guard lock(mutex_);
    const auto at = holding(key);
    if (at == ends_.end()) return;
    if (at->first == key) {
        ends_.erase(at);
    } else {
        ends_.insert_or_assign(at->first, std::string(key));
    }
    count_ = ends_.size();
}

std::optional<std::string> Gaps::after(const std::string& begin) const {
    if (count_.load(std::memory_order_relaxed) == 0) return begin;
    std::lock_guard lock(mutex_);
    const auto at = holding(begin);
    if (at == ends_.end()) return begin;
    if (at->second.empty()) return std::nullopt;
    return at->second;
}

}  // namespace cumulet::store
