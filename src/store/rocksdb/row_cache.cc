#include "store/rocksdb/row_cache.h"

namespace cumulet::store {

bool RowCache::find(std::string_view key, uint64_t hash, std::optional<std::string>& value) {
    auto& shard = this->shard(hash);
    std::lock_guard lock(shard.mutex);
    const auto take = [&](const Row& row) {
        if (row.key() != key) return false;
        if (row.present) value.emplace(row.bytes, row.key_bytes);
        return true;
    };
    if (const auto at = shard.young.find(hash); at != shard.young.end()) return take(at->second);
    const auto at = shard.old.find(hash);
    if (at == shard.old.end() || !take(at->second)) return false;
    Row row = std::move(at->second);
    shard.old_bytes -= row.weight();
    shard.old.erase(at);
    shard.add(hash, std::move(row), most_bytes_per_shard_);
    return true;
}

void RowCache::remember(std::string_view key, uint64_t hash, const std::optional<std::string>& value) {
    auto& shard = this->shard(hash);
    const size_t bytes = key.size() + (value ? value->size() : 0);
    Row row{.bytes = {}, .key_bytes = static_cast<uint32_t>(key.size()), .present = value.has_value()};
    if (bytes <= most_row_bytes) {
        row.bytes.reserve(bytes);
        row.bytes.append(key);
        if (value) row.bytes.append(*value);
    }
    std::lock_guard lock(shard.mutex);
    // An older row may stay in the old generation: the young one hides it, and outlives it.
    if (bytes <= most_row_bytes) {
        shard.add(hash, std::move(row), most_bytes_per_shard_);
    } else {
        shard.forget(hash);
    }
}

void RowCache::remember_read(std::string_view key, uint64_t hash, const std::optional<std::string>& value) {
    auto& shard = this->shard(hash);
    {
        std::lock_guard lock(shard.mutex);
        if (!shard.read_again(hash)) return;
    }
    remember(key, hash, value);
}

bool RowCache::Shard::read_again(uint64_t hash) {
    if (++reads > read_once.size() / 4) {
        read_once.reset();
        reads = 0;
    }
    const auto bit = hash % read_once.size();
    if (read_once[bit]) return true;
    read_once.set(bit);
    return false;
}

void RowCache::forget(std::string_view key, uint64_t hash) {
    auto& shard = this->shard(hash);
    std::lock_guard lock(shard.mutex);
    shard.forget(hash);
}

void RowCache::clear() {
    for (auto& shard : shards_) {
        std::lock_guard lock(shard.mutex);
        shard.young.clear();
        shard.old.clear();
        shard.young_bytes = shard.old_bytes = 0;
    }
}

size_t RowCache::bytes() const {
    size_t bytes = 0;
    for (const auto& shard : shards_) {
        std::lock_guard lock(shard.mutex);
        bytes += shard.young_bytes + shard.old_bytes;
    }
    return bytes;
}

void RowCache::Shard::forget(uint64_t hash) {
    if (const auto at = young.find(hash); at != young.end()) {
        young_bytes -= at->second.weight();
        young.erase(at);
    }
    if (const auto at = old.find(hash); at != old.end()) {
        old_bytes -= at->second.weight();
        old.erase(at);
    }
}

void RowCache::Shard::add(uint64_t hash, Row row, size_t most_bytes) {
    young_bytes += row.weight();
    const auto [at, added] = young.try_emplace(hash, std::move(row));
    if (!added) {
        young_bytes -= at->second.weight();
        at->second = std::move(row);
    }
    if (young_bytes <= most_bytes) return;
    const size_t rows = young.size();
    old = std::exchange(young, {});
    old_bytes = std::exchange(young_bytes, 0);
    young.reserve(rows);
}

}  // namespace cumulet::store
