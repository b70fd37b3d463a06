#include "store/rocksdb/pending.h"

namespace cumulet::store {

void Pending::add(CommitPointer commit) {
    for (const auto& range : commit->writes.erased_ranges()) {
        auto end = range.end.empty() ? writes_.end() : writes_.lower_bound(range.end);
        writes_.erase(writes_.lower_bound(range.begin), end);
        erased_.emplace_back(commit->version, range);
    }
    for (const auto& [key, value] : commit->writes.writes()) {
        auto node = writes_.extract(key);
        if (node.empty()) {
            writes_.emplace(key, Write{&value, commit->version});
        } else {
            node.key() = key;  // the older commit's bytes go before this one's
            node.mapped() = {&value, commit->version};
            writes_.insert(std::move(node));
        }
    }
    commits_.push_back(std::move(commit));
}

void Pending::written(uint64_t version) {
    for (; !commits_.empty() && commits_.front()->version <= version; commits_.pop_front()) {
        for (const auto& [key, value] : commits_.front()->writes.writes()) {
            const auto at = writes_.find(key);
            if (at != writes_.end() && at->second.version == commits_.front()->version) writes_.erase(at);
        }
    }
    while (!erased_.empty() && erased_.front().first <= version) erased_.pop_front();
}

std::optional<const std::string*> Pending::find(std::string_view key) const {
    if (commits_.empty()) return std::nullopt;
    if (const auto at = writes_.find(key); at != writes_.end()) {
        return *at->second.value ? &**at->second.value : nullptr;
    }
    for (const auto& [version, range] : erased_) {
        if (range.contains(key)) return nullptr;
    }
    return std::nullopt;
}

Pending::Overlay Pending::overlay(const Range& range, ScanOptions options) const {
    Overlay overlay;
    if (commits_.empty()) return overlay;
    for (const auto& [version, erased] : erased_) {
        if (erased.overlaps(range)) overlay.erased.push_back(erased);
    }
    size_t rows = 0, bytes = 0;
    const auto take = [&](std::string_view key, const std::optional<std::string>& value) {
        overlay.writes.emplace_back(key, value);
        if (value) {
            ++rows;
            bytes += key.size() + value->size();
        }
        return rows < options.limit && bytes <= options.max_bytes;
    };
    if (options.order == Order::ascending) {
        for (auto at = writes_.lower_bound(range.begin); at != writes_.end() && range.contains(at->first); ++at) {
            if (!take(at->first, *at->second.value)) break;
        }
    } else {
        auto at = range.end.empty() ? writes_.end() : writes_.lower_bound(range.end);
        while (at != writes_.begin() && (--at)->first >= range.begin) {
            if (!take(at->first, *at->second.value)) break;
        }
    }
    return overlay;
}

bool Pending::Overlay::erases(std::string_view key) const {
    return std::any_of(erased.begin(), erased.end(), [&](const Range& range) { return range.contains(key); });
}

}  // namespace cumulet::store
