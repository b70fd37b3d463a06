// An ordered map of byte strings, for what is answered from memory.
#pragma once

#include "store/write_set.h"

namespace cumulet::store {

/// Not thread-safe: many readers or one writer.
class OrderedMap {
  public:
    const std::string* find(std::string_view key) const {
        const auto at = rows_.find(key);
        return at == rows_.end() ? nullptr : &at->second;
    }
    void put(std::string_view key, std::string_view value) {
        const auto at = rows_.lower_bound(key);
        if (at != rows_.end() && at->first == key) {
            bytes_ += value.size() - at->second.size();
            at->second.assign(value);
        } else {
            bytes_ += key.size() + value.size();
            rows_.emplace_hint(at, key, value);
        }
    }
    void erase(std::string_view key) {
        const auto at = rows_.find(key);
        if (at == rows_.end()) return;
        bytes_ -= key.size() + at->second.size();
        rows_.erase(at);
    }
    void erase_range(const Range& range) {
        for (auto at = rows_.lower_bound(range.begin); at != rows_.end() && range.contains(at->first);) {
            bytes_ -= at->first.size() + at->second.size();
            at = rows_.erase(at);
        }
    }
    void apply(const WriteSet& writes) {
        for (const auto& range : writes.erased_ranges()) erase_range(range);
        for (const auto& [key, value] : writes.writes()) {
            if (value) {
                put(key, *value);
            } else {
                erase(key);
            }
        }
    }
    void scan(const Range& range, ScanOptions options, std::vector<Entry>& rows) const {
        size_t bytes = 0;
        const auto take = [&](const auto& row) {
            rows.push_back({row.first, row.second});
            bytes += row.first.size() + row.second.size();
            return rows.size() < options.limit && bytes <= options.max_bytes;
        };
        if (options.order == Order::ascending) {
            for (auto at = rows_.lower_bound(range.begin); at != rows_.end() && range.contains(at->first); ++at) {
                if (!take(*at)) return;
            }
        } else {
            auto at = range.end.empty() ? rows_.end() : rows_.lower_bound(range.end);
            while (at != rows_.begin() && (--at)->first >= range.begin) {
                if (!take(*at)) return;
            }
        }
    }
    size_t size() const { return rows_.size(); }
    size_t bytes() const { return bytes_; }

  private:
    std::map<std::string, std::string, std::less<>> rows_;
    size_t bytes_ = 0;
};

}  // namespace cumulet::store
