#include "store/write_set.h"

#include <stdexcept>

namespace cumulet::store {
namespace {

void check_key(std::string_view key) {
    if (key.size() > WriteSet::max_key_bytes) throw std::length_error("a key is longer than 2 KiB");
}

size_t size_of(const WriteSet::Writes::value_type& write) {
    return write.first.size() + (write.second ? write.second->size() : 0);
}

/// Gathers entries up to the options' bounds.
class Gathering {
  public:
    explicit Gathering(ScanOptions options) : options_(options) {}
    bool full() const { return rows_.size() >= options_.limit || bytes_ > options_.max_bytes; }
    size_t missing() const { return options_.limit - rows_.size(); }
    void add(Entry entry) {
        bytes_ += entry.key.size() + entry.value.size();
        rows_.push_back(std::move(entry));
    }
    std::vector<Entry> take() { return std::move(rows_); }

  private:
    ScanOptions options_;
    std::vector<Entry> rows_;
    size_t bytes_ = 0;
};

/// The writes within `range`, in `order`.
std::vector<const WriteSet::Writes::value_type*> writes_in(const WriteSet& writes, const Range& range, Order order) {
    std::vector<const WriteSet::Writes::value_type*> found;
    for (auto at = writes.lower_bound(range.begin); at != writes.writes().end() && range.contains(at->first); ++at) {
        found.push_back(&*at);
    }
    if (order == Order::descending) std::reverse(found.begin(), found.end());
    return found;
}

}  // namespace

void WriteSet::put(std::string key, std::string value) {
    if (value.size() > max_value_bytes) throw std::length_error("a value is longer than 16 MiB");
    set(std::move(key), std::move(value));
}

void WriteSet::erase(std::string key) { set(std::move(key), std::nullopt); }

void WriteSet::set(std::string key, std::optional<std::string> value) {
    check_key(key);
    bytes_ += key.size() + (value ? value->size() : 0);
    const auto [at, added] = writes_.try_emplace(std::move(key));
    if (!added) bytes_ -= size_of(*at);
    at->second = std::move(value);
    if (writes_.size() + erased_ranges_.size() > max_writes) {
        throw std::length_error("a transaction has more than 100,000 writes");
    }
    if (bytes_ > max_total_bytes) throw std::length_error("a transaction writes more than 256 MiB");
}

void WriteSet::erase_range(Range range) {
    check_key(range.begin);
    check_key(range.end);
    if (range.empty()) return;
    for (auto at = writes_.lower_bound(range.begin); at != writes_.end() && range.contains(at->first);) {
        bytes_ -= size_of(*at);
        at = writes_.erase(at);
    }
    if (writes_.size() + erased_ranges_.size() >= max_writes) {
        throw std::length_error("a transaction has more than 100,000 writes");
    }
    erased_ranges_.push_back(std::move(range));
}

void WriteSet::wake(std::string topic) {
    if (std::find(topics_.begin(), topics_.end(), topic) != topics_.end()) return;
    check_key(topic);
    if (topics_.size() >= max_writes) throw std::length_error("a transaction wakes more than 100,000 topics");
    topics_.push_back(std::move(topic));
}

std::optional<const std::string*> WriteSet::find(std::string_view key) const {
    if (writes_.empty() && erased_ranges_.empty()) return std::nullopt;
    if (const auto at = writes_.find(key); at != writes_.end()) return at->second ? &*at->second : nullptr;
    if (erased(key)) return nullptr;
    return std::nullopt;
}

bool WriteSet::erased(std::string_view key) const {
    return std::any_of(erased_ranges_.begin(), erased_ranges_.end(),
                       [&](const Range& range) { return range.contains(key); });
}

bool WriteSet::touches(const Range& range) const {
    const auto at = writes_.lower_bound(range.begin);
    if (at != writes_.end() && range.contains(at->first)) return true;
    return std::any_of(erased_ranges_.begin(), erased_ranges_.end(),
                       [&](const Range& erased) { return erased.overlaps(range); });
}

Task<std::optional<std::string>> BufferedTransaction::get(std::string key) {
    check_key(key);
    if (const auto own = writes_.find(key)) {
        if (*own == nullptr) co_return std::nullopt;
        co_return **own;
    }
    co_return co_await read(std::move(key));
}

Task<std::vector<Entry>> BufferedTransaction::scan(Range range, ScanOptions options) {
    if (options.limit == 0 || range.empty()) co_return std::vector<Entry>{};
    if (writes_.touches(range)) co_return co_await scan_overlaid(std::move(range), options);
    co_return co_await read_range(std::move(range), options);
}

Task<std::vector<Entry>> BufferedTransaction::scan_overlaid(Range range, ScanOptions options) {
    Gathering result(options);
    const bool ascending = options.order == Order::ascending;
    const auto before = [&](const std::string& a, const std::string& b) { return ascending ? a < b : b < a; };
    while (true) {
        // Own erasures hide rows: ask for as many more, within reason.
        const size_t hidden = std::min<size_t>(writes_in(writes_, range, options.order).size(), 1000);
        const ScanOptions piece{.limit = std::min(result.missing(), size_t{1} << 40) + hidden,
                                .max_bytes = options.max_bytes,
                                .order = options.order};
        auto rows = co_await read_range(range, piece);
        const bool more = cut_short(rows, piece);
        // A descending scan's last row belongs to what was covered; `rest` no longer holds it.
        const Range rest = more ? rest_after(range, rows.back().key, options.order) : Range{};
        const auto own = writes_in(writes_, range, options.order);
        auto write = own.begin();
        for (auto& row : rows) {
            for (; write != own.end() && before((*write)->first, row.key) && !result.full(); ++write) {
                if ((*write)->second) result.add({(*write)->first, *(*write)->second});
            }
            if (result.full()) co_return result.take();
            if (writes_.find(row.key)) continue;  // erased, or written and so among `own`
            result.add(std::move(row));
            if (result.full()) co_return result.take();
        }
        for (; write != own.end() && !result.full(); ++write) {
            if (more && rest.contains((*write)->first)) break;
            if ((*write)->second) result.add({(*write)->first, *(*write)->second});
        }
        if (!more || result.full()) co_return result.take();
        range = rest;
        if (range.empty()) co_return result.take();
    }
}

}  // namespace cumulet::store
